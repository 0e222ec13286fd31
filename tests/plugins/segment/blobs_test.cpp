// segment.blobs as its users see it.
#include "operation.hpp"

using operation::Client;
using operation::Json;
using pixels::Image;

namespace {

constexpr const char *plugin = "sheaf_segment", *id = "segment.blobs";
constexpr int width = 90, height = 70;

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
std::vector<double> numbers(const Client &client, const char *column, const char *table = "blobs") {
  return client.column(table, column).numbers;
}

// Gaussian spots on 40: three bright ones, the strongest in the middle, and a dark one.
uint8_t spots(int x, int y) {
  const auto spot = [&](double cx, double cy, double s) {
    return std::exp(-((x - cx) * (x - cx) + (y - cy) * (y - cy)) / (2 * s * s));
  };
  return static_cast<uint8_t>(
      std::lround(70 + 150 * spot(45, 30, 5) + 100 * spot(20, 20, 3) + 90 * spot(70, 50, 3) - 60 * spot(20, 52, 4)));
}
template <class T = uint8_t>
Image<T> scene() {
  return pixels::make<T>(width, height, [](int x, int y) { return static_cast<T>(spots(x, y)); });
}

template <class T>
void check_variants() {
  std::vector<Image<T>> images;
  for (int i = 0; i < 3; i++) {
    if constexpr (std::is_same_v<T, sheaf::Rgb>) images.push_back(pixels::colour_texture(61, 47, 3 + i));
    else images.push_back(pixels::texture<T>(61, 47, 3 + i));
  }
  const auto c = operation::collection(images);
  for (const Json &params :
       {Json::object(), Json{{"method", "dog"}, {"objects", "both"}, {"refine", true}, {"fraction", 0.4}},
        Json{{"objects", "dark"}, {"exclude_border", true}, {"spacing", "linear"}, {"outlines", "points"}},
        Json{{"threshold", "absolute"}, {"level", 3}, {"scales", 4}, {"overlap", 0}}}) {
    const Client one = found(c, params, 1), three = found(c, params, 3);
    INFO(params.dump());
    CHECK(numbers(one, "x") == numbers(three, "x"));
    CHECK(numbers(one, "sigma") == numbers(three, "sigma"));
    CHECK(numbers(one, "response") == numbers(three, "response"));
    for (int64_t n = 0; n < 3; n++) {
      REQUIRE(labels(one, n) == labels(three, n));
      CHECK(operation::preview(plugin, id, c, params, n, "labels") == one.outputs.at("labels").images.at(n));
    }
  }
}

}  // namespace

TEST_CASE("threads and preview change no blob") {
  check_variants<uint8_t>();
  check_variants<uint16_t>();
  check_variants<float>();
  check_variants<sheaf::Rgb>();
}

TEST_CASE("spots are found with place, size and strength, the strongest first") {
  auto c = operation::collection(std::vector{scene()});
  c.info.spacing[0] = c.info.spacing[1] = 0.5;
  const Client client = found(c);
  REQUIRE(numbers(client, "blob") == std::vector<double>{1, 2, 3});
  CHECK(numbers(client, "x") == std::vector<double>{22.75, 10.25, 35.25});
  CHECK(numbers(client, "y") == std::vector<double>{15.25, 10.25, 25.25});
  CHECK(numbers(client, "sigma")[0] == Approx(5).epsilon(0.15));
  CHECK(numbers(client, "diameter")[0] == Approx(numbers(client, "sigma")[0] * std::sqrt(2.0)));
  CHECK(numbers(client, "response")[0] == Approx(75).epsilon(0.05));
  CHECK(client.column("blobs", "kind").texts[0] == "bright");
  CHECK(numbers(client, "blobs", "counts") == std::vector<double>{3});
  CHECK(numbers(client, "strongest", "counts")[0] == numbers(client, "response")[0]);
  CHECK(numbers(client, "diameter", "counts")[0] == numbers(client, "diameter")[1]);
  const auto out = labels(client);
  CHECK(out[30 * width + 45] == 1);
  CHECK(out[20 * width + 20] == 2);
  CHECK(out[50 * width + 70] == 3);
  CHECK(out[52 * width + 20] == 0);
  REQUIRE(client.rois.size() == 3);
  CHECK(client.rois[1].name == "Blob-0002");
  CHECK(client.rois[1].roi.label == 2);
}

TEST_CASE("dark spots are found alone, and with the bright ones") {
  const Client dark = found(scene(), {{"objects", "dark"}});
  REQUIRE(!numbers(dark, "x").empty());
  CHECK(numbers(dark, "x")[0] == 20.5);
  CHECK(numbers(dark, "y")[0] == 52.5);
  CHECK(dark.column("blobs", "kind").texts[0] == "dark");
  const Client both = found(scene(), {{"objects", "both"}, {"fraction", 0.35}});
  CHECK(both.column("blobs", "kind").texts == std::vector<std::string>{"bright", "bright", "bright", "dark"});
}

TEST_CASE("the centres of an image's blobs are one selection of points") {
  const Client client = found(scene(), {{"outlines", "points"}});
  REQUIRE(client.rois.size() == 1);
  CHECK(client.rois[0].roi.kind == SHEAF_ROI_POINTS);
  CHECK(client.rois[0].xy == std::vector<float>{45.5f, 30.5f, 20.5f, 20.5f, 70.5f, 50.5f});
}

TEST_CASE("the threshold is a fraction of the strongest response, or a level in calibrated units") {
  CHECK(numbers(found(scene(), {{"fraction", 0.9}}), "x").size() == 1);
  CHECK(numbers(found(scene(), {{"threshold", "absolute"}, {"level", 60}}), "x").size() == 1);
  auto c = operation::collection(std::vector{scene()});
  c.info.flags = SHEAF_VALUES_CALIBRATED;
  c.info.value_offset = -7;
  c.info.value_scale = 0.1;
  CHECK(numbers(found(c, {{"threshold", "absolute"}, {"level", 6}}), "x").size() == 1);
  CHECK(numbers(found(c), "response")[0] == Approx(7.5).epsilon(0.05));
  c.info.value_scale = -0.1;  // larger pixel values are darker
  CHECK(numbers(found(c, {{"objects", "dark"}}), "x") == numbers(found(scene()), "x"));
}

TEST_CASE("16-bit, float and colour images have the blobs of the 8-bit image") {
  const auto x = numbers(found(scene()), "x");
  CHECK(numbers(found(scene<uint16_t>()), "x") == x);
  CHECK(numbers(found(scene<float>()), "x") == x);
  const auto colour = pixels::make<sheaf::Rgb>(width, height, [](int i, int j) {
    const uint8_t v = spots(i, j);
    return sheaf::Rgb{v, v, v, 255};
  });
  CHECK(numbers(found(colour), "x") == x);
}

TEST_CASE("centres lie in the region of interest, and discs can be kept from leaving it") {
  auto c = operation::collection(std::vector{scene()});
  c.mask = operation::region(pixels::make<uint8_t>(width, height, [](int x, int) { return x < 48 ? 255 : 0; }));
  CHECK(numbers(found(c), "x") == std::vector<double>{45.5, 20.5});
  CHECK(numbers(found(c, {{"exclude_border", true}}), "x") == std::vector<double>{20.5});
}

TEST_CASE("what is not finite holds no blob and moves none") {
  auto image = scene<float>();
  for (int y = 30; y < height; y++)
    for (int x = 0; x < 30; x++) image(x, y) = std::numeric_limits<float>::quiet_NaN();
  image(80, 10) = std::numeric_limits<float>::infinity();
  image(60, 10) = -std::numeric_limits<float>::infinity();
  CHECK(numbers(found(image), "x") == std::vector<double>{45.5, 20.5, 70.5});
  CHECK(numbers(found(image, {{"objects", "dark"}, {"threshold", "absolute"}, {"level", 25}}), "x").empty());
}

TEST_CASE("an image without spots has a row with none") {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  for (const float v : {3.f, nan, std::numeric_limits<float>::infinity()})
    for (const auto &[w, h] : {std::pair{1, 1}, {1, 9}, {20, 10}}) {
      const Client client = found(Image<float>(w, h, v), {{"objects", "both"}});
      CHECK(numbers(client, "blobs", "counts") == std::vector<double>{0});
      CHECK(client.rois.empty());
      CHECK(labels(client) == std::vector<uint32_t>(static_cast<size_t>(w) * h, 0));
    }
}

TEST_CASE("a least diameter above the greatest is refused") {
  CHECK(operation::outcome(plugin, id, operation::collection(std::vector{scene()}), {{"min_diameter", 31}}) ==
        "invalid: min_diameter: 31 given, max_diameter is 30; accepted: max_diameter or less");
}
