// JSON from plugins and clients: read with limits, quoted in messages.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace sheaf::core {

using Json = nlohmann::ordered_json;

// The value of `text`. Error SHEAF_INVALID: it is not JSON, or nested deeper
// than anything Sheaf reads. The library walks values by recursion, and a thread
// of Java has a small stack.
Json parse_json(const std::string &text);

// How a given value is quoted in a message.
std::string shown(const Json &value);

}  // namespace sheaf::core
