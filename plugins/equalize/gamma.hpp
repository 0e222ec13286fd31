// equalize.gamma: a power law through the values of an image.
#pragma once

#include <memory>

#include "limits.hpp"

namespace sheaf::equalize {

struct Gamma {
  static constexpr const char *id = "equalize.gamma";
  static const char *const schema;

  explicit Gamma(Run &run);
  void slice(Run &run, int64_t n) const;

 private:
  double gamma_, gain_;
  bool falling_;                            // larger levels mean smaller calibrated ones
  std::unique_ptr<LimitsOfImages> limits_;  // of images whose type has no natural ones
};

}  // namespace sheaf::equalize
