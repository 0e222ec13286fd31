#include "points_kmeans.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/random.hpp"
#include "common/vectorized.hpp"

namespace sheaf::segment {
namespace {

constexpr int stretch = 256;  // points whose distances stay in the nearest cache

// What a block of points says about the centres.
struct Block {
  std::vector<double> sums;  // k rows: coordinates, then the number of points
  double compactness = 0;
  float farthest = -1;
  int64_t farthest_point = 0;
};

using Centres = std::vector<std::vector<double>>;

template <int D>
class Lloyd {
 public:
  Lloyd(const Points &points, int k, const Parallel &parallel, const Poll &poll)
      : points_(points),
        k_(k),
        parallel_(parallel),
        poll_(poll),
        cluster_(points.count()),
        block_(std::max<int64_t>(8192, int64_t{64} * k)),
        blocks_(static_cast<size_t>((points.count() + block_ - 1) / block_)) {}

  // Moves the centres; afterwards clusters and compactness are those of the result.
  double run(Centres &centres, int iterations, double tolerance) {
    for (int i = 0; i < iterations; i++) {
      assign(centres);
      if (move(centres) <= tolerance) break;
    }
    return assign(centres);
  }
  std::vector<int32_t> &cluster() { return cluster_; }

 private:
  double assign(const Centres &centres) {
    std::vector<float> flat(static_cast<size_t>(k_) * D);
    for (int c = 0; c < k_; c++)
      for (int d = 0; d < D; d++) flat[static_cast<size_t>(c) * D + d] = static_cast<float>(centres[c][d]);
    parallel_(static_cast<int64_t>(blocks_.size()), [&](int64_t b) {
      Block &block = blocks_[b];
      block.sums.assign(static_cast<size_t>(k_) * (D + 1), 0);
      block.compactness = 0;
      block.farthest = -1;
      const int64_t end = std::min(points_.count(), (b + 1) * block_);
      const int64_t pause = std::max<int64_t>(1, (int64_t{8} << 20) / (int64_t{k_} * stretch));
      for (int64_t first = b * block_, n = 0; first < end; first += stretch, n++) {
        if (n % pause == 0) poll_();
        compare(flat, first, static_cast<int>(std::min<int64_t>(stretch, end - first)), block);
      }
    });
    double compactness = 0;
    for (const Block &b : blocks_) compactness += b.compactness;
    return compactness;
  }

  void compare(const std::vector<float> &centres, int64_t first, int count, Block &block) {
    float best[stretch];
    int32_t nearest[stretch];
    const float *p[D];
    for (int d = 0; d < D; d++) p[d] = &points_.column[d][first];
    vectorized_wide([=, &best, &nearest, at = centres.data(), k = k_] {
      for (int i = 0; i < stretch; i++) {
        best[i] = std::numeric_limits<float>::infinity();
        nearest[i] = 0;
      }
      for (int c = 0; c < k; c++) {
        float centre[D];
        for (int d = 0; d < D; d++) centre[d] = at[c * D + d];
        for (int i = 0; i < count; i++) {
          float distance = 0;
          for (int d = 0; d < D; d++) distance += (p[d][i] - centre[d]) * (p[d][i] - centre[d]);
          const float b = best[i];
          nearest[i] = distance < b ? c : nearest[i];
          best[i] = distance < b ? distance : b;
        }
      }
    });
    for (int i = 0; i < count; i++) {
      cluster_[first + i] = nearest[i];
      double *sum = &block.sums[static_cast<size_t>(nearest[i]) * (D + 1)];
      for (int d = 0; d < D; d++) sum[d] += p[d][i];
      sum[D] += 1;
      block.compactness += best[i];
      if (best[i] > block.farthest) {
        block.farthest = best[i];
        block.farthest_point = first + i;
      }
    }
  }

  // To the means; returns the longest way.
  double move(Centres &centres) {
    std::vector<const Block *> far;
    for (const Block &b : blocks_) far.push_back(&b);
    std::stable_sort(far.begin(), far.end(), [](auto *a, auto *b) { return a->farthest > b->farthest; });
    size_t next = 0;
    double longest = 0;
    for (int c = 0; c < k_; c++) {
      double sum[D + 1] = {};
      for (const Block &b : blocks_)
        for (int d = 0; d <= D; d++) sum[d] += b.sums[static_cast<size_t>(c) * (D + 1) + d];
      if (sum[D] == 0 && (next == far.size() || far[next]->farthest <= 0)) continue;
      double way = 0;
      for (int d = 0; d < D; d++) {
        const double to = sum[D] > 0 ? sum[d] / sum[D] : points_.column[d][far[next]->farthest_point];
        way += (to - centres[c][d]) * (to - centres[c][d]);
        centres[c][d] = to;
      }
      if (sum[D] == 0) next++;
      longest = std::max(longest, way);
    }
    return std::sqrt(longest);
  }

  const Points &points_;
  int k_;
  const Parallel &parallel_;
  const Poll &poll_;
  std::vector<int32_t> cluster_;
  int64_t block_;
  std::vector<Block> blocks_;
};

// One point of each of `size` stretches of the points.
Points sample_of(const Points &points, int64_t size, Random random) {
  if (points.count() <= size) return points;
  Points sample;
  sample.column.resize(points.column.size());
  for (int64_t i = 0; i < size; i++) {
    const int64_t from = i * points.count() / size, to = (i + 1) * points.count() / size;
    const int64_t at = from + random.below(to - from);
    for (size_t d = 0; d < points.column.size(); d++) sample.column[d].push_back(points.column[d][at]);
  }
  return sample;
}

// Every next centre with a probability that grows with the square of the distance from those before.
Centres plus_plus(const Points &points, int k, Random random, const Poll &poll) {
  const int64_t count = points.count();
  Centres centres;
  const auto take = [&](int64_t i) {
    centres.emplace_back();
    for (const auto &column : points.column) centres.back().push_back(column[i]);
  };
  take(random.below(count));
  std::vector<double> distance(count, std::numeric_limits<double>::infinity());
  while (static_cast<int>(centres.size()) < k) {
    poll();
    double total = 0;
    for (int64_t i = 0; i < count; i++) {
      double d2 = 0;
      for (size_t d = 0; d < points.column.size(); d++) {
        const double d1 = points.column[d][i] - centres.back()[d];
        d2 += d1 * d1;
      }
      distance[i] = std::min(distance[i], d2);
      total += distance[i];
    }
    double left = random() * total;
    int64_t chosen = 0;
    while (chosen + 1 < count && (left -= distance[chosen]) >= 0) chosen++;
    take(chosen);
  }
  return centres;
}

template <int D>
Clusters cluster(const Points &points, const KmeansOptions &options, const Parallel &parallel, const Poll &poll) {
  Random seeds(options.seed);
  const Points sample = sample_of(points, std::max<int64_t>(8192, int64_t{32} * options.k), Random(seeds.bits()));
  std::vector<uint64_t> seed(options.attempts);
  for (auto &s : seed) s = seeds.bits();
  std::vector<Centres> centres(options.attempts);
  std::vector<double> compactness(options.attempts);
  parallel(options.attempts, [&](int64_t i) {
    centres[i] = plus_plus(sample, options.k, Random(seed[i]), poll);
    const Parallel alone = serial;
    Lloyd<D> lloyd(sample, options.k, alone, poll);
    compactness[i] = lloyd.run(centres[i], options.iterations, options.tolerance);
  });
  const auto best = std::min_element(compactness.begin(), compactness.end()) - compactness.begin();
  Clusters result;
  result.centre = std::move(centres[best]);
  Lloyd<D> lloyd(points, options.k, parallel, poll);
  result.compactness = lloyd.run(result.centre, options.iterations, options.tolerance);
  result.cluster = std::move(lloyd.cluster());
  return result;
}

}  // namespace

Clusters kmeans(const Points &points, const KmeansOptions &options, const Parallel &parallel, const Poll &poll) {
  switch (points.dimensions()) {
    case 3: return cluster<3>(points, options, parallel, poll);
    case 4: return cluster<4>(points, options, parallel, poll);
    default: return cluster<5>(points, options, parallel, poll);
  }
}

}  // namespace sheaf::segment
