// Agglomerative clustering by the Lance-Williams update.
#pragma once

#include <functional>
#include <vector>

#include "cluster/distances.hpp"

namespace sheaf::cluster {

// In the order of the choices of the parameter `method`.
enum class Method { ward, single, complete, average, weighted, centroid, median };

// Clusters a < b become cluster n + row; items are 0..n-1, as in SciPy.
struct Merge {
  int64_t a, b;
  double height;
  int64_t size;
};

// Uses the upper triangle of the distances as its work space and restores it.
// Heights are those of SciPy: ward's is the square root form, so that two items
// merge at their distance. `poll` is called often and may throw to stop.
std::vector<Merge> linkage(Distances &distances, Method method, const std::function<void()> &poll);

// Items from left to right such that no branches cross.
std::vector<int64_t> leaf_order(const std::vector<Merge> &merges);

// k clusters, 1 <= k <= n, by undoing the k - 1 highest merges; 1, 2, ... in the
// order in which the items meet them.
std::vector<int> cut(const std::vector<Merge> &merges, int64_t k);

// A height that separates the merges inside k clusters from those above.
double cut_height(const std::vector<Merge> &merges, int64_t k);

}  // namespace sheaf::cluster
