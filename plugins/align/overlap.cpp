#include "align/overlap.hpp"

#include <limits>
#include <opencv2/imgproc.hpp>

namespace sheaf::align {

Plane smoothed(const Level &level) {
  Plane out = Plane::unset(level.width, level.height);
  const cv::Mat from(level.height, level.width, CV_32F, const_cast<float *>(level.pixels.data()));
  cv::Mat to(level.height, level.width, CV_32F, out.pixels.data());
  float taps[] = {1 / 6.f, 4 / 6.f, 1 / 6.f};
  const cv::Mat kernel(3, 1, CV_32F, taps);
  cv::sepFilter2D(from, to, CV_32F, kernel, kernel, cv::Point(-1, -1), 0, cv::BORDER_REPLICATE);
  return out;
}

// The shift solves sum gradient(T) (I - a T - b) = 0. Its variance is that of the sum, taken from the
// sums over blocks (neighbouring residuals depend on each other), over the square of what the sum changes
// by under a shift: the gradient that both images have in common.
double placement_variance(const Level &reference, const Mask *selected, const Level &moving, const Transform &t) {
  constexpr int block = 16;
  const Overlap both(reference, selected, moving, t);
  double n = 0, f = 0, m = 0, ff = 0, fm = 0;
  both.each([&](int x, int y) {
    const double a = both.fixed.row(y)[x], b = both.moved.row(y)[x];
    n++, f += a, m += b, ff += a * a, fm += a * b;
  });
  const double variance = ff - f * f / n;
  if (!(variance > 0)) return std::numeric_limits<double>::infinity();
  const double gain = (fm - f * m / n) / variance, offset = (m - gain * f) / n;

  struct Block {
    double x = 0, y = 0;
  };
  const int across = (reference.width + block - 1) / block, down = (reference.height + block - 1) / block;
  std::vector<Block> blocks(static_cast<size_t>(across) * down);
  double common = 0;
  const auto slope_x = [](const Plane &p, int x, int y) { return (p.row(y)[x + 1] - p.row(y)[x - 1]) / 2; };
  const auto slope_y = [](const Plane &p, int x, int y) { return (p.row(y + 1)[x] - p.row(y - 1)[x]) / 2; };
  both.each([&](int x, int y) {
    const float gx = slope_x(both.fixed, x, y), gy = slope_y(both.fixed, x, y);
    const double r = both.moved.row(y)[x] - gain * both.fixed.row(y)[x] - offset;
    Block &sum = blocks[static_cast<size_t>(y / block) * across + x / block];
    sum.x += gx * r;
    sum.y += gy * r;
    common += gx * slope_x(both.moved, x, y) + gy * slope_y(both.moved, x, y);
  });
  if (!(common > 0)) return std::numeric_limits<double>::infinity();
  double spread = 0;
  for (const Block &b : blocks) spread += b.x * b.x + b.y * b.y;
  // both axes together: twice the spread of one, twice its gradient
  return 2 * spread / (common * common);
}

}  // namespace sheaf::align
