#include <catch2/catch.hpp>

#include "equalize/histogram_match.hpp"
#include "pixels.hpp"
#include "reference.hpp"

using namespace sheaf::equalize;
using pixels::Image;

namespace {

constexpr int width = 29, height = 23;

template <class T>
double value(T v, int) {
  return v;
}
double value(sheaf::Rgb p, int channel) { return channel == 0 ? p.r : channel == 1 ? p.g : p.b; }

template <class T>
Image<T> matched(const Image<T> &in, const Image<T> &base, Mask mask = {}) {
  constexpr int channels = std::is_same_v<T, sheaf::Rgb> ? 3 : 1;
  SortScratch scratch;
  std::vector<Quantiles> reference;
  for (int c = 0; c < channels; c++) reference.push_back(quantiles(base.view(), {}, c, scratch));
  Image<T> out(in.width, in.height);
  match_histogram(in.view(), out.into(), mask, reference, scratch);
  return out;
}

template <class T>
void check_matched(const std::string &pixel, const Image<T> &in, const Image<T> &base, double tolerance) {
  for (const auto &e : reference()["histograms"]) {
    if (e["pixel"] != pixel) continue;
    const auto out = matched(in, base);
    size_t i = 0;
    double worst = 0;
    for (int y = 0; y < height; y++)
      for (int x = 0; x < width; x++)
        for (int c = 0; c < (pixel == "rgb" ? 3 : 1); c++)
          worst = std::max(worst, std::abs(value(out(x, y), c) - e["values"][i++].get<double>()));
    INFO(pixel);
    CHECK(worst <= tolerance);
    return;
  }
  FAIL("there are no reference values for " << pixel);
}

template <class T>
Image<T> changed(Image<T> image, auto &&f) {
  for (int y = 0; y < image.height; y++)
    for (int x = 0; x < image.width; x++) image(x, y) = static_cast<T>(f(image(x, y)));
  return image;
}

}  // namespace

TEST_CASE("histogram matching agrees with scikit-image") {
  const auto third = [](auto v) { return v / 3 + 20; };
  check_matched("u8", pixels::texture<uint8_t>(width, height, 7),
                changed(pixels::texture<uint8_t>(width, height, 8, 1), third), 0.5 + 1e-6);
  check_matched("u16", pixels::texture<uint16_t>(width, height, 7),
                changed(pixels::texture<uint16_t>(width, height, 8, 1), third), 0.5 + 1e-6);
  check_matched("f32", pixels::texture<float>(width, height, 7),
                changed(pixels::texture<float>(width, height, 8, 1), [](float v) { return v / 4 + 20; }), 1e-6 * 300);
  auto base = pixels::colour_texture(width, height, 8);
  for (auto &p : base.data) p = {uint8_t(p.b / 2 + 10), uint8_t(p.g / 2 + 10), uint8_t(p.r / 2 + 10), 255};
  check_matched("rgb", pixels::colour_texture(width, height, 7), base, 1);
}

TEST_CASE("an image matched to itself is unchanged") {
  const auto bytes = pixels::texture<uint8_t>(width, height, 1);
  const auto words = pixels::texture<uint16_t>(width, height, 1);
  const auto floats = pixels::texture<float>(width, height, 1);
  const auto bytes_out = matched(bytes, bytes);
  const auto words_out = matched(words, words);
  const auto floats_out = matched(floats, floats);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      REQUIRE(bytes_out(x, y) == bytes(x, y));
      REQUIRE(words_out(x, y) == words(x, y));
      REQUIRE(floats_out(x, y) == floats(x, y));
    }
}

TEST_CASE("the region of interest limits what is ranked, not what is changed") {
  const auto in = pixels::texture<float>(width, height, 1), base = pixels::texture<float>(width, height, 2);
  auto spoilt = in;
  const auto region = pixels::disk(width, height, 9);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      if (!region(x, y)) spoilt(x, y) = 1e6f;
  const auto out = matched(in, base, region.view()), spoilt_out = matched(spoilt, base, region.view());
  float most = -1e9f;
  for (const float v : base.data) most = std::max(most, v);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      if (region(x, y)) REQUIRE(out(x, y) == spoilt_out(x, y));
      if (!region(x, y)) REQUIRE(spoilt_out(x, y) <= most);
    }
}

TEST_CASE("32-bit pixels that are not finite keep their value and their place") {
  auto in = pixels::texture<float>(width, height, 1);
  in(3, 4) = std::numeric_limits<float>::quiet_NaN();
  in(5, 6) = std::numeric_limits<float>::infinity();
  const auto out = matched(in, pixels::texture<float>(width, height, 2));
  CHECK(std::isnan(out(3, 4)));
  CHECK(out(5, 6) == in(5, 6));
  CHECK(std::isfinite(out(4, 4)));
}

TEST_CASE("the mean of quantile functions lies half way between two images") {
  const auto low = pixels::texture<float>(width, height, 1);
  const auto high = changed(low, [](float v) { return 3 * v + 500; });
  SortScratch scratch;
  MeanQuantiles both, first, second;
  first.add(quantiles(low.view(), {}, 0, scratch));
  second.add(quantiles(high.view(), {}, 0, scratch));
  both.add(first);
  both.add(second);
  const std::vector<Quantiles> reference{both.result()};
  Image<float> out(width, height);
  match_histogram(low.view(), out.into(), {}, reference, scratch);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) REQUIRE(out(x, y) == Approx(2 * low(x, y) + 250).margin(0.05));
}

TEST_CASE("matching to the mean of equal images changes nothing") {
  const auto words = pixels::texture<uint16_t>(width, height, 1);
  const auto bytes = pixels::texture<uint8_t>(width, height, 1);
  SortScratch scratch;
  MeanQuantiles mean_words, mean_bytes;
  for (int i = 0; i < 3; i++) {
    mean_words.add(quantiles(words.view(), {}, 0, scratch));
    mean_bytes.add(quantiles(bytes.view(), {}, 0, scratch));
  }
  Image<uint16_t> words_out(width, height);
  Image<uint8_t> bytes_out(width, height);
  match_histogram(words.view(), words_out.into(), {}, std::vector{mean_words.result()}, scratch);
  match_histogram(bytes.view(), bytes_out.into(), {}, std::vector{mean_bytes.result()}, scratch);
  int worst_word = 0;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      REQUIRE(bytes_out(x, y) == bytes(x, y));
      worst_word = std::max(worst_word, std::abs(words_out(x, y) - words(x, y)));
    }
  CHECK(worst_word <= 2);
}

TEST_CASE("an image without finite pixels has no quantiles") {
  SortScratch scratch;
  CHECK_FALSE(quantiles(Image<float>(3, 3, std::numeric_limits<float>::quiet_NaN()).view(), {}, 0, scratch));
}
