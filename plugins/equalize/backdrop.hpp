// What is left of an image when everything small is taken out of it.
#pragma once

#include "common/parallel.hpp"
#include "common/poll.hpp"

namespace sheaf::equalize {

// The mean weighted by a Gaussian that is cut at four times its standard
// deviation, the border reflected about the edge pixel.
void gaussian_backdrop(View<const float> in, View<float> out, double sigma, const Parallel &parallel = serial,
                       const Poll &poll = never_stop);

enum class Shape { square, disk };

// The morphological opening: the greatest of the least values under every
// placing of the shape that covers the pixel, but for what lies outside of the
// image. square: of 2 radius + 1 pixels a side; disk: all pixels whose centres
// are within radius.
void opening(View<const float> in, View<float> out, Shape shape, int radius, const Parallel &parallel = serial,
             const Poll &poll = never_stop);

// Pixels that are not finite do not count for both; where they are, and nothing
// else is in reach, the result is not finite.

}  // namespace sheaf::equalize
