#include "illumination.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "common/copy.hpp"
#include "common/matrix.hpp"
#include "common/wording.hpp"
#include "levels.hpp"

namespace sheaf::equalize {

const char *const Illumination::schema = R"json({
  "title": "Correct Illumination",
  "menu": "Equalization",
  "summary": "Takes uneven illumination, the same in all images of a channel, out of them.",
  "doc": "The illumination is estimated from the images themselves, as the smooth trend of the image that is typical for all of them, or given as a second input: an image of an empty field, or what this command estimated from other images. Pixel values are divided by it (its mean is 1, so the brightness stays) or it is subtracted (its mean is 0). Every channel has its own, of colour every component.",
  "references": [
    "T. R. Jones, A. E. Carpenter, D. M. Sabatini, P. Golland: Methods for high-content, high-throughput image-based cell screening. MIAAB workshop, 2006.",
    "W. S. Cleveland: Robust locally weighted regression and smoothing scatterplots. Journal of the American Statistical Association 74, 1979."
  ],
  "since": "1.0.0",
  "inputs": [
    {"pixel": ["u8", "u16", "f32", "rgb"]},
    {"name": "flat", "pixel": ["u8", "u16", "f32", "rgb"], "optional": true, "when": {"source": "given"}}],
  "outputs": [
    {"name": "corrected", "like": 0},
    {"name": "illumination", "like": 0, "pixel": "f32", "images": "any", "optional": true}],
  "tables": [{"name": "illumination_of_channels", "title": "Illumination of %s", "columns": [
    {"name": "Label", "type": "text", "help": "channel, from 1, and component of colour"},
    {"name": "images", "type": "number", "help": "how many it was estimated from"},
    {"name": "least", "type": "number", "help": "of the illumination; relative to its mean, or the difference from it"},
    {"name": "greatest", "type": "number"},
    {"name": "unevenness", "type": "number", "help": "standard deviation of the illumination"},
    {"name": "clipped", "type": "number", "help": "fraction of the channel's pixels cut off at the end of the type's range"},
    {"name": "status", "type": "text", "help": "ok, or degenerate: no illumination above 0 to divide by, the images are unchanged"}
  ]}],
  "params": [
    {"key": "source", "type": "choice", "default": "estimate", "help": "Where the illumination comes from.", "choices": [
      {"key": "estimate", "label": "Estimate from the images"},
      {"key": "given", "label": "Second input", "help": "One image for all channels, or one for each."}]},
    {"key": "mode", "type": "choice", "default": "divide", "help": "How it is taken out.", "choices": [
      {"key": "divide", "label": "Divide", "help": "Uneven light or sensitivity."},
      {"key": "subtract", "label": "Subtract", "help": "An uneven glow that adds to the image."}]},
    {"key": "typical", "type": "choice", "default": "median", "when": {"source": "estimate"}, "help": "The image whose trend is taken.", "choices": [
      {"key": "median", "label": "Median", "help": "Of the images brought to one level: objects do not count where less than half of the images have one."},
      {"key": "mean", "label": "Mean", "help": "For images full of objects."}]},
    {"key": "smoothing", "type": "choice", "default": "local", "when": {"source": "estimate"}, "help": "What makes it smooth.", "choices": [
      {"key": "local", "label": "Local fit", "help": "Planes fitted by Gaussian weights."},
      {"key": "polynomial", "label": "Polynomial", "help": "For few images."}]},
    {"key": "sigma", "type": "number", "default": 50, "min": 1, "max": 10000, "ui_max": 500, "scale": "log", "unit": "px", "when": {"source": "estimate", "smoothing": "local"}, "help": "Standard deviation of the weights: larger than the objects."},
    {"key": "degree", "type": "integer", "default": 4, "min": 1, "max": 8, "when": {"source": "estimate", "smoothing": "polynomial"}, "help": "Of the polynomial in x and y."},
    {"key": "dark", "type": "number", "default": 0, "when": {"mode": "divide"}, "help": "Calibrated value of a pixel without light: the camera's offset."}
  ]
})json";

namespace {

constexpr int64_t most_images = 1024;

int components_of(sheaf_pixel pixel) { return pixel == SHEAF_RGB ? 3 : 1; }

struct Correction {
  double dark;
  bool subtract;
  float operator()(double v, float field) const {
    return static_cast<float>(subtract ? v - field : dark + (v - dark) / field);
  }
};

template <class T>
T level_of(float v, int64_t &clipped) {
  if constexpr (std::is_same_v<T, float>) {
    return v;
  } else {
    clipped += beyond_levels<T>(v);
    return to_level<T>(v);
  }
}

}  // namespace

Illumination::Illumination(Run &run)
    : collection_(run.input()),
      dark_(Calibration(run.input()).pixel(run.number("dark"))),
      subtract_(run.text("mode") == "subtract"),
      up_(!subtract_ && Calibration(run.input()).scale < 0 ? -1.0f : 1.0f),
      components_(components_of(run.input().pixel)),
      pixels_(int64_t{run.input().width} * run.input().height) {
  const auto fields = static_cast<size_t>(collection_.channels * components_);
  fields_.resize(fields);
  used_.resize(fields);
  clipped_.resize(static_cast<size_t>(collection_.size()));
  run.reserve(static_cast<int64_t>(fields) * pixels_ * 4, "the illumination of each channel");
  if (run.text("source") == "given") take_given(run);
  else estimate(run);
  normalize(run);
  if (run.preview() < 0 && run.wanted("illumination")) {
    sheaf_info info = run.input();
    info.pixel = SHEAF_F32;
    info.channels = static_cast<int32_t>(fields);
    info.depth = info.frames = 1;
    info.slices = info.channels;
    info.flags = 0;
    run.declare(1, info);
  }
}

// Of more than 1024 images, so many evenly spaced ones are taken: memory stays constant.
void Illumination::estimate(Run &run) {
  const sheaf_info info = run.input();
  std::vector<int64_t> images;
  if (run.preview() >= 0) {
    images = collection_.to_measure(true);
  } else {
    const int64_t count = std::min(collection_.positions, std::max<int64_t>(1, most_images / collection_.channels));
    for (int64_t i = 0; i < count; i++)
      for (int64_t c = 0; c < collection_.channels; c++)
        images.push_back(collection_.image(c, i * collection_.positions / count));
  }
  const int across = grid_side(info.width), down = grid_side(info.height);
  run.reserve(static_cast<int64_t>(images.size()) * components_ * across * down * 8, "block means of the images");
  std::vector<std::vector<Grid>> grids(fields_.size());
  const auto positions = images.size() / static_cast<size_t>(collection_.channels);
  for (auto &g : grids) g.resize(positions);
  const double dark = subtract_ ? 0 : dark_;
  std::atomic<int64_t> done{0};
  run.parallel(static_cast<int64_t>(images.size()), [&](int64_t i) {
    const int64_t n = images[static_cast<size_t>(i)];
    const Image image = run.read(n);
    auto means = visit_intensity(image, [&](auto view) { return block_means(view, poll_of(run)); });
    for (size_t k = 0; k < means.size(); k++) {
      for (double &v : means[k].values) v = up_ * (v - dark);
      grids[static_cast<size_t>(collection_.channel(n) * components_) + k]
           [static_cast<size_t>(i / collection_.channels)] = std::move(means[k]);
    }
    run.progress(static_cast<double>(++done) / static_cast<double>(images.size()), "Measuring");
  });
  run.progress(0, "");  // the images themselves begin
  SmoothOptions options;
  options.kind = run.choice<SmoothOptions::Kind>("smoothing");
  options.sigma_x = std::max(0.5, run.number("sigma") * across / info.width);
  options.sigma_y = std::max(0.5, run.number("sigma") * down / info.height);
  options.degree = static_cast<int>(run.integer("degree"));
  const Trend trend = subtract_ ? Trend::difference : Trend::ratio;
  run.parallel(static_cast<int64_t>(fields_.size()), [&](int64_t f) {
    const auto i = static_cast<size_t>(f);
    const Grid typical = typical_image(grids[i], run.choice<Typical>("typical"), trend);
    used_[i] = static_cast<int64_t>(positions);
    if (std::none_of(typical.values.begin(), typical.values.end(), [](double v) { return std::isfinite(v); })) return;
    fields_[i].create(info.height, info.width, CV_32F);
    enlarge(smooth_field(typical, options, poll_of(run)), view_of<float>(fields_[i]), poll_of(run));
  });
}

void Illumination::take_given(Run &run) {
  const sheaf_info info = run.input(), flat = run.input(1);
  if (flat.width != info.width || flat.height != info.height)
    throw Error(SHEAF_INVALID, "flat: " + std::to_string(flat.width) + " x " + std::to_string(flat.height) +
                                   " pixels given, the images have " + std::to_string(info.width) + " x " +
                                   std::to_string(info.height));
  const auto own = components_of(flat.pixel);
  const auto fields = static_cast<int64_t>(fields_.size());
  if (flat.slices != 1 && flat.slices != collection_.channels && !(own == 1 && flat.slices == fields))
    throw Error(SHEAF_INVALID, "flat: " + counted(flat.slices, "image") + " given; accepted: 1" +
                                   (collection_.channels > 1
                                        ? ", or " + std::to_string(collection_.channels) + ": one for each channel"
                                        : std::string()));
  for (int64_t f = 0; f < fields; f++) {
    const int64_t n = flat.slices == 1 ? 0 : flat.slices == fields && own == 1 ? f : f / components_;
    const Image image = run.read(n, 1);
    cv::Mat &field = fields_[static_cast<size_t>(f)];
    field.create(info.height, info.width, CV_32F);
    const Poll poll = poll_of(run);
    const int pause = rows_between_polls(info.width);
    visit_intensity(image, [&]<class T>(View<const T> view) {
      for (int y = 0; y < info.height; y++) {
        float *row = field.ptr<float>(y);
        for (int x = 0; x < info.width; x++) {
          if constexpr (std::is_same_v<T, Rgb>) {
            const Rgb p = view(x, y);
            const float components[] = {static_cast<float>(p.r), static_cast<float>(p.g), static_cast<float>(p.b)};
            row[x] = components_ == 3 ? components[f % 3] : (components[0] + components[1] + components[2]) / 3;
          } else {
            row[x] = static_cast<float>(view(x, y));
          }
          // a field that this operation made is relative already: its dark level is 0
          if (!subtract_ && !std::is_same_v<T, float>) row[x] = up_ * (row[x] - static_cast<float>(dark_));
          if (!std::isfinite(row[x]) || (!subtract_ && !(row[x] > 0)))
            throw Error(SHEAF_INVALID, "flat: the pixel at " + std::to_string(x) + ", " + std::to_string(y) +
                                           " of image " + std::to_string(n + 1) + " has " +
                                           Json().value(row[x]).text() +
                                           " above the dark level; accepted: numbers greater than 0");
        }
        if (y % pause == pause - 1) poll();
      }
    });
  }
}

// Mean 1, or 0. What cannot be divided by is dropped. A field that this operation made has that mean but for rounding and
// stays as it is: given again, it corrects the same images to the same bits.
void Illumination::normalize(Run &run) {
  for (size_t f = 0; f < fields_.size(); f++) {
    cv::Mat &field = fields_[f];
    const double mean = field.empty() ? nan : cv::mean(field)[0];
    double least = 0, greatest = 0;
    if (!field.empty()) cv::minMaxLoc(field, &least, &greatest);
    if (!std::isfinite(mean) || (!subtract_ && !(least > 1e-3 * mean))) {
      field.release();
      run.log(SHEAF_LOG_WARNING, "equalize.illumination: channel " + std::to_string(f / components_ + 1) +
                                     " has no illumination above 0 everywhere, its images are left unchanged");
      continue;
    }
    constexpr double rounding = 1e-6;
    if (std::abs(mean - (subtract_ ? 0 : 1)) < rounding * (subtract_ ? greatest - least : 1)) continue;
    if (subtract_) field -= mean;
    else field *= 1 / mean;
  }
}

void Illumination::slice(Run &run, int64_t n) {
  const Poll poll = poll_of(run);
  const Image image = run.read(n);
  Output output = run.write(n);
  const int64_t channel = collection_.channel(n);
  int64_t &clipped = clipped_[static_cast<size_t>(n)];
  visit_intensity(image, [&]<class T>(View<const T> view) {
    const auto out = output.view<T>();
    for (int c = 0; c < components_; c++)
      if (field(channel, c).empty()) return copy(view, out, poll);
    const Correction correct{dark_, subtract_};
    const int pause = rows_between_polls(view.width());
    for (int y = 0; y < view.height(); y++) {
      const T *in = view.row(y);
      T *to = out.row(y);
      if constexpr (std::is_same_v<T, Rgb>) {
        const float *r = field(channel, 0).template ptr<float>(y), *g = field(channel, 1).template ptr<float>(y),
                    *b = field(channel, 2).template ptr<float>(y);
        for (int x = 0; x < view.width(); x++) {
          int64_t cut = 0;
          to[x] = {level_of<uint8_t>(correct(in[x].b, b[x]), cut), level_of<uint8_t>(correct(in[x].g, g[x]), cut),
                   level_of<uint8_t>(correct(in[x].r, r[x]), cut), in[x].x};
          clipped += cut > 0;
        }
      } else {
        const float *f = field(channel, 0).template ptr<float>(y);
        for (int x = 0; x < view.width(); x++) to[x] = level_of<T>(correct(in[x], f[x]), clipped);
      }
      if (y % pause == pause - 1) poll();
    }
  });
  output.commit();
}

void Illumination::finish(Run &run) const {
  if (run.wanted("illumination"))
    for (size_t f = 0; f < fields_.size(); f++) {
      Output output = run.write(static_cast<int64_t>(f), 1);
      const auto out = output.view<float>();
      for (int y = 0; y < out.height(); y++) {
        if (fields_[f].empty()) std::fill_n(out.row(y), out.width(), subtract_ ? 0.0f : 1.0f);
        else std::copy_n(fields_[f].ptr<float>(y), out.width(), out.row(y));
      }
      output.commit();
    }
  if (!run.wanted("illumination_of_channels")) return;
  std::vector<std::string> labels, statuses;
  std::vector<double> images, least, greatest, unevenness, clipped;
  constexpr const char *names[] = {" red", " green", " blue"};
  for (size_t f = 0; f < fields_.size(); f++) {
    const auto channel = static_cast<int64_t>(f) / components_;
    labels.push_back(std::to_string(channel + 1) + (components_ == 3 ? names[f % 3] : ""));
    statuses.push_back(fields_[f].empty() ? "degenerate" : "ok");
    images.push_back(static_cast<double>(used_[f]));
    double low = nan, high = nan;
    cv::Scalar mean, sd(nan);
    if (!fields_[f].empty()) {
      cv::minMaxLoc(fields_[f], &low, &high);
      cv::meanStdDev(fields_[f], mean, sd);
    }
    least.push_back(low), greatest.push_back(high), unevenness.push_back(sd[0]);
    int64_t cut = 0;
    for (int64_t i = 0; i < collection_.positions; i++)
      cut += clipped_[static_cast<size_t>(collection_.image(channel, i))];
    clipped.push_back(static_cast<double>(cut) / static_cast<double>(pixels_ * collection_.positions));
  }
  const char *table = "illumination_of_channels";
  run.column(table, "Label", labels);
  run.column(table, "images", images);
  run.column(table, "least", least);
  run.column(table, "greatest", greatest);
  run.column(table, "unevenness", unevenness);
  run.column(table, "clipped", clipped);
  run.column(table, "status", statuses);
}

}  // namespace sheaf::equalize
