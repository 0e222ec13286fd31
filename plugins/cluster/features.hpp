// What images are compared by: their pixels at a common small size.
#pragma once

#include <cstdint>
#include <vector>

#include "common/parallel.hpp"

namespace sheaf::cluster {

// Side of the square every image is reduced to.
constexpr int feature_side = 128;

// One row of numbers per item. Rows are padded with zeros to a multiple of 8.
struct Features {
  int64_t count = 0, length = 0, stride = 0;
  std::vector<float> values;

  Features() = default;
  Features(int64_t n, int64_t d) : count(n), length(d), stride((d + 7) / 8 * 8), values(n * stride) {}
  float *row(int64_t i) { return values.data() + i * stride; }
  const float *row(int64_t i) const { return values.data() + i * stride; }
};

// How many features an image has, and by what a difference in one of them counts.
struct PixelLayout {
  int width, height;  // of the reduced image
  int64_t length;
  float weight;

  PixelLayout(int image_width, int image_height, sheaf_pixel pixel);
};

// The image reduced to feature_side x feature_side by the mean of the area each
// pixel covers; colour channels follow each other pixel by pixel. A feature for
// which the image has no finite value is NaN. An image whose sides divide
// feature_side is not enlarged: repeating each pixel w times would only multiply
// all distances by sqrt(w), and layout.weight is that factor.
// T is uint8_t, uint16_t, float or Rgb.
template <class T>
void pixel_features(View<const T> image, const PixelLayout &layout, float *out);

// Subtracts from each feature its mean over all rows, divides by its standard
// deviation (of the population; 0 stays 0) and multiplies by `weight`. NaN
// counts as the mean.
void standardize(Features &features, float weight, const Parallel &parallel);

}  // namespace sheaf::cluster
