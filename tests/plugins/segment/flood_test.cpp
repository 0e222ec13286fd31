// Markers and floods of a watershed against what their definitions say.
#include "segment/flood.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <deque>
#include <functional>
#include <map>

#include "pixels.hpp"
#include "segment/markers.hpp"
#include "threads.hpp"

using namespace sheaf::segment;
using pixels::Image;

namespace {

struct Scene {
  Image<float> surface;
  Image<uint8_t> mask;
};

std::vector<int> neighbours(const Scene &s, int pixel, int connectivity) {
  const int w = s.mask.width, h = s.mask.height, x = pixel % w, y = pixel / w;
  const int dx[] = {0, -1, 1, 0, -1, 1, -1, 1}, dy[] = {-1, 0, 0, 1, -1, -1, 1, 1};
  std::vector<int> found;
  for (int d = 0; d < connectivity; d++) {
    const int u = x + dx[d], v = y + dy[d];
    if (u >= 0 && u < w && v >= 0 && v < h && s.mask(u, v)) found.push_back(v * w + u);
  }
  return found;
}

float value(const Scene &s, int pixel) { return s.surface(pixel % s.mask.width, pixel / s.mask.width); }

// A queue for each value, the highest first.
Image<uint32_t> flooded_by_definition(const Scene &s, const Image<uint32_t> &markers, int connectivity) {
  const int w = s.mask.width;
  Image<uint32_t> labels(w, s.mask.height);
  std::map<float, std::deque<int>, std::greater<>> queues;
  for (int i = 0; i < w * s.mask.height; i++)
    if (s.mask(i % w, i / w) && markers(i % w, i / w)) {
      labels(i % w, i / w) = markers(i % w, i / w);
      queues[value(s, i)].push_back(i);
    }
  while (!queues.empty()) {
    const auto queue = queues.begin();
    const int pixel = queue->second.front();
    queue->second.pop_front();
    if (queue->second.empty()) queues.erase(queue);
    for (const int n : neighbours(s, pixel, connectivity)) {
      if (labels(n % w, n / w)) continue;
      labels(n % w, n / w) = labels(pixel % w, pixel / w);
      queues[value(s, n)].push_back(n);
    }
  }
  return labels;
}

// Pixels from high to low, each of which joins the components around it.
Image<uint32_t> domes_by_definition(const Scene &s, double h, int connectivity) {
  const int w = s.mask.width, size = w * s.mask.height;
  std::vector<int> order;
  for (int i = 0; i < size; i++)
    if (s.mask(i % w, i / w)) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return value(s, a) > value(s, b); });
  std::vector<int> component(static_cast<size_t>(size), -1);  // by its first highest pixel
  std::map<int, std::vector<int>> highest, domes;
  for (const int pixel : order) {
    component[pixel] = pixel;
    highest[pixel] = {pixel};
    for (const int n : neighbours(s, pixel, connectivity)) {
      int a = component[pixel], b = component[n];
      if (b < 0 || a == b) continue;
      if (std::pair(-value(s, b), b) < std::pair(-value(s, a), a)) std::swap(a, b);
      if (static_cast<double>(value(s, b)) - value(s, pixel) >= h) domes[b] = highest[b];
      else if (value(s, a) == value(s, b)) highest[a].insert(highest[a].end(), highest[b].begin(), highest[b].end());
      std::replace(component.begin(), component.end(), b, a);
    }
  }
  for (const int pixel : order)
    if (component[pixel] == pixel) domes[pixel] = highest[pixel];
  Image<uint32_t> labels(w, s.mask.height);
  uint32_t number = 0;
  for (const auto &[first, pixels] : domes) {
    number++;
    for (const int pixel : pixels) labels(pixel % w, pixel / w) = number;
  }
  return labels;
}

Image<uint32_t> scattered(const Scene &s, int sparse) {
  return pixels::make<uint32_t>(s.mask.width, s.mask.height, [&](int x, int y) {
    const int number = y * s.mask.width + x;
    return number * 7919 % (sparse * 10) < 10 ? static_cast<uint32_t>(number + 1) : 0u;
  });
}

// Textures with ever fewer different values, down to none.
std::vector<Scene> scenes() {
  std::vector<Scene> all;
  for (const int seed : {1, 2, 3})
    for (const float step : {1.f / 4096, 8.f, 40.f, 1000.f}) {
      const auto image = pixels::texture<uint8_t>(47, 39, seed, 2),
                 other = pixels::texture<uint8_t>(47, 39, seed + 9, 2);
      all.push_back({pixels::make<float>(47, 39,
                                         [&](int x, int y) {
                                           const float fine = static_cast<float>(image(x, y)) +
                                                              static_cast<float>(other(y % 39, x % 39)) / 256;
                                           return std::floor(fine / step) * step - 100;
                                         }),
                     pixels::make<uint8_t>(47, 39, [&](int x, int y) { return other(x, y) > 30 * seed ? 255 : 0; })});
    }
  return all;
}

}  // namespace

TEST_CASE("domes found at the saddles are those of a relief that rises out of the water") {
  for (const Scene &s : scenes())
    for (const int connectivity : {4, 8})
      for (const double h : {0.01, 1., 17., 500.}) {
        Image<uint32_t> labels(s.mask.width, s.mask.height);
        const uint32_t count = mark_domes(Relief(s.surface.view(), s.mask.view()), h, connectivity, labels.into());
        const auto expected = domes_by_definition(s, h, connectivity);
        CHECK(labels.data == expected.data);
        CHECK(count == *std::max_element(expected.data.begin(), expected.data.end()));
      }
}

TEST_CASE("a flood reaches the highest pixel next, of equals the one that it came to first") {
  for (const Scene &s : scenes())
    for (const int connectivity : {4, 8})
      for (const int sparse : {3, 200}) {
        const auto markers = scattered(s, sparse);
        Image<uint32_t> labels = markers;
        flood(Relief(s.surface.view(), s.mask.view()), connectivity, labels.into());
        CHECK(labels.data == flooded_by_definition(s, markers, connectivity).data);
      }
}

TEST_CASE("objects that several threads flood come out as one after another") {
  const int width = 310, height = 270;
  const auto image = pixels::texture<uint8_t>(width, height, 5, 3);
  // large ones of every shape that touch across corners, and a dust of small ones
  const Scene s{pixels::make<float>(width, height, [&](int x, int y) { return static_cast<float>(image(x, y) / 4); }),
                pixels::make<uint8_t>(width, height, [&](int x, int y) {
                  const bool frame = x % 150 == 0 || y % 90 == 0 || x == y;
                  return frame || (x > 200 && (x + y) % 3 == 0) ? 0 : 255;
                })};
  for (const int connectivity : {4, 8}) {
    const auto markers = scattered(s, 50), expected = flooded_by_definition(s, markers, connectivity);
    for (const int threads : {1, 4}) {
      Image<uint32_t> labels = markers;
      const auto parallel = on_threads(threads);
      flood(Relief(s.surface.view(), s.mask.view(), sheaf::never_stop, parallel), connectivity, labels.into(),
            sheaf::never_stop, parallel);
      CHECK(labels.data == expected.data);
    }
  }
}
