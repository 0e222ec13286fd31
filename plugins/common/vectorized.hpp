// Inner loops compiled twice, for x86-64-v2 and for AVX2, and chosen at run time.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__)
#define SHEAF_AVX2 1
#endif

namespace sheaf {

#ifdef SHEAF_AVX2
template <class F>
__attribute__((target("avx2"), flatten)) auto run_avx2(F body) {
  return body();
}
#endif

// Returns body(), a loop over pixels without calls that cannot be inlined. Both
// versions give the same bits: there are no fused operations in either. What
// body captures by value is known not to change while it stores pixels.
template <class F>
auto vectorized(F body) {
#ifdef SHEAF_AVX2
  if (__builtin_cpu_supports("avx2")) return run_avx2(body);
#endif
  return body();
}

}  // namespace sheaf
