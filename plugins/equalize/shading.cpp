#include "shading.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <type_traits>

#include "common/median.hpp"

namespace sheaf::equalize {
namespace {

constexpr int rounds = 4;
constexpr double cut = 6;  // median absolute deviations beyond which a cell does not count

cv::Mat blurred(const cv::Mat &m, const SmoothOptions &options) {
  const auto size = [](double sigma) { return 2 * std::max(1, static_cast<int>(std::ceil(4 * sigma))) + 1; };
  cv::Mat out;
  cv::GaussianBlur(m, out, cv::Size(size(options.sigma_x), size(options.sigma_y)), options.sigma_x, options.sigma_y,
                   cv::BORDER_CONSTANT);
  return out;
}

// Weighted means of 1, u, v, uu, uv, vv, z, uz, vz around each cell, then the plane through them.
void fit_locally(const cv::Mat &z, const cv::Mat &weight, const SmoothOptions &options, cv::Mat &fit) {
  enum { w, wu, wv, wuu, wuv, wvv, wz, wuz, wvz, count };
  cv::Mat sums[count];
  for (int i = 0; i < count; i++) {
    cv::Mat m(z.size(), CV_64F);
    for (int y = 0; y < z.rows; y++)
      for (int x = 0; x < z.cols; x++) {
        const double u = x - z.cols / 2, v = y - z.rows / 2, k = weight.at<double>(y, x), value = z.at<double>(y, x);
        const double terms[count] = {1, u, v, u * u, u * v, v * v, value, u * value, v * value};
        m.at<double>(y, x) = k * terms[i];
      }
    sums[i] = blurred(m, options);
  }
  const double all = cv::sum(weight)[0], mean = all > 0 ? cv::sum(z.mul(weight))[0] / all : 0;
  for (int y = 0; y < z.rows; y++)
    for (int x = 0; x < z.cols; x++) {
      const double n = sums[w].at<double>(y, x);
      const auto of = [&](int i) { return sums[i].at<double>(y, x) / n; };
      if (!(n > 1e-9)) {  // nothing known around here
        fit.at<double>(y, x) = mean;
        continue;
      }
      const double u = of(wu), v = of(wv), value = of(wz);
      const double uu = of(wuu) - u * u, uv = of(wuv) - u * v, vv = of(wvv) - v * v;
      const double uz = of(wuz) - u * value, vz = of(wvz) - v * value;
      const double determinant = uu * vv - uv * uv;
      double du = 0, dv = 0;
      if (determinant > 1e-6 * uu * vv) {
        du = (uz * vv - vz * uv) / determinant;
        dv = (vz * uu - uz * uv) / determinant;
      } else if (uu > vv && uu > 1e-6) {
        du = uz / uu;  // a single row of cells
      } else if (vv > 1e-6) {
        dv = vz / vv;
      }
      fit.at<double>(y, x) = value + du * (x - z.cols / 2 - u) + dv * (y - z.rows / 2 - v);
    }
}

void fit_polynomial(const cv::Mat &z, const cv::Mat &weight, int degree, cv::Mat &fit) {
  const int terms = (degree + 1) * (degree + 2) / 2;
  std::vector<double> basis(static_cast<size_t>(terms));
  const auto evaluate = [&](int x, int y) {
    const double u = (2 * x + 1.0) / z.cols - 1, v = (2 * y + 1.0) / z.rows - 1;
    size_t i = 0;
    for (int p = 0; p <= degree; p++)
      for (int q = 0; q <= p; q++) basis[i++] = std::pow(u, p - q) * std::pow(v, q);
  };
  cv::Mat left(terms, terms, CV_64F, cv::Scalar(0)), right(terms, 1, CV_64F, cv::Scalar(0)), solution;
  for (int y = 0; y < z.rows; y++)
    for (int x = 0; x < z.cols; x++) {
      const double k = weight.at<double>(y, x);
      if (!(k > 0)) continue;
      evaluate(x, y);
      for (int i = 0; i < terms; i++) {
        for (int j = 0; j < terms; j++)
          left.at<double>(i, j) += k * basis[static_cast<size_t>(i)] * basis[static_cast<size_t>(j)];
        right.at<double>(i) += k * basis[static_cast<size_t>(i)] * z.at<double>(y, x);
      }
    }
  // of fewer cells than terms: the smallest coefficients
  cv::solve(left, right, solution, cv::DECOMP_SVD);
  for (int y = 0; y < z.rows; y++)
    for (int x = 0; x < z.cols; x++) {
      evaluate(x, y);
      double value = 0;
      for (int i = 0; i < terms; i++) value += solution.at<double>(i) * basis[static_cast<size_t>(i)];
      fit.at<double>(y, x) = value;
    }
}

double median_of_known(const std::vector<double> &values) {
  std::vector<double> known;
  for (const double v : values)
    if (std::isfinite(v)) known.push_back(v);
  return median(std::move(known));
}

}  // namespace

template <class T>
std::vector<Grid> block_means(View<const T> image, const Poll &poll) {
  constexpr bool colour = std::is_same_v<T, Rgb>;
  constexpr size_t components = colour ? 3 : 1;
  const int across = grid_side(image.width()), down = grid_side(image.height());
  const int pause = rows_between_polls(image.width());
  std::vector<Grid> grids(components, {across, down, std::vector<double>(static_cast<size_t>(across) * down)});
  std::vector<double> sums(components * static_cast<size_t>(across)), counts(sums.size());
  for (int v = 0; v < down; v++) {
    std::fill(sums.begin(), sums.end(), 0);
    std::fill(counts.begin(), counts.end(), 0);
    const auto first = [](int64_t i, int64_t size, int64_t n) { return static_cast<int>(i * size / n); };
    for (int y = first(v, image.height(), down); y < first(v + 1, image.height(), down); y++) {
      const T *row = image.row(y);
      for (int u = 0; u < across; u++)
        for (int x = first(u, image.width(), across); x < first(u + 1, image.width(), across); x++) {
          const auto i = components * static_cast<size_t>(u);
          if constexpr (colour) {
            sums[i] += row[x].r, sums[i + 1] += row[x].g, sums[i + 2] += row[x].b;
            counts[i]++, counts[i + 1]++, counts[i + 2]++;
          } else if (!std::is_same_v<T, float> || std::isfinite(static_cast<float>(row[x]))) {
            sums[i] += row[x];
            counts[i]++;
          }
        }
      if (y % pause == pause - 1) poll();
    }
    for (int u = 0; u < across; u++)
      for (size_t c = 0; c < components; c++) {
        const auto i = components * static_cast<size_t>(u) + c;
        grids[c](u, v) = counts[i] > 0 ? sums[i] / counts[i] : nan;
      }
  }
  return grids;
}

template std::vector<Grid> block_means(View<const uint8_t>, const Poll &);
template std::vector<Grid> block_means(View<const uint16_t>, const Poll &);
template std::vector<Grid> block_means(View<const float>, const Poll &);
template std::vector<Grid> block_means(View<const Rgb>, const Poll &);

Grid typical_image(std::span<const Grid> images, Typical typical, Trend trend) {
  std::vector<double> levels;
  std::vector<const Grid *> used;
  for (const Grid &image : images) {
    const double level = typical == Typical::mean ? 0 : median_of_known(image.values);
    if (!std::isfinite(level) || (typical == Typical::median && trend == Trend::ratio && !(level > 0))) continue;
    used.push_back(&image);
    levels.push_back(level);
  }
  if (used.empty()) return {};
  const double level = median(levels);
  Grid out{used[0]->width, used[0]->height, std::vector<double>(used[0]->values.size())};
  std::vector<double> values;
  for (size_t i = 0; i < out.values.size(); i++) {
    values.clear();
    double sum = 0;
    for (size_t k = 0; k < used.size(); k++) {
      const double v = used[k]->values[i];
      if (!std::isfinite(v)) continue;
      sum += v;
      if (typical == Typical::median)
        values.push_back(trend == Trend::ratio ? v / levels[k] * level : v - levels[k] + level);
      else values.push_back(v);
    }
    out.values[i] = typical == Typical::median ? median(values) : sum / static_cast<double>(values.size());
  }
  return out;
}

Grid smooth_field(const Grid &field, const SmoothOptions &options, const Poll &poll) {
  cv::Mat z(field.height, field.width, CV_64F), known(z.size(), CV_64F), fit(z.size(), CV_64F, cv::Scalar(0));
  for (int y = 0; y < z.rows; y++)
    for (int x = 0; x < z.cols; x++) {
      const double v = field(x, y);
      known.at<double>(y, x) = std::isfinite(v);
      z.at<double>(y, x) = std::isfinite(v) ? v : 0;
    }
  cv::Mat weight = known.clone();
  for (int round = 0; round < rounds; round++) {
    poll();
    if (options.kind == SmoothOptions::Kind::local) fit_locally(z, weight, options, fit);
    else fit_polynomial(z, weight, options.degree, fit);
    std::vector<double> residuals;
    for (int y = 0; y < z.rows; y++)
      for (int x = 0; x < z.cols; x++)
        if (known.at<double>(y, x) > 0) residuals.push_back(std::abs(z.at<double>(y, x) - fit.at<double>(y, x)));
    const double spread = cut * median(residuals);
    if (!(spread > 0)) break;
    for (int y = 0; y < z.rows; y++)
      for (int x = 0; x < z.cols; x++) {
        const double r = (z.at<double>(y, x) - fit.at<double>(y, x)) / spread;
        const double inside = std::max(0.0, 1 - r * r);
        weight.at<double>(y, x) = known.at<double>(y, x) * inside * inside;
      }
  }
  Grid out{field.width, field.height, {}};
  out.values.assign(fit.begin<double>(), fit.end<double>());
  return out;
}

void enlarge(const Grid &grid, View<float> out, const Poll &poll) {
  struct Place {
    int cell;
    double part;
  };
  const auto places = [](int pixels, int cells) {
    std::vector<Place> all;
    for (int i = 0; i < pixels; i++) {
      const double at = (i + 0.5) * cells / pixels - 0.5;
      const int cell = std::clamp(static_cast<int>(std::floor(at)), 0, std::max(0, cells - 2));
      all.push_back({cell, cells > 1 ? at - cell : 0});
    }
    return all;
  };
  const auto across = places(out.width(), grid.width), down = places(out.height(), grid.height);
  const int pause = rows_between_polls(out.width());
  for (int y = 0; y < out.height(); y++) {
    const auto [v, t] = down[static_cast<size_t>(y)];
    const int below = std::min(v + 1, grid.height - 1);
    for (int x = 0; x < out.width(); x++) {
      const auto [u, s] = across[static_cast<size_t>(x)];
      const int right = std::min(u + 1, grid.width - 1);
      const double upper = grid(u, v) + s * (grid(right, v) - grid(u, v));
      const double lower = grid(u, below) + s * (grid(right, below) - grid(u, below));
      out(x, y) = static_cast<float>(upper + t * (lower - upper));
    }
    if (y % pause == pause - 1) poll();
  }
}

}  // namespace sheaf::equalize
