// Reference images made of many: their mean, their median.
#pragma once

#include <functional>
#include <span>

#include "align/plane.hpp"
#include "align/resample.hpp"
#include "align/transform.hpp"
#include "common/parallel.hpp"

namespace sheaf::align {

// Images that can be read in any order and more than once, on several threads.
struct Series {
  int64_t count = 0;
  int width = 0, height = 0;
  std::function<Plane(int64_t)> read;
};

// Called with a share of the work that is done; may throw to stop.
using Progress = std::function<void(double)>;

// The mean of the finite pixels of images. NaN where no image is.
class Mean {
 public:
  Mean(int width, int height);
  void add(const Plane &image, int y, Interval columns);  // of a row
  Plane all() const;
  // Of all but one of them, which was added whole.
  Plane without(const Plane &image) const;

 private:
  int width_, height_;
  std::vector<double> sums_;
  std::vector<uint32_t> counts_;
};

// Of all images, drawn under their transforms (none: as they are), `batch` of them at once.
Mean mean_of(const Series &series, std::span<const Transform> transforms, int64_t batch, const Progress &progress,
             const Parallel &parallel);

// Median of the finite pixels of at most 51 of the images, evenly spaced.
Plane median_of(const Series &series, const Progress &progress, const Parallel &parallel);

}  // namespace sheaf::align
