// Outlines of components as polygons along the edges of pixels.
#pragma once

#include <vector>

#include "components.hpp"

namespace sheaf::segment {

// Rings of corners, x, y, x, y...; the first is the outer one, the others are
// holes. Ring r ends before pair ring_ends[r].
struct Outline {
  uint32_t label;
  std::vector<float> xy;
  std::vector<int32_t> ring_ends;
};

// One for each component that is kept, in their order.
std::vector<Outline> outlines(const Kept &kept, int width, int height, const Poll &poll = never_stop);
// One for each connected region of one label.
std::vector<Outline> outlines(View<const uint32_t> labels, const Poll &poll = never_stop);

}  // namespace sheaf::segment
