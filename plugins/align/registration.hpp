// Registers a series of images: which pairs, in what order, and how pair
// transforms become one transform per image.
#pragma once

#include <limits>

#include "align/agreement.hpp"
#include "align/estimate.hpp"
#include "align/matching.hpp"
#include "align/templates.hpp"

namespace sheaf::align {

// In the order of the choices of the parameter `reference`.
enum class Reference { previous, base, first, mean, median, iterated_mean, rolling_mean, every_nth };

enum class Status { ok, uncertain, not_converged, degenerate, worse_than_identity, reference, rejected, no_match };
const char *name_of(Status status);

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

struct Registered {
  Transform transform;            // from the output's coordinates
  Transform pair;                 // from the coordinates of the image it was registered to
  int64_t against = -1;           // that image, or -1: one made of many
  double score_before = unknown;  // correlation with that image, with the identity
  double score_after = unknown;   // and with `pair`
  double dd_score = 0.5;          // of what was found, even if it was refused
  int64_t dd_count = 0;
  double match = unknown;          // correlation of local structures, see Estimate::evidence
  double closure_error = unknown;  // of a corrected chain, see Closure::errors
  int iterations = 0;
  int64_t matches = -1, inliers = -1;  // of engines that work on matches
  std::string reason;                  // why they found nothing
  Status status = Status::ok;
};

struct RegistrationOptions {
  Model model = Model::rigid;
  Reference reference = Reference::previous;
  Start start = Start::automatic;
  Criterion criterion = Criterion::mse;
  int64_t base = 0;     // from 0
  int64_t window = 5;   // images of a rolling mean, distance of the templates of every_nth
  bool global = false;  // a chain is corrected by pairs further apart; affine at most
  MatchingOptions matching{.method = Method::intensity};
  bool keep = false;  // transforms are used whatever their scores say
  int64_t batch = 1;  // images worked on at once; results do not depend on it
  GrayScale scale;
  Progress progress = [](double) {};
  // Called in order for images whose transforms will not change any more.
  std::function<void(int64_t first, std::span<const Registered>)> settled = [](int64_t, std::span<const Registered>) {};
};

struct Registration {
  std::vector<Registered> images;
  Plane reference;  // mean or median, where images were registered to one
};

Registration register_series(const Series &series, const Mask &mask, const RegistrationOptions &options,
                             const Parallel &parallel);

}  // namespace sheaf::align
