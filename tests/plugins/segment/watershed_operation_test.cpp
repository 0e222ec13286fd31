// segment.watershed as its users see it.
#include "operation.hpp"

using operation::Client;
using operation::Json;
using pixels::Image;

namespace {

constexpr const char *plugin = "sheaf_segment", *id = "segment.watershed";
constexpr int width = 61, height = 47;

template <class T>
std::vector<Image<T>> textures(int count) {
  std::vector<Image<T>> images;
  for (int i = 0; i < count; i++) {
    if constexpr (std::is_same_v<T, sheaf::Rgb>) images.push_back(pixels::colour_texture(width, height, 11 + i));
    else images.push_back(pixels::texture<T>(width, height, 11 + i));
  }
  return images;
}

Client divided(testing::Collection collection, const Json &params = Json::object(), int threads = 2) {
  return operation::run(plugin, id, std::move(collection), params, threads);
}
std::vector<uint32_t> labels(const Client &client, int64_t n) {
  return operation::image<uint32_t>(client, "labels", n);
}
double number(const Client &client, const char *column, size_t n = 0) {
  return client.column("watershed", column).numbers[n];
}

std::vector<Json> variants() {
  return {Json::object(),
          {{"foreground", "li"}, {"surface", "intensity"}, {"h", 5}},
          {{"foreground", "triangle"}, {"markers", "peaks"}, {"min_distance", 3}, {"connectivity", "4"}},
          {{"foreground", "level"}, {"level", 120}, {"invert", true}, {"surface", "intensity"}, {"markers", "peaks"}},
          {{"blur", 1.5}, {"fill_holes", true}, {"exclude_border", true}, {"min_size", 9}, {"smoothing", 0}},
          {{"foreground", "nonzero"}},
          {{"foreground", "labels"}, {"min_size", 2}}};
}

// Two disks that touch, 200 on 20, and a third one at the border.
Image<uint8_t> disks() {
  return pixels::make<uint8_t>(width, height, [](int x, int y) -> uint8_t {
    const auto inside = [&](int cx, int cy) { return (x - cx) * (x - cx) + (y - cy) * (y - cy) <= 81; };
    return inside(20, 20) || inside(36, 20) || inside(60, 40) ? 200 : 20;
  });
}

template <class T>
void check_variants() {
  const auto images = operation::collection(textures<T>(3));
  for (const Json &params : variants()) {
    if (std::is_same_v<T, sheaf::Rgb> && params.value("foreground", "") == "labels") continue;
    const Client one = divided(images, params, 1), three = divided(images, params, 3);
    INFO(params.dump());
    for (int64_t n = 0; n < 3; n++) {
      const auto mine = labels(one, n);
      REQUIRE(mine == labels(three, n));
      CHECK(operation::preview(plugin, id, images, params, n, "labels") == one.outputs.at("labels").images.at(n));
      // labels are 1... in reading order
      uint32_t highest = 0;
      for (const uint32_t l : mine) {
        REQUIRE(l <= highest + 1);
        highest = std::max(highest, l);
      }
      CHECK(number(one, "regions", static_cast<size_t>(n)) == highest);
      CHECK(number(one, "area", static_cast<size_t>(n)) ==
            static_cast<double>(mine.size()) - static_cast<double>(std::count(mine.begin(), mine.end(), 0u)));
    }
    double regions = 0;
    for (const double r : one.column("watershed", "regions").numbers) regions += r;
    CHECK(one.rois.size() == static_cast<size_t>(regions));
  }
}

}  // namespace

TEST_CASE("threads and preview change no region of a watershed") {
  check_variants<uint8_t>();
  check_variants<uint16_t>();
  check_variants<float>();
  check_variants<sheaf::Rgb>();
}

TEST_CASE("disks that touch are counted apart") {
  const auto c = operation::collection(std::vector{disks()});
  const Client client = divided(c);
  CHECK(number(client, "objects") == 2);
  CHECK(number(client, "regions") == 3);
  CHECK(number(client, "threshold") == 199);
  REQUIRE(client.rois.size() == 3);
  CHECK(client.rois[2].roi.label == 3);
  CHECK(client.rois[2].name == "Region-0003");
  CHECK(number(divided(c, {{"exclude_border", true}}), "regions") == 2);
  CHECK(number(divided(c, {{"min_size", 200}}), "regions") == 2);
  auto dark = disks();
  for (auto &p : dark.data) p = static_cast<uint8_t>(220 - p);
  CHECK(labels(divided(operation::collection(std::vector{dark}), {{"invert", true}}), 0) == labels(client, 0));
}

TEST_CASE("a mask or a label image is divided as it is") {
  const Client bright = divided(operation::collection(std::vector{disks()}));
  const auto mask =
      pixels::make<uint8_t>(width, height, [image = disks()](int x, int y) { return image(x, y) > 20 ? 255 : 0; });
  CHECK(labels(divided(operation::collection(std::vector{mask}), {{"foreground", "nonzero"}}), 0) == labels(bright, 0));
}

TEST_CASE("of a label image every label is divided on its own, also where it touches others") {
  // the two disks that touch are one label; a square right under them is another
  const auto scene = [](auto as) {
    return pixels::make<decltype(as)>(width, height, [d = disks(), as](int x, int y) {
      const bool square = y >= 30 && y < 38 && x >= 15 && x < 40;
      return static_cast<decltype(as)>(square ? 300 : d(x, y) > 20 ? (x < 50 ? 7 : 70000) : 0);
    });
  };
  const Client parts = divided(operation::collection(std::vector{scene(uint16_t{})}), {{"foreground", "labels"}});
  const auto out = labels(parts, 0);
  const auto at = [&](int x, int y) { return out[static_cast<size_t>(y) * width + static_cast<size_t>(x)]; };
  CHECK(number(parts, "objects") == 3);
  CHECK(number(parts, "regions") == 4);
  CHECK(std::isnan(number(parts, "threshold")));
  CHECK(at(20, 20) != at(36, 20));
  CHECK(at(20, 29) == at(20, 20));
  CHECK(at(20, 30) == at(38, 37));
  CHECK(at(20, 30) != at(20, 20));
  // as a mask, what touches is one object
  CHECK(number(divided(operation::collection(std::vector{scene(uint16_t{})}), {{"foreground", "nonzero"}}),
               "objects") == 2);
  CHECK(labels(divided(operation::collection(std::vector{scene(float{})}), {{"foreground", "labels"}}), 0) == out);
}

TEST_CASE("an object alone is divided as a label as it is as a mask") {
  const auto texture = pixels::texture<uint8_t>(width, height, 5, 4);
  const auto mask = pixels::make<uint8_t>(width, height, [&](int x, int y) { return texture(x, y) > 128 ? 9 : 0; });
  const auto c = operation::collection(std::vector{mask});
  for (const Json &more :
       {Json::object(), Json{{"markers", "peaks"}}, Json{{"smoothing", 0}}, Json{{"fill_holes", true}}}) {
    Json as_mask = more, as_labels = more;
    as_mask["foreground"] = "nonzero";
    as_labels["foreground"] = "labels";
    const Client one = divided(c, as_mask), other = divided(c, as_labels);
    CHECK(number(one, "objects") == number(other, "objects"));
    CHECK(number(one, "area") == number(other, "area"));
    CHECK(number(one, "regions") <= number(other, "regions"));
  }
  auto alone = disks();
  for (auto &v : alone.data) v = v > 20;
  for (int y = 30; y < height; y++)
    for (int x = 0; x < width; x++) alone(x, y) = 0;
  const auto disks_alone = operation::collection(std::vector{alone});
  CHECK(labels(divided(disks_alone, {{"foreground", "labels"}}), 0) ==
        labels(divided(disks_alone, {{"foreground", "nonzero"}}), 0));
}

TEST_CASE("labels are refused where intensities are needed") {
  const auto refusal = [](Json params) {
    params["foreground"] = "labels";
    return operation::outcome(plugin, id, operation::collection(textures<uint8_t>(1)), params);
  };
  CHECK(operation::outcome(plugin, id, operation::collection(textures<sheaf::Rgb>(1)), {{"foreground", "labels"}}) ==
        "invalid: foreground: labels given, the images are RGB; accepted: 8-bit, 16-bit or 32-bit labels");
  CHECK(refusal({{"invert", true}}) ==
        "invalid: invert: given with foreground labels, which are neither bright nor dark; leave it out");
  CHECK(refusal({{"blur", 1}}) == "invalid: blur: given with foreground labels, which cannot be blurred; accepted: 0");
  CHECK(refusal({{"surface", "intensity"}}) ==
        "invalid: surface: intensity given with foreground labels, which have none; accepted: distance");
}

TEST_CASE("a level is in calibrated units") {
  auto c = operation::collection(std::vector{disks()});
  c.info.flags = SHEAF_VALUES_CALIBRATED;
  c.info.value_offset = 1000;
  c.info.value_scale = 0.5;
  CHECK(number(divided(c, {{"foreground", "level"}, {"level", 1050}}), "regions") == 3);
  CHECK(number(divided(c), "threshold") == 1099.5);
}

TEST_CASE("a watershed sees nothing outside the region of interest") {
  auto c = operation::collection(std::vector{disks()});
  const auto region = pixels::make<uint8_t>(width, height, [](int x, int) { return x < 40 ? 255 : 0; });
  c.mask = operation::region(region);
  const auto out = labels(divided(c), 0);
  for (int y = 0; y < height; y++)
    for (int x = 40; x < width; x++) REQUIRE(out[static_cast<size_t>(y) * width + x] == 0);
  CHECK(number(divided(c), "regions") == 2);
  CHECK(number(divided(c, {{"exclude_border", true}}), "regions") == 1);
}

TEST_CASE("an image without two different values has no regions") {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  for (const float v : {3.f, nan, std::numeric_limits<float>::infinity()}) {
    const Client client = divided(operation::collection(std::vector{Image<float>(9, 7, v)}));
    CHECK(number(client, "regions") == 0);
    CHECK(client.column("watershed", "status").texts[0] == "degenerate");
  }
}

TEST_CASE("NaN is background of a watershed, infinities count as the extremes") {
  auto image = pixels::make<float>(width, height, [d = disks()](int x, int y) { return float(d(x, y)); });
  image(20, 20) = std::numeric_limits<float>::quiet_NaN();
  image(36, 20) = std::numeric_limits<float>::infinity();
  image(2, 2) = -std::numeric_limits<float>::infinity();
  const auto out = labels(divided(operation::collection(std::vector{image}), {{"fill_holes", true}}), 0);
  CHECK(out[20 * width + 20] == 0);
  CHECK(out[20 * width + 36] > 0);
  CHECK(out[2 * width + 2] == 0);
}
