#include "align/preprocess.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "align/dd.hpp"
#include "common/matrix.hpp"
#include "common/neighbour_mean.hpp"

namespace sheaf::align {
namespace {

constexpr double wanted_contrast = 25;
constexpr double wanted_variance = 500;  // of the Laplacian of a downsampled image; twice that at full size
constexpr int least_side = 32;           // an image is not made smaller than this
constexpr int tiles = 20;
constexpr int patch = 3, search = 10;  // radii
constexpr int fitting_search = 3;      // while the strength is fitted
constexpr int sample_side = 128;       // the strength is fitted on the middle of the image

constexpr std::pair<const char *, Step> step_names[] = {
    {"ds", Step::ds}, {"cc", Step::cc}, {"bl", Step::bl}, {"nlm", Step::nlm}};

double contrast_of(const cv::Mat &image) {
  return local_contrast(view_of<const uint8_t>(image), {}, {}, serial).contrast;
}

// Images of 8 bits as OpenCV equalizes them, for which its limits are made; equalize.clahe does not round the maps
// of tiles, and takes values of any type.
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

// An image of 8 bits by a filter of 32-bit images.
template <class F>
cv::Mat filtered(const cv::Mat &image, F &&filter) {
  cv::Mat values, result(image.size(), CV_32F), out;
  image.convertTo(values, CV_32F);
  const View<const float> in[] = {view_of<const float>(values)};
  const View<float> into[] = {view_of<float>(result)};
  filter(Planes(in), PlanesOut(into));
  result.convertTo(out, CV_8U);  // rounded
  return out;
}

cv::Mat bilateral(const cv::Mat &image, double sigma, const Poll &poll) {
  return filtered(image, [&](Planes in, PlanesOut out) { sheaf::bilateral(in, out, {4, sigma, sigma}, serial, poll); });
}

cv::Mat non_local_means(const cv::Mat &image, double strength, int search, const Poll &poll) {
  return filtered(image, [&](Planes in, PlanesOut out) {
    sheaf::non_local_means(in, out, {patch, search, strength}, serial, poll);
  });
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
