// What every automatic segmentation gives besides its labels: the table of
// regions, their mean values and their boundaries as images, their outlines.
//
//   struct Watershed {
//     explicit Watershed(Run &run) : regions_(run) {...}
//     void slice(Run &run, int64_t n) {
//       const Image image = run.read(n), region = run.mask();
//       Output output = run.write(n);
//       const auto labels = output.view<uint32_t>();
//       ... labels of any numbers, 0 = none ...
//       clear_outside(labels, region.view<uint8_t>());
//       relabel(labels, poll);
//       regions_.add(run, n, image, labels, poll);   // numbers 1, 2, 3...
//       output.commit();
//     }
//     void finish(Run &run) { regions_.finish(run); }
//   };
//
// The schema takes the literals below: "rois": true, and
//   "outputs": [)json" SHEAF_REGION_OUTPUTS R"json(],
//   "tables": [)json" SHEAF_REGION_TABLE R"json(],
//   "params": [..., )json" SHEAF_REGION_PARAMS R"json(]
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "common/intensity.hpp"
#include "components.hpp"
#include "outline.hpp"

// Outputs 0, 1 and 2. (One literal a line: a raw text keeps the backslash that continues a macro.)
#define SHEAF_REGION_OUTPUTS                                    \
  R"json({"name": "labels", "like": 0, "pixel": "label"},)json" \
  R"json({"name": "mean", "like": 0, "optional": true},)json"   \
  R"json({"name": "boundaries", "like": 0, "pixel": "rgb", "optional": true})json"

#define SHEAF_REGION_TABLE                                                                                                                                                  \
  R"json({"name": "regions", "title": "Regions of %s", "columns": [)json"                                                                                                   \
  R"json({"name": "Label", "type": "text", "help": "name of the image, or its position"},)json"                                                                             \
  R"json({"name": "region", "type": "number", "help": "the region's number in the label image, from 1"},)json"                                                              \
  R"json({"name": "area", "type": "number", "unit": "unit^2", "help": "in squares of the image's unit of length; in pixels if it has none"},)json"                          \
  R"json({"name": "mean", "type": "number", "help": "mean value in calibrated units; of colour, of the mean of red, green and blue"},)json"                                 \
  R"json({"name": "x", "type": "number", "unit": "unit", "help": "centroid, from the corner of the image; the centre of the first pixel is half a pixel from there"},)json" \
  R"json({"name": "y", "type": "number", "unit": "unit"},)json"                                                                                                             \
  R"json({"name": "box_x", "type": "number", "unit": "px", "help": "first column of the bounding box"},)json"                                                               \
  R"json({"name": "box_y", "type": "number", "unit": "px", "help": "first row of the bounding box"},)json"                                                                  \
  R"json({"name": "box_width", "type": "number", "unit": "px"},)json"                                                                                                       \
  R"json({"name": "box_height", "type": "number", "unit": "px"})json"                                                                                                       \
  R"json(]})json"

#define SHEAF_REGION_PARAMS                                                                                                 \
  R"json({"key": "mean", "type": "boolean", "help": "Also makes an image in which every region has its mean value."},)json" \
  R"json({"key": "boundaries", "type": "boolean", "help": "Also makes a colour image with the boundaries of the regions in yellow."})json"

namespace sheaf::segment {

// One region of one image: of its pixels, coordinates from 0. The mean is that
// of the pixels that are not NaN, in pixel values.
struct Region {
  uint32_t label = 0;
  int64_t area = 0;
  double mean = 0, x = 0, y = 0;
  int left = 0, top = 0, right = 0, bottom = 0;  // right and bottom are included
};

// In squares of the image's unit of length; 1 if it has none.
double pixel_area(const sheaf_info &info);

// Gives labels the numbers 1, 2, 3... in the order of their first pixels; 0
// stays. Returns how many there are.
uint32_t relabel(Labels labels, const Poll &poll = never_stop, const Parallel &parallel = serial);

// Label 0 outside the mask.
void clear_outside(Labels labels, View<const uint8_t> mask);

// The values of an image as 32-bit float: RGB as the mean of red, green and
// blue, rounded, which is ImageJ's unweighted conversion; others unchanged.
void values_of(const Image &image, cv::Mat &values, const Poll &poll = never_stop);

// The regions of a label image whose labels are 1..count, in their order.
template <class T>
std::vector<Region> measure_regions(View<const T> image, View<const uint32_t> labels, uint32_t count,
                                    const Poll &poll = never_stop, const Parallel &parallel = serial);
// The same of components that are kept.
template <class T>
std::vector<Region> measure_regions(View<const T> image, const Kept &kept, const Poll &poll = never_stop);

// Every region in its mean value, rounded for integer types, each channel of
// RGB for itself; 0 where the label is.
template <class T>
void paint_means(View<const T> image, View<const uint32_t> labels, uint32_t count, View<T> out,
                 const Poll &poll = never_stop);

// The image as RGB (16-bit and float: from its finite minimum to its maximum),
// yellow where the pixel to the right or below has another label.
template <class T>
void draw_boundaries(View<const T> image, View<const uint32_t> labels, View<Rgb> out, const Poll &poll = never_stop);

// Outlines with the same label as one: a region in several pieces has several outer rings.
std::vector<Outline> join_outlines(std::vector<Outline> outlines);

// Held by an operation for the time of a run.
class Regions {
 public:
  explicit Regions(Run &run);

  // Image n with its labels 1, 2, 3..., complete. From any thread, each image once.
  void add(Run &run, int64_t n, const Image &image, View<const uint32_t> labels, const Poll &poll);
  // Draws the labels of components, too, on another thread.
  void draw(Run &run, int64_t n, const Image &image, const Kept &kept, Labels labels, const Poll &poll);
  // Table and outlines of all images in their order.
  void finish(Run &run) const;

 private:
  struct Slice {
    std::vector<Region> regions;
    std::vector<Outline> outlines;
  };

  bool measures(const Run &run) const;
  void show(Run &run, int64_t n, const Image &image, View<const uint32_t> labels, uint32_t count, const Poll &poll);

  bool table_, mean_, boundaries_, rois_;
  Calibration calibration_;
  double spacing_[2];
  std::vector<Slice> slices_;
};

// One of an operation's outlines as a region of interest of image n: "Region-0007" for prefix "Region" and number 7.
void emit_outline(const Run &run, size_t n, const Outline &outline, const char *prefix, int64_t number);

}  // namespace sheaf::segment
