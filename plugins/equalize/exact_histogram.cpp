#include "exact_histogram.hpp"

#include <algorithm>
#include <bit>
#include <cfloat>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace sheaf::equalize {
namespace {

constexpr size_t block = size_t{1} << 18;  // pixels between polls

// Sorts places by their keys and leaves those of equal keys in their order.
void sort_places(std::vector<uint32_t> &order, std::vector<uint32_t> &other, const std::vector<uint32_t> &keys,
                 const Poll &poll) {
  other.resize(order.size());
  for (const int shift : {0, 11, 22}) {
    constexpr size_t digits = 2048;
    std::vector<size_t> start(digits + 1);
    const auto digit = [&](uint32_t place) { return keys[place] >> shift & (digits - 1); };
    for (size_t i = 0; i < order.size(); i++) {
      start[digit(order[i]) + 1]++;
      if (i % block == block - 1) poll();
    }
    for (size_t d = 0; d < digits; d++) start[d + 1] += start[d];
    for (size_t i = 0; i < order.size(); i++) {
      other[start[digit(order[i])]++] = order[i];
      if (i % block == block - 1) poll();
    }
    order.swap(other);
  }
}

void keys_of(const cv::Mat &values, std::vector<uint32_t> &keys) {
  for (int y = 0; y < values.rows; y++) {
    const float *row = values.ptr<float>(y);
    uint32_t *key = &keys[static_cast<size_t>(y) * static_cast<size_t>(values.cols)];
    for (int x = 0; x < values.cols; x++) {
      const auto bits = std::bit_cast<uint32_t>(row[x] + 0.0f);
      key[x] = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
    }
  }
}

}  // namespace

bool rank_pixels(View<const float> in, Mask mask, std::vector<double> &ranks, ExactScratch &s, const Poll &poll) {
  const int width = in.width(), height = in.height();
  if (in.size() > int64_t{UINT32_MAX})
    throw Error(SHEAF_UNSUPPORTED,
                "images: exact histograms take up to 4294967295 pixels, given are " + std::to_string(in.size()));
  s.filled.create(height, width, CV_32F);
  s.order.clear();
  double inside = 0;
  for (int y = 0; y < height; y++) {
    float *row = s.filled.ptr<float>(y);
    for (int x = 0; x < width; x++) {
      const bool counts = std::abs(in(x, y)) <= FLT_MAX;
      row[x] = counts ? in(x, y) : 0.0f;
      if (!counts) continue;
      s.order.push_back(static_cast<uint32_t>(y) * static_cast<uint32_t>(width) + static_cast<uint32_t>(x));
      inside += !mask || mask(x, y);
    }
  }
  poll();
  if (inside == 0) return false;
  s.keys.resize(static_cast<size_t>(in.size()));
  for (const int side : {5, 3, 1}) {  // the last sort decides first
    if (side > 1) cv::blur(s.filled, s.means, cv::Size(side, side), cv::Point(-1, -1), cv::BORDER_REFLECT_101);
    poll();
    keys_of(side > 1 ? s.means : s.filled, s.keys);
    sort_places(s.order, s.other, s.keys, poll);
  }
  ranks.assign(static_cast<size_t>(in.size()), nan);
  double before = 0;
  for (size_t i = 0; i < s.order.size(); i++) {
    const uint32_t place = s.order[i], columns = static_cast<uint32_t>(width);
    const double own = !mask || mask(static_cast<int>(place % columns), static_cast<int>(place / columns)) ? 1 : 0;
    ranks[place] = (before + own / 2) / inside;
    before += own;
    if (i % block == block - 1) poll();
  }
  return true;
}

double value_at(const Quantiles &q, double fraction) {
  const auto at = std::lower_bound(q.p.begin(), q.p.end(), fraction);
  return at == q.p.end() ? q.value.back() : q.value[static_cast<size_t>(at - q.p.begin())];
}

}  // namespace sheaf::equalize
