// What the log says of a run that finds transforms.
#pragma once

#include "align/transforms.hpp"
#include "plugin.hpp"

namespace sheaf::align {

// A warning names the images that failed; what is merely inexact is for those who follow the run.
inline void report(Run &run, const TransformList &list, bool single_images) {
  const auto [failed, rough] = concerns(list, single_images ? "image" : "position");
  if (!failed.empty()) run.log(SHEAF_LOG_WARNING, failed);
  if (!rough.empty()) run.log(SHEAF_LOG_INFO, rough);
}

}  // namespace sheaf::align
