// Coarse-to-fine versions of an image, with its missing pixels tracked.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "align/plane.hpp"

namespace sheaf::align {

// Shortest side of an image that can be aligned, and of the coarsest level.
constexpr int least_side = 16, coarsest_side = 12;

// One resolution. Pixel (x, y) of level l lies at (2^l x, 2^l y) of the image.
struct Level {
  int width = 0, height = 0;
  Floats pixels;  // missing ones are 0
  // Empty if no pixel is missing; else 1 where the 3 x 3 pixels around (x, y)
  // are all there, and where those from (x - 1, y - 1) to (x + 2, y + 2) are.
  std::vector<uint8_t> valid3, valid4;

  const float *row(int y) const { return pixels.data() + static_cast<size_t>(y) * width; }
  bool complete() const { return valid3.empty(); }
};

class FeatureCache;

struct Pyramid {
  Plane image;                // as it was given
  std::vector<Level> levels;  // finest first, scaled to mean 0 and standard deviation 1; none if degenerate

  std::shared_ptr<FeatureCache> features;  // of the image, where it is matched more than once

  // Flat, without data, or too small: nothing to align.
  bool degenerate() const { return levels.empty(); }
};

Pyramid make_pyramid(Plane image);

// The mask at every resolution of a pyramid of `levels` levels, down to where it
// would be coarser than the structures it selects; nothing for an empty mask.
std::vector<Mask> make_mask_pyramid(const Mask &mask, int width, int height);

}  // namespace sheaf::align
