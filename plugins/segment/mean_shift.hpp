// Quick shift: every pixel moves to the nearest one of higher density.
#pragma once

#include <opencv2/core.hpp>

#include "common/parallel.hpp"
#include "common/poll.hpp"
#include "components.hpp"

namespace sheaf::segment {

struct QuickShiftOptions {
  double kernel = 3;    // standard deviation of the Gaussian of the density
  double max_dist = 6;  // farther than this no pixel moves
  double ratio = 0.5;   // weight of colour against distance in the image
};

// The density of a pixel is the sum of exp(-d^2 / (2 kernel^2)) over the window
// of 3 standard deviations around it; d is the distance in position and in
// `planes` (CV_32F, one for each channel; they are multiplied by ratio). Each
// pixel's parent is the nearest pixel of the window with a higher density, up to
// max_dist; trees are segments (Vedaldi, Soatto 2008). Of pixels equally dense the
// one that a fixed noise raises is higher. labels = a number for each tree.
void quick_shift(std::vector<cv::Mat> &planes, const QuickShiftOptions &options, Labels labels,
                 const Parallel &parallel = serial, const Poll &poll = never_stop);

}  // namespace sheaf::segment
