// Where the pixels of a piece of an output row lie in the input.
#pragma once

#include "align/lanes.hpp"
#include "align/transform.hpp"

namespace sheaf::align {

// Pixels handled at once: what belongs to a chunk stays in the cache.
constexpr int chunk = 256;

struct Positions {
  alignas(32) int x[chunk], y[chunk];      // whole part
  alignas(32) float fx[chunk], fy[chunk];  // the rest
};

// Coordinates are held in [low, high]; whole parts reach `last` at most.
struct Bounds {
  double low, high;
  int last;
};

// Positions of columns x to x + n - 1 of row y. The arrays are filled to the
// next multiple of four.
template <bool affine>
inline void locate(const Transform &t, int x, int y, int n, const Bounds &across, const Bounds &down, Positions &p) {
  const auto m = t.m;
  const double bx = m[1] * y + m[2], by = m[4] * y + m[5], bw = m[7] * y + m[8];
  const FourDoubles steps = {0, 1, 2, 3};
  auto split = [](FourDoubles at, const Bounds &b, int *whole, float *rest) __attribute__((always_inline)) {
    at = at < b.low ? FourDoubles{} + b.low : at;
    at = at > b.high ? FourDoubles{} + b.high : at;
    FourInts i = __builtin_convertvector(at, FourInts);
    i = i > b.last ? FourInts{} + b.last : i;
    *reinterpret_cast<FourInts *>(whole) = i;
    *reinterpret_cast<Four *>(rest) = __builtin_convertvector(at - __builtin_convertvector(i, FourDoubles), Four);
  };
  for (int k = 0; k < n; k += 4) {
    const FourDoubles column = steps + (x + k);
    FourDoubles px = m[0] * column + bx, py = m[3] * column + by;
    if constexpr (!affine) {
      const FourDoubles w = m[6] * column + bw;
      px /= w;
      py /= w;
    }
    split(px, across, p.x + k, p.fx + k);
    split(py, down, p.y + k, p.fy + k);
  }
}

}  // namespace sheaf::align
