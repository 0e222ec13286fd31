// libFuzzer on parameters: any JSON text against a schema with every type. It is
// refused with a sentence, or completed; what was completed is accepted as it is,
// also as the texts a macro or a command line would give.
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "error.hpp"
#include "schema.hpp"

using namespace sheaf::core;

namespace {

[[noreturn]] void broken(const char *what, const Json &given) {
  std::fprintf(stderr, "params_fuzz: %s: %s\n", what,
               given.dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
  std::abort();
}

const Schema &schema() {
  static const Schema s = [] {
    std::vector<std::string> problems;
    Schema parsed = Schema::parse("fuzz.params", R"({"title": "Fuzz", "summary": "F.", "params": [
      {"key": "real", "type": "number", "default": 2, "help": "R."},
      {"key": "ranged", "type": "number", "default": 0.5, "min": 0, "max": 1, "unit": "px", "help": "R."},
      {"key": "count", "type": "integer", "default": 3, "help": "C."},
      {"key": "small", "type": "integer", "default": 3, "min": -5, "max": 5, "help": "S."},
      {"key": "flat", "type": "boolean", "help": "F."},
      {"key": "mode", "type": "choice", "default": "mean", "choices": ["mean", "median", "2.5-d"], "help": "M."},
      {"key": "name", "type": "text", "default": "x", "help": "N."},
      {"key": "model", "type": "file", "default": "", "help": "F."},
      {"key": "where", "type": "folder", "default": "", "help": "F."},
      {"key": "levels", "type": "numbers", "default": [], "min": 0, "count": [1, 4], "help": "L."},
      {"key": "weights", "type": "numbers", "default": [1, 2], "help": "W."},
      {"key": "marks", "type": "points", "default": [], "advanced": true, "help": "M."},
      {"key": "box", "type": "rect", "default": [], "advanced": true, "help": "B."},
      {"key": "share", "type": "number", "default": 1, "advanced": true, "when": {"mode": "median"}, "help": "S."},
      {"key": "rank", "type": "integer", "default": 1, "advanced": true, "when": {"mode": ["median", "mean"], "flat": true},
       "help": "R."},
      {"key": "deep", "type": "text", "default": "", "advanced": true, "when": {"rank": 2}, "help": "D."}]})",
                                  problems);
    if (!problems.empty()) broken("the schema", problems);
    return parsed;
  }();
  return s;
}

// The values as texts.
Json as_texts(const Json &values) {
  Json texts = Json::object();
  for (const auto &[key, value] : values.items())
    texts[key] = value.is_string() ? value.get<std::string>() : value.dump();
  return texts;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Json values;
  try {
    const Json given = parse_json(std::string(reinterpret_cast<const char *>(data), size));
    values = schema().complete(given);
  } catch (const Error &e) {
    if (e.status() != SHEAF_INVALID || *e.what() == 0) broken("a refusal without a sentence", Json(e.what()));
    return 0;
  }
  if (values.size() != schema().params().size()) broken("not complete", values);
  for (const auto &p : schema().params()) {
    const Json &v = values.at(p.key);
    if (v.is_number_float() && !std::isfinite(v.get<double>())) broken("not finite", values);
    if (p.type == ParamType::integer && !v.is_number_integer()) broken("no integer", values);
    if (p.type == ParamType::boolean && !v.is_boolean()) broken("no boolean", values);
    if (p.is_list() && !v.is_array()) broken("no list", values);
  }
  if (schema().complete(values) != values) broken("completing twice gives something else", values);
  if (schema().complete(parse_json(values.dump())) != values) broken("the JSON text gives something else", values);
  if (schema().complete(as_texts(values)) != values) broken("the texts give something else", values);
  return 0;
}
