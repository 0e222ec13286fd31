// Measures of how well two images of one size agree as they are.
#pragma once

#include "align/plane.hpp"
#include "common/parallel.hpp"

namespace sheaf::align {

// NaN where a measure is not defined: a constant image, no window inside.
struct Measures {
  double ncc;   // Pearson's correlation
  double ssim;  // mean structural similarity
  double ecc;   // what ECC registration maximizes: the correlation after a 5 x 5 Gaussian
  double nmi;   // (H(a) + H(b)) / H(a, b) of 100 x 100 bins: 1 independent, 2 the same up to a renaming of values
};

// Pixels that `inside` excludes (if it has data) or that are not finite in one
// image do not count.
double pearson(const Plane &a, const Plane &b, View<const uint8_t> inside, const Parallel &parallel);

// Wang et al. 2004 with 7 x 7 uniform windows, sample covariances, K1 = 0.01,
// K2 = 0.03: the mean over the windows that lie inside. `range` is the span of
// the values that a pixel may have.
double structural_similarity(const Plane &a, const Plane &b, View<const uint8_t> inside, double range,
                             const Parallel &parallel);

double mutual_information(const Plane &a, const Plane &b, View<const uint8_t> inside, const Parallel &parallel);

Measures measures_of(const Plane &a, const Plane &b, View<const uint8_t> inside, double range,
                     const Parallel &parallel);

}  // namespace sheaf::align
