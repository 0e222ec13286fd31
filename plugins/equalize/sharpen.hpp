// equalize.sharpen: sharpens or blurs images by an amount, or until they are as sharp as wanted.
#pragma once

#include <vector>

#include "common/intensity.hpp"
#include "common/pool.hpp"
#include "joint.hpp"

namespace sheaf::equalize {

struct Sharpen {
  static constexpr const char *id = "equalize.sharpen";
  static const char *const schema;

  explicit Sharpen(Run &run);
  void slice(Run &run, int64_t n);
  void finish(Run &run) const;

 private:
  enum class Method { amount, factor, sharpness };
  struct Row {
    double before = nan, after = nan, amount = 0, clipped = 0;
    const char *status = "ok";
  };
  template <class T>
  void sharpen_image(View<const T> in, View<T> out, Mask mask, Row &row, const Poll &poll);

  Method method_;
  double wanted_;  // amount, factor, or sharpness in pixel values
  JointOptions options_;
  Calibration calibration_;
  bool table_wanted_;
  std::vector<Row> rows_;
  Pool<JointScratch> scratch_;
};

}  // namespace sheaf::equalize
