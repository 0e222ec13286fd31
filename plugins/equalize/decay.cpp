#include "decay.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

namespace sheaf::equalize {
namespace {

using Vector = std::array<double, 3>;

// Gaussian elimination with pivots; false if there is no single solution.
bool solve(std::array<Vector, 3> m, Vector v, Vector &out) {
  for (size_t i = 0; i < 3; i++) {
    size_t pivot = i;
    for (size_t r = i + 1; r < 3; r++)
      if (std::abs(m[r][i]) > std::abs(m[pivot][i])) pivot = r;
    if (!(std::abs(m[pivot][i]) > 0)) return false;
    std::swap(m[i], m[pivot]);
    std::swap(v[i], v[pivot]);
    for (size_t r = i + 1; r < 3; r++) {
      const double f = m[r][i] / m[i][i];
      for (size_t k = i; k < 3; k++) m[r][k] -= f * m[i][k];
      v[r] -= f * v[i];
    }
  }
  for (size_t i = 3; i-- > 0;) {
    double sum = v[i];
    for (size_t k = i + 1; k < 3; k++) sum -= m[i][k] * out[k];
    out[i] = sum / m[i][i];
  }
  return std::isfinite(out[0] + out[1] + out[2]);
}

struct Points {
  std::vector<double> t, y;  // t in [0, 1]

  double residue(const Vector &p) const {
    double sum = 0;
    for (size_t i = 0; i < t.size(); i++) {
      const double r = y[i] - (p[0] * std::exp(-p[1] * t[i]) + p[2]);
      sum += r * r;
    }
    return sum;
  }
  // For a given rate, a and c are those of a straight line.
  Vector best(double b) const {
    double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
    for (size_t i = 0; i < t.size(); i++) {
      const double x = std::exp(-b * t[i]);
      n++, sx += x, sy += y[i], sxx += x * x, sxy += x * y[i];
    }
    const double a = (n * sxy - sx * sy) / (n * sxx - sx * sx);
    return {a, b, (sy - a * sx) / n};
  }
};

}  // namespace

double Decay::operator()(double t) const { return a * std::exp(-b * t) + c; }

Decay fit_decay(std::span<const double> t, std::span<const double> value) {
  Points points;
  double mean = 0, first = 0, last = 0, greatest = 0;
  for (size_t i = 0; i < t.size(); i++) {
    if (!std::isfinite(value[i])) continue;
    if (points.t.empty()) first = t[i];
    last = t[i];
    points.t.push_back(t[i]);
    points.y.push_back(value[i]);
    mean += value[i];
    greatest = std::max(greatest, std::abs(value[i]));
  }
  if (points.t.size() < 3) return {};
  mean /= static_cast<double>(points.t.size());
  double total = 0;
  for (const double y : points.y) total += (y - mean) * (y - mean);
  if (std::sqrt(total / static_cast<double>(points.t.size())) <= 1e-12 * greatest) return {0, 0, mean, nan};
  for (double &x : points.t) x = (x - first) / (last - first);

  Vector p{};
  double residue = INFINITY;
  for (double b = 0.01; b < 10 * static_cast<double>(points.t.size()); b *= 1.5) {
    const Vector start = points.best(b);
    const double r = points.residue(start);
    if (r < residue) p = start, residue = r;
  }
  constexpr int most_steps = 1000;
  double damping = 1e-3;
  for (int step = 0; step < most_steps && damping < 1e12; step++) {
    std::array<Vector, 3> normal{};
    Vector gradient{}, change{};
    for (size_t i = 0; i < points.t.size(); i++) {
      const double e = std::exp(-p[1] * points.t[i]);
      const Vector slope{e, -p[0] * points.t[i] * e, 1};
      const double r = points.y[i] - (p[0] * e + p[2]);
      for (size_t j = 0; j < 3; j++) {
        gradient[j] += slope[j] * r;
        for (size_t k = 0; k < 3; k++) normal[j][k] += slope[j] * slope[k];
      }
    }
    for (size_t j = 0; j < 3; j++) normal[j][j] *= 1 + damping;
    if (!solve(normal, gradient, change)) break;
    const Vector next{p[0] + change[0], p[1] + change[1], p[2] + change[2]};
    const double r = points.residue(next);
    if (!(r <= residue)) {
      damping *= 10;
      continue;
    }
    bool small = true;
    for (size_t j = 0; j < 3; j++) small &= std::abs(change[j]) <= 1e-12 * std::abs(next[j]);
    p = next, residue = r, damping = std::max(damping / 10, 1e-15);
    if (small) break;
  }
  // back to the time that was given
  const double b = p[1] / (last - first);
  return {p[0] * std::exp(b * first), b, p[2], 1 - residue / total};
}

}  // namespace sheaf::equalize
