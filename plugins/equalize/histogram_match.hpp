// Histogram matching: every pixel gets the reference's value of its own rank.
#pragma once

#include <span>
#include <vector>

#include "scalars.hpp"

namespace sheaf::equalize {

// A quantile function: straight lines through the points (p, value), p ascending
// in (0, 1], constant beyond them.
struct Quantiles {
  std::vector<double> p, value;
  explicit operator bool() const { return !p.empty(); }
};

// Rank and place of float pixels, kept from one image to the next.
struct SortScratch {
  std::vector<uint64_t> keys, other;
  static constexpr int64_t bytes_per_pixel = 16;
};

constexpr int histogram_channels(sheaf_pixel type) { return type == SHEAF_RGB ? 3 : 1; }

// One for each distinct value v that is inside the mask and finite: p is the
// fraction of pixels <= v. Empty if there are none. channel: 0, 1, 2 = r, g, b.
template <class T>
Quantiles quantiles(View<const T> image, Mask mask, int channel, SortScratch &scratch, const Poll &poll = never_stop);

// The mean of quantile functions, sampled where it matters: densely near 0 and
// 1, where a few pixels make steep steps.
class MeanQuantiles {
 public:
  void add(const Quantiles &q);
  void add(const MeanQuantiles &other);
  Quantiles result() const;
  static constexpr int64_t bytes = 8 * 65537;

 private:
  std::vector<double> sum_;
  int64_t count_ = 0;
};

// out = reference(fraction of pixels inside the mask that are <= in), for each
// channel. Rounded for integers; float pixels that are not finite stay.
template <class T>
void match_histogram(View<const T> in, View<T> out, Mask mask, std::span<const Quantiles> reference,
                     SortScratch &scratch, const Poll &poll = never_stop);

}  // namespace sheaf::equalize
