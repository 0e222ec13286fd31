#include "affine.hpp"

#include <vector>

#include "common/vectorized.hpp"
#include "lab.hpp"
#include "levels.hpp"

namespace sheaf::equalize {
namespace {

template <class T>
int64_t apply_row(Line line, const T *in, T *out, int width) {
  const auto gain = static_cast<float>(line.gain), offset = static_cast<float>(line.offset);
  return vectorized([=] {
    int cut = 0;
#pragma GCC ivdep
    for (int x = 0; x < width; x++) {
      const float v = gain * static_cast<float>(in[x]) + offset;
      cut += static_cast<int>(beyond_levels<T>(v));
      out[x] = to_level<T>(v);
    }
    return cut;
  });
}

// In double precision: a float minus a large mean keeps all its digits.
template <>
int64_t apply_row(Line line, const float *in, float *out, int width) {
  const double gain = line.gain, offset = line.offset;
  vectorized([=] {
    for (int x = 0; x < width; x++) out[x] = static_cast<float>(gain * in[x] + offset);
  });
  return 0;
}

}  // namespace

template <class T>
int64_t apply(Line line, View<const T> in, View<T> out, const Poll &poll) {
  const int pause = rows_between_polls(in.width());
  int64_t cut = 0;
  for (int y = 0; y < in.height(); y++) {
    cut += apply_row(line, in.row(y), out.row(y), in.width());
    if (y % pause == pause - 1) poll();
  }
  return cut;
}

template int64_t apply(Line, View<const uint8_t>, View<uint8_t>, const Poll &);
template int64_t apply(Line, View<const uint16_t>, View<uint16_t>, const Poll &);
template int64_t apply(Line, View<const float>, View<float>, const Poll &);

int64_t apply_lab(const std::array<Line, 3> &lines, View<const Rgb> in, View<Rgb> out, const Poll &poll) {
  const int width = in.width(), pause = rows_between_polls(width);
  std::vector<float> fy(static_cast<size_t>(width)), dx(fy.size()), dz(fy.size());
  // in the units of lab.hpp: L = 2.55 (116 fy - 16), a* = 500 dx, b* = -200 dz
  const auto gain = static_cast<float>(lines[0].gain), offset = static_cast<float>(lines[0].offset);
  const auto gain_x = static_cast<float>(lines[1].gain), offset_x = static_cast<float>(lines[1].offset / 500);
  const auto gain_z = static_cast<float>(lines[2].gain), offset_z = static_cast<float>(lines[2].offset / -200);
  int64_t cut = 0;
  for (int y = 0; y < in.height(); y++) {
    to_lab_row(in.row(y), width, fy.data(), dx.data(), dz.data());
    vectorized([=, f = fy.data(), u = dx.data(), v = dz.data()] {
      for (int x = 0; x < width; x++) {
        f[x] = fy_of(gain * lightness_of(f[x]) + offset);
        u[x] = gain_x * u[x] + offset_x;
        v[x] = gain_z * v[x] + offset_z;
      }
    });
    cut += from_lab_row(fy.data(), dx.data(), dz.data(), width, in.row(y), out.row(y));
    if (y % pause == pause - 1) poll();
  }
  return cut;
}

}  // namespace sheaf::equalize
