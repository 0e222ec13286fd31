#include "affine.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "common/vectorized.hpp"
#include "lab.hpp"
#include "levels.hpp"

namespace sheaf::equalize {
namespace {

template <class T, class ToLevel>
int64_t levels_of_row(float gain, float offset, const T *in, T *out, int width, ToLevel to_level) {
  return vectorized_wide([=] {
    int cut = 0;
#pragma GCC ivdep
    for (int x = 0; x < width; x++) {
      const float v = gain * static_cast<float>(in[x]) + offset;
      cut += static_cast<int>(beyond_levels<T>(v));
      out[x] = to_level(v);
    }
    return cut;
  });
}
}  // namespace

template <class T>
int64_t apply_row(Line line, const T *in, T *out, int width) {
  const auto gain = static_cast<float>(line.gain), offset = static_cast<float>(line.offset);
  constexpr auto top = static_cast<float>(std::numeric_limits<T>::max());
  if (std::abs(gain) * top + std::abs(offset) < small_value)
    return levels_of_row(gain, offset, in, out, width, [](float v) { return to_level_if_small<T>(v); });
  return levels_of_row(gain, offset, in, out, width, [](float v) { return to_level<T>(v); });
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

template int64_t apply_row(Line, const uint8_t *, uint8_t *, int);
template int64_t apply_row(Line, const uint16_t *, uint16_t *, int);
template int64_t apply(Line, View<const uint8_t>, View<uint8_t>, const Poll &);
template int64_t apply(Line, View<const uint16_t>, View<uint16_t>, const Poll &);
template int64_t apply(Line, View<const float>, View<float>, const Poll &);

template <class T>
int64_t apply_truncated(Line line, View<const T> in, View<T> out, const Poll &poll) {
  const int width = in.width(), pause = 1 + rows_between_polls(width) / 4;
  int64_t cut = 0;
  for (int y = 0; y < in.height(); y++) {
    const T *from = in.row(y);
    T *to = out.row(y);
    const auto level = [&]<class Level>(Level v) {
      constexpr double top = std::numeric_limits<Level>::max();
      const double value = line(v);
      cut += value < 0 || value >= top + 1;
      return static_cast<Level>(std::clamp(value, 0.0, top));
    };
    for (int x = 0; x < width; x++) {
      if constexpr (std::is_same_v<T, float>) to[x] = static_cast<float>(line(from[x]));
      else if constexpr (std::is_same_v<T, Rgb>)
        to[x] = {level(from[x].b), level(from[x].g), level(from[x].r), from[x].x};
      else to[x] = level(from[x]);
    }
    if (y % pause == pause - 1) poll();
  }
  return cut;
}

template int64_t apply_truncated(Line, View<const uint8_t>, View<uint8_t>, const Poll &);
template int64_t apply_truncated(Line, View<const uint16_t>, View<uint16_t>, const Poll &);
template int64_t apply_truncated(Line, View<const float>, View<float>, const Poll &);
template int64_t apply_truncated(Line, View<const Rgb>, View<Rgb>, const Poll &);

int64_t apply_to_lightness_truncated(Line line, View<const Rgb> in, View<Rgb> out, const Poll &poll) {
  const int width = in.width(), pause = 1 + rows_between_polls(width) / 16;
  std::vector<float> fy(static_cast<size_t>(width)), dx(fy.size()), dz(fy.size());
  int64_t cut = 0;
  for (int y = 0; y < in.height(); y++) {
    to_lab_row(in.row(y), width, fy.data(), dx.data(), dz.data());
    for (float &f : fy) {
      const double level = line(std::floor(lightness_of(f) + 0.5f));
      f = fy_of(static_cast<float>(std::floor(std::clamp(level, 0.0, 255.0))));
    }
    cut += from_lab_row(fy.data(), dx.data(), dz.data(), width, in.row(y), out.row(y));
    if (y % pause == pause - 1) poll();
  }
  return cut;
}

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
