// equalize.stretch: spreads the values between two percentiles over the whole range.
#pragma once

#include <memory>

#include "limits.hpp"

namespace sheaf::equalize {

struct Stretch {
  static constexpr const char *id = "equalize.stretch";
  static const char *const schema;

  explicit Stretch(Run &run);
  void slice(Run &run, int64_t n) const;

 private:
  std::unique_ptr<LimitsOfImages> limits_;
};

}  // namespace sheaf::equalize
