// From a real number to a pixel of an integer type.
#pragma once

#include <algorithm>
#include <limits>
#include <type_traits>

namespace sheaf::equalize {

// Rounded to the nearest level, halves up, within the type's range.
template <class T, class Real>
inline T to_level(Real v) {
  static_assert(std::is_floating_point_v<Real>);
  constexpr auto top = static_cast<Real>(std::numeric_limits<T>::max());
  return static_cast<T>(static_cast<int>(std::min(std::max(v, Real{0}), top) + Real{0.5}));
}

// The same for values of less than 2^30: limits of integers become single vector
// instructions, those of reals before a conversion do not.
constexpr float small_value = 1 << 30;
template <class T>
inline T to_level_if_small(float v) {
  constexpr int top = std::numeric_limits<T>::max();
  return static_cast<T>(std::min(std::max(static_cast<int>(v + 0.5f), 0), top));
}

// Whether the type's range changes the value by more than rounding does.
template <class T>
inline bool beyond_levels(float v) {
  constexpr auto top = static_cast<float>(std::numeric_limits<T>::max());
  return (v < -0.5f) | (v >= top + 0.5f);  // no branch: loops over pixels become vector code
}

}  // namespace sheaf::equalize
