// Sums over a row in a fixed order, fast and the same on every machine.
#pragma once

#include <algorithm>
#include <cstring>

#include "common/vectorized.hpp"

namespace sheaf::equalize {

// The sum of f(x) for x in [0, width): eight partial sums of type T over short
// stretches, which are added in double precision.
template <class T, class F>
double sum_row(int width, F &&f) {
  constexpr int stretch = 512, lanes = 8;
  double total = 0;
  for (int x0 = 0; x0 < width; x0 += stretch) {
    const int n = std::min(stretch, width - x0);
    alignas(64) T value[stretch];
    T lane[lanes];
    vectorized_wide([&] {
      typedef T Vector __attribute__((vector_size(32)));  // a register of AVX2
      constexpr int parts = lanes * sizeof(T) / sizeof(Vector);
      for (int x = 0; x < n; x++) value[x] = f(x0 + x);
      for (int x = n; x % lanes != 0; x++) value[x] = 0;
      Vector sum[parts] = {};
      for (int x = 0; x < n; x += lanes)
        for (int i = 0; i < parts; i++) {
          Vector v;
          std::memcpy(&v, value + x + i * lanes / parts, sizeof v);
          sum[i] += v;
        }
      std::memcpy(lane, sum, sizeof lane);
    });
    for (const T l : lane) total += l;
  }
  return total;
}

}  // namespace sheaf::equalize
