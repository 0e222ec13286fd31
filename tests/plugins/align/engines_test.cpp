// align.register by features, patches and matches, and the transforms it saves, through sheaf.h.
#include <catch2/catch.hpp>
#include <cmath>

#include "operation.hpp"
#include "plugins/align/scene.hpp"
#include "plugins/align/scratch.hpp"

using operation::Json;
using pixels::Image;
using sheaf::align::Transform;
using testing::Client;

namespace {

constexpr int side = 200;

Transform turned(double degrees, double dx, double dy) {
  const double a = degrees * std::numbers::pi / 180, c = std::cos(a), s = std::sin(a), m = (side - 1) / 2.0;
  return Transform::shift(m + dx, m + dy) * Transform{{c, -s, 0, s, c, 0, 0, 0, 1}} * Transform::shift(-m, -m);
}

Image<uint16_t> view(uint32_t scene, const Transform &t, uint32_t seed) {
  const auto plane = Scene(scene).image(side, side, t, 3, seed);
  return pixels::make<uint16_t>(side, side, [&](int x, int y) {
    return static_cast<uint16_t>(std::lround(std::clamp(100 * plane.row(y)[x], 0.0f, 65535.0f)));
  });
}

Client aligned(const std::vector<Image<uint16_t>> &images, const Json &params) {
  return operation::run("sheaf_align", "align.register", operation::collection(images), params);
}

double error(const Client &client, size_t row, const Transform &truth) {
  Transform t;
  static constexpr const char *names[] = {"m00", "m01", "m02", "m10", "m11", "m12", "m20", "m21", "m22"};
  for (size_t e = 0; e < 9; e++) t.m[e] = client.column("alignment", names[e]).numbers.at(row);
  return mean_corner_error(t, truth, side, side);
}

}  // namespace

TEST_CASE("features and patches align a chain over a blank image") {
  const Transform second = turned(25, 12, -9), third = turned(-50, 3, 4);
  const std::vector images = {view(1, {}, 1), view(1, second, 2), Image<uint16_t>(side, side, 5), view(1, third, 3)};
  for (const Json &engine :
       {Json{{"engine", "features"}, {"detector", "sift"}}, Json{{"engine", "features"}, {"detector", "orb"}},
        Json{{"engine", "features"}, {"detector", "akaze"}}, Json{{"engine", "patches"}}}) {
    INFO(engine.dump());
    const Client client = aligned(images, engine);
    const auto &status = client.column("alignment", "status").texts;
    CHECK(status == std::vector<std::string>{"reference", "ok", "degenerate", "ok"});
    CHECK(error(client, 1, second) < 0.2);
    CHECK(error(client, 3, third) < 0.3);
    CHECK(client.column("alignment", "inliers").numbers.at(1) >= 8);
    CHECK(client.column("alignment", "matches").numbers.at(1) >= client.column("alignment", "inliers").numbers.at(1));
    CHECK(std::isnan(client.column("alignment", "inliers").numbers.at(0)));
  }
}

TEST_CASE("images that show something else keep their place, and the table says why") {
  const std::vector images = {view(1, {}, 1), view(99, {}, 2)};
  for (const char *engine : {"intensity", "features", "patches"}) {
    const Client client = aligned(images, {{"engine", engine}, {"reference", "first"}});
    INFO(engine);
    CHECK(client.column("alignment", "status").texts.at(1) == "no_match");
    CHECK_FALSE(client.column("alignment", "reason").texts.at(1).empty());
    CHECK(client.logs ==
          std::vector<std::pair<int, std::string>>{{SHEAF_LOG_WARNING,
                                                    "1 of 2 images has no reliable transform: 2 (no_match); the table "
                                                    "says why"}});
    CHECK(error(client, 1, {}) == 0);
  }
}

TEST_CASE("features refuse a model that is too poor, and say which one is not") {
  const Transform steep{{0.9, 0.1, 10, -0.1, 1, 5, 2e-3, 6e-4, 1}};
  const std::vector images = {view(1, {}, 1), view(1, steep, 2)};
  const Client poor = aligned(images, {{"engine", "features"}, {"model", "affine"}});
  CHECK(poor.column("alignment", "status").texts.at(1) == "rejected");
  CHECK(poor.column("alignment", "reason").texts.at(1).find("choose model=homography") != std::string::npos);
  CHECK(error(poor, 1, {}) == 0);
  const Client kept = aligned(images, {{"engine", "features"}, {"model", "affine"}, {"on_failure", "keep"}});
  CHECK(kept.column("alignment", "status").texts.at(1) == "rejected");
  CHECK(error(kept, 1, {}) > 1);
  const Client rich = aligned(images, {{"engine", "features"}, {"model", "homography"}});
  CHECK(rich.column("alignment", "status").texts.at(1) == "ok");
  CHECK(rich.column("alignment", "reason").texts.at(1).empty());
  CHECK(rich.logs.empty());
  CHECK(std::isnan(rich.column("alignment", "match").numbers.at(1)));
  CHECK(error(rich, 1, steep) < 0.3);
}

TEST_CASE("features can say where intensities begin") {
  const Transform truth = turned(-140, 20, 10);
  const Client client = aligned({view(1, {}, 1), view(1, truth, 2)}, {{"start", "features"}, {"model", "rigid"}});
  CHECK(client.column("alignment", "status").texts.at(1) == "ok");
  CHECK(error(client, 1, truth) < 0.05);
  CHECK(std::isnan(client.column("alignment", "inliers").numbers.at(1)));
}

TEST_CASE("matches from a file move the images they are for") {
  const Scratch scratch;
  const Transform truth = turned(10, 5, 2);
  std::string table = "image,x1,y1,x2,y2\n";
  for (int i = 0; i < 20; i++) {
    const double x = 10 + 37 * i % 180, y = 10 + 53 * i % 170;
    const auto p = truth(x, y);
    table += "2," + std::to_string(x) + "," + std::to_string(y) + "," + std::to_string(p.x) + "," +
             std::to_string(p.y) + "\n";
  }
  table += "3,1,1,5,5\n3,2,2,6,6\n";
  const std::vector images = {view(1, {}, 1), view(1, truth, 2), view(1, truth, 3)};
  const Json params = {{"engine", "matches"}, {"matches", scratch.write("m.csv", table)}, {"reference", "first"}};
  const Client client = aligned(images, params);
  CHECK(client.column("alignment", "status").texts == std::vector<std::string>{"reference", "ok", "no_match"});
  CHECK(error(client, 1, truth) < 1e-3);
  CHECK(client.column("alignment", "reason").texts.at(2) == "2 matches found, 4 are needed");
  CHECK(operation::outcome("sheaf_align", "align.register", operation::collection(images), {{"engine", "matches"}})
            .find("matches: no file given") != std::string::npos);
}

TEST_CASE("what align.register saves, align.apply does again") {
  const Scratch scratch;
  const std::vector images = {view(1, {}, 1), view(1, turned(3, 4, -2), 2), view(1, turned(5, 9, 1), 3)};
  for (const char *name : {"t.json", "t.csv", "t.txt"}) {
    INFO(name);
    const Client client = aligned(images, {{"model", "affine"}, {"save", scratch.path(name)}});
    const Client again = operation::run("sheaf_align", "align.apply", operation::collection(images),
                                        {{"transforms", scratch.path(name)}});
    for (int64_t n = 0; n < 3; n++) {
      const auto a = operation::image<uint16_t>(client, "aligned", n),
                 b = operation::image<uint16_t>(again, "transformed", n);
      // MultiStackReg's format keeps points, not matrices
      int64_t different = 0;
      for (size_t i = 0; i < a.size(); i++)
        different += std::abs(int{a[i]} - int{b[i]}) > (std::string(name) == "t.txt");
      CHECK(different <= (std::string(name) == "t.txt" ? side : 0));
    }
  }
}

TEST_CASE("align.register plots the drift where it is asked to") {
  const Client client =
      aligned({view(1, {}, 1), view(1, Transform::shift(4, -3), 2)}, {{"model", "translation"}, {"drift", true}});
  REQUIRE(client.plots.size() == 3);
  CHECK(client.plots[0].at("name") == "drift_x");
  CHECK(client.plots[0].at("y")[1].get<double>() == Approx(4).margin(0.05));
  CHECK(client.plots[1].at("y")[1].get<double>() == Approx(-3).margin(0.05));
  CHECK(client.plots[2].at("y")[1].get<double>() == 0);
}
