// segment.hysteresis: objects by two thresholds.
#pragma once

#include "common/pool.hpp"
#include "double_threshold.hpp"
#include "regions.hpp"
#include "values.hpp"

namespace sheaf::segment {

struct Hysteresis {
  static constexpr const char *id = "segment.hysteresis";
  static const char *const schema;

  explicit Hysteresis(Run &run);
  void slice(Run &run, int64_t n);
  void finish(Run &run) const;

 private:
  struct Chosen {
    DoubleThreshold levels;
    bool degenerate = false;  // no two different values to choose levels from
  };
  struct Row {
    double low = 0, high = 0;
    int64_t objects = 0, pixels = 0, inside = 0;
    bool degenerate = false;
  };
  struct Scratch {
    cv::Mat values;
    Histogram histogram;
  };

  void take_levels(Run &run);
  Chosen choose(const Histogram &histogram) const;
  template <class T>
  Chosen levels_of(View<const T> values, Mask mask, int64_t n, Histogram &histogram, const Poll &poll) const;

  bool automatic_, fill_holes_, mask_;
  Join join_;
  LevelOptions options_;
  Keep keep_;
  Collection collection_;
  Values values_;
  double pixel_area_;
  Regions regions_;
  std::vector<Chosen> chosen_;  // of each channel, if they are the same for all its images
  std::vector<Row> rows_;
  Pool<Scratch> scratch_;
};

}  // namespace sheaf::segment
