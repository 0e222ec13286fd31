// The registration engine: which transform of a model makes a moving image look
// like a reference.
//
// Inverse compositional Gauss-Newton (Baker and Matthews 2004) with Marquardt's
// damping on the mean square of I(M x) - gain T(x) - offset, coarse to fine; or
// forward compositional on the correlation of I(M x) and T(x).
#pragma once

#include <optional>

#include "align/moments.hpp"

namespace sheaf::align {

// Where the search starts, in the order of the choices of the parameter `start`.
enum class Start { automatic, identity, phase, rotation, features };

struct EstimateOptions {
  Model model = Model::rigid;
  Start start = Start::automatic;
  Criterion criterion = Criterion::mse;
  double tolerance =
      0.006;            // stop once a step moves no corner by more, in pixels of the image; what is left is a tenth
  int iterations = 30;  // at most, at each level
  double least_overlap = 0.1;      // of the reference's selected pixels
  std::optional<Transform> known;  // where it starts instead
};

struct Estimate {
  Transform transform;
  double correlation = 0;  // of both images smoothed alike, over the overlap
  int iterations = 0;      // at all levels
  bool converged = false;
  bool found = false;     // the evidence is more than chance gives
  bool inverted = false;  // what is bright in one image is dark in the other
  // Illumination differs, and local structures leave no doubt: gray values are no evidence.
  bool uneven = false;
  // By how much noise may have displaced corners, in pixels, on average; 0 if hardly.
  double corner_error = 0;
  // Correlation at the search level without local mean and contrast; and times
  // the square root of the share of the reference that it is about.
  double match = 0, evidence = 0;
  double least = 0;  // the evidence that unrelated images hardly ever reach
};

// Both pyramids must not be degenerate, and have one size; masks are those of
// make_mask_pyramid for the reference, or empty.
Estimate estimate(const Pyramid &reference, const std::vector<Mask> &masks, const Pyramid &moving,
                  const EstimateOptions &options, const Parallel &parallel);

}  // namespace sheaf::align
