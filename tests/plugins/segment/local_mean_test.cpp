#include "segment/local_mean.hpp"

#include <catch2/catch.hpp>

#include "pixels.hpp"
#include "reference.hpp"

using namespace sheaf::segment;
using pixels::Image;

namespace {

template <class T>
void check_mean(const nlohmann::json &e, const Image<T> &image) {
  const auto region = pixels::disk(image.width, image.height, 5);
  const Mask mask = e["masked"].get<bool>() ? Mask(region.view()) : Mask();
  LocalScratch scratch;
  local_mean(image.view(), mask, e["window"] == "box" ? Window::box : Window::gaussian, e["block"], scratch);
  size_t i = 0;
  double worst = 0;
  for (int y = 0; y < image.height; y++)
    for (int x = 0; x < image.width; x++, i++)
      if (!mask || mask(x, y))
        worst = std::max(worst, std::abs(scratch.mean.at<double>(y, x) - e["mean"][i].get<double>()));
  INFO(e["pixel"] << " " << e["window"] << " " << e["block"] << " " << e["masked"]);
  CHECK(worst <= 1e-8);
}

}  // namespace

TEST_CASE("local means are those of SciPy and scikit-image") {
  const auto &all = reference()["local_mean"];
  const int width = all["width"], height = all["height"];
  REQUIRE(all["cases"].size() == 27);
  for (const auto &e : all["cases"]) {
    if (e["pixel"] == "u8") check_mean(e, pixels::texture<uint8_t>(width, height, 3));
    if (e["pixel"] == "u16") check_mean(e, pixels::texture<uint16_t>(width, height, 3));
    if (e["pixel"] == "f32") check_mean(e, pixels::texture<float>(width, height, 3));
  }
}

TEST_CASE("the local mean is of pixels that are numbers") {
  auto image = pixels::texture<float>(40, 30, 1);
  image(20, 10) = std::numeric_limits<float>::quiet_NaN();
  for (const Window window : {Window::box, Window::gaussian}) {
    LocalScratch scratch;
    local_mean(image.view(), {}, window, 9, scratch);
    int unknown = 0;
    for (int y = 0; y < 30; y++)
      for (int x = 0; x < 40; x++) unknown += !std::isfinite(scratch.mean.at<double>(y, x));
    CHECK(unknown == 0);
  }
}

TEST_CASE("on flat ground the local mean is the value, but for rounding") {
  for (const Window window : {Window::box, Window::gaussian}) {
    LocalScratch scratch;
    local_mean(Image<uint16_t>(50, 40, 40001).view(), {}, window, 31, scratch);
    for (int y = 0; y < 40; y++)
      for (int x = 0; x < 50; x++) REQUIRE(scratch.mean.at<double>(y, x) == Approx(40001).epsilon(1e-12));
  }
}

TEST_CASE("one pixel has itself for a neighbourhood") {
  LocalScratch scratch;
  local_mean(Image<uint8_t>(1, 1, 77).view(), {}, Window::gaussian, 15, scratch);
  CHECK(scratch.mean.at<double>(0, 0) == Approx(77).epsilon(1e-12));
  local_mean(Image<uint8_t>(1, 1, 77).view(), {}, Window::box, 15, scratch);
  CHECK(scratch.mean.at<double>(0, 0) == Approx(77).epsilon(1e-12));
}
