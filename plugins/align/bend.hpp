#pragma once

#include "plugin.hpp"

namespace sheaf::align {

// align.bilinear: aligns images to one of them, or to their mean, by TurboReg's bilinear model.
struct Bend {
  static constexpr const char *id = "align.bilinear";
  static const char *const schema;

  explicit Bend(Run &) {}
  void run(Run &run);
};

}  // namespace sheaf::align
