#include "slickmeans.hpp"

#include <algorithm>

#include "common/wording.hpp"

namespace sheaf::segment {

const char *const SlicKmeans::schema = R"json({
  "title": "Superpixel K-Means",
  "menu": "Segmentation",
  "summary": "Divides images into superpixels and these into k classes that are close in colour and position.",
  "doc": "Superpixels are those of segment.superpixel with method slic. Their mean colour (CIE L*a*b*; gray as L*, 0 to 100, from the least to the greatest value) and their centroid, divided by the importance of colour, are divided by k-means; where there are no more superpixels than k, each is a class of its own. Classes are numbered in the order of their first pixels and need not be connected. What is NaN or outside a region of interest gets label 0. The same seed gives the same result.",
  "references": [
    "R. Achanta, A. Shaji, K. Smith, A. Lucchi, P. Fua, S. Suesstrunk: SLIC superpixels compared to state-of-the-art superpixel methods. IEEE Transactions on Pattern Analysis and Machine Intelligence 34(11), 2012.",
    "D. Arthur, S. Vassilvitskii: k-means++: the advantages of careful seeding. ACM-SIAM Symposium on Discrete Algorithms, 2007."
  ],
  "since": "1.0.0",
  "inputs": [{"pixel": ["u8", "u16", "f32", "rgb"], "roi": true}],
  "outputs": [)json" SHEAF_REGION_OUTPUTS R"json(],
  "tables": [)json" SHEAF_REGION_TABLE R"json(],
  "rois": true,
  "params": [
    {"key": "k", "type": "integer", "default": 15, "min": 1, "max": 1000, "ui_max": 50, "help": "Number of classes, at most that of the superpixels."},
    {"key": "colour_importance", "type": "number", "default": 1, "min": 0.01, "max": 1000000, "ui_min": 0.1, "ui_max": 1000, "scale": "log", "help": "Distance in pixels that counts as much as one unit of L*a*b*; the greater, the less position matters."},
    {"key": "size", "type": "integer", "default": 40, "min": 1, "max": 100000, "ui_min": 4, "ui_max": 200, "unit": "px", "help": "Side of a superpixel on average."},
    {"key": "compactness", "type": "number", "default": 10, "min": 0.01, "max": 1000, "ui_min": 1, "ui_max": 100, "scale": "log", "help": "Difference of colour that counts as much as the distance of neighbouring superpixels (the ruler)."},
    {"key": "attempts", "type": "integer", "default": 10, "min": 1, "max": 1000, "ui_max": 50, "advanced": true, "help": "Starts of the k-means of which the best is taken."},
    {"key": "seed", "type": "integer", "default": 1, "min": 0, "max": 1000000000, "advanced": true, "help": "Of the random numbers that choose the starts."},
    )json" SHEAF_REGION_PARAMS R"json(
  ]
})json";

void classify_superpixels(const Planes &planes, uint32_t count, double importance, const KmeansOptions &options,
                          Labels labels, const Parallel &parallel, const Poll &poll) {
  if (count == 0) return;
  const int dimensions = planes.count + 2;
  std::vector<double> sums(size_t{count} * dimensions), pixels(count);
  for (int y = 0; y < labels.height(); y++) {
    if (y % rows_between_polls(labels.width()) == 0) poll();
    for (int x = 0; x < labels.width(); x++) {
      if (!labels(x, y)) continue;
      const size_t i = labels(x, y) - 1;
      double *sum = &sums[i * dimensions];
      for (int c = 0; c < planes.count; c++) sum[c] += planes.plane[c].ptr<float>(y)[x];
      sum[planes.count] += x / importance;
      sum[planes.count + 1] += y / importance;
      pixels[i]++;
    }
  }
  Points points;
  points.column.assign(static_cast<size_t>(dimensions), std::vector<float>(count));
  for (size_t i = 0; i < count; i++)
    for (int d = 0; d < dimensions; d++) points.column[d][i] = static_cast<float>(sums[i * dimensions + d] / pixels[i]);
  const auto clusters = kmeans(points, options, parallel, poll);
  for (int y = 0; y < labels.height(); y++)
    for (int x = 0; x < labels.width(); x++)
      if (labels(x, y)) labels(x, y) = static_cast<uint32_t>(clusters.cluster[labels(x, y) - 1]) + 1;
  relabel(labels, poll, parallel);
}

SlicKmeans::SlicKmeans(Run &run) : importance_(run.number("colour_importance")), regions_(run) {
  slic_.size = static_cast<double>(run.integer("size"));
  slic_.compactness = run.number("compactness");
  kmeans_.k = static_cast<int>(run.integer("k"));
  kmeans_.attempts = static_cast<int>(run.integer("attempts"));
  kmeans_.seed = static_cast<uint64_t>(run.integer("seed"));
  kmeans_.tolerance = 0;  // there are few points
  const sheaf_info info = run.input();
  const int64_t pixels = int64_t{info.width} * info.height;
  run.reserve(images_at_once(run) * (plane_bytes(pixels) + 8 * pixels), "colour of an image");
}

void SlicKmeans::slice(Run &run, int64_t n) {
  const auto label = [&](Planes &planes, Labels labels, bool, const Parallel &parallel, const Poll &poll) {
    const uint32_t count = slic(planes, slic_, labels, parallel, poll);
    require_there("k", kmeans_.k, labels.size(), "pixel", "image " + std::to_string(n + 1));
    // where there are fewer superpixels, each is a class of its own
    KmeansOptions kmeans = kmeans_;
    kmeans.k = static_cast<int>(std::clamp<int64_t>(count, 1, kmeans.k));
    classify_superpixels(planes, count, importance_, kmeans, labels, parallel, poll);
  };
  label_planes(run, n, Space::lab, planes_, regions_, label);
}

}  // namespace sheaf::segment
