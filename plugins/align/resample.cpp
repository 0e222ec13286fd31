#include "align/resample.hpp"

#include <algorithm>
#include <cmath>

#include "align/runs.hpp"
#include "common/vectorized.hpp"

namespace sheaf::align {
namespace {

constexpr int rows_per_block = 64;

// Channels of a pixel as an array of samples.
template <class T>
struct Samples {
  using Type = T;
  static constexpr int count = 1;
};
template <>
struct Samples<Rgb> {
  using Type = uint8_t;
  static constexpr int count = 4;
};

template <class S>
inline S to_sample(float v) {
  // labels are never mixed: they take this path only for code that does not run
  if constexpr (std::is_same_v<S, float> || std::is_same_v<S, uint32_t>) {
    return static_cast<S>(v);
  } else {
    constexpr float high = std::numeric_limits<S>::max();
    return static_cast<S>((v < 0 ? 0 : v > high ? high : v) + 0.5f);
  }
}

// Coordinate of the pixel that stands for one outside the image.
inline double mirrored(double at, int size) {
  const double period = 2.0 * (size - 1);
  if (period == 0) return 0;
  at = std::fabs(at) - period * std::floor(std::fabs(at) / period);
  return at > size - 1 ? period - at : at;
}

inline void keys_weights(float t, float *w) {
  const float s = 1 - t;
  w[0] = -0.5f * t * s * s;
  w[1] = 1 + t * t * (1.5f * t - 2.5f);
  w[2] = 1 + s * s * (1.5f * s - 2.5f);
  w[3] = -0.5f * s * t * t;
}

typedef uint16_t EightShorts __attribute__((vector_size(2 * lanes), aligned(2), may_alias));
typedef uint8_t EightBytes __attribute__((vector_size(lanes), aligned(1), may_alias));
typedef int EightInts __attribute__((vector_size(4 * lanes), aligned(4), may_alias));

inline void load(const float *from, Eight &to) { to = eight(from); }
inline void load(const uint16_t *from, Eight &to) {
  to = __builtin_convertvector(__builtin_convertvector(*reinterpret_cast<const EightShorts *>(from), EightInts), Eight);
}
inline void load(const uint8_t *from, Eight &to) {
  const auto shorts = __builtin_convertvector(*reinterpret_cast<const EightBytes *>(from), EightShorts);
  to = __builtin_convertvector(__builtin_convertvector(shorts, EightInts), Eight);
}

// Values between those of the type, which need no clamping.
inline void store(const Eight &v, float *to) { eight(to) = v; }
inline void store(const Eight &v, uint16_t *to) {
  *reinterpret_cast<EightShorts *>(to) =
      __builtin_convertvector(__builtin_convertvector(v + 0.5f, EightInts), EightShorts);
}
inline void store(const Eight &v, uint8_t *to) {
  const auto shorts = __builtin_convertvector(__builtin_convertvector(v + 0.5f, EightInts), EightShorts);
  *reinterpret_cast<EightBytes *>(to) = __builtin_convertvector(shorts, EightBytes);
}

// Eight pixels side by side on a run.
template <class S>
inline void bilinear_run(const S *from, const S *below, const Run &run, Eight &out) {
  Eight a, b, d, e;
  load(from, a);
  load(from + 1, b);
  load(below, d);
  load(below + 1, e);
  const Eight top = a + run.fx * (b - a), bottom = d + run.fx * (e - d);
  out = top + run.fy * (bottom - top);
}

template <class T>
class Resampler {
 public:
  using S = typename Samples<T>::Type;
  static constexpr int C = Samples<T>::count;

  Resampler(View<const T> in, View<T> out, const Transform &t, const ResampleOptions &options)
      : in_(in), out_(out), t_(t), options_(options) {}

  void row(int y) const {
    S *to = reinterpret_cast<S *>(out_.row(y));
    const int width = out_.width(), at_y = y + options_.top;
    const Interval all{options_.left, options_.left + width - 1};
    Interval inside = columns_inside(t_, at_y, all, 0, 0, in_.width() - 1.0, in_.height() - 1.0);
    if (inside.size() == 0) inside = {all.last + 1, all.last};
    outside(to, at_y, all.first, inside.first);
    for (int x = inside.first; x <= inside.last; x += chunk)
      within(to + C * (x - options_.left), at_y, x, std::min(chunk, inside.last - x + 1));
    outside(to + C * (inside.last + 1 - options_.left), at_y, inside.last + 1, all.last + 1);
  }

 private:
  const S *samples(int y) const { return reinterpret_cast<const S *>(in_.row(y)); }

  // Columns [first, last) of the output's row, which lie outside the input.
  void outside(S *to, int y, int first, int last) const {
    if (options_.border == Border::black) {
      std::fill(to, to + static_cast<std::ptrdiff_t>(C) * std::max(0, last - first), S{});
      return;
    }
    for (int x = first; x < last; x += chunk) {
      const int n = std::min(chunk, last - x);
      Positions p;
      for (int k = 0; k < n; k++) {
        Point at = t_(x + k, y);
        if (!std::isfinite(at.x) || !std::isfinite(at.y)) at = {0, 0};
        place(p, k, at);
      }
      interpolate(to + C * (x - first), p, n);
    }
  }

  void place(Positions &p, int k, Point at) const {
    const double last_x = in_.width() - 1, last_y = in_.height() - 1;
    if (options_.border == Border::reflect) at = {mirrored(at.x, in_.width()), mirrored(at.y, in_.height())};
    const double x = std::clamp(at.x, 0.0, last_x), y = std::clamp(at.y, 0.0, last_y);
    p.x[k] = static_cast<int>(x);
    p.y[k] = static_cast<int>(y);
    p.fx[k] = static_cast<float>(x - p.x[k]);
    p.fy[k] = static_cast<float>(y - p.y[k]);
  }

  void within(S *to, int y, int x, int n) const {
    if (t_.is_translation()) {
      shifted(to, y, x, n);
      return;
    }
    const Bounds across{0, in_.width() - 1.0, in_.width() - 1}, down{0, in_.height() - 1.0, in_.height() - 1};
    if constexpr (C == 1 && !std::is_same_v<S, uint32_t>)
      if (t_.is_affine() && options_.interpolation == Interpolation::bilinear) {
        bilinear_affine(to, Row(t_, y, across, down, 0, 1, in_.width(), in_.height()), x, n);
        return;
      }
    Positions p;
    vectorized([&] {
      if (t_.is_affine()) locate<true>(t_, x, y, n, across, down, p);
      else locate<false>(t_, x, y, n, across, down, p);
    });
    interpolate(to, p, n);
  }

  // A pure translation has one fraction for the whole image.
  void shifted(S *to, int y, int x, int n) const {
    Positions p;
    place(p, 0, {x + t_.m[2], y + t_.m[5]});
    const float fx = p.fx[0], fy = p.fy[0];
    const S *from = samples(p.y[0]) + C * p.x[0];
    if (fx == 0 && fy == 0) {
      std::copy(from, from + C * n, to);
      return;
    }
    // the last pixel has no neighbour on the right if its fraction is lost in rounding
    const bool room = p.x[0] + n < in_.width();
    if constexpr (!std::is_same_v<S, uint32_t>)
      if (options_.interpolation == Interpolation::bilinear && room) {
        const S *below = fy > 0 ? samples(p.y[0] + 1) + C * p.x[0] : from;
        vectorized([&] {
          const int whole = C * n / lanes * lanes;
          for (int k = 0; k < whole; k += lanes) {
            Eight a, b, d, e;
            load(from + k, a);
            load(from + k + C, b);
            load(below + k, d);
            load(below + k + C, e);
            const Eight top = a + fx * (b - a), bottom = d + fx * (e - d);
            store(top + fy * (bottom - top), to + k);
          }
          for (int k = whole; k < C * n; k++) {
            const float a = from[k], b = from[k + C], d = below[k], e = below[k + C];
            const float top = a + fx * (b - a), bottom = d + fx * (e - d);
            to[k] = to_sample<S>(top + fy * (bottom - top));
          }
        });
        if constexpr (std::is_same_v<S, float>)
          for (int k = 0; k < n; k++)
            if (!std::isfinite(to[k])) to[k] = careful(p.x[0] + k, p.y[0], fx, fy);
        return;
      }
    for (int k = 0; k < n; k++) place(p, k, {x + k + t_.m[2], y + t_.m[5]});
    interpolate(to, p, n);
  }

  // In runs where the transform allows.
  void bilinear_affine(S *to, const Row &where, int x, int n) const {
    const std::ptrdiff_t stride = in_.row_bytes() / static_cast<std::ptrdiff_t>(sizeof(S));
    const S *const data = samples(0);
    const int last_x = in_.width() - 1, last_y = in_.height() - 1;
    alignas(32) float values[chunk];
    Eight none{};
    vectorized([&] {
      auto from = [&](const Run &r) __attribute__((always_inline)) { return data + r.y * stride + r.x; };
      for (int k = 0; k < n; k += lanes) {
        for (const int end = k + where.stretch(x + k, n - k); k < end; k += lanes) {
          const Run run = where.run(x + k);
          bilinear_run(from(run), from(run) + stride, run, eight(values + k));
        }
        if (k >= n) break;
        const int count = std::min(lanes, n - k);
        const Block b = where.block(x + k, count);
        if (b.kind == Block::one_run) {
          bilinear_run(from(b.first), from(b.first) + stride, b.first, eight(values + k));
        } else if (b.kind == Block::two_runs) {
          Eight one, two;
          bilinear_run(from(b.first), from(b.first) + stride, b.first, one);
          bilinear_run(from(b.second), from(b.second) + stride, b.second, two);
          b.choose(one, two, values + k);
        } else {
          for (int l = 0; l < count; l++) {
            const Row::Place p = where.place(x + k + l);
            const S *at = data + p.y * stride + p.x, *below = at + (p.y < last_y ? stride : 0);
            const int right = p.x < last_x;
            const float top = at[0] + p.fx * (static_cast<float>(at[right]) - at[0]);
            const float bottom = below[0] + p.fx * (static_cast<float>(below[right]) - below[0]);
            values[k + l] = top + p.fy * (bottom - top);
          }
        }
      }
      const int whole = n / lanes * lanes;
      for (int k = 0; k < whole; k += lanes) store(eight(values + k), to + k);
      for (int k = whole; k < n; k++) to[k] = to_sample<S>(values[k]);
      if constexpr (std::is_same_v<S, float>)
        for (int k = 0; k < whole; k += lanes) none += 0 * eight(values + k);
    });
    if constexpr (std::is_same_v<S, float>)
      // 0 times a finite number is 0, times any other NaN; what is left of the row is looked at anyway
      for (int k = total_of(none) == 0 ? n / lanes * lanes : 0; k < n; k++)
        if (!std::isfinite(to[k])) {
          const Row::Place p = where.place(x + k);
          to[k] = careful(p.x, p.y, p.fx, p.fy);
        }
  }

  void interpolate(S *to, const Positions &p, int n) const {
    if constexpr (std::is_same_v<S, uint32_t>) return nearest(to, p, n);
    switch (options_.interpolation) {
      case Interpolation::nearest: return nearest(to, p, n);
      case Interpolation::bilinear: return bilinear(to, p, n);
      case Interpolation::cubic: return cubic(to, p, n);
    }
  }

  void nearest(S *to, const Positions &p, int n) const {
    for (int k = 0; k < n; k++) {
      const int x = std::min(p.x[k] + (p.fx[k] >= 0.5f), in_.width() - 1);
      const int y = std::min(p.y[k] + (p.fy[k] >= 0.5f), in_.height() - 1);
      const S *from = samples(y) + C * x;
      std::copy(from, from + C, to + C * k);
    }
  }

  void bilinear(S *to, const Positions &p, int n) const {
    const int last_x = in_.width() - 1, last_y = in_.height() - 1;
    const std::ptrdiff_t stride = in_.row_bytes();
    const char *const data = reinterpret_cast<const char *>(in_.data());
    float values[C * chunk];
    vectorized([&] {
      for (int k = 0; k < n; k++) {
        const float fx = p.fx[k], fy = p.fy[k];
        const char *const row = data + p.y[k] * stride;
        const S *from = reinterpret_cast<const S *>(row) + C * p.x[k];
        const S *below = reinterpret_cast<const S *>(row + (p.y[k] < last_y ? stride : 0)) + C * p.x[k];
        const int right = p.x[k] < last_x ? C : 0;
        for (int c = 0; c < C; c++) {
          const float a = from[c], b = from[right + c], d = below[c], e = below[right + c];
          const float top = a + fx * (b - a), bottom = d + fx * (e - d);
          values[C * k + c] = top + fy * (bottom - top);
        }
      }
      for (int k = 0; k < C * n; k++) to[k] = to_sample<S>(values[k]);
    });
    if constexpr (std::is_same_v<S, float>)
      for (int k = 0; k < n; k++)
        if (!std::isfinite(to[k])) to[k] = careful(p.x[k], p.y[k], p.fx[k], p.fy[k]);
  }

  // Bilinear next to pixels that are not finite: those of weight 0 take no part.
  float careful(int x, int y, float fx, float fy) const {
    float sum = 0;
    for (int v = 0; v < 2; v++)
      for (int u = 0; u < 2; u++) {
        const float w = (u ? fx : 1 - fx) * (v ? fy : 1 - fy);
        if (w > 0) sum += w * samples(y + v)[x + u];
      }
    return sum;
  }

  void cubic(S *to, const Positions &p, int n) const {
    const int width = in_.width(), height = in_.height();
    // edge pixels are repeated, unless the border is a mirror
    auto tap = [&](int at, int size) {
      if (options_.border == Border::reflect) return static_cast<int>(mirrored(at, size));
      return std::clamp(at, 0, size - 1);
    };
    for (int k = 0; k < n; k++) {
      float wx[4], wy[4];
      keys_weights(p.fx[k], wx);
      keys_weights(p.fy[k], wy);
      int columns[4];
      const S *rows[4];
      for (int j = 0; j < 4; j++) {
        columns[j] = C * tap(p.x[k] + j - 1, width);
        rows[j] = samples(tap(p.y[k] + j - 1, height));
      }
      for (int c = 0; c < C; c++) {
        float sum = 0;
        for (int v = 0; v < 4; v++) {
          if (wy[v] == 0) continue;
          float line = 0;
          for (int u = 0; u < 4; u++)
            if (wx[u] != 0) line += wx[u] * rows[v][columns[u] + c];
          sum += wy[v] * line;
        }
        to[C * k + c] = to_sample<S>(sum);
      }
    }
  }

  View<const T> in_;
  View<T> out_;
  const Transform &t_;
  const ResampleOptions &options_;
};

// As many rows at a time on a thread as are worth handing over.
template <class F>
void each_row(int height, const Parallel &parallel, F &&row) {
  const int blocks = (height + rows_per_block - 1) / rows_per_block;
  parallel(blocks, [&](int64_t b) {
    const int first = static_cast<int>(b) * rows_per_block, last = std::min(first + rows_per_block, height);
    for (int y = first; y < last; y++) row(y);
  });
}

// The largest rectangle within an interval of columns for each row.
Rectangle largest_rectangle(const std::vector<Interval> &rows, int width, const std::function<void()> &poll) {
  const int height = static_cast<int>(rows.size());
  Rectangle best;
  for (int top = 0; top < height; top++) {
    poll();
    Interval columns{0, width - 1};
    for (int bottom = top; bottom < height; bottom++) {
      columns = {std::max(columns.first, rows[bottom].first), std::min(columns.last, rows[bottom].last)};
      if (rows[bottom].size() == 0 || columns.size() == 0) break;
      const int count = bottom - top + 1;
      if (int64_t{columns.size()} * count > int64_t{best.width} * best.height)
        best = {columns.first, top, columns.size(), count};
    }
  }
  return best;
}

}  // namespace

template <class T>
void resample(View<const T> in, View<T> out, const Transform &t, const ResampleOptions &options,
              const Parallel &parallel) {
  const Resampler<T> resampler(in, out, t, options);
  each_row(out.height(), parallel, [&](int y) { resampler.row(y); });
}

template <class T>
void resample(View<const T> in, View<T> out, const RowTransform &t, const ResampleOptions &options,
              const Parallel &parallel) {
  each_row(out.height(), parallel, [&](int y) {
    const Transform on_row = t(y + options.top);
    Resampler<T>(in, out, on_row, options).row(y);
  });
}

#define SHEAF_RESAMPLE(T)                                                                                       \
  template void resample(View<const T>, View<T>, const Transform &, const ResampleOptions &, const Parallel &); \
  template void resample(View<const T>, View<T>, const RowTransform &, const ResampleOptions &, const Parallel &);
SHEAF_RESAMPLE(uint8_t)
SHEAF_RESAMPLE(uint16_t)
SHEAF_RESAMPLE(uint32_t)
SHEAF_RESAMPLE(float)
SHEAF_RESAMPLE(Rgb)
#undef SHEAF_RESAMPLE

Plane resampled(const Plane &in, const Transform &t, const ResampleOptions &options, const Parallel &parallel) {
  Plane out(in.width, in.height);
  resample(in.view(), out.view(), t, options, parallel);
  return out;
}

Rectangle common_rectangle(std::span<const Transform> transforms, int width, int height,
                           const std::function<void()> &poll) {
  std::vector<Interval> common(height, Interval{0, width - 1});
  for (const Transform &t : transforms) {
    poll();
    if (t.is_identity()) continue;
    for (int y = 0; y < height; y++)
      if (common[y].size() > 0) common[y] = columns_inside(t, y, common[y], 0, 0, width - 1.0, height - 1.0);
  }
  return largest_rectangle(common, width, poll);
}

Rectangle common_rectangle(std::span<const RowTransform> transforms, int width, int height,
                           const std::function<void()> &poll) {
  std::vector<Interval> common(height, Interval{0, width - 1});
  for (const RowTransform &t : transforms) {
    poll();
    for (int y = 0; y < height; y++)
      if (common[y].size() > 0) common[y] = columns_inside(t(y), y, common[y], 0, 0, width - 1.0, height - 1.0);
  }
  return largest_rectangle(common, width, poll);
}

}  // namespace sheaf::align
