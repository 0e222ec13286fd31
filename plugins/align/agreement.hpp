// How well an image agrees with its reference before and after it is moved: all
// that align.register says of it, in one pass.
#pragma once

#include "align/plane.hpp"
#include "align/transform.hpp"
#include "common/parallel.hpp"

namespace sheaf::align {

// What 8-bit units are for the difference score.
struct GrayScale {
  double low = 0, high = 255;  // gray values that are 0 and 255 there
  bool whole = false;          // gray values are whole numbers from 0, moved ones are rounded
};

struct Agreement {
  double before = 0, after = 0;  // Pearson's correlation with the reference; 0 if one of them is constant
  // Pixels for which | |moving - reference| - |moved - reference| | exceeds 50
  // in 8-bit units, and those among them that came closer to the reference.
  int64_t changed = 0, improved = 0;

  double difference_score() const {
    return changed ? static_cast<double>(improved) / static_cast<double>(changed) : 0.5;
  }
};

// Of `moving` drawn bilinearly under t, over the pixels that the mask selects
// (null: all) and both images cover. Pixels that are not finite do not count;
// `complete` says that there are none.
Agreement agreement(const Plane &reference, const Mask *mask, const Plane &moving, const Transform &t,
                    const GrayScale &scale, bool complete, const Parallel &parallel);

}  // namespace sheaf::align
