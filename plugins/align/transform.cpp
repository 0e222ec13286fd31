#include "align/transform.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace sheaf::align {
namespace {

// Coordinates may leave a rectangle by this much: a matrix that is an integer
// shift up to rounding must not lose a row or column.
constexpr double slack = 1e-6;

std::array<Point, 4> corners(const Transform &t, int width, int height) {
  const double x = width - 1, y = height - 1;
  return {t(0, 0), t(x, 0), t(x, y), t(0, y)};
}

}  // namespace

const char *name_of(Model model) {
  switch (model) {
    case Model::translation: return "translation";
    case Model::rigid: return "rigid";
    case Model::similarity: return "similarity";
    case Model::affine: return "affine";
    case Model::homography: return "homography";
  }
  return "";
}

Transform operator*(const Transform &a, const Transform &b) {
  Transform c;
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++)
      c.m[3 * i + j] = a.m[3 * i] * b.m[j] + a.m[3 * i + 1] * b.m[3 + j] + a.m[3 * i + 2] * b.m[6 + j];
  if (c.m[8] != 1)
    for (auto &e : c.m) e /= c.m[8];
  return c;
}

Transform inverse(const Transform &t) {
  const auto &m = t.m;
  Transform c{{m[4] * m[8] - m[5] * m[7], m[2] * m[7] - m[1] * m[8], m[1] * m[5] - m[2] * m[4],
               m[5] * m[6] - m[3] * m[8], m[0] * m[8] - m[2] * m[6], m[2] * m[3] - m[0] * m[5],
               m[3] * m[7] - m[4] * m[6], m[1] * m[6] - m[0] * m[7], m[0] * m[4] - m[1] * m[3]}};
  const double last = c.m[8];
  for (auto &e : c.m) e /= last;
  return c;
}

Transform rescaled(const Transform &t, double factor) {
  Transform c = t;
  c.m[2] /= factor;
  c.m[5] /= factor;
  c.m[6] *= factor;
  c.m[7] *= factor;
  return c;
}

double corner_distance(const Transform &a, const Transform &b, int width, int height) {
  const auto p = corners(a, width, height), q = corners(b, width, height);
  double distance = 0;
  for (int i = 0; i < 4; i++) distance = std::max(distance, std::hypot(p[i].x - q[i].x, p[i].y - q[i].y));
  return distance;
}

bool is_plausible(const Transform &t, int width, int height) {
  for (const double e : t.m)
    if (!std::isfinite(e)) return false;
  const double x = width - 1, y = height - 1;
  for (const double w : {t.m[8], t.m[6] * x + t.m[8], t.m[7] * y + t.m[8], t.m[6] * x + t.m[7] * y + t.m[8]})
    if (w <= 0.01) return false;
  const auto p = corners(t, width, height);
  double area = 0;
  for (int i = 0; i < 4; i++) {
    const Point a = p[i], b = p[(i + 1) % 4], c = p[(i + 2) % 4];
    if ((b.x - a.x) * (c.y - b.y) - (b.y - a.y) * (c.x - b.x) <= 0) return false;
    area += (a.x * b.y - b.x * a.y) / 2;
  }
  return area >= 0.01 * x * y && area <= 100 * x * y;
}

Interval columns_inside(const Transform &t, int y, Interval within, double x0, double y0, double x1, double y1) {
  const auto &m = t.m;
  const double bx = m[1] * y + m[2], by = m[4] * y + m[5], bw = m[7] * y + m[8];
  double low = within.first, high = within.last;
  // a x + b >= 0 for each side of the rectangle, multiplied by the positive
  // denominator of a homography
  auto require = [&](double a, double b) {
    if (a > 0) low = std::max(low, -b / a);
    else if (a < 0) high = std::min(high, -b / a);
    else if (b < 0) high = low - 1;
  };
  const double left = x0 - slack, top = y0 - slack, right = x1 + slack, bottom = y1 + slack;
  require(m[6], bw);
  require(m[0] - left * m[6], bx - left * bw);
  require(right * m[6] - m[0], right * bw - bx);
  require(m[3] - top * m[6], by - top * bw);
  require(bottom * m[6] - m[3], bottom * bw - by);
  if (!(low <= high)) return {0, -1};
  return {static_cast<int>(std::ceil(low)), static_cast<int>(std::floor(high))};
}

Description describe(const Transform &t, int width, int height) {
  const auto &m = t.m;
  const double x = (width - 1) / 2.0, y = (height - 1) / 2.0, w = m[6] * x + m[7] * y + m[8];
  const Point p = t(x, y);
  const double a = (m[0] - p.x * m[6]) / w, b = (m[1] - p.x * m[7]) / w;
  const double c = (m[3] - p.y * m[6]) / w, d = (m[4] - p.y * m[7]) / w;
  return {p.x - x, p.y - y, std::atan2(c, a) * 180 / std::numbers::pi, std::sqrt(std::abs(a * d - b * c))};
}

}  // namespace sheaf::align
