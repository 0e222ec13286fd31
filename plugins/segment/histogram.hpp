// Histograms of every intensity type, and the values their bins stand for.
#pragma once

#include <limits>
#include <vector>

#include "common/histogram.hpp"
#include "common/poll.hpp"
#include "plugin.hpp"

namespace sheaf::segment {

// Pixels that count: 0 outside; without data, everything is inside.
using Mask = View<const uint8_t>;

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void include(const Range &other) {
    low = std::min(low, other.low);
    high = std::max(high, other.high);
  }
};

// One bin for each level of an integer type. For float 65536 bins between
// finite minimum and maximum, of which bin i holds low + (i, i + 1] * step, and
// the first also its lower end: a value equal to a threshold lies below it.
class Histogram {
 public:
  static constexpr int real_bins = 65536;

  // Makes it empty, for pixels of T; the range is that of a float image.
  template <class T>
  void reset(const Range &range = {}) {
    real_ = std::is_same_v<T, float>;
    counts_.assign(real_ ? real_bins : size_t{1} << 8 * sizeof(T), 0);
    low_ = range.low;
    step_ = range.high > range.low ? (range.high - range.low) / real_bins : 0;
  }

  // Adds the finite pixels inside the mask.
  template <class T>
  void add(View<const T> image, Mask mask, const Poll &poll);

  // Adds another one that was reset in the same way.
  void add(const Histogram &other) {
    for (size_t i = 0; i < counts_.size(); i++) counts_[i] += other.counts_[i];
  }

  const std::vector<int64_t> &counts() const { return counts_; }
  // The greatest value in a bin.
  double top(size_t bin) const {
    const auto i = static_cast<double>(bin);
    return real_ ? (step_ > 0 ? low_ + (i + 1) * step_ : low_) : i;
  }

 private:
  std::vector<int64_t> counts_;
  double low_ = 0, step_ = 0;
  bool real_ = false;
};

// Minimum and maximum of the finite pixels inside the mask.
Range finite_range(View<const float> image, Mask mask, const Poll &poll = never_stop);

template <class T>
void Histogram::add(View<const T> image, Mask mask, const Poll &poll) {
  if constexpr (!std::is_same_v<T, float>) {
    count_levels(image, mask, counts_, poll);
  } else {
    const int pause = rows_between_polls(image.width());
    for (int y = 0; y < image.height(); y++) {
      const float *row = image.row(y);
      for (int x = 0; x < image.width(); x++) {
        if (!std::isfinite(row[x]) || (mask && !mask(x, y))) continue;
        const double place = step_ > 0 ? std::ceil((row[x] - low_) / step_) - 1 : 0;
        counts_[static_cast<size_t>(std::clamp(place, 0.0, real_bins - 1.0))]++;
      }
      if (y % pause == pause - 1) poll();
    }
  }
}

inline Range finite_range(View<const float> image, Mask mask, const Poll &poll) {
  const int pause = rows_between_polls(image.width());
  Range range;
  for (int y = 0; y < image.height(); y++) {
    const float *row = image.row(y);
    for (int x = 0; x < image.width(); x++)
      if (std::isfinite(row[x]) && (!mask || mask(x, y))) range.include({row[x], row[x]});
    if (y % pause == pause - 1) poll();
  }
  return range;
}

}  // namespace sheaf::segment
