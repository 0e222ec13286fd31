// segment.blobs: round spots of many sizes.
#pragma once

#include "blob_detection.hpp"
#include "common/intensity.hpp"
#include "common/pool.hpp"

namespace sheaf::segment {

struct Blobs {
  static constexpr const char *id = "segment.blobs";
  static const char *const schema;

  explicit Blobs(Run &run);
  void slice(Run &run, int64_t n);
  void finish(Run &run) const;

 private:
  void emit_rois(const Run &run) const;

  BlobOptions options_;
  bool exclude_border_, points_;
  double gain_;        // of calibrated values
  double spacing_[2];  // of pixels, in the image's unit of length
  std::vector<std::vector<Blob>> blobs_;
  Pool<cv::Mat> values_;
};

}  // namespace sheaf::segment
