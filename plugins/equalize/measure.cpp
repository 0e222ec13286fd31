#include "measure.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "common/median.hpp"

namespace sheaf::equalize {

const char *const MeasureQuality::schema = R"json({
  "title": "Measure Quality",
  "menu": "Equalization",
  "summary": "Measures brightness, contrast, focus, saturation and entropy of every image and names the unusual ones.",
  "doc": "An image is unusual if one of its numbers is further from the median of its channel than the threshold times the robust standard deviation (1.4826 times the median absolute deviation). Every channel of a hyperstack is a collection of its own. Colour is measured by its lightness (brightness and contrast) and its luma (all else).",
  "references": [
    "M.-A. Bray, A. E. Carpenter: Quality control for high-throughput imaging experiments using machine learning in CellProfiler. Methods in Molecular Biology 1683, 2018.",
    "B. Iglewicz, D. C. Hoaglin: How to Detect and Handle Outliers. ASQC Quality Press, 1993."
  ],
  "since": "1.0.0",
  "inputs": [{"pixel": ["u8", "u16", "f32", "rgb"], "roi": true}],
  "tables": [{"name": "quality", "title": "Quality of %s", "columns": [
    {"name": "Label", "type": "text", "help": "name of the image, or its position"},
    {"name": "brightness", "type": "number", "help": "mean, in calibrated levels"},
    {"name": "contrast", "type": "number", "help": "standard deviation"},
    {"name": "sharpness", "type": "number", "help": "mean length of the Sobel gradient"},
    {"name": "local_contrast", "type": "number", "help": "mean of the standard deviations of windows of 50 x 50 pixels"},
    {"name": "local_contrast_sd", "type": "number", "help": "standard deviation of these"},
    {"name": "local_mean_sd", "type": "number", "help": "standard deviation of the windows' means: uneven light, or objects larger than a window"},
    {"name": "laplacian_variance", "type": "number", "help": "variance of the Laplacian: fine detail and noise"},
    {"name": "tenengrad", "type": "number", "help": "mean squared length of the Sobel gradient: edges"},
    {"name": "spectrum_slope", "type": "number", "help": "slope of log power over log frequency: the steeper below 0, the more blurred"},
    {"name": "saturated", "type": "number", "help": "fraction of the pixels with the greatest value: 255 for 8-bit and colour, else the greatest in the channel"},
    {"name": "dark", "type": "number", "help": "fraction of the pixels with the least value: 0 for 8-bit and colour, else the least in the channel"},
    {"name": "entropy", "type": "number", "unit": "bit", "help": "information of the histogram"},
    {"name": "deviation", "type": "number", "help": "the greatest distance from the median of these, in robust standard deviations"},
    {"name": "outlier", "type": "text", "help": "what is unusual, the most unusual first; empty if nothing is"},
    {"name": "verdict", "type": "text", "help": "ok; outlier: something is unusual; blank: all pixels are equal, or none is a number"}
  ]}],
  "plots": [{"name": "course", "title": "Course of the quality of %s"}],
  "params": [
    {"key": "threshold", "type": "number", "default": 5, "min": 0.1, "max": 1000, "ui_min": 1, "ui_max": 20, "step": 0.5, "digits": 1, "help": "Robust standard deviations from the median beyond which an image is an outlier."},
    {"key": "show", "type": "choice", "default": "deviation", "help": "What is plotted over the images.", "choices": [
      {"key": "deviation", "label": "Deviation"},
      {"key": "brightness", "label": "Brightness"},
      {"key": "contrast", "label": "Contrast"},
      {"key": "sharpness", "label": "Sharpness"},
      {"key": "local_contrast", "label": "Local contrast"},
      {"key": "local_contrast_sd", "label": "Spread of the local contrast"},
      {"key": "local_mean_sd", "label": "Spread of the local means"},
      {"key": "laplacian_variance", "label": "Variance of the Laplacian"},
      {"key": "tenengrad", "label": "Tenengrad"},
      {"key": "spectrum_slope", "label": "Slope of the power spectrum"},
      {"key": "saturated", "label": "Saturated fraction"},
      {"key": "dark", "label": "Dark fraction"},
      {"key": "entropy", "label": "Entropy"}]}
  ]
})json";

namespace {

constexpr const char *names[] = {"brightness",
                                 "contrast",
                                 "sharpness",
                                 "local_contrast",
                                 "local_contrast_sd",
                                 "local_mean_sd",
                                 "laplacian_variance",
                                 "tenengrad",
                                 "spectrum_slope",
                                 "saturated",
                                 "dark",
                                 "entropy"};
constexpr size_t saturated = 9, dark = 10;

// Below these an image does not stand out from others that hardly differ.
constexpr double least_relative_spread = 0.01;  // of the median
constexpr double least_fraction_spread = 0.001;
constexpr int64_t fewest_images = 4;

}  // namespace

MeasureQuality::MeasureQuality(Run &run)
    : collection_(run.input()),
      calibration_(run.input()),
      pixel_(run.input().pixel),
      threshold_(run.number("threshold")) {}

MeasureQuality::Row MeasureQuality::row_of(const Quality &q, double least, double greatest) const {
  const double scale = std::abs(calibration_.scale), square = scale * scale;
  const auto part = [](double extreme, double own, double fraction) { return extreme == own ? fraction : 0; };
  Row row = {calibration_.value(q.scalars.brightness),
             scale * q.scalars.contrast,
             scale * q.scalars.sharpness,
             scale * q.local_contrast,
             scale * q.local_contrast_sd,
             scale * q.local_mean_sd,
             square * q.laplacian_variance,
             square * q.tenengrad,
             q.spectrum_slope,
             part(greatest, q.greatest, q.greatest_part),
             part(least, q.least, q.least_part),
             q.entropy};
  if (std::isnan(q.least)) row[saturated] = row[dark] = nan;
  if (calibration_.scale < 0) std::swap(row[saturated], row[dark]);
  return row;
}

void MeasureQuality::run(Run &run) {
  const auto count = static_cast<size_t>(collection_.size());
  qualities_.resize(count);
  std::atomic<int64_t> done{0};
  run.parallel(collection_.size(), [&](int64_t n) {
    const Image image = run.read(n), region = run.mask();
    visit_intensity(image, [&](auto view) {
      qualities_[static_cast<size_t>(n)] = measure_quality(view, region.view<uint8_t>(), poll_of(run));
    });
    run.progress(static_cast<double>(++done) / static_cast<double>(count), "Measuring");
  });
  rows_.resize(count);
  for (int64_t c = 0; c < collection_.channels; c++) {
    double least = 0, greatest = 255;
    if (pixel_ == SHEAF_U16 || pixel_ == SHEAF_F32) {
      least = std::numeric_limits<double>::infinity(), greatest = -least;
      for (int64_t i = 0; i < collection_.positions; i++) {
        const Quality &q = qualities_[static_cast<size_t>(collection_.image(c, i))];
        if (q.least < least) least = q.least;
        if (q.greatest > greatest) greatest = q.greatest;
      }
      // a channel of one value has neither light nor dark pixels, unless that value is an end of the type
      if (least == greatest && !(pixel_ == SHEAF_U16 && least == 0)) least = nan;
      if (!(least < greatest) && !(pixel_ == SHEAF_U16 && greatest == 65535)) greatest = nan;
    }
    for (int64_t i = 0; i < collection_.positions; i++) {
      const auto n = static_cast<size_t>(collection_.image(c, i));
      rows_[n] = row_of(qualities_[n], least, greatest);
    }
  }
  judge(run);
  if (run.wanted("quality")) write_table(run);
  if (run.wanted("course")) write_plot(run);
  write_log(run);
}

void MeasureQuality::judge(Run &run) {
  deviations_.assign(rows_.size(), nan);
  unusual_.resize(rows_.size());
  verdicts_.assign(rows_.size(), "ok");
  if (collection_.positions < fewest_images)
    run.log(SHEAF_LOG_INFO, "equalize.measure: outliers are looked for among " + std::to_string(fewest_images) +
                                " images of a channel or more; here there " +
                                (collection_.positions == 1 ? "is 1" : "are " + std::to_string(collection_.positions)));
  for (int64_t c = 0; c < collection_.channels; c++) {
    std::vector<size_t> images;
    for (int64_t i = 0; i < collection_.positions; i++) {
      const auto n = static_cast<size_t>(collection_.image(c, i));
      // no contrast, no quality: a blank image is named as such and changes no median
      if (!(rows_[n][1] > 0)) verdicts_[n] = "blank";
      else images.push_back(n);
    }
    if (static_cast<int64_t>(images.size()) < fewest_images) continue;
    std::vector<std::vector<double>> z;
    for (size_t m = 0; m < measures; m++) {
      std::vector<double> values;
      for (const size_t n : images) values.push_back(rows_[n][m]);
      if (m == saturated || m == dark) {
        z.push_back(robust_z(values, least_fraction_spread));
        continue;
      }
      std::vector<double> known;
      for (const double v : values)
        if (!std::isnan(v)) known.push_back(v);
      const double centre = known.empty() ? 0 : median(known);
      z.push_back(robust_z(values, least_relative_spread * std::abs(centre)));
    }
    for (size_t i = 0; i < images.size(); i++) {
      std::vector<std::pair<double, size_t>> beyond;
      double greatest = 0;
      for (size_t m = 0; m < measures; m++) {
        const double distance = std::abs(z[m][i]);
        if (distance > greatest) greatest = distance;
        if (distance > threshold_) beyond.emplace_back(-distance, m);
      }
      std::sort(beyond.begin(), beyond.end());
      std::string &text = unusual_[images[i]];
      for (const auto &[distance, m] : beyond)
        text += (text.empty() ? "" : ", ") + std::string(names[m]) + (z[m][i] > 0 ? " high" : " low");
      deviations_[images[i]] = greatest;
      if (!text.empty()) verdicts_[images[i]] = "outlier";
    }
  }
}

void MeasureQuality::write_table(Run &run) const {
  const char *table = "quality";
  std::vector<std::string> labels;
  for (int64_t n = 0; n < collection_.size(); n++) labels.push_back(run.label(n));
  run.column(table, "Label", labels);
  for (size_t m = 0; m < measures; m++) {
    std::vector<double> values;
    for (const Row &row : rows_) values.push_back(row[m]);
    run.column(table, names[m], values);
  }
  run.column(table, "deviation", deviations_);
  run.column(table, "outlier", unusual_);
  run.column(table, "verdict", verdicts_);
}

// One line for each channel.
void MeasureQuality::write_plot(Run &run) const {
  const auto shown = run.integer("show");
  std::vector<double> x, y;
  double mark = nan, greatest = threshold_;
  for (int64_t c = 0; c < collection_.channels; c++) {
    if (c > 0) x.push_back(nan), y.push_back(nan);
    for (int64_t i = 0; i < collection_.positions; i++) {
      const auto n = static_cast<size_t>(collection_.image(c, i));
      x.push_back(static_cast<double>(i + 1));
      y.push_back(shown == 0 ? deviations_[n] : rows_[n][static_cast<size_t>(shown - 1)]);
      if (deviations_[n] > greatest) greatest = deviations_[n], mark = x.back();
    }
  }
  Json plot;
  plot.object().key("name").value("course").key("kind").value("curve");
  plot.key("x_label").value(collection_.channels > 1 ? "Image of the channel" : "Image");
  plot.key("y_label").value(shown == 0 ? "Deviation (robust standard deviations)" : names[shown - 1]);
  plot.key("x").value(x).key("y").value(y);
  if (!std::isnan(mark)) plot.key("mark").value(mark);
  run.plot(plot.end());
}

void MeasureQuality::write_log(Run &run) const {
  constexpr int most_lines = 20;
  int named = 0, left = 0;
  for (int64_t n = 0; n < collection_.size(); n++) {
    const auto i = static_cast<size_t>(n);
    if (verdicts_[i] == "ok") continue;
    if (named == most_lines) {
      left++;
      continue;
    }
    named++;
    const std::string position = std::to_string(n + 1), label = run.label(n);
    run.log(SHEAF_LOG_WARNING, "equalize.measure: image " + position + (label == position ? "" : " (" + label + ")") +
                                   ": " + (verdicts_[i] == "blank" ? "blank" : unusual_[i]));
  }
  if (left > 0) run.log(SHEAF_LOG_WARNING, "equalize.measure: and " + std::to_string(left) + " more, see the table");
}

}  // namespace sheaf::equalize
