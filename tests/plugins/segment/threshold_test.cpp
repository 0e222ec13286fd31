// segment.threshold as its users see it.
#include "operation.hpp"

using operation::Client;
using operation::Json;
using pixels::Image;

namespace {

constexpr const char *plugin = "sheaf_segment", *id = "segment.threshold";
constexpr int width = 61, height = 47;
const std::vector<std::string> automatic = {"otsu", "multi_otsu", "li", "yen", "triangle", "isodata"};

template <class T>
std::vector<Image<T>> textures(int count) {
  std::vector<Image<T>> images;
  for (int i = 0; i < count; i++) {
    if constexpr (std::is_same_v<T, sheaf::Rgb>) images.push_back(pixels::colour_texture(width, height, 11 + i));
    else images.push_back(pixels::texture<T>(width, height, 11 + i));
    for (auto &p : images.back().data)
      if constexpr (!std::is_same_v<T, sheaf::Rgb>) p = static_cast<T>(p / static_cast<T>(1 + i));
  }
  return images;
}

Client segmented(testing::Collection collection, const Json &params = Json::object(), int threads = 2) {
  return operation::run(plugin, id, std::move(collection), params, threads);
}

const std::vector<double> &numbers(const Client &client, const std::string &name) {
  return client.column("thresholds", name).numbers;
}
const std::vector<std::string> &statuses(const Client &client) { return client.column("thresholds", "status").texts; }
std::vector<uint32_t> labels(const Client &client, int64_t n) {
  return operation::image<uint32_t>(client, "labels", n);
}

int64_t foreground(const std::vector<uint32_t> &labels) {
  return std::count_if(labels.begin(), labels.end(), [](uint32_t l) { return l > 0; });
}

// The parameters that exercise each method.
std::vector<Json> every_method() {
  return {{{"method", "otsu"}},
          {{"method", "multi_otsu"}, {"classes", 5}},
          {{"method", "manual"}, {"levels", {40, 90}}},
          {{"method", "levels"}, {"levels", {30, 60, 120}}},
          {{"method", "li"}},
          {{"method", "yen"}, {"scope", "all"}},
          {{"method", "triangle"}},
          {{"method", "isodata"}, {"scope", "all"}},
          {{"method", "hysteresis"}, {"levels", {60, 90}}},
          {{"method", "adaptive_mean"}, {"block", 9}, {"offset", -2}},
          {{"method", "adaptive_gaussian"}, {"block", 15}}};
}

template <class T>
void check_every_method() {
  for (Json params : every_method())
    for (const bool all_flags : {false, true}) {
      if (all_flags)
        for (const char *flag : {"fill_holes", "exclude_border", "invert", "mask"}) params[flag] = true;
      if (all_flags) params["min_size"] = 5;
      const auto images = operation::collection(textures<T>(3));
      const Client one = segmented(images, params, 1), three = segmented(images, params, 3);
      INFO(params.dump());
      for (int64_t n = 0; n < 3; n++) {
        REQUIRE(labels(one, n) == labels(three, n));
        CHECK(operation::preview(plugin, id, images, params, n, "labels") == one.outputs.at("labels").images.at(n));
        CHECK(numbers(one, "area")[static_cast<size_t>(n)] == static_cast<double>(foreground(labels(one, n))));
        CHECK(statuses(one)[static_cast<size_t>(n)] == "ok");
      }
      CHECK(numbers(one, "threshold") == numbers(three, "threshold"));
      REQUIRE(one.rois.size() == three.rois.size());
      double objects = 0;
      for (const double o : numbers(one, "objects")) objects += o;
      CHECK(one.rois.size() == static_cast<size_t>(objects));
      for (size_t i = 0; i < one.rois.size(); i++) {
        CHECK(one.rois[i].roi.slice == three.rois[i].roi.slice);
        CHECK(one.rois[i].xy == three.rois[i].xy);
      }
      CHECK(one.outputs.contains("mask") == all_flags);
    }
}

}  // namespace

TEST_CASE("threads and preview change no label of any method") {
  check_every_method<uint8_t>();
  check_every_method<uint16_t>();
  check_every_method<float>();
  check_every_method<sheaf::Rgb>();
}

TEST_CASE("labels and table say the same") {
  auto c = operation::collection(textures<uint8_t>(3));
  c.info.spacing[0] = 0.5;
  c.info.spacing[1] = 0.25;
  c.unit = "um";
  const Client client = segmented(c, {{"method", "multi_otsu"}, {"classes", 4}});
  std::vector<std::string> names;
  for (const auto &column : client.tables.at("thresholds")) names.push_back(column.name);
  CHECK(names == std::vector<std::string>{"Label", "threshold", "area", "fraction", "objects", "status", "threshold_2",
                                          "threshold_3"});
  for (size_t i = 0; i < 3; i++) {
    const auto out = labels(client, static_cast<int64_t>(i));
    const auto in = testing::values<uint8_t>(client.inputs[0].image(static_cast<int64_t>(i)));
    const double t[] = {numbers(client, "threshold")[i], numbers(client, "threshold_2")[i],
                        numbers(client, "threshold_3")[i]};
    for (size_t p = 0; p < in.size(); p++) REQUIRE(out[p] == uint32_t(in[p] > t[0]) + (in[p] > t[1]) + (in[p] > t[2]));
    CHECK(numbers(client, "area")[i] == static_cast<double>(foreground(out)) / 8);
    CHECK(numbers(client, "fraction")[i] == static_cast<double>(foreground(out)) / (width * height));
  }
}

TEST_CASE("one threshold for all images comes from all their pixels") {
  const auto check = [&]<class T>(T, double tolerance) {
    const auto images = textures<T>(3);
    Image<T> together(width, 3 * height);
    for (int y = 0; y < 3 * height; y++)
      for (int x = 0; x < width; x++) together(x, y) = images[static_cast<size_t>(y / height)](x, y % height);
    for (const auto &method : automatic) {
      const Client all = segmented(operation::collection(images), {{"method", method}, {"scope", "all"}});
      const Client one = segmented(operation::collection(std::vector{together}), {{"method", method}});
      INFO(method);
      for (const double t : numbers(all, "threshold"))
        CHECK(t == Approx(numbers(one, "threshold")[0]).margin(tolerance));
    }
  };
  check(uint8_t{}, 0);
  check(uint16_t{}, 0);
  check(float{}, 0);
}

TEST_CASE("every channel of a hyperstack has its own threshold") {
  const auto a = textures<uint8_t>(2);
  std::vector<Image<uint8_t>> both;
  for (const auto &image : a) {
    both.push_back(image);
    both.push_back(image);
    for (auto &p : both.back().data) p = static_cast<uint8_t>(p / 2);
  }
  const Client two = segmented(operation::collection(both, 2), {{"scope", "all"}});
  const Client first = segmented(operation::collection(a), {{"scope", "all"}});
  const auto &t = numbers(two, "threshold");
  CHECK(t[0] == numbers(first, "threshold")[0]);
  CHECK(t[0] == t[2]);
  CHECK(t[1] == t[3]);
  CHECK(t[1] < t[0]);
}

TEST_CASE("levels that are missing, out of order or repeated are refused") {
  const auto c = operation::collection(textures<uint8_t>(1));
  const auto outcome = [&](const Json &params) { return operation::outcome(plugin, id, c, params); };
  CHECK(outcome({{"method", "levels"}}) == "invalid: levels: none given, method levels needs one or more");
  CHECK(outcome({{"method", "levels"}, {"levels", {20, 10}}}) ==
        "invalid: levels: [20,10] given, needs ascending numbers, each once");
  CHECK(outcome({{"method", "levels"}, {"levels", {10, 20.5, 20.5}}}) ==
        "invalid: levels: [10,20.5,20.5] given, needs ascending numbers, each once");
  CHECK(outcome({{"method", "manual"}, {"levels", {1, 2, 3}}}) ==
        "invalid: levels: 3 numbers given, method manual needs two: [low,high]");
  CHECK(outcome({{"method", "hysteresis"}}) ==
        "invalid: levels: 0 numbers given, method hysteresis needs two: [low,high]");
  CHECK(outcome({{"method", "adaptive_mean"}, {"block", 8}}) ==
        "invalid: block: 8 given, needs an odd number from 3 to 1023");
}

TEST_CASE("a constant image has its own value for a threshold and nothing above it") {
  std::vector<Image<float>> images{Image<float>(7, 5, -2.5f),
                                   Image<float>(7, 5, std::numeric_limits<float>::quiet_NaN())};
  for (const auto &method : automatic)
    for (const bool invert : {false, true}) {
      const Client client = segmented(operation::collection(images), {{"method", method}, {"invert", invert}});
      INFO(method << invert);
      CHECK(numbers(client, "threshold")[0] == -2.5);
      CHECK(std::isnan(numbers(client, "threshold")[1]));
      CHECK(foreground(labels(client, 0)) == 0);
      CHECK(foreground(labels(client, 1)) == 0);
      CHECK(numbers(client, "objects") == std::vector<double>{0, 0});
      CHECK(statuses(client) == std::vector<std::string>{"degenerate", "degenerate"});
    }
  const Client bytes = segmented(operation::collection(std::vector{Image<uint8_t>(1, 1, 9)}));
  CHECK(numbers(bytes, "threshold")[0] == 9);
  CHECK(statuses(bytes)[0] == "degenerate");
}

TEST_CASE("an image without numbers is degenerate for every method") {
  const std::vector<Image<float>> images{Image<float>(9, 8, std::numeric_limits<float>::quiet_NaN())};
  for (const Json &params : every_method()) {
    const Client client = segmented(operation::collection(images), params);
    INFO(params.dump());
    CHECK(statuses(client)[0] == "degenerate");
    CHECK(foreground(labels(client, 0)) == 0);
  }
}

TEST_CASE("NaN pixels are background, also inverted") {
  auto images = textures<float>(1);
  images[0](5, 5) = std::numeric_limits<float>::quiet_NaN();
  for (Json params : every_method())
    for (const bool invert : {false, true}) {
      params["invert"] = invert;
      INFO(params.dump());
      CHECK(labels(segmented(operation::collection(images), params), 0)[5 * width + 5] == 0);
    }
}

TEST_CASE("levels are in calibrated units") {
  auto c = operation::collection(textures<uint16_t>(1));
  c.info.flags = SHEAF_VALUES_CALIBRATED;
  c.info.value_offset = -32768;
  c.info.value_scale = 1;
  const Client given = segmented(c, {{"method", "levels"}, {"levels", {-100}}});
  const auto in = testing::values<uint16_t>(c.image(0));
  const auto out = labels(given, 0);
  for (size_t i = 0; i < in.size(); i++) REQUIRE(out[i] == uint32_t(in[i] - 32768 > -100));
  CHECK(numbers(given, "threshold")[0] == -100);
  const Client found = segmented(c), raw = segmented(operation::collection(textures<uint16_t>(1)));
  CHECK(numbers(found, "threshold")[0] == numbers(raw, "threshold")[0] - 32768);
  CHECK(labels(found, 0) == labels(raw, 0));
}

TEST_CASE("a level that rounding would move off a pixel value still equals it") {
  auto c = operation::collection(std::vector{pixels::make<uint8_t>(5, 1, [](int x, int) { return uint8_t(x + 1); })});
  c.info.flags = SHEAF_VALUES_CALIBRATED;
  c.info.value_scale = 0.1;
  CHECK(labels(segmented(c, {{"method", "levels"}, {"levels", {0.3}}}), 0) == std::vector<uint32_t>{0, 0, 0, 1, 1});
}

TEST_CASE("with a falling calibration the higher value is above, not the higher pixel") {
  auto c = operation::collection(textures<uint8_t>(2));
  c.info.flags = SHEAF_VALUES_CALIBRATED;
  c.info.value_offset = 255;
  c.info.value_scale = -1;
  for (const Json &params :
       {Json{{"method", "levels"}, {"levels", {99}}}, Json{{"method", "otsu"}, {"scope", "all"}}}) {
    const Client client = segmented(c, params);
    const auto in = testing::values<uint8_t>(c.image(0));
    const auto out = labels(client, 0);
    for (size_t i = 0; i < in.size(); i++) REQUIRE(out[i] == uint32_t(255 - in[i] > numbers(client, "threshold")[0]));
  }
}

TEST_CASE("a region of interest limits what is counted and what is found") {
  auto c = operation::collection(textures<uint8_t>(1));
  const auto region = pixels::disk(width, height, 12);
  c.mask = operation::region(region);
  for (Json params : every_method())
    for (const bool invert : {false, true}) {
      params["invert"] = invert;
      const auto out = labels(segmented(c, params), 0);
      int64_t outside = 0;
      for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) outside += !region(x, y) && out[static_cast<size_t>(y) * width + x] != 0;
      INFO(params.dump());
      CHECK(outside == 0);
    }
  const Client client = segmented(c);
  const auto inside = std::count(region.data.begin(), region.data.end(), 255);
  CHECK(numbers(client, "fraction")[0] == numbers(client, "area")[0] / static_cast<double>(inside));
}

TEST_CASE("an empty region of interest is degenerate") {
  auto c = operation::collection(textures<uint8_t>(1));
  c.mask.assign(width * height, 0);
  for (const Json &params : every_method()) {
    const Client client = segmented(c, params);
    CHECK(statuses(client)[0] == "degenerate");
    CHECK(foreground(labels(client, 0)) == 0);
  }
}

TEST_CASE("colour is thresholded by the rounded mean of red, green and blue") {
  const auto in = textures<sheaf::Rgb>(1)[0];
  const auto gray = pixels::make<uint8_t>(width, height, [&](int x, int y) {
    return static_cast<uint8_t>((in(x, y).r + in(x, y).g + in(x, y).b) / 3.0 + 0.5);
  });
  for (const auto &method : automatic) {
    const Client colour = segmented(operation::collection(std::vector{in}), {{"method", method}});
    const Client plain = segmented(operation::collection(std::vector{gray}), {{"method", method}});
    CHECK(labels(colour, 0) == labels(plain, 0));
    CHECK(numbers(colour, "threshold") == numbers(plain, "threshold"));
  }
}

TEST_CASE("holes are filled before objects at the border and small ones are dropped") {
  // a ring of 16 pixels with a hole of 9, one at the border, and a pixel alone
  auto image = Image<uint8_t>(20, 9, 10);
  const auto ring = [&](int left, int top) {
    for (int y = 0; y < 5; y++)
      for (int x = 0; x < 5; x++)
        if (x == 0 || x == 4 || y == 0 || y == 4) image(left + x, top + y) = 200;
  };
  ring(2, 2);
  ring(15, 3);
  image(10, 4) = 200;
  const auto c = operation::collection(std::vector{image});
  const auto result = [&](const Json &params) {
    const Client client = segmented(c, params);
    return std::vector<double>{numbers(client, "objects")[0], numbers(client, "area")[0]};
  };
  CHECK(result({{"method", "otsu"}}) == std::vector<double>{3, 33});
  CHECK(result({{"fill_holes", true}}) == std::vector<double>{3, 51});
  CHECK(result({{"min_size", 17}}) == std::vector<double>{0, 0});
  CHECK(result({{"min_size", 17}, {"fill_holes", true}}) == std::vector<double>{2, 50});
  CHECK(result({{"min_size", 17}, {"fill_holes", true}, {"exclude_border", true}}) == std::vector<double>{1, 25});
  CHECK(result({{"exclude_border", true}}) == std::vector<double>{2, 17});
  CHECK(result({{"invert", true}}) == std::vector<double>{3, 20 * 9 - 33});
  const Client client = segmented(c);
  REQUIRE(client.rois.size() == 3);
  CHECK(client.rois[0].ring_ends == std::vector<int32_t>{4, 8});
  CHECK(client.rois[0].roi.label == 1);
  CHECK(client.rois[0].name == "Object-0001");
}

TEST_CASE("hysteresis keeps what is connected to a high pixel") {
  auto image = Image<uint8_t>(9, 3, 10);
  image(1, 1) = 60;
  image(2, 2) = 90;  // connected across a corner
  image(6, 1) = 60;
  const auto c = operation::collection(std::vector{image});
  const Json params{{"method", "hysteresis"}, {"levels", {50, 80}}};
  const Client client = segmented(c, params);
  CHECK(foreground(labels(client, 0)) == 2);
  CHECK(numbers(client, "threshold")[0] == 50);
  CHECK(numbers(client, "threshold_2")[0] == 80);
  Json inverted = params;
  inverted["invert"] = true;
  CHECK(foreground(labels(segmented(c, inverted), 0)) == 9 * 3 - 2);
}

TEST_CASE("adaptive thresholds find spots on a slope, and none on flat ground") {
  auto image = pixels::make<uint16_t>(90, 60, [](int x, int) { return uint16_t(100 * x + 500); });
  for (const int x : {10, 45, 80}) image(x, 30) = static_cast<uint16_t>(image(x, 30) + 3000);
  for (const char *method : {"adaptive_mean", "adaptive_gaussian"}) {
    Json params{{"method", method}, {"block", 21}, {"offset", -1500}};
    CHECK(numbers(segmented(operation::collection(std::vector{image}), params), "objects")[0] == 3);
    params["offset"] = 0;
    const Client flat = segmented(operation::collection(std::vector{Image<float>(40, 30, 0.1f)}), params);
    CHECK(numbers(flat, "area")[0] == 0);
    CHECK(numbers(flat, "threshold")[0] == Approx(0.1f));
    CHECK(statuses(flat)[0] == "ok");
  }
}

TEST_CASE("the mask is 255 where there is a label") {
  const Client client =
      segmented(operation::collection(textures<uint8_t>(2)), {{"method", "multi_otsu"}, {"mask", true}});
  for (int64_t n = 0; n < 2; n++) {
    const auto l = labels(client, n);
    const auto m = operation::image<uint8_t>(client, "mask", n);
    for (size_t i = 0; i < l.size(); i++) REQUIRE(m[i] == (l[i] ? 255 : 0));
  }
}

TEST_CASE("a preview with one threshold for all measures a sample of the collection") {
  auto c = testing::collection(SHEAF_F32, 16, 16, 500);
  testing::Session session(2);
  session.with(plugin);
  Client client(c);
  testing::Run run(session, id, client, R"({"scope": "all"})");
  REQUIRE(sheaf_run_preview(run, 250) == SHEAF_OK);
  CHECK(client.reads.size() <= 33);
}
