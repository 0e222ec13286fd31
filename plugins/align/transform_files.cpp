#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "align/csv.hpp"
#include "align/landmark_files.hpp"
#include "align/transforms.hpp"
#include "plugin.hpp"

namespace sheaf::align {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char *format_name = "sheaf-transforms";
constexpr int format_version = 1;
constexpr const char *direction = "output_to_input";
constexpr int largest_side = 1 << 30;

[[noreturn]] void refuse(const std::string &key, const std::string &text) {
  throw Error(SHEAF_INVALID, key + ": " + text);
}

std::string file_name(const std::string &path) { return path.substr(path.find_last_of("/\\") + 1); }

bool ends_with(const std::string &path, const char *ending) {
  std::string name = path;
  for (auto &c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name.ends_with(ending);
}

Transform normalized(std::array<double, 9> m, size_t image, const std::string &key) {
  for (const double e : m)
    if (!std::isfinite(e) || m[8] == 0)
      refuse(key, "the matrix of image " + std::to_string(image + 1) + " is not finite, or its last element is 0");
  const double last = m[8];
  if (last != 1)
    for (auto &e : m) e /= last;
  return {m};
}

TransformList from_json(const std::string &text, const std::string &path, const std::string &key) {
  Json j;
  try {
    j = Json::parse(text);
  } catch (const Json::parse_error &e) {
    const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(e.byte, text.size()));
    refuse(key, file_name(path) + " is not valid JSON in line " +
                    std::to_string(1 + std::count(text.begin(), end, '\n')) + ": cut short or damaged");
  } catch (const Json::exception &) {
    refuse(key, file_name(path) + " holds a number that is out of range");
  }
  if (!j.is_object() || j.value("format", Json()) != format_name)
    refuse(key, file_name(path) + " is JSON, but not of the format \"" + format_name + "\"");
  if (const Json version = j.value("version", Json()); version != format_version)
    refuse(key, file_name(path) + " has version " + version.dump() + " of the format; accepted: 1");
  if (j.value("direction", Json(direction)) != direction)
    refuse(key,
           file_name(path) + " has the direction " + j.at("direction").dump() + "; accepted: \"" + direction + "\"");
  TransformList list;
  const auto images = j.find("images");
  if (images == j.end() || !images->is_array()) refuse(key, file_name(path) + " has no list of images");
  for (const char *side : {"width", "height"})
    if (j.contains(side) && !j[side].is_number()) refuse(key, file_name(path) + ": " + side + " is no number");
  if (j.contains("model") && !j["model"].is_string()) refuse(key, file_name(path) + ": model is no text");
  try {
    list.width = std::clamp(j.value("width", 0), 0, largest_side);
    list.height = std::clamp(j.value("height", 0), 0, largest_side);
    list.model = j.value("model", "");
    for (const Json &image : *images) {
      ListedTransform t;
      t.label = image.value("label", "");
      t.status = image.value("status", "ok");
      t.matrix = normalized(image.at("matrix").get<std::array<double, 9>>(), list.images.size(), key);
      if (const auto b = image.find("bilinear"); b != image.end())
        t.bilinear = Bilinear{b->at("x").get<std::array<double, 4>>(), b->at("y").get<std::array<double, 4>>()};
      list.images.push_back(std::move(t));
    }
  } catch (const Json::exception &) {
    refuse(key, file_name(path) + ": image " + std::to_string(list.images.size() + 1) +
                    " needs a \"matrix\" of nine numbers and, if it is bilinear, two lists of four");
  }
  return list;
}

constexpr const char *elements[] = {"m00", "m01", "m02", "m10", "m11", "m12", "m20", "m21", "m22"};
constexpr const char *bilinear_elements[] = {"bx0", "bx1", "bx2", "bx3", "by0", "by1", "by2", "by3"};

TransformList from_csv(const std::string &text, const std::string &path, const std::string &key) {
  const Csv table = parse_csv(text);
  int column[9], bilinear[8];
  for (int e = 0; e < 9; e++) {
    column[e] = table.find({elements[e]});
    if (column[e] < 0 && e < 6)
      refuse(key, file_name(path) + " has no column " + elements[e] +
                      "; accepted: a table with m00 to m12 (and m20 to m22), Sheaf's JSON, a transformation file of "
                      "MultiStackReg, landmarks of TurboReg");
  }
  for (int e = 0; e < 8; e++) bilinear[e] = table.find({bilinear_elements[e]});
  const int label = table.find({"Label"}), status = table.find({"status"}), model = table.find({"model"});
  const int width = table.find({"width"}), height = table.find({"height"});
  TransformList list;
  for (size_t r = 0; r < table.rows.size(); r++) {
    ListedTransform t;
    std::array<double, 9> m = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    for (int e = 0; e < 9; e++)
      if (column[e] >= 0) m[e] = number_in(table, r, column[e], key);
    t.matrix = normalized(m, r, key);
    if (bilinear[0] >= 0 && !table.rows[r][static_cast<size_t>(bilinear[0])].empty()) {
      t.bilinear.emplace();
      for (int e = 0; e < 8; e++) {
        if (bilinear[e] < 0) refuse(key, file_name(path) + " has bx0, but no column " + bilinear_elements[e]);
        (e < 4 ? t.bilinear->x[e] : t.bilinear->y[e - 4]) = number_in(table, r, bilinear[e], key);
      }
    }
    if (label >= 0) t.label = table.rows[r][static_cast<size_t>(label)];
    if (status >= 0) t.status = table.rows[r][static_cast<size_t>(status)];
    if (model >= 0) list.model = table.rows[r][static_cast<size_t>(model)];
    if (width >= 0) list.width = static_cast<int>(std::clamp(number_in(table, r, width, key), 0.0, 1e9));
    if (height >= 0) list.height = static_cast<int>(std::clamp(number_in(table, r, height, key), 0.0, 1e9));
    list.images.push_back(std::move(t));
  }
  return list;
}

std::string json_text(const TransformList &list) {
  Json j;
  j["format"] = format_name;
  j["version"] = format_version;
  j["direction"] = direction;
  j["width"] = list.width;
  j["height"] = list.height;
  j["model"] = list.model;
  std::string text = j.dump(2);
  text.resize(text.size() - 2);  // without the closing brace: one image a line reads better than one number a line
  text += ",\n  \"images\": [";
  for (size_t i = 0; i < list.images.size(); i++) {
    const auto &image = list.images[i];
    Json entry;
    entry["label"] = image.label;
    entry["matrix"] = image.matrix.m;
    if (image.bilinear) entry["bilinear"] = {{"x", image.bilinear->x}, {"y", image.bilinear->y}};
    entry["status"] = image.status;
    // a label that is not UTF-8 must not cost the file
    text += (i ? ",\n    " : "\n    ") + entry.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  return text + "\n  ]\n}\n";
}

std::string table_text(const TransformList &list) {
  const bool bilinear =
      std::any_of(list.images.begin(), list.images.end(), [](const ListedTransform &t) { return t.bilinear; });
  Csv table;
  table.columns = {"Label"};
  table.columns.insert(table.columns.end(), std::begin(elements), std::end(elements));
  if (bilinear) table.columns.insert(table.columns.end(), std::begin(bilinear_elements), std::end(bilinear_elements));
  for (const char *name : {"shift_x", "shift_y", "angle", "scale", "status", "model", "width", "height"})
    table.columns.emplace_back(name);
  for (const auto &image : list.images) {
    std::vector<std::string> row = {image.label};
    for (const double e : image.matrix.m) row.push_back(number_text(e));
    if (bilinear)
      for (int e = 0; e < 8; e++)
        row.push_back(image.bilinear ? number_text(e < 4 ? image.bilinear->x[e] : image.bilinear->y[e - 4]) : "");
    const Description d = describe(image.matrix, list.width, list.height);
    for (const double v : {d.shift_x, d.shift_y, d.angle, d.scale}) row.push_back(number_text(v));
    row.insert(row.end(), {image.status, list.model, std::to_string(list.width), std::to_string(list.height)});
    table.rows.push_back(std::move(row));
  }
  return csv_text(table);
}

}  // namespace

TransformList read_transforms(const std::string &path, const std::string &key) {
  const std::string text = read_text(path, key);
  const auto first = text.find_first_not_of(" \t\r\n");
  TransformList list;
  if (first != std::string::npos && text[first] == '{') list = from_json(text, path, key);
  else if (is_multistackreg(text)) list = parse_multistackreg(text, key);
  else if (is_turboreg(text)) list = parse_turboreg(text, key);
  else list = from_csv(text, path, key);
  if (list.images.empty()) refuse(key, file_name(path) + " holds no transforms");
  return list;
}

void require_savable(const std::string &path, const std::string &model, const std::string &key,
                     std::initializer_list<std::string> inputs) {
  require_savable_text(path, key, {".json", ".csv", ".txt"}, inputs);
  if (ends_with(path, ".txt") && (model == "homography" || model == "bilinear"))
    refuse(key, "MultiStackReg's format (.txt) holds affine transforms only, the model is " + model +
                    "; save as .json or .csv");
}

void write_transforms(const std::string &path, const TransformList &list, const std::string &key) {
  write_text(path,
             ends_with(path, ".json")  ? json_text(list)
             : ends_with(path, ".txt") ? multistackreg_text(list, key)
                                       : table_text(list),
             key);
}

}  // namespace sheaf::align
