#include "align/register.hpp"

#include <algorithm>
#include <cmath>

#include "align/drift.hpp"
#include "align/hyperstack.hpp"
#include "align/region.hpp"
#include "align/registration.hpp"
#include "align/report.hpp"
#include "align/resample.hpp"
#include "common/wording.hpp"

namespace sheaf::align {

const char *const Register::schema = R"({
  "title": "Align",
  "summary": "Moves the images of a stack onto each other, scores the result and says which images failed.",
  "doc": "Each image is matched to a reference image by its intensities; a difference in brightness or contrast does no harm. The table gives the transform of every image, its agreement with its reference before and after, and a status: ok, uncertain (the result is used, but noise may have displaced its corners by more than 0.25 px), not_converged (the result is used, but was still changing), worse_than_identity (nothing better was found, the image keeps its place relative to its reference), degenerate (constant, without data, or smaller than 16 x 16: nothing to align), reference.\n\nA region of interest restricts where images are compared; the whole images are moved. In a hyperstack the transform of a position is estimated on one channel, projected over the other axis, and applied to all images at that position.",
  "references": ["Thevenaz, Ruttimann, Unser (1998) A pyramid approach to subpixel registration based on intensity. IEEE Trans. Image Processing 7, 27-41", "Baker, Matthews (2004) Lucas-Kanade 20 years on: a unifying framework. Int. J. Computer Vision 56, 221-255", "Evangelidis, Psarakis (2008) Parametric image alignment using enhanced correlation coefficient maximization. IEEE Trans. Pattern Analysis and Machine Intelligence 30, 1858-1865"],
  "since": "1.0.0",
  "memory": "pairs",
  "inputs": [{"pixel": ["u8", "u16", "f32", "rgb"], "roi": true}],
  "outputs": [{"name": "aligned", "like": 0}],
  "tables": [{"name": "alignment", "title": "Alignment of %s", "columns": [
    {"name": "Label", "type": "text", "help": "First image of the position."},
    {"name": "m00", "type": "number", "help": "Transform from output to input pixel coordinates, row 0, column 0."},
    {"name": "m01", "type": "number", "help": "Row 0, column 1."},
    {"name": "m02", "type": "number", "unit": "px", "help": "Row 0, column 2."},
    {"name": "m10", "type": "number", "help": "Row 1, column 0."},
    {"name": "m11", "type": "number", "help": "Row 1, column 1."},
    {"name": "m12", "type": "number", "unit": "px", "help": "Row 1, column 2."},
    {"name": "m20", "type": "number", "unit": "1/px", "help": "Row 2, column 0: 0 but for a homography."},
    {"name": "m21", "type": "number", "unit": "1/px", "help": "Row 2, column 1: 0 but for a homography."},
    {"name": "m22", "type": "number", "help": "Row 2, column 2: 1."},
    {"name": "shift_x", "type": "number", "unit": "px", "help": "Translation of the image's centre."},
    {"name": "shift_y", "type": "number", "unit": "px", "help": "Translation of the image's centre."},
    {"name": "angle", "type": "number", "unit": "degrees", "help": "Rotation, from the x axis to the y axis."},
    {"name": "scale", "type": "number", "help": "Square root of the factor by which areas grow."},
    {"name": "score_before", "type": "number", "help": "Correlation with the reference before, -1 to 1."},
    {"name": "score_after", "type": "number", "help": "Correlation with the reference after, over the overlap."},
    {"name": "dd_score", "type": "number", "help": "Share of the clearly changed pixels that came closer to the reference; 0.5: none changed."},
    {"name": "dd_count", "type": "number", "unit": "px", "help": "Number of clearly changed pixels."},
    {"name": "iterations", "type": "number", "help": "Steps of the search, at all resolutions."},
    {"name": "status", "type": "text", "help": "ok, uncertain, not_converged, worse_than_identity, rejected, no_match, degenerate or reference."},
    {"name": "closure_error", "type": "number", "unit": "px", "help": "By how much pairs of images that include this one miss each other; with global only."},
    {"name": "match", "type": "number", "help": "How surely both images show the same: correlation of local structures times the root of the common share, 0 to 1; empty for features and matches."},
    {"name": "matches", "type": "number", "help": "Matches of features, patches or the file; empty for intensities."},
    {"name": "inliers", "type": "number", "help": "Matches that agree with the transform; empty for intensities."},
    {"name": "reason", "type": "text", "help": "Why the status is neither ok nor reference."}
  ]}],
  "plots": [{"name": "drift_x", "title": "Drift in x of %s"}, {"name": "drift_y", "title": "Drift in y of %s"},
            {"name": "drift_angle", "title": "Rotation of %s"}],
  "params": [
    {"key": "model", "type": "choice", "default": "rigid", "help": "What may differ between images.", "choices": [
      {"key": "translation", "label": "Translation", "help": "Shift."},
      {"key": "rigid", "label": "Rigid", "help": "Shift and rotation."},
      {"key": "similarity", "label": "Similarity", "help": "Shift, rotation and scale."},
      {"key": "affine", "label": "Affine", "help": "Any linear change and shift."},
      {"key": "homography", "label": "Homography", "help": "Perspective: eight parameters."}]},
    {"key": "reference", "type": "choice", "default": "previous", "help": "What each image is aligned to.", "choices": [
      {"key": "previous", "label": "Previous image", "help": "The image before, in a chain that starts at the first image."},
      {"key": "base", "label": "Chosen image", "help": "The image given by base."},
      {"key": "first", "label": "First image", "help": "The first image."},
      {"key": "mean", "label": "Mean", "help": "The mean of all images as they are."},
      {"key": "median", "label": "Median", "help": "The median of at most 51 images, evenly spaced, as they are."},
      {"key": "iterated_mean", "label": "Iterated mean", "help": "The mean of the images as aligned, first to the one in the middle, renewed until nothing moves by 0.05 px, at most 5 times."},
      {"key": "rolling_mean", "label": "Rolling mean", "help": "The mean of the last images, as aligned."},
      {"key": "every_nth", "label": "Every n-th image", "help": "Templates at regular distances, each aligned to the one before."}]},
    {"key": "base", "type": "integer", "default": 1, "min": 1, "in_view": ["images"], "when": {"reference": "base"}, "help": "Position of the image that stays as it is, from 1."},
    {"key": "window", "type": "integer", "default": 5, "min": 2, "max": 100, "when": {"reference": ["rolling_mean", "every_nth"]}, "help": "Images of a rolling mean; distance of the templates."},
    {"key": "channel", "type": "integer", "default": 1, "min": 1, "help": "Channel on which transforms are estimated, from 1."},
    {"key": "axis", "type": "choice", "default": "auto", "help": "Along which axis of a hyperstack the positions run.", "choices": [
      {"key": "auto", "label": "Automatic", "help": "Time if there is more than one frame, else depth."},
      {"key": "time", "label": "Time", "help": "One transform for each frame, estimated on a projection over depth."},
      {"key": "depth", "label": "Depth", "help": "One transform for each depth, estimated on a projection over time."},
      {"key": "both", "label": "Both", "help": "One transform for each depth of each frame: depths are aligned within their frame, then the frames, seen as their aligned depths projected."}]},
    {"key": "projection", "type": "choice", "default": "mean", "advanced": true, "help": "What is compared where a position has several images on the other axis.", "choices": [
      {"key": "mean", "label": "Mean", "help": "Their mean."},
      {"key": "max", "label": "Maximum", "help": "The brightest of each pixel: small bright structures at any depth."}]},
    {"key": "interpolation", "type": "choice", "default": "bilinear", "help": "How values between pixels are made.", "choices": [
      {"key": "nearest", "label": "Nearest", "help": "Takes the nearest pixel: no new values."},
      {"key": "bilinear", "label": "Bilinear", "help": "Smooths a little, never overshoots."},
      {"key": "cubic", "label": "Cubic", "help": "Keeps more detail, may overshoot; clamped to the pixel type."}]},
    {"key": "border", "type": "choice", "default": "black", "help": "What fills the area that an image does not cover.", "choices": [
      {"key": "black", "label": "Black", "help": "0."},
      {"key": "edge", "label": "Edge", "help": "The nearest pixel of the image."},
      {"key": "reflect", "label": "Reflect", "help": "The image mirrored at its outer pixels."}]},
    {"key": "crop_common", "type": "boolean", "help": "Crops to the largest rectangle that all images cover."},
    {"key": "start", "type": "choice", "default": "auto", "advanced": true, "help": "Where the search for a transform begins.", "choices": [
      {"key": "auto", "label": "Automatic", "help": "Where the images are and where phase correlation says; if neither convinces, everywhere."},
      {"key": "identity", "label": "As they are", "help": "Small movements only: nothing far away can be mistaken for a match."},
      {"key": "phase", "label": "Phase correlation", "help": "Any shift, little rotation."},
      {"key": "rotation", "label": "All rotations and scales", "help": "Always searches everywhere: all shifts, rotations, scales from one half to two, inverted contrast."},
      {"key": "features", "label": "Features", "help": "Where SIFT leads; automatic if it finds nothing."}]},
    {"key": "global", "type": "boolean", "when": {"reference": "previous"}, "help": "Also matches images 2, 4, 8 ... 64 positions apart and spreads what does not fit, so that errors do not add up."},
    {"key": "on_failure", "type": "choice", "default": "identity", "advanced": true, "help": "What becomes of a transform that the image's own scores speak against.", "choices": [
      {"key": "identity", "label": "Refuse it", "help": "The image keeps its place relative to its reference, and the status says so."},
      {"key": "keep", "label": "Use it", "help": "Scores and status are reported, no more."}]},
    {"key": "engine", "type": "choice", "default": "intensity", "advanced": true, "help": "What is compared to find a transform.", "choices": [
      {"key": "intensity", "label": "Intensities", "help": "All pixels: the most accurate."},
      {"key": "features", "label": "Features", "help": "Corners and blobs that look alike: for large changes and different contents."},
      {"key": "patches", "label": "Patches", "help": "A grid of small pieces, each found again; those that disagree are left out."},
      {"key": "matches", "label": "Matches from a file", "help": "Pairs of points that were found elsewhere."}]},
    {"key": "criterion", "type": "choice", "default": "mse", "advanced": true, "when": {"engine": ["intensity", "patches"]}, "help": "What intensities are to reach.", "choices": [
      {"key": "mse", "label": "Least squares", "help": "The smallest mean square of the difference; gain and offset are free. The fastest."},
      {"key": "ecc", "label": "Correlation", "help": "The highest correlation coefficient (enhanced correlation coefficient, ECC)."}]},
    {"key": "detector", "type": "choice", "default": "sift", "advanced": true, "when": {"engine": "features"}, "help": "Which features are sought.", "choices": [
      {"key": "sift", "label": "SIFT", "help": "Blobs, described by gradients: the most reliable, also for negatives."},
      {"key": "orb", "label": "ORB", "help": "Corners, described by comparisons: fast."},
      {"key": "akaze", "label": "AKAZE", "help": "Blobs in a scale space that keeps edges."}]},
    {"key": "min_inliers", "type": "integer", "default": 8, "min": 4, "max": 10000, "advanced": true, "when": {"engine": ["features", "patches", "matches"]}, "help": "Matches that must agree on a transform."},
    {"key": "matches", "type": "file", "default": "", "advanced": true, "when": {"engine": "matches"}, "help": "Table of matches: x1,y1 (reference), x2,y2 (image) and image, from 1."},
    {"key": "drift", "type": "boolean", "advanced": true, "help": "Plots shift and rotation over the positions."},
    {"key": "save", "type": "file", "default": "", "advanced": true, "help": "File for the transforms: .json, .csv or .txt (MultiStackReg); empty: none."}
  ]
})";

namespace {

enum class OnFailure { identity, keep };
enum class Projection { mean, max };

// Images worked on at once: as many as there are threads, but within this much
// memory, so that a collection of any length needs the same.
constexpr int64_t work_bytes = int64_t{96} << 20;
constexpr int64_t bytes_per_pixel = 12;  // three planes of floats for each image

class Job {
 public:
  explicit Job(Run &run)
      : run_(run),
        info_(run.input()),
        both_(run.choice<Axis>("axis") == Axis::both),
        positions_(info_, run.choice<Axis>("axis")),
        channel_(run.integer("channel") - 1),
        projection_(run.choice<Projection>("projection")),
        parallel_(parallel_of(run)) {
    const auto problem = [](const std::string &text) { throw Error(SHEAF_INVALID, text); };
    require_there("channel", channel_ + 1, positions_.channels, "channel", "the image");
    if (positions_.count == 1 && positions_.channels > 1)
      run.log(SHEAF_LOG_WARNING,
              "the image has one position in time and depth: its channels are not aligned to each other; "
              "Image>Hyperstacks>Re-order Hyperstack can make frames of them");
    options_.model = run.choice<Model>("model");
    require_savable(run.text("save"), run.text("model"), "save", {run.text("matches")});
    options_.reference = run.choice<Reference>("reference");
    options_.base = run.integer("base") - 1;
    options_.window = run.integer("window");
    if (options_.reference == Reference::base)
      require_there("base", options_.base + 1, both_ ? info_.frames : positions_.count, both_ ? "frame" : "position",
                    "the collection");

    const int64_t pixels = int64_t{info_.width} * info_.height;
    options_.batch = std::clamp<int64_t>(work_bytes / (bytes_per_pixel * pixels), 1, std::max(1, run.threads()));
    run.reserve(bytes_per_pixel * pixels * (options_.batch + 2), "the images that are aligned at once");
    if (both_) run.reserve(6 * pixels * options_.batch, "the projections of frames");
    // the window's images as floats, sums and counts of their mean, one of them drawn
    if (options_.reference == Reference::rolling_mean)
      run.reserve(pixels * (4 * options_.window + 16), "the images of the rolling mean");
    // sums and counts of the mean, and the mean of the others for each image
    if (options_.reference == Reference::mean) run.reserve(pixels * (12 + 10 * options_.batch), "the mean");
    options_.keep = run.choice<OnFailure>("on_failure") == OnFailure::keep;
    options_.start = run.choice<Start>("start");
    options_.criterion = run.choice<Criterion>("criterion");
    options_.global = options_.reference == Reference::previous && run.flag("global");
    if (options_.global && options_.model == Model::homography)
      problem("global: given with model homography; accepted: the other models");
    options_.matching.method = run.choice<Method>("engine");
    options_.matching.detector = run.choice<Detector>("detector");
    options_.matching.poll = [this] { run_.check_cancelled(); };
    options_.matching.min_inliers = static_cast<int>(run.integer("min_inliers"));
    if (options_.matching.method == Method::features || options_.start == Start::features) {
      FeatureOptions features;
      features.detector = options_.matching.detector;
      const int64_t bytes = bytes_for_features(info_.width, info_.height, features);
      run.reserve(bytes * std::max(1, run.threads()), "the features of the images that are aligned at once");
    }
    if (options_.matching.method == Method::matches) options_.matching.given = read_matches(run.text("matches"));
    if (options_.global && options_.matching.method == Method::matches)
      problem(
          "global: given with engine matches, which has none for images further apart; accepted: the other engines");
    if (both_ && options_.matching.method == Method::matches)
      problem("engine: matches given with axis both; accepted: the other engines, or one axis");
    options_.progress = [this](double done) {
      run_.progress((draws_at_once_ ? 1 : 0.6) * done, draws_at_once_ ? "Aligning" : "Estimating transforms");
    };
    options_.settled = [this](int64_t first, std::span<const Registered> images) {
      if (draws_at_once_) draw(first, images);
    };
    how_.interpolation = run.choice<Interpolation>("interpolation");
    how_.border = run.choice<Border>("border");
    wanted_ = run.wanted("aligned");
    draws_at_once_ =
        !run.flag("crop_common") && !options_.global && options_.reference != Reference::iterated_mean && !both_;
    mask_ = read_mask();
  }

  void run() {
    read_scale();
    if (both_) {
      register_both();
    } else {
      Series series{positions_.count, info_.width, info_.height, [this](int64_t p) { return gray_at(p); }};
      images_ = register_series(series, mask_, options_, parallel_).images;
    }
    if (!draws_at_once_) write_images();
    write_table();
    const TransformList list = transforms();
    if (run_.flag("drift")) plot_drift(run_, list);
    if (const std::string path = run_.text("save"); !path.empty()) write_transforms(path, list, "save");
    report(run_, list, both_ || positions_.others * positions_.channels == 1);
  }

 private:
  Mask read_mask() const {
    Mask mask = mask_of(run_);
    const int64_t inside = std::count(mask.begin(), mask.end(), 1);
    constexpr int64_t least = least_side * least_side;
    if (inside < least && static_cast<int64_t>(mask.size()) >= least)
      throw Error(SHEAF_INVALID, "region of interest: it holds " + counted(inside, "pixel") +
                                     ", alignment needs at least " + std::to_string(least));
    return mask;
  }

  // The position as the engine sees it: one channel, projected over the other axis.
  Plane gray_at(int64_t position) const {
    auto plane_of = [&](int64_t other) {
      return run_.read(positions_.image(position, other, channel_)).visit([](auto view) { return to_plane(view); });
    };
    Plane sum = plane_of(0);
    for (int64_t other = 1; other < positions_.others; other++) {
      run_.check_cancelled();
      const Plane plane = plane_of(other);
      for (size_t i = 0; i < sum.pixels.size(); i++)
        sum.pixels[i] = projection_ == Projection::mean ? sum.pixels[i] + plane.pixels[i]
                                                        : std::max(sum.pixels[i], plane.pixels[i]);
    }
    if (positions_.others > 1 && projection_ == Projection::mean)
      for (auto &p : sum.pixels) p /= static_cast<float>(positions_.others);
    if (unit_ != 1)
      for (auto &p : sum.pixels) p *= unit_;
    return sum;
  }

  // The depths of each frame, then the frames.
  void register_both() {
    const int64_t depth = info_.depth, frames = info_.frames;
    RegistrationOptions within = options_;
    if (within.reference == Reference::base) within.reference = Reference::first;
    within.settled = [](int64_t, std::span<const Registered>) {};
    std::vector<Transform> placed;  // of the depths of all frames, in their frame
    for (int64_t t = 0; t < frames; t++) {
      within.progress = [&](double done) {
        options_.progress(0.7 * (static_cast<double>(t) + done) / static_cast<double>(frames));
      };
      const Series series{depth, info_.width, info_.height, [&](int64_t z) { return gray_at(t * depth + z); }};
      for (Registered &r : register_series(series, mask_, within, parallel_).images) {
        placed.push_back(r.transform);
        images_.push_back(std::move(r));
      }
    }
    RegistrationOptions across = options_;
    across.settled = within.settled;
    across.scale.whole = false;  // of projections
    across.progress = [this](double done) { options_.progress(0.7 + 0.3 * done); };
    const Series series{frames, info_.width, info_.height, [&](int64_t t) {
                          return projected(t * depth, std::span(placed).subspan(static_cast<size_t>(t * depth),
                                                                                static_cast<size_t>(depth)));
                        }};
    const auto moved = register_series(series, mask_, across, parallel_).images;
    for (size_t n = 0; n < images_.size(); n++) {
      const Registered &frame = moved[n / static_cast<size_t>(depth)];
      const Transform transform = placed[n] * frame.transform;
      const bool by_frame = worse(images_[n].status, frame.status) != images_[n].status;
      const Status status = by_frame ? frame.status : images_[n].status;
      const std::string reason = !by_frame              ? images_[n].reason
                                 : frame.reason.empty() ? ""
                                                        : "the frame: " + frame.reason;
      // the first depth speaks for its frame
      if (n % static_cast<size_t>(depth) == 0) images_[n] = frame;
      images_[n].transform = transform;
      images_[n].status = status;
      images_[n].reason = reason;
    }
  }

  static Status worse(Status a, Status b) {
    constexpr Status order[] = {Status::reference,           Status::ok,       Status::uncertain, Status::not_converged,
                                Status::worse_than_identity, Status::rejected, Status::no_match,  Status::degenerate};
    return std::find(std::begin(order), std::end(order), a) < std::find(std::begin(order), std::end(order), b) ? b : a;
  }

  // The positions from `first` on, each drawn under its transform: of every pixel
  // the mean or the brightest of those that cover it.
  Plane projected(int64_t first, std::span<const Transform> transforms) const {
    const int width = info_.width, height = info_.height;
    Plane out(width, height);
    std::vector<uint16_t> counts(out.pixels.size());
    for (size_t k = 0; k < transforms.size(); k++) {
      run_.check_cancelled();
      Plane plane = gray_at(first + static_cast<int64_t>(k));
      if (!transforms[k].is_identity()) plane = resampled(plane, transforms[k], {}, parallel_);
      for (int y = 0; y < height; y++) {
        const Interval inside = columns_inside(transforms[k], y, {0, width - 1}, 0, 0, width - 1.0, height - 1.0);
        const size_t row = static_cast<size_t>(y) * width;
        for (int x = inside.first; x <= inside.last; x++) {
          const float v = plane.pixels[row + x];
          if (!std::isfinite(v)) continue;
          float &to = out.pixels[row + x];
          const bool brightest = projection_ == Projection::max;
          to = brightest ? (counts[row + x] ? std::max(to, v) : v) : to + v;
          counts[row + x]++;
        }
      }
    }
    for (size_t i = 0; i < counts.size(); i++) {
      if (!counts[i]) out.pixels[i] = std::numeric_limits<float>::quiet_NaN();
      else if (projection_ == Projection::mean) out.pixels[i] /= static_cast<float>(counts[i]);
    }
    return out;
  }

  // Gray values that are 0 and 255 in 8-bit units: those of the type, or of the whole stack.
  void read_scale() {
    options_.scale.whole = positions_.others == 1 && (info_.pixel == SHEAF_U8 || info_.pixel == SHEAF_U16);
    if (info_.pixel != SHEAF_U16 && info_.pixel != SHEAF_F32) return;
    Range all;
    std::vector<Range> ranges(options_.batch);
    for (int64_t first = 0; first < positions_.count; first += options_.batch) {
      const int64_t count = std::min(options_.batch, positions_.count - first);
      parallel_(count, [&](int64_t k) {
        if (positions_.others > 1) {
          const Plane plane = gray_at(first + k);
          ranges[k] = range_of(plane.view(), [this] { run_.check_cancelled(); });
        } else {
          run_.read(positions_.image(first + k, 0, channel_)).visit([&](auto view) {
            ranges[k] = range_of(view, [this] { run_.check_cancelled(); });
          });
        }
      });
      for (int64_t k = 0; k < count; k++) all.include(ranges[k]);
      run_.progress(0, "Reading the range of gray values");
    }
    // squares of such values, and their sums, would be no floats any more
    const float largest = std::max(std::abs(all.low), std::abs(all.high));
    if (std::isfinite(largest) && (largest > 1e12f || (largest > 0 && largest < 1e-9f)))
      unit_ = std::ldexp(1.f, std::clamp(-std::ilogb(largest), -126, 126));
    options_.scale.low = unit_ * all.low;
    options_.scale.high = unit_ * all.high;
  }

  void write_images() {
    if (run_.flag("crop_common")) {
      std::vector<Transform> transforms;
      for (const Registered &r : images_) transforms.push_back(r.transform);
      const Rectangle common =
          common_rectangle(transforms, info_.width, info_.height, [this] { run_.check_cancelled(); });
      if (common.width == 0)
        throw Error(SHEAF_FAILED, "crop_common: the aligned images have no area in common; run without crop_common");
      how_.left = common.x;
      how_.top = common.y;
      sheaf_info cropped = info_;
      cropped.width = common.width;
      cropped.height = common.height;
      if (wanted_) run_.declare(0, cropped);
    }
    for (int64_t first = 0; first < positions_.count; first += options_.batch) {
      const int64_t count = std::min(options_.batch, positions_.count - first);
      draw(first, std::span(images_).subspan(first, count));
      run_.progress(0.6 + 0.4 * static_cast<double>(first + count) / static_cast<double>(positions_.count),
                    "Drawing the aligned images");
    }
  }

  void draw(int64_t first, std::span<const Registered> images) const {
    if (!wanted_) return;
    auto body = [&](int64_t k) { write_position(first + k, images[k].transform); };
    if (images.size() == 1) body(0);  // leaves the threads to the rows
    else parallel_(static_cast<int64_t>(images.size()), body);
  }

  void write_position(int64_t position, const Transform &transform) const {
    for (int64_t other = 0; other < positions_.others; other++)
      for (int64_t channel = 0; channel < positions_.channels; channel++) {
        run_.check_cancelled();
        const int64_t n = positions_.image(position, other, channel);
        const Image in = run_.read(n);
        Output out = run_.write(n);
        in.visit([&]<class T>(View<const T> from) {
          if constexpr (!std::is_same_v<T, uint32_t>)  // labels are not among the inputs
            resample(from, out.view<T>(), transform, how_, parallel_);
        });
        out.commit();
      }
  }

  void write_table() const {
    const char *table = "alignment";
    std::vector<std::string> labels, statuses;
    for (int64_t p = 0; p < positions_.count; p++) {
      labels.push_back(run_.label(positions_.image(p, 0, channel_)));
      statuses.push_back(name_of(images_[p].status));
    }
    auto column = [&](const char *name, auto &&value) {
      std::vector<double> values(positions_.count);
      for (int64_t p = 0; p < positions_.count; p++) values[p] = value(p);
      run_.column(table, name, values);
    };
    auto described = [&](int64_t p) { return describe(images_[p].transform, info_.width, info_.height); };
    run_.column(table, "Label", labels);
    static constexpr const char *elements[] = {"m00", "m01", "m02", "m10", "m11", "m12", "m20", "m21", "m22"};
    for (int e = 0; e < 9; e++) column(elements[e], [&](int64_t p) { return images_[p].transform.m[e]; });
    column("shift_x", [&](int64_t p) { return described(p).shift_x; });
    column("shift_y", [&](int64_t p) { return described(p).shift_y; });
    column("angle", [&](int64_t p) { return described(p).angle; });
    column("scale", [&](int64_t p) { return described(p).scale; });
    column("score_before", [&](int64_t p) { return images_[p].score_before; });
    column("score_after", [&](int64_t p) { return images_[p].score_after; });
    column("dd_score", [&](int64_t p) { return images_[p].dd_score; });
    column("dd_count", [&](int64_t p) { return static_cast<double>(images_[p].dd_count); });
    column("iterations", [&](int64_t p) { return images_[p].iterations; });
    run_.column(table, "status", statuses);
    column("closure_error", [&](int64_t p) { return images_[p].closure_error; });
    column("match", [&](int64_t p) { return images_[p].match; });
    const auto known = [](int64_t n) { return n < 0 ? unknown : static_cast<double>(n); };
    column("matches", [&](int64_t p) { return known(images_[p].matches); });
    column("inliers", [&](int64_t p) { return known(images_[p].inliers); });
    std::vector<std::string> reasons;
    for (int64_t p = 0; p < positions_.count; p++) reasons.push_back(reason(p));
    run_.column(table, "reason", reasons);
  }

  std::string reason(int64_t p) const {
    const Registered &r = images_[p];
    if (r.status != Status::degenerate || !r.reason.empty()) return r.reason;
    const bool one = options_.reference == Reference::base || options_.reference == Reference::first;
    const int64_t anchor = options_.reference == Reference::base ? options_.base * (both_ ? info_.depth : 1) : 0;
    return degenerate_reason(one && p != anchor && images_[anchor].status == Status::degenerate);
  }

  TransformList transforms() const {
    TransformList list;
    list.width = info_.width;
    list.height = info_.height;
    list.model = name_of(options_.model);
    for (int64_t p = 0; p < positions_.count; p++) {
      ListedTransform t;
      t.label = run_.label(positions_.image(p, 0, channel_));
      t.matrix = images_[p].transform;
      t.status = name_of(images_[p].status);
      list.images.push_back(t);
    }
    return list;
  }

  const SpareMemory spare_;  // before what uses it
  Run &run_;
  const sheaf_info info_;
  const bool both_;  // axes
  const Hyperstack positions_;
  const int64_t channel_;
  const Projection projection_;
  const Parallel parallel_;
  RegistrationOptions options_;
  Mask mask_;
  ResampleOptions how_;
  bool wanted_ = false, draws_at_once_ = false;
  float unit_ = 1;  // what gray values are multiplied by before they are compared
  std::vector<Registered> images_;
};

}  // namespace

void Register::run(Run &run) { Job(run).run(); }

}  // namespace sheaf::align
