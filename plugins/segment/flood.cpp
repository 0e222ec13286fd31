#include "flood.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace sheaf::segment {
namespace {

struct Entry {
  uint32_t key, pixel;
};

// Descending floats as ascending integers.
uint32_t descending_key(float v) {
  const float value = v == 0 ? 0.f : v;  // -0 and 0 are equal
  const auto bits = std::bit_cast<uint32_t>(value);
  return ~(bits & 0x80000000u ? ~bits : bits | 0x80000000u);
}

// Stable, in three passes of 11 bits.
void radix_sort(std::vector<Entry> &entries, const Poll &poll) {
  std::vector<Entry> other(entries.size());
  for (int shift = 0; shift < 33; shift += 11) {
    std::array<uint32_t, 2048> count{};
    for (const Entry &e : entries) count[e.key >> shift & 2047]++;
    poll();
    if (std::find(count.begin(), count.end(), entries.size()) != count.end()) continue;  // all the same
    uint32_t sum = 0;
    for (auto &c : count) sum += std::exchange(c, sum);
    for (const Entry &e : entries) other[count[e.key >> shift & 2047]++] = e;
    entries.swap(other);
    poll();
  }
}

// The least number in a set of numbers below n: a tree of bits, 64 to a node.
class LeastBit {
 public:
  explicit LeastBit(size_t n) {
    do {
      n = (n + 63) / 64;
      levels_.emplace_back(n, 0);
    } while (n > 1);
  }
  void insert(uint32_t i) {
    for (auto &level : levels_) {
      uint64_t &word = level[i / 64];
      const bool known = word != 0;
      word |= uint64_t{1} << i % 64;
      if (known) return;
      i /= 64;
    }
  }
  void erase(uint32_t i) {
    for (auto &level : levels_) {
      uint64_t &word = level[i / 64];
      word &= ~(uint64_t{1} << i % 64);
      if (word != 0) return;
      i /= 64;
    }
  }
  bool empty() const { return levels_.back()[0] == 0; }
  uint32_t least() const {
    uint32_t i = 0;
    for (size_t l = levels_.size(); l-- > 0;) i = i * 64 + static_cast<uint32_t>(std::countr_zero(levels_[l][i]));
    return i;
  }

 private:
  std::vector<std::vector<uint64_t>> levels_;
};

constexpr size_t between_polls = size_t{1} << 18;

}  // namespace

Relief::Relief(View<const float> surface, View<const uint8_t> foreground, const Poll &poll)
    : width_(surface.width()), height_(surface.height()) {
  const size_t framed = (static_cast<size_t>(width_) + 2) * (static_cast<size_t>(height_) + 2);
  if (framed >= outside)
    throw Error(SHEAF_UNSUPPORTED, "image: " + std::to_string(width_) + " x " + std::to_string(height_) +
                                       " given, a watershed takes fewer than 4 294 967 295 pixels");
  std::vector<Entry> entries;
  for (int y = 0; y < height_; y++)
    for (int x = 0; x < width_; x++)
      if (foreground(x, y)) entries.push_back({descending_key(surface(x, y)), index(x, y)});
  poll();
  radix_sort(entries, poll);
  rank_.assign(framed, outside);
  pixels_.reserve(entries.size());
  uint32_t key = 0;
  for (const Entry &e : entries) {
    if (levels_.empty() || e.key != key) {
      key = e.key;
      const int x = static_cast<int>(e.pixel % stride()) - 1, y = static_cast<int>(e.pixel / stride()) - 1;
      levels_.push_back(surface(x, y));
    }
    rank_[e.pixel] = static_cast<uint32_t>(levels_.size() - 1);
    pixels_.push_back(e.pixel);
  }
}

std::vector<int32_t> Relief::neighbours(int connectivity) const {
  const auto s = static_cast<int32_t>(stride());
  std::vector<int32_t> offsets{-s, -1, 1, s};
  if (connectivity == 8) offsets.insert(offsets.end(), {-s - 1, -s + 1, s - 1, s + 1});
  return offsets;
}

void flood(const Relief &relief, int connectivity, Labels labels, const Poll &poll) {
  const auto offsets = relief.neighbours(connectivity);
  const auto &ranks = relief.ranks();
  constexpr uint32_t none = Relief::outside;
  // one queue for each rank, as linked lists of pixels
  std::vector<uint32_t> first(relief.levels().size(), none), last(relief.levels().size()), next(relief.framed());
  std::vector<uint32_t> label(relief.framed());
  LeastBit waiting(std::max<size_t>(1, first.size()));
  const auto push = [&](uint32_t pixel) {
    const uint32_t rank = ranks[pixel];
    if (first[rank] == none) {
      first[rank] = pixel;
      waiting.insert(rank);
    } else {
      next[last[rank]] = pixel;
    }
    last[rank] = pixel;
    next[pixel] = none;
  };
  for (int y = 0; y < labels.height(); y++)
    for (int x = 0; x < labels.width(); x++) {
      const uint32_t pixel = relief.index(x, y);
      if (ranks[pixel] == none || labels(x, y) == 0) continue;
      label[pixel] = labels(x, y);
      push(pixel);
    }
  for (size_t steps = 0; !waiting.empty(); steps++) {
    if (steps % between_polls == 0) poll();
    const uint32_t rank = waiting.least(), pixel = first[rank];
    first[rank] = next[pixel];
    if (first[rank] == none) waiting.erase(rank);
    for (const int32_t offset : offsets) {
      const uint32_t neighbour = pixel + static_cast<uint32_t>(offset);
      if (ranks[neighbour] == none || label[neighbour]) continue;
      label[neighbour] = label[pixel];
      push(neighbour);
    }
  }
  for (int y = 0; y < labels.height(); y++)
    std::memcpy(labels.row(y), label.data() + relief.index(0, y),
                static_cast<size_t>(labels.width()) * sizeof(uint32_t));
}

}  // namespace sheaf::segment
