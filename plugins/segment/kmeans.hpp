// segment.kmeans: classes of pixels that are close in colour and position.
#pragma once

#include "plane_labels.hpp"
#include "points_kmeans.hpp"

namespace sheaf::segment {

struct Kmeans {
  static constexpr const char *id = "segment.kmeans";
  static const char *const schema;

  explicit Kmeans(Run &run);
  void slice(Run &run, int64_t n);
  void finish(Run &run) const { regions_.finish(run); }

 private:
  KmeansOptions options_;
  double importance_;
  Regions regions_;
  Pool<Planes> planes_;
};

// Labels from the colours and positions of an image: position is divided by
// `importance`. 1, 2, 3... in the order of their first pixels; returns the compactness.
double kmeans_labels(const Planes &planes, double importance, const KmeansOptions &options, Labels labels,
                     const Parallel &parallel = serial, const Poll &poll = never_stop);

}  // namespace sheaf::segment
