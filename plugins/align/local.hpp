// Images whose local mean is 0 and whose local contrast is 1: what uneven
// illumination and changes of contrast leave alike.
#pragma once

#include "align/pyramid.hpp"

namespace sheaf::align {

// The finest level of at most 128 px: where starts are looked for and results are judged.
int search_level(const Pyramid &pyramid);

// A level without its local mean and contrast, over windows of 15 px.
Level locally_normalized(const Level &level);

// The image by the local mean and contrast of its search level, and coarser
// versions of it; negated if asked for.
Pyramid locally_normalized(const Pyramid &pyramid, bool negated);

// All levels with the opposite sign.
Pyramid negated(const Pyramid &pyramid);

}  // namespace sheaf::align
