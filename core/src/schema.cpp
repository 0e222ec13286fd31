#include "schema.hpp"

#include <algorithm>
#include <array>

#include "error.hpp"
#include "text.hpp"

namespace sheaf::core {
namespace {

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

}  // namespace

const char *pixel_name(sheaf_pixel pixel) { return kind_of(pixel) ? kind_of(pixel)->name : "?"; }
const char *pixel_words(sheaf_pixel pixel) { return kind_of(pixel) ? kind_of(pixel)->words : "unknown"; }
sheaf_pixel pixel_named(std::string_view name) {
  for (const auto &k : pixel_kinds)
    if (name == k.name) return k.pixel;
  return 0;
}
bool hyperstack_fits(const sheaf_info &info) {
  if (info.channels <= 0 || info.depth <= 0 || info.frames <= 0) return false;
  int64_t product = int64_t{info.channels} * info.depth;
  return !__builtin_mul_overflow(product, info.frames, &product) && product == info.slices;
}
int pixel_bytes(sheaf_pixel pixel) { return kind_of(pixel) ? kind_of(pixel)->bytes : 0; }

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

std::string Schema::in_words(const std::vector<Condition> &when) const {
  std::string text;
  for (const auto &condition : when) {
    std::vector<std::string> words;
    for (const auto &v : condition.values) words.push_back(v.is_string() ? v.get<std::string>() : shown(v));
    text += (text.empty() ? "" : " and ") + params_[condition.param].key + " is " + one_of(words);
  }
  return text;
}

// What depends on a parameter that is itself not in use is not in use.
bool Schema::hold(const std::vector<Condition> &when, const Json &values, const std::vector<bool> &in_use) const {
  return std::all_of(when.begin(), when.end(), [&](const Condition &c) {
    return in_use[c.param] &&
           std::find(c.values.begin(), c.values.end(), values.at(params_[c.param].key)) != c.values.end();
  });
}

bool Schema::needed(const InputSpec &input, const Json &values) const {
  std::vector<bool> in_use;
  for (const auto &p : params_) in_use.push_back(hold(p.when, values, in_use));
  return hold(input.when, values, in_use);
}

// A further image is named in macros as a parameter is.
std::string Schema::unknown(const std::string &key) const {
  std::vector<std::string> names, words;
  for (const auto &p : params_) names.push_back(p.key);
  words = names;
  for (size_t i = 1; i < inputs_.size(); i++) {
    const std::string &image = inputs_[i].name;
    if (key == image) return key + ": an image that " + id_ + " takes, not a parameter";
    names.push_back(image);
    words.push_back("the image " + image);
  }
  const std::string near = nearest(key, names);
  return key + ": unknown parameter of " + id_ +
         (!near.empty()   ? "; did you mean " + near + "?"
          : words.empty() ? "; it has none"
                          : "; it has " + one_of(words));
}

Json Schema::complete(const Json &given) const {
  const auto invalid = [](const std::string &message) { throw Error(SHEAF_INVALID, message); };
  if (!given.is_object()) invalid("parameters: " + shown(given) + " given, needs an object of keys and values");
  for (const auto &[key, value] : given.items()) {
    if (!param(key)) invalid(unknown(key));
  }
  Json values = Json::object();
  std::vector<bool> in_use;
  for (const auto &p : params_) {
    const bool absent =
        !given.contains(p.key) || (p.is_list() && p.default_value.empty() && is_empty_list(given.at(p.key)));
    values[p.key] = absent ? p.default_value : p.value_of(given.at(p.key));
    in_use.push_back(hold(p.when, values, in_use));
    if (!in_use.back() && values[p.key] != p.default_value)
      invalid(p.key + ": " + shown(given.at(p.key)) + " given, but it is used only when " + in_words(p.when));
  }
  return values;
}

}  // namespace sheaf::core
