#include "blobs.hpp"

#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

#include "common/image_table.hpp"
#include "common/matrix.hpp"
#include "common/median.hpp"
#include "discs.hpp"
#include "plane_labels.hpp"

namespace sheaf::segment {

const char *const Blobs::schema = R"json({
  "title": "Blobs",
  "menu": "Segmentation",
  "summary": "Finds round spots of many sizes, and how large they are.",
  "doc": "An image is smoothed by Gaussians of many widths. The response at a width is the Laplacian of the smoothed image, times the square of the width, or the difference of two smoothed images; it is greatest where a spot has the size of the Gaussian. Pixels whose response is that of no neighbour and no neighbouring width exceeded are blobs, if it is above the threshold; of blobs that overlap too much the larger one is kept. A blob is a disc whose diameter is 2.83 times the standard deviation. Blobs are numbered from the strongest response; so are the discs of the label image. The image's mean is taken off first. Colour goes by the mean of red, green and blue. What is not finite takes the value of the nearest pixel that is, and holds no blob. The region of interest says where centres may lie.",
  "references": [
    "T. Lindeberg: Feature detection with automatic scale selection. International Journal of Computer Vision 30(2), 1998.",
    "D. G. Lowe: Distinctive image features from scale-invariant keypoints. International Journal of Computer Vision 60(2), 2004."
  ],
  "since": "1.0.0",
  "inputs": [{"pixel": ["u8", "u16", "f32", "rgb"], "roi": true}],
  "outputs": [{"name": "labels", "like": 0, "pixel": "label"}],
  "tables": [{"name": "blobs", "title": "Blobs of %s", "columns": [
    {"name": "Label", "type": "text", "help": "name of the image, or its position"},
    {"name": "blob", "type": "number", "help": "the blob's number in the label image, from 1, the strongest"},
    {"name": "x", "type": "number", "unit": "unit", "help": "centre; that of the first pixel is half a pixel from the origin"},
    {"name": "y", "type": "number", "unit": "unit"},
    {"name": "sigma", "type": "number", "unit": "px", "help": "standard deviation of the Gaussian with the greatest response"},
    {"name": "diameter", "type": "number", "unit": "unit", "help": "of the disc, 2.83 times the standard deviation"},
    {"name": "response", "type": "number", "help": "in calibrated units of intensity: half the contrast of a Gaussian spot, 0.74 of that of a disc"},
    {"name": "kind", "type": "text", "help": "bright or dark"}
  ]}, {"name": "counts", "title": "Counts of %s", "columns": [
    {"name": "Label", "type": "text", "help": "name of the image, or its position"},
    {"name": "blobs", "type": "number", "help": "how many there are"},
    {"name": "strongest", "type": "number", "help": "the greatest response, in calibrated units of intensity"},
    {"name": "diameter", "type": "number", "unit": "unit", "help": "median of the diameters"}
  ]}],
  "rois": true,
  "params": [
    {"key": "method", "type": "choice", "default": "log", "help": "What responds to a spot.", "choices": [
      {"key": "log", "label": "Laplacian of Gaussian", "help": "The most exact."},
      {"key": "dog", "label": "Difference of Gaussians", "help": "Nearly the same, faster, with coarser sizes."}]},
    {"key": "objects", "type": "choice", "default": "bright", "help": "Which spots are found.", "choices": [
      {"key": "bright", "label": "Bright"}, {"key": "dark", "label": "Dark"}, {"key": "both", "label": "Bright and dark"}]},
    {"key": "min_diameter", "type": "number", "default": 4, "min": 1, "max": 1000, "ui_max": 100, "unit": "px", "help": "Of the smallest spots."},
    {"key": "max_diameter", "type": "number", "default": 30, "min": 1, "max": 1000, "ui_max": 200, "unit": "px", "help": "Of the largest spots."},
    {"key": "scales", "type": "integer", "default": 10, "min": 1, "max": 100, "ui_max": 30, "when": {"method": "log"}, "help": "How many sizes are tried."},
    {"key": "spacing", "type": "choice", "default": "log", "advanced": true, "when": {"method": "log"}, "help": "How the sizes lie.", "choices": [
      {"key": "log", "label": "In equal ratios"}, {"key": "linear", "label": "In equal steps"}]},
    {"key": "ratio", "type": "number", "default": 1.6, "min": 1.05, "max": 4, "advanced": true, "when": {"method": "dog"}, "help": "Of a size to the one before."},
    {"key": "threshold", "type": "choice", "default": "relative", "help": "What the least response is.", "choices": [
      {"key": "relative", "label": "Relative", "help": "A fraction of the strongest response of the image."},
      {"key": "absolute", "label": "Absolute", "help": "A level, the same for all images."}]},
    {"key": "fraction", "type": "number", "default": 0.2, "min": 0, "max": 1, "when": {"threshold": "relative"}, "help": "Of the strongest response."},
    {"key": "level", "type": "number", "default": 10, "min": 0, "when": {"threshold": "absolute"}, "help": "In calibrated units of intensity."},
    {"key": "overlap", "type": "number", "default": 0.5, "min": 0, "max": 1, "advanced": true, "help": "Part of a disc that a larger one may cover."},
    {"key": "refine", "type": "boolean", "help": "Finds position and size between pixels and sizes, by a parabola."},
    {"key": "exclude_border", "type": "boolean", "help": "Drops blobs whose disc leaves the image or the region of interest."},
    {"key": "outlines", "type": "choice", "default": "circles", "advanced": true, "help": "What blobs are as regions of interest.", "choices": [
      {"key": "circles", "label": "Circles", "help": "One for each blob."},
      {"key": "points", "label": "Points", "help": "The centres, one multi-point selection for each image."}]}
  ]
})json";

namespace {

constexpr double diameter_of_sigma = 2 * std::numbers::sqrt2;

// Gives what is not finite the value of the nearest pixel that is; false if there is none.
bool fill_gaps(cv::Mat &values, cv::Mat &gaps) {
  gaps.create(values.size(), CV_8U);
  bool some = false, all = true;
  for (int y = 0; y < values.rows; y++)
    for (int x = 0; x < values.cols; x++) {
      const bool gap = !std::isfinite(values.at<float>(y, x));
      gaps.at<uint8_t>(y, x) = gap ? 255 : 0;
      some = some || gap;
      all = all && gap;
    }
  if (all) return false;
  if (!some) return true;
  cv::Mat distance, nearest;
  cv::distanceTransform(gaps, distance, nearest, cv::DIST_L2, 5, cv::DIST_LABEL_PIXEL);
  std::vector<float> value(values.total() + 1);
  for (int y = 0; y < values.rows; y++)
    for (int x = 0; x < values.cols; x++)
      if (!gaps.at<uint8_t>(y, x)) value[static_cast<size_t>(nearest.at<int>(y, x))] = values.at<float>(y, x);
  for (int y = 0; y < values.rows; y++)
    for (int x = 0; x < values.cols; x++)
      if (gaps.at<uint8_t>(y, x)) values.at<float>(y, x) = value[static_cast<size_t>(nearest.at<int>(y, x))];
  return true;
}

// Where centres may lie.
void allow(cv::Mat &gaps, Mask region) {
  for (int y = 0; y < gaps.rows; y++)
    for (int x = 0; x < gaps.cols; x++) {
      uint8_t &g = gaps.at<uint8_t>(y, x);
      g = !g && (!region || region(x, y)) ? 255 : 0;
    }
}

}  // namespace

Blobs::Blobs(Run &run)
    : exclude_border_(run.flag("exclude_border")),
      points_(run.text("outlines") == "points"),
      gain_(Calibration(run.input()).scale) {
  const double least = run.number("min_diameter"), greatest = run.number("max_diameter");
  if (least > greatest)
    throw Error(SHEAF_INVALID, "min_diameter: " + Json().value(least).text() + " given, max_diameter is " +
                                   Json().value(greatest).text() + "; accepted: max_diameter or less");
  options_.method = run.choice<BlobMethod>("method");
  options_.polarity = run.choice<Polarity>("objects");
  options_.min_sigma = least / diameter_of_sigma;
  options_.max_sigma = greatest / diameter_of_sigma;
  options_.scales = static_cast<int>(run.integer("scales"));
  options_.logarithmic = run.text("spacing") == "log";
  options_.ratio = run.number("ratio");
  options_.relative = run.text("threshold") == "relative";
  options_.threshold = run.number(options_.relative ? "fraction" : "level");
  options_.overlap = run.number("overlap");
  options_.refine = run.flag("refine");
  const sheaf_info info = run.input();
  for (int i = 0; i < 2; i++) spacing_[i] = std::isfinite(info.spacing[i]) && info.spacing[i] > 0 ? info.spacing[i] : 1;
  blobs_.resize(static_cast<size_t>(info.slices));
  run.reserve(images_at_once(run) * blob_bytes(int64_t{info.width} * info.height), "responses of an image");
}

void Blobs::slice(Run &run, int64_t n) {
  const Poll poll = poll_of(run);
  const Image image = run.read(n), region = run.mask();
  const auto mask = region.view<uint8_t>();
  Output output = run.write(n);
  auto &blobs = blobs_[static_cast<size_t>(n)];
  blobs.clear();
  {
    const auto values = values_.take();
    values_of(image, *values, poll);
    *values *= gain_;
    cv::Mat allowed;
    if (fill_gaps(*values, allowed)) {
      allow(allowed, mask);
      blobs = find_blobs(*values, view_of<const uint8_t>(allowed), options_, parallel_of(run), poll);
    }
  }
  if (exclude_border_)
    std::erase_if(blobs, [&](const Blob &b) { return leaves(b, image.width(), image.height(), mask); });
  draw_discs(blobs, output.view<uint32_t>(), poll);
  output.commit();
}

void Blobs::emit_rois(const Run &run) const {
  for (size_t n = 0; n < blobs_.size(); n++) {
    const auto &blobs = blobs_[n];
    if (points_ && !blobs.empty()) {
      std::vector<float> xy;
      for (const Blob &b : blobs) {
        xy.push_back(static_cast<float>(b.x + 0.5));
        xy.push_back(static_cast<float>(b.y + 0.5));
      }
      sheaf_roi roi{};
      roi.kind = SHEAF_ROI_POINTS;
      roi.slice = static_cast<int64_t>(n);
      roi.xy = xy.data();
      roi.points = static_cast<int64_t>(blobs.size());
      roi.score = std::numeric_limits<double>::quiet_NaN();
      roi.name = "Blobs";
      run.roi(roi);
    } else {
      uint32_t number = 0;
      for (const Blob &b : blobs) {
        number++;
        emit_outline(run, n, circle(b, number), "Blob", number);
      }
    }
  }
}

void Blobs::finish(Run &run) const {
  if (run.wanted("rois") && run.preview() < 0) emit_rois(run);
  const double side = std::sqrt(spacing_[0] * spacing_[1]);
  const auto diameter = [&](const Blob &b) { return 2 * b.radius() * side; };
  if (run.wanted("blobs")) {
    std::vector<std::string> names, kinds;
    std::vector<double> numbers;
    for (size_t n = 0; n < blobs_.size(); n++) {
      names.insert(names.end(), blobs_[n].size(), run.label(static_cast<int64_t>(n)));
      for (size_t i = 0; i < blobs_[n].size(); i++) {
        numbers.push_back(static_cast<double>(i + 1));
        kinds.push_back(blobs_[n][i].dark ? "dark" : "bright");
      }
    }
    const auto column = [&](const char *name, auto &&value) {
      std::vector<double> values;
      for (const auto &blobs : blobs_)
        for (const Blob &b : blobs) values.push_back(value(b));
      run.column("blobs", name, values);
    };
    run.column("blobs", "Label", names);
    run.column("blobs", "blob", numbers);
    column("x", [&](const Blob &b) { return (b.x + 0.5) * spacing_[0]; });
    column("y", [&](const Blob &b) { return (b.y + 0.5) * spacing_[1]; });
    column("sigma", [](const Blob &b) { return b.sigma; });
    column("diameter", diameter);
    column("response", [](const Blob &b) { return b.response; });
    run.column("blobs", "kind", kinds);
  }
  if (run.wanted("counts")) {
    const ImageTable table(run, "counts", blobs_);
    table.numbers("blobs", [](const auto &blobs) { return blobs.size(); });
    table.numbers("strongest", [](const auto &blobs) {
      return blobs.empty() ? std::numeric_limits<double>::quiet_NaN() : blobs.front().response;
    });
    table.numbers("diameter", [&](const auto &blobs) {
      std::vector<double> diameters;
      for (const Blob &b : blobs) diameters.push_back(diameter(b));
      return median(diameters);
    });
  }
}

}  // namespace sheaf::segment
