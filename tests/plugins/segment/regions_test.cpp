#include "segment/regions.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <map>

#include "pixels.hpp"
#include "threads.hpp"

using namespace sheaf::segment;
using pixels::Image;

namespace {

template <class T>
Image<T> image_of(int width, const std::vector<T> &values) {
  return pixels::make<T>(width, static_cast<int>(values.size()) / width,
                         [&](int x, int y) { return values[static_cast<size_t>(y) * width + x]; });
}
Image<uint32_t> labels_of(int width, const std::vector<uint32_t> &values) { return image_of(width, values); }

template <class T>
std::vector<T> values(const Image<T> &image) {
  std::vector<T> all;
  for (int y = 0; y < image.height; y++)
    for (int x = 0; x < image.width; x++) all.push_back(image(x, y));
  return all;
}

}  // namespace

TEST_CASE("labels are numbered in the order of their first pixels and 0 stays") {
  auto labels = labels_of(4, {9, 9, 0, 4, 4, 9, 7, 0, 0, 7, 7, 4000000000u});
  CHECK(relabel(labels.into()) == 4);
  CHECK(values(labels) == std::vector<uint32_t>{1, 1, 0, 2, 2, 1, 3, 0, 0, 3, 3, 4});
}

TEST_CASE("several threads number labels as one does") {
  for (const uint32_t factor : {1u, 400000u}) {
    const auto image = pixels::texture<uint8_t>(61, 300, 3, 3);
    const auto labels =
        pixels::make<uint32_t>(61, 300, [&](int x, int y) { return (image(x, y) / 20u + y / 90u * 13u) * factor; });
    Image<uint32_t> one = labels, many = labels;
    const uint32_t count = relabel(one.into());
    CHECK(relabel(many.into(), sheaf::never_stop, on_threads(4)) == count);
    CHECK(one.data == many.data);
    std::map<uint32_t, uint32_t> numbers{{0, 0}};
    for (int y = 0; y < 300; y++)
      for (int x = 0; x < 61; x++) {
        const auto number = static_cast<uint32_t>(numbers.size());
        REQUIRE(one(x, y) == numbers.try_emplace(labels(x, y), number).first->second);
      }
    CHECK(numbers.size() == count + 1);
  }
}

TEST_CASE("a region has area, mean, centroid and box; pixels that are NaN have no part in the mean") {
  const auto labels = labels_of(4, {0, 2, 2, 0, 1, 2, 0, 0, 1, 0, 0, 2});
  auto image = pixels::make<float>(4, 3, [](int x, int y) { return static_cast<float>(4 * y + x); });
  image(1, 1) = std::numeric_limits<float>::quiet_NaN();
  const auto regions = measure_regions<float>(image.view(), labels.view(), 2);
  REQUIRE(regions.size() == 2);
  CHECK(regions[0].area == 2);
  CHECK(regions[0].mean == 6);
  CHECK(regions[0].x == 0);
  CHECK(regions[0].y == 1.5);
  CHECK(regions[1].label == 2);
  CHECK(regions[1].area == 4);
  CHECK(regions[1].mean == Approx((1 + 2 + 11) / 3.0));
  CHECK(regions[1].x == (1 + 2 + 1 + 3) / 4.0);
  CHECK(regions[1].y == 0.75);
  CHECK(regions[1].left == 1);
  CHECK(regions[1].top == 0);
  CHECK(regions[1].right == 3);
  CHECK(regions[1].bottom == 2);
}

TEST_CASE("means are rounded for integers and of each channel for colour") {
  const auto labels = labels_of(3, {1, 1, 0});
  const auto gray = image_of<uint8_t>(3, {1, 2, 9});
  Image<uint8_t> gray_out(3, 1);
  paint_means<uint8_t>(gray.view(), labels.view(), 1, gray_out.into());
  CHECK(values(gray_out) == std::vector<uint8_t>{2, 2, 0});
  Image<sheaf::Rgb> colour(3, 1), colour_out(3, 1);
  colour(0, 0) = {10, 20, 30, 255};
  colour(1, 0) = {20, 40, 31, 255};
  paint_means<sheaf::Rgb>(colour.view(), labels.view(), 1, colour_out.into());
  CHECK(int(colour_out(1, 0).b) == 15);
  CHECK(int(colour_out(1, 0).g) == 30);
  CHECK(int(colour_out(1, 0).r) == 31);
  CHECK(int(colour_out(2, 0).r) == 0);
}

TEST_CASE("a boundary lies on the pixel whose right or lower neighbour has another label") {
  const auto labels = labels_of(3, {1, 1, 2, 1, 1, 2, 3, 3, 2});
  const auto image =
      pixels::make<uint16_t>(3, 3, [](int x, int y) { return static_cast<uint16_t>(1000 + 100 * (3 * y + x)); });
  Image<sheaf::Rgb> out(3, 3);
  draw_boundaries<uint16_t>(image.view(), labels.view(), out.into());
  std::vector<int> yellow;
  for (const sheaf::Rgb &p : values(out)) yellow.push_back(p.r == 255 && p.g == 255 && p.b == 0);
  CHECK(yellow == std::vector<int>{0, 1, 0, 1, 1, 0, 0, 1, 0});
  CHECK(int(out(0, 0).g) == 0);
  CHECK(int(out(2, 2).g) == 255);
  CHECK(int(out(2, 0).g) == 64);  // 200 of 800
}

TEST_CASE("a region in two pieces has one outline with two rings") {
  const auto labels = labels_of(5, {1, 0, 1, 2, 0, 0, 0, 0, 2, 0});
  const auto joined = join_outlines(outlines(labels.view()));
  REQUIRE(joined.size() == 2);
  CHECK(joined[0].label == 1);
  CHECK(joined[0].ring_ends == std::vector<int32_t>{4, 8});
  CHECK(joined[1].ring_ends == std::vector<int32_t>{4});
}
