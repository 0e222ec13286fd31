#include "text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>

namespace sheaf::core {

std::string to_text(double value) {
  std::array<char, 40> buffer{};
  // whole numbers without exponent: 1000000 rather than 1e+06
  const bool whole = std::abs(value) < 1e15 && value == std::floor(value);
  const auto end =
      whole ? std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed).ptr
            : std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

std::string_view trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

namespace {

// What std::from_chars says about the whole of `text`.
std::errc parse(std::string_view text, double &value) {
  text = trim(text);
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return text.empty() || end != text.data() + text.size() ? std::errc::invalid_argument : error;
}

}  // namespace

std::optional<double> to_number(std::string_view text) {
  double value = 0;
  return parse(text, value) == std::errc{} ? std::optional(value) : std::nullopt;
}

bool overflows(std::string_view text) {
  double value = 0;
  return parse(text, value) == std::errc::result_out_of_range;
}

std::string bytes_text(double bytes) {
  static constexpr const char *units[] = {"bytes", "kB", "MB", "GB", "TB"};
  size_t unit = 0;
  while (bytes >= 1000 && unit + 1 < std::size(units)) {
    bytes /= 1000;
    unit++;
  }
  return to_text(unit == 0 ? bytes : std::round(bytes * 10) / 10) + " " + units[unit];
}

std::string counted(int64_t count, const std::string &noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string range(double min, double max) { return min == max ? to_text(min) : to_text(min) + " to " + to_text(max); }

std::string one_of(const std::vector<std::string> &words) {
  std::string text;
  for (size_t i = 0; i < words.size(); i++) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

std::string nearest(std::string_view word, const std::vector<std::string> &known) {
  std::string best;
  if (word.size() >= 3)
    for (const auto &candidate : known)
      if (candidate.starts_with(word) && (best.empty() || candidate.size() < best.size())) best = candidate;
  if (!best.empty()) return best;
  size_t best_distance = 1 + std::max<size_t>(2, word.size() / 2);
  for (const auto &candidate : known) {
    // edit distance with one row (Wagner and Fischer 1974)
    std::vector<size_t> row(candidate.size() + 1);
    std::iota(row.begin(), row.end(), size_t{0});
    for (size_t i = 0; i < word.size(); i++) {
      size_t diagonal = row[0];
      row[0] = i + 1;
      for (size_t j = 0; j < candidate.size(); j++) {
        const size_t substitute = diagonal + (word[i] == candidate[j] ? 0 : 1);
        diagonal = row[j + 1];
        row[j + 1] = std::min({substitute, row[j] + 1, row[j + 1] + 1});
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = candidate;
    }
  }
  return best;
}

}  // namespace sheaf::core
