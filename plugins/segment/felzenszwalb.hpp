// segment.felzenszwalb and segment.graph: regions from a graph of pixels, the same computation with the
// parameters and defaults of the two libraries it is known from.
#pragma once

#include "common/pool.hpp"
#include "graph_merge.hpp"
#include "regions.hpp"

namespace sheaf::segment {

// What both share.
class GraphSegmentation {
 public:
  GraphSegmentation(Run &run, const MergeOptions &options);
  void slice(Run &run, int64_t n);
  void finish(Run &run) const { regions_.finish(run); }

 private:
  MergeOptions options_;
  Regions regions_;
  Pool<std::vector<cv::Mat>> planes_;
};

struct Felzenszwalb : GraphSegmentation {
  static constexpr const char *id = "segment.felzenszwalb";
  static const char *const schema;
  explicit Felzenszwalb(Run &run);
};

struct Graph : GraphSegmentation {
  static constexpr const char *id = "segment.graph";
  static const char *const schema;
  explicit Graph(Run &run);
};

}  // namespace sheaf::segment
