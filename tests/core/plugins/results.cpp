// Operations that keep the rules and make results of every kind.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <numeric>
#include <thread>

#include "plugin.hpp"

namespace {

using sheaf::Run;

// Each pixel's complement; the brightness of each image as a table.
struct Invert {
  static constexpr const char *id = "results.invert";
  static constexpr const char *schema = R"({
    "title": "Invert", "summary": "Inverts.",
    "inputs": [{"pixel": ["u8", "u16", "f32", "rgb", "label"]}],
    "outputs": [{"name": "inverted"}, {"name": "bright", "pixel": "u8", "optional": true}],
    "tables": [{"name": "means", "title": "Means of %s",
                "columns": [{"name": "Label", "type": "text"}, {"name": "mean", "unit": "gray"}]}]})";

  explicit Invert(Run &run) : means_(run.input().slices), labels_(means_.size()) {}

  void slice(Run &run, int64_t n) {
    const auto in = run.read(n);
    auto out = run.write(n);
    double sum = 0;
    in.visit([&]<class T>(sheaf::View<const T> from) {
      const auto to = out.view<T>();
      for (int y = 0; y < from.height(); y++)
        for (int x = 0; x < from.width(); x++) {
          if constexpr (std::is_same_v<T, float>) to(x, y) = 1 - from(x, y);
          else if constexpr (std::is_same_v<T, sheaf::Rgb>)
            to(x, y) = {uint8_t(~from(x, y).b), uint8_t(~from(x, y).g), uint8_t(~from(x, y).r), 0};
          else to(x, y) = static_cast<T>(~from(x, y));
          if constexpr (std::is_arithmetic_v<T>) sum += static_cast<double>(from(x, y));
        }
    });
    out.commit();
    means_[n] = sum / (static_cast<double>(in.width()) * in.height());
    labels_[n] = run.label(n);
    if (run.wanted("bright")) {
      auto bright = run.write(n, 1);
      const auto view = bright.view<uint8_t>();
      for (int y = 0; y < view.height(); y++) std::memset(view.row(y), 200, view.width());
      bright.commit();
    }
  }

  void finish(Run &run) {
    run.column("means", "mean", means_);
    run.column("means", "Label", labels_);
  }

 private:
  std::vector<double> means_;
  std::vector<std::string> labels_;
};

// Two images for each: workers announce, write and read at the same time.
struct Two {
  static constexpr const char *id = "results.two";
  static constexpr const char *schema = R"({"title": "Two", "summary": "Writes two images for each.",
    "inputs": [{"pixel": ["u8"]}], "outputs": [{"name": "first"}, {"name": "second"}]})";
  explicit Two(Run &) {}
  void slice(Run &run, int64_t n) const {
    for (int output = 0; output < 2; output++) {
      auto out = run.write(n, output);
      const auto view = out.view<uint8_t>();
      for (int y = 0; y < view.height(); y++) std::memset(view.row(y), static_cast<int>(n + output), view.width());
      out.commit();
    }
  }
};

// Everything the host offers to an operation with `run`.
struct Report {
  static constexpr const char *id = "results.report";
  static constexpr const char *schema = R"({"title": "Report", "summary": "Reports.", "rois": true,
    "inputs": [{"pixel": ["u8", "u16"], "roi": true}],
    "outputs": [{"name": "grid", "images": "any", "pixel": "u16"}],
    "tables": [{"name": "params", "columns": [{"name": "json", "type": "text"}, {"name": "mode", "type": "text"}]},
               {"name": "numbers", "columns": [{"name": "position"}, {"name": "value"}]},
               {"name": "facts", "columns": [{"name": "inside"}, {"name": "nothing"}]}],
    "plots": [{"name": "levels"}, {"name": "other"}],
    "params": [{"key": "radius", "type": "number", "default": 1.5, "help": "R."},
               {"key": "count", "type": "integer", "default": 3, "help": "C."},
               {"key": "flat", "type": "boolean", "help": "F."},
               {"key": "mode", "type": "choice", "choices": ["mean", "max"], "default": "max", "help": "M."},
               {"key": "levels", "type": "numbers", "default": [1, 2], "help": "L."},
               {"key": "marks", "type": "points", "default": [[3, 4]], "help": "M."},
               {"key": "box", "type": "rect", "default": [5, 6, 7, 8], "help": "B."},
               {"key": "name", "type": "text", "default": "n", "help": "N."}]})";
  explicit Report(Run &) {}
  void run(Run &run) const {
    run.log(SHEAF_LOG_INFO, "begun");
    run.progress(0.25, "first quarter");
    enum class Mode { mean, max };
    const char *json = nullptr;
    Run::check(run.host()->get_json(run.handle(), &json));
    run.column("params", "json", {std::string(json)});
    run.column("params", "mode", {std::string(run.choice<Mode>("mode") == Mode::max ? "max!" : "mean!")});
    std::vector<double> numbers = {run.number("radius"), run.number("count"), static_cast<double>(run.integer("count")),
                                   static_cast<double>(run.flag("flat")), static_cast<double>(run.integer("mode"))};
    for (const char *key : {"levels", "marks", "box"})
      for (const double v : run.numbers(key)) numbers.push_back(v);
    if (run.text("mode") != "max" && run.text("mode") != "mean") numbers.push_back(NAN);
    std::vector<double> positions(numbers.size());
    std::iota(positions.begin(), positions.end(), 0.0);
    run.column("numbers", "value", numbers);
    run.column("numbers", "position", positions);

    double inside = -1;
    if (const auto mask = run.mask()) {
      inside = 0;
      const auto view = mask.view<uint8_t>();
      for (int y = 0; y < view.height(); y++)
        for (int x = 0; x < view.width(); x++) inside += view(x, y) == 255;
    }
    run.column("facts", "inside", std::vector{inside});
    run.column("facts", "nothing", std::vector{static_cast<double>(NAN)});

    sheaf_info info = run.input();
    info.pixel = SHEAF_U16;
    info.width = 3;
    info.height = 2;
    info.channels = 2;
    info.depth = 1;
    info.frames = 3;
    info.slices = 6;
    info.spacing[0] = 0.25;
    info.unit = "\xc2\xb5m";
    run.declare(0, info);
    for (int64_t n = 5; n >= 0; n--) {
      auto out = run.write(n);
      const auto view = out.view<uint16_t>();
      for (int y = 0; y < 2; y++)
        for (int x = 0; x < 3; x++) view(x, y) = static_cast<uint16_t>(100 * n + 10 * y + x);
      out.commit();
    }

    const float ring[] = {0, 0, 4, 0, 4, 4, 0, 4, 1, 1, 2, 1, 2, 2};
    const int32_t ends[] = {4, 7};
    sheaf_roi roi{};
    roi.kind = SHEAF_ROI_POLYGON;
    roi.slice = 1;
    roi.xy = ring;
    roi.points = 7;
    roi.ring_ends = ends;
    roi.rings = 2;
    roi.label = 9;
    roi.score = 0.5;
    roi.name = "cell";
    run.roi(roi);
    sheaf::Json plot;
    plot.object().key("name").value("levels").key("kind").value("curve").key("x").value(std::vector{1.0, 2.0});
    plot.key("y").value(std::vector<double>{0.1, NAN}).key("title").value("a \"b\"\n").end();
    run.plot(plot);
    run.log(SHEAF_LOG_WARNING, "nearly done");
  }
};

// Reads every image once, in order, and gives it back.
struct Sums {
  static constexpr const char *id = "results.sums";
  static constexpr uint32_t flags = SHEAF_ONE_PASS | SHEAF_DETERMINISTIC;
  static constexpr const char *schema = R"({"title": "Sums", "summary": "Sums.", "inputs": [{"pixel": ["u8", "u16"]}],
    "tables": [{"name": "sums", "columns": [{"name": "sum"}]}]})";
  explicit Sums(Run &) {}
  void run(Run &run) const {
    const int64_t count = run.input().slices;
    std::vector<double> sums(count);
    for (int64_t n = 0; n < count; n++) {
      const auto in = run.read(n);
      in.visit([&]<class T>(sheaf::View<const T> v) {
        if constexpr (std::is_arithmetic_v<T>)
          for (int y = 0; y < v.height(); y++) sums[n] += std::accumulate(v.row(y), v.row(y) + v.width(), 0.0);
      });
      run.progress(static_cast<double>(n + 1) / static_cast<double>(count), "summing");
    }
    run.column("sums", "sum", sums);
  }
};

// Images read and written by the bodies of nested loops.
struct Parallel {
  static constexpr const char *id = "results.parallel";
  static constexpr const char *schema = R"({"title": "Parallel", "summary": "Loops.",
    "inputs": [{"pixel": ["u8"], "roi": true}], "outputs": [{"name": "copy"}],
    "tables": [{"name": "sums", "columns": [{"name": "sum"}, {"name": "Label", "type": "text"}]}]})";
  explicit Parallel(Run &) {}
  void run(Run &run) const {
    const int64_t count = run.input().slices;
    std::vector<double> sums(count);
    std::vector<std::string> labels(count);
    run.parallel(count, [&](int64_t n) {
      const auto in = run.read(n);
      const auto mask = run.mask();
      const auto from = in.view<uint8_t>();
      auto out = run.write(n);
      const auto to = out.view<uint8_t>();
      std::vector<double> rows(from.height());
      run.parallel(from.height(), [&](int64_t y) {
        const int row = static_cast<int>(y);
        std::copy_n(from.row(row), from.width(), to.row(row));
        for (int x = 0; x < from.width(); x++)
          if (!mask || mask.view<uint8_t>()(x, row)) rows[y] += from(x, row);
      });
      sums[n] = std::accumulate(rows.begin(), rows.end(), 0.0);
      labels[n] = run.label(n);
      out.commit();
      run.progress(static_cast<double>(n) / static_cast<double>(count));
    });
    run.column("sums", "sum", sums);
    run.column("sums", "Label", labels);
  }
};

void work_until_stopped(Run &run) {
  for (int i = 0; i < 60000; i++) {
    run.check_cancelled();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

struct SlowSlice {
  static constexpr const char *id = "results.slow_slice";
  static constexpr const char *schema = R"({"title": "Slow slice", "summary": "Takes a minute for each image.",
    "inputs": [{"pixel": ["u8"]}], "outputs": [{"name": "out"}]})";
  explicit SlowSlice(Run &) {}
  void slice(Run &run, int64_t n) const {
    if (n > 0) work_until_stopped(run);
    run.write(n).commit();
  }
};

struct SlowRun {
  static constexpr const char *id = "results.slow_run";
  static constexpr const char *schema = R"({"title": "Slow run", "summary": "Takes a minute.",
    "inputs": [{"pixel": ["u8"]}], "tables": [{"name": "t", "columns": [{"name": "a"}]}],
    "params": [{"key": "how", "type": "choice", "choices": ["alone", "parallel", "progress", "reading"],
                "default": "alone", "help": "H."}]})";
  explicit SlowRun(Run &) {}
  void run(Run &run) const {
    run.column("t", "a", std::vector{1.0});
    const std::string how = run.text("how");
    if (how == "alone") work_until_stopped(run);
    if (how == "parallel") run.parallel(100, [&](int64_t) { work_until_stopped(run); });
    for (int64_t i = 0; i < 60000; i++) {
      if (how == "progress") run.progress(0.5);
      else run.read(i % run.input().slices);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
};

// Pins every image, after counting scratch memory of its own.
struct Hold {
  static constexpr const char *id = "results.hold";
  static constexpr const char *schema = R"({"title": "Hold", "summary": "Pins all.", "inputs": [{"pixel": ["u8"]}],
    "params": [{"key": "scratch", "type": "integer", "default": 0, "help": "Bytes."}]})";
  explicit Hold(Run &) {}
  void run(Run &run) const {
    run.reserve(run.integer("scratch"), "scratch of this test");
    std::vector<sheaf::Image> images;
    for (int64_t n = 0; n < run.input().slices; n++) images.push_back(run.read(n));
  }
};

struct Whole {
  static constexpr const char *id = "results.whole";
  static constexpr const char *schema =
      R"({"title": "Whole", "summary": "Needs all at once.", "memory": "all", "inputs": [{"min_images": 2}]})";
  explicit Whole(Run &) {}
  void run(Run &) const {}
};

// One thread at a time, whatever is asked for.
struct Serial {
  static constexpr const char *id = "results.serial";
  static constexpr uint32_t flags = SHEAF_SERIAL;
  static constexpr const char *schema = R"({"title": "Serial", "summary": "Alone.", "inputs": [{"pixel": ["u8"]}],
    "tables": [{"name": "most", "columns": [{"name": "at_once"}, {"name": "bodies"}]}]})";
  explicit Serial(Run &) {}
  void slice(Run &run, int64_t) {
    const int now = ++active;
    most_ = std::max(most_, now);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    run.parallel(4, [&](int64_t) { bodies_++; });
    active--;
  }
  void finish(Run &run) const {
    run.column("most", "at_once", std::vector{static_cast<double>(most_)});
    run.column("most", "bodies", std::vector{static_cast<double>(bodies_)});
  }

 private:
  static inline std::atomic<int> active{0};
  int most_ = 0;
  std::atomic<int> bodies_{0};
};

// Leaves something of its output undone.
struct Lazy {
  static constexpr const char *id = "results.lazy";
  static constexpr const char *schema = R"({"title": "Lazy", "summary": "Leaves work.",
    "outputs": [{"name": "out"}, {"name": "extra", "optional": true}],
    "params": [{"key": "leaves", "type": "choice", "choices": ["all", "last", "unended"], "default": "all",
                "help": "L."}, {"key": "extra", "type": "boolean", "help": "E."},
               {"key": "save", "type": "file", "default": "", "help": "S."}]})";
  explicit Lazy(Run &) {}
  void run(Run &run) const {
    const std::string leaves = run.text("leaves");
    if (leaves == "all") return;
    for (int64_t n = 0; n + 1 < run.input().slices; n++) run.write(n).commit();
    if (leaves == "unended") run.write(run.input().slices - 1);
  }
};

// Two collections.
struct Difference {
  static constexpr const char *id = "results.difference";
  static constexpr const char *schema = R"({"title": "Difference", "summary": "Subtracts.",
    "inputs": [{"name": "minuend", "pixel": ["u8"]}, {"name": "subtrahend", "pixel": ["u8"]}],
    "outputs": [{"name": "difference", "like": 1, "pixel": "f32"}]})";
  explicit Difference(Run &) {}
  void slice(Run &run, int64_t n) const {
    const auto a = run.read(n, 0), b = run.read(n, 1);
    auto out = run.write(n);
    for (int y = 0; y < a.height(); y++)
      for (int x = 0; x < a.width(); x++)
        out.view<float>()(x, y) = static_cast<float>(a.view<uint8_t>()(x, y) - b.view<uint8_t>()(x, y));
    out.commit();
  }
};

// Labels that pass 16 bits in the third image.
struct Label {
  static constexpr const char *id = "results.label";
  static constexpr const char *schema = R"({"title": "Label", "summary": "Labels.", "inputs": [{"pixel": ["u16"]}],
    "outputs": [{"name": "labels", "pixel": "label"}],
    "params": [{"key": "offset", "type": "integer", "default": 0, "help": "Added per image."}]})";
  explicit Label(Run &run) : offset_(static_cast<uint32_t>(run.integer("offset"))) {}
  void slice(Run &run, int64_t n) const {
    const auto in = run.read(n);
    auto out = run.write(n);
    for (int y = 0; y < in.height(); y++)
      for (int x = 0; x < in.width(); x++)
        out.view<uint32_t>()(x, y) = in.view<uint16_t>()(x, y) + offset_ * static_cast<uint32_t>(n);
    out.commit();
  }

 private:
  uint32_t offset_;
};

// Begins an output while its inputs take all memory, gives one back and tries again.
struct Retry {
  static constexpr const char *id = "results.retry";
  static constexpr const char *schema = R"({"title": "Retry", "summary": "Tries again.",
    "inputs": [{"pixel": ["u8"], "min_images": 2}], "outputs": [{"name": "out"}]})";
  explicit Retry(Run &) {}
  void run(Run &run) const {
    for (int64_t n = 0; n < 2; n++) {
      const auto kept = run.read(0);
      sheaf_view view{};
      {
        const auto other = run.read(1);
        if (run.host()->begin_slice(run.handle(), 0, n, &view) != SHEAF_NO_MEMORY)
          throw sheaf::Error(SHEAF_FAILED, "there was room");
      }
      run.write(n).commit();
    }
  }
};

// One plot of each kind.
struct Plots {
  static constexpr const char *id = "results.plots";
  static constexpr const char *schema = R"({"title": "Plots", "summary": "Plots.", "inputs": [{"pixel": ["u8"]}],
    "plots": [{"name": "curve", "title": "Large & <equal> of %s"}, {"name": "scatter"}, {"name": "tree"},
      {"name": "bars"}]})";
  explicit Plots(Run &) {}
  void run(Run &run) const {
    for (const char *plot :
         {R"({"name": "curve", "kind": "curve", "x": [1, 2, 3, 4], "y": [1e18, null, 1e18, 1e18], "mark": 3,
              "x_label": "x", "y_label": "y"})",
          R"({"name": "scatter", "kind": "scatter", "x": [0, 1], "y": [2, 3], "group": [1, 0], "names": ["a", "b"]})",
          R"({"name": "tree", "kind": "dendrogram", "linkage": [[0, 2, 1, 2], [1, 3, 4, 3]], "order": [1, 0, 2],
              "names": ["one", "two", "three"], "cut": 2})",
          R"({"name": "bars", "kind": "histogram", "edges": [0, 1, 2], "counts": [3, 0]})"})
      Run::check(run.host()->emit_json(run.handle(), "plot", plot));
  }
};

}  // namespace

SHEAF_PLUGIN("org.sheaf.test.results", "1.2.3", "Sheaf tests", "BSD-3-Clause", Invert, Two, Report, Sums, Parallel,
             SlowSlice, SlowRun, Hold, Whole, Serial, Lazy, Difference, Label, Plots, Retry)
