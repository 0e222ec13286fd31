// Where a moving image may have been shifted to: peaks of the phase correlation.
#pragma once

#include <vector>

#include "align/pyramid.hpp"
#include "align/transform.hpp"

namespace sheaf::align {

// Translations in pixels of the level, the most likely first. A peak stands for
// the same shift one period further, too: both are listed.
std::vector<Transform> phase_candidates(const Level &reference, const Level &moving);

}  // namespace sheaf::align
