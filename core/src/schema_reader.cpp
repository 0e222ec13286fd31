// Reads the text of a schema, writes all defaults out and reports every rule of
// docs/schema.md that it breaks.
#include <algorithm>
#include <array>
#include <cmath>

#include "error.hpp"
#include "schema.hpp"
#include "text.hpp"

namespace sheaf::core {
namespace {

constexpr std::array<const char *, 10> type_names = {"number",  "integer", "boolean", "choice", "text",
                                                     "numbers", "points",  "rect",    "file",   "folder"};

// Keys that every command has beside its own.
const std::vector<std::string> reserved_keys = {"input", "output",  "preview", "regions", "tables", "plots", "title",
                                                "roi",   "plugins", "threads", "memory",  "quiet",  "help"};

constexpr std::string_view lower = "abcdefghijklmnopqrstuvwxyz", upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
                           digits = "0123456789";

bool among(char c, std::initializer_list<std::string_view> sets) {
  return std::any_of(sets.begin(), sets.end(), [c](std::string_view s) { return s.find(c) != std::string_view::npos; });
}

bool made_of(std::string_view text, std::initializer_list<std::string_view> sets) {
  return std::all_of(text.begin(), text.end(), [&](char c) { return among(c, sets); });
}

// [a-z][a-z0-9_]*
bool is_key(std::string_view text) {
  return !text.empty() && among(text[0], {lower}) && made_of(text, {lower, digits, "_"});
}

bool is_operation_id(std::string_view text) {
  const size_t dot = text.find('.');
  return dot != std::string_view::npos && is_key(text.substr(0, dot)) && is_key(text.substr(dot + 1));
}

// Collects problems and hands out members with their defaults.
class Reader {
 public:
  Reader(std::vector<std::string> &problems, std::string where) : problems_(problems), where_(std::move(where)) {}
  void problem(const std::string &text) const { problems_.push_back(where_ + text); }

  // The member `key` of `object`, or `fallback`; of another JSON type: a problem.
  Json member(const Json &object, const char *key, Json fallback, bool required = false) const {
    if (!object.contains(key)) {
      if (required) problem(std::string("\"") + key + "\" is missing");
      return fallback;
    }
    const Json &value = object.at(key);
    if (value.type() != fallback.type() && !(value.is_number() && fallback.is_number())) {
      problem(std::string("\"") + key + "\" is " + value.type_name() + ", needs " + fallback.type_name());
      return fallback;
    }
    return value;
  }

  std::string text(const Json &object, const char *key, const std::string &fallback, bool required = false) const {
    return member(object, key, fallback, required).get<std::string>();
  }
  bool flag(const Json &object, const char *key) const { return member(object, key, false).get<bool>(); }
  int64_t whole(const Json &object, const char *key, int64_t fallback, int64_t min, int64_t max) const {
    const auto value = member(object, key, fallback).get<double>();
    if (value == std::floor(value) && value >= static_cast<double>(min) && value <= static_cast<double>(max))
      return static_cast<int64_t>(value);
    problem(std::string("\"") + key + "\" is " + to_text(value) + ", needs a whole number from " + std::to_string(min) +
            " to " + std::to_string(max));
    return fallback;
  }
  std::string one(const Json &object, const char *key, const std::vector<std::string> &known) const {
    const std::string value = text(object, key, known.front());
    if (std::find(known.begin(), known.end(), value) != known.end()) return value;
    problem(std::string("\"") + key + "\" is " + one_of(known));
    return known.front();
  }

  void no_others(const Json &object, std::initializer_list<const char *> known) const {
    for (const auto &[key, value] : object.items()) {
      const bool found = std::any_of(known.begin(), known.end(), [&k = key](const char *name) { return k == name; });
      if (found) continue;
      const std::string near = nearest(key, {known.begin(), known.end()});
      problem(shown(key) + " is unknown" + (near.empty() ? "" : ", did you mean \"" + near + "\"?"));
    }
  }

 private:
  std::vector<std::string> &problems_;
  std::string where_;
};

// ---- parameters ------------------------------------------------------------------

struct Range {
  std::optional<double> min, max, ui_min, ui_max;
};

Range read_range(const Json &given, Param &p, const Reader &r) {
  const auto number = [&](const char *name) -> std::optional<double> {
    if (!given.contains(name)) return std::nullopt;
    if (p.type != ParamType::number && p.type != ParamType::integer && !p.is_list()) {
      r.problem(std::string("\"") + name + "\" is for numbers");
      return std::nullopt;
    }
    const Json value = r.member(given, name, 0.0);
    return value.get<double>();
  };
  Range range{number("min"), number("max"), number("ui_min"), number("ui_max")};
  p.min = range.min;
  p.max = range.max;
  if (p.min && p.max && *p.min > *p.max) r.problem("min is greater than max");
  if (!range.ui_min) range.ui_min = p.min;
  if (!range.ui_max) range.ui_max = p.max;
  if ((p.min && range.ui_min && *range.ui_min < *p.min) || (p.max && range.ui_max && *range.ui_max > *p.max) ||
      (range.ui_min && range.ui_max && *range.ui_min >= *range.ui_max))
    r.problem("ui_min and ui_max must be ordered and lie within min and max");
  return range;
}

Json read_choices(const Json &given, Param &p, const Reader &r) {
  Json choices = Json::array();
  for (const auto &c : r.member(given, "choices", Json::array())) {
    const Json full = c.is_string() ? Json{{"key", c}} : c;
    if (!full.is_object() || !full.contains("key") || !full["key"].is_string()) {
      r.problem("a choice is a key or an object with \"key\", \"label\" and \"help\"");
      continue;
    }
    const std::string key = full["key"];
    r.no_others(full, {"key", "label", "help"});
    if (key.empty() || !among(key[0], {lower, digits}) || !made_of(key, {lower, digits, "_.-"}))
      r.problem("choice " + shown(key) + " is not made of a-z, 0-9, _, . and -");
    if (std::find(p.choices.begin(), p.choices.end(), key) != p.choices.end())
      r.problem("choice " + shown(key) + " is there twice");
    p.choices.push_back(key);
    choices.push_back({{"key", key}, {"label", r.text(full, "label", key)}, {"help", r.text(full, "help", "")}});
  }
  if ((p.type == ParamType::choice) == p.choices.empty())
    r.problem(p.choices.empty() ? "a choice needs \"choices\"" : "only a choice has \"choices\"");
  return choices;
}

void read_count(const Json &given, Param &p, const Reader &r) {
  if (!given.contains("count")) return;
  const Json count = r.member(given, "count", Json::array());
  if (count.size() == 2 && count[0].is_number_integer() && count[1].is_number_integer() && p.is_list() &&
      count[0] >= 0 && count[0] <= count[1]) {
    p.min_count = count[0].get<int64_t>();
    p.max_count = count[1].get<int64_t>();
  } else {
    r.problem("\"count\" is [min, max], for a list");
  }
}

void read_default(const Json &given, Param &p, const Reader &r) {
  if (p.type == ParamType::boolean) {
    p.default_value = false;
    if (given.contains("default") && given["default"] != false)
      r.problem("a boolean defaults to false: in a macro an absent key means false");
  } else if (!given.contains("default")) {
    r.problem("\"default\" is missing");
  } else if (p.type != ParamType::choice || !p.choices.empty()) {
    // an empty list means "none given", whatever `count` asks of a list that is given
    const bool none = p.is_list() && is_empty_list(given["default"]);
    try {
      p.default_value = none ? Json::array() : p.value_of(given["default"]);
    } catch (const Error &e) {
      r.problem(std::string("the default is not valid: ") + e.what());
    }
  }
}

// The conditions of a parameter on those before it, or of an input on any.
std::vector<Condition> read_when(const Json &given, const std::vector<Param> &earlier, const char *kind,
                                 const Reader &r) {
  std::vector<Condition> conditions;
  const Json when = r.member(given, "when", Json::object());
  for (const auto &[key, wanted] : when.items()) {
    const auto other = std::find_if(earlier.begin(), earlier.end(), [&k = key](const Param &q) { return q.key == k; });
    if (other == earlier.end()) {
      r.problem("\"when\" names " + shown(key) + ", which is no " + kind);
      continue;
    }
    if (other->is_list()) {
      r.problem("\"when\" names " + shown(key) + ", which is a list");
      continue;
    }
    Condition condition{static_cast<size_t>(other - earlier.begin()), {}};
    for (const auto &value : wanted.is_array() ? wanted : Json::array({wanted})) try {
        condition.values.push_back(other->value_of(value));
      } catch (const Error &e) {
        r.problem(std::string("\"when\": ") + e.what());
      }
    if (wanted.is_array() && wanted.empty()) r.problem("\"when\" accepts no value of " + shown(key));
    conditions.push_back(std::move(condition));
  }
  return conditions;
}

// The inputs of whose images the parameter may be the position.
void check_in_view(const Json &given, const Param &p, const std::vector<InputSpec> &inputs, const Reader &r) {
  if (!given.contains("in_view")) return;
  if (p.type != ParamType::integer) r.problem("\"in_view\" is for integers");
  for (const Json &name : r.member(given, "in_view", Json::array()))
    if (std::none_of(inputs.begin(), inputs.end(), [&](const InputSpec &input) { return name == input.name; }))
      r.problem("\"in_view\" names " + (name.is_string() ? shown(name) : name.dump()) + ", which is no input");
}

Param read_param(const Json &given, const std::vector<Param> &earlier, const std::vector<InputSpec> &inputs,
                 Json &complete, std::vector<std::string> &problems) {
  Param p;
  const Reader unnamed(problems, "params: ");
  if (!given.is_object()) {
    unnamed.problem("a parameter is not an object");
    return p;
  }
  p.key = unnamed.text(given, "key", "", true);
  const Reader r(problems, "parameter " + p.key + ": ");
  r.no_others(given, {"key",   "type",     "default", "min",   "max",     "ui_min", "ui_max",
                      "step",  "digits",   "scale",   "unit",  "choices", "help",   "label",
                      "group", "advanced", "when",    "count", "in_view", "since",  "deprecated"});
  if (!is_key(p.key)) r.problem("a key is made of a-z, 0-9 and _ and begins with a letter");
  if (p.key.find("stack") != std::string::npos || p.key.find("slice") != std::string::npos)
    r.problem("a key must not contain \"stack\" or \"slice\": ImageJ searches macro options for these words");
  if (std::find(reserved_keys.begin(), reserved_keys.end(), p.key) != reserved_keys.end())
    r.problem("this key is taken by Sheaf itself");

  const std::string type = r.text(given, "type", "", true);
  const auto found = std::find_if(type_names.begin(), type_names.end(), [&](const char *n) { return type == n; });
  if (found == type_names.end()) {
    if (given.contains("type"))
      r.problem("type " + shown(type) + " is unknown; known: " + one_of({type_names.begin(), type_names.end()}));
    return p;
  }
  p.type = static_cast<ParamType>(found - type_names.begin());
  const Range range = read_range(given, p, r);
  p.unit = r.text(given, "unit", "");
  const Json choices = read_choices(given, p, r);
  read_count(given, p, r);
  read_default(given, p, r);
  p.when = read_when(given, earlier, "earlier parameter", r);
  check_in_view(given, p, inputs, r);
  const std::string help = r.text(given, "help", "", true);
  if (given.contains("help") && given["help"] == "") r.problem("\"help\" is empty");

  std::string label = p.key;
  std::replace(label.begin(), label.end(), '_', ' ');
  complete = {{"key", p.key}, {"type", type}, {"default", p.default_value}};
  const auto put = [&](const char *name, const std::optional<double> &v) {
    if (v) complete[name] = *v;
  };
  put("min", range.min);
  put("max", range.max);
  put("ui_min", range.ui_min);
  put("ui_max", range.ui_max);
  // a hundredth of the slider, rounded down to a power of ten
  const bool integer = p.type == ParamType::integer;
  const double span = range.ui_min && range.ui_max ? *range.ui_max - *range.ui_min : 0;
  const double power = std::clamp(std::floor(std::log10(std::max(span, 1e-300))) - 2, -12.0, 12.0);
  const double step = integer || span <= 0 ? 1 : std::pow(10, power);
  complete["step"] = r.member(given, "step", step);
  complete["digits"] =
      r.whole(given, "digits", integer ? 0 : std::max(2, static_cast<int>(-power) * (span > 0)), 0, 15);
  complete["scale"] = r.one(given, "scale", {"linear", "log"});
  complete["unit"] = p.unit;
  if (p.type == ParamType::choice) complete["choices"] = choices;
  complete["help"] = help;
  complete["label"] = r.text(given, "label", label);
  complete["group"] = r.text(given, "group", "");
  complete["advanced"] = r.flag(given, "advanced");
  complete["when"] = r.member(given, "when", Json::object());
  if (p.min_count) complete["count"] = {*p.min_count, *p.max_count};
  if (given.contains("in_view")) complete["in_view"] = given["in_view"];
  complete["since"] = r.text(given, "since", "");
  complete["deprecated"] = r.text(given, "deprecated", "");
  return p;
}

void check_keys(const std::vector<Param> &params, std::vector<std::string> &problems) {
  for (const auto &a : params)
    for (const auto &b : params) {
      if (&a == &b) continue;
      if (a.key == b.key && &a < &b) problems.push_back("parameter " + a.key + ": this key is there twice");
      if (a.key.ends_with("_" + b.key))
        problems.push_back("parameter " + b.key + ": \"" + a.key +
                           "\" ends with this key, and ImageJ would take one for the other");
    }
}

// ---- inputs and results -----------------------------------------------------------

InputSpec read_input(const Json &given, const std::string &name, const Reader &r) {
  r.no_others(given, {"name", "pixel", "min_images", "roi", "optional", "when"});
  InputSpec spec;
  spec.name = r.text(given, "name", name);
  if (spec.name.empty()) r.problem("\"name\" is empty");
  spec.min_images = r.whole(given, "min_images", 1, 1, 1000000);
  spec.roi = r.flag(given, "roi");
  spec.optional = r.flag(given, "optional");
  for (const auto &pixel : r.member(given, "pixel", Json::array({"u8", "u16", "f32", "rgb"}))) {
    spec.pixels.push_back(pixel.is_string() ? pixel_named(pixel.get_ref<const std::string &>()) : 0);
    if (spec.pixels.back() == 0) r.problem("pixel type " + shown(pixel) + " is unknown");
  }
  if (spec.pixels.empty()) r.problem("no pixel type is accepted");
  return spec;
}

// Names of outputs, tables and plots share one space: `wanted` asks for any.
class ResultNames {
 public:
  std::string read(const Json &object, const char *kind, const Reader &r) {
    const std::string name = r.text(object, "name", "", true);
    if (!object.contains("name")) return name;
    if (!is_key(name)) r.problem(std::string("the name of ") + kind + " is made of a-z, 0-9 and _");
    if (name == "rois" || std::find(names_.begin(), names_.end(), name) != names_.end())
      r.problem("the name " + shown(name) + " is used twice");
    names_.push_back(name);
    return name;
  }

 private:
  std::vector<std::string> names_;
};

Json read_table(const Json &given, ResultNames &names, const Reader &r) {
  r.no_others(given, {"name", "title", "columns"});
  const std::string name = names.read(given, "a table", r);
  Json columns = Json::array();
  for (const auto &column : r.member(given, "columns", Json::array(), true)) {
    if (!column.is_object()) {
      r.problem("a column is not an object");
      continue;
    }
    r.no_others(column, {"name", "type", "unit", "help"});
    const std::string title = r.text(column, "name", "", true);
    if (column.contains("name") && column["name"] == "") r.problem("a column's name is empty");
    if (std::any_of(columns.begin(), columns.end(), [&](const Json &c) { return c.at("name") == title; }))
      r.problem("column " + shown(title) + " is there twice");
    columns.push_back({{"name", title},
                       {"type", r.one(column, "type", {"number", "text"})},
                       {"unit", r.text(column, "unit", "")},
                       {"help", r.text(column, "help", "")}});
  }
  const std::string title = r.text(given, "title", name + " of %s");
  if (title.find_first_of("/\\") != std::string::npos || title.empty())
    r.problem("\"title\" names a file, it must not be empty nor contain / or \\");
  return {{"name", name}, {"title", title}, {"columns", columns}};
}

// The objects of the list `key`; anything else in it is a problem.
std::vector<Json> objects(const Json &given, const char *key, const Json &fallback, const char *what, const Reader &r) {
  std::vector<Json> list;
  for (const auto &item : r.member(given, key, fallback)) {
    if (item.is_object()) list.push_back(item);
    else r.problem(std::string(what) + " is not an object");
  }
  return list;
}

}  // namespace

Schema Schema::parse(const std::string &id, const std::string &text, std::vector<std::string> &problems) {
  Schema s;
  s.id_ = id;
  const Reader r(problems, "");
  if (!is_operation_id(id)) r.problem("id " + shown(id) + ": an operation is named family.name, of a-z, 0-9 and _");
  Json given;
  try {
    given = parse_json(text);
  } catch (const Error &e) {
    r.problem(std::string("the schema is not JSON: ") + e.what());
    return s;
  }
  if (!given.is_object()) {
    r.problem("the schema is not a JSON object");
    return s;
  }
  r.no_others(given, {"title", "menu", "summary", "doc", "references", "revision", "since", "memory", "inputs",
                      "outputs", "tables", "plots", "rois", "params"});
  Json &j = s.json_;
  j["id"] = id;
  const std::string title = r.text(given, "title", "", true), menu = r.text(given, "menu", "");
  if (given.contains("title") &&
      (title.empty() || !among(title[0], {lower, upper, digits}) || !made_of(title, {lower, upper, digits, " _()+-"})))
    r.problem("\"title\" is made of letters, digits, blanks, _, -, + and ()");
  if (!made_of(menu, {lower, upper, digits, " _>-"}))
    r.problem("\"menu\" is made of letters, digits, blanks, _, - and >");
  j["title"] = title;
  j["menu"] = menu;
  j["summary"] = r.text(given, "summary", "", true);
  if (given.contains("summary") && given["summary"] == "") r.problem("\"summary\" is empty");
  j["doc"] = r.text(given, "doc", "");
  j["references"] = r.member(given, "references", Json::array());
  for (const auto &reference : j["references"])
    if (!reference.is_string()) r.problem("\"references\" is a list of texts");
  j["revision"] = r.whole(given, "revision", 1, 1, 1000000);
  j["since"] = r.text(given, "since", "");
  j["memory"] = r.one(given, "memory", {"one", "pairs", "all"});

  j["inputs"] = Json::array();
  const auto inputs = objects(given, "inputs", Json::array({Json::object()}), "an input", r);
  for (size_t i = 0; i < inputs.size(); i++) {
    const std::string name = i == 0 ? "images" : "images" + std::to_string(i + 1);
    const Reader ri(problems, "input " + std::to_string(i) + ": ");
    const InputSpec spec = read_input(inputs[i], name, ri);
    if (i == 0 && spec.optional) ri.problem("the first input cannot be optional");
    if (i > 0 && s.inputs_.back().optional && !spec.optional)
      ri.problem("it follows an optional input, but is not optional");
    Json pixels = Json::array();
    for (const sheaf_pixel p : spec.pixels) pixels.push_back(pixel_name(p));
    j["inputs"].push_back({{"name", spec.name},
                           {"pixel", pixels},
                           {"min_images", spec.min_images},
                           {"roi", spec.roi},
                           {"optional", spec.optional},
                           {"when", ri.member(inputs[i], "when", Json::object())}});
    s.inputs_.push_back(spec);
  }

  ResultNames names;
  j["outputs"] = Json::array();
  for (const auto &out : objects(given, "outputs", Json::array(), "an output", r)) {
    const Reader ro(problems, "output " + std::to_string(s.outputs_.size()) + ": ");
    ro.no_others(out, {"name", "like", "pixel", "suffix", "images", "display", "optional"});
    OutputSpec spec;
    spec.name = names.read(out, "an output", ro);
    spec.like = static_cast<int>(ro.whole(out, "like", 0, 0, 1000));
    if (spec.like >= static_cast<int>(s.inputs_.size())) ro.problem("\"like\" names no input");
    else if (!s.inputs_.empty() && s.inputs_[spec.like].optional) ro.problem("\"like\" names an optional input");
    const std::string pixel = ro.text(out, "pixel", "");
    spec.pixel = pixel_named(pixel);
    if (!pixel.empty() && spec.pixel == 0) ro.problem("pixel type " + shown(pixel) + " is unknown");
    spec.any_count = ro.one(out, "images", {"like", "any"}) == "any";
    spec.optional = ro.flag(out, "optional");
    j["outputs"].push_back({{"name", spec.name},
                            {"like", spec.like},
                            {"pixel", pixel},
                            {"suffix", ro.text(out, "suffix", "-" + spec.name)},
                            {"images", spec.any_count ? "any" : "like"},
                            {"display", ro.one(out, "display", {"like", "own"})},
                            {"optional", spec.optional}});
    s.outputs_.push_back(spec);
  }
  j["tables"] = Json::array();
  for (const auto &table : objects(given, "tables", Json::array(), "a table", r))
    j["tables"].push_back(read_table(table, names, Reader(problems, "table: ")));
  j["plots"] = Json::array();
  for (const auto &plot : objects(given, "plots", Json::array(), "a plot", r)) {
    const Reader rp(problems, "plot: ");
    rp.no_others(plot, {"name", "title"});
    const std::string name = names.read(plot, "a plot", rp);
    j["plots"].push_back({{"name", name}, {"title", rp.text(plot, "title", name)}});
  }
  j["rois"] = r.flag(given, "rois");

  j["params"] = Json::array();
  int visible = 0;
  for (const auto &param : r.member(given, "params", Json::array())) {
    Json complete = Json::object();
    s.params_.push_back(read_param(param, s.params_, s.inputs_, complete, problems));
    if (!complete.value("advanced", false)) visible++;
    j["params"].push_back(complete);
  }
  if (visible > 12) r.problem(std::to_string(visible) + " parameters are not \"advanced\", 12 at most fit a dialog");
  check_keys(s.params_, problems);
  for (size_t i = 0; i < s.inputs_.size(); i++) {
    const Reader ri(problems, "input " + std::to_string(i) + ": ");
    s.inputs_[i].when = read_when(inputs[i], s.params_, "parameter", ri);
    if (!s.inputs_[i].when.empty() && !s.inputs_[i].optional) ri.problem("\"when\" is for optional inputs");
  }
  return s;
}

}  // namespace sheaf::core
