// Principal components from distances alone.
#pragma once

#include <array>

#include "cluster/distances.hpp"

namespace sheaf::cluster {

// Coordinates of the items on the first two principal axes of the features whose
// Euclidean distances these are. Each axis points to where its largest
// coordinate is positive; an axis without extent is 0.
std::array<std::vector<double>, 2> principal_components(const Distances &distances, const Parallel &parallel);

}  // namespace sheaf::cluster
