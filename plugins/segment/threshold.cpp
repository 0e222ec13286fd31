#include "threshold.hpp"

#include <algorithm>
#include <cmath>

#include "classify.hpp"
#include "common/image_table.hpp"
#include "common/wording.hpp"
#include "regions.hpp"

namespace sheaf::segment {

const char *const Threshold::schema = R"json({
  "title": "Threshold",
  "summary": "Divides images into background and one or several classes of pixels by their values.",
  "doc": "A pixel is above a threshold if its value is greater; equal values lie below. Labels are the numbers of the classes, 0 is background. After that, in this order: holes are filled, objects on the border are dropped, small objects are dropped. An object is a connected region of one class; pixels connect across corners. Colour is thresholded by the mean of red, green and blue. Every channel of a hyperstack is a collection of its own. Outside a region of interest everything is background.",
  "references": [
    "N. Otsu: A threshold selection method from gray-level histograms. IEEE Transactions on Systems, Man and Cybernetics 9(1), 1979.",
    "C. H. Li, P. K. S. Tam: An iterative algorithm for minimum cross entropy thresholding. Pattern Recognition Letters 18(8), 1998.",
    "J. C. Yen, F. J. Chang, S. Chang: A new criterion for automatic multilevel thresholding. IEEE Transactions on Image Processing 4(3), 1995.",
    "G. W. Zack, W. E. Rogers, S. A. Latt: Automatic measurement of sister chromatid exchange frequency. Journal of Histochemistry and Cytochemistry 25(7), 1977.",
    "T. W. Ridler, S. Calvard: Picture thresholding using an iterative selection method. IEEE Transactions on Systems, Man and Cybernetics 8(8), 1978."
  ],
  "since": "1.0.0",
  "inputs": [{"pixel": ["u8", "u16", "f32", "rgb"], "roi": true}],
  "outputs": [
    {"name": "labels", "like": 0, "pixel": "label"},
    {"name": "mask", "like": 0, "pixel": "u8", "optional": true}
  ],
  "tables": [{"name": "thresholds", "title": "Threshold of %s", "columns": [
    {"name": "Label", "type": "text", "help": "name of the image, or its position"},
    {"name": "threshold", "type": "number", "help": "the only or lowest threshold, in calibrated units; the mean of the local thresholds of an adaptive method"},
    {"name": "area", "type": "number", "unit": "unit^2", "help": "foreground, in squares of the image's unit of length; in pixels if it has none"},
    {"name": "fraction", "type": "number", "help": "foreground as a part of the image, or of the region of interest"},
    {"name": "objects", "type": "number", "help": "connected regions of one class"},
    {"name": "status", "type": "text", "help": "ok; degenerate: too few different values to choose a threshold"},
    {"name": "threshold_2", "type": "number", "help": "the second threshold, where there are several"},
    {"name": "threshold_3", "type": "number"},
    {"name": "threshold_4", "type": "number"},
    {"name": "threshold_5", "type": "number"},
    {"name": "threshold_6", "type": "number"},
    {"name": "threshold_7", "type": "number", "help": "levels beyond the seventh are those that were given, and are not repeated"}
  ]}],
  "rois": true,
  "params": [
    {"key": "method", "type": "choice", "default": "otsu", "help": "How the thresholds are found.", "choices": [
      {"key": "otsu", "label": "Otsu", "help": "Greatest variance between two classes."},
      {"key": "multi_otsu", "label": "Otsu, several classes", "help": "Greatest variance between several classes."},
      {"key": "manual", "label": "Window", "help": "Two levels; what lies between them, both included, is foreground."},
      {"key": "levels", "label": "Levels", "help": "Given levels; the class is the number of levels below the value."},
      {"key": "li", "label": "Li", "help": "Least cross entropy."},
      {"key": "yen", "label": "Yen", "help": "Greatest entropic correlation."},
      {"key": "triangle", "label": "Triangle", "help": "Farthest from the line between the peak and the end of the longer tail."},
      {"key": "isodata", "label": "IsoData", "help": "Midway between the means on both sides."},
      {"key": "hysteresis", "label": "Hysteresis", "help": "Above the low level and connected to a pixel above the high level."},
      {"key": "adaptive_mean", "label": "Adaptive, mean", "help": "Above the mean of the neighbourhood less the offset."},
      {"key": "adaptive_gaussian", "label": "Adaptive, Gaussian", "help": "The same with Gaussian weights."}]},
    {"key": "classes", "type": "integer", "default": 3, "min": 2, "max": 8, "when": {"method": "multi_otsu"}, "help": "Number of classes, the background included."},
    {"key": "levels", "type": "numbers", "default": [], "count": [1, 255], "when": {"method": ["manual", "levels", "hysteresis"]}, "help": "Ascending levels in calibrated units; two for a window and for hysteresis."},
    {"key": "scope", "type": "choice", "default": "each", "when": {"method": ["otsu", "multi_otsu", "li", "yen", "triangle", "isodata"]}, "help": "Whose histogram decides.", "choices": [
      {"key": "each", "label": "Each image for itself"},
      {"key": "all", "label": "All images of the channel together"}]},
    {"key": "block", "type": "integer", "default": 31, "min": 3, "max": 1023, "step": 2, "unit": "px", "when": {"method": ["adaptive_mean", "adaptive_gaussian"]}, "help": "Side of the neighbourhood, an odd number."},
    {"key": "offset", "type": "number", "default": 0, "when": {"method": ["adaptive_mean", "adaptive_gaussian"]}, "help": "Taken from the local mean, in calibrated units."},
    {"key": "min_size", "type": "integer", "default": 0, "min": 0, "unit": "px", "help": "Objects with fewer pixels are dropped."},
    {"key": "fill_holes", "type": "boolean", "help": "Fills background that is enclosed by foreground."},
    {"key": "exclude_border", "type": "boolean", "help": "Drops objects that touch the border of the image or of the region of interest."},
    {"key": "invert", "type": "boolean", "help": "Takes dark for foreground: the order of the classes is reversed."},
    {"key": "mask", "type": "boolean", "help": "Also makes an 8-bit mask, 255 where there is foreground."}
  ]
})json";

namespace {

constexpr size_t shown_thresholds = 7;  // columns of the table

std::string list_text(std::span<const double> values) {
  std::string text;
  for (const double v : values) text += (text.empty() ? "" : ",") + Json().value(v).text();
  return "[" + text + "]";
}

template <class T>
bool is_nan(T v) {
  return v != v;
}

// Whether there is anything to threshold.
template <class T>
bool any_number(View<const T> values, Mask mask) {
  for (int y = 0; y < values.height(); y++)
    for (int x = 0; x < values.width(); x++)
      if ((!mask || mask(x, y)) && std::isfinite(static_cast<double>(values(x, y)))) return true;
  return false;
}

template <class T>
void swap_foreground(View<const T> values, Mask mask, Labels labels, const Poll &poll) {
  const int pause = rows_between_polls(labels.width());
  for (int y = 0; y < labels.height(); y++) {
    for (int x = 0; x < labels.width(); x++)
      labels(x, y) = labels(x, y) == 0 && (!mask || mask(x, y)) && !is_nan(values(x, y));
    if (y % pause == pause - 1) poll();
  }
}

int64_t inside_of(const Image &image, Mask mask) {
  if (!mask) return int64_t{image.width()} * image.height();
  int64_t count = 0;
  for (int y = 0; y < mask.height(); y++)
    count += mask.width() - std::count(mask.row(y), mask.row(y) + mask.width(), 0);
  return count;
}

}  // namespace

Threshold::Threshold(Run &run)
    : method_(run.choice<Method>("method")),
      classes_(static_cast<int>(run.integer("classes"))),
      block_(static_cast<int>(run.integer("block"))),
      offset_(run.number("offset")),
      all_(run.text("scope") == "all"),
      fill_holes_(run.flag("fill_holes")),
      invert_(run.flag("invert")),
      mask_(run.flag("mask") && run.wanted("mask")),
      keep_{run.flag("exclude_border"), run.integer("min_size")},
      collection_(run.input()),
      values_(run.input()),
      pixel_area_(pixel_area(run.input())),
      table_wanted_(run.wanted("thresholds")),
      rois_wanted_(run.wanted("rois")) {
  const sheaf_info info = run.input();
  rows_.resize(static_cast<size_t>(collection_.size()));
  if (adaptive()) {
    if (block_ % 2 == 0)
      throw Error(SHEAF_INVALID, "block: " + std::to_string(block_) + " given, needs an odd number from 3 to 1023");
    run.reserve(run.threads() * LocalScratch::bytes(int64_t{info.width} * info.height), "local means of an image");
  }
  take_levels(run);
  if (automatic() && all_)
    for (const Histogram &histogram : values_.histograms(run, collection_)) levels_.push_back(choose(histogram));
}

bool Threshold::automatic() const {
  return !adaptive() && method_ != Method::manual && method_ != Method::levels && method_ != Method::hysteresis;
}

// Levels that the user gives, the same for all images.
void Threshold::take_levels(Run &run) {
  const bool two = method_ == Method::manual || method_ == Method::hysteresis;
  if (!two && method_ != Method::levels) return;
  const auto given = run.numbers("levels");
  if (two && given.size() != 2)
    throw Error(SHEAF_INVALID, "levels: " + counted(std::ssize(given), "number") + " given, method " +
                                   run.text("method") + " needs two: [low,high]");
  if (given.empty()) throw Error(SHEAF_INVALID, "levels: none given, method levels needs one or more");
  for (size_t i = 1; i < given.size(); i++)
    if (!(given[i - 1] < given[i]))
      throw Error(SHEAF_INVALID, "levels: " + list_text(given) + " given, needs ascending numbers, each once");
  Levels levels;
  for (const double v : given) {
    levels.shown.push_back(v);
    levels.pixel.push_back(values_.level(v));
  }
  levels_.assign(static_cast<size_t>(collection_.channels), levels);
}

Threshold::Levels Threshold::choose(const Histogram &histogram) const {
  const auto &counts = histogram.counts();
  const auto distinct = std::count_if(counts.begin(), counts.end(), [](int64_t n) { return n > 0; });
  const int needed = method_ == Method::multi_otsu ? classes_ : 2;
  Levels levels;
  levels.degenerate = distinct < needed;
  levels.blank = distinct < 2;
  if (distinct == 0) {
    levels.pixel.assign(static_cast<size_t>(needed) - 1, std::numeric_limits<double>::quiet_NaN());
  } else if (method_ == Method::multi_otsu) {
    for (const int64_t bin : multi_otsu(counts, classes_))
      levels.pixel.push_back(histogram.top(static_cast<size_t>(bin)));
  } else {
    Rule rule = Rule::otsu;
    if (method_ == Method::li) rule = Rule::li;
    if (method_ == Method::yen) rule = Rule::yen;
    if (method_ == Method::triangle) rule = Rule::triangle;
    if (method_ == Method::isodata) rule = Rule::isodata;
    levels.pixel.push_back(histogram.top(static_cast<size_t>(automatic_threshold(rule, counts))));
  }
  for (const double p : levels.pixel) levels.shown.push_back(values_.calibrated(p));
  return levels;
}

template <class T>
void Threshold::label_adaptively(View<const T> values, Mask mask, Labels labels, Scratch &scratch, Row &row,
                                 const Poll &poll) const {
  const Window window = method_ == Method::adaptive_mean ? Window::box : Window::gaussian;
  local_mean(values, mask, window, block_, scratch.local, poll);
  const double offset = values_.difference(offset_);
  constexpr double rounding = 1e-9;  // of the mean: on flat ground a pixel is not above it
  const int pause = rows_between_polls(values.width());
  double sum = 0;
  int64_t count = 0;
  for (int y = 0; y < values.height(); y++) {
    if (y % pause == pause - 1) poll();
    const double *mean = scratch.local.mean.ptr<double>(y);
    for (int x = 0; x < values.width(); x++) {
      const double v = values(x, y);
      const bool counts = (!mask || mask(x, y)) && !std::isnan(v);
      labels(x, y) = counts && (v - (mean[x] - offset) > rounding * std::abs(mean[x])) != invert_;
      if (!counts || !std::isfinite(mean[x])) continue;
      sum += mean[x] - offset;
      count++;
    }
  }
  row.degenerate = count == 0;
  row.thresholds = {values_.calibrated(sum / static_cast<double>(count))};
}

template <class T>
void Threshold::label(View<const T> values, Mask mask, Labels labels, int64_t n, Scratch &scratch, Row &row,
                      const Poll &poll, const Parallel &parallel) {
  if (adaptive()) {
    label_adaptively(values, mask, labels, scratch, row, poll);
  } else {
    Levels levels;
    if (!levels_.empty()) {
      levels = levels_[static_cast<size_t>(collection_.channel(n))];
    } else {
      if constexpr (std::is_same_v<T, float>) scratch.histogram.template reset<T>(finite_range(values, mask, poll));
      else scratch.histogram.template reset<T>();
      scratch.histogram.add(values, mask, poll);
      levels = choose(scratch.histogram);
    }
    row.thresholds = levels.shown;
    row.degenerate = levels.degenerate || !any_number(values, mask);
    const bool window = method_ == Method::manual, seeds = method_ == Method::hysteresis;
    if (levels.blank) {
      for (int y = 0; y < labels.height(); y++) std::fill_n(labels.row(y), labels.width(), 0);
    } else {
      Classifier(levels.pixel, window, invert_ && !seeds).apply(values, mask, labels, poll, parallel);
    }
    if (seeds) {
      keep_seeded(labels, Join::foreground, poll);
      if (invert_) swap_foreground(values, mask, labels, poll);
    }
  }
  View<const float> reals;
  if constexpr (std::is_same_v<T, float>) reals = values;
  if (fill_holes_) fill_holes(labels, mask, reals, poll);
}

void Threshold::slice(Run &run, int64_t n) {
  const Poll poll = poll_of(run);
  const Parallel parallel = parallel_of(run);
  const Image image = run.read(n), region = run.mask();
  const auto mask = region.view<uint8_t>();
  Output output = run.write(n);
  const auto labels = output.view<uint32_t>();
  Row &row = rows_[static_cast<size_t>(n)];
  row.inside = inside_of(image, mask);
  {
    const auto scratch = scratch_.take();
    values_.with(image, scratch->values, poll,
                 [&](auto values) { label(values, mask, labels, n, *scratch, row, poll, parallel); });
  }
  if (table_wanted_ || rois_wanted_ || keep_.exclude_border || keep_.min_size > 0) {
    const Kept kept = keep_components(labels, mask, keep_, poll, parallel);
    row.objects = kept.count;
    row.pixels = kept.pixels;
    if (rois_wanted_ && run.preview() < 0) row.outlines = outlines(kept, labels.width(), labels.height(), poll);
  }
  if (mask_) {
    Output binary = run.write(n, 1);
    const auto out = binary.view<uint8_t>();
    for (int y = 0; y < out.height(); y++)
      std::transform(labels.row(y), labels.row(y) + out.width(), out.row(y), [](uint32_t l) { return l ? 255 : 0; });
    binary.commit();
  }
  output.commit();
}

void Threshold::finish(Run &run) const {
  for (size_t n = 0; n < rows_.size(); n++) {
    int64_t number = 0;
    for (const Outline &o : rows_[n].outlines) emit_outline(run, n, o, "Object", ++number);
  }
  if (!table_wanted_) return;
  size_t thresholds = 1;
  for (const Row &r : rows_) thresholds = std::max(thresholds, std::min(shown_thresholds, r.thresholds.size()));
  const ImageTable table(run, "thresholds", rows_);
  table.numbers("threshold", [](const Row &r) { return r.thresholds[0]; });
  table.numbers("area", [&](const Row &r) { return static_cast<double>(r.pixels) * pixel_area_; });
  table.numbers("fraction", [](const Row &r) { return static_cast<double>(r.pixels) / static_cast<double>(r.inside); });
  table.numbers("objects", [](const Row &r) { return r.objects; });
  table.texts("status", [](const Row &r) { return r.degenerate ? "degenerate" : "ok"; });
  for (size_t i = 1; i < thresholds; i++)
    table.numbers("threshold_" + std::to_string(i + 1), [i](const Row &r) { return r.thresholds[i]; });
}

}  // namespace sheaf::segment
