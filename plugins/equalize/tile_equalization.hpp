// Contrast-limited adaptive histogram equalization (CLAHE): K. Zuiderveld,
// Graphics Gems IV, 1994, pages 474-485, as OpenCV computes it, for values of any type.
#pragma once

#include <vector>

#include "common/parallel.hpp"
#include "limits.hpp"

namespace sheaf::equalize {

struct ClaheOptions {
  double clip = 3;  // most pixels in a bin, in multiples of the mean of all bins; 0: no limit
  int tiles = 8;    // in each direction
  int bins = 256;
  Limits limits;         // values of the first and of the last bin, and of the result
  bool falling = false;  // the high limit is that of the first bin: the result is that of the negative, made negative
};

struct ClaheScratch {
  std::vector<float> maps;  // of each tile: the new value of each bin
  static int64_t bytes(const ClaheOptions &options);
};

// Each tile has a histogram of its own. What exceeds the limit is shared out to
// all bins; the cumulative histogram maps values to new ones, by straight lines
// between the centres of bins, and pixels between the centres of tiles blend
// the maps of four. With limits 0..255 and 256 bins, OpenCV's result of 8-bit
// images but for its rounding of the maps. Pixels that are not finite stay.
template <class T>
void clahe(View<const T> in, View<T> out, const ClaheOptions &options, ClaheScratch &scratch,
           const Parallel &parallel = serial, const Poll &poll = never_stop);

}  // namespace sheaf::equalize
