// segment.quickshift: segments as the basins of a density in position and colour.
#pragma once

#include "common/pool.hpp"
#include "mean_shift.hpp"
#include "regions.hpp"

namespace sheaf::segment {

struct QuickShift {
  static constexpr const char *id = "segment.quickshift";
  static const char *const schema;

  explicit QuickShift(Run &run);
  void slice(Run &run, int64_t n);
  void finish(Run &run) const { regions_.finish(run); }

 private:
  QuickShiftOptions options_;
  double sigma_;
  Regions regions_;
  Pool<std::vector<cv::Mat>> planes_;
};

}  // namespace sheaf::segment
