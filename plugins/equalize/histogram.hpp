// equalize.histogram: a flat histogram, or that of a reference image.
#pragma once

#include <vector>

#include "common/collection.hpp"
#include "common/pool.hpp"
#include "exact_histogram.hpp"
#include "lab_planes.hpp"

namespace sheaf::equalize {

struct Histogram {
  static constexpr const char *id = "equalize.histogram";
  static const char *const schema;

  explicit Histogram(Run &run);
  void slice(Run &run, int64_t n);

 private:
  enum class To { uniform, base, image };
  struct Scratch {
    SortScratch sort;
    ExactScratch exact;
    LabPlanes planes;
    std::vector<float> values;
    std::vector<double> ranks;
  };
  Quantiles reference_of(Run &run, int64_t n, int input);
  template <class T>
  void match(View<const T> in, View<T> out, Mask mask, const Quantiles *reference, double top, Scratch &scratch,
             const Poll &poll) const;
  template <class T>
  void match_exactly(View<const T> in, View<T> out, Mask mask, const Quantiles *reference, double top, Scratch &scratch,
                     const Poll &poll) const;

  To to_;
  bool exact_;
  Collection collection_;
  std::vector<Quantiles> references_;  // of each channel
  Pool<Scratch> scratch_;
};

}  // namespace sheaf::equalize
