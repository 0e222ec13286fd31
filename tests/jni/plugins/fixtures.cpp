// Operations that the tests of the ImageJ bridge need: each does one thing that
// the bridge has to carry across.
#include <chrono>
#include <cstring>
#include <thread>

#include "plugin.hpp"

namespace {

using sheaf::Error;
using sheaf::Rgb;
using sheaf::Run;
using sheaf::View;

// The pixels as they are, and a table about them.
struct Copy {
  static constexpr const char *id = "test.copy";
  static constexpr const char *schema = R"({
    "title": "Test Copy", "menu": "Test", "summary": "Copies the images.",
    "outputs": [{"name": "copy", "like": 0}],
    "tables": [{"name": "copies", "title": "Copies of %s", "columns": [{"name": "Label", "type": "text"}, {"name": "n"}]}]})";
  explicit Copy(Run &) {}
  void slice(Run &run, int64_t n) const {
    const auto in = run.read(n);
    auto out = run.write(n);
    const size_t bytes = static_cast<size_t>(in.width()) * (in.pixel() == SHEAF_U8    ? 1
                                                            : in.pixel() == SHEAF_U16 ? 2
                                                                                      : 4);
    for (int y = 0; y < in.height(); y++)
      std::memcpy(static_cast<char *>(out.raw().data) + y * out.raw().row_bytes,
                  static_cast<const char *>(in.raw().data) + y * in.raw().row_bytes, bytes);
    out.commit();
  }
  void finish(Run &run) const {
    std::vector<std::string> labels;
    std::vector<double> numbers;
    for (int64_t n = 0; n < run.input().slices; n++) {
      labels.push_back(run.label(n));
      numbers.push_back(n == 1 ? NAN : static_cast<double>(n));
    }
    run.column("copies", "Label", labels);
    run.column("copies", "n", numbers);
  }
};

// A visible change, with a parameter of each kind that a dialog shows.
struct Offset {
  static constexpr const char *id = "test.offset";
  static constexpr const char *schema = R"({
    "title": "Test Offset", "menu": "Test", "summary": "Adds a number to every pixel.",
    "inputs": [{"pixel": ["u8", "u16", "f32"]}],
    "outputs": [{"name": "offset", "like": 0}],
    "params": [
      {"key": "amount", "type": "integer", "default": 10, "min": 0, "max": 255, "unit": "levels", "help": "What is added."},
      {"key": "direction", "type": "choice", "default": "up", "choices": ["up", "down"], "help": "Add or take away."},
      {"key": "twice", "type": "boolean", "help": "Do it twice."},
      {"key": "delay", "type": "number", "default": 0, "min": 0, "max": 600, "unit": "s", "help": "Seconds to wait for each image.", "advanced": true},
      {"key": "least", "type": "number", "default": 0, "min": 0, "max": 255, "when": {"direction": "down"}, "help": "Where taking away ends."}
    ]})";
  explicit Offset(Run &run)
      : amount(static_cast<double>(run.integer("amount")) * (run.flag("twice") ? 2 : 1)),
        down(run.integer("direction") == 1),
        least(run.number("least")),
        delay(run.number("delay")) {}
  void slice(Run &run, int64_t n) const {
    for (double waited = 0; waited < delay; waited += 0.01) {
      run.check_cancelled();
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    const auto in = run.read(n);
    auto out = run.write(n);
    in.visit([&]<class T>(View<const T> source) {
      if constexpr (std::is_arithmetic_v<T>) {
        const auto target = out.view<T>();
        const double top = std::is_same_v<T, uint8_t> ? 255 : 65535;
        for (int y = 0; y < source.height(); y++)
          for (int x = 0; x < source.width(); x++) {
            const double v = down ? std::max(least, source(x, y) - amount) : source(x, y) + amount;
            target(x, y) = static_cast<T>(std::is_same_v<T, float> ? v : std::min(v, top));
          }
      }
    });
    out.commit();
  }
  double amount;
  bool down;
  double least, delay;
};

// Every type of parameter; the table tells what arrived.
struct Params {
  static constexpr const char *id = "test.params";
  static constexpr const char *schema = R"({
    "title": "Test Params", "menu": "Test", "summary": "Tells its parameters.", "inputs": [],
    "tables": [{"name": "parameters", "title": "Parameters", "columns": [{"name": "json", "type": "text"}]}],
    "params": [
      {"key": "number", "type": "number", "default": 0.5, "help": "A number."},
      {"key": "factor", "type": "number", "default": 1, "min": 0.01, "max": 100, "scale": "log", "help": "A factor.", "group": "Numbers"},
      {"key": "count", "type": "integer", "default": 3, "min": 1, "max": 1000000, "help": "A whole number.", "group": "Numbers"},
      {"key": "flag", "type": "boolean", "help": "A flag."},
      {"key": "kind", "type": "choice", "default": "one", "choices": [{"key": "one", "label": "The first one", "help": "1."}, "two"], "help": "A kind."},
      {"key": "name", "type": "text", "default": "", "help": "A text."},
      {"key": "list", "type": "numbers", "default": [], "help": "Numbers."},
      {"key": "places", "type": "points", "default": [[1, 2]], "help": "Points."},
      {"key": "area", "type": "rect", "default": [0, 0, 10, 10], "help": "A rectangle."},
      {"key": "file", "type": "file", "default": "", "help": "A file.", "advanced": true},
      {"key": "folder", "type": "folder", "default": "", "help": "A folder.", "advanced": true}
    ]})";
  explicit Params(Run &) {}
  void run(Run &run) const {
    const char *json = nullptr;
    Run::check(run.host()->get_json(run.handle(), &json));
    run.column("parameters", "json", std::vector<std::string>{json});
  }
};

// Pixel value times factor as a label.
struct Labels {
  static constexpr const char *id = "test.labels";
  static constexpr const char *schema = R"({
    "title": "Test Labels", "menu": "Test", "summary": "Makes labels of pixel values.",
    "inputs": [{"pixel": ["u8"]}], "outputs": [{"name": "labels", "like": 0, "pixel": "label"}],
    "params": [{"key": "factor", "type": "integer", "default": 1, "min": 0, "max": 100000000, "help": "Multiplies."},
               {"key": "only", "type": "integer", "default": 0, "min": 0, "help": "Position of the only image that is multiplied; 0 = all."}]})";
  explicit Labels(Run &run) : factor(static_cast<uint32_t>(run.integer("factor"))), only(run.integer("only")) {}
  void slice(Run &run, int64_t n) const {
    const auto in = run.read(n);
    auto out = run.write(n);
    const auto source = in.view<uint8_t>();
    const auto target = out.view<uint32_t>();
    const uint32_t f = only == 0 || only == n + 1 ? factor : 1;
    for (int y = 0; y < source.height(); y++)
      for (int x = 0; x < source.width(); x++) target(x, y) = source(x, y) * f;
    out.commit();
  }
  uint32_t factor;
  int64_t only;
};

// Works until it is stopped or its time is over.
struct Slow {
  static constexpr const char *id = "test.slow";
  static constexpr const char *schema = R"({
    "title": "Test Slow", "menu": "Test", "summary": "Takes its time.", "outputs": [{"name": "slow", "like": 0}],
    "tables": [{"name": "slow_table", "title": "Slowness of %s", "columns": [{"name": "n"}]}],
    "params": [{"key": "seconds", "type": "number", "default": 30, "min": 0, "max": 600, "unit": "s", "help": "How long."}]})";
  explicit Slow(Run &) {}
  void run(Run &run) const {
    const int64_t count = run.input().slices;
    const double each = run.number("seconds") / static_cast<double>(count);
    for (int64_t n = 0; n < count; n++) {
      for (double t = 0; t < each; t += 0.01) {
        run.progress((static_cast<double>(n) + t / each) / static_cast<double>(count), "waiting");
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
      const auto in = run.read(n);
      auto out = run.write(n);
      out.visit([&]<class T>(View<T> target) {
        for (int y = 0; y < target.height(); y++)
          for (int x = 0; x < target.width(); x++) target(x, y) = T{};
      });
      out.commit();
    }
    run.column("slow_table", "n", std::vector<double>{1});
  }
};

// Fails in the way it is told to.
struct Fail {
  static constexpr const char *id = "test.fail";
  static constexpr const char *schema = R"({
    "title": "Test Fail", "menu": "Test", "summary": "Fails.", "outputs": [{"name": "nothing", "like": 0}],
    "params": [{"key": "how", "type": "choice", "default": "message", "choices": ["message", "exception", "unknown", "status", "memory", "plot"], "help": "In which way."}]})";
  explicit Fail(Run &) {}
  void run(Run &run) const {
    run.write(0).commit();
    switch (run.integer("how")) {
      case 0: throw Error(SHEAF_FAILED, "threshold: there is nothing above it");
      case 1: throw std::runtime_error("vector out of range");
      case 2: throw 42;
      case 3: throw sheaf::Stopped{99};
      case 4: run.reserve(int64_t{1} << 60, "distances between all images");
    }
    sheaf::Json plot;
    plot.object().key("name").value("none").key("kind").value("curve").end();
    run.plot(plot);
  }
};

// What the bridge says about the images, and the mask as an image.
struct Describe {
  static constexpr const char *id = "test.describe";
  static constexpr const char *schema = R"({
    "title": "Test Describe", "menu": "Test", "summary": "Tells what it was given.", "inputs": [{"roi": true}],
    "outputs": [{"name": "mask", "like": 0, "pixel": "u8", "images": "any", "optional": true}],
    "tables": [{"name": "description", "title": "Description of %s", "columns": [{"name": "Label", "type": "text"}, {"name": "value"}, {"name": "text", "type": "text"}]}]})";
  explicit Describe(Run &) {}
  void run(Run &run) const {
    const sheaf_info info = run.input();
    const auto mask = run.mask();
    double inside = 0;
    if (mask)
      for (int y = 0; y < info.height; y++)
        for (int x = 0; x < info.width; x++) inside += mask.view<uint8_t>()(x, y) == 255;
    const std::vector<std::pair<const char *, double>> values = {{"pixel", info.pixel},
                                                                 {"width", info.width},
                                                                 {"height", info.height},
                                                                 {"slices", info.slices},
                                                                 {"channels", info.channels},
                                                                 {"depth", info.depth},
                                                                 {"frames", info.frames},
                                                                 {"flags", info.flags},
                                                                 {"spacing_x", info.spacing[0]},
                                                                 {"spacing_z", info.spacing[2]},
                                                                 {"interval", info.interval},
                                                                 {"offset", info.value_offset},
                                                                 {"scale", info.value_scale},
                                                                 {"restricted", static_cast<bool>(mask)},
                                                                 {"inside", inside}};
    std::vector<std::string> names, texts(values.size(), info.unit ? info.unit : "");
    std::vector<double> numbers;
    for (const auto &[name, value] : values) {
      names.push_back(name);
      numbers.push_back(value);
    }
    run.column("description", "Label", names);
    run.column("description", "value", numbers);
    run.column("description", "text", texts);
    sheaf_info out = info;
    out.pixel = SHEAF_U8;
    out.slices = out.channels = out.depth = out.frames = 1;
    out.flags = 0;
    run.declare(0, out);
    auto image = run.write(0);
    for (int y = 0; y < info.height; y++)
      for (int x = 0; x < info.width; x++) image.view<uint8_t>()(x, y) = mask ? mask.view<uint8_t>()(x, y) : 7;
    image.commit();
  }
};

// Regions of each kind, and all kinds of plots.
struct Shapes {
  static constexpr const char *id = "test.shapes";
  static constexpr const char *schema = R"({
    "title": "Test Shapes", "menu": "Test", "summary": "Emits regions and plots.", "rois": true,
    "plots": [{"name": "curve", "title": "Curve of %s"}, {"name": "scatter", "title": "Scatter of %s"},
              {"name": "dendrogram", "title": "Dendrogram of %s"}, {"name": "histogram", "title": "Histogram of %s"}]})";
  explicit Shapes(Run &) {}
  void run(Run &run) const {
    const float ring[] = {1, 1, 11, 1, 11, 11, 1, 11, 4, 4, 8, 4, 8, 8, 4, 8};
    const int32_t ends[] = {4, 8};
    sheaf_roi roi{};
    roi.kind = SHEAF_ROI_POLYGON;
    roi.xy = ring;
    roi.points = 8;
    roi.ring_ends = ends;
    roi.rings = 2;
    roi.label = 5;
    roi.score = 0.75;
    roi.slice = 1;
    run.roi(roi);
    roi.rings = 0;
    roi.ring_ends = nullptr;
    roi.points = 4;
    roi.name = "Größe";
    roi.label = 0;
    roi.slice = -1;
    run.roi(roi);
    roi.kind = SHEAF_ROI_POINTS;
    roi.name = "points";
    run.roi(roi);
    roi.kind = SHEAF_ROI_POLYLINE;
    roi.name = "line";
    run.roi(roi);

    const std::vector<double> x = {1, 2, 3, 4}, y = {0.5, NAN, 0.25, 1}, group = {1, 2, 1, 0};
    const std::vector<std::string> names = {"a", "b", "c", "d"};
    sheaf::Json curve, scatter, dendrogram, histogram;
    curve.object().key("name").value("curve").key("kind").value("curve").key("x_label").value("k").key("y_label").value(
        "score");
    curve.key("x").value(x).key("y").value(y).key("mark").value(3.0).end();
    run.plot(curve);
    scatter.object().key("name").value("scatter").key("kind").value("scatter").key("x").value(x).key("y").value(y);
    scatter.key("group").value(group).key("names").value(names).end();
    run.plot(scatter);
    const std::vector<std::vector<double>> linkage = {{0, 1, 1, 2}, {2, 3, 2, 2}, {4, 5, 5, 4}};
    dendrogram.object().key("name").value("dendrogram").key("kind").value("dendrogram").key("names").value(names);
    dendrogram.key("linkage")
        .value(linkage)
        .key("order")
        .value(std::vector<double>{0, 1, 2, 3})
        .key("cut")
        .value(3.0)
        .end();
    run.plot(dendrogram);
    histogram.object().key("name").value("histogram").key("kind").value("histogram");
    histogram.key("edges").value(std::vector<double>{0, 1, 2}).key("counts").value(std::vector<double>{3, 4}).end();
    run.plot(histogram);
  }
};

// The images without their outermost pixels.
struct Crop {
  static constexpr const char *id = "test.crop";
  static constexpr const char *schema = R"({
    "title": "Test Crop", "menu": "Test", "summary": "Crops.", "inputs": [{"pixel": ["u8"]}], "outputs": [{"name": "cropped", "like": 0}]})";
  explicit Crop(Run &) {}
  void run(Run &run) const {
    sheaf_info info = run.input();
    info.width -= 2;
    info.height -= 2;
    run.declare(0, info);
    for (int64_t n = info.slices - 1; n >= 0; n--) {  // images may come in any order
      const auto in = run.read(n);
      auto out = run.write(n);
      for (int y = 0; y < info.height; y++)
        for (int x = 0; x < info.width; x++) out.view<uint8_t>()(x, y) = in.view<uint8_t>()(x + 1, y + 1);
      out.commit();
    }
  }
};

// Labels in, labels out: every object gets the next number.
struct Relabel {
  static constexpr const char *id = "test.relabel";
  static constexpr const char *schema = R"({
    "title": "Test Relabel", "menu": "Test", "summary": "Counts labels up.",
    "inputs": [{"pixel": ["label"]}], "outputs": [{"name": "relabelled", "like": 0}]})";
  explicit Relabel(Run &) {}
  void slice(Run &run, int64_t n) const {
    const auto in = run.read(n);
    auto out = run.write(n);
    for (int y = 0; y < in.height(); y++)
      for (int x = 0; x < in.width(); x++) {
        const uint32_t label = in.view<uint32_t>()(x, y);
        out.view<uint32_t>()(x, y) = label == 0 ? 0 : label + 1;
      }
    out.commit();
  }
};

}  // namespace

SHEAF_PLUGIN("org.example.fixtures", "1.0.0", "Sheaf's tests", "BSD-3-Clause", Copy, Offset, Params, Labels, Slow, Fail,
             Describe, Shapes, Crop, Relabel)
