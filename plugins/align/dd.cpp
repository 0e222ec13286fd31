#include "align/dd.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "align/resample.hpp"
#include "common/vectorized.hpp"

namespace sheaf::align {
namespace {

constexpr int rows_per_block = 32;
constexpr int grid = 5;               // blocks in x and y
constexpr int64_t least_total = 100;  // changed pixels of all blocks, below which there is no score
constexpr int64_t least_block = 20;   // of a block, below which it does not count
constexpr int window_side = 50;

// Better minus worse pixels of a region, in counts.
struct Counts {
  int64_t better = 0, worse = 0;
  int64_t changed() const { return better + worse; }
  double score() const { return changed() ? static_cast<double>(better) / static_cast<double>(changed()) : 0.5; }
};

// A part of the images; what lies around it is as its outer pixels, or nothing.
struct Region {
  int x = 0, y = 0, width = 0, height = 0;
  bool edge_repeats = false;
};

// Thirty-two pixels side by side; the compiler splits them where registers are shorter.
constexpr int byte_lanes = 32;
typedef uint8_t Bytes __attribute__((vector_size(byte_lanes), aligned(1), may_alias));

// Better and worse pixels of rows that nothing else applies to: in registers, 8-bit
// counters emptied before they overflow.
struct ByteRows {
  View<const uint8_t> before, after, reference;
  int x, width;

  Counts count(int first, int last, int limit) const {
    if (limit >= 255) return {};
    const auto least = static_cast<uint8_t>(limit + 1);
    const int whole = width / byte_lanes * byte_lanes;
    return vectorized([=, *this] {
      Counts counts;
      constexpr int most = 255 * byte_lanes;  // bytes before a counter may overflow
      Bytes better{}, worse{};
      int used = 0;
      const auto empty = [&]() __attribute__((always_inline)) {
        for (int l = 0; l < byte_lanes; l++) counts.better += better[l], counts.worse += worse[l];
        better = worse = Bytes{};
        used = 0;
      };
      for (int y = first; y < last; y++) {
        const uint8_t *a = before.row(y) + x, *b = after.row(y) + x, *c = reference.row(y) + x;
        for (int start = 0; start < whole; start += most) {
          const int end = std::min(start + most, whole);
          if (used + end - start > most) empty();
          used += end - start;
          for (int k = start; k < end; k += byte_lanes) {
            const Bytes u = *reinterpret_cast<const Bytes *>(a + k), v = *reinterpret_cast<const Bytes *>(b + k);
            const Bytes r = *reinterpret_cast<const Bytes *>(c + k);
            const Bytes p = (u > r ? u : r) - (u < r ? u : r), q = (v > r ? v : r) - (v < r ? v : r);
            const Bytes larger = p > q ? p : q, gain = larger - q, loss = larger - p, bar = Bytes{} + least;
            better -= reinterpret_cast<Bytes>((gain > bar ? gain : bar) == gain);
            worse -= reinterpret_cast<Bytes>((loss > bar ? loss : bar) == loss);
          }
        }
        for (int k = whole; k < width; k++) {
          const int dd = std::abs(a[k] - c[k]) - std::abs(b[k] - c[k]);
          counts.better += dd >= least;
          counts.worse += -dd >= least;
        }
      }
      empty();
      return counts;
    });
  }
};

template <class T>
class Differences {
 public:
  Differences(const Compared<T> &images, const DifferenceOptions &options, double tolerance)
      : images_(images),
        inside_(options.compat ? View<const uint8_t>() : images.inside),
        median_(options.median),
        span_(options.high > options.low ? options.high - options.low : 0),
        low_(options.low),
        high_(options.high),
        threshold_(span_ > 0 ? tolerance * span_ / 255 : std::numeric_limits<double>::infinity()) {}

  // What the reference is too bright by: whole 8-bit units, as pixel values; NaN
  // without pixels.
  double offset_of(const Region &r) const {
    double before = 0, reference = 0, n = 0;
    for (int y = r.y; y < r.y + r.height; y++) {
      const T *a = images_.before.row(y) + r.x, *c = images_.reference.row(y) + r.x;
      const uint8_t *in = inside_ ? inside_.row(y) + r.x : nullptr;
      for (int x = 0; x < r.width; x++) {
        if (in && !in[x]) continue;
        if constexpr (std::is_floating_point_v<T>)
          if (!std::isfinite(a[x]) || !std::isfinite(c[x])) continue;
        before += a[x], reference += c[x], n++;
      }
    }
    // rounded once each, as the means of 8-bit images are: ties go the same way in any type
    return std::nearbyint(reference * 255 / (n * span_) - before * 255 / (n * span_)) * span_ / 255;
  }

  // Calls sink(y, better, worse) for rows [first, last) of the region: bytes that
  // are 1 where a pixel changed. `offset` is taken off the reference.
  template <class Sink>
  void rows(const Region &r, double offset, int first, int last, Sink &&sink) const {
    const int n = r.width;
    std::vector<uint8_t> better(n), worse(n);
    if (!median_) {
      for (int y = first; y < last; y++) {
        classify(r, offset, y, better.data(), worse.data());
        sink(y, better.data(), worse.data());
      }
      return;
    }
    // sums over three columns of three rows, row y at y modulo 3
    std::vector<uint8_t> up(size_t{3} * n), down(size_t{3} * n);
    const auto add = [&](int y) {
      const size_t at = static_cast<size_t>((y + 3) % 3) * n;
      if ((y < 0 || y >= r.height) && !r.edge_repeats) {
        std::fill_n(&up[at], n, 0);
        std::fill_n(&down[at], n, 0);
        return;
      }
      classify(r, offset, std::clamp(y, 0, r.height - 1), better.data(), worse.data());
      sum_three(better.data(), n, r.edge_repeats, &up[at]);
      sum_three(worse.data(), n, r.edge_repeats, &down[at]);
    };
    add(first - 1), add(first);
    for (int y = first; y < last; y++) {
      add(y + 1);
      majority(up.data(), n, better.data());
      majority(down.data(), n, worse.data());
      sink(y, better.data(), worse.data());
    }
  }

  Counts count(const Region &r, double offset, int first, int last) const {
    if constexpr (std::is_same_v<T, uint8_t>)
      if (offset == 0 && !median_ && !inside_)
        return ByteRows{images_.before, images_.after, images_.reference, r.x, r.width}.count(
            r.y + first, r.y + last, threshold_ < 255 ? static_cast<int>(threshold_) : 255);
    Counts counts;
    rows(r, offset, first, last, [&](int, const uint8_t *better, const uint8_t *worse) {
      counts.better += total(better, r.width);
      counts.worse += total(worse, r.width);
    });
    return counts;
  }

  // In 8-bit units; not finite where a pixel is missing.
  double at(int x, int y) const {
    const double c = images_.reference(x, y);
    return (std::abs(images_.before(x, y) - c) - std::abs(images_.after(x, y) - c)) * 255 / span_;
  }
  bool is_inside(int x, int y) const { return !inside_ || inside_(x, y); }

 private:
  static int64_t total(const uint8_t *bytes, int n) {
    return vectorized([=] {
      int64_t sum = 0;
      for (int x = 0; x < n; x++) sum += bytes[x];
      return sum;
    });
  }

  static void sum_three(const uint8_t *bytes, int n, bool edge_repeats, uint8_t *sums) {
    const int left = edge_repeats ? bytes[0] : 0, right = edge_repeats ? bytes[n - 1] : 0;
    vectorized([=] {
      for (int x = 1; x < n - 1; x++) sums[x] = static_cast<uint8_t>(bytes[x - 1] + bytes[x] + bytes[x + 1]);
    });
    sums[0] = static_cast<uint8_t>(left + bytes[0] + (n > 1 ? bytes[1] : right));
    if (n > 1) sums[n - 1] = static_cast<uint8_t>(bytes[n - 2] + bytes[n - 1] + right);
  }

  // The median of nine bits.
  static void majority(const uint8_t *sums, int n, uint8_t *out) {
    vectorized([=] {
      for (int x = 0; x < n; x++) out[x] = sums[x] + sums[n + x] + sums[2 * n + x] > 4;
    });
  }

  void classify(const Region &r, double offset, int y, uint8_t *better, uint8_t *worse) const {
    const T *a = images_.before.row(r.y + y) + r.x, *b = images_.after.row(r.y + y) + r.x;
    const T *c = images_.reference.row(r.y + y) + r.x;
    const int n = r.width;
    if constexpr (std::is_same_v<T, uint8_t>) classify_bytes(a, b, c, n, offset, better, worse);
    else classify_numbers(a, b, c, n, offset, better, worse);
    if (!inside_) return;
    const uint8_t *in = inside_.row(r.y + y) + r.x;
    vectorized([=] {
      for (int x = 0; x < n; x++) {
        better[x] = in[x] ? better[x] : 0;
        worse[x] = in[x] ? worse[x] : 0;
      }
    });
  }

  void classify_bytes(const uint8_t *a, const uint8_t *b, const uint8_t *c, int n, double offset, uint8_t *better,
                      uint8_t *worse) const {
    // whole differences exceed a number if they exceed its whole part; none exceeds 255
    const auto limit = static_cast<uint8_t>(threshold_ < 255 ? threshold_ : 255);
    const auto shifted = [](uint8_t v, int by) { return static_cast<uint8_t>(std::clamp(v - by, 0, 255)); };
    const auto compare = [=](auto reference) {
      for (int x = 0; x < n; x++) {
        const uint8_t r = reference(x);
        const auto p = static_cast<uint8_t>(std::max(a[x], r) - std::min(a[x], r));
        const auto q = static_cast<uint8_t>(std::max(b[x], r) - std::min(b[x], r));
        const auto gain = static_cast<uint8_t>(std::max(p, q) - q), loss = static_cast<uint8_t>(std::max(p, q) - p);
        better[x] = gain > limit;
        worse[x] = loss > limit;
      }
    };
    if (offset == 0) {
      vectorized([=] { compare([=](int x) { return c[x]; }); });
    } else {
      const int by = std::isfinite(offset) ? static_cast<int>(offset) : 0;
      vectorized([=] { compare([=](int x) { return shifted(c[x], by); }); });
    }
  }

  void classify_numbers(const float *a, const float *b, const float *c, int n, double offset, uint8_t *better,
                        uint8_t *worse) const {
    const double threshold = threshold_, low = low_, high = high_;
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const auto store = [=](int x, double dd) {
      better[x] = (dd > threshold) & (dd < infinity);
      worse[x] = (dd < -threshold) & (dd > -infinity);
    };
    if (offset == 0) {
      vectorized([=] {
        for (int x = 0; x < n; x++) store(x, std::abs(a[x] - double{c[x]}) - std::abs(b[x] - double{c[x]}));
      });
      return;
    }
    vectorized([=] {
      for (int x = 0; x < n; x++) {
        const double r = c[x] - offset, held = r < low ? low : r > high ? high : r;
        store(x, std::abs(a[x] - held) - std::abs(b[x] - held));
      }
    });
  }

  const Compared<T> images_;
  const View<const uint8_t> inside_;
  const bool median_;
  const double span_, low_, high_;
  const double threshold_;  // the tolerance in pixel values
};

template <class T>
double tolerance_for(const Compared<T> &images, const DifferenceOptions &options, const Parallel &parallel) {
  if (!options.automatic) return options.tolerance;
  double sum = 0;
  for (const auto &image : {images.before, images.after, images.reference})
    sum += automatic_tolerance(local_contrast(image, images.inside, options, parallel).contrast);
  return sum / 3;
}

template <class T>
Region whole_of(const Compared<T> &images, int crop) {
  return {crop, crop, std::max(0, images.before.width() - 2 * crop), std::max(0, images.before.height() - 2 * crop),
          crop == 0};
}

template <class T>
std::vector<Region> blocks_of(const Compared<T> &images, const DifferenceOptions &options) {
  const int width = images.before.width() - 2 * options.crop, height = images.before.height() - 2 * options.crop;
  const int down = height / grid, across = options.compat ? down : width / grid;
  std::vector<Region> blocks;
  for (int v = 0; v < grid; v++)
    for (int u = 0; u < grid; u++) {
      const int left = u * across;
      const Region block{options.crop + left, options.crop + v * down, std::min(across, width - left), down, true};
      if (block.width > 0 && block.height > 0) blocks.push_back(block);
    }
  return blocks;
}

}  // namespace

template <class T>
DifferenceScore difference_score(const Compared<T> &images, const DifferenceOptions &options,
                                 const Parallel &parallel) {
  DifferenceScore result;
  result.tolerance = tolerance_for(images, options, parallel);
  const Differences<T> differences(images, options, result.tolerance);
  if (!options.blocks) {
    const Region all = whole_of(images, options.crop);
    if (all.width == 0) return result;
    std::vector<Counts> parts((all.height + rows_per_block - 1) / rows_per_block);
    parallel(static_cast<int64_t>(parts.size()), [&](int64_t i) {
      const int first = static_cast<int>(i) * rows_per_block;
      parts[i] = differences.count(all, 0, first, std::min(first + rows_per_block, all.height));
    });
    Counts sum;
    for (const Counts &part : parts) sum.better += part.better, sum.worse += part.worse;
    result.score = sum.score();
    result.count = sum.changed();
    return result;
  }

  const std::vector<Region> blocks = blocks_of(images, options);
  std::vector<Counts> parts(blocks.size());
  parallel(static_cast<int64_t>(blocks.size()), [&](int64_t i) {
    parts[i] = differences.count(blocks[i], differences.offset_of(blocks[i]), 0, blocks[i].height);
  });
  int64_t total = 0, kept = 0;
  double weighted = 0;
  for (const Counts &part : parts) {
    total += part.changed();
    if (part.changed() < least_block) continue;
    kept += part.changed();
    weighted += static_cast<double>(part.better);  // the block's score times its count
  }
  if (total < least_total || kept == 0) return result;
  result.score = weighted / static_cast<double>(kept);
  result.count = kept;
  return result;
}

DifferenceScore difference_score(const Plane &reference, const Mask *mask, const Plane &moving, const Transform &t,
                                 const DifferenceOptions &options, const Parallel &parallel) {
  const int width = reference.width, height = reference.height;
  Plane moved = resampled(moving, t, {}, parallel);
  Mask inside(static_cast<size_t>(width) * height);
  parallel((height + rows_per_block - 1) / rows_per_block, [&](int64_t block) {
    const int first = static_cast<int>(block) * rows_per_block, last = std::min(first + rows_per_block, height);
    for (int y = first; y < last; y++) {
      const Interval columns = columns_inside(t, y, {0, width - 1}, 0, 0, moving.width - 1.0, moving.height - 1.0);
      if (options.whole)
        for (int x = 0; x < width; x++) moved.row(y)[x] = std::floor(moved.row(y)[x] + 0.5f);
      const size_t at = static_cast<size_t>(y) * width;
      for (int x = columns.first; x <= columns.last; x++) inside[at + x] = !mask || (*mask)[at + x];
    }
  });
  const Compared<float> images{
      moving.view(), std::as_const(moved).view(), reference.view(), {inside.data(), width, height, width}};
  return difference_score(images, options, parallel);
}

template <class T>
std::vector<int8_t> difference_map(const Compared<T> &images, const DifferenceOptions &options,
                                   const Parallel &parallel) {
  const int width = images.before.width();
  std::vector<int8_t> map(static_cast<size_t>(width) * images.before.height());
  const Differences<T> differences(images, options, tolerance_for(images, options, parallel));
  const auto draw = [&](const Region &r, double offset, int first, int last) {
    differences.rows(r, offset, first, last, [&](int y, const uint8_t *better, const uint8_t *worse) {
      int8_t *out = &map[static_cast<size_t>(r.y + y) * width + r.x];
      for (int x = 0; x < r.width; x++) out[x] = static_cast<int8_t>(better[x] - worse[x]);
    });
  };
  if (options.blocks) {
    const std::vector<Region> blocks = blocks_of(images, options);
    parallel(static_cast<int64_t>(blocks.size()),
             [&](int64_t i) { draw(blocks[i], differences.offset_of(blocks[i]), 0, blocks[i].height); });
    return map;
  }
  const Region all = whole_of(images, options.crop);
  if (all.width > 0)
    parallel((all.height + rows_per_block - 1) / rows_per_block, [&](int64_t i) {
      const int first = static_cast<int>(i) * rows_per_block;
      draw(all, 0, first, std::min(first + rows_per_block, all.height));
    });
  return map;
}

template <class T>
DifferenceHistogram difference_histogram(const Compared<T> &images, const DifferenceOptions &options,
                                         double tolerance) {
  DifferenceHistogram bins{};
  const Differences<T> differences(images, options, tolerance);
  const Region r = whole_of(images, options.crop);
  for (int y = r.y; y < r.y + r.height; y++)
    for (int x = r.x; x < r.x + r.width; x++) {
      const double dd = differences.at(x, y);
      if (!(std::abs(dd) > tolerance) || !std::isfinite(dd) || !differences.is_inside(x, y)) continue;
      const double bin = (dd + 255) * difference_bins / 510;
      bins[static_cast<size_t>(std::clamp(bin, 0.0, difference_bins - 1.0))]++;
    }
  return bins;
}

template <class T>
LocalContrast local_contrast(View<const T> image, View<const uint8_t> inside, const DifferenceOptions &options,
                             const Parallel &parallel) {
  const double unit = options.high > options.low ? 255 / (options.high - options.low) : 0;
  const int width = image.width(), height = image.height();
  // full windows side by side; an image that holds none is one
  const auto windows = [&](int size) {
    if (options.compat) return std::max(0, (size - 1) / window_side);
    return std::max(1, size / window_side);
  };
  const int across = windows(width), down = windows(height);
  const int side_x = std::min(window_side, width), side_y = std::min(window_side, height);
  struct Window {
    double mean, sd;
  };
  std::vector<Window> all(static_cast<size_t>(across) * down);
  parallel(down, [&](int64_t v) {
    for (int u = 0; u < across; u++) {
      double n = 0, sum = 0, squares = 0, shift = 0;
      bool first = true;
      for (int y = static_cast<int>(v) * window_side; y < static_cast<int>(v) * window_side + side_y; y++)
        for (int x = u * window_side; x < u * window_side + side_x; x++) {
          const double p = image(x, y);
          if (!options.compat && ((inside && !inside(x, y)) || !std::isfinite(p))) continue;
          // about one of its values, sums of squares lose nothing
          if (std::exchange(first, false)) shift = p;
          n++, sum += p - shift, squares += (p - shift) * (p - shift);
        }
      // a window that is hardly inside says nothing of the image
      const bool enough = n > 0 && 2 * n >= double(side_x) * side_y;
      const double mean = sum / n;
      all[static_cast<size_t>(v) * across + u] =
          enough
              ? Window{(mean + shift - options.low) * unit, std::sqrt(std::max(0.0, squares / n - mean * mean)) * unit}
              : Window{std::nan(""), std::nan("")};
    }
  });
  if (!options.compat) std::erase_if(all, [](const Window &w) { return std::isnan(w.sd); });
  const auto n = static_cast<double>(all.size());
  double means = 0, sds = 0, of_means = 0, of_sds = 0;
  for (const Window &w : all) means += w.mean, sds += w.sd;
  for (const Window &w : all)
    of_means += (w.mean - means / n) * (w.mean - means / n), of_sds += (w.sd - sds / n) * (w.sd - sds / n);
  return {sds / n, std::sqrt(of_means / n), std::sqrt(of_sds / n)};
}

const char *name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::success: return "success";
    case Verdict::fail: return "fail";
    case Verdict::unscored: return "unscored";
  }
  return "";
}

#define INSTANTIATE(T)                                                                                           \
  template DifferenceScore difference_score(const Compared<T> &, const DifferenceOptions &, const Parallel &);   \
  template std::vector<int8_t> difference_map(const Compared<T> &, const DifferenceOptions &, const Parallel &); \
  template DifferenceHistogram difference_histogram(const Compared<T> &, const DifferenceOptions &, double);     \
  template LocalContrast local_contrast(View<const T>, View<const uint8_t>, const DifferenceOptions &,           \
                                        const Parallel &);
INSTANTIATE(uint8_t)
INSTANTIATE(float)
#undef INSTANTIATE

}  // namespace sheaf::align
