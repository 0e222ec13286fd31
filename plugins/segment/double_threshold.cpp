#include "double_threshold.hpp"

#include <cmath>
#include <numeric>

#include "automatic.hpp"
#include "classify.hpp"

namespace sheaf::segment {
namespace {

// The mean of bins [begin, end), NaN if they are empty.
double mean_of(const Histogram &histogram, size_t begin, size_t end) {
  double sum = 0, number = 0;
  for (size_t i = begin; i < end; i++) {
    const auto n = static_cast<double>(histogram.counts()[i]);
    sum += n * histogram.top(i);
    number += n;
  }
  return sum / number;
}

// The first bin up to which there are at least `part` of all.
size_t percentile_bin(const std::vector<int64_t> &counts, double part) {
  const auto all = static_cast<double>(std::accumulate(counts.begin(), counts.end(), int64_t{0}));
  // 0.98 * 50 is not quite 49
  const auto needed = static_cast<int64_t>(std::ceil(part * all - 1e-9 * all));
  int64_t sum = 0;
  size_t bin = 0, last = 0;
  for (; bin < counts.size() && (sum < needed || sum == 0); bin++)
    if (counts[bin]) {
      sum += counts[bin];
      last = bin;
    }
  return last;
}

}  // namespace

template <class T>
Components candidates(View<const T> values, Mask mask, const DoubleThreshold &levels, Join join, const Poll &poll,
                      const Parallel &parallel) {
  const double ascending[] = {levels.low, levels.high};
  const Classifier classifier(ascending, false, levels.dark);
  const auto row = classifier.rows(values, mask);
  const auto classified = [&row](int y, uint32_t *memory) {
    row(y, memory);
    return memory;
  };
  return Components(values.width(), values.height(), classified, join, poll, parallel);
}

#define INSTANTIATE(T) \
  template Components candidates(View<const T>, Mask, const DoubleThreshold &, Join, const Poll &, const Parallel &);
INSTANTIATE(uint8_t)
INSTANTIATE(uint16_t)
INSTANTIATE(float)
#undef INSTANTIATE

DoubleThreshold choose_levels(const Histogram &histogram, const LevelOptions &options) {
  const auto &counts = histogram.counts();
  DoubleThreshold levels;
  levels.dark = options.dark;
  if (options.rule == LevelRule::multi_otsu) {
    const auto bins = multi_otsu(counts, 3);
    levels.low = histogram.top(static_cast<size_t>(bins[0]));
    levels.high = histogram.top(static_cast<size_t>(bins[1]));
  } else if (options.rule == LevelRule::percentile) {
    const auto level = [&](double part) { return histogram.top(percentile_bin(counts, part)); };
    const double seeds = options.seeds / 100, candidates = options.candidates / 100;
    levels.low = level(options.dark ? seeds : 1 - candidates);
    levels.high = level(options.dark ? candidates : 1 - seeds);
  } else {
    const auto bin = static_cast<size_t>(automatic_threshold(Rule::otsu, counts));
    const double threshold = histogram.top(bin);
    const double ground = options.dark ? mean_of(histogram, bin + 1, counts.size()) : mean_of(histogram, 0, bin + 1);
    // one value alone has no background
    const double near = std::isnan(ground) ? threshold : ground + options.fraction * (threshold - ground);
    levels.low = options.dark ? threshold : near;
    levels.high = options.dark ? near : threshold;
  }
  return levels;
}

}  // namespace sheaf::segment
