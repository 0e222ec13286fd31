// segment.template: where a template lies in every image.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "match_template.hpp"

namespace sheaf::segment {

struct Template {
  static constexpr const char *id = "segment.template";
  static const char *const schema;

  explicit Template(Run &run);
  void slice(Run &run, int64_t n);
  void finish(Run &run) const;

 private:
  bool best_;
  float threshold_;
  int distance_, limit_;
  cv::Mat pattern_, attention_;
  std::vector<std::vector<TemplateMatch>> matches_;  // of each image
};

}  // namespace sheaf::segment
