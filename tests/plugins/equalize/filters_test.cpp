// The operations on single images as algorithms, against the libraries they follow.
#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "equalize/affine.hpp"
#include "equalize/limits.hpp"
#include "equalize/tile_equalization.hpp"
#include "pixels.hpp"
#include "threads.hpp"

using namespace sheaf::equalize;
using pixels::Image;

namespace {

const nlohmann::json &filters() {
  static const nlohmann::json numbers = nlohmann::json::parse(std::ifstream(SHEAF_TEST_DATA "/equalize/filters.json"));
  return numbers;
}

template <class T>
Image<T> clahe_of(const Image<T> &image, const ClaheOptions &options, const sheaf::Parallel &parallel = sheaf::serial) {
  Image<T> out(image.width, image.height);
  ClaheScratch scratch;
  clahe(image.view(), out.into(), options, scratch, parallel);
  return out;
}

template <class T>
double worst(const Image<T> &image, const nlohmann::json &values, double scale = 1) {
  double most = 0;
  for (int y = 0; y < image.height; y++)
    for (int x = 0; x < image.width; x++)
      most = std::max(most,
                      std::abs(image(x, y) * scale - values[static_cast<size_t>(y * image.width + x)].get<double>()));
  return most;
}

template <class T>
void check_percentiles(const char *pixel) {
  std::vector<Image<T>> images;
  for (const uint32_t seed : {1, 2, 3}) images.push_back(pixels::texture<T>(31, 23, seed));
  for (const auto &row : filters()["percentiles"]) {
    if (row["pixel"] != pixel) continue;
    const double percent = row["percent"];
    INFO(row.dump());
    Percentiles all(sheaf::pixel_of<T>);
    for (size_t i = 0; i < images.size(); i++) {
      const Limits limits = limits_of<T>(images[i].view(), {}, percent, 100);
      CHECK(limits.low == Approx(row["each"][i].get<double>()).epsilon(1e-12));
      all.count<T>(images[i].view(), {});
    }
    if (all.refine(std::array{percent}))
      for (const auto &image : images) all.count_again<T>(image.view(), {});
    CHECK(all(percent) == Approx(row["all"].get<double>()).epsilon(1e-12));
  }
}

}  // namespace

TEST_CASE("CLAHE of 8-bit images is that of OpenCV, which rounds its maps") {
  for (const auto &row : filters()["clahe"]) {
    ClaheOptions options;
    options.tiles = row["tiles"];
    options.clip = row["clip"];
    options.limits = {0, 255};
    const auto image = pixels::texture<uint8_t>(row["width"], row["height"], 5);
    INFO("tiles " << options.tiles << " clip " << options.clip);
    CHECK(worst(clahe_of(image, options), row["values"]) <= 1);
  }
}

TEST_CASE("CLAHE of 16-bit and 32-bit images is the same on a finer scale") {
  const auto row = filters()["clahe"][0];
  const auto bytes = pixels::texture<uint8_t>(row["width"], row["height"], 5);
  ClaheOptions options;
  options.limits = {0, 65535};
  const auto wide = pixels::make<uint16_t>(bytes.width, bytes.height, [&](int x, int y) { return bytes(x, y) * 257; });
  CHECK(worst(clahe_of(wide, options), row["values"], 1 / 257.0) <= 1);
  options.limits = {-1, 1};
  const auto real =
      pixels::make<float>(bytes.width, bytes.height, [&](int x, int y) { return bytes(x, y) / 127.5f - 1; });
  auto out = clahe_of(real, options);
  for (auto &v : out.data) v = (v + 1) * 127.5f;
  CHECK(worst(out, row["values"]) <= 1);
}

TEST_CASE("values between two bins of CLAHE keep their order") {
  const auto image = pixels::texture<uint16_t>(97, 80, 3);
  ClaheOptions options;
  options.tiles = 1;
  options.limits = extremes<uint16_t>(image.view(), {});
  const auto out = clahe_of(image, options);
  std::map<uint16_t, uint16_t> map;
  for (int y = 0; y < 80; y++)
    for (int x = 0; x < 97; x++) map[image(x, y)] = out(x, y);
  REQUIRE(map.size() > 5000);
  std::set<uint16_t> levels;
  uint16_t last = 0;
  for (const auto &[from, to] : map) {
    REQUIRE(to >= last);
    last = to;
    levels.insert(to);
  }
  CHECK(levels.size() > 5000);  // no step to 8 bits
}

TEST_CASE("CLAHE leaves what is not finite, and the rest as without it, whatever the threads") {
  auto image = pixels::texture<float>(70, 53, 9);
  ClaheOptions options;
  options.limits = extremes<float>(image.view(), {});
  image(3, 4) = std::numeric_limits<float>::quiet_NaN();
  image(60, 50) = std::numeric_limits<float>::infinity();
  const auto one = clahe_of(image, options), three = clahe_of(image, options, on_threads(3));
  CHECK(std::isnan(one(3, 4)));
  CHECK(one(60, 50) == image(60, 50));
  for (int y = 0; y < 53; y++)
    for (int x = 0; x < 70; x++)
      if (std::isfinite(image(x, y))) {
        REQUIRE(one(x, y) == three(x, y));
        REQUIRE(one(x, y) >= options.limits.low);
        REQUIRE(one(x, y) <= options.limits.high);
      }
}

TEST_CASE("percentiles are those of NumPy, of one image or of several") {
  check_percentiles<uint8_t>("u8");
  check_percentiles<uint16_t>("u16");
  check_percentiles<float>("f32");
}

TEST_CASE("extremes and percentiles are of what is finite inside the mask") {
  Image<float> image(5, 4, 2.5f);
  image(1, 1) = -0.0f;
  image(2, 2) = 9;
  image(3, 3) = std::numeric_limits<float>::quiet_NaN();
  image(4, 3) = -std::numeric_limits<float>::infinity();
  CHECK(extremes<float>(image.view(), {}).low == 0);
  CHECK(extremes<float>(image.view(), {}).high == 9);
  CHECK(limits_of<float>(image.view(), {}, 0, 50).high == 2.5);
  Image<uint8_t> mask(5, 4, 255);
  mask(2, 2) = 0;
  CHECK(extremes<float>(image.view(), mask.view()).high == 2.5);
  const Image<uint8_t> nowhere(5, 4, 0);
  CHECK(std::isnan(extremes<float>(image.view(), nowhere.view()).low));
  CHECK_FALSE(extremes<float>(image.view(), nowhere.view()).usable());
  CHECK_FALSE(limits_of<float>(image.view(), nowhere.view(), 1, 99).usable());
}

TEST_CASE("saturation multiplies the chroma of scikit-image's Lab") {
  const auto image = pixels::colour_texture(31, 23, 4);
  for (const auto &row : filters()["saturation"]) {
    const Line chroma{row["factor"], 0};
    Image<sheaf::Rgb> out(31, 23);
    apply_lab({Line{}, chroma, chroma}, image.view(), out.into());
    int most = 0;
    for (int i = 0; i < 31 * 23; i++) {
      const sheaf::Rgb p = out(i % 31, i / 31);
      const int value[] = {p.r, p.g, p.b};
      for (int c = 0; c < 3; c++)
        most = std::max(most, std::abs(value[c] - row["values"][static_cast<size_t>(3 * i + c)].get<int>()));
    }
    CHECK(most <= 1);
  }
}
