#include <algorithm>
#include <limits>
#include <numeric>

#include "regions.hpp"
#include "slic.hpp"

namespace sheaf::segment {
namespace {

struct Piece {
  int64_t pixels = 0;
  double colour[3] = {};
  std::vector<int> neighbours;  // pieces that touch it; kept for small ones only
};

class Pieces {
 public:
  Pieces(const Planes &planes, View<const uint32_t> labels, const Poll &poll)
      : planes_(planes),
        components_(labels, Join::same_label_edges, poll),
        piece_(components_.count()),
        parent_(components_.count()) {
    std::iota(parent_.begin(), parent_.end(), 0);
    for (const Span &s : components_.spans()) {
      Piece &p = piece_[s.component];
      p.pixels += s.end - s.begin;
      for (int c = 0; c < planes.count; c++) {
        const auto *row = planes.plane[c].ptr<float>(s.y);
        for (int x = s.begin; x < s.end; x++) p.colour[c] += row[x];
      }
    }
  }

  void join_small(int64_t min_size) {
    find_neighbours(min_size);
    for (int i = 0; i < components_.count(); i++) {
      int small = root(i);
      while (piece_[small].pixels < min_size) {
        const int to = closest(small);
        if (to < 0) break;
        small = join(small, to);
      }
    }
  }

  void paint(Labels labels) {
    for (const Span &s : components_.spans())
      std::fill(labels.row(s.y) + s.begin, labels.row(s.y) + s.end, static_cast<uint32_t>(root(s.component)) + 1);
  }

 private:
  int root(int i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }

  int join(int a, int b) {
    const int from = std::max(a, b), to = std::min(a, b);
    parent_[from] = to;
    piece_[to].pixels += piece_[from].pixels;
    for (int c = 0; c < 3; c++) piece_[to].colour[c] += piece_[from].colour[c];
    auto &more = piece_[from].neighbours, &all = piece_[to].neighbours;
    all.insert(all.end(), more.begin(), more.end());
    more = {};
    return to;
  }

  // Of equally close ones the first.
  int closest(int small) {
    auto &neighbours = piece_[small].neighbours;
    for (int &n : neighbours) n = root(n);
    std::sort(neighbours.begin(), neighbours.end());
    neighbours.erase(std::unique(neighbours.begin(), neighbours.end()), neighbours.end());
    int best = -1;
    double least = std::numeric_limits<double>::infinity();
    for (const int n : neighbours) {
      if (n == small) continue;
      double distance = 0;
      for (int c = 0; c < planes_.count; c++) {
        const double d = piece_[n].colour[c] / static_cast<double>(piece_[n].pixels) -
                         piece_[small].colour[c] / static_cast<double>(piece_[small].pixels);
        distance += d * d;
      }
      if (distance < least) {
        least = distance;
        best = n;
      }
    }
    return best;
  }

  void find_neighbours(int64_t min_size) {
    const auto touch = [&](int a, int b) {
      if (piece_[a].pixels < min_size) piece_[a].neighbours.push_back(b);
      if (piece_[b].pixels < min_size) piece_[b].neighbours.push_back(a);
    };
    const auto &spans = components_.spans();
    size_t above = 0;  // first span of an earlier row that may touch
    for (size_t i = 0; i < spans.size(); i++) {
      const Span &here = spans[i];
      if (i > 0 && spans[i - 1].y == here.y && spans[i - 1].end == here.begin)
        touch(spans[i - 1].component, here.component);
      while (above < i &&
             (spans[above].y < here.y - 1 || (spans[above].y == here.y - 1 && spans[above].end <= here.begin)))
        above++;
      for (size_t a = above; a < i && spans[a].y == here.y - 1 && spans[a].begin < here.end; a++)
        if (spans[a].component != here.component) touch(spans[a].component, here.component);
    }
  }

  const Planes &planes_;
  Components components_;
  std::vector<Piece> piece_;
  std::vector<int> parent_;
};

}  // namespace

uint32_t enforce_connectivity(const Planes &planes, int64_t min_size, Labels labels, const Poll &poll) {
  Pieces pieces(planes, labels, poll);
  poll();
  pieces.join_small(min_size);
  poll();
  pieces.paint(labels);
  return relabel(labels, poll);
}

}  // namespace sheaf::segment
