// The values between which images lie: their extremes, or percentiles of their pixels.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "common/collection.hpp"
#include "common/parallel.hpp"
#include "scalars.hpp"

namespace sheaf::equalize {

struct Limits {
  double low = nan, high = nan;
  bool usable() const { return high > low && std::isfinite(high - low); }
};

// The lowest and the highest finite value inside the mask; NaN if there is none. Of red, green and blue alike.
template <class T>
Limits extremes(View<const T> image, Mask mask, const Poll &poll = never_stop);

// Exact percentiles of any number of pixels in constant memory: a histogram of
// the upper halves of the values, and for 32-bit images a second reading of the
// pixels for the lower halves of those that matter.
class Percentiles {
 public:
  explicit Percentiles(sheaf_pixel pixel);

  template <class T>
  void count(View<const T> image, Mask mask, const Poll &poll = never_stop);
  // Once all are counted: whether the pixels must be given again, to count_again().
  bool refine(std::span<const double> percents);
  template <class T>
  void count_again(View<const T> image, Mask mask, const Poll &poll = never_stop);
  void add(const Percentiles &other);  // counted apart, in the same state

  // Between the two nearest ranks by a straight line; NaN without pixels. After
  // refine(), one of the percents that were given there.
  double operator()(double percent) const;

  static constexpr int64_t bytes = 5 * 65536 * int64_t{sizeof(int64_t)};

 private:
  double value_at(int64_t rank) const;
  std::pair<uint32_t, int64_t> bucket_of(int64_t rank) const;  // and the rank in it

  bool real_;
  int64_t total_ = 0;
  std::vector<int64_t> upper_;
  std::vector<uint32_t> wanted_;             // buckets of upper_, ascending
  std::vector<std::vector<int64_t>> lower_;  // of each of them
};

// Both limits of one image. Percents 0 and 100 are the extremes.
template <class T>
Limits limits_of(View<const T> image, Mask mask, double low, double high, const Poll &poll = never_stop);

// Whose pixels decide on the limits.
enum class Scope { all, each };

// The limits of the images of a run: of each for itself, or of its channel, which is read for them first.
class LimitsOfImages {
 public:
  LimitsOfImages(Run &run, Scope scope, double low, double high);
  template <class T>
  Limits operator()(int64_t n, View<const T> image, Mask mask, const Poll &poll) const {
    return channels_.empty() ? limits_of(image, mask, low_, high_, poll)
                             : channels_[static_cast<size_t>(collection_.channel(n))];
  }

 private:
  Collection collection_;
  double low_, high_;
  std::vector<Limits> channels_;
};

}  // namespace sheaf::equalize
