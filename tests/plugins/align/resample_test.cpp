#include "align/resample.hpp"

#include <catch2/catch.hpp>

#include "pixels.hpp"
#include "reference.hpp"
#include "scene.hpp"
#include "threads.hpp"

using namespace sheaf::align;
using pixels::Image;
using sheaf::Parallel;
using sheaf::Rgb;
using sheaf::serial;

namespace {

template <class T>
Image<T> drawn(const Image<T> &in, const Transform &t, const ResampleOptions &options = {},
               const Parallel &parallel = serial) {
  Image<T> out(in.width, in.height);
  resample<T>(in.view(), out.into(), t, options, parallel);
  return out;
}

bool same(float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); }
bool same(const Rgb &a, const Rgb &b) { return a.r == b.r && a.g == b.g && a.b == b.b && a.x == b.x; }

template <class T>
bool equal(const Image<T> &a, const Image<T> &b) {
  for (int y = 0; y < a.height; y++)
    for (int x = 0; x < a.width; x++)
      if (!same(a(x, y), b(x, y))) return false;
  return true;
}

constexpr Interpolation interpolations[] = {Interpolation::nearest, Interpolation::bilinear, Interpolation::cubic};
constexpr Border borders[] = {Border::black, Border::edge, Border::reflect};

template <class T>
void check_exactness(const Image<T> &image) {
  for (const auto interpolation : interpolations)
    for (const auto border : borders) {
      const ResampleOptions options{interpolation, border};
      CHECK(equal(drawn(image, {}, options), image));
      // the same matrix, but not seen as a translation
      const Transform almost{{1, 0, 0, 0, 1, 0, 0, 1e-300, 1}};
      CHECK(equal(drawn(image, almost, options), image));
      const auto moved = drawn(image, Transform::shift(3, -2), options);
      for (int y = 2; y < image.height; y++)
        for (int x = 0; x + 3 < image.width; x++) CHECK(same(moved(x, y), image(x + 3, y - 2)));
    }
}

}  // namespace

TEST_CASE("resampling agrees with SciPy and with the formula of Keys") {
  const auto &r = reference()["resampled"];
  const auto image = pixels::texture<float>(r["width"], r["height"], r["seed"]);
  REQUIRE(r["cases"].size() >= 20);
  for (const auto &c : r["cases"]) {
    ResampleOptions options;
    const std::string interpolation = c["interpolation"], border = c["border"];
    options.interpolation = interpolation == "nearest"    ? Interpolation::nearest
                            : interpolation == "bilinear" ? Interpolation::bilinear
                                                          : Interpolation::cubic;
    options.border = border == "black" ? Border::black : border == "edge" ? Border::edge : Border::reflect;
    INFO(c["transform"] << ' ' << interpolation << ' ' << border);
    const auto out = drawn(image, transform_from(c["m"]), options);
    double worst = 0;
    size_t i = 0;
    for (int y = 0; y < out.height; y++)
      for (int x = 0; x < out.width; x++) worst = std::max(worst, std::abs(out(x, y) - c["values"][i++].get<double>()));
    CHECK(worst < 1e-3);  // float arithmetic on values to 700
  }
}

TEST_CASE("the identity and whole shifts copy pixels of every type exactly") {
  for (const auto &[width, height] : {std::pair{1, 1}, {2, 3}, {31, 17}, {300, 5}, {61, 64}}) {
    check_exactness(pixels::texture<uint8_t>(width, height, 1));
    check_exactness(pixels::texture<uint16_t>(width, height, 2));
    check_exactness(pixels::texture<float>(width, height, 3));
    check_exactness(pixels::colour_texture(width, height, 4));
  }
}

TEST_CASE("a constant image stays constant inside, whatever the transform") {
  const Image<uint16_t> constant(41, 29, 60001);
  for (const auto interpolation : interpolations) {
    const Transform t = random_transform(Model::homography, 41, 29, 9);
    CHECK(equal(drawn(constant, t, {interpolation, Border::edge}), constant));
    CHECK(equal(drawn(constant, t, {interpolation, Border::reflect}), constant));
  }
}

TEST_CASE("a black border is 0 where the image does not reach") {
  const Image<uint8_t> white(20, 10, 255);
  const auto out = drawn(white, Transform::shift(4.5, 0));
  for (int y = 0; y < 10; y++)
    for (int x = 0; x < 20; x++) CHECK(int(out(x, y)) == (x <= 14 ? 255 : 0));
}

TEST_CASE("nearest makes no new values and cubic stays within the pixel type") {
  auto image = pixels::make<uint8_t>(40, 40, [](int x, int y) -> uint8_t { return (x / 5 + y / 5) % 2 ? 255 : 0; });
  const Transform t = random_transform(Model::affine, 40, 40, 2);
  const auto nearest = drawn(image, t, {Interpolation::nearest});
  for (int y = 0; y < 40; y++)
    for (int x = 0; x < 40; x++) CHECK((nearest(x, y) == 0 || nearest(x, y) == 255));
  // the overshoot next to an edge would wrap around
  const auto step = pixels::make<uint8_t>(20, 5, [](int x, int) -> uint8_t { return x < 10 ? 0 : 255; });
  const auto cubic = drawn(step, Transform::shift(0.5, 0), {Interpolation::cubic});
  CHECK((cubic(8, 2) == 0 && cubic(10, 2) == 255));
}

TEST_CASE("cubic values of a float image may overshoot") {
  const auto step = pixels::make<float>(20, 5, [](int x, int) { return x < 10 ? 0.f : 1.f; });
  const auto out = drawn(step, Transform::shift(0.5, 0), {Interpolation::cubic});
  CHECK(out(8, 2) < 0);
  CHECK(out(10, 2) > 1);
}

TEST_CASE("NaN stays NaN and spreads to no pixel that does not need it") {
  auto image = pixels::texture<float>(30, 30, 5);
  image(12, 14) = std::numeric_limits<float>::quiet_NaN();
  image(20, 14) = std::numeric_limits<float>::infinity();
  for (const auto interpolation : interpolations) CHECK(equal(drawn(image, {}, {interpolation}), image));
  const auto half = drawn(image, Transform::shift(0.5, 0));
  for (int y = 0; y < 30; y++)
    for (int x = 0; x < 29; x++) CHECK(std::isnan(half(x, y)) == (y == 14 && (x == 11 || x == 12)));
  CHECK(std::isinf(half(20, 14)));
  const auto turned = drawn(image, random_transform(Model::rigid, 30, 30, 1));
  int missing = 0;
  for (int y = 0; y < 30; y++)
    for (int x = 0; x < 30; x++) missing += std::isnan(turned(x, y));
  CHECK((missing >= 1 && missing <= 4));
}

TEST_CASE("drawing a mirrored image under a mirrored transform mirrors the result") {
  const auto image = pixels::texture<float>(33, 21, 6);
  const Transform mirror{{-1, 0, 32, 0, 1, 0, 0, 0, 1}}, t = random_transform(Model::affine, 33, 21, 4);
  const auto a = pixels::mirrored(drawn(image, t)), b = drawn(pixels::mirrored(image), mirror * t * mirror);
  for (int y = 0; y < 21; y++)
    for (int x = 0; x < 33; x++) CHECK(a(x, y) == Approx(b(x, y)).margin(1e-3));
}

TEST_CASE("a crop is the same pixels in a smaller frame") {
  const auto image = pixels::texture<uint8_t>(50, 40, 8);
  const Transform t = random_transform(Model::rigid, 50, 40, 3);
  const auto all = drawn(image, t);
  Image<uint8_t> part(20, 15);
  resample<uint8_t>(image.view(), part.into(), t, {Interpolation::bilinear, Border::black, 11, 13}, serial);
  for (int y = 0; y < 15; y++)
    for (int x = 0; x < 20; x++) CHECK(part(x, y) == all(x + 11, y + 13));
}

TEST_CASE("colours are drawn as three gray images would be") {
  const auto image = pixels::colour_texture(37, 23, 5);
  const auto red = pixels::make<uint8_t>(37, 23, [&](int x, int y) { return image(x, y).r; });
  const Transform t = random_transform(Model::affine, 37, 23, 6);
  for (const auto interpolation : interpolations) {
    const auto colour = drawn(image, t, {interpolation}), gray_red = [&] {
      const auto r = drawn(red, t, {interpolation});
      return pixels::make<Rgb>(37, 23, [&](int x, int y) { return Rgb{0, 0, r(x, y), 0}; });
    }();
    for (int y = 0; y < 23; y++)
      for (int x = 0; x < 37; x++) CHECK(int(colour(x, y).r) == int(gray_red(x, y).r));
  }
}

TEST_CASE("one thread and four draw the same image", "[threads]") {
  const auto image = pixels::texture<uint16_t>(300, 301, 7);
  for (const Model model : {Model::translation, Model::homography}) {
    const Transform t = random_transform(model, 300, 301, 8);
    CHECK(equal(drawn(image, t), drawn(image, t, {}, on_threads(4))));
  }
}
