#include "equalize/scalars.hpp"

#include <catch2/catch.hpp>

#include "equalize/lab.hpp"
#include "equalize/sobel.hpp"
#include "pixels.hpp"
#include "reference.hpp"

using namespace sheaf::equalize;
using pixels::Image;

namespace {

template <class T>
void check_measured(const nlohmann::json &expected, const Image<T> &image, double brightness_contrast) {
  const auto region = pixels::disk(image.width, image.height, 5);
  const Scalars s = measure(image.view(), expected["masked"].get<bool>() ? Mask(region.view()) : Mask(), true);
  INFO(expected.dump());
  const auto near = [](double value, double tolerance) { return Approx(value).epsilon(tolerance).margin(1e-12); };
  CHECK(s.brightness == near(expected["brightness"], brightness_contrast));
  CHECK(s.contrast == near(expected["contrast"], brightness_contrast));
  CHECK(s.sharpness == near(expected["sharpness"], 1e-7));
}

template <class T>
void check_flips(const Image<T> &image) {
  const Scalars a = measure(image.view(), {}, true), b = measure(pixels::mirrored(image).view(), {}, true);
  CHECK(b.brightness == Approx(a.brightness).epsilon(1e-12));
  CHECK(b.contrast == Approx(a.contrast).epsilon(1e-12));
  CHECK(b.sharpness == Approx(a.sharpness).epsilon(1e-12));
}

}  // namespace

TEST_CASE("brightness, contrast and sharpness are those of NumPy and OpenCV") {
  REQUIRE(reference()["measured"].size() >= 40);
  for (const auto &e : reference()["measured"]) {
    const int width = e["width"], height = e["height"];
    const uint32_t seed = e["seed"];
    if (e["pixel"] == "u8") check_measured(e, pixels::texture<uint8_t>(width, height, seed), 1e-9);
    if (e["pixel"] == "u16") check_measured(e, pixels::texture<uint16_t>(width, height, seed), 1e-9);
    if (e["pixel"] == "f32") check_measured(e, pixels::texture<float>(width, height, seed), 1e-9);
    if (e["pixel"] != "rgb") continue;
    const auto image = pixels::colour_texture(width, height, seed);
    check_measured(e, image, 2e-5);
    const auto region = pixels::disk(width, height, 5);
    const Mask mask = e["masked"].get<bool>() ? Mask(region.view()) : Mask();
    const Scalars s = measure(image.view(), mask, false);
    CHECK(s.brightness == Approx(e["opencv_brightness"].get<double>()).margin(0.3));
    CHECK(s.contrast == Approx(e["opencv_contrast"].get<double>()).margin(0.3));
    const LabScalars lab = measure_lab(image.view(), mask);
    for (size_t c = 0; c < 3; c++) {
      CHECK(lab.mean[c] == Approx(e["lab_mean"][c].get<double>()).margin(0.02));
      CHECK(lab.sd[c] == Approx(e["lab_sd"][c].get<double>()).margin(0.02));
    }
  }
}

TEST_CASE("a mirrored image has the same scalars") {
  check_flips(pixels::texture<uint8_t>(61, 17, 1));
  check_flips(pixels::texture<uint16_t>(61, 17, 1));
  check_flips(pixels::texture<float>(61, 17, 1));
  check_flips(pixels::colour_texture(61, 17, 1));
}

TEST_CASE("a constant image has brightness and nothing else") {
  const Scalars bytes = measure(Image<uint8_t>(13, 7, 200).view(), {}, true);
  CHECK(bytes.brightness == 200);
  CHECK(bytes.contrast == 0);
  CHECK(bytes.sharpness == 0);
  const Scalars floats = measure(Image<float>(13, 7, 0.1f).view(), {}, true);
  CHECK(floats.brightness == Approx(0.1f).epsilon(1e-12));
  CHECK(floats.contrast == 0);
  CHECK(floats.sharpness == 0);
}

TEST_CASE("one pixel can be measured") {
  const Scalars s = measure(Image<uint16_t>(1, 1, 4711).view(), {}, true);
  CHECK(s.brightness == 4711);
  CHECK(s.contrast == 0);
  CHECK(s.sharpness == 0);
}

TEST_CASE("pixels that are not finite do not count") {
  auto image = pixels::texture<float>(40, 30, 3);
  const auto infinity = std::numeric_limits<float>::infinity();
  image(11, 12) = std::numeric_limits<float>::quiet_NaN();
  image(30, 20) = infinity;
  image(5, 25) = -infinity;
  double sum = 0;
  for (int y = 0; y < 30; y++)
    for (int x = 0; x < 40; x++)
      if (std::isfinite(image(x, y))) sum += image(x, y);
  const Scalars s = measure(image.view(), {}, true);
  CHECK(s.brightness == Approx(sum / (40 * 30 - 3)).epsilon(1e-12));
  CHECK(std::isfinite(s.contrast));
  CHECK(std::isfinite(s.sharpness));
}

TEST_CASE("sums of integers are exact on rows of any length") {
  uint32_t state = 1;
  for (const int width : {1, 511, 513, 32768, 70001})
    for (const bool brightest : {false, true}) {
      const auto image = pixels::make<uint16_t>(width, 1, [&](int, int) {
        state = state * 1664525u + 1013904223u;
        return brightest ? uint16_t{65535} : static_cast<uint16_t>(state >> 16);
      });
      double sum = 0, squares = 0;
      for (int x = 0; x < width; x++) sum += image(x, 0);
      const double mean = sum / width;
      for (int x = 0; x < width; x++) squares += (image(x, 0) - mean) * (image(x, 0) - mean);
      const Scalars s = measure(image.view(), {}, false);
      CHECK(s.brightness == mean);
      CHECK(s.contrast == Approx(std::sqrt(squares / width)).epsilon(1e-12));
    }
}

namespace {

// By definition, pixel by pixel in double precision.
template <class T>
double mean_gradient(const Image<T> &image, Mask mask) {
  const auto at = [&](int x, int y) {
    return static_cast<double>(image(reflect(x, image.width), reflect(y, image.height)));
  };
  double sum = 0, count = 0;
  for (int y = 0; y < image.height; y++)
    for (int x = 0; x < image.width; x++) {
      if (mask && !mask.row(y)[x]) continue;
      const double right = at(x + 1, y - 1) + 2 * at(x + 1, y) + at(x + 1, y + 1);
      const double left = at(x - 1, y - 1) + 2 * at(x - 1, y) + at(x - 1, y + 1);
      const double below = at(x - 1, y + 1) + 2 * at(x, y + 1) + at(x + 1, y + 1);
      const double above = at(x - 1, y - 1) + 2 * at(x, y - 1) + at(x + 1, y - 1);
      sum += std::hypot(right - left, below - above);
      count++;
    }
  return sum / count;
}

template <class T>
void check_sharpness(int width, int height) {
  INFO(width << " x " << height << ", " << sizeof(T) << " bytes");
  uint32_t state = 7;
  const auto any = [&](int, int) {
    state = state * 1664525u + 1013904223u;
    return static_cast<T>(state >> (32 - 8 * sizeof(T)));
  };
  const auto image = pixels::make<T>(width, height, any);
  const auto region = pixels::make<uint8_t>(width, height, [](int x, int y) { return (x * 5 + y) % 3 ? 255 : 0; });
  const auto near = [](double value) { return Approx(value).epsilon(1e-7).margin(1e-12); };
  CHECK(measure(image.view(), {}, true).sharpness == near(mean_gradient(image, {})));
  if (width * height > 2)
    CHECK(measure(image.view(), region.view(), true).sharpness == near(mean_gradient(image, region.view())));
}

}  // namespace

TEST_CASE("sharpness of integers is that of its definition on rows of any length, with a mask and without") {
  for (int width = 1; width <= 20; width++) check_sharpness<uint16_t>(width, 5);
  for (const int width : {127, 128, 129, 130, 131, 257, 258, 259, 386, 387})
    for (const int height : {1, 2, 3, 4}) {
      check_sharpness<uint8_t>(width, height);
      check_sharpness<uint16_t>(width, height);
    }
}

TEST_CASE("every processor gives the same bits") {
  std::vector<uint16_t> pixels(1030);
  uint32_t state = 3;
  for (auto &p : pixels) p = static_cast<uint16_t>((state = state * 1664525u + 1013904223u) >> 16);
  std::vector<float> lengths(1024);
  const auto body = [p = pixels.data() + 1, to = lengths.data()] {
    double sums[16] = {};
    for (int x = 0; x < 1024; x++) {
      const auto gx = static_cast<float>(p[x + 1] - p[x - 1]), gy = static_cast<float>(2 * p[x] - p[x + 2]);
      to[x] = std::sqrt(0.7f * gx * gx + gy * gy);
    }
    for (int x = 0; x < 1024; x += 16)
      for (int lane = 0; lane < 16; lane++) sums[lane] += to[x + lane];
    double total = 0;
    for (const double s : sums) total += s;
    return total;
  };
  const double sum = body();
  const std::vector<float> expected = lengths;
  const auto check = [&](auto run) {
    std::fill(lengths.begin(), lengths.end(), 0.0f);
    CHECK(run(body) == sum);
    CHECK(lengths == expected);
  };
  check([](auto f) { return sheaf::vectorized(f); });
  check([](auto f) { return sheaf::vectorized_wide(f); });

  // as they were found without vector instructions
  const auto image = pixels::texture<uint16_t>(301, 40, 9);
  const Scalars s = measure(image.view(), {}, true);
  CHECK(s.brightness == 0x1.0fbf7bca3f9ep+15);
  CHECK(s.contrast == 0x1.0047207c15ee8p+13);
  CHECK(s.sharpness == 0x1.0949e4b827149p+15);
}

TEST_CASE("an image measured while it is made is made once, row by row, and has the same scalars") {
  const auto image = pixels::texture<uint16_t>(37, 23, 4);
  Image<uint16_t> made(37, 23);
  int next = 0;
  const auto make = [&](int y) {
    CHECK(y == next++);
    std::copy_n(image.view().row(y), 37, made.into().row(y));
  };
  const Scalars s = measure(made.view(), {}, true, make, sheaf::never_stop), whole = measure(image.view(), {}, true);
  CHECK(next == 23);
  CHECK(s.brightness == whole.brightness);
  CHECK(s.contrast == whole.contrast);
  CHECK(s.sharpness == whole.sharpness);
}

TEST_CASE("where nothing is left to measure the scalars are NaN") {
  const Scalars all_nan = measure(Image<float>(5, 4, std::numeric_limits<float>::quiet_NaN()).view(), {}, true);
  CHECK(std::isnan(all_nan.brightness));
  CHECK(std::isnan(all_nan.contrast));
  CHECK(std::isnan(all_nan.sharpness));
  const Image<uint8_t> nowhere(5, 4, 0);
  const Scalars outside = measure(Image<uint8_t>(5, 4, 7).view(), Mask(nowhere.view()), true);
  CHECK(std::isnan(outside.brightness));
  CHECK(std::isnan(outside.contrast));
  CHECK(std::isnan(outside.sharpness));
}

TEST_CASE("a large common offset costs the contrast of a 32-bit image no precision") {
  auto image = pixels::make<float>(64, 64, [](int x, int y) { return 1e7f + static_cast<float>((x + y) % 2); });
  CHECK(measure(image.view(), {}, false).contrast == Approx(0.5).epsilon(1e-12));
}

TEST_CASE("every 8-bit colour survives the way to Lab and back") {
  std::vector<sheaf::Rgb> in(256), out(256);
  std::vector<float> fy(256), dx(256), dz(256);
  int64_t differences = 0, clipped = 0;
  for (int r = 0; r < 256; r++)
    for (int g = 0; g < 256; g++) {
      for (int b = 0; b < 256; b++) in[b] = {uint8_t(b), uint8_t(g), uint8_t(r), uint8_t(b ^ 0x5a)};
      to_lab_row(in.data(), 256, fy.data(), dx.data(), dz.data());
      clipped += from_lab_row(fy.data(), dx.data(), dz.data(), 256, in.data(), out.data());
      for (int b = 0; b < 256; b++)
        differences += in[b].r != out[b].r || in[b].g != out[b].g || in[b].b != out[b].b || in[b].x != out[b].x;
    }
  CHECK(differences == 0);
  CHECK(clipped == 0);
}

TEST_CASE("lightness runs from black to white") {
  const sheaf::Rgb ends[2] = {{0, 0, 0, 255}, {255, 255, 255, 255}};
  float lightness[2];
  lightness_row(ends, 2, lightness);
  CHECK(lightness[0] == Approx(0).margin(1e-3));
  CHECK(lightness[1] == Approx(255).margin(1e-3));
}
