// Images as the engine sees them: one float per pixel.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "common/gray.hpp"

namespace sheaf::align {

// Row-major gray image; a pixel that is not finite holds no data.
struct Plane {
  int width = 0, height = 0;
  std::vector<float> pixels;

  Plane() = default;
  Plane(int w, int h) : width(w), height(h), pixels(static_cast<size_t>(w) * h) {}
  float *row(int y) { return pixels.data() + static_cast<size_t>(y) * width; }
  const float *row(int y) const { return pixels.data() + static_cast<size_t>(y) * width; }
  View<float> view() { return {pixels.data(), width, height, std::ptrdiff_t{width} * 4}; }
  View<const float> view() const { return {pixels.data(), width, height, std::ptrdiff_t{width} * 4}; }
};

template <class T>
Plane to_plane(View<const T> image) {
  Plane plane(image.width(), image.height());
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

// Where to look at the reference image: one byte per pixel, 0 = ignore; empty = everywhere.
using Mask = std::vector<uint8_t>;

}  // namespace sheaf::align
