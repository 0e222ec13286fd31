#include "agreement.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "common/matrix.hpp"

namespace sheaf::segment {
namespace {

// Pixels that have label a here and label b there.
struct Overlap {
  uint32_t a, b;
  int64_t pixels;
};

// All pairs of labels with their pixels, in ascending order.
std::vector<Overlap> overlaps(View<const uint32_t> a, View<const uint32_t> b, const Poll &poll) {
  std::vector<Overlap> all;
  const auto merge = [&] {
    std::sort(all.begin(), all.end(), [](auto &l, auto &r) { return l.a != r.a ? l.a < r.a : l.b < r.b; });
    size_t last = 0;
    for (size_t i = 1; i < all.size(); i++)
      if (all[i].a == all[last].a && all[i].b == all[last].b) all[last].pixels += all[i].pixels;
      else all[++last] = all[i];
    if (!all.empty()) all.resize(last + 1);
  };
  size_t limit = 1 << 18;
  for (int y = 0; y < a.height(); y++) {
    for (int x = 0; x < a.width();) {
      const int begin = x;
      const uint32_t la = a(x, y), lb = b(x, y);
      while (x < a.width() && a(x, y) == la && b(x, y) == lb) x++;
      all.push_back({la, lb, x - begin});
    }
    if (all.size() < limit) continue;
    poll();
    merge();
    limit = std::max(limit, 2 * all.size());
  }
  merge();
  return all;
}

struct Class {
  uint32_t label;
  int64_t pixels;
};

// The labels of one side and their pixels, ascending.
std::vector<Class> classes(const std::vector<Overlap> &overlaps, uint32_t Overlap::*side) {
  std::vector<Class> all;
  for (const Overlap &o : overlaps) all.push_back({o.*side, o.pixels});
  std::stable_sort(all.begin(), all.end(), [](auto &l, auto &r) { return l.label < r.label; });
  size_t last = 0;
  for (size_t i = 1; i < all.size(); i++)
    if (all[i].label == all[last].label) all[last].pixels += all[i].pixels;
    else all[++last] = all[i];
  all.resize(last + 1);
  return all;
}

int64_t pixels_of(const std::vector<Class> &classes, uint32_t label) {
  const auto at =
      std::lower_bound(classes.begin(), classes.end(), label, [](auto &c, uint32_t l) { return c.label < l; });
  return at != classes.end() && at->label == label ? at->pixels : 0;
}

double pairs(int64_t n) { return static_cast<double>(n) * static_cast<double>(n - 1) / 2; }

double adjusted_rand(const std::vector<Overlap> &both, const std::vector<Class> &a, const std::vector<Class> &b,
                     int64_t total) {
  double together = 0, in_a = 0, in_b = 0;
  for (const Overlap &o : both) together += pairs(o.pixels);
  for (const Class &c : a) in_a += pairs(c.pixels);
  for (const Class &c : b) in_b += pairs(c.pixels);
  const double all = pairs(total), expected = all > 0 ? in_a * in_b / all : 0, most = (in_a + in_b) / 2;
  return most == expected ? 1 : (together - expected) / (most - expected);
}

double conditional_entropy(const std::vector<Overlap> &both, const std::vector<Class> &given, uint32_t Overlap::*side,
                           int64_t total) {
  double bits = 0;
  for (const Overlap &o : both)
    bits -= static_cast<double>(o.pixels) *
            std::log2(static_cast<double>(o.pixels) / static_cast<double>(pixels_of(given, o.*side)));
  return std::max(0.0, bits / static_cast<double>(total));
}

// 0 on boundaries, 255 elsewhere; returns how many pixels they have.
int64_t boundary(View<const uint32_t> labels, cv::Mat &out) {
  int64_t count = 0;
  out.create(labels.height(), labels.width(), CV_8U);
  for (int y = 0; y < labels.height(); y++) {
    const uint32_t *row = labels.row(y), *below = labels.row(std::min(y + 1, labels.height() - 1));
    for (int x = 0; x < labels.width(); x++) {
      const bool on = row[x] != below[x] || (x + 1 < labels.width() && row[x] != row[x + 1]);
      out.ptr(y)[x] = on ? 0 : 255;
      count += on;
    }
  }
  return count;
}

int64_t within(const cv::Mat &boundary, const cv::Mat &other, double tolerance) {
  cv::Mat distance;
  cv::distanceTransform(other, distance, cv::DIST_L2, cv::DIST_MASK_PRECISE);
  int64_t count = 0;
  for (int y = 0; y < boundary.rows; y++)
    for (int x = 0; x < boundary.cols; x++)
      // distances are roots of whole numbers in single precision
      count += boundary.ptr(y)[x] == 0 && distance.ptr<float>(y)[x] <= tolerance + 1e-4;
  return count;
}

double boundary_agreement(View<const uint32_t> a, View<const uint32_t> b, double tolerance, const Poll &poll) {
  cv::Mat on_a, on_b;
  const int64_t of_a = boundary(a, on_a), of_b = boundary(b, on_b);
  if (of_a == 0 || of_b == 0) return of_a == of_b;
  poll();
  const double precision = static_cast<double>(within(on_a, on_b, tolerance)) / static_cast<double>(of_a);
  poll();
  const double recall = static_cast<double>(within(on_b, on_a, tolerance)) / static_cast<double>(of_b);
  return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
}

}  // namespace

double Agreement::mean_precision() const {
  return std::accumulate(precision.begin(), precision.end(), 0.0) / iou_steps;
}

Agreement compare_labels(View<const uint32_t> labels, View<const uint32_t> reference, double tolerance,
                         const Poll &poll) {
  const auto both = overlaps(labels, reference, poll);
  const auto a = classes(both, &Overlap::a), b = classes(both, &Overlap::b);
  const int64_t total = labels.size();
  Agreement result;
  const int64_t ground_a = pixels_of(a, 0), ground_b = pixels_of(b, 0);
  result.objects = static_cast<int64_t>(a.size()) - (ground_a > 0);
  result.reference_objects = static_cast<int64_t>(b.size()) - (ground_b > 0);
  int64_t common = 0;
  std::array<int64_t, iou_steps> found{};
  for (const Overlap &o : both) {
    if (o.a == 0 || o.b == 0) continue;
    common += o.pixels;
    const double iou =
        static_cast<double>(o.pixels) / static_cast<double>(pixels_of(a, o.a) + pixels_of(b, o.b) - o.pixels);
    for (int i = 0; i < iou_steps; i++) found[i] += iou > iou_level(i);
  }
  const double size_a = static_cast<double>(total - ground_a), size_b = static_cast<double>(total - ground_b);
  const auto shared = static_cast<double>(common);
  result.dice = size_a + size_b > 0 ? 2 * shared / (size_a + size_b) : 1;
  result.iou = size_a + size_b > 0 ? shared / (size_a + size_b - shared) : 1;
  result.adjusted_rand = adjusted_rand(both, a, b, total);
  result.vi_split = conditional_entropy(both, b, &Overlap::b, total);
  result.vi_merge = conditional_entropy(both, a, &Overlap::a, total);
  const int64_t objects = result.objects + result.reference_objects;
  for (int i = 0; i < iou_steps; i++)
    result.precision[i] = objects > 0 ? static_cast<double>(found[i]) / static_cast<double>(objects - found[i]) : 1;
  result.boundary_f = boundary_agreement(labels, reference, tolerance, poll);
  return result;
}

}  // namespace sheaf::segment
