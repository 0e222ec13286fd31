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
