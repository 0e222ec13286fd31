// equalize.illumination: takes uneven illumination, the same in all images of a channel, out of them.
#pragma once

#include <opencv2/core.hpp>

#include "common/collection.hpp"
#include "common/intensity.hpp"
#include "shading.hpp"

namespace sheaf::equalize {

struct Illumination {
  static constexpr const char *id = "equalize.illumination";
  static const char *const schema;

  explicit Illumination(Run &run);
  void slice(Run &run, int64_t n);
  void finish(Run &run) const;

 private:
  void estimate(Run &run);
  void take_given(Run &run);
  void normalize(Run &run);
  const cv::Mat &field(int64_t channel, int component) const {
    return fields_[static_cast<size_t>(channel * components_ + component)];
  }

  Collection collection_;
  double dark_;  // pixel value without light
  bool subtract_;
  float up_;                      // -1 where light lowers the levels, as a calibration says that falls; else 1
  int components_;                // of a pixel
  std::vector<cv::Mat> fields_;   // of each component of each channel, mean 1 or 0; empty: unknown
  std::vector<int64_t> used_;     // images it was estimated from
  std::vector<int64_t> clipped_;  // pixels of each image
  int64_t pixels_;
};

}  // namespace sheaf::equalize
