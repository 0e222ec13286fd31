#include "align/estimate.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "align/phase.hpp"

namespace sheaf::align {
namespace {

// One term of a column of the Jacobian: factor * u^i v^j times gx or gy.
struct Term {
  bool along_y;
  int i, j;
  double factor;
};
struct Column {
  Term terms[2];
  int count;
};

constexpr Column single(bool along_y, int i, int j) { return {{{along_y, i, j, 1}, {}}, 1}; }

// Displacement in pixels per parameter, at (u, v); parameters are pixels, too.
std::span<const Column> columns_of(Model model) {
  static constexpr Column translation[] = {single(false, 0, 0), single(true, 0, 0)};
  static constexpr Column similarity[] = {single(false, 0, 0),
                                          single(true, 0, 0),
                                          {{{false, 0, 1, -1}, {true, 1, 0, 1}}, 2},
                                          {{{false, 1, 0, 1}, {true, 0, 1, 1}}, 2}};
  static constexpr Column homography[] = {single(false, 0, 0),
                                          single(false, 1, 0),
                                          single(false, 0, 1),
                                          single(true, 0, 0),
                                          single(true, 1, 0),
                                          single(true, 0, 1),
                                          {{{false, 2, 0, -1}, {true, 1, 1, -1}}, 2},
                                          {{{false, 1, 1, -1}, {true, 0, 2, -1}}, 2}};
  switch (model) {
    case Model::translation: return translation;
    case Model::rigid: return std::span(similarity).first(3);
    case Model::similarity: return similarity;
    case Model::affine: return std::span(homography).first(6);
    case Model::homography: break;
  }
  return homography;
}

int degree_of(Model model) { return model == Model::translation ? 0 : model == Model::homography ? 2 : 1; }

// The transform of the level's pixels that parameters stand for.
Transform transform_of(Model model, const double *p, const Frame &frame) {
  const double s = frame.scale;
  Transform d;  // of (u, v)
  switch (model) {
    case Model::translation: return Transform::shift(p[0], p[1]);
    case Model::rigid: {
      const double c = std::cos(p[2] / s), w = std::sin(p[2] / s);
      d.m = {c, -w, p[0] / s, w, c, p[1] / s, 0, 0, 1};
      break;
    }
    case Model::similarity: d.m = {1 + p[3] / s, -p[2] / s, p[0] / s, p[2] / s, 1 + p[3] / s, p[1] / s, 0, 0, 1}; break;
    case Model::affine: d.m = {1 + p[1] / s, p[2] / s, p[0] / s, p[4] / s, 1 + p[5] / s, p[3] / s, 0, 0, 1}; break;
    case Model::homography:
      d.m = {1 + p[1] / s, p[2] / s, p[0] / s, p[4] / s, 1 + p[5] / s, p[3] / s, p[6] / s, p[7] / s, 1};
      break;
  }
  const Transform to_pixels{{s, 0, frame.x, 0, s, frame.y, 0, 0, 1}};
  return to_pixels * d * inverse(to_pixels);
}

constexpr int max_unknowns = 10;  // eight parameters, gain, offset

struct System {
  int size = 0;
  double h[max_unknowns][max_unknowns] = {};
};

// Normal equations of the parameters (times gain), gain and offset.
System curvature(const Sums &s, std::span<const Column> columns) {
  System system;
  const int n = static_cast<int>(columns.size());
  system.size = n + 2;
  auto moment = [](const Column &c, const Moments2 &x, const Moments2 &y) {
    double sum = 0;
    for (int k = 0; k < c.count; k++) {
      const Term &t = c.terms[k];
      sum += t.factor * (t.along_y ? y : x)[monomial(t.i, t.j)];
    }
    return sum;
  };
  for (int a = 0; a < n; a++) {
    for (int b = 0; b <= a; b++) {
      double sum = 0;
      for (int k = 0; k < columns[a].count; k++)
        for (int l = 0; l < columns[b].count; l++) {
          const Term &p = columns[a].terms[k], &q = columns[b].terms[l];
          const Moments4 &m = p.along_y && q.along_y ? s.yy : p.along_y || q.along_y ? s.xy : s.xx;
          sum += p.factor * q.factor * m[monomial(p.i + q.i, p.j + q.j)];
        }
      system.h[a][b] = system.h[b][a] = sum;
    }
    system.h[a][n] = system.h[n][a] = moment(columns[a], s.xt, s.yt);
    system.h[a][n + 1] = system.h[n + 1][a] = moment(columns[a], s.x, s.y);
  }
  system.h[n][n] = s.tt;
  system.h[n][n + 1] = system.h[n + 1][n] = s.t;
  system.h[n + 1][n + 1] = s.n;
  return system;
}

void right_side(const Sums &s, std::span<const Column> columns, double *g) {
  const size_t n = columns.size();
  for (size_t a = 0; a < n; a++) {
    g[a] = 0;
    for (int k = 0; k < columns[a].count; k++) {
      const Term &t = columns[a].terms[k];
      g[a] += t.factor * (t.along_y ? s.yr : s.xr)[monomial(t.i, t.j)];
    }
  }
  g[n] = s.tr;
  g[n + 1] = s.r;
}

// Solves (H + damping diag(H)) x = g by Cholesky's decomposition; the damping
// spares gain and offset. False if the matrix is not positive definite.
bool solve(System system, double damping, const double *g, double *x) {
  const int n = system.size;
  auto &h = system.h;
  double trace = 0;
  for (int k = 0; k < n - 2; k++) trace += h[k][k];
  // keeps directions solvable in which the image has no structure
  const double floor = 1e-7 * trace / std::max(n - 2, 1);
  for (int k = 0; k < n - 2; k++) h[k][k] += damping * h[k][k] + floor;
  for (int i = 0; i < n; i++) {
    for (int j = 0; j < i; j++) {
      double sum = h[i][j];
      for (int k = 0; k < j; k++) sum -= h[i][k] * h[j][k];
      h[i][j] = sum / h[j][j];
    }
    double sum = h[i][i];
    for (int k = 0; k < i; k++) sum -= h[i][k] * h[i][k];
    if (!(sum > 0)) return false;
    h[i][i] = std::sqrt(sum);
  }
  for (int i = 0; i < n; i++) {
    x[i] = g[i];
    for (int k = 0; k < i; k++) x[i] -= h[i][k] * x[k];
    x[i] /= h[i][i];
  }
  for (int i = n - 1; i >= 0; i--) {
    for (int k = i + 1; k < n; k++) x[i] -= h[k][i] * x[k];
    x[i] /= h[i][i];
  }
  return true;
}

// Coarse levels hold too few structures for a rich model.
Model model_at(Model model, const Level &level) {
  const int side = std::min(level.width, level.height);
  const Model most = side < 24   ? Model::translation
                     : side < 40 ? Model::rigid
                     : side < 64 ? Model::affine
                                 : Model::homography;
  return std::min(model, most);
}

// Gauss-Newton takes the reference's gradient for that of the moving image. Where
// the two share little fine structure its steps are too short by a constant
// factor; a secant through the last two steps finds it (Anderson 1965, depth 1).
class Secant {
 public:
  explicit Secant(int size) : size_(size) {}

  // Replaces a Gauss-Newton step by the extrapolated one.
  void extrapolate(double *step) const {
    if (!ready_) return;
    double along = 0, square = 0, length = 0;
    for (int k = 0; k < size_; k++) {
      const double change = step[k] - last_[k];
      along += step[k] * change;
      square += change * change;
      length += step[k] * step[k];
    }
    if (!(square > 0)) return;
    double out[max_unknowns], out_length = 0;
    for (int k = 0; k < size_; k++) {
      out[k] = step[k] - along / square * (taken_[k] + step[k] - last_[k]);
      out_length += out[k] * out[k];
    }
    if (out_length < most * most * length) std::copy_n(out, size_, step);
  }
  void remember(const double *step, const double *taken) {
    std::copy_n(step, size_, last_);
    std::copy_n(taken, size_, taken_);
    ready_ = true;
  }
  void forget() { ready_ = false; }
  bool ready() const { return ready_; }

 private:
  static constexpr double most = 10;  // times the Gauss-Newton step
  int size_;
  bool ready_ = false;
  double last_[max_unknowns], taken_[max_unknowns];
};

struct LevelFit {
  Transform transform;
  double correlation = 0;
  int iterations = 0;
  bool converged = false;
};

class Engine {
 public:
  Engine(const Pyramid &reference, const std::vector<Mask> &masks, const Pyramid &moving,
         const EstimateOptions &options, const Parallel &parallel)
      : reference_(reference), masks_(masks), moving_(moving), options_(options), parallel_(parallel) {}

  int coarsest() const { return static_cast<int>(reference_.levels.size()) - 1; }
  int iterations() const { return iterations_; }

  Sums sums(int l, const Transform &t, double gain = 1, double offset = 0, int degree = 0,
            bool with_curvature = false) const {
    const Mask *mask = masks_.empty() ? nullptr : &masks_[l];
    return sum_up(reference_.levels[l], mask, moving_.levels[l], t, gain, offset, degree, with_curvature, parallel_);
  }

  // From level `from` to level `to`; transforms are those of the image itself.
  LevelFit descend(Transform t, int from, int to) {
    LevelFit fit;
    for (int l = from; l >= to; l--) {
      const double factor = std::ldexp(1.0, l);
      const Model model = l == 0 ? options_.model : model_at(options_.model, reference_.levels[l]);
      fit = refine(l, rescaled(t, factor), model);
      t = rescaled(fit.transform, 1 / factor);
    }
    fit.transform = t;
    return fit;
  }

  bool overlaps_enough(const Sums &s, int l) const {
    return s.n >= std::max(64.0, options_.least_overlap * selected(l));
  }

 private:
  double selected(int l) const {
    const Level &level = reference_.levels[l];
    if (masks_.empty() && level.complete()) return static_cast<double>(level.pixels.size());
    double n = 0;
    for (size_t k = 0; k < level.pixels.size(); k++)
      n += (masks_.empty() || masks_[l][k]) && (level.complete() || level.valid3[k]);
    return n;
  }

  LevelFit refine(int l, const Transform &start, Model model) {
    const Level &level = reference_.levels[l];
    const Frame frame(level);
    const auto columns = columns_of(model);
    const int degree = degree_of(model), n = static_cast<int>(columns.size());
    // coarse levels only prepare the next one
    const double tolerance = l == 0 ? options_.tolerance : std::max(0.02, options_.tolerance);

    LevelFit fit{start};
    double gain = 1, offset = 0, damping = 0;
    Sums now = sums(l, start, gain, offset, degree, true);
    if (!overlaps_enough(now, l)) return fit;
    fit.correlation = now.correlation();
    System system = curvature(now, columns);
    double overlap = now.n;
    Secant secant(n);
    while (fit.iterations < options_.iterations) {
      fit.iterations++;
      iterations_++;
      double g[max_unknowns], x[max_unknowns], step[max_unknowns];
      right_side(now, columns, g);
      if (!solve(system, damping, g, x)) break;
      const double new_gain = gain + x[n], new_offset = offset + x[n + 1];
      // Where the images do not match yet, a tiny or negative gain would blow up the step
      const double divisor = std::max(new_gain, 0.25);
      for (int k = 0; k < n; k++) step[k] = x[k] /= divisor;
      secant.extrapolate(step);
      const Transform candidate = fit.transform * inverse(transform_of(model, step, frame));
      if (is_plausible(candidate, level.width, level.height)) {
        if (corner_distance(fit.transform, candidate, level.width, level.height) <= tolerance) {
          fit.transform = candidate;
          fit.converged = true;
          break;
        }
        const Sums next = sums(l, candidate, new_gain, new_offset, degree, false);
        const double correlation = next.correlation();
        // Where the images differ, the equations hold a little beside the
        // highest correlation. They are what noise does not bias, so a step
        // may lose this much.
        const double loss = 0.01 * (1 - fit.correlation);
        if (overlaps_enough(next, l) && correlation >= fit.correlation - loss) {
          fit.transform = candidate;
          fit.correlation = correlation;
          gain = new_gain;
          offset = new_offset;
          now = next;
          secant.remember(x, step);
          damping = damping < 1e-3 ? 0 : damping / 10;
          if (std::abs(now.n - overlap) > 0.1 * overlap) {
            now = sums(l, candidate, gain, offset, degree, true);
            system = curvature(now, columns);
            overlap = now.n;
            secant.forget();
          }
          continue;
        }
      }
      if (damping > 1e6) break;
      if (!secant.ready()) damping = damping == 0 ? 1e-2 : damping * 10;
      secant.forget();
    }
    return fit;
  }

  const Pyramid &reference_;
  const std::vector<Mask> &masks_;
  const Pyramid &moving_;
  const EstimateOptions &options_;
  const Parallel &parallel_;
  int iterations_ = 0;
};

// The finest level small enough for a Fourier transform to cost little.
int phase_level(const Pyramid &pyramid) {
  int l = 0;
  while (l + 1 < static_cast<int>(pyramid.levels.size()) &&
         std::max(pyramid.levels[l].width, pyramid.levels[l].height) > 128)
    l++;
  return l;
}

}  // namespace

Estimate estimate(const Pyramid &reference, const std::vector<Mask> &masks, const Pyramid &moving,
                  const EstimateOptions &options, const Parallel &parallel) {
  Estimate result;
  if (reference.levels[0].pixels == moving.levels[0].pixels) {
    result.correlation = 1;
    result.converged = true;
    return result;
  }
  Engine engine(reference, masks, moving, options, parallel);
  LevelFit fit;
  if (options.start) {
    fit = engine.descend(*options.start, std::min(1, engine.coarsest()), 0);
  } else {
    const int l = phase_level(reference);
    const double factor = std::ldexp(1.0, l);
    const LevelFit from_identity = engine.descend({}, engine.coarsest(), l);
    Transform best;
    double best_correlation = -1;
    for (const Transform &shift : phase_candidates(reference.levels[l], moving.levels[l])) {
      const Sums s = engine.sums(l, shift);
      if (engine.overlaps_enough(s, l) && s.correlation() > best_correlation) {
        best = shift;
        best_correlation = s.correlation();
      }
    }
    const LevelFit from_phase = engine.descend(rescaled(best, 1 / factor), l, l);
    const LevelFit &better = from_phase.correlation > from_identity.correlation ? from_phase : from_identity;
    fit = l == 0 ? better : engine.descend(better.transform, l - 1, 0);
  }
  result.transform = fit.transform;
  result.correlation = fit.correlation;
  result.converged = fit.converged;
  result.iterations = engine.iterations();
  return result;
}

}  // namespace sheaf::align
