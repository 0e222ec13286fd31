#include "segment/agreement.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "pixels.hpp"

using namespace sheaf::segment;
using pixels::Image;

namespace {

// tests/data/segment/regenerate_agreement.py makes the same.
Image<uint32_t> blocks(int width, int height, uint32_t seed, int levels) {
  const auto t = generated::texture(width, height, seed, 3);
  return pixels::make<uint32_t>(width, height, [&](int x, int y) -> uint32_t {
    const int level = t(x, y) * levels / 65536;
    return level == 0 ? 0 : static_cast<uint32_t>(level + levels * (x / 20 + 5 * (y / 20)));
  });
}

}  // namespace

TEST_CASE("agreement is what scikit-image, scikit-learn and SciPy compute") {
  const auto reference = nlohmann::json::parse(std::ifstream(SHEAF_TEST_DATA "/segment/agreement.json")).at("cases");
  REQUIRE(reference.size() == 6);
  for (const auto &r : reference) {
    const auto a = blocks(71, 53, r.at("seeds")[0], r.at("levels")[0]),
               b = blocks(71, 53, r.at("seeds")[1], r.at("levels")[1]);
    const Agreement result = compare_labels(a.view(), b.view(), r.at("tolerance"));
    const auto number = [&](const char *name) { return r.at(name).get<double>(); };
    CHECK(result.objects == r.at("objects"));
    CHECK(result.reference_objects == r.at("reference_objects"));
    CHECK(result.dice == Approx(number("dice")).epsilon(1e-12));
    CHECK(result.iou == Approx(number("iou")).epsilon(1e-12));
    CHECK(result.adjusted_rand == Approx(number("adjusted_rand")).epsilon(1e-9).margin(1e-12));
    CHECK(result.vi_split == Approx(number("vi_split")).epsilon(1e-9).margin(1e-12));
    CHECK(result.vi_merge == Approx(number("vi_merge")).epsilon(1e-9).margin(1e-12));
    CHECK(result.boundary_f == Approx(number("boundary_f")).epsilon(1e-12));
    for (size_t i = 0; i < iou_steps; i++)
      CHECK(result.precision[i] == Approx(r.at("precision")[i].get<double>()).epsilon(1e-12));
  }
}

TEST_CASE("an image agrees with itself, whatever its numbers, and with nothing where there is nothing") {
  const auto a = blocks(40, 30, 3, 4);
  const auto renamed =
      pixels::make<uint32_t>(40, 30, [&](int x, int y) { return a(x, y) ? 4000000000u - a(x, y) : 0; });
  const Image<uint32_t> empty(40, 30);
  for (const Agreement &same :
       {compare_labels(a.view(), renamed.view(), 0), compare_labels(empty.view(), empty.view(), 0)}) {
    CHECK(same.dice == 1);
    CHECK(same.iou == 1);
    CHECK(same.adjusted_rand == 1);
    CHECK(same.boundary_f == 1);
    CHECK(same.vi_split == 0);
    CHECK(same.vi_merge == 0);
    CHECK(same.mean_precision() == Approx(1));
  }
  const Agreement none = compare_labels(empty.view(), a.view(), 2);
  CHECK(none.dice == 0);
  CHECK(none.boundary_f == 0);
  CHECK(none.mean_precision() == 0);
  CHECK(none.objects == 0);
}

TEST_CASE("a missing split counts as a merge, an additional one as a split") {
  const Image<uint32_t> one(8, 4, 1);
  const auto two = pixels::make<uint32_t>(8, 4, [](int x, int) { return x < 4 ? 1u : 2u; });
  const Agreement merged = compare_labels(one.view(), two.view(), 0), split = compare_labels(two.view(), one.view(), 0);
  CHECK(merged.vi_merge == 1);
  CHECK(merged.vi_split == 0);
  CHECK(split.vi_split == 1);
  CHECK(split.vi_merge == 0);
}
