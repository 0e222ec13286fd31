// All distances between the rows of a feature matrix.
#pragma once

#include <vector>

#include "cluster/features.hpp"

namespace sheaf::cluster {

// Square and symmetric, with a zero diagonal.
struct Distances {
  int64_t count = 0;
  std::vector<double> values;

  Distances() = default;
  explicit Distances(int64_t n) : count(n), values(n * n) {}
  double &operator()(int64_t i, int64_t j) { return values[i * count + j]; }
  double operator()(int64_t i, int64_t j) const { return values[i * count + j]; }
  double *row(int64_t i) { return values.data() + i * count; }
  const double *row(int64_t i) const { return values.data() + i * count; }
};

// Euclidean; every difference is squared and added in double precision, so that
// nearly equal rows keep their small distances.
Distances euclidean_distances(const Features &features, const Parallel &parallel);

// How many rows differ from all rows before them.
int64_t count_different(const Distances &distances);

}  // namespace sheaf::cluster
