#include "align/bend.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "align/bilinear.hpp"
#include "align/estimate.hpp"
#include "align/hyperstack.hpp"
#include "align/region.hpp"
#include "align/report.hpp"
#include "align/resample.hpp"
#include "align/templates.hpp"
#include "common/wording.hpp"

namespace sheaf::align {

const char *const Bend::schema = R"({
  "title": "Align Bilinear",
  "menu": "Alignment",
  "summary": "Aligns images to one of them or to their mean by the bilinear model of TurboReg, which bends straight lines.",
  "doc": "Each image is aligned affinely by its intensities first; then about a thousand patches of the reference are found again in it to a fraction of a pixel, and the bilinear transform of eight parameters is fitted to them without those that disagree. Bilinear transforms can be neither chained nor inverted within the model, so there is no alignment to the previous image. Where nothing can be found the image stays as it is, and the column reason says why.",
  "references": ["Thevenaz, Ruttimann, Unser (1998) A pyramid approach to subpixel registration based on intensity. IEEE Trans. Image Processing 7, 27-41"],
  "since": "1.0.0",
  "memory": "pairs",
  "inputs": [{"pixel": ["u8", "u16", "f32", "rgb"], "roi": true}],
  "outputs": [{"name": "aligned", "like": 0}],
  "tables": [{"name": "bilinear", "title": "Bilinear alignment of %s", "columns": [
    {"name": "Label", "type": "text", "help": "First image of the position."},
    {"name": "bx0", "type": "number", "unit": "px", "help": "Input x = bx0 + bx1 X + bx2 Y + bx3 X Y of the output pixel (X, Y)."},
    {"name": "bx1", "type": "number", "help": "See bx0."},
    {"name": "bx2", "type": "number", "help": "See bx0."},
    {"name": "bx3", "type": "number", "unit": "1/px", "help": "See bx0."},
    {"name": "by0", "type": "number", "unit": "px", "help": "Input y = by0 + by1 X + by2 Y + by3 X Y."},
    {"name": "by1", "type": "number", "help": "See by0."},
    {"name": "by2", "type": "number", "help": "See by0."},
    {"name": "by3", "type": "number", "unit": "1/px", "help": "See by0."},
    {"name": "shift_x", "type": "number", "unit": "px", "help": "Translation of the image's centre."},
    {"name": "shift_y", "type": "number", "unit": "px", "help": "Translation of the image's centre."},
    {"name": "score_before", "type": "number", "help": "Correlation with the reference before, -1 to 1."},
    {"name": "score_after", "type": "number", "help": "Correlation with the reference after, over the overlap."},
    {"name": "matches", "type": "number", "help": "Patches found again."},
    {"name": "inliers", "type": "number", "help": "Patches that agree with the transform."},
    {"name": "status", "type": "text", "help": "ok, no_match, worse_than_identity, degenerate or reference."},
    {"name": "reason", "type": "text", "help": "Why the status is neither ok nor reference."}
  ]}],
  "params": [
    {"key": "reference", "type": "choice", "default": "first", "help": "What each image is aligned to.", "choices": [
      {"key": "first", "label": "First image", "help": "The first image."},
      {"key": "base", "label": "Chosen image", "help": "The image given by base."},
      {"key": "mean", "label": "Mean", "help": "The mean of all images as they are."}]},
    {"key": "base", "type": "integer", "default": 1, "min": 1, "in_view": ["images"], "when": {"reference": "base"}, "help": "Position of the image that stays as it is, from 1."},
    {"key": "channel", "type": "integer", "default": 1, "min": 1, "help": "Channel on which transforms are estimated, from 1."},
    {"key": "axis", "type": "choice", "default": "auto", "help": "Along which axis of a hyperstack the positions run.", "choices": [
      {"key": "auto", "label": "Automatic", "help": "Time if there is more than one frame, else depth."},
      {"key": "time", "label": "Time", "help": "One transform for each frame, estimated at the first depth."},
      {"key": "depth", "label": "Depth", "help": "One transform for each depth, estimated at the first frame."}]},
    {"key": "interpolation", "type": "choice", "default": "bilinear", "help": "How values between pixels are made.", "choices": [
      {"key": "nearest", "label": "Nearest", "help": "Takes the nearest pixel: no new values."},
      {"key": "bilinear", "label": "Bilinear", "help": "Smooths a little, never overshoots."},
      {"key": "cubic", "label": "Cubic", "help": "Keeps more detail, may overshoot; clamped to the pixel type."}]},
    {"key": "border", "type": "choice", "default": "black", "help": "What fills the area that an image does not cover.", "choices": [
      {"key": "black", "label": "Black", "help": "0."},
      {"key": "edge", "label": "Edge", "help": "The nearest pixel of the image."},
      {"key": "reflect", "label": "Reflect", "help": "The image mirrored at its outer pixels."}]},
    {"key": "save", "type": "file", "default": "", "help": "File for the transforms: .json or .csv; empty: none."}
  ]
})";

namespace {

enum class BendReference { first, base, mean };

struct Bent {
  BilinearEstimate estimate;
  std::string status = "ok";
};

class Job {
 public:
  explicit Job(Run &run)
      : run_(run),
        info_(run.input()),
        places_(info_, run.choice<Axis>("axis")),
        channel_(run.integer("channel") - 1),
        parallel_(parallel_of(run)),
        bent_(static_cast<size_t>(places_.count)) {
    require_there("channel", channel_ + 1, places_.channels, "channel", "the image");
    const auto reference = run.choice<BendReference>("reference");
    base_ = reference == BendReference::mean ? -1 : reference == BendReference::base ? run.integer("base") - 1 : 0;
    require_there("base", base_ + 1, places_.count, "position", "the collection");
    require_savable(run.text("save"), "bilinear", "save");
    how_.interpolation = run.choice<Interpolation>("interpolation");
    how_.border = run.choice<Border>("border");
    mask_ = mask_of(run);
  }

  void run() {
    const Series series{places_.count, info_.width, info_.height, [this](int64_t p) { return gray_at(p); }};
    run_.reserve(int64_t{56} * info_.width * info_.height, "the images that are aligned");
    reference_ = make_pyramid(base_ >= 0 ? gray_at(base_)
                                         : mean_of(
                                               series, {}, 1, [](double) {}, parallel_)
                                               .all());
    masks_ = make_mask_pyramid(mask_, info_.width, info_.height);
    for (int64_t p = 0; p < places_.count; p++) {
      run_.check_cancelled();
      bent_[static_cast<size_t>(p)] = p == base_ ? itself() : align(gray_at(p));
      if (run_.wanted("aligned")) draw(p);
      run_.progress(static_cast<double>(p + 1) / static_cast<double>(places_.count), "Aligning");
    }
    write_results();
  }

 private:
  Plane gray_at(int64_t position) const {
    return run_.read(places_.image(position, 0, channel_)).visit([](auto view) { return to_plane(view); });
  }

  Bent itself() const {
    Bent b;
    b.status = reference_.degenerate() ? "degenerate" : "reference";
    if (reference_.degenerate()) b.estimate.reason = degenerate_reason(false);
    b.estimate.score_before = b.estimate.score_after = reference_.degenerate() ? 0 : 1;
    return b;
  }

  Bent align(Plane image) const {
    Bent b;
    const Pyramid moving = make_pyramid(std::move(image));
    if (reference_.degenerate() || moving.degenerate()) {
      b.status = "degenerate";
      b.estimate.reason = degenerate_reason(reference_.degenerate());
      return b;
    }
    EstimateOptions options;
    options.model = Model::affine;
    const Estimate start = estimate(reference_, masks_, moving, options, parallel_);
    b.estimate =
        estimate_bilinear(reference_.image, mask_.empty() ? nullptr : &mask_, moving.image, start.transform, parallel_);
    if (!b.estimate.found()) {
      b.status = "no_match";
    } else if (start.inverted ? b.estimate.score_after > b.estimate.score_before
                              : b.estimate.score_after < b.estimate.score_before) {
      b.status = "worse_than_identity";
      b.estimate.reason = worse_reason(b.estimate.score_before, b.estimate.score_after);
      b.estimate.transform = {};
      b.estimate.score_after = b.estimate.score_before;
    }
    return b;
  }

  ListedTransform listed(int64_t p) const {
    ListedTransform t;
    const Bent &b = bent_[static_cast<size_t>(p)];
    t.label = run_.label(places_.image(p, 0, channel_));
    t.bilinear = b.estimate.transform;
    t.matrix = derivative(*t.bilinear, (info_.width - 1) / 2.0, (info_.height - 1) / 2.0);
    t.status = b.status;
    return t;
  }

  void draw(int64_t p) const {
    const ListedTransform t = listed(p);
    for (int64_t other = 0; other < places_.others; other++)
      for (int64_t channel = 0; channel < places_.channels; channel++) {
        run_.check_cancelled();
        const int64_t n = places_.image(p, other, channel);
        const Image in = run_.read(n);
        Output out = run_.write(n);
        in.visit([&]<class T>(View<const T> from) {
          resample(from, out.view<T>(), RowTransform([&t](int y) { return t.on_row(y); }), how_, parallel_);
        });
        out.commit();
      }
  }

  void write_results() const {
    TransformList list;
    list.width = info_.width;
    list.height = info_.height;
    list.model = "bilinear";
    std::vector<std::string> labels, statuses, reasons;
    std::vector<double> elements[8], numbers[6];
    for (int64_t p = 0; p < places_.count; p++) {
      const Bent &b = bent_[static_cast<size_t>(p)];
      list.images.push_back(listed(p));
      const Description d = describe(list.images.back().matrix, info_.width, info_.height);
      labels.push_back(list.images.back().label);
      statuses.push_back(b.status);
      reasons.push_back(b.estimate.reason);
      for (size_t e = 0; e < 8; e++)
        elements[e].push_back(e < 4 ? b.estimate.transform.x[e] : b.estimate.transform.y[e - 4]);
      const double all[] = {d.shift_x,
                            d.shift_y,
                            b.estimate.score_before,
                            b.estimate.score_after,
                            static_cast<double>(b.estimate.matches),
                            static_cast<double>(b.estimate.inliers)};
      for (size_t i = 0; i < 6; i++) numbers[i].push_back(all[i]);
    }
    if (const std::string path = run_.text("save"); !path.empty()) write_transforms(path, list, "save");
    static constexpr const char *names[] = {"bx0", "bx1", "bx2", "bx3", "by0", "by1", "by2", "by3"};
    static constexpr const char *others[] = {"shift_x", "shift_y", "score_before", "score_after", "matches", "inliers"};
    const char *table = "bilinear";
    run_.column(table, "Label", labels);
    for (size_t e = 0; e < 8; e++) run_.column(table, names[e], elements[e]);
    for (size_t i = 0; i < 6; i++) run_.column(table, others[i], numbers[i]);
    run_.column(table, "status", statuses);
    run_.column(table, "reason", reasons);
    report(run_, list, places_.others * places_.channels == 1);
  }

  Run &run_;
  const sheaf_info info_;
  const Hyperstack places_;
  const int64_t channel_;
  const Parallel parallel_;
  int64_t base_ = 0;
  ResampleOptions how_;
  Mask mask_;
  std::vector<Mask> masks_;
  Pyramid reference_;
  std::vector<Bent> bent_;
};

}  // namespace

void Bend::run(Run &run) { Job(run).run(); }

}  // namespace sheaf::align
