#include "align/apply.hpp"

#include <algorithm>

#include "align/hyperstack.hpp"
#include "align/resample.hpp"
#include "align/transforms.hpp"
#include "common/parallel.hpp"
#include "common/wording.hpp"

namespace sheaf::align {

const char *const Apply::schema = R"({
  "title": "Apply Transforms",
  "menu": "Alignment",
  "summary": "Moves the images of a stack by transforms from a file: those of another channel, another stack or another program.",
  "doc": "The file is one that Sheaf Align or Sheaf Transforms has saved (.json or .csv), the table of Sheaf Align saved as CSV, a transformation file of MultiStackReg, or a landmark file of TurboReg. It holds one transform for each position of the stack, or a single one that is used for all. Without a file the numbers in matrix are used.\n\nEach transform maps output to input pixel coordinates. Label images should be moved with interpolation=nearest; 32-bit label collections always are.",
  "since": "1.0.0",
  "inputs": [{"pixel": ["u8", "u16", "f32", "rgb", "label"], "roi": true}],
  "outputs": [{"name": "transformed", "like": 0}],
  "tables": [{"name": "transforms", "title": "Transforms of %s", "columns": [
    {"name": "Label", "type": "text", "help": "First image of the position."},
    {"name": "shift_x", "type": "number", "unit": "px", "help": "Translation of the image's centre."},
    {"name": "shift_y", "type": "number", "unit": "px", "help": "Translation of the image's centre."},
    {"name": "angle", "type": "number", "unit": "degrees", "help": "Rotation, from the x axis to the y axis."},
    {"name": "scale", "type": "number", "help": "Square root of the factor by which areas grow."},
    {"name": "covered", "type": "number", "help": "Share of the output's pixels that the image covers."},
    {"name": "status", "type": "text", "help": "As in the file; ok without one."}
  ]}],
  "params": [
    {"key": "transforms", "type": "file", "default": "", "help": "File of transforms; empty: matrix."},
    {"key": "matrix", "type": "numbers", "default": [], "count": [0, 9], "advanced": true, "help": "Two or three rows of a matrix for all images, from output to input coordinates; empty: the identity."},
    {"key": "invert", "type": "boolean", "help": "Uses the inverse transforms: puts aligned images back."},
    {"key": "interpolation", "type": "choice", "default": "bilinear", "help": "How values between pixels are made.", "choices": [
      {"key": "nearest", "label": "Nearest", "help": "Takes the nearest pixel: no new values, as labels need it."},
      {"key": "bilinear", "label": "Bilinear", "help": "Smooths a little, never overshoots."},
      {"key": "cubic", "label": "Cubic", "help": "Keeps more detail, may overshoot; clamped to the pixel type."}]},
    {"key": "border", "type": "choice", "default": "black", "help": "What fills the area that an image does not cover.", "choices": [
      {"key": "black", "label": "Black", "help": "0."},
      {"key": "edge", "label": "Edge", "help": "The nearest pixel of the image."},
      {"key": "reflect", "label": "Reflect", "help": "The image mirrored at its outer pixels."}]},
    {"key": "crop_common", "type": "boolean", "help": "Crops to the largest rectangle that all images cover."},
    {"key": "channel", "type": "integer", "default": 0, "min": 0, "help": "Channel that is moved, from 1; the others stay. 0: all."},
    {"key": "axis", "type": "choice", "default": "auto", "help": "Along which axis of a hyperstack the transforms are listed.", "choices": [
      {"key": "auto", "label": "Automatic", "help": "Time if there is more than one frame, else depth."},
      {"key": "time", "label": "Time", "help": "One transform for each frame."},
      {"key": "depth", "label": "Depth", "help": "One transform for each depth."},
      {"key": "both", "label": "Both", "help": "One transform for each depth of each frame, frame by frame."}]},
    {"key": "inside", "type": "boolean", "help": "Changes pixels of the output in the region of interest only; the others stay."}
  ]
})";

namespace {

TransformList list_of(const Run &run, const sheaf_info &info, int64_t count) {
  TransformList list;
  const auto given = run.numbers("matrix");
  if (const std::string path = run.text("transforms"); !path.empty()) {
    if (!given.empty()) throw Error(SHEAF_INVALID, "matrix: given together with transforms; accepted: one of them");
    list = list_for(path, "transforms", count, info.width, info.height);
  } else {
    ListedTransform one;
    if (given.size() != 0 && given.size() != 6 && given.size() != 9)
      throw Error(SHEAF_INVALID,
                  "matrix: " + counted(std::ssize(given), "number") + " given; accepted: 6 (two rows), 9 or none");
    std::copy(given.begin(), given.end(), one.matrix.m.begin());
    if (one.matrix.m[8] == 0) throw Error(SHEAF_INVALID, "matrix: its last element is 0");
    one.matrix = one.matrix * Transform{};  // scales the last element to 1
    list.images = {one};
    require_fit(list, count, info.width, info.height, "matrix");
    if (given.empty())
      run.log(SHEAF_LOG_WARNING, "neither transforms nor matrix is given: the images are copied as they are");
  }
  if (run.flag("invert")) list = inverted(list);
  list.images.resize(static_cast<size_t>(count), list.images.front());
  list.width = info.width;
  list.height = info.height;
  return list;
}

class Job {
 public:
  explicit Job(Run &run)
      : run_(run),
        info_(run.input()),
        places_(info_, run.choice<Axis>("axis")),
        channel_(run.integer("channel") - 1),
        list_(list_of(run, info_, places_.count)) {
    require_there("channel", channel_ + 1, places_.channels, "channel", "the image", 0);
    how_.interpolation = run.choice<Interpolation>("interpolation");
    how_.border = run.choice<Border>("border");
    out_ = info_;
    for (const auto &t : list_.images) rows_.push_back([&t](int y) { return t.on_row(y); });
    if (run.flag("crop_common")) {
      const Rectangle common = common_rectangle(rows_, info_.width, info_.height, [&run] { run.check_cancelled(); });
      if (common.width == 0)
        throw Error(SHEAF_FAILED, "crop_common: the images have no area in common; run without crop_common");
      how_.left = common.x;
      how_.top = common.y;
      out_.width = common.width;
      out_.height = common.height;
    }
    if (run.flag("inside") && !run.mask())
      throw Error(SHEAF_INVALID, "inside: there is no region of interest; draw one, or run without inside");
  }

  void run() {
    if (run_.wanted("transformed")) {
      run_.declare(0, out_);
      const int64_t images = info_.slices;
      const int64_t batch = std::max(1, run_.threads());
      for (int64_t first = 0; first < images; first += batch) {
        const int64_t count = std::min(batch, images - first);
        if (count == 1) write(first, parallel_of(run_));  // leaves the threads to the rows
        else run_.parallel(count, [&](int64_t k) { write(first + k, serial); });
        run_.progress(static_cast<double>(first + count) / static_cast<double>(images), "Moving images");
      }
    }
    write_table();
  }

 private:
  // Rows are drawn in pieces, so that a large image can be stopped in between.
  static constexpr int piece = 64;

  void write(int64_t n, const Parallel &parallel) const {
    const int64_t channel = n % places_.channels;
    const ListedTransform &t = list_.images[static_cast<size_t>(n / places_.step % places_.count)];
    const Image in = run_.read(n);
    Output out = run_.write(n);
    in.visit([&]<class T>(View<const T> from) {
      const View<T> to = out.view<T>();
      if (channel_ >= 0 && channel != channel_) {
        for (int y = 0; y < to.height(); y++) std::copy_n(from.row(y + how_.top) + how_.left, to.width(), to.row(y));
        return;
      }
      for (int y = 0; y < to.height(); y += piece) {
        run_.check_cancelled();
        const int rows = std::min(piece * std::max(1, run_.threads()), to.height() - y);
        ResampleOptions how = how_;
        how.top += y;
        const View<T> part(to.row(y), to.width(), rows, to.row_bytes());
        if (t.bilinear) resample(from, part, RowTransform([&t](int row) { return t.on_row(row); }), how, parallel);
        else resample(from, part, t.matrix, how, parallel);
        y += rows - piece;
      }
      keep_outside(from, to);
    });
    out.commit();
  }

  template <class T>
  void keep_outside(View<const T> from, View<T> to) const {
    if (!run_.flag("inside")) return;
    const Image mask = run_.mask();
    const auto inside = mask.view<uint8_t>();
    for (int y = 0; y < to.height(); y++)
      for (int x = 0; x < to.width(); x++)
        if (!inside(x + how_.left, y + how_.top)) to(x, y) = from(x + how_.left, y + how_.top);
  }

  double covered(const ListedTransform &t) const {
    int64_t pixels = 0;
    for (int y = 0; y < out_.height; y++) {
      const Interval all{how_.left, how_.left + out_.width - 1};
      pixels +=
          columns_inside(t.on_row(y + how_.top), y + how_.top, all, 0, 0, info_.width - 1.0, info_.height - 1.0).size();
    }
    return static_cast<double>(pixels) / (static_cast<double>(out_.width) * out_.height);
  }

  void write_table() const {
    const char *table = "transforms";
    std::vector<std::string> labels, statuses;
    std::vector<double> x, y, angle, scale, share;
    for (int64_t p = 0; p < places_.count; p++) {
      const auto &t = list_.images[static_cast<size_t>(p)];
      const Description d = describe(t.matrix, info_.width, info_.height);
      labels.push_back(run_.label(places_.image(p, 0, 0)));
      statuses.push_back(t.status);
      x.push_back(d.shift_x);
      y.push_back(d.shift_y);
      angle.push_back(d.angle);
      scale.push_back(d.scale);
      share.push_back(covered(t));
    }
    run_.column(table, "Label", labels);
    run_.column(table, "shift_x", x);
    run_.column(table, "shift_y", y);
    run_.column(table, "angle", angle);
    run_.column(table, "scale", scale);
    run_.column(table, "covered", share);
    run_.column(table, "status", statuses);
  }

  Run &run_;
  const sheaf_info info_;
  const Hyperstack places_;
  const int64_t channel_;
  const TransformList list_;
  std::vector<RowTransform> rows_;
  ResampleOptions how_;
  sheaf_info out_{};
};

}  // namespace

void Apply::run(Run &run) { Job(run).run(); }

}  // namespace sheaf::align
