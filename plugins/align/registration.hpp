// Registers a series of images: which pairs, in what order, and how pair
// transforms become one transform per image.
#pragma once

#include <functional>
#include <limits>

#include "align/estimate.hpp"

namespace sheaf::align {

// In the order of the choices of the parameter `reference`.
enum class Reference { previous, base, first, mean, median, iterated_mean };

enum class Status { ok, not_converged, degenerate, worse_than_identity, reference };
const char *name_of(Status status);

// Images that can be read in any order and more than once, on several threads.
struct Series {
  int64_t count = 0;
  int width = 0, height = 0;
  std::function<Plane(int64_t)> read;
};

struct RegistrationOptions {
  Model model = Model::rigid;
  Reference reference = Reference::previous;
  int64_t base = 0;   // from 0
  int64_t batch = 1;  // images worked on at once; results do not depend on it
  // Called with a share of the work that is done; may throw to stop.
  std::function<void(double)> progress = [](double) {};
};

struct Registered {
  Transform transform;   // from the output's coordinates
  Transform pair;        // from the coordinates of the image it was registered to
  int64_t against = -1;  // that image, or -1: Registration::reference
  double score_before = std::numeric_limits<double>::quiet_NaN();  // correlation with that image, with the identity
  double score_after = std::numeric_limits<double>::quiet_NaN();   // and with `pair`
  int iterations = 0;
  Status status = Status::ok;
};

struct Registration {
  std::vector<Registered> images;
  Plane reference;  // mean or median, where images were registered to one
  Range range;      // of all images' finite gray values
};

Registration register_series(const Series &series, const Mask &mask, const RegistrationOptions &options,
                             const Parallel &parallel);

}  // namespace sheaf::align
