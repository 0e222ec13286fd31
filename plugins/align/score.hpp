// How well two images agree, before and after a transform.
#pragma once

#include "align/plane.hpp"
#include "align/pyramid.hpp"
#include "align/transform.hpp"
#include "common/parallel.hpp"

namespace sheaf::align {

// Pearson's correlation between the reference and the moving image drawn
// bilinearly under t, over the pixels that the mask selects (null: all) and
// where both have data; 0 if there are none or one image is constant there.
double correlation(const Level &reference, const Mask *mask, const Level &moving, const Transform &t,
                   const Parallel &parallel);

// The difference of differences: dd = |moving - reference| - |moved - reference|
// in 8-bit units, over the overlap. Pixels with |dd| > tolerance have changed;
// score is the share of them that improved, 0.5 if none changed.
struct DifferenceScore {
  double score = 0.5;
  int64_t count = 0;
};

struct DifferenceOptions {
  double tolerance = 50;  // in 8-bit units
  double low = 0;         // gray value that is 0 in 8-bit units
  double high = 255;      // gray value that is 255 there
  bool whole = false;     // gray values are whole numbers, moved ones are rounded
};

DifferenceScore difference_score(const Plane &reference, const Mask *mask, const Plane &moving, const Transform &t,
                                 const DifferenceOptions &options, const Parallel &parallel);

}  // namespace sheaf::align
