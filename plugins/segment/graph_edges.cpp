#include "graph_edges.hpp"

#include <algorithm>
#include <numeric>

namespace sheaf::segment::graph {
namespace {

constexpr int bin_bits = 12;  // of the histogram that divides the edges
constexpr size_t bins = size_t{1} << bin_bits;
constexpr int bin_shift = cost_bits - bin_bits;
// behind the lots: edges that join two pixels for certain
constexpr size_t joining = lots, kinds = lots + 1;

// All blocks, in so many parts as are wanted, or half as many as there are blocks. The parts are merged at the same
// time and wait for each other after the first round and after every lot that follows: few edges are to be in the
// largest part of each. counts[block * kinds + lot] are the edges.
std::vector<Blocks> divided(const std::vector<size_t> &counts, int parts) {
  const int blocks = static_cast<int>(counts.size() / kinds);
  parts = std::clamp(parts, 1, std::max(1, blocks / 2));
  std::vector<size_t> before(counts.size() + kinds);  // edges of the blocks before one
  for (size_t i = 0; i < counts.size(); i++) before[i + kinds] = before[i] + counts[i];
  std::vector<int> borders;
  for (int i = 0; i <= parts; i++) borders.push_back(i * blocks / parts);
  const auto waited_for = [&] {
    size_t sum = 0;
    for (size_t first = 0, end = first_round; first < lots; first = end++) {
      size_t most = 0;
      for (size_t i = 0; i + 1 < borders.size(); i++) {
        size_t edges = 0;
        for (size_t lot = first; lot < end; lot++)
          edges += before[static_cast<size_t>(borders[i + 1]) * kinds + lot] -
                   before[static_cast<size_t>(borders[i]) * kinds + lot];
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

Lots::Lots(const std::vector<cv::Mat> &planes, float scale, int parts, const Parallel &parallel, const Poll &poll)
    : costs(planes, scale) {
  const auto blocks = static_cast<size_t>(costs.blocks());
  constexpr size_t all_bins = (Costs::changes_nothing >> bin_shift) + 1;
  std::vector<uint32_t> histograms(blocks * all_bins);
  parallel(static_cast<int64_t>(blocks), [&](int64_t block) {
    poll();
    uint32_t *histogram = &histograms[static_cast<size_t>(block) * all_bins];
    costs.tell_apart(static_cast<int>(block), [&](std::span<const uint32_t> row) {
      for (const uint32_t cost : row) histogram[cost >> bin_shift]++;
    });
  });
  std::vector<size_t> total(bins);
  for (size_t block = 0; block < blocks; block++)
    for (size_t bin = 0; bin < bins; bin++) total[bin] += histograms[block * all_bins + bin];
  const size_t count = std::accumulate(total.begin(), total.end(), size_t{0});
  size_t first_bin[lots + 2] = {};  // of each lot, and those that join
  first_bin[joining] = bins, first_bin[joining + 1] = all_bins - 1;
  for (size_t bin = 0, lot = 1, below = 0; lot < lots; below += total[bin++])
    for (; lot < lots && below * lots >= count * lot; lot++) first_bin[lot] = bin;
  std::vector<uint8_t> kind_of(all_bins, joining + 1);
  for (size_t kind = 0; kind <= joining; kind++) {
    if (kind < lots) least_cost[kind + 1] = static_cast<uint32_t>(first_bin[kind + 1]) << bin_shift;
    std::fill(&kind_of[first_bin[kind]], &kind_of[first_bin[kind + 1]], static_cast<uint8_t>(kind));
  }

  std::vector<size_t> counts(blocks * kinds);
  for (size_t block = 0; block < blocks; block++)
    for (size_t kind = 0; kind <= joining; kind++)
      counts[block * kinds + kind] =
          std::accumulate(&histograms[block * all_bins + first_bin[kind]],
                          &histograms[block * all_bins + first_bin[kind + 1]], size_t{0});
  edges = LargeArray<Edge>(std::accumulate(counts.begin(), counts.end(), size_t{0}));
  Edge *next = edges.data();
  for (size_t kind = 0; kind < kinds; kind++)
    for (size_t block = 0; block < blocks; next += counts[block++ * kinds + kind])
      (kind < lots ? stretches[kind] : joins).push_back({next, 0, 0});
  strips = divided(counts, parts);
  parallel(std::ssize(strips), [&](int64_t i) {
    for (int block = strips[static_cast<size_t>(i)].first; block < strips[static_cast<size_t>(i)].end; block++) {
      poll();
      Edge nowhere;
      Edge *place[kinds + 1];
      place[kinds] = &nowhere;
      for (size_t kind = 0; kind < kinds; kind++) place[kind] = stretch(kind, block).edges;
      costs.for_block(block, [&](uint32_t number, std::span<const uint32_t> row) {
        for (const uint32_t cost : row) {
          const size_t kind = kind_of[cost >> bin_shift];
          *place[kind] = {cost, number};
          place[kind] += kind < kinds;
          number += 4;
        }
      });
      for (size_t kind = 0; kind < kinds; kind++) {
        Stretch &s = stretch(kind, block);
        s.count = static_cast<size_t>(place[kind] - s.edges);
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
