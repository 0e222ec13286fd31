// Two thresholds: what is beyond the nearer one counts where it is connected to what is beyond the farther one.
#pragma once

#include "components.hpp"
#include "histogram.hpp"

namespace sheaf::segment {

struct DoubleThreshold {
  double low = 0, high = 0;
  bool dark = false;  // objects are at or below the levels, and seeds at or below the low one
};

// The components of what lies beyond the nearer level (above the low one, where objects are bright); NaN does not.
// Those that have something beyond the farther one, which are the objects, have label 2.
template <class T>
Components candidates(View<const T> values, Mask mask, const DoubleThreshold &levels, Join join,
                      const Poll &poll = never_stop, const Parallel &parallel = serial);

enum class LevelRule { otsu, multi_otsu, percentile };

struct LevelOptions {
  LevelRule rule = LevelRule::otsu;
  bool dark = false;
  double fraction = 0.5;              // otsu: the way from the mean of the background to Otsu's threshold
  double seeds = 2, candidates = 10;  // percentile: the parts of the pixels beyond the two levels, in percent
};

// The levels of a histogram that is not empty; only low, high and dark are set.
DoubleThreshold choose_levels(const Histogram &histogram, const LevelOptions &options);

}  // namespace sheaf::segment
