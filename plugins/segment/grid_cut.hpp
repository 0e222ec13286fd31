// The least cut of a grid of pixels, each linked with its eight neighbours.
//
// The tree-growing maximum flow of Y. Boykov, V. Kolmogorov: An experimental
// comparison of min-cut/max-flow algorithms for energy minimization in vision,
// IEEE TPAMI 26(9), 2004. Capacities are integers, so that the result is exact.
// Changing terminals and cutting again starts from the flow found before
// (P. Kohli, P. Torr: Dynamic graph cuts, IEEE TPAMI 29(12), 2007). Bands of rows
// are solved on their own first and then joined two by two (J. Liu, J. Sun: Parallel
// graph-cuts by adaptive bottom-up merging, CVPR 2010); the bands depend on the
// height alone, so that the result does not depend on the number of threads.
#pragma once

#include <cstdint>
#include <vector>

#include "common/parallel.hpp"
#include "common/poll.hpp"

namespace sheaf::segment {

class GridCut {
 public:
  enum Direction { east, west, south, north, south_east, north_west, south_west, north_east, directions };

  GridCut(int width, int height);
  static int64_t bytes(int width, int height) { return (int64_t{width} + 2) * (int64_t{height} + 2) * sizeof(Node); }

  // Sets the capacity between a pixel and its neighbour, the same both ways.
  void link(int x, int y, Direction to, int32_t capacity);
  // Adds to what prefers the source's side (positive) or the sink's (negative).
  void prefer(int x, int y, int32_t amount) { nodes_[at(x, y)].terminal += amount; }
  void cut(const Parallel &parallel = serial, const Poll &poll = never_stop);
  // On the source's side of the last cut. Pixels that either side may have are not.
  bool in_source(int x, int y) const { return nodes_[at(x, y)].tree == source; }

 private:
  enum Tree : uint8_t { none, source, sink };
  static constexpr uint8_t root = directions, orphan = directions + 1;
  // One line of the processor's cache.
  struct alignas(64) Node {
    int32_t residual[directions] = {};
    int32_t terminal = 0;  // residual capacity from the source; to the sink if negative
    int32_t stamp = 0, distance = 0;
    int32_t next = -1;  // in the queue of active nodes; itself at the end
    Tree tree = none;
    uint8_t parent = orphan;  // direction
  };

  class Flow;

  size_t at(int x, int y) const { return static_cast<size_t>(y + 1) * static_cast<size_t>(stride_) + x + 1; }

  int width_, height_, stride_;
  int32_t offset_[directions];
  std::vector<Node> nodes_;
};

}  // namespace sheaf::segment
