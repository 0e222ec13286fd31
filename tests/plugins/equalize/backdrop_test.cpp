// Backgrounds as algorithms, against SciPy and scikit-image.
#include "equalize/backdrop.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "pixels.hpp"
#include "threads.hpp"

using namespace sheaf::equalize;
using pixels::Image;

namespace {

const nlohmann::json &numbers() {
  static const nlohmann::json n = nlohmann::json::parse(std::ifstream(SHEAF_TEST_DATA "/equalize/background.json"));
  return n;
}

Image<float> reals(const Image<uint16_t> &image, float sign = 1) {
  return pixels::make<float>(image.width, image.height, [&](int x, int y) { return sign * image(x, y); });
}

Image<float> opened(const Image<float> &image, Shape shape, int radius,
                    const sheaf::Parallel &parallel = sheaf::serial) {
  Image<float> out(image.width, image.height);
  opening(image.view(), out.into(), shape, radius, parallel);
  return out;
}

Image<float> blurred(const Image<float> &image, double sigma, const sheaf::Parallel &parallel = sheaf::serial) {
  Image<float> out(image.width, image.height);
  gaussian_backdrop(image.view(), out.into(), sigma, parallel);
  return out;
}

// By the definition: the greatest of the least values.
Image<float> opened_slowly(const Image<float> &image, Shape shape, int radius) {
  const auto extreme = [&](const Image<float> &in, float sign, bool skip) {
    return pixels::make<float>(in.width, in.height, [&](int x, int y) {
      float best = std::numeric_limits<float>::infinity();
      for (int v = std::max(0, y - radius); v <= std::min(in.height - 1, y + radius); v++)
        for (int u = std::max(0, x - radius); u <= std::min(in.width - 1, x + radius); u++) {
          const bool inside = shape == Shape::square || (u - x) * (u - x) + (v - y) * (v - y) <= radius * radius;
          if (inside && !(skip && !std::isfinite(in(u, v)))) best = std::min(best, sign * in(u, v));
        }
      return sign * best;
    });
  };
  return extreme(extreme(image, 1, true), -1, true);
}

bool equal(const Image<float> &a, const Image<float> &b) {
  for (int y = 0; y < a.height; y++)
    for (int x = 0; x < a.width; x++)
      if (a(x, y) != b(x, y)) return false;
  return true;
}

}  // namespace

TEST_CASE("openings and closings are those of scikit-image's top-hats") {
  const auto image = pixels::texture<uint16_t>(numbers()["width"], numbers()["height"], numbers()["seed"]);
  for (const auto &hat : numbers()["hats"]) {
    const Shape shape = hat["shape"] == "disk" ? Shape::disk : Shape::square;
    const int radius = hat["radius"];
    const auto open = opened(reals(image), shape, radius), closed = opened(reals(image, -1), shape, radius);
    size_t i = 0;
    for (int y = 0; y < image.height; y++)
      for (int x = 0; x < image.width; x++, i++) {
        REQUIRE(image(x, y) - open(x, y) == hat["white"][i].get<float>());
        REQUIRE(-closed(x, y) - image(x, y) == hat["black"][i].get<float>());
      }
  }
}

TEST_CASE("the Gaussian mean is SciPy's, whose border is the mirror") {
  const auto image = pixels::texture<uint16_t>(numbers()["width"], numbers()["height"], numbers()["seed"]);
  for (const auto &gaussian : numbers()["gaussians"]) {
    const auto out = blurred(reals(image), gaussian["sigma"]);
    size_t i = 0;
    for (int y = 0; y < image.height; y++)
      for (int x = 0; x < image.width; x++, i++)
        REQUIRE(out(x, y) == Approx(gaussian["values"][i].get<double>()).epsilon(3e-6));
  }
}

TEST_CASE("openings of any size of image and shape are those of the definition, with pixels that do not count") {
  for (const auto &[width, height] : {std::pair(1, 1), {1, 70}, {90, 1}, {33, 65}, {64, 32}, {70, 40}})
    for (const int radius : {1, 2, 6, 33, 100})
      for (const Shape shape : {Shape::disk, Shape::square}) {
        INFO(width << 'x' << height << ' ' << radius);
        auto image = pixels::texture<float>(width, height, 3);
        CHECK(equal(opened(image, shape, radius), opened_slowly(image, shape, radius)));
        image(width / 2, height / 2) = std::numeric_limits<float>::quiet_NaN();
        image(0, height - 1) = -std::numeric_limits<float>::infinity();
        if (width * height == 1) continue;
        const auto fast = opened(image, shape, radius), slow = opened_slowly(image, shape, radius);
        for (int y = 0; y < height; y++)
          for (int x = 0; x < width; x++)
            if (std::isfinite(slow(x, y))) REQUIRE(fast(x, y) == slow(x, y));
      }
}

TEST_CASE("backgrounds are the same on one thread and on several, and turn with the image") {
  const auto image = pixels::texture<float>(130, 75, 9);
  const auto turned = pixels::make<float>(75, 130, [&](int x, int y) { return image(y, x); });
  for (const Shape shape : {Shape::disk, Shape::square}) {
    const auto open = opened(image, shape, 11), across = opened(turned, shape, 11);
    CHECK(equal(open, opened(image, shape, 11, on_threads(3))));
    CHECK(equal(open, opened(open, shape, 11)));
    CHECK(equal(opened(pixels::mirrored(image), shape, 11), pixels::mirrored(open)));
    CHECK(equal(pixels::make<float>(130, 75, [&](int x, int y) { return across(y, x); }), open));
  }
  CHECK(equal(blurred(image, 7), blurred(image, 7, on_threads(3))));
}

TEST_CASE("pixels that are not finite do not count in the Gaussian mean") {
  auto image = pixels::make<float>(60, 40, [](int, int) { return 5.0f; });
  image(20, 20) = std::numeric_limits<float>::quiet_NaN();
  image(50, 3) = std::numeric_limits<float>::infinity();
  const auto out = blurred(image, 3);
  for (int y = 0; y < 40; y++)
    for (int x = 0; x < 60; x++) REQUIRE(out(x, y) == Approx(5).epsilon(1e-5));
}

TEST_CASE("a cancelled background stops") {
  struct Stop {};
  const auto image = pixels::texture<float>(64, 64, 1);
  Image<float> out(64, 64);
  const auto stop = [] { throw Stop(); };
  CHECK_THROWS_AS(opening(image.view(), out.into(), Shape::disk, 5, sheaf::serial, stop), Stop);
  CHECK_THROWS_AS(opening(image.view(), out.into(), Shape::square, 5, sheaf::serial, stop), Stop);
  CHECK_THROWS_AS(gaussian_backdrop(image.view(), out.into(), 5, sheaf::serial, stop), Stop);
}
