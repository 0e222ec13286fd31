// k-means of points of few dimensions, all of them at hand.
#pragma once

#include <vector>

#include "common/parallel.hpp"
#include "common/poll.hpp"

namespace sheaf::segment {

// column[d][i] is coordinate d of point i.
struct Points {
  std::vector<std::vector<float>> column;
  int64_t count() const { return static_cast<int64_t>(column[0].size()); }
  int dimensions() const { return static_cast<int>(column.size()); }
};

struct KmeansOptions {
  int k = 15;  // 1 to the number of points
  int iterations = 100;
  double tolerance = 0.2;  // ends when no centre moves farther
  int attempts = 10;
  uint64_t seed = 1;
};

struct Clusters {
  std::vector<int32_t> cluster;             // of each point, from 0
  std::vector<std::vector<double>> centre;  // k of them
  double compactness = 0;                   // sum of squared distances to the centres
};

// Lloyd's iteration from the best of several attempts with k-means++ (Arthur,
// Vassilvitskii 2007). Attempts see an even sample of the points, the best goes on
// with all. A centre that loses its points takes the one farthest from its own.
// Three to five dimensions. Bit-identical for any `parallel`.
Clusters kmeans(const Points &points, const KmeansOptions &options, const Parallel &parallel = serial,
                const Poll &poll = never_stop);

}  // namespace sheaf::segment
