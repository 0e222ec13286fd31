// Images as planes of features, in which distances are those of colours.
#pragma once

#include <array>
#include <opencv2/core.hpp>

#include "common/parallel.hpp"
#include "common/poll.hpp"
#include "histogram.hpp"

namespace sheaf::segment {

// One plane for gray, three for colour, all CV_32F; numbers everywhere.
struct Planes {
  int count = 0;
  std::array<cv::Mat, 3> plane;
  cv::Mat inside;  // CV_8U, 0 where a pixel has no part: outside the mask, NaN; empty if all have
  int width() const { return plane[0].cols; }
  int height() const { return plane[0].rows; }
  bool has(int x, int y) const { return inside.empty() || inside.ptr(y)[x]; }
  int64_t pixels() const;  // that have a part
};

// Memory that the planes of an image take at most.
inline int64_t plane_bytes(int64_t pixels) { return pixels * (3 * int64_t{sizeof(float)} + 1); }

enum class Space {
  lab,     // colour as CIE L*a*b*; gray from the least finite value to the greatest as L*, 0..100
  levels,  // colour and 8 bits as they are; other gray from the least finite value to the greatest as 0..255
  rgb      // the same, but gray counts three times, as if it were colour
};

template <class T>
void make_planes(View<const T> image, Mask mask, Space space, Planes &planes, const Parallel &parallel = serial,
                 const Poll &poll = never_stop);

}  // namespace sheaf::segment
