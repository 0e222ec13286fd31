#pragma once

#include "plugin.hpp"

namespace sheaf::align {

// align.register: moves the images of a collection onto each other.
struct Register {
  static constexpr const char *id = "align.register";
  static const char *const schema;

  explicit Register(Run &) {}
  void run(Run &run);
};

}  // namespace sheaf::align
