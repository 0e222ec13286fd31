// Straight lines through pixel values: the steps of equalization that treat
// every pixel alike.
#pragma once

#include <array>

#include "common/poll.hpp"
#include "plugin.hpp"

namespace sheaf::equalize {

struct Line {
  double gain = 1, offset = 0;
  double operator()(double v) const { return gain * v + offset; }
};

// line(v) for every pixel value, rounded to the nearest level and cut off at the
// ends of the type's range; float keeps its value. Returns how many pixels were
// cut off by more than rounding.
template <class T>
int64_t apply(Line line, View<const T> in, View<T> out, const Poll &poll = never_stop);
template <class T>
int64_t apply_row(Line line, const T *in, T *out, int width);

// The same, but what lies between two levels becomes the lower one; red, green and blue alike.
template <class T>
int64_t apply_truncated(Line line, View<const T> in, View<T> out, const Poll &poll = never_stop);

// Lightness in whole levels of 0..255, through the line and down to the lower level; the chroma is kept.
int64_t apply_to_lightness_truncated(Line line, View<const Rgb> in, View<Rgb> out, const Poll &poll = never_stop);

// Lines for L (scaled to 0..255), a* and b*. Cut off is what RGB cannot show.
int64_t apply_lab(const std::array<Line, 3> &lines, View<const Rgb> in, View<Rgb> out, const Poll &poll = never_stop);

}  // namespace sheaf::equalize
