// Where a template lies in an image.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "common/poll.hpp"

namespace sheaf::segment {

struct TemplateMatch {
  int x, y;  // of the template's first pixel
  float error;
};

// The normalized squared difference of template and image, over the pixels of
// the template that count: sum (T - I)^2 / sqrt(sum T^2 sum I^2), 0 where equal.
// Images are CV_32FC1 or CV_32FC3, `attention` CV_8UC1 of the template's size,
// 0 where a pixel does not count. One error for each place of the template.
cv::Mat template_errors(const cv::Mat &image, const cv::Mat &pattern, const cv::Mat &attention,
                        const Poll &poll = never_stop);

// The place of the least error, the first in reading order; none if no error is a number.
std::vector<TemplateMatch> best_match(const cv::Mat &errors);

// All places with at most this error, the best first, of which no two are
// nearer than `apart` pixels both in x and in y.
std::vector<TemplateMatch> matches_up_to(const cv::Mat &errors, float threshold, cv::Size apart, int limit);

}  // namespace sheaf::segment
