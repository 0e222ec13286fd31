#include "align/patches.hpp"

#include <catch2/catch.hpp>

#include "plugin.hpp"
#include "scene.hpp"
#include "scratch.hpp"
#include "threads.hpp"

using namespace sheaf::align;

namespace {

constexpr int side = 256;

PatchOptions options_for(Model model) {
  PatchOptions options;
  options.model = model;
  return options;
}

std::string message(const std::function<void()> &f) {
  try {
    f();
  } catch (const sheaf::Error &e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("patches find the transform to a tenth of a pixel, of the negative too", "[threads]") {
  for (const Model model : {Model::translation, Model::rigid, Model::affine, Model::homography})
    for (uint32_t seed = 1; seed < 4; seed++) {
      const Scene scene(seed);
      const Transform truth = random_transform(model, side, side, 50 + seed);
      const Plane reference = scene.image(side, side, {}, 3, seed);
      Plane moving = scene.image(side, side, truth, 3, 10 + seed);
      for (const bool negative : {false, true}) {
        if (negative)
          for (auto &p : moving.pixels) p = 255 - p;
        const MatchEstimate e = estimate_by_patches(reference, nullptr, moving, options_for(model), on_threads(2));
        INFO(static_cast<int>(model) << " " << seed << " " << negative << ": " << e.reason);
        REQUIRE(e.found());
        CHECK(mean_corner_error(e.transform, truth, side, side) < (model == Model::homography ? 0.3 : 0.12));
      }
    }
}

TEST_CASE("a start tells patches where to look, whatever the rotation", "[threads]") {
  const Scene scene(4);
  const double c = std::cos(2.0), s = std::sin(2.0), m = (side - 1) / 2.0;
  const Transform truth = Transform::shift(m, m) * Transform{{c, -s, 4, s, c, -7, 0, 0, 1}} * Transform::shift(-m, -m);
  PatchOptions options = options_for(Model::rigid);
  options.start = Transform::shift(5, 3) * truth;
  const MatchEstimate e = estimate_by_patches(scene.image(side, side, {}, 3, 1), nullptr,
                                              scene.image(side, side, truth, 3, 2), options, on_threads(2));
  INFO(e.reason);
  REQUIRE(e.found());
  CHECK(mean_corner_error(e.transform, truth, side, side) < 0.1);
}

TEST_CASE("one thread and four match the same patches to the bit", "[threads]") {
  const Scene scene(5);
  const Plane a = scene.image(side, side, {}, 5, 1),
              b = scene.image(side, side, random_transform(Model::affine, side, side, 9), 5, 2);
  const auto one = match_patches(a, nullptr, b, options_for(Model::affine), sheaf::serial);
  const auto four = match_patches(a, nullptr, b, options_for(Model::affine), on_threads(4));
  REQUIRE(one.size() == four.size());
  CHECK(one.size() > 20);
  for (size_t i = 0; i < one.size(); i++) {
    CHECK(one[i].moving.x == four[i].moving.x);
    CHECK(one[i].moving.y == four[i].moving.y);
  }
}

TEST_CASE("images without structure have no patches to match") {
  const Plane blank(side, side);
  const MatchEstimate e =
      estimate_by_patches(blank, nullptr, Scene(1).image(side, side), options_for(Model::rigid), sheaf::serial);
  CHECK(e.reason == "0 matches found, 4 are needed");
}

TEST_CASE("matches made elsewhere are read from CSV and from DeepMatching's rows") {
  const Scratch scratch;
  const auto csv = read_matches(scratch.write("m.csv", "image,x1,y1,x2,y2\n2,1,2,3.5,4\n3,5,6,7,8\n"));
  REQUIRE(csv.size() == 2);
  CHECK(csv[0].image == 2);
  CHECK(csv[0].match.reference.y == 2);
  CHECK(csv[0].match.moving.x == 3.5);
  const auto deep = read_matches(scratch.write("m.txt", "4 4 5.5 6 2.5 0\n12 4 13 6 1.5 1\n"));
  REQUIRE(deep.size() == 2);
  CHECK(deep[1].image == 0);
  CHECK(deep[1].match.moving.x == 13);
  CHECK(message([&] { read_matches(scratch.write("m.csv", "x1,y1,x2\n1,2,3\n")); }) ==
        "matches: the table has no column y2; accepted: x1,y1,x2,y2 and image");
  CHECK(message([&] { read_matches(scratch.write("m.csv", "x1,y1,x2,y2\n1,2,3,a\n")); }) ==
        "matches: row 1 has no number in y2 (a)");
  CHECK(message([&] { read_matches(scratch.write("m.txt", "4 4 5\n")); }) ==
        "matches: line 1 needs the numbers x1 y1 x2 y2");
}
