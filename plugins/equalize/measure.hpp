// equalize.measure: the quality of every image, and which images stand out.
#pragma once

#include "common/collection.hpp"
#include "common/intensity.hpp"
#include "quality.hpp"

namespace sheaf::equalize {

struct MeasureQuality {
  static constexpr const char *id = "equalize.measure";
  static const char *const schema;

  explicit MeasureQuality(Run &run);
  void run(Run &run);

 private:
  static constexpr int measures = 12;
  // One value of every image, in the order of the columns.
  using Row = std::array<double, measures>;

  Row row_of(const Quality &q, double least, double greatest) const;
  void judge(Run &run);
  void write_table(Run &run) const;
  void write_plot(Run &run) const;
  void write_log(Run &run) const;

  Collection collection_;
  Calibration calibration_;
  sheaf_pixel pixel_;
  double threshold_;
  std::vector<Quality> qualities_;
  std::vector<Row> rows_;
  std::vector<double> deviations_;     // the largest |z| of each image
  std::vector<std::string> unusual_;   // what is unusual about each image
  std::vector<std::string> verdicts_;  // ok, outlier, blank
};

}  // namespace sheaf::equalize
