// A scene that is known everywhere, so that images of it under any transform
// need no resampler: a sum of cosines. tests/data/align/regenerate.py has its twin.
#pragma once

#include <cmath>
#include <numbers>

#include "align/plane.hpp"
#include "align/transform.hpp"
#include "generated.hpp"

// Numbers in [0, 1) in a fixed order.
class Draws {
 public:
  Draws(int count, uint32_t seed) : noise_(generated::noise(count, 1, seed)) {}
  double operator()() { return noise_.pixels.at(next_++) / 65536.0; }
  double operator()(double low, double high) { return low + (high - low) * (*this)(); }

 private:
  generated::Image noise_;
  size_t next_ = 0;
};

class Scene {
 public:
  explicit Scene(uint32_t seed) {
    Draws draw(3 * waves, seed);
    for (auto &w : waves_) {
      const double frequency = draw(0.01, 0.13), direction = draw(0, 2 * std::numbers::pi);
      w = {2 * std::numbers::pi * frequency * std::cos(direction),
           2 * std::numbers::pi * frequency * std::sin(direction), draw(0, 2 * std::numbers::pi)};
    }
  }

  double operator()(double x, double y) const {
    double sum = 0;
    for (const auto &w : waves_) sum += std::cos(w.x * x + w.y * y + w.phase);
    return 128 + 40 * sum / std::sqrt(waves / 2.0);
  }

  // What a camera sees whose pixel (x, y) looks at t^-1 (x, y): content moves by
  // t. Noise has mean 0, standard deviation `noise`.
  sheaf::align::Plane image(int width, int height, const sheaf::align::Transform &t = {}, double noise = 0,
                            uint32_t seed = 1) const {
    const auto back = inverse(t);
    sheaf::align::Plane plane(width, height);
    for (int y = 0; y < height; y++)
      for (int x = 0; x < width; x++) {
        const auto p = back(x, y);
        plane.row(y)[x] = static_cast<float>((*this)(p.x, p.y));
      }
    if (noise > 0) {
      // the sum of four uniform numbers has variance 1/3
      const auto draws = generated::noise(4 * width, height, seed);
      for (size_t i = 0; i < plane.pixels.size(); i++) {
        double sum = -2;
        for (size_t k = 0; k < 4; k++) sum += draws.pixels[4 * i + k] / 65536.0;
        plane.pixels[i] += static_cast<float>(noise * std::sqrt(3.0) * sum);
      }
    }
    return plane;
  }

 private:
  static constexpr int waves = 40;
  struct Wave {
    double x, y, phase;
  };
  Wave waves_[waves];
};

// A transform of the model about the image's centre, drawn at random: shifts to
// 15 px, rotation to 5 degrees, scale and shear to 5 %, perspective to 1e-4.
inline sheaf::align::Transform random_transform(sheaf::align::Model model, int width, int height, uint32_t seed) {
  using sheaf::align::Model;
  using sheaf::align::Transform;
  Draws draw(7, seed);
  const double dx = draw(-15, 15), dy = draw(-15, 15), angle = draw(-5, 5) * std::numbers::pi / 180;
  const double scale = draw(0.95, 1.05), shear = draw(-0.05, 0.05), px = draw(-1e-4, 1e-4), py = draw(-1e-4, 1e-4);
  Transform t = Transform::shift(dx, dy);
  if (model != Model::translation) {
    const double s = model == Model::rigid ? 1 : scale, c = s * std::cos(angle), w = s * std::sin(angle);
    t = t * Transform{{c, -w, 0, w, c, 0, 0, 0, 1}};
  }
  if (model == Model::affine || model == Model::homography) t = t * Transform{{1, shear, 0, 0, 1, 0, 0, 0, 1}};
  if (model == Model::homography) t = t * Transform{{1, 0, 0, 0, 1, 0, px, py, 1}};
  const double cx = (width - 1) / 2.0, cy = (height - 1) / 2.0;
  return Transform::shift(cx, cy) * t * Transform::shift(-cx, -cy);
}

inline double mean_corner_error(const sheaf::align::Transform &a, const sheaf::align::Transform &b, int width,
                                int height) {
  double sum = 0;
  for (const double x : {0.0, width - 1.0})
    for (const double y : {0.0, height - 1.0}) {
      const auto p = a(x, y), q = b(x, y);
      sum += std::hypot(p.x - q.x, p.y - q.y);
    }
  return sum / 4;
}
