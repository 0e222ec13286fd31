#include "segment/grabcut.hpp"
#include "segment/superpixel.hpp"
#include "segment/threshold.hpp"
#include "segment/watershed.hpp"

using namespace sheaf::segment;

// clang-format off: one operation a line
SHEAF_PLUGIN("org.sheaf.segment", "1.0.0", "Sheaf", "BSD-3-Clause",
             GrabCut,
             Superpixel,
             Threshold,
             Watershed)
