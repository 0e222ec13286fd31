// Plane transforms as 3x3 matrices: models, composition, what they do to a rectangle.
//
// All matrices map output (reference) pixel coordinates to input (moving) pixel
// coordinates, pixel centres at integers: out(x, y) = in(M * [x, y, 1]).
#pragma once

#include <array>

namespace sheaf::align {

// In the order of the choices of the parameter `model`.
enum class Model { translation, rigid, similarity, affine, homography };
const char *name_of(Model model);

struct Point {
  double x, y;
};

// A closed interval of columns; empty if first > last.
struct Interval {
  int first, last;
  int size() const { return first > last ? 0 : last - first + 1; }
};

struct Transform {
  std::array<double, 9> m = {1, 0, 0, 0, 1, 0, 0, 0, 1};

  static Transform shift(double x, double y) { return {{1, 0, x, 0, 1, y, 0, 0, 1}}; }
  bool is_identity() const { return m == Transform{}.m; }
  bool is_translation() const { return m[0] == 1 && m[1] == 0 && m[3] == 0 && m[4] == 1 && is_affine(); }
  bool is_affine() const { return m[6] == 0 && m[7] == 0 && m[8] == 1; }

  Point operator()(double x, double y) const {
    const double w = m[6] * x + m[7] * y + m[8];
    return {(m[0] * x + m[1] * y + m[2]) / w, (m[3] * x + m[4] * y + m[5]) / w};
  }
};

// Applies b first; the last element is scaled to 1.
Transform operator*(const Transform &a, const Transform &b);
Transform inverse(const Transform &t);

// The same transform between images whose pixels are `factor` times as wide.
Transform rescaled(const Transform &t, double factor);

// Largest distance between where a and b map the corners of a width x height image.
double corner_distance(const Transform &a, const Transform &b, int width, int height);

// True if the four corners of a width x height image keep their order and the
// image at least a hundredth and at most a hundred times its area.
bool is_plausible(const Transform &t, int width, int height);

// The columns x in [within.first, within.last] of row y that t maps into
// [x0, x1] x [y0, y1], tolerating the rounding of t's elements. They are
// contiguous because the preimage of a rectangle is convex.
Interval columns_inside(const Transform &t, int y, Interval within, double x0, double y0, double x1, double y1);

// What a table says of a transform: the translation of the image's centre in
// pixels, and rotation in degrees and scale of its derivative there.
struct Description {
  double shift_x, shift_y, angle, scale;
};
Description describe(const Transform &t, int width, int height);

}  // namespace sheaf::align
