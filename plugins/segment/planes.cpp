#include "planes.hpp"

#include <algorithm>
#include <cmath>

#include "equalize/lab.hpp"

namespace sheaf::segment {
namespace {

constexpr int block_rows = 32;

void lab_row(const Rgb *row, int width, float *l, float *a, float *b) {
  equalize::to_lab_row(row, width, l, a, b);
  for (int x = 0; x < width; x++) {
    l[x] = 116 * l[x] - 16;
    a[x] *= 500;
    b[x] *= -200;
  }
}

void rgb_row(const Rgb *row, int width, float *r, float *g, float *b) {
  for (int x = 0; x < width; x++) {
    r[x] = row[x].r;
    g[x] = row[x].g;
    b[x] = row[x].b;
  }
}

}  // namespace

int64_t Planes::pixels() const {
  return inside.empty() ? int64_t{width()} * height() : int64_t{cv::countNonZero(inside)};
}

template <class T>
void make_planes(View<const T> image, Mask mask, Space space, Planes &planes, const Parallel &parallel,
                 const Poll &poll) {
  const int width = image.width(), height = image.height();
  planes.count = std::is_same_v<T, Rgb> ? 3 : 1;
  for (int c = 0; c < planes.count; c++) planes.plane[c].create(height, width, CV_32F);
  planes.inside.release();
  if (mask || std::is_same_v<T, float>) planes.inside.create(height, width, CV_8U);
  double low = 0, high = 255;
  if constexpr (!std::is_same_v<T, Rgb>) {
    if (!(std::is_same_v<T, uint8_t> && space != Space::lab)) {
      Range range;
      for (int y = 0; y < height; y++) {
        const T *row = image.row(y);
        for (int x = 0; x < width; x++) {
          const auto v = static_cast<double>(row[x]);
          if (std::isfinite(v) && (!mask || mask(x, y))) range.include({v, v});
        }
        if (y % rows_between_polls(width) == 0) poll();
      }
      low = range.low;
      high = range.high;
    }
  }
  const double top = space == Space::lab ? 100 : space == Space::levels ? 255 : 255 * std::sqrt(3.0);
  const double scale = high > low ? top / (high - low) : 0;
  parallel((height + block_rows - 1) / block_rows, [&](int64_t block) {
    poll();
    const int first = static_cast<int>(block) * block_rows;
    for (int y = first; y < std::min(height, first + block_rows); y++) {
      const T *row = image.row(y);
      auto *out = planes.plane[0].template ptr<float>(y);
      if constexpr (std::is_same_v<T, Rgb>) {
        auto *second = planes.plane[1].template ptr<float>(y), *third = planes.plane[2].template ptr<float>(y);
        (space == Space::lab ? lab_row : rgb_row)(row, width, out, second, third);
      } else {
        for (int x = 0; x < width; x++) {
          const auto v = static_cast<double>(row[x]);
          out[x] = scale > 0 && v == v ? static_cast<float>((std::clamp(v, low, high) - low) * scale) : 0;
        }
      }
      if (planes.inside.empty()) continue;
      uint8_t *inside = planes.inside.ptr(y);
      for (int x = 0; x < width; x++) {
        inside[x] = !mask || mask(x, y);
        if constexpr (std::is_same_v<T, float>) inside[x] = inside[x] && row[x] == row[x];
      }
    }
  });
}

#define SHEAF_FOR(T) template void make_planes(View<const T>, Mask, Space, Planes &, const Parallel &, const Poll &);
SHEAF_FOR(uint8_t)
SHEAF_FOR(uint16_t)
SHEAF_FOR(float)
SHEAF_FOR(Rgb)
#undef SHEAF_FOR

}  // namespace sheaf::segment
