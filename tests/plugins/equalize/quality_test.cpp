// Parity of the quality measures with tests/data/equalize/regenerate_quality.py, and what must hold for them.
#include "equalize/quality.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "pixels.hpp"

using namespace sheaf::equalize;
using pixels::Image;
using sheaf::Rgb;

namespace {

const nlohmann::json &reference() {
  static const nlohmann::json numbers = nlohmann::json::parse(std::ifstream(SHEAF_TEST_DATA "/equalize/quality.json"));
  return numbers;
}

template <class T>
Image<T> source(int width, int height, uint32_t seed) {
  if constexpr (std::is_same_v<T, Rgb>) return pixels::colour_texture(width, height, seed);
  else return pixels::texture<T>(width, height, seed);
}

template <class T>
void check_parity(const nlohmann::json &expected) {
  const auto image = source<T>(expected["width"], expected["height"], expected["seed"]);
  const Quality q = measure_quality<T>(image.view(), {});
  const auto same = [&](double value, const char *name, double tolerance) {
    INFO(expected["pixel"] << ' ' << image.width << 'x' << image.height << ' ' << name);
    if (expected[name].is_null()) CHECK(std::isnan(value));
    else CHECK(value == Approx(expected[name].get<double>()).epsilon(tolerance).margin(1e-9));
  };
  constexpr double exact = 1e-9, lightness = std::is_same_v<T, Rgb> ? 1e-4 : exact;
  same(q.scalars.brightness, "brightness", lightness);
  same(q.scalars.contrast, "contrast", lightness);
  same(q.scalars.sharpness, "sharpness", exact);
  same(q.local_contrast, "local_contrast", exact);
  same(q.local_contrast_sd, "local_contrast_sd", exact);
  same(q.local_mean_sd, "local_mean_sd", exact);
  same(q.laplacian_variance, "laplacian_variance", exact);
  same(q.tenengrad, "tenengrad", exact);
  same(q.spectrum_slope, "spectrum_slope", 1e-5);
  same(q.entropy, "entropy", std::is_same_v<T, float> ? 1e-3 : exact);
  same(q.greatest_part, "greatest_part", exact);
  same(q.least_part, "least_part", exact);
}

template <class T>
void check_nothing_to_measure() {
  for (const auto &[width, height] : {std::pair(1, 1), {40, 1}, {60, 70}}) {
    const Quality flat = measure_quality<T>(Image<T>(width, height, T{}).view(), {});
    CHECK(flat.scalars.contrast == 0);
    CHECK(flat.tenengrad == 0);
    CHECK(flat.laplacian_variance == 0);
    CHECK(flat.local_contrast == 0);
    CHECK(flat.entropy == 0);
    CHECK(std::isnan(flat.spectrum_slope));
  }
  const Image<uint8_t> nowhere(33, 30, 0);
  const Quality none = measure_quality<T>(source<T>(33, 30, 1).view(), nowhere.view());
  CHECK(std::isnan(none.scalars.brightness));
  CHECK(std::isnan(none.entropy));
  CHECK(std::isnan(none.local_contrast));
}

}  // namespace

TEST_CASE("quality measures are those of NumPy, OpenCV and scikit-image") {
  for (const auto &expected : reference()["measured"]) {
    if (expected["pixel"] == "u8") check_parity<uint8_t>(expected);
    if (expected["pixel"] == "u16") check_parity<uint16_t>(expected);
    if (expected["pixel"] == "f32") check_parity<float>(expected);
    if (expected["pixel"] == "rgb") check_parity<Rgb>(expected);
  }
}

TEST_CASE("a flat image has no contrast, and one without any pixel that counts no number at all") {
  check_nothing_to_measure<uint8_t>();
  check_nothing_to_measure<uint16_t>();
  check_nothing_to_measure<float>();
  check_nothing_to_measure<Rgb>();
}

TEST_CASE("a mirrored image has the same quality") {
  const auto image = pixels::texture<uint16_t>(100, 150, 3);  // whole windows
  const Quality a = measure_quality<uint16_t>(image.view(), {}),
                b = measure_quality<uint16_t>(pixels::mirrored(image).view(), {});
  CHECK(a.tenengrad == Approx(b.tenengrad).epsilon(1e-12));
  CHECK(a.laplacian_variance == Approx(b.laplacian_variance).epsilon(1e-12));
  CHECK(a.local_contrast == Approx(b.local_contrast).epsilon(1e-12));
  CHECK(a.spectrum_slope == Approx(b.spectrum_slope).epsilon(1e-5));
  CHECK(a.entropy == b.entropy);
}

TEST_CASE("blur lowers every measure of focus") {
  const auto sharp = pixels::texture<uint16_t>(96, 96, 9, 1), blurred = pixels::texture<uint16_t>(96, 96, 9, 4);
  const Quality a = measure_quality<uint16_t>(sharp.view(), {}), b = measure_quality<uint16_t>(blurred.view(), {});
  CHECK(b.laplacian_variance < a.laplacian_variance);
  CHECK(b.tenengrad < a.tenengrad);
  CHECK(b.spectrum_slope < a.spectrum_slope);
}

TEST_CASE("pixels that are not finite do not count in the quality") {
  auto image = pixels::texture<float>(80, 60, 4);
  const auto whole = measure_quality<float>(image.view(), {});
  auto broken = image;
  broken(30, 20) = std::numeric_limits<float>::quiet_NaN();
  broken(31, 20) = std::numeric_limits<float>::infinity();
  const auto q = measure_quality<float>(broken.view(), {});
  CHECK(q.scalars.brightness == Approx(whole.scalars.brightness).epsilon(1e-2));
  CHECK(q.laplacian_variance == Approx(whole.laplacian_variance).epsilon(1e-1));
  CHECK(q.local_contrast == Approx(whole.local_contrast).epsilon(1e-2));
  CHECK(std::isfinite(q.spectrum_slope));
  CHECK(std::isfinite(q.entropy));
}

TEST_CASE("robust z is that of the median absolute deviation") {
  const auto values = reference()["robust_z"]["values"].get<std::vector<double>>();
  const auto z = robust_z(values, 0);
  for (size_t i = 0; i < z.size(); i++) CHECK(z[i] == Approx(reference()["robust_z"]["z"][i].get<double>()));
}

TEST_CASE("robust z of values that are mostly equal, all equal or missing") {
  const std::vector<double> mostly = {1, 1, 1, 1, 3};
  CHECK(robust_z(mostly, 0)[4] == Approx(2 / (1.2533 * 0.4)));
  CHECK(robust_z(mostly, 4)[4] == 0.5);
  CHECK(robust_z(std::vector<double>{2, 2, 2}, 0) == std::vector<double>{0, 0, 0});
  const auto z = robust_z(std::vector<double>{std::nan(""), 1, 2, 3}, 0);
  CHECK(std::isnan(z[0]));
  CHECK(z[2] == 0);
  CHECK(std::isnan(robust_z(std::vector<double>{std::nan("")}, 1)[0]));
}
