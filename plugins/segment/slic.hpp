// Superpixels by local k-means of colour and position.
//   SLIC, SLICO: R. Achanta et al.: SLIC superpixels compared to state-of-the-art
//   superpixel methods. IEEE TPAMI 34(11), 2012.
//   MSLIC: Y.-J. Liu et al.: Manifold SLIC: a fast method to compute
//   content-sensitive superpixels. CVPR 2016.
#pragma once

#include <vector>

#include "components.hpp"
#include "planes.hpp"

namespace sheaf::segment {

enum class Superpixels {
  slic,
  slico,  // compactness of every region adapts to its contrast
  mslic   // regions are smaller where the image changes more
};

struct SlicOptions {
  Superpixels method = Superpixels::slic;
  double size = 40;         // side of a region on average, in pixels
  double compactness = 10;  // colour distance, in units of Lab, that weighs as much as `size` pixels
  int iterations = 10;
  double min_size = 0.25;  // of the mean area: smaller pieces join a neighbour
};

// Side of regions so that there are about `count` of them.
double superpixel_size(int width, int height, int64_t count);

// Labels 1, 2, 3... Every region is connected by edges of pixels, and not below
// the least size unless nothing of the image touches it. What has no part gets 0.
// Bit-identical for any `parallel`. Returns the number of regions.
uint32_t slic(const Planes &planes, const SlicOptions &options, Labels labels, const Parallel &parallel = serial,
              const Poll &poll = never_stop);

// Makes every region connected by edges of pixels: pieces of one label become
// regions of their own, and those with fewer pixels than `min_size` join the
// touching region whose mean features are closest. Labels become 1, 2, 3...
uint32_t enforce_connectivity(const Planes &planes, int64_t min_size, Labels labels, const Poll &poll = never_stop,
                              const Parallel &parallel = serial);

}  // namespace sheaf::segment
