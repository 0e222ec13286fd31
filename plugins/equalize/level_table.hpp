// A function of the pixel value applied to an image: by a table where a type has few levels.
#pragma once

#include <cfloat>
#include <vector>

#include "common/poll.hpp"
#include "levels.hpp"

namespace sheaf::equalize {

// out = f(in), rounded to the type and cut off at its ends; float keeps its
// value, and what is not finite stays. Red, green and blue alike.
template <class T, class F>
void apply_function(View<const T> in, View<T> out, const Poll &poll, F &&f) {
  const int width = in.width(), pause = 1 + rows_between_polls(width) / (sizeof(T) == 4 ? 16 : 2);
  const auto for_each_row = [&](auto &&row) {
    for (int y = 0; y < in.height(); y++) {
      row(in.row(y), out.row(y));
      if (y % pause == pause - 1) poll();
    }
  };
  if constexpr (std::is_same_v<T, float>) {
    for_each_row([&](const float *from, float *to) {
      for (int x = 0; x < width; x++) {
        const float v = from[x];
        to[x] = std::abs(v) <= FLT_MAX ? static_cast<float>(f(static_cast<double>(v))) : v;
      }
    });
  } else {
    using Level = std::conditional_t<std::is_same_v<T, Rgb>, uint8_t, T>;
    std::vector<Level> table(size_t{1} << 8 * sizeof(Level));
    for (size_t v = 0; v < table.size(); v++) table[v] = to_level<Level>(f(static_cast<double>(v)));
    const Level *of = table.data();
    for_each_row([&](const T *from, T *to) {
      for (int x = 0; x < width; x++) {
        const T p = from[x];
        if constexpr (std::is_same_v<T, Rgb>) to[x] = {of[p.b], of[p.g], of[p.r], p.x};
        else to[x] = of[p];
      }
    });
  }
}

}  // namespace sheaf::equalize
