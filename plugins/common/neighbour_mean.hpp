// Means over a pixel's neighbourhood in which those count most that look like
// it: the bilateral filter (C. Tomasi, R. Manduchi, ICCV 1998) and non-local
// means (A. Buades, B. Coll, J.-M. Morel, CVPR 2005).
#pragma once

#include <span>
#include <vector>

#include "parallel.hpp"
#include "poll.hpp"

namespace sheaf {

// One plane for gray images, three for colour, all of the same size.
using Planes = std::span<const View<const float>>;
using PlanesOut = std::span<const View<float>>;

// Weights exp(-|p - q|^2 / (2 sigma_space^2) - |I(p) - I(q)|^2 / (2 sigma_range^2)) of the q within `radius` of p.
struct BilateralOptions {
  int radius = 4;           // 0 to 64
  double sigma_space = 3;   // pixels
  double sigma_range = 25;  // levels, more than 0
};

// Weights exp(-d^2 / strength^2) of the q in a square around p, d^2 the mean of
// the squared differences of the square patches around both.
struct NonLocalOptions {
  int patch = 3, search = 10;  // radii, 0 to 5 and 0 to 64
  double strength = 10;        // levels, more than 0
  double noise = 0;            // standard deviation, 2 noise^2 is taken from d^2: what equal patches differ by
};

// Borders are reflected about the edge pixels. Pixels that are not finite do not
// count, stand for the middle of their block in patches, and stay. `out` is not `in`.
void bilateral(Planes in, PlanesOut out, const BilateralOptions &options, const Parallel &parallel = serial,
               const Poll &poll = never_stop);
void non_local_means(Planes in, PlanesOut out, const NonLocalOptions &options, const Parallel &parallel = serial,
                     const Poll &poll = never_stop);

// Working memory of one thread.
int64_t neighbour_mean_bytes(int planes, int reach);

}  // namespace sheaf
