// Where to start when images lie far apart: an exhaustive search over rotations
// and scales, each with all shifts at once by Fourier transform.
#pragma once

#include <vector>

#include "align/pyramid.hpp"
#include "align/transform.hpp"
#include "common/parallel.hpp"

namespace sheaf::align {

struct Candidate {
  Transform transform;    // of the level's pixels
  bool inverted = false;  // bright is dark
  double evidence = 0;    // correlation times the square root of the overlap's pixels, roughly
};

// Angles in degrees and scales to be tried, each with each.
struct SearchGrid {
  std::vector<double> angles = {0}, scales = {1};

  static SearchGrid shifts() { return {}; }
  static SearchGrid rotations();   // all around
  static SearchGrid scales_too();  // and from one half to two, without 1
};

// The most likely first, at most `count` that differ. Levels are locally
// normalized, of at most 128 px, and not larger than they need be: the work
// grows with their area times the size of the grid.
std::vector<Candidate> search(const Level &reference, const Level &moving, const SearchGrid &grid, int count,
                              const Parallel &parallel);

}  // namespace sheaf::align
