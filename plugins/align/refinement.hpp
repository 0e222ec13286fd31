// Makes an alignment better by its own score: a search over translations, or of
// the homography, with the image as it is drawn under the start as `before`.
#pragma once

#include "align/dd.hpp"
#include "common/poll.hpp"

namespace sheaf::align {

// In the order of the choices of the parameters.
enum class RefineMethod { translation, gradient, evolution };
enum class Objective { dd, ncc };

struct RefineOptions {
  RefineMethod method = RefineMethod::translation;
  DifferenceOptions difference;  // blocks and compat do not apply
  int radius = 10;               // translations to try, in whole pixels, in each direction
  bool by_share = false;  // the best translation has the highest score; else most pixels net of those that got worse
  // What gradient and evolution maximize: the mean of dd / (|dd| + tolerance), or
  // the correlation.
  Objective objective = Objective::dd;
  int steps = 100;  // of the ascent, at most
  int population = 40, generations = 60;
  double factor = 0.6, crossover = 0.9;
  double bound = 0.05;  // of how far a corner may move, as a share of the image's side
  uint64_t seed = 1;
};

struct Refinement {
  Transform transform;
  bool improved = false;                 // if not, the transform is the start
  DifferenceScore score;                 // start against result
  double ncc_before = 0, ncc_after = 0;  // over the pixels that both cover
  double moved = 0;                      // largest distance a corner of the output was moved by, in pixels
  int evaluations = 0;
};

// What comes out is never worse than the start: fewer than half of the clearly
// changed pixels closer to the reference, or a lower correlation, and the start is
// kept. Images are of one size; `poll` is called often.
Refinement refine(const Plane &reference, const Mask *mask, const Plane &moving, const Transform &start,
                  const RefineOptions &options, const Parallel &parallel, const Poll &poll);

// The homography that moves the corners of a width x height image, in the order
// (0, 0), (w - 1, 0), (w - 1, h - 1), (0, h - 1), by (dx, dy) each.
Transform from_corners(const std::array<double, 8> &displacements, int width, int height);

}  // namespace sheaf::align
