// Watersheds: markers grow downhill over a surface until they meet.
#pragma once

#include <bit>
#include <vector>

#include "common/large_array.hpp"
#include "common/poll.hpp"
#include "components.hpp"
#include "plugin.hpp"

namespace sheaf::segment {

// The heights of a surface as whole numbers. Coordinates are those of an image
// with a frame of one pixel, so that every pixel has eight neighbours:
// index = (y + 1) * (width + 2) + x + 1.
class Relief {
 public:
  static constexpr uint32_t outside = ~uint32_t{0};

  // Only what lies in the foreground takes part. The surface is finite there.
  Relief(View<const float> surface, View<const uint8_t> foreground, const Poll &poll = never_stop,
         const Parallel &parallel = serial);

  int width() const { return width_; }
  int height() const { return height_; }
  uint32_t stride() const { return static_cast<uint32_t>(width_) + 2; }
  size_t framed() const { return keys_.size(); }
  uint32_t index(int x, int y) const {
    return (static_cast<uint32_t>(y) + 1) * stride() + static_cast<uint32_t>(x) + 1;
  }
  // Of each pixel: the higher the surface, the lower the key; `outside` for background.
  const LargeArray<uint32_t> &keys() const { return keys_; }
  static float level(uint32_t key) { return std::bit_cast<float>(~key & 0x80000000u ? ~key ^ 0x80000000u : key); }
  // Offsets of the neighbours, nearest first.
  std::vector<int32_t> neighbours(int connectivity) const;

 private:
  int width_, height_;
  LargeArray<uint32_t> keys_;
};

// Grows the labels above 0 over the foreground of the relief. The highest pixel
// next to a labelled one is taken first; of equals the one that was reached
// first (Beucher, Meyer 1993). There are no lines between the regions. What no
// marker reaches stays 0. connectivity is 4 or 8.
void flood(const Relief &relief, int connectivity, Labels labels, const Poll &poll = never_stop,
           const Parallel &parallel = serial);

}  // namespace sheaf::segment
