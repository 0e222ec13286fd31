#include "unsharp.hpp"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "common/matrix.hpp"
#include "sobel.hpp"
#include "sums.hpp"

namespace sheaf::equalize {
namespace {

// cv::GaussianBlur in bands of rows, so that it can be stopped; the rows beyond
// a band are read, the result is that of one call.
void blur(const cv::Mat &in, cv::Mat &out, double sigma, const Poll &poll) {
  out.create(in.size(), CV_32F);
  const int band = std::max(16, rows_between_polls(in.cols) / (1 + static_cast<int>(2 * sigma)));
  for (int y = 0; y < in.rows; y += band) {
    const cv::Range rows(y, std::min(in.rows, y + band));
    cv::Mat part = out.rowRange(rows);
    cv::GaussianBlur(in.rowRange(rows), part, {}, sigma, sigma, cv::BORDER_REFLECT_101);
    poll();
  }
}

bool all_finite(const cv::Mat &m, const Poll &poll) {
  const int pause = rows_between_polls(m.cols);
  for (int y = 0; y < m.rows; y++) {
    const float *p = m.ptr<float>(y);
    const int others = vectorized_wide([p, width = m.cols] {
      int n = 0;
      for (int x = 0; x < width; x++) n += !(std::abs(p[x]) <= FLT_MAX);
      return n;
    });
    if (others) return false;
    if (y % pause == pause - 1) poll();
  }
  return true;
}

}  // namespace

void smooth(const cv::Mat &z, double sigma, cv::Mat &smoothed, std::array<cv::Mat, 2> &scratch, const Poll &poll) {
  if (all_finite(z, poll)) return blur(z, smoothed, sigma, poll);
  auto &[filled, weight] = scratch;
  filled.create(z.size(), CV_32F);
  weight.create(z.size(), CV_32F);
  for (int y = 0; y < z.rows; y++) {
    const float *p = z.ptr<float>(y);
    float *f = filled.ptr<float>(y), *w = weight.ptr<float>(y);
    for (int x = 0; x < z.cols; x++) {
      w[x] = std::isfinite(p[x]) ? 1.0f : 0.0f;
      f[x] = std::isfinite(p[x]) ? p[x] : 0.0f;
    }
  }
  blur(filled, smoothed, sigma, poll);
  blur(weight, filled, sigma, poll);
  smoothed /= filled;  // where the weight is 0, z is not finite: the quotient is not used
}

UnsharpModel::UnsharpModel(View<const float> z, View<const float> smoothed, Mask mask, const Poll &poll) {
  const int width = z.width(), height = z.height(), pause = 1 + rows_between_polls(width) / 4;
  Sobel<float> sobel_z(width, height), sobel_s(width, height);
  std::vector<float> a(static_cast<size_t>(width)), b(a.size()), c(a.size()), in(a.size());
  double n = 0, z1 = 0, s1 = 0, zz = 0, zs = 0, ss = 0, gradients = 0, sum_a = 0, sum_b = 0, sum_c = 0;
  std::array<double, 7> lengths{};
  const std::vector<uint8_t> everywhere(static_cast<size_t>(width), 255);
  for (int y = 0; y < height; y++) {
    const auto fetch = [](View<const float> view) {
      return [view](int row, float *out) { std::copy_n(view.row(row), view.width(), out); };
    };
    sobel_z.advance(y, fetch(z));
    sobel_s.advance(y, fetch(smoothed));
    const float *pz = z.row(y), *ps = smoothed.row(y);
    const uint8_t *m = mask ? mask.row(y) : everywhere.data();

    vectorized_wide([&] {
      for (int x = 0; x < width; x++) in[x] = (std::abs(pz[x]) <= FLT_MAX) & (m[x] != 0) ? 1.0f : 0.0f;
    });
    const auto inside = [&](int x, float v) { return in[x] != 0 ? v : 0.0f; };
    n += sum_row<float>(width, [&](int x) { return in[x]; });
    z1 += sum_row<float>(width, [&](int x) { return inside(x, pz[x]); });
    s1 += sum_row<float>(width, [&](int x) { return inside(x, ps[x]); });
    zz += sum_row<float>(width, [&](int x) { return inside(x, pz[x] * pz[x]); });
    zs += sum_row<float>(width, [&](int x) { return inside(x, pz[x] * ps[x]); });
    ss += sum_row<float>(width, [&](int x) { return inside(x, ps[x] * ps[x]); });

    const float *zu = sobel_z.smooth(), *zv = sobel_z.change(), *su = sobel_s.smooth(), *sv = sobel_s.change();
    vectorized_wide([&] {
#pragma GCC ivdep
      for (int x = 0; x < width; x++) {
        const float sx = su[x + 1] - su[x - 1], sy = sv[x - 1] + 2 * sv[x] + sv[x + 1];
        const float dx = zu[x + 1] - zu[x - 1] - sx, dy = zv[x - 1] + 2 * zv[x] + zv[x + 1] - sy;
        const float q = sx * sx + sy * sy, r = dx * dx + dy * dy, p = sx * dx + sy * dy;
        const bool counts = (q + r <= FLT_MAX) & (m[x] != 0);
        in[x] = counts ? 1.0f : 0.0f;
        a[x] = counts ? q : 0.0f;
        b[x] = counts ? p : 0.0f;
        c[x] = counts ? r : 0.0f;
      }
    });
    gradients += sum_row<float>(width, [&](int x) { return in[x]; });
    sum_a += sum_row<float>(width, [&](int x) { return a[x]; });
    sum_b += sum_row<float>(width, [&](int x) { return b[x]; });
    sum_c += sum_row<float>(width, [&](int x) { return c[x]; });
    for (size_t i = 0; i < nodes.size(); i++) {
      const auto t = static_cast<float>(nodes[i] + 1);
      lengths[i] +=
          sum_row<float>(width, [&](int x) { return std::sqrt(std::max(0.0f, a[x] + t * (2 * b[x] + t * c[x]))); });
    }
    if (y % pause == pause - 1) poll();
  }
  mean_z_ = z1 / n;
  mean_s_ = s1 / n;
  var_z_ = zz / n - mean_z_ * mean_z_;
  var_s_ = ss / n - mean_s_ * mean_s_;
  cov_ = zs / n - mean_z_ * mean_s_;
  ss_ = sum_a / gradients;
  sd_ = sum_b / gradients;
  dd_ = sum_c / gradients;
  for (size_t i = 0; i < nodes.size(); i++) {
    const double rms = root_mean_square(nodes[i]);
    shape_[i] = rms > 0 ? lengths[i] / gradients / rms : 1;
  }
}

double UnsharpModel::mean(double k) const { return (1 + k) * mean_z_ - k * mean_s_; }

double UnsharpModel::sd(double k) const {
  return std::sqrt(std::max(0.0, (1 + k) * (1 + k) * var_z_ - 2 * k * (1 + k) * cov_ + k * k * var_s_));
}

double UnsharpModel::root_mean_square(double k) const {
  const double m = k + 1;
  return std::sqrt(std::max(0.0, ss_ + m * (2 * sd_ + m * dd_)));
}

// The ratio of mean and root mean square changes little and smoothly with k,
// mostly near k = -1; in t = (k + 1) / (k + 3) it is nearly a polynomial.
double UnsharpModel::sharpness(double k) const {
  const auto t_of = [](double v) { return (v + 1) / (v + 3); };
  const double t = t_of(k);
  double shape = 0;
  for (size_t i = 0; i < nodes.size(); i++) {
    double weight = 1;
    for (size_t j = 0; j < nodes.size(); j++)
      if (j != i) weight *= (t - t_of(nodes[j])) / (t_of(nodes[i]) - t_of(nodes[j]));
    shape += weight * shape_[i];
  }
  return shape * root_mean_square(k);
}

template <class F>
UnsharpModel::Solution UnsharpModel::solve(F &&f, double target) {
  constexpr int steps = 120;
  const auto at = [](int i) { return least_amount + (greatest_amount - least_amount) * i / steps; };
  const auto error = [&](double k) { return f(k) - target; };
  Solution best{0, false};
  double nearest = std::numeric_limits<double>::infinity();
  double low_error = error(at(0));
  for (int i = 0; i < steps; i++) {
    const double high_error = error(at(i + 1));
    if ((low_error <= 0) != (high_error <= 0) || low_error == 0) {
      double low = at(i), high = at(i + 1);
      const bool rising = low_error <= 0;
      for (int j = 0; j < 40; j++) {
        const double middle = 0.5 * (low + high);
        ((error(middle) <= 0) == rising ? low : high) = middle;
      }
      if (!best.reached || std::abs(low) < std::abs(best.k)) best = {low, true};
    }
    low_error = high_error;
  }
  if (best.reached) return best;
  for (const double k : {least_amount, greatest_amount})
    if (std::abs(error(k)) < nearest) {
      nearest = std::abs(error(k));
      best.k = k;
    }
  return best;
}

UnsharpModel::Solution UnsharpModel::solve_ratio(double ratio) const {
  return solve(
      [this](double k) {
        const double spread = sd(k);
        return spread > 0 ? sharpness(k) / spread : 0;
      },
      ratio);
}

UnsharpModel::Solution UnsharpModel::solve_sharpness(double value) const {
  return solve([this](double k) { return sharpness(k); }, value);
}

}  // namespace sheaf::equalize
