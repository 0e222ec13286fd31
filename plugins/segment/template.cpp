#include "template.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/intensity.hpp"

namespace sheaf::segment {

const char *const Template::schema = R"json({
  "title": "Template",
  "menu": "Segmentation",
  "summary": "Finds where a small image, the template, lies in every image.",
  "doc": "At every place of the template its difference from the image is the sum of squared differences divided by the root of the two sums of squares: 0 where both are equal. An attention image of the template's size says which pixels of the template count: those that are not 0. Of places nearer than the distance both in x and in y only the best is kept. Values that are no numbers are 0. Each match is a row of the table and a region of interest.",
  "since": "1.0.0",
  "inputs": [
    {"name": "image", "pixel": ["u8", "u16", "f32", "rgb"]},
    {"name": "template", "pixel": ["u8", "u16", "f32", "rgb"]},
    {"name": "attention", "pixel": ["u8", "label"], "optional": true}],
  "outputs": [{"name": "matches", "like": 0, "pixel": "label", "optional": true}],
  "tables": [{"name": "places", "title": "Matches of %s", "columns": [
    {"name": "Label", "type": "text", "help": "name of the image, or its position"},
    {"name": "image", "type": "number", "help": "position of the image, from 1"},
    {"name": "x", "type": "number", "unit": "px", "help": "column of the template's first pixel, from 0"},
    {"name": "y", "type": "number", "unit": "px", "help": "row of the template's first pixel, from 0"},
    {"name": "error", "type": "number", "help": "normalized squared difference, 0: equal"}]}],
  "rois": true,
  "params": [
    {"key": "places", "type": "choice", "default": "best", "help": "Which places are taken.", "choices": [
      {"key": "best", "label": "The best of each image"},
      {"key": "threshold", "label": "All up to an error"}]},
    {"key": "error", "type": "number", "default": 0.1, "min": 0, "max": 4, "ui_max": 1, "when": {"places": "threshold"}, "help": "Greatest error of a match."},
    {"key": "distance", "type": "integer", "default": 0, "min": 0, "max": 100000, "ui_max": 200, "unit": "px", "when": {"places": "threshold"}, "help": "Least distance of two matches in x or in y; 0: half the template's width and height."},
    {"key": "most", "type": "integer", "default": 1000, "min": 1, "max": 1000000, "ui_max": 10000, "when": {"places": "threshold"}, "help": "Matches of an image at most, the best ones."}
  ]
})json";

namespace {

// Values in 32 bits, as one or three channels; 0 for what is no number.
cv::Mat values_of(const Image &image) {
  cv::Mat out(image.height(), image.width(), image.pixel() == SHEAF_RGB ? CV_32FC3 : CV_32FC1);
  visit_intensity(image, [&]<class T>(View<const T> view) {
    for (int y = 0; y < view.height(); y++) {
      float *to = out.ptr<float>(y);
      for (int x = 0; x < view.width(); x++) {
        if constexpr (std::is_same_v<T, Rgb>) {
          *to++ = view(x, y).r;
          *to++ = view(x, y).g;
          *to++ = view(x, y).b;
        } else {
          const auto v = static_cast<float>(view(x, y));
          *to++ = std::isfinite(v) ? v : 0;
        }
      }
    }
  });
  return out;
}

std::string size_text(const sheaf_info &info) {
  return std::to_string(info.width) + " x " + std::to_string(info.height) + " pixels";
}

}  // namespace

Template::Template(Run &run)
    : best_(run.text("places") == "best"),
      threshold_(static_cast<float>(run.number("error"))),
      distance_(static_cast<int>(run.integer("distance"))),
      limit_(static_cast<int>(run.integer("most"))) {
  const sheaf_info images = run.input(), pattern = run.input(1);
  if ((images.pixel == SHEAF_RGB) != (pattern.pixel == SHEAF_RGB))
    throw Error(SHEAF_INVALID, std::string("template: it is ") + (pattern.pixel == SHEAF_RGB ? "colour" : "gray") +
                                   ", the images are not; both must be colour or both gray");
  if (pattern.width > images.width || pattern.height > images.height)
    throw Error(SHEAF_INVALID,
                "template: it is " + size_text(pattern) + ", larger than the images of " + size_text(images));
  pattern_ = values_of(run.read(0, 1));
  attention_ = cv::Mat(pattern.height, pattern.width, CV_8U, cv::Scalar(1));
  if (run.wanted("attention")) {
    const sheaf_info given = run.input(2);
    if (given.width != pattern.width || given.height != pattern.height)
      throw Error(SHEAF_INVALID, "attention: it is " + size_text(given) + ", the template " + size_text(pattern) +
                                     "; both must have one size");
    const Image image = run.read(0, 2);
    image.visit([&]<class T>(View<const T> view) {
      if constexpr (std::is_integral_v<T>)
        for (int y = 0; y < view.height(); y++)
          for (int x = 0; x < view.width(); x++) attention_.at<uint8_t>(y, x) = view(x, y) != 0;
    });
    if (cv::countNonZero(attention_) == 0)
      throw Error(SHEAF_INVALID, "attention: all pixels are 0, so that no pixel of the template counts");
  }
  matches_.resize(static_cast<size_t>(images.slices));
  // values, squares, products and the transforms of a strip
  run.reserve(int64_t{run.threads()} * images.width * images.height * 16, "the values of the images");
}

void Template::slice(Run &run, int64_t n) {
  const cv::Mat errors = template_errors(values_of(run.read(n)), pattern_, attention_, poll_of(run));
  auto &matches = matches_[static_cast<size_t>(n)];
  if (best_) {
    matches = best_match(errors);
  } else {
    const cv::Size apart(distance_ > 0 ? distance_ : std::max(1, pattern_.cols / 2),
                         distance_ > 0 ? distance_ : std::max(1, pattern_.rows / 2));
    matches = matches_up_to(errors, threshold_, apart, limit_);
  }
  if (!run.wanted("matches")) return;
  Output output = run.write(n);
  const auto labels = output.view<uint32_t>();
  for (int y = 0; y < labels.height(); y++) std::fill_n(labels.row(y), labels.width(), 0);
  // the best match on top
  for (size_t m = matches.size(); m-- > 0;)
    for (int y = 0; y < attention_.rows; y++)
      for (int x = 0; x < attention_.cols; x++)
        if (attention_.at<uint8_t>(y, x)) labels(matches[m].x + x, matches[m].y + y) = static_cast<uint32_t>(m + 1);
  output.commit();
}

void Template::finish(Run &run) const {
  std::vector<std::string> labels;
  std::vector<double> image, x, y, error;
  for (size_t n = 0; n < matches_.size(); n++) {
    uint32_t number = 0;
    for (const TemplateMatch &m : matches_[n]) {
      labels.push_back(run.label(static_cast<int64_t>(n)));
      image.push_back(static_cast<double>(n + 1));
      x.push_back(m.x);
      y.push_back(m.y);
      error.push_back(m.error);
      const auto left = static_cast<float>(m.x), top = static_cast<float>(m.y);
      const float right = left + static_cast<float>(pattern_.cols), bottom = top + static_cast<float>(pattern_.rows);
      const float corners[] = {left, top, right, top, right, bottom, left, bottom};
      const std::string name = "Match-" + std::to_string(++number);
      sheaf_roi roi{};
      roi.kind = SHEAF_ROI_POLYGON;
      roi.slice = static_cast<int64_t>(n);
      roi.xy = corners;
      roi.points = 4;
      roi.label = number;
      roi.score = m.error;
      roi.name = name.c_str();
      run.roi(roi);
    }
  }
  run.column("places", "Label", labels);
  run.column("places", "image", image);
  run.column("places", "x", x);
  run.column("places", "y", y);
  run.column("places", "error", error);
}

}  // namespace sheaf::segment
