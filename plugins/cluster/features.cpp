#include "cluster/features.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/imgproc.hpp>

namespace sheaf::cluster {
namespace {

int reduced(int side, bool keep) { return keep ? side : feature_side; }

// Samples as floats, without the unused byte of a colour pixel.
template <class T>
cv::Mat as_floats(View<const T> image) {
  constexpr int channels = std::is_same_v<T, Rgb> ? 3 : 1;
  cv::Mat out(image.height(), image.width(), CV_32FC(channels));
  for (int y = 0; y < image.height(); y++) {
    const T *from = image.row(y);
    float *to = out.ptr<float>(y);
    for (int x = 0; x < image.width(); x++)
      if constexpr (channels == 3) {
        *to++ = from[x].r;
        *to++ = from[x].g;
        *to++ = from[x].b;
      } else {
        *to++ = from[x];
      }
  }
  return out;
}

}  // namespace

PixelLayout::PixelLayout(int image_width, int image_height, sheaf_pixel pixel) {
  const bool keep = feature_side % image_width == 0 && feature_side % image_height == 0;
  width = reduced(image_width, keep);
  height = reduced(image_height, keep);
  length = int64_t{width} * height * (pixel == SHEAF_RGB ? 3 : 1);
  weight = std::sqrt(static_cast<float>(feature_side) * feature_side / (static_cast<float>(width) * height));
}

template <class T>
void pixel_features(View<const T> image, const PixelLayout &layout, float *out) {
  cv::Mat pixels = as_floats(image);
  cv::Mat small(layout.height, layout.width, pixels.type(), out);
  cv::Mat there;  // 1 where a pixel is finite; empty if all are
  if constexpr (std::is_same_v<T, float>) {
    for (int y = 0; y < pixels.rows; y++)
      for (int x = 0; x < pixels.cols; x++) {
        if (std::isfinite(pixels.at<float>(y, x))) continue;
        if (there.empty()) there = cv::Mat::ones(pixels.size(), CV_32F);
        there.at<float>(y, x) = 0;
        pixels.at<float>(y, x) = 0;
      }
  }
  cv::resize(pixels, small, small.size(), 0, 0, cv::INTER_AREA);
  if (there.empty()) return;
  cv::Mat share;
  cv::resize(there, share, small.size(), 0, 0, cv::INTER_AREA);
  for (int y = 0; y < small.rows; y++)
    for (int x = 0; x < small.cols; x++) {
      const float w = share.at<float>(y, x);
      small.at<float>(y, x) = w > 1e-6f ? small.at<float>(y, x) / w : std::numeric_limits<float>::quiet_NaN();
    }
}

template void pixel_features(View<const uint8_t>, const PixelLayout &, float *);
template void pixel_features(View<const uint16_t>, const PixelLayout &, float *);
template void pixel_features(View<const float>, const PixelLayout &, float *);
template void pixel_features(View<const Rgb>, const PixelLayout &, float *);

void standardize(Features &features, float weight, const Parallel &parallel) {
  constexpr int64_t block = 256;  // of columns: each is summed from the first row to the last
  parallel((features.length + block - 1) / block, [&](int64_t b) {
    const int64_t first = b * block, n = std::min(block, features.length - first);
    std::vector<double> mean(n), deviation(n);
    std::vector<int64_t> count(n);
    for (int64_t i = 0; i < features.count; i++) {
      const float *row = features.row(i) + first;
      for (int64_t k = 0; k < n; k++)
        if (!std::isnan(row[k])) {
          mean[k] += row[k];
          count[k]++;
        }
    }
    for (int64_t k = 0; k < n; k++)
      if (count[k]) mean[k] /= static_cast<double>(count[k]);
    for (int64_t i = 0; i < features.count; i++) {
      const float *row = features.row(i) + first;
      for (int64_t k = 0; k < n; k++)
        if (!std::isnan(row[k])) deviation[k] += (row[k] - mean[k]) * (row[k] - mean[k]);
    }
    std::vector<double> gain(n);
    for (int64_t k = 0; k < n; k++) {
      const double sd = count[k] ? std::sqrt(deviation[k] / static_cast<double>(count[k])) : 0;
      // equal values leave nothing but the rounding of their mean
      gain[k] = sd > 1e-12 * std::abs(mean[k]) ? weight / sd : 0;
    }
    for (int64_t i = 0; i < features.count; i++) {
      float *row = features.row(i) + first;
      for (int64_t k = 0; k < n; k++)
        row[k] = std::isnan(row[k]) ? 0 : static_cast<float>((row[k] - mean[k]) * gain[k]);
    }
  });
}

}  // namespace sheaf::cluster
