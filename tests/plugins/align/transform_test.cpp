#include "align/transform.hpp"

#include <catch2/catch.hpp>

#include "align/resample.hpp"
#include "scene.hpp"

using namespace sheaf::align;

TEST_CASE("a transform times its inverse is the identity") {
  for (const Model model : {Model::translation, Model::rigid, Model::similarity, Model::affine, Model::homography})
    for (uint32_t seed = 0; seed < 10; seed++) {
      const Transform t = random_transform(model, 200, 100, seed);
      CHECK(corner_distance(t * inverse(t), {}, 200, 100) < 1e-9);
      CHECK(corner_distance(inverse(t) * t, {}, 200, 100) < 1e-9);
    }
}

TEST_CASE("shift, angle and scale describe the image's centre") {
  const double c = 1.5 * std::cos(0.3), s = 1.5 * std::sin(0.3);
  const Transform about_centre =
      Transform::shift(50 + 4, 30 - 2) * Transform{{c, -s, 0, s, c, 0, 0, 0, 1}} * Transform::shift(-50, -30);
  const Description d = describe(about_centre, 101, 61);
  CHECK(d.shift_x == Approx(4));
  CHECK(d.shift_y == Approx(-2));
  CHECK(d.angle == Approx(0.3 * 180 / std::numbers::pi));
  CHECK(d.scale == Approx(1.5));
}

TEST_CASE("the description of a homography is that of its derivative at the centre") {
  const Transform t = random_transform(Model::homography, 101, 61, 3);
  const Description d = describe(t, 101, 61);
  const double h = 1e-4;
  const Point p = t(50, 30), px = t(50 + h, 30), py = t(50, 30 + h);
  const double a = (px.x - p.x) / h, b = (py.x - p.x) / h, c = (px.y - p.y) / h, e = (py.y - p.y) / h;
  CHECK(d.shift_x == Approx(p.x - 50));
  CHECK(d.shift_y == Approx(p.y - 30));
  CHECK(d.angle == Approx(std::atan2(c, a) * 180 / std::numbers::pi).epsilon(1e-4));
  CHECK(d.scale == Approx(std::sqrt(std::abs(a * e - b * c))).epsilon(1e-6));
}

TEST_CASE("columns_inside finds exactly the columns that a transform maps inside") {
  const int width = 37, height = 23;
  for (const Model model : {Model::translation, Model::rigid, Model::affine, Model::homography})
    for (uint32_t seed = 0; seed < 20; seed++) {
      const Transform t = random_transform(model, width, height, seed);
      for (int y = 0; y < height; y++) {
        const Interval columns = columns_inside(t, y, {0, width - 1}, 0, 0, width - 1, height - 1);
        for (int x = 0; x < width; x++) {
          const Point p = t(x, y);
          const bool inside = p.x >= 0 && p.x <= width - 1 && p.y >= 0 && p.y <= height - 1;
          CHECK(inside == (x >= columns.first && x <= columns.last));
        }
      }
    }
}

TEST_CASE("the identity and whole shifts lose no column to rounding") {
  const Interval all = columns_inside({}, 4, {0, 9}, 0, 0, 9, 4);
  CHECK((all.first == 0 && all.last == 9));
  const Interval moved = columns_inside(Transform::shift(2 + 1e-12, 0), 0, {0, 9}, 0, 0, 9, 4);
  CHECK((moved.first == 0 && moved.last == 7));
}

TEST_CASE("folding, vanishing and infinite transforms are not plausible") {
  CHECK(is_plausible({}, 100, 80));
  CHECK(is_plausible(random_transform(Model::homography, 100, 80, 1), 100, 80));
  CHECK_FALSE(is_plausible({{-1, 0, 99, 0, 1, 0, 0, 0, 1}}, 100, 80));
  CHECK_FALSE(is_plausible({{0.05, 0, 0, 0, 0.05, 0, 0, 0, 1}}, 100, 80));
  CHECK_FALSE(is_plausible({{1, 0, 0, 0, 1, 0, -0.02, 0, 1}}, 100, 80));
  CHECK_FALSE(is_plausible({{std::nan(""), 0, 0, 0, 1, 0, 0, 0, 1}}, 100, 80));
}

TEST_CASE("the common rectangle is the largest that all images cover") {
  const Transform right = Transform::shift(5, 0), down = Transform::shift(0, -3.5);
  const Rectangle r = common_rectangle(std::array{Transform{}, right, down}, 40, 30, [] {});
  CHECK((r.x == 0 && r.y == 4 && r.width == 35 && r.height == 26));
  const Rectangle none = common_rectangle(std::array{Transform::shift(50, 0)}, 40, 30, [] {});
  CHECK(none.width == 0);

  // every pixel of it is covered, and no wider or higher one at its place would be
  const Transform turned = random_transform(Model::rigid, 40, 30, 5);
  const Rectangle t = common_rectangle(std::array{turned, right}, 40, 30, [] {});
  auto covered = [&](int x, int y) {
    for (const Transform &m : {turned, right}) {
      const Point p = m(x, y);
      if (p.x < 0 || p.y < 0 || p.x > 39 || p.y > 29) return false;
    }
    return true;
  };
  REQUIRE(t.width > 10);
  for (int y = t.y; y < t.y + t.height; y++)
    for (int x = t.x; x < t.x + t.width; x++) CHECK(covered(x, y));
}
