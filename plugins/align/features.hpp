// The feature engine: which transform of a model maps the corners and blobs of a
// reference image onto those of a moving one, however far apart they are.
#pragma once

#include <memory>

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
};

// Points of one image with their descriptors: found once, matched with any number
// of other images.
struct Features {
  struct Store;  // hides the library
  int width = 0, height = 0;
  int64_t count = 0;
  std::shared_ptr<const Store> store;
};

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
// features at options.side get a chance.
MatchEstimate estimate_by_features(const Plane &reference, const Mask *mask, const Plane &moving,
                                   const FeatureOptions &options, const Parallel &parallel);

}  // namespace sheaf::align
