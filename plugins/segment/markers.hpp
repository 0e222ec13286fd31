// Where the regions of a watershed begin.
#pragma once

#include "flood.hpp"

namespace sheaf::segment {

// labels = numbers from 1 on the peaks of the surface, 0 elsewhere: pixels that
// are highest within `distance` (of the larger of dx and dy) in their own
// component of the foreground. Of equal ones less than `distance` apart the first
// is taken, and a component without height has one; those that touch share a
// number. Returns how many there are. Every component has one.
uint32_t mark_peaks(View<const float> surface, View<const uint8_t> foreground, int distance, int connectivity,
                    Labels labels, const Poll &poll = never_stop);

// labels = numbers from 1 on the domes that rise at least h above every pass to
// higher ground, on their highest pixels; 0 elsewhere. Every component (of that
// connectivity) has one.
uint32_t mark_domes(const Relief &relief, double h, int connectivity, Labels labels, const Poll &poll = never_stop);

}  // namespace sheaf::segment
