#include "equalize/joint.hpp"

#include <catch2/catch.hpp>

#include "equalize/unsharp.hpp"
#include "pixels.hpp"

using namespace sheaf::equalize;
using pixels::Image;

namespace {

template <class T>
struct Outcome {
  Image<T> image;
  JointResult result;
  Scalars measured;
};

template <class T>
Outcome<T> equalized(const Image<T> &in, const Scalars &target, JointOptions options = {}, Mask mask = {}) {
  Outcome<T> o{Image<T>(in.width, in.height), {}, {}};
  JointScratch scratch;
  o.result = match_joint(in.view(), o.image.into(), mask, measure(in.view(), mask, true), target, options, scratch);
  o.measured = measure(o.image.view(), mask, true);
  return o;
}

// What equalize.match promises where next to nothing is clipped.
template <class T>
void check_promise(const Image<T> &in, const Scalars &target, double sigma, Mask mask = {}) {
  const auto o = equalized(in, target, {sigma, false}, mask);
  INFO("k " << o.result.amount << " clipped " << o.result.clipped << " target " << target.brightness << " "
            << target.contrast << " " << target.sharpness << " got " << o.measured.brightness << " "
            << o.measured.contrast << " " << o.measured.sharpness);
  REQUIRE(o.result.clipped <= in.view().size() / 500);  // the gamut of RGB cuts off single pixels
  CHECK(std::abs(o.measured.brightness - target.brightness) <= 0.5);
  CHECK(std::abs(o.measured.contrast / target.contrast - 1) <= 0.01);
  if (!o.result.amount_limited) CHECK(std::abs(o.measured.sharpness / target.sharpness - 1) <= 0.01);
  CHECK(o.measured.brightness == Approx(o.result.after.brightness));
  CHECK(o.result.amount >= -1);
  CHECK(o.result.amount <= 5);
}

}  // namespace

TEST_CASE("brightness, contrast and sharpness reach the reference in every pixel type") {
  int reached = 0;
  for (const auto &[width, height] : {std::pair{97, 61}, {128, 128}, {31, 7}})
    for (const uint32_t seed : {1u, 2u, 3u})
      for (const double sharper : {0.6, 0.9, 1.0, 1.3})
        for (const double sigma : {0.5, 3.0, 8.0}) {
          const auto bytes = pixels::texture<uint8_t>(width, height, seed);
          const auto words = pixels::texture<uint16_t>(width, height, seed);
          const auto floats = pixels::texture<float>(width, height, seed);
          const auto s = [&](const Scalars &own, double middle, double contrast) {
            return Scalars{middle, contrast, own.sharpness / own.contrast * contrast * sharper};
          };
          check_promise(bytes, s(measure(bytes.view(), {}, true), 128, 18), sigma);
          check_promise(words, s(measure(words.view(), {}, true), 30000, 5000), sigma);
          check_promise(floats, s(measure(floats.view(), {}, true), -50, 1), sigma);
          reached++;
        }
  CHECK(reached == 108);
}

TEST_CASE("colour reaches the reference too") {
  for (const uint32_t seed : {1u, 2u, 3u}) {
    const auto image = pixels::colour_texture(80, 60, seed);
    const Scalars own = measure(image.view(), {}, true);
    check_promise(image, {own.brightness + 5, own.contrast * 0.9, own.sharpness * 1.05}, 3);
    check_promise(image, {own.brightness - 10, own.contrast * 0.8, own.sharpness * 0.6}, 3);
  }
}

TEST_CASE("rounding to whole levels does not spoil a small contrast") {
  const auto image = pixels::texture<uint8_t>(120, 90, 5);
  const Scalars own = measure(image.view(), {}, true);
  for (const double contrast : {1.0, 1.5, 2.0, 3.0})
    check_promise(image, {100, contrast, 1.05 * own.sharpness / own.contrast * contrast}, 3);
}

TEST_CASE("the region of interest limits what is matched") {
  const auto image = pixels::texture<uint16_t>(90, 70, 4);
  const auto region = pixels::disk(90, 70, 25);
  const Scalars own = measure(image.view(), region.view(), true);
  check_promise(image, {28000, 4000, 0.8 * own.sharpness / own.contrast * 4000}, 3, region.view());
}

TEST_CASE("an image matched to its own scalars stays as it is") {
  const auto image = pixels::texture<uint8_t>(64, 48, 6);
  const auto o = equalized(image, measure(image.view(), {}, true));
  CHECK(std::abs(o.result.amount) < 1e-4);
  for (int y = 0; y < 48; y++)
    for (int x = 0; x < 64; x++) REQUIRE(o.image(x, y) == image(x, y));
}

TEST_CASE("a sharpness out of reach is said to be, and the rest still holds") {
  const auto image = pixels::texture<uint16_t>(64, 48, 6);
  const Scalars own = measure(image.view(), {}, true);
  const auto o = equalized(image, {30000, 500, own.sharpness * 500 / own.contrast * 20});
  CHECK(o.result.amount_limited);
  CHECK(o.result.amount == 5);
  CHECK(o.measured.brightness == Approx(30000).margin(0.5));
  CHECK(o.measured.contrast == Approx(500).epsilon(0.01));
  const auto blurred = equalized(image, {30000, 500, own.sharpness * 500 / own.contrast / 20});
  CHECK(blurred.result.amount_limited);
  CHECK(blurred.result.amount == -1);
}

TEST_CASE("sharpness alone leaves the mean where it was") {
  const auto image = pixels::texture<uint16_t>(96, 80, 7);
  const Scalars own = measure(image.view(), {}, true);
  Scalars target = own;
  target.sharpness *= 0.7;
  const auto o = equalized(image, target, {3, true});
  CHECK(o.measured.sharpness == Approx(target.sharpness).epsilon(0.01));
  CHECK(o.measured.brightness == Approx(own.brightness).epsilon(0.005));
  CHECK(o.measured.contrast < own.contrast);
}

TEST_CASE("NaN and infinity stay and do not spread") {
  auto image = pixels::texture<float>(64, 48, 8);
  image(20, 20) = std::numeric_limits<float>::quiet_NaN();
  image(40, 30) = std::numeric_limits<float>::infinity();
  const Scalars own = measure(image.view(), {}, true);
  const auto o = equalized(image, {1000, 2 * own.contrast, 2.2 * own.sharpness});
  CHECK(std::isnan(o.image(20, 20)));
  CHECK(o.image(40, 30) == image(40, 30));
  int others = 0;
  for (int y = 0; y < 48; y++)
    for (int x = 0; x < 64; x++) others += !std::isfinite(o.image(x, y));
  CHECK(others == 2);
  CHECK(o.measured.brightness == Approx(1000).margin(0.5));
  CHECK(o.measured.contrast == Approx(2 * own.contrast).epsilon(0.01));
  CHECK(o.measured.sharpness == Approx(2.2 * own.sharpness).epsilon(0.01));
}

TEST_CASE("a mirrored image is equalized to the mirrored result") {
  const auto image = pixels::texture<uint16_t>(71, 43, 9);
  const Scalars own = measure(image.view(), {}, true);
  const Scalars target{31000, 0.7 * own.contrast, 0.8 * own.sharpness};
  const auto a = equalized(image, target), b = equalized(pixels::mirrored(image), target);
  const auto back = pixels::mirrored(b.image);
  int worst = 0;
  for (int y = 0; y < 43; y++)
    for (int x = 0; x < 71; x++) worst = std::max(worst, std::abs(a.image(x, y) - back(x, y)));
  CHECK(worst <= 1);
}

TEST_CASE("the same input gives the same bits") {
  const auto image = pixels::colour_texture(50, 40, 10);
  const Scalars own = measure(image.view(), {}, true);
  const Scalars target{own.brightness, 0.9 * own.contrast, own.sharpness};
  const auto a = equalized(image, target), b = equalized(image, target);
  for (int y = 0; y < 40; y++)
    for (int x = 0; x < 50; x++) {
      REQUIRE(a.image(x, y).r == b.image(x, y).r);
      REQUIRE(a.image(x, y).g == b.image(x, y).g);
      REQUIRE(a.image(x, y).b == b.image(x, y).b);
    }
}

TEST_CASE("the model of the unsharp filter is exact for mean and spread, and near for sharpness") {
  const auto image = pixels::texture<float>(96, 80, 11);
  cv::Mat z(80, 96, CV_32F), smoothed;
  for (int y = 0; y < 80; y++)
    for (int x = 0; x < 96; x++) z.at<float>(y, x) = image(x, y) / 100;
  std::array<cv::Mat, 2> scratch;
  smooth(z, 3, smoothed, scratch, sheaf::never_stop);
  const auto view_of = [](const cv::Mat &m) {
    return sheaf::View<const float>(m.ptr<float>(), m.cols, m.rows, m.step[0]);
  };
  const UnsharpModel model(view_of(z), view_of(smoothed), {}, sheaf::never_stop);
  for (const double k : {-1.0, -0.9, -0.6, -0.2, 0.0, 0.4, 1.7, 3.3, 5.0}) {
    const cv::Mat filtered = (1 + k) * z - k * smoothed;
    const Scalars s = measure(view_of(filtered), {}, true);
    INFO(k);
    CHECK(model.mean(k) == Approx(s.brightness).epsilon(1e-4));
    CHECK(model.sd(k) == Approx(s.contrast).epsilon(1e-4));
    CHECK(model.sharpness(k) == Approx(s.sharpness).epsilon(0.01));
  }
}
