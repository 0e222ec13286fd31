#include "align/outliers.hpp"

#include <opencv2/imgproc.hpp>

#include "align/overlap.hpp"

namespace sheaf::align {
namespace {

constexpr double least_share = 0.003, most_share = 0.7;  // of the overlap, for outliers to matter
constexpr double deviations = 3.5;

struct Sample {
  float fixed, moved, slope;  // slope: gradient of the reference in 1/px
  int at;
  bool inside;
};

// moved ~ gain fixed + offset over the samples that are inside.
struct Line {
  double gain = 1, offset = 0;
  explicit Line(const std::vector<Sample> &samples) {
    double n = 0, t = 0, i = 0, tt = 0, ti = 0;
    for (const Sample &s : samples)
      if (s.inside) n++, t += s.fixed, i += s.moved, tt += s.fixed * s.fixed, ti += s.fixed * s.moved;
    const double variance = tt - t * t / n;
    if (n > 1 && variance > 0) gain = (ti - t * i / n) / variance;
    if (n > 0) offset = (i - gain * t) / n;
  }
  float residual(const Sample &s) const {
    return s.moved - static_cast<float>(gain) * s.fixed - static_cast<float>(offset);
  }
};

}  // namespace

Inliers inliers(const Level &reference, const Mask *selected, const Level &moving, const Transform &t, double slack) {
  const int width = reference.width, height = reference.height;
  const Overlap both(reference, selected, moving, t);
  const Plane &fixed = both.fixed;
  std::vector<Sample> samples;
  samples.reserve(fixed.pixels.size());
  both.each([&](int x, int y) {
    const float gx = (fixed.row(y)[x + 1] - fixed.row(y)[x - 1]) / 2;
    const float gy = (fixed.row(y + 1)[x] - fixed.row(y - 1)[x]) / 2;
    samples.push_back({fixed.row(y)[x], both.moved.row(y)[x], std::sqrt(gx * gx + gy * gy), y * width + x, true});
  });
  const auto count = static_cast<double>(samples.size());
  if (samples.size() < 64) return {};
  // some thousand of them know the median well enough
  const size_t step = 1 + samples.size() / 4096;
  std::vector<float> sizes;
  // gain and offset are those of the pixels that fit, which depend on them
  for (int round = 0; round < 3; round++) {
    const Line line(samples);
    sizes.clear();
    for (size_t i = 0; i < samples.size(); i += step) sizes.push_back(std::abs(line.residual(samples[i])));
    const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
    std::nth_element(sizes.begin(), middle, sizes.end());
    const double deviation = std::max(0.01, 1.4826 * *middle);
    for (Sample &s : samples)
      s.inside = std::abs(line.residual(s)) <= deviations * deviation + slack * std::abs(line.gain) * s.slope;
  }

  // single pixels are noise; what is next to an outlier is in part made of it
  cv::Mat out = cv::Mat::zeros(height, width, CV_8U), near;
  for (const Sample &s : samples) out.data[s.at] = !s.inside;
  cv::boxFilter(out, near, CV_8U, cv::Size(3, 3), cv::Point(-1, -1), false, cv::BORDER_CONSTANT);
  out.setTo(0, near < 3);
  cv::dilate(out, out, cv::Mat::ones(3, 3, CV_8U));
  double outside = 0, energy = 0, energy_outside = 0;
  for (const Sample &s : samples) {
    outside += out.data[s.at];
    energy += double{s.slope} * s.slope;
    if (out.data[s.at]) energy_outside += double{s.slope} * s.slope;
  }
  if (outside < least_share * count || outside > most_share * count) return {};
  Mask mask(static_cast<size_t>(width) * height);
  for (size_t i = 0; i < mask.size(); i++) mask[i] = !out.data[i] && (!selected || (*selected)[i]);
  return {std::move(mask), energy > 0 ? energy_outside / energy * count / outside : 0};
}

Mask finer(const Mask &coarse, const Level &coarse_level, const Level &fine_level, const Mask *selected) {
  Mask mask(static_cast<size_t>(fine_level.width) * fine_level.height);
  for (int y = 0; y < fine_level.height; y++)
    for (int x = 0; x < fine_level.width; x++) {
      const size_t at = static_cast<size_t>(y) * fine_level.width + x;
      mask[at] = coarse[static_cast<size_t>(y / 2) * coarse_level.width + x / 2] && (!selected || (*selected)[at]);
    }
  return mask;
}

}  // namespace sheaf::align
