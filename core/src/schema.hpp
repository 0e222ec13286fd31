// What an operation declares about itself (docs/schema.md), read once, and the
// check of parameters against it.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json.hpp"
#include "sheaf_types.h"

namespace sheaf::core {

enum class ParamType { number, integer, boolean, choice, text, numbers, points, rect, file, folder };

// Holds if the parameter at that position, an earlier one, has one of the values.
struct Condition {
  size_t param;
  std::vector<Json> values;
};

struct Param {
  std::string key;
  ParamType type = ParamType::number;
  Json default_value;
  std::optional<double> min, max;
  std::string unit;
  std::vector<std::string> choices;
  std::vector<Condition> when;  // all must hold; none: always in use
  std::optional<int64_t> min_count, max_count;

  bool is_list() const { return type == ParamType::numbers || type == ParamType::points || type == ParamType::rect; }
  // The typed value of `given`, a value of this type or its text form.
  // Error SHEAF_INVALID in one sentence.
  Json value_of(const Json &given) const;
};

// True for [], and for a text that means it.
bool is_empty_list(const Json &given);

struct InputSpec {
  std::string name;
  std::vector<sheaf_pixel> pixels;
  int64_t min_images = 1;
  bool roi = false;
  bool optional = false;        // a client may leave it out, and all behind it
  std::vector<Condition> when;  // of an optional one: needed if all hold, else not used; none: as the client likes

  bool takes(sheaf_pixel pixel) const { return std::find(pixels.begin(), pixels.end(), pixel) != pixels.end(); }
};

struct OutputSpec {
  std::string name;
  int like = 0;
  sheaf_pixel pixel = 0;   // 0 = the input's
  bool any_count = false;  // the number of images is the operation's choice
  bool optional = false;
};

class Schema {
 public:
  // Reads the text. `problems` receives every rule it breaks, one sentence each;
  // the schema must not be used unless that stays empty.
  static Schema parse(const std::string &id, const std::string &text, std::vector<std::string> &problems);

  const Json &json() const { return json_; }  // complete, all defaults written out
  const std::string &id() const { return id_; }
  const std::vector<Param> &params() const { return params_; }
  const std::vector<InputSpec> &inputs() const { return inputs_; }
  const std::vector<OutputSpec> &outputs() const { return outputs_; }
  bool whole_collection() const { return json_.at("memory") == "all"; }
  bool emits_rois() const { return json_.at("rois").get<bool>(); }

  const Param *param(std::string_view key) const;
  // The declared columns of a table, or nullptr if there is no such table.
  const Json *table(std::string_view name) const;
  const Json *plot(std::string_view name) const;

  // All parameters, defaults filled in, in the order of the schema. Error
  // SHEAF_INVALID, one sentence: unknown key, wrong type, out of range, unknown
  // choice, given though not in use.
  Json complete(const Json &given) const;

  // Whether an optional input with conditions is to be given; `values` is complete.
  bool needed(const InputSpec &input, const Json &values) const;
  // "mode is given and dark is 0"
  std::string in_words(const std::vector<Condition> &when) const;

 private:
  // Whether all conditions hold; `in_use` of the parameters that they name.
  bool hold(const std::vector<Condition> &when, const Json &values, const std::vector<bool> &in_use) const;
  // What is wrong with a key that is no parameter's.
  std::string unknown(const std::string &key) const;

  std::string id_;
  Json json_;
  std::vector<Param> params_;
  std::vector<InputSpec> inputs_;
  std::vector<OutputSpec> outputs_;
};

const char *pixel_name(sheaf_pixel pixel);       // "u8", "?" if unknown
const char *pixel_words(sheaf_pixel pixel);      // "8-bit"
sheaf_pixel pixel_named(std::string_view name);  // 0 if unknown
bool hyperstack_fits(const sheaf_info &info);    // slices == channels * depth * frames
int pixel_bytes(sheaf_pixel pixel);              // 0 if unknown

}  // namespace sheaf::core
