// The inner loops of superpixels: what happens in the windows of centres, for a
// strip of rows that stays in the cache while one centre after another looks at it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "common/vectorized.hpp"
#include "planes.hpp"

namespace sheaf::segment {

// What the pixels of a window are compared with; the window reaches from the place as far on all sides.
struct Candidate {
  float x, y, colour[3], colour_weight, place_weight, reach;
  int32_t number;
};

// Of the pixels that became a candidate's.
struct Sum {
  double x = 0, y = 0, colour[3] = {}, area = 0;
  int64_t pixels = 0;
  float farthest = 0;  // squared colour distance

  Sum &operator+=(const Sum &other) {
    x += other.x;
    y += other.y;
    for (int c = 0; c < 3; c++) colour[c] += other.colour[c];
    area += other.area;
    pixels += other.pixels;
    farthest = std::max(farthest, other.farthest);
    return *this;
  }
};

// Loops go over whole registers of AVX2; what they reach beyond a window is as if infinitely far.
class StripPixels {
 public:
  static constexpr int rows = 16;

  // Rows [first, end) of the planes, whose pixels have no candidate yet. `area`: of each pixel, or empty.
  void reset(const Planes &planes, const cv::Mat &area, int first, int end) {
    first_ = first;
    end_ = end;
    width_ = planes.width();
    for (int c = 0; c < 3; c++) plane_[c] = planes.plane[std::min(c, planes.count - 1)].ptr<float>(first);
    stride_ = static_cast<std::ptrdiff_t>(planes.plane[0].step1());
    area_ = area.empty() ? nullptr : area.ptr<float>(first);
    place_.resize(static_cast<size_t>(width_));
    distance_.assign(place_.size() * rows, std::numeric_limits<float>::infinity());
    number_.assign(distance_.size(), -1);
  }

  // Numbers of the candidates of row y's pixels, -1: none.
  int32_t *numbers(int y) { return number_.data() + std::ptrdiff_t{y - first_} * width_; }

  // Pixels that are closer to the candidate than to those before become its own.
  template <int channels>
  void compare(const Candidate &candidate) {
    const Window w = window(candidate);
    vectorized_wide([=, c = candidate, width = width_, p0 = plane_[0], p1 = plane_[1], p2 = plane_[2], stride = stride_,
                place = place_.data(), distance = distance_.data(), number = number_.data()] {
      for (int x = w.from; x < w.to; x++) {
        const float dx = static_cast<float>(x) - c.x;
        place[x] = (x >= w.left) & (x < w.right) ? dx * dx : std::numeric_limits<float>::infinity();
      }
      for (int y = w.top; y < w.bottom; y++) {
        const float dy = static_cast<float>(y + w.first) - c.y, dy2 = dy * dy;
        const float *q0 = p0 + y * stride, *q1 = p1 + y * stride, *q2 = p2 + y * stride;
        float *best = distance + std::ptrdiff_t{y} * width;
        int32_t *numbers = number + std::ptrdiff_t{y} * width;
#pragma GCC ivdep
        for (int x = w.from; x < w.to; x++) {
          float colour = (q0[x] - c.colour[0]) * (q0[x] - c.colour[0]);
          if constexpr (channels == 3) {
            colour += (q1[x] - c.colour[1]) * (q1[x] - c.colour[1]);
            colour += (q2[x] - c.colour[2]) * (q2[x] - c.colour[2]);
          }
          const float d = colour * c.colour_weight + (place[x] + dy2) * c.place_weight, b = best[x];
          // written as a choice, this becomes a branch
          const int32_t closer = -static_cast<int32_t>(d < b);
          numbers[x] = (c.number & closer) | (numbers[x] & ~closer);
          best[x] = d < b ? d : b;
        }
      }
    });
  }

  // Sums over the candidate's pixels; `farthest` only if asked for.
  template <int channels>
  Sum gather(const Candidate &candidate, bool with_farthest) const {
    typedef float Reals __attribute__((vector_size(lanes * sizeof(float))));
    typedef int32_t Bits __attribute__((vector_size(lanes * sizeof(int32_t))));
    const Window w = window(candidate);
    return vectorized_wide([=, c = candidate, width = width_, stride = stride_, number = number_.data(), area_of = area_,
                       p0 = plane_[0], p1 = plane_[1], p2 = plane_[2]] {
      Reals colour[3] = {}, area = {}, farthest = {};
      Bits xs = {}, ys = {}, pixels = {};
      for (int y = w.top; y < w.bottom; y++) {
        const int32_t *numbers = number + std::ptrdiff_t{y} * width;
        const float *row[3] = {p0 + y * stride, p1 + y * stride, p2 + y * stride};
        const float *areas = area_of + (area_of ? std::ptrdiff_t{y} * width : 0);
        Bits here = {};
        const auto add = [&](int x, size_t bytes) {
          Bits mine = Bits{} - 1, v = {};
          std::memcpy(&mine, numbers + x, bytes);
          mine = mine == c.number;
          here -= mine;
          xs += (Bits{0, 1, 2, 3, 4, 5, 6, 7} + x) & mine;
          Reals distance = {};
          for (int i = 0; i < channels; i++) {
            std::memcpy(&v, row[i] + x, bytes);
            colour[i] += (Reals)(v & mine);
            if (!with_farthest) continue;
            const Reals d = (Reals)v - c.colour[i];
            distance += d * d;
          }
          if (with_farthest) {
            distance = (Reals)((Bits)distance & mine);
            farthest = distance > farthest ? distance : farthest;
          }
          if (area_of) {
            std::memcpy(&v, areas + x, bytes);
            area += (Reals)(v & mine);
          }
        };
        int x = w.from;
        for (; x + lanes <= w.to; x += lanes) add(x, sizeof(Bits));
        if (x < w.to) add(x, static_cast<size_t>(w.to - x) * sizeof(int32_t));
        pixels += here;
        ys += here * y;
      }
      Sum sum;
      int64_t row_sum = 0;
      for (int l = 0; l < lanes; l++) {
        sum.x += xs[l];
        row_sum += ys[l];
        for (int i = 0; i < channels; i++) sum.colour[i] += colour[i][l];
        sum.area += area[l];
        sum.pixels += pixels[l];
        sum.farthest = std::max(sum.farthest, farthest[l]);
      }
      sum.y = static_cast<double>(row_sum + sum.pixels * w.first);
      return sum;
    });
  }

 private:
  static constexpr int lanes = 8;
  // Columns [left, right), in whole registers [from, to); rows [top, bottom) of the strip, which begins at `first`.
  struct Window {
    int left, right, from, to, top, bottom, first;
  };

  Window window(const Candidate &c) const {
    const auto begin = [&](float centre, int least) {
      return std::max(static_cast<int>(std::ceil(centre - c.reach)), least);
    };
    const auto end = [&](float centre, int most) { return std::min(static_cast<int>(centre + c.reach) + 1, most); };
    const int left = begin(c.x, 0), right = end(c.x, width_);
    return {left,
            right,
            left & -lanes,
            std::min((right + lanes - 1) & -lanes, width_),
            begin(c.y, first_) - first_,
            end(c.y, end_) - first_,
            first_};
  }

  int first_ = 0, end_ = 0, width_ = 0;
  const float *plane_[3] = {}, *area_ = nullptr;
  std::ptrdiff_t stride_ = 0;
  std::vector<float> place_, distance_;
  std::vector<int32_t> number_;
};

}  // namespace sheaf::segment
