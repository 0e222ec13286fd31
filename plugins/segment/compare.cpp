#include "compare.hpp"

#include <atomic>
#include <cmath>
#include <functional>
#include <string>

#include "common/wording.hpp"

namespace sheaf::segment {

const char *const Compare::schema = R"json({
  "title": "Compare Labels",
  "menu": "Segmentation",
  "summary": "Measures how far two stacks of label images agree, image by image.",
  "doc": "Labels are whole numbers from 0 in 8-bit, 16-bit or 32-bit images; 0 is background. Both stacks have one size and one order. Dice and IoU compare what is foreground. The adjusted Rand index and the variation of information compare the divisions of all pixels, background as one class. The boundary F is the harmonic mean of the parts of either's boundary pixels that lie within the tolerance of the other's. The precision at an IoU is TP / (TP + FP + FN): an object is found if it overlaps one of the reference with more than that IoU; its mean is over .5, .55 ... .95. Where neither image has any foreground, object or boundary, they agree: 1.",
  "references": [
    "L. Hubert, P. Arabie: Comparing partitions. Journal of Classification 2, 1985.",
    "M. Meila: Comparing clusterings: an information based distance. Journal of Multivariate Analysis 98(5), 2007.",
    "J. C. Caicedo et al.: Nucleus segmentation across imaging experiments: the 2018 Data Science Bowl. Nature Methods 16, 2019."
  ],
  "since": "1.0.0",
  "inputs": [
    {"name": "labels", "pixel": ["u8", "u16", "f32", "label"]},
    {"name": "reference", "pixel": ["u8", "u16", "f32", "label"]}
  ],
  "tables": [
    {"name": "agreement", "title": "Agreement of %s", "columns": [
      {"name": "Label", "type": "text", "help": "name of the image, or its position"},
      {"name": "objects", "type": "number", "help": "labels above 0"},
      {"name": "reference_objects", "type": "number", "help": "those of the reference"},
      {"name": "dice", "type": "number", "help": "of the foreground"},
      {"name": "iou", "type": "number", "help": "intersection over union of the foreground"},
      {"name": "adjusted_rand", "type": "number", "help": "1: the same division, 0: as chance would give"},
      {"name": "boundary_f", "type": "number"},
      {"name": "vi_split", "type": "number", "unit": "bit", "help": "entropy of the labels given the reference: splits that are none"},
      {"name": "vi_merge", "type": "number", "unit": "bit", "help": "entropy of the reference given the labels: splits that are missing"},
      {"name": "precision_50", "type": "number", "help": "at an IoU above .5"},
      {"name": "precision_75", "type": "number", "help": "at an IoU above .75"},
      {"name": "precision_mean", "type": "number", "help": "mean over .5, .55 ... .95"}
    ]},
    {"name": "means", "title": "Mean agreement of %s", "columns": [
      {"name": "Label", "type": "text", "help": "how many images"},
      {"name": "objects", "type": "number", "help": "mean over the images, as all that follow"},
      {"name": "reference_objects", "type": "number"},
      {"name": "dice", "type": "number"},
      {"name": "iou", "type": "number"},
      {"name": "adjusted_rand", "type": "number"},
      {"name": "boundary_f", "type": "number"},
      {"name": "vi_split", "type": "number", "unit": "bit"},
      {"name": "vi_merge", "type": "number", "unit": "bit"},
      {"name": "precision_50", "type": "number"},
      {"name": "precision_75", "type": "number"},
      {"name": "precision_mean", "type": "number"}
    ]}
  ],
  "plots": [{"name": "precision", "title": "Precision of %s"}],
  "params": [
    {"key": "tolerance", "type": "number", "default": 2, "min": 0, "max": 1000, "ui_max": 10, "unit": "px", "help": "How far boundaries may lie apart."}
  ]
})json";

namespace {

struct Scratch {
  std::vector<uint32_t> labels, reference;
};

// Labels of any type as 32-bit numbers.
View<const uint32_t> labels_of(const Image &image, std::vector<uint32_t> &memory, const char *input, int64_t n,
                               const Poll &poll) {
  return image.visit([&]<class P>(View<P> view) -> View<const uint32_t> {
    using T = std::remove_const_t<P>;
    if constexpr (std::is_same_v<T, uint32_t>) {
      return view;
    } else if constexpr (std::is_same_v<T, Rgb>) {
      throw Error(SHEAF_INTERNAL, "a colour image was given where labels are needed");
    } else {
      memory.resize(static_cast<size_t>(view.size()));
      uint32_t *out = memory.data();
      for (int y = 0; y < view.height(); y++) {
        if (y % rows_between_polls(view.width()) == 0) poll();
        for (int x = 0; x < view.width(); x++) {
          const T v = view(x, y);
          if constexpr (std::is_same_v<T, float>)
            if (!(v >= 0 && v < 4294967296.0f && v == std::floor(v)))
              throw Error(SHEAF_INVALID, std::string(input) + ": image " + std::to_string(n + 1) + " has " +
                                             (std::isnan(v) ? "NaN" : Json().value(v).text()) +
                                             " among its pixels; labels are whole numbers from 0");
          *out++ = static_cast<uint32_t>(v);
        }
      }
      return {memory.data(), view.width(), view.height(), static_cast<std::ptrdiff_t>(view.width() * sizeof(uint32_t))};
    }
  });
}

std::string size_text(const sheaf_info &info) {
  return counted(info.slices, "image") + " of " + std::to_string(info.width) + " x " + std::to_string(info.height) +
         " pixels";
}

struct Column {
  const char *name;
  std::function<double(const Agreement &)> value;
};

const std::vector<Column> &columns() {
  static const std::vector<Column> all = {
      {"objects", [](const Agreement &a) { return static_cast<double>(a.objects); }},
      {"reference_objects", [](const Agreement &a) { return static_cast<double>(a.reference_objects); }},
      {"dice", [](const Agreement &a) { return a.dice; }},
      {"iou", [](const Agreement &a) { return a.iou; }},
      {"adjusted_rand", [](const Agreement &a) { return a.adjusted_rand; }},
      {"boundary_f", [](const Agreement &a) { return a.boundary_f; }},
      {"vi_split", [](const Agreement &a) { return a.vi_split; }},
      {"vi_merge", [](const Agreement &a) { return a.vi_merge; }},
      {"precision_50", [](const Agreement &a) { return a.precision[0]; }},
      {"precision_75", [](const Agreement &a) { return a.precision[5]; }},
      {"precision_mean", [](const Agreement &a) { return a.mean_precision(); }}};
  return all;
}

double mean(const std::vector<double> &values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

}  // namespace

void Compare::run(Run &run) {
  const sheaf_info first = run.input(0), second = run.input(1);
  if (first.slices != second.slices || first.width != second.width || first.height != second.height)
    throw Error(SHEAF_INVALID, "reference: " + size_text(second) + " given, the labels are " + size_text(first) +
                                   "; both must be alike");
  const Poll poll = poll_of(run);
  const double tolerance = run.number("tolerance");
  // two images of labels, their boundaries and distances
  run.reserve(run.threads() * int64_t{first.width} * first.height * 14, "labels of an image");
  std::vector<Agreement> all(static_cast<size_t>(first.slices));
  Pool<Scratch> pool;
  std::atomic<int64_t> done{0};
  run.parallel(first.slices, [&](int64_t n) {
    const Image image = run.read(n, 0), other = run.read(n, 1);
    const auto scratch = pool.take();
    const auto labels = labels_of(image, scratch->labels, "labels", n, poll);
    const auto reference = labels_of(other, scratch->reference, "reference", n, poll);
    all[static_cast<size_t>(n)] = compare_labels(labels, reference, tolerance, poll);
    run.progress(static_cast<double>(++done) / static_cast<double>(first.slices));
  });
  write(run, all);
}

void Compare::write(Run &run, const std::vector<Agreement> &all) const {
  const auto values = [&](const auto &value) {
    std::vector<double> of_all;
    for (const Agreement &a : all) of_all.push_back(value(a));
    return of_all;
  };
  if (run.wanted("agreement")) {
    std::vector<std::string> names;
    for (size_t n = 0; n < all.size(); n++) names.push_back(run.label(static_cast<int64_t>(n)));
    run.column("agreement", "Label", names);
    for (const Column &c : columns()) run.column("agreement", c.name, values(c.value));
  }
  if (run.wanted("means")) {
    run.column("means", "Label", {counted(static_cast<int64_t>(all.size()), "image")});
    for (const Column &c : columns()) {
      const double m[] = {mean(values(c.value))};
      run.column("means", c.name, m);
    }
  }
  if (!run.wanted("precision")) return;
  std::vector<double> x, y;
  for (int i = 0; i < iou_steps; i++) {
    x.push_back(iou_level(i));
    y.push_back(mean(values([i](const Agreement &a) { return a.precision[static_cast<size_t>(i)]; })));
  }
  Json j;
  j.object().key("name").value("precision").key("kind").value("curve");
  j.key("x_label").value("Intersection over union").key("y_label").value("Mean precision of images");
  j.key("x").value(x).key("y").value(y).end();
  run.plot(j);
}

}  // namespace sheaf::segment
