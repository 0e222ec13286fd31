// The mean length of the Sobel gradient of integers: every row is read once, and what is summed never leaves the cache.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <vector>

#include "common/vectorized.hpp"
#include "sobel.hpp"

namespace sheaf::equalize {

// T: integers of up to 20 bits. Their gradients are exact in single precision, lengths are rounded to it, sums are of
// double precision, in an order that does not depend on the machine.
template <class T>
class GradientLength {
 public:
  explicit GradientLength(int width)
      : width_(width), pairs_(std::max(0, (width - 2) / 2)), blocks_((static_cast<size_t>(pairs_) + half - 1) / half) {}

  // Takes the rows of an image in ascending order, each reflected one in its place: -1, 0, 1 ... height. With the
  // third, the row before it has its gradients, and its mask is to be given: 0 where a pixel does not count, null if
  // all do.
  void add(const T *row, const uint8_t *mask) {
    const int parity = rows_ % 2;
    const bool counts = rows_++ >= 2;
    vectorized_wide([=, pairs = pairs_, block = blocks_.data(), sums = sums_.data()]() mutable {
      const T *from = row + 1;
      const uint8_t *inside = mask ? mask + 1 : nullptr;
      for (; pairs >= half; pairs -= half, from += columns, inside += mask ? columns : 0)
        add_block(from, inside, half, *block++, parity, counts, sums);
      if (pairs > 0) add_block(from, inside, pairs, *block, parity, counts, sums);
    });
    for (int x = 0, end = 0; x < width_; x = x == 0 ? std::max(1, 1 + 2 * pairs_) : x + 1)
      add_end(row, mask, x, ends_[end++], parity, counts);
    if (counts) count_ += mask ? width_ - std::count(mask, mask + width_, uint8_t{0}) : width_;
  }

  double mean() const {
    double sum = 0;
    for (const double s : sums_) sum += s;
    return count_ > 0 ? sum / static_cast<double>(count_) : std::numeric_limits<double>::quiet_NaN();
  }

 private:
  static constexpr int columns = 128, half = columns / 2, lanes = 16;
  // What rows leave for the next ones.
  template <int n>
  struct alignas(n > 1 ? 64 : 4) Places {
    std::array<int32_t, n> change{};                 // right minus left
    std::array<int32_t, n> changes{};                // of two rows
    std::array<std::array<int32_t, n>, 2> smooth{};  // weights 1-2-1, of the last two rows
  };
  // Even columns come before odd ones: vector instructions take two pixels of 16 bits apart within 32 bits, but would
  // have to move them to keep their order.
  using Block = Places<columns>;
  using End = Places<1>;
  struct Neighbours {
    int32_t left, even, odd, right;
  };

  static Neighbours around(const T *p) {
    if constexpr (sizeof(T) < 4 && std::endian::native == std::endian::little) {
      using Word = std::conditional_t<sizeof(T) == 1, uint16_t, uint32_t>;
      constexpr int bits = 8 * sizeof(T), low = (1 << bits) - 1;
      Word before, here, after;
      std::memcpy(&before, p - 1, sizeof before);
      std::memcpy(&here, p, sizeof here);
      std::memcpy(&after, p + 1, sizeof after);
      return {static_cast<int32_t>(before & low), static_cast<int32_t>(here & low), static_cast<int32_t>(here >> bits),
              static_cast<int32_t>(after >> bits)};
    } else {
      return {p[-1], p[0], p[1], p[2]};
    }
  }

  // Makes the place at i of a block that of the next row, and returns the length of the gradient between.
  template <int n>
  static float advance(Places<n> &p, int i, int parity, int32_t change, int32_t smooth) {
    const int32_t changes = change + p.change[i];
    const auto gx = static_cast<float>(changes + p.changes[i]), gy = static_cast<float>(smooth - p.smooth[parity][i]);
    p.change[i] = change;
    p.changes[i] = changes;
    p.smooth[parity][i] = smooth;
    return std::sqrt(gx * gx + gy * gy);
  }

  static void add_block(const T *row, const uint8_t *mask, int pairs, Block &block, int parity, bool counts,
                        double *sums) {
    alignas(64) float length[columns];
    if (pairs < half) std::fill_n(length, columns, 0.0f);
#pragma GCC ivdep
    for (int i = 0; i < pairs; i++) {
      const auto [left, even, odd, right] = around(row + 2 * i);
      const int32_t pair = even + odd;
      length[i] = advance(block, i, parity, odd - left, left + even + pair);
      length[half + i] = advance(block, half + i, parity, right - even, right + odd + pair);
    }
    if (!counts) return;
    for (int i = 0; mask && i < pairs; i++) {
      length[i] = mask[2 * i] ? length[i] : 0;
      length[half + i] = mask[2 * i + 1] ? length[half + i] : 0;
    }
    for (int i = 0; i < columns; i += lanes)
      for (int lane = 0; lane < lanes; lane++) sums[lane] += length[i + lane];
  }

  // The first column, the last one, and the one before where the rest is no pairs.
  void add_end(const T *row, const uint8_t *mask, int x, End &end, int parity, bool counts) {
    const int32_t left = row[reflect(x - 1, width_)], here = row[x], right = row[reflect(x + 1, width_)];
    const float length = advance(end, 0, parity, right - left, left + 2 * here + right);
    if (counts && (!mask || mask[x])) sums_[0] += length;
  }

  int width_, pairs_, rows_ = 0;
  int64_t count_ = 0;
  std::array<double, lanes> sums_{};
  std::vector<Block> blocks_;
  std::array<End, 3> ends_;
};

}  // namespace sheaf::equalize
