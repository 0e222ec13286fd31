#include "equalize/affine.hpp"

#include <catch2/catch.hpp>

#include "equalize/scalars.hpp"
#include "pixels.hpp"
#include "reference.hpp"

using namespace sheaf::equalize;
using pixels::Image;

TEST_CASE("a line is rounded to the nearest level, halves up") {
  const auto in = pixels::make<uint8_t>(4, 1, [](int x, int) { return uint8_t(x); });
  Image<uint8_t> out(4, 1);
  CHECK(apply(Line{0.5, 10}, in.view(), out.into()) == 0);
  CHECK(out(0, 0) == 10);
  CHECK(out(1, 0) == 11);
  CHECK(out(2, 0) == 11);
  CHECK(out(3, 0) == 12);
}

TEST_CASE("values beyond the type are cut off and counted, rounding is not") {
  const auto in = pixels::make<uint16_t>(5, 1, [](int x, int) { return uint16_t(x * 16384 - (x == 4)); });
  Image<uint16_t> out(5, 1);
  CHECK(apply(Line{1, 0.4}, in.view(), out.into()) == 0);
  CHECK(out(4, 0) == 65535);
  CHECK(apply(Line{2, -1}, in.view(), out.into()) == 3);
  CHECK(out(0, 0) == 0);
  CHECK(out(1, 0) == 32767);
  CHECK(out(4, 0) == 65535);
}

TEST_CASE("every level goes through a line as its definition says, however steep the line") {
  const auto in = pixels::make<uint16_t>(256, 256, [](int x, int y) { return uint16_t(256 * y + x); });
  Image<uint16_t> out(256, 256);
  for (const Line line : {Line{0.73, 0}, Line{1.9, -3000.25}, Line{-1, 65535}, Line{1e12, -2e16}, Line{-1e20, 3}}) {
    const auto gain = static_cast<float>(line.gain), offset = static_cast<float>(line.offset);
    int64_t wrong = 0, beyond = 0;
    const int64_t cut = apply(line, in.view(), out.into());
    for (int level = 0; level < 65536; level++) {
      const float v = gain * static_cast<float>(level) + offset;
      beyond += v < -0.5f || v >= 65535.5f;
      wrong += out(level % 256, level / 256) != static_cast<uint16_t>(std::clamp(v, 0.0f, 65535.0f) + 0.5f);
    }
    CHECK(wrong == 0);
    CHECK(cut == beyond);
  }
}

TEST_CASE("32-bit values are neither rounded nor cut off, and NaN stays") {
  Image<float> in(3, 1);
  in(0, 0) = -1e6f;
  in(1, 0) = 3e30f;
  in(2, 0) = std::numeric_limits<float>::quiet_NaN();
  Image<float> out(3, 1);
  CHECK(apply(Line{2, 0.25}, in.view(), out.into()) == 0);
  CHECK(out(0, 0) == -1999999.75f);
  CHECK(out(1, 0) == 6e30f);
  CHECK(std::isnan(out(2, 0)));
}

TEST_CASE("changing the lightness of colour agrees with scikit-image") {
  const auto &e = reference()["lightness"];
  const auto in = pixels::colour_texture(e["width"], e["height"], 7);
  Image<sheaf::Rgb> out(in.width, in.height);
  apply_lab({Line{e["gain"], 0}, {}, {}}, in.view(), out.into());
  size_t i = 0;
  int worst = 0;
  for (int y = 0; y < in.height; y++)
    for (int x = 0; x < in.width; x++)
      for (const int v : {out(x, y).r, out(x, y).g, out(x, y).b})
        worst = std::max(worst, std::abs(v - e["values"][i++].get<int>()));
  CHECK(worst <= 1);
}

TEST_CASE("Reinhard's colour transfer agrees with its formula in scikit-image's Lab") {
  const auto &e = reference()["reinhard"];
  const auto in = pixels::colour_texture(e["width"], e["height"], 7);
  auto base = pixels::colour_texture(e["width"], e["height"], 8);
  for (int y = 0; y < base.height; y++)
    for (int x = 0; x < base.width; x++) {
      auto &p = base(x, y);
      p = {uint8_t(p.b / 2 + 60), uint8_t(p.g / 2 + 60), uint8_t(p.r / 2 + 60), 255};
    }
  const LabScalars own = measure_lab(in.view(), {}), other = measure_lab(base.view(), {});
  std::array<Line, 3> lines;
  for (size_t c = 0; c < 3; c++) {
    const double gain = other.sd[c] / own.sd[c];
    lines[c] = {gain, other.mean[c] - gain * own.mean[c]};
  }
  Image<sheaf::Rgb> out(in.width, in.height);
  apply_lab(lines, in.view(), out.into());
  size_t i = 0;
  int worst = 0;
  for (int y = 0; y < in.height; y++)
    for (int x = 0; x < in.width; x++)
      for (const int v : {out(x, y).r, out(x, y).g, out(x, y).b})
        worst = std::max(worst, std::abs(v - e["values"][i++].get<int>()));
  CHECK(worst <= 1);
}
