#include "align/matching.hpp"

#include <cmath>

namespace sheaf::align {
namespace {

// Whether what is bright in the reference is dark in the moving image, by the
// covariance of a coarse sample.
bool opposite(const Plane &reference, const Plane &moving, const Transform &t) {
  const int step = 1 + static_cast<int>(std::sqrt(static_cast<double>(reference.pixels.size()) / 20000));
  double n = 0, a = 0, b = 0, ab = 0;
  for (int y = step / 2; y < reference.height; y += step)
    for (int x = step / 2; x < reference.width; x += step) {
      const Point p = t(x, y);
      if (!(p.x >= 0 && p.y >= 0 && p.x <= moving.width - 1 && p.y <= moving.height - 1)) continue;
      const double u = reference.row(y)[x],
                   v = moving.row(static_cast<int>(std::lround(p.y)))[static_cast<int>(std::lround(p.x))];
      if (!std::isfinite(u) || !std::isfinite(v)) continue;
      n += 1;
      a += u;
      b += v;
      ab += u * v;
    }
  return n > 0 && ab / n - a / n * (b / n) < 0;
}

}  // namespace

MatchEstimate estimate_by_matching(const Plane &reference, const Mask *mask, const Plane &moving, int64_t position,
                                   const Transform &start, const MatchingOptions &options, const Parallel &parallel,
                                   FeatureCache *of_reference, FeatureCache *of_moving) {
  MatchEstimate e;
  if (options.method == Method::features) {
    FeatureOptions how;
    how.model = options.model;
    how.detector = options.detector;
    how.poll = options.poll;
    how.min_inliers = options.min_inliers;
    e = estimate_by_features(reference, mask, moving, how, parallel, of_reference, of_moving);
  } else if (options.method == Method::patches) {
    PatchOptions how;
    how.model = options.model;
    how.min_inliers = options.min_inliers;
    how.start = start;
    e = estimate_by_patches(reference, mask, moving, how, parallel);
  } else {
    std::vector<Match> matches;
    for (const MatchRow &row : options.given)
      if (row.image == 0 || row.image == position) matches.push_back(row.match);
    RobustOptions how;
    how.model = options.model;
    how.min_inliers = options.min_inliers;
    e = agree(matches, reference.width, reference.height, how);
    compare_with_richer(e, matches, reference.width, reference.height, how);
  }
  if (e.found()) e.corner_error = corner_error(e, options.model, reference.width, reference.height);
  e.inverted = e.found() && opposite(reference, moving, e.transform);
  return e;
}

}  // namespace sheaf::align
