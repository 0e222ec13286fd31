// Eight neighbouring pixels of an output row under an affine transform: where
// they lie in the input, and whether they can be taken from there side by side.
#pragma once

#include <algorithm>

#include "align/positions.hpp"

namespace sheaf::align {

// Under a small rotation neighbours of an output row are neighbours of an input
// row, up to where the row changes: all eight lie on the run that begins at the
// whole position (x, y), or the first of them on this one and the rest on a
// second. Their fractions (fx, fy) are relative to a run.
struct Run {
  int x, y;
  Eight fx, fy;
};

struct Block {
  enum { one_run, two_runs, scattered } kind;
  Run first, second;

  // Each lane's value on its own run.
  inline void choose(const Eight &one, const Eight &two, float *to) const {
    eight(to) = ((first.fx >= 0) & (first.fx < 1) & (first.fy >= 0) & (first.fy < 1)) ? one : two;
  }
};

// Places columns of one row; (x, y) of its pixels are those of the output.
class Row {
 public:
  // Runs are offered if the pixels from `before` left of and above them to
  // `after` right of and below them are inside.
  Row(const Transform &t, int y, const Bounds &across, const Bounds &down, int before, int after, int width, int height)
      : mx_(t.m[0]),
        my_(t.m[3]),
        bx_(t.m[1] * y + t.m[2]),
        by_(t.m[4] * y + t.m[5]),
        across_(across),
        down_(down),
        least_(before),
        most_x_(width - 1 - after - (lanes - 1)),
        most_y_(height - 1 - after),
        per_x_(columns_per_pixel(mx_ - 1)),
        per_y_(columns_per_pixel(my_)),
        steep_(std::abs(mx_ - 1) * (lanes - 1) >= 1 || std::abs(my_) * (lanes - 1) >= 1) {
    const Eight steps = {0, 1, 2, 3, 4, 5, 6, 7};
    step_x_ = steps * static_cast<float>(mx_ - 1);
    step_y_ = steps * static_cast<float>(my_);
  }

  // How many of the columns x to x + n - 1, in blocks of eight, lie on one run.
  inline int stretch(int x, int n) const {
    if (steep_ || n < lanes) return 0;
    const double px = mx_ * x + bx_, py = my_ * x + by_;
    const int ix = whole(px, across_), iy = whole(py, down_);
    const double columns =
        std::min({static_cast<double>(n), per_x_ > 0 ? (ix + 1 - px) * per_x_ : (ix - px) * per_x_,
                  per_y_ > 0 ? (iy + 1 - py) * per_y_ : (iy - py) * per_y_, static_cast<double>(most_x_ + lanes - ix)});
    int count = static_cast<int>(std::max(columns, 0.0)) / lanes * lanes;
    if (count == 0 || !inside(ix, iy)) return 0;
    // rounding may have put the last one elsewhere
    const int last = x + count - 1;
    if (whole(mx_ * last + bx_, across_) - (count - 1) != ix || whole(my_ * last + by_, down_) != iy) count -= lanes;
    return count;
  }

  // Eight columns from x on that lie on one run.
  inline Run run(int x) const {
    const double px = mx_ * x + bx_, py = my_ * x + by_;
    const int ix = whole(px, across_), iy = whole(py, down_);
    return {ix, iy, step_x_ + static_cast<float>(px - ix), step_y_ + static_cast<float>(py - iy)};
  }

  // Columns x to x + n - 1, at most eight of them.
  inline Block block(int x, int n) const {
    Block b;
    b.kind = Block::scattered;
    if (steep_) return b;
    const double px = mx_ * x + bx_, py = my_ * x + by_;
    const double last_x = mx_ * (x + n - 1) + bx_, last_y = my_ * (x + n - 1) + by_;
    b.first.x = whole(px, across_);
    b.first.y = whole(py, down_);
    const int dx = whole(last_x, across_) - (n - 1) - b.first.x, dy = whole(last_y, down_) - b.first.y;
    if ((dx != 0 && dy != 0) || !inside(b.first.x, b.first.y)) return b;
    b.first.fx = step_x_ + static_cast<float>(px - b.first.x);
    b.first.fy = step_y_ + static_cast<float>(py - b.first.y);
    b.kind = Block::one_run;
    if (dx == 0 && dy == 0) return b;
    b.second = {b.first.x + dx, b.first.y + dy, b.first.fx - static_cast<float>(dx),
                b.first.fy - static_cast<float>(dy)};
    b.kind = inside(b.second.x, b.second.y) ? Block::two_runs : Block::scattered;
    return b;
  }

  struct Place {
    int x, y;
    float fx, fy;
  };
  inline Place place(int x) const {
    const double px = std::clamp(mx_ * x + bx_, across_.low, across_.high);
    const double py = std::clamp(my_ * x + by_, down_.low, down_.high);
    const int ix = whole(px, across_), iy = whole(py, down_);
    return {ix, iy, static_cast<float>(px - ix), static_cast<float>(py - iy)};
  }

 private:
  static double columns_per_pixel(double growth) { return std::abs(growth) < 1e-9 ? 1e9 : 1 / growth; }
  static inline int whole(double at, const Bounds &b) {
    return std::min(static_cast<int>(std::clamp(at, b.low, b.high)), b.last);
  }
  inline bool inside(int x, int y) const { return x >= least_ && x <= most_x_ && y >= least_ && y <= most_y_; }

  const double mx_, my_, bx_, by_;
  const Bounds across_, down_;
  const int least_, most_x_, most_y_;
  const double per_x_, per_y_;  // columns for which a fraction grows (< 0: falls) by 1
  const bool steep_;
  Eight step_x_, step_y_;
};

}  // namespace sheaf::align
