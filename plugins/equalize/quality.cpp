#include "quality.hpp"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <type_traits>

#include "common/histogram.hpp"
#include "common/median.hpp"
#include "sobel.hpp"
#include "sums.hpp"

namespace sheaf::equalize {
namespace {

constexpr int window_side = 50, real_bins = 256;
constexpr int gray_scale = 1000;  // luma in thousandths is exact in integers
inline int32_t luma(const Rgb &p) { return 299 * p.r + 587 * p.g + 114 * p.b; }

double entropy_of(std::span<const int64_t> counts, int64_t total) {
  double sum = 0;
  for (const int64_t n : counts)
    if (n > 0) {
      const double p = static_cast<double>(n) / static_cast<double>(total);
      sum -= p * std::log2(p);
    }
  return sum;
}

struct Levels {
  double mean = nan;  // of the gray values, for colour in thousandths
  int64_t count = 0;
};

// Fills what the distribution of the values tells.
template <class T>
Levels measure_levels(View<const T> image, Mask mask, Quality &q, const Poll &poll) {
  const int width = image.width(), pause = rows_between_polls(width);
  Levels levels;
  std::vector<int64_t> counts;
  double sum = 0;
  int64_t least = 0, greatest = 0;
  const auto for_all = [&](auto &&f) {
    for (int y = 0; y < image.height(); y++) {
      const uint8_t *inside = mask ? mask.row(y) : nullptr;
      const T *row = image.row(y);
      for (int x = 0; x < width; x++)
        if (!inside || inside[x]) f(row[x]);
      if (y % pause == pause - 1) poll();
    }
  };
  if constexpr (std::is_same_v<T, float>) {
    q.least = DBL_MAX, q.greatest = -DBL_MAX;
    for_all([&](float v) {
      if (!std::isfinite(v)) return;
      q.least = std::min<double>(q.least, v), q.greatest = std::max<double>(q.greatest, v);
      sum += v, levels.count++;
    });
    if (levels.count == 0) {
      q.least = q.greatest = nan;
      return levels;
    }
    counts.assign(real_bins, 0);
    const double low = q.least, high = q.greatest, scale = high > low ? real_bins / (high - low) : 0;
    for_all([&](float v) {
      if (!std::isfinite(v)) return;
      counts[static_cast<size_t>(std::min<double>((v - low) * scale, real_bins - 1))]++;
      least += v == low, greatest += v == high;
    });
  } else {
    counts.assign(std::is_same_v<T, uint16_t> ? 65536 : 256, 0);
    if constexpr (std::is_same_v<T, Rgb>) {
      int64_t total = 0;
      for_all([&](const Rgb &p) {
        const int32_t v = luma(p);
        total += v, levels.count++;
        counts[static_cast<size_t>((v + gray_scale / 2) / gray_scale)]++;
        least += (p.r | p.g | p.b) == 0, greatest += std::max({p.r, p.g, p.b}) == 255;
      });
      sum = static_cast<double>(total);
    } else {
      count_levels(image, mask, counts, poll);
      for (size_t v = 0; v < counts.size(); v++) {
        levels.count += counts[v];
        sum += static_cast<double>(v) * static_cast<double>(counts[v]);
      }
    }
    if (levels.count == 0) return levels;
    const auto used = [](int64_t n) { return n > 0; };
    size_t first = static_cast<size_t>(std::find_if(counts.begin(), counts.end(), used) - counts.begin());
    size_t last =
        counts.size() - 1 - static_cast<size_t>(std::find_if(counts.rbegin(), counts.rend(), used) - counts.rbegin());
    if constexpr (std::is_same_v<T, Rgb>) first = 0, last = 255;
    else least = counts[first], greatest = counts[last];
    q.least = static_cast<double>(first), q.greatest = static_cast<double>(last);
  }
  const auto n = static_cast<double>(levels.count);
  levels.mean = sum / n;
  q.entropy = entropy_of(counts, levels.count);
  q.least_part = static_cast<double>(least) / n;
  q.greatest_part = static_cast<double>(greatest) / n;
  return levels;
}

struct Moments {
  double n = 0, sum = 0, squares = 0;
  void add(double v) { n++, sum += v, squares += v * v; }
  double mean() const { return n > 0 ? sum / n : nan; }
  double variance() const { return n > 0 ? std::max(0.0, squares / n - mean() * mean()) : nan; }
};

// Windows side by side; what is left at the right and lower border does not count, but an image that
// holds no whole window is one.
class Windows {
 public:
  Windows(int width, int height)
      : side_x_(std::min(window_side, width)),
        side_y_(std::min(window_side, height)),
        across_(width / side_x_),
        down_(height / side_y_),
        all_(static_cast<size_t>(across_) * down_) {}

  template <class Counts, class Value>
  void add(int y, Counts &&counts, Value &&value) {
    if (y >= down_ * side_y_) return;
    for (int u = 0; u < across_; u++) {
      Moments &window = all_[static_cast<size_t>(y / side_y_) * across_ + u];
      for (int x = u * side_x_; x < (u + 1) * side_x_; x++)
        if (counts(x)) window.add(value(x));
    }
  }
  // A window of which less than half counts says nothing, as long as there are others.
  void finish(Quality &q, double unit) const {
    Moments means, sds;
    for (const double least : {0.5 * side_x_ * side_y_, 1.0}) {
      for (const Moments &window : all_)
        if (window.n >= least) means.add(window.mean()), sds.add(std::sqrt(window.variance()));
      if (means.n > 0) break;
    }
    q.local_contrast = unit * sds.mean();
    q.local_contrast_sd = unit * std::sqrt(sds.variance());
    q.local_mean_sd = unit * std::sqrt(means.variance());
  }

 private:
  int side_x_, side_y_, across_, down_;
  std::vector<Moments> all_;  // about the mean of the image
};

// The greatest number up to n without a prime factor above 13: transforms of such lengths are fast.
int smooth_length(int n) {
  for (;; n--) {
    int rest = n;
    for (const int p : {2, 3, 5, 7, 11, 13})
      while (rest % p == 0) rest /= p;
    if (rest == 1) return n;
  }
}

}  // namespace

Spectrum::Spectrum(int width, int height)
    : width_(smooth_length(width)),
      height_(smooth_length(height)),
      left_((width - width_) / 2),
      top_((height - height_) / 2),
      side_(std::min(width_, height_)),
      rings_(side_ / 8),
      columns_(std::min(width_ / 2, static_cast<int>((rings_ + 0.5) * width_ / side_)) + 1) {
  if (rings_ < 3) return;
  block_.create(block_rows, width_, CV_32F);
  low_.create(columns_, height_, CV_32FC2);
}

void Spectrum::add(int y, const float *row) {
  y -= top_;
  if (rings_ < 3 || y < 0 || y >= height_) return;
  std::copy_n(row + left_, width_, block_.ptr<float>(y % block_rows));
  if (y % block_rows != block_rows - 1 && y != height_ - 1) return;
  const int first = y - y % block_rows;
  cv::dft(block_.rowRange(0, y - first + 1), transformed_, cv::DFT_ROWS);
  for (int v = first; v <= y; v++) {
    const float *packed = transformed_.ptr<float>(v - first);  // Re 0, Re 1, Im 1, Re 2, ...
    for (int k = 0; k < columns_; k++) {
      const bool has_imaginary = k > 0 && 2 * k < width_;
      low_.at<cv::Vec2f>(k, v) = {packed[k == 0 ? 0 : 2 * k - 1], has_imaginary ? packed[2 * k] : 0.0f};
    }
  }
}

double Spectrum::slope(const Poll &poll) {
  if (rings_ < 3) return nan;
  std::vector<double> power(static_cast<size_t>(rings_) + 1), members(power.size());
  for (int k = 0; k < columns_; k++) {
    cv::dft(low_.row(k), low_.row(k));
    poll();
    const double fx = static_cast<double>(k) / width_;
    const double times = k > 0 && 2 * k < width_ ? 2 : 1;  // frequency -k has the same power
    for (int v = 0; v < height_; v++) {
      const double fy = static_cast<double>(std::min(v, height_ - v)) / height_;
      const double ring = std::floor(side_ * std::sqrt(fx * fx + fy * fy) + 0.5);
      if (ring < 1 || ring > rings_) continue;
      const auto f = low_.at<cv::Vec2f>(k, v);
      power[static_cast<size_t>(ring)] += times * (static_cast<double>(f[0]) * f[0] + static_cast<double>(f[1]) * f[1]);
      members[static_cast<size_t>(ring)] += times;
    }
  }
  double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
  for (size_t r = 1; r < power.size(); r++) {
    if (!(power[r] > 0)) continue;
    const double x = std::log(static_cast<double>(r)), y = std::log(power[r] / members[r]);
    n++, sx += x, sy += y, sxx += x * x, sxy += x * y;
  }
  if (n < 3) return nan;
  return (n * sxy - sx * sy) / (n * sxx - sx * sx);
}

template <class T>
Quality measure_quality(View<const T> image, Mask mask, const Poll &poll) {
  constexpr bool colour = std::is_same_v<T, Rgb>, real = std::is_same_v<T, float>;
  using Work = std::conditional_t<real, double, int32_t>;
  const double unit = colour ? 1.0 / gray_scale : 1;
  Quality q;
  q.scalars = measure(image, mask, false, poll);
  const Levels levels = measure_levels(image, mask, q, poll);
  if (levels.count == 0) return q;

  const int width = image.width(), height = image.height(), pause = 1 + rows_between_polls(width) / 8;
  const std::vector<uint8_t> everywhere(static_cast<size_t>(width), 255);
  std::vector<double> laplacian(static_cast<size_t>(width));
  std::vector<float> centred(laplacian.size());
  Sobel<Work> sobel(width, height);
  Windows windows(width, height);
  Spectrum spectrum(width, height);
  double lengths = 0, squares = 0, gradients = 0, bends = 0, bend_squares = 0, bent = 0;
  const auto fetch = [&](int y, Work *row) {
    const T *in = image.row(y);
    if constexpr (colour) std::transform(in, in + width, row, luma);
    else std::copy(in, in + width, row);
  };
  for (int y = 0; y < height; y++) {
    if (y % pause == pause - 1) poll();
    const uint8_t *inside = mask ? mask.row(y) : everywhere.data();
    sobel.advance(y, fetch);
    const Work *s = sobel.smooth(), *d = sobel.change(), *here = sobel.row(y);
    const auto square = [=](int x) {
      const double gx = s[x + 1] - s[x - 1], gy = d[x - 1] + 2 * d[x] + d[x + 1];
      return gx * gx + gy * gy;
    };
    const auto counts = [=](double v, int x) { return (std::abs(v) <= DBL_MAX) & (inside[x] != 0); };
    lengths += sum_row<double>(width, [=](int x) {
      const double v = square(x);
      return counts(v, x) ? std::sqrt(v) : 0.0;
    });
    squares += sum_row<double>(width, [=](int x) {
      const double v = square(x);
      return counts(v, x) ? v : 0.0;
    });
    gradients += sum_row<float>(width, [=](int x) { return counts(real ? square(x) : 0, x) ? 1.0f : 0.0f; });

    // smooth is above + 2 here + below
    const auto bend = [=](int x, int left, int right) {
      return static_cast<double>(s[x] - 6 * here[x] + here[left] + here[right]);
    };
    double *l = laplacian.data();
    vectorized([=] {
      for (int x = 1; x < width - 1; x++) l[x] = bend(x, x - 1, x + 1);
    });
    l[0] = bend(0, reflect(-1, width), reflect(1, width));
    l[width - 1] = bend(width - 1, reflect(width - 2, width), reflect(width, width));
    bends += sum_row<double>(width, [=](int x) { return counts(l[x], x) ? l[x] : 0.0; });
    bend_squares += sum_row<double>(width, [=](int x) { return counts(l[x], x) ? l[x] * l[x] : 0.0; });
    bent += sum_row<float>(width, [=](int x) { return counts(l[x], x) ? 1.0f : 0.0f; });

    windows.add(
        y, [&](int x) { return inside[x] && (!real || std::isfinite(static_cast<double>(here[x]))); },
        [&](int x) { return static_cast<double>(here[x]) - levels.mean; });
    for (int x = 0; x < width; x++) {
      const double v = static_cast<double>(here[x]) - levels.mean;
      centred[static_cast<size_t>(x)] = counts(v, x) ? static_cast<float>(v) : 0.0f;
    }
    spectrum.add(y, centred.data());
  }
  if (gradients > 0) {
    q.scalars.sharpness = unit * lengths / gradients;
    q.tenengrad = unit * unit * squares / gradients;
  }
  if (bent > 0)
    q.laplacian_variance = unit * unit * std::max(0.0, bend_squares / bent - (bends / bent) * (bends / bent));
  windows.finish(q, unit);
  if (q.scalars.contrast > 0) q.spectrum_slope = spectrum.slope(poll);
  return q;
}

template Quality measure_quality(View<const uint8_t>, Mask, const Poll &);
template Quality measure_quality(View<const uint16_t>, Mask, const Poll &);
template Quality measure_quality(View<const float>, Mask, const Poll &);
template Quality measure_quality(View<const Rgb>, Mask, const Poll &);

std::vector<double> robust_z(std::span<const double> values, double least_spread) {
  std::vector<double> known, distances;
  for (const double v : values)
    if (!std::isnan(v)) known.push_back(v);
  const double centre = median(known);
  double sum = 0;
  for (const double v : known) {
    distances.push_back(std::abs(v - centre));
    sum += distances.back();
  }
  double spread = 1.4826 * median(distances);
  if (spread == 0) spread = 1.2533 * sum / static_cast<double>(known.size());
  spread = std::max(spread, least_spread);
  std::vector<double> z;
  for (const double v : values) z.push_back(spread > 0 ? (v - centre) / spread : std::isnan(v) ? nan : 0);
  return z;
}

}  // namespace sheaf::equalize
