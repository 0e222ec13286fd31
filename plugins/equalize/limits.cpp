#include "limits.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cfloat>
#include <cmath>

#include "common/intensity.hpp"
#include "common/pool.hpp"
#include "common/vectorized.hpp"

namespace sheaf::equalize {
namespace {

// Sorts as the floats do.
uint32_t key_of(float v) {
  const auto bits = std::bit_cast<uint32_t>(v + 0.0f);  // -0 counts as 0
  return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}
float value_of(uint32_t key) { return std::bit_cast<float>(key & 0x80000000u ? key & 0x7fffffffu : ~key); }

// Calls f(value) for every pixel that counts, of each colour.
template <class T, class F>
void for_each_value(View<const T> image, Mask mask, const Poll &poll, F &&f) {
  const int pause = 1 + rows_between_polls(image.width()) / 4;
  for (int y = 0; y < image.height(); y++) {
    const T *row = image.row(y);
    const uint8_t *inside = mask ? mask.row(y) : nullptr;
    for (int x = 0; x < image.width(); x++) {
      if (inside && !inside[x]) continue;
      if constexpr (std::is_same_v<T, Rgb>) {
        f(row[x].r);
        f(row[x].g);
        f(row[x].b);
      } else if constexpr (std::is_same_v<T, float>) {
        if (std::abs(row[x]) <= FLT_MAX) f(row[x]);
      } else {
        f(row[x]);
      }
    }
    if (y % pause == pause - 1) poll();
  }
}

}  // namespace

template <class T>
Limits extremes(View<const T> image, Mask mask, const Poll &poll) {
  Limits limits;
  if constexpr (std::is_same_v<T, Rgb>) {
    for_each_value(image, mask, poll, [&](uint8_t v) {
      limits.low = limits.low <= v ? limits.low : v;
      limits.high = limits.high >= v ? limits.high : v;
    });
  } else {
    constexpr bool real = std::is_same_v<T, float>;
    constexpr T top = real ? std::numeric_limits<T>::infinity() : std::numeric_limits<T>::max();
    constexpr T bottom = real ? -top : std::numeric_limits<T>::lowest();
    const int width = image.width(), pause = rows_between_polls(width);
    // what does not count is replaced by the other end
    std::vector<T> lowest(static_cast<size_t>(width), top), highest(static_cast<size_t>(width), bottom);
    for (int y = 0; y < image.height(); y++) {
      vectorized([=, p = image.row(y), m = mask ? mask.row(y) : nullptr, l = lowest.data(), h = highest.data()] {
        if (m || real) {
          for (int x = 0; x < width; x++) {
            bool counts = !m || m[x] != 0;
            if constexpr (real) counts = counts & (std::abs(p[x]) <= FLT_MAX);
            l[x] = std::min(l[x], counts ? p[x] : top);
            h[x] = std::max(h[x], counts ? p[x] : bottom);
          }
        } else {
          for (int x = 0; x < width; x++) l[x] = std::min(l[x], p[x]);
          for (int x = 0; x < width; x++) h[x] = std::max(h[x], p[x]);
        }
      });
      if (y % pause == pause - 1) poll();
    }
    const T low = *std::min_element(lowest.begin(), lowest.end());
    const T high = *std::max_element(highest.begin(), highest.end());
    if (low <= high) limits = {static_cast<double>(low), static_cast<double>(high)};
  }
  return limits;
}

Percentiles::Percentiles(sheaf_pixel pixel) : real_(pixel == SHEAF_F32), upper_(65536) {}

template <class T>
void Percentiles::count(View<const T> image, Mask mask, const Poll &poll) {
  for_each_value(image, mask, poll, [&](auto v) {
    if constexpr (std::is_same_v<T, float>) upper_[key_of(v) >> 16]++;
    else upper_[v]++;
    total_++;
  });
}

bool Percentiles::refine(std::span<const double> percents) {
  if (!real_ || total_ == 0) return false;
  for (const double p : percents) {
    const auto rank = static_cast<int64_t>(p / 100 * static_cast<double>(total_ - 1));
    for (const int64_t r : {rank, std::min(rank + 1, total_ - 1)}) wanted_.push_back(bucket_of(r).first);
  }
  std::sort(wanted_.begin(), wanted_.end());
  wanted_.erase(std::unique(wanted_.begin(), wanted_.end()), wanted_.end());
  lower_.assign(wanted_.size(), std::vector<int64_t>(65536));
  return true;
}

template <class T>
void Percentiles::count_again(View<const T> image, Mask mask, const Poll &poll) {
  if constexpr (std::is_same_v<T, float>)
    for_each_value(image, mask, poll, [&](float v) {
      const uint32_t key = key_of(v);
      for (size_t i = 0; i < wanted_.size(); i++)
        if (wanted_[i] == key >> 16) lower_[i][key & 0xffff]++;
    });
}

void Percentiles::add(const Percentiles &other) {
  const auto sum = [](std::vector<int64_t> &to, const std::vector<int64_t> &from) {
    for (size_t i = 0; i < to.size(); i++) to[i] += from[i];
  };
  if (lower_.empty()) {
    sum(upper_, other.upper_);
    total_ += other.total_;
  }
  for (size_t i = 0; i < lower_.size(); i++) sum(lower_[i], other.lower_[i]);
}

std::pair<uint32_t, int64_t> Percentiles::bucket_of(int64_t rank) const {
  uint32_t bucket = 0;
  while (rank >= upper_[bucket]) rank -= upper_[bucket++];
  return {bucket, rank};
}

double Percentiles::value_at(int64_t rank) const {
  auto [bucket, left] = bucket_of(rank);
  if (!real_) return bucket;
  const auto at = std::lower_bound(wanted_.begin(), wanted_.end(), bucket) - wanted_.begin();
  const auto &counts = lower_[static_cast<size_t>(at)];
  uint32_t low = 0;
  while (left >= counts[low]) left -= counts[low++];
  return value_of(bucket << 16 | low);
}

double Percentiles::operator()(double percent) const {
  if (total_ == 0) return nan;
  const double place = percent / 100 * static_cast<double>(total_ - 1);
  const auto rank = static_cast<int64_t>(place);
  const double low = value_at(rank), high = value_at(std::min(rank + 1, total_ - 1));
  return low + (high - low) * (place - static_cast<double>(rank));
}

template <class T>
Limits limits_of(View<const T> image, Mask mask, double low, double high, const Poll &poll) {
  if (low == 0 && high == 100) return extremes(image, mask, poll);
  Percentiles percentiles(pixel_of<T>);
  percentiles.count(image, mask, poll);
  if (percentiles.refine(std::array{low, high})) percentiles.count_again(image, mask, poll);
  return {percentiles(low), percentiles(high)};
}

namespace {

std::vector<Limits> limits_of_channels(Run &run, const Collection &collection, double low, double high) {
  const auto channels = static_cast<size_t>(collection.channels);
  const std::vector<int64_t> images = collection.to_measure(run.preview() >= 0);
  const auto count = static_cast<int64_t>(images.size());
  const sheaf_pixel pixel = run.input().pixel;
  const bool whole = low == 0 && high == 100;
  std::atomic<int64_t> done{0};
  const auto for_each_image = [&](auto &&body) {
    run.parallel(count, [&](int64_t i) {
      const Poll poll = poll_of(run);
      const int64_t n = images[static_cast<size_t>(i)];
      const Image image = run.read(n), region = run.mask();
      visit_intensity(image, [&](auto view) {
        body(static_cast<size_t>(i), static_cast<size_t>(collection.channel(n)), view, region.view<uint8_t>(), poll);
      });
      const double passes = pixel == SHEAF_F32 && !whole ? 2 : 1;
      run.progress(static_cast<double>(++done) / (passes * static_cast<double>(count)), "Measuring");
    });
  };
  std::vector<Limits> limits(channels);
  if (whole) {
    std::vector<Limits> each(images.size());
    for_each_image(
        [&](size_t i, size_t, auto view, Mask mask, const Poll &poll) { each[i] = extremes(view, mask, poll); });
    for (size_t i = 0; i < each.size(); i++) {
      Limits &all = limits[static_cast<size_t>(collection.channel(images[i]))];
      if (!(all.low <= each[i].low)) all.low = each[i].low;
      if (!(all.high >= each[i].high)) all.high = each[i].high;
    }
  } else {
    run.reserve((run.threads() + 1) * collection.channels * Percentiles::bytes, "histograms of the channels");
    std::vector<Percentiles> sum(channels, Percentiles(pixel));
    // Sums of whole numbers: which thread counts what does not matter.
    const auto pass = [&](const auto &method) {
      Pool<std::vector<Percentiles>> pool;
      for_each_image([&](size_t, size_t channel, auto view, Mask mask, const Poll &poll) {
        const auto own = pool.take();
        if (own->empty()) *own = sum;
        method((*own)[channel], view, mask, poll);
      });
      for (const auto &part : pool.idle())
        for (size_t c = 0; c < channels; c++) sum[c].add((*part)[c]);
    };
    pass([](Percentiles &p, auto view, Mask mask, const Poll &poll) { p.count(view, mask, poll); });
    bool again = false;
    for (auto &p : sum) again |= p.refine(std::array{low, high});
    if (again) pass([](Percentiles &p, auto view, Mask mask, const Poll &poll) { p.count_again(view, mask, poll); });
    for (size_t c = 0; c < channels; c++) limits[c] = {sum[c](low), sum[c](high)};
  }
  run.progress(0, "");  // the images themselves begin
  return limits;
}

}  // namespace

LimitsOfImages::LimitsOfImages(Run &run, Scope scope, double low, double high)
    : collection_(run.input()), low_(low), high_(high) {
  if (scope == Scope::all) channels_ = limits_of_channels(run, collection_, low, high);
  else if (run.input().pixel == SHEAF_F32 || low != 0 || high != 100)
    run.reserve(run.threads() * Percentiles::bytes, "histograms of images");
}

#define INSTANTIATE(T)                                                       \
  template Limits extremes(View<const T>, Mask, const Poll &);               \
  template void Percentiles::count(View<const T>, Mask, const Poll &);       \
  template void Percentiles::count_again(View<const T>, Mask, const Poll &); \
  template Limits limits_of(View<const T>, Mask, double, double, const Poll &);
INSTANTIATE(uint8_t)
INSTANTIATE(uint16_t)
INSTANTIATE(float)
INSTANTIATE(Rgb)
#undef INSTANTIATE

}  // namespace sheaf::equalize
