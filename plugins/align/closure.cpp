#include "align/closure.hpp"

#include <algorithm>
#include <cmath>

namespace sheaf::align {
namespace {

constexpr int rounds = 6, most_steps = 400;
constexpr double typical_error = 0.3;  // px: a link that misses by more is doubted
constexpr double least_weight = 1e-4;  // of a link that says nothing
constexpr double step_tolerance = 1e-10;

using Vector3 = std::array<double, 3>;
using Matrix3 = std::array<double, 9>;

// Unknown are the inverse transforms U, from an image to common coordinates:
// U_to P = U_from is linear in them, and their rows do not mix. Coordinates are
// taken from the image's centre, in units of half its size.
struct Block {
  int64_t from, to;
  std::array<Vector3, 4> here, there;  // corners in image `from`, and where P maps them in `to`
  double weight = 1;
};

Matrix3 inverse3(const Matrix3 &m) {
  Transform t;
  t.m = m;
  const double d =
      m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) + m[2] * (m[3] * m[7] - m[4] * m[6]);
  return {(m[4] * m[8] - m[5] * m[7]) / d, (m[2] * m[7] - m[1] * m[8]) / d, (m[1] * m[5] - m[2] * m[4]) / d,
          (m[5] * m[6] - m[3] * m[8]) / d, (m[0] * m[8] - m[2] * m[6]) / d, (m[2] * m[3] - m[0] * m[5]) / d,
          (m[3] * m[7] - m[4] * m[6]) / d, (m[1] * m[6] - m[0] * m[7]) / d, (m[0] * m[4] - m[1] * m[3]) / d};
}

double dot(const Vector3 &a, const Vector3 &b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

class Solver {
 public:
  Solver(size_t count, std::vector<Block> &blocks, const std::function<void()> &poll)
      : blocks_(blocks), poll_(poll), rows_(2, std::vector<Vector3>(count)), scale_(count) {}

  std::vector<std::vector<Vector3>> &rows() { return rows_; }

  // One round of weighted least squares by conjugate gradients.
  void solve() {
    std::fill(scale_.begin(), scale_.end(), Matrix3{});
    for (const Block &b : blocks_)
      for (int c = 0; c < 4; c++) {
        add_square(scale_[b.from], b.here[c], b.weight);
        add_square(scale_[b.to], b.there[c], b.weight);
      }
    for (Matrix3 &m : scale_) {
      for (const int k : {0, 4, 8}) m[k] += 1e-12;  // an image without links stays where it is
      m = inverse3(m);
    }
    for (auto &row : rows_) descend(row);
  }

  // Distances by which the corners of a block miss, root mean square, in units.
  double miss(const Block &b) const {
    double sum = 0;
    for (const auto &row : rows_)
      for (int c = 0; c < 4; c++) {
        const double d = dot(row[b.to], b.there[c]) - dot(row[b.from], b.here[c]);
        sum += d * d / 4;
      }
    return std::sqrt(sum);
  }

 private:
  using Row = std::vector<Vector3>;

  static void add_square(Matrix3 &m, const Vector3 &v, double w) {
    for (int i = 0; i < 3; i++)
      for (int j = 0; j < 3; j++) m[3 * i + j] += w * v[i] * v[j];
  }

  // The gradient of half the squared error at u.
  Row gradient(const Row &u) const {
    Row g(u.size(), Vector3{});
    for (const Block &b : blocks_)
      for (int c = 0; c < 4; c++) {
        const double d = b.weight * (dot(u[b.to], b.there[c]) - dot(u[b.from], b.here[c]));
        for (int k = 0; k < 3; k++) {
          g[b.to][k] += d * b.there[c][k];
          g[b.from][k] -= d * b.here[c][k];
        }
      }
    g[0] = {};  // image 0 stays
    return g;
  }
  Row scaled(const Row &g) const {
    Row z(g.size());
    for (size_t i = 0; i < g.size(); i++)
      for (int k = 0; k < 3; k++) z[i][k] = dot({scale_[i][3 * k], scale_[i][3 * k + 1], scale_[i][3 * k + 2]}, g[i]);
    return z;
  }
  static double product(const Row &a, const Row &b) {
    double sum = 0;
    for (size_t i = 0; i < a.size(); i++) sum += dot(a[i], b[i]);
    return sum;
  }

  void descend(Row &u) const {
    Row g = gradient(u), z = scaled(g), p = z;
    double energy = product(g, z);
    const double enough = step_tolerance * step_tolerance * static_cast<double>(u.size());
    for (int step = 0; step < most_steps && energy > enough; step++) {
      poll_();
      const Row q = gradient(p);
      const double along = energy / product(p, q);
      for (size_t i = 0; i < u.size(); i++)
        for (int k = 0; k < 3; k++) {
          u[i][k] -= along * p[i][k];
          g[i][k] -= along * q[i][k];
        }
      z = scaled(g);
      const double next = product(g, z), ratio = next / energy;
      for (size_t i = 0; i < u.size(); i++)
        for (int k = 0; k < 3; k++) p[i][k] = z[i][k] + ratio * p[i][k];
      energy = next;
    }
  }

  std::vector<Block> &blocks_;
  const std::function<void()> &poll_;
  std::vector<Row> rows_;  // of U: x and y
  std::vector<Matrix3> scale_;
};

// The nearest transform of the model that agrees at the centre.
Transform of_model(const Transform &t, Model model, int width, int height) {
  if (model >= Model::affine) return t;
  const double x = (width - 1) / 2.0, y = (height - 1) / 2.0;
  const Point centre = t(x, y);
  double c = 1, s = 0;
  if (model != Model::translation) {
    c = (t.m[0] + t.m[4]) / 2;
    s = (t.m[3] - t.m[1]) / 2;
    const double length = std::hypot(c, s);
    if (model == Model::rigid && length > 0) c /= length, s /= length;
  }
  return Transform::shift(centre.x, centre.y) * Transform{{c, -s, 0, s, c, 0, 0, 0, 1}} * Transform::shift(-x, -y);
}

}  // namespace

Closure close_series(std::span<const Transform> start, std::span<const Link> links, Model model, int width, int height,
                     const std::function<void()> &poll) {
  const double cx = (width - 1) / 2.0, cy = (height - 1) / 2.0, unit = std::max(width, height) / 2.0;
  const Transform to_units{{1 / unit, 0, -cx / unit, 0, 1 / unit, -cy / unit, 0, 0, 1}};
  const Transform to_pixels = inverse(to_units);
  std::vector<Block> blocks;
  for (const Link &link : links) {
    Block b{link.from, link.to, {}, {}, link.found ? 1 : least_weight};
    const Transform pair = to_units * link.pair * to_pixels;
    int c = 0;
    for (const double x : {-cx / unit, cx / unit})
      for (const double y : {-cy / unit, cy / unit}) {
        const Point p = pair(x, y);
        b.here[c] = {x, y, 1};
        b.there[c++] = {p.x, p.y, 1};
      }
    blocks.push_back(b);
  }
  Solver solver(start.size(), blocks, poll);
  for (size_t i = 0; i < start.size(); i++) {
    const Transform u = to_units * inverse(start[i]) * to_pixels;
    for (int r = 0; r < 2; r++) solver.rows()[r][i] = {u.m[3 * r], u.m[3 * r + 1], u.m[3 * r + 2]};
  }
  for (int round = 0; round < rounds; round++) {
    solver.solve();
    for (size_t i = 0; i < blocks.size(); i++) {
      if (!links[i].found) continue;
      const double error = solver.miss(blocks[i]) * unit / typical_error;
      blocks[i].weight = std::max(least_weight, 1 / (1 + error * error));
    }
  }

  Closure closure;
  for (size_t i = 0; i < start.size(); i++) {
    const auto &x = solver.rows()[0][i], &y = solver.rows()[1][i];
    const Transform u{{x[0], x[1], x[2], y[0], y[1], y[2], 0, 0, 1}};
    closure.transforms.push_back(i == 0 ? start[0] : of_model(to_pixels * inverse(u) * to_units, model, width, height));
  }
  std::vector<double> counts(start.size());
  closure.errors.assign(start.size(), 0);
  for (size_t i = 0; i < links.size(); i++) {
    if (!links[i].found) continue;
    const double error = solver.miss(blocks[i]) * unit;
    for (const int64_t n : {links[i].from, links[i].to}) {
      closure.errors[n] += error * error;
      counts[n]++;
    }
  }
  for (size_t i = 0; i < start.size(); i++)
    closure.errors[i] = counts[i] > 0 ? std::sqrt(closure.errors[i] / counts[i]) : 0;
  return closure;
}

}  // namespace sheaf::align
