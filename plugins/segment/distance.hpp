// Distances to the background.
#pragma once

#include <vector>

#include "common/parallel.hpp"
#include "common/poll.hpp"
#include "plugin.hpp"

namespace sheaf::segment {

// out(x, y) = the Euclidean distance, in pixels, from the centre of a pixel that
// is not 0 to that of the nearest one that is 0; 0 for the latter. What lies
// beyond the border of the image does not count. Without any background every
// distance is width + height.
void distances(View<const uint8_t> foreground, View<float> out, const Poll &poll = never_stop,
               const Parallel &parallel = serial);

}  // namespace sheaf::segment
