#include "segment/blobs.hpp"
#include "segment/chanvase.hpp"
#include "segment/compare.hpp"
#include "segment/edge.hpp"
#include "segment/felzenszwalb.hpp"
#include "segment/grabcut.hpp"
#include "segment/hysteresis.hpp"
#include "segment/kmeans.hpp"
#include "segment/quickshift.hpp"
#include "segment/slickmeans.hpp"
#include "segment/superpixel.hpp"
#include "segment/template.hpp"
#include "segment/threshold.hpp"
#include "segment/watershed.hpp"

using namespace sheaf::segment;

// clang-format off: one operation a line
SHEAF_PLUGIN("org.sheaf.segment", "1.0.0", "Sheaf", "BSD-3-Clause",
             Blobs,
             ChanVese,
             Compare,
             Edge,
             Felzenszwalb,
             GrabCut,
             Graph,
             Hysteresis,
             Kmeans,
             QuickShift,
             SlicKmeans,
             Superpixel,
             Template,
             Threshold,
             Watershed)
