#include "scale_space.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "common/reflect.hpp"
#include "common/vectorized.hpp"

namespace sheaf::segment {
namespace {

constexpr int lanes = 32;  // columns that are summed side by side

// Taps 0..radius of the symmetrical kernels.
struct Kernels {
  std::vector<float> gaussian, curvature;  // curvature: -sigma^2 times the second derivative
  int radius() const { return static_cast<int>(gaussian.size()) - 1; }
};

Kernels kernels(double sigma) {
  const int radius = static_cast<int>(4 * sigma + 0.5);
  std::vector<double> weights(static_cast<size_t>(radius) + 1);
  double sum = 0;
  for (int i = 0; i <= radius; i++) {
    weights[i] = std::exp(-0.5 * i * i / (sigma * sigma));
    sum += i ? 2 * weights[i] : weights[i];
  }
  Kernels k;
  for (int i = 0; i <= radius; i++) {
    const double weight = weights[i] / sum;
    k.gaussian.push_back(static_cast<float>(weight));
    k.curvature.push_back(static_cast<float>(weight * (1 - i * i / (sigma * sigma))));
  }
  return k;
}

// Sums of `lanes` columns, `step` floats from one tap to the next.
struct Taps {
  const float *centre, *weights;
  int radius, step;

  void add_to(float *sums) const {
    float s[lanes];
    for (int i = 0; i < lanes; i++) s[i] = sums[i] + weights[0] * centre[i];
    const float *before = centre, *after = centre;
    for (int k = 1; k <= radius; k++) {
      before -= step;
      after += step;
      for (int i = 0; i < lanes; i++) s[i] += weights[k] * (before[i] + after[i]);
    }
    for (int i = 0; i < lanes; i++) sums[i] = s[i];
  }
};

void store(const float *sums, float *row, int x, int width) { std::copy_n(sums, std::min(lanes, width - x), row + x); }

}  // namespace

void at_scale(const cv::Mat &in, double sigma, Derivative derivative, cv::Mat &out, ScaleScratch &scratch,
              const Parallel &parallel, const Poll &poll) {
  const int width = in.cols, height = in.rows;
  const bool curved = derivative == Derivative::laplacian;
  const Kernels kernel = kernels(sigma);
  const int radius = kernel.radius();
  const float *gaussian = kernel.gaussian.data(), *curvature = kernel.curvature.data();
  out.create(height, width, CV_32F);
  scratch.smooth.create(height, width, CV_32F);
  if (curved) scratch.curved.create(height, width, CV_32F);
  // a block or a strip is less than 50 ms of work, for the largest kernels too
  const int rows = std::clamp((4 << 20) / (width * (radius + 1)), 1, 32);
  parallel((height + rows - 1) / rows, [&](int64_t block) {
    poll();
    std::vector<float> line(static_cast<size_t>(width + 2 * radius + lanes));
    for (int y = static_cast<int>(block) * rows; y < std::min(height, static_cast<int>(block + 1) * rows); y++) {
      const float *from = in.ptr<float>(y);
      for (int x = -radius; x < 0; x++) line[x + radius] = from[mirrored(x, width)];
      std::copy_n(from, width, line.begin() + radius);
      for (int x = width; x < width + radius; x++) line[x + radius] = from[mirrored(x, width)];
      float *smooth = scratch.smooth.ptr<float>(y), *bent = curved ? scratch.curved.ptr<float>(y) : nullptr;
      vectorized([=, first = line.data() + radius] {
        for (int x = 0; x < width; x += lanes) {
          float sums[lanes] = {};
          Taps{first + x, gaussian, radius, 1}.add_to(sums);
          store(sums, smooth, x, width);
          if (!bent) continue;
          float others[lanes] = {};
          Taps{first + x, curvature, radius, 1}.add_to(others);
          store(others, bent, x, width);
        }
      });
    }
  });
  parallel((width + lanes - 1) / lanes, [&](int64_t strip) {
    const int x = static_cast<int>(strip) * lanes, count = std::min(lanes, width - x);
    // columns side by side, without the gaps between the rows of an image
    const auto packed = [&](const cv::Mat &m) {
      std::vector<float> columns(static_cast<size_t>(height + 2 * radius) * lanes);
      for (int y = -radius; y < height + radius; y++)
        std::copy_n(m.ptr<float>(mirrored(y, height)) + x, count, &columns[static_cast<size_t>(y + radius) * lanes]);
      return columns;
    };
    const auto smooth = packed(scratch.smooth), bent = curved ? packed(scratch.curved) : std::vector<float>();
    const int band = std::clamp((4 << 20) / (lanes * (radius + 1)), 1, height);
    for (int top = 0; top < height; top += band) {
      poll();
      const int bottom = std::min(height, top + band);
      vectorized(
          [=, a = smooth.data(), b = curved ? bent.data() : nullptr, to = out.ptr<float>(0), pitch = out.step1()] {
            for (int y = top; y < bottom; y++) {
              const size_t centre = static_cast<size_t>(y + radius) * lanes;
              float sums[lanes] = {};
              Taps{a + centre, b ? curvature : gaussian, radius, lanes}.add_to(sums);
              if (b) Taps{b + centre, gaussian, radius, lanes}.add_to(sums);
              store(sums, to + static_cast<size_t>(y) * pitch, x, width);
            }
          });
    }
  });
}

}  // namespace sheaf::segment
