#include "align/csv.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include "plugin.hpp"

namespace sheaf::align {
namespace {

constexpr uintmax_t most_bytes = uintmax_t{256} << 20;

std::string lower(std::string_view text) {
  std::string s(text);
  for (auto &c : s)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return s;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// The fields of one record, which ends at `at`; quotes may hide line ends.
std::vector<std::string> record(std::string_view text, size_t &at, char separator) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (; at < text.size(); at++) {
    const char c = text[at];
    if (quoted) {
      if (c != '"') fields.back() += c;
      else if (at + 1 < text.size() && text[at + 1] == '"') fields.back() += text[at++];
      else quoted = false;
    } else if (c == '"' && trimmed(fields.back()).empty()) {
      fields.back().clear();
      quoted = true;
    } else if (c == separator) {
      fields.emplace_back();
    } else if (c == '\n') {
      at++;
      break;
    } else if (c != '\r') {
      fields.back() += c;
    }
  }
  return fields;
}

}  // namespace

std::string read_text(const std::string &path, const std::string &key) {
  namespace fs = std::filesystem;
  if (path.empty()) throw Error(SHEAF_INVALID, key + ": no file given");
  std::error_code error;
  if (!fs::is_regular_file(path, error)) throw Error(SHEAF_IO, key + ": there is no file " + path);
  if (fs::file_size(path, error) > most_bytes)
    throw Error(SHEAF_INVALID, key + ": " + path + " has more than 256 MiB; that is no list of numbers");
  std::ifstream in(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in) throw Error(SHEAF_IO, key + ": " + path + " cannot be read");
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  if (trimmed(text).empty()) throw Error(SHEAF_INVALID, key + ": " + path + " is empty");
  return text;
}

void require_savable_text(const std::string &path, const std::string &key, std::initializer_list<const char *> endings,
                          std::initializer_list<std::string> inputs) {
  namespace fs = std::filesystem;
  if (path.empty()) return;
  std::error_code error;
  if (fs::is_directory(path, error)) throw Error(SHEAF_IO, key + ": " + path + " is a folder, not a file");
  if (const fs::path folder = fs::path(path).parent_path(); !folder.empty() && !fs::is_directory(folder, error))
    throw Error(SHEAF_IO, key + ": there is no folder " + folder.string());
  std::string lower = path, accepted;
  for (char &c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  bool known = false;
  for (const char *ending : endings) {
    known = known || lower.ends_with(ending);
    accepted += (accepted.empty() ? "" : ", ") + std::string(ending);
  }
  if (!known)
    throw Error(SHEAF_INVALID, key + ": " + path + " given; accepted: a name that ends in one of " + accepted);
  for (const std::string &input : inputs)
    if (!input.empty() && fs::equivalent(path, input, error))
      throw Error(SHEAF_INVALID, key + ": " + path + " is a file that this command reads; give another name");
}

void write_text(const std::string &path, const std::string &text, const std::string &key) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (!out) throw Error(SHEAF_IO, key + ": " + path + " cannot be written");
}

bool parse_number(std::string_view text, double &value) {
  text = trimmed(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

std::string number_text(double value) {
  if (!std::isfinite(value)) return "NaN";
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

int Csv::find(std::initializer_list<const char *> names) const {
  for (const char *name : names)
    for (size_t i = 0; i < columns.size(); i++)
      if (lower(trimmed(columns[i])) == lower(name)) return static_cast<int>(i);
  return -1;
}

Csv parse_csv(std::string_view text) {
  Csv table;
  size_t at = 0;
  char separator = 0;
  while (at < text.size()) {
    const auto line = text.substr(at, text.find('\n', at) - at);
    if (trimmed(line).empty() || line.starts_with('#')) {
      at += std::min(line.size() + 1, text.size() - at);
      continue;
    }
    if (!separator) {
      const auto count = [&](char c) { return std::count(line.begin(), line.end(), c); };
      separator = ',';
      for (const char c : {';', '\t'})
        if (count(c) > count(separator)) separator = c;
      table.columns = record(text, at, separator);
      continue;
    }
    auto fields = record(text, at, separator);
    fields.resize(table.columns.size());
    table.rows.push_back(std::move(fields));
  }
  return table;
}

std::string csv_text(const Csv &table) {
  std::string text;
  const auto add = [&](const std::vector<std::string> &fields) {
    for (size_t i = 0; i < fields.size(); i++) {
      if (i) text += ',';
      if (fields[i].find_first_of(",\"\r\n") == std::string::npos) {
        text += fields[i];
        continue;
      }
      text += '"';
      for (const char c : fields[i]) {
        if (c == '"') text += '"';
        text += c;
      }
      text += '"';
    }
    text += '\n';
  };
  add(table.columns);
  for (const auto &row : table.rows) add(row);
  return text;
}

double number_in(const Csv &table, size_t row, int column, const std::string &key) {
  double value = 0;
  const std::string &cell = table.rows[row][static_cast<size_t>(column)];
  if (!parse_number(cell, value) || !std::isfinite(value))
    throw Error(SHEAF_INVALID, key + ": row " + std::to_string(row + 1) + " has no number in " +
                                   table.columns[static_cast<size_t>(column)] + " (" + cell + ")");
  return value;
}

}  // namespace sheaf::align
