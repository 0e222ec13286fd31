#include "grabcut.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "common/image_table.hpp"
#include "common/intensity.hpp"
#include "common/matrix.hpp"
#include "common/wording.hpp"

namespace sheaf::segment {

const char *const GrabCut::schema = R"json({
  "title": "GrabCut",
  "menu": "Segmentation",
  "summary": "Cuts an object out of its background, from a rectangle around it, from strokes, or from both.",
  "doc": "The object lies inside the selection; outside is background. Without a selection, annotations say where both are. In turn, the colours of foreground and background are described by mixtures of Gaussians, and the image is divided at the least cost, which is low where pixels suit their side and where the border follows edges.\n\nAnnotations are a label image of the same size, one for all images or one for each: 1 foreground, 2 background, 3 probably background, 4 probably foreground, 0 nothing is said. 1 and 2 are kept as they are, also against the selection; 3 and 4 are where to begin. The output state is such an image, too, and knows the mixtures as well: given as annotations, it goes on with the division, so that five times one iteration are five iterations. In ImageJ, annotations=overlay and annotations=manager take selections with the names foreground, background, probable_foreground and probable_background.\n\nWith propagate, the base image is divided first and the others follow to both sides: each takes the mixtures of its neighbour and looks for the object within reach of where it was. Every channel of a hyperstack is divided for itself. Values that are no numbers are background.",
  "references": [
    "C. Rother, V. Kolmogorov, A. Blake: \"GrabCut\": interactive foreground extraction using iterated graph cuts. ACM Transactions on Graphics 23(3), 2004.",
    "Y. Boykov, V. Kolmogorov: An experimental comparison of min-cut/max-flow algorithms for energy minimization in vision. IEEE Transactions on Pattern Analysis and Machine Intelligence 26(9), 2004."
  ],
  "since": "1.0.0",
  "inputs": [
    {"name": "image", "pixel": ["u8", "u16", "f32", "rgb"], "roi": true},
    {"name": "annotations", "pixel": ["label"], "optional": true}],
  "outputs": [
    {"name": "labels", "like": 0, "pixel": "label"},
    {"name": "mask", "like": 0, "pixel": "u8", "optional": true},
    {"name": "state", "like": 0, "pixel": "label", "optional": true}],
  "tables": [{"name": "objects", "title": "GrabCut of %s", "columns": [
    {"name": "Label", "type": "text", "help": "name of the image, or its position"},
    {"name": "area", "type": "number", "unit": "px", "help": "pixels of the foreground"},
    {"name": "fraction", "type": "number", "help": "foreground as a part of the image"},
    {"name": "objects", "type": "number", "help": "connected regions of the foreground"},
    {"name": "cuts", "type": "number", "help": "how often the image was divided: fewer than the iterations if nothing changed any more"},
    {"name": "status", "type": "text", "help": "ok; no foreground: the object was not found; no background: all is foreground"}]}],
  "rois": true,
  "params": [
    {"key": "iterations", "type": "integer", "default": 5, "min": 1, "max": 1000, "ui_max": 20, "help": "How often mixtures and cut are renewed."},
    {"key": "components", "type": "integer", "default": 5, "min": 1, "max": 15, "help": "Gaussians in each mixture."},
    {"key": "gamma", "type": "number", "default": 50, "min": 0, "max": 1000, "ui_max": 200, "help": "Weight of the border: greater values give smoother and fewer objects."},
    {"key": "propagate", "type": "boolean", "help": "Follows the object from the base image through the others."},
    {"key": "base", "type": "integer", "default": 1, "min": 1, "in_view": ["image"], "when": {"propagate": true}, "help": "Position of the image that selection and annotations are for."},
    {"key": "reach", "type": "integer", "default": 20, "min": 1, "max": 10000, "ui_max": 100, "unit": "px", "when": {"propagate": true}, "help": "How far the object can move or grow from one image to the next."},
    {"key": "separate", "type": "boolean", "help": "Numbers the connected regions of the foreground; otherwise all have label 1."}
  ]
})json";

namespace {

std::string size_text(const sheaf_info &info) {
  return std::to_string(info.width) + " x " + std::to_string(info.height) + " pixels";
}

// An index that plane vectors take.
size_t at(int64_t i) { return static_cast<size_t>(i); }

// Annotations and states have one code: the seed, and 4 for each Gaussian.
constexpr uint32_t kinds = 4, most_gaussians = 15;
uint32_t code(Seed seed, uint8_t gaussian) { return seed == unknown ? 0 : seed + kinds * gaussian; }
Seed seed_of(uint32_t code) { return static_cast<Seed>(code == 0 ? 0 : (code - 1) % kinds + 1); }
uint8_t gaussian_of(uint32_t code) { return static_cast<uint8_t>(code == 0 ? 0 : (code - 1) / kinds); }

}  // namespace

GrabCut::GrabCut(Run &run)
    : info_(run.input()),
      collection_(info_),
      annotated_(run.wanted("annotations")),
      propagate_(run.flag("propagate")),
      separate_(run.flag("separate")),
      base_(run.integer("base") - 1),
      reach_(static_cast<int>(run.integer("reach"))),
      dims_(info_.pixel == SHEAF_RGB ? 3 : 1),
      rows_(at(info_.slices)) {
  options_.iterations = static_cast<int>(run.integer("iterations"));
  options_.components = static_cast<int>(run.integer("components"));
  options_.gamma = run.number("gamma");
  options_.resumable = run.wanted("state");
  require_there("base", base_ + 1, collection_.positions, "image", "the collection");
  if (annotated_) check_annotations(run);
  const int64_t pixels = int64_t{info_.width} * info_.height;
  constexpr int64_t bytes_per_pixel = 16;  // seeds, components, preferences, masks
  run.reserve(GridCut::bytes(info_.width, info_.height) + pixels * (4 * dims_ + bytes_per_pixel),
              "the graph of an image");
}

void GrabCut::check_annotations(const Run &run) {
  const sheaf_info given = run.input(1);
  if (given.width != info_.width || given.height != info_.height)
    throw Error(SHEAF_INVALID, "annotations: the images are " + size_text(given) + ", those to be divided " +
                                   size_text(info_) + "; both must have one size");
  annotations_ = given.slices;
  if (annotations_ != 1 && annotations_ != info_.slices && annotations_ != collection_.positions)
    throw Error(SHEAF_INVALID, "annotations: " + counted(annotations_, "image") + " given, needs 1" +
                                   (info_.slices > 1 ? " or " + std::to_string(info_.slices) : ""));
}

void GrabCut::run(Run &run) {
  int64_t done = 0;
  for (int64_t c = 0; c < collection_.channels; c++) {
    Channel channel;
    const auto next = [&](int64_t position, bool base) {
      if (!propagate_) channel = {};
      segment(run, collection_.image(c, position), channel, base);
      run.progress(static_cast<double>(++done) / static_cast<double>(info_.slices), "GrabCut");
    };
    if (!propagate_) {
      for (int64_t p = 0; p < collection_.positions; p++) next(p, true);
      continue;
    }
    next(base_, true);
    const Channel start = channel;
    for (int64_t p = base_ + 1; p < collection_.positions; p++) next(p, false);
    channel = start;
    for (int64_t p = base_ - 1; p >= 0; p--) next(p, false);
  }
  report(run);
}

void GrabCut::segment(Run &run, int64_t n, Channel &channel, bool base) {
  const int64_t pixels = int64_t{info_.width} * info_.height;
  plane_.values.resize(at(pixels * dims_));
  plane_.division.seeds.assign(at(pixels), unknown);
  plane_.division.gaussians.assign(at(pixels), 0);
  read_seeds(run, n, channel, base);
  annotated_seeds_ = plane_.division.seeds;
  read_values(run, n, channel);
  if (base) require_both_sides(n);
  const Samples samples{plane_.values.data(), pixels, dims_};
  rows_[at(n)].cuts =
      iterated_cut(samples, info_.width, plane_.division, options_, channel.models, parallel_of(run), poll_of(run));
  // what was annotated holds where there was no value to learn from, too
  for (size_t i = 0; i < annotated_seeds_.size(); i++)
    if (plane_.division.seeds[i] == outside)
      plane_.division.seeds[i] = annotated_seeds_[i] == foreground ? foreground : background;
  if (propagate_) follow(channel);
  write(run, n);
}

// Values that are no numbers are 0 and outside. 16-bit and 32-bit values are
// brought to 0..255 by the range of the channel's first image.
void GrabCut::read_values(const Run &run, int64_t n, Channel &channel) {
  const Image image = run.read(n);
  visit_intensity(image, [&]<class T>(View<const T> view) {
    if constexpr (std::is_same_v<T, Rgb>) {
      for (int y = 0; y < view.height(); y++) {
        float *to = &plane_.values[at(int64_t{y} * view.width() * 3)];
        for (int x = 0; x < view.width(); x++, to += 3) {
          const Rgb p = view(x, y);
          to[0] = p.r;
          to[1] = p.g;
          to[2] = p.b;
        }
      }
    } else {
      if (!channel.range) {
        double low = 0, high = 255;
        if constexpr (!std::is_same_v<T, uint8_t>) {
          low = std::numeric_limits<double>::infinity();
          high = -low;
          for (int y = 0; y < view.height(); y++)
            for (int x = 0; x < view.width(); x++) {
              const auto v = static_cast<double>(view(x, y));
              if (!std::isfinite(v)) continue;
              low = std::min(low, v);
              high = std::max(high, v);
            }
        }
        channel.range = {low, high};
      }
      const auto [low, high] = *channel.range;
      const double scale = high > low ? 255 / (high - low) : 1;
      for (int y = 0; y < view.height(); y++)
        for (int x = 0; x < view.width(); x++) {
          const size_t i = at(int64_t{y} * view.width() + x);
          const auto v = static_cast<double>(view(x, y));
          const double scaled = (v - low) * scale;
          const bool number = std::isfinite(v) && std::abs(scaled) < 1e9;
          plane_.values[i] = number ? static_cast<float>(scaled) : 0;
          if (!number) plane_.division.seeds[i] = outside;
        }
    }
  });
}

void GrabCut::read_seeds(const Run &run, int64_t n, const Channel &channel, bool base) {
  auto &seeds = plane_.division.seeds;
  const int64_t width = info_.width;
  bool sides[5] = {};  // which annotations there are
  if (annotated_ && (base || annotations_ > 1)) {
    const int64_t at_image = annotations_ == 1 ? 0 : annotations_ == info_.slices ? n : n / collection_.channels;
    const Image image = run.read(at_image, 1);
    const auto view = image.view<uint32_t>();
    for (int y = 0; y < view.height(); y++)
      for (int x = 0; x < view.width(); x++) {
        const uint32_t label = view(x, y);
        if (label > kinds * (most_gaussians + 1))
          throw Error(SHEAF_INVALID, "annotations: label " + std::to_string(label) + " at " + std::to_string(x) + "," +
                                         std::to_string(y) + " of image " + std::to_string(at_image + 1) +
                                         "; accepted: 0 nothing said, 1 foreground, 2 background, 3 probable " +
                                         "background, 4 probable foreground, up to 64 in a state");
        const size_t i = at(y * width + x);
        seeds[i] = seed_of(label);
        plane_.division.gaussians[i] = gaussian_of(label);
        sides[seeds[i]] = true;
      }
  }
  if (!base) {
    if (!channel.allowed.empty())
      for (size_t i = 0; i < seeds.size(); i++)
        if (seeds[i] == unknown && !channel.allowed[i]) seeds[i] = background;
    return;
  }
  const Image region = run.mask();
  const auto mask = region.view<uint8_t>();
  const bool fore = sides[foreground] || sides[probable_foreground];
  const bool back = sides[background] || sides[probable_background];
  if (!mask && !fore && !back)
    throw Error(SHEAF_INVALID, "selection: none given, and image " + std::to_string(n + 1) +
                                   " has no annotations; draw a rectangle around the object, or annotate it");
  for (int y = 0; y < info_.height; y++)
    for (int x = 0; x < info_.width; x++) {
      Seed &seed = seeds[at(y * width + x)];
      if (seed != unknown) continue;
      // Strokes of both sides describe the colours; what lies between waits
      // for the first cut. Those of one side leave the rest to the other.
      if (mask) seed = mask(x, y) ? probable_foreground : background;
      else if (!back) seed = probable_background;
      else if (!fore) seed = probable_foreground;
    }
}

void GrabCut::require_both_sides(int64_t n) const {
  const auto &seeds = plane_.division.seeds;
  const auto any = [&](Seed a, Seed b) {
    return std::any_of(seeds.begin(), seeds.end(), [=](Seed s) { return s == a || s == b; });
  };
  const std::string image = "image " + std::to_string(n + 1);
  if (std::all_of(seeds.begin(), seeds.end(), [](Seed s) { return s == outside; }))
    throw Error(SHEAF_INVALID, image + " has no pixel whose value is a number");
  // a division that goes on may have lost one of them
  const auto &gaussians = plane_.division.gaussians;
  if (std::any_of(gaussians.begin(), gaussians.end(), [](uint8_t g) { return g > 0; })) return;
  if (!any(background, probable_background))
    throw Error(SHEAF_INVALID, "selection: it covers all of " + image +
                                   " and no background is annotated; draw it so that background is left outside");
  if (!any(foreground, probable_foreground))
    throw Error(SHEAF_INVALID, "annotations: all of " + image + " is background; leave pixels that may be foreground");
}

// In the next image the object is within reach of where it is now; if it is
// nowhere, of where it was last.
void GrabCut::follow(Channel &channel) const {
  const size_t pixels = plane_.division.seeds.size();
  cv::Mat background(info_.height, info_.width, CV_8U), distance;
  for (size_t i = 0; i < pixels; i++) background.data[i] = plane_.division.is_foreground(i) ? 0 : 255;
  if (cv::countNonZero(background) == background.size().area()) return;
  cv::distanceTransform(background, distance, cv::DIST_L2, cv::DIST_MASK_PRECISE);
  channel.allowed.resize(pixels);
  std::transform(distance.begin<float>(), distance.end<float>(), channel.allowed.begin(),
                 [&](float d) { return d <= static_cast<float>(reach_); });
}

void GrabCut::write(Run &run, int64_t n) {
  const Poll poll = poll_of(run);
  Output output = run.write(n);
  const auto labels = output.view<uint32_t>();
  for (int y = 0; y < labels.height(); y++)
    for (int x = 0; x < labels.width(); x++)
      labels(x, y) = plane_.division.is_foreground(at(int64_t{y} * labels.width() + x));
  if (run.wanted("state")) write_state(run, n);
  if (run.wanted("mask")) {
    Output mask = run.write(n, 1);
    const auto out = mask.view<uint8_t>();
    for (int y = 0; y < out.height(); y++)
      std::transform(labels.row(y), labels.row(y) + out.width(), out.row(y), [](uint32_t l) { return l ? 255 : 0; });
    mask.commit();
  }
  const Kept kept = keep_components(labels, {}, {}, poll);
  Row &row = rows_[at(n)];
  row.foreground = static_cast<double>(kept.pixels);
  row.objects = static_cast<double>(kept.count);
  if (kept.pixels == 0) row.status = "no foreground";
  else if (kept.pixels == labels.size()) row.status = "no background";
  if (separate_)
    for (const Span &s : kept.components.spans())
      std::fill(labels.row(s.y) + s.begin, labels.row(s.y) + s.end,
                static_cast<uint32_t>(kept.numbers[at(s.component)] + 1));
  if (run.wanted("rois")) {
    int number = 0;
    for (const Outline &o : outlines(kept, labels.width(), labels.height(), poll)) {
      const std::string name = "Object-" + std::to_string(++number);
      sheaf_roi roi{};
      roi.kind = SHEAF_ROI_POLYGON;
      roi.slice = n;
      roi.xy = o.xy.data();
      roi.points = static_cast<int64_t>(o.xy.size() / 2);
      roi.ring_ends = o.ring_ends.data();
      roi.rings = static_cast<int32_t>(o.ring_ends.size());
      roi.label = separate_ ? static_cast<uint32_t>(number) : 1;
      roi.score = std::numeric_limits<double>::quiet_NaN();
      roi.name = name.c_str();
      run.roi(roi);
    }
  }
  output.commit();
}

void GrabCut::write_state(Run &run, int64_t n) const {
  Output output = run.write(n, 2);
  const auto state = output.view<uint32_t>();
  for (int y = 0; y < state.height(); y++)
    for (int x = 0; x < state.width(); x++) {
      const size_t i = at(int64_t{y} * state.width() + x);
      state(x, y) = code(plane_.division.seeds[i], plane_.division.gaussians[i]);
    }
  output.commit();
}

void GrabCut::report(const Run &run) const {
  if (!run.wanted("objects")) return;
  const double pixels = static_cast<double>(info_.width) * info_.height;
  const ImageTable table(run, "objects", rows_);
  table.numbers("area", [](const Row &r) { return r.foreground; });
  table.numbers("fraction", [&](const Row &r) { return r.foreground / pixels; });
  table.numbers("objects", [](const Row &r) { return r.objects; });
  table.numbers("cuts", [](const Row &r) { return r.cuts; });
  table.texts("status", [](const Row &r) { return r.status; });
}

}  // namespace sheaf::segment
