// The rows of a 3x3 Sobel operator, computed from a window of three image rows.
#pragma once

#include <array>
#include <vector>

#include "common/vectorized.hpp"
#include "plugin.hpp"

namespace sheaf::equalize {

// -1 becomes 1 and n becomes n - 2: reflection about the edge pixel.
inline int reflect(int i, int n) {
  if (n == 1) return 0;
  return i < 0 ? -i : i >= n ? 2 * n - 2 - i : i;
}

// Work: the type of gradients; float is exact for integers up to 20 bits.
template <class Work>
class Sobel {
 public:
  Sobel(int width, int height) : width_(width), height_(height) {
    smooth_.resize(static_cast<size_t>(width) + 2);
    change_.resize(static_cast<size_t>(width) + 2);
  }

  // Makes row y current; y goes from 0 to height - 1. fetch(y, row) writes row y; rows are asked for in ascending
  // order.
  template <class Fetch>
  void advance(int y, Fetch &&fetch) {
    if (y == 0) {
      for (auto &row : rows_) row.resize(static_cast<size_t>(width_));
      fetch(0, rows_[0].data());
    }
    if (y + 1 < height_) fetch(y + 1, rows_[(y + 1) % 3].data());
    set(rows_[reflect(y - 1, height_) % 3].data(), rows_[y % 3].data(), rows_[reflect(y + 1, height_) % 3].data());
  }

  // The gradient at x of the current row is (s[x+1] - s[x-1], d[x-1] + 2 d[x] + d[x+1]).
  const Work *smooth() const { return smooth_.data() + 1; }
  const Work *change() const { return change_.data() + 1; }
  const Work *row(int y) const { return rows_[y % 3].data(); }  // as it was fetched

 private:
  void set(const Work *above, const Work *here, const Work *below) {
    Work *s = smooth_.data() + 1, *d = change_.data() + 1;
    const int width = width_;
    vectorized([=] {
#pragma GCC ivdep
      for (int x = 0; x < width; x++) {
        s[x] = above[x] + 2 * here[x] + below[x];
        d[x] = below[x] - above[x];
      }
    });
    s[-1] = s[reflect(-1, width)];
    s[width] = s[reflect(width, width)];
    d[-1] = d[reflect(-1, width)];
    d[width] = d[reflect(width, width)];
  }

  int width_, height_;
  std::array<std::vector<Work>, 3> rows_;
  std::vector<Work> smooth_, change_;
};

}  // namespace sheaf::equalize
