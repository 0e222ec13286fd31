// The active contour of Chan and Vese, as a level set.
#pragma once

#include <opencv2/core.hpp>

#include "common/parallel.hpp"
#include "common/poll.hpp"
#include "plugin.hpp"

namespace sheaf::segment {

enum class StartingSet { checkerboard, disk, small_disk };

struct ChanVeseOptions {
  double mu = 0.25;    // weight of the length of the contour
  double lambda1 = 1;  // weight of the deviation inside
  double lambda2 = 1;  // and outside
  double tolerance = 1e-3;
  int iterations = 500;
  double dt = 0.5;
  StartingSet start = StartingSet::checkerboard;
};

struct LevelSet {
  cv::Mat phi;  // CV_32F; above 0 inside
  int iterations = 0;
  double inside = 0, outside = 0;  // means, on the scale of 0..1, of the last step
};

// The scheme of Getreuer (2012), each step from the whole of the last one, until
// the root mean square of a step is at most the tolerance. `image` is CV_32F; its
// range is stretched to 0..1 first.
LevelSet chan_vese(const cv::Mat &image, const ChanVeseOptions &options, const Parallel &parallel = serial,
                   const Poll &poll = never_stop);

}  // namespace sheaf::segment
