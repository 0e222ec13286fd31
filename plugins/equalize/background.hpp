// equalize.background: takes the background out of every image.
#pragma once

#include <vector>

#include "backdrop.hpp"
#include "common/intensity.hpp"
#include "common/pool.hpp"

namespace sheaf::equalize {

struct Background {
  static constexpr const char *id = "equalize.background";
  static const char *const schema;

  explicit Background(Run &run);
  void slice(Run &run, int64_t n);
  void finish(Run &run) const;

 private:
  enum class Method { opening, gaussian };
  struct Scratch {
    std::vector<float> plane, background[3];
    double mean[3], nearest[3];  // of each background: its mean, and what is nearest to 0 or below
  };
  struct Row {
    double mean = 0, least = 0, greatest = 0;  // of the background, in levels
    double clipped = 0;
    const char *status = "ok";
  };
  template <class T>
  void find(View<const T> in, Row &row, Scratch &scratch, const Parallel &parallel, const Poll &poll) const;
  template <class T>
  void take_out(View<const T> in, View<T> out, Row &row, const Scratch &scratch, const Poll &poll) const;

  Method method_;
  Shape shape_;
  double sigma_;
  int radius_;
  bool divide_, light_, falling_, table_wanted_, background_wanted_;
  double zero_;  // the level that stands for nothing
  Calibration calibration_;
  std::vector<Row> rows_;
  Pool<Scratch> scratch_;
};

}  // namespace sheaf::equalize
