#include "markers.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "common/vectorized.hpp"

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

using Ring = std::array<uint8_t, 256>;

// For each set of pixels around another, as bits clockwise from above: one pixel in each of its connected components,
// among those that are neighbours of the one in the middle.
constexpr Ring one_in_each_component(uint32_t joined) {
  const auto turned = [](uint32_t bits, int by) { return (bits << by | bits >> (8 - by)) & 0xff; };
  Ring ring{};
  for (uint32_t set = 0; set < 256; set++)
    for (uint32_t rest = set; rest;) {
      uint32_t component = rest & -rest;
      for (uint32_t before = 0; before != component;) {
        before = component;
        component |= turned(before, 1) | turned(before, 7);
        // above and right are neighbours across a corner, and so on
        if (joined == 0xff) component |= turned(before & 0x55, 2) | turned(before & 0x55, 6);
        component &= set;
      }
      rest &= ~component;
      component &= joined;
      ring[set] = static_cast<uint8_t>(ring[set] | (component & -component));
    }
  return ring;
}
constexpr Ring eight_joined = one_in_each_component(0xff), four_joined = one_in_each_component(0x55);

// For the pixels of a row: which of their neighbours are higher. Of equals the first in reading order is the higher
// one.
class Uphill {
 public:
  Uphill(const Relief &relief, int connectivity)
      : relief_(relief),
        joined_(connectivity == 8 ? 0xff : 0x55),
        ring_(connectivity == 8 ? eight_joined : four_joined),
        higher_(static_cast<size_t>(relief.width())),
        best_(higher_.size()),
        way_(higher_.size()) {
    const auto s = static_cast<int32_t>(relief.stride());
    const int32_t clockwise[] = {-s, -s + 1, 1, s + 1, s, s - 1, -1, -s - 1};
    std::copy_n(clockwise, 8, offsets_);
  }
  void look(int y) {
    std::fill(higher_.begin(), higher_.end(), 0);
    std::fill(best_.begin(), best_.end(), Relief::outside);
    for (const uint32_t d : {7u, 0u, 1u, 6u}) look<true>(y, d);  // before the pixel
    for (const uint32_t d : {2u, 3u, 4u, 5u}) look<false>(y, d);
  }
  // One neighbour in each connected component of the higher ones, as bits.
  uint32_t components(int x) const { return ring_[higher_[x]]; }
  // The highest neighbour, if any is higher.
  uint32_t highest(uint32_t pixel, int x) const { return pixel + static_cast<uint32_t>(offsets_[way_[x]]); }
  // The first of some neighbours.
  uint32_t first(uint32_t pixel, uint32_t neighbours) const {
    return pixel + static_cast<uint32_t>(offsets_[std::countr_zero(neighbours)]);
  }

 private:
  template <bool before>
  void look(int y, uint32_t d) {
    const uint32_t *key = &relief_.keys()[relief_.index(0, y)];
    vectorized([key, other = key + offsets_[d], higher = higher_.data(), width = higher_.size(), d] {
      for (size_t x = 0; x < width; x++)
        higher[x] |= static_cast<uint32_t>(before ? other[x] <= key[x] : other[x] < key[x]) << d;
    });
    if (joined_ >> d & 1)
      vectorized([other = key + offsets_[d], best = best_.data(), way = way_.data(), width = best_.size(), d] {
        for (size_t x = 0; x < width; x++) {
          way[x] = other[x] < best[x] ? d : way[x];
          best[x] = std::min(best[x], other[x]);
        }
      });
  }

  const Relief &relief_;
  uint32_t joined_;  // the neighbours by connectivity, as bits
  const Ring &ring_;
  int32_t offsets_[8];                         // of all around, clockwise from above
  std::vector<uint32_t> higher_, best_, way_;  // of each pixel: bits, the lowest key around, and where it is
};

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
// one goes on; of equals, the one that begins first. Components can only meet at
// saddles, so that one pass over the image finds all there is to put in order.
uint32_t mark_domes(const Relief &relief, double h, int connectivity, Labels labels, const Poll &poll) {
  const int width = relief.width(), height = relief.height(), pause = 1 + rows_between_polls(width) / 16;
  constexpr uint32_t none = Relief::outside;
  const auto label_at = [&](uint32_t pixel) -> uint32_t & {
    return labels(static_cast<int>(pixel % relief.stride()) - 1, static_cast<int>(pixel / relief.stride()) - 1);
  };
  struct Peak {
    uint32_t pixel, key;
    uint32_t parent;  // in the forest of components, whose roots are their highest peaks
    uint32_t dome;    // the peak whose dome it is on top of; `none`: it is only a shoulder
  };
  struct Saddle {
    uint32_t key, a, b;  // higher pixels that it joins, and later their peaks
  };
  struct Top {
    uint32_t pixel, peak;  // as high as its peak
  };
  std::vector<Peak> peaks;
  std::vector<Saddle> saddles;
  std::vector<Top> tops;
  const LargeArray<uint32_t> uphill(relief.framed());  // a higher neighbour; of a peak, itself
  Uphill rows(relief, connectivity);
  for (int y = 0; y < height; y++) {
    rows.look(y);
    for (int x = 0; x < width; x++) {
      const uint32_t pixel = relief.index(x, y), key = relief.keys()[pixel];
      if (key == none) continue;
      uint32_t others = rows.components(x);
      if (others == 0) {
        const auto number = static_cast<uint32_t>(peaks.size());
        uphill[pixel] = pixel;
        peaks.push_back({pixel, key, number, number});
        continue;
      }
      uphill[pixel] = rows.highest(pixel, x);
      if (relief.keys()[uphill[pixel]] == key) tops.push_back({pixel, none});
      const uint32_t one = rows.first(pixel, others);
      while (others &= others - 1) saddles.push_back({key, one, rows.first(pixel, others)});
    }
    if (y % pause == pause - 1) poll();
  }
  for (uint32_t i = 0; i < peaks.size(); i++) label_at(peaks[i].pixel) = i;
  const auto peak_of = [&](uint32_t i) {
    while (uphill[i] != i) i = uphill[i] = uphill[uphill[i]];
    return label_at(i);
  };
  for (Saddle &s : saddles) s = {s.key, peak_of(s.a), peak_of(s.b)};
  for (Top &t : tops) t.peak = peak_of(t.pixel);
  poll();
  std::erase_if(saddles, [](const Saddle &s) { return s.a == s.b; });
  std::sort(saddles.begin(), saddles.end(), [](const Saddle &a, const Saddle &b) { return a.key < b.key; });
  poll();
  const auto root = [&](uint32_t i) {
    while (peaks[i].parent != i) i = peaks[i].parent = peaks[peaks[i].parent].parent;
    return i;
  };
  for (const Saddle &s : saddles) {
    const uint32_t a = root(s.a), b = root(s.b);
    if (a == b) continue;
    const bool first = peaks[a].key < peaks[b].key || (peaks[a].key == peaks[b].key && a < b);
    const uint32_t higher = first ? a : b, lower = first ? b : a;
    peaks[lower].parent = higher;
    if (static_cast<double>(Relief::level(peaks[lower].key)) - Relief::level(s.key) < h)
      peaks[lower].dome = peaks[lower].key == peaks[higher].key ? higher : none;
  }
  // what is part of another dome as high comes later than its first peak
  uint32_t count = 0;
  std::vector<uint32_t> numbers(peaks.size());
  for (uint32_t i = 0; i < peaks.size(); i++) {
    const uint32_t dome = peaks[i].dome;
    numbers[i] = dome == none ? 0 : dome == i ? ++count : numbers[dome];
  }
  clear(labels);
  for (uint32_t i = 0; i < peaks.size(); i++) label_at(peaks[i].pixel) = numbers[i];
  for (const Top &t : tops)
    if (relief.keys()[t.pixel] == peaks[t.peak].key) label_at(t.pixel) = numbers[t.peak];
  return count;
}

}  // namespace sheaf::segment
