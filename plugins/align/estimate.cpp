#include "align/estimate.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

#include "align/local.hpp"
#include "align/outliers.hpp"
#include "align/overlap.hpp"
#include "align/phase.hpp"
#include "align/search.hpp"
#include "align/steps.hpp"

namespace sheaf::align {
namespace {

// Images of a level that correlate better show its structures clearly enough, and so do
// those that let corners be placed to this many pixels.
constexpr double clear = 0.95, sure = 0.03;

// The mean error of a corner, for the variance of a shift along one axis: structure all over a square
// tells a corner less than the centre, by what the model's other parameters add.
double corner_error(Model model, double variance) {
  constexpr double parts[] = {2, 5, 8, 14, 30};  // both axes
  return std::sqrt(std::numbers::pi / 4 * parts[static_cast<size_t>(model)] * variance);
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

struct LevelFit {
  Transform transform;
  double correlation = 0;
  double corner_error = 0;
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
    return sum_up(reference_.levels[l], mask(l), moving_.levels[l], t, options_.criterion, gain, offset, degree,
                  with_curvature, parallel_);
  }

  // From level `from` to level `to`; transforms are those of the image itself.
  LevelFit descend(Transform t, int from, int to) {
    LevelFit fit;
    for (int l = from; l >= to; l--) {
      if (!inliers_.empty() && l < inlier_level_) {
        inliers_ = finer(inliers_, reference_.levels[l + 1], reference_.levels[l], selection(l));
        inlier_level_ = l;
      }
      fit = refine_at(l, t);
      t = fit.transform;
      if (!inliers_.empty() && l > 0 && std::max(reference_.levels[l].width, reference_.levels[l].height) <= 256) {
        fit = leave_out(l, fit);
        t = fit.transform;
      }
    }
    return fit;
  }

  // From `fit`, that of a level, to the finest; or to one before it, where noise hides so much of the finer
  // structures that they make the result worse.
  LevelFit descend_to_end(LevelFit fit, int level) {
    double variance = level == 0 && fit.correlation < clear ? variance_at(0, fit.transform) : 0;
    for (int l = level; l > 0; l--) {
      if (fit.correlation < clear) {
        variance = variance_at(l, fit.transform);
        const bool complete = model_at(options_.model, reference_.levels[l]) == options_.model;
        if (complete && corner_error(options_.model, variance) > sure) {
          const double finer = variance_at(l - 1, fit.transform);
          if (finer > variance) {
            fit = refine_at(l, fit.transform, true);
            break;
          }
          variance = finer;
        }
      }
      fit = descend(fit.transform, l - 1, l - 1);
    }
    fit.corner_error = corner_error(options_.model, variance);
    return fit;
  }

  bool leaves_out() const { return !inliers_.empty(); }
  double structure_left_out() const { return structure_left_out_; }
  void take_all() { inliers_.clear(); }

  // Repeats the fit of a level without what the moving image does not show, and
  // leaves that out on finer levels, too. What is taken for a change of content,
  // not for an error of the transform, grows from round to round.
  LevelFit leave_out(int l, LevelFit fit) {
    const double factor = std::ldexp(1.0, l);
    for (const double slack : {0.6, 0.3, 0.2}) {
      Inliers found =
          inliers(reference_.levels[l], selection(l), moving_.levels[l], rescaled(fit.transform, factor), slack);
      inliers_ = std::move(found.mask);
      inlier_level_ = l;
      structure_left_out_ = found.structure;
      if (inliers_.empty()) break;
      fit = refine_at(l, fit.transform);
    }
    return fit;
  }

  bool overlaps_enough(const Sums &s, int l) const {
    return s.n >= std::max(64.0, options_.least_overlap * selected(l));
  }

 private:
  const Mask *selection(int l) const { return masks_.empty() ? nullptr : &masks_[l]; }
  const Mask *mask(int l) const { return !inliers_.empty() && l == inlier_level_ ? &inliers_ : selection(l); }

  // Of a shift, in squared pixels of the image.
  double variance_at(int l, const Transform &t) const {
    const double factor = std::ldexp(1.0, l);
    return factor * factor *
           placement_variance(reference_.levels[l], selection(l), moving_.levels[l], rescaled(t, factor));
  }

  // last: no finer level follows.
  LevelFit refine_at(int l, const Transform &t, bool last = false) {
    const double factor = std::ldexp(1.0, l);
    const Model model = l == 0 ? options_.model : model_at(options_.model, reference_.levels[l]);
    // coarse levels only prepare the next one
    const double tolerance = l == 0 || last ? options_.tolerance : std::max(0.02, options_.tolerance);
    LevelFit fit = refine(l, rescaled(t, factor), model, tolerance);
    fit.transform = rescaled(fit.transform, 1 / factor);
    return fit;
  }

  double selected(int l) const {
    const Level &level = reference_.levels[l];
    if (masks_.empty() && level.complete()) return static_cast<double>(level.pixels.size());
    double n = 0;
    for (size_t k = 0; k < level.pixels.size(); k++)
      n += (masks_.empty() || masks_[l][k]) && (level.complete() || level.valid3[k]);
    return n;
  }

  LevelFit refine(int l, const Transform &start, Model model, double tolerance) {
    const Level &level = reference_.levels[l];
    const Frame frame(level);
    const auto columns = columns_of(model);
    const int degree = degree_of(model), n = static_cast<int>(columns.size());
    // the gradient of the moving image changes with every step
    const bool forward = options_.criterion == Criterion::ecc;

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
      const Transform change = transform_of(model, step, frame);
      const Transform candidate = fit.transform * (forward ? change : inverse(change));
      if (is_plausible(candidate, level.width, level.height)) {
        if (corner_distance(fit.transform, candidate, level.width, level.height) <= tolerance) {
          fit.transform = candidate;
          fit.converged = true;
          break;
        }
        const Sums next = sums(l, candidate, new_gain, new_offset, degree, forward);
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
          if (forward) {
            system = curvature(now, columns);
          } else if (std::abs(now.n - overlap) > 0.1 * overlap) {
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
  Mask inliers_;  // of one level; empty: no outliers
  int inlier_level_ = 0;
  double structure_left_out_ = 0;
  int iterations_ = 0;
};

// How sure it is that both images show the same thing: their correlation once
// local mean and contrast are taken out, which neither illumination nor large
// structures raise, at the search level.
struct Evidence {
  double correlation = 0, pixels = 0;

  // Grows with the area that agrees.
  double strength() const { return correlation * std::sqrt(std::max(0.0, pixels)); }
};

// Evidence that unrelated images hardly ever reach: found by searching everywhere,
// where chance has many tries, or near the identity; from measurements, see
// docs/operations/align.register.md. Chance has it easier where there are few pixels.
constexpr double least_far = 0.27, least_near = 0.15, many_pixels = 96 * 96;

// However few pixels there are.
constexpr double beyond_chance = 0.65;

// From here on nothing else need be tried.
constexpr double obvious = 0.45;

// By how much a search of so many places may beat the fit near the identity by chance: cells that
// have changed between distant images of a movie look a little alike turned by any angle.
constexpr double by_chance = 0.12;

// Moving objects hold up to three times as much structure as their ground; where
// cells change on an empty ground it is four times and more.
constexpr double most_structure = 3.5;

class Estimator {
 public:
  Estimator(const Pyramid &reference, const std::vector<Mask> &masks, const Pyramid &moving,
            const EstimateOptions &options, const Parallel &parallel)
      : reference_(reference),
        masks_(masks),
        moving_(moving),
        options_(options),
        parallel_(parallel),
        level_(search_level(reference)),
        selected_(selected_pixels()),
        local_reference_(locally_normalized(reference.levels[level_])),
        local_moving_(locally_normalized(moving.levels[level_])) {}

  Estimate run() {
    if (options_.known) {
      Engine engine = engine_on(reference_, moving_);
      return finish(engine, *options_.known, level_, false);
    }
    if (options_.start == Start::rotation) return by_search();
    Engine engine = engine_on(reference_, moving_);
    const LevelFit near = from_near(engine);
    const Evidence evidence = evidence_of(near.transform, false);
    if (options_.start != Start::automatic || share(evidence) > obvious)
      return finish(engine, near.transform, level_, false);
    Estimate far = by_search();
    const double chance = share(evidence) >= least_near ? by_chance : 0;
    if (far.found && far.evidence > share(evidence) + chance) return far;
    return finish(engine, near.transform, level_, false);
  }

 private:
  double share(const Evidence &e) const { return e.strength() / std::sqrt(selected_); }

  Engine engine_on(const Pyramid &reference, const Pyramid &moving) const {
    return {reference, masks_, moving, options_, parallel_};
  }
  double factor() const { return std::ldexp(1.0, level_); }
  double selected_pixels() const {
    if (masks_.empty()) return static_cast<double>(reference_.levels[level_].pixels.size());
    const Mask &mask = masks_[level_];
    return std::max<double>(1, static_cast<double>(mask.size()) - std::count(mask.begin(), mask.end(), 0));
  }

  Evidence evidence_of(const Transform &t, bool inverted) const {
    const Mask *mask = masks_.empty() ? nullptr : &masks_[level_];
    const Sums s =
        sum_up(local_reference_, mask, local_moving_, rescaled(t, factor()), Criterion::mse, 1, 0, 0, false, parallel_);
    return {inverted ? -s.correlation() : s.correlation(), s.n};
  }

  // From the identity, and from the best peak of the phase correlation.
  LevelFit from_near(Engine &engine) const {
    LevelFit from_identity, from_phase;
    if (options_.start != Start::phase) from_identity = engine.descend({}, engine.coarsest(), level_);
    if (options_.start != Start::identity) {
      Transform best;
      double best_correlation = -1;
      for (const Transform &shift : phase_candidates(reference_.levels[level_], moving_.levels[level_])) {
        const Sums s = engine.sums(level_, shift);
        if (engine.overlaps_enough(s, level_) && s.correlation() > best_correlation) {
          best = shift;
          best_correlation = s.correlation();
        }
      }
      from_phase = engine.descend(rescaled(best, 1 / factor()), level_, level_);
    }
    if (options_.start == Start::identity) return from_identity;
    if (options_.start == Start::phase) return from_phase;
    // by the evidence: a small overlap easily correlates better
    const double identity = evidence_of(from_identity.transform, false).strength();
    return evidence_of(from_phase.transform, false).strength() > identity ? from_phase : from_identity;
  }

  // Everywhere, on locally normalized images: shifts, then rotations, then
  // scales, until something convinces.
  Estimate by_search() const {
    const Pyramid reference = make_pyramid(plane_of(local_reference_)), moving = make_pyramid(plane_of(local_moving_));
    if (reference.degenerate() || moving.degenerate()) {
      Engine engine = engine_on(reference_, moving_);
      return finish(engine, {}, level_, false);
    }
    std::vector<Mask> masks;
    if (!masks_.empty()) masks.assign(masks_.begin() + level_, masks_.end());
    // the coarsest level that still shows structure
    int coarse = 0;
    while (coarse + 1 < static_cast<int>(reference.levels.size()) &&
           std::max(reference.levels[coarse].width, reference.levels[coarse].height) > 72)
      coarse++;
    const double to_level = std::ldexp(1.0, -coarse);
    Transform best;
    Evidence evidence;
    bool inverted = false;
    const Pyramid opposite = negated(moving);
    for (const SearchGrid &grid : {SearchGrid::shifts(), SearchGrid::rotations(), SearchGrid::scales_too()}) {
      const auto candidates = search(reference.levels[coarse], moving.levels[coarse], grid, 12, parallel_);
      for (const Candidate &c : candidates) {
        Engine engine(reference, masks, c.inverted ? opposite : moving, options_, parallel_);
        const LevelFit fit = engine.descend(rescaled(c.transform, to_level), coarse, 0);
        const Transform t = rescaled(fit.transform, 1 / factor());
        const Evidence e = evidence_of(t, c.inverted);
        if (e.strength() <= evidence.strength()) continue;
        evidence = e;
        best = t;
        inverted = c.inverted;
      }
      if (share(evidence) > obvious) break;
    }
    const Pyramid turned = inverted ? negated(moving_) : Pyramid{};
    Engine engine = engine_on(reference_, inverted ? turned : moving_);
    return finish(engine, best, level_, inverted, true);
  }

  static Plane plane_of(const Level &level) {
    Plane plane = Plane::unset(level.width, level.height);
    plane.pixels = level.pixels;
    return plane;
  }

  // The fit of a level without what moved by itself. Where that is most of the
  // structures, what is left may be nothing to go by: then only if the images as
  // a whole agree at least as well.
  LevelFit settled(Engine &engine, const Transform &start, int level, bool inverted) const {
    const LevelFit all = engine.descend(start, level, level);
    const LevelFit most = engine.leave_out(level, all);
    if (!engine.leaves_out() || engine.structure_left_out() < most_structure ||
        evidence_of(most.transform, inverted).correlation >= evidence_of(all.transform, inverted).correlation)
      return most;
    engine.take_all();
    return all;
  }

  // From a good start at a level down to the finest.
  Estimate finish(Engine &engine, const Transform &start, int level, bool inverted, bool far = false) const {
    LevelFit fit = settled(engine, start, level, inverted);
    // where local contrast agrees and gray values do not, illumination differs; it may have led the fit astray
    const Evidence at_start = evidence_of(start, inverted), at_fit = evidence_of(fit.transform, inverted);
    const bool astray = at_start.strength() > at_fit.strength();
    const Evidence before = astray ? at_start : at_fit;
    const Transform &better = astray ? start : fit.transform;
    const double gray = engine.sums(level, rescaled(better, std::ldexp(1.0, level))).correlation();
    Estimate result;
    if (before.correlation > 0.2 && gray < before.correlation - 0.03) {
      const Pyramid reference = locally_normalized(reference_, false), moving = locally_normalized(moving_, inverted);
      Engine local = engine_on(reference, moving);
      fit = settled(local, start, level, inverted);
      fit = local.descend_to_end(fit, level);
      result.iterations = local.iterations();
      result.uneven = true;
    } else {
      fit = engine.descend_to_end(fit, level);
    }
    const Evidence evidence = evidence_of(fit.transform, inverted);
    result.transform = fit.transform;
    result.correlation = fit.correlation;
    result.converged = fit.converged;
    result.corner_error = fit.corner_error;
    result.iterations += engine.iterations();
    result.match = evidence.correlation;
    result.evidence = share(evidence);
    result.uneven = result.uneven && result.evidence > obvious;
    // a small region or image may reach it by chance, but hardly what is beyond `beyond_chance`
    const double scarce = std::max(1.0, std::sqrt(many_pixels / selected_));
    result.least = std::min(beyond_chance, (far ? least_far : least_near) * scarce);
    // a fit that wanders has found nothing unless it is beyond doubt where
    if (!fit.converged) result.least = std::max(result.least, obvious);
    result.found = result.evidence >= result.least;
    result.inverted = inverted;
    return result;
  }

  const Pyramid &reference_;
  const std::vector<Mask> &masks_;
  const Pyramid &moving_;
  const EstimateOptions &options_;
  const Parallel &parallel_;
  const int level_;
  const double selected_;  // pixels of the reference that count, at this level; not 0
  const Level local_reference_, local_moving_;
};

}  // namespace

Estimate estimate(const Pyramid &reference, const std::vector<Mask> &masks, const Pyramid &moving,
                  const EstimateOptions &options, const Parallel &parallel) {
  if (reference.levels[0].pixels == moving.levels[0].pixels) {
    Estimate result;
    result.correlation = result.match = result.evidence = 1;
    result.found = true;
    result.converged = true;
    return result;
  }
  return Estimator(reference, masks, moving, options, parallel).run();
}

}  // namespace sheaf::align
