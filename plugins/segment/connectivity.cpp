#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

#include "slic.hpp"

namespace sheaf::segment {
namespace {

struct Piece {
  int64_t pixels = 0;
  double colour[3] = {};
  int first_link = -1, last_link = -1;  // pieces that touch it; kept for small ones only
};

// An element of the list of a piece's neighbours.
struct Link {
  int piece, next;
};

class Pieces {
 public:
  Pieces(const Planes &planes, View<const uint32_t> labels, const Poll &poll, const Parallel &parallel)
      : planes_(planes),
        components_(labels, Join::same_label_edges, poll, parallel),
        piece_(components_.count()),
        parent_(components_.count()) {
    std::iota(parent_.begin(), parent_.end(), 0);
    // the spans on all threads, but added up in their order
    constexpr size_t spans_of_block = 1 << 11;
    const auto &spans = components_.spans();
    std::vector<std::array<double, 3>> colour(spans.size());
    parallel(static_cast<int64_t>((spans.size() + spans_of_block - 1) / spans_of_block), [&](int64_t block) {
      poll();
      const size_t first = static_cast<size_t>(block) * spans_of_block;
      for (size_t i = first; i < std::min(first + spans_of_block, spans.size()); i++)
        for (int c = 0; c < planes.count; c++)
          colour[i][static_cast<size_t>(c)] = sum(planes.plane[c].ptr<float>(spans[i].y), spans[i].begin, spans[i].end);
    });
    for (size_t i = 0; i < spans.size(); i++) {
      Piece &p = piece_[spans[i].component];
      p.pixels += spans[i].end - spans[i].begin;
      for (size_t c = 0; c < 3; c++) p.colour[c] += colour[i][c];
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

  // Labels in the order of their first pixels. Returns how many there are.
  uint32_t paint(Labels labels) {
    std::vector<uint32_t> number(piece_.size());
    uint32_t count = 0;
    for (const Span &s : components_.spans()) {
      uint32_t &n = number[root(s.component)];
      if (n == 0) n = ++count;
      std::fill(labels.row(s.y) + s.begin, labels.row(s.y) + s.end, n);
    }
    return count;
  }

 private:
  static double sum(const float *row, int x, int end) {
    double even = 0, odd = 0;  // two sums at a time
    for (; x + 1 < end; x += 2) {
      even += row[x];
      odd += row[x + 1];
    }
    if (x < end) even += row[x];
    return even + odd;
  }

  int root(int i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }

  int join(int a, int b) {
    const int from = std::max(a, b), to = std::min(a, b);
    parent_[from] = to;
    Piece &piece = piece_[to], &other = piece_[from];
    piece.pixels += other.pixels;
    for (int c = 0; c < 3; c++) piece.colour[c] += other.colour[c];
    if (other.first_link < 0) return to;
    if (piece.first_link < 0) piece.first_link = other.first_link;
    else link_[piece.last_link].next = other.first_link;
    piece.last_link = other.last_link;
    return to;
  }

  // Of equally close ones the first.
  int closest(int small) {
    const Piece &here = piece_[small];
    int best = -1, before = -1;
    double least = std::numeric_limits<double>::infinity();
    for (int i = here.first_link; i >= 0; i = link_[i].next) {
      const int n = link_[i].piece = root(link_[i].piece);
      if (n == small || n == before) continue;
      before = n;
      double distance = 0;
      for (int c = 0; c < planes_.count; c++) {
        const double d = piece_[n].colour[c] / static_cast<double>(piece_[n].pixels) -
                         here.colour[c] / static_cast<double>(here.pixels);
        distance += d * d;
      }
      if (distance < least || (distance == least && n < best)) {
        least = distance;
        best = n;
      }
    }
    return best;
  }

  void find_neighbours(int64_t min_size) {
    std::vector<char> small(piece_.size());
    for (size_t i = 0; i < small.size(); i++) small[i] = piece_[i].pixels < min_size;
    const auto link = [&](int from, int to) {
      if (!small[from]) return;
      Piece &piece = piece_[from];
      const int last = piece.last_link;
      if (last >= 0 && link_[last].piece == to) return;
      piece.last_link = static_cast<int>(link_.size());
      (last < 0 ? piece.first_link : link_[last].next) = piece.last_link;
      link_.push_back({to, -1});
    };
    const auto touch = [&](int a, int b) {
      link(a, b);
      link(b, a);
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
  std::vector<Link> link_;
  std::vector<int> parent_;
};

}  // namespace

uint32_t enforce_connectivity(const Planes &planes, int64_t min_size, Labels labels, const Poll &poll,
                              const Parallel &parallel) {
  Pieces pieces(planes, labels, poll, parallel);
  poll();
  pieces.join_small(min_size);
  poll();
  return pieces.paint(labels);
}

}  // namespace sheaf::segment
