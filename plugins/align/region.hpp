// The region of interest of a run as the algorithms take it.
#pragma once

#include "align/plane.hpp"
#include "plugin.hpp"

namespace sheaf::align {

// 1 inside and 0 outside; empty if there is no region.
inline Mask mask_of(Run &run) {
  Mask mask;
  const Image region = run.mask();
  if (!region) return mask;
  const auto view = region.view<uint8_t>();
  for (int y = 0; y < view.height(); y++)
    for (int x = 0; x < view.width(); x++) mask.push_back(view(x, y) != 0);
  return mask;
}

}  // namespace sheaf::align
