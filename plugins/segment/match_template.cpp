#include "match_template.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace sheaf::segment {

cv::Mat template_errors(const cv::Mat &image, const cv::Mat &pattern, const cv::Mat &attention, const Poll &poll) {
  constexpr int band = 128;  // rows of errors between two polls
  const int height = image.rows - pattern.rows + 1, width = image.cols - pattern.cols + 1;
  cv::Mat errors(height, width, CV_32F), mask, masked, squares, part;
  attention.convertTo(mask, CV_32F);
  cv::threshold(mask, mask, 0, 1, cv::THRESH_BINARY);
  if (pattern.channels() == 3) cv::merge(std::vector<cv::Mat>(3, mask), mask);
  cv::multiply(pattern, mask, masked);
  double own = 0;  // sum T^2
  for (int y = 0; y < masked.rows; y++)
    for (int i = 0; i < masked.cols * masked.channels(); i++)
      own += static_cast<double>(masked.ptr<float>(y)[i]) * masked.ptr<float>(y)[i];
  for (int y = 0; y < height; y += band) {
    poll();
    const int rows = std::min(band, height - y);
    const cv::Mat strip = image.rowRange(y, y + rows + pattern.rows - 1);
    cv::Mat common, energy;
    cv::matchTemplate(strip, masked, common, cv::TM_CCORR);  // sum T I
    cv::multiply(strip, strip, squares);
    cv::matchTemplate(squares, mask, energy, cv::TM_CCORR);  // sum I^2
    for (int r = 0; r < rows; r++) {
      float *out = errors.ptr<float>(y + r);
      for (int x = 0; x < width; x++) {
        const double e = std::max(0.0, static_cast<double>(energy.ptr<float>(r)[x]));
        const double difference = std::max(0.0, own - 2.0 * common.ptr<float>(r)[x] + e);
        const double scale = std::sqrt(own * e);
        // an empty template is nowhere but on empty ground
        out[x] = scale > 0 ? static_cast<float>(difference / scale) : own == e ? 0.0f : 1.0f;
      }
    }
  }
  return errors;
}

std::vector<TemplateMatch> best_match(const cv::Mat &errors) {
  std::vector<TemplateMatch> best;
  for (int y = 0; y < errors.rows; y++)
    for (int x = 0; x < errors.cols; x++) {
      const float e = errors.at<float>(y, x);
      if (std::isfinite(e) && (best.empty() || e < best[0].error)) best = {{x, y, e}};
    }
  return best;
}

std::vector<TemplateMatch> matches_up_to(const cv::Mat &errors, float threshold, cv::Size apart, int limit) {
  std::vector<TemplateMatch> candidates, found;
  for (int y = 0; y < errors.rows; y++)
    for (int x = 0; x < errors.cols; x++)
      if (errors.at<float>(y, x) <= threshold) candidates.push_back({x, y, errors.at<float>(y, x)});
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const TemplateMatch &a, const TemplateMatch &b) { return a.error < b.error; });
  cv::Mat taken(errors.size(), CV_8U, cv::Scalar(0));
  const cv::Rect all({}, errors.size());
  for (const TemplateMatch &c : candidates) {
    if (taken.at<uint8_t>(c.y, c.x)) continue;
    if (static_cast<int>(found.size()) == limit) break;
    found.push_back(c);
    const cv::Rect around(c.x - apart.width + 1, c.y - apart.height + 1, 2 * apart.width - 1, 2 * apart.height - 1);
    taken(around & all).setTo(1);
  }
  return found;
}

}  // namespace sheaf::segment
