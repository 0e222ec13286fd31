// What tells a good image from a bad one: numbers of a single image, and which
// images of a collection stand out by them.
#pragma once

#include <array>
#include <opencv2/core.hpp>
#include <span>

#include "scalars.hpp"

namespace sheaf::equalize {

// In levels of the pixel type. Colour is its lightness for brightness and contrast, its luma for the rest.
// What cannot be measured is NaN.
struct Quality {
  Scalars scalars;
  double local_contrast = nan;               // mean of the standard deviations of 50 x 50 windows side by side
  double local_contrast_sd = nan;            // standard deviation of these
  double local_mean_sd = nan;                // standard deviation of the windows' means
  double laplacian_variance = nan;           // 4 neighbours, border reflected about the edge pixel
  double tenengrad = nan;                    // mean squared length of the Sobel gradient
  double spectrum_slope = nan;               // see Spectrum
  double entropy = nan;                      // bits; of integer levels, or of 256 bins over the range of float
  double least = nan, greatest = nan;        // of the pixels; 0 and 255 for colour
  double least_part = 0, greatest_part = 0;  // fractions of the pixels that have these values
};

// Slope of log power over log frequency: power of the Fourier transform, averaged over rings of
// m = min(width, height) times the frequency in cycles per pixel, rounded, from 1 to m / 8. Width and
// height are those of the largest rectangle in the middle whose sides have no prime factor above 13.
class Spectrum {
 public:
  Spectrum(int width, int height);
  // Rows of the whole image in ascending order, about a mean of 0.
  void add(int y, const float *row);
  // NaN for an image of less than 24 pixels a side, or without any variation.
  double slope(const Poll &poll);

 private:
  static constexpr int block_rows = 32;
  int width_, height_, left_, top_, side_, rings_, columns_;
  cv::Mat block_, transformed_;
  cv::Mat low_;  // complex: the lowest frequencies of all rows, transposed
};

template <class T>
Quality measure_quality(View<const T> image, Mask mask, const Poll &poll = never_stop);

// (value - median) / (1.4826 x median absolute deviation), which is the number of standard deviations
// for normal values. Where more than half of the values are equal, the mean absolute deviation takes
// the place of the median one. The divisor is at least `least_spread`. NaN stays NaN and does not count.
std::vector<double> robust_z(std::span<const double> values, double least_spread);

}  // namespace sheaf::equalize
