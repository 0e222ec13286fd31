#include <catch2/catch.hpp>

#include "align/dd.hpp"
#include "reference.hpp"
#include "scene.hpp"

using namespace sheaf;
using namespace sheaf::align;

namespace {

// A window into an 8-bit texture.
Plane window(const generated::Image &texture, int left, int top, int width, int height) {
  Plane plane(width, height);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) plane.row(y)[x] = static_cast<float>(texture(left + x, top + y) >> 8);
  return plane;
}

}  // namespace

TEST_CASE("the difference score of a transform is that of NumPy") {
  const auto &r = ::reference()["scores"];
  const int width = r["width"], height = r["height"];
  const auto texture = generated::texture(width + 8, height + 8, r["seed"]);
  const Plane still = window(texture, 4, 4, width, height);
  REQUIRE(r["cases"].size() == 8);
  for (const auto &c : r["cases"]) {
    INFO(c.dump());
    const Plane moving = window(texture, 4 - c["whole"][0].get<int>(), 4 - c["whole"][1].get<int>(), width, height);
    const Transform t = Transform::shift(c["dx"], c["dy"]);
    DifferenceOptions options;
    options.low = c["low"];
    options.high = c["high"];
    options.whole = c["rounded"];
    const DifferenceScore score = difference_score(still, nullptr, moving, t, options, serial);
    CHECK(score.count == c["count"].get<int64_t>());
    CHECK(score.score == Approx(c["score"].get<double>()).epsilon(1e-12));
  }
}

TEST_CASE("nothing changed scores a half, and a worse image scores below") {
  const Plane a = Scene(1).image(40, 40), far = Scene(1).image(40, 40, Transform::shift(6, 5));
  CHECK(difference_score(a, nullptr, a, {}, {}, serial).score == 0.5);
  CHECK(difference_score(a, nullptr, a, {}, {}, serial).count == 0);
  CHECK(difference_score(a, nullptr, a, Transform::shift(6, 5), {}, serial).score == 0);
  CHECK(difference_score(a, nullptr, far, Transform::shift(6, 5), {}, serial).score == 1);
}

TEST_CASE("scores look only inside the mask and where both images have data") {
  Plane a = Scene(2).image(40, 40), b = Scene(2).image(40, 40, Transform::shift(6, 5));
  Mask mask(1600);
  for (int y = 10; y < 20; y++)
    for (int x = 10; x < 25; x++) mask[y * 40 + x] = 1;
  const auto inside = difference_score(a, &mask, b, Transform::shift(6, 5), {}, serial);
  CHECK((inside.count > 0 && inside.count <= 150));
  for (auto &p : a.pixels) p = std::numeric_limits<float>::quiet_NaN();
  CHECK(difference_score(a, nullptr, b, Transform::shift(6, 5), {}, serial).count == 0);
}
