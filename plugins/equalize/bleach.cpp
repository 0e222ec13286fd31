#include "bleach.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "affine.hpp"
#include "common/copy.hpp"
#include "common/image_table.hpp"
#include "common/wording.hpp"
#include "level_table.hpp"

namespace sheaf::equalize {

const char *const Bleach::schema = R"json({
  "title": "Correct Bleaching",
  "menu": "Equalization",
  "summary": "Gives the images of a series the brightness of the first.",
  "doc": "Every channel is a series of its own; of a hyperstack with frames all depths of a frame are treated alike. Pixel values above the background are multiplied by the ratio of the first mean to that of the image, or by the ratio of an exponential decay fitted to the means; or every image gets the histogram of the first. What exceeds the range of the type is cut off, 32-bit values are not. NaN and infinite pixels do not count and stay.",
  "references": [
    "K. Miura: Bleach correction ImageJ plugin for compensating the photobleaching of time-lapse sequences. F1000Research 9:1494, 2020."
  ],
  "since": "1.0.0",
  "inputs": [{"pixel": ["u8", "u16", "f32", "rgb"]}],
  "outputs": [{"name": "unbleached", "like": 0}],
  "tables": [
    {"name": "bleaching", "title": "Bleaching of %s", "columns": [
      {"name": "Label", "type": "text", "help": "name of the image, or its position"},
      {"name": "mean_before", "type": "number", "help": "in calibrated levels"},
      {"name": "factor", "type": "number", "help": "of the values above the background; empty for the histogram"},
      {"name": "mean_after", "type": "number"},
      {"name": "status", "type": "text", "help": "ok; clipped: pixels were cut off at the end of the type's range; degenerate: nothing above the background, unchanged"}
    ]},
    {"name": "bleaching_fit", "title": "Bleaching fit of %s", "columns": [
      {"name": "Label", "type": "text", "help": "channel, from 1"},
      {"name": "a", "type": "number", "help": "of a exp(-b t) + c, which is the mean above the background; t counts images or frames, from 0"},
      {"name": "b", "type": "number", "help": "rate for each image or frame"},
      {"name": "c", "type": "number", "help": "what does not bleach"},
      {"name": "r2", "type": "number", "help": "fraction of the variance of the means that the fit explains"}
    ]}],
  "plots": [{"name": "course", "title": "Bleaching of %s"}],
  "params": [
    {"key": "method", "type": "choice", "default": "ratio", "help": "How the brightness is brought back.", "choices": [
      {"key": "ratio", "label": "Ratio of the means", "help": "All means become equal."},
      {"key": "exponential", "label": "Exponential fit", "help": "Takes out the decay and keeps what the means do beside it."},
      {"key": "histogram", "label": "Histogram matching", "help": "Also brings back the contrast, for images whose content stays."}]},
    {"key": "background", "type": "number", "default": 0, "when": {"method": ["ratio", "exponential"]}, "help": "Calibrated value of a pixel without fluorescence: the camera's offset."}
  ]
})json";

namespace {

// Of what is finite; of colour the mean of red, green and blue.
template <class T>
double mean_of(View<const T> image, const Poll &poll) {
  double sum = 0;
  int64_t count = 0;
  const int pause = rows_between_polls(image.width());
  for (int y = 0; y < image.height(); y++) {
    const T *row = image.row(y);
    for (int x = 0; x < image.width(); x++) {
      if constexpr (std::is_same_v<T, Rgb>) sum += row[x].r + row[x].g + row[x].b, count += 3;
      else if (std::isfinite(static_cast<double>(row[x]))) sum += row[x], count++;
    }
    if (y % pause == pause - 1) poll();
  }
  return sum / static_cast<double>(count);
}

// Returns whether pixels were cut off.
template <class T>
bool brighten(Line line, View<const T> in, View<T> out, const Poll &poll) {
  if constexpr (std::is_same_v<T, Rgb>) {
    bool cut = false;
    uint8_t brightest = 0, darkest = 255;
    for (int y = 0; y < in.height(); y++)
      for (int x = 0; x < in.width(); x++) {
        const Rgb p = in(x, y);
        brightest = std::max({brightest, p.r, p.g, p.b});
        darkest = std::min({darkest, p.r, p.g, p.b});
      }
    for (const uint8_t v : {darkest, brightest}) cut |= beyond_levels<uint8_t>(static_cast<float>(line(v)));
    apply_function(in, out, poll, line);
    return cut;
  } else {
    return apply(line, in, out, poll) > 0;
  }
}

}  // namespace

Bleach::Bleach(Run &run)
    : method_(run.choice<Method>("method")),
      collection_(run.input()),
      calibration_(run.input()),
      depth_(run.input().frames > 1 ? collection_.positions / run.input().frames : 1),
      times_(collection_.positions / depth_),
      dark_(calibration_.pixel(run.number("background"))),
      up_(calibration_.scale < 0 ? -1 : 1) {
  const sheaf_info info = run.input();
  rows_.resize(static_cast<size_t>(collection_.size()));
  if (method_ == Method::histogram) {
    if (info.pixel == SHEAF_F32)
      run.reserve((run.threads() + 1) * int64_t{info.width} * info.height * SortScratch::bytes_per_pixel,
                  "sorting the pixels of an image");
    for (int64_t c = 0; depth_ == 1 && c < collection_.channels; c++) references_.push_back(reference_of(run, c));
    return;
  }
  if (method_ == Method::exponential && times_ < 3)
    throw Error(SHEAF_INVALID, "images: " + counted(times_, info.frames > 1 ? "frame" : "image") +
                                   " of each channel given; accepted for the exponential fit: 3 or more");
  // a preview has the means of some images only, with its own among them
  constexpr int64_t sample = 32;
  std::vector<int64_t> times;
  if (run.preview() < 0 || times_ <= sample) {
    for (int64_t t = 0; t < times_; t++) times.push_back(t);
  } else if (method_ == Method::exponential) {
    for (int64_t i = 0; i < sample; i++) times.push_back(i * (times_ - 1) / (sample - 1));
  } else {
    times.push_back(0);
    if (time(run.preview()) > 0) times.push_back(time(run.preview()));
  }
  measure_series(run, times);
  std::vector<double> t;
  for (int64_t i = 0; i < times_; i++) t.push_back(static_cast<double>(i));
  for (int64_t c = 0; c < collection_.channels; c++) {
    const auto &means = means_[static_cast<size_t>(c)];
    if (method_ == Method::exponential) fits_.push_back(fit_decay(t, means));
    if (!(means[0] > 0))
      run.log(SHEAF_LOG_WARNING, "equalize.bleach: the first image of channel " + std::to_string(c + 1) +
                                     " has nothing above the background, its images are left unchanged");
  }
}

void Bleach::measure_series(Run &run, const std::vector<int64_t> &times) {
  const int64_t all = collection_.channels * depth_, count = static_cast<int64_t>(times.size()) * all;
  std::atomic<int64_t> done{0};
  run.parallel(count, [&](int64_t i) {
    const int64_t n = times[static_cast<size_t>(i / all)] * all + i % all;
    const Image image = run.read(n);
    rows_[static_cast<size_t>(n)].before =
        visit_intensity(image, [&](auto view) { return mean_of(view, poll_of(run)); });
    run.progress(static_cast<double>(++done) / static_cast<double>(count), "Measuring");
  });
  run.progress(0, "");  // the images themselves begin
  means_.assign(static_cast<size_t>(collection_.channels), std::vector<double>(static_cast<size_t>(times_), nan));
  for (int64_t c = 0; c < collection_.channels; c++)
    for (const int64_t t : times) {
      double sum = 0;
      int64_t known = 0;
      for (int64_t z = 0; z < depth_; z++) {
        const double mean = rows_[static_cast<size_t>(collection_.image(c, t * depth_ + z))].before;
        if (std::isfinite(mean)) sum += mean, known++;
      }
      means_[static_cast<size_t>(c)][static_cast<size_t>(t)] = up_ * (sum / static_cast<double>(known) - dark_);
    }
}

std::vector<Quantiles> Bleach::reference_of(Run &run, int64_t n) {
  const Image image = run.read(n);
  const auto scratch = scratch_.take();
  return visit_intensity(image, [&]<class T>(View<const T> view) {
    std::vector<Quantiles> reference;
    for (int c = 0; c < histogram_channels(run.input().pixel); c++)
      reference.push_back(quantiles(view, Mask(), c, *scratch, poll_of(run)));
    return reference;
  });
}

void Bleach::slice(Run &run, int64_t n) {
  const Poll poll = poll_of(run);
  const int64_t channel = collection_.channel(n), t = time(n);
  const auto c = static_cast<size_t>(channel);
  Row &row = rows_[static_cast<size_t>(n)];
  std::vector<Quantiles> own;  // the first of many depths is read again, so that memory stays constant
  if (method_ == Method::histogram && references_.empty())
    own = reference_of(run, collection_.image(channel, n / collection_.channels % depth_));
  const Image image = run.read(n);
  Output output = run.write(n);
  visit_intensity(image, [&]<class T>(View<const T> view) {
    const auto out = output.view<T>();
    if (method_ == Method::histogram) {
      row.before = mean_of(view, poll);
      const auto &reference = references_.empty() ? own : references_[c];
      if (!reference[0] || !std::isfinite(row.before)) {
        row.status = "degenerate";
        copy(view, out, poll);
      } else {
        const auto scratch = scratch_.take();
        match_histogram(view, out, Mask(), std::span<const Quantiles>(reference), *scratch, poll);
      }
    } else {
      const auto value = [&](int64_t at) {
        return fits_.empty() ? means_[c][static_cast<size_t>(at)] : fits_[c](static_cast<double>(at));
      };
      const double factor = value(0) / value(t);
      if (means_[c][0] > 0 && value(0) > 0 && value(t) > 0 && std::isfinite(factor)) {
        row.factor = factor;
        if (factor == 1) copy(view, out, poll);
        else if (brighten(Line{factor, dark_ * (1 - factor)}, view, out, poll)) row.status = "clipped";
      } else {
        row.status = "degenerate";
        copy(view, out, poll);
      }
    }
    row.after = mean_of<T>(out, poll);
  });
  output.commit();
}

void Bleach::finish(Run &run) const {
  if (run.wanted("bleaching")) {
    const ImageTable table(run, "bleaching", rows_);
    table.numbers("mean_before", [&](const Row &r) { return calibration_.value(r.before); });
    table.numbers("factor", [](const Row &r) { return r.factor; });
    table.numbers("mean_after", [&](const Row &r) { return calibration_.value(r.after); });
    table.texts("status", [](const Row &r) { return r.status; });
  }
  if (!fits_.empty() && run.wanted("bleaching_fit")) {
    const double scale = std::abs(calibration_.scale);
    std::vector<std::string> labels;
    std::vector<double> a, b, c, r2;
    for (const Decay &fit : fits_) {
      labels.push_back(std::to_string(labels.size() + 1));
      a.push_back(scale * fit.a), b.push_back(fit.b), c.push_back(scale * fit.c), r2.push_back(fit.r2);
    }
    run.column("bleaching_fit", "Label", labels);
    run.column("bleaching_fit", "a", a);
    run.column("bleaching_fit", "b", b);
    run.column("bleaching_fit", "c", c);
    run.column("bleaching_fit", "r2", r2);
  }
  if (!run.wanted("course")) return;
  std::vector<double> x, y;
  const auto line = [&](auto &&value) {
    if (!x.empty()) x.push_back(nan), y.push_back(nan);
    for (int64_t t = 0; t < times_; t++) x.push_back(static_cast<double>(t + 1)), y.push_back(value(t));
  };
  for (int64_t c = 0; c < collection_.channels; c++) {
    line([&](int64_t t) {
      double sum = 0;
      for (int64_t z = 0; z < depth_; z++)
        sum += calibration_.value(rows_[static_cast<size_t>(collection_.image(c, t * depth_ + z))].before);
      return sum / static_cast<double>(depth_);
    });
    if (!fits_.empty())
      line([&](int64_t t) {
        return calibration_.value(up_ * fits_[static_cast<size_t>(c)](static_cast<double>(t)) + dark_);
      });
  }
  Json plot;
  plot.object().key("name").value("course").key("kind").value("curve");
  plot.key("x_label")
      .value(depth_ > 1 || times_ == run.input().frames ? "Frame" : "Image")
      .key("y_label")
      .value("Mean");
  plot.key("x").value(x).key("y").value(y);
  run.plot(plot.end());
}

}  // namespace sheaf::equalize
