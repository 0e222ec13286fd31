#include "grid_cut.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace sheaf::segment {

// The maximum flow between the nodes [begin, end), whole rows; links that leave them are left alone.
class GridCut::Flow {
 public:
  Flow(Node *nodes, const int32_t *offset, int32_t begin, int32_t end)
      : nodes_(nodes), offset_(offset), begin_(begin), end_(end) {}
  void run(const Poll &poll);

 private:
  bool mine(int32_t i) const { return i >= begin_ && i < end_; }
  void activate(int32_t i);
  int32_t next_active();
  void plant();
  bool grow(int32_t i, int32_t &from, int &edge);
  void augment(int32_t from, int edge);
  void adopt(int32_t i);
  bool distance_to_root(int32_t i, int &distance) const;
  void give_up(int32_t i);
  // Residual capacity of the edge to a neighbour in the direction of the flow:
  // away from the node in the source's tree, towards it in the sink's.
  static int32_t downstream(const Node &node, int d, const Node &neighbour, Tree tree) {
    return tree == source ? node.residual[d] : neighbour.residual[d ^ 1];
  }

  Node *nodes_;
  const int32_t *offset_;
  int32_t begin_, end_;
  int32_t first_ = -1, last_ = -1, time_ = 0;
  std::vector<int32_t> orphans_, orphans_later_;
};

GridCut::GridCut(int width, int height) : width_(width), height_(height), stride_(width + 2) {
  nodes_.resize(static_cast<size_t>(stride_) * static_cast<size_t>(height + 2));
  const int32_t s = stride_;
  const int32_t offsets[directions] = {1, -1, s, -s, s + 1, -s - 1, s - 1, -s + 1};
  std::copy(offsets, offsets + directions, offset_);
}

void GridCut::link(int x, int y, Direction to, int32_t capacity) {
  const size_t i = at(x, y);
  nodes_[i].residual[to] = capacity;
  nodes_[i + static_cast<size_t>(offset_[to])].residual[to ^ 1] = capacity;
}

void GridCut::Flow::activate(int32_t i) {
  if (nodes_[i].next >= 0) return;
  nodes_[i].next = i;
  if (last_ >= 0) nodes_[last_].next = i;
  else first_ = i;
  last_ = i;
}

// The next active node that is still in a tree; -1 at the end.
int32_t GridCut::Flow::next_active() {
  while (first_ >= 0) {
    const int32_t i = first_;
    if (nodes_[i].next == i) first_ = last_ = -1;
    else first_ = nodes_[i].next;
    nodes_[i].next = -1;
    if (nodes_[i].tree != none) return i;
  }
  return -1;
}

// Every pixel that a terminal still reaches is the root of a tree.
void GridCut::Flow::plant() {
  for (int32_t i = begin_; i < end_; i++) {
    Node &n = nodes_[i];
    n.next = -1;
    n.stamp = 0;
    n.distance = 1;
    n.tree = n.terminal > 0 ? source : n.terminal < 0 ? sink : none;
    n.parent = n.tree == none ? orphan : root;
    if (n.tree != none) activate(i);
  }
}

// Extends the tree of node i to its neighbours. True if it meets the other
// tree: then `edge` leads from `from`, in the source's tree, to the sink's.
bool GridCut::Flow::grow(int32_t i, int32_t &from, int &edge) {
  const Node &n = nodes_[i];
  for (int d = 0; d < directions; d++) {
    const int32_t j = i + offset_[d];
    if (!mine(j)) continue;
    Node &m = nodes_[j];
    if (downstream(n, d, m, n.tree) == 0) continue;
    if (m.tree == none) {
      m.tree = n.tree;
      m.parent = static_cast<uint8_t>(d ^ 1);
      m.stamp = n.stamp;
      m.distance = n.distance + 1;
      activate(j);
    } else if (m.tree != n.tree) {
      from = n.tree == source ? i : j;
      edge = n.tree == source ? d : d ^ 1;
      return true;
    } else if (m.stamp <= n.stamp && m.distance > n.distance) {
      m.parent = static_cast<uint8_t>(d ^ 1);  // a shorter way to the root
      m.stamp = n.stamp;
      m.distance = n.distance + 1;
    }
  }
  return false;
}

void GridCut::Flow::augment(int32_t from, int edge) {
  const int32_t to = from + offset_[edge];
  int32_t flow = nodes_[from].residual[edge];
  int32_t i = from;
  for (; nodes_[i].parent != root; i += offset_[nodes_[i].parent]) {
    const int up = nodes_[i].parent;
    flow = std::min(flow, nodes_[i + offset_[up]].residual[up ^ 1]);
  }
  flow = std::min(flow, nodes_[i].terminal);
  for (i = to; nodes_[i].parent != root; i += offset_[nodes_[i].parent])
    flow = std::min(flow, nodes_[i].residual[nodes_[i].parent]);
  flow = std::min(flow, -nodes_[i].terminal);

  nodes_[from].residual[edge] -= flow;
  nodes_[to].residual[edge ^ 1] += flow;
  const auto cut_off = [&](int32_t node) {
    nodes_[node].parent = orphan;
    orphans_.push_back(node);
  };
  for (i = from;;) {
    Node &n = nodes_[i];
    const int up = n.parent;
    if (up == root) {
      n.terminal -= flow;
      if (n.terminal == 0) cut_off(i);
      break;
    }
    Node &p = nodes_[i + offset_[up]];
    n.residual[up] += flow;
    p.residual[up ^ 1] -= flow;
    if (p.residual[up ^ 1] == 0) cut_off(i);
    i += offset_[up];
  }
  for (i = to;;) {
    Node &n = nodes_[i];
    const int up = n.parent;
    if (up == root) {
      n.terminal += flow;
      if (n.terminal == 0) cut_off(i);
      break;
    }
    Node &p = nodes_[i + offset_[up]];
    p.residual[up ^ 1] += flow;
    n.residual[up] -= flow;
    if (n.residual[up] == 0) cut_off(i);
    i += offset_[up];
  }
}

// Steps from a node to the root of its tree; false if it hangs on an orphan.
bool GridCut::Flow::distance_to_root(int32_t i, int &distance) const {
  distance = 0;
  for (;; i += offset_[nodes_[i].parent]) {
    const Node &n = nodes_[i];
    if (n.parent == orphan) return false;
    if (n.stamp == time_) {
      distance += n.distance;
      return true;
    }
    distance++;
    if (n.parent == root) return true;
  }
}

// Finds a new parent for a node that has lost its own, nearest to the root.
void GridCut::Flow::adopt(int32_t i) {
  Node &n = nodes_[i];
  int best = orphan, shortest = std::numeric_limits<int>::max();
  for (int d = 0; d < directions; d++) {
    const int32_t j = i + offset_[d];
    if (!mine(j)) continue;
    const Node &m = nodes_[j];
    if (m.tree != n.tree || downstream(m, d ^ 1, n, n.tree) == 0) continue;
    int distance;
    if (!distance_to_root(j, distance)) continue;
    if (distance < shortest) {
      shortest = distance;
      best = d;
    }
    // what was found on the way holds until the next augmentation
    int32_t k = j;
    for (int step = distance; nodes_[k].stamp != time_; step--) {
      nodes_[k].stamp = time_;
      nodes_[k].distance = step;
      if (nodes_[k].parent == root) break;
      k += offset_[nodes_[k].parent];
    }
  }
  if (best == orphan) return give_up(i);
  n.parent = static_cast<uint8_t>(best);
  n.stamp = time_;
  n.distance = shortest + 1;
}

void GridCut::Flow::give_up(int32_t i) {
  Node &n = nodes_[i];
  for (int d = 0; d < directions; d++) {
    const int32_t j = i + offset_[d];
    if (!mine(j)) continue;
    Node &m = nodes_[j];
    if (m.tree != n.tree) continue;
    if (downstream(m, d ^ 1, n, n.tree) > 0) activate(j);
    if (m.parent == (d ^ 1)) {
      m.parent = orphan;
      orphans_later_.push_back(j);
    }
  }
  n.tree = none;
}

void GridCut::Flow::run(const Poll &poll) {
  plant();
  int32_t current = -1;
  for (int64_t work = 0;; work++) {
    if (work % 8192 == 8191) poll();
    int32_t i = current;
    if (i < 0 || nodes_[i].tree == none) {
      i = next_active();
      if (i < 0) break;
    }
    int32_t from;
    int edge;
    current = -1;
    if (!grow(i, from, edge)) continue;
    current = i;  // may meet the other tree again
    time_++;
    augment(from, edge);
    while (!orphans_.empty()) {
      const int32_t o = orphans_.back();
      orphans_.pop_back();
      adopt(o);
      // their children, in the order in which they were cut off
      for (size_t k = 0; k < orphans_later_.size(); k++) adopt(orphans_later_[k]);
      orphans_later_.clear();
    }
  }
}

void GridCut::cut(const Parallel &parallel, const Poll &poll) {
  constexpr int least_rows = 24;
  int bands = 1;
  while (bands < 64 && height_ / (2 * bands) >= least_rows) bands *= 2;
  for (; bands >= 1; bands /= 2)
    parallel(bands, [&](int64_t b) {
      const auto row = [&](int64_t band) { return static_cast<int32_t>(height_ * band / bands + 1) * stride_; };
      Flow(nodes_.data(), offset_, row(b), row(b + 1)).run(poll);
    });
}

}  // namespace sheaf::segment
