// Plots (docs/results.md) as SVG.
#include <algorithm>
#include <cmath>
#include <functional>
#include <sstream>

#include "command.hpp"
#include "text.hpp"

namespace sheaf::cli {
namespace {

constexpr double width = 720, height = 480, left = 70, right = 20, top = 40, bottom = 60;

// Ten colours that stay apart for colour-blind eyes too (after Petroff 2021).
constexpr const char *colours[] = {"#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6",
                                   "#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd"};

std::string escaped(const std::string &text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '&') out += "&amp;";
    else out += c;
  }
  return out;
}

std::string fixed(double v) { return core::to_text(std::round(v * 100) / 100); }

std::vector<double> numbers(const Json &list) {
  std::vector<double> out;
  for (const auto &v : list) out.push_back(v.is_number() ? v.get<double>() : std::nan(""));
  return out;
}

// A straight axis from data to picture, with round ticks.
struct Axis {
  double low = 0, high = 1, from = 0, to = 1;
  double at(double v) const { return from + (v - low) / (high - low) * (to - from); }
  static Axis of(const std::vector<double> &values, double from, double to) {
    Axis a;
    a.from = from;
    a.to = to;
    a.low = INFINITY;
    a.high = -INFINITY;
    for (const double v : values)
      if (std::isfinite(v)) {
        a.low = std::min(a.low, v);
        a.high = std::max(a.high, v);
      }
    if (!(a.low <= a.high)) a.low = 0, a.high = 1;
    // wide enough to be a step between doubles, also where all values are one large one
    const double size = std::max(std::abs(a.low), std::abs(a.high));
    const double margin = std::max(a.high > a.low ? 0.04 * (a.high - a.low) : 0.5, 1e-9 * size);
    a.low -= margin;
    a.high += margin;
    return a;
  }
  std::vector<double> ticks() const {
    const double raw = (high - low) / 6, power = std::pow(10, std::floor(std::log10(raw)));
    const double step = raw / power < 1.5   ? power
                        : raw / power < 3.5 ? 2 * power
                        : raw / power < 7.5 ? 5 * power
                                            : 10 * power;
    std::vector<double> out;
    const double first = std::ceil(low / step);
    for (int i = 0; i < 20 && (first + i) * step <= high + 1e-9 * step; i++) out.push_back((first + i) * step);
    return out;
  }
};

class Drawing {
 public:
  explicit Drawing(const Json &plot) {
    out_ << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " << width << " " << height
         << "\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n";
    text(width / 2, 24, plot.value("title", ""), "middle", "font-size=\"15\"");
    text((left + width - right) / 2, height - 12, plot.value("x_label", ""), "middle");
    text(0, 0, plot.value("y_label", ""), "middle",
         "transform=\"translate(18," + fixed((top + height - bottom) / 2) + ") rotate(-90)\"");
  }
  void text(double x, double y, const std::string &words, const char *anchor, const std::string &more = "") {
    if (words.empty()) return;
    out_ << "<text x=\"" << fixed(x) << "\" y=\"" << fixed(y) << "\" text-anchor=\"" << anchor << "\" " << more << ">"
         << escaped(words) << "</text>\n";
  }
  void line(double x1, double y1, double x2, double y2, const char *style = "stroke=\"#444\"") {
    out_ << "<line x1=\"" << fixed(x1) << "\" y1=\"" << fixed(y1) << "\" x2=\"" << fixed(x2) << "\" y2=\"" << fixed(y2)
         << "\" " << style << "/>\n";
  }
  void point(double x, double y, const char *colour, double radius, const std::string &name) {
    out_ << "<circle cx=\"" << fixed(x) << "\" cy=\"" << fixed(y) << "\" r=\"" << radius << "\" fill=\"" << colour
         << "\">";
    if (!name.empty()) out_ << "<title>" << escaped(name) << "</title>";
    out_ << "</circle>\n";
  }
  void bar(double x1, double x2, double y) {
    out_ << "<rect x=\"" << fixed(x1) << "\" y=\"" << fixed(y) << "\" width=\"" << fixed(std::max(x2 - x1 - 1, 1.0))
         << "\" height=\"" << fixed(height - bottom - y) << "\" fill=\"" << colours[0] << "\"/>\n";
  }
  void axes(const Axis *x, const Axis &y) {
    line(left, height - bottom, width - right, height - bottom);
    line(left, top, left, height - bottom);
    if (x)
      for (const double t : x->ticks()) {
        line(x->at(t), height - bottom, x->at(t), height - bottom + 5);
        text(x->at(t), height - bottom + 18, core::to_text(t), "middle");
      }
    for (const double t : y.ticks()) {
      line(left - 5, y.at(t), left, y.at(t));
      text(left - 8, y.at(t) + 4, core::to_text(t), "end");
    }
  }
  std::string done() {
    out_ << "</svg>\n";
    return out_.str();
  }

 private:
  std::ostringstream out_;
};

void curve(Drawing &d, const Json &plot) {
  const auto x = numbers(plot.at("x")), y = numbers(plot.at("y"));
  const Axis ax = Axis::of(x, left, width - right), ay = Axis::of(y, height - bottom, top);
  d.axes(&ax, ay);
  for (size_t i = 0; i < x.size(); i++) {
    if (!std::isfinite(x[i]) || !std::isfinite(y[i])) continue;
    if (i > 0 && std::isfinite(y[i - 1]))
      d.line(ax.at(x[i - 1]), ay.at(y[i - 1]), ax.at(x[i]), ay.at(y[i]), "stroke=\"#3f90da\" stroke-width=\"2\"");
    const bool marked = plot.contains("mark") && plot["mark"].is_number() && plot["mark"].get<double>() == x[i];
    d.point(ax.at(x[i]), ay.at(y[i]), marked ? colours[2] : colours[0], marked ? 6 : 3,
            core::to_text(x[i]) + ": " + core::to_text(y[i]));
  }
}

void scatter(Drawing &d, const Json &plot) {
  const auto x = numbers(plot.at("x")), y = numbers(plot.at("y"));
  const Axis ax = Axis::of(x, left, width - right), ay = Axis::of(y, height - bottom, top);
  d.axes(&ax, ay);
  const auto group = plot.contains("group") ? numbers(plot["group"]) : std::vector<double>(x.size(), 0);
  for (size_t i = 0; i < x.size(); i++) {
    const int g = static_cast<int>(group[i]);
    const std::string name = plot.contains("names") ? plot["names"][i].get<std::string>() : "";
    d.point(ax.at(x[i]), ay.at(y[i]), g > 0 ? colours[(g - 1) % 10] : "#888", 4,
            name + (g > 0 ? " (" + std::to_string(g) + ")" : ""));
  }
}

void dendrogram(Drawing &d, const Json &plot) {
  const auto &linkage = plot.at("linkage");
  const size_t n = plot.at("order").size();
  std::vector<double> x(n + linkage.size()), y(n + linkage.size(), 0.0), heights;
  for (const auto &row : linkage) heights.push_back(row[2].get<double>());
  heights.push_back(0);
  Axis ay = Axis::of(heights, height - bottom, top);
  ay.low = 0;
  d.axes(nullptr, ay);
  const double step = (width - left - right) / static_cast<double>(std::max<size_t>(n, 1));
  for (size_t i = 0; i < n; i++) x[plot["order"][i].get<size_t>()] = left + (static_cast<double>(i) + 0.5) * step;
  for (size_t i = 0; i < linkage.size(); i++) {
    const auto a = linkage[i][0].get<size_t>(), b = linkage[i][1].get<size_t>();
    const double h = linkage[i][2].get<double>();
    x[n + i] = (x[a] + x[b]) / 2;
    y[n + i] = h;
    d.line(x[a], ay.at(y[a]), x[a], ay.at(h), "stroke=\"#3f90da\"");
    d.line(x[b], ay.at(y[b]), x[b], ay.at(h), "stroke=\"#3f90da\"");
    d.line(x[a], ay.at(h), x[b], ay.at(h), "stroke=\"#3f90da\"");
  }
  if (plot.contains("cut") && plot["cut"].is_number()) {
    const double cut = ay.at(plot["cut"].get<double>());
    d.line(left, cut, width - right, cut, "stroke=\"#bd1f01\" stroke-dasharray=\"6 4\"");
  }
  if (plot.contains("names") && step >= 9)
    for (size_t i = 0; i < n; i++)
      d.text(0, 0, plot["names"][plot["order"][i].get<size_t>()].get<std::string>().substr(0, 12), "end",
             "font-size=\"9\" transform=\"translate(" + fixed(left + (static_cast<double>(i) + 0.5) * step + 3) + "," +
                 fixed(height - bottom + 6) + ") rotate(-60)\"");
}

void histogram(Drawing &d, const Json &plot) {
  const auto edges = numbers(plot.at("edges"));
  auto counts = numbers(plot.at("counts"));
  const Axis ax = Axis::of(edges, left, width - right);
  counts.push_back(0);
  Axis ay = Axis::of(counts, height - bottom, top);
  ay.low = 0;
  d.axes(&ax, ay);
  for (size_t i = 0; i + 1 < edges.size() && i < counts.size(); i++)
    d.bar(ax.at(edges[i]), ax.at(edges[i + 1]), ay.at(counts[i]));
}

}  // namespace

std::string plot_svg(const Json &plot) {
  Drawing d(plot);
  const std::string kind = plot.at("kind");
  if (kind == "curve") curve(d, plot);
  else if (kind == "scatter") scatter(d, plot);
  else if (kind == "dendrogram") dendrogram(d, plot);
  else if (kind == "histogram") histogram(d, plot);
  else throw std::runtime_error("plot " + plot.value("name", "") + ": the kind " + kind + " cannot be drawn");
  return d.done();
}

}  // namespace sheaf::cli
