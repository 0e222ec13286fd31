#pragma once

#include "plugin.hpp"

namespace sheaf::cluster {

// cluster.images: groups the images of a collection by how they look.
struct Images {
  static constexpr const char *id = "cluster.images";
  static const char *const schema;

  explicit Images(Run &) {}
  void run(Run &run);
};

}  // namespace sheaf::cluster
