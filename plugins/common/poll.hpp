// How a long computation is stopped: it calls its poll after every few rows.
#pragma once

#include <functional>

#include "plugin.hpp"

namespace sheaf {

// Throws to stop the work; returns to let it go on.
using Poll = std::function<void()>;

inline void never_stop() {}

// The run must outlive the result.
inline Poll poll_of(const Run &run) {
  return [&run] { run.check_cancelled(); };
}

// Rows between two polls of a loop that does about a nanosecond of work on a pixel.
inline int rows_between_polls(int width) { return 1 + (4 << 20) / (width + 1); }

}  // namespace sheaf
