// The patch engine: a grid of patches of the reference, each found again in the
// moving image, and the transform that most of them agree on.
#pragma once

#include "align/matches.hpp"
#include "common/parallel.hpp"

namespace sheaf::align {

struct PatchOptions {
  Model model = Model::affine;
  int patch = 31;      // side, odd, in pixels
  int spacing = 24;    // of the grid
  int search = 24;     // how far from its predicted position a patch is looked for, each way
  double least = 0.6;  // correlation that a patch must reach
  double error = 2;    // see RobustOptions
  int min_inliers = 8;
  Transform start;  // predicts where patches are; their pixels are compared under its rotation and scale
};

// Where the patches of the reference lie in the moving image, best correlation
// first to whole pixels, then to a fraction by Lucas-Kanade with gain and offset.
std::vector<Match> match_patches(const Plane &reference, const Mask *mask, const Plane &moving,
                                 const PatchOptions &options, const Parallel &parallel);

MatchEstimate estimate_by_patches(const Plane &reference, const Mask *mask, const Plane &moving,
                                  const PatchOptions &options, const Parallel &parallel);

// Moves each match to where the moving image best fits the reference under the
// local shape of `transform`; matches that leave `reach` pixels or do not
// correlate by `least` are dropped.
std::vector<Match> polished(std::span<const Match> matches, const Plane &reference, const Plane &moving,
                            const Transform &transform, double reach, double least, const Parallel &parallel);

// Matches made elsewhere: CSV with columns x1,y1,x2,y2 (reference, moving) and
// optionally image (from 1), or DeepMatching's rows "x1 y1 x2 y2 score index".
struct MatchRow {
  Match match;
  int64_t image;  // from 1; 0: all
};
std::vector<MatchRow> read_matches(const std::string &path);

}  // namespace sheaf::align
