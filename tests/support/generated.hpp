// Test images by integer arithmetic alone, so that tests/data/generated.py makes
// the same ones for the reference implementations, bit for bit.
#pragma once

#include <cstdint>
#include <vector>

namespace generated {

// A row-major image of unsigned 16-bit values.
struct Image {
  int width = 0, height = 0;
  std::vector<uint16_t> pixels;
  uint16_t operator()(int x, int y) const { return pixels[static_cast<size_t>(y) * width + x]; }
};

// White noise, 0..65535: the high halves of a linear congruential generator.
inline Image noise(int width, int height, uint32_t seed) {
  Image image{width, height, std::vector<uint16_t>(static_cast<size_t>(width) * height)};
  uint32_t state = seed * 2654435761u + 1u;
  for (auto &p : image.pixels) {
    state = state * 1664525u + 1013904223u;
    p = static_cast<uint16_t>(state >> 16);
  }
  return image;
}

// Mean of the (2 radius + 1)^2 neighbours inside the image, rounded down.
inline Image box_blur(const Image &in, int radius) {
  Image out = in;
  for (int y = 0; y < in.height; y++)
    for (int x = 0; x < in.width; x++) {
      uint64_t sum = 0, count = 0;
      for (int v = y - radius; v <= y + radius; v++)
        for (int u = x - radius; u <= x + radius; u++)
          if (u >= 0 && v >= 0 && u < in.width && v < in.height) {
            sum += in(u, v);
            count++;
          }
      out.pixels[static_cast<size_t>(y) * in.width + x] = static_cast<uint16_t>(sum / count);
    }
  return out;
}

// Smooth texture: noise, blurred, stretched to 0..65535 by integer arithmetic.
inline Image texture(int width, int height, uint32_t seed, int radius = 2) {
  Image image = box_blur(noise(width, height, seed), radius);
  uint32_t low = 65535, high = 0;
  for (const uint16_t p : image.pixels) {
    if (p < low) low = p;
    if (p > high) high = p;
  }
  if (high > low)
    for (auto &p : image.pixels) p = static_cast<uint16_t>((p - low) * 65535ull / (high - low));
  return image;
}

}  // namespace generated
