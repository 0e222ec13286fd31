#include "graph_merge.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <memory>
#include <opencv2/imgproc.hpp>

#include "common/vectorized.hpp"

namespace sheaf::segment {
namespace {

// The edges of a pixel: to the right, below, below to the right, and from below
// to above on the right.
constexpr int directions = 4;
constexpr int rows_of_block = 32;

struct Edge {
  uint32_t cost;    // in steps of 2^-15 of a level
  uint32_t number;  // 4 * pixel + direction
};
constexpr float steps_of_level = 1 << 15;
constexpr int cost_bits = 24;  // the greatest cost is that of sqrt(3) * 255 levels
constexpr int bin_bits = 12;   // of the histogram that divides the edges
constexpr size_t bins = size_t{1} << bin_bits;
// Edges are sorted and merged in as many lots, cheap ones first: those of a later lot that have come to lie inside
// a region need no sorting.
constexpr int lots = 8;

// The costs of all edges, row by row and in the order of their numbers' directions.
class Costs {
 public:
  Costs(const std::vector<cv::Mat> &planes, int width, int height) : planes_(planes), width_(width), height_(height) {}

  int blocks() const { return (height_ + rows_of_block - 1) / rows_of_block; }

  // Calls f(number of the first edge, costs, count) for all stretches of edges in one direction of a block of rows.
  template <class F>
  void for_block(int block, F &&f) const {
    std::vector<uint32_t> costs(static_cast<size_t>(width_));
    std::vector<float> squares(costs.size());
    const int end = std::min(height_, (block + 1) * rows_of_block);
    for (int y = block * rows_of_block; y < end; y++)
      for (uint32_t d = 0; d < directions; d++) {
        const int other = d == 0 ? y : d == 3 ? y - 1 : y + 1, dx = d == 1 ? 0 : 1;
        if (other < 0 || other >= height_) continue;
        std::fill(squares.begin(), squares.end(), 0.f);
        for (const cv::Mat &plane : planes_)
          vectorized(
              [sum = squares.data(), a = plane.ptr<float>(y), b = plane.ptr<float>(other) + dx, count = width_ - dx] {
                for (int x = 0; x < count; x++) sum[x] += (a[x] - b[x]) * (a[x] - b[x]);
              });
        vectorized([sum = squares.data(), cost = costs.data(), count = width_ - dx] {
          for (int x = 0; x < count; x++)
            cost[x] = static_cast<uint32_t>(static_cast<int32_t>(std::sqrt(sum[x]) * steps_of_level + 0.5f));
        });
        f(4 * (static_cast<uint32_t>(y) * static_cast<uint32_t>(width_)) + d, costs.data(), width_ - dx);
      }
  }

 private:
  const std::vector<cv::Mat> &planes_;
  int width_, height_;
};

// All edges in lots of rising cost, each in the order of Costs.
struct Lots {
  std::unique_ptr<Edge[]> edges;
  size_t first[lots + 1] = {};
  uint32_t least_cost[lots + 1] = {};

  Lots(const Costs &costs, const Parallel &parallel, const Poll &poll) {
    const auto blocks = static_cast<size_t>(costs.blocks());
    std::vector<uint32_t> histograms(blocks * bins);
    parallel(static_cast<int64_t>(blocks), [&](int64_t block) {
      poll();
      uint32_t *histogram = &histograms[static_cast<size_t>(block) * bins];
      costs.for_block(static_cast<int>(block), [&](uint32_t, const uint32_t *cost, int count) {
        for (int x = 0; x < count; x++) histogram[cost[x] >> (cost_bits - bin_bits)]++;
      });
    });
    std::vector<size_t> total(bins);
    size_t count = 0;
    for (size_t i = 0; i < histograms.size(); i++) total[i % bins] += histograms[i];
    for (const size_t t : total) count += t;
    std::fill(first + 1, first + lots + 1, count);
    std::fill(least_cost + 1, least_cost + lots + 1, 1u << cost_bits);
    std::vector<uint8_t> lot_of(bins);
    size_t below = 0;
    for (size_t bin = 0, lot = 0; bin < bins; below += total[bin++]) {
      for (; lot + 1 < lots && below * lots >= count * (lot + 1);
           least_cost[lot] = static_cast<uint32_t>(bin) << (cost_bits - bin_bits))
        first[++lot] = below;
      lot_of[bin] = static_cast<uint8_t>(lot);
    }

    std::vector<size_t> place(blocks * lots);  // where the block's next edge of a lot goes
    for (size_t block = 0; block < blocks; block++)
      for (size_t bin = 0; bin < bins; bin++) place[block * lots + lot_of[bin]] += histograms[block * bins + bin];
    for (size_t lot = 0; lot < lots; lot++) {
      size_t sum = first[lot];
      for (size_t block = 0; block < blocks; block++) sum += std::exchange(place[block * lots + lot], sum);
    }
    edges = std::make_unique_for_overwrite<Edge[]>(count);
    parallel(static_cast<int64_t>(blocks), [&](int64_t block) {
      poll();
      size_t *next = &place[static_cast<size_t>(block) * lots];
      costs.for_block(static_cast<int>(block), [&](uint32_t number, const uint32_t *cost, int n) {
        for (int x = 0; x < n; x++, number += 4)
          edges[next[lot_of[cost[x] >> (cost_bits - bin_bits)]]++] = {cost[x], number};
      });
    });
  }
};

// Stable, in two passes. Costs are below least + 2^bits. `other` has room for as many.
void sort_by_cost(Edge *edges, size_t count, uint32_t least, int bits, Edge *other) {
  const int digits = std::max((bits + 1) / 2, 1);
  const uint32_t low = (uint32_t{1} << digits) - 1;
  std::vector<uint32_t> places[2] = {std::vector<uint32_t>(low + 1), std::vector<uint32_t>(low + 1)};
  for (size_t i = 0; i < count; i++) {
    const uint32_t cost = edges[i].cost - least;
    places[0][cost & low]++;
    places[1][cost >> digits]++;
  }
  for (int pass = 0; pass < 2; pass++) {
    uint32_t sum = 0, *place = places[pass].data();
    for (auto &p : places[pass]) sum += std::exchange(p, sum);
    for (size_t i = 0; i < count; i++) other[place[(edges[i].cost - least) >> (pass * digits) & low]++] = edges[i];
    std::swap(edges, other);
  }
}

// Disjoint sets of pixels.
class Forest {
 public:
  Forest(size_t pixels, float scale) : scale_(scale), parent_(pixels, -1), limit_(pixels, scale) {}

  uint32_t root(uint32_t i) {
    for (;;) {
      const int32_t parent = parent_[i];
      if (parent < 0) return i;
      const int32_t grandparent = parent_[static_cast<uint32_t>(parent)];
      if (grandparent < 0) return static_cast<uint32_t>(parent);
      i = static_cast<uint32_t>(parent_[i] = grandparent);
    }
  }
  void prefetch(uint32_t i) const { __builtin_prefetch(&parent_[i]); }
  // All roots become parents.
  void flatten() {
    for (uint32_t i = 0; i < parent_.size(); i++)
      if (parent_[i] >= 0) parent_[i] = static_cast<int32_t>(root(i));
  }
  // The root, once all are parents.
  uint32_t flat_root(uint32_t i) const { return parent_[i] < 0 ? i : static_cast<uint32_t>(parent_[i]); }
  uint32_t size(uint32_t root) const { return static_cast<uint32_t>(-parent_[root]); }
  // A set merges along edges that cost less: than its dearest edge plus scale / size.
  float limit(uint32_t root) const { return limit_[root]; }

  void join(uint32_t a, uint32_t b, float cost) {
    if (size(a) < size(b)) std::swap(a, b);
    parent_[a] += parent_[b];
    parent_[b] = static_cast<int32_t>(a);
    limit_[a] = cost + scale_ / static_cast<float>(size(a));
  }

 private:
  float scale_;
  std::vector<int32_t> parent_;  // of a root, less than 0: minus its size
  std::vector<float> limit_;     // of roots
};

}  // namespace

void merge_graph(std::vector<cv::Mat> &planes, const MergeOptions &options, Labels labels, const Parallel &parallel,
                 const Poll &poll) {
  const int width = labels.width(), height = labels.height();
  if (options.sigma > 0)
    parallel(static_cast<int64_t>(planes.size()), [&](int64_t c) {
      // as far as SciPy's: 4 standard deviations
      const int side = 2 * static_cast<int>(4 * options.sigma + 0.5) + 1;
      cv::Mat &plane = planes[static_cast<size_t>(c)];
      cv::GaussianBlur(plane, plane, {side, side}, options.sigma, options.sigma, cv::BORDER_REFLECT);
    });
  poll();
  const Lots all(Costs(planes, width, height), parallel, poll);

  const uint32_t offset[directions] = {1, static_cast<uint32_t>(width), static_cast<uint32_t>(width) + 1,
                                       1 - static_cast<uint32_t>(width)};
  const auto ends = [&](const Edge &e) {
    const uint32_t pixel = e.number / 4;
    return std::pair(pixel, pixel + offset[e.number % 4]);
  };
  Forest forest(static_cast<size_t>(width) * height, static_cast<float>(options.scale));
  constexpr size_t between_polls = size_t{1} << 18, ahead = 16;
  // edges that end in two regions, which are left for the second pass, take the places of those that are done
  size_t between = 0;
  std::unique_ptr<Edge[]> other;
  size_t room = 0;
  for (int lot = 0; lot < lots; lot++) {
    if (all.first[lot] == all.first[lot + 1]) continue;
    Edge *edges = &all.edges[all.first[lot]];
    size_t count = 0;
    if (lot > 0) forest.flatten();
    for (size_t i = 0; i < all.first[lot + 1] - all.first[lot]; i++) {
      const Edge e = edges[i];
      const auto [p, q] = ends(e);
      edges[count] = e;
      count += forest.flat_root(p) != forest.flat_root(q);
    }
    poll();
    if (room < count) {
      other = std::make_unique_for_overwrite<Edge[]>(count);
      room = count;
    }
    const uint32_t least = all.least_cost[lot];
    sort_by_cost(edges, count, least, std::bit_width(all.least_cost[lot + 1] - least - 1), other.get());
    for (size_t i = 0; i < count; i++) {
      if (i % between_polls == 0) poll();
      const auto [next_p, next_q] = ends(edges[std::min(i + ahead, count - 1)]);
      forest.prefetch(next_p);
      forest.prefetch(next_q);
      const auto [p, q] = ends(edges[i]);
      const uint32_t a = forest.root(p), b = forest.root(q);
      if (a == b) continue;
      const float cost = static_cast<float>(edges[i].cost) / steps_of_level;
      if (cost < std::min(forest.limit(a), forest.limit(b))) forest.join(a, b, cost);
      else all.edges[between++] = edges[i];
    }
  }
  const auto least = static_cast<uint32_t>(std::max(0, options.min_size));
  for (size_t i = 0; i < between; i++) {
    if (i % between_polls == 0) poll();
    const auto [p, q] = ends(all.edges[i]);
    const uint32_t a = forest.root(p), b = forest.root(q);
    if (a != b && std::min(forest.size(a), forest.size(b)) < least) forest.join(a, b, 0);
  }
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) labels(x, y) = forest.root(static_cast<uint32_t>(y) * width + x) + 1;
}

}  // namespace sheaf::segment
