// align.refine: makes transforms better by the score of what they do.
#pragma once

#include "plugin.hpp"

namespace sheaf::align {

struct Refine {
  static constexpr const char *id = "align.refine";
  static const char *const schema;
  explicit Refine(Run &) {}
  void run(Run &run);
};

}  // namespace sheaf::align
