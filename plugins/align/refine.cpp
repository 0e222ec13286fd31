#include "align/refine.hpp"

#include <algorithm>
#include <optional>

#include "align/hyperstack.hpp"
#include "align/refinement.hpp"
#include "align/region.hpp"
#include "align/resample.hpp"
#include "align/transforms.hpp"
#include "common/wording.hpp"

namespace sheaf::align {

const char *const Refine::schema = R"({
  "title": "Refine Alignment",
  "menu": "Alignment",
  "summary": "Improves the alignment of a stack by its own score; what cannot be made better stays as it is.",
  "doc": "The search starts at the stack as it is, or at transforms from a file, and looks at the images as that start draws them. translation tries every whole shift up to the radius. gradient moves the four corners of the image uphill, and evolution tries a population of such movements first (differential evolution), which also finds its way over hollows.\n\nWhat gradient and evolution maximize is smooth: the mean of dd / (|dd| + tolerance), where dd says how much closer to the reference a pixel came, or the correlation. A result is used only if neither its difference score nor its correlation is worse than the start's: the status says improved or kept.",
  "references": ["Storn, Price (1997) Differential evolution: a simple and efficient heuristic for global optimization over continuous spaces. J. Global Optimization 11, 341-359"],
  "since": "1.0.0",
  "memory": "pairs",
  "inputs": [{"pixel": ["u8", "u16", "f32", "rgb"], "roi": true}],
  "outputs": [{"name": "refined", "like": 0}],
  "tables": [{"name": "refinement", "title": "Refinement of %s", "columns": [
    {"name": "Label", "type": "text", "help": "First image of the position."},
    {"name": "m00", "type": "number", "help": "Transform from output to input pixel coordinates, row 0, column 0."},
    {"name": "m01", "type": "number", "help": "Row 0, column 1."},
    {"name": "m02", "type": "number", "unit": "px", "help": "Row 0, column 2."},
    {"name": "m10", "type": "number", "help": "Row 1, column 0."},
    {"name": "m11", "type": "number", "help": "Row 1, column 1."},
    {"name": "m12", "type": "number", "unit": "px", "help": "Row 1, column 2."},
    {"name": "m20", "type": "number", "unit": "1/px", "help": "Row 2, column 0."},
    {"name": "m21", "type": "number", "unit": "1/px", "help": "Row 2, column 1."},
    {"name": "m22", "type": "number", "help": "Row 2, column 2: 1."},
    {"name": "moved", "type": "number", "unit": "px", "help": "Largest distance by which a corner was moved from the start."},
    {"name": "dd_score", "type": "number", "help": "Share of the pixels changed since the start that came closer to the reference; 0.5: none changed."},
    {"name": "dd_count", "type": "number", "unit": "px", "help": "Pixels that changed by more than the tolerance."},
    {"name": "ncc_before", "type": "number", "help": "Correlation with the reference at the start."},
    {"name": "ncc_after", "type": "number", "help": "Correlation with the reference now."},
    {"name": "evaluations", "type": "number", "help": "Transforms that were tried."},
    {"name": "status", "type": "text", "help": "improved, kept, degenerate or reference."}
  ]}],
  "params": [
    {"key": "method", "type": "choice", "default": "gradient", "help": "How better transforms are looked for.", "choices": [
      {"key": "translation", "label": "All translations", "help": "Every whole shift up to radius."},
      {"key": "gradient", "label": "Gradient", "help": "Uphill from the start, four corners."},
      {"key": "evolution", "label": "Evolution", "help": "Differential evolution of the four corners, then uphill."}]},
    {"key": "reference", "type": "choice", "default": "previous", "help": "What each image is compared with.", "choices": [
      {"key": "previous", "label": "Previous image", "help": "The nearest image before that is not constant, as it was refined."},
      {"key": "base", "label": "Chosen image", "help": "The image given by base."},
      {"key": "first", "label": "First image", "help": "The first image."},
      {"key": "mean", "label": "Mean", "help": "The mean of all images at the start."}]},
    {"key": "base", "type": "integer", "default": 1, "min": 1, "in_view": ["images"], "when": {"reference": "base"}, "help": "Position of the image that stays as it is, from 1."},
    {"key": "radius", "type": "integer", "default": 10, "min": 1, "max": 200, "ui_max": 50, "unit": "px", "when": {"method": "translation"}, "help": "Shifts to try in each direction."},
    {"key": "criterion", "type": "choice", "default": "net", "advanced": true, "when": {"method": "translation"}, "help": "Which shift is the best; of equals the smallest.", "choices": [
      {"key": "net", "label": "Net", "help": "Most pixels that came closer, less those that went away."},
      {"key": "share", "label": "Share", "help": "Highest score: on clean images a first step towards the best place may reach it."}]},
    {"key": "objective", "type": "choice", "default": "dd", "when": {"method": ["gradient", "evolution"]}, "help": "What is made as large as possible.", "choices": [
      {"key": "dd", "label": "Difference of differences", "help": "The mean of dd / (|dd| + tolerance): holds out against what moved by itself."},
      {"key": "ncc", "label": "Correlation", "help": "Indifferent to brightness and contrast."}]},
    {"key": "tolerance", "type": "number", "default": 50, "min": 0, "max": 255, "help": "Smaller changes do not count, in 8-bit units."},
    {"key": "crop", "type": "integer", "default": 0, "min": 0, "max": 100000, "ui_max": 100, "unit": "px", "help": "Width of the border that does not count."},
    {"key": "steps", "type": "integer", "default": 100, "min": 1, "max": 10000, "ui_max": 500, "advanced": true, "when": {"method": ["gradient", "evolution"]}, "help": "Steps uphill, at most."},
    {"key": "population", "type": "integer", "default": 40, "min": 4, "max": 1000, "ui_max": 200, "advanced": true, "when": {"method": "evolution"}, "help": "Movements tried in each generation."},
    {"key": "generations", "type": "integer", "default": 60, "min": 1, "max": 10000, "ui_max": 500, "advanced": true, "when": {"method": "evolution"}, "help": "Generations."},
    {"key": "factor", "type": "number", "default": 0.6, "min": 0, "max": 2, "advanced": true, "when": {"method": "evolution"}, "help": "Weight of the difference of two members."},
    {"key": "crossover", "type": "number", "default": 0.9, "min": 0, "max": 1, "advanced": true, "when": {"method": "evolution"}, "help": "Share of the coordinates that change."},
    {"key": "bound", "type": "number", "default": 5, "min": 0.01, "max": 50, "unit": "%", "advanced": true, "when": {"method": "evolution"}, "help": "How far a corner may move, of the image's side."},
    {"key": "seed", "type": "integer", "default": 1, "min": 0, "max": 2147483647, "advanced": true, "when": {"method": "evolution"}, "help": "The same seed gives the same result."},
    {"key": "channel", "type": "integer", "default": 1, "min": 1, "advanced": true, "help": "Channel that is looked at, from 1; all are moved."},
    {"key": "axis", "type": "choice", "default": "auto", "advanced": true, "help": "Along which axis of a hyperstack the positions run.", "choices": [
      {"key": "auto", "label": "Automatic", "help": "Time if there is more than one frame, else depth."},
      {"key": "time", "label": "Time", "help": "One transform for each frame, refined on the mean over depth."},
      {"key": "depth", "label": "Depth", "help": "One transform for each depth, refined on the mean over time."}]},
    {"key": "interpolation", "type": "choice", "default": "bilinear", "help": "How values between pixels are made.", "choices": [
      {"key": "nearest", "label": "Nearest", "help": "Takes the nearest pixel: no new values."},
      {"key": "bilinear", "label": "Bilinear", "help": "Smooths a little, never overshoots."},
      {"key": "cubic", "label": "Cubic", "help": "Keeps more detail, may overshoot; clamped to the pixel type."}]},
    {"key": "border", "type": "choice", "default": "black", "advanced": true, "help": "What fills the area that an image does not cover.", "choices": [
      {"key": "black", "label": "Black", "help": "0."},
      {"key": "edge", "label": "Edge", "help": "The nearest pixel of the image."},
      {"key": "reflect", "label": "Reflect", "help": "The image mirrored at its outer pixels."}]},
    {"key": "transforms", "type": "file", "default": "", "help": "File of the transforms to start with; empty: the stack as it is."},
    {"key": "save", "type": "file", "default": "", "help": "File for the refined transforms: .json, .csv or .txt; empty: none."}
  ]
})";

namespace {

enum class Against { previous, base, first, mean };

constexpr int64_t bytes_per_pixel = 40;  // the planes of one image at work

class Job {
 public:
  explicit Job(Run &run)
      : run_(run),
        info_(run.input()),
        places_(info_, run.choice<Axis>("axis")),
        channel_(run.integer("channel") - 1),
        against_(run.choice<Against>("reference")),
        base_(against_ == Against::base ? run.integer("base") - 1 : 0),
        parallel_(parallel_of(run)),
        poll_(poll_of(run)) {
    require_there("channel", channel_ + 1, places_.channels, "channel", "the image");
    require_there("base", base_ + 1, places_.count, "position", "the collection");
    options_.method = run.choice<RefineMethod>("method");
    require_savable(run.text("save"), options_.method == RefineMethod::translation ? "translation" : "homography",
                    "save", {run.text("transforms")});
    options_.objective = run.choice<Objective>("objective");
    options_.difference.tolerance = run.number("tolerance");
    options_.difference.crop = static_cast<int>(run.integer("crop"));
    options_.difference.whole = places_.others == 1 && (info_.pixel == SHEAF_U8 || info_.pixel == SHEAF_U16);
    options_.radius = static_cast<int>(run.integer("radius"));
    options_.by_share = run.text("criterion") == "share";
    options_.steps = static_cast<int>(run.integer("steps"));
    options_.population = static_cast<int>(run.integer("population"));
    options_.generations = static_cast<int>(run.integer("generations"));
    options_.factor = run.number("factor");
    options_.crossover = run.number("crossover");
    options_.bound = run.number("bound") / 100;
    options_.seed = static_cast<uint64_t>(run.integer("seed"));
    if (2 * options_.difference.crop >= std::min(info_.width, info_.height))
      throw Error(SHEAF_INVALID, "crop: " + std::to_string(options_.difference.crop) +
                                     " px given, nothing is left of images of " + std::to_string(info_.width) + " x " +
                                     std::to_string(info_.height) + " pixels");
    run.reserve(bytes_per_pixel * info_.width * info_.height, "the image that is refined");
    mask_ = mask_of(run);
    read_start();
  }

  void run() {
    set_range();
    results_.resize(places_.count);
    if (against_ == Against::mean) reference_ = mean_at_start();
    if (against_ == Against::base || against_ == Against::first) reference_ = drawn(base_, list_.images[base_].matrix);
    for (int64_t p = 0; p < places_.count; p++) {
      refine_position(p);
      run_.progress(0.2 + 0.7 * static_cast<double>(p + 1) / static_cast<double>(places_.count), "Refining");
    }
    write_images();
    write_table();
    if (const std::string path = run_.text("save"); !path.empty()) write_transforms(path, list_, "save");
  }

 private:
  void read_start() {
    const std::string path = run_.text("transforms");
    list_ = list_for(path, "transforms", places_.count, info_.width, info_.height);
    for (const ListedTransform &t : list_.images)
      if (t.bilinear)
        throw Error(SHEAF_INVALID, "transforms: " + path +
                                       " holds bilinear transforms, which cannot be refined; "
                                       "accepted: matrices");
    if (options_.method != RefineMethod::translation) list_.model = "homography";
    for (int64_t p = 0; p < places_.count; p++) list_.images[p].label = run_.label(places_.image(p, 0, channel_));
  }

  const Mask *mask() const { return mask_.empty() ? nullptr : &mask_; }

  // The position as the search sees it: one channel, averaged over the other axis.
  Plane gray_at(int64_t position) const {
    auto plane_of = [&](int64_t other) {
      return run_.read(places_.image(position, other, channel_)).visit([](auto view) { return to_plane(view); });
    };
    Plane sum = plane_of(0);
    for (int64_t other = 1; other < places_.others; other++) {
      run_.check_cancelled();
      const Plane plane = plane_of(other);
      for (size_t i = 0; i < sum.pixels.size(); i++) sum.pixels[i] += plane.pixels[i];
    }
    if (places_.others > 1)
      for (auto &p : sum.pixels) p /= static_cast<float>(places_.others);
    return sum;
  }

  // A position under t; what it does not cover is missing.
  Plane drawn(int64_t position, const Transform &t) const {
    Plane out = resampled(gray_at(position), t, {}, parallel_);
    for (int y = 0; y < out.height; y++) {
      const Interval columns = columns_inside(t, y, {0, out.width - 1}, 0, 0, out.width - 1.0, out.height - 1.0);
      for (int x = 0; x < out.width; x++)
        if (x < columns.first || x > columns.last) out.row(y)[x] = std::numeric_limits<float>::quiet_NaN();
    }
    return out;
  }

  void set_range() {
    if (info_.pixel == SHEAF_U8 || info_.pixel == SHEAF_RGB) return;
    Range range;
    for (int64_t p = 0; p < places_.count; p++) {
      const Plane plane = gray_at(p);
      for (const float v : plane.pixels)
        if (std::isfinite(v)) range.include({v, v});
      run_.progress(0.1 * static_cast<double>(p + 1) / static_cast<double>(places_.count), "Finding the range");
    }
    if (range.low < range.high) options_.difference.low = range.low, options_.difference.high = range.high;
  }

  Plane mean_at_start() const {
    std::vector<double> sums(static_cast<size_t>(info_.width) * info_.height);
    std::vector<uint32_t> counts(sums.size());
    for (int64_t p = 0; p < places_.count; p++) {
      const Plane plane = drawn(p, list_.images[p].matrix);
      for (size_t i = 0; i < sums.size(); i++)
        if (std::isfinite(plane.pixels[i])) sums[i] += plane.pixels[i], counts[i]++;
      run_.progress(0.1 + 0.1 * static_cast<double>(p + 1) / static_cast<double>(places_.count), "Averaging");
    }
    Plane mean(info_.width, info_.height);
    for (size_t i = 0; i < sums.size(); i++)
      mean.pixels[i] = counts[i] ? static_cast<float>(sums[i] / counts[i]) : std::numeric_limits<float>::quiet_NaN();
    return mean;
  }

  struct Result {
    Refinement refinement;
    const char *status = "degenerate";
  };

  void refine_position(int64_t p) {
    ListedTransform &t = list_.images[p];
    Result &r = results_[p];
    r.refinement.ncc_before = r.refinement.ncc_after = std::numeric_limits<double>::quiet_NaN();
    const Plane moving = gray_at(p);
    Range range;
    for (const float v : moving.pixels)
      if (std::isfinite(v)) range.include({v, v});
    const bool flat = !(range.low < range.high);
    if ((against_ == Against::base || against_ == Against::first) && p == base_) {
      r.status = flat ? "degenerate" : "reference";
    } else if (!flat && against_ == Against::previous && !has_reference_) {
      r.status = "reference";
    } else if (!flat) {
      r.refinement = refine(reference_, mask(), moving, t.matrix, options_, parallel_, poll_);
      t.matrix = r.refinement.transform;
      r.status = std::isnan(r.refinement.ncc_before) ? "degenerate" : r.refinement.improved ? "improved" : "kept";
    }
    t.status = r.status == std::string("degenerate") ? "degenerate" : "ok";
    if (against_ == Against::previous && !flat) {
      reference_ = drawn(p, t.matrix);
      has_reference_ = true;
    }
  }

  void write_images() const {
    if (!run_.wanted("refined")) return;
    ResampleOptions how;
    how.interpolation = run_.choice<Interpolation>("interpolation");
    how.border = run_.choice<Border>("border");
    for (int64_t n = 0; n < info_.slices; n++) {
      const int64_t position = n / places_.step % places_.count;
      const Image in = run_.read(n);
      Output out = run_.write(n);
      in.visit([&]<class T>(View<const T> from) {
        if constexpr (!std::is_same_v<T, uint32_t>)  // labels are not among the inputs
          resample(from, out.view<T>(), list_.images[position].matrix, how, parallel_);
      });
      out.commit();
      run_.progress(0.9 + 0.1 * static_cast<double>(n + 1) / static_cast<double>(info_.slices), "Drawing the images");
    }
  }

  void write_table() const {
    const char *table = "refinement";
    std::vector<std::string> labels, statuses;
    for (int64_t p = 0; p < places_.count; p++) {
      labels.push_back(list_.images[p].label);
      statuses.push_back(results_[p].status);
    }
    const auto column = [&](const char *name, auto &&value) {
      std::vector<double> values;
      for (int64_t p = 0; p < places_.count; p++) values.push_back(value(p));
      run_.column(table, name, values);
    };
    run_.column(table, "Label", labels);
    static constexpr const char *elements[] = {"m00", "m01", "m02", "m10", "m11", "m12", "m20", "m21", "m22"};
    for (int e = 0; e < 9; e++) column(elements[e], [&](int64_t p) { return list_.images[p].matrix.m[e]; });
    column("moved", [&](int64_t p) { return results_[p].refinement.moved; });
    column("dd_score", [&](int64_t p) { return results_[p].refinement.score.score; });
    column("dd_count", [&](int64_t p) { return static_cast<double>(results_[p].refinement.score.count); });
    column("ncc_before", [&](int64_t p) { return results_[p].refinement.ncc_before; });
    column("ncc_after", [&](int64_t p) { return results_[p].refinement.ncc_after; });
    column("evaluations", [&](int64_t p) { return results_[p].refinement.evaluations; });
    run_.column(table, "status", statuses);
  }

  Run &run_;
  const sheaf_info info_;
  const Hyperstack places_;
  const int64_t channel_;
  const Against against_;
  const int64_t base_;
  const Parallel parallel_;
  const Poll poll_;
  RefineOptions options_;
  Mask mask_;
  TransformList list_;
  Plane reference_;
  bool has_reference_ = false;
  std::vector<Result> results_;
};

}  // namespace

void Refine::run(Run &run) { Job(run).run(); }

}  // namespace sheaf::align
