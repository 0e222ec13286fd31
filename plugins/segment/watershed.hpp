// segment.watershed: objects that touch are divided where they are narrow, or where they are dim.
#pragma once

#include "common/pool.hpp"
#include "components.hpp"
#include "foreground.hpp"
#include "regions.hpp"

namespace sheaf::segment {

enum class Surface { distance, intensity };
enum class Markers { domes, peaks };

struct WatershedOptions {
  Surface surface = Surface::distance;
  Markers markers = Markers::domes;
  double h = 1;          // pixels of distance, or units of intensity
  int min_distance = 5;  // pixels
  double smoothing = 1;  // standard deviation of a Gaussian over the surface, in pixels
  int connectivity = 8;  // 4 or 8
};

// labels = the regions, from 1; returns how many. `values` is the intensity,
// finite; it is not used where the surface is the distance.
uint32_t divide(View<const uint8_t> foreground, View<const float> values, const WatershedOptions &options,
                Labels labels, const Poll &poll = never_stop, const Parallel &parallel = serial);

// The same for every connected region of one label on its own: labels become numbers 1, 2, 3... of their parts, and
// what touches another label has its edge there.
uint32_t divide_labels(Labels labels, const WatershedOptions &options, const Poll &poll = never_stop,
                       const Parallel &parallel = serial);

struct Watershed {
  static constexpr const char *id = "segment.watershed";
  static const char *const schema;

  explicit Watershed(Run &run);
  void slice(Run &run, int64_t n);
  void finish(Run &run) const;

 private:
  struct Row {
    double threshold = 0;
    int64_t objects = 0, regions = 0, pixels = 0;
    bool degenerate = false;
  };
  struct Scratch {
    ForegroundScratch foreground;
    cv::Mat values, mask;
  };

  void refuse_intensities(const sheaf_info &info) const;
  void divide_foreground(const Image &image, Mask region, Labels labels, Row &row, const Poll &poll,
                         const Parallel &parallel);
  void divide_objects(const Image &image, Mask region, Labels labels, Row &row, const Poll &poll,
                      const Parallel &parallel) const;

  ForegroundOptions foreground_;
  WatershedOptions options_;
  Keep keep_;
  Calibration calibration_;
  double pixel_area_;
  Regions regions_;
  std::vector<Row> rows_;
  Pool<Scratch> scratch_;
};

}  // namespace sheaf::segment
