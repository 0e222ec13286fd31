// Histograms met exactly, by putting pixels of equal value into an order.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "histogram_match.hpp"

namespace sheaf::equalize {

struct ExactScratch {
  cv::Mat filled, means;
  std::vector<uint32_t> keys, order, other;
  static constexpr int64_t bytes_per_pixel = 20;
};

// Ranks pixels by their value, then by the mean of 3 x 3 and that of 5 x 5 pixels
// around them, then by place (after D. Coltuc, P. Bolon, J.-M. Chassery: Exact
// histogram specification. IEEE Transactions on Image Processing 15(5), 2006,
// who go on to larger neighbourhoods). Gives for each pixel the fraction of the
// pixels inside the mask that come before it, half of its own included; NaN for
// pixels that are not finite. False if no pixel counts.
bool rank_pixels(View<const float> image, Mask mask, std::vector<double> &ranks, ExactScratch &scratch,
                 const Poll &poll = never_stop);

// The value at that fraction of the pixels that a quantile function was made from.
double value_at(const Quantiles &q, double fraction);

}  // namespace sheaf::equalize
