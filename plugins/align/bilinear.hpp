// Estimates TurboReg's bilinear model: eight parameters that bend straight lines.
#pragma once

#include "align/matches.hpp"
#include "align/transforms.hpp"
#include "common/parallel.hpp"

namespace sheaf::align {

struct BilinearEstimate {
  Bilinear transform;                        // from reference to moving coordinates; the identity if not found
  double score_before = 0, score_after = 0;  // Pearson's correlation over the overlap
  int64_t matches = 0, inliers = 0;
  std::string reason;  // empty: found
  bool found() const { return reason.empty(); }
};

// The least-squares bilinear transform; false if the points do not determine it.
bool fit(std::span<const Match> matches, std::span<const double> weights, Bilinear &transform);

// True if b keeps the orientation everywhere in a width x height image and neither
// shrinks nor enlarges any part of it more than a hundredfold.
bool is_plausible(const Bilinear &b, int width, int height);

// Patches of the reference found again near where the affine transform `start`
// predicts them; those that agree on a homography within 3 px take part.
BilinearEstimate estimate_bilinear(const Plane &reference, const Mask *mask, const Plane &moving,
                                   const Transform &start, const Parallel &parallel);

}  // namespace sheaf::align
