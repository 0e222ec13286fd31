#include "align/score.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <optional>

#include "align/dd.hpp"
#include "align/hyperstack.hpp"
#include "align/measures.hpp"
#include "align/region.hpp"
#include "common/intensity.hpp"
#include "common/wording.hpp"

namespace sheaf::align {

const char *const Score::schema = R"({
  "title": "Score Alignment",
  "menu": "Alignment",
  "summary": "Compares a stack before and after an alignment with its references and says which images came closer, which did not, and which cannot be judged.",
  "doc": "The two stacks have one size and order; the alignment may come from any program. Each image is compared with a reference: an image of the stack after the alignment, their mean, or a third stack.\n\nThe difference of differences, dd = |before - reference| - |after - reference|, is positive where a pixel came closer. Pixels with |dd| above the tolerance have changed; dd_score is the share of them that came closer, so 1 is best and 0.5 undecided. The verdict is success above 0.5, fail below, and unscored where nothing can be said: the reason column tells why. Values of 16-bit and 32-bit images are brought to 0..255 by the range of the stack before, so that the tolerance means the same for every type.\n\nBeside it stand the correlation (ncc), the structural similarity (ssim), the correlation of smoothed images that ECC registration maximizes (ecc), and the normalized mutual information (nmi), each before and after over the same pixels.",
  "references": ["Wang, Bovik, Sheikh, Simoncelli (2004) Image quality assessment: from error visibility to structural similarity. IEEE Trans. Image Processing 13, 600-612", "Evangelidis, Psarakis (2008) Parametric image alignment using enhanced correlation coefficient maximization. IEEE Trans. Pattern Analysis and Machine Intelligence 30, 1858-1865", "Studholme, Hill, Hawkes (1999) An overlap invariant entropy measure of 3D medical image alignment. Pattern Recognition 32, 71-86"],
  "since": "1.0.0",
  "memory": "pairs",
  "inputs": [
    {"name": "before", "pixel": ["u8", "u16", "f32", "rgb"], "roi": true},
    {"name": "after", "pixel": ["u8", "u16", "f32", "rgb"]},
    {"name": "third", "pixel": ["u8", "u16", "f32", "rgb"], "optional": true, "when": {"reference": "given"}}],
  "outputs": [
    {"name": "changes", "like": 0, "pixel": "rgb", "images": "any"},
    {"name": "overlay_before", "like": 0, "pixel": "rgb", "images": "any", "optional": true},
    {"name": "overlay_after", "like": 0, "pixel": "rgb", "images": "any", "optional": true}],
  "tables": [{"name": "scores", "title": "Scores of %s", "columns": [
    {"name": "Label", "type": "text", "help": "Image before."},
    {"name": "dd_score", "type": "number", "help": "Share of the changed pixels that came closer to the reference; 0.5: undecided or none changed."},
    {"name": "dd_count", "type": "number", "unit": "px", "help": "Pixels that changed by more than the tolerance."},
    {"name": "dd_balance", "type": "number", "help": "2 dd_score - 1: 1 all for the better, -1 all for the worse."},
    {"name": "tolerance", "type": "number", "help": "Of this image, in 8-bit units."},
    {"name": "ncc_before", "type": "number", "help": "Correlation with the reference, -1 to 1."},
    {"name": "ncc_after", "type": "number", "help": "Correlation with the reference, -1 to 1."},
    {"name": "ssim_before", "type": "number", "help": "Mean structural similarity, 7 x 7 windows, -1 to 1."},
    {"name": "ssim_after", "type": "number", "help": "Mean structural similarity, 7 x 7 windows, -1 to 1."},
    {"name": "ecc_before", "type": "number", "help": "Correlation after a 5 x 5 Gaussian, -1 to 1."},
    {"name": "ecc_after", "type": "number", "help": "Correlation after a 5 x 5 Gaussian, -1 to 1."},
    {"name": "nmi_before", "type": "number", "help": "Normalized mutual information, 1 to 2."},
    {"name": "nmi_after", "type": "number", "help": "Normalized mutual information, 1 to 2."},
    {"name": "verdict", "type": "text", "help": "success, fail or unscored."},
    {"name": "reason", "type": "text", "help": "Why."}
  ]}],
  "plots": [{"name": "differences", "title": "Changes of %s"}],
  "params": [
    {"key": "reference", "type": "choice", "default": "previous", "help": "What each image is compared with.", "choices": [
      {"key": "previous", "label": "Previous image", "help": "The nearest image before, after the alignment, that is not constant."},
      {"key": "base", "label": "Chosen image", "help": "The image given by base, after the alignment."},
      {"key": "first", "label": "First image", "help": "The first image, after the alignment."},
      {"key": "mean", "label": "Mean", "help": "The mean of all images after the alignment."},
      {"key": "given", "label": "Third input", "help": "The image at the same position of a third input, or its only image."}]},
    {"key": "base", "type": "integer", "default": 1, "min": 1, "in_view": ["before"], "when": {"reference": "base"}, "help": "Position of the reference image, from 1."},
    {"key": "automatic", "type": "boolean", "help": "Takes the tolerance from the images' local contrast: 1.12 contrast + 1.88."},
    {"key": "tolerance", "type": "number", "default": 50, "min": 0, "max": 255, "when": {"automatic": false}, "help": "Smaller changes do not count, in 8-bit units."},
    {"key": "crop", "type": "integer", "default": 0, "min": 0, "max": 100000, "ui_max": 100, "unit": "px", "help": "Width of the border that does not count."},
    {"key": "median", "type": "boolean", "help": "Removes single changed pixels: a 3 x 3 median of what came closer, and of what did not."},
    {"key": "blocks", "type": "boolean", "help": "Scores 5 x 5 blocks after bringing the mean of each to its reference: for uneven illumination."},
    {"key": "min_count", "type": "integer", "default": 1, "min": 1, "max": 1000000000, "ui_max": 1000, "unit": "px", "help": "With fewer changed pixels an image is unscored."},
    {"key": "uncovered", "type": "choice", "default": "auto", "help": "Which outer pixels of an image after the alignment are empty border, and do not count.", "choices": [
      {"key": "auto", "label": "Automatic", "help": "Those that are 0, if the image before has hardly any 0."},
      {"key": "black", "label": "Black", "help": "Those that are 0."},
      {"key": "none", "label": "None", "help": "All pixels count."}]},
    {"key": "channel", "type": "integer", "default": 1, "min": 1, "help": "Channel that is scored, from 1."},
    {"key": "axis", "type": "choice", "default": "auto", "advanced": true, "help": "Along which axis of a hyperstack the positions run.", "choices": [
      {"key": "auto", "label": "Automatic", "help": "Time if there is more than one frame, else depth."},
      {"key": "time", "label": "Time", "help": "References are other frames at the same depth."},
      {"key": "depth", "label": "Depth", "help": "References are other depths of the same frame."}]},
    {"key": "range", "type": "numbers", "default": [], "count": [0, 2], "advanced": true, "help": "Values that become 0 and 255; empty: 0 and 255 of 8-bit and RGB images, else the range of the images before."},
    {"key": "variant", "type": "choice", "default": "corrected", "advanced": true, "help": "Details of the score.", "choices": [
      {"key": "corrected", "label": "Corrected", "help": "Empty border and missing pixels do not count; blocks have the shape of the image; every window of the local contrast counts."},
      {"key": "compat", "label": "Original", "help": "As in the notebook the score comes from: every pixel counts, blocks are squares, the last window is left out."}]}
  ]
})";

namespace {

enum class Against { previous, base, first, mean, given };
enum class Uncovered { automatic, black, none };

constexpr int64_t work_bytes = int64_t{96} << 20;
constexpr int64_t bytes_per_pixel = 40;  // planes, maps and what the measures need, for each image

// What makes an image useless: that it is constant or without data; nullptr: nothing does.
const char *blank(const Plane &p) {
  std::optional<float> value;
  for (const float v : p.pixels) {
    if (!std::isfinite(v)) continue;
    if (value && *value != v) return nullptr;
    value = v;
  }
  return value ? "is constant" : "has no data";
}

Range range_of(const Plane &p) {
  Range r;
  for (const float v : p.pixels)
    if (std::isfinite(v)) r.low = std::min(r.low, v), r.high = std::max(r.high, v);
  return r;
}

std::string size_text(const sheaf_info &info) {
  return std::to_string(info.width) + " x " + std::to_string(info.height) + " pixels";
}

struct Scored {
  DifferenceScore difference;
  Measures before{}, after{};
  Verdict verdict = Verdict::unscored;
  std::string reason;
};

class Job {
 public:
  explicit Job(Run &run)
      : run_(run),
        info_(run.input()),
        places_(info_, run.choice<Axis>("axis")),
        channel_(run.integer("channel") - 1),
        against_(run.choice<Against>("reference")),
        base_(against_ == Against::base ? run.integer("base") - 1 : 0),
        uncovered_(run.choice<Uncovered>("uncovered")),
        min_count_(run.integer("min_count")),
        parallel_(parallel_of(run)) {
    check_inputs();
    options_.tolerance = run.number("tolerance");
    options_.automatic = run.flag("automatic");
    options_.crop = static_cast<int>(run.integer("crop"));
    options_.median = run.flag("median");
    options_.blocks = run.flag("blocks");
    options_.compat = run.text("variant") == "compat";
    if (2 * options_.crop >= std::min(info_.width, info_.height))
      throw Error(SHEAF_INVALID, "crop: " + std::to_string(options_.crop) + " px given, nothing is left of images of " +
                                     size_text(info_));
    const int64_t pixels = int64_t{info_.width} * info_.height;
    batch_ = std::clamp<int64_t>(work_bytes / (bytes_per_pixel * pixels), 1, std::max(1, run.threads()));
    run.reserve(bytes_per_pixel * pixels * (batch_ + 1), "the images that are scored at once");
    roi_ = mask_of(run);
  }

  void run() {
    set_range();
    results_.resize(static_cast<size_t>(places_.count * places_.others));
    for (const char *name : outputs) wanted_.push_back(run_.wanted(name));
    sheaf_info out = info_;
    out.pixel = SHEAF_RGB;
    out.channels = 1;
    out.slices = info_.slices / places_.channels;
    out.flags = 0;
    for (int o = 0; o < 3; o++)
      if (wanted_[o]) run_.declare(o, out);
    for (int64_t other = 0; other < places_.others; other++) {
      if (against_ == Against::mean) mean_ = mean_of(other);
      for (int64_t first = 0; first < places_.count; first += batch_) {
        const int64_t count = std::min(batch_, places_.count - first);
        auto body = [&](int64_t k) { result(first + k, other) = score(first + k, other); };
        if (count == 1) body(0);  // leaves the threads to the rows
        else run_.parallel(count, body);
        run_.progress(0.2 + 0.8 * static_cast<double>(other * places_.count + first + count) /
                                static_cast<double>(places_.count * places_.others),
                      "Scoring");
      }
    }
    write_table();
    write_plot();
  }

 private:
  static constexpr const char *outputs[] = {"changes", "overlay_before", "overlay_after"};

  void check_inputs() const {
    const auto problem = [](const std::string &text) { throw Error(SHEAF_INVALID, text); };
    const auto same = [&](const sheaf_info &other, const char *name) {
      if (other.width != info_.width || other.height != info_.height)
        problem(std::string(name) + ": " + size_text(other) + " given, before has " + size_text(info_) +
                "; both must show the same frame: align without cropping, or crop both");
    };
    const sheaf_info after = run_.input(1);
    same(after, "after");
    if (after.slices != info_.slices || std::max(1, after.channels) != places_.channels)
      problem("after: " + counted(after.slices, "image") + " of " + counted(std::max(1, after.channels), "channel") +
              " given, before has " + std::to_string(info_.slices) + " of " + std::to_string(places_.channels) +
              "; both must have the same images");
    require_there("channel", channel_ + 1, places_.channels, "channel", "the image");
    require_there("base", base_ + 1, places_.count, "position", "the collection");
    if (against_ == Against::given) {
      const sheaf_info given = run_.input(2);
      same(given, "third");
      if (given.slices != 1 && given.slices != info_.slices)
        problem("third: " + counted(given.slices, "image") + " given, needs 1" +
                (info_.slices > 1 ? " or " + std::to_string(info_.slices) : ""));
    }
  }

  Plane read(int64_t image, int input) const {
    return visit_intensity(run_.read(image, input), [](auto view) { return to_plane(view); });
  }

  void set_range() {
    const auto given = run_.numbers("range");
    if (given.size() == 1 || (given.size() == 2 && !(given[0] < given[1])))
      throw Error(SHEAF_INVALID, "range: needs two numbers, the smaller first, or none");
    if (given.size() == 2) {
      const Calibration calibration(info_);
      options_.low = std::min(calibration.pixel(given[0]), calibration.pixel(given[1]));
      options_.high = std::max(calibration.pixel(given[0]), calibration.pixel(given[1]));
      return;
    }
    if (info_.pixel == SHEAF_U8 || info_.pixel == SHEAF_RGB) return;
    const int64_t count = places_.count * places_.others;
    std::mutex mutex;
    Range range;
    for (int64_t first = 0; first < count; first += batch_) {
      const int64_t size = std::min(batch_, count - first);
      run_.parallel(size, [&](int64_t k) {
        const int64_t n = first + k;
        const Range one = range_of(read(places_.image(n % places_.count, n / places_.count, channel_), 0));
        const std::lock_guard lock(mutex);
        range.include(one);
      });
      run_.progress(0.2 * static_cast<double>(first + size) / static_cast<double>(count), "Finding the range");
    }
    if (range.low < range.high) options_.low = range.low, options_.high = range.high;
  }

  Plane mean_of(int64_t other) const {
    std::vector<double> sums(static_cast<size_t>(info_.width) * info_.height);
    std::vector<uint32_t> counts(sums.size());
    for (int64_t p = 0; p < places_.count; p++) {
      run_.check_cancelled();
      const Plane plane = read_after(places_.image(p, other, channel_));
      for (size_t i = 0; i < sums.size(); i++)
        if (std::isfinite(plane.pixels[i])) sums[i] += plane.pixels[i], counts[i]++;
    }
    Plane mean(info_.width, info_.height);
    for (size_t i = 0; i < sums.size(); i++)
      mean.pixels[i] = counts[i] ? static_cast<float>(sums[i] / counts[i]) : std::numeric_limits<float>::quiet_NaN();
    return mean;
  }

  // An image after the alignment; the border that the alignment left is missing.
  Plane read_after(int64_t image) const {
    Plane after = read(image, 1);
    if (uncovered_ == Uncovered::none || options_.compat) return after;
    if (uncovered_ == Uncovered::automatic) {
      const Plane before = read(image, 0);
      const auto zeros = std::count(before.pixels.begin(), before.pixels.end(), 0.0f);
      if (zeros * 1000 > static_cast<int64_t>(before.pixels.size())) return after;
    }
    // what a moved image covers is convex: in every row, the border lies at its ends
    for (int y = 0; y < after.height; y++) {
      float *row = after.row(y);
      int x = 0, end = after.width;
      while (x < end && row[x] == 0) row[x++] = std::numeric_limits<float>::quiet_NaN();
      while (end > x && row[end - 1] == 0) row[--end] = std::numeric_limits<float>::quiet_NaN();
    }
    return after;
  }

  // The image that (position, other) is compared with; none, with the reason.
  std::optional<Plane> reference_for(int64_t position, int64_t other, std::string &reason) const {
    const auto usable = [&](Plane plane) -> std::optional<Plane> {
      const char *why = blank(plane);
      if (!why) return plane;
      reason = std::string("the reference image ") + why;
      return std::nullopt;
    };
    switch (against_) {
      case Against::mean: return usable(mean_);
      case Against::given:
        return usable(read(run_.input(2).slices == 1 ? 0 : places_.image(position, other, channel_), 2));
      case Against::base:
      case Against::first:
        if (position == base_) {
          reason = "it is the reference";
          return std::nullopt;
        }
        return usable(read_after(places_.image(base_, other, channel_)));
      case Against::previous: break;
    }
    for (int64_t p = position - 1; p >= 0; p--) {
      run_.check_cancelled();
      Plane plane = read_after(places_.image(p, other, channel_));
      if (!blank(plane)) return plane;
    }
    reason = position == 0 ? "it is the first image" : "all images before it are constant or without data";
    return std::nullopt;
  }

  Scored score(int64_t position, int64_t other) {
    const int64_t image = places_.image(position, other, channel_);
    const Plane before = read(image, 0), after = read_after(image);
    Scored s;
    s.before = s.after = {std::nan(""), std::nan(""), std::nan(""), std::nan("")};
    const std::optional<Plane> reference = reference_for(position, other, s.reason);
    std::vector<int8_t> map;
    if (reference) {
      const View<const uint8_t> inside(roi_.empty() ? nullptr : roi_.data(), info_.width, info_.height, info_.width);
      const Compared<float> images{before.view(), after.view(), reference->view(), inside};
      s.difference = difference_score(images, options_, parallel_);
      run_.check_cancelled();
      const double range = options_.high - options_.low;
      s.before = measures_of(*reference, before, inside, range, parallel_);
      run_.check_cancelled();
      s.after = measures_of(*reference, after, inside, range, parallel_);
      judge(before, after, s);
      if (run_.wanted("differences")) {
        const DifferenceHistogram bins = difference_histogram(images, options_, s.difference.tolerance);
        const std::lock_guard lock(mutex_);
        for (size_t b = 0; b < bins.size(); b++) histogram_[b] += bins[b];
      }
      if (wanted_[0]) map = difference_map(images, options_, parallel_);
    }
    const int64_t out = image / places_.channels;
    if (wanted_[0]) draw(0, out, after, reference, map);
    if (wanted_[1]) draw(1, out, before, reference, {});
    if (wanted_[2]) draw(2, out, after, reference, {});
    return s;
  }

  void judge(const Plane &before, const Plane &after, Scored &s) const {
    const DifferenceScore &d = s.difference;
    if (const char *why = blank(before)) s.reason = std::string("the image ") + why;
    else if (const char *then = blank(after)) s.reason = std::string("the image ") + then + " after the alignment";
    else if (before.pixels == after.pixels) s.reason = "the image was not moved";
    else if (std::isnan(d.tolerance))
      s.reason = "there is no automatic tolerance: the image holds no window of 50 x 50";
    else if (d.count == 0 && options_.blocks) s.reason = "too few pixels changed: the blocks need 100, and 20 in one";
    else if (d.count == 0) s.reason = "no pixel changed by more than the tolerance";
    else if (d.count < min_count_)
      s.reason = "only " + counted(d.count, "pixel") + " changed, min_count is " + std::to_string(min_count_);
    else if (d.score == 0.5) s.reason = "as many pixels came closer to the reference as went away";
    else {
      s.verdict = verdict_of(d);
      char text[96];
      std::snprintf(text, sizeof text, "%.1f %% of the changed pixels %s the reference",
                    100 * (d.score > 0.5 ? d.score : 1 - d.score), d.score > 0.5 ? "came closer to" : "went away from");
      s.reason = text;
    }
  }

  // Red: the image; green: its reference; white where it came closer, black where it went away.
  void draw(int output, int64_t n, const Plane &image, const std::optional<Plane> &reference,
            const std::vector<int8_t> &map) const {
    Output out = run_.write(n, output);
    const View<Rgb> to = out.view<Rgb>();
    const auto level = [this](float v) -> uint8_t {
      if (!(v > options_.low)) return 0;  // also what is missing
      return static_cast<uint8_t>(std::min(255.0, (v - options_.low) * 255 / (options_.high - options_.low) + 0.5));
    };
    for (int y = 0; y < to.height(); y++) {
      const float *red = image.row(y), *green = reference ? reference->row(y) : red;
      Rgb *row = to.row(y);
      for (int x = 0; x < to.width(); x++) {
        const int change = map.empty() ? 0 : map[static_cast<size_t>(y) * to.width() + x];
        row[x] = change > 0   ? Rgb{255, 255, 255, 0}
                 : change < 0 ? Rgb{0, 0, 0, 0}
                              : Rgb{0, level(green[x]), level(red[x]), 0};
      }
    }
    out.commit();
  }

  void write_table() const {
    const char *table = "scores";
    std::vector<std::string> labels, verdicts, reasons;
    for (int64_t i = 0; i < static_cast<int64_t>(results_.size()); i++) {
      labels.push_back(run_.label(i * places_.channels + channel_));
      verdicts.push_back(name_of(results_[i].verdict));
      reasons.push_back(results_[i].reason);
    }
    const auto column = [&](const char *name, auto &&value) {
      std::vector<double> values;
      for (const Scored &s : results_) values.push_back(value(s));
      run_.column(table, name, values);
    };
    run_.column(table, "Label", labels);
    column("dd_score", [](const Scored &s) { return s.difference.score; });
    column("dd_count", [](const Scored &s) { return static_cast<double>(s.difference.count); });
    column("dd_balance", [](const Scored &s) { return s.difference.balance(); });
    column("tolerance", [](const Scored &s) { return s.difference.tolerance; });
    column("ncc_before", [](const Scored &s) { return s.before.ncc; });
    column("ncc_after", [](const Scored &s) { return s.after.ncc; });
    column("ssim_before", [](const Scored &s) { return s.before.ssim; });
    column("ssim_after", [](const Scored &s) { return s.after.ssim; });
    column("ecc_before", [](const Scored &s) { return s.before.ecc; });
    column("ecc_after", [](const Scored &s) { return s.after.ecc; });
    column("nmi_before", [](const Scored &s) { return s.before.nmi; });
    column("nmi_after", [](const Scored &s) { return s.after.nmi; });
    run_.column(table, "verdict", verdicts);
    run_.column(table, "reason", reasons);
  }

  void write_plot() const {
    if (!run_.wanted("differences")) return;
    std::vector<double> edges;
    for (int b = 0; b <= difference_bins; b++) edges.push_back(-255 + b * 510.0 / difference_bins);
    Json plot;
    plot.object().key("name").value("differences").key("kind").value("histogram");
    plot.key("x_label").value("dd in 8-bit units: below 0 worse, above 0 better");
    plot.key("y_label").value("Changed pixels").key("edges").value(edges).key("counts").value(histogram_).end();
    run_.plot(plot);
  }

  Scored &result(int64_t position, int64_t other) {
    return results_[static_cast<size_t>(places_.image(position, other, channel_) / places_.channels)];
  }

  Run &run_;
  const sheaf_info info_;
  const Hyperstack places_;
  const int64_t channel_;
  const Against against_;
  const int64_t base_;
  const Uncovered uncovered_;
  const int64_t min_count_;
  const Parallel parallel_;
  DifferenceOptions options_;
  int64_t batch_ = 1;
  Mask roi_;
  std::vector<bool> wanted_;
  Plane mean_;
  std::vector<Scored> results_;
  std::mutex mutex_;
  DifferenceHistogram histogram_{};
};

}  // namespace

void Score::run(Run &run) { Job(run).run(); }

}  // namespace sheaf::align
