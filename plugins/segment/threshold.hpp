// segment.threshold: labels from pixel values and one or several thresholds.
#pragma once

#include <vector>

#include "automatic.hpp"
#include "common/collection.hpp"
#include "common/pool.hpp"
#include "components.hpp"
#include "local_mean.hpp"
#include "outline.hpp"
#include "values.hpp"

namespace sheaf::segment {

enum class Method {
  otsu,
  multi_otsu,
  manual,
  levels,
  li,
  yen,
  triangle,
  isodata,
  hysteresis,
  adaptive_mean,
  adaptive_gaussian
};

struct Threshold {
  static constexpr const char *id = "segment.threshold";
  static const char *const schema;

  explicit Threshold(Run &run);
  void slice(Run &run, int64_t n);
  void finish(Run &run) const;

 private:
  // In the image's calibrated unit (`shown`) and in pixel values.
  struct Levels {
    std::vector<double> shown, pixel;
    bool degenerate = false;  // too few different values
    bool blank = false;       // not even two: all is background
  };
  struct Row {
    std::vector<double> thresholds;
    int64_t objects = 0, pixels = 0, inside = 0;
    bool degenerate = false;
    std::vector<Outline> outlines;
  };
  struct Scratch {
    cv::Mat values;  // gray, or calibrated
    Histogram histogram;
    LocalScratch local;
  };

  bool automatic() const;
  bool adaptive() const { return method_ == Method::adaptive_mean || method_ == Method::adaptive_gaussian; }
  void take_levels(Run &run);
  Levels choose(const Histogram &histogram) const;
  template <class T>
  void label(View<const T> values, Mask mask, Labels labels, int64_t n, Scratch &scratch, Row &row, const Poll &poll,
             const Parallel &parallel);
  template <class T>
  void label_adaptively(View<const T> values, Mask mask, Labels labels, Scratch &scratch, Row &row,
                        const Poll &poll) const;

  Method method_;
  int classes_, block_;
  double offset_;
  bool all_, fill_holes_, invert_, mask_;
  Keep keep_;
  Collection collection_;
  Values values_;
  double pixel_area_;
  bool table_wanted_, rois_wanted_;
  std::vector<Levels> levels_;  // of each channel, if they are the same for all its images
  std::vector<Row> rows_;
  Pool<Scratch> scratch_;
};

}  // namespace sheaf::segment
