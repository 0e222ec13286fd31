// The edges of the graph of an image, by what they cost.
#pragma once

#include <algorithm>
#include <opencv2/core.hpp>
#include <span>
#include <utility>
#include <vector>

#include "common/large_array.hpp"
#include "common/parallel.hpp"
#include "graph_costs.hpp"

namespace sheaf::segment::graph {

// Edges are sorted and merged in as many lots, cheap ones first: those of a later lot that have come to lie inside
// a region need no sorting.
constexpr int lots = 8;
// So many of the first lots are merged without a stop, the others one by one.
constexpr int first_round = 2;

struct Edge {
  uint32_t cost;
  uint32_t number;  // 4 * pixel + direction: to the right, below, below to the right, from below to above on the right
};

// The two pixels of an edge; a copy for a loop stays in registers.
struct Ends {
  explicit Ends(uint32_t width) : offset{1, width, width + 1, 1 - width} {}
  std::pair<uint32_t, uint32_t> operator()(const Edge &e) const {
    return {e.number / 4, e.number / 4 + offset[e.number % 4]};
  }
  uint32_t offset[4];
};

// Blocks of rows [first, end) that one thread goes through, whose memory then mostly lies in its cache.
struct Blocks {
  int first, end;
};

// The edges of one lot and block of rows, in the order of rows, directions and columns: first those that have to be
// merged, then those that are put off until regions are made large enough. What need not be looked at again is left
// out.
struct Stretch {
  Edge *edges;
  size_t count, put_off;
};

// All edges that may change anything, in lots of rising cost.
struct Lots {
  Costs costs;
  LargeArray<Edge> edges;
  std::vector<Stretch> stretches[lots];  // by block
  std::vector<Stretch> joins;            // edges that join two pixels for certain, by block; their costs have a mark
  std::vector<Blocks> strips;            // those that are merged at the same time
  uint32_t least_cost[lots + 1] = {};

  // The most edges of a lot in those blocks.
  size_t largest(const Blocks &blocks) const {
    size_t most = 0;
    for (const auto &lot : stretches) {
      size_t count = 0;
      for (int b = blocks.first; b < blocks.end; b++) count += lot[static_cast<size_t>(b)].count;
      most = std::max(most, count);
    }
    return most;
  }

  Stretch &stretch(size_t kind, int block) {
    return (kind < lots ? stretches[kind] : joins)[static_cast<size_t>(block)];
  }

  // Of planes of 32-bit float, all edges to the neighbours across sides and corners, whose costs are the Euclidean
  // distances of their values. `parts`: so many strips, or half as many as there are blocks.
  Lots(const std::vector<cv::Mat> &planes, float scale, int parts, const Parallel &parallel, const Poll &poll);
};

// Brings edges in the order of their costs, which are from least on and below least + 2^bits; of equals, the first
// comes first. Returns how many there are; `other` and `sorted` have room for them.
size_t sort_by_cost(std::span<const Stretch> stretches, uint32_t least, int bits, Edge *other, Edge *sorted);

}  // namespace sheaf::segment::graph
