#include "hysteresis.hpp"

#include <algorithm>

#include "common/image_table.hpp"

namespace sheaf::segment {

const char *const Hysteresis::schema = R"json({
  "title": "Hysteresis",
  "menu": "Segmentation",
  "summary": "Finds objects by two thresholds: faint parts count where they are connected to bright ones.",
  "doc": "A pixel above the high level is a seed. Objects are the connected regions of pixels above the low level that have a seed; equal values lie below. With invert, seeds are at or below the low level, and objects at or below the high one. After that, in this order: holes are filled, objects on the border are dropped, small objects are dropped. Every object has a label of its own, from 1 in reading order. Colour goes by the mean of red, green and blue. Every channel of a hyperstack is a collection of its own. What is NaN, and what is outside a region of interest, is background.",
  "references": [
    "J. Canny: A computational approach to edge detection. IEEE Transactions on Pattern Analysis and Machine Intelligence 8(6), 1986.",
    "N. Otsu: A threshold selection method from gray-level histograms. IEEE Transactions on Systems, Man and Cybernetics 9(1), 1979."
  ],
  "since": "1.0.0",
  "inputs": [{"pixel": ["u8", "u16", "f32", "rgb"], "roi": true}],
  "outputs": [)json" SHEAF_REGION_OUTPUTS R"json(, {"name": "mask", "like": 0, "pixel": "u8", "optional": true}],
  "tables": [{"name": "hysteresis", "title": "Hysteresis of %s", "columns": [
    {"name": "Label", "type": "text", "help": "name of the image, or its position"},
    {"name": "low", "type": "number", "help": "the low level, in calibrated units"},
    {"name": "high", "type": "number", "help": "the high level, in calibrated units"},
    {"name": "objects", "type": "number", "help": "labels, after all dropping"},
    {"name": "area", "type": "number", "unit": "unit^2", "help": "of all objects, in squares of the image's unit of length; in pixels if it has none"},
    {"name": "status", "type": "text", "help": "ok; degenerate: too few different values to choose levels"}
  ]}, )json" SHEAF_REGION_TABLE R"json(],
  "rois": true,
  "params": [
    {"key": "method", "type": "choice", "default": "otsu", "group": "Levels", "help": "How the two levels are found.", "choices": [
      {"key": "otsu", "label": "Otsu", "help": "Seeds lie beyond Otsu's threshold; the other level is a fraction of the way to it."},
      {"key": "multi_otsu", "label": "Otsu, three classes", "help": "The two thresholds of greatest variance between three classes."},
      {"key": "percentile", "label": "Percentile", "help": "Given parts of the pixels are beyond the levels."},
      {"key": "manual", "label": "Manual", "help": "Given levels."}]},
    {"key": "low", "type": "number", "default": 0, "when": {"method": "manual"}, "help": "The low level, in calibrated units."},
    {"key": "high", "type": "number", "default": 0, "when": {"method": "manual"}, "help": "The high level, in calibrated units."},
    {"key": "fraction", "type": "number", "default": 0.5, "min": 0, "max": 1, "when": {"method": "otsu"}, "help": "The level of faint parts, from 0: the mean of the background, to 1: Otsu's threshold."},
    {"key": "seeds", "type": "number", "default": 2, "min": 0, "max": 100, "unit": "%", "when": {"method": "percentile"}, "help": "The brightest pixels, or the darkest with invert, that are seeds."},
    {"key": "candidates", "type": "number", "default": 10, "min": 0, "max": 100, "unit": "%", "when": {"method": "percentile"}, "help": "The brightest pixels, or the darkest with invert, that count where they are connected to a seed."},
    {"key": "scope", "type": "choice", "default": "each", "when": {"method": ["otsu", "multi_otsu", "percentile"]}, "help": "Whose histogram decides.", "choices": [
      {"key": "each", "label": "Each image for itself"},
      {"key": "all", "label": "All images of the channel together"}]},
    {"key": "invert", "type": "boolean", "group": "Objects", "help": "Finds dark objects."},
    {"key": "connectivity", "type": "choice", "default": "8", "advanced": true, "help": "Which pixels are neighbours.", "choices": [
      {"key": "8", "label": "8", "help": "Across edges and corners."},
      {"key": "4", "label": "4", "help": "Across edges."}]},
    {"key": "min_size", "type": "integer", "default": 0, "min": 0, "unit": "px", "help": "Objects with fewer pixels are dropped."},
    {"key": "fill_holes", "type": "boolean", "help": "Fills background that is enclosed by objects."},
    {"key": "exclude_border", "type": "boolean", "advanced": true, "help": "Drops objects that touch the border of the image or of the region of interest."},
    {"key": "mask", "type": "boolean", "advanced": true, "help": "Also makes an 8-bit mask, 255 where there is an object."},
    )json" SHEAF_REGION_PARAMS R"json(
  ]
})json";

Hysteresis::Hysteresis(Run &run)
    : automatic_(run.text("method") != "manual"),
      fill_holes_(run.flag("fill_holes")),
      mask_(run.flag("mask") && run.wanted("mask")),
      join_(run.text("connectivity") == "4" ? Join::foreground_edges : Join::foreground),
      keep_{run.flag("exclude_border"), run.integer("min_size")},
      collection_(run.input()),
      values_(run.input()),
      pixel_area_(pixel_area(run.input())),
      regions_(run),
      rows_(static_cast<size_t>(run.input().slices)) {
  options_.dark = run.flag("invert");
  if (automatic_) {
    options_ = {run.choice<LevelRule>("method"), options_.dark, run.number("fraction"), run.number("seeds"),
                run.number("candidates")};
    if (options_.rule == LevelRule::percentile && options_.seeds > options_.candidates)
      throw Error(SHEAF_INVALID, "seeds: " + Json().value(options_.seeds).text() + " given, candidates is " +
                                     Json().value(options_.candidates).text() + "; accepted: candidates or less");
  }
  const sheaf_info info = run.input();
  constexpr int64_t bytes = 28;  // of a pixel: values, and the spans of three passes of components at their most
  run.reserve(std::min<int64_t>(run.threads(), info.slices) * bytes * info.width * info.height, "objects of an image");
  take_levels(run);
}

// Levels that are the same for all images of a channel.
void Hysteresis::take_levels(Run &run) {
  if (!automatic_) {
    const double low = run.number("low"), high = run.number("high");
    if (low > high)
      throw Error(SHEAF_INVALID, "low: " + Json().value(low).text() + " given, high is " + Json().value(high).text() +
                                     "; accepted: high or less");
    const DoubleThreshold levels{values_.level(low), values_.level(high), options_.dark};
    chosen_.assign(static_cast<size_t>(collection_.channels), {levels});
  } else if (run.text("scope") == "all") {
    for (const Histogram &histogram : values_.histograms(run, collection_)) chosen_.push_back(choose(histogram));
  }
}

Hysteresis::Chosen Hysteresis::choose(const Histogram &histogram) const {
  const auto &counts = histogram.counts();
  const auto distinct = std::count_if(counts.begin(), counts.end(), [](int64_t n) { return n > 0; });
  Chosen chosen;
  chosen.degenerate = distinct < 2;
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  chosen.levels = distinct ? choose_levels(histogram, options_) : DoubleThreshold{nan, nan};
  return chosen;
}

template <class T>
Hysteresis::Chosen Hysteresis::levels_of(View<const T> values, Mask mask, int64_t n, Histogram &histogram,
                                         const Poll &poll) const {
  if (!chosen_.empty()) return chosen_[static_cast<size_t>(collection_.channel(n))];
  if constexpr (std::is_same_v<T, float>) histogram.reset<T>(finite_range(values, mask, poll));
  else histogram.reset<T>();
  histogram.add(values, mask, poll);
  return choose(histogram);
}

void Hysteresis::slice(Run &run, int64_t n) {
  const Poll poll = poll_of(run);
  const Parallel parallel = parallel_of(run);
  const Image image = run.read(n), region = run.mask();
  const auto mask = region.view<uint8_t>();
  Output output = run.write(n);
  const auto labels = output.view<uint32_t>();
  Row &row = rows_[static_cast<size_t>(n)];
  row = {};
  const auto scratch = scratch_.take();
  const int width = labels.width(), height = labels.height();
  Kept kept;
  values_.with(image, scratch->values, poll, [&]<class T>(View<const T> values) {
    Chosen chosen = levels_of(values, mask, n, scratch->histogram, poll);
    row.low = values_.calibrated(chosen.levels.low);
    row.high = values_.calibrated(chosen.levels.high);
    row.degenerate = chosen.degenerate;
    if (chosen.degenerate) return;
    Keep seeded = fill_holes_ ? Keep{} : keep_;
    seeded.min_label = 2;
    kept = select(candidates(values, mask, chosen.levels, join_, poll, parallel), width, height, mask, seeded);
    if (!fill_holes_) return;
    draw_components(kept, labels, poll);
    View<const float> reals;
    if constexpr (std::is_same_v<T, float>) reals = values;
    fill_holes(labels, mask, reals, poll);
    kept = select(Components(labels, join_, poll, parallel), width, height, mask, keep_);
  });
  row.objects = kept.count;
  row.pixels = kept.pixels;
  regions_.draw(run, n, image, kept, labels, poll);
  if (mask_) {
    Output binary = run.write(n, 3);
    const auto out = binary.view<uint8_t>();
    for (int y = 0; y < out.height(); y++)
      std::transform(labels.row(y), labels.row(y) + out.width(), out.row(y), [](uint32_t l) { return l ? 255 : 0; });
    binary.commit();
  }
  output.commit();
}

void Hysteresis::finish(Run &run) const {
  regions_.finish(run);
  if (!run.wanted("hysteresis")) return;
  const ImageTable table(run, "hysteresis", rows_);
  table.numbers("low", [](const Row &r) { return r.low; });
  table.numbers("high", [](const Row &r) { return r.high; });
  table.numbers("objects", [](const Row &r) { return r.objects; });
  table.numbers("area", [&](const Row &r) { return static_cast<double>(r.pixels) * pixel_area_; });
  table.texts("status", [](const Row &r) { return r.degenerate ? "degenerate" : "ok"; });
}

}  // namespace sheaf::segment
