#include "segment/slic.hpp"

#include <catch2/catch.hpp>
#include <numeric>

#include "pixels.hpp"

using namespace sheaf::segment;
using pixels::Image;

namespace {

constexpr int width = 97, height = 61;

template <class T>
Image<uint32_t> superpixels(const Image<T> &image, const SlicOptions &options, Mask mask = {},
                            const sheaf::Parallel &parallel = sheaf::serial) {
  Planes planes;
  make_planes(image.view(), mask, Space::lab, planes, parallel);
  Image<uint32_t> labels(image.width, image.height);
  slic(planes, options, labels.into(), parallel);
  return labels;
}

std::vector<int64_t> areas(const Image<uint32_t> &labels) {
  std::vector<int64_t> area;
  for (int y = 0; y < labels.height; y++)
    for (int x = 0; x < labels.width; x++) {
      area.resize(std::max(area.size(), size_t{labels(x, y)} + 1));
      area[labels(x, y)]++;
    }
  return area;
}

bool same(const Image<uint32_t> &a, const Image<uint32_t> &b) {
  for (int y = 0; y < a.height; y++)
    for (int x = 0; x < a.width; x++)
      if (a(x, y) != b(x, y)) return false;
  return true;
}

void backwards(int64_t count, const std::function<void(int64_t)> &body) {
  for (int64_t i = count; i-- > 0;) body(i);
}

}  // namespace

TEST_CASE("every region is connected by edges and not too small, and all pixels have one") {
  const auto image = pixels::colour_texture(width, height, 3);
  for (const auto method : {Superpixels::slic, Superpixels::slico, Superpixels::mslic}) {
    SlicOptions options;
    options.method = method;
    options.size = 10;
    const auto labels = superpixels(image, options);
    const auto area = areas(labels);
    CHECK(area[0] == 0);
    CHECK(Components(labels.view(), Join::same_label_edges).count() == static_cast<int>(area.size()) - 1);
    CHECK(*std::min_element(area.begin() + 1, area.end()) >= 24);
    const double mean = double(width) * height / (static_cast<double>(area.size()) - 1);
    CHECK(mean > 70);
    CHECK(mean < 130);
  }
}

TEST_CASE("the order in which strips are computed changes nothing") {
  const auto image = pixels::colour_texture(width, height, 5);
  for (const auto method : {Superpixels::slic, Superpixels::slico, Superpixels::mslic}) {
    SlicOptions options;
    options.method = method;
    options.size = 8;
    CHECK(same(superpixels(image, options), superpixels(image, options, {}, backwards)));
  }
}

TEST_CASE("regions follow an edge that the grid does not") {
  const auto image =
      pixels::make<uint16_t>(64, 64, [](int x, int y) -> uint16_t { return x + y / 3 < 37 ? 300 : 900; });
  SlicOptions options;
  options.size = 16;
  const auto labels = superpixels(image, options);
  for (int y = 0; y < 64; y++)
    for (int x = 0; x + 1 < 64; x++)
      if (image(x, y) != image(x + 1, y)) REQUIRE(labels(x, y) != labels(x + 1, y));
}

TEST_CASE("gray counts by its range: offset and scale change no label") {
  const auto a = pixels::texture<uint8_t>(width, height, 9);
  const auto b = pixels::make<float>(width, height, [&](int x, int y) { return a(x, y) * 4.0f - 100; });
  CHECK(same(superpixels(a, {.size = 9}), superpixels(b, {.size = 9})));
}

TEST_CASE("what is outside the mask or NaN gets label 0 and joins no region") {
  auto image = pixels::texture<float>(width, height, 4);
  const auto mask = pixels::disk(width, height, 25);
  image(width / 2, height / 2) = std::numeric_limits<float>::quiet_NaN();
  image(width / 2 + 3, height / 2) = std::numeric_limits<float>::infinity();
  const auto labels = superpixels(image, {.size = 7}, mask.view());
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      REQUIRE((labels(x, y) == 0) == (mask(x, y) == 0 || (x == width / 2 && y == height / 2)));
}

TEST_CASE("the smallest images, and images without contrast, are divided as well") {
  for (const auto method : {Superpixels::slic, Superpixels::slico, Superpixels::mslic}) {
    SlicOptions options;
    options.method = method;
    CHECK(superpixels(Image<uint8_t>(1, 1, 7), options)(0, 0) == 1);
    options.size = 4;
    CHECK(areas(superpixels(Image<uint8_t>(16, 1, 7), options)).size() == 5);
    CHECK(areas(superpixels(Image<uint8_t>(16, 16, 7), options)).size() == 17);
    options.size = 1;
    CHECK(areas(superpixels(Image<uint8_t>(5, 4, 7), options)).size() == 21);
  }
}

TEST_CASE("a small piece joins the touching region whose colour is closest") {
  const auto image = pixels::make<uint8_t>(9, 3, [](int x, int) -> uint8_t { return x < 4 ? 0 : x < 5 ? 90 : 100; });
  Planes planes;
  make_planes(image.view(), {}, Space::lab, planes);
  auto labels = pixels::make<uint32_t>(9, 3, [](int x, int) { return x < 4 ? 5u : x < 5 ? 9u : 5u; });
  CHECK(enforce_connectivity(planes, 4, labels.into()) == 2);
  CHECK(labels(3, 1) == 1);
  CHECK(labels(4, 1) == 2);
  CHECK(labels(8, 1) == 2);
}
