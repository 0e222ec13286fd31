#include "graph_merge.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <tuple>

#include "graph_edges.hpp"

namespace sheaf::segment {
namespace {

using namespace graph;

// Disjoint sets of pixels. A set is withheld from the strip that it lies in, or begins in, if it lies at the border of
// another one or waits for an edge that is decided later; the sign of its limit says so.
class Forest {
 public:
  Forest(size_t pixels, float scale) : scale_(scale), trees_(pixels) {}

  // Makes a set of each pixel in [first, end).
  void plant(uint32_t first, uint32_t end) { std::fill(trees_.data() + first, trees_.data() + end, Tree{-1, scale_}); }
  // Shortens the path.
  uint32_t root(uint32_t i) {
    i = step(i);
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
    i = step(i);
    while (trees_[i].parent >= 0) i = static_cast<uint32_t>(trees_[i].parent);
    return i;
  }
  void prefetch(uint32_t i) const { __builtin_prefetch(&trees_[i]); }
  uint32_t size(uint32_t root) const { return static_cast<uint32_t>(-trees_[root].parent); }
  // A set merges along edges that cost less: than its dearest edge plus scale / size.
  float limit(uint32_t root) const { return std::abs(trees_[root].limit); }
  // The same, but less than 0, or -0, for what is withheld.
  float known_limit(uint32_t root) const { return trees_[root].limit; }
  void withhold(uint32_t root) { trees_[root].limit = -std::abs(trees_[root].limit); }
  void release(uint32_t root) { trees_[root].limit = std::abs(trees_[root].limit); }

  // Of two sets; of one and the same, changes nothing.
  void join(uint32_t a, uint32_t b, float cost) {
    const Tree x = trees_[a], y = trees_[b];
    const uint32_t two = mask(a != b), swap = (a ^ b) & mask(size(a) < size(b)), larger = a ^ swap, other = b ^ swap;
    const auto parent = static_cast<uint32_t>(x.parent), both = parent + (static_cast<uint32_t>(y.parent) & two);
    const auto limit_a = std::bit_cast<uint32_t>(x.limit), limit_b = std::bit_cast<uint32_t>(y.limit);
    const float limit = cost + scale_ / static_cast<float>(-both);
    const uint32_t withheld = (limit_a | limit_b) & sign;
    trees_[other].parent = static_cast<int32_t>(choose(two, larger, parent));
    trees_[larger] = {static_cast<int32_t>(both),
                      std::bit_cast<float>(choose(two, std::bit_cast<uint32_t>(limit) | withheld, limit_a))};
  }

 private:
  // What comes next on a path or of a pair cannot be predicted: numbers are chosen by masks, without branches.
  static uint32_t mask(bool all) { return -static_cast<uint32_t>(all); }
  static uint32_t choose(uint32_t mask, uint32_t a, uint32_t b) { return (a & mask) | (b & ~mask); }
  // The parent, or itself if it is a root.
  uint32_t step(uint32_t i) const {
    const int32_t parent = trees_[i].parent;
    return choose(static_cast<uint32_t>(parent >> 31), i, static_cast<uint32_t>(parent));
  }

  struct Tree {
    int32_t parent;  // of a root, less than 0: minus its size
    float limit;     // of a root
  };
  static constexpr uint32_t sign = 1u << 31;
  float scale_;
  LargeArray<Tree> trees_;
};

// The image is divided in strips, which are merged at the same time, some lots at a time. What a strip cannot know
// alone is put off until all are done with these, and is decided in the order of costs by one thread:
// - edges of sets at the border of another strip, which wants to change them, too;
// - edges of sets that wait for such an edge.
// A set that merges no more, whatever happens to its neighbour, puts nothing off. So the result is that of one strip;
// of the edges, mostly one in twenty or fewer are put off.
class Merging {
 public:
  Merging(Lots &all, int width, int height, const MergeOptions &options, const Parallel &parallel, const Poll &poll)
      : all_(all),
        width_(static_cast<uint32_t>(width)),
        least_size_(static_cast<uint32_t>(std::max(0, options.min_size))),
        forest_(static_cast<size_t>(width) * static_cast<size_t>(height), static_cast<float>(options.scale)),
        sets_(static_cast<size_t>(width) * static_cast<size_t>(height)),
        parallel_(parallel),
        poll_(poll) {
    size_t room = 0;
    for (const Blocks &b : all.strips) {
      strips_.push_back({b, static_cast<uint32_t>(b.first * rows_of_block) * width_,
                         static_cast<uint32_t>(std::min(height, b.end * rows_of_block)) * width_, room});
      room += all.largest(b);
    }
    other_ = LargeArray<Edge>(room);
    sorted_ = LargeArray<Edge>(room);
    merge_similar(0, first_round);
    for (int lot = first_round; lot < lots; lot++) merge_similar(lot, lot + 1);
    if (least_size_ > 1) merge_small();
  }
  uint32_t root(uint32_t pixel) const { return forest_.find(sets_[pixel] & ~marked); }

 private:
  struct Strip {
    Blocks blocks;
    uint32_t first, end;  // pixels
    size_t room;          // where it sorts its edges
    // edges that cannot be decided yet, those of a lot between two strips, and sets that wait
    std::vector<Edge> put_off, crossing;
    std::vector<uint32_t> waiting;
    std::vector<Edge> between[lots];  // edges that joined no sets, of which one may be too small
  };

  // Rows come before directions, and these before columns.
  bool earlier(const Edge &a, const Edge &b) const {
    if (a.cost != b.cost) return a.cost < b.cost;
    const uint32_t row = a.number / 4 / width_, other = b.number / 4 / width_;
    return std::tuple(row, a.number % 4, a.number) < std::tuple(other, b.number % 4, b.number);
  }
  std::vector<Edge> in_order(const std::vector<Edge> &a, std::span<const Edge> b) const {
    std::vector<Edge> both(a.size() + b.size());
    std::merge(a.begin(), a.end(), b.begin(), b.end(), both.begin(),
               [this](const Edge &x, const Edge &y) { return earlier(x, y); });
    return both;
  }
  bool small(uint32_t root) const { return forest_.size(root) < least_size_; }

  // Makes sets_ up to date for the strip, marked where nothing merges any more: a set whose limit is no more than the
  // cost of all edges to come stays as it is, and its edges only count again where it is too small in the end. To sets
  // that are withheld, edges of the cost `since` or more are still to come.
  void look_up_complete(const Strip &strip, float since, float cost) {
    // as whole numbers, floats that are not negative rise, and those that are negative come after them
    constexpr uint32_t sign = 1u << 31;
    const auto most = std::bit_cast<uint32_t>(cost), most_withheld = std::bit_cast<uint32_t>(since);
    look_up(strip, [=, this](uint32_t root) {
      const auto limit = std::bit_cast<uint32_t>(forest_.known_limit(root));
      return (limit <= most) | ((limit ^ sign) <= most_withheld);
    });
  }
  // Of all pixels, marked where a set is too small.
  void look_up_small() {
    parallel_(std::ssize(strips_), [&](int64_t i) {
      look_up(strips_[static_cast<size_t>(i)], [this](uint32_t root) { return small(root); });
    });
  }
  template <class F>
  void look_up(const Strip &strip, F &&mark) {
    constexpr uint32_t between_polls = 1 << 20;
    for (uint32_t first = strip.first; first < strip.end; first += std::min(between_polls, strip.end - first)) {
      poll_();
      const uint32_t end = first + std::min(between_polls, strip.end - first);
      for (uint32_t i = first; i < end; i++) {
        const uint32_t root = forest_.find(sets_[i] & ~marked);
        sets_[i] = root | static_cast<uint32_t>(mark(root)) << 31;
      }
    }
  }

  // f(edge, the sets of its ends when they were last looked up) for all, in their order.
  template <class F>
  void for_all(std::span<const Edge> edges, F &&f) {
    constexpr size_t between_polls = size_t{1} << 18, ahead = 16;
    const Ends ends(width_);
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
      f(edges[i], sets_[p] & ~marked, sets_[q] & ~marked);
    }
  }

  // Lots [first, end), which no strip need wait between. The first lots are best taken together: where one strip has
  // most of the cheapest edges, others mostly have more of the next.
  void merge_similar(int first, int end) {
    parallel_(std::ssize(strips_), [&](int64_t i) {
      Strip &strip = strips_[static_cast<size_t>(i)];
      if (first == 0) begin(strip);
      strip.put_off.clear();
      for (int lot = first; lot < end; lot++) {
        // few of the first edges lie inside a set
        if (lot > (strips_.size() > 1 ? 0 : 1))
          look_up_complete(strip, in_levels(all_.least_cost[first]), in_levels(all_.least_cost[lot]));
        merge_similar(lot, strip);
      }
    });
    std::vector<Edge> put_off;
    for (Strip &strip : strips_) {
      for (const uint32_t root : std::exchange(strip.waiting, {})) forest_.release(root);
      put_off = in_order(put_off, strip.put_off);
    }
    for (int lot = first; lot < end; lot++) {
      const auto next = std::partition_point(put_off.begin(), put_off.end(),
                                             [&](const Edge &e) { return e.cost < all_.least_cost[lot + 1]; });
      std::vector<Edge> between;
      for_all({put_off.begin(), next}, [&](const Edge &e, uint32_t p, uint32_t q) {
        const uint32_t a = forest_.root(p), b = forest_.root(q);
        if (a == b) return;
        const float cost = in_levels(e.cost);
        if (cost < std::min(forest_.limit(a), forest_.limit(b))) forest_.join(a, b, cost);
        else if (small(a) || small(b)) between.push_back(e);
      });
      if (!between.empty()) strips_[0].between[lot] = in_order(strips_[0].between[lot], between);
      put_off.erase(put_off.begin(), next);
    }
  }

  void merge_similar(int lot, Strip &strip) {
    strip.crossing.clear();
    for (int b = strip.blocks.first; b < strip.blocks.end; b++) {
      poll_();
      leave_out(all_.stretches[lot][static_cast<size_t>(b)], strip,
                strips_.size() > 1 && (b == strip.blocks.first || b == strip.blocks.end - 1));
    }
    std::vector<Edge> &between = strip.between[lot];
    for_all(sorted(strip, lot), [&, nothing_joins = all_.costs.nothing_joins()](const Edge &e, uint32_t p, uint32_t q) {
      // a set at the border is looked up already: what it consists of lies in another strip, too
      const uint32_t a = forest_.root(p), b = forest_.root(q);
      const float cost = in_levels(e.cost), limit_a = forest_.known_limit(a), limit_b = forest_.known_limit(b);
      // Edges that cost nothing come in any order. They all lie in the first lot: sets still end at borders.
      if ((a == b) | (cost < std::min(limit_a, limit_b)) | ((e.cost == 0) & nothing_joins)) {
        forest_.join(a, b, cost);
        return;
      }
      if ((std::signbit(limit_a) || std::signbit(limit_b)) && put_off(strip, e, a, b)) return;
      if (small(a) || small(b)) between.push_back(e);
    });
    std::sort(strip.crossing.begin(), strip.crossing.end(),
              [this](const Edge &x, const Edge &y) { return earlier(x, y); });
    strip.put_off = in_order(strip.put_off, strip.crossing);
  }

  // Puts an edge off and returns true, unless one of its sets merges no more.
  bool put_off(Strip &strip, const Edge &e, uint32_t a, uint32_t b) {
    for (const uint32_t root : {a, b}) {
      const float limit = forest_.known_limit(root);
      if (!std::signbit(limit) && limit <= in_levels(e.cost)) return false;
    }
    strip.put_off.push_back(e);
    for (const uint32_t root : {a, b}) {
      if (std::signbit(forest_.known_limit(root))) continue;
      forest_.withhold(root);
      strip.waiting.push_back(root);
    }
    return true;
  }

  // Each pixel is a set, but for those that are joined for certain.
  void begin(const Strip &strip) {
    forest_.plant(strip.first, strip.end);
    std::iota(sets_.data() + strip.first, sets_.data() + strip.end, strip.first);
    const auto withhold_row = [&](uint32_t first) {
      for (uint32_t pixel = first; pixel < first + width_; pixel++) forest_.withhold(pixel);
    };
    if (strip.first > 0) withhold_row(strip.first);
    if (strip.end < sets_.size()) withhold_row(strip.end - width_);
    const Ends ends(width_);
    for (int b = strip.blocks.first; b < strip.blocks.end; b++) {
      const Stretch &joins = all_.joins[static_cast<size_t>(b)];
      for (const Edge &e : std::span(joins.edges, joins.count)) {
        const auto [p, q] = ends(e);
        forest_.join(p, q, in_levels(e.cost - Costs::joins));
        sets_[q] = p;
      }
    }
  }

  // Keeps the edges of a stretch that have to be merged, and behind them those that are put off until regions are made
  // large enough.
  void leave_out(Stretch &s, Strip &strip, bool at_border) {
    const LargeArray<Edge> others(s.count);
    const Ends ends(width_);
    const uint32_t *sets = sets_.data();
    const uint32_t first = strip.first, end = strip.end;
    size_t count = 0;
    for (const Edge e : std::span(s.edges, s.count)) {
      const auto [p, q] = ends(e);
      if (at_border && (q < first || q >= end)) {
        strip.crossing.push_back(e);
        continue;
      }
      const uint32_t a = sets[p], b = sets[q], complete = (a | b) >> 31, between = a != b;
      s.edges[count] = others[s.put_off] = e;
      count += between & ~complete;
      s.put_off += between & complete;
    }
    std::copy_n(others.data(), s.put_off, s.edges + count);
    s.count = count;
  }

  void merge_small() {
    // most edges are in the last lots: before each of these it is worth while to leave out more
    constexpr int at_once = lots - 2;
    look_up_small();
    parallel_(std::ssize(strips_), [&](int64_t i) {
      Strip &strip = strips_[static_cast<size_t>(i)];
      for (int lot = 0; lot < lots; lot++) {
        take_put_off(lot, strip);
        leave_out_large(lot, strip, [sets = sets_.data()](uint32_t p, uint32_t q) {
          return (sets[p] != sets[q]) & ((sets[p] | sets[q]) >> 31);
        });
      }
      for (int lot = 0; lot < at_once; lot++) bring_in_order(lot, strip);
    });
    merge_small(0, at_once);
    for (int lot = at_once; lot < lots; lot++) {
      parallel_(std::ssize(strips_), [&](int64_t i) {
        Strip &strip = strips_[static_cast<size_t>(i)];
        leave_out_large(lot, strip, [this](uint32_t p, uint32_t q) {
          const uint32_t a = root(p), b = root(q);
          return (a != b) & (small(a) | small(b));
        });
        bring_in_order(lot, strip);
      });
      merge_small(lot, lot + 1);
    }
  }
  // Of lots [first, end).
  void merge_small(int first, int end) {
    for (int lot = first; lot < end; lot++) {
      std::vector<Edge> edges;
      for (Strip &strip : strips_) edges = in_order(edges, std::exchange(strip.between[lot], {}));
      for_all(edges, [&](const Edge &, uint32_t p, uint32_t q) {
        const uint32_t a = forest_.root(p), b = forest_.root(q);
        if (a != b && (small(a) || small(b))) forest_.join(a, b, 0);
      });
    }
  }

  // The edges of a lot that have been merged make way for those that were put off.
  void take_put_off(int lot, const Strip &strip) {
    for (int b = strip.blocks.first; b < strip.blocks.end; b++) {
      Stretch &s = all_.stretches[lot][static_cast<size_t>(b)];
      s = {s.edges + s.count, s.put_off, 0};
    }
  }
  // Leaves out the edges of a lot that join no set that is too small: those between other pixels than wanted(p, q).
  template <class F>
  void leave_out_large(int lot, Strip &strip, F &&wanted_between) {
    const auto wanted = [&wanted_between, ends = Ends(width_)](const Edge &e) {
      const auto [p, q] = ends(e);
      return wanted_between(p, q);
    };
    for (int b = strip.blocks.first; b < strip.blocks.end; b++) {
      poll_();
      Stretch &s = all_.stretches[lot][static_cast<size_t>(b)];
      size_t count = 0;
      for (const Edge e : std::span(s.edges, s.count)) {
        s.edges[count] = e;
        count += wanted(e);
      }
      s.count = count;
    }
    std::erase_if(strip.between[lot], std::not_fn(wanted));
  }
  // Adds those that were put off to the others.
  void bring_in_order(int lot, Strip &strip) {
    strip.between[lot] = in_order(strip.between[lot], sorted(strip, lot));
  }

  std::span<const Edge> sorted(const Strip &strip, int lot) {
    const std::span stretches(&all_.stretches[lot][static_cast<size_t>(strip.blocks.first)],
                              static_cast<size_t>(strip.blocks.end - strip.blocks.first));
    if (std::all_of(stretches.begin(), stretches.end(), [](const Stretch &s) { return s.count == 0; })) return {};
    const uint32_t least = all_.least_cost[lot];
    const int bits = std::bit_width(all_.least_cost[lot + 1] - least - 1);
    Edge *other = other_.data() + strip.room, *sorted = sorted_.data() + strip.room;
    const size_t count = sort_by_cost(stretches, least, bits, other, sorted);
    poll_();
    return {sorted, count};
  }

  Lots &all_;
  uint32_t width_, least_size_;
  Forest forest_;
  static constexpr uint32_t marked = 1u << 31;
  LargeArray<uint32_t> sets_;        // of each pixel, its root when it was last looked up
  LargeArray<Edge> other_, sorted_;  // a lot while it is sorted, and after that
  const Parallel &parallel_;
  const Poll &poll_;
  std::vector<Strip> strips_;
};

}  // namespace

void merge_graph(std::vector<cv::Mat> &planes, const MergeOptions &options, Labels labels, const Parallel &parallel,
                 const Poll &poll, int strips) {
  const int width = labels.width(), height = labels.height();
  if (options.sigma > 0)
    parallel(static_cast<int64_t>(planes.size()), [&](int64_t c) {
      // as far as SciPy's: 4 standard deviations
      const int side = 2 * static_cast<int>(4 * options.sigma + 0.5) + 1;
      cv::Mat &plane = planes[static_cast<size_t>(c)];
      cv::GaussianBlur(plane, plane, {side, side}, options.sigma, options.sigma, cv::BORDER_REFLECT);
    });
  poll();
  Lots all(planes, static_cast<float>(options.scale), strips, parallel, poll);
  const Merging merging(all, width, height, options, parallel, poll);
  for_rows(height, poll, parallel, [&](int y) {
    for (int x = 0; x < width; x++)
      labels(x, y) =
          merging.root(static_cast<uint32_t>(y) * static_cast<uint32_t>(width) + static_cast<uint32_t>(x)) + 1;
  });
}

}  // namespace sheaf::segment
