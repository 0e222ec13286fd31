// One pass over a reference and a moving image: all sums that Gauss-Newton needs.
//
// Both images are seen through the cubic B-spline without its inverse filter:
// the reference at its own pixels (that is the kernel [1 4 1]/6 along x and y),
// the moving image anywhere. Both are smoothed alike, so no interpolation error
// pulls towards whole pixels, and the reference's gradient is exact.
#pragma once

#include <array>

#include "align/pyramid.hpp"
#include "align/transform.hpp"
#include "common/parallel.hpp"

namespace sheaf::align {

// Position of u^i v^j in a list of monomials by rising degree.
constexpr int monomial(int i, int j) { return (i + j) * (i + j + 1) / 2 + j; }

using Moments2 = std::array<double, 6>;   // sums times u^i v^j, i + j <= 2
using Moments4 = std::array<double, 15>;  // the same, i + j <= 4

// Over the pixels of the reference that the mask selects and the transform maps
// inside the moving image. T: reference, I: moving image, gx and gy: gradient of
// T in 1/px, r = I - gain T - offset; (u, v): position as a fraction of half the
// longer side, from the centre.
struct Sums {
  double n = 0, t = 0, tt = 0, i = 0, ii = 0, ti = 0, r = 0, tr = 0;
  Moments2 xr{}, yr{};  // of gx r, gy r
  double curved = 0;    // as n, of the rows that the following are of
  // Only if asked for, and extrapolated from those rows to all:
  Moments2 x{}, y{}, xt{}, yt{};  // of gx, gy, gx T, gy T
  Moments4 xx{}, xy{}, yy{};      // of gx gx, gx gy, gy gy

  void add(const Sums &other);
  // Once all parts are added: what follows from the sums.
  void finish(double gain, double offset);
  // Pearson's correlation of T and I; 0 if one of them is constant.
  double correlation() const;
};

// Which image's gradient the sums are of. In the order of the choices of the
// parameter `criterion`.
//
// mse: I = gain T + offset, with the gradient of T, which noise in I does not
// touch. ecc: T = gain I + offset, with the gradient of I under the transform: the
// equations of the highest correlation (Evangelidis and Psarakis 2008). In the
// sums of ecc the images change places.
enum class Criterion { mse, ecc };

// What (u, v) means at a level.
struct Frame {
  double x, y, scale;
  explicit Frame(const Level &level)
      : x((level.width - 1) / 2.0), y((level.height - 1) / 2.0), scale(std::max(level.width, level.height) / 2.0) {}
};

// `degree` is the highest power of u and v in the model's displacements, and
// how far xr and yr are filled; the rest up to twice that.
Sums sum_up(const Level &reference, const Mask *mask, const Level &moving, const Transform &transform,
            Criterion criterion, double gain, double offset, int degree, bool with_curvature, const Parallel &parallel);

}  // namespace sheaf::align
