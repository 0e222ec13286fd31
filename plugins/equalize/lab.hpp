// CIE L*a*b* of sRGB pixels (white point D65), row by row.
//
// In here a colour is fy and its distances dx = fx - fy, dz = fz - fy, where
// f is the cube root of CIE XYZ relative to white: L* = 116 fy - 16,
// a* = 500 dx, b* = -200 dz. To change the lightness and keep the chroma is to
// change fy and keep dx and dz.
#pragma once

#include "plugin.hpp"

namespace sheaf::equalize {

// Lightness scaled to 0..255, as 8-bit Lab images have it.
inline float lightness_of(float fy) { return 2.55f * (116.0f * fy - 16.0f); }
inline float fy_of(float lightness) { return (lightness / 2.55f + 16.0f) / 116.0f; }

// Lightness, 0..255, of `width` pixels.
void lightness_row(const Rgb *in, int width, float *lightness);

void to_lab_row(const Rgb *in, int width, float *fy, float *dx, float *dz);

// Rounds to 8 bits and copies the fourth byte from `like`, which may be `out`.
// Returns how many pixels lie outside what RGB can show and were cut off.
int64_t from_lab_row(const float *fy, const float *dx, const float *dz, int width, const Rgb *like, Rgb *out);

}  // namespace sheaf::equalize
