#include "graph_merge.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <span>
#include <tuple>

#include "common/large_array.hpp"
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

// The edges of one lot and block of rows, in the order of Costs: first those that have to be merged, then those that
// are put off until regions are made large enough. What need not be looked at again is left out.
struct Stretch {
  Edge *edges;
  size_t count, put_off;
};

// All edges in lots of rising cost.
struct Lots {
  LargeArray<Edge> edges;
  std::vector<Stretch> stretches[lots];  // by block
  uint32_t least_cost[lots + 1] = {};

  size_t largest() const {
    size_t most = 0;
    for (const auto &lot : stretches) {
      size_t count = 0;
      for (const Stretch &s : lot) count += s.count;
      most = std::max(most, count);
    }
    return most;
  }

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
    std::fill(least_cost + 1, least_cost + lots + 1, 1u << cost_bits);
    std::vector<uint8_t> lot_of(bins);
    size_t below = 0;
    for (size_t bin = 0, lot = 0; bin < bins; below += total[bin++]) {
      for (; lot + 1 < lots && below * lots >= count * (lot + 1);
           least_cost[lot] = static_cast<uint32_t>(bin) << (cost_bits - bin_bits))
        lot++;
      lot_of[bin] = static_cast<uint8_t>(lot);
    }

    std::vector<size_t> counts(blocks * lots);
    for (size_t block = 0; block < blocks; block++)
      for (size_t bin = 0; bin < bins; bin++) counts[block * lots + lot_of[bin]] += histograms[block * bins + bin];
    edges = LargeArray<Edge>(count);
    Edge *next = edges.data();
    for (size_t lot = 0; lot < lots; lot++)
      for (size_t block = 0; block < blocks; next += counts[block++ * lots + lot])
        stretches[lot].push_back({next, 0, 0});
    parallel(static_cast<int64_t>(blocks), [&](int64_t block) {
      poll();
      Edge *place[lots];
      for (int lot = 0; lot < lots; lot++) place[lot] = stretches[lot][static_cast<size_t>(block)].edges;
      costs.for_block(static_cast<int>(block), [&](uint32_t number, const uint32_t *cost, int n) {
        for (int x = 0; x < n; x++, number += 4)
          *place[lot_of[cost[x] >> (cost_bits - bin_bits)]]++ = {cost[x], number};
      });
      for (int lot = 0; lot < lots; lot++) {
        Stretch &s = stretches[lot][static_cast<size_t>(block)];
        s.count = static_cast<size_t>(place[lot] - s.edges);
      }
    });
  }
};

// Stable, in two passes. Costs are from least on and below least + 2^bits. Returns how many there are.
size_t sort_by_cost(std::span<const Stretch> stretches, uint32_t least, int bits, Edge *other, Edge *sorted) {
  const int digits = std::max((bits + 1) / 2, 1);
  const uint32_t low = (uint32_t{1} << digits) - 1;
  std::vector<uint32_t> places[2] = {std::vector<uint32_t>(low + 1), std::vector<uint32_t>(low + 1)};
  size_t count = 0;
  for (const Stretch &s : stretches) {
    count += s.count;
    for (const Edge &e : std::span(s.edges, s.count)) {
      places[0][(e.cost - least) & low]++;
      places[1][(e.cost - least) >> digits]++;
    }
  }
  for (auto &place : places) {
    uint32_t sum = 0;
    for (auto &p : place) sum += std::exchange(p, sum);
  }
  for (const Stretch &s : stretches)
    for (const Edge &e : std::span(s.edges, s.count)) other[places[0][(e.cost - least) & low]++] = e;
  for (const Edge &e : std::span(other, count)) sorted[places[1][(e.cost - least) >> digits]++] = e;
  return count;
}

// Disjoint sets of pixels.
class Forest {
 public:
  Forest(size_t pixels, float scale) : scale_(scale), trees_(pixels, {-1, scale}) {}

  // Shortens the path.
  uint32_t root(uint32_t i) {
    for (;;) {
      const int32_t parent = trees_[i].parent;
      if (parent < 0) return i;
      const int32_t grandparent = trees_[static_cast<uint32_t>(parent)].parent;
      if (grandparent < 0) return static_cast<uint32_t>(parent);
      i = static_cast<uint32_t>(trees_[i].parent = grandparent);
    }
  }
  // Changes nothing, so that several threads may ask at once.
  uint32_t find(uint32_t i) const {
    while (trees_[i].parent >= 0) i = static_cast<uint32_t>(trees_[i].parent);
    return i;
  }
  void prefetch(uint32_t i) const { __builtin_prefetch(&trees_[i]); }
  uint32_t size(uint32_t root) const { return static_cast<uint32_t>(-trees_[root].parent); }
  // A set merges along edges that cost less: than its dearest edge plus scale / size.
  float limit(uint32_t root) const { return trees_[root].limit; }

  void join(uint32_t a, uint32_t b, float cost) {
    if (size(a) < size(b)) std::swap(a, b);
    trees_[a].parent += trees_[b].parent;
    trees_[b].parent = static_cast<int32_t>(a);
    trees_[a].limit = cost + scale_ / static_cast<float>(size(a));
  }

 private:
  struct Tree {
    int32_t parent;  // of a root, less than 0: minus its size
    float limit;     // of a root
  };
  float scale_;
  LargeArray<Tree> trees_;
};

float in_levels(uint32_t cost) { return static_cast<float>(cost) / steps_of_level; }

class Merging {
 public:
  Merging(Lots &all, size_t pixels, uint32_t width, const MergeOptions &options, const Parallel &parallel,
          const Poll &poll)
      : all_(all),
        width_(width),
        least_size_(static_cast<uint32_t>(std::max(0, options.min_size))),
        forest_(pixels, static_cast<float>(options.scale)),
        sets_(pixels),
        other_(all.largest()),
        sorted_(all.largest()),
        parallel_(parallel),
        poll_(poll) {
    std::iota(sets_.data(), sets_.data() + pixels, 0u);
    for (int lot = 0; lot < lots; lot++) merge_similar(lot);
    if (least_size_ < 2) return;
    for (int lot = 0; lot < lots; lot++) {
      if (lot % 2 == 0) look_up_sets([&](uint32_t root) { return small(root); });
      merge_small(lot);
    }
  }
  uint32_t root(uint32_t pixel) const { return forest_.find(sets_[pixel] & ~marked); }

 private:
  std::pair<uint32_t, uint32_t> ends(const Edge &e) const {
    const uint32_t offset[directions] = {1, width_, width_ + 1, 1 - width_};
    return {e.number / 4, e.number / 4 + offset[e.number % 4]};
  }
  // Rows come before directions, and these before columns.
  bool earlier(const Edge &a, const Edge &b) const {
    if (a.cost != b.cost) return a.cost < b.cost;
    const uint32_t row = a.number / 4 / width_, other = b.number / 4 / width_;
    return std::tuple(row, a.number % 4, a.number) < std::tuple(other, b.number % 4, b.number);
  }
  bool small(uint32_t root) const { return forest_.size(root) < least_size_; }

  // Makes sets_ up to date, marked where mark(root).
  template <class F>
  void look_up_sets(F &&mark) {
    constexpr uint32_t pixels_of_block = 1 << 16;
    const auto pixels = static_cast<uint32_t>(sets_.size());
    parallel_((pixels + pixels_of_block - 1) / pixels_of_block, [&](int64_t block) {
      poll_();
      const uint32_t first = static_cast<uint32_t>(block) * pixels_of_block;
      const uint32_t end = std::min(pixels, first + pixels_of_block);
      for (uint32_t i = first; i < end; i++) {
        const uint32_t root = forest_.find(sets_[i] & ~marked);
        sets_[i] = root | (mark(root) ? marked : 0);
      }
    });
  }

  // f(edge, its end, its other end) for all, in their order.
  template <class F>
  void for_all(std::span<const Edge> edges, F &&f) {
    constexpr size_t between_polls = size_t{1} << 18, ahead = 16;
    for (size_t i = 0; i < edges.size(); i++) {
      if (i % between_polls == 0) poll_();
      if (i + ahead < edges.size()) {
        const auto [p, q] = ends(edges[i + ahead]);
        __builtin_prefetch(&sets_[p]);
        __builtin_prefetch(&sets_[q]);
        const auto [near_p, near_q] = ends(edges[i + ahead / 2]);
        forest_.prefetch(sets_[near_p] & ~marked);
        forest_.prefetch(sets_[near_q] & ~marked);
      }
      const auto [p, q] = ends(edges[i]);
      f(edges[i], forest_.root(sets_[p] & ~marked), forest_.root(sets_[q] & ~marked));
    }
  }

  // A set whose limit is no more than the cost of all edges to come stays as it is: its edges only count again
  // where it is too small in the end.
  void merge_similar(int lot) {
    const float least = in_levels(all_.least_cost[lot]);
    // few of the first edges lie inside a set
    if (lot > 1) look_up_sets([&](uint32_t root) { return forest_.limit(root) <= least; });
    parallel_(static_cast<int64_t>(all_.stretches[lot].size()), [&](int64_t block) {
      poll_();
      Stretch &s = all_.stretches[lot][static_cast<size_t>(block)];
      const LargeArray<Edge> others(s.count);
      size_t count = 0;
      for (const Edge e : std::span(s.edges, s.count)) {
        const auto [p, q] = ends(e);
        const uint32_t a = sets_[p], b = sets_[q], complete = (a | b) >> 31, between = a != b;
        s.edges[count] = others[s.put_off] = e;
        count += between & ~complete;
        s.put_off += between & complete;
      }
      std::copy_n(others.data(), s.put_off, s.edges + count);
      s.count = count;
    });
    std::vector<Edge> &between = between_[lot];
    for_all(sorted(lot), [&](const Edge &e, uint32_t a, uint32_t b) {
      if (a == b) return;
      const float cost = in_levels(e.cost);
      if (cost < std::min(forest_.limit(a), forest_.limit(b))) forest_.join(a, b, cost);
      else if (small(a) || small(b)) between.push_back(e);
    });
  }

  void merge_small(int lot) {
    const auto wanted = [&](const Edge &e) {
      const auto [p, q] = ends(e);
      return sets_[p] != sets_[q] && (sets_[p] | sets_[q]) >> 31;
    };
    parallel_(static_cast<int64_t>(all_.stretches[lot].size()), [&](int64_t block) {
      poll_();
      Stretch &s = all_.stretches[lot][static_cast<size_t>(block)];
      Edge *put_off = s.edges + s.count;
      s.edges = put_off;
      s.count = static_cast<size_t>(std::copy_if(put_off, put_off + s.put_off, put_off, wanted) - put_off);
    });
    std::vector<Edge> &between = between_[lot];
    std::erase_if(between, std::not_fn(wanted));
    const auto late = sorted(lot);
    std::vector<Edge> edges(between.size() + late.size());
    std::merge(between.begin(), between.end(), late.begin(), late.end(), edges.begin(),
               [&](const Edge &a, const Edge &b) { return earlier(a, b); });
    for_all(edges, [&](const Edge &, uint32_t a, uint32_t b) {
      if (a != b && (small(a) || small(b))) forest_.join(a, b, 0);
    });
  }

  std::span<const Edge> sorted(int lot) {
    const auto empty = [](const Stretch &s) { return s.count == 0; };
    if (std::all_of(all_.stretches[lot].begin(), all_.stretches[lot].end(), empty)) return {};
    const uint32_t least = all_.least_cost[lot];
    const int bits = std::bit_width(all_.least_cost[lot + 1] - least - 1);
    const size_t count = sort_by_cost(all_.stretches[lot], least, bits, other_.data(), sorted_.data());
    poll_();
    return {sorted_.data(), count};
  }

  Lots &all_;
  uint32_t width_, least_size_;
  Forest forest_;
  static constexpr uint32_t marked = 1u << 31;
  LargeArray<uint32_t> sets_;        // of each pixel, its root when it was last looked up
  LargeArray<Edge> other_, sorted_;  // a lot while it is sorted, and after that
  const Parallel &parallel_;
  const Poll &poll_;
  std::vector<Edge> between_[lots];  // that joined no sets, in the order of costs
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
  const Costs costs(planes, width, height);
  Lots all(costs, parallel, poll);
  const Merging merging(all, static_cast<size_t>(width) * height, static_cast<uint32_t>(width), options, parallel,
                        poll);
  parallel(costs.blocks(), [&](int64_t block) {
    const int first = static_cast<int>(block) * rows_of_block;
    for (int y = first; y < std::min(height, first + rows_of_block); y++)
      for (int x = 0; x < width; x++)
        labels(x, y) = merging.root(static_cast<uint32_t>(y) * static_cast<uint32_t>(width) + x) + 1;
  });
}

}  // namespace sheaf::segment
