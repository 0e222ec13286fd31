#pragma once

#include "plugin.hpp"

namespace sheaf::align {

// align.points: moves a table of coordinates by transforms that are known.
struct Points {
  static constexpr const char *id = "align.points";
  static const char *const schema;

  explicit Points(Run &) {}
  void run(Run &run);
};

}  // namespace sheaf::align
