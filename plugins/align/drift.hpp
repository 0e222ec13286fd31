// The drift of a list of transforms as plots.
#pragma once

#include "align/transforms.hpp"
#include "plugin.hpp"

namespace sheaf::align {

// Emits the curves drift_x, drift_y and drift_angle over the position. The
// schema's "plots" must hold
//   {"name": "drift_x", "title": "Drift in x of %s"}, {"name": "drift_y", "title": "Drift in y of %s"},
//   {"name": "drift_angle", "title": "Rotation of %s"}
// and only those that are wanted are made.
void plot_drift(const Run &run, const TransformList &list);

}  // namespace sheaf::align
