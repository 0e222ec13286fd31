#include "align/bilinear.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "align/patches.hpp"
#include "align/resample.hpp"
#include "align/steps.hpp"
#include "common/wording.hpp"

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

namespace {

constexpr int rows_per_block = 32;
constexpr int most_steps = 12;
constexpr float missing = std::numeric_limits<float>::quiet_NaN();

// The reference as the cubic B-spline without its inverse filter shows it at its
// pixels, and the gradient; NaN where a neighbour is missing.
struct Smooth {
  float value, gx, gy;
};
Smooth smooth_of(const Plane &p, int x, int y) {
  const float *above = p.row(y - 1) + x, *here = p.row(y) + x, *below = p.row(y + 1) + x;
  const auto along = [](const float *row) { return (row[-1] + 4 * row[0] + row[1]) / 6; };
  const auto change = [](const float *row) { return (row[1] - row[-1]) / 2; };
  return {(along(above) + 4 * along(here) + along(below)) / 6, (change(above) + 4 * change(here) + change(below)) / 6,
          (along(below) - along(above)) / 2};
}

// The same of the moving image between its pixels; NaN close to its border.
float smooth_at(const Plane &p, Point at) {
  if (!(at.x >= 1 && at.y >= 1 && at.x < p.width - 2 && at.y < p.height - 2)) return missing;
  const int x = static_cast<int>(at.x), y = static_cast<int>(at.y);
  const auto weights = [](float f, float *w) {
    const float g = 1 - f;
    w[0] = g * g * g / 6, w[1] = (4 - 6 * f * f + 3 * f * f * f) / 6;
    w[2] = (4 - 6 * g * g + 3 * g * g * g) / 6, w[3] = f * f * f / 6;
  };
  float wx[4], wy[4], sum = 0;
  weights(static_cast<float>(at.x - x), wx);
  weights(static_cast<float>(at.y - y), wy);
  for (int j = 0; j < 4; j++) {
    const float *row = p.row(y - 1 + j) + x - 1;
    sum += wy[j] * (wx[0] * row[0] + wx[1] * row[1] + wx[2] * row[2] + wx[3] * row[3]);
  }
  return sum;
}

// Minimizes the residuals of all pixels, with Tukey's weights and gain and offset free,
// by Gauss-Newton steps with the reference's gradient, whose noise is independent of
// that of the moving image. Returns b where that leads nowhere.
Bilinear polished(const Bilinear &b, const Plane &reference, const Mask *mask, const Plane &moving,
                  const Parallel &parallel) {
  const int width = reference.width, height = reference.height;
  const double cx = (width - 1) / 2.0, cy = (height - 1) / 2.0, scale = std::max(cx, cy);
  const int blocks = (height + rows_per_block - 1) / rows_per_block;
  std::vector<Smooth> still(reference.pixels.size(), {missing, missing, missing});
  std::vector<float> residuals(reference.pixels.size());
  const auto rows = [&](auto &&body) {
    parallel(blocks, [&](int64_t block) {
      const int first = std::max(1, static_cast<int>(block) * rows_per_block);
      const int last = std::min(height - 1, static_cast<int>(block + 1) * rows_per_block);
      for (int y = first; y < last; y++)
        for (int x = 1; x < width - 1; x++) body(block, x, y, static_cast<size_t>(y) * width + x);
    });
  };
  rows([&](int64_t, int x, int y, size_t i) {
    if (!mask || mask->empty() || (*mask)[i]) still[i] = smooth_of(reference, x, y);
  });
  double pivot = 0, count = 0;
  for (const Smooth &s : still)
    if (std::isfinite(s.value)) pivot += s.value, count++;
  if (count < 256) return b;
  pivot /= count;

  Bilinear at = b;
  double gain = 0, offset = 0;
  for (int step = 0; step < most_steps; step++) {
    std::vector<float> &values = residuals;
    rows([&](int64_t, int x, int y, size_t i) {
      values[i] = std::isfinite(still[i].value + still[i].gx + still[i].gy) ? smooth_at(moving, at(x, y)) : missing;
    });
    if (step == 0) {  // gain and offset by regression
      double n = 0, s = 0, v = 0, ss = 0, sv = 0;
      for (int y = 1; y < height - 1; y++)
        for (size_t i = static_cast<size_t>(y) * width + 1; i < static_cast<size_t>(y + 1) * width - 1; i++)
          if (std::isfinite(values[i])) {
            const double t = still[i].value - pivot;
            n++, s += t, v += values[i], ss += t * t, sv += t * values[i];
          }
      const double variance = ss - s * s / std::max(n, 1.0);
      if (n < 256 || !(variance > 0)) return b;
      gain = (sv - s * v / n) / variance;
      offset = (v - gain * s) / n;
      if (gain == 0) return b;
    }
    rows([&](int64_t, int, int, size_t i) {
      residuals[i] = static_cast<float>(values[i] - gain * (still[i].value - pivot) - offset);
    });
    std::vector<float> sizes;  // of about ten thousand residuals
    const size_t stride = std::max<size_t>(1, residuals.size() / 10007);
    for (int y = 1; y < height - 1; y++)
      for (int x = 1; x < width - 1; x++)
        if (const size_t i = static_cast<size_t>(y) * width + x; i % stride == 0 && std::isfinite(residuals[i]))
          sizes.push_back(std::abs(residuals[i]));
    if (sizes.empty()) return b;
    const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
    std::nth_element(sizes.begin(), middle, sizes.end());
    const double limit = 4.685 * 1.4826 * *middle;
    if (!(limit > 0)) return at;  // equal images

    struct Sums {
      double h[max_unknowns][max_unknowns] = {}, g[max_unknowns] = {};
    };
    std::vector<Sums> parts(static_cast<size_t>(blocks));
    rows([&](int64_t block, int x, int y, size_t i) {
      const double r = residuals[i];
      if (!(std::abs(r) < limit)) return;
      const double q = 1 - r * r / (limit * limit), w = q * q;
      const double j00 = at.x[1] + at.x[3] * y, j01 = at.x[2] + at.x[3] * x;
      const double j10 = at.y[1] + at.y[3] * y, j11 = at.y[2] + at.y[3] * x, det = j00 * j11 - j01 * j10;
      const double gx = gain * (j11 * still[i].gx - j10 * still[i].gy) / det;
      const double gy = gain * (j00 * still[i].gy - j01 * still[i].gx) / det;
      const double u = (x - cx) / scale, v = (y - cy) / scale;
      const double c[max_unknowns] = {
          gx, gx * u, gx * v, gx * u * v, gy, gy * u, gy * v, gy * u * v, pivot - still[i].value, -1};
      Sums &s = parts[static_cast<size_t>(block)];
      for (int k = 0; k < max_unknowns; k++) {
        s.g[k] -= w * c[k] * r;
        for (int l = 0; l <= k; l++) s.h[k][l] += w * c[k] * c[l];
      }
    });
    System system;
    system.size = max_unknowns;
    double g[max_unknowns] = {}, d[max_unknowns] = {};
    for (const Sums &s : parts)
      for (int k = 0; k < max_unknowns; k++) {
        g[k] += s.g[k];
        for (int l = 0; l <= k; l++) system.h[k][l] += s.h[k][l];
      }
    for (int k = 0; k < max_unknowns; k++)
      for (int l = k + 1; l < max_unknowns; l++) system.h[k][l] = system.h[l][k];
    if (!solve(system, 0, g, d)) return b;
    const auto add = [&](std::array<double, 4> &to, const double *p) {
      // p[0] + p[1] u + p[2] v + p[3] u v, in X and Y
      const double f = p[3] / (scale * scale);
      to[0] += p[0] - (p[1] * cx + p[2] * cy) / scale + f * cx * cy;
      to[1] += p[1] / scale - f * cy;
      to[2] += p[2] / scale - f * cx;
      to[3] += f;
    };
    add(at.x, d);
    add(at.y, d + 4);
    gain += d[8];
    offset += d[9];
    double moved = 0, away = 0;
    for (const double x : {0.0, width - 1.0})
      for (const double y : {0.0, height - 1.0}) {
        const double u = (x - cx) / scale, v = (y - cy) / scale;
        moved = std::max(
            moved, std::hypot(d[0] + d[1] * u + d[2] * v + d[3] * u * v, d[4] + d[5] * u + d[6] * v + d[7] * u * v));
        away = std::max(away, std::hypot(at(x, y).x - b(x, y).x, at(x, y).y - b(x, y).y));
      }
    if (!(away < 2) || !std::isfinite(gain + offset)) return b;  // patches know better than that
    if (moved < 0.001) break;
  }
  return is_plausible(at, width, height) ? at : b;
}

}  // namespace

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
    e.inliers = coarse.inliers;
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
      e.reason =
          counted(e.inliers, "patch agrees", "patches agree") + ", " + std::to_string(least_matches) + " are needed";
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
  const Bilinear fine = polished(b, reference, mask, moving, parallel);
  const double coarse_score = correlation_under(b, reference, mask, moving, parallel);
  const double fine_score = correlation_under(fine, reference, mask, moving, parallel);
  // interpolation blurs and so flatters, more at some fractions of a pixel than at others; of images
  // in negative contrast the correlation becomes more negative
  const bool better = std::abs(fine_score) > std::abs(coarse_score) - 0.002;
  e.transform = better ? fine : b;
  e.score_after = better ? fine_score : coarse_score;
  return e;
}

}  // namespace sheaf::align
