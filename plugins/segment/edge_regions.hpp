// Regions that edges enclose.
#pragma once

#include "common/neighbour_mean.hpp"
#include "components.hpp"
#include "planes.hpp"

namespace sheaf::segment {

struct EdgeOptions {
  BilateralOptions bilateral{3, 100, 100};
  NonLocalOptions nlm{3, 10, 10, 0};
  bool smooth = true;
  double threshold = 60;  // of 0..255; what is above it is an edge
};

// Smooths the planes (levels 0..255) by bilateral filter and non-local means, takes
// the magnitude of the Sobel gradient of each, from its least value in all planes to
// its greatest as 0..255, and their mean; edges are closed by 3 x 3. What edges
// leave are regions, connected by edges of pixels, which grow into the edges by one
// pixel, all at the same time. Labels 1, 2, 3...; 0 on edges and what has no part.
uint32_t edge_regions(const Planes &planes, const EdgeOptions &options, Labels labels,
                      const Parallel &parallel = serial, const Poll &poll = never_stop);

}  // namespace sheaf::segment
