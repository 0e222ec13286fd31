#include "align/matches.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "align/steps.hpp"
#include "common/wording.hpp"

namespace sheaf::align {
namespace {

// Solves the n equations a x = b in place, b in the last column; false if singular.
template <int n>
bool solve(double (&a)[n][n + 1]) {
  for (int c = 0; c < n; c++) {
    int pivot = c;
    for (int r = c + 1; r < n; r++)
      if (std::abs(a[r][c]) > std::abs(a[pivot][c])) pivot = r;
    if (!(std::abs(a[pivot][c]) > 1e-10)) return false;
    if (pivot != c) std::swap_ranges(a[c], a[c] + n + 1, a[pivot]);
    for (int r = 0; r < n; r++) {
      if (r == c) continue;
      const double f = a[r][c] / a[c][c];
      for (int k = c; k <= n; k++) a[r][k] -= f * a[c][k];
    }
  }
  for (int r = 0; r < n; r++) a[r][n] /= a[r][r];
  return true;
}

// Points moved to their weighted centroid and scaled to a mean distance of 1, so
// that the equations of a fit are well conditioned.
struct Conditioning {
  double x = 0, y = 0, scale = 1;
  Point operator()(Point p) const { return {(p.x - x) / scale, (p.y - y) / scale}; }
};

template <class Get>
Conditioning conditioning_of(std::span<const Match> matches, std::span<const double> weights, Get &&get) {
  Conditioning f;
  double sum = 0, distance = 0;
  const auto weight = [&](size_t i) { return weights.empty() ? 1.0 : weights[i]; };
  for (size_t i = 0; i < matches.size(); i++) {
    const Point p = get(matches[i]);
    f.x += weight(i) * p.x;
    f.y += weight(i) * p.y;
    sum += weight(i);
  }
  f.x /= sum;
  f.y /= sum;
  for (size_t i = 0; i < matches.size(); i++) {
    const Point p = get(matches[i]);
    distance += weight(i) * std::hypot(p.x - f.x, p.y - f.y);
  }
  f.scale = distance > 0 ? distance / sum : 1;
  return f;
}

// A transform between frames, in pixels.
Transform unframed(const Transform &t, const Conditioning &from, const Conditioning &to) {
  const Transform in{{1 / from.scale, 0, -from.x / from.scale, 0, 1 / from.scale, -from.y / from.scale, 0, 0, 1}};
  const Transform out{{to.scale, 0, to.x, 0, to.scale, to.y, 0, 0, 1}};
  return out * t * in;
}

// Perspective denominators make the linear equations weigh points unequally:
// solving again with the denominators of the last solution removes that.
bool fit_homography(std::span<const Match> matches, std::span<const double> weights, const Conditioning &from,
                    const Conditioning &to, Transform &t) {
  const int rounds = matches.size() > 4 ? 4 : 1;
  for (int round = 0; round < rounds; round++) {
    double a[8][9] = {};
    for (size_t i = 0; i < matches.size(); i++) {
      const Point p = from(matches[i].reference), q = to(matches[i].moving);
      const double d = t.m[6] * p.x + t.m[7] * p.y + 1;
      const double w = (weights.empty() ? 1.0 : weights[i]) / (d * d);
      const double rows[2][9] = {{p.x, p.y, 1, 0, 0, 0, -q.x * p.x, -q.x * p.y, q.x},
                                 {0, 0, 0, p.x, p.y, 1, -q.y * p.x, -q.y * p.y, q.y}};
      for (const auto &row : rows)
        for (int r = 0; r < 8; r++)
          for (int c = 0; c < 9; c++) a[r][c] += w * row[r] * row[c];
    }
    if (!solve<8>(a)) return false;
    for (int e = 0; e < 8; e++) t.m[e] = a[e][8];
    t.m[8] = 1;
  }
  return true;
}

// How many matches a sample needs to determine the model.
int sample_size(Model model) {
  switch (model) {
    case Model::translation: return 1;
    case Model::rigid:
    case Model::similarity: return 2;
    case Model::affine: return 3;
    case Model::homography: return 4;
  }
  return 4;
}

double distance(const Transform &t, const Match &m) {
  const Point p = t(m.reference.x, m.reference.y);
  return std::hypot(p.x - m.moving.x, p.y - m.moving.y);
}

// xorshift32: the same sequence on every machine.
class Random {
 public:
  explicit Random(uint32_t seed) : state_(seed ? seed : 1) {}
  size_t below(size_t count) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    return static_cast<size_t>((uint64_t{state_} * count) >> 32);
  }

 private:
  uint32_t state_;
};

struct Quality {
  double value = 0;
  int64_t inliers = 0;
};

// The share of a match counts with the threshold integrated out: the mean over
// thresholds s in (0, error) of max(0, 1 - (r/s)^2) is (1 - r/error)^2.
Quality quality(const Transform &t, std::span<const Match> matches, double error) {
  Quality q;
  for (const Match &m : matches) {
    const double r = distance(t, m);
    if (!(r < error)) continue;
    q.value += (1 - r / error) * (1 - r / error);
    q.inliers++;
  }
  return q;
}

// Least squares with Tukey's weights: those of a gross error vanish.
void refine(Model model, std::span<const Match> matches, double error, int rounds, int width, int height,
            Transform &t) {
  std::vector<double> weights;
  std::vector<Match> near;
  for (int round = 0; round < rounds; round++) {
    weights.clear();
    near.clear();
    for (const Match &m : matches) {
      const double r = distance(t, m) / error;
      if (!(r < 1)) continue;
      near.push_back(m);
      weights.push_back((1 - r * r) * (1 - r * r));
    }
    Transform next;
    if (near.size() < static_cast<size_t>(sample_size(model)) || !fit(model, near, weights, next) ||
        !is_plausible(next, width, height))
      return;
    t = next;
  }
}

// How many of the matches lie apart in both images: features often come in
// clusters, all at one structure, whose agreement is no evidence.
int64_t apart(std::span<const Match> matches, double radius) {
  std::vector<Match> kept;
  for (const Match &m : matches)
    if (std::none_of(kept.begin(), kept.end(), [&](const Match &k) {
          return std::hypot(k.reference.x - m.reference.x, k.reference.y - m.reference.y) < radius ||
                 std::hypot(k.moving.x - m.moving.x, k.moving.y - m.moving.y) < radius;
        })) {
      kept.push_back(m);
      // enough to be sure
      if (kept.size() == 100) break;
    }
  return static_cast<int64_t>(kept.size());
}

// Decimal logarithm of how many transforms with as many inliers are to be
// expected among all samples if moving points were anywhere in the image
// (Moisan and Stival 2004).
double chance(int64_t matches, int64_t inliers, int sample, double error, double area) {
  const double p = std::min(1.0, std::numbers::pi * error * error / area);
  const auto log_choose = [](double n, double k) {
    return (std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1)) / std::numbers::ln10;
  };
  const auto n = static_cast<double>(matches), k = static_cast<double>(inliers);
  return std::log10(n) + log_choose(n, k) + log_choose(k, sample) + (k - sample) * std::log10(p);
}

}  // namespace

bool fit(Model model, std::span<const Match> matches, std::span<const double> weights, Transform &transform) {
  if (matches.size() < static_cast<size_t>(sample_size(model))) return false;
  const Conditioning from = conditioning_of(matches, weights, [](const Match &m) { return m.reference; });
  const Conditioning to = conditioning_of(matches, weights, [](const Match &m) { return m.moving; });
  const auto weight = [&](size_t i) { return weights.empty() ? 1.0 : weights[i]; };
  Transform t;
  switch (model) {
    case Model::translation: t = Transform::shift(to.x - from.x, to.y - from.y); break;
    case Model::rigid:
    case Model::similarity: {
      // as complex numbers, q = a p: a is the regression coefficient
      double re = 0, im = 0, norm = 0;
      for (size_t i = 0; i < matches.size(); i++) {
        const double px = matches[i].reference.x - from.x, py = matches[i].reference.y - from.y;
        const double qx = matches[i].moving.x - to.x, qy = matches[i].moving.y - to.y;
        re += weight(i) * (px * qx + py * qy);
        im += weight(i) * (px * qy - py * qx);
        norm += weight(i) * (px * px + py * py);
      }
      if (model == Model::rigid) norm = std::hypot(re, im);
      if (!(norm > 1e-12)) return false;
      re /= norm;
      im /= norm;
      t = {{re, -im, to.x - re * from.x + im * from.y, im, re, to.y - im * from.x - re * from.y, 0, 0, 1}};
      break;
    }
    case Model::affine: {
      double a[2][3] = {}, b[2][3] = {};
      for (size_t i = 0; i < matches.size(); i++) {
        const Point p = from(matches[i].reference), q = to(matches[i].moving);
        const double rows[2][2] = {{p.x * p.x, p.x * p.y}, {p.x * p.y, p.y * p.y}};
        for (int r = 0; r < 2; r++)
          for (int c = 0; c < 2; c++) {
            a[r][c] += weight(i) * rows[r][c];
            b[r][c] += weight(i) * rows[r][c];
          }
        a[0][2] += weight(i) * p.x * q.x;
        a[1][2] += weight(i) * p.y * q.x;
        b[0][2] += weight(i) * p.x * q.y;
        b[1][2] += weight(i) * p.y * q.y;
      }
      if (std::abs(a[0][0] * a[1][1] - a[0][1] * a[1][0]) < 1e-9 * (a[0][0] + a[1][1]) * (a[0][0] + a[1][1]) ||
          !solve<2>(a) || !solve<2>(b))
        return false;
      t = unframed({{a[0][2], a[1][2], 0, b[0][2], b[1][2], 0, 0, 0, 1}}, from, to);
      break;
    }
    case Model::homography:
      if (!fit_homography(matches, weights, from, to, t)) return false;
      t = unframed(t, from, to);
      break;
  }
  transform = t;
  return true;
}

MatchEstimate agree(std::span<const Match> matches, int width, int height, const RobustOptions &options) {
  MatchEstimate e;
  e.matches = static_cast<int64_t>(matches.size());
  if (matches.size() < 4) {
    e.reason = counted(e.matches, "match", "matches") + " found, 4 are needed";
    return e;
  }
  const auto sample = static_cast<size_t>(sample_size(options.model));
  Random random(options.seed);
  Quality best;
  Transform transform;
  double needed = options.trials;
  int64_t refused = 0;
  std::vector<Match> drawn(sample);
  for (int trial = 0; trial < std::min<double>(needed, options.trials); trial++) {
    size_t picks[4];
    for (size_t i = 0; i < sample; i++) {
      do picks[i] = random.below(matches.size());
      while (std::find(picks, picks + i, picks[i]) != picks + i);
      drawn[i] = matches[picks[i]];
    }
    Transform t;
    if (!fit(options.model, drawn, {}, t) || !is_plausible(t, width, height)) {
      refused++;
      continue;
    }
    Quality q = quality(t, matches, options.error);
    if (q.value <= best.value) continue;
    refine(options.model, matches, options.error, 2, width, height, t);
    if (const Quality better = quality(t, matches, options.error); better.value > q.value) q = better;
    else refine(options.model, drawn, 1e9, 1, width, height, t);
    best = q;
    transform = t;
    const double share = static_cast<double>(q.inliers) / static_cast<double>(matches.size());
    const double hit = std::pow(share, static_cast<double>(sample));
    needed = hit >= 1 ? 1 : std::max(50.0, std::log(1e-4) / std::log1p(-hit));
  }
  const auto agreed = [&e] {
    return std::to_string(e.inliers) + " of " + counted(e.matches, "match", "matches") +
           (e.inliers == 1 ? " agrees" : " agree");
  };
  if (best.inliers == 0) {
    e.reason = refused ? "every transform that " + std::to_string(sample) +
                             " matches define folds the image or changes its area more than a hundredfold"
                       : "no matches agree on a transform";
    return e;
  }
  refine(options.model, matches, options.error, 10, width, height, transform);
  // the scale of the errors of those that agree bounds what may take part in the end
  std::vector<double> errors;
  for (const Match &m : matches)
    if (const double r = distance(transform, m); r < options.error) errors.push_back(r);
  if (!errors.empty()) {
    const auto middle = errors.begin() + static_cast<std::ptrdiff_t>(errors.size() / 2);
    std::nth_element(errors.begin(), middle, errors.end());
    refine(options.model, matches, std::clamp(6 * *middle, 0.05, options.error), 10, width, height, transform);
  }
  double square = 0;
  for (const Match &m : matches)
    if (const double r = distance(transform, m); r < options.error) {
      e.agreeing.push_back(m);
      square += r * r;
    }
  e.inliers = static_cast<int64_t>(e.agreeing.size());
  const int64_t distinct = apart(e.agreeing, 0.015 * std::hypot(width, height));
  if (e.inliers < options.min_inliers) {
    e.reason = agreed() + ", " + std::to_string(options.min_inliers) + " are needed";
  } else if (!is_plausible(transform, width, height)) {
    e.reason = "the transform folds the image or changes its area more than a hundredfold";
  } else if (distinct < std::min<int64_t>(options.min_inliers, 2 * static_cast<int64_t>(sample) + 1)) {
    e.reason = agreed() + ", but at " + counted(distinct, "place") + " only";
  } else if (e.inliers < e.matches &&
             chance(e.matches, std::min(e.inliers, distinct == 100 ? e.inliers : distinct), static_cast<int>(sample),
                    options.error, static_cast<double>(width) * height) > -3) {
    e.reason = agreed() + ", which may be chance";
  } else {
    e.transform = transform;
    e.error = std::sqrt(square / static_cast<double>(e.inliers));
  }
  return e;
}

void compare_with_richer(MatchEstimate &e, std::span<const Match> matches, int width, int height,
                         const RobustOptions &options) {
  // So many times the inliers show that the model is too poor: images of one plane in perspective
  // double them. Bent sections and parallax stay below.
  constexpr double far_more = 1.75;
  const auto outdone = [&](int64_t inliers) {
    return static_cast<double>(inliers) >= far_more * static_cast<double>(e.inliers) &&
           inliers >= e.inliers + options.min_inliers;
  };
  if (options.model == Model::homography || !outdone(e.matches)) return;
  RobustOptions richer = options;
  richer.model = Model::homography;
  const MatchEstimate best = agree(matches, width, height, richer);
  int64_t inliers = best.inliers;
  if (!best.found() || !outdone(inliers)) return;
  // the poorest that does nearly as well
  for (auto model = static_cast<int>(options.model) + 1; model < static_cast<int>(Model::homography); model++) {
    RobustOptions poorer = options;
    poorer.model = static_cast<Model>(model);
    const int64_t n = agree(matches, width, height, poorer).inliers;
    if (static_cast<double>(n) < 0.9 * static_cast<double>(inliers)) continue;
    richer.model = poorer.model;
    inliers = n;
    break;
  }
  const std::string name = name_of(richer.model);
  e.doubt = name + " explains " + std::to_string(inliers) + " of " + counted(e.matches, "match", "matches") + ", " +
            name_of(options.model) + " " + std::to_string(e.inliers) + ": choose model=" + name;
}

double corner_error(const MatchEstimate &e, Model model, int width, int height) {
  const auto columns = columns_of(model);
  const auto n = static_cast<int>(columns.size());
  const double cx = (width - 1) / 2.0, cy = (height - 1) / 2.0, scale = std::max(width, height) / 2.0;
  // displacement along one axis by each parameter
  const auto jacobian = [&](Point p, bool along_y, double *out) {
    const double u = (p.x - cx) / scale, v = (p.y - cy) / scale;
    for (int k = 0; k < n; k++) {
      out[k] = 0;
      for (int t = 0; t < columns[k].count; t++)
        if (const Term &term = columns[k].terms[t]; term.along_y == along_y)
          out[k] += term.factor * std::pow(u, term.i) * std::pow(v, term.j);
    }
  };
  System system;
  system.size = n + 2;
  system.h[n][n] = system.h[n + 1][n + 1] = 1;  // no gain, no offset
  for (const Match &m : e.agreeing)
    for (const bool along_y : {false, true}) {
      double j[max_unknowns];
      jacobian(m.reference, along_y, j);
      for (int a = 0; a < n; a++)
        for (int b = 0; b < n; b++) system.h[a][b] += j[a] * j[b];
    }
  const auto count = static_cast<double>(e.agreeing.size());
  const double variance = e.error * e.error * count / std::max(1.0, 2 * count - n);
  double sum = 0;
  for (const double x : {0.0, width - 1.0})
    for (const double y : {0.0, height - 1.0}) {
      double trace = 0;
      for (const bool along_y : {false, true}) {
        double j[max_unknowns] = {}, solution[max_unknowns] = {};
        jacobian({x, y}, along_y, j);
        if (!solve(system, 0, j, solution)) return std::hypot(width, height);
        trace += std::inner_product(j, j + n, solution, 0.0);
      }
      sum += std::sqrt(std::numbers::pi / 4 * variance * trace) / 4;
    }
  return sum;
}

}  // namespace sheaf::align
