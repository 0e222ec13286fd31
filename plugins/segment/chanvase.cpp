#include "chanvase.hpp"

#include <algorithm>

#include "channels.hpp"
#include "common/image_table.hpp"

namespace sheaf::segment {

const char *const ChanVese::schema = R"json({
  "title": "Chan-Vese",
  "menu": "Segmentation",
  "summary": "Divides an image into two classes by a smooth contour that need not follow edges.",
  "doc": "A level set moves until the means inside and outside fit the pixels best: mu weighs the length of the contour, lambda1 and lambda2 the squared deviations inside and outside, of values stretched to 0 to 1. It stops when the root mean square of a step is at most the tolerance, or after the given number of steps. Labels number the connected parts of the inside. Colour goes by the mean of red, green and blue. Every image is treated for itself. A region of interest limits the labels, not the computation.",
  "references": [
    "T. F. Chan, L. A. Vese: Active contours without edges. IEEE Transactions on Image Processing 10(2), 2001.",
    "P. Getreuer: Chan-Vese segmentation. Image Processing On Line 2, 2012."
  ],
  "since": "1.0.0",
  "inputs": [{"pixel": ["u8", "u16", "f32", "rgb"], "roi": true}],
  "outputs": [)json" SHEAF_REGION_OUTPUTS R"json(],
  "tables": [{"name": "contours", "title": "Contours of %s", "columns": [
    {"name": "Label", "type": "text", "help": "name of the image, or its position"},
    {"name": "iterations", "type": "number", "help": "steps that were made"},
    {"name": "inside", "type": "number", "help": "mean inside, of values stretched to 0 to 1"},
    {"name": "outside", "type": "number", "help": "mean outside"}
  ]}, )json" SHEAF_REGION_TABLE R"json(],
  "rois": true,
  "params": [
    {"key": "mu", "type": "number", "default": 0.25, "min": 0, "max": 1000, "ui_max": 2, "help": "Weight of the length of the contour: larger for rounder objects."},
    {"key": "lambda1", "type": "number", "default": 1, "min": 0, "max": 1000, "ui_max": 5, "help": "Weight of the deviation inside."},
    {"key": "lambda2", "type": "number", "default": 1, "min": 0, "max": 1000, "ui_max": 5, "help": "Weight of the deviation outside."},
    {"key": "tolerance", "type": "number", "default": 0.001, "min": 0, "max": 10, "digits": 4, "help": "Stops when the root mean square of a step is at most this."},
    {"key": "iterations", "type": "integer", "default": 500, "min": 1, "max": 100000, "ui_max": 1000, "help": "Most steps."},
    {"key": "dt", "type": "number", "default": 0.5, "min": 0.001, "max": 100, "ui_max": 1, "help": "Length of a step."},
    {"key": "start", "type": "choice", "default": "checkerboard", "help": "Where the contour begins.", "choices": [
      {"key": "checkerboard", "label": "Checkerboard", "help": "Squares of 5 pixels all over the image: fast."},
      {"key": "disk", "label": "Disk", "help": "A disk over the shorter side."},
      {"key": "small_disk", "label": "Small disk", "help": "A disk over half of it."}]},
    {"key": "compat", "type": "boolean", "help": "Labels are steps of the level set's values, instead of parts of the inside."},
    {"key": "bins", "type": "integer", "default": 20, "min": 1, "max": 256, "when": {"compat": true}, "help": "The range of the level set, as levels 0 to 255, is cut into steps of 256 / bins levels."},
    )json" SHEAF_REGION_PARAMS R"json(
  ]
})json";

void bin_levels(const cv::Mat &phi, int bins, Labels labels) {
  double low = 0, high = 0;
  cv::minMaxLoc(phi, &low, &high);
  const double scale = high > low ? 255 / (high - low) : 0, step = 256.0 / bins;
  for (int y = 0; y < labels.height(); y++)
    for (int x = 0; x < labels.width(); x++)
      labels(x, y) = static_cast<uint32_t>((phi.at<float>(y, x) - low) * scale / step) + 1;
}

ChanVese::ChanVese(Run &run)
    : options_{run.number("mu"),
               run.number("lambda1"),
               run.number("lambda2"),
               run.number("tolerance"),
               static_cast<int>(run.integer("iterations")),
               run.number("dt"),
               run.choice<StartingSet>("start")},
      compat_(run.flag("compat")),
      bins_(static_cast<int>(run.integer("bins"))),
      regions_(run) {
  const sheaf_info info = run.input();
  rows_.resize(static_cast<size_t>(info.slices));
  constexpr int64_t bytes = 24;  // of a pixel: values, as numbers and fixed, and three level sets
  run.reserve(std::min<int64_t>(run.threads(), info.slices) * info.width * info.height * bytes,
              "the level set of an image");
}

void ChanVese::slice(Run &run, int64_t n) {
  const Poll poll = poll_of(run);
  const Image image = run.read(n), region = run.mask();
  Output output = run.write(n);
  const auto labels = output.view<uint32_t>();
  cv::Mat values;
  finite_values_of(image, values, poll);
  const LevelSet set = chan_vese(values, options_, parallel_of(run), poll);
  rows_[static_cast<size_t>(n)] = {set.iterations, set.inside, set.outside};
  if (compat_) {
    bin_levels(set.phi, bins_, labels);
  } else {
    for (int y = 0; y < labels.height(); y++)
      std::transform(set.phi.ptr<float>(y), set.phi.ptr<float>(y) + labels.width(), labels.row(y),
                     [](float v) { return v > 0; });
  }
  clear_outside(labels, region.view<uint8_t>());
  if (!compat_) number_components(labels, Join::foreground, poll);
  regions_.add(run, n, image, labels, poll);
  output.commit();
}

void ChanVese::finish(Run &run) const {
  regions_.finish(run);
  if (!run.wanted("contours")) return;
  const ImageTable table(run, "contours", rows_);
  table.numbers("iterations", [](const Row &r) { return r.iterations; });
  table.numbers("inside", [](const Row &r) { return r.inside; });
  table.numbers("outside", [](const Row &r) { return r.outside; });
}

}  // namespace sheaf::segment
