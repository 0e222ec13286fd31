#include "align/landmark_files.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "align/bilinear.hpp"
#include "align/csv.hpp"
#include "align/matches.hpp"
#include "plugin.hpp"

namespace sheaf::align {
namespace {

constexpr std::string_view turboreg_first = "Transformation";
constexpr std::string_view multistackreg_first = "MultiStackReg Transformation File";

std::string quoted(std::string_view text) { return std::string("\"").append(text).append("\""); }

// Lines that are not empty, without blanks around them.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

[[noreturn]] void refuse(const std::string &key, const std::string &text) {
  throw Error(SHEAF_INVALID, key + ": " + text);
}

// Reads lines one after the other and says which one is wrong.
class Lines {
 public:
  Lines(std::string_view text, const std::string &key) : lines_(lines_of(text)), key_(key) {}
  bool more() const { return at_ < lines_.size(); }
  std::string_view next() {
    if (!more()) refuse(key_, "the file of landmarks ends too early");
    return lines_[at_++];
  }
  void expect(std::string_view text) {
    if (const auto line = next(); line != text)
      refuse(key_, quoted(line) + " found where the file needs " + quoted(text));
  }
  Point point() {
    const auto line = next();
    const auto gap = line.find_first_of(" \t");
    Point p{};
    if (gap == std::string_view::npos || !parse_number(line.substr(0, gap), p.x) ||
        !parse_number(line.substr(gap), p.y) || !std::isfinite(p.x) || !std::isfinite(p.y))
      refuse(key_, quoted(line) + " found where the file needs the coordinates of a point");
    return p;
  }
  std::vector<Point> points(size_t count) {
    std::vector<Point> all;
    for (size_t i = 0; i < count; i++) all.push_back(point());
    return all;
  }

 private:
  std::vector<std::string_view> lines_;
  size_t at_ = 0;
  std::string key_;
};

struct Kind {
  const char *name;
  const char *model;  // the key of the parameter `model`
  size_t points;
};
constexpr Kind kinds[] = {{"TRANSLATION", "translation", 1},
                          {"RIGID_BODY", "rigid", 3},
                          {"SCALED_ROTATION", "similarity", 2},
                          {"AFFINE", "affine", 3},
                          {"BILINEAR", "bilinear", 4}};

const Kind &kind_of(std::string_view name, const std::string &key) {
  for (const Kind &k : kinds)
    if (name == k.name) return k;
  refuse(key,
         quoted(name) + " found where the file needs TRANSLATION, RIGID_BODY, SCALED_ROTATION, AFFINE or BILINEAR");
}

Bilinear bilinear_through(const std::vector<Point> &from, const std::vector<Point> &to, const std::string &key) {
  std::vector<Match> pairs;
  for (size_t i = 0; i < from.size(); i++) pairs.push_back({from[i], to[i]});
  Bilinear b;
  if (!fit(pairs, {}, b)) refuse(key, "the four landmarks do not determine a bilinear transform");
  return b;
}

// As TurboReg builds it: a rigid body takes its angle from the second and third
// points and its place from the first.
Transform through(const Kind &kind, const std::vector<Point> &target, const std::vector<Point> &source,
                  const std::string &key) {
  if (kind.points == 1 || std::string_view(kind.model) == "translation")
    return Transform::shift(source[0].x - target[0].x, source[0].y - target[0].y);
  if (std::string_view(kind.model) == "rigid") {
    const double angle = std::atan2(source[2].y - source[1].y, source[2].x - source[1].x) -
                         std::atan2(target[2].y - target[1].y, target[2].x - target[1].x);
    const double c = std::cos(angle), s = std::sin(angle);
    return {{c, -s, source[0].x - c * target[0].x + s * target[0].y, s, c,
             source[0].y - s * target[0].x - c * target[0].y, 0, 0, 1}};
  }
  const bool affine = std::string_view(kind.model) == "affine";
  std::vector<Match> pairs;
  for (size_t i = 0; i < (affine ? 3u : 2u); i++) pairs.push_back({target[i], source[i]});
  Transform t;
  if (!fit(affine ? Model::affine : Model::similarity, pairs, {}, t))
    refuse(key, "landmarks that lie on one line or coincide do not determine a transform");
  return t;
}

}  // namespace

bool is_turboreg(std::string_view text) {
  const auto lines = lines_of(text.substr(0, 4096));
  return lines.size() > 1 && lines[0] == turboreg_first;
}

TransformList parse_turboreg(std::string_view text, const std::string &key) {
  Lines lines(text, key);
  lines.expect(turboreg_first);
  const Kind &kind = kind_of(lines.next(), key);
  lines.expect("Source size");
  lines.point();
  lines.expect("Target size");
  const Point size = lines.point();
  lines.expect("Refined source landmarks");
  const auto source = lines.points(kind.points);
  lines.expect("Target landmarks");
  const auto target = lines.points(kind.points);
  TransformList list;
  list.width = static_cast<int>(std::clamp(size.x, 0.0, 1e9));
  list.height = static_cast<int>(std::clamp(size.y, 0.0, 1e9));
  list.model = kind.model;
  ListedTransform entry;
  if (list.model == "bilinear") {
    entry.bilinear = bilinear_through(target, source, key);
    entry.matrix = derivative(*entry.bilinear, (size.x - 1) / 2, (size.y - 1) / 2);
  } else {
    entry.matrix = through(kind, target, source, key);
  }
  list.images.push_back(entry);
  return list;
}

bool is_multistackreg(std::string_view text) {
  const auto lines = lines_of(text.substr(0, 4096));
  return !lines.empty() && lines[0] == multistackreg_first;
}

TransformList parse_multistackreg(std::string_view text, const std::string &key) {
  Lines lines(text, key);
  lines.expect(multistackreg_first);
  lines.expect("File Version 1.0");
  const auto own = lines.next();
  if (own != "0" && own != "1")
    refuse(key, quoted(own) + " found where the file needs 0 (a chain) or 1 (one for each image)");
  std::map<int, Transform> pairs;
  int anchor = 0, last = 1;
  TransformList list;
  while (lines.more()) {
    const Kind &kind = kind_of(lines.next(), key);
    if (std::string_view(kind.model) == "bilinear") refuse(key, "BILINEAR found in a file of MultiStackReg");
    const auto header = lines.next();
    int source = 0, target = 0;
    constexpr std::string_view from = "Source img:", to = "Target img:";
    const auto read = [&](std::string_view name, int &value) {
      auto at = header.find(name);
      if (at == std::string_view::npos) return false;
      at = header.find_first_not_of(' ', at + name.size());
      return at != std::string_view::npos &&
             std::from_chars(header.data() + at, header.data() + header.size(), value).ec == std::errc{} && value > 0 &&
             value <= 10'000'000;
    };
    if (!read(from, source) || !read(to, target))
      refuse(key, quoted(header) + " found where the file needs \"Source img: N Target img: N\"");
    if (!anchor) anchor = target;
    const auto moving = lines.points(3), still = lines.points(3);
    pairs[source] = through(kind, still, moving, key);
    last = std::max({last, source, own == "0" ? target : source});
    list.model = list.model.empty() || list.model == kind.model ? kind.model : "affine";
  }
  if (pairs.empty()) refuse(key, "the file of MultiStackReg holds no transforms");
  list.images.resize(static_cast<size_t>(last));
  for (auto &[image, t] : pairs) list.images[static_cast<size_t>(image - 1)].matrix = t;
  if (own == "0") {
    const auto at = [&](int image) -> ListedTransform & { return list.images[static_cast<size_t>(image - 1)]; };
    at(anchor) = {};
    at(anchor).status = "reference";
    for (int i = anchor - 1; i >= 1; i--) at(i).matrix = at(i).matrix * at(i + 1).matrix;
    for (int i = anchor + 1; i <= last; i++) at(i).matrix = at(i).matrix * at(i - 1).matrix;
  }
  return list;
}

std::string multistackreg_text(const TransformList &list, const std::string &key) {
  std::string text = std::string(multistackreg_first) + "\nFile Version 1.0\n1\n";
  const double w = std::max(list.width, 4), h = std::max(list.height, 4);
  const Point points[] = {{w / 2, h / 4}, {w / 4, 3 * h / 4}, {3 * w / 4, 3 * h / 4}};
  for (size_t i = 0; i < list.images.size(); i++) {
    const auto &image = list.images[i];
    if (image.bilinear || !image.matrix.is_affine())
      refuse(key, "MultiStackReg's format (.txt) holds affine transforms only, that of image " + std::to_string(i + 1) +
                      " is not; save as .json or .csv");
    const std::string n = std::to_string(i + 1);
    text += "AFFINE\nSource img: " + n + " Target img: " + n + "\n";
    for (const Point &p : points) {
      const Point q = image.matrix(p.x, p.y);
      text += number_text(q.x) + "\t" + number_text(q.y) + "\n";
    }
    text += "\n";
    for (const Point &p : points) text += number_text(p.x) + "\t" + number_text(p.y) + "\n";
    text += "\n";
  }
  return text;
}

}  // namespace sheaf::align
