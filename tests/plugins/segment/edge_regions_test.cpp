#include "segment/edge_regions.hpp"

#include <catch2/catch.hpp>

#include "pixels.hpp"

using namespace sheaf::segment;
using pixels::Image;

namespace {

template <class T>
Image<uint32_t> regions(const Image<T> &image, const EdgeOptions &options, Mask mask = {}) {
  Planes planes;
  make_planes(image.view(), mask, Space::levels, planes);
  Image<uint32_t> labels(image.width, image.height);
  edge_regions(planes, options, labels.into());
  return labels;
}

}  // namespace

TEST_CASE("a square is a region and its surroundings are another; both grow into the edge") {
  const auto image = pixels::make<uint16_t>(
      40, 40, [](int x, int y) -> uint16_t { return x >= 10 && x < 30 && y >= 10 && y < 30 ? 4000 : 100; });
  for (const bool smooth : {false, true}) {
    EdgeOptions options;
    options.smooth = smooth;
    options.nlm.search = 3;
    const auto labels = regions(image, options);
    CHECK(labels(0, 0) == 1);
    CHECK(labels(20, 20) == 2);
    // the gradient covers the pixels on both sides of the edge, and each side takes its own
    CHECK(labels(9, 20) == 1);
    CHECK(labels(10, 20) == 2);
    CHECK(labels(20, 29) == 2);
    CHECK(labels(20, 30) == 1);
  }
}

TEST_CASE("an image without contrast is one region; what has no part is none") {
  CHECK(regions(Image<uint8_t>(1, 1, 9), {})(0, 0) == 1);
  const auto mask = pixels::disk(30, 30, 9);
  const auto labels = regions(Image<uint8_t>(30, 30, 9), {}, mask.view());
  for (int y = 0; y < 30; y++)
    for (int x = 0; x < 30; x++) REQUIRE(labels(x, y) == (mask(x, y) ? 1 : 0));
}

TEST_CASE("edges wider than two pixels stay without a label in their middle") {
  const auto image =
      pixels::make<float>(40, 20, [](int x, int) { return static_cast<float>(std::clamp(x - 15, 0, 8)); });
  EdgeOptions options;
  options.smooth = false;
  const auto labels = regions(image, options);
  CHECK(labels(0, 5) == 1);
  CHECK(labels(19, 5) == 0);
  CHECK(labels(39, 5) == 2);
}
