// Images of intensities: every pixel type but labels.
#pragma once

#include <type_traits>

#include "plugin.hpp"

namespace sheaf {

// Calls f with a View<const T> of the pixel type of `image`.
template <class F>
auto visit_intensity(const Image &image, F &&f) {
  using Result = decltype(f(image.view<uint8_t>()));
  return image.visit([&]<class P>(View<P> view) -> Result {
    if constexpr (std::is_same_v<P, const uint32_t>)
      throw Error(SHEAF_INTERNAL, "a label image was given where intensities are needed");
    else return f(view);
  });
}

// Pixel values where the client gave a calibration: value = offset + scale * pixel.
struct Calibration {
  double offset = 0, scale = 1;

  Calibration() = default;
  explicit Calibration(const sheaf_info &info) {
    if (!(info.flags & SHEAF_VALUES_CALIBRATED)) return;
    if (!std::isfinite(info.value_offset) || !std::isfinite(info.value_scale) || info.value_scale == 0) return;
    offset = info.value_offset;
    scale = info.value_scale;
  }
  double value(double pixel) const { return offset + scale * pixel; }
  double pixel(double value) const { return (value - offset) / scale; }
};

}  // namespace sheaf
