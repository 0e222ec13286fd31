#include "align/pyramid.hpp"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "align/lanes.hpp"
#include "common/vectorized.hpp"

namespace sheaf::align {
namespace {

cv::Mat as_mat(const Floats &pixels, int width, int height) {
  return cv::Mat(height, width, CV_32F, const_cast<float *>(pixels.data()));
}

// 1 where all of `there` is 1 from (x - 1, y - 1) to (x + right, y + right);
// positions outside the image do not count.
std::vector<uint8_t> all_around(const std::vector<uint8_t> &there, int width, int height, int right) {
  std::vector<uint8_t> out(there.size());
  const int size = right + 2;
  cv::erode(cv::Mat(height, width, CV_8U, const_cast<uint8_t *>(there.data())),
            cv::Mat(height, width, CV_8U, out.data()), cv::Mat::ones(size, size, CV_8U), cv::Point(1, 1));
  return out;
}

struct Statistics {
  double mean = 0, deviation = 0;
  int64_t count = 0;
};

// Of the finite pixels. Sums are taken about a value near the mean, which keeps
// the digits of an image with little contrast on a high level.
Statistics statistics(const Floats &pixels) {
  Statistics s;
  const auto finite = [](float p) { return p - p == 0; };
  double sampled = 0;
  for (size_t i = 0; i < pixels.size(); i += 61)
    if (finite(pixels[i])) {
      sampled += pixels[i];
      s.count++;
    }
  const auto pivot = static_cast<float>(s.count ? sampled / static_cast<double>(s.count) : 0);
  double sum = 0, square = 0, there = 0;
  const size_t whole = pixels.size() / lanes * lanes;
  // float sums over pieces that are short enough to keep their digits
  constexpr size_t piece = 64 * lanes;
  for (size_t begin = 0; begin < whole; begin += piece) {
    Eight sums{}, squares{}, counts{};
    vectorized([&, from = pixels.data(), end = std::min(begin + piece, whole)] {
      for (size_t i = begin; i < end; i += lanes) {
        Eight d = eight(from + i) - pivot;
        const auto good = d - d == 0;
        d = good ? d : Eight{};
        counts += good ? Eight{} + 1 : Eight{};
        sums += d;
        squares += d * d;
      }
    });
    sum += total_of(sums);
    square += total_of(squares);
    there += total_of(counts);
  }
  s.count = static_cast<int64_t>(there);
  for (size_t i = whole; i < pixels.size(); i++)
    if (finite(pixels[i])) {
      const double d = pixels[i] - pivot;
      sum += d;
      square += d * d;
      s.count++;
    }
  if (s.count == 0) return s;
  const auto n = static_cast<double>(s.count);
  s.mean = pivot + sum / n;
  // about the mean itself: what rounding leaves of a constant is nothing
  const double variance = square / n - sum / n * (sum / n);
  s.deviation = std::sqrt(std::max(0.0, variance));
  return s;
}

void set_validity(Level &level, const std::vector<uint8_t> &there) {
  level.valid3 = all_around(there, level.width, level.height, 1);
  level.valid4 = all_around(there, level.width, level.height, 2);
}

}  // namespace

Pyramid make_pyramid(Plane image) {
  Pyramid pyramid;
  pyramid.image = std::move(image);
  const Plane &plane = pyramid.image;
  const Statistics s = statistics(plane.pixels);
  if (std::min(plane.width, plane.height) < least_side || s.count < least_side * least_side || !(s.deviation > 0))
    return pyramid;

  std::vector<uint8_t> there;  // empty: no pixel is missing
  if (s.count < static_cast<int64_t>(plane.pixels.size())) {
    there.resize(plane.pixels.size());
    for (size_t i = 0; i < there.size(); i++) there[i] = std::isfinite(plane.pixels[i]);
  }
  const auto mean = static_cast<float>(s.mean), gain = static_cast<float>(1 / s.deviation);
  Level finest{plane.width, plane.height, {}, {}, {}};
  finest.pixels.resize(plane.pixels.size());
  vectorized([from = plane.pixels.data(), to = finest.pixels.data(), size = plane.pixels.size(), mean, gain] {
    for (size_t i = 0; i < size; i++) to[i] = (from[i] - mean) * gain;
  });
  for (size_t i = 0; i < there.size(); i++)
    if (!there[i]) finest.pixels[i] = 0;
  if (!there.empty()) set_validity(finest, there);
  pyramid.levels.push_back(std::move(finest));
  for (;;) {
    const Level &fine = pyramid.levels.back();
    // pyrDown smooths with [1 4 6 4 1]/16 and keeps the even positions
    Level coarse{(fine.width + 1) / 2, (fine.height + 1) / 2, {}, {}, {}};
    if (std::min(coarse.width, coarse.height) < coarsest_side) break;
    coarse.pixels.resize(static_cast<size_t>(coarse.width) * coarse.height);
    cv::Mat to = as_mat(coarse.pixels, coarse.width, coarse.height);
    cv::pyrDown(as_mat(fine.pixels, fine.width, fine.height), to, to.size());
    if (!there.empty()) {
      // the mean of what is there, if that is at least half of the weight
      cv::Mat weight(fine.height, fine.width, CV_32F), kept;
      for (int y = 0; y < fine.height; y++)
        for (int x = 0; x < fine.width; x++) weight.at<float>(y, x) = there[static_cast<size_t>(y) * fine.width + x];
      cv::pyrDown(weight, kept, to.size());
      there.assign(coarse.pixels.size(), 0);
      for (size_t i = 0; i < there.size(); i++) {
        const float w = kept.ptr<float>()[i];
        there[i] = w >= 0.5f;
        coarse.pixels[i] = there[i] ? coarse.pixels[i] / w : 0;
      }
      set_validity(coarse, there);
    }
    pyramid.levels.push_back(std::move(coarse));
  }
  return pyramid;
}

std::vector<Mask> make_mask_pyramid(const Mask &mask, int width, int height) {
  std::vector<Mask> masks;
  if (mask.empty()) return masks;
  masks.push_back(mask);
  while (std::min((width + 1) / 2, (height + 1) / 2) >= coarsest_side) {
    const Mask &fine = masks.back();
    const int w = (width + 1) / 2, h = (height + 1) / 2;
    Mask coarse(static_cast<size_t>(w) * h);
    // a coarse pixel counts if any pixel it averages does: thin regions survive
    for (int y = 0; y < h; y++)
      for (int x = 0; x < w; x++)
        for (int v = std::max(2 * y - 1, 0); v <= std::min(2 * y + 1, height - 1); v++)
          for (int u = std::max(2 * x - 1, 0); u <= std::min(2 * x + 1, width - 1); u++)
            coarse[static_cast<size_t>(y) * w + x] |= fine[static_cast<size_t>(v) * width + u];
    masks.push_back(std::move(coarse));
    width = w;
    height = h;
  }
  return masks;
}

}  // namespace sheaf::align
