// equalize.match: gives the images of a collection the brightness, contrast and
// sharpness, or the histogram, of their mean or of one of them.
#pragma once

#include <vector>

#include "affine.hpp"
#include "common/collection.hpp"
#include "common/intensity.hpp"
#include "common/pool.hpp"
#include "histogram_match.hpp"
#include "joint.hpp"

namespace sheaf::equalize {

enum class Method { joint, brightness, contrast, sharpness, histogram, reinhard };
enum class Status { ok, limited, clipped, rounded, degenerate };

struct Match {
  static constexpr const char *id = "equalize.match";
  static const char *const schema;

  explicit Match(Run &run);
  void slice(Run &run, int64_t n);
  void finish(Run &run) const;

 private:
  // What the images of one channel are matched to.
  struct Reference {
    Scalars scalars;
    LabScalars lab{};
    std::vector<Quantiles> histograms;  // of each colour channel
    bool usable = false;
  };
  struct Scratch {
    JointScratch joint;
    SortScratch sort;
  };
  struct Row {
    Scalars before, after;
    double clipped = 0;
    Status status = Status::ok;
  };

  Reference base_reference(Run &run, int64_t n);
  void mean_references(Run &run);
  bool measurable(const Scalars &s) const;
  bool degenerate(const Scalars &before, const Reference &reference) const;
  template <class T>
  void equalize(View<const T> in, View<T> out, Mask mask, const Reference &reference, Row &row, const Poll &poll);
  template <class T>
  int64_t equalize_by_gain(View<const T> in, View<T> out, Mask mask, const Scalars &before, const Scalars &target,
                           const Poll &poll);
  Line line(const Scalars &before, const Scalars &target) const;
  Status status(const Row &row, const Scalars &target, bool limited) const;

  Method method_;
  JointOptions joint_;
  bool compat_, to_mean_;
  Collection collection_;
  Calibration calibration_;
  double zero_;  // pixel value whose calibrated value is 0
  sheaf_pixel pixel_;
  bool table_wanted_, with_sharpness_;
  std::vector<Reference> references_;  // of each channel
  std::vector<Row> rows_;
  std::vector<bool> measured_;  // rows_[n].before is known
  Pool<Scratch> scratch_;
};

}  // namespace sheaf::equalize
