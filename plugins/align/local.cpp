#include "align/local.hpp"

#include <opencv2/imgproc.hpp>

namespace sheaf::align {
namespace {

constexpr int search_side = 128, window = 15;
constexpr float least_contrast = 0.15f;  // of the whole image's: flat areas stay flat

cv::Mat mat_of(const Level &level) {
  return cv::Mat(level.height, level.width, CV_32F, const_cast<float *>(level.pixels.data()));
}

struct Local {
  cv::Mat mean, gain;

  explicit Local(const Level &level) {
    const cv::Mat image = mat_of(level);
    const cv::Size size(window, window);
    cv::Mat square;
    cv::boxFilter(image, mean, CV_32F, size, cv::Point(-1, -1), true, cv::BORDER_REFLECT);
    cv::boxFilter(image.mul(image), square, CV_32F, size, cv::Point(-1, -1), true, cv::BORDER_REFLECT);
    gain = square - mean.mul(mean);
    for (int y = 0; y < gain.rows; y++)
      for (int x = 0; x < gain.cols; x++) {
        float &g = gain.at<float>(y, x);
        g = 1 / std::sqrt(std::max(g, 0.f) + least_contrast * least_contrast);
      }
  }
};

}  // namespace

int search_level(const Pyramid &pyramid) {
  int l = 0;
  while (l + 1 < static_cast<int>(pyramid.levels.size()) &&
         std::max(pyramid.levels[l].width, pyramid.levels[l].height) > search_side)
    l++;
  return l;
}

Level locally_normalized(const Level &level) {
  const Local local(level);
  Level out{level.width, level.height, {}, level.valid3, level.valid4};
  out.pixels.resize(level.pixels.size());
  cv::Mat to = mat_of(out);
  to = (mat_of(level) - local.mean).mul(local.gain);
  return out;
}

Pyramid locally_normalized(const Pyramid &pyramid, bool negated) {
  const Level &finest = pyramid.levels[0];
  const Local local(pyramid.levels[search_level(pyramid)]);
  const cv::Size size(finest.width, finest.height);
  cv::Mat mean, gain;
  cv::resize(local.mean, mean, size, 0, 0, cv::INTER_LINEAR);
  cv::resize(local.gain, gain, size, 0, 0, cv::INTER_LINEAR);
  Plane plane = Plane::unset(finest.width, finest.height);
  cv::Mat to(size, CV_32F, plane.pixels.data());
  to = (mat_of(finest) - mean).mul(gain, negated ? -1 : 1);
  // what had no data has none
  for (size_t i = 0; i < plane.pixels.size() && !finest.complete(); i++)
    if (!std::isfinite(pyramid.image.pixels[i])) plane.pixels[i] = std::numeric_limits<float>::quiet_NaN();
  return make_pyramid(std::move(plane));
}

Pyramid negated(const Pyramid &pyramid) {
  Pyramid out;
  out.levels = pyramid.levels;
  for (Level &level : out.levels)
    for (float &p : level.pixels) p = -p;
  return out;
}

}  // namespace sheaf::align
