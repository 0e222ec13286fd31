#include "components.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace sheaf::segment {
namespace {

// Union-find over spans; the root of a set is its first span.
class Sets {
 public:
  int add() {
    parent_.push_back(static_cast<int>(parent_.size()));
    return parent_.back();
  }
  int root(int i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void join(int a, int b) {
    a = root(a);
    b = root(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<int> parent_;
};

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

Components::Components(View<const uint32_t> labels, Join join, const Poll &poll) {
  const int width = labels.width(), pause = 1 + rows_between_polls(width) / 4;
  const bool any = join == Join::foreground || join == Join::foreground_edges;
  const int reach = join == Join::foreground || join == Join::same_label ? 1 : 0;  // across corners
  Sets sets;
  size_t above = 0, above_end = 0;  // spans of the row before
  for (int y = 0; y < labels.height(); y++) {
    const uint32_t *row = labels.row(y);
    const size_t first = spans_.size();
    for (int x = 0; x < width;) {
      uint32_t label = row[x];
      if ((label == 0) != (join == Join::background)) {
        x++;
        continue;
      }
      const int begin = x++;
      if (any)
        for (; x < width && row[x]; x++) label = std::max(label, row[x]);
      else
        while (x < width && row[x] == label) x++;
      spans_.push_back({y, begin, x, label, sets.add()});
    }
    size_t a = above;
    for (size_t i = first; i < spans_.size(); i++) {
      const Span &here = spans_[i];
      while (a < above_end && spans_[a].end + reach <= here.begin) a++;
      for (size_t b = a; b < above_end && spans_[b].begin < here.end + reach; b++)
        if (any || spans_[b].label == here.label) sets.join(here.component, spans_[b].component);
    }
    above = first;
    above_end = spans_.size();
    if (y % pause == pause - 1) poll();
  }
  std::vector<int> number(spans_.size(), -1);
  for (Span &s : spans_) {
    int &n = number[sets.root(s.component)];
    if (n < 0) n = count_++;
    s.component = n;
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

void number_components(Labels labels, const Kept &kept) {
  for (const Span &s : kept.components.spans()) paint(labels, s, static_cast<uint32_t>(kept.numbers[s.component] + 1));
}

Kept keep_components(Labels labels, View<const uint8_t> mask, const Keep &keep, const Poll &poll) {
  Kept kept = select(Components(labels, Join::same_label, poll), labels.width(), labels.height(), mask, keep);
  poll();
  for (const Span &s : kept.components.spans())
    if (kept.numbers[s.component] < 0) paint(labels, s, 0);
  return kept;
}

}  // namespace sheaf::segment
