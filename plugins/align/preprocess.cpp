#include "align/preprocess.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <opencv2/imgproc.hpp>

#include "align/dd.hpp"
#include "common/matrix.hpp"
#include "common/vectorized.hpp"

namespace sheaf::align {
namespace {

constexpr double wanted_contrast = 25;
constexpr double wanted_variance = 500;  // of the Laplacian of a downsampled image; twice that at full size
constexpr int least_side = 32;           // an image is not made smaller than this
constexpr int tiles = 20;
constexpr int patch = 3, search = 10;  // radii
constexpr int fitting_search = 3;      // while the strength is fitted
constexpr int sample_side = 128;       // the strength is fitted on the middle of the image
constexpr int strip = 64;              // rows between polls

constexpr std::pair<const char *, Step> step_names[] = {
    {"ds", Step::ds}, {"cc", Step::cc}, {"bl", Step::bl}, {"nlm", Step::nlm}};

double contrast_of(const cv::Mat &image) {
  return local_contrast(view_of<const uint8_t>(image), {}, {}, serial).contrast;
}

cv::Mat equalized(const cv::Mat &image, double clip) {
  cv::Mat out;
  cv::createCLAHE(clip, cv::Size(tiles, tiles))->apply(image, out);
  return out;
}

// The limit at which the parabola through three trials reaches the contrast that is wanted.
double fitted_clip(const cv::Mat &image, const Poll &poll) {
  constexpr double x[] = {1, 5, 10};
  double y[3];
  for (int i = 0; i < 3; i++) {
    poll();
    y[i] = contrast_of(equalized(image, x[i])) - wanted_contrast;
  }
  if (y[0] >= 0) return x[0];
  const double d01 = (y[1] - y[0]) / (x[1] - x[0]), d12 = (y[2] - y[1]) / (x[2] - x[1]);
  const double a = (d12 - d01) / (x[2] - x[0]), b = d01 - a * (x[0] + x[1]);
  const double c = y[0] - x[0] * (b + a * x[0]);
  double best = x[2];  // no root: as much as was tried
  if (std::abs(a) < 1e-12) {
    if (b > 0) best = -c / b;
  } else if (const double root = b * b - 4 * a * c; root >= 0) {
    // where the parabola rises
    best = (-b + std::sqrt(root)) / (2 * a);
  }
  return std::clamp(best, x[0], x[2]);
}

cv::Mat bilateral(const cv::Mat &image, double sigma, const Poll &poll) {
  constexpr int radius = 4;
  cv::Mat wide, out(image.size(), CV_8U);
  cv::copyMakeBorder(image, wide, radius, radius, radius, radius, cv::BORDER_REFLECT_101);
  for (int y = 0; y < image.rows; y += strip) {
    poll();
    const int rows = std::min(strip, image.rows - y);
    cv::Mat part;
    cv::bilateralFilter(wide.rowRange(y, y + rows + 2 * radius), part, 2 * radius + 1, sigma, sigma);
    part(cv::Rect(radius, radius, image.cols, rows)).copyTo(out.rowRange(y, y + rows));
  }
  return out;
}

cv::Mat non_local_means(const cv::Mat &image, double strength, int search, const Poll &poll) {
  // One shift after the other: squared differences of the image and its shifted
  // self, summed over patches by running sums, give the weights of that shift.
  constexpr int side = 2 * patch + 1;
  const int margin = patch + search;
  cv::Mat wide, real;
  cv::copyMakeBorder(image, wide, margin, margin, margin, margin, cv::BORDER_REFLECT_101);
  wide.convertTo(real, CV_32F);
  const int width = image.cols, height = image.rows, across = width + 2 * patch;
  // weights by the patches' difference, in steps; those below a thousandth are left out
  constexpr float per_step = 1 / 8.0f;
  std::vector<float> table;
  for (double d = 0;; d += 1 / per_step) {
    const double w = std::exp(-d / (side * side * strength * strength));
    table.push_back(w < 0.001 ? 0.f : static_cast<float>(w));
    if (w < 0.001) break;
  }
  const auto farthest = static_cast<float>(table.size() - 1);
  std::vector<float> sums(static_cast<size_t>(width) * height), weights(sums.size());
  std::vector<float> squares(static_cast<size_t>(across) * (height + 2 * patch)), columns(across);
  for (int dy = -search; dy <= search; dy++)
    for (int dx = -search; dx <= search; dx++) {
      poll();
      for (int y = 0; y < height + 2 * patch; y++) {
        const float *a = real.ptr<float>(y + search) + search, *b = real.ptr<float>(y + search + dy) + search + dx;
        float *out = &squares[static_cast<size_t>(y) * across];
        vectorized([=] {
          for (int x = 0; x < across; x++) out[x] = (a[x] - b[x]) * (a[x] - b[x]);
        });
      }
      // whole numbers below 2^24: the running sums are exact
      std::fill(columns.begin(), columns.end(), 0.f);
      const auto add = [&](int y, float sign) {
        const float *row = &squares[static_cast<size_t>(y) * across];
        vectorized([row, sign, across, to = columns.data()] {
          for (int x = 0; x < across; x++) to[x] += sign * row[x];
        });
      };
      for (int y = 0; y < 2 * patch; y++) add(y, 1);
      for (int y = 0; y < height; y++) {
        add(y + 2 * patch, 1);
        const float *value = real.ptr<float>(y + margin + dy) + margin + dx;
        const size_t at = static_cast<size_t>(y) * width;
        float sum = std::accumulate(columns.begin(), columns.begin() + 2 * patch, 0.f);
        for (int x = 0; x < width; x++) {
          sum += columns[x + 2 * patch];
          const float w = table[static_cast<int>(std::min(sum * per_step, farthest))];
          weights[at + x] += w;
          sums[at + x] += w * value[x];
          sum -= columns[x];
        }
        add(y, -1);
      }
    }
  cv::Mat out(image.size(), CV_8U);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      const size_t i = static_cast<size_t>(y) * width + x;
      out.at<uint8_t>(y, x) = cv::saturate_cast<uint8_t>(sums[i] / weights[i]);
    }
  return out;
}

double fitted_strength(const cv::Mat &image, double variance, const Poll &poll) {
  const int width = std::min(sample_side, image.cols), height = std::min(sample_side, image.rows);
  const cv::Mat middle = image(cv::Rect((image.cols - width) / 2, (image.rows - height) / 2, width, height));
  if (laplacian_variance(middle) <= variance) return 0;
  double low = 0, high = 40;
  for (int k = 0; k < 6; k++) {
    const double strength = (low + high) / 2;
    (laplacian_variance(non_local_means(middle, strength, fitting_search, poll)) > variance ? low : high) = strength;
  }
  return (low + high) / 2;
}

}  // namespace

int Strategy::reduction() const { return 1 << std::count(steps.begin(), steps.end(), Step::ds); }

Strategy strategy_named(const std::string &name, const std::string &key) {
  using enum Step;
  if (name == "unpp") return {name, {}};
  if (name == "light") return {name, {ds, cc}};
  if (name == "heavy") return {name, {ds, cc, bl, nlm}};
  if (name == "superheavy") return {name, {ds, ds, median, cc, bl, nlm}};
  Strategy strategy{name, {}};
  for (size_t at = 0; at <= name.size();) {
    const size_t end = std::min(name.find('_', at), name.size());
    const std::string word = name.substr(at, end - at);
    const auto known =
        std::find_if(std::begin(step_names), std::end(step_names), [&](auto &s) { return s.first == word; });
    if (known == std::end(step_names) ||
        std::find(strategy.steps.begin(), strategy.steps.end(), known->second) != strategy.steps.end())
      throw Error(SHEAF_INVALID, key + ": \"" + name +
                                     "\" given; accepted: unpp, light, heavy, superheavy, or ds, cc, bl and nlm in any "
                                     "order, each once, joined by _");
    strategy.steps.push_back(known->second);
    at = end + 1;
  }
  return strategy;
}

std::vector<Strategy> every_strategy() {
  std::vector<Strategy> all = {{"unpp", {}}};
  for (size_t i = 0; i < all.size(); i++)  // grows as it goes: every strategy with one step more
    for (const auto &[word, step] : step_names) {
      Strategy longer = all[i];
      if (std::find(longer.steps.begin(), longer.steps.end(), step) != longer.steps.end()) continue;
      longer.name = longer.steps.empty() ? word : longer.name + "_" + word;
      longer.steps.push_back(step);
      all.push_back(longer);
    }
  return all;
}

cv::Mat preprocessed(const cv::Mat &image, const Strategy &strategy, const PreprocessOptions &options,
                     const Poll &poll) {
  cv::Mat now = image.clone();
  for (const Step step : strategy.steps) {
    poll();
    cv::Mat next;
    switch (step) {
      case Step::ds:
        if (std::min(now.cols, now.rows) >= 2 * least_side) cv::pyrDown(now, next);
        else next = now;
        break;
      case Step::cc: next = equalized(now, std::isnan(options.clip) ? fitted_clip(now, poll) : options.clip); break;
      case Step::bl: next = bilateral(now, options.bilateral, poll); break;
      case Step::median: cv::medianBlur(now, next, 3); break;
      case Step::nlm: {
        const double variance = strategy.reduction() > 1 ? wanted_variance : 2 * wanted_variance;
        const double strength = std::isnan(options.strength) ? fitted_strength(now, variance, poll) : options.strength;
        next = strength > 0 ? non_local_means(now, strength, poll) : now;
        break;
      }
    }
    now = next;
  }
  return now;
}

cv::Mat non_local_means(const cv::Mat &image, double strength, const Poll &poll) {
  return non_local_means(image, strength, search, poll);
}

double laplacian_variance(const cv::Mat &image) {
  cv::Mat laplacian;
  cv::Laplacian(image, laplacian, CV_64F);
  cv::Scalar mean, sd;
  cv::meanStdDev(laplacian, mean, sd);
  return sd[0] * sd[0];
}

}  // namespace sheaf::align
