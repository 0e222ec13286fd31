#include "watershed.hpp"

#include <algorithm>
#include <bit>
#include <climits>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "common/image_table.hpp"
#include "common/matrix.hpp"
#include "distance.hpp"
#include "markers.hpp"

namespace sheaf::segment {

const char *const Watershed::schema = R"json({
  "title": "Watershed",
  "menu": "Segmentation",
  "summary": "Finds objects by a threshold and divides those that touch.",
  "doc": "Foreground is what lies above a threshold (equal values lie below), or what is not 0 in a mask. Of a label image every connected region of one label is divided on its own, as if the others were background. The surface is the distance to the background, or the intensity itself, smoothed. Every dome of the surface that rises at least h above the pass to higher ground, or every peak that is highest within a distance, is a marker; markers grow downhill until they meet, without lines between them. Every region has a label of its own, from 1 in reading order. After that, regions at the border and small ones are dropped. Colour goes by the mean of red, green and blue. Every image is treated for itself.",
  "references": [
    "S. Beucher, F. Meyer: The morphological approach to segmentation: the watershed transformation. In: Mathematical Morphology in Image Processing, 1993.",
    "L. Vincent, P. Soille: Watersheds in digital spaces. IEEE Transactions on Pattern Analysis and Machine Intelligence 13(6), 1991.",
    "A. Meijster, J. Roerdink, W. Hesselink: A general algorithm for computing distance transforms in linear time. In: Mathematical Morphology and its Applications to Image and Signal Processing, 2000."
  ],
  "since": "1.0.0",
  "inputs": [{"pixel": ["u8", "u16", "f32", "rgb"], "roi": true}],
  "outputs": [)json" SHEAF_REGION_OUTPUTS R"json(],
  "tables": [{"name": "watershed", "title": "Watershed of %s", "columns": [
    {"name": "Label", "type": "text", "help": "name of the image, or its position"},
    {"name": "threshold", "type": "number", "help": "between background and foreground, in calibrated units"},
    {"name": "objects", "type": "number", "help": "connected parts of the foreground, before they are divided"},
    {"name": "regions", "type": "number", "help": "labels, after all dropping"},
    {"name": "area", "type": "number", "unit": "unit^2", "help": "of all regions, in squares of the image's unit of length; in pixels if it has none"},
    {"name": "status", "type": "text", "help": "ok; degenerate: too few different values to choose a threshold"}
  ]}, )json" SHEAF_REGION_TABLE R"json(],
  "rois": true,
  "params": [
    {"key": "foreground", "type": "choice", "default": "otsu", "group": "Foreground", "help": "What is object.", "choices": [
      {"key": "otsu", "label": "Otsu", "help": "Above the threshold of greatest variance between two classes."},
      {"key": "li", "label": "Li", "help": "Above that of least cross entropy."},
      {"key": "yen", "label": "Yen", "help": "Above that of greatest entropic correlation."},
      {"key": "triangle", "label": "Triangle", "help": "Above that farthest from the line between the peak and the end of the longer tail."},
      {"key": "isodata", "label": "IsoData", "help": "Above that midway between the means on both sides."},
      {"key": "level", "label": "Level", "help": "Above a given level."},
      {"key": "nonzero", "label": "Not 0", "help": "The image is a mask: what is not 0."},
      {"key": "labels", "label": "Labels", "help": "The image is a label image: every label is an object, also where it touches others."}]},
    {"key": "level", "type": "number", "default": 0, "when": {"foreground": "level"}, "help": "In calibrated units."},
    {"key": "invert", "type": "boolean", "help": "Takes dark for foreground."},
    {"key": "blur", "type": "number", "default": 0, "advanced": true, "min": 0, "max": 100, "ui_max": 10, "unit": "px", "help": "Standard deviation of a Gaussian over the image before the threshold."},
    {"key": "fill_holes", "type": "boolean", "help": "Fills background that is enclosed by foreground."},
    {"key": "surface", "type": "choice", "default": "distance", "group": "Division", "help": "Where objects are divided.", "choices": [
      {"key": "distance", "label": "Distance", "help": "Where they are narrow: the surface is the distance to the background."},
      {"key": "intensity", "label": "Intensity", "help": "Where they are dim, or bright with invert: the surface is the image."}]},
    {"key": "markers", "type": "choice", "default": "h_maxima", "help": "Where regions begin.", "choices": [
      {"key": "h_maxima", "label": "Domes of height h", "help": "Domes that rise at least h above the pass to higher ground."},
      {"key": "peaks", "label": "Peaks at a distance", "help": "Pixels that are highest within a distance."}]},
    {"key": "h", "type": "number", "default": 1, "min": 1e-6, "ui_min": 0.1, "ui_max": 10, "when": {"markers": "h_maxima"}, "help": "Least height of a dome: pixels of distance, or calibrated units of intensity."},
    {"key": "min_distance", "type": "integer", "default": 5, "min": 1, "max": 100, "unit": "px", "when": {"markers": "peaks"}, "help": "Least distance between two peaks, the larger of dx and dy."},
    {"key": "smoothing", "type": "number", "default": 1, "min": 0, "max": 100, "ui_max": 10, "unit": "px", "help": "Standard deviation of a Gaussian over the surface."},
    {"key": "connectivity", "type": "choice", "default": "8", "advanced": true, "help": "Which pixels are neighbours.", "choices": [
      {"key": "8", "label": "8", "help": "Across edges and corners."},
      {"key": "4", "label": "4", "help": "Across edges."}]},
    {"key": "min_size", "type": "integer", "default": 0, "min": 0, "unit": "px", "group": "Regions", "help": "Regions with fewer pixels are dropped."},
    {"key": "exclude_border", "type": "boolean", "advanced": true, "help": "Drops regions that touch the border of the image or of the region of interest."},
    )json" SHEAF_REGION_PARAMS R"json(
  ]
})json";

uint32_t divide(View<const uint8_t> foreground, View<const float> values, const WatershedOptions &options,
                Labels labels, const Poll &poll, const Parallel &parallel) {
  const int width = foreground.width(), height = foreground.height();
  cv::Mat surface;
  if (options.surface == Surface::distance) {
    surface.create(height, width, CV_32F);
    distances(foreground, view_of<float>(surface), poll, parallel);
  } else {
    surface = matrix(values);
  }
  if (options.smoothing > 0) {
    poll();
    cv::Mat smooth;
    cv::GaussianBlur(surface, smooth, {}, options.smoothing, options.smoothing, cv::BORDER_REFLECT);
    surface = smooth;
  }
  poll();
  const auto relief_of = view_of<const float>(surface);
  const Relief relief(relief_of, foreground, poll, parallel);
  const uint32_t count =
      options.markers == Markers::domes
          ? mark_domes(relief, options.h, options.connectivity, labels, poll)
          : mark_peaks(relief_of, foreground, options.min_distance, options.connectivity, labels, poll);
  flood(relief, options.connectivity, labels, poll, parallel);
  return count;
}

uint32_t divide_labels(Labels labels, const WatershedOptions &options, const Poll &poll, const Parallel &parallel) {
  const Components objects(labels, options.connectivity == 4 ? Join::same_label_edges : Join::same_label, poll,
                           parallel);
  struct Box {
    int left = INT_MAX, top = INT_MAX, right = 0, bottom = 0;  // right and bottom are not included
    std::vector<Span> spans;
  };
  std::vector<Box> boxes(static_cast<size_t>(objects.count()));
  for (const Span &s : objects.spans()) {
    Box &box = boxes[static_cast<size_t>(s.component)];
    box.left = std::min(box.left, s.begin);
    box.right = std::max(box.right, s.end);
    box.top = std::min(box.top, s.y);
    box.bottom = s.y + 1;
    box.spans.push_back(s);
  }
  // so much background that the smoothed surface is that of the object alone in the whole image
  const int margin = 1 + static_cast<int>(std::ceil(4 * options.smoothing));
  std::vector<uint32_t> parts(boxes.size());
  constexpr size_t boxes_of_block = 16;
  parallel(static_cast<int64_t>((boxes.size() + boxes_of_block - 1) / boxes_of_block), [&](int64_t block) {
    const size_t first = static_cast<size_t>(block) * boxes_of_block;
    for (size_t i = first; i < std::min(boxes.size(), first + boxes_of_block); i++) {
      poll();
      const Box &box = boxes[i];
      const int left = std::max(0, box.left - margin), top = std::max(0, box.top - margin);
      const int width = std::min(labels.width(), box.right + margin) - left;
      const int height = std::min(labels.height(), box.bottom + margin) - top;
      cv::Mat mask(height, width, CV_8U, cv::Scalar(0)), divided(height, width, CV_32S);
      for (const Span &s : box.spans) std::fill_n(mask.ptr(s.y - top) + s.begin - left, s.end - s.begin, 255);
      parts[i] = divide(view_of<const uint8_t>(mask), {}, options, view_of<uint32_t>(divided), poll);
      for (const Span &s : box.spans)
        std::copy_n(divided.ptr<uint32_t>(s.y - top) + s.begin - left, s.end - s.begin, labels.row(s.y) + s.begin);
    }
  });
  uint32_t count = 0;
  for (size_t i = 0; i < boxes.size(); count += parts[i++])
    for (const Span &s : boxes[i].spans)
      std::for_each(labels.row(s.y) + s.begin, labels.row(s.y) + s.end, [count](uint32_t &label) { label += count; });
  return count;
}

Watershed::Watershed(Run &run)
    : foreground_{run.choice<Ground>("foreground"), run.number("level"), run.flag("invert"), run.number("blur"),
                  run.flag("fill_holes")},
      options_{run.choice<Surface>("surface"),
               run.choice<Markers>("markers"),
               run.number("h"),
               static_cast<int>(run.integer("min_distance")),
               run.number("smoothing"),
               run.text("connectivity") == "4" ? 4 : 8},
      keep_{run.flag("exclude_border"), run.integer("min_size")},
      calibration_(run.input()),
      pixel_area_(pixel_area(run.input())),
      regions_(run) {
  const sheaf_info info = run.input();
  if (foreground_.ground == Ground::labels) refuse_intensities(info);
  rows_.resize(static_cast<size_t>(info.slices));
  constexpr int64_t bytes = 56;  // of a pixel: surface, keys, paths uphill or labels, queue and spans
  const int64_t pixels = int64_t{info.width} * info.height;
  run.reserve(std::min<int64_t>(run.threads(), info.slices) * (ForegroundScratch::bytes(pixels) + bytes * pixels),
              "the watershed of an image");
}

// Labels are no intensities.
void Watershed::refuse_intensities(const sheaf_info &info) const {
  const auto refuse = [](const char *what) { throw Error(SHEAF_INVALID, what); };
  if (info.pixel == SHEAF_RGB)
    refuse("foreground: labels given, the images are RGB; accepted: 8-bit, 16-bit or 32-bit labels");
  if (foreground_.invert)
    refuse("invert: given with foreground labels, which are neither bright nor dark; leave it out");
  if (foreground_.blur > 0) refuse("blur: given with foreground labels, which cannot be blurred; accepted: 0");
  if (options_.surface == Surface::intensity)
    refuse("surface: intensity given with foreground labels, which have none; accepted: distance");
}

void Watershed::divide_foreground(const Image &image, Mask region, Labels labels, Row &row, const Poll &poll,
                                  const Parallel &parallel) {
  const auto scratch = scratch_.take();
  const Foreground found = find_foreground(image, region, calibration_, foreground_, scratch->foreground,
                                           scratch->values, scratch->mask, poll, parallel);
  row.threshold = found.threshold;
  row.degenerate = found.degenerate;
  const auto mask = view_of<const uint8_t>(scratch->mask);
  for (int y = 0; y < mask.height(); y++)
    std::transform(mask.row(y), mask.row(y) + mask.width(), labels.row(y), [](uint8_t m) { return m != 0; });
  row.objects = Components(labels, Join::foreground, poll, parallel).count();
  // dark objects are divided where they are bright
  if (foreground_.invert && options_.surface == Surface::intensity) scratch->values = -scratch->values;
  divide(mask, view_of<const float>(scratch->values), options_, labels, poll, parallel);
}

void Watershed::divide_objects(const Image &image, Mask region, Labels labels, Row &row, const Poll &poll,
                               const Parallel &parallel) const {
  View<const float> reals;
  visit_intensity(image, [&]<class T>(View<const T> view) {
    if constexpr (std::is_same_v<T, float>) reals = view;
    for (int y = 0; y < view.height(); y++)
      for (int x = 0; x < view.width(); x++) {
        const T p = view(x, y);
        uint32_t &label = labels(x, y);  // of float, any number that is another for another value
        if constexpr (std::is_same_v<T, float>) label = p == 0 || std::isnan(p) ? 0 : std::bit_cast<uint32_t>(p);
        else if constexpr (!std::is_same_v<T, Rgb>) label = p;
      }
  });
  clear_outside(labels, region);
  if (foreground_.fill_holes) fill_holes(labels, region, reals, poll);
  row.threshold = std::numeric_limits<double>::quiet_NaN();
  row.objects = Components(labels, Join::same_label, poll, parallel).count();
  divide_labels(labels, options_, poll, parallel);
}

void Watershed::slice(Run &run, int64_t n) {
  const Poll poll = poll_of(run);
  const Parallel parallel = parallel_of(run);
  const Image image = run.read(n), region = run.mask();
  Output output = run.write(n);
  const auto labels = output.view<uint32_t>();
  Row &row = rows_[static_cast<size_t>(n)];
  row = {};
  if (foreground_.ground == Ground::labels) divide_objects(image, region.view<uint8_t>(), labels, row, poll, parallel);
  else divide_foreground(image, region.view<uint8_t>(), labels, row, poll, parallel);
  const Kept kept = keep_components(labels, region.view<uint8_t>(), keep_, poll, parallel);
  row.regions = relabel(labels, poll, parallel);
  row.pixels = kept.pixels;
  regions_.add(run, n, image, labels, poll);
  output.commit();
}

void Watershed::finish(Run &run) const {
  regions_.finish(run);
  if (!run.wanted("watershed")) return;
  const ImageTable table(run, "watershed", rows_);
  table.numbers("threshold", [](const Row &r) { return r.threshold; });
  table.numbers("objects", [](const Row &r) { return r.objects; });
  table.numbers("regions", [](const Row &r) { return r.regions; });
  table.numbers("area", [&](const Row &r) { return static_cast<double>(r.pixels) * pixel_area_; });
  table.texts("status", [](const Row &r) { return r.degenerate ? "degenerate" : "ok"; });
}

}  // namespace sheaf::segment
