#include "align/score.hpp"

#include <algorithm>
#include <cmath>

#include "align/lanes.hpp"
#include "align/resample.hpp"
#include "common/vectorized.hpp"

namespace sheaf::align {
namespace {

constexpr int rows_per_block = 32;

struct Products {
  double n = 0, a = 0, b = 0, aa = 0, bb = 0, ab = 0;
};

void add_products(const float *a, const float *b, int n, Products &sum) {
  EightDoubles sa{}, sb{}, saa{}, sbb{}, sab{};
  const int whole = n / lanes * lanes;
  vectorized([&] {
    for (int x = 0; x < whole; x += lanes) {
      const auto p = __builtin_convertvector(eight(a + x), EightDoubles);
      const auto q = __builtin_convertvector(eight(b + x), EightDoubles);
      sa += p;
      sb += q;
      saa += p * p;
      sbb += q * q;
      sab += p * q;
    }
  });
  sum.a += total_of(sa), sum.b += total_of(sb);
  sum.aa += total_of(saa), sum.bb += total_of(sbb), sum.ab += total_of(sab);
  for (int x = whole; x < n; x++) {
    const double p = a[x], q = b[x];
    sum.a += p, sum.b += q;
    sum.aa += p * p, sum.bb += q * q, sum.ab += p * q;
  }
}

// Whether pixel (x, y) of the reference and what t maps it to are there.
bool both_there(const Level &reference, const Mask *mask, const Level &moving, const Transform &t, int x, int y) {
  const size_t at = static_cast<size_t>(y) * reference.width + x;
  if (mask && !(*mask)[at]) return false;
  if (!reference.complete() && !reference.valid3[at]) return false;
  if (moving.complete()) return true;
  const Point p = t(x, y);
  const int u = std::clamp(static_cast<int>(p.x), 0, moving.width - 1);
  const int v = std::clamp(static_cast<int>(p.y), 0, moving.height - 1);
  return moving.valid4[static_cast<size_t>(v) * moving.width + u];
}

}  // namespace

double correlation(const Level &reference, const Mask *mask, const Level &moving, const Transform &t,
                   const Parallel &parallel) {
  const int width = reference.width, height = reference.height;
  const View<const float> in(moving.pixels.data(), moving.width, moving.height, std::ptrdiff_t{moving.width} * 4);
  const bool weighted = mask || !reference.complete() || !moving.complete();
  const int blocks = (height + rows_per_block - 1) / rows_per_block;
  std::vector<Products> parts(blocks);
  parallel(blocks, [&](int64_t block) {
    const int first = static_cast<int>(block) * rows_per_block, last = std::min(first + rows_per_block, height);
    std::vector<float> fixed(width), moved(width);
    Products &sum = parts[block];
    for (int y = first; y < last; y++) {
      const Interval columns = columns_inside(t, y, {0, width - 1}, 0, 0, moving.width - 1.0, moving.height - 1.0);
      if (columns.size() == 0) continue;
      ResampleOptions row;
      row.top = y;
      resample(in, View<float>(moved.data(), width, 1, std::ptrdiff_t{width} * 4), t, row, serial);
      std::copy_n(reference.row(y), width, fixed.data());
      int n = columns.size();
      if (weighted)
        for (int x = columns.first; x <= columns.last; x++)
          if (!both_there(reference, mask, moving, t, x, y)) {
            fixed[x] = moved[x] = 0;
            n--;
          }
      sum.n += n;
      add_products(fixed.data() + columns.first, moved.data() + columns.first, columns.size(), sum);
    }
  });
  Products s;
  for (const Products &part : parts)
    s.n += part.n, s.a += part.a, s.b += part.b, s.aa += part.aa, s.bb += part.bb, s.ab += part.ab;
  if (s.n < 2) return 0;
  const double va = s.aa - s.a * s.a / s.n, vb = s.bb - s.b * s.b / s.n;
  // what rounding leaves of the variance of a constant
  const double least = 1e-12 * s.n;
  if (!(va > least) || !(vb > least)) return 0;
  return std::clamp((s.ab - s.a * s.b / s.n) / std::sqrt(va * vb), -1.0, 1.0);
}

DifferenceScore difference_score(const Plane &reference, const Mask *mask, const Plane &moving, const Transform &t,
                                 const DifferenceOptions &options, const Parallel &parallel) {
  const int width = reference.width, height = reference.height;
  const double unit = options.high > options.low ? 255 / (options.high - options.low) : 0;
  const int blocks = (height + rows_per_block - 1) / rows_per_block;
  std::vector<std::array<int64_t, 2>> parts(blocks);  // improved, changed
  const Plane moved = resampled(moving, t, {}, parallel);
  parallel(blocks, [&](int64_t block) {
    const int first = static_cast<int>(block) * rows_per_block, last = std::min(first + rows_per_block, height);
    int64_t improved = 0, changed = 0;
    for (int y = first; y < last; y++) {
      const Interval columns = columns_inside(t, y, {0, width - 1}, 0, 0, moving.width - 1.0, moving.height - 1.0);
      const float *l1 = moving.row(y), *l1h = moved.row(y), *l2 = reference.row(y);
      for (int x = columns.first; x <= columns.last; x++) {
        if (mask && !(*mask)[static_cast<size_t>(y) * width + x]) continue;
        const double after = options.whole ? std::floor(l1h[x] + 0.5) : l1h[x];
        const double dd = (std::abs(l1[x] - double{l2[x]}) - std::abs(after - l2[x])) * unit;
        // false where a pixel is missing
        if (!(std::abs(dd) > options.tolerance) || !std::isfinite(dd)) continue;
        changed++;
        improved += dd > 0;
      }
    }
    parts[block] = {improved, changed};
  });
  int64_t improved = 0, changed = 0;
  for (const auto &[up, all] : parts) improved += up, changed += all;
  if (changed == 0) return {};
  return {static_cast<double>(improved) / static_cast<double>(changed), changed};
}

}  // namespace sheaf::align
