#include "align/phase.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace sheaf::align {
namespace {

constexpr int peaks = 4;

// The windowed image in the corner of a zero matrix of `size`, transformed.
cv::Mat spectrum(const Level &level, const cv::Mat &window, cv::Size size) {
  cv::Mat padded = cv::Mat::zeros(size, CV_32F), out;
  const cv::Mat image(level.height, level.width, CV_32F, const_cast<float *>(level.pixels.data()));
  cv::multiply(image, window, padded(cv::Rect(0, 0, level.width, level.height)));
  cv::dft(padded, out, cv::DFT_COMPLEX_OUTPUT);
  return out;
}

}  // namespace

std::vector<Transform> phase_candidates(const Level &reference, const Level &moving) {
  const cv::Size size(cv::getOptimalDFTSize(reference.width), cv::getOptimalDFTSize(reference.height));
  cv::Mat window, product, surface;
  cv::createHanningWindow(window, cv::Size(reference.width, reference.height), CV_32F);
  cv::mulSpectrums(spectrum(moving, window, size), spectrum(reference, window, size), product, 0, true);
  for (int y = 0; y < size.height; y++) {
    auto *row = product.ptr<cv::Vec2f>(y);
    for (int x = 0; x < size.width; x++) {
      const float magnitude = std::hypot(row[x][0], row[x][1]);
      if (magnitude > 0) row[x] *= 1 / magnitude;
    }
  }
  cv::idft(product, surface, cv::DFT_REAL_OUTPUT);
  // single pixels of a phase correlation are noisy, its peaks are not
  cv::Mat wrapped;
  cv::copyMakeBorder(surface, wrapped, 1, 1, 1, 1, cv::BORDER_WRAP);
  cv::GaussianBlur(wrapped, wrapped, cv::Size(3, 3), 0.7);
  wrapped(cv::Rect(1, 1, size.width, size.height)).copyTo(surface);

  std::vector<Transform> candidates;
  for (int k = 0; k < peaks; k++) {
    cv::Point at;
    cv::minMaxLoc(surface, nullptr, nullptr, nullptr, &at);
    for (const int x : {at.x, at.x - size.width})
      for (const int y : {at.y, at.y - size.height})
        if (std::abs(x) < reference.width && std::abs(y) < reference.height)
          candidates.push_back(Transform::shift(x, y));
    for (int y = -2; y <= 2; y++)
      for (int x = -2; x <= 2; x++)
        surface.at<float>((at.y + y + size.height) % size.height, (at.x + x + size.width) % size.width) = -1;
  }
  return candidates;
}

}  // namespace sheaf::align
