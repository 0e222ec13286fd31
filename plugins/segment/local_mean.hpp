// Means over the neighbourhood of every pixel, for adaptive thresholds.
#pragma once

#include <opencv2/core.hpp>

#include "histogram.hpp"

namespace sheaf::segment {

enum class Window { box, gaussian };

// Kept from one image to the next.
struct LocalScratch {
  cv::Mat values, mean, weight, weights;
  // Bytes for an image of that many pixels.
  static int64_t bytes(int64_t pixels) { return pixels * 4 * static_cast<int64_t>(sizeof(double)); }
};

// scratch.mean = the mean of the finite pixels inside the mask in the window of
// block x block pixels around each, with equal weights or those of a Gaussian of
// standard deviation (block - 1) / 6; the border is mirrored at its outer edge.
// In double precision, so that on flat ground mean and pixel differ by much less
// than any two pixels do. Where the window has no pixel that counts: not finite.
template <class T>
void local_mean(View<const T> image, Mask mask, Window window, int block, LocalScratch &scratch,
                const Poll &poll = never_stop);

}  // namespace sheaf::segment
