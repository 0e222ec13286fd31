#include "background.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/copy.hpp"
#include "common/image_table.hpp"
#include "levels.hpp"

namespace sheaf::equalize {

const char *const Background::schema = R"json({
  "title": "Subtract Background",
  "menu": "Equalization",
  "summary": "Takes the background, which changes slowly, out of every image.",
  "doc": "The background is found in each image for itself: by a morphological opening, which removes everything bright that the shape does not fit into (for a light background by a closing, which removes what is dark), or as the mean weighted by a large Gaussian. It is subtracted, or the image is divided by it and keeps its brightness; of colour, red, green and blue each have their own. What exceeds the range of the type is cut off, 32-bit values are not. NaN and infinite pixels do not count and stay. ImageJ's own Process>Subtract Background rolls a ball instead.",
  "references": [
    "J. Serra: Image analysis and mathematical morphology. Academic Press, 1982."
  ],
  "since": "1.0.0",
  "inputs": [{"pixel": ["u8", "u16", "f32", "rgb"]}],
  "outputs": [
    {"name": "subtracted", "like": 0},
    {"name": "background", "like": 0, "optional": true}],
  "tables": [{"name": "backgrounds", "title": "Background of %s", "columns": [
    {"name": "Label", "type": "text", "help": "name of the image, or its position"},
    {"name": "mean", "type": "number", "help": "of the background, in calibrated levels; of all components of colour"},
    {"name": "least", "type": "number"},
    {"name": "greatest", "type": "number"},
    {"name": "clipped", "type": "number", "help": "fraction of the pixels cut off at the end of the type's range"},
    {"name": "status", "type": "text", "help": "ok, or degenerate: no background above 0 everywhere to divide by, the image is unchanged"}
  ]}],
  "params": [
    {"key": "method", "type": "choice", "default": "opening", "help": "What the background is.", "choices": [
      {"key": "opening", "label": "Morphological opening", "help": "For objects on a background, whatever their number."},
      {"key": "gaussian", "label": "Large Gaussian", "help": "For few or faint objects; takes away a part of large ones."}]},
    {"key": "shape", "type": "choice", "default": "disk", "when": {"method": "opening"}, "help": "What has to fit into the background.", "choices": [
      {"key": "disk", "label": "Disk"},
      {"key": "square", "label": "Square", "help": "Fast for any radius."}]},
    {"key": "radius", "type": "integer", "default": 50, "min": 1, "max": 1000, "ui_max": 200, "unit": "px", "when": {"method": "opening"}, "help": "Of the disk, or half a side of the square: larger than the objects' half width."},
    {"key": "sigma", "type": "number", "default": 50, "min": 0.5, "max": 1000, "ui_max": 200, "digits": 1, "unit": "px", "when": {"method": "gaussian"}, "help": "Standard deviation of the Gaussian: larger than the objects."},
    {"key": "mode", "type": "choice", "default": "subtract", "help": "How it is taken out.", "choices": [
      {"key": "subtract", "label": "Subtract", "help": "A glow that adds to the image."},
      {"key": "divide", "label": "Divide", "help": "Uneven light or sensitivity."}]},
    {"key": "light_background", "type": "boolean", "help": "Objects are darker than the background. Subtracted, it becomes the greatest value of 8-bit, 16-bit and colour images."}
  ]
})json";

namespace {

template <class T>
constexpr int colours = std::is_same_v<T, Rgb> ? 3 : 1;

template <class T>
float component(const T &pixel, int c) {
  if constexpr (std::is_same_v<T, Rgb>) return c == 0 ? pixel.r : c == 1 ? pixel.g : pixel.b;
  else return static_cast<float>(pixel);
}

template <class T>
void set_component(T &pixel, int c, float v) {
  if constexpr (std::is_same_v<T, Rgb>) (c == 0 ? pixel.r : c == 1 ? pixel.g : pixel.b) = to_level<uint8_t>(v);
  else if constexpr (std::is_same_v<T, float>) pixel = v;
  else pixel = to_level<T>(v);
}

template <class T>
using Level = std::conditional_t<std::is_same_v<T, Rgb>, uint8_t, T>;

// What is added to the difference from the background: a light one becomes white, which is level 0 where larger levels
// mean smaller calibrated ones.
template <class T>
double level_of_background(bool light, bool falling, double zero) {
  if constexpr (std::is_same_v<T, float>) return zero;
  else return !light ? zero : falling ? 0 : std::numeric_limits<Level<T>>::max();
}

}  // namespace

Background::Background(Run &run)
    : method_(run.choice<Method>("method")),
      sigma_(run.number("sigma")),
      radius_(static_cast<int>(run.integer("radius"))),
      divide_(run.text("mode") == "divide"),
      light_(run.flag("light_background")),
      table_wanted_(run.wanted("backgrounds")),
      background_wanted_(run.preview() < 0 && run.wanted("background")),
      calibration_(run.input()) {
  const sheaf_info info = run.input();
  falling_ = calibration_.scale < 0;
  shape_ = run.text("shape") == "disk" ? Shape::disk : Shape::square;
  zero_ = calibration_.pixel(0);
  if (info.pixel == SHEAF_RGB) zero_ = 0;
  else if (info.pixel != SHEAF_F32) zero_ = std::clamp(zero_, 0.0, info.pixel == SHEAF_U8 ? 255.0 : 65535.0);
  rows_.resize(static_cast<size_t>(info.slices));
  const int64_t pixels = int64_t{info.width} * info.height;
  const int64_t reach = method_ == Method::gaussian ? static_cast<int64_t>(4 * sigma_ + 1) : radius_;
  const int64_t planes = (info.pixel == SHEAF_RGB ? 3 : 1) + 2;
  run.reserve(run.threads() * int64_t{sizeof(float)} * (planes * pixels + 64 * (info.width + info.height + 2 * reach)),
              "finding the background in floating point");
}

template <class T>
void Background::find(View<const T> in, Row &row, Scratch &scratch, const Parallel &parallel, const Poll &poll) const {
  const int width = in.width(), height = in.height();
  const std::ptrdiff_t bytes = width * std::ptrdiff_t{sizeof(float)};
  // a closing is the opening of the negative; bright and dark are those of calibrated levels
  const float sign = method_ == Method::opening && light_ != falling_ ? -1.0f : 1.0f;
  scratch.plane.resize(static_cast<size_t>(in.size()));
  double total = 0;
  row.least = std::numeric_limits<double>::infinity(), row.greatest = -row.least;
  for (int c = 0; c < colours<T>; c++) {
    auto &background = scratch.background[c];
    background.resize(scratch.plane.size());
    float *to = scratch.plane.data();
    for (int y = 0; y < height; y++)
      for (int x = 0; x < width; x++) *to++ = sign * component(in(x, y), c);
    poll();
    const View<const float> from(scratch.plane.data(), width, height, bytes);
    const View<float> out(background.data(), width, height, bytes);
    if (method_ == Method::opening) opening(from, out, shape_, radius_, parallel, poll);
    else gaussian_backdrop(from, out, sigma_, parallel, poll);
    double sum = 0, least = std::numeric_limits<double>::infinity(), greatest = -least;
    int64_t count = 0;
    for (size_t i = 0; i < background.size(); i++) {
      if (sign < 0) background[i] = -background[i];
      if (!std::isfinite(scratch.plane[i])) continue;
      const double v = background[i];
      sum += v, count++;
      least = std::min(least, v), greatest = std::max(greatest, v);
    }
    if (count == 0) least = greatest = std::numeric_limits<double>::quiet_NaN();
    scratch.mean[c] = sum / static_cast<double>(count);
    scratch.nearest[c] = falling_ ? greatest : least;
    total += scratch.mean[c];
    row.least = count > 0 ? std::min(row.least, least) : least;
    row.greatest = count > 0 ? std::max(row.greatest, greatest) : greatest;
    poll();
  }
  row.mean = total / colours<T>;
}

template <class T>
void Background::take_out(View<const T> in, View<T> out, Row &row, const Scratch &scratch, const Poll &poll) const {
  for (int c = 0; divide_ && c < colours<T>; c++) {
    const double up = falling_ ? -1 : 1, mean = up * (scratch.mean[c] - zero_);
    if (mean > 0 && up * (scratch.nearest[c] - zero_) > 1e-3 * mean) continue;
    row.status = "degenerate";
    return copy(in, out, poll);
  }
  const double base = level_of_background<T>(light_, falling_, zero_);
  const int width = in.width(), pause = 1 + rows_between_polls(width) / 8;
  int64_t clipped = 0;
  for (int y = 0; y < in.height(); y++) {
    for (int x = 0; x < width; x++) {
      T pixel = in(x, y);
      bool cut = false;
      for (int c = 0; c < colours<T>; c++) {
        const double v = component(pixel, c);
        if (!std::isfinite(v)) continue;
        const double b =
            scratch.background[c][static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x)];
        const auto result = static_cast<float>(divide_ ? zero_ + (v - zero_) / (b - zero_) * (scratch.mean[c] - zero_)
                                                       : base + (v - b));
        if constexpr (!std::is_same_v<T, float>) cut |= beyond_levels<Level<T>>(result);
        set_component(pixel, c, result);
      }
      clipped += cut;
      out(x, y) = pixel;
    }
    if (y % pause == pause - 1) poll();
  }
  row.clipped = static_cast<double>(clipped) / static_cast<double>(in.size());
}

void Background::slice(Run &run, int64_t n) {
  const Poll poll = poll_of(run);
  const Image image = run.read(n);
  Output output = run.write(n);
  const auto scratch = scratch_.take();
  Row &row = rows_[static_cast<size_t>(n)];
  visit_intensity(image, [&]<class T>(View<const T> view) {
    find(view, row, *scratch, parallel_of(run), poll);
    take_out(view, output.view<T>(), row, *scratch, poll);
    if (!background_wanted_) return;
    Output second = run.write(n, 1);
    const auto out = second.view<T>();
    for (int y = 0; y < view.height(); y++)
      for (int x = 0; x < view.width(); x++) {
        T pixel = view(x, y);
        for (int c = 0; c < colours<T>; c++)
          if (std::isfinite(component(pixel, c)))
            set_component(pixel, c, scratch->background[c][static_cast<size_t>(int64_t{y} * view.width() + x)]);
        out(x, y) = pixel;
      }
    second.commit();
  });
  output.commit();
}

void Background::finish(Run &run) const {
  if (!table_wanted_) return;
  const ImageTable table(run, "backgrounds", rows_);
  table.numbers("mean", [&](const Row &r) { return calibration_.value(r.mean); });
  table.numbers("least", [&](const Row &r) { return calibration_.value(falling_ ? r.greatest : r.least); });
  table.numbers("greatest", [&](const Row &r) { return calibration_.value(falling_ ? r.least : r.greatest); });
  table.numbers("clipped", [](const Row &r) { return r.clipped; });
  table.texts("status", [](const Row &r) { return r.status; });
}

}  // namespace sheaf::equalize
