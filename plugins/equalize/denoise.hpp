// equalize.denoise: smooths noise and keeps edges.
#pragma once

#include <limits>
#include <vector>

#include "common/intensity.hpp"
#include "common/neighbour_mean.hpp"
#include "common/pool.hpp"

namespace sheaf::equalize {

struct Denoise {
  static constexpr const char *id = "equalize.denoise";
  static const char *const schema;

  explicit Denoise(Run &run);
  void slice(Run &run, int64_t n);
  void finish(Run &run) const;

 private:
  enum class Method { nlm, bilateral, median };
  struct Scratch {
    std::vector<float> planes[3], filtered[3];
  };
  struct Row {
    double noise = std::numeric_limits<double>::quiet_NaN(), strength = noise;
  };
  template <class T>
  void filter(View<const T> in, View<T> out, Row &row, Scratch &scratch, const Parallel &parallel,
              const Poll &poll) const;

  Method method_;
  int radius_ = 0;
  double strength_ = 0;  // 0: from the noise of each image
  BilateralOptions bilateral_;
  NonLocalOptions nlm_;
  Calibration calibration_;
  bool table_wanted_;
  std::vector<Row> rows_;
  Pool<Scratch> scratch_;
};

}  // namespace sheaf::equalize
