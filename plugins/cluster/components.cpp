#include "cluster/components.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

namespace sheaf::cluster {
namespace {

using Vector = std::vector<double>;

// Enough for eigenvalues that lie a thousandth apart; axes of an extent more
// alike than that mean nothing.
constexpr int most_steps = 500;

double dot(const Vector &a, const Vector &b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); i++) sum += a[i] * b[i];
  return sum;
}

void centre(Vector &v) {
  double mean = 0;
  for (const double e : v) mean += e;
  mean /= static_cast<double>(v.size());
  for (double &e : v) e -= mean;
}

// Product with the Gram matrix of the centred features, which is the doubly
// centred matrix of -d^2 / 2 (Torgerson 1952).
Vector gram_times(const Distances &d, Vector v, const Parallel &parallel) {
  centre(v);
  constexpr int64_t rows = 32;
  Vector out(v.size());
  parallel((d.count + rows - 1) / rows, [&](int64_t b) {
    for (int64_t i = b * rows; i < std::min((b + 1) * rows, d.count); i++) {
      const double *row = d.row(i);
      double sum = 0;
      for (int64_t j = 0; j < d.count; j++) sum += row[j] * row[j] * v[j];
      out[i] = -0.5 * sum;
    }
  });
  centre(out);
  return out;
}

// Removes from v what lies along the basis; twice, or rounding would leave some.
void orthogonalize(Vector &v, const std::vector<Vector> &basis) {
  for (int pass = 0; pass < 2; pass++)
    for (const Vector &q : basis) {
      const double along = dot(v, q);
      for (size_t i = 0; i < v.size(); i++) v[i] -= along * q[i];
    }
}

// A fixed vector without regularity, so that it is orthogonal to no eigenvector.
Vector start_vector(int64_t n, uint64_t seed) {
  Vector v(n);
  uint64_t state = seed * 0x9E3779B97F4A7C15u + 1;
  for (double &e : v) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    e = static_cast<double>(state >> 11) / 9007199254740992.0 - 0.5;
  }
  centre(v);
  return v;
}

}  // namespace

// Lanczos' method with full orthogonalization: each step multiplies with the
// matrix once, and two of the largest eigenvalues need far fewer steps than there
// are items.
std::array<std::vector<double>, 2> principal_components(const Distances &distances, const Parallel &parallel) {
  const int64_t n = distances.count;
  std::array<Vector, 2> out{Vector(n), Vector(n)};
  const int64_t rank = n - 1;  // centring takes one
  if (rank < 1) return out;

  std::vector<Vector> basis;
  Vector diagonal, below;  // of the tridiagonal matrix
  Vector next = start_vector(n, 1);
  cv::Mat values, vectors;
  double scale = 0;
  int next_check = 16;  // the small problem is solved now and then
  for (int64_t step = 0; step < std::min<int64_t>(rank, most_steps); step++) {
    double length = std::sqrt(dot(next, next));
    if (length <= 1e-11 * scale || !(length > 0)) {
      // an invariant subspace is complete: go on in the rest
      length = 0;
      next = start_vector(n, static_cast<uint64_t>(step) + 2);
      orthogonalize(next, basis);
      const double rest = std::sqrt(dot(next, next));
      for (double &e : next) e /= rest;
    } else {
      for (double &e : next) e /= length;
    }
    if (step > 0) below.push_back(length);
    basis.push_back(next);
    next = gram_times(distances, basis.back(), parallel);
    diagonal.push_back(dot(next, basis.back()));
    scale = std::max(scale, std::sqrt(dot(next, next)));
    orthogonalize(next, basis);

    const int m = static_cast<int>(diagonal.size());
    const bool last = step + 1 == std::min<int64_t>(rank, most_steps);
    if (!last && m < next_check) continue;
    next_check = m + m / 4;
    cv::Mat small = cv::Mat::zeros(m, m, CV_64F);
    for (int i = 0; i < m; i++) {
      small.at<double>(i, i) = diagonal[i];
      if (i > 0) small.at<double>(i, i - 1) = small.at<double>(i - 1, i) = below[i - 1];
    }
    cv::eigen(small, values, vectors);  // largest first, eigenvectors in rows
    // the residuals of these as eigenvectors of the whole matrix
    const double rest = std::sqrt(dot(next, next));
    double residual = 0;
    for (int k = 0; k < std::min(2, m); k++)
      residual = std::max(residual, rest * std::abs(vectors.at<double>(k, m - 1)));
    if (residual <= 1e-12 * scale) break;
  }

  const int m = values.rows;
  for (int k = 0; k < std::min(2, m); k++) {
    const double value = values.at<double>(k);
    if (!(value > 1e-12 * scale)) continue;
    Vector &axis = out[k];
    for (int s = 0; s < m; s++)
      for (int64_t i = 0; i < n; i++) axis[i] += vectors.at<double>(k, s) * basis[s][i];
    double largest = 0;
    for (const double e : axis)
      if (std::abs(e) > std::abs(largest)) largest = e;
    const double factor = std::copysign(std::sqrt(value), largest);
    for (double &e : axis) e *= factor;
  }
  return out;
}

}  // namespace sheaf::cluster
