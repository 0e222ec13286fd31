// What a moving image does not show of a reference although it covers it:
// objects that moved by themselves, other content, saturated spots.
#pragma once

#include "align/pyramid.hpp"
#include "align/transform.hpp"

namespace sheaf::align {

struct Inliers {
  Mask mask;
  // How much more structure, the square of the gradient, the pixels left out hold
  // than as many pixels of the overlap do. High where it is the structures
  // themselves that change, on a ground that says little.
  double structure = 0;
};

// The selected pixels of the reference (null: all) without those where the
// residual exceeds 3.5 of its standard deviations, taken robustly, by more than
// an error of `slack` pixels in t explains. The mask is empty if there are too few of them
// to matter, or so many that nothing is certain.
Inliers inliers(const Level &reference, const Mask *selected, const Level &moving, const Transform &t, double slack);

// The mask of a level as that of the next finer one, restricted to what `selected` selects.
Mask finer(const Mask &coarse, const Level &coarse_level, const Level &fine_level, const Mask *selected);

}  // namespace sheaf::align
