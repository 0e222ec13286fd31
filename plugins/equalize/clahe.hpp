// equalize.clahe: evens out the contrast of every neighbourhood.
#pragma once

#include <memory>

#include "common/pool.hpp"
#include "lab_planes.hpp"
#include "tile_equalization.hpp"

namespace sheaf::equalize {

struct Clahe {
  static constexpr const char *id = "equalize.clahe";
  static const char *const schema;

  explicit Clahe(Run &run);
  void slice(Run &run, int64_t n);

 private:
  struct Scratch {
    ClaheScratch clahe;
    LabPlanes planes;
  };
  ClaheOptions options_;
  std::unique_ptr<LimitsOfImages> limits_;  // of images whose type has no natural ones
  Pool<Scratch> scratch_;
};

}  // namespace sheaf::equalize
