// segment.superpixel: SLIC, SLICO and MSLIC.
#pragma once

#include "plane_labels.hpp"
#include "slic.hpp"

namespace sheaf::segment {

struct Superpixel {
  static constexpr const char *id = "segment.superpixel";
  static const char *const schema;

  explicit Superpixel(Run &run);
  void slice(Run &run, int64_t n);
  void finish(Run &run) const { regions_.finish(run); }

 private:
  SlicOptions options_;
  Regions regions_;
  Pool<Planes> planes_;
};

}  // namespace sheaf::segment
