// A reference and a moving image laid over each other at one level, as the engine sees them.
#pragma once

#include "align/pyramid.hpp"
#include "align/resample.hpp"
#include "align/transform.hpp"

namespace sheaf::align {

// The level under the kernel [1 4 1]/6 along x and y.
Plane smoothed(const Level &level);

class Overlap {
 public:
  // selected: pixels of the reference; null: all. What is given must outlive it.
  Overlap(const Level &reference, const Mask *selected, const Level &moving, const Transform &t)
      : fixed(smoothed(reference)),
        moved(resampled(smoothed(moving), t, {}, serial)),
        reference_(reference),
        selected_(selected),
        moving_(moving),
        t_(t) {}

  const Plane fixed, moved;  // smoothed, in the reference's frame

  // f(x, y) for the selected pixels that both show, with those around them.
  template <class F>
  void each(F &&f) const {
    const int width = reference_.width, height = reference_.height;
    for (int y = 1; y < height - 1; y++) {
      const Interval columns = columns_inside(t_, y, {1, width - 2}, 1, 1, moving_.width - 2.0, moving_.height - 2.0);
      for (int x = columns.first; x <= columns.last; x++) {
        const size_t at = static_cast<size_t>(y) * width + x;
        if ((selected_ && !(*selected_)[at]) || (!reference_.complete() && !reference_.valid3[at])) continue;
        if (!moving_.complete()) {
          const Point p = t_(x, y);
          const int u = std::clamp(static_cast<int>(p.x), 0, moving_.width - 1);
          const int v = std::clamp(static_cast<int>(p.y), 0, moving_.height - 1);
          if (!moving_.valid4[static_cast<size_t>(v) * moving_.width + u]) continue;
        }
        f(x, y);
      }
    }
  }

 private:
  const Level &reference_;
  const Mask *selected_;
  const Level &moving_;
  const Transform &t_;
};

// How well noise lets the level tell where the images lie on each other: the variance of a shift along
// one axis, estimated from it near t, in squared pixels of the level. Infinite if they share no gradient.
double placement_variance(const Level &reference, const Mask *selected, const Level &moving, const Transform &t);

}  // namespace sheaf::align
