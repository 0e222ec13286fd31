#include "align/refinement.hpp"

#include <algorithm>
#include <cmath>

#include "align/measures.hpp"
#include "align/resample.hpp"
#include "common/random.hpp"

namespace sheaf::align {
namespace {

using Corners = std::array<double, 8>;

constexpr double rejected = -2;          // below any value of an objective
constexpr int most_samples = 40000;      // an objective looks at about as many pixels, on a grid
constexpr double least_overlap = 0.5;    // of the samples that the start covers
constexpr double probe = 0.1;            // distance of the ascent's differences, in pixels
constexpr double smallest_step = 0.002;  // of the ascent, in pixels
constexpr double at_rest = 1e-6;

// The moving image under t; what it does not cover, or the mask excludes, is missing.
Plane drawn(const Plane &moving, const Mask *mask, const Transform &t, bool whole, const Parallel &parallel) {
  Plane out = resampled(moving, t, {}, parallel);
  parallel(out.height, [&](int64_t y) {
    const int row = static_cast<int>(y);
    const Interval columns = columns_inside(t, row, {0, out.width - 1}, 0, 0, moving.width - 1.0, moving.height - 1.0);
    for (int x = 0; x < out.width; x++) {
      const bool selected = !mask || (*mask)[static_cast<size_t>(y) * out.width + x];
      if (x < columns.first || x > columns.last || !selected) out.row(row)[x] = std::nanf("");
      else if (whole) out.row(row)[x] = std::floor(out.row(row)[x] + 0.5f);
    }
  });
  return out;
}

// A smooth measure of how well the moving image under a transform fits, on a grid
// of pixels.
class Goal {
 public:
  Goal(const Plane &reference, const Plane &before, const Plane &moving, const Transform &start,
       const RefineOptions &options, double tolerance)
      : moving_(moving),
        start_(start),
        objective_(options.objective),
        width_(reference.width),
        height_(reference.height) {
    const auto &d = options.difference;
    unit_ = d.high > d.low ? 255 / (d.high - d.low) : 0;
    softness_ = std::max(1.0, tolerance);
    const double pixels = double{static_cast<double>(width_)} * height_;
    const int step = std::max(1, static_cast<int>(std::ceil(std::sqrt(pixels / most_samples))));
    for (int y = d.crop + step / 2; y < height_ - d.crop; y += step)
      for (int x = d.crop + step / 2; x < width_ - d.crop; x += step) {
        const float r = reference.row(y)[x], b = before.row(y)[x];
        if (std::isfinite(r) && std::isfinite(b))
          samples_.push_back({static_cast<float>(x), static_cast<float>(y), r, b});
      }
  }

  double operator()(const Corners &corners) const {
    const Transform change = from_corners(corners, width_, height_);
    if (!is_plausible(change, width_, height_)) return rejected;
    const Transform t = start_ * change;
    double n = 0, sum = 0, a = 0, b = 0, aa = 0, bb = 0, ab = 0;
    for (const Sample &s : samples_) {
      const Point p = t(s.x, s.y);
      if (!(p.x >= 0 && p.y >= 0 && p.x <= moving_.width - 1 && p.y <= moving_.height - 1)) continue;
      const int x = std::min(static_cast<int>(p.x), moving_.width - 2),
                y = std::min(static_cast<int>(p.y), moving_.height - 2);
      const double fx = p.x - x, fy = p.y - y;
      const float *up = moving_.row(y) + x, *down = moving_.row(y + 1) + x;
      const double v = (1 - fy) * ((1 - fx) * up[0] + fx * up[1]) + fy * ((1 - fx) * down[0] + fx * down[1]);
      if (!std::isfinite(v)) continue;
      n++;
      if (objective_ == Objective::dd) {
        const double dd = (std::abs(s.before - double{s.reference}) - std::abs(v - s.reference)) * unit_;
        sum += dd / (std::abs(dd) + softness_);
      } else {
        a += v, b += s.reference, aa += v * v, bb += double{s.reference} * s.reference, ab += v * s.reference;
      }
    }
    if (n < 2 || n < least_overlap * static_cast<double>(samples_.size())) return rejected;
    if (objective_ == Objective::dd) return sum / n;
    const double va = aa - a * a / n, vb = bb - b * b / n;
    return va > 0 && vb > 0 ? (ab - a * b / n) / std::sqrt(va * vb) : rejected;
  }

 private:
  struct Sample {
    float x, y, reference, before;
  };
  const Plane &moving_;
  const Transform start_;
  const Objective objective_;
  const int width_, height_;
  double unit_, softness_;
  std::vector<Sample> samples_;
};

class Refiner {
 public:
  Refiner(const Plane &reference, const Mask *mask, const Plane &moving, const Transform &start,
          const RefineOptions &options, const Parallel &parallel, const Poll &poll)
      : reference_(reference),
        mask_(mask),
        moving_(moving),
        start_(start),
        options_(options),
        parallel_(parallel),
        poll_(poll),
        difference_(options.difference),
        before_(drawn(moving, mask, start, difference_.whole, parallel)) {
    difference_.blocks = difference_.compat = false;
    const Compared<float> images = compared(before_);
    result_.score.tolerance = difference_.tolerance = difference_score(images, difference_, parallel).tolerance;
    difference_.automatic = false;
    result_.transform = start;
  }

  Refinement run() {
    result_.ncc_before = result_.ncc_after = pearson(reference_, before_, {}, parallel_);
    if (!std::isfinite(result_.ncc_before)) return result_;
    Transform change;
    if (options_.method == RefineMethod::translation) {
      change = best_translation();
    } else {
      const Goal goal(reference_, before_, moving_, start_, options_, difference_.tolerance);
      Corners corners{};
      if (options_.method == RefineMethod::evolution) corners = evolve(goal);
      change = from_corners(climb(goal, corners), reference_.width, reference_.height);
    }
    consider(change);
    return result_;
  }

 private:
  Compared<float> compared(const Plane &after) const { return {before_.view(), after.view(), reference_.view(), {}}; }

  int64_t least_count(int64_t pixels) const { return std::max<int64_t>(100, pixels / 1000); }

  // Takes the change if the image it makes is not worse than the one before.
  void consider(const Transform &change) {
    const double moved = corner_distance(change, {}, reference_.width, reference_.height);
    if (moved <= at_rest) return;
    const Transform t = start_ * change;
    Plane after = drawn(moving_, mask_, t, difference_.whole, parallel_);
    const DifferenceScore score = difference_score(compared(after), difference_, parallel_);
    // over the pixels that both cover
    Plane before = before_;
    for (size_t i = 0; i < before.pixels.size(); i++)
      if (!std::isfinite(after.pixels[i])) before.pixels[i] = after.pixels[i];
      else if (!std::isfinite(before.pixels[i])) after.pixels[i] = before.pixels[i];
    const double ncc_before = pearson(reference_, before, {}, parallel_);
    const double ncc_after = pearson(reference_, after, {}, parallel_);
    if (score.balance() < 0 || !(ncc_after >= ncc_before)) return;
    if (score.balance() == 0 && ncc_after == ncc_before) return;
    result_.transform = t;
    result_.improved = true;
    result_.score = score;
    result_.ncc_before = ncc_before;
    result_.ncc_after = ncc_after;
    result_.moved = moved;
  }

  // Whole translations move pixels onto pixels: views of one image are all it takes.
  Transform best_translation() {
    const int r = options_.radius, side = 2 * r + 1;
    struct Trial {
      DifferenceScore score;
      int64_t pixels = 0;
    };
    std::vector<Trial> trials(static_cast<size_t>(side) * side);
    const auto view = [](const Plane &p, int x, int y, int width, int height) {
      return View<const float>(p.row(y) + x, width, height, p.view().row_bytes());
    };
    parallel_(static_cast<int64_t>(trials.size()), [&](int64_t i) {
      const int dx = static_cast<int>(i % side) - r, dy = static_cast<int>(i / side) - r;
      const int width = reference_.width - std::abs(dx), height = reference_.height - std::abs(dy);
      if (width <= 2 * difference_.crop || height <= 2 * difference_.crop) return;
      poll_();
      const int x = std::max(0, -dx), y = std::max(0, -dy);
      const Compared<float> images{view(before_, x, y, width, height),
                                   view(before_, x + dx, y + dy, width, height),
                                   view(reference_, x, y, width, height),
                                   {}};
      trials[i] = {difference_score(images, difference_, serial), int64_t{width} * height};
    });
    result_.evaluations += static_cast<int>(trials.size());
    double best = 0;
    int best_x = 0, best_y = 0;
    for (int i = 0; i < side * side; i++) {
      const int dx = i % side - r, dy = i / side - r;
      const auto &[score, pixels] = trials[i];
      if (score.count < least_count(pixels)) continue;
      const double value = options_.by_share
                               ? score.balance()
                               : score.balance() * static_cast<double>(score.count) / static_cast<double>(pixels);
      const bool nearer = dx * dx + dy * dy < best_x * best_x + best_y * best_y;
      if (value > best || (value == best && value > 0 && nearer)) best = value, best_x = dx, best_y = dy;
    }
    return Transform::shift(best_x, best_y);
  }

  std::vector<double> values_of(const Goal &goal, const std::vector<Corners> &trials) {
    std::vector<double> values(trials.size());
    parallel_(static_cast<int64_t>(trials.size()), [&](int64_t i) {
      poll_();
      values[i] = goal(trials[i]);
    });
    result_.evaluations += static_cast<int>(trials.size());
    return values;
  }

  // Steepest ascent; the corners move by a step that grows and shrinks with success.
  Corners climb(const Goal &goal, Corners at) {
    double height = values_of(goal, {at})[0], step = 1;
    for (int k = 0; k < options_.steps && step > smallest_step; k++) {
      std::vector<Corners> probes;
      for (size_t i = 0; i < at.size(); i++)
        for (const double by : {probe, -probe}) {
          probes.push_back(at);
          probes.back()[i] += by;
        }
      const std::vector<double> values = values_of(goal, probes);
      Corners direction;
      double largest = 0;
      for (size_t i = 0; i < at.size(); i++) {
        direction[i] = values[2 * i] - values[2 * i + 1];
        largest = std::max(largest, std::abs(direction[i]));
      }
      if (!(largest > 0)) break;
      bool climbed = false;
      while (!climbed && step > smallest_step) {
        Corners next = at;
        for (size_t i = 0; i < at.size(); i++) next[i] += step * direction[i] / largest;
        const double value = values_of(goal, {next})[0];
        climbed = value > height;
        if (climbed) at = next, height = value;
        step *= climbed ? 1.5 : 0.5;
      }
    }
    return at;
  }

  // Differential evolution, rand/1/bin (Storn and Price 1997); the start is one of
  // the first generation.
  Corners evolve(const Goal &goal) {
    Random random(options_.seed);
    const int n = std::max(4, options_.population);
    const double bounds[] = {options_.bound * reference_.width, options_.bound * reference_.height};
    std::vector<Corners> population(n);
    for (int i = 1; i < n; i++)
      for (size_t k = 0; k < 8; k++) population[i][k] = bounds[k % 2] * (2 * random() - 1);
    std::vector<double> values = values_of(goal, population);
    for (int generation = 0; generation < options_.generations; generation++) {
      std::vector<Corners> trials = population;
      for (int i = 0; i < n; i++) {
        int64_t others[3];
        for (int k = 0; k < 3; k++) {
          do others[k] = random.below(n);
          while (others[k] == i || std::find(others, others + k, others[k]) != others + k);
        }
        const int64_t always = random.below(8);
        for (int k = 0; k < 8; k++) {
          if (random() >= options_.crossover && k != always) continue;
          const double v =
              population[others[0]][k] + options_.factor * (population[others[1]][k] - population[others[2]][k]);
          trials[i][k] = std::clamp(v, -bounds[k % 2], bounds[k % 2]);
        }
      }
      const std::vector<double> next = values_of(goal, trials);
      for (int i = 0; i < n; i++)
        if (next[i] >= values[i]) values[i] = next[i], population[i] = trials[i];
    }
    return population[std::max_element(values.begin(), values.end()) - values.begin()];
  }

  const Plane &reference_;
  const Mask *mask_;
  const Plane &moving_;
  const Transform start_;
  const RefineOptions &options_;
  const Parallel &parallel_;
  const Poll &poll_;
  DifferenceOptions difference_;
  const Plane before_;
  Refinement result_;
};

}  // namespace

Transform from_corners(const std::array<double, 8> &d, int width, int height) {
  const double right = std::max(1, width - 1), bottom = std::max(1, height - 1);
  const double x[] = {0, right, right, 0}, y[] = {0, 0, bottom, bottom};
  // u = (m0 x + m1 y + m2) / (m6 x + m7 y + 1), v likewise: two equations a corner
  double a[8][9];
  for (int i = 0; i < 4; i++) {
    const double u = x[i] + d[2 * i], v = y[i] + d[2 * i + 1];
    const double rows[2][9] = {{x[i], y[i], 1, 0, 0, 0, -u * x[i], -u * y[i], u},
                               {0, 0, 0, x[i], y[i], 1, -v * x[i], -v * y[i], v}};
    std::copy(&rows[0][0], &rows[0][0] + 18, &a[2 * i][0]);
  }
  for (int k = 0; k < 8; k++) {
    int pivot = k;
    for (int i = k + 1; i < 8; i++)
      if (std::abs(a[i][k]) > std::abs(a[pivot][k])) pivot = i;
    std::swap_ranges(a[k], a[k] + 9, a[pivot]);
    for (int i = 0; i < 8; i++) {
      if (i == k) continue;
      const double f = a[i][k] / a[k][k];
      for (int j = k; j < 9; j++) a[i][j] -= f * a[k][j];
    }
  }
  Transform t;
  for (int k = 0; k < 8; k++) t.m[k] = a[k][8] / a[k][k];
  return t;
}

Refinement refine(const Plane &reference, const Mask *mask, const Plane &moving, const Transform &start,
                  const RefineOptions &options, const Parallel &parallel, const Poll &poll) {
  return Refiner(reference, mask, moving, start, options, parallel, poll).run();
}

}  // namespace sheaf::align
