#include "markers.hpp"

#include <algorithm>
#include <limits>

namespace sheaf::segment {
namespace {

void clear(Labels labels) {
  for (int y = 0; y < labels.height(); y++) std::fill_n(labels.row(y), labels.width(), 0);
}

// Numbers what is marked: marks that touch are one.
uint32_t number_marks(Labels labels, const Poll &poll) {
  const Components marks(labels, Join::foreground, poll);
  for (const Span &s : marks.spans())
    std::fill(labels.row(s.y) + s.begin, labels.row(s.y) + s.end, static_cast<uint32_t>(s.component) + 1);
  return static_cast<uint32_t>(marks.count());
}

}  // namespace

uint32_t mark_peaks(View<const float> surface, View<const uint8_t> foreground, int distance, int connectivity,
                    Labels labels, const Poll &poll) {
  const int width = surface.width(), height = surface.height(), pause = 1 + rows_between_polls(width) / 16;
  // the component of each pixel, from 1
  std::vector<uint32_t> memory(static_cast<size_t>(width) * height);
  const View<uint32_t> component(memory.data(), width, height, static_cast<std::ptrdiff_t>(width) * 4);
  const bool corners = connectivity == 8;  // 0 joins with 4 neighbours
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) component(x, y) = (foreground(x, y) != 0) == corners;
  const Components components(component, corners ? Join::foreground : Join::background, poll);
  clear(component);
  struct Extremes {
    float low = std::numeric_limits<float>::infinity(), high = -low;
    bool begun = false;
  };
  std::vector<Extremes> extremes(static_cast<size_t>(components.count()) + 1);
  for (const Span &s : components.spans()) {
    const auto number = static_cast<uint32_t>(s.component) + 1;
    std::fill(component.row(s.y) + s.begin, component.row(s.y) + s.end, number);
    const auto [low, high] = std::minmax_element(surface.row(s.y) + s.begin, surface.row(s.y) + s.end);
    extremes[number].low = std::min(extremes[number].low, *low);
    extremes[number].high = std::max(extremes[number].high, *high);
  }
  poll();

  // whether no pixel of the same component within `reach` is higher
  const auto highest = [&](int x, int y, int reach) {
    const float value = surface(x, y);
    const uint32_t mine = component(x, y);
    for (int v = std::max(0, y - reach); v <= std::min(height - 1, y + reach); v++) {
      const float *row = surface.row(v);
      const uint32_t *owner = component.row(v);
      for (int u = std::max(0, x - reach); u <= std::min(width - 1, x + reach); u++)
        if (row[u] > value && owner[u] == mine) return false;
    }
    return true;
  };
  struct Candidate {
    float value;
    int x, y;
  };
  std::vector<Candidate> candidates;
  for (int y = 0; y < height; y++) {
    for (int x = 0; x < width; x++)
      if (component(x, y) && highest(x, y, 1)) {
        Extremes &e = extremes[component(x, y)];
        if (!e.begun || e.low < e.high) candidates.push_back({surface(x, y), x, y});  // one, where all are equal
        e.begun = true;
      }
    if (y % pause == pause - 1) poll();
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate &a, const Candidate &b) { return a.value > b.value; });
  clear(labels);
  std::vector<bool> taken(memory.size());  // nearer than `distance` to a peak of the same component
  size_t tested = 0;
  for (const Candidate &c : candidates) {
    if (taken[static_cast<size_t>(c.y) * width + c.x]) continue;
    if (++tested % 64 == 0) poll();
    if (!highest(c.x, c.y, distance)) continue;
    labels(c.x, c.y) = 1;
    const int reach = distance - 1;
    for (int v = std::max(0, c.y - reach); v <= std::min(height - 1, c.y + reach); v++)
      for (int u = std::max(0, c.x - reach); u <= std::min(width - 1, c.x + reach); u++)
        if (component(u, v) == component(c.x, c.y)) taken[static_cast<size_t>(v) * width + u] = true;
  }
  return number_marks(labels, poll);
}

// The relief rises out of the water: components of what is above the level grow
// and meet. Of two that meet, the lower one is a dome of its own if it is at
// least h high there; otherwise it is part of the other. Either way the higher
// one goes on.
uint32_t mark_domes(const Relief &relief, double h, int connectivity, Labels labels, const Poll &poll) {
  const auto offsets = relief.neighbours(connectivity);
  const auto &ranks = relief.ranks();
  constexpr uint32_t none = Relief::outside;
  std::vector<uint32_t> parent(relief.framed(), none);
  std::vector<uint32_t> next(relief.framed()), last(relief.framed());  // lists of the highest pixels, for each root
  const auto root = [&](uint32_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  };
  std::vector<uint32_t> domes;  // their first highest pixel
  size_t steps = 0;
  for (const uint32_t pixel : relief.pixels()) {
    if (steps++ % (1 << 18) == 0) poll();
    const double level = relief.levels()[ranks[pixel]];
    parent[pixel] = last[pixel] = pixel;
    next[pixel] = none;
    uint32_t here = pixel;
    for (const int32_t offset : offsets) {
      const uint32_t neighbour = pixel + static_cast<uint32_t>(offset);
      if (parent[neighbour] == none) continue;
      const uint32_t there = root(neighbour);
      if (there == here) continue;
      // the root of a component is its first highest pixel
      const bool first = ranks[there] < ranks[here] || (ranks[there] == ranks[here] && there < here);
      const uint32_t higher = first ? there : here, lower = first ? here : there;
      if (relief.levels()[ranks[lower]] - level >= h) {
        domes.push_back(lower);
      } else if (ranks[higher] == ranks[lower]) {
        next[last[higher]] = lower;
        last[higher] = last[lower];
      }
      parent[lower] = higher;
      here = higher;
    }
  }
  for (const uint32_t pixel : relief.pixels())
    if (parent[pixel] == pixel) domes.push_back(pixel);
  std::sort(domes.begin(), domes.end());
  clear(labels);
  uint32_t number = 0;
  for (const uint32_t dome : domes) {
    number++;
    for (uint32_t pixel = dome; pixel != none; pixel = next[pixel])
      labels(static_cast<int>(pixel % relief.stride()) - 1, static_cast<int>(pixel / relief.stride()) - 1) = number;
  }
  return number;
}

}  // namespace sheaf::segment
