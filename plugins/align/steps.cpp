#include "align/steps.hpp"

#include <algorithm>
#include <cmath>

namespace sheaf::align {
namespace {

constexpr Column single(bool along_y, int i, int j) { return {{{along_y, i, j, 1}, {}}, 1}; }

}  // namespace

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

}  // namespace sheaf::align
