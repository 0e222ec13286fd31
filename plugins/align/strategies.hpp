// align.strategies: which preprocessing makes registration succeed.
#pragma once

#include "plugin.hpp"

namespace sheaf::align {

struct Strategies {
  static constexpr const char *id = "align.strategies";
  static const char *const schema;
  explicit Strategies(Run &) {}
  void run(Run &run);
};

}  // namespace sheaf::align
