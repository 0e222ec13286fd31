// What a moving image does not show of a reference although it covers it:
// objects that moved by themselves, other content, saturated spots.
#pragma once

#include "align/pyramid.hpp"
#include "align/transform.hpp"

namespace sheaf::align {

// The selected pixels of the reference (null: all) without those where the
// residual exceeds 3.5 of its standard deviations, taken robustly, by more than
// an error of `slack` pixels in t explains. Empty if there are too few of them
// to matter, or so many that nothing is certain.
Mask inliers(const Level &reference, const Mask *selected, const Level &moving, const Transform &t, double slack);

// The mask of a level as that of the next finer one, restricted to what `selected` selects.
Mask finer(const Mask &coarse, const Level &coarse_level, const Level &fine_level, const Mask *selected);

}  // namespace sheaf::align
