// Merging of the pixels of an image along the edges of a graph, cheapest first.
#pragma once

#include <opencv2/core.hpp>

#include "common/parallel.hpp"
#include "common/poll.hpp"
#include "components.hpp"

namespace sheaf::segment {

struct MergeOptions {
  double scale = 100;  // the larger, the larger the regions; for values of 0..255
  double sigma = 0.5;  // standard deviation of a Gaussian before, in pixels
  int min_size = 100;  // of a region, in pixels
};

// Two regions merge if the edge between them is no dearer than the dearest edge
// inside each, plus scale / its size (Felzenszwalb, Huttenlocher 2004). Then
// regions that are too small merge with their nearest neighbour. Edges join
// neighbours across sides and corners; the cost is the Euclidean distance of
// their values. `planes` are CV_32F, one for each channel, of 0..255; they are
// blurred in place. labels = a number for each region, no order implied. `strips`: so many parts of the image may be
// merged at the same time; the result is the same.
void merge_graph(std::vector<cv::Mat> &planes, const MergeOptions &options, Labels labels,
                 const Parallel &parallel = serial, const Poll &poll = never_stop, int strips = 1);

}  // namespace sheaf::segment
