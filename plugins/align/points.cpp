#include "align/points.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "align/csv.hpp"
#include "align/hyperstack.hpp"
#include "align/transforms.hpp"
#include "common/poll.hpp"
#include "common/wording.hpp"
#include "segment/outline.hpp"

namespace sheaf::align {

const char *const Points::schema = R"({
  "title": "Transform Points",
  "menu": "Alignment",
  "summary": "Moves the coordinates of a table with the images: tracks, spots, landmarks and regions of interest from before or after alignment.",
  "doc": "The table is a text file with a header line, separated by commas, semicolons or tabs. Columns x and y (also X and Y, XM and YM, Centroid X and Centroid Y) are needed; frame, slice, position, image or t, counted from 1, says to which position of the open stack a row belongs; without it every row belongs to the first. All other columns are kept in the file that is saved. Without a table, the corners and the centre of the image are moved at every position.\n\nA region of interest of the stack is moved, too: its outline at every position, as regions for the overlay or the ROI Manager.",
  "since": "1.0.0",
  "inputs": [{"pixel": ["u8", "u16", "f32", "rgb", "label"], "roi": true}],
  "rois": true,
  "tables": [{"name": "points", "title": "Points of %s", "columns": [
    {"name": "Label", "type": "text", "help": "The image the point lies in."},
    {"name": "position", "type": "number", "help": "Its position, from 1."},
    {"name": "x_before", "type": "number", "help": "As in the table."},
    {"name": "y_before", "type": "number", "help": "As in the table."},
    {"name": "x", "type": "number", "help": "Where the point is after it was moved."},
    {"name": "y", "type": "number", "help": "Where the point is after it was moved."},
    {"name": "status", "type": "text", "help": "ok, outside (of the image), or that of the image's transform."}
  ]}],
  "params": [
    {"key": "transforms", "type": "file", "default": "", "help": "File of transforms; empty: identities."},
    {"key": "points", "type": "file", "default": "", "help": "Table of coordinates; empty: corners and centre of the images."},
    {"key": "direction", "type": "choice", "default": "to_aligned", "help": "Which way points are moved.", "choices": [
      {"key": "to_aligned", "label": "To the aligned images", "help": "The table was measured in the images as they were."},
      {"key": "to_original", "label": "To the original images", "help": "The table was measured in the aligned images."}]},
    {"key": "origin", "type": "choice", "default": "corner", "help": "Where coordinates are 0.", "choices": [
      {"key": "corner", "label": "Corner", "help": "At the outer corner of the first pixel, whose centre is at 0.5: ImageJ's measurements."},
      {"key": "centre", "label": "Centre", "help": "At the centre of the first pixel: tables of pixel indices."}]},
    {"key": "calibrated", "type": "boolean", "help": "The coordinates are in the stack's unit, not in pixels."},
    {"key": "axis", "type": "choice", "default": "auto", "help": "Along which axis of a hyperstack the transforms are listed.", "choices": [
      {"key": "auto", "label": "Automatic", "help": "Time if there is more than one frame, else depth."},
      {"key": "time", "label": "Time", "help": "One transform for each frame."},
      {"key": "depth", "label": "Depth", "help": "One transform for each depth."},
      {"key": "both", "label": "Both", "help": "One transform for each depth of each frame, frame by frame."}]},
    {"key": "save", "type": "file", "default": "", "help": "File for the table with the moved coordinates in x and y (CSV); empty: none."}
  ]
})";

namespace {

// The point p of the output (or of the input, if inverse) on the other side; a
// bilinear transform is inverted by Newton's method from its derivative's inverse.
Point moved(const ListedTransform &t, bool to_input, Point p) {
  if (to_input) return t.bilinear ? (*t.bilinear)(p.x, p.y) : t.matrix(p.x, p.y);
  Point at = inverse(t.matrix)(p.x, p.y);
  if (!t.bilinear) return at;
  for (int i = 0; i < 30; i++) {
    const Point there = (*t.bilinear)(at.x, at.y);
    const auto &m = derivative(*t.bilinear, at.x, at.y).m;
    const double det = m[0] * m[4] - m[1] * m[3], ex = p.x - there.x, ey = p.y - there.y;
    at.x += (m[4] * ex - m[1] * ey) / det;
    at.y += (m[0] * ey - m[3] * ex) / det;
    if (!(std::hypot(ex, ey) > 1e-10)) break;
  }
  return at;
}

Csv corners_and_centre(const sheaf_info &info, int64_t count, double offset, double sx, double sy) {
  Csv table;
  table.columns = {"position", "x", "y"};
  const double w = info.width - 1, h = info.height - 1;
  for (int64_t p = 0; p < count; p++)
    for (const Point at : {Point{0, 0}, {w, 0}, {w, h}, {0, h}, {w / 2, h / 2}})
      table.rows.push_back(
          {std::to_string(p + 1), number_text((at.x + offset) * sx), number_text((at.y + offset) * sy)});
  return table;
}

// The outline of the region of interest, rings along the edges of pixels, where each
// position's transform takes it.
void move_region(Run &run, const Hyperstack &places, const TransformList &list, bool to_input) {
  const Image region = run.mask();
  if (!region || !run.wanted("rois")) return;
  const auto inside = region.view<uint8_t>();
  const int width = inside.width(), height = inside.height();
  std::vector<uint32_t> labels;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) labels.push_back(inside(x, y) != 0);
  const View<const uint32_t> view(labels.data(), width, height, static_cast<int64_t>(width) * sizeof(uint32_t));
  const bool bends = !to_input && std::any_of(list.images.begin(), list.images.end(),
                                              [](const ListedTransform &t) { return t.bilinear.has_value(); });
  std::vector<Point> corners;
  std::vector<int32_t> ends;
  for (const auto &part : segment::outlines(view, poll_of(run))) {
    size_t begin = 0;
    for (const int32_t end : part.ring_ends) {
      for (size_t i = begin; i < static_cast<size_t>(end); i++) {
        const size_t next = i + 1 < static_cast<size_t>(end) ? i + 1 : begin;
        const double x = part.xy[2 * i], y = part.xy[2 * i + 1];
        const double dx = part.xy[2 * next] - x, dy = part.xy[2 * next + 1] - y;
        // the inverse of a bilinear transform bends straight lines
        const int pieces = bends ? static_cast<int>(std::ceil((std::abs(dx) + std::abs(dy)) / 8)) : 1;
        for (int k = 0; k < pieces; k++) corners.push_back({x + dx * k / pieces, y + dy * k / pieces});
      }
      ends.push_back(static_cast<int32_t>(corners.size()));
      begin = static_cast<size_t>(end);
    }
  }
  std::vector<float> xy(2 * corners.size());
  for (int64_t p = 0; p < places.count; p++) {
    run.check_cancelled();
    for (size_t i = 0; i < corners.size(); i++) {
      const Point q = moved(list.images[static_cast<size_t>(p)], to_input, {corners[i].x - 0.5, corners[i].y - 0.5});
      xy[2 * i] = static_cast<float>(q.x + 0.5);
      xy[2 * i + 1] = static_cast<float>(q.y + 0.5);
    }
    for (int64_t other = 0; other < places.others; other++) {
      sheaf_roi roi{};
      roi.kind = SHEAF_ROI_POLYGON;
      roi.slice = places.image(p, other, 0);
      roi.xy = xy.data();
      roi.points = static_cast<int64_t>(corners.size());
      roi.ring_ends = ends.data();
      roi.rings = static_cast<int32_t>(ends.size());
      roi.score = std::numeric_limits<double>::quiet_NaN();
      const std::string name = "Position-" + std::to_string(p + 1);
      roi.name = name.c_str();
      run.roi(roi);
    }
  }
}

}  // namespace

void Points::run(Run &run) {
  const sheaf_info info = run.input();
  const Hyperstack places(info, run.choice<Axis>("axis"));
  enum class Origin { corner, centre };
  const double offset = run.choice<Origin>("origin") == Origin::corner ? 0.5 : 0;
  const bool calibrated = run.flag("calibrated");
  // without a unit, a size of 1 is that of a pixel in pixels
  const bool sized = info.spacing[0] > 0 && info.spacing[1] > 0;
  const bool in_pixels = (!info.unit || !*info.unit) && info.spacing[0] == 1 && info.spacing[1] == 1;
  if (calibrated && (!sized || in_pixels))
    throw Error(SHEAF_INVALID, "calibrated: the stack has no pixel size; set it, or give coordinates in pixels");
  const double sx = calibrated ? info.spacing[0] : 1, sy = calibrated ? info.spacing[1] : 1;

  require_savable_text(run.text("save"), "save", {".csv", ".txt"}, {run.text("transforms"), run.text("points")});
  const TransformList list = list_for(run.text("transforms"), "transforms", places.count, info.width, info.height);
  const std::string path = run.text("points");
  Csv table =
      path.empty() ? corners_and_centre(info, places.count, offset, sx, sy) : parse_csv(read_text(path, "points"));
  const int cx = table.find({"x", "xm", "centroid x", "position_x"});
  const int cy = table.find({"y", "ym", "centroid y", "position_y"});
  if (cx < 0 || cy < 0)
    throw Error(SHEAF_INVALID, std::string("points: the table has no column ") + (cx < 0 ? "x" : "y") +
                                   "; accepted: x and y, XM and YM, or Centroid X and Centroid Y");
  const int position = table.find({"position", "frame", "slice", "image", "t"});

  enum class Direction { to_aligned, to_original };
  const bool to_input = run.choice<Direction>("direction") == Direction::to_original;
  std::vector<std::string> labels, statuses;
  std::vector<double> at, xs_before, ys_before, xs, ys;
  for (size_t r = 0; r < table.rows.size(); r++) {
    if (r % 1024 == 0) run.check_cancelled();
    const double p = position < 0 ? 1 : number_in(table, r, position, "points");
    if (p != std::floor(p) || p < 1 || p > static_cast<double>(places.count))
      throw Error(SHEAF_INVALID, "points: row " + std::to_string(r + 1) + " is for position " + number_text(p) +
                                     ", the collection has " + counted(places.count, "position") + "; " +
                                     accepted(1, places.count));
    const auto n = static_cast<int64_t>(p) - 1;
    const double x = number_in(table, r, cx, "points"), y = number_in(table, r, cy, "points");
    const auto &t = list.images[static_cast<size_t>(n)];
    const Point q = moved(t, to_input, {x / sx - offset, y / sy - offset});
    const bool inside = q.x >= -0.5 && q.y >= -0.5 && q.x <= info.width - 0.5 && q.y <= info.height - 0.5;
    labels.push_back(run.label(places.image(n, 0, 0)));
    at.push_back(p);
    xs_before.push_back(x);
    ys_before.push_back(y);
    xs.push_back((q.x + offset) * sx);
    ys.push_back((q.y + offset) * sy);
    statuses.push_back(t.status != "ok" && t.status != "reference" ? t.status : inside ? "ok" : "outside");
    table.rows[r][static_cast<size_t>(cx)] = number_text(xs.back());
    table.rows[r][static_cast<size_t>(cy)] = number_text(ys.back());
  }
  if (const std::string save = run.text("save"); !save.empty()) write_text(save, csv_text(table), "save");
  move_region(run, places, list, to_input);
  run.column("points", "Label", labels);
  run.column("points", "position", at);
  run.column("points", "x_before", xs_before);
  run.column("points", "y_before", ys_before);
  run.column("points", "x", xs);
  run.column("points", "y", ys);
  run.column("points", "status", statuses);
}

}  // namespace sheaf::align
