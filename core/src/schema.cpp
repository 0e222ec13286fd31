#include "schema.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <regex>

#include "error.hpp"
#include "text.hpp"

namespace sheaf::core {
namespace {

constexpr std::array<const char *, 10> type_names = {"number",  "integer", "boolean", "choice", "text",
                                                     "numbers", "points",  "rect",    "file",   "folder"};
struct PixelKind {
  sheaf_pixel pixel;
  const char *name, *words;
  int bytes;
};
constexpr std::array<PixelKind, 5> pixel_kinds = {{{SHEAF_U8, "u8", "8-bit", 1},
                                                   {SHEAF_U16, "u16", "16-bit", 2},
                                                   {SHEAF_F32, "f32", "32-bit", 4},
                                                   {SHEAF_RGB, "rgb", "RGB", 4},
                                                   {SHEAF_LABEL, "label", "label", 4}}};

const PixelKind *kind_of(sheaf_pixel pixel) {
  for (const auto &k : pixel_kinds)
    if (k.pixel == pixel) return &k;
  return nullptr;
}

[[noreturn]] void invalid(const std::string &message) { throw Error(SHEAF_INVALID, message); }

// How a given value is quoted in a message.
std::string shown(const Json &value) {
  if (value.is_number()) return to_text(value.get<double>());
  std::string text =
      value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return value.is_string() ? "\"" + text + "\"" : text;
}

std::string range_text(const Param &p) {
  const std::string unit = p.unit.empty() ? "" : " " + p.unit;
  if (p.min && p.max) return to_text(*p.min) + " to " + to_text(*p.max) + unit;
  if (p.min) return to_text(*p.min) + unit + " or more";
  return "at most " + to_text(*p.max) + unit;
}

double checked_number(const Param &p, const Json &given, bool whole) {
  std::optional<double> value;
  if (given.is_number()) value = given.get<double>();
  if (given.is_string()) value = to_number(given.get<std::string>());
  const char *kind = whole ? "a whole number" : "a number";
  if (!value) invalid(p.key + ": " + shown(given) + " given, needs " + kind);
  if (!std::isfinite(*value)) invalid(p.key + ": " + shown(given) + " given, needs a finite number");
  if (whole && (*value != std::floor(*value) || std::abs(*value) > 9007199254740992.0))
    invalid(p.key + ": " + shown(given) + " given, needs a whole number");
  if ((p.min && *value < *p.min) || (p.max && *value > *p.max))
    invalid(p.key + ": " + to_text(*value) + " given, needs " + range_text(p));
  return *value;
}

// The numbers in a text such as "1, 2.5", "[1 2]", "[[1,2],[3,4]]" or, as ImageJ
// leaves it after eating the outer bracket, "[1,2],[3,4]".
std::optional<Json> numbers_in(std::string_view text) {
  Json list = Json::array();
  size_t i = 0;
  const auto separator = [](char c) { return c == ',' || c == ' ' || c == ';' || c == '[' || c == ']' || c == '\t'; };
  while (i < text.size()) {
    if (separator(text[i])) {
      i++;
      continue;
    }
    size_t end = i;
    while (end < text.size() && !separator(text[end])) end++;
    const auto value = to_number(text.substr(i, end - i));
    if (!value) return std::nullopt;
    list.push_back(*value);
    i = end;
  }
  return list;
}

Json checked_list(const Param &p, const Json &given) {
  const char *kind = p.type == ParamType::numbers  ? "a list of numbers such as [1,2]"
                     : p.type == ParamType::points ? "points such as [[x,y],[x,y]]"
                                                   : "a rectangle [x,y,width,height]";
  Json flat = Json::array();
  if (given.is_array()) {
    for (const auto &v : given) {
      if (v.is_array() && p.type == ParamType::points && v.size() == 2)
        for (const auto &w : v) flat.push_back(w);
      else flat.push_back(v);
    }
  } else if (given.is_string()) {
    const auto list = numbers_in(given.get<std::string>());
    if (!list) invalid(p.key + ": " + shown(given) + " given, needs " + kind);
    flat = *list;
  } else if (given.is_number()) {
    flat.push_back(given);
  } else {
    invalid(p.key + ": " + shown(given) + " given, needs " + kind);
  }
  Json numbers = Json::array();
  for (const auto &v : flat) {
    if (!v.is_number() && !v.is_string()) invalid(p.key + ": " + shown(given) + " given, needs " + kind);
    numbers.push_back(checked_number(p, v, false));
  }
  const auto count = static_cast<int64_t>(numbers.size());
  const bool wrong_shape = (p.type == ParamType::points && count % 2 != 0) || (p.type == ParamType::rect && count != 4);
  if (wrong_shape) invalid(p.key + ": " + std::to_string(count) + " numbers given, needs " + kind);
  const int64_t items = p.type == ParamType::points ? count / 2 : count;
  if ((p.min_count && items < *p.min_count) || (p.max_count && items > *p.max_count))
    invalid(p.key + ": " + std::to_string(items) + (p.type == ParamType::points ? " points" : " numbers") +
            " given, needs " +
            (p.min_count && p.max_count ? std::to_string(*p.min_count) + " to " + std::to_string(*p.max_count)
             : p.min_count              ? std::to_string(*p.min_count) + " or more"
                                        : "at most " + std::to_string(*p.max_count)));
  if (p.type != ParamType::points) return numbers;
  Json points = Json::array();
  for (size_t i = 0; i + 1 < numbers.size(); i += 2) points.push_back({numbers[i], numbers[i + 1]});
  return points;
}

bool is_empty_list(const Json &given) {
  if (given.is_array()) return given.empty();
  const auto list = given.is_string() ? numbers_in(given.get<std::string>()) : std::nullopt;
  return list && list->empty();
}

Json checked_boolean(const Param &p, const Json &given) {
  if (given.is_boolean()) return given;
  if (given.is_number() && (given == 0 || given == 1)) return given == 1;
  if (given.is_string()) {
    const std::string text = given.get<std::string>();
    if (text == "true" || text == "1" || text.empty()) return true;  // "" = the bare key of a macro
    if (text == "false" || text == "0") return false;
  }
  invalid(p.key + ": " + shown(given) + " given, needs true or false");
}

// ---- reading a schema ------------------------------------------------------------

// Collects problems and hands out members with their defaults.
class Reader {
 public:
  Reader(std::vector<std::string> &problems, std::string where) : problems_(problems), where_(std::move(where)) {}
  void problem(const std::string &text) { problems_.push_back(where_ + text); }

  // The member `key` of `object`, or `fallback`; of another JSON type: a problem.
  Json member(const Json &object, const char *key, Json fallback, bool required = false) {
    if (!object.contains(key)) {
      if (required) problem(std::string("\"") + key + "\" is missing");
      return fallback;
    }
    const Json &value = object.at(key);
    const bool same = value.type() == fallback.type() || (value.is_number() && fallback.is_number());
    if (!same && !fallback.is_null()) {
      problem(std::string("\"") + key + "\" is " + value.type_name() + ", needs " + fallback.type_name());
      return fallback;
    }
    return value;
  }

  void no_others(const Json &object, std::initializer_list<const char *> known) {
    for (const auto &[key, value] : object.items()) {
      const bool found = std::any_of(known.begin(), known.end(), [&k = key](const char *name) { return k == name; });
      if (!found) {
        const std::string near = nearest(key, {known.begin(), known.end()});
        problem("\"" + key + "\" is unknown" + (near.empty() ? "" : ", did you mean \"" + near + "\"?"));
      }
    }
  }

 private:
  std::vector<std::string> &problems_;
  std::string where_;
};

bool matches(const std::string &text, const char *pattern) { return std::regex_match(text, std::regex(pattern)); }

constexpr const char *key_pattern = "[a-z][a-z0-9_]*";

// Keys that every command has beside its own (docs/schema.md).
const std::vector<std::string> reserved_keys = {"input", "output",  "preview", "regions", "tables", "plots", "title",
                                                "roi",   "plugins", "threads", "memory",  "quiet",  "help"};

Param read_param(const Json &given, Json &complete, std::vector<std::string> &problems) {
  Param p;
  Reader unnamed(problems, "params: ");
  if (!given.is_object()) {
    unnamed.problem("a parameter is not an object");
    return p;
  }
  p.key = unnamed.member(given, "key", "", true).get<std::string>();
  Reader r(problems, "parameter " + p.key + ": ");
  r.no_others(given,
              {"key",  "type",    "default", "min",   "max",   "ui_min",   "ui_max", "step",  "digits", "scale",
               "unit", "choices", "help",    "label", "group", "advanced", "when",   "count", "since",  "deprecated"});
  if (!matches(p.key, key_pattern)) r.problem("a key is made of a-z, 0-9 and _ and begins with a letter");
  if (p.key.find("stack") != std::string::npos || p.key.find("slice") != std::string::npos)
    r.problem("a key must not contain \"stack\" or \"slice\": ImageJ searches macro options for these words");
  if (std::find(reserved_keys.begin(), reserved_keys.end(), p.key) != reserved_keys.end())
    r.problem("this key is taken by Sheaf itself");

  const std::string type = r.member(given, "type", "", true).get<std::string>();
  const auto found = std::find_if(type_names.begin(), type_names.end(), [&](const char *n) { return type == n; });
  if (found == type_names.end()) {
    r.problem("type " + shown(type) + " is unknown; known: " + one_of({type_names.begin(), type_names.end()}));
    return p;
  }
  p.type = static_cast<ParamType>(found - type_names.begin());
  const auto number = [&](const char *name) -> std::optional<double> {
    const Json value = given.contains(name) ? r.member(given, name, 0.0) : Json();
    return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
  };
  p.min = number("min");
  p.max = number("max");
  if (p.min && p.max && *p.min > *p.max) r.problem("min is greater than max");
  auto ui_min = number("ui_min"), ui_max = number("ui_max");
  if (!ui_min) ui_min = p.min;
  if (!ui_max) ui_max = p.max;
  if ((p.min && ui_min && *ui_min < *p.min) || (p.max && ui_max && *ui_max > *p.max) ||
      (ui_min && ui_max && *ui_min >= *ui_max))
    r.problem("ui_min and ui_max must be ordered and lie within min and max");
  p.unit = r.member(given, "unit", "").get<std::string>();

  Json choices = Json::array();
  for (const auto &c : r.member(given, "choices", Json::array())) {
    const Json full = c.is_string() ? Json{{"key", c}} : c;
    if (!full.is_object() || !full.contains("key") || !full["key"].is_string()) {
      r.problem("a choice is a key or an object with \"key\", \"label\" and \"help\"");
      continue;
    }
    const std::string key = full["key"];
    r.no_others(full, {"key", "label", "help"});
    if (!matches(key, "[a-z0-9][a-z0-9_.-]*"))
      r.problem("choice " + shown(key) + " is not made of a-z, 0-9, _, . and -");
    if (std::find(p.choices.begin(), p.choices.end(), key) != p.choices.end())
      r.problem("choice " + shown(key) + " is there twice");
    p.choices.push_back(key);
    choices.push_back({{"key", key}, {"label", r.member(full, "label", key)}, {"help", r.member(full, "help", "")}});
  }
  if ((p.type == ParamType::choice) == p.choices.empty())
    r.problem(p.choices.empty() ? "a choice needs \"choices\"" : "only a choice has \"choices\"");

  const Json count = r.member(given, "count", Json::array());
  if (!count.empty()) {
    if (count.size() == 2 && count[0].is_number_integer() && count[1].is_number_integer() && p.is_list() &&
        count[0] <= count[1]) {
      p.min_count = count[0].get<int64_t>();
      p.max_count = count[1].get<int64_t>();
    } else {
      r.problem("\"count\" is [min, max], for a list");
    }
  }
  p.when = r.member(given, "when", Json::object());

  if (p.type == ParamType::boolean) {
    p.default_value = false;
    if (given.contains("default") && given["default"] != false)
      r.problem("a boolean defaults to false: in a macro an absent key means false");
  } else if (!given.contains("default")) {
    r.problem("\"default\" is missing");
  } else if (p.type != ParamType::choice || !p.choices.empty()) {
    // an empty list means "none given", whatever `count` asks of a list that is given
    const bool empty_list = p.is_list() && given["default"].is_array() && given["default"].empty();
    try {
      p.default_value = empty_list ? Json::array() : p.value_of(given["default"]);
    } catch (const Error &e) {
      r.problem(std::string("the default is not valid: ") + e.what());
    }
  }
  const std::string help = r.member(given, "help", "", true).get<std::string>();
  if (given.contains("help") && help.empty()) r.problem("\"help\" is empty");

  std::string label = p.key;
  std::replace(label.begin(), label.end(), '_', ' ');
  const bool integer = p.type == ParamType::integer;
  complete = {{"key", p.key}, {"type", type}, {"default", p.default_value}};
  const auto put = [&](const char *name, const std::optional<double> &v) {
    if (v) complete[name] = *v;
  };
  put("min", p.min);
  put("max", p.max);
  put("ui_min", ui_min);
  put("ui_max", ui_max);
  const double span = ui_min && ui_max ? *ui_max - *ui_min : 0;
  const double step = integer || span <= 0 ? 1 : std::pow(10, std::floor(std::log10(span)) - 2);
  complete["step"] = r.member(given, "step", step);
  complete["digits"] =
      r.member(given, "digits", integer ? 0 : std::max(2, static_cast<int>(-std::floor(std::log10(step)))));
  complete["scale"] = r.member(given, "scale", "linear");
  if (complete["scale"] != "linear" && complete["scale"] != "log") r.problem("\"scale\" is linear or log");
  complete["unit"] = p.unit;
  if (p.type == ParamType::choice) complete["choices"] = choices;
  complete["help"] = help;
  complete["label"] = r.member(given, "label", label);
  complete["group"] = r.member(given, "group", "");
  complete["advanced"] = r.member(given, "advanced", false);
  complete["when"] = p.when;
  if (p.min_count) complete["count"] = {*p.min_count, *p.max_count};
  complete["since"] = r.member(given, "since", "");
  complete["deprecated"] = r.member(given, "deprecated", "");
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
  for (const auto &p : params)
    for (const auto &[key, wanted] : p.when.items()) {
      const auto other = std::find_if(params.begin(), params.end(), [&k = key](const Param &q) { return q.key == k; });
      if (other == params.end() || &*other >= &p) {
        problems.push_back("parameter " + p.key + ": \"when\" names \"" + key + "\", which is no earlier parameter");
        continue;
      }
      for (const auto &value : wanted.is_array() ? wanted : Json::array({wanted})) try {
          other->value_of(value);
        } catch (const Error &e) {
          problems.push_back("parameter " + p.key + ": \"when\": " + e.what());
        }
    }
}

sheaf_pixel pixel_from(const Json &name) {
  for (const auto &k : pixel_kinds)
    if (name == k.name) return k.pixel;
  return 0;
}

}  // namespace

const char *pixel_name(sheaf_pixel pixel) { return kind_of(pixel) ? kind_of(pixel)->name : "?"; }
const char *pixel_words(sheaf_pixel pixel) { return kind_of(pixel) ? kind_of(pixel)->words : "unknown"; }
int pixel_bytes(sheaf_pixel pixel) { return kind_of(pixel) ? kind_of(pixel)->bytes : 0; }

Json Param::value_of(const Json &given) const {
  switch (type) {
    case ParamType::number: return checked_number(*this, given, false);
    case ParamType::integer: return static_cast<int64_t>(checked_number(*this, given, true));
    case ParamType::boolean: return checked_boolean(*this, given);
    case ParamType::numbers:
    case ParamType::points:
    case ParamType::rect: return checked_list(*this, given);
    case ParamType::choice:
      if (given.is_string()) {
        const std::string text(trim(given.get_ref<const std::string &>()));
        if (std::find(choices.begin(), choices.end(), text) != choices.end()) return text;
      }
      {
        const std::string near = given.is_string() ? nearest(given.get<std::string>(), choices) : "";
        invalid(key + ": " + shown(given) + " given, needs " + one_of(choices) +
                (near.empty() ? "" : "; did you mean " + near + "?"));
      }
    case ParamType::text:
    case ParamType::file:
    case ParamType::folder:
      if (!given.is_string()) invalid(key + ": " + shown(given) + " given, needs a text");
      return given;
  }
  throw Error(SHEAF_INTERNAL, "parameter type");
}

Schema Schema::parse(const std::string &id, const std::string &text, std::vector<std::string> &problems) {
  Schema s;
  s.id_ = id;
  if (!matches(id, "[a-z][a-z0-9_]*\\.[a-z][a-z0-9_]*"))
    problems.push_back("id " + shown(id) + ": an operation is named family.name, of a-z, 0-9 and _");
  Json given;
  try {
    given = Json::parse(text);
  } catch (const Json::exception &e) {
    problems.push_back(std::string("the schema is not JSON: ") + e.what());
    return s;
  }
  Reader r(problems, "");
  if (!given.is_object()) {
    r.problem("the schema is not a JSON object");
    return s;
  }
  r.no_others(given, {"title", "menu", "summary", "doc", "references", "revision", "since", "memory", "inputs",
                      "outputs", "tables", "plots", "rois", "params"});
  Json &j = s.json_;
  j["id"] = id;
  j["title"] = r.member(given, "title", "", true);
  if (!matches(j["title"], "[A-Za-z0-9][A-Za-z0-9 _()+-]*"))
    r.problem("\"title\" is made of letters, digits, blanks, _, -, + and ()");
  j["menu"] = r.member(given, "menu", "");
  if (!matches(j["menu"], "[A-Za-z0-9 _>-]*")) r.problem("\"menu\" is made of letters, digits, blanks, _, - and >");
  j["summary"] = r.member(given, "summary", "", true);
  j["doc"] = r.member(given, "doc", "");
  j["references"] = r.member(given, "references", Json::array());
  j["revision"] = r.member(given, "revision", 1);
  j["since"] = r.member(given, "since", "");
  j["memory"] = r.member(given, "memory", "one");
  if (j["memory"] != "one" && j["memory"] != "pairs" && j["memory"] != "all")
    r.problem("\"memory\" is one, pairs or all");

  j["inputs"] = Json::array();
  const Json inputs = r.member(given, "inputs", Json::array({Json::object()}));
  for (size_t i = 0; i < inputs.size(); i++) {
    Reader ri(problems, "input " + std::to_string(i) + ": ");
    const Json &in = inputs[i];
    if (!in.is_object()) {
      ri.problem("not an object");
      continue;
    }
    ri.no_others(in, {"name", "pixel", "min_images", "roi"});
    InputSpec spec;
    spec.name =
        ri.member(in, "name", inputs.size() == 1 ? "images" : "images" + std::to_string(i + 1)).get<std::string>();
    spec.min_images = ri.member(in, "min_images", 1).get<int64_t>();
    if (spec.min_images < 1) ri.problem("\"min_images\" is less than 1");
    spec.roi = ri.member(in, "roi", false).get<bool>();
    const Json pixels = ri.member(in, "pixel", Json::array({"u8", "u16", "f32", "rgb"}));
    for (const auto &name : pixels) {
      if (pixel_from(name) == 0) ri.problem("pixel type " + shown(name) + " is unknown");
      spec.pixels.push_back(pixel_from(name));
    }
    if (pixels.empty()) ri.problem("no pixel type is accepted");
    j["inputs"].push_back({{"name", spec.name}, {"pixel", pixels}, {"min_images", spec.min_images}, {"roi", spec.roi}});
    s.inputs_.push_back(spec);
  }

  std::vector<std::string> names;  // outputs, tables and plots share one space: `wanted` asks for any
  const auto result_name = [&](const Json &object, const char *kind, Reader &reader, const std::string &fallback) {
    const std::string name = reader.member(object, "name", fallback, fallback.empty()).get<std::string>();
    if (!matches(name, key_pattern))
      reader.problem(std::string("the name of a ") + kind + " is made of a-z, 0-9 and _");
    if (name == "rois" || std::find(names.begin(), names.end(), name) != names.end())
      reader.problem("the name \"" + name + "\" is used twice");
    names.push_back(name);
    return name;
  };

  j["outputs"] = Json::array();
  const Json outputs = r.member(given, "outputs", Json::array());
  for (size_t i = 0; i < outputs.size(); i++) {
    Reader ro(problems, "output " + std::to_string(i) + ": ");
    const Json &out = outputs[i];
    if (!out.is_object()) {
      ro.problem("not an object");
      continue;
    }
    ro.no_others(out, {"name", "like", "pixel", "suffix", "images", "optional"});
    OutputSpec spec;
    spec.name = result_name(out, "output", ro, "");
    spec.like = ro.member(out, "like", 0).get<int>();
    if (spec.like < 0 || spec.like >= static_cast<int>(s.inputs_.size())) ro.problem("\"like\" names no input");
    const std::string pixel = ro.member(out, "pixel", "").get<std::string>();
    spec.pixel = pixel_from(pixel);
    if (!pixel.empty() && spec.pixel == 0) ro.problem("pixel type " + shown(pixel) + " is unknown");
    const Json images = ro.member(out, "images", "like");
    if (images != "like" && images != "any") ro.problem("\"images\" is like or any");
    spec.any_count = images == "any";
    spec.optional = ro.member(out, "optional", false).get<bool>();
    j["outputs"].push_back({{"name", spec.name},
                            {"like", spec.like},
                            {"pixel", pixel},
                            {"suffix", ro.member(out, "suffix", "-" + spec.name)},
                            {"images", images},
                            {"optional", spec.optional}});
    s.outputs_.push_back(spec);
  }

  j["tables"] = Json::array();
  for (const auto &table : r.member(given, "tables", Json::array())) {
    Reader rt(problems, "table: ");
    if (!table.is_object()) {
      rt.problem("not an object");
      continue;
    }
    rt.no_others(table, {"name", "title", "columns"});
    Json columns = Json::array();
    for (const auto &column : rt.member(table, "columns", Json::array(), true)) {
      if (!column.is_object()) {
        rt.problem("a column is not an object");
        continue;
      }
      rt.no_others(column, {"name", "type", "unit", "help"});
      const Json type = rt.member(column, "type", "number");
      if (type != "number" && type != "text") rt.problem("a column's type is number or text");
      columns.push_back({{"name", rt.member(column, "name", "", true)},
                         {"type", type},
                         {"unit", rt.member(column, "unit", "")},
                         {"help", rt.member(column, "help", "")}});
    }
    const std::string name = result_name(table, "table", rt, "");
    j["tables"].push_back(
        {{"name", name}, {"title", rt.member(table, "title", name + " of %s")}, {"columns", columns}});
  }

  j["plots"] = Json::array();
  for (const auto &plot : r.member(given, "plots", Json::array())) {
    Reader rp(problems, "plot: ");
    if (!plot.is_object()) {
      rp.problem("not an object");
      continue;
    }
    rp.no_others(plot, {"name", "title"});
    const std::string name = result_name(plot, "plot", rp, "");
    j["plots"].push_back({{"name", name}, {"title", rp.member(plot, "title", name)}});
  }
  j["rois"] = r.member(given, "rois", false);

  j["params"] = Json::array();
  int visible = 0;
  for (const auto &param : r.member(given, "params", Json::array())) {
    Json complete = Json::object();
    s.params_.push_back(read_param(param, complete, problems));
    if (complete.value("advanced", false) == false) visible++;
    j["params"].push_back(complete);
  }
  if (visible > 12) r.problem(std::to_string(visible) + " parameters are not \"advanced\", 12 at most fit a dialog");
  check_keys(s.params_, problems);
  return s;
}

const Param *Schema::param(std::string_view key) const {
  for (const auto &p : params_)
    if (p.key == key) return &p;
  return nullptr;
}

const Json *Schema::table(std::string_view name) const {
  for (const auto &t : json_.at("tables"))
    if (t.at("name") == name) return &t.at("columns");
  return nullptr;
}

const Json *Schema::plot(std::string_view name) const {
  for (const auto &p : json_.at("plots"))
    if (p.at("name") == name) return &p;
  return nullptr;
}

bool Schema::in_use(const Param &p, const Json &values) const {
  for (const auto &[key, wanted] : p.when.items()) {
    const Param *other = param(key);
    bool met = false;
    for (const auto &value : wanted.is_array() ? wanted : Json::array({wanted}))
      met = met || values.at(key) == other->value_of(value);
    // what depends on a parameter that is itself not in use is not in use
    if (!met || !in_use(*other, values)) return false;
  }
  return true;
}

Json Schema::complete(const Json &given) const {
  if (!given.is_object()) invalid("parameters: " + shown(given) + " given, needs an object of keys and values");
  for (const auto &[key, value] : given.items()) {
    if (param(key)) continue;
    std::vector<std::string> known;
    for (const auto &p : params_) known.push_back(p.key);
    const std::string near = nearest(key, known);
    invalid(key + ": unknown parameter of " + id_ +
            (!near.empty()   ? "; did you mean " + near + "?"
             : known.empty() ? "; it has none"
                             : "; it has " + one_of(known)));
  }
  Json values = Json::object();
  for (const auto &p : params_) {
    const bool absent =
        !given.contains(p.key) || (p.is_list() && p.default_value.empty() && is_empty_list(given.at(p.key)));
    values[p.key] = absent ? p.default_value : p.value_of(given.at(p.key));
  }
  for (const auto &p : params_) {
    if (!given.contains(p.key) || values[p.key] == p.default_value || in_use(p, values)) continue;
    std::string conditions;
    for (const auto &[key, wanted] : p.when.items()) {
      std::vector<std::string> words;
      for (const auto &v : wanted.is_array() ? wanted : Json::array({wanted}))
        words.push_back(v.is_string() ? v.get<std::string>() : v.dump());
      conditions += (conditions.empty() ? "" : " and ") + key + " is " + one_of(words);
    }
    invalid(p.key + ": " + shown(given.at(p.key)) + " given, but it is used only when " + conditions);
  }
  return values;
}

}  // namespace sheaf::core
