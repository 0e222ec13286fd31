#include "lab.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "common/vectorized.hpp"

namespace sheaf::equalize {
namespace {

// Linear RGB to XYZ for sRGB primaries and D65 (ITU-R BT.709), rows X, Y, Z.
constexpr double xyz[3][3] = {
    {0.412453, 0.357580, 0.180423}, {0.212671, 0.715160, 0.072169}, {0.019334, 0.119193, 0.950227}};
constexpr int encode_steps = 4096;

double decode(double encoded) {
  return encoded <= 0.04045 ? encoded / 12.92 : std::pow((encoded + 0.055) / 1.055, 2.4);
}
double encode(double linear) {
  return linear <= 0.0031308 ? 12.92 * linear : 1.055 * std::pow(linear, 1 / 2.4) - 0.055;
}

struct Tables {
  float linear[256];                   // of an 8-bit value
  float encoded[encode_steps + 2];     // 0..255 of a linear value in 1/encode_steps
  float forward[3][3], inverse[3][3];  // between linear RGB and XYZ relative to white
  float low, high;                     // linear values beyond are cut off by more than rounding

  Tables() {
    for (int i = 0; i < 256; i++) linear[i] = static_cast<float>(decode(i / 255.0));
    for (int i = 0; i < encode_steps + 2; i++) encoded[i] = static_cast<float>(255 * encode(double(i) / encode_steps));
    double m[3][3];
    for (int i = 0; i < 3; i++) {
      const double white = xyz[i][0] + xyz[i][1] + xyz[i][2];
      for (int j = 0; j < 3; j++) forward[i][j] = static_cast<float>(m[i][j] = xyz[i][j] / white);
    }
    const auto minor = [&](int r, int c) {
      const int r1 = (r + 1) % 3, r2 = (r + 2) % 3, c1 = (c + 1) % 3, c2 = (c + 2) % 3;
      return m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1];
    };
    const double determinant = m[0][0] * minor(0, 0) + m[0][1] * minor(0, 1) + m[0][2] * minor(0, 2);
    for (int i = 0; i < 3; i++)
      for (int j = 0; j < 3; j++) inverse[i][j] = static_cast<float>(minor(j, i) / determinant);
    low = static_cast<float>(-0.5 / 255 / 12.92);
    high = static_cast<float>(decode(255.5 / 255));
  }
};

const Tables &tables() {
  static const Tables t;
  return t;
}

// Two steps of Halley's iteration from a guess that is a third of the exponent;
// relative error about 2e-7 for x in 1e-3..2.
inline float cube_root(float x) {
  const auto third = static_cast<int32_t>(static_cast<float>(std::bit_cast<int32_t>(x)) * (1.0f / 3)) + 709921077;
  float y = std::bit_cast<float>(third);
  for (int i = 0; i < 2; i++) {
    const float cube = y * y * y;
    y *= (cube + 2 * x) / (2 * cube + x);
  }
  return y;
}

constexpr float knee = 216.0f / 24389, slope = 24389.0f / 27 / 116, foot = 16.0f / 116;

inline float f_of(float t) {
  const float root = cube_root(std::max(t, knee)), line = slope * t + foot;
  return t > knee ? root : line;
}
inline float t_of(float f) {
  const float line = (f - foot) / slope;
  return f > 6.0f / 29 ? f * f * f : line;
}

constexpr int chunk = 256;  // pixels whose intermediate values stay in the first-level cache

struct Chunk {
  alignas(64) float r[chunk], g[chunk], b[chunk];

  void load(const Rgb *in, int n) {
    const float *linear = tables().linear;
    for (int i = 0; i < n; i++) {
      r[i] = linear[in[i].r];
      g[i] = linear[in[i].g];
      b[i] = linear[in[i].b];
    }
  }
};

// A matrix between linear RGB and XYZ, by value.
struct Matrix {
  float m[3][3];
  explicit Matrix(const float (&from)[3][3]) { std::copy_n(&from[0][0], 9, &m[0][0]); }
  float row(int i, float a, float b, float c) const { return m[i][0] * a + m[i][1] * b + m[i][2] * c; }
};

}  // namespace

void lightness_row(const Rgb *in, int width, float *lightness) {
  const Matrix m(tables().forward);
  Chunk c;
  for (int x = 0; x < width; x += chunk) {
    const int n = std::min(chunk, width - x);
    c.load(in + x, n);
    vectorized_wide([=, c = &c, out = lightness + x] {
      for (int i = 0; i < n; i++) out[i] = lightness_of(f_of(m.row(1, c->r[i], c->g[i], c->b[i])));
    });
  }
}

void to_lab_row(const Rgb *in, int width, float *fy, float *dx, float *dz) {
  const Matrix m(tables().forward);
  Chunk c;
  for (int x = 0; x < width; x += chunk) {
    const int n = std::min(chunk, width - x);
    c.load(in + x, n);
    vectorized_wide([=, c = &c] {
#pragma GCC ivdep
      for (int i = 0; i < n; i++) {
        const float r = c->r[i], g = c->g[i], b = c->b[i], y = f_of(m.row(1, r, g, b));
        fy[x + i] = y;
        dx[x + i] = f_of(m.row(0, r, g, b)) - y;
        dz[x + i] = f_of(m.row(2, r, g, b)) - y;
      }
    });
  }
}

int64_t from_lab_row(const float *fy, const float *dx, const float *dz, int width, const Rgb *like, Rgb *out) {
  const Tables &t = tables();
  const Matrix m(t.inverse);
  const float low = t.low, high = t.high;
  Chunk c;
  int64_t clipped = 0;
  for (int x = 0; x < width; x += chunk) {
    const int n = std::min(chunk, width - x);
    clipped += vectorized_wide([=, c = &c] {
      const auto position = [](float v) { return std::min(std::max(v, 0.0f), 1.0f) * encode_steps; };
      int cut = 0;
#pragma GCC ivdep
      for (int i = 0; i < n; i++) {
        const float f = fy[x + i], tx = t_of(f + dx[x + i]), ty = t_of(f), tz = t_of(f + dz[x + i]);
        const float r = m.row(0, tx, ty, tz), g = m.row(1, tx, ty, tz), b = m.row(2, tx, ty, tz);
        cut += (std::min(std::min(r, g), b) < low) | (std::max(std::max(r, g), b) > high);
        c->r[i] = position(r);
        c->g[i] = position(g);
        c->b[i] = position(b);
      }
      return cut;
    });
    const auto encoded = [&t](float position) {
      const int i = static_cast<int>(position);
      const float value = t.encoded[i] + (position - static_cast<float>(i)) * (t.encoded[i + 1] - t.encoded[i]);
      return static_cast<uint8_t>(value + 0.5f);
    };
    for (int i = 0; i < n; i++) out[x + i] = {encoded(c.b[i]), encoded(c.g[i]), encoded(c.r[i]), like[x + i].x};
  }
  return clipped;
}

}  // namespace sheaf::equalize
