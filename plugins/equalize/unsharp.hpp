// The family of images z + k (z - G*z), k in [-1, 5], and what every member's
// statistics are, from one Gaussian G*z and one pass over the pixels.
//
// Gradients are linear in k. With m = k + 1, grad = grad(G*z) + m grad(z - G*z):
// at k = -1 the image is G*z itself, and nothing cancels for any k >= -1.
#pragma once

#include <array>
#include <opencv2/core.hpp>

#include "scalars.hpp"

namespace sheaf::equalize {

constexpr double least_amount = -1, greatest_amount = 5;

// G*z with standard deviation sigma (cut at 4 sigma, border reflected about the
// edge pixel). Pixels of z that are not finite do not count: the rest of the
// kernel is normalised to 1. scratch: two matrices used in that case.
void smooth(const cv::Mat &z, double sigma, cv::Mat &smoothed, std::array<cv::Mat, 2> &scratch, const Poll &poll);

class UnsharpModel {
 public:
  // z and G*z, 32-bit. Statistics are taken inside the mask, of finite pixels.
  UnsharpModel(View<const float> z, View<const float> smoothed, Mask mask, const Poll &poll);

  double mean(double k) const;
  double sd(double k) const;
  // Exact at the nodes; interpolated between them, relative error below 0.01 where z has texture.
  double sharpness(double k) const;

  struct Solution {
    double k;
    bool reached;  // false: k is the end of its range that comes nearest
  };
  // sharpness(k) / sd(k) == ratio, or sharpness(k) == value; of several k the one nearest to 0.
  Solution solve_ratio(double ratio) const;
  Solution solve_sharpness(double value) const;

 private:
  static constexpr std::array<double, 7> nodes = {-1, -0.8, -0.5, 0, 1, 2.5, 5};
  double root_mean_square(double k) const;
  template <class F>
  static Solution solve(F &&f, double target);

  double mean_z_, mean_s_, var_z_, cov_, var_s_;  // s = G*z
  double ss_, sd_, dd_;                           // mean products of grad s and grad d, d = z - s
  std::array<double, 7> shape_;                   // sharpness / root mean square of the gradient, at the nodes
};

}  // namespace sheaf::equalize
