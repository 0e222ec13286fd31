// Values of parameters: from JSON or from the text of a macro or a command line.
#include <algorithm>
#include <cmath>

#include "error.hpp"
#include "schema.hpp"
#include "text.hpp"

namespace sheaf::core {
namespace {

[[noreturn]] void invalid(const std::string &message) { throw Error(SHEAF_INVALID, message); }

std::string range_text(const Param &p) {
  const std::string unit = p.unit.empty() ? "" : " " + p.unit;
  if (p.min && p.max) return range(*p.min, *p.max) + unit;
  if (p.min) return to_text(*p.min) + unit + " or more";
  return "at most " + to_text(*p.max) + unit;
}

constexpr double largest_whole = 9007199254740992.0;  // 2^53: beyond it a double skips whole numbers

[[noreturn]] void out_of_range(const Param &p, const Json &given, bool whole) {
  const bool bounded = whole || (p.min && p.max);
  invalid(p.key + ": " + shown(given) + " given, out of range" +
          (bounded ? "; needs " + range(p.min.value_or(-largest_whole), p.max.value_or(largest_whole)) : ""));
}

double checked_number(const Param &p, const Json &given, bool whole) {
  std::optional<double> value;
  if (given.is_number()) value = given.get<double>();
  if (given.is_string()) value = to_number(given.get<std::string>());
  if (given.is_string() && overflows(given.get<std::string>())) out_of_range(p, given, whole);
  const char *kind = whole ? "a whole number" : "a number";
  if (!value) invalid(p.key + ": " + shown(given) + " given, needs " + kind);
  if (!std::isfinite(*value)) invalid(p.key + ": " + shown(given) + " given, needs a finite number");
  if (whole && *value != std::floor(*value)) invalid(p.key + ": " + shown(given) + " given, needs a whole number");
  if ((p.min && *value < *p.min) || (p.max && *value > *p.max))
    invalid(p.key + ": " + to_text(*value) + " given, needs " + range_text(p));
  if (whole && std::abs(*value) > largest_whole) out_of_range(p, given, whole);
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
  if (wrong_shape) invalid(p.key + ": " + counted(count, "number") + " given, needs " + kind);
  const int64_t items = p.type == ParamType::points ? count / 2 : count;
  if ((p.min_count && items < *p.min_count) || (p.max_count && items > *p.max_count))
    invalid(p.key + ": " + counted(items, p.type == ParamType::points ? "point" : "number") + " given, needs " +
            (p.min_count && p.max_count ? range(static_cast<double>(*p.min_count), static_cast<double>(*p.max_count))
             : p.min_count              ? std::to_string(*p.min_count) + " or more"
                                        : "at most " + std::to_string(*p.max_count)));
  if (p.type != ParamType::points) return numbers;
  Json points = Json::array();
  for (size_t i = 0; i + 1 < numbers.size(); i += 2) points.push_back({numbers[i], numbers[i + 1]});
  return points;
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

}  // namespace

bool is_empty_list(const Json &given) {
  if (given.is_array()) return given.empty();
  const auto list = given.is_string() ? numbers_in(given.get<std::string>()) : std::nullopt;
  return list && list->empty();
}

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

}  // namespace sheaf::core
