// The histograms of tests/data/segment/Thresholds.java, number for number.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace histograms {

constexpr int shapes = 12;
using Counts = std::vector<int64_t>;

class Draws {
 public:
  Draws(int shape, int seed) : state_(static_cast<uint32_t>(seed) * 48271u + static_cast<uint32_t>(shape)) {}
  // 0 to below - 1; below is at most 65536
  int operator()(int below) {
    state_ = state_ * 1664525u + 1013904223u;
    return static_cast<int>((state_ >> 16) * static_cast<uint32_t>(below) >> 16);
  }

 private:
  uint32_t state_;
};

inline void bump(Counts &h, Draws &draw, int centre, int radius, int height) {
  const int last = static_cast<int>(h.size()) - 1;
  for (int i = std::max(0, centre - radius); i <= std::min(last, centre + radius); i++) {
    const int d = radius - std::abs(i - centre);
    h[i] += height * d / std::max(1, radius) + draw(3);
  }
}

inline Counts histogram(int shape, int seed) {
  Draws draw(shape, seed);
  Counts h(shape == 11 ? 65536 : 256);
  switch (shape) {
    case 0:  // anything
      for (int i = 0; i < 256; i++) h[i] = draw(1000);
      break;
    case 1:  // gaps
      for (int i = 0; i < 256; i++) h[i] = draw(16) == 0 ? draw(1000) : 0;
      break;
    case 2:  // a few levels
      for (int i = 3 + draw(4); i > 0; i--) {
        const int level = draw(256);
        h[level] += 1 + draw(100);
      }
      break;
    case 3: {  // two peaks
      int centre = 20 + draw(80), radius = 5 + draw(40), height = 100 + draw(5000);
      bump(h, draw, centre, radius, height);
      centre = 130 + draw(100);
      radius = 5 + draw(60);
      height = 100 + draw(5000);
      bump(h, draw, centre, radius, height);
      break;
    }
    case 4:  // one peak with a tail to the right
      for (int i = draw(40); i < 256; i++) {
        const int width = 20 + draw(5);
        h[i] = 20000 / (1 + i * i / width) + draw(4);
      }
      break;
    case 5:  // symmetric, so that levels tie
      for (int i = 0; i < 128; i++) h[i] = h[255 - i] = draw(4) == 0 ? draw(50) : 0;
      break;
    case 6: {  // a plateau
      const int first = draw(100), end = 100 + draw(156);
      for (int i = first; i < end; i++) h[i] = 37;
      break;
    }
    case 7: {  // spikes at the ends
      const int centre = 100 + draw(50), radius = 20 + draw(40), height = 200 + draw(300);
      bump(h, draw, centre, radius, height);
      h[0] += draw(20000);
      h[255] += draw(20000);
      break;
    }
    case 8: {  // a narrow range
      const int first = draw(240), end = first + 4 + draw(12);
      for (int i = first; i < end; i++) h[i] = draw(500);
      break;
    }
    case 9:  // many pixels, still within 32 bits
      for (int i = 0; i < 256; i++) h[i] = draw(30000);
      break;
    case 10:  // one or two levels
      for (int i = 0; i < 2; i++) {
        const int level = draw(256);
        h[level] += 1 + draw(100);
      }
      break;
    default: {  // 16 bits
      const int low = draw(20000), range = 300 + draw(20000);
      for (int i = 0; i < 600; i++) {
        const int a = draw(range), b = draw(range), divisor = 1 + draw(2);
        h[low + (a + b) / divisor] += 1 + draw(4);
      }
    }
  }
  return h;
}

}  // namespace histograms
