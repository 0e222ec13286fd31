#include "backdrop.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "common/reflect.hpp"
#include "common/vectorized.hpp"

namespace sheaf::equalize {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr int strip = 32;  // columns that are worked on together: one cache line or two of a row

inline float least(float a, float b) { return a < b ? a : b; }

int strips(int width) { return (width + strip - 1) / strip; }

// Weights of the centre and of the places 1, 2, ... beside it; together they are 1.
std::vector<float> gaussian_weights(double sigma) {
  std::vector<double> exact(static_cast<size_t>(4 * sigma + 0.5) + 1);
  double sum = 0;
  for (size_t k = 0; k < exact.size(); k++) {
    const auto distance = static_cast<double>(k);
    exact[k] = std::exp(-0.5 * distance * distance / (sigma * sigma));
    sum += k == 0 ? exact[k] : 2 * exact[k];
  }
  std::vector<float> weights;
  for (const double w : exact) weights.push_back(static_cast<float>(w / sum));
  return weights;
}

// to[i] = sum of weights[|k|] centre[i + k stride] for `strip` pixels i.
void convolve(const float *centre, std::ptrdiff_t stride, const std::vector<float> &weights, float *to) {
  const float *w = weights.data();
  const auto reach = static_cast<std::ptrdiff_t>(weights.size()) - 1;
  vectorized([=] {
    float sum[strip];
    for (int i = 0; i < strip; i++) sum[i] = w[0] * centre[i];
    for (std::ptrdiff_t k = 1; k <= reach; k++) {
      const float *before = centre - k * stride, *after = centre + k * stride;
      for (int i = 0; i < strip; i++) sum[i] += w[k] * (before[i] + after[i]);
    }
    for (int i = 0; i < strip; i++) to[i] = sum[i];
  });
}

void blur(View<float> image, const std::vector<float> &weights, const Parallel &parallel, const Poll &poll) {
  const int width = image.width(), height = image.height(), reach = static_cast<int>(weights.size()) - 1;
  constexpr int rows = 16;
  parallel((height + rows - 1) / rows, [&](int64_t block) {
    const auto first = static_cast<int>(block) * rows;
    std::vector<float> line(static_cast<size_t>(strips(width)) * strip + 2 * static_cast<size_t>(reach)), sums(strip);
    for (int y = first; y < std::min(height, first + rows); y++) {
      float *row = image.row(y);
      for (int x = -reach; x < width + reach; x++) line[static_cast<size_t>(x + reach)] = row[reflected(x, width)];
      for (int x = 0; x < width; x += strip) {
        convolve(&line[static_cast<size_t>(x + reach)], 1, weights, sums.data());
        std::copy_n(sums.data(), std::min(strip, width - x), row + x);
      }
      poll();
    }
  });
  parallel(strips(width), [&](int64_t s) {
    const auto left = static_cast<int>(s) * strip;
    const int columns = std::min(strip, width - left), pause = 1 + (1 << 21) / (strip * (reach + 1));
    std::vector<float> lines((static_cast<size_t>(height) + 2 * static_cast<size_t>(reach)) * strip), sums(strip);
    for (int y = -reach; y < height + reach; y++)
      std::copy_n(image.row(reflected(y, height)) + left, columns, &lines[static_cast<size_t>(y + reach) * strip]);
    for (int y = 0; y < height; y++) {
      convolve(&lines[static_cast<size_t>(y + reach) * strip], strip, weights, sums.data());
      std::copy_n(sums.data(), columns, image.row(y) + left);
      if (y % pause == pause - 1) poll();
    }
  });
}

// The least values of all stretches of 1, 2, 4, ... pixels of a row, and of those of any length from them.
class Stretches {
 public:
  Stretches(int width, int radius) : width_(width), radius_(radius) {
    const int levels = std::bit_width(static_cast<unsigned>(2 * radius + 1));
    levels_.assign(static_cast<size_t>(levels), std::vector<float>(static_cast<size_t>(width + 2 * radius), infinity));
  }
  void load(const float *row) {
    std::copy_n(row, width_, levels_[0].data() + radius_);
    const int length = width_ + 2 * radius_;
    for (size_t k = 1; k < levels_.size(); k++) {
      const int half = 1 << (k - 1);
      vectorized([from = levels_[k - 1].data(), to = levels_[k].data(), half, n = length - 2 * half + 1] {
        for (int x = 0; x < n; x++) to[x] = least(from[x], from[x + half]);
      });
    }
  }
  // to[x] = least of x - reach .. x + reach.
  void read(int reach, float *to) const {
    const int length = 2 * reach + 1, k = std::bit_width(static_cast<unsigned>(length)) - 1;
    const float *from = levels_[static_cast<size_t>(k)].data() + radius_ - reach;
    vectorized([=, other = from + length - (1 << k), width = width_] {
      for (int x = 0; x < width; x++) to[x] = least(from[x], other[x]);
    });
  }

 private:
  int width_, radius_;
  std::vector<std::vector<float>> levels_;  // of stretches that begin at x - radius
};

void erode_by_disk(View<const float> in, View<float> out, int radius, const Parallel &parallel, const Poll &poll) {
  const int width = in.width(), height = in.height(), rows = std::max(32, radius);
  std::vector<int> reach;  // of the disk's rows, from its middle
  for (int64_t dy = 0; dy <= radius; dy++) {
    auto r = static_cast<int64_t>(std::sqrt(static_cast<double>(radius) * radius - static_cast<double>(dy * dy)));
    while (r * r + dy * dy > int64_t{radius} * radius) r--;
    while ((r + 1) * (r + 1) + dy * dy <= int64_t{radius} * radius) r++;
    reach.push_back(static_cast<int>(r));
  }
  const int pause = 1 + (4 << 20) / ((width + 1) * (radius + 1));
  parallel((height + rows - 1) / rows, [&](int64_t block) {
    const int first = static_cast<int>(block) * rows, end = std::min(height, first + rows);
    Stretches stretches(width, radius);
    std::vector<float> spans(static_cast<size_t>(width));
    for (int y = first; y < end; y++) std::fill_n(out.row(y), width, infinity);
    for (int y = std::max(0, first - radius); y < std::min(height, end + radius); y++) {
      stretches.load(in.row(y));
      int held = -1;
      for (int dy = 0; dy <= radius; dy++)
        for (const int target : {y - dy, y + dy}) {
          if (target < first || target >= end) continue;
          const int wanted = reach[static_cast<size_t>(dy)];
          if (wanted != held) stretches.read(held = wanted, spans.data());
          vectorized([to = out.row(target), from = spans.data(), width] {
            for (int x = 0; x < width; x++) to[x] = least(to[x], from[x]);
          });
        }
      if (y % pause == pause - 1) poll();
    }
  });
}

void erode_by_square(View<const float> in, View<float> out, int radius, const Parallel &parallel, const Poll &poll) {
  const int width = in.width(), height = in.height(), length = 2 * radius + 1;
  constexpr int rows = 32;
  parallel((height + rows - 1) / rows, [&](int64_t block) {
    const auto first = static_cast<int>(block) * rows;
    Stretches stretches(width, radius);
    for (int y = first; y < std::min(height, first + rows); y++) {
      stretches.load(in.row(y));
      stretches.read(radius, out.row(y));
    }
    poll();
  });
  parallel(strips(width), [&](int64_t s) {
    const auto left = static_cast<int>(s) * strip;
    const int columns = std::min(strip, width - left);
    std::vector<float> lines((static_cast<size_t>(height) + 2 * static_cast<size_t>(radius)) * strip, infinity);
    for (int y = 0; y < height; y++)
      std::copy_n(out.row(y) + left, columns, &lines[static_cast<size_t>(y + radius) * strip]);
    int64_t covered = 1;  // rows that each row of `lines` is the least of
    for (; 2 * covered <= length; covered *= 2) {
      const int64_t ahead = covered * strip, n = static_cast<int64_t>(lines.size()) - ahead;
      vectorized([line = lines.data(), ahead, n] {
        for (int64_t i = 0; i < n; i += strip)
          for (int64_t j = i; j < i + strip; j++) line[j] = least(line[j], line[j + ahead]);
      });
      poll();
    }
    for (int y = 0; y < height; y++) {
      const float *from = &lines[static_cast<size_t>(y) * strip], *other = from + (length - covered) * strip;
      for (int x = 0; x < columns; x++) out(left + x, y) = least(from[x], other[x]);
    }
  });
}

}  // namespace

void gaussian_backdrop(View<const float> in, View<float> out, double sigma, const Parallel &parallel,
                       const Poll &poll) {
  const int width = in.width(), height = in.height();
  const std::vector<float> weights = gaussian_weights(sigma);
  bool all = true;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      const bool counts = std::isfinite(in(x, y));
      out(x, y) = counts ? in(x, y) : 0;
      all &= counts;
    }
  poll();
  blur(out, weights, parallel, poll);
  if (all) return;
  std::vector<float> parts(static_cast<size_t>(in.size()));
  const View<float> part(parts.data(), width, height, width * std::ptrdiff_t{sizeof(float)});
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) part(x, y) = std::isfinite(in(x, y)) ? 1.0f : 0.0f;
  blur(part, weights, parallel, poll);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) out(x, y) /= part(x, y);
}

void opening(View<const float> in, View<float> out, Shape shape, int radius, const Parallel &parallel,
             const Poll &poll) {
  const int width = in.width(), height = in.height();
  std::vector<float> values(static_cast<size_t>(in.size()));
  const std::ptrdiff_t bytes = width * std::ptrdiff_t{sizeof(float)};
  const View<float> work(values.data(), width, height, bytes);
  const View<const float> from(values.data(), width, height, bytes);
  const auto erode = [&] {
    if (shape == Shape::disk) erode_by_disk(from, out, radius, parallel, poll);
    else erode_by_square(from, out, radius, parallel, poll);
  };
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) work(x, y) = std::isfinite(in(x, y)) ? in(x, y) : infinity;
  poll();
  erode();
  // the greatest is the least of the negatives; what nothing was under does not count
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) work(x, y) = out(x, y) == infinity ? infinity : -out(x, y);
  poll();
  erode();
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) out(x, y) = -out(x, y);
}

}  // namespace sheaf::equalize
