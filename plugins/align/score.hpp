// align.score: whether an alignment, made here or elsewhere, has brought images
// closer to their references.
#pragma once

#include "plugin.hpp"

namespace sheaf::align {

struct Score {
  static constexpr const char *id = "align.score";
  static const char *const schema;
  explicit Score(Run &) {}
  void run(Run &run);
};

}  // namespace sheaf::align
