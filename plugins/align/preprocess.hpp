// Steps that make an 8-bit image easier to register, and the strategies that
// string them together: ds downsampling, cc contrast correction, bl bilateral
// filter, nlm non-local means.
#pragma once

#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "common/poll.hpp"

namespace sheaf::align {

enum class Step { ds, cc, bl, nlm, median };

struct Strategy {
  std::string name;
  std::vector<Step> steps;

  // How many times smaller the image becomes in each direction.
  int reduction() const;
};

// "unpp" (no step), steps joined by "_" in any order, each once ("ds_cc_nlm"), or a
// preset: light = ds_cc, heavy = ds_cc_bl_nlm, superheavy = ds twice, median of
// 3 x 3, cc, bl, nlm. Error SHEAF_INVALID for anything else; `key` begins its text.
Strategy strategy_named(const std::string &name, const std::string &key);

// All orders of all subsets of the four steps: 65 strategies, fewest steps first.
std::vector<Strategy> every_strategy();

// NaN: found from the image.
struct PreprocessOptions {
  double clip =
      std::nan("");       // limit of the contrast-limited equalization, 20 x 20 tiles; automatic: local contrast 25
  double bilateral = 25;  // standard deviation in grey levels and in pixels, within 9 x 9
  double strength = std::nan("");  // of non-local means; automatic: variance of the Laplacian 500, or 1000 at full size
};

// `image` is CV_8U. Deterministic; `poll` is called often.
cv::Mat preprocessed(const cv::Mat &image, const Strategy &strategy, const PreprocessOptions &options,
                     const Poll &poll);

// Non-local means (Buades, Coll, Morel 2005): every pixel becomes the mean of those
// around it in 21 x 21, weighted by exp(-d / strength^2), d the mean squared
// difference of the 7 x 7 patches around both.
cv::Mat non_local_means(const cv::Mat &image, double strength, const Poll &poll);

double laplacian_variance(const cv::Mat &image);

}  // namespace sheaf::align
