// Numbers to and from text without a locale, and the words of messages.
#pragma once

#include <cstdint>
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
// 1, "image" -> "1 image"; 2, "image" -> "2 images".
std::string counted(int64_t count, const std::string &noun);
// "1 to 5", or "1" where that is all.
std::string range(double min, double max);
// Whether `text` is a number that a double cannot hold.
bool overflows(std::string_view text);
// {"a","b","c"} -> "a, b or c".
std::string one_of(const std::vector<std::string> &words);
// The shortest word of `known` that `word`, of three letters or more, begins; or the one with the
// smallest edit distance to it; "" if none is near.
std::string nearest(std::string_view word, const std::vector<std::string> &known);

}  // namespace sheaf::core
