// Medians of square neighbourhoods, exact for every pixel type.
#pragma once

#include "common/parallel.hpp"
#include "common/poll.hpp"

namespace sheaf::equalize {

// The median of the (2 radius + 1)^2 pixels around each, edge pixels repeated
// beyond the border; red, green and blue each for itself. Pixels that are not
// finite do not count and stay; of an even number that is left, the lower of
// the two in the middle.
template <class T>
void median(View<const T> in, View<T> out, int radius, const Parallel &parallel = serial,
            const Poll &poll = never_stop);

// Working memory of one thread.
int64_t median_bytes(int width, int radius, sheaf_pixel pixel);

}  // namespace sheaf::equalize
