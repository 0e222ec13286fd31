// How good a clustering is, and which item stands for each cluster.
#pragma once

#include "cluster/linkage.hpp"

namespace sheaf::cluster {

// (b - a) / max(a, b) with a the mean distance to the own cluster, b that to the
// nearest other one (Rousseeuw 1987); 0 for an item alone in its cluster. Labels
// count from 1; NaN for all if there is only one.
std::vector<double> silhouettes(const Distances &distances, const std::vector<int> &labels, const Parallel &parallel);

// Mean silhouette of the cuts into k = least, ..., most clusters.
std::vector<double> silhouette_curve(const Distances &distances, const std::vector<Merge> &merges, int64_t least,
                                     int64_t most, const Parallel &parallel);

// For each cluster the member with the smallest sum of distances to the others;
// ties go to the first. Result [label - 1].
std::vector<int64_t> medoids(const Distances &distances, const std::vector<int> &labels, const Parallel &parallel);

}  // namespace sheaf::cluster
