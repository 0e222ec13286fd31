// align.bilinear beside TurboReg's bilinear model (tests/data/align/regenerate_bilinear.py).
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>

#include "align/transforms.hpp"
#include "operation.hpp"
#include "plugins/align/scene.hpp"

using operation::Json;
using pixels::Image;
using sheaf::align::Bilinear;
using testing::Client;

namespace {

Bilinear bilinear_from(const Json &rows) {
  return {rows.at(0).get<std::array<double, 4>>(), rows.at(1).get<std::array<double, 4>>()};
}

Bilinear found(const Client &client, size_t row) {
  Bilinear b;
  for (size_t i = 0; i < 4; i++) {
    b.x[i] = client.column("bilinear", ("bx" + std::to_string(i)).c_str()).numbers.at(row);
    b.y[i] = client.column("bilinear", ("by" + std::to_string(i)).c_str()).numbers.at(row);
  }
  return b;
}

// Mean distance between where a and b map the corners.
double corner_error(const Bilinear &a, const Bilinear &b, int side) {
  double sum = 0;
  for (const double x : {0.0, side - 1.0})
    for (const double y : {0.0, side - 1.0}) {
      const auto p = a(x, y), q = b(x, y);
      sum += std::hypot(p.x - q.x, p.y - q.y) / 4;
    }
  return sum;
}

}  // namespace

TEST_CASE("bent images are found as TurboReg finds them, to a fiftieth of a pixel") {
  const Json numbers = Json::parse(std::ifstream(SHEAF_TEST_DATA "/align/bilinear.json"));
  const int side = numbers.at("side");
  const double noise = numbers.at("noise");
  for (const Json &c : numbers.at("cases")) {
    const uint32_t seed = c.at("seed");
    INFO(seed);
    const Bilinear truth = bilinear_from(c.at("truth")), theirs = bilinear_from(c.at("turboreg"));
    const Scene scene(seed);
    const auto still = scene.image(side, side), moving = scene.image(side, side, {}, noise, 100 + seed);
    const auto noisy = scene.image(side, side, {}, noise, 200 + seed);
    const auto reference = pixels::make<float>(side, side, [&](int x, int y) {
      const auto p = truth(x, y);
      return static_cast<float>(scene(p.x, p.y)) + noisy.row(y)[x] - still.row(y)[x];
    });
    const auto image = pixels::make<float>(side, side, [&](int x, int y) { return moving.row(y)[x]; });
    const Client client =
        operation::run("sheaf_align", "align.bilinear", operation::collection(std::vector{reference, image}));
    const Bilinear ours = found(client, 1);
    CAPTURE(corner_error(ours, truth, side), corner_error(theirs, truth, side));
    CHECK(client.column("bilinear", "status").texts.at(1) == "ok");
    CHECK(corner_error(ours, truth, side) < 0.02);
    CHECK(corner_error(ours, theirs, side) < 0.02);
  }
}

TEST_CASE("the reason of a failure has the numbers of the row, and the log names the image") {
  const int side = 160;
  // both show the same in a corner only
  const auto first = Scene(1).image(side, side), other = Scene(99).image(side, side);
  const auto image_of = [&](int common) {
    return pixels::make<float>(side, side,
                               [&](int x, int y) { return (x < common && y < common ? first : other).row(y)[x]; });
  };
  const Client client =
      operation::run("sheaf_align", "align.bilinear", operation::collection(std::vector{image_of(side), image_of(56)}));
  CHECK(client.column("bilinear", "status").texts.at(1) == "no_match");
  const auto number = [&](const char *name) {
    return std::to_string(static_cast<int>(client.column("bilinear", name).numbers.at(1)));
  };
  const std::string reason = client.column("bilinear", "reason").texts.at(1);
  INFO(reason);
  CHECK(reason.find(number("inliers") + " of " + number("matches") + " match") == 0);
  REQUIRE(client.logs.size() == 1);
  CHECK(client.logs[0].second == "1 of 2 images has no reliable transform: 2 (no_match); the table says why");
}

TEST_CASE("negatives are bent onto each other, although their correlation falls") {
  const int side = 160;
  const Bilinear truth{{2, 1.01, 0.005, 2e-5}, {-1.5, -0.004, 0.995, -1e-5}};
  const Scene scene(3);
  const auto reference = pixels::make<float>(side, side, [&](int x, int y) {
    const auto p = truth(x, y);
    return static_cast<float>(scene(p.x, p.y));
  });
  const auto negative =
      pixels::make<float>(side, side, [&](int x, int y) { return 255 - static_cast<float>(scene(x, y)); });
  const Client client =
      operation::run("sheaf_align", "align.bilinear", operation::collection(std::vector{reference, negative}));
  CHECK(client.column("bilinear", "status").texts.at(1) == "ok");
  CHECK(client.column("bilinear", "reason").texts.at(1).empty());
  CHECK(corner_error(found(client, 1), truth, side) < 0.1);
}
