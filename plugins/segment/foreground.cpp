#include "foreground.hpp"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "common/gray.hpp"
#include "common/matrix.hpp"
#include "components.hpp"

namespace sheaf::segment {
namespace {

template <class T>
float value_of(const T &pixel) {
  if constexpr (std::is_same_v<T, Rgb>) return mean_gray(pixel);
  else return static_cast<float>(pixel);
}

// Counts what the threshold is to be chosen from: pixel values of an integer
// type one by one, all else in 65536 bins.
template <class T>
void count(View<const T> image, Mask region, Histogram &histogram, const Poll &poll) {
  if constexpr (std::is_same_v<T, Rgb>) {
    cv::Mat gray(image.height(), image.width(), CV_8U);
    for (int y = 0; y < image.height(); y++)
      std::transform(image.row(y), image.row(y) + image.width(), gray.ptr(y), mean_gray);
    count(view_of<const uint8_t>(gray), region, histogram, poll);
  } else {
    if constexpr (std::is_same_v<T, float>) histogram.template reset<T>(finite_range(image, region, poll));
    else histogram.template reset<T>();
    histogram.add(image, region, poll);
  }
}

void fill(View<uint8_t> mask, Mask region, View<const float> values, const Poll &poll) {
  cv::Mat memory(mask.height(), mask.width(), CV_32S);
  const auto labels = view_of<uint32_t>(memory);
  for (int y = 0; y < mask.height(); y++)
    std::transform(mask.row(y), mask.row(y) + mask.width(), labels.row(y), [](uint8_t m) { return m != 0; });
  fill_holes(labels, region, values, poll);
  for (int y = 0; y < mask.height(); y++)
    std::transform(labels.row(y), labels.row(y) + mask.width(), mask.row(y), [](uint32_t l) { return l ? 255 : 0; });
}

}  // namespace

int64_t threshold_of(Ground ground, std::span<const int64_t> counts) {
  Rule rule = Rule::otsu;
  if (ground == Ground::li) rule = Rule::li;
  if (ground == Ground::yen) rule = Rule::yen;
  if (ground == Ground::triangle) rule = Rule::triangle;
  if (ground == Ground::isodata) rule = Rule::isodata;
  return automatic_threshold(rule, counts);
}

Foreground find_foreground(const Image &image, Mask region, const Calibration &calibration,
                           const ForegroundOptions &options, ForegroundScratch &scratch, cv::Mat &values, cv::Mat &mask,
                           const Poll &poll, const Parallel &parallel) {
  const int width = image.width(), height = image.height();
  cv::Mat numbers(height, width, CV_8U);  // 255 where a pixel counts: inside the region and not NaN
  values.create(height, width, CV_32F);
  mask.create(height, width, CV_8U);
  std::vector<Range> ranges(static_cast<size_t>(height));
  image.visit([&]<class T>(View<const T> view) {
    for_rows(height, poll, parallel, [&](int y) {
      const T *row = view.row(y);
      float *out = values.ptr<float>(y);
      uint8_t *counts = numbers.ptr(y);
      for (int x = 0; x < width; x++) {
        out[x] = static_cast<float>(calibration.value(value_of(row[x])));
        counts[x] = (!region || region(x, y)) && !std::isnan(out[x]) ? 255 : 0;
        if (counts[x] && std::isfinite(out[x])) ranges[static_cast<size_t>(y)].include({out[x], out[x]});
      }
    });
  });
  Range range;
  for (const Range &r : ranges) range.include(r);
  Foreground found;
  const bool any = range.low <= range.high;
  if (!any) range = {0, 0};
  for_rows(height, poll, parallel, [&](int y) {
    float *row = values.ptr<float>(y);
    for (int x = 0; x < width; x++) {
      const float low = static_cast<float>(range.low), high = static_cast<float>(range.high);
      if (!std::isfinite(row[x])) row[x] = row[x] > 0 ? high : low;
    }
  });
  const bool native = options.blur == 0 && calibration.scale > 0 && image.pixel() != SHEAF_LABEL;
  if (options.blur > 0) {
    poll();
    cv::GaussianBlur(values, values, {}, options.blur, options.blur, cv::BORDER_REFLECT);
  }
  double t = 0;
  if (options.ground == Ground::level) {
    t = options.level;
  } else if (options.ground != Ground::nonzero && any) {
    if (native) {
      visit_intensity(image, [&]<class T>(View<const T> view) { count(view, region, scratch.histogram, poll); });
    } else {
      count(view_of<const float>(values), Mask(view_of<const uint8_t>(numbers)), scratch.histogram, poll);
    }
    const auto &counts = scratch.histogram.counts();
    found.degenerate = std::count_if(counts.begin(), counts.end(), [](int64_t n) { return n > 0; }) < 2;
    t = scratch.histogram.top(static_cast<size_t>(threshold_of(options.ground, counts)));
    if (native) t = calibration.value(t);
  }
  found.degenerate = found.degenerate || !any;
  if (options.ground != Ground::nonzero && any) found.threshold = t;
  for_rows(height, poll, parallel, [&](int y) {
    const float *row = values.ptr<float>(y);
    const uint8_t *counts = numbers.ptr(y);
    uint8_t *out = mask.ptr(y);
    for (int x = 0; x < width; x++) {
      const bool above = options.ground == Ground::nonzero ? row[x] != 0 : row[x] > t;
      out[x] = counts[x] && !found.degenerate && above != options.invert ? 255 : 0;
    }
  });
  if (!options.fill_holes) return found;
  // what is NaN stays background, as in segment.threshold
  cv::Mat marked = values;
  if (image.pixel() == SHEAF_F32) {
    marked = values.clone();
    for (int y = 0; y < height; y++)
      for (int x = 0; x < width; x++)
        if (std::isnan(image.view<float>()(x, y))) marked.at<float>(y, x) = std::numeric_limits<float>::quiet_NaN();
  }
  fill(view_of<uint8_t>(mask), region, view_of<const float>(marked), poll);
  return found;
}

}  // namespace sheaf::segment
