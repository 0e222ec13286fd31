#include "blob_detection.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numbers>
#include <opencv2/core.hpp>

#include "common/vectorized.hpp"

namespace sheaf::segment {
namespace {

constexpr int rows_of_block = 32;

struct Candidate {
  int x, y, scale;
  float response;  // above 0
  bool dark;
  // where the response is greatest between pixels and scales: shifts in x, y and scale, and its value there
  std::array<float, 3> shift{};
  float peak = response;
};

// Responses at one scale and its neighbours; of the first and the last scale one is missing.
struct Layers {
  const cv::Mat *below, *here, *above;
  int scale;
  float at(int x, int y, int s) const { return (s < 0 ? below : s > 0 ? above : here)->at<float>(y, x); }
};

// The maximum of the parabola through the responses around a pixel; no shift along an axis that ends there.
void refine(const Layers &layers, float sign, Candidate &c) {
  const auto f = [&](int dx, int dy, int ds) { return sign * static_cast<double>(layers.at(c.x + dx, c.y + dy, ds)); };
  const bool free[3] = {c.x > 0 && c.x + 1 < layers.here->cols, c.y > 0 && c.y + 1 < layers.here->rows,
                        layers.below && layers.above};
  const auto along = [&](int axis, int d) { return f(axis == 0 ? d : 0, axis == 1 ? d : 0, axis == 2 ? d : 0); };
  cv::Vec3d slope(0, 0, 0), shift;
  cv::Matx33d curvature = -cv::Matx33d::eye();
  for (int i = 0; i < 3; i++) {
    if (!free[i]) continue;
    slope[i] = (along(i, 1) - along(i, -1)) / 2;
    curvature(i, i) = along(i, 1) - 2 * f(0, 0, 0) + along(i, -1);
    for (int j = 0; j < i; j++) {
      if (!free[j]) continue;
      const auto corner = [&](int a, int b) {
        std::array<int, 3> d{};
        d[i] = a;
        d[j] = b;
        return f(d[0], d[1], d[2]);
      };
      curvature(i, j) = curvature(j, i) = (corner(1, 1) - corner(1, -1) - corner(-1, 1) + corner(-1, -1)) / 4;
    }
  }
  bool ok = false;
  shift = -(curvature.inv(cv::DECOMP_LU, &ok) * slope);
  // a maximum of the samples is within one step of that of a smooth function
  for (int i = 0; i < 3; i++) ok = ok && std::abs(shift[i]) <= 1;
  if (!ok)
    for (int i = 0; i < 3; i++)
      shift[i] = curvature(i, i) < 0 ? std::clamp(-slope[i] / curvature(i, i), -0.5, 0.5) : 0.0;
  for (int i = 0; i < 3; i++) c.shift[i] = static_cast<float>(shift[i]);
  c.peak = static_cast<float>(f(0, 0, 0) + slope.dot(shift) / 2);
}

// Whether no neighbour of a pixel is greater, in its scale and the two beside it.
bool is_maximum(const Layers &layers, float sign, int x, int y) {
  const int left = std::max(x - 1, 0), right = std::min(x + 1, layers.here->cols - 1);
  const float v = sign * layers.here->at<float>(y, x);
  for (const cv::Mat *layer : {layers.here, layers.below, layers.above}) {
    if (!layer) continue;
    for (int j = std::max(y - 1, 0); j <= std::min(y + 1, layer->rows - 1); j++) {
      const float *row = layer->ptr<float>(j);
      for (int i = left; i <= right; i++)
        if (sign * row[i] > v) return false;
    }
  }
  return true;
}

// Whether the pixels of a row are above the least response and not below the nearest six of their 26 neighbours, which
// few are; the first and the last pixel are not compared.
void mark(const Layers &layers, float sign, int y, float least, std::vector<uint8_t> &marks) {
  const int width = layers.here->cols;
  const float *here = layers.here->ptr<float>(y);
  const float *up = layers.here->ptr<float>(std::max(y - 1, 0));
  const float *down = layers.here->ptr<float>(std::min(y + 1, layers.here->rows - 1));
  const float *below = layers.below ? layers.below->ptr<float>(y) : here;
  const float *above = layers.above ? layers.above->ptr<float>(y) : here;
  marks.assign(static_cast<size_t>(width), 1);
  vectorized([=, out = marks.data()] {
    for (int x = 1; x < width - 1; x++) {
      const float v = sign * here[x];
      out[x] = (v > least) & (v >= sign * here[x - 1]) & (v >= sign * here[x + 1]) & (v >= sign * up[x]) &
               (v >= sign * down[x]) & (v >= sign * below[x]) & (v >= sign * above[x]);
    }
  });
}

// Maxima above the least response, row by row.
void collect(const Layers &layers, Mask mask, const BlobOptions &options, float least, std::vector<Candidate> &found,
             const Parallel &parallel, const Poll &poll) {
  const int height = layers.here->rows;
  const int64_t blocks = (height + rows_of_block - 1) / rows_of_block;
  std::vector<std::vector<Candidate>> of_block(static_cast<size_t>(blocks));
  parallel(blocks, [&](int64_t block) {
    poll();
    auto &list = of_block[static_cast<size_t>(block)];
    std::vector<uint8_t> marks;
    const int top = static_cast<int>(block) * rows_of_block;
    for (int y = top; y < std::min(height, top + rows_of_block); y++) {
      const float *row = layers.here->ptr<float>(y);
      for (const float sign : {1.f, -1.f}) {
        if (options.polarity == (sign > 0 ? Polarity::dark : Polarity::bright)) continue;
        mark(layers, sign, y, least, marks);
        const auto end = marks.end();
        for (auto m = std::find(marks.begin(), end, 1); m != end; m = std::find(m + 1, end, 1)) {
          const auto x = static_cast<int>(m - marks.begin());
          const float v = sign * row[x];
          if (!(v > least) || (mask && !mask(x, y)) || !is_maximum(layers, sign, x, y)) continue;
          Candidate c{x, y, layers.scale, v, sign < 0};
          if (options.refine) refine(layers, sign, c);
          list.push_back(c);
        }
      }
    }
  });
  for (const auto &list : of_block) found.insert(found.end(), list.begin(), list.end());
}

// Larger before smaller, then stronger before weaker.
bool comes_first(const Blob &a, const Blob &b) {
  return a.sigma != b.sigma ? a.sigma > b.sigma : a.response > b.response;
}

// The standard deviation of a scale, or between two scales.
double sigma_at(const BlobOptions &options, double scale) {
  if (options.method == BlobMethod::dog) return options.min_sigma * std::pow(options.ratio, scale);
  const double part = options.scales > 1 ? scale / (options.scales - 1) : 0;
  if (options.logarithmic) return options.min_sigma * std::pow(options.max_sigma / options.min_sigma, part);
  return options.min_sigma + part * (options.max_sigma - options.min_sigma);
}

bool is_stronger(const Blob &a, const Blob &b) {
  if (a.response != b.response) return a.response > b.response;
  return a.y != b.y ? a.y < b.y : a.x < b.x;
}

}  // namespace

double Blob::radius() const { return sigma * std::numbers::sqrt2; }

std::vector<double> blob_scales(const BlobOptions &options) {
  // a rounding must not lose the last one
  const int count =
      options.method == BlobMethod::log
          ? options.scales
          : static_cast<int>(std::log(options.max_sigma / options.min_sigma) / std::log(options.ratio) + 1 + 1e-9);
  std::vector<double> sigmas;
  for (int i = 0; i < count; i++) sigmas.push_back(sigma_at(options, i));
  return sigmas;
}

double overlap_of(const Blob &a, const Blob &b) {
  const double r = std::max(a.radius(), b.radius()), s = std::min(a.radius(), b.radius());
  const double d = std::hypot(a.x - b.x, a.y - b.y);
  if (d >= r + s) return 0;
  if (d <= r - s) return 1;
  const double wide = std::acos(std::clamp((d * d + r * r - s * s) / (2 * d * r), -1.0, 1.0));
  const double narrow = std::acos(std::clamp((d * d + s * s - r * r) / (2 * d * s), -1.0, 1.0));
  const double kite = std::sqrt(std::abs((r + s - d) * (d - s + r) * (d + s - r) * (d + r + s))) / 2;
  return std::min(1.0, (r * r * wide + s * s * narrow - kite) / (std::numbers::pi * s * s));
}

std::vector<size_t> prune(const std::vector<Blob> &blobs, double overlap, const Poll &poll) {
  std::vector<size_t> order(blobs.size());
  for (size_t i = 0; i < order.size(); i++) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return comes_first(blobs[a], blobs[b]); });
  // Blobs that are kept, by size and place: those of one sigma in cells of their diameter, so that a smaller
  // blob can only meet those of 3 x 3 cells.
  using Cell = std::pair<int64_t, int64_t>;
  std::map<double, std::map<Cell, std::vector<size_t>>, std::greater<>> kept;
  std::vector<size_t> rest;
  for (size_t n = 0; n < order.size(); n++) {
    if (n % 256 == 0) poll();
    const Blob &blob = blobs[order[n]];
    const auto cell_of = [&](double side) {
      return Cell(static_cast<int64_t>(std::floor(blob.x / side)), static_cast<int64_t>(std::floor(blob.y / side)));
    };
    const auto meets = [&](const auto &size) {
      const auto &[sigma, cells] = size;
      const auto [cx, cy] = cell_of(2 * std::numbers::sqrt2 * sigma);
      for (int64_t y = cy - 1; y <= cy + 1; y++)
        for (int64_t x = cx - 1; x <= cx + 1; x++)
          if (const auto cell = cells.find({x, y}); cell != cells.end())
            for (const size_t other : cell->second)
              if (blobs[other].dark == blob.dark && overlap_of(blobs[other], blob) > overlap) return true;
      return false;
    };
    if (std::any_of(kept.begin(), kept.end(), meets)) continue;
    rest.push_back(order[n]);
    kept[blob.sigma][cell_of(2 * blob.radius())].push_back(order[n]);
  }
  std::sort(rest.begin(), rest.end());
  return rest;
}

std::vector<Blob> find_blobs(const cv::Mat &values, Mask mask, const BlobOptions &options, const Parallel &parallel,
                             const Poll &poll) {
  const auto sigmas = blob_scales(options);
  const auto count = static_cast<int>(sigmas.size());
  // a constant would cost digits, and truncated kernels give it a response
  cv::Mat flat = values - cv::mean(values)[0];
  ScaleScratch scratch;
  cv::Mat before, after;  // dog: the image at a scale and at the next
  std::array<cv::Mat, 3> responses;
  const auto respond = [&](int i) {
    cv::Mat &out = responses[static_cast<size_t>(i % 3)];
    if (options.method == BlobMethod::log) {
      at_scale(flat, sigmas[i], Derivative::laplacian, out, scratch, parallel, poll);
      return;
    }
    if (i == 0) at_scale(flat, sigmas[0], Derivative::none, before, scratch, parallel, poll);
    at_scale(flat, sigmas[i] * options.ratio, Derivative::none, after, scratch, parallel, poll);
    cv::subtract(before, after, out);
    out *= 1 / (options.ratio - 1);
    std::swap(before, after);
  };
  const float least = options.relative ? 0 : static_cast<float>(options.threshold);
  std::vector<Candidate> found;
  respond(0);
  for (int i = 0; i < count; i++) {
    if (i + 1 < count) respond(i + 1);
    const auto layer = [&](int k) { return k >= 0 && k < count ? &responses[static_cast<size_t>(k % 3)] : nullptr; };
    collect({layer(i - 1), layer(i), layer(i + 1), i}, mask, options, least, found, parallel, poll);
  }
  float strongest = 0;
  for (const Candidate &c : found) strongest = std::max(strongest, c.response);
  const double threshold = options.relative ? options.threshold * strongest : options.threshold;
  std::erase_if(found, [&](const Candidate &c) { return !(c.response > threshold); });
  std::vector<Blob> blobs, rest;
  for (const Candidate &c : found) blobs.push_back({double(c.x), double(c.y), sigmas[c.scale], c.response, c.dark});
  for (const size_t i : prune(blobs, options.overlap, poll)) {
    const Candidate &c = found[i];
    if (options.refine)
      blobs[i] = {c.x + double(c.shift[0]), c.y + double(c.shift[1]), sigma_at(options, c.scale + double(c.shift[2])),
                  c.peak, c.dark};
    rest.push_back(blobs[i]);
  }
  std::stable_sort(rest.begin(), rest.end(), is_stronger);
  return rest;
}

}  // namespace sheaf::segment
