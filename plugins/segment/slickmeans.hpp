// segment.slickmeans: superpixels, and classes of them by k-means.
#pragma once

#include "plane_labels.hpp"
#include "points_kmeans.hpp"
#include "slic.hpp"

namespace sheaf::segment {

struct SlicKmeans {
  static constexpr const char *id = "segment.slickmeans";
  static const char *const schema;

  explicit SlicKmeans(Run &run);
  void slice(Run &run, int64_t n);
  void finish(Run &run) const { regions_.finish(run); }

 private:
  SlicOptions slic_;
  KmeansOptions kmeans_;
  double importance_;
  Regions regions_;
  Pool<Planes> planes_;
};

// Replaces the labels 1..count of superpixels by those of their classes, 1, 2,
// 3... in the order of their first pixels: k-means of mean colour, and mean
// position divided by `importance`.
void classify_superpixels(const Planes &planes, uint32_t count, double importance, const KmeansOptions &options,
                          Labels labels, const Parallel &parallel = serial, const Poll &poll = never_stop);

}  // namespace sheaf::segment
