// Eight numbers side by side. The compiler turns them into one register, two or
// four, whatever the processor has; the result is the same bit for bit.
#pragma once

#include <cstring>

namespace sheaf::align {

constexpr int lanes = 8;

typedef float Eight __attribute__((vector_size(4 * lanes), aligned(4), may_alias));
typedef double EightDoubles __attribute__((vector_size(8 * lanes), aligned(8), may_alias));

// Four, where there are comparisons and conversions: compilers split those badly.
typedef float Four __attribute__((vector_size(16), aligned(4), may_alias));
typedef int FourInts __attribute__((vector_size(16), aligned(4), may_alias));
typedef double FourDoubles __attribute__((vector_size(32), aligned(8), may_alias));

inline const Eight &eight(const float *values) { return *reinterpret_cast<const Eight *>(values); }
inline Eight &eight(float *values) { return *reinterpret_cast<Eight *>(values); }

template <class Vector>
double total_of(const Vector &v) {
  double sum = 0;
  for (int l = 0; l < lanes; l++) sum += v[l];
  return sum;
}

}  // namespace sheaf::align
