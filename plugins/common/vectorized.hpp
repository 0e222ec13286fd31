// Inner loops compiled for x86-64-v2, for AVX2 and some for AVX-512, and chosen at run time.
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

template <class F>
__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"), flatten)) auto run_avx512(F body) {
  return body();
}
#endif

// Returns body(), a loop over pixels without calls that cannot be inlined. All
// versions give the same bits: there are no fused operations in any. What
// body captures by value is known not to change while it stores pixels.
template <class F>
auto vectorized(F body) {
#ifdef SHEAF_AVX2
  if (__builtin_cpu_supports("avx2")) return run_avx2(body);
#endif
  return body();
}

// The same for a loop that computes more than it loads, which wider registers make faster still. Processors before
// those with VBMI slow down for them.
template <class F>
auto vectorized_wide(F body) {
#ifdef SHEAF_AVX2
  if (__builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    return run_avx512(body);
#endif
  return vectorized(body);
}

}  // namespace sheaf
