#include "scalars.hpp"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <optional>
#include <type_traits>

#include "gradient_length.hpp"
#include "lab.hpp"
#include "sobel.hpp"
#include "sums.hpp"

namespace sheaf::equalize {
namespace {

// In all of these a row comes with a row of the mask, not 0 where a pixel counts, or without one if all do.
// Conditions are joined by & instead of && so that the loops have no branches and become vector code.

// Mean and standard deviation of integers, without rounding until the end.
class IntegerMoments {
 public:
  template <class T>
  void add(const T *row, const uint8_t *mask, int width) {
    constexpr int chunk = 32768;  // keeps 32-bit sums from overflowing
    for (int x = 0; x < width; x += chunk) {
      const int n = std::min(chunk, width - x);
      const Sums part = mask ? inside(row + x, mask + x, n) : all(row + x, n);
      count_ += part.count;
      sum_ += part.sum;
      squares_ += part.squares;
    }
  }
  double mean() const { return count_ ? static_cast<double>(sum_) / static_cast<double>(count_) : nan; }
  double sd() const {
    if (!count_) return nan;
    using Wide = unsigned __int128;
    const Wide spread = Wide{count_} * squares_ - Wide{sum_} * sum_;
    return std::sqrt(static_cast<double>(spread)) / static_cast<double>(count_);
  }

 private:
  struct Sums {
    uint32_t count = 0, sum = 0;
    uint64_t squares = 0;
  };

  template <class T>
  static Sums inside(const T *p, const uint8_t *mask, int n) {
    using Squares = std::conditional_t<sizeof(T) == 1, uint32_t, uint64_t>;
    return vectorized([=] {
      uint32_t count = 0, sum = 0;
      Squares squares = 0;
      for (int x = 0; x < n; x++) {
        const uint32_t counts = mask[x] != 0, v = counts * p[x];
        count += counts;
        sum += v;
        squares += v * v;
      }
      return Sums{count, sum, squares};
    });
  }

  static Sums all(const uint8_t *p, int n) {
    return vectorized([=] {
      uint32_t sum = 0, squares = 0;
      for (int x = 0; x < n; x++) {
        sum += p[x];
        squares += static_cast<uint32_t>(p[x]) * p[x];
      }
      return Sums{static_cast<uint32_t>(n), sum, squares};
    });
  }

  // (256 h + l)^2 from products of bytes in 16 bits: vector instructions multiply those and add them in pairs.
  static Sums all(const uint16_t *p, int n) {
    return vectorized_wide([=] {
      constexpr int stretch = 256;  // keeps the sum of as many bytes from overflowing 16 bits
      int16_t l[stretch], h[stretch];
      uint32_t low_sum = 0, high_sum = 0;
      int32_t low = 0, mixed = 0, high = 0;
      for (int x0 = 0; x0 < n; x0 += stretch) {
        const int m = std::min(stretch, n - x0);
        const uint16_t *q = p + x0;
        uint16_t part_low = 0, part_high = 0;
        for (int x = 0; x < m; x++) {
          const uint16_t low_byte = q[x] & 255, high_byte = q[x] >> 8;
          l[x] = static_cast<int16_t>(low_byte);
          h[x] = static_cast<int16_t>(high_byte);
          part_low += low_byte;
          part_high += high_byte;
        }
        for (int x = 0; x < m; x++) {
          low += l[x] * l[x];
          mixed += l[x] * h[x];
          high += h[x] * h[x];
        }
        low_sum += part_low;
        high_sum += part_high;
      }
      return Sums{
          static_cast<uint32_t>(n), (high_sum << 8) + low_sum,
          (static_cast<uint64_t>(high) << 16) + (static_cast<uint64_t>(mixed) << 9) + static_cast<uint64_t>(low)};
    });
  }

  uint64_t count_ = 0, sum_ = 0, squares_ = 0;
};

// The same for floating point: sums of distances from the first value, so that
// a large common offset costs no precision.
class RealMoments {
 public:
  void add(const float *row, const uint8_t *mask, int width) {
    const auto counts = [=](int x) { return (std::abs(row[x]) <= FLT_MAX) & (mask[x] != 0); };
    if (!count_) {
      int first = 0;
      while (first < width && !counts(first)) first++;
      if (first == width) return;
      origin_ = row[first];
    }
    const double origin = origin_;
    const auto distance = [=](int x) {
      const double d = row[x] - origin;
      return counts(x) ? d : 0.0;
    };
    sum_ += sum_row<double>(width, distance);
    squares_ += sum_row<double>(width, [=](int x) { return distance(x) * distance(x); });
    count_ += sum_row<float>(width, [=](int x) { return counts(x) ? 1.0f : 0.0f; });
  }
  double mean() const { return count_ > 0 ? origin_ + sum_ / count_ : nan; }
  double sd() const {
    if (!(count_ > 0)) return nan;
    return std::sqrt(std::max(0.0, squares_ / count_ - (sum_ / count_) * (sum_ / count_)));
  }

 private:
  double origin_ = 0, sum_ = 0, squares_ = 0, count_ = 0;
};

class MeanLength {
 public:
  // s and d as Sobel has them.
  void add(const double *s, const double *d, const uint8_t *mask, int width) {
    const auto length = [=](int x) {
      const double gx = s[x + 1] - s[x - 1], gy = d[x - 1] + 2 * d[x] + d[x + 1];
      return std::sqrt(gx * gx + gy * gy);
    };
    const auto counts = [=](double l, int x) { return (l <= DBL_MAX) & (mask[x] != 0); };
    sum_ += sum_row<double>(width, [=](int x) {
      const double l = length(x);
      return counts(l, x) ? l : 0.0;
    });
    count_ += sum_row<float>(width, [=](int x) { return counts(length(x), x) ? 1.0f : 0.0f; });
  }
  double mean() const { return count_ > 0 ? sum_ / count_ : nan; }

 private:
  double sum_ = 0, count_ = 0;
};

// A thousand times the gray value of colour, which is then exact in integers.
constexpr int gray_scale = 1000;
inline int32_t gray_of(const Rgb &p) { return 299 * p.r + 587 * p.g + 114 * p.b; }

// The sharpness of one image, whose rows 0, 1 ... are added as soon as the row below is there.
template <class T>
class Sharpness {
 public:
  explicit Sharpness(View<const T> image)
      : image_(image), gray_(std::is_same_v<T, Rgb> ? static_cast<size_t>(image.width()) : 0), length_(image.width()) {}
  void add(int y, const uint8_t *mask) {
    if (y == 0) {
      length_.add(row(-1), nullptr);
      length_.add(row(0), nullptr);
    }
    length_.add(row(y + 1), mask);
  }
  double mean() const { return std::is_same_v<T, Rgb> ? length_.mean() / gray_scale : length_.mean(); }

 private:
  auto row(int y) {
    const T *in = image_.row(reflect(y, image_.height()));
    if constexpr (!std::is_same_v<T, Rgb>) return in;
    else {
      std::transform(in, in + image_.width(), gray_.begin(), gray_of);
      return static_cast<const int32_t *>(gray_.data());
    }
  }
  View<const T> image_;
  std::vector<int32_t> gray_;
  GradientLength<std::conditional_t<std::is_same_v<T, Rgb>, int32_t, T>> length_;
};

template <>
class Sharpness<float> {
 public:
  explicit Sharpness(View<const float> image)
      : image_(image), everywhere_(static_cast<size_t>(image.width()), 255), sobel_(image.width(), image.height()) {}
  void add(int y, const uint8_t *mask) {
    sobel_.advance(y, [this](int row, double *to) { std::copy_n(image_.row(row), image_.width(), to); });
    length_.add(sobel_.smooth(), sobel_.change(), mask ? mask : everywhere_.data(), image_.width());
  }
  double mean() const { return length_.mean(); }

 private:
  View<const float> image_;
  std::vector<uint8_t> everywhere_;
  Sobel<double> sobel_;
  MeanLength length_;
};

}  // namespace

template <class T>
Scalars measure(View<const T> image, Mask mask, bool with_sharpness, const std::function<void(int)> &make,
                const Poll &poll) {
  constexpr bool colour = std::is_same_v<T, Rgb>, real = std::is_same_v<T, float>;
  std::conditional_t<real || colour, RealMoments, IntegerMoments> moments;
  const int width = image.width(), height = image.height(), pause = rows_between_polls(width);
  std::vector<float> lightness(colour ? static_cast<size_t>(width) : 0);
  const std::vector<uint8_t> everywhere(static_cast<size_t>(width), 255);
  std::optional<Sharpness<T>> sharpness;
  if (with_sharpness) sharpness.emplace(image);
  int made = 0;
  for (int y = 0; y < height; y++) {
    for (; made < std::min(y + 2, height); made++) make(made);  // gradients reach one row below
    const uint8_t *inside = mask ? mask.row(y) : nullptr;
    if constexpr (colour) {
      lightness_row(image.row(y), width, lightness.data());
      moments.add(lightness.data(), inside ? inside : everywhere.data(), width);
    } else {
      moments.add(image.row(y), real && !inside ? everywhere.data() : inside, width);
    }
    if (sharpness) sharpness->add(y, inside);
    if (y % pause == pause - 1) poll();
  }
  return {moments.mean(), moments.sd(), sharpness ? sharpness->mean() : nan};
}

template <class T>
Scalars measure(View<const T> image, Mask mask, bool with_sharpness, const Poll &poll) {
  return measure(
      image, mask, with_sharpness, [](int) {}, poll);
}

#define SHEAF_FOR(T)                                                                                   \
  template Scalars measure(View<const T>, Mask, bool, const std::function<void(int)> &, const Poll &); \
  template Scalars measure(View<const T>, Mask, bool, const Poll &);
SHEAF_FOR(uint8_t)
SHEAF_FOR(uint16_t)
SHEAF_FOR(float)
SHEAF_FOR(Rgb)
#undef SHEAF_FOR

LabScalars measure_lab(View<const Rgb> image, Mask mask, const Poll &poll) {
  const int width = image.width(), pause = rows_between_polls(width);
  std::vector<float> fy(static_cast<size_t>(width)), dx(fy.size()), dz(fy.size());
  const std::vector<uint8_t> everywhere(static_cast<size_t>(width), 255);
  std::array<RealMoments, 3> moments;
  for (int y = 0; y < image.height(); y++) {
    const uint8_t *inside = mask ? mask.row(y) : everywhere.data();
    to_lab_row(image.row(y), width, fy.data(), dx.data(), dz.data());
    std::transform(fy.begin(), fy.end(), fy.begin(), lightness_of);
    moments[0].add(fy.data(), inside, width);
    moments[1].add(dx.data(), inside, width);
    moments[2].add(dz.data(), inside, width);
    if (y % pause == pause - 1) poll();
  }
  LabScalars lab;
  constexpr double per_unit[3] = {1, 500, -200};  // lab.hpp
  for (int i = 0; i < 3; i++) {
    lab.mean[i] = per_unit[i] * moments[i].mean();
    lab.sd[i] = std::abs(per_unit[i]) * moments[i].sd();
  }
  return lab;
}

}  // namespace sheaf::equalize
