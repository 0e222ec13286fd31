// One number for a pixel of any type.
#pragma once

#include <cstdint>

#include "plugin.hpp"

namespace sheaf {

// Luma of ITU-R BT.601 for colour, in 0..255; the value itself otherwise.
inline float gray(const Rgb &p) { return 0.299f * p.r + 0.587f * p.g + 0.114f * p.b; }
inline float gray(uint8_t p) { return p; }
inline float gray(uint16_t p) { return p; }
inline float gray(uint32_t p) { return static_cast<float>(p); }
inline float gray(float p) { return p; }

// The mean of red, green and blue, rounded: ImageJ's unweighted conversion.
inline uint8_t mean_gray(const Rgb &p) { return static_cast<uint8_t>((2 * (p.r + p.g + p.b) + 3) / 6); }

}  // namespace sheaf
