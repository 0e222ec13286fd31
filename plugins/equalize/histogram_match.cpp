#include "histogram_match.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "common/histogram.hpp"
#include "levels.hpp"

namespace sheaf::equalize {
namespace {

constexpr int samples = 65537;

// 0 to 1, equally spaced in angle.
const std::vector<double> &sample_grid() {
  static const std::vector<double> grid = [] {
    std::vector<double> p(samples);
    for (int i = 0; i < samples; i++) p[i] = 0.5 * (1 - std::cos(std::numbers::pi * i / (samples - 1)));
    return p;
  }();
  return grid;
}

// Evaluates a quantile function at ascending places.
class Walk {
 public:
  explicit Walk(const Quantiles &q) : q_(q) {}
  double operator()(double p) {
    const auto &x = q_.p, &v = q_.value;
    while (i_ < x.size() && x[i_] <= p) i_++;
    if (i_ == 0) return v.front();
    if (i_ == x.size()) return v.back();
    return v[i_ - 1] + (v[i_] - v[i_ - 1]) * ((p - x[i_ - 1]) / (x[i_] - x[i_ - 1]));
  }

 private:
  const Quantiles &q_;
  size_t i_ = 0;
};

template <class T>
std::vector<int64_t> levels_of(View<const T> image, Mask mask, int channel, const Poll &poll) {
  if constexpr (std::is_same_v<T, Rgb>) {
    std::vector<int64_t> counts(256);
    const int pause = rows_between_polls(image.width());
    uint8_t Rgb::*const member = channel == 0 ? &Rgb::r : channel == 1 ? &Rgb::g : &Rgb::b;
    for (int y = 0; y < image.height(); y++) {
      const Rgb *row = image.row(y);
      for (int x = 0; x < image.width(); x++) counts[row[x].*member] += !mask || mask(x, y);
      if (y % pause == pause - 1) poll();
    }
    return counts;
  } else {
    std::vector<int64_t> counts(size_t{1} << 8 * sizeof(T));
    count_levels(image, mask, counts, poll);
    return counts;
  }
}

Quantiles quantiles_of(const std::vector<int64_t> &counts) {
  Quantiles q;
  int64_t total = 0, sum = 0;
  for (const int64_t n : counts) total += n;
  for (size_t v = 0; v < counts.size(); v++) {
    if (!counts[v]) continue;
    sum += counts[v];
    q.p.push_back(static_cast<double>(sum) / static_cast<double>(total));
    q.value.push_back(static_cast<double>(v));
  }
  return q;
}

// The new value of each level.
template <class Level>
std::vector<Level> table_for(const std::vector<int64_t> &counts, const Quantiles &reference) {
  std::vector<Level> table(counts.size());
  int64_t total = 0, sum = 0;
  for (const int64_t n : counts) total += n;
  Walk value(reference);
  for (size_t v = 0; v < counts.size(); v++) {
    sum += counts[v];
    table[v] = to_level<Level>(value(static_cast<double>(sum) / static_cast<double>(total)));
  }
  return table;
}

// Keys that sort as the floats do, with the place of the pixel in the low half.
uint64_t key_of(float v, uint64_t place) {
  const auto bits = std::bit_cast<uint32_t>(v);
  const uint32_t ordered = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
  return uint64_t{ordered} << 32 | place;
}
float value_of(uint64_t key) {
  const auto ordered = static_cast<uint32_t>(key >> 32);
  return std::bit_cast<float>(ordered & 0x80000000u ? ordered & 0x7fffffffu : ~ordered);
}

// Least significant digit first, three digits of 11 bits.
void radix_sort(std::vector<uint64_t> &keys, std::vector<uint64_t> &other, const Poll &poll) {
  other.resize(keys.size());
  for (const int shift : {32, 43, 54}) {
    constexpr size_t digits = 2048, block = size_t{1} << 20;
    std::vector<size_t> start(digits + 1);
    const auto digit = [shift](uint64_t key) { return key >> shift & (digits - 1); };
    for (size_t i = 0; i < keys.size(); i++) {
      start[digit(keys[i]) + 1]++;
      if (i % block == block - 1) poll();
    }
    for (size_t d = 0; d < digits; d++) start[d + 1] += start[d];
    for (size_t i = 0; i < keys.size(); i++) {
      other[start[digit(keys[i])]++] = keys[i];
      if (i % block == block - 1) poll();
    }
    keys.swap(other);
  }
}

void sort_pixels(View<const float> image, SortScratch &scratch, const Poll &poll) {
  if (image.size() > int64_t{UINT32_MAX})
    throw Error(SHEAF_UNSUPPORTED,
                "images: histogram matching of 32-bit images takes up to 4294967295 pixels, given are " +
                    std::to_string(image.size()));
  scratch.keys.clear();
  const int pause = rows_between_polls(image.width());
  for (int y = 0; y < image.height(); y++) {
    for (int x = 0; x < image.width(); x++)
      if (std::isfinite(image(x, y)))
        scratch.keys.push_back(key_of(image(x, y), static_cast<uint64_t>(y) * image.width() + x));
    if (y % pause == pause - 1) poll();
  }
  radix_sort(scratch.keys, scratch.other, poll);
}

// Calls f(value, first, last, sum) for each distinct value, ascending: it has
// the keys [first, last), and `sum` pixels inside the mask are <= value.
template <class F>
void for_each_value(const std::vector<uint64_t> &keys, View<const float> image, Mask mask, const Poll &poll, F &&f) {
  constexpr size_t block = size_t{1} << 18;
  const auto inside = [&](uint64_t key) {
    const auto place = static_cast<uint32_t>(key);
    return !mask || mask(static_cast<int>(place % image.width()), static_cast<int>(place / image.width())) != 0;
  };
  int64_t sum = 0;
  for (size_t first = 0, last = 0; first < keys.size(); first = last) {
    const float value = value_of(keys[first]);
    while (last < keys.size() && value_of(keys[last]) == value) {
      sum += inside(keys[last++]);
      if (last % block == 0) poll();
    }
    f(value, first, last, sum);
  }
}

}  // namespace

template <class T>
Quantiles quantiles(View<const T> image, Mask mask, int channel, SortScratch &scratch, const Poll &poll) {
  if constexpr (std::is_same_v<T, float>) {
    sort_pixels(image, scratch, poll);
    Quantiles q;
    double last_sum = 0;
    for_each_value(scratch.keys, image, mask, poll, [&](float value, size_t, size_t, int64_t sum) {
      if (static_cast<double>(sum) == last_sum) return;
      last_sum = static_cast<double>(sum);
      q.p.push_back(last_sum);
      q.value.push_back(value);
    });
    for (double &p : q.p) p /= last_sum;
    return q;
  } else {
    return quantiles_of(levels_of(image, mask, channel, poll));
  }
}

template Quantiles quantiles(View<const uint8_t>, Mask, int, SortScratch &, const Poll &);
template Quantiles quantiles(View<const uint16_t>, Mask, int, SortScratch &, const Poll &);
template Quantiles quantiles(View<const float>, Mask, int, SortScratch &, const Poll &);
template Quantiles quantiles(View<const Rgb>, Mask, int, SortScratch &, const Poll &);

void MeanQuantiles::add(const Quantiles &q) {
  if (!q) return;
  sum_.resize(samples);
  Walk value(q);
  for (int i = 0; i < samples; i++) sum_[i] += value(sample_grid()[i]);
  count_++;
}

void MeanQuantiles::add(const MeanQuantiles &other) {
  if (!other.count_) return;
  sum_.resize(samples);
  for (int i = 0; i < samples; i++) sum_[i] += other.sum_[i];
  count_ += other.count_;
}

Quantiles MeanQuantiles::result() const {
  if (!count_) return {};
  Quantiles q{sample_grid(), sum_};
  for (double &v : q.value) v /= static_cast<double>(count_);
  return q;
}

template <class T>
void match_histogram(View<const T> in, View<T> out, Mask mask, std::span<const Quantiles> reference,
                     SortScratch &scratch, const Poll &poll) {
  const int width = in.width(), pause = rows_between_polls(width);
  if constexpr (std::is_same_v<T, float>) {
    for (int y = 0; y < in.height(); y++) std::copy_n(in.row(y), width, out.row(y));
    sort_pixels(in, scratch, poll);
    const auto &keys = scratch.keys;
    double total = 0;
    for_each_value(keys, in, mask, poll, [&](float, size_t, size_t, int64_t sum) { total = static_cast<double>(sum); });
    Walk value(reference[0]);
    for_each_value(keys, in, mask, poll, [&](float, size_t first, size_t last, int64_t sum) {
      const auto v = static_cast<float>(value(static_cast<double>(sum) / total));
      for (size_t i = first; i < last; i++) {
        const auto place = static_cast<uint32_t>(keys[i]);
        out(static_cast<int>(place % width), static_cast<int>(place / width)) = v;
      }
    });
  } else if constexpr (std::is_same_v<T, Rgb>) {
    std::vector<uint8_t> table[3];
    for (int c = 0; c < 3; c++) table[c] = table_for<uint8_t>(levels_of(in, mask, c, poll), reference[c]);
    for (int y = 0; y < in.height(); y++) {
      for (int x = 0; x < width; x++) {
        const Rgb p = in(x, y);
        out(x, y) = {table[2][p.b], table[1][p.g], table[0][p.r], p.x};
      }
      if (y % pause == pause - 1) poll();
    }
  } else {
    const auto table = table_for<T>(levels_of(in, mask, 0, poll), reference[0]);
    for (int y = 0; y < in.height(); y++) {
      const T *from = in.row(y);
      T *to = out.row(y);
      for (int x = 0; x < width; x++) to[x] = table[from[x]];
      if (y % pause == pause - 1) poll();
    }
  }
}

template void match_histogram(View<const uint8_t>, View<uint8_t>, Mask, std::span<const Quantiles>, SortScratch &,
                              const Poll &);
template void match_histogram(View<const uint16_t>, View<uint16_t>, Mask, std::span<const Quantiles>, SortScratch &,
                              const Poll &);
template void match_histogram(View<const float>, View<float>, Mask, std::span<const Quantiles>, SortScratch &,
                              const Poll &);
template void match_histogram(View<const Rgb>, View<Rgb>, Mask, std::span<const Quantiles>, SortScratch &,
                              const Poll &);

}  // namespace sheaf::equalize
