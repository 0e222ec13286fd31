#include "cluster/features.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "cluster/distances.hpp"
#include "pixels.hpp"
#include "reference.hpp"
#include "threads.hpp"

using namespace sheaf::cluster;
using pixels::Image;
using sheaf::serial;

namespace {

template <class T>
Features features_of(const std::vector<Image<T>> &images) {
  const PixelLayout layout(images[0].width, images[0].height, sheaf::pixel_of<T>);
  Features f(static_cast<int64_t>(images.size()), layout.length);
  for (size_t i = 0; i < images.size(); i++)
    pixel_features<T>(images[i].view(), layout, f.row(static_cast<int64_t>(i)));
  standardize(f, layout.weight, serial);
  return f;
}

}  // namespace

TEST_CASE("distances of standardized area averages are those of OpenCV and NumPy") {
  REQUIRE(reference()["features"].size() == 5);
  for (const auto &c : reference()["features"]) {
    std::vector<Image<uint8_t>> images;
    for (const uint32_t seed : {1, 2, 3}) images.push_back(pixels::texture<uint8_t>(c["width"], c["height"], seed));
    const Distances d = euclidean_distances(features_of(images), serial);
    INFO(c["width"] << 'x' << c["height"]);
    for (int i = 0; i < 3; i++)
      for (int j = 0; j < 3; j++) CHECK(d(i, j) == Approx(c["distances"][i][j].get<double>()).epsilon(1e-4));
  }
}

TEST_CASE("gain and offset of all images, and the pixel type, do not change the features") {
  std::vector<Image<uint8_t>> bytes;
  std::vector<Image<uint16_t>> words;
  std::vector<Image<float>> floats;
  for (const uint32_t seed : {1, 2, 3, 4}) {
    bytes.push_back(pixels::texture<uint8_t>(150, 131, seed));
    const auto &b = bytes.back();
    words.push_back(pixels::make<uint16_t>(150, 131, [&](int x, int y) -> uint16_t { return 100 + 200 * b(x, y); }));
    floats.push_back(pixels::make<float>(150, 131, [&](int x, int y) { return b(x, y) / 512.f - 3; }));
  }
  const auto a = features_of(bytes), b = features_of(words), c = features_of(floats);
  for (size_t i = 0; i < a.values.size(); i++) {
    CHECK(a.values[i] == Approx(b.values[i]).margin(1e-3));
    CHECK(a.values[i] == Approx(c.values[i]).margin(1e-3));
  }
}

TEST_CASE("a feature that is the same in all images counts for nothing") {
  std::vector<Image<uint8_t>> images(3, Image<uint8_t>(128, 128, 7));
  images[1](5, 6) = 9;
  const Features f = features_of(images);
  for (int i = 0; i < 3; i++)
    for (int k = 0; k < 128 * 128; k++)
      if (k != 6 * 128 + 5) CHECK(f.row(i)[k] == 0);
  CHECK(f.row(1)[6 * 128 + 5] == Approx(std::sqrt(2.0)));
}

TEST_CASE("standardized features have mean 0 and standard deviation 1", "[threads]") {
  Features f = points(50, 300, 21, 3);
  Features g = f;
  standardize(f, 1, serial);
  standardize(g, 1, on_threads(4));
  CHECK(f.values == g.values);
  for (int k = 0; k < 300; k++) {
    double sum = 0, squares = 0;
    for (int i = 0; i < 50; i++) {
      sum += f.row(i)[k];
      squares += f.row(i)[k] * f.row(i)[k];
    }
    CHECK(sum / 50 == Approx(0).margin(1e-6));
    CHECK(squares / 50 == Approx(1).epsilon(1e-6));
  }
}

TEST_CASE("missing pixels leave the mean of what is there, and nothing where nothing is") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<Image<float>> images;
  for (const uint32_t seed : {1, 2, 3}) images.push_back(pixels::texture<float>(256, 256, seed));
  for (int y = 0; y < 64; y++)
    for (int x = 0; x < 64; x++) images[1](x, y) = nan;
  images[2](200, 200) = std::numeric_limits<float>::infinity();
  const PixelLayout layout(256, 256, SHEAF_F32);
  std::vector<float> row(layout.length);
  pixel_features<float>(images[2].view(), layout, row.data());
  const auto &i = images[2];
  CHECK(row[100 * 128 + 100] == Approx((i(201, 200) + i(200, 201) + i(201, 201)) / 3));
  const Features f = features_of(images);
  for (const float v : f.values) CHECK(std::isfinite(v));
  CHECK(f.row(1)[0] == 0);
  CHECK(f.row(1)[127] != 0);
}

TEST_CASE("colour images have three features for each pixel, a single pixel has one") {
  CHECK(PixelLayout(500, 400, SHEAF_RGB).length == 3 * 128 * 128);
  CHECK(PixelLayout(1, 1, SHEAF_U8).length == 1);
  CHECK(PixelLayout(1, 1, SHEAF_U8).weight == 128);
  const auto image = pixels::colour_texture(128, 128, 3);
  const PixelLayout layout(128, 128, SHEAF_RGB);
  std::vector<float> row(layout.length);
  pixel_features<sheaf::Rgb>(image.view(), layout, row.data());
  CHECK(row[0] == image(0, 0).r);
  CHECK(row[4] == image(1, 0).g);
  CHECK(row[3 * 128 + 2] == image(0, 1).b);
}
