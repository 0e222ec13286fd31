// equalize.match as its users see it.
#include <fstream>

#include "operation.hpp"

using operation::Client;
using operation::Json;
using pixels::Image;

namespace {

constexpr const char *plugin = "sheaf_equalize", *id = "equalize.match";
const std::vector<std::string> methods = {"joint", "brightness", "contrast", "sharpness", "histogram", "reinhard"};

template <class T>
std::vector<Image<T>> textures(int count, int width = 61, int height = 47) {
  std::vector<Image<T>> images;
  for (int i = 0; i < count; i++) {
    if constexpr (std::is_same_v<T, sheaf::Rgb>) images.push_back(pixels::colour_texture(width, height, 11 + i));
    else images.push_back(pixels::texture<T>(width, height, 11 + i));
    for (auto &p : images.back().data) {
      if constexpr (std::is_same_v<T, uint8_t>) p = static_cast<uint8_t>(p / (4 + i) + 60 + 10 * i);
      if constexpr (std::is_same_v<T, uint16_t>) p = static_cast<uint16_t>(p / (3 + i) + 9000 + 2000 * i);
      if constexpr (std::is_same_v<T, float>) p = p / static_cast<float>(1 + i) + static_cast<float>(700 * i);
    }
  }
  return images;
}

Client equalized(testing::Collection collection, const Json &params = Json::object(), int threads = 2,
                 const std::set<std::string> &unwanted = {}) {
  return operation::run(plugin, id, std::move(collection), params, threads, unwanted);
}

const std::vector<double> &numbers(const Client &client, const std::string &name) {
  return client.column("equalization", name).numbers;
}
const std::vector<std::string> &statuses(const Client &client) { return client.column("equalization", "status").texts; }

double mean(const std::vector<double> &v) {
  double sum = 0;
  for (const double x : v) sum += x;
  return sum / static_cast<double>(v.size());
}

template <class T>
void check_joint() {
  const auto images = textures<T>(5);
  const Client to_mean = equalized(operation::collection(images));
  const double step = std::is_same_v<T, float> ? 0.01 * mean(numbers(to_mean, "contrast_before")) : 0.5;
  for (size_t i = 0; i < images.size(); i++) {
    CHECK(numbers(to_mean, "brightness_after")[i] == Approx(mean(numbers(to_mean, "brightness_before"))).margin(step));
    CHECK(numbers(to_mean, "contrast_after")[i] == Approx(mean(numbers(to_mean, "contrast_before"))).epsilon(0.01));
    CHECK(numbers(to_mean, "sharpness_after")[i] == Approx(mean(numbers(to_mean, "sharpness_before"))).epsilon(0.01));
    CHECK(statuses(to_mean)[i] == "ok");
  }
  const Client to_base = equalized(operation::collection(images), {{"to", "base"}, {"base", 2}});
  CHECK(to_base.outputs.at("equalized").images.at(1) == to_base.inputs[0].image(1));
  for (size_t i = 0; i < images.size(); i++) {
    CHECK(numbers(to_base, "brightness_after")[i] == Approx(numbers(to_base, "brightness_before")[1]).margin(step));
    CHECK(numbers(to_base, "contrast_after")[i] == Approx(numbers(to_base, "contrast_before")[1]).epsilon(0.01));
  }
}

template <class T>
void check_every_method() {
  for (const auto &method : methods)
    for (const char *to : {"mean", "base"}) {
      const Json params{{"method", method}, {"to", to}};
      const auto images = operation::collection(textures<T>(3, 23, 17));
      const Client one = equalized(images, params, 1), three = equalized(images, params, 3);
      const Client bare = equalized(images, params, 2, {"equalization"});
      INFO(params.dump());
      for (int64_t n = 0; n < 3; n++) {
        CHECK(one.outputs.at("equalized").images.at(n) == three.outputs.at("equalized").images.at(n));
        CHECK(one.outputs.at("equalized").images.at(n) == bare.outputs.at("equalized").images.at(n));
        CHECK(statuses(one)[static_cast<size_t>(n)] != "degenerate");
        CHECK(operation::preview(plugin, id, images, params, n, "equalized") ==
              one.outputs.at("equalized").images.at(n));
      }
      CHECK(numbers(one, "sharpness_after") == numbers(three, "sharpness_after"));
    }
}

}  // namespace

TEST_CASE("equalized images have the mean brightness, contrast and sharpness, or those of the base") {
  check_joint<uint8_t>();
  check_joint<uint16_t>();
  check_joint<float>();
  check_joint<sheaf::Rgb>();
}

TEST_CASE("threads, tables and preview change no pixel of any method") {
  check_every_method<uint8_t>();
  check_every_method<uint16_t>();
  check_every_method<float>();
  check_every_method<sheaf::Rgb>();
}

TEST_CASE("the table has the columns of the contract in their order") {
  auto c = operation::collection(textures<uint8_t>(2));
  c.labels = {"first", ""};
  const Client client = equalized(c);
  std::vector<std::string> names;
  for (const auto &column : client.tables.at("equalization")) names.push_back(column.name);
  CHECK(names == std::vector<std::string>{"Label", "brightness_before", "brightness_after", "contrast_before",
                                          "contrast_after", "sharpness_before", "sharpness_after", "clipped",
                                          "status"});
  CHECK(client.column("equalization", "Label").texts == std::vector<std::string>{"first", "2"});
}

TEST_CASE("a brightness or contrast gain is the ratio to the reference") {
  const auto images = textures<float>(3);
  for (const std::string scalar : {"brightness", "contrast"}) {
    const Client client = equalized(operation::collection(images), {{"method", scalar}, {"to", "base"}, {"base", 3}});
    const auto &before = numbers(client, scalar + "_before");
    for (size_t i = 0; i < 3; i++) {
      const auto out = operation::image<float>(client, "equalized", static_cast<int64_t>(i));
      CHECK(out[0] == Approx(images[i](0, 0) * before[2] / before[i]).epsilon(1e-6));
      CHECK(numbers(client, scalar + "_after")[i] == Approx(before[2]).epsilon(1e-6));
    }
  }
}

TEST_CASE("blank images are returned unchanged, do not count in the means and say so") {
  auto images = textures<float>(4, 20, 10);
  images[1] = Image<float>(20, 10, 7.5f);
  images[2] = Image<float>(20, 10, std::numeric_limits<float>::quiet_NaN());
  for (const auto &method : methods) {
    const Client client = equalized(operation::collection(images), {{"method", method}});
    INFO(method);
    const bool gain = method == "brightness";
    CHECK(statuses(client) == std::vector<std::string>{"ok", gain ? "ok" : "degenerate", "degenerate", "ok"});
    CHECK(client.outputs.at("equalized").images.at(2) == client.inputs[0].image(2));
    if (gain) continue;
    CHECK(client.outputs.at("equalized").images.at(1) == client.inputs[0].image(1));
    if (method == "joint")
      CHECK(numbers(client, "contrast_after")[0] ==
            Approx((numbers(client, "contrast_before")[0] + numbers(client, "contrast_before")[3]) / 2).epsilon(0.01));
  }
}

TEST_CASE("a black image has no brightness to multiply") {
  auto images = textures<uint8_t>(3);
  images[0] = Image<uint8_t>(61, 47, 0);
  const Client client = equalized(operation::collection(images), {{"method", "brightness"}});
  CHECK(statuses(client)[0] == "degenerate");
  CHECK(statuses(client)[1] == "ok");
}

TEST_CASE("a blank base leaves all images unchanged, with a warning") {
  auto images = textures<uint16_t>(3);
  images[2] = Image<uint16_t>(61, 47, 1000);
  const Client client = equalized(operation::collection(images), {{"to", "base"}, {"base", 3}});
  CHECK(statuses(client) == std::vector<std::string>(3, "degenerate"));
  CHECK(client.outputs.at("equalized").images.at(0) == client.inputs[0].image(0));
  REQUIRE(client.logs.size() == 1);
  CHECK(client.logs[0].second == "equalize.match: the reference is blank, its images are left unchanged");
}

TEST_CASE("a base beyond the last image is an error") {
  CHECK(operation::outcome(plugin, id, operation::collection(textures<uint8_t>(5)), {{"to", "base"}, {"base", 7}}) ==
        "invalid: base: 7 given, the collection has 5 images; accepted: 1 to 5");
  CHECK(operation::outcome(plugin, id, operation::collection(textures<uint8_t>(6), 2), {{"to", "base"}, {"base", 4}}) ==
        "invalid: base: 4 given, each channel has 3 images; accepted: 1 to 3");
}

TEST_CASE("every channel of a hyperstack is a collection of its own") {
  const auto a = textures<uint16_t>(3);
  auto b = a;
  for (auto &image : b)
    for (auto &p : image.data) p = static_cast<uint16_t>(p / 2);
  std::vector<Image<uint16_t>> both;
  for (size_t i = 0; i < 3; i++) {
    both.push_back(a[i]);
    both.push_back(b[i]);
  }
  for (const auto &method : methods)
    for (const char *to : {"mean", "base"}) {
      Json params{{"method", method}, {"to", to}};
      if (std::string(to) == "base") params["base"] = 2;
      const Client two = equalized(operation::collection(both, 2), params);
      const Client first = equalized(operation::collection(a), params),
                   second = equalized(operation::collection(b), params);
      INFO(params.dump());
      for (int64_t n = 0; n < 3; n++) {
        CHECK(two.outputs.at("equalized").images.at(2 * n) == first.outputs.at("equalized").images.at(n));
        CHECK(two.outputs.at("equalized").images.at(2 * n + 1) == second.outputs.at("equalized").images.at(n));
      }
    }
}

TEST_CASE("channels of one image each are matched to themselves, with a warning") {
  const auto images = textures<uint8_t>(3);
  const Client client = equalized(operation::collection(images, 3));
  CHECK(client.outputs.at("equalized").images.at(2) == client.inputs[0].image(2));
  REQUIRE(client.logs.size() == 1);
  CHECK(client.logs[0].second.starts_with("equalize.match: every channel has one image"));
}

TEST_CASE("gains are about the zero of the calibration") {
  auto images = textures<uint16_t>(2);
  for (auto &image : images)
    for (auto &p : image.data) p = static_cast<uint16_t>(32768 - 9000 + p / 2);  // -4500 and up
  auto c = operation::collection(images);
  c.info.flags = SHEAF_VALUES_CALIBRATED;
  c.info.value_offset = -32768;
  c.info.value_scale = 1;
  const Client client = equalized(c, {{"method", "contrast"}, {"to", "base"}, {"base", 2}});
  const double gain = numbers(client, "contrast_before")[1] / numbers(client, "contrast_before")[0];
  const auto out = operation::image<uint16_t>(client, "equalized", 0);
  for (int x = 0; x < 61; x++)
    REQUIRE(out[static_cast<size_t>(x)] - 32768 == Approx((images[0](x, 0) - 32768) * gain).margin(0.51));
  CHECK(numbers(client, "brightness_before")[0] < 10000);
  CHECK(numbers(client, "contrast_after")[0] == Approx(numbers(client, "contrast_before")[1]).epsilon(0.001));
}

TEST_CASE("the table is in calibrated units") {
  auto c = operation::collection(textures<uint16_t>(2));
  const Client raw = equalized(c);
  c.info.flags = SHEAF_VALUES_CALIBRATED;
  c.info.value_offset = 10;
  c.info.value_scale = -0.5;
  const Client calibrated = equalized(c);
  CHECK(calibrated.outputs.at("equalized").images == raw.outputs.at("equalized").images);
  for (size_t i = 0; i < 2; i++) {
    CHECK(numbers(calibrated, "brightness_after")[i] == Approx(10 - 0.5 * numbers(raw, "brightness_after")[i]));
    CHECK(numbers(calibrated, "contrast_after")[i] == Approx(0.5 * numbers(raw, "contrast_after")[i]));
    CHECK(numbers(calibrated, "sharpness_before")[i] == Approx(0.5 * numbers(raw, "sharpness_before")[i]));
  }
}

TEST_CASE("a region of interest limits what is measured, not what is changed") {
  const auto images = textures<uint16_t>(3);
  auto c = operation::collection(images);
  const auto region = pixels::disk(61, 47, 15);
  c.mask = operation::region(region);
  const Client client = equalized(c);
  CHECK(numbers(client, "brightness_after")[0] == Approx(numbers(client, "brightness_after")[2]).margin(1));
  const Client whole = equalized(operation::collection(images));
  CHECK(numbers(client, "brightness_before")[0] != numbers(whole, "brightness_before")[0]);
  CHECK(operation::image<uint16_t>(client, "equalized", 0)[0] != images[0](0, 0));
  const Image<uint8_t> nowhere(61, 47, 0);
  c.mask = operation::region(nowhere);
  CHECK(statuses(equalized(c)) == std::vector<std::string>(3, "degenerate"));
}

TEST_CASE("pixels cut off are counted") {
  auto images = textures<uint8_t>(2);
  for (auto &p : images[1].data) p = static_cast<uint8_t>((p - 70) * 5);  // 0 to 255
  const Client client = equalized(operation::collection(images), {{"method", "contrast"}, {"to", "base"}, {"base", 2}});
  const auto out = operation::image<uint8_t>(client, "equalized", 0);
  const double gain = numbers(client, "contrast_before")[1] / numbers(client, "contrast_before")[0];
  int64_t expected = 0;
  for (int y = 0; y < 47; y++)
    for (int x = 0; x < 61; x++) expected += images[0](x, y) * gain >= 255.5;
  REQUIRE(expected > 0);
  CHECK(numbers(client, "clipped")[0] == Approx(static_cast<double>(expected) / (61 * 47)));
  CHECK(statuses(client)[0] == "clipped");
}

TEST_CASE("a preview of a long collection measures a sample of it") {
  auto c = testing::collection(SHEAF_U8, 16, 16, 500);
  testing::Session session(2);
  session.with(plugin);
  Client client(c);
  testing::Run run(session, id, client, "{}");
  REQUIRE(sheaf_run_preview(run, 250) == SHEAF_OK);
  CHECK(client.reads.size() <= 33);
  CHECK(client.outputs.at("equalized").images.size() == 1);
}

TEST_CASE("compatible gains are those of NumPy on 8-bit arrays") {
  std::vector<Image<uint8_t>> images{pixels::texture<uint8_t>(29, 23, 6, 1), pixels::texture<uint8_t>(29, 23, 7, 1)};
  for (auto &p : images[0].data) p = static_cast<uint8_t>(p / 2 + 20);
  for (auto &p : images[1].data) p = static_cast<uint8_t>(p / 3 + 9);
  const auto expected = Json::parse(std::ifstream(SHEAF_TEST_DATA "/equalize/filters.json"))["compat"];
  for (const std::string method : {"brightness", "contrast", "sharpness"})
    for (const std::string to : {"base", "mean"}) {
      INFO(method << " to " << to);
      const Client client =
          equalized(operation::collection(images), {{"method", method}, {"to", to}, {"compat", true}});
      const auto out = operation::image<uint8_t>(client, "equalized", 1);
      const auto wanted = expected[method + " " + to].get<std::vector<int>>();
      int differ = 0;
      for (size_t i = 0; i < out.size(); i++) {
        REQUIRE(std::abs(out[i] - wanted[i]) <= 1);
        differ += out[i] != wanted[i];
      }
      CHECK(differ <= 1);  // single precision in the unsharp mask
    }
  const Client colour =
      equalized(operation::collection(textures<sheaf::Rgb>(2)), {{"method", "contrast"}, {"compat", true}});
  CHECK(numbers(colour, "contrast_after")[0] == Approx(mean(numbers(colour, "contrast_before"))).epsilon(0.03));
  CHECK(operation::outcome(plugin, id, operation::collection(images), {{"compat", true}}) != "ok");
}

TEST_CASE("one image alone is its own mean") {
  for (const auto &method : methods) {
    const Client client = equalized(operation::collection(textures<uint16_t>(1)), {{"method", method}});
    INFO(method);
    const auto out = operation::image<uint16_t>(client, "equalized", 0);
    const auto in = testing::values<uint16_t>(client.inputs[0].image(0));
    int worst = 0;
    for (size_t i = 0; i < in.size(); i++) worst = std::max(worst, std::abs(in[i] - out[i]));
    CHECK(worst <= (method == "histogram" ? 2 : 0));
  }
}
