#include "graph_edges.hpp"

#include <algorithm>
#include <cmath>

#include "common/vectorized.hpp"

namespace sheaf::segment::graph {
namespace {

constexpr int directions = 4;
constexpr float steps_of_level = 1 << 15;
constexpr int cost_bits = 24;  // the greatest cost is that of sqrt(3) * 255 levels
constexpr int bin_bits = 12;   // of the histogram that divides the edges
constexpr size_t bins = size_t{1} << bin_bits;

// The costs of all edges, row by row and in the order of their numbers' directions.
class Costs {
 public:
  explicit Costs(const std::vector<cv::Mat> &planes)
      : planes_(planes), width_(planes[0].cols), height_(planes[0].rows) {}

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

// All blocks, in so many parts as are wanted, or half as many as there are blocks. The parts are merged at the same
// time and wait for each other after the first round and after every lot that follows: few edges are to be in the
// largest part of each. counts[block * lots + lot] are the edges.
std::vector<Blocks> divided(const std::vector<size_t> &counts, int parts) {
  const int blocks = static_cast<int>(counts.size() / lots);
  parts = std::clamp(parts, 1, std::max(1, blocks / 2));
  std::vector<size_t> before(counts.size() + lots);  // edges of the blocks before one
  for (size_t i = 0; i < counts.size(); i++) before[i + lots] = before[i] + counts[i];
  std::vector<int> borders;
  for (int i = 0; i <= parts; i++) borders.push_back(i * blocks / parts);
  const auto waited_for = [&] {
    size_t sum = 0;
    for (size_t first = 0, end = first_round; first < lots; first = end++) {
      size_t most = 0;
      for (size_t i = 0; i + 1 < borders.size(); i++) {
        size_t edges = 0;
        for (size_t lot = first; lot < end; lot++)
          edges += (before[static_cast<size_t>(borders[i + 1]) * lots + lot] -
                    before[static_cast<size_t>(borders[i]) * lots + lot]);
        most = std::max(most, edges);
      }
      sum += most;
    }
    return sum;
  };
  for (int round = 0; round < 2; round++)
    for (size_t i = 1; i + 1 < borders.size(); i++) {
      int best = borders[i];
      size_t least = waited_for();
      for (borders[i] = borders[i - 1] + 1; borders[i] < borders[i + 1]; borders[i]++)
        if (const size_t sum = waited_for(); sum < least) {
          least = sum;
          best = borders[i];
        }
      borders[i] = best;
    }
  std::vector<Blocks> all;
  for (size_t i = 0; i + 1 < borders.size(); i++) all.push_back({borders[i], borders[i + 1]});
  return all;
}

}  // namespace

Lots::Lots(const std::vector<cv::Mat> &planes, int parts, const Parallel &parallel, const Poll &poll) {
  const Costs costs(planes);
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
  for (size_t block = 0; block < blocks; block++)
    for (size_t bin = 0; bin < bins; bin++) total[bin] += histograms[block * bins + bin];
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
    for (size_t block = 0; block < blocks; next += counts[block++ * lots + lot]) stretches[lot].push_back({next, 0, 0});
  strips = divided(counts, parts);
  parallel(std::ssize(strips), [&](int64_t i) {
    for (int block = strips[static_cast<size_t>(i)].first; block < strips[static_cast<size_t>(i)].end; block++) {
      poll();
      Edge *place[lots];
      for (int lot = 0; lot < lots; lot++) place[lot] = stretches[lot][static_cast<size_t>(block)].edges;
      costs.for_block(block, [&](uint32_t number, const uint32_t *cost, int n) {
        for (int x = 0; x < n; x++, number += 4)
          *place[lot_of[cost[x] >> (cost_bits - bin_bits)]]++ = {cost[x], number};
      });
      for (int lot = 0; lot < lots; lot++) {
        Stretch &s = stretches[lot][static_cast<size_t>(block)];
        s.count = static_cast<size_t>(place[lot] - s.edges);
      }
    }
  });
}

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

}  // namespace sheaf::segment::graph
