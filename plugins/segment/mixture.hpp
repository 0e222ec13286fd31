// Mixtures of Gaussians over colours or gray values.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "common/parallel.hpp"
#include "common/poll.hpp"

namespace sheaf::segment {

// Of one or three dimensions; of one, only the first mean and variance count.
struct Gaussian {
  double weight = 0;  // 0: unused
  std::array<double, 3> mean{};
  std::array<double, 6> covariance{};  // 11, 12, 13, 22, 23, 33
};
using Mixture = std::vector<Gaussian>;

// Pixels as rows of `dims` values next to one another, dims 1 or 3.
struct Samples {
  const float *values = nullptr;
  int64_t count = 0;
  int dims = 3;
};

// What the logarithm of a density needs, prepared for many pixels.
template <int D>
class Density {
 public:
  explicit Density(const Mixture &mixture);
  // ln of the weighted density of component k
  float component(const float *v, int k) const {
    const Part &p = parts_[static_cast<size_t>(k)];
    if constexpr (D == 1) {
      const float a = (v[0] - p.mean[0]) * p.factor[0];
      return p.log_scale - 0.5f * a * a;
    } else {
      const float x = v[0] - p.mean[0], y = v[1] - p.mean[1], z = v[2] - p.mean[2];
      const float a = p.factor[0] * x, b = p.factor[1] * x + p.factor[2] * y;
      const float c = p.factor[3] * x + p.factor[4] * y + p.factor[5] * z;
      return p.log_scale - 0.5f * (a * a + b * b + c * c);
    }
  }
  // The component of the highest density, whatever its weight.
  int likeliest(const float *v) const;
  float log_density(const float *v) const;

 private:
  struct Part {
    std::array<float, D> mean;
    std::array<float, D *(D + 1) / 2> factor;  // inverse of the Cholesky factor of the covariance
    float log_scale, log_weight;
    int index;  // in the mixture
  };
  std::vector<Part> parts_;
};

// Which pixels belong to a mixture: those whose entry is `own`.
struct Selection {
  const uint8_t *side;
  uint8_t own;
};

// k-means of the selected pixels into at most k components: centres as in
// D. Arthur, S. Vassilvitskii: k-means++ (SODA 2007), then 10 rounds.
// `component` is written where a pixel is selected.
void divide(const Samples &samples, const Selection &selection, int k, uint8_t *component, const Parallel &parallel,
            const Poll &poll);
// The component of the highest density at each selected pixel. Weights are left
// out, as in OpenCV's GrabCut; the paper has them in.
void assign(const Samples &samples, const Selection &selection, const Mixture &mixture, uint8_t *component,
            const Parallel &parallel, const Poll &poll);
// Weights, means and covariances of the components. `grain` is added to the
// variances of a component that fills no volume.
Mixture learn(const Samples &samples, const Selection &selection, const uint8_t *component, int k, double grain,
              const Parallel &parallel, const Poll &poll);

}  // namespace sheaf::segment
