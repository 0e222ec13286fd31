// Counting the levels of integer images.
#pragma once

#include <array>
#include <span>

#include "poll.hpp"

namespace sheaf {

// Adds the pixels inside the mask (all, if it has no data) to counts[level].
template <class T>
void count_levels(View<const T> image, View<const uint8_t> mask, std::span<int64_t> counts, const Poll &poll) {
  static_assert(sizeof(T) <= 2);
  const int width = image.width(), pause = rows_between_polls(width);
  // Neighbours are often equal: with four tables, one count need not wait for the last.
  std::array<std::array<uint32_t, 256>, 4> small{};
  for (int y = 0; y < image.height(); y++) {
    const T *row = image.row(y);
    const uint8_t *inside = mask ? mask.row(y) : nullptr;
    if constexpr (sizeof(T) == 1) {
      for (int x = 0; x < width; x++) small[x & 3][row[x]] += !inside || inside[x];
      if ((y + 1) % pause == 0 || y + 1 == image.height())  // before a count can overflow
        for (auto &table : small)
          for (size_t v = 0; v < table.size(); v++) {
            counts[v] += table[v];
            table[v] = 0;
          }
    } else {
      for (int x = 0; x < width; x++) counts[row[x]] += !inside || inside[x];
    }
    if (y % pause == pause - 1) poll();
  }
}

}  // namespace sheaf
