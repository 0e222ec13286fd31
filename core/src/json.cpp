#include "json.hpp"

#include "error.hpp"
#include "text.hpp"

namespace sheaf::core {

Json parse_json(const std::string &text) {
  constexpr int deepest = 16;
  try {
    return Json::parse(text, [](int depth, Json::parse_event_t, Json &) {
      if (depth > deepest) throw Error(SHEAF_INVALID, "more than " + std::to_string(deepest) + " levels of brackets");
      return true;
    });
  } catch (const Json::exception &e) {
    throw Error(SHEAF_INVALID, e.what());
  }
}

std::string shown(const Json &value) {
  if (value.is_number()) return to_text(value.get<double>());
  std::string text =
      value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > 60) {
    size_t end = 57;
    while (end > 0 && (text[end] & 0xc0) == 0x80) end--;  // not inside a character
    text = text.substr(0, end) + "...";
  }
  return value.is_string() ? "\"" + text + "\"" : text;
}

}  // namespace sheaf::core
