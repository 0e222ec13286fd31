#include "align/edit_transforms.hpp"

#include "align/drift.hpp"
#include "align/hyperstack.hpp"
#include "align/transforms.hpp"

namespace sheaf::align {

const char *const EditTransforms::schema = R"({
  "title": "Transforms",
  "menu": "Alignment",
  "summary": "Shows the transforms of a file as a table and a drift plot; inverts, composes, smooths and converts them.",
  "doc": "The files are those of Sheaf Align (JSON or CSV), transformation files of MultiStackReg and landmark files of TurboReg. The open stack gives the size of the images, their number and their labels; its pixels stay as they are. The steps are done in the order of the parameters: invert, compose with a second file, smooth, save. The ending of the name under save chooses the format: .json, .txt (MultiStackReg), otherwise CSV.\n\nWithout a file, the list holds identities: a template for transforms made by hand.",
  "since": "1.0.0",
  "inputs": [{"pixel": ["u8", "u16", "f32", "rgb", "label"]}],
  "tables": [{"name": "transforms", "title": "Transforms of %s", "columns": [
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
    {"name": "status", "type": "text", "help": "As in the file; ok without one."}
  ]}],
  "plots": [{"name": "drift_x", "title": "Drift in x of %s"}, {"name": "drift_y", "title": "Drift in y of %s"},
            {"name": "drift_angle", "title": "Rotation of %s"}],
  "params": [
    {"key": "transforms", "type": "file", "default": "", "help": "File of transforms; empty: identities."},
    {"key": "invert", "type": "boolean", "help": "Replaces every transform by its inverse."},
    {"key": "compose", "type": "choice", "default": "none", "help": "Joins the transforms with those of a second file.", "choices": [
      {"key": "none", "label": "None", "help": "No second file."},
      {"key": "after", "label": "After", "help": "The images moved by the first file are moved again by the second."},
      {"key": "before", "label": "Before", "help": "The images are moved by the second file first, then by the first."}]},
    {"key": "with", "type": "file", "default": "", "when": {"compose": ["after", "before"]}, "help": "The second file."},
    {"key": "smooth", "type": "choice", "default": "none", "help": "Smooths the course of the transforms over the positions.", "choices": [
      {"key": "none", "label": "None", "help": "As they are."},
      {"key": "mean", "label": "Moving average", "help": "Mean over a window of positions."},
      {"key": "gaussian", "label": "Gaussian", "help": "Gaussian weights."},
      {"key": "median", "label": "Median", "help": "Median over a window: removes single outliers."}]},
    {"key": "window", "type": "number", "default": 5, "min": 0.5, "max": 10000, "when": {"smooth": ["mean", "gaussian", "median"]}, "help": "Positions in the window, counted to the next odd number; for gaussian, the standard deviation in positions."},
    {"key": "axis", "type": "choice", "default": "auto", "help": "Along which axis of a hyperstack the transforms are listed.", "choices": [
      {"key": "auto", "label": "Automatic", "help": "Time if there is more than one frame, else depth."},
      {"key": "time", "label": "Time", "help": "One transform for each frame."},
      {"key": "depth", "label": "Depth", "help": "One transform for each depth."},
      {"key": "both", "label": "Both", "help": "One transform for each depth of each frame, frame by frame."}]},
    {"key": "save", "type": "file", "default": "", "help": "File for the result: .json, .csv or .txt; empty: none."}
  ]
})";

void EditTransforms::run(Run &run) {
  const sheaf_info info = run.input();
  const Hyperstack places(info, run.choice<Axis>("axis"));
  require_savable(run.text("save"), "", "save", {run.text("transforms"), run.text("with")});
  TransformList list = list_for(run.text("transforms"), "transforms", places.count, info.width, info.height);
  if (run.flag("invert")) list = inverted(list);
  enum class Compose { none, after, before };
  if (const auto compose = run.choice<Compose>("compose"); compose != Compose::none) {
    const std::string path = run.text("with");
    if (path.empty()) throw Error(SHEAF_INVALID, "with: no file given; compose needs a second one");
    const TransformList other = list_for(path, "with", places.count, info.width, info.height);
    list = compose == Compose::after ? composed(list, other) : composed(other, list);
  }
  enum class Smooth { none, mean, gaussian, median };
  if (const auto smooth = run.choice<Smooth>("smooth"); smooth != Smooth::none)
    list = smoothed(list, static_cast<Smoothing>(static_cast<int>(smooth) - 1), run.number("window"));
  for (int64_t p = 0; p < places.count; p++)
    list.images[static_cast<size_t>(p)].label = run.label(places.image(p, 0, 0));
  if (const std::string path = run.text("save"); !path.empty()) write_transforms(path, list, "save");

  plot_drift(run, list);
  const char *table = "transforms";
  std::vector<std::string> labels, statuses;
  std::vector<double> values[9], described[4];
  for (const auto &t : list.images) {
    labels.push_back(t.label);
    statuses.push_back(t.status);
    for (size_t e = 0; e < 9; e++) values[e].push_back(t.matrix.m[e]);
    const Description d = describe(t.matrix, info.width, info.height);
    const double all[] = {d.shift_x, d.shift_y, d.angle, d.scale};
    for (size_t i = 0; i < 4; i++) described[i].push_back(all[i]);
  }
  static constexpr const char *elements[] = {"m00", "m01", "m02", "m10", "m11", "m12", "m20", "m21", "m22"};
  static constexpr const char *descriptions[] = {"shift_x", "shift_y", "angle", "scale"};
  run.column(table, "Label", labels);
  for (size_t e = 0; e < 9; e++) run.column(table, elements[e], values[e]);
  for (size_t i = 0; i < 4; i++) run.column(table, descriptions[i], described[i]);
  run.column(table, "status", statuses);
}

}  // namespace sheaf::align
