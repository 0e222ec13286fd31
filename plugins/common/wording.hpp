// Words for numbers in messages, right for one as for many.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>

#include "plugin.hpp"

namespace sheaf {

// "1 image", "3 images"; "1 match", "3 matches".
inline std::string counted(int64_t n, const std::string &thing, const std::string &things) {
  return std::to_string(n) + " " + (n == 1 ? thing : things);
}
inline std::string counted(int64_t n, const std::string &thing) { return counted(n, thing, thing + "s"); }

// A number with that many decimals: "0.21"; "-" if it is none.
inline std::string decimals(double value, int digits) {
  if (std::isnan(value)) return "-";
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

// "accepted: 1", "accepted: 1 or 2", "accepted: 1 to 5".
inline std::string accepted(int64_t first, int64_t last) {
  std::string text = "accepted: " + std::to_string(first);
  if (last > first) text += (last == first + 1 ? " or " : " to ") + std::to_string(last);
  return text;
}

// Refuses a number, counted from 1, of a thing that is not there:
// "base: 7 given, the collection has 5 images; accepted: 1 to 5". What means "all" or "none" is 0,
// accepted if `first` is.
inline void require_there(const std::string &key, int64_t given, int64_t count, const std::string &thing,
                          const std::string &owner, int64_t first = 1) {
  if (given > count)
    throw Error(SHEAF_INVALID, key + ": " + std::to_string(given) + " given, " + owner + " has " +
                                   counted(count, thing) + "; " + accepted(first, count));
}

}  // namespace sheaf
