// equalize.bleach: gives the images of a series the brightness of the first.
#pragma once

#include <vector>

#include "common/collection.hpp"
#include "common/intensity.hpp"
#include "common/pool.hpp"
#include "decay.hpp"
#include "histogram_match.hpp"

namespace sheaf::equalize {

struct Bleach {
  static constexpr const char *id = "equalize.bleach";
  static const char *const schema;

  explicit Bleach(Run &run);
  void slice(Run &run, int64_t n);
  void finish(Run &run) const;

 private:
  enum class Method { ratio, exponential, histogram };
  struct Row {
    double before = nan, after = nan, factor = nan;  // means in levels
    const char *status = "ok";
  };
  int64_t time(int64_t n) const { return n / collection_.channels / depth_; }
  void measure_series(Run &run, const std::vector<int64_t> &times);
  std::vector<Quantiles> reference_of(Run &run, int64_t n);

  Method method_;
  Collection collection_;
  Calibration calibration_;
  int64_t depth_, times_;  // images of a channel at one time
  double dark_;
  double up_;                               // 1, or -1 where larger levels mean smaller calibrated ones
  std::vector<std::vector<double>> means_;  // of each channel and time, above the dark level; NaN: not measured
  std::vector<Decay> fits_;                 // of each channel
  std::vector<std::vector<Quantiles>> references_;
  std::vector<Row> rows_;
  Pool<SortScratch> scratch_;
};

}  // namespace sheaf::equalize
