// Images as the engine sees them: one float per pixel.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "align/spare.hpp"
#include "common/gray.hpp"
#include "common/vectorized.hpp"

namespace sheaf::align {

// Row-major gray image; a pixel that is not finite holds no data.
struct Plane {
  int width = 0, height = 0;
  Floats pixels;

  Plane() = default;
  Plane(int w, int h) : width(w), height(h), pixels(static_cast<size_t>(w) * h, 0.f) {}
  // For those who set every pixel.
  static Plane unset(int w, int h) {
    Plane plane;
    plane.width = w, plane.height = h;
    plane.pixels.resize(static_cast<size_t>(w) * h);
    return plane;
  }
  float *row(int y) { return pixels.data() + static_cast<size_t>(y) * width; }
  const float *row(int y) const { return pixels.data() + static_cast<size_t>(y) * width; }
  View<float> view() { return {pixels.data(), width, height, std::ptrdiff_t{width} * 4}; }
  View<const float> view() const { return {pixels.data(), width, height, std::ptrdiff_t{width} * 4}; }
};

template <class T>
Plane to_plane(View<const T> image) {
  Plane plane = Plane::unset(image.width(), image.height());
  for (int y = 0; y < plane.height; y++) {
    const T *from = image.row(y);
    float *to = plane.row(y);
    for (int x = 0; x < plane.width; x++) to[x] = gray(from[x]);
  }
  return plane;
}

// Smallest and largest finite value.
struct Range {
  float low = std::numeric_limits<float>::infinity();
  float high = -std::numeric_limits<float>::infinity();

  void include(const Range &other) {
    low = std::min(low, other.low);
    high = std::max(high, other.high);
  }
};

template <class T>
Range range_of(View<const T> image, const std::function<void()> &poll) {
  Range all;
  if constexpr (std::is_integral_v<T>) {
    T low = std::numeric_limits<T>::max(), high = 0;
    for (int y = 0; y < image.height(); y++) {
      if (y % 512 == 0) poll();
      vectorized([row = image.row(y), width = image.width(), &low, &high] {
        T least = low, most = high;
        for (int x = 0; x < width; x++) {
          least = std::min(least, row[x]);
          most = std::max(most, row[x]);
        }
        low = least;
        high = most;
      });
    }
    all = {static_cast<float>(low), static_cast<float>(high)};
  } else {
    for (int y = 0; y < image.height(); y++) {
      if (y % 512 == 0) poll();
      for (int x = 0; x < image.width(); x++)
        if (const float v = gray(image.row(y)[x]); std::isfinite(v)) all.include({v, v});
    }
  }
  return all;
}

// Where to look at the reference image: one byte per pixel, 0 = ignore; empty = everywhere.
using Mask = std::vector<uint8_t>;

}  // namespace sheaf::align
