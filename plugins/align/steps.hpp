// From sums over a pair of images to a step of its transform.
#pragma once

#include <span>

#include "align/moments.hpp"

namespace sheaf::align {

// One term of a column of the Jacobian: factor * u^i v^j times gx or gy.
struct Term {
  bool along_y;
  int i, j;
  double factor;
};
struct Column {
  Term terms[2];
  int count;
};

// Displacement in pixels per parameter, at (u, v); parameters are pixels, too.
std::span<const Column> columns_of(Model model);

// The highest power of u and v in the model's displacements.
inline int degree_of(Model model) { return model == Model::translation ? 0 : model == Model::homography ? 2 : 1; }

// The transform of the level's pixels that parameters stand for.
Transform transform_of(Model model, const double *p, const Frame &frame);

constexpr int max_unknowns = 10;  // eight parameters, gain, offset

struct System {
  int size = 0;
  double h[max_unknowns][max_unknowns] = {};
};

// Normal equations of the parameters (times gain), gain and offset.
System curvature(const Sums &s, std::span<const Column> columns);
void right_side(const Sums &s, std::span<const Column> columns, double *g);

// Solves (H + damping diag(H)) x = g by Cholesky's decomposition; the damping
// spares gain and offset. False if the matrix is not positive definite.
bool solve(System system, double damping, const double *g, double *x);

// Gauss-Newton takes the reference's gradient for that of the moving image. Where
// the two share little fine structure its steps are too short by a constant
// factor; a secant through the last two steps finds it (Anderson 1965, depth 1).
class Secant {
 public:
  explicit Secant(int size) : size_(size) {}

  // Replaces a Gauss-Newton step by the extrapolated one.
  void extrapolate(double *step) const {
    if (!ready_) return;
    double along = 0, square = 0, length = 0;
    for (int k = 0; k < size_; k++) {
      const double change = step[k] - last_[k];
      along += step[k] * change;
      square += change * change;
      length += step[k] * step[k];
    }
    if (!(square > 0)) return;
    double out[max_unknowns], out_length = 0;
    for (int k = 0; k < size_; k++) {
      out[k] = step[k] - along / square * (taken_[k] + step[k] - last_[k]);
      out_length += out[k] * out[k];
    }
    if (out_length < most * most * length) std::copy_n(out, size_, step);
  }
  void remember(const double *step, const double *taken) {
    std::copy_n(step, size_, last_);
    std::copy_n(taken, size_, taken_);
    ready_ = true;
  }
  void forget() { ready_ = false; }
  bool ready() const { return ready_; }

 private:
  static constexpr double most = 10;  // times the Gauss-Newton step
  int size_;
  bool ready_ = false;
  double last_[max_unknowns], taken_[max_unknowns];
};

}  // namespace sheaf::align
