#include "align/moments.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "align/runs.hpp"
#include "common/vectorized.hpp"

namespace sheaf::align {
namespace {

// Float sums over a chunk are short enough to be exact to 1e-6.
constexpr int rows_per_block = 32;
constexpr size_t worth_sharing = size_t{1} << 18;  // pixels

struct Chunk {
  alignas(32) float t[chunk], gx[chunk], gy[chunk], i[chunk], w[chunk], u[chunk];
};

// Values and gradient of the reference, smoothed by the cubic B-spline, at
// columns x to x + n - 1. `above` and `below` are its neighbouring rows.
inline void reference_row(const float *above, const float *row, const float *below, int x, int n, Chunk &c) {
  float smooth[chunk + 2], slope[chunk + 2];
  above += x - 1, row += x - 1, below += x - 1;
  for (int k = 0; k < n + 2; k++) {
    smooth[k] = (above[k] + 4 * row[k] + below[k]) * (1 / 6.f);
    slope[k] = (below[k] - above[k]) * 0.5f;
  }
  for (int k = 0; k < n; k++) {
    c.t[k] = (smooth[k] + 4 * smooth[k + 1] + smooth[k + 2]) * (1 / 6.f);
    c.gx[k] = (smooth[k + 2] - smooth[k]) * 0.5f;
    c.gy[k] = (slope[k] + 4 * slope[k + 1] + slope[k + 2]) * (1 / 6.f);
  }
}

inline void spline_weights(float t, float *w) {
  const float s = 1 - t;
  w[0] = s * s * s * (1 / 6.f);
  w[3] = t * t * t * (1 / 6.f);
  w[1] = 2 / 3.f - t * t * (1 - 0.5f * t);
  w[2] = 2 / 3.f - s * s * (1 - 0.5f * s);
}

// The moving image under a pure translation: one set of weights for the row.
// x to x + n - 1 and y lie in [1, size - 2]. Returns where the first 4 x 4 block lies.
inline int moving_row_shifted(const Level &moving, double x, double y, int n, Chunk &c) {
  const int ix = std::clamp(static_cast<int>(x), 1, std::max(1, moving.width - 2 - n));
  const int iy = std::clamp(static_cast<int>(y), 1, moving.height - 3);
  float wx[4], wy[4], column[chunk + 3];
  spline_weights(static_cast<float>(x - ix), wx);
  spline_weights(static_cast<float>(y - iy), wy);
  const float *a = moving.row(iy - 1) + ix - 1, *b = a + moving.width, *d = b + moving.width, *e = d + moving.width;
  // a whole shift may use the full width: its last column has weight 0 and lies outside
  const int there = std::min(n + 3, moving.width + 1 - ix);
  column[n + 2] = 0;
  for (int k = 0; k < there; k++) column[k] = wy[0] * a[k] + wy[1] * b[k] + wy[2] * d[k] + wy[3] * e[k];
  for (int k = 0; k < n; k++)
    c.i[k] = wx[0] * column[k] + wx[1] * column[k + 1] + wx[2] * column[k + 2] + wx[3] * column[k + 3];
  return iy * moving.width + ix;
}

inline void spline_slopes(float t, float *w) {
  const float s = 1 - t;
  w[0] = -0.5f * s * s;
  w[3] = 0.5f * t * t;
  w[1] = -t * (2 - 1.5f * t);
  w[2] = s * (2 - 1.5f * s);
}

// The 4 x 4 pixels from `from` on, for eight pixels side by side.
inline void spline_run(const float *from, std::ptrdiff_t width, const Run &run, Eight &out) {
  const Eight fx = run.fx, fy = run.fy;
  const Eight gx = 1 - fx, gy = 1 - fy;
  const Eight x0 = gx * gx * gx * (1 / 6.f), x3 = fx * fx * fx * (1 / 6.f);
  const Eight x1 = 2 / 3.f - fx * fx * (1 - 0.5f * fx), x2 = 2 / 3.f - gx * gx * (1 - 0.5f * gx);
  const Eight y0 = gy * gy * gy * (1 / 6.f), y3 = fy * fy * fy * (1 / 6.f);
  const Eight y1 = 2 / 3.f - fy * fy * (1 - 0.5f * fy), y2 = 2 / 3.f - gy * gy * (1 - 0.5f * gy);
  auto line = [&](const float *row, Eight &sum) __attribute__((always_inline)) {
    sum = (x0 * eight(row) + x1 * eight(row + 1)) + (x2 * eight(row + 2) + x3 * eight(row + 3));
  };
  Eight a, b, d, e;
  line(from, a);
  line(from + width, b);
  line(from + 2 * width, d);
  line(from + 3 * width, e);
  out = (y0 * a + y1 * b) + (y2 * d + y3 * e);
}

// The same for one pixel.
inline float spline_point(const float *from, std::ptrdiff_t width, float fx, float fy) {
  float wx[4], wy[4];
  spline_weights(fx, wx);
  spline_weights(fy, wy);
  Four a, b, d, e;
  std::memcpy(&a, from, 16);
  std::memcpy(&b, from + width, 16);
  std::memcpy(&d, from + 2 * width, 16);
  std::memcpy(&e, from + 3 * width, 16);
  const Four rows = (wy[0] * a + wy[1] * b) + (wy[2] * d + wy[3] * e);
  return (wx[0] * rows[0] + wx[1] * rows[1]) + (wx[2] * rows[2] + wx[3] * rows[3]);
}

// The moving image under an affine transform. n is a multiple of eight or the
// rest of the row; c.i is filled to the next multiple.
inline void moving_row_affine(const Level &moving, const Row &where, int x, int n, Chunk &c) {
  const float *const pixels = moving.pixels.data();
  const std::ptrdiff_t width = moving.width;
  auto corner = [&](int px, int py) __attribute__((always_inline)) { return pixels + (py - 1) * width + px - 1; };
  for (int k = 0; k < n; k += lanes) {
    for (const int end = k + where.stretch(x + k, n - k); k < end; k += lanes) {
      const Run run = where.run(x + k);
      spline_run(corner(run.x, run.y), width, run, eight(c.i + k));
    }
    if (k >= n) break;
    const int count = std::min(lanes, n - k);
    const Block b = where.block(x + k, count);
    if (b.kind == Block::one_run) {
      spline_run(corner(b.first.x, b.first.y), width, b.first, eight(c.i + k));
    } else if (b.kind == Block::two_runs) {
      Eight one, two;
      spline_run(corner(b.first.x, b.first.y), width, b.first, one);
      spline_run(corner(b.second.x, b.second.y), width, b.second, two);
      b.choose(one, two, c.i + k);
    } else {
      for (int l = 0; l < count; l++) {
        const Row::Place p = where.place(x + k + l);
        c.i[k + l] = spline_point(corner(p.x, p.y), width, p.fx, p.fy);
      }
    }
  }
}

// The same under any transform; `at` receives where each 4 x 4 block lies.
template <bool affine>
inline void moving_row(const Level &moving, const Transform &t, int x, int y, int n, Chunk &c, int *at) {
  // the interval of columns is right up to rounding: coordinates are held inside
  Positions p;
  locate<affine>(t, x, y, n, {1, moving.width - 2.0, moving.width - 3}, {1, moving.height - 2.0, moving.height - 3}, p);
  const float *const pixels = moving.pixels.data();
  const int width = moving.width;
  for (int k = 0; k < n; k++) {
    at[k] = p.y[k] * width + p.x[k];
    c.i[k] = spline_point(pixels + at[k] - width - 1, width, p.fx[k], p.fy[k]);
  }
}

inline float product(const Four &a, const float *b) {
  return (a[0] * b[0] + a[1] * b[1]) + (a[2] * b[2] + a[3] * b[3]);
}

// The moving image takes the reference's place in the chunk, and its gradient along
// the axes of the reference that of the reference.
template <bool affine>
inline void exchanged_row(const Level &moving, const Transform &t, int x, int y, int n, Chunk &c, int *at) {
  Positions p;
  locate<affine>(t, x, y, n, {1, moving.width - 2.0, moving.width - 3}, {1, moving.height - 2.0, moving.height - 3}, p);
  const float *const pixels = moving.pixels.data();
  const int width = moving.width;
  std::array<float, 9> m;
  for (int k = 0; k < 9; k++) m[k] = static_cast<float>(t.m[k]);
  for (int k = 0; k < n; k++) {
    at[k] = p.y[k] * width + p.x[k];
    const float *from = pixels + at[k] - width - 1;
    float wx[4], wy[4], dx[4], dy[4];
    spline_weights(p.fx[k], wx);
    spline_weights(p.fy[k], wy);
    spline_slopes(p.fx[k], dx);
    spline_slopes(p.fy[k], dy);
    Four a, b, d, e;
    std::memcpy(&a, from, 16);
    std::memcpy(&b, from + width, 16);
    std::memcpy(&d, from + 2 * width, 16);
    std::memcpy(&e, from + 3 * width, 16);
    const Four smooth = (wy[0] * a + wy[1] * b) + (wy[2] * d + wy[3] * e);
    const Four slope = (dy[0] * a + dy[1] * b) + (dy[2] * d + dy[3] * e);
    const float along_x = product(smooth, dx), along_y = product(slope, wx);
    c.i[k] = c.t[k];
    c.t[k] = product(smooth, wx);
    if constexpr (affine) {
      c.gx[k] = along_x * m[0] + along_y * m[3];
      c.gy[k] = along_x * m[1] + along_y * m[4];
    } else {
      const float px = static_cast<float>(p.x[k]) + p.fx[k], py = static_cast<float>(p.y[k]) + p.fy[k];
      const float w = 1 / (m[6] * static_cast<float>(x + k) + m[7] * static_cast<float>(y) + m[8]);
      c.gx[k] = w * (along_x * (m[0] - px * m[6]) + along_y * (m[3] - py * m[6]));
      c.gy[k] = w * (along_x * (m[1] - px * m[7]) + along_y * (m[4] - py * m[7]));
    }
  }
}

// Sums over a chunk.
struct Lanes {
  Eight s = {};
  double total() const { return total_of(s); }
};

// The sums of one row: moments in u alone, which add() turns into moments in u and v.
template <int degree>
struct RowSums {
  double n = 0, t = 0, tt = 0, i = 0, ii = 0, ti = 0;
  double xr[degree + 1] = {}, yr[degree + 1] = {};
  double x[degree + 1] = {}, y[degree + 1] = {}, xt[degree + 1] = {}, yt[degree + 1] = {};
  double xx[2 * degree + 1] = {}, xy[2 * degree + 1] = {}, yy[2 * degree + 1] = {};

  // With weights, all of c but u has been multiplied by w. What the residual
  // r = I - gain T - offset sums up to by itself is left to finish().
  template <bool weighted>
  inline void add_residuals(const Chunk &c, int count, int n8, float gain, float offset) {
    Lanes ln, lt, ltt, li, lii, lti, lxr[degree + 1], lyr[degree + 1];
    for (int k = 0; k < n8; k += lanes) {
      const Eight &T = eight(c.t + k), &I = eight(c.i + k), &u = eight(c.u + k);
      Eight r = I - gain * T;
      if constexpr (weighted) {
        const Eight &w = eight(c.w + k);
        r -= offset * w;
        ln.s += w * w;
        lt.s += T * w;
        li.s += I * w;
      } else {
        r -= offset;
        lt.s += T;
        li.s += I;
      }
      ltt.s += T * T;
      lii.s += I * I;
      lti.s += T * I;
      Eight a = eight(c.gx + k) * r, b = eight(c.gy + k) * r;
      for (int d = 0; d <= degree; d++, a *= u, b *= u) {
        lxr[d].s += a;
        lyr[d].s += b;
      }
    }
    n += weighted ? ln.total() : count;
    t += lt.total();
    tt += ltt.total();
    i += li.total();
    ii += lii.total();
    ti += lti.total();
    for (int d = 0; d <= degree; d++) {
      xr[d] += lxr[d].total();
      yr[d] += lyr[d].total();
    }
  }

  template <bool weighted>
  inline void add_curvature(const Chunk &c, int n8) {
    Lanes lx[degree + 1], ly[degree + 1], lxt[degree + 1], lyt[degree + 1];
    for (int k = 0; k < n8; k += lanes) {
      const Eight &T = eight(c.t + k), &u = eight(c.u + k), &w = eight(c.w + k);
      Eight a = eight(c.gx + k), b = eight(c.gy + k);
      for (int d = 0; d <= degree; d++, a *= u, b *= u) {
        lx[d].s += weighted ? a * w : a;
        ly[d].s += weighted ? b * w : b;
        lxt[d].s += a * T;
        lyt[d].s += b * T;
      }
    }
    Lanes lxx[2 * degree + 1], lxy[2 * degree + 1], lyy[2 * degree + 1];
    for (int k = 0; k < n8; k += lanes) {
      const Eight &u = eight(c.u + k), &a = eight(c.gx + k), &b = eight(c.gy + k);
      Eight aa = a * a, ab = a * b, bb = b * b;
      for (int d = 0; d <= 2 * degree; d++, aa *= u, ab *= u, bb *= u) {
        lxx[d].s += aa;
        lxy[d].s += ab;
        lyy[d].s += bb;
      }
    }
    for (int d = 0; d <= degree; d++) {
      x[d] += lx[d].total();
      y[d] += ly[d].total();
      xt[d] += lxt[d].total();
      yt[d] += lyt[d].total();
    }
    for (int d = 0; d <= 2 * degree; d++) {
      xx[d] += lxx[d].total();
      xy[d] += lxy[d].total();
      yy[d] += lyy[d].total();
    }
  }

  void add_to(Sums &s, double v, bool with_curvature) const {
    s.n += n, s.t += t, s.tt += tt, s.i += i, s.ii += ii, s.ti += ti;
    if (with_curvature) s.curved += n;
    double power = 1;
    for (int j = 0; j <= 2 * degree; j++, power *= v)
      for (int k = 0; k + j <= 2 * degree; k++) {
        const int at = monomial(k, j);
        if (k + j <= degree) {
          s.xr[at] += xr[k] * power;
          s.yr[at] += yr[k] * power;
        }
        if (!with_curvature) continue;
        if (k + j <= degree) {
          s.x[at] += x[k] * power;
          s.y[at] += y[k] * power;
          s.xt[at] += xt[k] * power;
          s.yt[at] += yt[k] * power;
        }
        s.xx[at] += xx[k] * power;
        s.xy[at] += xy[k] * power;
        s.yy[at] += yy[k] * power;
      }
  }
};

// Sets the weight of pixels without data to 0, and with it all they contribute.
inline void weigh(const Level &reference, const Mask *mask, const Level &moving, int x, int y, int n, const int *at,
                  Chunk &c) {
  const size_t row = static_cast<size_t>(y) * reference.width + x;
  for (int k = 0; k < n; k++) {
    bool good = true;
    if (mask) good = good && (*mask)[row + k];
    if (!reference.complete()) good = good && reference.valid3[row + k];
    if (!moving.complete()) good = good && moving.valid4[at[k]];
    const float w = good ? 1.f : 0.f;
    c.w[k] = w;
    c.t[k] *= w;
    c.i[k] *= w;
    c.gx[k] *= w;
    c.gy[k] *= w;
  }
}

// Rows whose curvature stands for that of their neighbours, too: steps need no
// exact one, and large images have plenty.
int curvature_stride(const Level &reference) { return reference.height > 200 ? 4 : 1; }

struct Pass {
  const Level &reference;
  const Mask *mask;
  const Level &moving;
  const Transform &transform;
  Criterion criterion;
  double gain, offset;
  bool with_curvature;
};

template <int degree, bool weighted>
Sums sum_rows(const Pass &pass, int first_row, int last_row) {
  const Level &reference = pass.reference, &moving = pass.moving;
  const Transform &transform = pass.transform;
  const Frame frame(reference);
  const bool shifted = transform.is_translation(), affine = transform.is_affine();
  const int stride = curvature_stride(reference);
  const auto gain = static_cast<float>(pass.gain), offset = static_cast<float>(pass.offset);
  const auto step = static_cast<float>(1 / frame.scale);
  Sums sums;
  Chunk c;
  int at[chunk];
  for (int k = 0; k < chunk; k++) c.w[k] = 1;
  for (int y = first_row; y <= last_row; y++) {
    const Interval columns =
        columns_inside(transform, y, {1, reference.width - 2}, 1, 1, moving.width - 2.0, moving.height - 2.0);
    const Row where(transform, y, {1, moving.width - 2.0, moving.width - 3},
                    {1, moving.height - 2.0, moving.height - 3}, 1, 2, moving.width, moving.height);
    const bool with_curvature = pass.with_curvature && y % stride == 0;
    RowSums<degree> row;
    for (int x = columns.first; x <= columns.last; x += chunk) {
      const int n = std::min(chunk, columns.last - x + 1), n8 = (n + lanes - 1) / lanes * lanes;
      vectorized([&] {
        reference_row(reference.row(y - 1), reference.row(y), reference.row(y + 1), x, n, c);
        if (pass.criterion == Criterion::ecc) {
          if (affine) exchanged_row<true>(moving, transform, x, y, n, c, at);
          else exchanged_row<false>(moving, transform, x, y, n, c, at);
        } else if (shifted) {
          const int start = moving_row_shifted(moving, x + transform.m[2], y + transform.m[5], n, c);
          if (weighted)
            for (int k = 0; k < n; k++) at[k] = start + k;
        } else if (affine && moving.complete()) {
          moving_row_affine(moving, where, x, n, c);
        } else if (affine) {
          moving_row<true>(moving, transform, x, y, n, c, at);
        } else {
          moving_row<false>(moving, transform, x, y, n, c, at);
        }
        const auto u = static_cast<float>((x - frame.x) / frame.scale);
        for (int k = 0; k < n; k++) c.u[k] = u + static_cast<float>(k) * step;
        if (weighted) weigh(reference, pass.mask, moving, x, y, n, at, c);
        // nothing but the residual of the offset is left of these
        for (int k = n; k < n8; k++) c.t[k] = c.gx[k] = c.gy[k] = c.i[k] = c.w[k] = c.u[k] = 0;
        row.template add_residuals<weighted>(c, n, n8, gain, offset);
        if (with_curvature) row.template add_curvature<weighted>(c, n8);
      });
    }
    row.add_to(sums, (y - frame.y) / frame.scale, with_curvature);
  }
  return sums;
}

}  // namespace

void Sums::add(const Sums &o) {
  n += o.n, t += o.t, tt += o.tt, i += o.i, ii += o.ii, ti += o.ti, curved += o.curved;
  for (size_t k = 0; k < xr.size(); k++) {
    xr[k] += o.xr[k];
    yr[k] += o.yr[k];
    x[k] += o.x[k];
    y[k] += o.y[k];
    xt[k] += o.xt[k];
    yt[k] += o.yt[k];
  }
  for (size_t k = 0; k < xx.size(); k++) {
    xx[k] += o.xx[k];
    xy[k] += o.xy[k];
    yy[k] += o.yy[k];
  }
}

void Sums::finish(double gain, double offset) {
  r = i - gain * t - offset * n;
  tr = ti - gain * tt - offset * t;
  if (!(curved > 0)) return;
  const double share = n / curved;
  for (Moments2 *moments : {&x, &y, &xt, &yt})
    for (double &e : *moments) e *= share;
  for (Moments4 *moments : {&xx, &xy, &yy})
    for (double &e : *moments) e *= share;
}

double Sums::correlation() const {
  if (n < 2) return 0;
  const double vt = tt - t * t / n, vi = ii - i * i / n, product = vt * vi;
  // float sums leave about this much of a constant image
  if (!(vt > 1e-9 * n) || !(vi > 1e-9 * n)) return 0;
  return std::clamp((ti - t * i / n) / std::sqrt(product), -1.0, 1.0);
}

Sums sum_up(const Level &reference, const Mask *mask, const Level &moving, const Transform &transform,
            Criterion criterion, double gain, double offset, int degree, bool with_curvature,
            const Parallel &parallel) {
  // row blocks depend on the image alone: the sums are the same for any number of threads
  const int blocks = (reference.height - 2 + rows_per_block - 1) / rows_per_block;
  std::vector<Sums> parts(blocks);
  const Pass pass{reference, mask, moving, transform, criterion, gain, offset, with_curvature};
  const bool weighted = mask || !reference.complete() || !moving.complete();
  auto rows = degree == 0   ? (weighted ? sum_rows<0, true> : sum_rows<0, false>)
              : degree == 1 ? (weighted ? sum_rows<1, true> : sum_rows<1, false>)
                            : (weighted ? sum_rows<2, true> : sum_rows<2, false>);
  const auto block = [&](int64_t b) {
    const int first = 1 + static_cast<int>(b) * rows_per_block;
    parts[b] = rows(pass, first, std::min(first + rows_per_block, reference.height - 1) - 1);
  };
  // small images are done before other threads are awake
  if (reference.pixels.size() < worth_sharing) serial(blocks, block);
  else parallel(blocks, block);
  Sums sums;
  for (const Sums &part : parts) sums.add(part);
  sums.finish(gain, offset);
  return sums;
}

}  // namespace sheaf::align
