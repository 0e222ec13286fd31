// Tables in text files: with a header line, separated by commas, semicolons or tabs.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace sheaf::align {

// A whole file; `key` is the parameter that names it, for the message if it cannot be read.
std::string read_text(const std::string &path, const std::string &key);
// Throws unless a file could be written there: called before long work whose result is saved.
// Nothing is asked of an empty path. Its name must end in one of `endings`: a slip of the hand must
// not replace an image. Of `inputs`, files that the run reads, it must be none; empty ones are none.
void require_savable_text(const std::string &path, const std::string &key, std::initializer_list<const char *> endings,
                          std::initializer_list<std::string> inputs);
void write_text(const std::string &path, const std::string &text, const std::string &key);

// True and the value if `text` is a number and nothing else but blanks around it.
bool parse_number(std::string_view text, double &value);
// The shortest text that reads back to the same bits; "NaN" where there is none.
std::string number_text(double value);

struct Csv {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  // as long as `columns`

  // Position of the first of these names, letter case aside; -1: none.
  int find(std::initializer_list<const char *> names) const;
};

// RFC 4180 with the separator that the header line has most of. Short rows are
// filled with empty cells; empty lines and lines that begin with # are left out.
Csv parse_csv(std::string_view text);
std::string csv_text(const Csv &table);

// The number in a cell. Throws if there is none: "points: row 3 has no number in x (abc)".
double number_in(const Csv &table, size_t row, int column, const std::string &key);

}  // namespace sheaf::align
