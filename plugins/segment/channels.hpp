// The channels of an image as planes of 32-bit float on one scale.
#pragma once

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <vector>

#include "common/intensity.hpp"
#include "common/matrix.hpp"
#include "histogram.hpp"
#include "regions.hpp"

namespace sheaf::segment {

// Bytes of an image's planes.
inline int64_t channel_bytes(const sheaf_info &info) {
  return int64_t{info.width} * info.height * (info.pixel == SHEAF_RGB ? 3 : 1) * static_cast<int64_t>(sizeof(float));
}

// Red, green and blue, or the only channel, of 0..255: 8-bit and colour as they
// are; of 16-bit and float, the range of the finite pixels is stretched to it.
// NaN becomes 0, infinities the ends of the range.
inline void channels_of(const Image &image, std::vector<cv::Mat> &planes, const Poll &poll = never_stop,
                        const Parallel &parallel = serial) {
  const int width = image.width(), height = image.height();
  planes.resize(image.pixel() == SHEAF_RGB ? 3 : 1);
  for (cv::Mat &plane : planes) plane.create(height, width, CV_32F);
  visit_intensity(image, [&]<class T>(View<const T> view) {
    Range range{0, 255};
    if constexpr (std::is_same_v<T, float>) range = finite_range(view, {}, poll);
    if constexpr (std::is_same_v<T, uint16_t>) {
      range = {};
      for (int y = 0; y < height; y++) {
        const auto [low, high] = std::minmax_element(view.row(y), view.row(y) + width);
        range.include({static_cast<double>(*low), static_cast<double>(*high)});
      }
    }
    const double scale = range.high > range.low ? 255 / (range.high - range.low) : 0;
    for_rows(height, poll, parallel, [&](int y) {
      const T *row = view.row(y);
      float *first = planes[0].template ptr<float>(y);
      if constexpr (std::is_same_v<T, Rgb>) {
        float *second = planes[1].template ptr<float>(y), *third = planes[2].template ptr<float>(y);
        for (int x = 0; x < width; x++) {
          first[x] = row[x].r;
          second[x] = row[x].g;
          third[x] = row[x].b;
        }
      } else {
        for (int x = 0; x < width; x++) {
          const double v = row[x];
          const double level = v == range.low ? 0 : std::isfinite(v) ? (v - range.low) * scale : v > 0 ? 255 : 0;
          first[x] = static_cast<float>(level);
        }
      }
    });
  });
}

// Gray values as 32-bit float, NaN as the least and infinities as the ends of
// the finite range.
inline void finite_values_of(const Image &image, cv::Mat &values, const Poll &poll = never_stop) {
  values_of(image, values, poll);
  if (image.pixel() != SHEAF_F32) return;
  Range range = finite_range(view_of<const float>(values), {}, poll);
  if (range.high < range.low) range = {0, 0};
  const auto low = static_cast<float>(range.low), high = static_cast<float>(range.high);
  for (int y = 0; y < values.rows; y++)
    for (int x = 0; x < values.cols; x++)
      if (float &v = values.at<float>(y, x); !std::isfinite(v)) v = v > 0 ? high : low;
}

}  // namespace sheaf::segment
