#include "graph_merge.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace sheaf::segment {
namespace {

// The edges of a pixel: to the right, below, below to the right, and from below
// to above on the right.
constexpr int directions = 4;
constexpr int rows_of_block = 32;

struct Edge {
  uint32_t cost;    // in steps of 2^-16 of a level
  uint32_t number;  // 4 * pixel + direction
};
constexpr float steps_of_level = 65536 / 2;
constexpr int digits = 12;  // of a pass of the sort; the greatest cost, sqrt(3) * 255 levels, has 24

// Stable, in two passes.
void sort_by_cost(std::vector<Edge> &edges, const Poll &poll) {
  std::vector<Edge> other(edges.size());
  for (int shift = 0; shift < 2 * digits; shift += digits) {
    std::vector<uint32_t> count(size_t{1} << digits);
    const uint32_t low = (uint32_t{1} << digits) - 1;
    for (const Edge &e : edges) count[e.cost >> shift & low]++;
    uint32_t sum = 0;
    for (auto &c : count) sum += std::exchange(c, sum);
    poll();
    for (const Edge &e : edges) other[count[e.cost >> shift & low]++] = e;
    edges.swap(other);
    poll();
  }
}

// Disjoint sets of pixels; for a root, size and dearest edge inside.
struct Tree {
  uint32_t parent, size;
  float inside;
};

}  // namespace

void merge_graph(std::vector<cv::Mat> &planes, const MergeOptions &options, Labels labels, const Parallel &parallel,
                 const Poll &poll) {
  const int width = labels.width(), height = labels.height();
  if (options.sigma > 0)
    parallel(static_cast<int64_t>(planes.size()), [&](int64_t c) {
      // as far as SciPy's: 4 standard deviations
      const int side = 2 * static_cast<int>(4 * options.sigma + 0.5) + 1;
      cv::Mat &plane = planes[static_cast<size_t>(c)];
      cv::GaussianBlur(plane, plane, {side, side}, options.sigma, options.sigma, cv::BORDER_REFLECT);
    });
  poll();
  const auto offset = [width](uint32_t direction) {
    return direction == 0 ? 1 : direction == 1 ? width : direction == 2 ? width + 1 : 1 - width;
  };
  // places in the list are known beforehand: rows are independent
  const auto in_row = [&](int y) {
    return static_cast<size_t>((width - 1) + (y + 1 < height ? width + width - 1 : 0) + (y > 0 ? width - 1 : 0));
  };
  std::vector<size_t> first(static_cast<size_t>(height) + 1);
  for (int y = 0; y < height; y++) first[y + 1] = first[y] + in_row(y);
  std::vector<Edge> edges(first.back());
  parallel((height + rows_of_block - 1) / rows_of_block, [&](int64_t block) {
    poll();
    const int end = std::min(height, static_cast<int>(block + 1) * rows_of_block);
    std::vector<float> squares(static_cast<size_t>(width));
    for (int y = static_cast<int>(block) * rows_of_block; y < end; y++) {
      Edge *edge = edges.data() + first[y];
      for (uint32_t d = 0; d < directions; d++) {
        const int other = d == 0 ? y : d == 3 ? y - 1 : y + 1, dx = d == 1 ? 0 : 1;
        if (other < 0 || other >= height) continue;
        std::fill(squares.begin(), squares.end(), 0.f);
        for (const cv::Mat &plane : planes) {
          const float *a = plane.ptr<float>(y), *b = plane.ptr<float>(other) + dx;
          for (int x = 0; x < width - dx; x++) squares[x] += (a[x] - b[x]) * (a[x] - b[x]);
        }
        for (int x = 0; x < width - dx; x++)
          *edge++ = {static_cast<uint32_t>(std::sqrt(squares[x]) * steps_of_level + 0.5f),
                     4 * (static_cast<uint32_t>(y) * width + x) + d};
      }
    }
  });
  sort_by_cost(edges, poll);

  std::vector<Tree> trees(static_cast<size_t>(width) * height);
  for (uint32_t i = 0; i < trees.size(); i++) trees[i] = {i, 1, 0};
  const auto root = [&](uint32_t i) {
    while (trees[i].parent != i) i = trees[i].parent = trees[trees[i].parent].parent;
    return i;
  };
  const auto join = [&](uint32_t a, uint32_t b, float cost) {
    if (trees[a].size < trees[b].size) std::swap(a, b);
    trees[b].parent = a;
    trees[a].size += trees[b].size;
    trees[a].inside = cost;
  };
  const auto scale = static_cast<float>(options.scale);
  constexpr size_t between_polls = size_t{1} << 18;
  size_t count = 0;
  std::vector<Edge> between;  // edges that end in two regions: those that are left for the second pass
  for (const Edge &e : edges) {
    if (count++ % between_polls == 0) poll();
    const uint32_t pixel = e.number / 4;
    const uint32_t a = root(pixel), b = root(pixel + static_cast<uint32_t>(offset(e.number % 4)));
    if (a == b) continue;
    const float cost = static_cast<float>(e.cost) / steps_of_level;
    if (cost < std::min(trees[a].inside + scale / static_cast<float>(trees[a].size),
                        trees[b].inside + scale / static_cast<float>(trees[b].size)))
      join(a, b, cost);
    else between.push_back(e);
  }
  const auto least = static_cast<uint32_t>(std::max(0, options.min_size));
  for (const Edge &e : between) {
    if (count++ % between_polls == 0) poll();
    const uint32_t pixel = e.number / 4;
    const uint32_t a = root(pixel), b = root(pixel + static_cast<uint32_t>(offset(e.number % 4)));
    if (a != b && (trees[a].size < least || trees[b].size < least)) join(a, b, trees[a].inside);
  }
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) labels(x, y) = root(static_cast<uint32_t>(y) * width + x) + 1;
}

}  // namespace sheaf::segment
