// What is object and what is background: the first step of operations that divide objects.
#pragma once

#include <opencv2/core.hpp>

#include "automatic.hpp"
#include "common/intensity.hpp"
#include "common/parallel.hpp"
#include "histogram.hpp"

namespace sheaf::segment {

enum class Ground { otsu, li, yen, triangle, isodata, level, nonzero, labels };

// The threshold of a rule that is chosen from a histogram.
int64_t threshold_of(Ground ground, std::span<const int64_t> counts);

struct ForegroundOptions {
  Ground ground = Ground::otsu;
  double level = 0;         // in calibrated units, for Ground::level
  bool invert = false;      // takes dark for foreground
  double blur = 0;          // standard deviation of a Gaussian before the threshold, in pixels
  bool fill_holes = false;  // background that is enclosed
};

// Kept from one image to the next.
struct ForegroundScratch {
  Histogram histogram;
  // Bytes for an image of that many pixels, the caller's images included.
  static int64_t bytes(int64_t pixels) { return pixels * 4 * static_cast<int64_t>(sizeof(float)); }
};

struct Foreground {
  double threshold = std::numeric_limits<double>::quiet_NaN();  // in calibrated units; NaN where none was chosen
  bool degenerate = false;                                      // no two different values to choose a threshold from
};

// Of every ground but labels: values = the blurred image in calibrated units, finite (NaN and infinities by
// the least and greatest finite value); mask = 255 where there is foreground.
// Only what lies inside the region counts and is found. NaN is background.
// Colour goes by mean_gray(), a label image by its labels.
Foreground find_foreground(const Image &image, Mask region, const Calibration &calibration,
                           const ForegroundOptions &options, ForegroundScratch &scratch, cv::Mat &values, cv::Mat &mask,
                           const Poll &poll = never_stop, const Parallel &parallel = serial);

}  // namespace sheaf::segment
