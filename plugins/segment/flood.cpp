#include "flood.hpp"

#include <algorithm>
#include <span>

namespace sheaf::segment {
namespace {

// Descending floats as ascending integers.
uint32_t descending_key(float v) {
  const float value = v == 0 ? 0.f : v;  // -0 and 0 are equal
  const auto bits = std::bit_cast<uint32_t>(value);
  return ~(bits & 0x80000000u ? ~bits : bits | 0x80000000u);
}

// Pixels that are flooded on their own: connected regions of the foreground, of which no other one is a neighbour.
// Those that lie near each other go together until there is enough to do for a thread; their memory then stays in its
// cache.
struct Part {
  std::vector<Span> spans;  // in reading order
  size_t pixels = 0;
};

// The largest part first, so that no thread is left with it alone in the end.
std::vector<Part> parts_of(const Relief &relief, int connectivity, const Poll &poll, const Parallel &parallel) {
  constexpr size_t pixels_of_part = size_t{1} << 13;
  const Components regions(
      relief.width(), relief.height(),
      [&relief](int y, uint32_t *row) {
        const uint32_t *key = &relief.keys()[relief.index(0, y)];
        std::transform(key, key + relief.width(), row, [](uint32_t k) { return k != Relief::outside; });
        return row;
      },
      connectivity == 4 ? Join::foreground_edges : Join::foreground, poll, parallel);
  std::vector<Part> parts;
  std::vector<size_t> part_of;
  for (const int64_t size : regions.sizes()) {
    if (parts.empty() || parts.back().pixels >= pixels_of_part) parts.emplace_back();
    parts.back().pixels += static_cast<size_t>(size);
    part_of.push_back(parts.size() - 1);
  }
  for (const Span &s : regions.spans()) parts[part_of[static_cast<size_t>(s.component)]].spans.push_back(s);
  std::stable_sort(parts.begin(), parts.end(), [](const Part &a, const Part &b) { return a.pixels > b.pixels; });
  return parts;
}

// Divides the keys that for_keys(f) calls f(key) with in ascending ranges of about as many pixels each.
class Ranges {
 public:
  template <class ForKeys>
  Ranges(size_t pixels, ForKeys &&for_keys) {
    uint32_t greatest = 0;
    for_keys([&](uint32_t key) {
      least_ = std::min(least_, key);
      greatest = std::max(greatest, key);
    });
    // two steps: equal parts of all keys, as many as ranges are wanted, and equal parts of these
    const int bits = std::bit_width(greatest - least_);
    low_bits_ = std::clamp(bits - static_cast<int>(std::bit_width(pixels / pixels_of_range)), 0, 31);
    std::vector<uint32_t> counts(((greatest - least_) >> low_bits_) + 1);
    for_keys([&](uint32_t key) { counts[(key - least_) >> low_bits_]++; });
    sections_.reserve(counts.size());
    for (const uint32_t n : counts) {
      sections_.push_back({count_, static_cast<uint32_t>((n + pixels_of_range - 1) / pixels_of_range)});
      count_ += sections_.back().count;
    }
  }
  uint32_t count() const { return count_; }
  uint32_t of(uint32_t key) const {
    const uint32_t above = key - least_, i = above >> low_bits_, rest = above - (i << low_bits_);
    return sections_[i].first + static_cast<uint32_t>(uint64_t{rest} * sections_[i].count >> low_bits_);
  }

 private:
  static constexpr size_t pixels_of_range = 64;
  struct Section {
    uint32_t first, count;
  };
  uint32_t least_ = Relief::outside, count_ = 0;
  int low_bits_ = 0;
  std::vector<Section> sections_;
};

struct Entry {
  uint32_t key, pixel;
};

// Pixels, lowest key first, of equals the one that came first; each comes once at most. Those of a range of keys are
// put in order when it is their turn: few come after that. fetch(pixel) is called a while before a pixel's turn.
template <class Fetch>
class Queue {
 public:
  template <class ForKeys>
  Queue(size_t pixels, ForKeys &&for_keys, Fetch fetch)
      : ranges_(pixels, for_keys), fetch_(fetch), begin_(ranges_.count() + 1) {
    for_keys([this](uint32_t key) { begin_[ranges_.of(key) + 1]++; });
    for (size_t r = 1; r < begin_.size(); r++) begin_[r] += begin_[r - 1];
    entries_ = LargeArray<Entry>(begin_.back());
    end_ = begin_;
  }
  void push(Entry entry) {
    const uint32_t range = ranges_.of(entry.key);
    if (range >= opened_) {
      entries_[end_[range]++] = entry;
      return;
    }
    const Late late{entry, pushed_++};
    if (first_ == rising_.size() || rising_.back().entry.key <= entry.key) {
      rising_.push_back(late);
    } else {
      heap_.push_back(late);
      std::push_heap(heap_.begin(), heap_.end(), after);
    }
  }
  bool pop(Entry &entry) {
    while (at_ == ordered_.size() && first_ == rising_.size() && heap_.empty()) {
      if (opened_ == ranges_.count()) return false;
      open();
    }
    const bool from_heap = !heap_.empty() && (first_ == rising_.size() || after(rising_[first_], heap_.front()));
    const bool late = from_heap || first_ < rising_.size();
    if (at_ < ordered_.size() &&
        (!late || ordered_[at_].key <= (from_heap ? heap_.front() : rising_[first_]).entry.key)) {
      entry = ordered_[at_++];
      fetch_next(1);
    } else if (from_heap) {
      entry = heap_.front().entry;
      std::pop_heap(heap_.begin(), heap_.end(), after);
      heap_.pop_back();
    } else {
      entry = rising_[first_++].entry;
      if (first_ == rising_.size()) {
        rising_.clear();
        first_ = 0;
      }
    }
    return true;
  }

 private:
  struct Late {  // came when its range had been opened
    Entry entry;
    uint32_t number;
  };
  static bool after(const Late &a, const Late &b) {
    return a.entry.key != b.entry.key ? a.entry.key > b.entry.key : a.number > b.number;
  }
  // The next so many pixels of the range that is opened next.
  void fetch_next(size_t count) {
    if (opened_ == ranges_.count()) return;
    for (const size_t end = std::min(fetched_ + count, end_[opened_]); fetched_ < end; fetched_++)
      fetch_(entries_[fetched_].pixel);
  }
  void open() {
    const Entry *entries = entries_.data() + begin_[opened_];
    const size_t count = end_[opened_] - begin_[opened_];
    fetch_next(count);
    fetched_ = begin_[++opened_];
    places_.resize(count);
    for (size_t i = 0; i < count; i++) places_[i] = uint64_t{entries[i].key} << 32 | i;
    std::sort(places_.begin(), places_.end());
    ordered_.resize(count);
    for (size_t i = 0; i < count; i++) ordered_[i] = entries[static_cast<uint32_t>(places_[i])];
    at_ = 0;
  }

  Ranges ranges_;
  Fetch fetch_;
  std::vector<size_t> begin_, end_;  // of the entries of each range
  LargeArray<Entry> entries_;
  uint32_t opened_ = 0, pushed_ = 0;
  std::vector<uint64_t> places_;
  std::vector<Entry> ordered_;  // of the range that was opened last
  size_t at_ = 0, fetched_ = 0, first_ = 0;
  std::vector<Late> rising_, heap_;  // rising_ from first_ on: in their order
};

constexpr uint32_t background = ~uint32_t{0};
struct Pixel {
  uint32_t key, label;  // label 0: not reached yet
};

// `pixels` are those of the relief; those of the part which are labelled already are where the flood begins.
void flood_part(const Part &part, Pixel *pixels, const Relief &relief, std::span<const int32_t> offsets,
                const Poll &poll) {
  const auto for_pixels = [&](auto &&f) {
    for (const Span &s : part.spans)
      for (uint32_t i = relief.index(s.begin, s.y); i < relief.index(s.end, s.y); i++) f(i);
  };
  Queue queue(
      part.pixels, [&](auto &&f) { for_pixels([&](uint32_t i) { f(pixels[i].key); }); },
      [pixels, stride = relief.stride()](uint32_t pixel) {
        for (const Pixel *row : {pixels + pixel - stride, pixels + pixel, pixels + pixel + stride})
          __builtin_prefetch(row);
      });
  poll();
  for_pixels([&](uint32_t i) {
    if (pixels[i].label) queue.push({pixels[i].key, i});
  });
  constexpr size_t between_polls = size_t{1} << 18;
  Entry entry;
  for (size_t steps = 0; queue.pop(entry); steps++) {
    if (steps % between_polls == 0) poll();
    const uint32_t label = pixels[entry.pixel].label;
    for (const int32_t offset : offsets) {
      const uint32_t neighbour = entry.pixel + static_cast<uint32_t>(offset);
      Pixel &pixel = pixels[neighbour];
      if (pixel.label) continue;
      pixel.label = label;
      queue.push({pixel.key, neighbour});
    }
  }
}

}  // namespace

Relief::Relief(View<const float> surface, View<const uint8_t> foreground, const Poll &poll, const Parallel &parallel)
    : width_(surface.width()), height_(surface.height()) {
  const size_t framed = (static_cast<size_t>(width_) + 2) * (static_cast<size_t>(height_) + 2);
  if (framed >= outside)
    throw Error(SHEAF_UNSUPPORTED, "image: " + std::to_string(width_) + " x " + std::to_string(height_) +
                                       " given, a watershed takes fewer than 4 294 967 295 pixels");
  keys_ = LargeArray<uint32_t>(framed);
  std::fill_n(keys_.data(), stride(), outside);
  std::fill_n(keys_.data() + framed - stride(), stride(), outside);
  for_rows(height_, poll, parallel, [&](int y) {
    uint32_t *key = keys_.data() + index(0, y);
    const float *value = surface.row(y);
    const uint8_t *inside = foreground.row(y);
    for (int x = 0; x < width_; x++) key[x] = inside[x] ? descending_key(value[x]) : outside;
    key[-1] = key[width_] = outside;
  });
}

std::vector<int32_t> Relief::neighbours(int connectivity) const {
  const auto s = static_cast<int32_t>(stride());
  std::vector<int32_t> offsets{-s, -1, 1, s};
  if (connectivity == 8) offsets.insert(offsets.end(), {-s - 1, -s + 1, s - 1, s + 1});
  return offsets;
}

void flood(const Relief &relief, int connectivity, Labels labels, const Poll &poll, const Parallel &parallel) {
  const auto offsets = relief.neighbours(connectivity);
  const auto &keys = relief.keys();
  const LargeArray<Pixel> pixels(relief.framed());
  const auto frame = [&](size_t from, size_t count) {
    for (size_t i = from; i < from + count; i++) pixels[i] = {Relief::outside, background};
  };
  frame(0, relief.stride());
  frame(relief.framed() - relief.stride(), relief.stride());
  for_rows(labels.height(), poll, parallel, [&](int y) {
    const size_t first = relief.index(0, y);
    for (int x = 0; x < labels.width(); x++) {
      const uint32_t key = keys[first + static_cast<size_t>(x)];
      pixels[first + static_cast<size_t>(x)] = {key, key == Relief::outside ? background : labels(x, y)};
    }
    frame(first - 1, 1);
    frame(first + static_cast<size_t>(labels.width()), 1);
  });
  const std::vector<Part> parts = parts_of(relief, connectivity, poll, parallel);
  parallel(std::ssize(parts),
           [&](int64_t i) { flood_part(parts[static_cast<size_t>(i)], pixels.data(), relief, offsets, poll); });
  for_rows(labels.height(), poll, parallel, [&](int y) {
    const Pixel *row = &pixels[relief.index(0, y)];
    std::transform(row, row + labels.width(), labels.row(y),
                   [](const Pixel &pixel) { return pixel.label == background ? 0 : pixel.label; });
  });
}

}  // namespace sheaf::segment
