// Transforms of a series that agree best with many measured between pairs of
// its images, near and far: a chain whose errors do not add up.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "align/transform.hpp"

namespace sheaf::align {

// A measured transform from the coordinates of image `from` to those of image `to`.
struct Link {
  int64_t from, to;
  Transform pair;
  bool found = true;  // false: nothing is known, the link only keeps the series together
};

struct Closure {
  std::vector<Transform> transforms;
  std::vector<double>
      errors;  // by image: root mean square, over its links, of the distance by which corners miss, in px
};

// `start` holds a transform from common coordinates for each image; that of
// image 0 stays. Robust least squares on where pairs map the corners of a width x
// height image; links that disagree with most others lose their weight. The
// result is of the model, affine at most. `poll` is called often and may throw.
Closure close_series(std::span<const Transform> start, std::span<const Link> links, Model model, int width, int height,
                     const std::function<void()> &poll);

}  // namespace sheaf::align
