#include "threshold.hpp"

SHEAF_PLUGIN("org.sheaf.segment", "1.0.0", "Sheaf", "BSD-3-Clause", sheaf::segment::Threshold)
