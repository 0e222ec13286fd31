#include "align/refinement.hpp"

#include <catch2/catch.hpp>

#include "align/measures.hpp"
#include "scene.hpp"
#include "threads.hpp"

using namespace sheaf;
using namespace sheaf::align;

namespace {

constexpr int width = 120, height = 100;

RefineOptions options_of(RefineMethod method, double tolerance = 20) {
  RefineOptions options;
  options.method = method;
  options.difference.tolerance = tolerance;
  return options;
}

Refinement refined(const Plane &reference, const Plane &moving, const Transform &start, const RefineOptions &options) {
  const Refinement one = refine(reference, nullptr, moving, start, options, serial, never_stop);
  const Refinement four = refine(reference, nullptr, moving, start, options, on_threads(4), never_stop);
  CHECK(one.transform.m == four.transform.m);
  CHECK(one.evaluations == four.evaluations);
  return one;
}

}  // namespace

TEST_CASE("the homography of corner displacements moves the corners so") {
  const std::array<double, 8> d = {1, -2, 3, 0.5, -4, 2, 0.25, -1};
  const Transform t = from_corners(d, 61, 41);
  const double x[] = {0, 60, 60, 0}, y[] = {0, 0, 40, 40};
  for (int i = 0; i < 4; i++) {
    const Point p = t(x[i], y[i]);
    CHECK(p.x == Approx(x[i] + d[2 * i]).margin(1e-9));
    CHECK(p.y == Approx(y[i] + d[2 * i + 1]).margin(1e-9));
  }
  CHECK(corner_distance(from_corners({}, 61, 41), {}, 61, 41) < 1e-12);
}

TEST_CASE("the search finds translations in every direction", "[threads]") {
  const Scene scene(3);
  const Plane reference = scene.image(width, height, {}, 5, 1);
  for (const auto &[dx, dy] : std::vector<std::pair<int, int>>{{3, -2}, {-7, 0}, {0, 9}, {-4, -10}, {10, 10}}) {
    const Plane moving = scene.image(width, height, Transform::shift(dx, dy), 5, 2);
    const Refinement r = refined(reference, moving, {}, options_of(RefineMethod::translation));
    CHECK(r.improved);
    CHECK(r.transform.m == Transform::shift(dx, dy).m);
    CHECK(r.score.score > 0.95);
    CHECK(r.ncc_after > 0.97);
    CHECK(r.evaluations == 441);
  }
}

TEST_CASE("the search starts at the transform it is given") {
  const Scene scene(4);
  const Plane reference = scene.image(width, height), moving = scene.image(width, height, Transform::shift(14, -3));
  const Refinement r = refined(reference, moving, Transform::shift(9, 0), options_of(RefineMethod::translation));
  CHECK(r.transform.m == Transform::shift(14, -3).m);
  CHECK(r.moved == Approx(std::hypot(5, 3)));
}

TEST_CASE("gradient and evolution come closer to a homography than their start") {
  const Scene scene(5);
  for (const uint32_t seed : {11u, 12u, 13u}) {
    Draws draw(8, seed);
    std::array<double, 8> d;
    for (double &v : d) v = draw(-3, 3);
    const Transform truth = from_corners(d, width, height);
    const Plane reference = scene.image(width, height, {}, 3, 1), moving = scene.image(width, height, truth, 3, 2);
    const double start = mean_corner_error({}, truth, width, height);
    for (const RefineMethod method : {RefineMethod::gradient, RefineMethod::evolution})
      for (const Objective objective : {Objective::dd, Objective::ncc}) {
        RefineOptions options = options_of(method);
        options.objective = objective;
        const Refinement r = refined(reference, moving, {}, options);
        INFO(seed << " " << int(method) << " " << int(objective) << " from " << start);
        CHECK(r.improved);
        CHECK(mean_corner_error(r.transform, truth, width, height) < 0.25);
        CHECK(r.ncc_after > r.ncc_before);
      }
  }
}

TEST_CASE("a start that cannot be bettered is kept as it is") {
  const Scene scene(6);
  const Plane reference = scene.image(width, height, {}, 0),
              moving = scene.image(width, height, Transform::shift(4, 1));
  const Transform start = Transform::shift(4, 1);
  for (const RefineMethod method : {RefineMethod::translation, RefineMethod::gradient, RefineMethod::evolution}) {
    const Refinement r = refined(reference, moving, start, options_of(method));
    CHECK(mean_corner_error(r.transform, start, width, height) < 0.01);
    CHECK(r.ncc_after >= r.ncc_before);
  }
  // noise has nothing in common: whatever is found does no harm
  for (const uint32_t seed : {1u, 2u, 3u}) {
    const Plane other = Scene(70 + seed).image(width, height, {}, 40, seed);
    for (const RefineMethod method : {RefineMethod::translation, RefineMethod::gradient}) {
      const Refinement r = refined(reference, other, {}, options_of(method));
      CHECK(r.score.balance() >= 0);
      CHECK(r.ncc_after >= r.ncc_before);
    }
  }
}

TEST_CASE("images without anything to align are left alone") {
  Plane flat(width, height), missing(width, height);
  for (auto &p : missing.pixels) p = std::nanf("");
  const Plane image = Scene(1).image(width, height);
  for (const RefineMethod method : {RefineMethod::translation, RefineMethod::gradient, RefineMethod::evolution})
    for (const auto &[a, b] :
         std::vector<std::pair<const Plane *, const Plane *>>{{&flat, &image}, {&image, &flat}, {&missing, &image}}) {
      const Refinement r = refined(*a, *b, {}, options_of(method));
      CHECK(!r.improved);
      CHECK(r.transform.is_identity());
    }
}
