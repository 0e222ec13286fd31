// The lightness of a colour image as an image of its own, and back.
#pragma once

#include <vector>

#include "common/poll.hpp"
#include "common/vectorized.hpp"
#include "lab.hpp"

namespace sheaf::equalize {

struct LabPlanes {
  std::vector<float> lightness, changed;  // 0..255; what the caller makes of it
  std::vector<float> dx, dz;              // chroma, see lab.hpp
  static constexpr int64_t bytes_per_pixel = 16;

  View<const float> in() const { return View<const float>(lightness.data(), width_, height_, row_bytes()); }
  View<float> out() { return View<float>(changed.data(), width_, height_, row_bytes()); }

  void load(View<const Rgb> image, const Poll &poll) {
    width_ = image.width();
    height_ = image.height();
    for (auto *plane : {&lightness, &changed, &dx, &dz}) plane->resize(static_cast<size_t>(image.size()));
    for_each_row(poll, [&](int y, size_t at) {
      float *l = &lightness[at];
      to_lab_row(image.row(y), width_, l, &dx[at], &dz[at]);
      vectorized([l, width = width_] {
        for (int x = 0; x < width; x++) l[x] = lightness_of(l[x]);
      });
    });
  }

  // `like` as it was loaded, with the lightness changed. Returns how many pixels RGB cannot show.
  int64_t store(View<const Rgb> like, View<Rgb> image, const Poll &poll) {
    int64_t cut = 0;
    for_each_row(poll, [&](int y, size_t at) {
      float *l = &changed[at];
      vectorized([l, width = width_] {
        for (int x = 0; x < width; x++) l[x] = fy_of(l[x]);
      });
      cut += from_lab_row(l, &dx[at], &dz[at], width_, like.row(y), image.row(y));
    });
    return cut;
  }

 private:
  std::ptrdiff_t row_bytes() const { return width_ * std::ptrdiff_t{sizeof(float)}; }
  template <class F>
  void for_each_row(const Poll &poll, F &&f) {
    const int pause = 1 + rows_between_polls(width_) / 16;
    for (int y = 0; y < height_; y++) {
      f(y, static_cast<size_t>(y) * static_cast<size_t>(width_));
      if (y % pause == pause - 1) poll();
    }
  }
  int width_ = 0, height_ = 0;
};

}  // namespace sheaf::equalize
