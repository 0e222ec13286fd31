#include "level_set.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "common/vectorized.hpp"

namespace sheaf::segment {
namespace {

constexpr int rows_of_block = 16;
constexpr int lanes = 16;
constexpr float fixed = 65536;  // values of 0..1 as integers: their sums do not depend on the order

cv::Mat starting_set(StartingSet start, int width, int height) {
  cv::Mat phi(height, width, CV_32F);
  const int cx = (width - 1) / 2, cy = (height - 1) / 2;
  const double radius = std::min(cx, cy) / (start == StartingSet::small_disk ? 2.0 : 1.0);
  const double unit = std::max(radius, 0.5) * (start == StartingSet::small_disk ? 3 : 1);
  const double step = 3.14159265358979323846 / 5;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      phi.at<float>(y, x) =
          static_cast<float>(start == StartingSet::checkerboard ? std::sin(y * step) * std::sin(x * step)
                                                                : (radius - std::hypot(x - cx, y - cy)) / unit);
  return phi;
}

// What the pixels of one block add.
struct Sums {
  int64_t inside = 0, count = 0;  // fixed-point values where phi > 0, and their number
  double change = 0;              // squares
};

struct Step {
  float mu, lambda1, lambda2, dt, inside, outside;
};

// One row of the next level set. Rows of phi have a pixel of frame on either side.
void step_row(const float *above, const float *here, const float *below, const float *image, float *next, int width,
              const Step &s) {
  vectorized([=] {
    constexpr float eta = 1e-16f;
    for (int x = 0; x < width; x++) {
      const float c = here[x], l = here[x - 1], r = here[x + 1], u = above[x], d = below[x];
      const float xp = r - c, xn = c - l, x0 = (r - l) / 2, yp = d - c, yn = c - u, y0 = (d - u) / 2;
      const float c1 = 1 / std::sqrt(eta + xp * xp + y0 * y0), c2 = 1 / std::sqrt(eta + xn * xn + y0 * y0);
      const float c3 = 1 / std::sqrt(eta + x0 * x0 + yp * yp), c4 = 1 / std::sqrt(eta + x0 * x0 + yn * yn);
      const float k = r * c1 + l * c2 + d * c3 + u * c4;
      const float in = image[x] - s.inside, out = image[x] - s.outside;
      const float pull = s.dt / (1 + c * c);
      const float sum = c + pull * (s.mu * k - s.lambda1 * in * in + s.lambda2 * out * out);
      next[x] = sum / (1 + s.mu * pull * (c1 + c2 + c3 + c4));
    }
  });
}

void add_row(const float *here, const float *next, const int32_t *values, int width, Sums &sums) {
  std::array<float, lanes> change{};
  vectorized([=, &change, &sums] {
    uint32_t inside = 0, count = 0;
    int64_t wide = 0;
    int x = 0;
    for (; x + lanes <= width; x += lanes)
      for (int k = 0; k < lanes; k++) {
        const float d = next[x + k] - here[x + k];
        change[k] += d * d;
      }
    for (; x < width; x++) change[0] += (next[x] - here[x]) * (next[x] - here[x]);
    for (int begin = 0; begin < width; begin += 32768) {  // before a sum can overflow
      inside = 0;
      for (int i = begin; i < std::min(width, begin + 32768); i++) {
        const bool is = next[i] > 0;
        inside += is ? static_cast<uint32_t>(values[i]) : 0;
        count += is;
      }
      wide += inside;
    }
    sums.inside += wide;
    sums.count += count;
  });
  for (const float c : change) sums.change += c;
}

}  // namespace

LevelSet chan_vese(const cv::Mat &image, const ChanVeseOptions &options, const Parallel &parallel, const Poll &poll) {
  const int width = image.cols, height = image.rows;
  double low = 0, high = 0;
  cv::minMaxLoc(image, &low, &high);
  cv::Mat values(height, width, CV_32F), integers(height, width, CV_32S);
  const double scale = high > low ? 1 / (high - low) : 0;
  int64_t total = 0;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      const auto v = static_cast<float>((image.at<float>(y, x) - low) * scale);
      values.at<float>(y, x) = v;
      total += integers.at<int32_t>(y, x) = static_cast<int32_t>(std::lround(v * fixed));
    }
  LevelSet result;
  result.phi = starting_set(options.start, width, height);
  // with a frame of one pixel that repeats the border
  cv::Mat phi, next(height + 2, width + 2, CV_32F);
  cv::copyMakeBorder(result.phi, phi, 1, 1, 1, 1, cv::BORDER_REPLICATE);
  const auto row = [](cv::Mat &m, int y) { return m.ptr<float>(y + 1) + 1; };

  const int blocks = (height + rows_of_block - 1) / rows_of_block;
  std::vector<Sums> sums(static_cast<size_t>(blocks));
  int64_t inside = 0, count = 0;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      if (result.phi.at<float>(y, x) > 0) {
        inside += integers.at<int32_t>(y, x);
        count++;
      }
  const int64_t pixels = int64_t{width} * height;
  double change = options.tolerance + 1;
  while (change > options.tolerance && result.iterations < options.iterations) {
    poll();
    const auto mean = [](int64_t sum, int64_t n) { return n > 0 ? static_cast<double>(sum) / fixed / n : 0.0; };
    result.inside = mean(inside, count);
    result.outside = mean(total - inside, pixels - count);
    const Step step{static_cast<float>(options.mu),      static_cast<float>(options.lambda1),
                    static_cast<float>(options.lambda2), static_cast<float>(options.dt),
                    static_cast<float>(result.inside),   static_cast<float>(result.outside)};
    parallel(blocks, [&](int64_t block) {
      Sums &mine = sums[static_cast<size_t>(block)] = {};
      const int begin = static_cast<int>(block) * rows_of_block, end = std::min(height, begin + rows_of_block);
      for (int y = begin; y < end; y++) {
        const float *here = row(phi, y);
        float *out = row(next, y);
        step_row(row(phi, y - 1), here, row(phi, y + 1), values.ptr<float>(y), out, width, step);
        out[-1] = out[0];
        out[width] = out[width - 1];
        add_row(here, out, integers.ptr<int32_t>(y), width, mine);
      }
    });
    std::copy_n(next.ptr<float>(1), width + 2, next.ptr<float>(0));
    std::copy_n(next.ptr<float>(height), width + 2, next.ptr<float>(height + 1));
    cv::swap(phi, next);
    inside = count = 0;
    double squares = 0;
    for (const Sums &s : sums) {
      inside += s.inside;
      count += s.count;
      squares += s.change;
    }
    change = std::sqrt(squares / static_cast<double>(pixels));
    result.iterations++;
  }
  phi(cv::Rect(1, 1, width, height)).copyTo(result.phi);
  return result;
}

}  // namespace sheaf::segment
