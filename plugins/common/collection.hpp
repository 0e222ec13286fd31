// The images of one channel, which operations treat as a collection of its own.
#pragma once

#include <algorithm>
#include <vector>

#include "plugin.hpp"

namespace sheaf {

struct Collection {
  int64_t channels;
  int64_t positions;  // images of each channel

  explicit Collection(const sheaf_info &info)
      : channels(std::max(1, info.channels)), positions(info.slices / channels) {}

  int64_t size() const { return channels * positions; }
  int64_t channel(int64_t n) const { return n % channels; }
  int64_t image(int64_t channel, int64_t position) const { return channel + channels * position; }

  // The images to measure for reference values: all, or for a preview about 32,
  // evenly spaced in each channel.
  std::vector<int64_t> to_measure(bool preview) const {
    constexpr int64_t sample = 32;
    const int64_t count = preview ? std::min(positions, std::max<int64_t>(1, sample / channels)) : positions;
    std::vector<int64_t> images;
    for (int64_t i = 0; i < count; i++)
      for (int64_t c = 0; c < channels; c++) images.push_back(image(c, i * positions / count));
    return images;
  }
};

}  // namespace sheaf
