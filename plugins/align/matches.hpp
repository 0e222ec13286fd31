// Pairs of points that show the same thing in two images, and the transform
// that most of them agree on.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "align/plane.hpp"
#include "align/transform.hpp"

namespace sheaf::align {

struct Match {
  Point reference, moving;  // pixel coordinates, centres at integers
};

struct RobustOptions {
  Model model = Model::affine;
  double error = 3;     // a match is an inlier if the transform misses its point by less, in pixels of the moving image
  int min_inliers = 8;  // fewer: no transform
  int trials = 2000;    // random samples at most
  uint32_t seed = 1;
};

// What a matching engine says of a pair of images.
struct MatchEstimate {
  Transform transform;  // from reference to moving coordinates; the identity without agreement
  int64_t matches = 0, inliers = 0;
  double error = 0;         // root mean square of the inliers' distances, in pixels
  double corner_error = 0;  // by how much these may have displaced the corners, on average, where somebody has asked
  bool inverted = false;    // what is bright in one image is dark in the other, where somebody has looked
  std::string reason;       // empty: there is a transform; otherwise one sentence that says why there is none
  std::string doubt;        // not empty: a richer model explains far more of the matches; says which
  std::vector<Match> agreeing;
  bool found() const { return reason.empty(); }
};

// The least-squares transform of a model; false if the points do not determine it.
// `weights` is empty or as long as `matches`.
bool fit(Model model, std::span<const Match> matches, std::span<const double> weights, Transform &transform);

// Random samples scored without a hard threshold (MAGSAC's idea: the residual's
// scale is integrated out up to options.error), then reweighted least squares.
// The same matches and seed give the same result. Refused: fewer than 4 matches
// or than min_inliers inliers, transforms that fold the image or shrink it below a
// hundredth of its area.
MatchEstimate agree(std::span<const Match> matches, int width, int height, const RobustOptions &options);

// Fills in the estimate's doubt: whether models richer than the one that the matches
// were made to agree on, by the same options, say that it is too poor.
void compare_with_richer(MatchEstimate &estimate, std::span<const Match> matches, int width, int height,
                         const RobustOptions &options);

// The mean distance of the corners from where they belong that is to be expected if the errors of
// the inliers are independent: what they leave open grows with the distance from them.
double corner_error(const MatchEstimate &estimate, Model model, int width, int height);

}  // namespace sheaf::align
