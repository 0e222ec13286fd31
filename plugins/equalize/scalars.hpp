// The three numbers that equalization matches, and their siblings for colour.
#pragma once

#include <array>
#include <functional>
#include <limits>

#include "common/poll.hpp"
#include "plugin.hpp"

namespace sheaf::equalize {

// Pixels that count: 0 outside; without data, everything is inside.
using Mask = View<const uint8_t>;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// In levels of the pixel type, Lab lightness scaled to 0..255 for colour.
struct Scalars {
  double brightness = nan;  // mean
  double contrast = nan;    // population standard deviation
  double sharpness = nan;   // mean length of the Sobel gradient
};

// Sobel: 3x3, weights 1-2-1, not normalised, border reflected about the edge
// pixel, on the pixel value, or on 0.299 R + 0.587 G + 0.114 B for colour.
// Pixels that are not finite, and gradients that such pixels take part in, do
// not count; what nothing is left for is NaN. Sums of integers are exact.
template <class T>
Scalars measure(View<const T> image, Mask mask, bool with_sharpness, const Poll &poll = never_stop);

// The same for an image that is made while it is measured, its rows still in the cache: make(y) writes row y, called
// once for every row in ascending order.
template <class T>
Scalars measure(View<const T> image, Mask mask, bool with_sharpness, const std::function<void(int y)> &make,
                const Poll &poll);

// Mean and standard deviation of L (scaled to 0..255), a* and b*.
struct LabScalars {
  std::array<double, 3> mean, sd;
};
LabScalars measure_lab(View<const Rgb> image, Mask mask, const Poll &poll = never_stop);

}  // namespace sheaf::equalize
