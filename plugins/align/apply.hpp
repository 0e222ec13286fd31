#pragma once

#include "plugin.hpp"

namespace sheaf::align {

// align.apply: moves the images of a collection by transforms that are known.
struct Apply {
  static constexpr const char *id = "align.apply";
  static const char *const schema;

  explicit Apply(Run &) {}
  void run(Run &run);
};

}  // namespace sheaf::align
