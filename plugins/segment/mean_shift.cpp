#include "mean_shift.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "common/random.hpp"
#include "common/vectorized.hpp"

namespace sheaf::segment {
namespace {

constexpr int rows_of_block = 8;

// exp(x) for x <= 0 to 2 units in the last place: 2^(integer part) times a polynomial
// of the rest, the Taylor series in natural logarithms of |rest| <= log(2) / 2.
inline float exponential(float x) {
  const float scaled = std::max(x, -87.f) * 1.44269504f;
  const auto whole = static_cast<int32_t>(scaled - 0.5f);  // scaled is not positive: rounded
  const float r = (scaled - static_cast<float>(whole)) * 0.693147181f;
  const float series = 1 + r * (1 + r * (1 / 2.f + r * (1 / 6.f + r * (1 / 24.f + r * (1 / 120.f + r * (1 / 720.f))))));
  return series * std::bit_cast<float>((whole + 127) << 23);
}

// Rows of three planes, of which those that are not there are null.
struct Row {
  const float *plane[3] = {nullptr, nullptr, nullptr};
};

template <int channels>
inline float distance(const Row &a, const Row &b, int x, int dx, float apart) {
  float sum = apart;
  for (int c = 0; c < channels; c++) {
    const float d = a.plane[c][x] - b.plane[c][x + dx];
    sum += d * d;
  }
  return sum;
}

template <int channels>
void add_density(const Row &here, const Row &there, int begin, int end, int dx, float apart, float factor,
                 float *density) {
  vectorized_wide([=] {
    for (int x = begin; x < end; x++) density[x] += exponential(distance<channels>(here, there, x, dx, apart) * factor);
  });
}

template <int channels>
void find_parent(const Row &here, const Row &there, int begin, int end, int dx, float apart, const float *density,
                 const float *other, int32_t place, float *nearest, int32_t *parent) {
  vectorized_wide([=] {
    for (int x = begin; x < end; x++) {
      const float d = distance<channels>(here, there, x, dx, apart);
      const bool better = (other[x + dx] > density[x]) & (d < nearest[x]);
      nearest[x] = better ? d : nearest[x];
      parent[x] = better ? place : parent[x];
    }
  });
}

template <int channels>
void shift(std::vector<cv::Mat> &planes, const QuickShiftOptions &options, Labels labels, const Parallel &parallel,
           const Poll &poll) {
  const int width = labels.width(), height = labels.height();
  const int reach = static_cast<int>(std::ceil(3 * options.kernel));
  const int64_t blocks = (height + rows_of_block - 1) / rows_of_block;
  cv::Mat density(height, width, CV_32F), nearest(height, width, CV_32F), parent(height, width, CV_32S);
  const auto row_of = [&](int y) {
    Row row;
    for (int c = 0; c < channels; c++) row.plane[c] = planes[static_cast<size_t>(c)].ptr<float>(y);
    return row;
  };
  // f(y, v, dx, first and last x whose neighbour x + dx is in the image)
  const auto over_windows = [&](int64_t block, auto &&f) {
    const int first = static_cast<int>(block) * rows_of_block, last = std::min(height, first + rows_of_block);
    for (int y = first; y < last; y++) {
      poll();
      for (int v = std::max(0, y - reach); v <= std::min(height - 1, y + reach); v++)
        for (int dx = -std::min(reach, width - 1); dx <= std::min(reach, width - 1); dx++)
          f(y, v, dx, std::max(0, -dx), std::min(width, width - dx));
    }
  };
  const auto apart = [](int y, int v, int dx) { return static_cast<float>((v - y) * (v - y) + dx * dx); };
  const auto factor = static_cast<float>(-0.5 / (options.kernel * options.kernel));
  parallel(blocks, [&](int64_t block) {
    const int first = static_cast<int>(block) * rows_of_block, last = std::min(height, first + rows_of_block);
    for (int y = first; y < last; y++) {
      // noise decides between equals: it is that of the position, whatever the thread
      Random random(static_cast<uint64_t>(y) + 1);
      for (int x = 0; x < width; x++) density.at<float>(y, x) = static_cast<float>(random() * 3e-5);
    }
    over_windows(block, [&](int y, int v, int dx, int begin, int end) {
      add_density<channels>(row_of(y), row_of(v), begin, end, dx, apart(y, v, dx), factor, density.ptr<float>(y));
    });
  });
  const auto limit = static_cast<float>(std::min(options.max_dist * options.max_dist, 1e30));
  parallel(blocks, [&](int64_t block) {
    const int first = static_cast<int>(block) * rows_of_block, last = std::min(height, first + rows_of_block);
    for (int y = first; y < last; y++) {
      std::fill_n(nearest.ptr<float>(y), width, std::nextafter(limit, std::numeric_limits<float>::infinity()));
      std::fill_n(parent.ptr<int32_t>(y), width, 0);
    }
    over_windows(block, [&](int y, int v, int dx, int begin, int end) {
      if (apart(y, v, dx) > limit) return;  // too far whatever the colour
      // 0 is the pixel itself; others by their place in the window, from 1
      const int place = 1 + (v - y + reach) * (2 * reach + 1) + dx + reach;
      find_parent<channels>(row_of(y), row_of(v), begin, end, dx, apart(y, v, dx), density.ptr<float>(y),
                            density.ptr<float>(v), place, nearest.ptr<float>(y), parent.ptr<int32_t>(y));
    });
  });
  // densities rise along a tree: following parents ends
  std::vector<uint32_t> root(static_cast<size_t>(width) * height);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      const int place = parent.at<int32_t>(y, x) - 1, side = 2 * reach + 1;
      const int v = place < 0 ? y : y + place / side - reach, u = place < 0 ? x : x + place % side - reach;
      root[static_cast<size_t>(y) * width + x] = static_cast<uint32_t>(v) * width + u;
    }
  const auto find = [&](uint32_t i) {
    while (root[i] != i) i = root[i] = root[root[i]];
    return i;
  };
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) labels(x, y) = find(static_cast<uint32_t>(y) * width + x) + 1;
}

}  // namespace

void quick_shift(std::vector<cv::Mat> &planes, const QuickShiftOptions &options, Labels labels,
                 const Parallel &parallel, const Poll &poll) {
  for (cv::Mat &plane : planes) plane *= options.ratio;
  if (planes.size() == 3) shift<3>(planes, options, labels, parallel, poll);
  else shift<1>(planes, options, labels, parallel, poll);
}

}  // namespace sheaf::segment
