#include "align/bilinear.hpp"

#include <algorithm>
#include <cmath>

#include "align/patches.hpp"
#include "align/resample.hpp"

namespace sheaf::align {
namespace {

constexpr int64_t least_matches = 12;

// Correlation of the reference with the moving image drawn under b.
double correlation_under(const Bilinear &b, const Plane &reference, const Mask *mask, const Plane &moving,
                         const Parallel &parallel) {
  ListedTransform t;
  t.bilinear = b;
  const RowTransform rows = [&t](int y) { return t.on_row(y); };
  Plane moved(reference.width, reference.height);
  resample(moving.view(), moved.view(), rows, {}, parallel);
  double n = 0, a = 0, c = 0, aa = 0, cc = 0, ac = 0;
  for (int y = 0; y < reference.height; y++) {
    const Interval inside =
        columns_inside(rows(y), y, {0, reference.width - 1}, 0, 0, moving.width - 1.0, moving.height - 1.0);
    for (int x = inside.first; x <= inside.last; x++) {
      const double u = reference.row(y)[x], v = moved.row(y)[x];
      if (!std::isfinite(u) || !std::isfinite(v)) continue;
      if (mask && !mask->empty() && !(*mask)[static_cast<size_t>(y) * reference.width + x]) continue;
      n += 1;
      a += u;
      c += v;
      aa += u * u;
      cc += v * v;
      ac += u * v;
    }
  }
  const double variances = (n * aa - a * a) * (n * cc - c * c);
  return variances > 0 ? (n * ac - a * c) / std::sqrt(variances) : 0;
}

double distance(const Bilinear &b, const Match &m) {
  const Point p = b(m.reference.x, m.reference.y);
  return std::hypot(p.x - m.moving.x, p.y - m.moving.y);
}

}  // namespace

bool fit(std::span<const Match> matches, std::span<const double> weights, Bilinear &transform) {
  // normal equations in 1, u, v, uv about the centroid, in units of the points' spread
  double sum = 0, cx = 0, cy = 0, spread = 0;
  const auto weight = [&](size_t i) { return weights.empty() ? 1.0 : weights[i]; };
  for (size_t i = 0; i < matches.size(); i++) {
    sum += weight(i);
    cx += weight(i) * matches[i].reference.x;
    cy += weight(i) * matches[i].reference.y;
  }
  if (!(sum > 0)) return false;
  cx /= sum;
  cy /= sum;
  for (size_t i = 0; i < matches.size(); i++)
    spread += weight(i) / sum * std::hypot(matches[i].reference.x - cx, matches[i].reference.y - cy);
  if (!(spread > 0)) return false;
  double a[4][6] = {};
  for (size_t i = 0; i < matches.size(); i++) {
    const double u = (matches[i].reference.x - cx) / spread, v = (matches[i].reference.y - cy) / spread;
    const double row[] = {1, u, v, u * v, matches[i].moving.x, matches[i].moving.y};
    for (int r = 0; r < 4; r++)
      for (int c = 0; c < 6; c++) a[r][c] += weight(i) / sum * row[r] * row[c];
  }
  for (int c = 0; c < 4; c++) {
    int pivot = c;
    for (int r = c + 1; r < 4; r++)
      if (std::abs(a[r][c]) > std::abs(a[pivot][c])) pivot = r;
    if (!(std::abs(a[pivot][c]) > 1e-9)) return false;
    if (pivot != c) std::swap_ranges(a[c], a[c] + 6, a[pivot]);
    for (int r = 0; r < 4; r++) {
      if (r == c) continue;
      const double f = a[r][c] / a[c][c];
      for (int k = c; k < 6; k++) a[r][k] -= f * a[c][k];
    }
  }
  const auto unscaled = [&](int column) -> std::array<double, 4> {
    const double k0 = a[0][column] / a[0][0], k1 = a[1][column] / a[1][1] / spread,
                 k2 = a[2][column] / a[2][2] / spread, k3 = a[3][column] / a[3][3] / (spread * spread);
    return {k0 - k1 * cx - k2 * cy + k3 * cx * cy, k1 - k3 * cy, k2 - k3 * cx, k3};
  };
  transform = {unscaled(4), unscaled(5)};
  return true;
}

bool is_plausible(const Bilinear &b, int width, int height) {
  // the determinant of the derivative is linear in x and y, so corners bound it
  for (const double x : {0.0, width - 1.0})
    for (const double y : {0.0, height - 1.0}) {
      const auto m = derivative(b, x, y).m;
      const double det = m[0] * m[4] - m[1] * m[3];
      if (!(det > 0.01 && det < 100)) return false;
    }
  return true;
}

BilinearEstimate estimate_bilinear(const Plane &reference, const Mask *mask, const Plane &moving,
                                   const Transform &start, const Parallel &parallel) {
  BilinearEstimate e;
  e.score_before = e.score_after = correlation_under({}, reference, mask, moving, parallel);
  PatchOptions how;
  how.start = start;
  // about a thousand patches, whatever the size of the image
  how.spacing = std::max(12, static_cast<int>(std::sqrt(static_cast<double>(reference.pixels.size()) / 1000)));
  const auto matches = match_patches(reference, mask, moving, how, parallel);
  e.matches = static_cast<int64_t>(matches.size());
  RobustOptions robust;
  robust.model = Model::homography;
  robust.min_inliers = static_cast<int>(least_matches);
  const MatchEstimate coarse = agree(matches, reference.width, reference.height, robust);
  if (!coarse.found()) {
    e.reason = coarse.reason;
    return e;
  }
  Bilinear b;
  if (!fit(coarse.agreeing, {}, b)) {
    e.reason = "the patches that agree lie on a line";
    return e;
  }
  double limit = robust.error;
  for (int round = 0; round < 15; round++) {
    std::vector<Match> near;
    std::vector<double> weights, errors;
    for (const Match &m : matches) {
      const double r = distance(b, m);
      if (!(r < limit)) continue;
      near.push_back(m);
      errors.push_back(r);
      weights.push_back((1 - r * r / (limit * limit)) * (1 - r * r / (limit * limit)));
    }
    e.inliers = static_cast<int64_t>(near.size());
    if (e.inliers < least_matches || !fit(near, weights, b)) {
      e.reason = std::to_string(e.inliers) + " patches agree, " + std::to_string(least_matches) + " are needed";
      return e;
    }
    const auto middle = errors.begin() + static_cast<std::ptrdiff_t>(errors.size() / 2);
    std::nth_element(errors.begin(), middle, errors.end());
    limit = std::clamp(6 * *middle, 0.1, robust.error);
  }
  if (!is_plausible(b, reference.width, reference.height)) {
    e.reason = "the transform folds the image or changes its area more than a hundredfold";
    return e;
  }
  e.transform = b;
  e.score_after = correlation_under(b, reference, mask, moving, parallel);
  return e;
}

}  // namespace sheaf::align
