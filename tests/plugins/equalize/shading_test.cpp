// Parity of the smooth fields with tests/data/equalize/regenerate_illumination.py, and what must hold for them.
#include "equalize/shading.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "pixels.hpp"

using namespace sheaf::equalize;
using pixels::Image;

namespace {

const nlohmann::json &reference() {
  static const nlohmann::json numbers =
      nlohmann::json::parse(std::ifstream(SHEAF_TEST_DATA "/equalize/illumination.json"));
  return numbers;
}

template <class F>
Grid grid(int width, int height, F &&f) {
  Grid g{width, height, std::vector<double>(static_cast<size_t>(width) * static_cast<size_t>(height))};
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) g(x, y) = f(x, y);
  return g;
}

}  // namespace

TEST_CASE("robust local and polynomial fits are those of NumPy's least squares") {
  const auto &r = reference();
  const Grid field{r["width"], r["height"], r["field"].get<std::vector<double>>()};
  SmoothOptions options;
  options.sigma_x = options.sigma_y = r["sigma"];
  options.degree = r["degree"];
  for (const std::string kind : {"local", "polynomial"}) {
    options.kind = kind == "local" ? SmoothOptions::Kind::local : SmoothOptions::Kind::polynomial;
    const Grid fit = smooth_field(field, options);
    double worst = 0;
    for (size_t i = 0; i < fit.values.size(); i++)
      worst = std::max(worst, std::abs(fit.values[i] - r[kind][i].get<double>()));
    INFO(kind);
    CHECK(worst < 1e-5);  // of about 150
  }
}

TEST_CASE("a plane is its own smooth field, up to the border and through cells that are unknown") {
  Grid plane = grid(30, 20, [](int x, int y) { return 100 + 2.0 * x - 3.0 * y; });
  const Grid known = plane;
  plane(4, 5) = plane(29, 19) = sheaf::equalize::nan;
  for (const auto kind : {SmoothOptions::Kind::local, SmoothOptions::Kind::polynomial}) {
    SmoothOptions options;
    options.kind = kind;
    const Grid fit = smooth_field(plane, options);
    for (size_t i = 0; i < fit.values.size(); i++) REQUIRE(fit.values[i] == Approx(known.values[i]).margin(1e-6));
  }
}

TEST_CASE("fields of one cell, one row and nothing known are smoothed, too") {
  SmoothOptions options;
  CHECK(smooth_field(grid(1, 1, [](int, int) { return 7; }), options)(0, 0) == Approx(7));
  const Grid row = smooth_field(grid(9, 1, [](int x, int) { return 2.0 * x; }), options);
  CHECK(row(8, 0) == Approx(16));
  CHECK(smooth_field(grid(3, 3, [](int, int) { return sheaf::equalize::nan; }), options)(1, 1) == 0);
  options.kind = SmoothOptions::Kind::polynomial;
  CHECK(smooth_field(grid(1, 1, [](int, int) { return 7; }), options)(0, 0) == Approx(7));
}

TEST_CASE("block means of all pixel types leave out what is not finite") {
  auto image = pixels::make<float>(300, 5, [](int x, int y) { return static_cast<float>(x + 1000 * y); });
  image(0, 0) = std::numeric_limits<float>::quiet_NaN();
  const Grid means = block_means<float>(image.view())[0];
  CHECK(means.width == 128);
  CHECK(means.height == 5);
  CHECK(means(0, 0) == 1);       // pixels 0 and 1
  CHECK(means(1, 2) == 2002.5);  // pixels 2 and 3
  const auto colour = block_means<sheaf::Rgb>(Image<sheaf::Rgb>(2, 2, {1, 2, 3, 255}).view());
  REQUIRE(colour.size() == 3);
  CHECK(colour[0](1, 1) == 3);
  CHECK(colour[2](1, 1) == 1);
}

TEST_CASE("the typical image is the mean, or the median of images brought to one level") {
  const std::vector<Grid> images = {{3, 1, {1, 2, 3}}, {3, 1, {2, 4, 6}}, {3, 1, {30, 20, 30}}};
  CHECK(typical_image(images, Typical::mean, Trend::ratio).values[0] == 11);
  const Grid ratio = typical_image(images, Typical::median, Trend::ratio);  // levels 2, 4, 30
  CHECK(ratio.values == std::vector<double>{2, 4, 6});
  const Grid difference = typical_image(images, Typical::median, Trend::difference);
  CHECK(difference.values == std::vector<double>{3, 4, 5});
  const std::vector<Grid> black = {{2, 1, {0, 0}}};
  CHECK(typical_image(black, Typical::median, Trend::ratio).values.empty());
}

TEST_CASE("an enlarged plane is a plane up to the border") {
  const Grid plane = grid(8, 4, [](int x, int y) { return x + 0.5 * y; });
  Image<float> out(64, 32);
  enlarge(plane, out.into());
  for (int y = 0; y < 32; y++)
    for (int x = 0; x < 64; x++)
      REQUIRE(out(x, y) == Approx((x + 0.5) / 8 - 0.5 + 0.5 * ((y + 0.5) / 8 - 0.5)).margin(1e-5));
}
