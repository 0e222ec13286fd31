#include "equalize/background.hpp"
#include "equalize/bleach.hpp"
#include "equalize/clahe.hpp"
#include "equalize/denoise.hpp"
#include "equalize/gamma.hpp"
#include "equalize/histogram.hpp"
#include "equalize/illumination.hpp"
#include "equalize/match.hpp"
#include "equalize/measure.hpp"
#include "equalize/saturation.hpp"
#include "equalize/sharpen.hpp"
#include "equalize/stretch.hpp"

using namespace sheaf::equalize;

// clang-format off: one operation a line
SHEAF_PLUGIN("org.sheaf.equalize", "1.0.0", "Sheaf", "BSD-3-Clause",
             Background,
             Bleach,
             Clahe,
             Denoise,
             Gamma,
             Histogram,
             Illumination,
             Match,
             MeasureQuality,
             Saturation,
             Sharpen,
             Stretch)
