// The difference of differences: has an alignment brought an image closer to its
// reference? Pixel by pixel, before any average, so that the many pixels that
// say nothing do not drown those that do.
//
// dd = |before - reference| - |after - reference| in 8-bit units. A pixel with
// |dd| > tolerance has changed; it is better if dd > 0. The score is the share
// of better pixels among those that changed, 0.5 if there are none.
#pragma once

#include <array>
#include <vector>

#include "align/plane.hpp"
#include "align/transform.hpp"
#include "common/parallel.hpp"

namespace sheaf::align {

struct DifferenceOptions {
  double tolerance = 50;   // in 8-bit units
  bool automatic = false;  // the tolerance is that of the images' local contrast
  int crop = 0;            // width of the border that does not count
  bool median = false;     // the maps of better and of worse pixels go through a 3 x 3 median
  // 5 x 5 blocks: each brings the mean of the reference to that of `before`, and
  // counts with the number of its changed pixels; few changes score 0.5.
  bool blocks = false;
  // As the original notebook has it: everything counts, also what the moved image
  // does not cover; blocks are squares of a fifth of the height; the last window
  // of the local contrast is left out.
  bool compat = false;
  double low = 0, high = 255;  // values that are 0 and 255 in 8-bit units
  bool whole = false;          // values are whole numbers; those of an image that is moved here are rounded
};

struct DifferenceScore {
  double score = 0.5;
  int64_t count = 0;      // pixels that changed
  double tolerance = 50;  // the one used, in 8-bit units

  // -1: all changes are for the worse, 0: undecided, 1: all for the better.
  double balance() const { return 2 * score - 1; }
};

// Three images of one size, of uint8_t or float. `inside` is 0 where one of them
// has no data; pixels that are not finite do not count either.
template <class T>
struct Compared {
  View<const T> before, after, reference;
  View<const uint8_t> inside;
};

template <class T>
DifferenceScore difference_score(const Compared<T> &images, const DifferenceOptions &options, const Parallel &parallel);

// The same for `moving` before and after it is drawn bilinearly under t, over the
// pixels that the mask selects (null: all) and the drawn image covers.
DifferenceScore difference_score(const Plane &reference, const Mask *mask, const Plane &moving, const Transform &t,
                                 const DifferenceOptions &options, const Parallel &parallel);

// Of every pixel: 1 better, -1 worse, 0 neither, by the same rules. Blocks that
// count for too little are there, too.
template <class T>
std::vector<int8_t> difference_map(const Compared<T> &images, const DifferenceOptions &options,
                                   const Parallel &parallel);

// How many pixels have |dd| > tolerance, by dd: equal bins from -255 to 255.
constexpr int difference_bins = 17;
using DifferenceHistogram = std::array<int64_t, difference_bins>;
template <class T>
DifferenceHistogram difference_histogram(const Compared<T> &images, const DifferenceOptions &options, double tolerance);

// In 8-bit units, over windows of 50 x 50 pixels side by side.
struct LocalContrast {
  double contrast;     // mean of the windows' standard deviations
  double sd_of_means;  // population standard deviations
  double sd_of_sds;
};
template <class T>
LocalContrast local_contrast(View<const T> image, View<const uint8_t> inside, const DifferenceOptions &options,
                             const Parallel &parallel);

// The tolerance that suits an image of this local contrast.
inline double automatic_tolerance(double contrast) { return 1.12 * contrast + 1.88; }

enum class Verdict { success, fail, unscored };
const char *name_of(Verdict verdict);
inline Verdict verdict_of(const DifferenceScore &s) {
  return s.score > 0.5 ? Verdict::success : s.score < 0.5 ? Verdict::fail : Verdict::unscored;
}

}  // namespace sheaf::align
