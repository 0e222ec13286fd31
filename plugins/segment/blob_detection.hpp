// Blobs: places and sizes at which an image is brightest, or darkest, among its neighbours and scales
// (T. Lindeberg: Feature detection with automatic scale selection. IJCV 30(2), 1998).
#pragma once

#include <vector>

#include "histogram.hpp"
#include "scale_space.hpp"

namespace sheaf::segment {

enum class BlobMethod { log, dog };
enum class Polarity { bright, dark, both };

struct BlobOptions {
  BlobMethod method = BlobMethod::log;
  Polarity polarity = Polarity::bright;
  double min_sigma = 1, max_sigma = 10;  // pixels
  int scales = 10;                       // log: standard deviations from the least to the greatest
  bool logarithmic = true;               // log: in equal ratios, otherwise in equal steps
  double ratio = 1.6;                    // dog: of a standard deviation to the one before
  bool relative = true;                  // the threshold is a part of the strongest response
  double threshold = 0.2;
  double overlap = 0.5;  // of two that share more than this part of the smaller one, the larger is kept
  bool refine = false;   // position and size between pixels and scales
};

struct Blob {
  double x = 0, y = 0;  // pixels from the centre of the first
  double sigma = 0, response = 0;
  bool dark = false;
  double radius() const;  // of a disc whose response is greatest at this sigma
};

// The standard deviations at which blobs are looked for.
std::vector<double> blob_scales(const BlobOptions &options);

// Blobs of the image less its mean, the strongest first. `values` is finite; centres lie inside the mask.
std::vector<Blob> find_blobs(const cv::Mat &values, Mask mask, const BlobOptions &options,
                             const Parallel &parallel = serial, const Poll &poll = never_stop);

// The positions of the blobs that are left, ascending: of two of one kind that overlap too much the larger stays, of
// equally large ones the stronger.
std::vector<size_t> prune(const std::vector<Blob> &blobs, double overlap, const Poll &poll = never_stop);

// The part of the smaller disc that lies in the larger one.
double overlap_of(const Blob &a, const Blob &b);

// Working memory for an image of that many pixels, its values included.
inline int64_t blob_bytes(int64_t pixels) { return pixels * 10 * static_cast<int64_t>(sizeof(float)); }

}  // namespace sheaf::segment
