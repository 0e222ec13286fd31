#include "segment/outline.hpp"

#include <catch2/catch.hpp>

#include "pixels.hpp"

using namespace sheaf::segment;
using pixels::Image;

namespace {

std::vector<Outline> outlines_of(Image<uint32_t> labels) {
  const Kept kept = keep_components(labels.into(), {}, {});
  return outlines(kept, labels.width, labels.height);
}

// Even-odd rule at a pixel's centre, over all rings.
bool contains(const Outline &o, double px, double py) {
  bool inside = false;
  int begin = 0;
  for (const int end : o.ring_ends) {
    for (int i = begin, j = end - 1; i < end; j = i++) {
      const double xi = o.xy[2 * i], yi = o.xy[2 * i + 1], xj = o.xy[2 * j], yj = o.xy[2 * j + 1];
      if ((yi > py) != (yj > py) && px < (xj - xi) * (py - yi) / (yj - yi) + xi) inside = !inside;
    }
    begin = end;
  }
  return inside;
}

}  // namespace

TEST_CASE("a pixel's outline is its square") {
  Image<uint32_t> labels(3, 3);
  labels(1, 1) = 7;
  const auto all = outlines_of(labels);
  REQUIRE(all.size() == 1);
  CHECK(all[0].label == 7);
  CHECK(all[0].ring_ends == std::vector<int32_t>{4});
  CHECK(all[0].xy == std::vector<float>{2, 1, 2, 2, 1, 2, 1, 1});
}

TEST_CASE("a ring has a hole, and the object in it an outline of its own") {
  const auto labels = pixels::make<uint32_t>(7, 7, [](int x, int y) {
    const int d = std::max(std::abs(x - 3), std::abs(y - 3));
    return uint32_t(d == 0 || d == 2);
  });
  const auto all = outlines_of(labels);
  REQUIRE(all.size() == 2);
  CHECK(all[0].ring_ends == std::vector<int32_t>{4, 8});
  CHECK(all[1].ring_ends == std::vector<int32_t>{4});
}

TEST_CASE("pixels that meet at a corner share one ring") {
  Image<uint32_t> labels(2, 2);
  labels(0, 0) = labels(1, 1) = 1;
  const auto all = outlines_of(labels);
  REQUIRE(all.size() == 1);
  CHECK(all[0].ring_ends == std::vector<int32_t>{8});
}

TEST_CASE("a straight side has no corners within") {
  const auto all = outlines_of(Image<uint32_t>(40, 30, 1));
  REQUIRE(all.size() == 1);
  CHECK(all[0].xy.size() == 8);
}

TEST_CASE("outlines contain exactly the pixels of their objects") {
  for (const uint32_t seed : {1u, 2u, 3u, 4u})
    for (const int classes : {2, 3}) {
      const auto image = pixels::texture<uint8_t>(41, 33, seed, 1);
      const auto labels =
          pixels::make<uint32_t>(41, 33, [&](int x, int y) { return uint32_t(image(x, y) * classes / 256); });
      const auto all = outlines_of(labels);
      const Components components(labels.view(), Join::same_label);
      REQUIRE(all.size() == static_cast<size_t>(components.count()));
      int wrong = 0;
      for (const Span &s : components.spans())
        for (int x = s.begin; x < s.end; x++)
          for (size_t i = 0; i < all.size(); i++)
            wrong += contains(all[i], x + 0.5, s.y + 0.5) != (static_cast<int>(i) == s.component);
      CHECK(wrong == 0);
    }
}
