// segment.hysteresis as its users see it, against scikit-image (tests/data/segment/regenerate_hysteresis.py).
#include <fstream>

#include "operation.hpp"

using operation::Client;
using operation::Json;
using pixels::Image;

namespace {

constexpr const char *plugin = "sheaf_segment", *id = "segment.hysteresis";
constexpr int width = 53, height = 41;

Client found(testing::Collection collection, const Json &params = Json::object(), int threads = 2) {
  return operation::run(plugin, id, std::move(collection), params, threads);
}
template <class T>
Client found(const Image<T> &image, const Json &params = Json::object()) {
  return found(operation::collection(std::vector{image}), params);
}
std::vector<uint32_t> labels(const Client &client, int64_t n = 0) {
  return operation::image<uint32_t>(client, "labels", n);
}
double number(const Client &client, const char *column, size_t n = 0) {
  return client.column("hysteresis", column).numbers[n];
}
std::string outcome(const Json &params) {
  return operation::outcome(plugin, id, operation::collection(std::vector{Image<uint8_t>(9, 7, 3)}), params);
}

template <class T>
std::vector<Image<T>> textures(int count) {
  std::vector<Image<T>> images;
  for (int i = 0; i < count; i++) {
    if constexpr (std::is_same_v<T, sheaf::Rgb>) images.push_back(pixels::colour_texture(width, height, 7 + i));
    else images.push_back(pixels::texture<T>(width, height, 7 + i));
  }
  return images;
}

template <class T>
void check_variants() {
  const auto images = operation::collection(textures<T>(3));
  for (const Json &params :
       {Json::object(), Json{{"method", "multi_otsu"}, {"scope", "all"}, {"mask", true}},
        Json{{"method", "percentile"}, {"invert", true}, {"connectivity", "4"}, {"fill_holes", true}},
        Json{{"method", "manual"}, {"low", 120}, {"high", 140}, {"min_size", 5}, {"exclude_border", true}}}) {
    const Client one = found(images, params, 1), three = found(images, params, 3);
    INFO(params.dump());
    for (int64_t n = 0; n < 3; n++) {
      const auto mine = labels(one, n);
      REQUIRE(mine == labels(three, n));
      CHECK(number(one, "objects", static_cast<size_t>(n)) == *std::max_element(mine.begin(), mine.end()));
      // a preview measures these few images, too
      CHECK(operation::preview(plugin, id, images, params, n, "labels") == one.outputs.at("labels").images.at(n));
    }
  }
}

}  // namespace

TEST_CASE("hysteresis finds scikit-image's objects, with levels as given and as chosen") {
  const Json reference = Json::parse(std::ifstream(SHEAF_TEST_DATA "/segment/hysteresis.json"));
  for (const Json &entry : reference["cases"]) {
    const auto image = pixels::texture<uint8_t>(width, height, entry["seed"], 3);
    Json params{{"method", entry["method"]}};
    if (entry["method"] == "manual") {
      params["low"] = entry["low"];
      params["high"] = entry["high"];
    }
    INFO(params.dump() << ", image " << entry["seed"]);
    const Client eight = found(image, params);
    CHECK(labels(eight) == entry["labels_8"].get<std::vector<uint32_t>>());
    CHECK(number(eight, "low") == Approx(entry["low"].get<double>()));
    CHECK(number(eight, "high") == Approx(entry["high"].get<double>()));
    params["connectivity"] = "4";
    CHECK(labels(found(image, params)) == entry["labels_4"].get<std::vector<uint32_t>>());
    if (!entry.contains("dark_4")) continue;
    params["invert"] = true;
    CHECK(labels(found(image, params)) == entry["dark_4"].get<std::vector<uint32_t>>());
  }
}

TEST_CASE("threads and preview change no object of hysteresis") {
  check_variants<uint8_t>();
  check_variants<uint16_t>();
  check_variants<float>();
  check_variants<sheaf::Rgb>();
}

TEST_CASE("dark objects are those of the negative image") {
  const auto image = pixels::texture<uint8_t>(width, height, 3, 3);
  const auto negative =
      pixels::make<uint8_t>(width, height, [&](int x, int y) { return static_cast<uint8_t>(255 - image(x, y)); });
  const Client bright = found(image, {{"method", "manual"}, {"low", 120}, {"high", 150}});
  CHECK(number(bright, "objects") > 1);
  CHECK(labels(found(negative, {{"method", "manual"}, {"low", 104}, {"high", 134}, {"invert", true}})) ==
        labels(bright));
  const Client chosen = found(negative, {{"invert", true}});
  CHECK(number(chosen, "low") < number(chosen, "high"));
  CHECK(number(chosen, "objects") > 0);
}

TEST_CASE("levels that are chosen do not depend on offset and gain") {
  const auto image = pixels::texture<uint8_t>(width, height, 3, 3);
  const auto bright = pixels::make<uint16_t>(
      width, height, [&](int x, int y) { return static_cast<uint16_t>(20 * image(x, y) + 900); });
  for (const char *method : {"otsu", "multi_otsu", "percentile"})
    CHECK(labels(found(bright, {{"method", method}})) == labels(found(image, {{"method", method}})));
}

TEST_CASE("objects that touch at a corner are one for 8 neighbours and two for 4") {
  auto image = Image<uint8_t>(9, 5, 10);
  image(1, 1) = image(2, 2) = 90;
  image(3, 3) = 60;
  const Json levels{{"method", "manual"}, {"low", 50}, {"high", 80}};
  Json edges = levels;
  edges["connectivity"] = "4";
  const Client eight = found(image, levels), four = found(image, edges);
  CHECK(number(eight, "objects") == 1);
  CHECK(number(eight, "area") == 3);
  CHECK(number(four, "objects") == 2);
  CHECK(number(four, "area") == 2);
  REQUIRE(four.rois.size() == 2);
  CHECK(four.rois[1].name == "Region-0002");
  CHECK(four.column("regions", "area").numbers == std::vector<double>{1, 1});
}

TEST_CASE("the levels of all images together are one pair") {
  auto images = textures<float>(2);
  for (auto &v : images[1].data) v += 200;
  const auto c = operation::collection(images);
  const Client all = found(c, {{"scope", "all"}}), each = found(c);
  CHECK(number(all, "low", 0) == number(all, "low", 1));
  CHECK(number(all, "high", 0) == number(all, "high", 1));
  CHECK(number(each, "high", 0) != number(each, "high", 1));
}

TEST_CASE("levels are in calibrated units, and calibrations that fall turn bright into dark") {
  auto image = Image<uint8_t>(9, 5, 10);
  image(1, 1) = 90;
  image(2, 1) = 60;
  image(6, 3) = 60;
  auto c = operation::collection(std::vector{image});
  c.info.flags = SHEAF_VALUES_CALIBRATED;
  c.info.value_offset = 100;
  c.info.value_scale = 2;
  CHECK(number(found(c, {{"method", "manual"}, {"low", 200}, {"high", 260}}), "area") == 2);
  c.info.value_scale = -1;
  CHECK(number(found(c, {{"method", "manual"}, {"low", 20}, {"high", 50}, {"invert", true}}), "area") == 2);
}

TEST_CASE("hysteresis sees nothing outside the region of interest") {
  const auto image = pixels::texture<uint8_t>(width, height, 3, 3);
  auto c = operation::collection(std::vector{image});
  c.mask = operation::region(pixels::make<uint8_t>(width, height, [](int x, int) { return x < 30 ? 255 : 0; }));
  for (const char *method : {"otsu", "percentile"}) {
    const auto left = pixels::make<uint8_t>(30, height, [&](int x, int y) { return image(x, y); });
    const Client part = found(c, {{"method", method}}), alone = found(left, {{"method", method}});
    CHECK(number(part, "low") == number(alone, "low"));
    CHECK(number(part, "area") == number(alone, "area"));
    CHECK(number(part, "objects") == number(alone, "objects"));
  }
}

TEST_CASE("images with too few values have no objects, NaN is background and infinities count") {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN(), infinite = std::numeric_limits<float>::infinity();
  for (const char *method : {"otsu", "multi_otsu", "percentile"})
    for (const float v : {3.f, nan, infinite}) {
      const Client client = found(Image<float>(9, 7, v), {{"method", method}});
      CHECK(number(client, "objects") == 0);
      CHECK(client.column("hysteresis", "status").texts[0] == "degenerate");
    }
  CHECK(number(found(Image<uint8_t>(1, 1, 7)), "objects") == 0);
  CHECK(number(found(Image<uint8_t>(1, 1, 7), {{"method", "manual"}, {"low", 2}, {"high", 6}}), "objects") == 1);
  auto image = Image<float>(9, 5, 1);
  image(1, 1) = infinite;
  image(2, 1) = 5;
  image(3, 1) = nan;
  image(4, 1) = 5;
  image(7, 3) = -infinite;
  const Client client = found(image, {{"method", "manual"}, {"low", 4}, {"high", 6}});
  CHECK(number(client, "area") == 2);
}

TEST_CASE("the mask of hysteresis is 255 where there is an object") {
  const Client client = found(pixels::texture<uint8_t>(width, height, 3, 3), {{"mask", true}, {"fill_holes", true}});
  const auto l = labels(client);
  const auto m = operation::image<uint8_t>(client, "mask", 0);
  for (size_t i = 0; i < l.size(); i++) REQUIRE(m[i] == (l[i] ? 255 : 0));
}

TEST_CASE("levels that contradict each other are refused") {
  CHECK(outcome({{"method", "manual"}, {"low", 80}, {"high", 50}}) ==
        "invalid: low: 80 given, high is 50; accepted: high or less");
  CHECK(outcome({{"method", "percentile"}, {"seeds", 12}}) ==
        "invalid: seeds: 12 given, candidates is 10; accepted: candidates or less");
}
