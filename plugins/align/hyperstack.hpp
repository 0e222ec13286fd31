// The images of a hyperstack as positions along one axis, or along both.
#pragma once

#include <string>

#include "common/wording.hpp"

namespace sheaf::align {

// In the order of the choices of the parameter `axis`.
enum class Axis { automatic, time, depth, both };

// The images of one position differ in channel and on the other axis; with both
// axes each depth of each frame is a position, frame by frame.
struct Hyperstack {
  int64_t count, others, channels, step, other_step;

  Hyperstack(const sheaf_info &info, Axis axis) : channels(std::max(1, info.channels)) {
    const int64_t depth = std::max(1, info.depth), frames = std::max(1, info.frames);
    if (axis == Axis::both) {
      if (depth == 1 || frames == 1)
        throw Error(SHEAF_INVALID, "axis: both given, the image has " + counted(frames, "frame") + " and " +
                                       counted(depth, "depth") + "; accepted: auto, time or depth");
      count = frames * depth;
      others = 1;
      step = other_step = channels;
      return;
    }
    const bool time = axis == Axis::time || (axis == Axis::automatic && frames > 1);
    count = time ? frames : depth;
    others = time ? depth : frames;
    step = time ? channels * depth : channels;
    other_step = time ? channels : channels * depth;
    if (axis != Axis::automatic && count == 1 && others > 1)
      throw Error(SHEAF_INVALID,
                  std::string("axis: ") +
                      (time ? "time given, the image has 1 frame and " : "depth given, the image has 1 depth and ") +
                      counted(others, time ? "depth" : "frame") + "; accepted: auto or the other axis");
  }
  int64_t image(int64_t position, int64_t other, int64_t channel) const {
    return position * step + other * other_step + channel;
  }
};

}  // namespace sheaf::align
