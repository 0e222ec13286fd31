// The feature engine: which transform of a model maps the corners and blobs of a
// reference image onto those of a moving one, however far apart they are.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "align/matches.hpp"
#include "common/parallel.hpp"

namespace sheaf::align {

// In the order of the choices of the parameter `detector`.
enum class Detector { sift, orb, akaze };

struct FeatureOptions {
  Model model = Model::affine;
  Detector detector = Detector::sift;
  int features = 1000;  // the strongest of each image are matched
  double ratio = 0.8;   // of the distances to the nearest and the second nearest descriptor, at most
  double error = 3;     // pixels of the image that are searched
  int min_inliers = 8;
  int side = 1024;     // larger images are searched on a reduced copy with this longer side
  bool polish = true;  // moves the matches to the best fit of the images around them, then fits again
  std::function<void()> poll = [] {
  };  // called several times for each level of a detector; what it throws ends the search
};

// Points of one image with their descriptors: found once, matched with any number
// of other images.
struct Features {
  struct Store;  // hides the library
  int width = 0, height = 0;
  int64_t count = 0;
  std::shared_ptr<const Store> store;
};

// The features of one image that is matched with several others, found when they
// are first asked for: at either of two resolutions, with or without a mask.
class FeatureCache {
 public:
  Features get(bool thorough, bool masked, const std::function<Features()> &find) {
    Slot &slot = slots_[thorough][masked];
    const std::lock_guard lock(slot.mutex);
    if (!slot.features) slot.features = find();
    return *slot.features;
  }

 private:
  struct Slot {
    std::mutex mutex;
    std::optional<Features> features;
  };
  Slot slots_[2][2];
};

// Bytes that finding the features of one image takes meanwhile, at most.
int64_t bytes_for_features(int width, int height, const FeatureOptions &options);

// Takes gray values of any range; without structure, below 16 x 16 px or where the
// mask leaves nothing the list is empty. Pixels that are not finite hold no
// features. Uses one thread: give each image of a pair or a batch its own.
Features find_features(const Plane &image, const Mask *mask, const FeatureOptions &options);

MatchEstimate match_features(const Features &reference, const Features &moving, const FeatureOptions &options,
                             const Parallel &parallel);

// Finds patches of the reference again in the moving image, near where the transform
// leads, and fits it to them; leaves it as it is if too few are found.
void polish(MatchEstimate &estimate, const Plane &reference, const Mask *mask, const Plane &moving,
            const FeatureOptions &options, const Parallel &parallel);

// All of it for one pair: finds on both images at once, matches, and polishes.
// Begins with a copy of 5/8 of options.side; if nothing is found, four times as many
// features at options.side get a chance. Caches, where given, belong to the images.
MatchEstimate estimate_by_features(const Plane &reference, const Mask *mask, const Plane &moving,
                                   const FeatureOptions &options, const Parallel &parallel,
                                   FeatureCache *of_reference = nullptr, FeatureCache *of_moving = nullptr);

}  // namespace sheaf::align
