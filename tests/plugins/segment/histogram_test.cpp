#include "segment/histogram.hpp"

#include <catch2/catch.hpp>
#include <numeric>

#include "pixels.hpp"
#include "segment/classify.hpp"

using namespace sheaf::segment;
using pixels::Image;

namespace {

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
constexpr float infinite = std::numeric_limits<float>::infinity();

template <class T>
Histogram histogram_of(const Image<T> &image, Mask mask = {}) {
  Histogram h;
  if constexpr (std::is_same_v<T, float>) h.reset<T>(finite_range(image.view(), mask));
  else h.reset<T>();
  h.add(image.view(), mask, sheaf::never_stop);
  return h;
}

template <class T>
std::vector<uint32_t> labels_of(const Image<T> &image, std::vector<double> thresholds, bool window = false,
                                bool inverted = false, Mask mask = {}) {
  Image<uint32_t> labels(image.width, image.height, 99);
  Classifier(thresholds, window, inverted).apply(image.view(), mask, labels.into());
  std::vector<uint32_t> flat;
  for (int y = 0; y < image.height; y++)
    for (int x = 0; x < image.width; x++) flat.push_back(labels(x, y));
  return flat;
}

using L = std::vector<uint32_t>;

}  // namespace

TEST_CASE("every level of an integer image is a bin") {
  const auto bytes = pixels::make<uint8_t>(256, 3, [](int x, int) { return uint8_t(x); });
  const Histogram h = histogram_of(bytes);
  CHECK(h.counts() == std::vector<int64_t>(256, 3));
  CHECK(h.top(129) == 129);
  const auto words = pixels::make<uint16_t>(300, 2, [](int x, int) { return uint16_t(x * 218); });
  CHECK(histogram_of(words).counts()[299 * 218] == 2);
}

TEST_CASE("only the region of interest is counted") {
  const auto image = pixels::texture<uint8_t>(40, 30, 1);
  const auto region = pixels::disk(40, 30, 7);
  const auto counts = histogram_of(image, region.view()).counts();
  CHECK(std::accumulate(counts.begin(), counts.end(), int64_t{0}) ==
        std::count(region.data.begin(), region.data.end(), 255));
}

TEST_CASE("a value on the edge of a bin belongs to the lower bin, as it does to the threshold") {
  Image<float> image(4, 1);
  image(0, 0) = 0;
  image(1, 0) = 256;
  image(2, 0) = 100;  // 100 * 65536 / 256 bins above 0, exactly
  image(3, 0) = std::nextafter(100.0f, 200.0f);
  const Histogram h = histogram_of(image);
  CHECK(h.counts()[0] == 1);
  CHECK(h.counts()[100 * 256 - 1] == 1);
  CHECK(h.counts()[100 * 256] == 1);
  CHECK(h.counts()[65535] == 1);
  CHECK(h.top(100 * 256 - 1) == 100);
  CHECK(labels_of(image, {h.top(100 * 256 - 1)}) == L{0, 1, 0, 1});
}

TEST_CASE("bins and thresholds of a 32-bit image divide its pixels in the same way") {
  for (const uint32_t seed : {1u, 2u, 3u}) {
    const auto image = pixels::texture<float>(61, 47, seed);
    const Histogram h = histogram_of(image);
    for (const size_t bin : {0, 17, 20000, 30001, 65534}) {
      const auto labels = labels_of(image, {h.top(bin)});
      const int64_t below = std::accumulate(h.counts().begin(), h.counts().begin() + bin + 1, int64_t{0});
      CHECK(std::count(labels.begin(), labels.end(), 0u) == below);
    }
  }
}

TEST_CASE("what is not finite is not counted") {
  auto image = pixels::texture<float>(20, 10, 1);
  image(1, 1) = not_a_number;
  image(2, 2) = infinite;
  image(3, 3) = -infinite;
  const auto counts = histogram_of(image).counts();
  CHECK(std::accumulate(counts.begin(), counts.end(), int64_t{0}) == 197);
  const auto none = histogram_of(Image<float>(3, 3, not_a_number)).counts();
  CHECK(std::accumulate(none.begin(), none.end(), int64_t{0}) == 0);
}

TEST_CASE("a constant 32-bit image has one bin, whose top is its value") {
  const Histogram h = histogram_of(Image<float>(5, 5, -2.5f));
  CHECK(h.counts()[0] == 25);
  CHECK(h.top(0) == -2.5);
}

TEST_CASE("the label is the number of levels below the value, equality belongs below") {
  const auto bytes = pixels::make<uint8_t>(6, 1, [](int x, int) { return uint8_t(x * 10); });
  CHECK(labels_of(bytes, {10, 30}) == L{0, 0, 1, 1, 2, 2});
  CHECK(labels_of(bytes, {9.5, 30.5}) == L{0, 1, 1, 1, 2, 2});
  const auto words = pixels::make<uint16_t>(3, 1, [](int x, int) { return uint16_t(x * 32767); });
  CHECK(labels_of(words, {0, 32767}) == L{0, 1, 2});
  const auto floats = pixels::make<float>(6, 1, [](int x, int) { return float(x); });
  CHECK(labels_of(floats, {1, 3}) == L{0, 0, 1, 1, 2, 2});
}

TEST_CASE("a window includes both ends") {
  const auto bytes = pixels::make<uint8_t>(6, 1, [](int x, int) { return uint8_t(x); });
  CHECK(labels_of(bytes, {1, 3}, true) == L{0, 1, 1, 1, 0, 0});
  CHECK(labels_of(bytes, {1, 3}, true, true) == L{1, 0, 0, 0, 1, 1});
}

TEST_CASE("inverting reverses the order of the classes") {
  const auto bytes = pixels::make<uint8_t>(6, 1, [](int x, int) { return uint8_t(x); });
  CHECK(labels_of(bytes, {1, 3}, false, true) == L{2, 2, 1, 1, 0, 0});
}

TEST_CASE("NaN is background whatever the method, infinities are compared") {
  Image<float> image(3, 1);
  image(0, 0) = not_a_number;
  image(1, 0) = infinite;
  image(2, 0) = -infinite;
  CHECK(labels_of(image, {0}) == L{0, 1, 0});
  CHECK(labels_of(image, {0}, false, true) == L{0, 0, 1});
  CHECK(labels_of(image, {-1, 1}, true, true) == L{0, 1, 1});
}

TEST_CASE("outside the region of interest everything is background") {
  const Image<uint8_t> image(4, 1, 200);
  const auto region = pixels::make<uint8_t>(4, 1, [](int x, int) { return uint8_t(x % 2 ? 255 : 0); });
  CHECK(labels_of(image, {100}, false, false, region.view()) == L{0, 1, 0, 1});
  CHECK(labels_of(image, {250}, false, true, region.view()) == L{0, 1, 0, 1});
}
