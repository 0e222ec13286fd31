#include "kmeans.hpp"

#include <string>

#include "common/wording.hpp"

namespace sheaf::segment {

const char *const Kmeans::schema = R"json({
  "title": "K-Means",
  "menu": "Segmentation",
  "summary": "Divides images into k classes of pixels that are close in colour and position.",
  "doc": "Every pixel is a point of red, green, blue (0 to 255), and column and row divided by the importance of colour; points are divided by k-means. Gray counts as a colour with three equal parts; 16-bit and 32-bit images are taken from their least to their greatest finite value as 0 to 255. Classes are numbered in the order of their first pixels and need not be connected. What is NaN or outside a region of interest gets label 0. The same seed gives the same result.",
  "references": ["D. Arthur, S. Vassilvitskii: k-means++: the advantages of careful seeding. ACM-SIAM Symposium on Discrete Algorithms, 2007."],
  "since": "1.0.0",
  "inputs": [{"pixel": ["u8", "u16", "f32", "rgb"], "roi": true}],
  "outputs": [)json" SHEAF_REGION_OUTPUTS R"json(],
  "tables": [)json" SHEAF_REGION_TABLE R"json(],
  "rois": true,
  "params": [
    {"key": "k", "type": "integer", "default": 15, "min": 1, "max": 1000, "ui_max": 50, "help": "Number of classes, at most that of the pixels."},
    {"key": "colour_importance", "type": "number", "default": 5, "min": 0.01, "max": 1000000, "ui_min": 0.1, "ui_max": 1000, "scale": "log", "help": "Distance in pixels that counts as much as one level of colour; the greater, the less position matters."},
    {"key": "attempts", "type": "integer", "default": 10, "min": 1, "max": 1000, "ui_max": 50, "help": "Starts of which the best is taken."},
    {"key": "iterations", "type": "integer", "default": 100, "min": 1, "max": 10000, "ui_max": 300, "advanced": true, "help": "How often centres move at most."},
    {"key": "tolerance", "type": "number", "default": 0.2, "min": 0, "max": 100, "advanced": true, "help": "Centres have arrived when none moves farther, in levels of colour."},
    {"key": "seed", "type": "integer", "default": 1, "min": 0, "max": 1000000000, "advanced": true, "help": "Of the random numbers that choose the starts."},
    )json" SHEAF_REGION_PARAMS R"json(
  ]
})json";

namespace {

constexpr int64_t bytes_of_point = 5 * sizeof(float) + sizeof(int32_t);

}  // namespace

double kmeans_labels(const Planes &planes, double importance, const KmeansOptions &options, Labels labels,
                     const Parallel &parallel, const Poll &poll) {
  Points points;
  points.column.resize(planes.count + 2);
  const auto count = static_cast<size_t>(planes.pixels());
  for (auto &column : points.column) column.resize(count);
  size_t i = 0;
  const float scale = static_cast<float>(1 / importance);
  for (int y = 0; y < planes.height(); y++) {
    if (y % rows_between_polls(planes.width()) == 0) poll();
    const float *plane[3] = {};
    for (int c = 0; c < planes.count; c++) plane[c] = planes.plane[c].ptr<float>(y);
    for (int x = 0; x < planes.width(); x++) {
      if (!planes.has(x, y)) continue;
      for (int c = 0; c < planes.count; c++) points.column[c][i] = plane[c][x];
      points.column[planes.count][i] = static_cast<float>(x) * scale;
      points.column[planes.count + 1][i] = static_cast<float>(y) * scale;
      i++;
    }
  }
  Clusters clusters;
  if (count > 0) clusters = kmeans(points, options, parallel, poll);
  i = 0;
  for (int y = 0; y < planes.height(); y++)
    for (int x = 0; x < planes.width(); x++)
      labels(x, y) = planes.has(x, y) ? static_cast<uint32_t>(clusters.cluster[i++]) + 1 : 0;
  relabel(labels, poll, parallel);
  return clusters.compactness;
}

Kmeans::Kmeans(Run &run) : importance_(run.number("colour_importance")), regions_(run) {
  options_.k = static_cast<int>(run.integer("k"));
  options_.iterations = static_cast<int>(run.integer("iterations"));
  options_.tolerance = run.number("tolerance");
  options_.attempts = static_cast<int>(run.integer("attempts"));
  options_.seed = static_cast<uint64_t>(run.integer("seed"));
  const sheaf_info info = run.input();
  const int64_t pixels = int64_t{info.width} * info.height;
  run.reserve(images_at_once(run) * (plane_bytes(pixels) + bytes_of_point * pixels), "colours of an image");
}

void Kmeans::slice(Run &run, int64_t n) {
  const auto label = [&](Planes &planes, Labels labels, bool in_region, const Parallel &parallel, const Poll &poll) {
    const int64_t pixels = planes.pixels();
    if (pixels > 0 && options_.k > pixels)
      throw Error(SHEAF_INVALID, "k: " + std::to_string(options_.k) + " given, image " + std::to_string(n + 1) +
                                     " has " + counted(pixels, "pixel") +
                                     (in_region ? " in the region of interest; " : "; ") + accepted(1, pixels));
    kmeans_labels(planes, importance_, options_, labels, parallel, poll);
  };
  label_planes(run, n, Space::rgb, planes_, regions_, label);
}

}  // namespace sheaf::segment
