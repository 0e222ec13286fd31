#pragma once

#include "plugin.hpp"

namespace sheaf::align {

// align.transforms: shows, inverts, composes, smooths and converts lists of transforms.
struct EditTransforms {
  static constexpr const char *id = "align.transforms";
  static const char *const schema;

  explicit EditTransforms(Run &) {}
  void run(Run &run);
};

}  // namespace sheaf::align
