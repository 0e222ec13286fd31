// segment.edge: regions that edges enclose.
#pragma once

#include "edge_regions.hpp"
#include "plane_labels.hpp"

namespace sheaf::segment {

struct Edge {
  static constexpr const char *id = "segment.edge";
  static const char *const schema;

  explicit Edge(Run &run);
  void slice(Run &run, int64_t n);
  void finish(Run &run) const { regions_.finish(run); }

 private:
  EdgeOptions options_;
  Regions regions_;
  Pool<Planes> planes_;
};

}  // namespace sheaf::segment
