// A table with a row for each image.
#pragma once

#include <string>
#include <vector>

#include "plugin.hpp"

namespace sheaf {

//   ImageTable table(run, "sharpening", rows_);   // column Label: the images' names
//   table.numbers("amount", [](const Row &r) { return r.amount; });
//   table.texts("status", [](const Row &r) { return r.status; });
template <class Row>
class ImageTable {
 public:
  // Row n is that of image n of the first input.
  ImageTable(const Run &run, const char *name, const std::vector<Row> &rows) : run_(run), name_(name), rows_(rows) {
    std::vector<std::string> labels;
    for (size_t n = 0; n < rows.size(); n++) labels.push_back(run.label(static_cast<int64_t>(n)));
    run.column(name, "Label", labels);
  }

  template <class F>
  void numbers(const std::string &column, F &&value) const {
    std::vector<double> values;
    for (const Row &row : rows_) values.push_back(static_cast<double>(value(row)));
    run_.column(name_, column.c_str(), values);
  }

  template <class F>
  void texts(const std::string &column, F &&text) const {
    std::vector<std::string> values;
    for (const Row &row : rows_) values.emplace_back(text(row));
    run_.column(name_, column.c_str(), values);
  }

 private:
  const Run &run_;
  const char *name_;
  const std::vector<Row> &rows_;
};

}  // namespace sheaf
