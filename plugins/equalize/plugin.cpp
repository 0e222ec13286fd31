#include "equalize/match.hpp"

using namespace sheaf::equalize;

// clang-format off: one operation a line
SHEAF_PLUGIN("org.sheaf.equalize", "1.0.0", "Sheaf", "BSD-3-Clause",
             Match)
