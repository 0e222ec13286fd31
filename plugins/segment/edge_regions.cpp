#include "edge_regions.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/imgproc.hpp>

#include "common/matrix.hpp"
#include "regions.hpp"

namespace sheaf::segment {
namespace {

struct Images {
  cv::Mat plane[3];
  int count;

  std::vector<View<const float>> in() const {
    std::vector<View<const float>> views;
    for (int c = 0; c < count; c++) views.push_back(view_of<const float>(plane[c]));
    return views;
  }
  std::vector<View<float>> out(const cv::Mat &like) {
    std::vector<View<float>> views;
    for (int c = 0; c < count; c++) {
      plane[c].create(like.rows, like.cols, CV_32F);
      views.push_back(view_of<float>(plane[c]));
    }
    return views;
  }
};

// Edges as 255.
cv::Mat edges_of(const Images &images, double threshold, const Poll &poll) {
  cv::Mat magnitude[3];
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (int c = 0; c < images.count; c++) {
    cv::Mat dx, dy;
    cv::Sobel(images.plane[c], dx, CV_32F, 1, 0);
    cv::Sobel(images.plane[c], dy, CV_32F, 0, 1);
    poll();
    cv::magnitude(dx, dy, magnitude[c]);
    double least = 0, greatest = 0;
    cv::minMaxLoc(magnitude[c], &least, &greatest);
    low = std::min(low, least);
    high = std::max(high, greatest);
  }
  cv::Mat edges(magnitude[0].size(), CV_8U);
  const double scale = high > low ? 255 / (high - low) : 0;
  for (int y = 0; y < edges.rows; y++)
    for (int x = 0; x < edges.cols; x++) {
      double sum = 0;
      for (int c = 0; c < images.count; c++) sum += magnitude[c].ptr<float>(y)[x];
      edges.ptr(y)[x] = (sum / images.count - low) * scale > threshold ? 255 : 0;
    }
  cv::Mat closed;
  cv::morphologyEx(edges, closed, cv::MORPH_CLOSE, cv::getStructuringElement(cv::MORPH_RECT, {3, 3}));
  return closed;
}

// Every pixel without a label takes that of a neighbour, of those that share an
// edge before those that share a corner, and of these the lowest.
void grow(Labels labels, const Planes &planes, const Poll &poll) {
  const int width = labels.width(), height = labels.height();
  std::vector<uint32_t> rows[3];  // above, here, below, as they were; a border of 0
  for (auto &row : rows) row.assign(static_cast<size_t>(width) + 2, 0);
  const auto load = [&](int y, std::vector<uint32_t> &row) {
    if (y < height) std::copy_n(labels.row(y), width, row.begin() + 1);
    else std::fill(row.begin(), row.end(), 0);
  };
  load(0, rows[1]);
  const auto lowest = [](std::initializer_list<uint32_t> all) {
    uint32_t least = 0;
    for (const uint32_t l : all)
      if (l && (!least || l < least)) least = l;
    return least;
  };
  for (int y = 0; y < height; y++) {
    if (y % 256 == 0) poll();
    load(y + 1, rows[2]);
    for (int x = 0; x < width; x++) {
      if (rows[1][x + 1] || !planes.has(x, y)) continue;
      uint32_t label = lowest({rows[0][x + 1], rows[1][x], rows[1][x + 2], rows[2][x + 1]});
      if (!label) label = lowest({rows[0][x], rows[0][x + 2], rows[2][x], rows[2][x + 2]});
      labels(x, y) = label;
    }
    std::swap(rows[0], rows[1]);
    std::swap(rows[1], rows[2]);
  }
}

}  // namespace

uint32_t edge_regions(const Planes &planes, const EdgeOptions &options, Labels labels, const Parallel &parallel,
                      const Poll &poll) {
  Images images{{planes.plane[0], planes.plane[1], planes.plane[2]}, planes.count};
  if (options.smooth) {
    Images first{{}, planes.count}, second{{}, planes.count};
    bilateral(images.in(), first.out(planes.plane[0]), options.bilateral, parallel, poll);
    non_local_means(first.in(), second.out(planes.plane[0]), options.nlm, parallel, poll);
    images = second;
  }
  const cv::Mat edges = edges_of(images, options.threshold, poll);
  for (int y = 0; y < labels.height(); y++)
    for (int x = 0; x < labels.width(); x++) labels(x, y) = edges.ptr(y)[x] == 0 && planes.has(x, y);
  const Components components(labels, Join::same_label_edges, poll);
  for (const Span &s : components.spans())
    std::fill(labels.row(s.y) + s.begin, labels.row(s.y) + s.end, static_cast<uint32_t>(s.component) + 1);
  grow(labels, planes, poll);
  return relabel(labels, poll);
}

}  // namespace sheaf::segment
