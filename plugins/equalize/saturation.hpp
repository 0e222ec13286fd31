// equalize.saturation: stronger or paler colours of the same lightness.
#pragma once

#include "plugin.hpp"

namespace sheaf::equalize {

struct Saturation {
  static constexpr const char *id = "equalize.saturation";
  static const char *const schema;

  explicit Saturation(Run &run);
  void slice(Run &run, int64_t n) const;

 private:
  double factor_;
};

}  // namespace sheaf::equalize
