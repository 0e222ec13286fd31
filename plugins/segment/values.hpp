// Images as the values that thresholds divide, and their histograms.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "common/collection.hpp"
#include "common/gray.hpp"
#include "common/intensity.hpp"
#include "common/matrix.hpp"
#include "histogram.hpp"

namespace sheaf::segment {

// Thresholds are compared with pixel values. Where larger pixel values mean smaller calibrated ones, with these.
class Values {
 public:
  explicit Values(const sheaf_info &info) : pixel_(info.pixel), given_(info) {
    if (given_.scale > 0) own_ = given_;
  }

  double calibrated(double value) const { return own_.value(value); }
  double difference(double calibrated) const { return calibrated / own_.scale; }
  // What is equal to a level in calibrated units is equal to the result, rounding or not.
  double level(double calibrated) const {
    const double p = own_.pixel(calibrated);
    return pixel_ != SHEAF_F32 && std::abs(p - std::round(p)) < 1e-6 ? std::round(p) : p;
  }

  // Calls f with the values of an image as 8-bit, 16-bit or float; RGB is the mean of its channels.
  template <class F>
  void with(const Image &image, cv::Mat &memory, const Poll &poll, F &&f) const;

  // One histogram for all images of each channel; of a preview, for a sample of them.
  std::vector<Histogram> histograms(Run &run, const Collection &collection) const;

 private:
  sheaf_pixel pixel_;
  Calibration given_, own_;
};

template <class F>
void Values::with(const Image &image, cv::Mat &memory, const Poll &poll, F &&f) const {
  visit_intensity(image, [&]<class T>(View<const T> view) {
    const int width = view.width(), pause = rows_between_polls(width);
    const auto convert = [&]<class V>(V, auto &&value) {
      memory.create(view.height(), width, cv_type<V>);
      for (int y = 0; y < view.height(); y++) {
        std::transform(view.row(y), view.row(y) + width, memory.ptr<V>(y), value);
        if (y % pause == pause - 1) poll();
      }
      f(view_of<const V>(memory));
    };
    if constexpr (std::is_same_v<T, Rgb>) convert(uint8_t{}, mean_gray);
    else if (given_.scale < 0) convert(float{}, [&](T p) { return static_cast<float>(given_.value(p)); });
    else f(view);
  });
}

}  // namespace sheaf::segment
