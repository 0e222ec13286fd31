// What align.register calls for engines that work on matches: one entry for
// features, patches and matches made elsewhere.
#pragma once

#include "align/features.hpp"
#include "align/patches.hpp"

namespace sheaf::align {

// In the order of the choices of the parameter `engine`. Intensity is the other engine.
enum class Method { intensity, features, patches, matches };

struct MatchingOptions {
  Method method = Method::features;
  Model model = Model::rigid;
  Detector detector = Detector::sift;
  int min_inliers = 8;
  std::vector<MatchRow> given;  // of method matches
  std::function<void()> poll = [] {};
};

// The transform from `reference` to `moving`; `position` of the moving image, from
// 1, chooses among given matches. Patches are looked for near `start`.
MatchEstimate estimate_by_matching(const Plane &reference, const Mask *mask, const Plane &moving, int64_t position,
                                   const Transform &start, const MatchingOptions &options, const Parallel &parallel,
                                   FeatureCache *of_reference = nullptr, FeatureCache *of_moving = nullptr);

}  // namespace sheaf::align
