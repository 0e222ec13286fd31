// segment.chanvase: two classes of pixels that a smooth contour divides.
#pragma once

#include "common/pool.hpp"
#include "level_set.hpp"
#include "regions.hpp"

namespace sheaf::segment {

struct ChanVese {
  static constexpr const char *id = "segment.chanvase";
  static const char *const schema;

  explicit ChanVese(Run &run);
  void slice(Run &run, int64_t n);
  void finish(Run &run) const;

 private:
  struct Row {
    int iterations = 0;
    double inside = 0, outside = 0;
  };
  ChanVeseOptions options_;
  bool compat_;
  int bins_;
  Regions regions_;
  std::vector<Row> rows_;
};

// Labels of the level set's values: its range in equal steps of
// 256 / bins levels, numbered from 1.
void bin_levels(const cv::Mat &phi, int bins, Labels labels);

}  // namespace sheaf::segment
