// An image at many scales: Gaussians and their Laplacians.
#pragma once

#include <opencv2/core.hpp>

#include "common/parallel.hpp"
#include "common/poll.hpp"

namespace sheaf::segment {

enum class Derivative {
  none,      // the image convolved with a Gaussian
  laplacian  // -sigma^2 times the Laplacian of that: positive where it is bright, of one size for all scales
};

// Kept from one scale to the next.
struct ScaleScratch {
  cv::Mat smooth, curved;  // the rows convolved with the Gaussian, and with its second derivative
};

// Sampled kernels that end at 4 sigma, and an image that is mirrored at its outer edges: what SciPy's
// gaussian_filter and gaussian_laplace compute, in single precision. `in` is CV_32F and not `out`; sigma in pixels.
void at_scale(const cv::Mat &in, double sigma, Derivative derivative, cv::Mat &out, ScaleScratch &scratch,
              const Parallel &parallel = serial, const Poll &poll = never_stop);

}  // namespace sheaf::segment
