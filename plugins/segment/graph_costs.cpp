#include "graph_costs.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/vectorized.hpp"

namespace sheaf::segment::graph {
namespace {

constexpr float steps_of_level = 1 << 15;
constexpr int32_t no_edge = std::numeric_limits<int32_t>::max();  // the cost of one that there is not

// Where the second pixel of an edge lies.
int right_of(int direction) { return direction == 1 ? 0 : 1; }
int below_of(int direction) { return direction == 0 ? 0 : direction == 3 ? -1 : 1; }

// Rows [first, end) of values, each with some before and after.
template <class T>
class Rows {
 public:
  Rows(int width, int first, int end, T value)
      : first_(first),
        stride_(static_cast<size_t>(width) + 2 * beside),
        values_(stride_ * static_cast<size_t>(end - first), value) {}
  T *operator[](int y) { return &values_[stride_ * static_cast<size_t>(y - first_) + beside]; }

 private:
  static constexpr size_t beside = 16;
  int first_;
  size_t stride_;
  std::vector<T> values_;
};

// Costs of all edges of some rows, by direction.
struct Edges {
  Rows<int32_t> right, below, below_right, above_right;
  Edges(int width, int first, int end)
      : right(width, first, end, no_edge), below(right), below_right(right), above_right(right) {}
  Rows<int32_t> &operator[](int direction) {
    Rows<int32_t> *const all[directions] = {&right, &below, &below_right, &above_right};
    return *all[direction];
  }
};

// Of each pixel of row y: what its cheapest edge costs, if that is a single one and cheap enough to join; else -1.
void find_joining(Edges &edges, int y, int width, float scale, int32_t *joining) {
  vectorized_wide([=, right = edges.right[y], below = edges.below[y], above = edges.below[y - 1],
                   below_right = edges.below_right[y], above_left = edges.below_right[y - 1],
                   above_right = edges.above_right[y], below_left = edges.above_right[y + 1]] {
    for (int x = 0; x < width; x++) {
      const auto least_two = [](int32_t a, int32_t b, int32_t c, int32_t d, int32_t &first, int32_t &second) {
        const int32_t e = std::min(a, b), f = std::min(c, d);
        first = std::min(e, f);
        second = std::min(std::max(e, f), std::min(std::max(a, b), std::max(c, d)));
      };
      int32_t a, b, c, d;
      least_two(right[x], right[x - 1], below[x], above[x], a, b);
      least_two(below_right[x], above_left[x - 1], above_right[x], below_left[x - 1], c, d);
      const int32_t cheapest = std::min(a, c), next = std::min(std::max(a, c), std::min(b, d));
      const bool joins = (cheapest < next) & (static_cast<float>(cheapest) / steps_of_level < scale);
      joining[x] = joins ? cheapest : -1;
    }
  });
}

// A cell has the pixels a b, and an edge between any two of them.
//                       c d
enum Side : int32_t { side_ab = 1, side_cd = 2, side_ac = 4, side_bd = 8, side_ad = 16, side_cb = 32 };

// Of each cell of rows y and y + 1: the edges that a cheaper way round replaces. `nothing`: what an edge costs that
// joins any sets, -1 for none.
void find_replaced(Edges &edges, Rows<int32_t> &joining, int y, int width, int32_t nothing, uint8_t *replaced) {
  vectorized_wide([=, top = edges.right[y], bottom = edges.right[y + 1], left = edges.below[y],
                   falling = edges.below_right[y], rising = edges.above_right[y + 1], above = joining[y],
                   below = joining[y + 1]] {
    for (int x = 0; x < width; x++) {
      const int32_t ab = top[x], cd = bottom[x], ac = left[x], bd = left[x + 1], ad = falling[x], cb = rising[x];
      const int32_t a = above[x], b = above[x + 1], c = below[x], d = below[x + 1];
      const bool pair_ab = (ab == a) & (ab == b), pair_cd = (cd == c) & (cd == d), pair_ac = (ac == a) & (ac == c);
      const bool pair_bd = (bd == b) & (bd == d), pair_ad = (ad == a) & (ad == d), pair_cb = (cb == c) & (cb == b);
      // triangles with a pair: the dearest side is replaced
      const bool abc = pair_ab | pair_ac | pair_cb, abd = pair_ab | pair_bd | pair_ad;
      const bool acd = pair_ac | pair_cd | pair_ad, bcd = pair_bd | pair_cd | pair_cb;
      const auto dearest = [](int32_t e, int32_t f, int32_t g) { return (e > f) & (e > g); };
      // rings of edges that cost nothing: diagonals and lower sides are replaced
      const bool no_ab = ab == nothing, no_cd = cd == nothing, no_ac = ac == nothing, no_bd = bd == nothing;
      const bool no_ad = (ad == nothing) & ((no_ab & no_bd) | (no_ac & no_cd));
      const bool no_cb = (cb == nothing) & ((no_ab & no_ac) | (no_bd & no_cd));
      const bool ring = no_ab & no_cd & no_ac & no_bd;
      int32_t sides = 0;
      sides |= (abc & dearest(ab, ac, cb)) | (abd & dearest(ab, bd, ad)) ? side_ab : 0;
      sides |= (acd & dearest(cd, ac, ad)) | (bcd & dearest(cd, bd, cb)) | ring ? side_cd : 0;
      sides |= (abc & dearest(ac, ab, cb)) | (acd & dearest(ac, cd, ad)) ? side_ac : 0;
      sides |= (abd & dearest(bd, ab, ad)) | (bcd & dearest(bd, cd, cb)) ? side_bd : 0;
      sides |= (abd & dearest(ad, ab, bd)) | (acd & dearest(ad, ac, cd)) | no_ad ? side_ad : 0;
      sides |= (abc & dearest(cb, ab, ac)) | (bcd & dearest(cb, bd, cd)) | no_cb ? side_cb : 0;
      replaced[x] = static_cast<uint8_t>(sides);
    }
  });
}

}  // namespace

Costs::Costs(const std::vector<cv::Mat> &planes, float scale)
    : planes_(planes),
      width_(planes[0].cols),
      height_(planes[0].rows),
      scale_(scale),
      nothing_joins_(scale / (static_cast<float>(width_) * static_cast<float>(height_)) > 0),
      kinds_(static_cast<size_t>(width_) * static_cast<size_t>(height_)) {}

int Costs::number(int y, int direction) const {
  const int other = y + below_of(direction);
  return y < 0 || y >= height_ || other < 0 || other >= height_ ? 0 : width_ - right_of(direction);
}

int Costs::compute(int y, int direction, int32_t *costs) const {
  const int count = number(y, direction), other = y + below_of(direction), dx = right_of(direction);
  if (count == 0) return 0;
  const auto row = [&](size_t plane) { return planes_[plane].ptr<float>(y); };
  const auto other_row = [&](size_t plane) { return planes_[plane].ptr<float>(other) + dx; };
  const auto cost = [](float distance) { return static_cast<int32_t>(distance * steps_of_level + 0.5f); };
  if (planes_.size() == 1)
    vectorized_wide([=, a = row(0), b = other_row(0)] {
      for (int x = 0; x < count; x++) costs[x] = cost(std::abs(a[x] - b[x]));
    });
  else
    vectorized_wide([=, a = row(0), b = other_row(0), c = row(1), d = other_row(1), e = row(2), f = other_row(2)] {
      for (int x = 0; x < count; x++) {
        const float first = a[x] - b[x], second = c[x] - d[x], third = e[x] - f[x];
        costs[x] = cost(std::sqrt(first * first + second * second + third * third));
      }
    });
  return count;
}

std::span<const uint32_t> Costs::mark(int y, int direction, int count, int32_t *costs) const {
  const uint8_t *kinds = kinds_.data() + static_cast<size_t>(y) * static_cast<size_t>(width_);
  vectorized_wide([=] {
    for (int x = 0; x < count; x++) {
      const int32_t kind = kinds[x] >> direction;
      const int32_t cost = costs[x] + (kind >> directions & 1) * static_cast<int32_t>(joins);
      costs[x] = kind & 1 ? static_cast<int32_t>(changes_nothing) : cost;
    }
  });
  return {reinterpret_cast<const uint32_t *>(costs), static_cast<size_t>(count)};
}

void Costs::tell_apart(int block, const OfRow &f) {
  const int first = block * rows_of_block, end = std::min(height_, first + rows_of_block);
  // The edges of a row lie in its own cells and in those above, which depend on the edges of all their pixels.
  Edges edges(width_, first - 2, end + 2);
  for (int y = first - 2; y < end + 2; y++)
    for (int d = 0; d < directions; d++) compute(y, d, edges[d][y]);
  Rows<int32_t> joining(width_, first - 1, end + 1, -1);
  for (int y = first - 1; y < end + 1; y++) find_joining(edges, y, width_, scale_, joining[y]);
  Rows<uint8_t> replaced(width_, first - 1, end, 0);
  for (int y = first - 1; y < end; y++) find_replaced(edges, joining, y, width_, nothing_joins_ ? 0 : -1, replaced[y]);
  for (int y = first; y < end; y++) {
    vectorized_wide([=, kinds = kinds_.data() + static_cast<size_t>(y) * static_cast<size_t>(width_), width = width_,
                     cells = replaced[y], cells_above = replaced[y - 1], right = edges.right[y], below = edges.below[y],
                     below_right = edges.below_right[y], above_right = edges.above_right[y], joins = joining[y],
                     joins_below = joining[y + 1], joins_above = joining[y - 1], inside_below = y + 1 < end,
                     inside_above = y > first] {
      for (int x = 0; x < width; x++) {
        const int32_t here = joins[x], cell = cells[x], above = cells_above[x];
        int32_t kind = 0;
        kind |= (cell & side_ab) | (above & side_cd) ? 1 : 0;
        kind |= (cell & side_ac) | (cells[x - 1] & side_bd) ? 2 : 0;
        kind |= cell & side_ad ? 4 : 0;
        kind |= above & side_cb ? 8 : 0;
        kind |= (right[x] == here) & (right[x] == joins[x + 1]) ? 16 : 0;
        kind |= inside_below & (below[x] == here) & (below[x] == joins_below[x]) ? 32 : 0;
        kind |= inside_below & (below_right[x] == here) & (below_right[x] == joins_below[x + 1]) ? 64 : 0;
        kind |= inside_above & (above_right[x] == here) & (above_right[x] == joins_above[x + 1]) ? 128 : 0;
        kinds[x] = static_cast<uint8_t>(kind);
      }
    });
    for (int d = 0; d < directions; d++) f(mark(y, d, number(y, d), edges[d][y]));
  }
}

}  // namespace sheaf::segment::graph
