#include "align/agreement.hpp"

#include <algorithm>
#include <cmath>

#include "align/lanes.hpp"
#include "align/resample.hpp"
#include "common/vectorized.hpp"

namespace sheaf::align {
namespace {

constexpr int rows_per_block = 32;
constexpr double tolerance = 50;  // in 8-bit units

typedef int EightInts __attribute__((vector_size(4 * lanes), aligned(4), may_alias));

// Sums of two images, each about a value near its mean.
struct Products {
  double n = 0, a = 0, b = 0, aa = 0, bb = 0, ab = 0;

  void add(const Products &o) { n += o.n, a += o.a, b += o.b, aa += o.aa, bb += o.bb, ab += o.ab; }
  double correlation() const {
    if (n < 2) return 0;
    const double va = aa - a * a / n, vb = bb - b * b / n;
    // what rounding leaves of the variance of a constant
    if (!(va > 1e-6 * aa) || !(vb > 1e-6 * bb)) return 0;
    return std::clamp((ab - a * b / n) / std::sqrt(va * vb), -1.0, 1.0);
  }
};

struct Sums {
  Products before, after;
  int64_t changed = 0, improved = 0;
};

// One row; `selected` holds 1 where a pixel counts and 0 elsewhere, null: all do.
struct Rows {
  const float *reference, *moving, *moved, *selected;
  float pivot_reference, pivot_moving;
};

// A value near the mean, the same for any number of threads.
float pivot_of(const Plane &plane) {
  double sum = 0;
  int64_t n = 0;
  for (size_t i = 0; i < plane.pixels.size(); i += 257)
    if (std::isfinite(plane.pixels[i])) {
      sum += plane.pixels[i];
      n++;
    }
  return n ? static_cast<float>(sum / static_cast<double>(n)) : 0;
}

// Products of columns [first, last]; the number of pixels that count is n.
template <bool careful>
void add_products(const Rows &rows, const float *other, int first, int last, Products &sum) {
  Eight n{}, sa{}, sb{}, saa{}, sbb{}, sab{};
  auto add = [&](const Eight &p, const Eight &q, const Eight &selected) __attribute__((always_inline)) {
    Eight a = p - rows.pivot_reference, b = q - rows.pivot_moving;
    if constexpr (careful) {
      const Eight d = a + b;
      const auto there = (d - d == 0) & (selected != 0);
      a = there ? a : Eight{};
      b = there ? b : Eight{};
      n += there ? Eight{} + 1 : Eight{};
    }
    sa += a;
    sb += b;
    saa += a * a;
    sbb += b * b;
    sab += a * b;
  };
  const int count = last - first + 1, whole = count / lanes * lanes;
  const Eight all = Eight{} + 1;
  vectorized([&] {
    for (int x = first; x < first + whole; x += lanes)
      add(eight(rows.reference + x), eight(other + x), careful && rows.selected ? eight(rows.selected + x) : all);
    if (whole < count) {
      // what lies beyond is as the pivots: it adds nothing
      alignas(32) float p[lanes], q[lanes], selected[lanes] = {};
      for (int l = 0; l < lanes; l++) {
        const int x = first + whole + l;
        p[l] = x <= last ? rows.reference[x] : rows.pivot_reference;
        q[l] = x <= last ? other[x] : rows.pivot_moving;
        if (x <= last) selected[l] = careful && rows.selected ? rows.selected[x] : 1;
      }
      add(eight(p), eight(q), eight(selected));
    }
  });
  sum.n += careful ? total_of(n) : count;
  sum.a += total_of(sa), sum.b += total_of(sb);
  sum.aa += total_of(saa), sum.bb += total_of(sbb), sum.ab += total_of(sab);
}

template <bool whole, bool careful>
void add_differences(const Rows &rows, int first, int last, float threshold, Sums &sum) {
  EightInts up{}, down{};
  auto add = [&](const Eight &fixed, const Eight &was, const Eight &is, const Eight &selected)
      __attribute__((always_inline)) {
    Eight after = is;
    if constexpr (whole) after = __builtin_convertvector(__builtin_convertvector(is + 0.5f, EightInts), Eight);
    const Eight from = was - fixed, to = after - fixed;
    const Eight dd = (from < 0 ? -from : from) - (to < 0 ? -to : to);
    // false where a pixel is missing; a pixel of infinite value changes by infinitely much
    const Eight known = dd + is;  // rounding makes a number of what is none
    const auto counts = careful ? (known - known == 0) & (selected != 0) : dd == dd;
    up -= (dd > threshold) & counts;
    down -= (dd < -threshold) & counts;
  };
  const int count = last - first + 1, full = count / lanes * lanes;
  const Eight all = Eight{} + 1;
  vectorized([&] {
    for (int x = first; x < first + full; x += lanes)
      add(eight(rows.reference + x), eight(rows.moving + x), eight(rows.moved + x),
          careful && rows.selected ? eight(rows.selected + x) : all);
    if (full < count) {
      alignas(32) float p[lanes] = {}, q[lanes] = {}, r[lanes] = {}, selected[lanes] = {};
      for (int l = 0; first + full + l <= last; l++) {
        const int x = first + full + l;
        p[l] = rows.reference[x], q[l] = rows.moving[x], r[l] = rows.moved[x];
        selected[l] = careful && rows.selected ? rows.selected[x] : 1;
      }
      add(eight(p), eight(q), eight(r), eight(selected));
    }
  });
  for (int l = 0; l < lanes; l++) {
    sum.improved += up[l];
    sum.changed += up[l] + down[l];
  }
}

}  // namespace

Agreement agreement(const Plane &reference, const Mask *mask, const Plane &moving, const Transform &t,
                    const GrayScale &scale, bool complete, const Parallel &parallel) {
  const int width = reference.width, height = reference.height;
  const bool careful = mask || !complete;
  const float threshold = scale.high > scale.low ? static_cast<float>(tolerance * (scale.high - scale.low) / 255)
                                                 : std::numeric_limits<float>::infinity();
  const float pivot_reference = pivot_of(reference), pivot_moving = pivot_of(moving);
  const bool still = t.is_identity();
  const int blocks = (height + rows_per_block - 1) / rows_per_block;
  std::vector<Sums> parts(blocks);
  parallel(blocks, [&](int64_t block) {
    const int top = static_cast<int>(block) * rows_per_block, bottom = std::min(top + rows_per_block, height);
    Plane moved;
    if (!still) {
      moved = Plane::unset(width, bottom - top);
      ResampleOptions how;
      how.top = top;
      resample(moving.view(), moved.view(), t, how, serial);
    }
    std::vector<float> selected(mask ? width : 0);
    Sums &sum = parts[block];
    for (int y = top; y < bottom; y++) {
      for (int x = 0; x < width && mask; x++) selected[x] = (*mask)[static_cast<size_t>(y) * width + x] != 0;
      const Rows rows{
          reference.row(y), moving.row(y), still ? moving.row(y) : moved.row(y - top), mask ? selected.data() : nullptr,
          pivot_reference,  pivot_moving};
      auto products = careful ? add_products<true> : add_products<false>;
      products(rows, rows.moving, 0, width - 1, sum.before);
      if (still) continue;
      const Interval columns = columns_inside(t, y, {0, width - 1}, 0, 0, moving.width - 1.0, moving.height - 1.0);
      if (columns.size() == 0) continue;
      products(rows, rows.moved, columns.first, columns.last, sum.after);
      auto differences = scale.whole ? careful ? add_differences<true, true> : add_differences<true, false>
                         : careful ? add_differences<false, true>
                                     : add_differences<false, false>;
      differences(rows, columns.first, columns.last, threshold, sum);
    }
  });
  Sums sums;
  for (const Sums &part : parts) {
    sums.before.add(part.before);
    sums.after.add(part.after);
    sums.changed += part.changed;
    sums.improved += part.improved;
  }
  Agreement result;
  result.before = sums.before.correlation();
  result.after = still ? result.before : sums.after.correlation();
  result.changed = sums.changed;
  result.improved = sums.improved;
  return result;
}

}  // namespace sheaf::align
