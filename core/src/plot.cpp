#include "plot.hpp"

#include <algorithm>

#include "text.hpp"

namespace sheaf::core {
namespace {

const std::vector<std::string> kinds = {"curve", "scatter", "dendrogram", "histogram"};

// Numbers, or null for a gap where `gaps` is set.
bool numbers(const Json &list, bool gaps) {
  return list.is_array() && std::all_of(list.begin(), list.end(),
                                        [gaps](const Json &v) { return v.is_number() || (gaps && v.is_null()); });
}

bool texts(const Json &list) {
  return list.is_array() && std::all_of(list.begin(), list.end(), [](const Json &v) { return v.is_string(); });
}

// Whole numbers from `low` to `high`.
bool wholes(const Json &list, int64_t low, int64_t high) {
  return list.is_array() && std::all_of(list.begin(), list.end(), [&](const Json &v) {
           return v.is_number() && v.get<double>() >= static_cast<double>(low) &&
                  v.get<double>() <= static_cast<double>(high) &&
                  v.get<double>() == static_cast<double>(v.get<int64_t>());
         });
}

// An optional member that must be a number or null.
bool optional_number(const Json &plot, const char *key) {
  return !plot.contains(key) || plot[key].is_number() || plot[key].is_null();
}

std::string points_problem(const Json &plot, bool scatter) {
  if (!plot.contains("x") || !plot.contains("y") || !numbers(plot["x"], true) || !numbers(plot["y"], true))
    return "x and y must be lists of numbers";
  const size_t count = plot["x"].size();
  if (plot["y"].size() != count)
    return "x has " + std::to_string(count) + " numbers, y has " + std::to_string(plot["y"].size());
  if (!optional_number(plot, "mark")) return "mark must be a number";
  if (scatter && plot.contains("group") && (!wholes(plot["group"], 0, 1000000) || plot["group"].size() != count))
    return "group must be a whole number for each point, from 0";
  if (scatter && plot.contains("names") && (!texts(plot["names"]) || plot["names"].size() != count))
    return "names must be a text for each point";
  return "";
}

std::string dendrogram_problem(const Json &plot) {
  if (!plot.contains("linkage") || !plot["linkage"].is_array()) return "linkage must be a list of rows";
  const Json &rows = plot["linkage"];
  const auto leaves = static_cast<int64_t>(rows.size()) + 1;
  for (size_t i = 0; i < rows.size(); i++) {
    const Json &row = rows[i];
    if (!numbers(row, false) || row.size() != 4 ||
        !wholes(Json::array({row[0], row[1]}), 0, leaves + static_cast<int64_t>(i) - 1))
      return "row " + std::to_string(i + 1) + " of linkage is not [a, b, height, size] of earlier clusters";
  }
  if (!plot.contains("order") || !wholes(plot["order"], 0, leaves - 1) ||
      static_cast<int64_t>(plot["order"].size()) != leaves)
    return "order must name the " + std::to_string(leaves) + " leaves";
  const auto one_each = [&](const char *key) { return static_cast<int64_t>(plot[key].size()) == leaves; };
  if (plot.contains("names") && (!texts(plot["names"]) || !one_each("names")))
    return "names must be a text for each leaf";
  if (plot.contains("group") && (!wholes(plot["group"], 0, 1000000) || !one_each("group")))
    return "group must be a whole number for each leaf, from 0";
  return optional_number(plot, "cut") ? "" : "cut must be a number";
}

}  // namespace

std::string plot_problem(const Json &plot) {
  if (!plot.is_object()) return "it is not a JSON object";
  for (const char *key : {"name", "kind", "title", "x_label", "y_label"})
    if (plot.contains(key) && !plot[key].is_string()) return std::string(key) + " must be a text";
  const std::string kind = plot.value("kind", "");
  if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end())
    return "the kind " + shown(kind) + " is unknown; known: " + one_of(kinds);
  if (kind == "curve" || kind == "scatter") return points_problem(plot, kind == "scatter");
  if (kind == "dendrogram") return dendrogram_problem(plot);
  if (!plot.contains("edges") || !plot.contains("counts") || !numbers(plot["edges"], false) ||
      !numbers(plot["counts"], false) || plot["edges"].size() != plot["counts"].size() + 1)
    return "edges and counts must be lists of n + 1 and n numbers";
  return "";
}

}  // namespace sheaf::core
