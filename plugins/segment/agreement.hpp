// How far two divisions of one image agree.
#pragma once

#include <array>

#include "common/poll.hpp"
#include "plugin.hpp"

namespace sheaf::segment {

constexpr int iou_steps = 10;  // .5, .55 ... .95
inline double iou_level(int i) { return (50 + 5 * i) / 100.0; }

struct Agreement {
  int64_t objects = 0, reference_objects = 0;  // labels above 0
  double dice = 0, iou = 0;                    // of what is above 0
  double adjusted_rand = 0;                    // 0 is a class as others (Hubert, Arabie 1985)
  // Conditional entropies in bits (Meila 2007): of the labels given the reference, and the other way round.
  double vi_split = 0, vi_merge = 0;
  double boundary_f = 0;
  // Objects that overlap one of the reference with more than that IoU, as a part of all: TP / (TP + FP + FN).
  std::array<double, iou_steps> precision{};
  double mean_precision() const;
};

// Both of one size. A pixel is on a boundary if the pixel to its right or below has
// another label; boundaries agree within `tolerance` pixels. Where neither has any
// foreground, object or boundary, they agree: 1.
Agreement compare_labels(View<const uint32_t> labels, View<const uint32_t> reference, double tolerance,
                         const Poll &poll = never_stop);

}  // namespace sheaf::segment
