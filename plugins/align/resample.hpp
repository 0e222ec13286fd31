// Draws an image anew under a transform, in its own pixel type.
#pragma once

#include <functional>
#include <span>

#include "align/plane.hpp"
#include "align/transform.hpp"
#include "common/parallel.hpp"

namespace sheaf::align {

// In the order of the choices of the parameters.
enum class Interpolation { nearest, bilinear, cubic };
enum class Border { black, edge, reflect };

struct ResampleOptions {
  Interpolation interpolation = Interpolation::bilinear;
  Border border = Border::black;
  int left = 0, top = 0;  // pixel of the uncropped output that becomes (0, 0)
};

// out(x, y) = in(t * [x + left, y + top, 1]). Positions outside the centres of
// the input's outer pixels take the border. Cubic is Keys' convolution with
// a = -1/2, clamped to the pixel type. A float result is NaN where a pixel that
// takes part in it is NaN. T is uint8_t, uint16_t, float, Rgb or, with nearest
// neighbours only, uint32_t.
template <class T>
void resample(View<const T> in, View<T> out, const Transform &t, const ResampleOptions &options,
              const Parallel &parallel);

// The same for transforms that differ from row to row: t(y) holds on row y of the
// uncropped output.
using RowTransform = std::function<Transform(int)>;
template <class T>
void resample(View<const T> in, View<T> out, const RowTransform &t, const ResampleOptions &options,
              const Parallel &parallel);

Plane resampled(const Plane &in, const Transform &t, const ResampleOptions &options, const Parallel &parallel);

struct Rectangle {
  int x = 0, y = 0, width = 0, height = 0;
};

// The largest rectangle of output pixels that every transform maps inside a
// width x height image; empty if there is none. `poll` is called often and may
// throw to stop.
Rectangle common_rectangle(std::span<const Transform> transforms, int width, int height,
                           const std::function<void()> &poll);
Rectangle common_rectangle(std::span<const RowTransform> transforms, int width, int height,
                           const std::function<void()> &poll);

}  // namespace sheaf::align
