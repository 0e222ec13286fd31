// Images for the tests of algorithms: memory of their own, with padded rows.
#pragma once

#include <cstdint>
#include <vector>

#include "generated.hpp"
#include "plugin.hpp"

namespace pixels {

template <class T>
struct Image {
  int width, height, stride;  // in pixels; rows are padded, as the host's are
  std::vector<T> data;

  Image(int w, int h, T fill = {}) : width(w), height(h), stride(w + 3), data(size_t(stride) * h, fill) {}
  T &operator()(int x, int y) { return data[size_t(y) * stride + x]; }
  const T &operator()(int x, int y) const { return data[size_t(y) * stride + x]; }
  sheaf::View<const T> view() const { return {data.data(), width, height, std::ptrdiff_t(stride * sizeof(T))}; }
  sheaf::View<T> into() { return {data.data(), width, height, std::ptrdiff_t(stride * sizeof(T))}; }
};

// f(x, y) for every pixel.
template <class T, class F>
Image<T> make(int width, int height, F &&f) {
  Image<T> image(width, height);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) image(x, y) = f(x, y);
  return image;
}

// Texture in each pixel type; tests/data/<family>/regenerate.py makes the same.
template <class T>
Image<T> texture(int width, int height, uint32_t seed, int radius = 2) {
  const auto source = generated::texture(width, height, seed, radius);
  return make<T>(width, height, [&](int x, int y) -> T {
    const uint16_t p = source(x, y);
    if constexpr (std::is_same_v<T, uint8_t>) return static_cast<uint8_t>(p >> 8);
    if constexpr (std::is_same_v<T, uint16_t>) return p;
    if constexpr (std::is_same_v<T, float>) return static_cast<float>(p) / 64 - 300;
  });
}

// Three textures of different brightness and contrast.
inline Image<sheaf::Rgb> colour_texture(int width, int height, uint32_t seed) {
  const auto r = texture<uint8_t>(width, height, seed), g = texture<uint8_t>(width, height, seed + 1000),
             b = texture<uint8_t>(width, height, seed + 2000);
  return make<sheaf::Rgb>(width, height, [&](int x, int y) {
    return sheaf::Rgb{static_cast<uint8_t>(b(x, y) / 2 + 20), static_cast<uint8_t>(g(x, y) / 2 + 60),
                      static_cast<uint8_t>(r(x, y) / 2 + 100), 255};
  });
}

// A disk of 255 in the middle.
inline Image<uint8_t> disk(int width, int height, int radius) {
  return make<uint8_t>(width, height, [&](int x, int y) -> uint8_t {
    const int dx = x - width / 2, dy = y - height / 2;
    return dx * dx + dy * dy <= radius * radius ? 255 : 0;
  });
}

// Mirrored left to right.
template <class T>
Image<T> mirrored(const Image<T> &image) {
  return make<T>(image.width, image.height, [&](int x, int y) { return image(image.width - 1 - x, y); });
}

}  // namespace pixels
