// Numbers to and from text without a locale, and the words of messages.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sheaf::core {

// Shortest text that reads back to the same double.
std::string to_text(double value);
// The number that is the whole of `text` (blanks around it allowed), or nothing.
std::optional<double> to_number(std::string_view text);
std::string_view trim(std::string_view text);
// 1500000 -> "1.5 MB" (powers of 1000).
std::string bytes_text(double bytes);
// {"a","b","c"} -> "a, b or c".
std::string one_of(const std::vector<std::string> &words);
// The word of `known` with the smallest edit distance to `word`, or "" if none is near.
std::string nearest(std::string_view word, const std::vector<std::string> &known);

}  // namespace sheaf::core
