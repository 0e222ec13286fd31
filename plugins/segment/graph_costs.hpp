// The costs of the edges of the graph of an image.
#pragma once

#include <cstdint>
#include <functional>
#include <opencv2/core.hpp>
#include <span>
#include <vector>

#include "common/large_array.hpp"

namespace sheaf::segment::graph {

constexpr int rows_of_block = 32;
constexpr int directions = 4;  // of edges: to the right, below, below to the right, from below to above on the right
constexpr int cost_bits = 24;  // the greatest cost is that of sqrt(3) * 255 levels
// Costs are in steps of 2^-15 of a level.
inline float in_levels(uint32_t cost) { return static_cast<float>(cost) / (1 << 15); }

// Of one or three planes of 32-bit float, the edges to the neighbours across sides and corners cost the Euclidean
// distances of their values. What some do to the result is seen from those nearby, before any are sorted:
// - An edge joins its two pixels for certain if it is the cheapest that either has, and cheaper than scale.
// - From two pixels that are joined so, the dearer of their two edges to a common neighbour changes nothing: the cheaper
//   has joined their sets, or one of these merges no more. Nor does what closes a ring of edges that cost nothing.
class Costs {
 public:
  // An edge that joins two pixels for certain has this added to its cost; one that changes nothing has this cost.
  static constexpr uint32_t joins = 1u << cost_bits, changes_nothing = 2 * joins;

  // The planes must outlive this.
  Costs(const std::vector<cv::Mat> &planes, float scale);

  int blocks() const { return (height_ + rows_of_block - 1) / rows_of_block; }
  // Whether edges that cost nothing join any sets, because scale divided by the size of a set is greater.
  bool nothing_joins() const { return nothing_joins_; }
  // f(costs) for all edges of each row of a block, direction by direction.
  using OfRow = std::function<void(std::span<const uint32_t>)>;
  // Tells the edges of a block apart. Pairs of pixels in two blocks are not among those that join.
  void tell_apart(int block, const OfRow &f);
  // The same again: f(number of the first edge, costs).
  template <class F>
  void for_block(int block, F &&f) const {
    std::vector<int32_t> costs(static_cast<size_t>(width_));
    const int end = std::min(height_, (block + 1) * rows_of_block);
    for (int y = block * rows_of_block; y < end; y++)
      for (int d = 0; d < directions; d++) {
        const int count = compute(y, d, costs.data());
        f(4 * (static_cast<uint32_t>(y) * static_cast<uint32_t>(width_)) + static_cast<uint32_t>(d),
          mark(y, d, count, costs.data()));
      }
  }

 private:
  // How many edges a row has in a direction.
  int number(int y, int direction) const;
  // What they cost; returns how many there are, and writes no more.
  int compute(int y, int direction, int32_t *costs) const;
  // Told apart.
  std::span<const uint32_t> mark(int y, int direction, int count, int32_t *costs) const;

  const std::vector<cv::Mat> &planes_;
  int width_, height_;
  float scale_;
  bool nothing_joins_;
  LargeArray<uint8_t> kinds_;  // of each pixel's edges: bits 0 to 3 of those that change nothing, 4 to 7 that join
};

}  // namespace sheaf::segment::graph
