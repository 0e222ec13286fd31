// The shape of plots (docs/results.md).
#pragma once

#include "json.hpp"

namespace sheaf::core {

// The first rule that the plot breaks, or "". Whoever draws it may rely on them.
std::string plot_problem(const Json &plot);

}  // namespace sheaf::core
