#include "components.hpp"

#include <algorithm>
#include <cmath>
#include <map>

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

// Some rows of an image, joined to one another.
struct Strip {
  std::vector<Span> spans;  // Span::component is not set
  std::vector<int> parent;
  size_t second_row = 0, last_row = 0;  // first span of the second and of the last row
};

Strip strip_of(View<const uint32_t> labels, Join join, int begin, int end, const Poll &poll) {
  const int width = labels.width(), pause = 1 + rows_between_polls(width) / 4;
  const bool any = join == Join::foreground || join == Join::foreground_edges;
  Strip strip;
  auto &spans = strip.spans;
  for (int y = begin; y < end; y++) {
    const uint32_t *row = labels.row(y);
    const size_t above = strip.last_row, first = spans.size();
    for (int x = 0; x < width;) {
      uint32_t label = row[x];
      if ((label == 0) != (join == Join::background)) {
        x++;
        continue;
      }
      const int start = x++;
      if (any)
        for (; x < width && row[x]; x++) label = std::max(label, row[x]);
      else
        while (x < width && row[x] == label) x++;
      strip.parent.push_back(static_cast<int>(spans.size()));
      spans.push_back({y, start, x, label, 0});
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

Components::Components(View<const uint32_t> labels, Join join, const Poll &poll, const Parallel &parallel) {
  const int height = labels.height();
  std::vector<Strip> strips(static_cast<size_t>((height + rows_of_strip - 1) / rows_of_strip));
  parallel(std::ssize(strips), [&](int64_t i) {
    const int begin = static_cast<int>(i) * rows_of_strip;
    strips[static_cast<size_t>(i)] = strip_of(labels, join, begin, std::min(begin + rows_of_strip, height), poll);
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

void number_components(Labels labels, const Kept &kept, const Poll &poll, const Parallel &parallel) {
  constexpr size_t spans_of_block = 1 << 13;
  const auto &spans = kept.components.spans();
  parallel(static_cast<int64_t>((spans.size() + spans_of_block - 1) / spans_of_block), [&](int64_t block) {
    const size_t begin = static_cast<size_t>(block) * spans_of_block;
    poll();
    for (size_t i = begin; i < std::min(begin + spans_of_block, spans.size()); i++)
      paint(labels, spans[i], static_cast<uint32_t>(kept.numbers[spans[i].component] + 1));
  });
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
