#include "cluster/distances.hpp"

#include <algorithm>
#include <cmath>

#include "common/vectorized.hpp"

namespace sheaf::cluster {
namespace {

// Rows are compared tile x tile at a time, each from the cache, over stretches
// of features short enough to stay there.
constexpr int tile = 4, lanes = 8;
constexpr int64_t stretch = 2048, block = 32;

struct TileSums {
  alignas(64) double s[tile][tile][lanes] = {};
};

// Adds the squared differences of features [first, last) of tile x tile pairs.
inline void add_tile(const float *const *a, const float *const *b, int64_t first, int64_t last, TileSums &sums) {
  for (int i = 0; i < tile; i++) {
    const float *p = a[i];
    alignas(64) double s0[lanes], s1[lanes], s2[lanes], s3[lanes];
    for (int l = 0; l < lanes; l++) {
      s0[l] = sums.s[i][0][l];
      s1[l] = sums.s[i][1][l];
      s2[l] = sums.s[i][2][l];
      s3[l] = sums.s[i][3][l];
    }
    for (int64_t k = first; k < last; k += lanes)
      for (int l = 0; l < lanes; l++) {
        const double v = p[k + l];
        const double d0 = v - b[0][k + l], d1 = v - b[1][k + l], d2 = v - b[2][k + l], d3 = v - b[3][k + l];
        s0[l] += d0 * d0;
        s1[l] += d1 * d1;
        s2[l] += d2 * d2;
        s3[l] += d3 * d3;
      }
    for (int l = 0; l < lanes; l++) {
      sums.s[i][0][l] = s0[l];
      sums.s[i][1][l] = s1[l];
      sums.s[i][2][l] = s2[l];
      sums.s[i][3][l] = s3[l];
    }
  }
}

void fill_tile(const Features &f, int64_t i0, int64_t j0, Distances &out) {
  const float *a[tile], *b[tile];
  for (int t = 0; t < tile; t++) {
    a[t] = f.row(std::min(i0 + t, f.count - 1));
    b[t] = f.row(std::min(j0 + t, f.count - 1));
  }
  TileSums sums;
  for (int64_t first = 0; first < f.stride; first += stretch) {
    const int64_t last = std::min(first + stretch, f.stride);
    vectorized([&] { add_tile(a, b, first, last, sums); });
  }
  for (int i = 0; i < tile; i++)
    for (int j = 0; j < tile; j++) {
      if (i0 + i >= f.count || j0 + j >= f.count || i0 + i >= j0 + j) continue;
      double sum = 0;
      for (const double s : sums.s[i][j]) sum += s;
      out(i0 + i, j0 + j) = out(j0 + j, i0 + i) = std::sqrt(sum);
    }
}

}  // namespace

Distances euclidean_distances(const Features &features, const Parallel &parallel) {
  const int64_t n = features.count, blocks = (n + block - 1) / block;
  Distances out(n);
  // block (i, j), i <= j, of the upper triangle; each is small enough to be
  // stopped within milliseconds
  parallel(blocks * blocks, [&](int64_t b) {
    const int64_t bi = b / blocks, bj = b % blocks;
    if (bi > bj) return;
    for (int64_t i = bi * block; i < std::min((bi + 1) * block, n); i += tile)
      for (int64_t j = bj * block; j < std::min((bj + 1) * block, n); j += tile)
        if (i < j + tile) fill_tile(features, i, j, out);
  });
  return out;
}

int64_t count_different(const Distances &distances) {
  int64_t count = 0;
  for (int64_t i = 0; i < distances.count; i++) {
    const double *row = distances.row(i);
    count += std::find(row, row + i, 0.0) == row + i;
  }
  return count;
}

}  // namespace sheaf::cluster
