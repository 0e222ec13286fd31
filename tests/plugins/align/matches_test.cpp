#include "align/matches.hpp"

#include <catch2/catch.hpp>

#include "scene.hpp"

using namespace sheaf::align;

namespace {

constexpr int width = 400, height = 300;
constexpr Model models[] = {Model::translation, Model::rigid, Model::similarity, Model::affine, Model::homography};

// Points that follow the transform within +-noise, then points that follow nothing.
std::vector<Match> matches(const Transform &t, int good, int bad, double noise, uint32_t seed) {
  Draws draw(4 * (good + bad), seed);
  std::vector<Match> all;
  for (int i = 0; i < good + bad; i++) {
    const Point p{draw(0, width), draw(0, height)};
    const double u = draw(), v = draw();
    Point q = t(p.x, p.y);
    if (i < good) q = {q.x + noise * (2 * u - 1), q.y + noise * (2 * v - 1)};
    else q = {u * width, v * height};
    all.push_back({p, q});
  }
  return all;
}

}  // namespace

TEST_CASE("exact matches give every model's transform back") {
  for (const Model model : models)
    for (uint32_t seed = 1; seed < 6; seed++) {
      const Transform truth = random_transform(model, width, height, seed);
      Transform t;
      REQUIRE(fit(model, matches(truth, 20, 0, 0, seed), {}, t));
      CHECK(corner_distance(t, truth, width, height) < 1e-8);
    }
}

TEST_CASE("points on one line or at one place determine no affine transform and no homography") {
  std::vector<Match> line, spot;
  for (int i = 0; i < 9; i++) {
    line.push_back({{10.0 * i, 5.0 * i}, {10.0 * i + 3, 5.0 * i + 1}});
    spot.push_back({{50, 50}, {60, 60}});
  }
  Transform t;
  for (const Model model : {Model::affine, Model::homography}) {
    CHECK_FALSE(fit(model, line, {}, t));
    CHECK_FALSE(fit(model, spot, {}, t));
  }
  CHECK_FALSE(fit(Model::similarity, spot, {}, t));
}

TEST_CASE("the transform that most matches agree on is found among three times as many false ones") {
  for (const Model model : models) {
    const Transform truth = random_transform(model, width, height, 17);
    RobustOptions options;
    options.model = model;
    const MatchEstimate e = agree(matches(truth, 100, 300, 0.2, 4), width, height, options);
    INFO(e.reason);
    REQUIRE(e.found());
    CHECK(e.matches == 400);
    CHECK(e.inliers >= 100);
    CHECK(e.inliers < 115);
    CHECK(e.error < 1);
    CHECK(mean_corner_error(e.transform, truth, width, height) < (model == Model::homography ? 0.4 : 0.15));
  }
}

TEST_CASE("the same matches and seed give the same transform to the bit") {
  const auto all = matches(random_transform(Model::affine, width, height, 3), 60, 200, 0.5, 8);
  const MatchEstimate a = agree(all, width, height, {}), b = agree(all, width, height, {});
  CHECK(a.transform.m == b.transform.m);
  CHECK(a.inliers == b.inliers);
}

TEST_CASE("matches that cannot be trusted give the identity and a reason") {
  const auto reason = [](const std::vector<Match> &m, Model model) {
    RobustOptions options;
    options.model = model;
    const MatchEstimate e = agree(m, width, height, options);
    CHECK_FALSE(e.found());
    CHECK(e.transform.is_identity());
    return e.reason;
  };
  CHECK(reason({}, Model::affine) == "0 matches found, 4 are needed");
  CHECK(reason(matches({}, 1, 0, 0, 1), Model::translation) == "1 match found, 4 are needed");
  CHECK(reason(matches({}, 6, 0, 0, 1), Model::rigid) == "6 of 6 matches agree, 8 are needed");
  // mirrored
  CHECK(reason(matches({{-1, 0, 300, 0, 1, 0, 0, 0, 1}}, 50, 0, 0, 1), Model::affine).find("folds the image") !=
        std::string::npos);
  // a twentieth in each direction: 1/400 of the area
  CHECK(reason(matches({{0.05, 0, 100, 0, 0.05, 100, 0, 0, 1}}, 50, 0, 0, 1), Model::homography).find("area") !=
        std::string::npos);
  CHECK_FALSE(reason(matches({}, 0, 400, 0, 5), Model::affine).empty());
  // thirty matches at three structures
  std::vector<Match> clusters;
  for (int i = 0; i < 30; i++) {
    const double x = 50 + 120 * (i % 3) + 0.05 * i, y = i % 3 == 1 ? 200 : 60;
    clusters.push_back({{x, y}, {x + 7, y - 3}});
  }
  CHECK(reason(clusters, Model::affine) == "30 of 30 matches agree, but at 3 places only");
}

TEST_CASE("a model that is too poor for most matches is doubted, and the poorest one that is not is named") {
  const auto doubt = [](const std::vector<Match> &all, Model model) {
    RobustOptions options;
    options.model = model;
    MatchEstimate e = agree(all, width, height, options);
    compare_with_richer(e, all, width, height, options);
    INFO(e.reason);
    return e.doubt;
  };
  // the plane leans by a factor of two from edge to edge
  const Transform steep{{0.9, 0.1, 20, -0.1, 1, 5, 1e-3, 3e-4, 1}};
  const auto seen = matches(steep, 150, 60, 0.3, 2);
  for (const Model model : {Model::rigid, Model::similarity, Model::affine})
    CHECK(doubt(seen, model).find("choose model=homography") != std::string::npos);
  CHECK(doubt(seen, Model::affine).find("homography explains 15") == 0);
  CHECK(doubt(seen, Model::homography).empty());

  const auto larger = matches({{1.2, 0, 0, 0, 1.2, 0, 0, 0, 1}}, 150, 60, 0.3, 3);
  for (const Model model : {Model::translation, Model::rigid})
    CHECK(doubt(larger, model).find("choose model=similarity") != std::string::npos);

  // no doubt where the model is right, however many matches are false, or only a little too poor
  for (const Model model : models)
    CHECK(doubt(matches(random_transform(model, width, height, 5), 100, 300, 0.3, 6), model).empty());
  CHECK(doubt(matches({{1.005, 0, 0, 0, 1.005, 0, 0, 0, 1}}, 150, 60, 0.3, 3), Model::rigid).empty());
  // nothing agrees with anything
  CHECK(doubt(matches({}, 0, 100, 0, 7), Model::affine).empty());
}

TEST_CASE("the error of the corners is what the errors of the matches let one expect") {
  for (const Model model : models) {
    double expected = 0, found = 0, near = 0;
    const int trials = 60;
    for (uint32_t seed = 1; seed <= trials; seed++) {
      const Transform truth = random_transform(model, width, height, seed);
      const auto all = matches(truth, 30, 0, 1, 1000 + seed);
      RobustOptions options;
      options.model = model;
      MatchEstimate e = agree(all, width, height, options);
      REQUIRE(e.found());
      expected += corner_error(e, model, width, height) / trials;
      found += mean_corner_error(e.transform, truth, width, height) / trials;
      // the same errors in a quarter of the width and height tell the corners less
      for (Match &m : e.agreeing) m.reference = {m.reference.x / 4, m.reference.y / 4};
      near += corner_error(e, model, width, height) / trials;
    }
    INFO(name_of(model));
    CHECK(expected == Approx(found).epsilon(0.3));
    if (model == Model::translation) CHECK(near == Approx(expected));
    else CHECK(near > 2 * expected);
  }
}
