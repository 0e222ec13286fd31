// Brightness, contrast and sharpness matched together.
#pragma once

#include <array>
#include <opencv2/core.hpp>

#include "scalars.hpp"

namespace sheaf::equalize {

struct JointOptions {
  double sigma = 3;             // of the Gaussian of the unsharp filter, pixels
  bool sharpness_only = false;  // leaves brightness and contrast to follow
};

// Images in floating point, kept from one image to the next.
struct JointScratch {
  cv::Mat z, smoothed, dx, dz;
  std::array<cv::Mat, 2> weights;
  // Bytes for an image of that many pixels.
  static int64_t bytes(int64_t pixels, sheaf_pixel type);
};

struct JointResult {
  Scalars after;
  double amount = 0;    // k of the unsharp filter
  int64_t clipped = 0;  // pixels cut off at the end of the type's range
  bool amount_limited = false;
};

// out = Bref + g (I + k (I - G*I) - mean), with k in [-1, 5] and g such that
// brightness, contrast and sharpness of `out`, as measured after rounding, are
// those of `target`; for colour I is the Lab lightness, and the chroma is kept.
// `before` are the scalars of `in`; contrast and sharpness must be positive.
// With sharpness_only: out = I + k (I - G*I).
template <class T>
JointResult match_joint(View<const T> in, View<T> out, Mask mask, const Scalars &before, const Scalars &target,
                        const JointOptions &options, JointScratch &scratch, const Poll &poll = never_stop);

// out = I + amount (I - G*I), for the lightness of colour. `before` are brightness and contrast of `in`; contrast must
// be positive. Returns how many pixels were cut off at the end of the type's range.
template <class T>
int64_t sharpen(View<const T> in, View<T> out, const Scalars &before, double amount, double sigma,
                JointScratch &scratch, const Poll &poll = never_stop);

}  // namespace sheaf::equalize
