#include "match.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "common/copy.hpp"
#include "common/image_table.hpp"
#include "common/wording.hpp"

namespace sheaf::equalize {

const char *const Match::schema = R"json({
  "title": "Equalize",
  "summary": "Gives all images the brightness, contrast and sharpness of their mean or of one of them.",
  "doc": "Brightness is the mean of the pixel values, contrast their standard deviation, sharpness the mean length of the Sobel gradient; for colour, brightness and contrast are those of Lab lightness. Every channel of a hyperstack is a collection of its own. A region of interest restricts what is measured, not what is changed.",
  "references": [
    "E. Reinhard, M. Ashikhmin, B. Gooch, P. Shirley: Color transfer between images. IEEE Computer Graphics and Applications 21(5), 2001."
  ],
  "since": "1.0.0",
  "inputs": [{"pixel": ["u8", "u16", "f32", "rgb"], "roi": true}],
  "outputs": [{"name": "equalized", "like": 0}],
  "tables": [{"name": "equalization", "title": "Equalization of %s", "columns": [
    {"name": "Label", "type": "text", "help": "name of the image, or its position"},
    {"name": "brightness_before", "type": "number", "help": "mean, in calibrated levels"},
    {"name": "brightness_after", "type": "number"},
    {"name": "contrast_before", "type": "number", "help": "standard deviation, in calibrated levels"},
    {"name": "contrast_after", "type": "number"},
    {"name": "sharpness_before", "type": "number", "help": "mean length of the Sobel gradient"},
    {"name": "sharpness_after", "type": "number"},
    {"name": "clipped", "type": "number", "help": "fraction of the pixels cut off at the end of the type's range"},
    {"name": "status", "type": "text", "help": "ok; limited: the sharpness is out of the filter's reach; clipped: pixels cut off keep the image from the reference; rounded: whole levels are too coarse for the reference; degenerate: nothing to measure, unchanged"}
  ]}],
  "params": [
    {"key": "method", "type": "choice", "default": "joint", "help": "What is made equal.", "choices": [
      {"key": "joint", "label": "Brightness, contrast and sharpness", "help": "Moves mean and standard deviation, and sharpens or blurs until the gradient agrees too."},
      {"key": "brightness", "label": "Brightness", "help": "Multiplies to the mean of the reference."},
      {"key": "contrast", "label": "Contrast", "help": "Multiplies to the standard deviation of the reference."},
      {"key": "sharpness", "label": "Sharpness", "help": "Sharpens or blurs to the gradient of the reference."},
      {"key": "histogram", "label": "Histogram", "help": "Gives every pixel the reference's value of its rank; each of red, green and blue for colour."},
      {"key": "reinhard", "label": "Reinhard colour transfer", "help": "Moves mean and standard deviation; of L, a and b for colour."}]},
    {"key": "to", "type": "choice", "default": "mean", "help": "What the images are matched to.", "choices": [
      {"key": "mean", "label": "Mean of the collection"},
      {"key": "base", "label": "Base image"}]},
    {"key": "base", "type": "integer", "default": 1, "min": 1, "in_view": ["images"], "when": {"to": "base"}, "help": "Position of the base image in its channel, from 1."},
    {"key": "sigma", "type": "number", "default": 3, "min": 0.5, "max": 20, "step": 0.5, "digits": 1, "unit": "px", "when": {"method": ["joint", "sharpness"]}, "advanced": true, "help": "Standard deviation of the Gaussian whose difference from the image is added or taken away."},
    {"key": "compat", "type": "boolean", "when": {"method": ["brightness", "contrast", "sharpness"]}, "advanced": true, "help": "Computes as scripts on 8-bit arrays commonly do: fractions of a level are dropped, and sharpness is matched by a gain."}
  ]
})json";

namespace {

constexpr const char *status_names[] = {"ok", "limited", "clipped", "rounded", "degenerate"};

bool same(double a, double b) { return std::abs(a - b) <= 1e-9 * std::abs(b); }

Scalars operator+(const Scalars &a, const Scalars &b) {
  return {a.brightness + b.brightness, a.contrast + b.contrast, a.sharpness + b.sharpness};
}
Scalars operator/(const Scalars &a, double n) { return {a.brightness / n, a.contrast / n, a.sharpness / n}; }

}  // namespace

Match::Match(Run &run)
    : method_(run.choice<Method>("method")),
      collection_(run.input()),
      calibration_(run.input()),
      zero_(calibration_.pixel(0)),
      pixel_(run.input().pixel),
      table_wanted_(run.wanted("equalization")) {
  enum class To { mean, base };
  joint_.sigma = run.number("sigma");
  compat_ = run.flag("compat");
  to_mean_ = run.choice<To>("to") == To::mean;
  joint_.sharpness_only = method_ == Method::sharpness;
  const bool sharpens = method_ == Method::joint || method_ == Method::sharpness;
  with_sharpness_ = sharpens || table_wanted_;
  rows_.resize(static_cast<size_t>(collection_.size()));
  measured_.resize(rows_.size());
  references_.resize(static_cast<size_t>(collection_.channels));

  const int64_t pixels = int64_t{run.input().width} * run.input().height;
  if (sharpens)
    run.reserve(run.threads() * JointScratch::bytes(pixels, pixel_), "filtering an image in floating point");
  if (method_ == Method::histogram && pixel_ == SHEAF_F32)
    run.reserve((run.threads() + 1) * pixels * SortScratch::bytes_per_pixel, "sorting the pixels of an image");

  if (to_mean_) {
    mean_references(run);
  } else {
    const int64_t base = run.integer("base");
    require_there("base", base, collection_.positions, "image",
                  collection_.channels > 1 ? "each channel" : "the collection");
    run.parallel(collection_.channels, [&](int64_t c) {
      references_[static_cast<size_t>(c)] = base_reference(run, collection_.image(c, base - 1));
    });
  }
  if (collection_.channels > 1 && collection_.positions == 1)
    run.log(SHEAF_LOG_WARNING,
            "equalize.match: every channel has one image, which is matched to itself; if the channels are a series, "
            "make them slices or frames first");
  for (int64_t c = 0; c < collection_.channels; c++) {
    const std::string where = collection_.channels > 1 ? " of channel " + std::to_string(c + 1) : "";
    if (!references_[static_cast<size_t>(c)].usable)
      run.log(SHEAF_LOG_WARNING, "equalize.match: the reference" + where + " is blank, its images are left unchanged");
  }
}

// Whether an image can be matched by this method, and can be a reference.
bool Match::measurable(const Scalars &s) const {
  const bool varied = s.contrast > 0 && std::isfinite(1 / s.contrast);
  switch (method_) {
    case Method::joint:
    case Method::sharpness: return varied && s.sharpness > 0;
    case Method::brightness: return std::isfinite(s.brightness) && s.brightness != zero_;
    default: return varied;
  }
}

// A mean below zero cannot become one above zero by a gain without inverting the image.
bool Match::degenerate(const Scalars &before, const Reference &reference) const {
  if (!reference.usable || !measurable(before)) return true;
  return method_ == Method::brightness && (reference.scalars.brightness - zero_) / (before.brightness - zero_) < 0;
}

Match::Reference Match::base_reference(Run &run, int64_t n) {
  const Poll poll = poll_of(run);
  const Image image = run.read(n), region = run.mask();
  const auto mask = region.view<uint8_t>();
  Reference reference;
  visit_intensity(image, [&]<class T>(View<const T> view) {
    reference.scalars = measure(view, mask, with_sharpness_, poll);
    reference.usable = measurable(reference.scalars);
    if (!reference.usable) return;
    if constexpr (std::is_same_v<T, Rgb>)
      if (method_ == Method::reinhard) reference.lab = measure_lab(view, mask, poll);
    if (method_ == Method::histogram) {
      const auto scratch = scratch_.take();
      for (int c = 0; c < histogram_channels(pixel_); c++)
        reference.histograms.push_back(quantiles(view, mask, c, scratch->sort, poll));
    }
  });
  return reference;
}

// Images that cannot be matched do not count in the means. Sums of many images
// are formed in the order of measuring, histograms in a fixed number of
// blocks: neither depends on the number of threads.
void Match::mean_references(Run &run) {
  // The last come first: those that the results begin with are then read last, and many are still in memory.
  std::vector<int64_t> images = collection_.to_measure(run.preview() >= 0);
  std::reverse(images.begin(), images.end());
  const auto count = static_cast<int64_t>(images.size());
  const int colours = histogram_channels(pixel_);
  const bool histograms = method_ == Method::histogram, lab = method_ == Method::reinhard && pixel_ == SHEAF_RGB;
  constexpr int64_t histogram_blocks = 32;
  const int64_t blocks = histograms ? std::min(histogram_blocks, count) : count;
  std::vector<std::vector<MeanQuantiles>> partial(histograms ? static_cast<size_t>(blocks) : 0);
  std::vector<LabScalars> labs(lab ? images.size() : 0);
  if (histograms) run.reserve(blocks * collection_.channels * colours * MeanQuantiles::bytes, "mean histograms");

  std::atomic<int64_t> done{0};
  run.parallel(blocks, [&](int64_t block) {
    const Poll poll = poll_of(run);
    const auto scratch = scratch_.take();
    if (histograms) partial[static_cast<size_t>(block)].resize(static_cast<size_t>(collection_.channels * colours));
    for (int64_t i = block * count / blocks; i < (block + 1) * count / blocks; i++) {
      const int64_t n = images[static_cast<size_t>(i)];
      const Image image = run.read(n), region = run.mask();
      const auto mask = region.view<uint8_t>();
      visit_intensity(image, [&]<class T>(View<const T> view) {
        Scalars &before = rows_[static_cast<size_t>(n)].before;
        before = measure(view, mask, with_sharpness_, poll);
        if (!measurable(before)) return;
        if constexpr (std::is_same_v<T, Rgb>)
          if (lab) labs[static_cast<size_t>(i)] = measure_lab(view, mask, poll);
        for (int c = 0; histograms && c < colours; c++)
          partial[static_cast<size_t>(block)][static_cast<size_t>(collection_.channel(n) * colours + c)].add(
              quantiles(view, mask, c, scratch->sort, poll));
      });
      run.progress(static_cast<double>(++done) / static_cast<double>(count), "Measuring");
    }
  });

  run.progress(0, "");  // the images themselves begin

  for (int64_t channel = 0; channel < collection_.channels; channel++) {
    Reference &reference = references_[static_cast<size_t>(channel)];
    Scalars sum{0, 0, 0};
    LabScalars lab_sum{};
    int64_t used = 0;
    for (size_t i = 0; i < images.size(); i++) {
      const auto n = static_cast<size_t>(images[i]);
      measured_[n] = true;
      if (collection_.channel(images[i]) != channel || !measurable(rows_[n].before)) continue;
      used++;
      sum = sum + rows_[n].before;
      for (size_t c = 0; lab && c < 3; c++) {
        lab_sum.mean[c] += labs[i].mean[c];
        lab_sum.sd[c] += labs[i].sd[c];
      }
    }
    if (used == 0) continue;
    const auto divisor = static_cast<double>(used);
    reference.scalars = sum / divisor;
    reference.usable = measurable(reference.scalars);
    for (size_t c = 0; lab && c < 3; c++) {
      reference.lab.mean[c] = lab_sum.mean[c] / divisor;
      reference.lab.sd[c] = lab_sum.sd[c] / divisor;
    }
    for (int64_t c = 0; histograms && c < colours; c++) {
      MeanQuantiles mean;
      for (const auto &block : partial) mean.add(block[static_cast<size_t>(channel * colours + c)]);
      reference.histograms.push_back(mean.result());
    }
  }
}

// The step of `method` for gray values, or for the lightness of colour.
Line Match::line(const Scalars &before, const Scalars &target) const {
  const double zero = pixel_ == SHEAF_RGB ? 0 : zero_;
  double gain = target.contrast / before.contrast;
  if (method_ == Method::reinhard) return {gain, target.brightness - gain * before.brightness};
  if (method_ == Method::brightness) gain = (target.brightness - zero) / (before.brightness - zero);
  return {gain, zero - gain * zero};
}

// Gains whose results are truncated. For sharpness the gain is that of the image
// itself, or with the mean as reference, of its unsharp mask: brightness and
// contrast change with it.
template <class T>
int64_t Match::equalize_by_gain(View<const T> in, View<T> out, Mask mask, const Scalars &before, const Scalars &target,
                                const Poll &poll) {
  constexpr double unsharp_amount = 0.5;
  if (method_ == Method::sharpness) {
    if (!to_mean_) return apply_truncated(Line{target.sharpness / before.sharpness, 0}, in, out, poll);
    const auto scratch = scratch_.take();
    sharpen(in, out, before, unsharp_amount, joint_.sigma, scratch->joint, poll);
    const double sharpness = measure<T>(out, mask, true, poll).sharpness;
    return apply_truncated<T>(Line{target.sharpness / sharpness, 0}, out, out, poll);
  }
  if constexpr (std::is_same_v<T, Rgb>) return apply_to_lightness_truncated(line(before, target), in, out, poll);
  else return apply_truncated(line(before, target), in, out, poll);
}

template <class T>
void Match::equalize(View<const T> in, View<T> out, Mask mask, const Reference &reference, Row &row, const Poll &poll) {
  const Scalars &before = row.before, &target = reference.scalars;
  row.after = before;
  if (degenerate(before, reference)) {
    row.status = Status::degenerate;
    return copy(in, out, poll);
  }
  bool limited = false;
  int64_t clipped = 0;
  const auto measure_result = [&] {
    if (table_wanted_) row.after = measure<T>(out, mask, true, poll);
  };
  if (compat_) {
    clipped = equalize_by_gain(in, out, mask, before, target, poll);
    measure_result();
  } else if (method_ == Method::joint || method_ == Method::sharpness) {
    const bool there = same(before.sharpness, target.sharpness) &&
                       (method_ == Method::sharpness ||
                        (same(before.brightness, target.brightness) && same(before.contrast, target.contrast)));
    if (there) return copy(in, out, poll);
    const auto scratch = scratch_.take();
    const JointResult result = match_joint(in, out, mask, before, target, joint_, scratch->joint, poll);
    row.after = result.after;
    clipped = result.clipped;
    limited = result.amount_limited;
  } else if (method_ == Method::histogram) {
    const auto scratch = scratch_.take();
    match_histogram(in, out, mask, reference.histograms, scratch->sort, poll);
    measure_result();
  } else if constexpr (std::is_same_v<T, Rgb>) {
    std::array<Line, 3> lines{line(before, target), Line{}, Line{}};
    if (method_ == Method::reinhard) {
      const LabScalars own = measure_lab(in, mask, poll);
      for (size_t c = 0; c < 3; c++) {
        // a gray image has no chroma to spread
        const double gain = own.sd[c] > 1e-3 ? reference.lab.sd[c] / own.sd[c] : 1;
        lines[c] = {gain, reference.lab.mean[c] - gain * own.mean[c]};
      }
    }
    clipped = apply_lab(lines, in, out, poll);
    measure_result();
  } else {
    const Line l = line(before, target);
    const auto make = [&](int y) { clipped += apply_row(l, in.row(y), out.row(y), in.width()); };
    if (table_wanted_) row.after = measure<T>(out, mask, true, make, poll);
    else clipped = apply(l, in, out, poll);
  }
  row.clipped = static_cast<double>(clipped) / static_cast<double>(in.size());
  row.status = status(row, target, limited);
}

// Whether the method has done what it promises, and if not, why.
Status Match::status(const Row &row, const Scalars &target, bool limited) const {
  const bool joint = method_ == Method::joint, reinhard = method_ == Method::reinhard;
  const auto close = [](double value, double wanted) { return std::abs(value - wanted) <= 0.01 * wanted; };
  const double step = pixel_ == SHEAF_F32 ? 0.01 * target.contrast : 0.5;
  const Status broken = row.clipped > 0 ? Status::clipped : Status::rounded;
  if ((joint || reinhard || method_ == Method::brightness) &&
      !(std::abs(row.after.brightness - target.brightness) <= step))
    return broken;
  if ((joint || reinhard || method_ == Method::contrast) && !close(row.after.contrast, target.contrast)) return broken;
  if ((joint || method_ == Method::sharpness) && !close(row.after.sharpness, target.sharpness))
    return limited ? Status::limited : broken;
  return Status::ok;
}

void Match::slice(Run &run, int64_t n) {
  const Poll poll = poll_of(run);
  const Image image = run.read(n), region = run.mask();
  const auto mask = region.view<uint8_t>();
  Output output = run.write(n);
  Row &row = rows_[static_cast<size_t>(n)];
  visit_intensity(image, [&]<class T>(View<const T> view) {
    if (!measured_[static_cast<size_t>(n)]) row.before = measure(view, mask, with_sharpness_, poll);
    equalize(view, output.view<T>(), mask, references_[static_cast<size_t>(collection_.channel(n))], row, poll);
  });
  output.commit();
}

void Match::finish(Run &run) const {
  if (!table_wanted_) return;
  const ImageTable table(run, "equalization", rows_);
  const double scale = std::abs(calibration_.scale);
  table.numbers("brightness_before", [&](const Row &r) { return calibration_.value(r.before.brightness); });
  table.numbers("brightness_after", [&](const Row &r) { return calibration_.value(r.after.brightness); });
  table.numbers("contrast_before", [&](const Row &r) { return scale * r.before.contrast; });
  table.numbers("contrast_after", [&](const Row &r) { return scale * r.after.contrast; });
  table.numbers("sharpness_before", [&](const Row &r) { return scale * r.before.sharpness; });
  table.numbers("sharpness_after", [&](const Row &r) { return scale * r.after.sharpness; });
  table.numbers("clipped", [](const Row &r) { return r.clipped; });
  table.texts("status", [](const Row &r) { return status_names[static_cast<int>(r.status)]; });
}

}  // namespace sheaf::equalize
