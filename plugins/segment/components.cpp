#include "components.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <map>

#include "common/vectorized.hpp"

namespace sheaf::segment {
namespace {

constexpr int rows_of_strip = 64;

// Union-find over spans; the root of a set is its first span.
int root(std::vector<int> &parent, int i) {
  while (parent[i] != i) i = parent[i] = parent[parent[i]];
  return i;
}

// Joins the spans [first, end) of one row to those [above, first) of the row before.
void join_rows(const std::vector<Span> &spans, size_t above, size_t first, size_t end, Join join,
               std::vector<int> &parent) {
  const bool any = join == Join::foreground || join == Join::foreground_edges;
  const int reach = join == Join::foreground || join == Join::same_label ? 1 : 0;  // across corners
  for (size_t i = first; i < end; i++) {
    const Span &here = spans[i];
    while (above < first && spans[above].end + reach <= here.begin) above++;
    for (size_t b = above; b < first && spans[b].begin < here.end + reach; b++) {
      if (!any && spans[b].label != here.label) continue;
      const int p = root(parent, static_cast<int>(i)), q = root(parent, static_cast<int>(b));
      parent[std::max(p, q)] = std::min(p, q);
    }
  }
}

// One bit a pixel, 64 to a word; at least one bit behind the last pixel is 0.
class Bits {
 public:
  explicit Bits(int width) : flags_(size_t(width / 64 + 1) * 64), words_(flags_.size() / 64) {}

  // Bit x is flag(x) for all x in [0, width).
  template <class F>
  void set(int width, F &&flag) {
    static_assert(std::endian::native == std::endian::little);
    vectorized([flags = flags_.data(), width, flag] {
      for (int x = 0; x < width; x++) flags[x] = flag(x);
    });
    for (size_t i = 0; i < flags_.size(); i += 8) {
      uint64_t eight;
      std::memcpy(&eight, &flags_[i], 8);
      const uint64_t byte = eight * 0x0102040810204080 >> 56;  // the lowest bits of the eight, side by side
      words_[i / 64] = (i % 64 ? words_[i / 64] : 0) | byte << i % 64;
    }
  }

  // Calls f(x) for all x whose bit is 1.
  template <class F>
  void for_set(F &&f) const {
    for (size_t i = 0; i < words_.size(); i++) each(words_[i], i, f);
  }
  // Calls f(x) for all x whose bit is not that of x - 1; the bit before the first is 0.
  template <class F>
  void for_changes(F &&f) const {
    uint64_t before = 0;
    for (size_t i = 0; i < words_.size(); i++) {
      each(words_[i] ^ (words_[i] << 1 | before), i, f);
      before = words_[i] >> 63;
    }
  }
  bool any(int begin, int end) const {
    for (int i = begin / 64; i <= (end - 1) / 64; i++) {
      uint64_t word = words_[static_cast<size_t>(i)];
      if (i == begin / 64) word &= ~uint64_t{0} << begin % 64;
      if (i == (end - 1) / 64) word &= ~uint64_t{0} >> (63 - (end - 1) % 64);
      if (word) return true;
    }
    return false;
  }

 private:
  template <class F>
  static void each(uint64_t word, size_t i, F &f) {
    for (; word; word &= word - 1) f(static_cast<int>(64 * i) + std::countr_zero(word));
  }

  std::vector<uint8_t> flags_;
  std::vector<uint64_t> words_;
};

// Some rows of an image, joined to one another.
struct Strip {
  std::vector<Span> spans;  // Span::component is not set
  std::vector<int> parent;
  size_t second_row = 0, last_row = 0;  // first span of the second and of the last row
};

Strip strip_of(int width, int begin, int end, const RowOfLabels &row_of, Join join, const Poll &poll) {
  const int pause = 1 + rows_between_polls(width) / 4;
  Strip strip;
  auto &spans = strip.spans;
  std::vector<uint32_t> memory(static_cast<size_t>(width));
  Bits bits(width), strong(width);
  for (int y = begin; y < end; y++) {
    const uint32_t *row = row_of(y, memory.data());
    const size_t above = strip.last_row, first = spans.size();
    int start = -1;
    const auto add = [&](int x, uint32_t label) {
      strip.parent.push_back(static_cast<int>(spans.size()));
      spans.push_back({y, start, x, label, 0});
    };
    if (join == Join::same_label || join == Join::same_label_edges) {
      bits.set(width, [row](int x) { return x == 0 || row[x] != row[x - 1]; });
      bits.for_set([&](int x) {
        if (start >= 0 && row[start]) add(x, row[start]);
        start = x;
      });
      if (start >= 0 && row[start]) add(width, row[start]);
    } else {
      const bool background = join == Join::background;
      bits.set(width, [row, background](int x) { return (row[x] == 0) == background; });
      if (!background) strong.set(width, [row](int x) { return row[x] > 1; });
      bits.for_changes([&](int x) {
        if (start >= 0) {
          add(x, background ? 0 : strong.any(start, x) ? 2 : 1);
          start = -1;
        } else {
          start = x;
        }
      });
    }
    if (y == begin) strip.second_row = spans.size();
    else join_rows(spans, above, first, spans.size(), join, strip.parent);
    strip.last_row = first;
    if (y % pause == pause - 1) poll();
  }
  return strip;
}

void paint(Labels labels, const Span &s, uint32_t label) {
  std::fill(labels.row(s.y) + s.begin, labels.row(s.y) + s.end, label);
}

bool on_border(const Span &s, int width, int height) {
  return s.y == 0 || s.y == height - 1 || s.begin == 0 || s.end == width;
}

bool leaves(View<const uint8_t> mask, const Span &s) {
  return mask && std::find(mask.row(s.y) + s.begin, mask.row(s.y) + s.end, 0) != mask.row(s.y) + s.end;
}

}  // namespace

Components::Components(View<const uint32_t> labels, Join join, const Poll &poll, const Parallel &parallel)
    : Components(
          labels.width(), labels.height(), [labels](int y, uint32_t *) { return labels.row(y); }, join, poll,
          parallel) {}

Components::Components(int width, int height, const RowOfLabels &row, Join join, const Poll &poll,
                       const Parallel &parallel) {
  std::vector<Strip> strips(static_cast<size_t>((height + rows_of_strip - 1) / rows_of_strip));
  parallel(std::ssize(strips), [&](int64_t i) {
    const int begin = static_cast<int>(i) * rows_of_strip;
    strips[static_cast<size_t>(i)] = strip_of(width, begin, std::min(begin + rows_of_strip, height), row, join, poll);
  });
  size_t total = 0;
  for (const Strip &strip : strips) total += strip.spans.size();
  spans_.reserve(total);
  std::vector<int> parent;
  parent.reserve(total);
  size_t last_row = 0;
  for (Strip &strip : strips) {
    const size_t first = spans_.size();
    spans_.insert(spans_.end(), strip.spans.begin(), strip.spans.end());
    for (const int p : strip.parent) parent.push_back(p + static_cast<int>(first));
    join_rows(spans_, last_row, first, first + strip.second_row, join, parent);
    last_row = first + strip.last_row;
    strip = {};
  }
  poll();
  for (size_t i = 0; i < total; i++) {  // a root comes before all others of its set
    const int p = parent[i];
    spans_[i].component = p == static_cast<int>(i) ? count_++ : spans_[p].component;
  }
}

std::vector<int64_t> Components::sizes() const {
  std::vector<int64_t> sizes(count_);
  for (const Span &s : spans_) sizes[s.component] += s.end - s.begin;
  return sizes;
}

std::vector<uint32_t> Components::labels() const {
  std::vector<uint32_t> labels(count_);
  for (const Span &s : spans_) labels[s.component] = std::max(labels[s.component], s.label);
  return labels;
}

void fill_holes(Labels labels, View<const uint8_t> mask, View<const float> values, const Poll &poll) {
  const int width = labels.width(), height = labels.height();
  const Components background(labels, Join::background, poll);
  std::vector<bool> open(background.count());
  for (const Span &s : background.spans())
    if (on_border(s, width, height) || leaves(mask, s)) open[s.component] = true;
  // how many edges each hole shares with each label around it
  std::vector<std::map<uint32_t, int64_t>> around(background.count());
  const auto touch = [&](const Span &s, int x, int y) {
    if (const uint32_t label = labels(x, y)) around[s.component][label]++;
  };
  for (const Span &s : background.spans()) {
    if (open[s.component]) continue;
    touch(s, s.begin - 1, s.y);
    touch(s, s.end, s.y);
    for (int x = s.begin; x < s.end; x++) {
      touch(s, x, s.y - 1);
      touch(s, x, s.y + 1);
    }
  }
  poll();
  for (const Span &s : background.spans()) {
    if (open[s.component]) continue;
    const auto &neighbours = around[s.component];
    const auto most = std::max_element(neighbours.begin(), neighbours.end(),
                                       [](const auto &a, const auto &b) { return a.second < b.second; });
    for (int x = s.begin; x < s.end; x++)
      if (!values || !std::isnan(values(x, s.y))) labels(x, s.y) = most->first;
  }
}

void keep_seeded(Labels labels, Join join, const Poll &poll) {
  const Components components(labels, join, poll);
  const auto labels_of = components.labels();
  for (const Span &s : components.spans()) paint(labels, s, labels_of[s.component] >= 2 ? 1 : 0);
}

void number_components(Labels labels, Join join, const Poll &poll) {
  const Components components(labels, join, poll);
  for (const Span &s : components.spans()) paint(labels, s, static_cast<uint32_t>(s.component) + 1);
}

Kept select(Components components, int width, int height, View<const uint8_t> mask, const Keep &keep) {
  const auto sizes = components.sizes();
  const auto labels = components.labels();
  std::vector<bool> dropped(sizes.size());
  for (size_t i = 0; i < sizes.size(); i++) dropped[i] = sizes[i] < keep.min_size || labels[i] < keep.min_label;
  if (keep.exclude_border)
    for (const Span &s : components.spans()) {
      if (dropped[s.component]) continue;
      bool touches = on_border(s, width, height);
      if (mask && !touches)
        for (int y = s.y - 1; y <= s.y + 1; y++)
          touches =
              touches || std::find(mask.row(y) + s.begin - 1, mask.row(y) + s.end + 1, 0) != mask.row(y) + s.end + 1;
      dropped[s.component] = touches;
    }
  Kept kept{std::move(components), std::vector<int>(sizes.size(), -1)};
  for (size_t i = 0; i < sizes.size(); i++) {
    if (dropped[i]) continue;
    kept.numbers[i] = static_cast<int>(kept.count++);
    kept.pixels += sizes[i];
  }
  return kept;
}

void draw_components(const Kept &kept, Labels labels, const Poll &poll) {
  const int pause = rows_between_polls(labels.width());
  auto span = kept.components.spans().begin();
  for (int y = 0; y < labels.height(); y++) {
    std::fill_n(labels.row(y), labels.width(), 0);
    for (; span != kept.components.spans().end() && span->y == y; ++span)
      paint(labels, *span, static_cast<uint32_t>(kept.numbers[span->component] + 1));
    if (y % pause == pause - 1) poll();
  }
}

Kept keep_components(Labels labels, View<const uint8_t> mask, const Keep &keep, const Poll &poll,
                     const Parallel &parallel) {
  Kept kept = select(Components(labels, Join::same_label, poll, parallel), labels.width(), labels.height(), mask, keep);
  poll();
  for (const Span &s : kept.components.spans())
    if (kept.numbers[s.component] < 0) paint(labels, s, 0);
  return kept;
}

}  // namespace sheaf::segment
