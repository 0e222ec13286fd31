// The operations on single images as algorithms, against the libraries they follow.
#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "common/neighbour_mean.hpp"
#include "equalize/affine.hpp"
#include "equalize/joint.hpp"
#include "equalize/limits.hpp"
#include "equalize/median.hpp"
#include "equalize/noise.hpp"
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

// The planes of an image of any type, in floating point.
struct Planes {
  std::vector<Image<float>> images;
  std::vector<sheaf::View<const float>> in() const {
    std::vector<sheaf::View<const float>> views;
    for (const auto &image : images) views.push_back(image.view());
    return views;
  }
  std::vector<sheaf::View<float>> into() {
    std::vector<sheaf::View<float>> views;
    for (auto &image : images) views.push_back(image.into());
    return views;
  }
};

Planes planes_of(const std::string &pixel) {
  const auto floats = [](const auto &image, auto &&value) {
    return pixels::make<float>(image.width, image.height, [&](int x, int y) { return float(value(image(x, y))); });
  };
  const auto same = [](auto v) { return v; };
  if (pixel == "u8") return {{floats(pixels::texture<uint8_t>(29, 23, 6, 1), same)}};
  if (pixel == "u16") return {{floats(pixels::texture<uint16_t>(29, 23, 6, 1), same)}};
  if (pixel == "f32") return {{pixels::texture<float>(29, 23, 6, 1)}};
  const auto image = pixels::colour_texture(29, 23, 6);
  return {{floats(image, [](sheaf::Rgb p) { return p.r; }), floats(image, [](sheaf::Rgb p) { return p.g; }),
           floats(image, [](sheaf::Rgb p) { return p.b; })}};
}

double worst(const Planes &planes, const nlohmann::json &values) {
  double most = 0;
  const size_t count = planes.images.size();
  for (size_t i = 0; i < values.size(); i++) {
    const auto pixel = static_cast<int>(i / count);
    most = std::max(most, std::abs(planes.images[i % count](pixel % 29, pixel / 29) - values[i].get<double>()));
  }
  return most;
}

template <class T>
void check_medians(const char *pixel) {
  const auto image = pixels::texture<T>(29, 23, 6, 1);
  for (const auto &row : filters()["medians"]) {
    if (row["pixel"] != pixel) continue;
    Image<T> out(29, 23), again(29, 23);
    median<T>(image.view(), out.into(), row["radius"]);
    median<T>(image.view(), again.into(), row["radius"], on_threads(3));
    INFO(pixel << " radius " << row["radius"]);
    CHECK(worst(out, row["values"]) < 1e-6);
    CHECK(out.data == again.data);
  }
}

template <class T>
void check_sharpened(const char *pixel, double margin) {
  auto image = pixels::texture<T>(29, 23, 6, 1);
  if constexpr (std::is_same_v<T, uint16_t>)
    for (auto &p : image.data) p = static_cast<uint16_t>(p / 8 + 20000);
  for (const auto &row : filters()["sharpened"]) {
    if (row["pixel"] != pixel) continue;
    Image<T> out(29, 23);
    JointScratch scratch;
    sharpen<T>(image.view(), out.into(), measure<T>(image.view(), {}, false), row["amount"], row["sigma"], scratch);
    INFO(pixel << ' ' << row["amount"]);
    CHECK(worst(out, row["values"]) < margin);
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

TEST_CASE("bilateral filter and non-local means are what their formulas say") {
  for (const auto &row : filters()["means"]) {
    const std::string pixel = row["pixel"];
    const double level = row["level"], margin = 2e-3 * level;
    const Planes in = planes_of(pixel);
    Planes out = in;
    INFO(pixel);
    sheaf::bilateral(in.in(), out.into(), {.radius = 4, .sigma_space = 2, .sigma_range = level});
    CHECK(worst(out, row["bilateral"]) < margin);
    sheaf::non_local_means(in.in(), out.into(), {.patch = 1, .search = 3, .strength = level});
    CHECK(worst(out, row["nlm"]) < margin);
    sheaf::non_local_means(in.in(), out.into(), {.patch = 2, .search = 2, .strength = level, .noise = level / 3});
    CHECK(worst(out, row["nlm_noise"]) < margin);
  }
}

TEST_CASE("bilateral filter and non-local means agree with OpenCV's of 8-bit images") {
  const Planes in = planes_of("u8");
  Planes out = in;
  sheaf::bilateral(in.in(), out.into(), {.radius = 4, .sigma_space = 2, .sigma_range = 20});
  CHECK(worst(out, filters()["opencv"]["bilateral"]) < 1);
  sheaf::non_local_means(in.in(), out.into(), {.patch = 3, .search = 10, .strength = 15});
  CHECK(worst(out, filters()["opencv"]["nlm"]) < 4);  // it leaves out small weights and rounds distances
}

TEST_CASE("means over neighbours do not depend on threads, nor on pixels out of reach that are not finite") {
  Planes in{{pixels::texture<float>(300, 140, 3)}};
  Planes whole = in, threads = in, holed = in;
  const sheaf::NonLocalOptions options{.patch = 1, .search = 2, .strength = 50};
  sheaf::non_local_means(in.in(), whole.into(), options);
  sheaf::non_local_means(in.in(), threads.into(), options, on_threads(3));
  CHECK(whole.images[0].data == threads.images[0].data);
  in.images[0](100, 100) = std::numeric_limits<float>::quiet_NaN();
  in.images[0](280, 3) = std::numeric_limits<float>::infinity();
  sheaf::non_local_means(in.in(), holed.into(), options);
  CHECK(std::isnan(holed.images[0](100, 100)));
  CHECK(std::isinf(holed.images[0](280, 3)));
  for (int y = 0; y < 140; y++)
    for (int x = 0; x < 300; x++) {
      const bool near = (std::abs(x - 100) <= 4 && std::abs(y - 100) <= 4) || (std::abs(x - 280) <= 4 && y <= 7);
      if (!near) REQUIRE(holed.images[0](x, y) == Approx(whole.images[0](x, y)).margin(1e-2));
      else if (std::isfinite(in.images[0](x, y))) REQUIRE(std::isfinite(holed.images[0](x, y)));
    }
}

TEST_CASE("medians are those of SciPy") {
  check_medians<uint8_t>("u8");
  check_medians<uint16_t>("u16");
  check_medians<float>("f32");
}

TEST_CASE("the median of colour is that of each colour, and leaves out what is not finite") {
  const auto image = pixels::colour_texture(33, 29, 2);
  Image<sheaf::Rgb> out(33, 29);
  median<sheaf::Rgb>(image.view(), out.into(), 4);
  const auto green = pixels::make<uint8_t>(33, 29, [&](int x, int y) { return image(x, y).g; });
  Image<uint8_t> one(33, 29);
  median<uint8_t>(green.view(), one.into(), 4);
  for (int y = 0; y < 29; y++)
    for (int x = 0; x < 33; x++) REQUIRE(out(x, y).g == one(x, y));

  Image<float> holes(5, 1, std::numeric_limits<float>::quiet_NaN()), filtered(5, 1);
  holes(1, 0) = 4;
  holes(2, 0) = 1;
  holes(3, 0) = 9;
  median<float>(holes.view(), filtered.into(), 1);
  CHECK(std::isnan(filtered(0, 0)));
  CHECK(filtered(1, 0) == 1);  // of 1 and 4 the lower
  CHECK(filtered(2, 0) == 4);
  CHECK(filtered(3, 0) == 1);
  CHECK(std::isnan(filtered(4, 0)));
}

TEST_CASE("an unsharp mask is what its formula says") {
  check_sharpened<uint16_t>("u16", 0.51);
  check_sharpened<float>("f32", 2e-3);
}

TEST_CASE("the noise of an image is found below its structure") {
  std::vector<generated::Image> noise;
  for (uint32_t seed = 1; seed <= 4; seed++) noise.push_back(generated::noise(200, 200, seed));
  const auto smooth = pixels::texture<float>(200, 200, 5, 12);
  std::vector<float> scratch;
  const auto image = pixels::make<float>(200, 200, [&](int x, int y) {
    // the sum of four uniform values is nearly normal, of standard deviation sqrt(4 / 12)
    float sum = 0;
    for (const auto &n : noise) sum += static_cast<float>(n(x, y)) / 65536;
    return smooth(x, y) / 16 + 10 * sum;
  });
  CHECK(noise_of(image.view(), scratch) == Approx(10 * std::sqrt(4 / 12.0)).epsilon(0.1));
  CHECK(noise_of(Image<float>(9, 9, 3.f).view(), scratch) == 0);
  CHECK(noise_of(Image<float>(1, 9, 3.f).view(), scratch) == 0);
}
