// From pixel values and thresholds to labels.
#pragma once

#include <span>

#include "components.hpp"
#include "histogram.hpp"

namespace sheaf::segment {

// The label of a value is the number of thresholds below it. A window has two
// thresholds and label 1 from the first to the second, both included. Inverted,
// label i of 0..n becomes n - i. What is NaN or outside the mask gets label 0.
class Classifier {
 public:
  Classifier(std::span<const double> ascending, bool window, bool inverted)
      : thresholds_(ascending), window_(window), inverted_(inverted) {}

  uint32_t operator()(double v) const {
    const auto highest = static_cast<uint32_t>(window_ ? 1 : thresholds_.size());
    uint32_t label = 0;
    if (window_) label = v >= thresholds_[0] && v <= thresholds_[1];
    else
      for (const double t : thresholds_) label += v > t;
    return v != v ? 0 : inverted_ ? highest - label : label;
  }

  // f(y, out) writes the labels of row y. The classifier must outlive it.
  template <class T>
  auto rows(View<const T> image, Mask mask) const {
    std::vector<uint32_t> table(std::is_same_v<T, float> ? 0 : size_t{1} << 8 * sizeof(T));
    for (size_t v = 0; v < table.size(); v++) table[v] = (*this)(static_cast<double>(v));
    return [this, image, mask, table = std::move(table)](int y, uint32_t *out) {
      const T *row = image.row(y);
      for (int x = 0; x < image.width(); x++) {
        if constexpr (std::is_same_v<T, float>) out[x] = (*this)(row[x]);
        else out[x] = table[row[x]];
      }
      if (mask)
        for (int x = 0; x < image.width(); x++) out[x] = mask(x, y) ? out[x] : 0;
    };
  }

  template <class T>
  void apply(View<const T> image, Mask mask, Labels labels, const Poll &poll = never_stop,
             const Parallel &parallel = serial) const {
    constexpr int rows_of_block = 64;
    const auto row = rows(image, mask);
    parallel((image.height() + rows_of_block - 1) / rows_of_block, [&](int64_t block) {
      const int begin = static_cast<int>(block) * rows_of_block, end = std::min(begin + rows_of_block, image.height());
      poll();
      for (int y = begin; y < end; y++) row(y, labels.row(y));
    });
  }

 private:
  std::span<const double> thresholds_;
  bool window_, inverted_;
};

}  // namespace sheaf::segment
