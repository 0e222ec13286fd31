// equalize.bleach as its users see it.
#include "operation.hpp"

using operation::Client;
using operation::Json;
using pixels::Image;

namespace {

constexpr const char *plugin = "sheaf_equalize", *id = "equalize.bleach";

double level(int t) { return 0.8 * std::exp(-0.25 * t) + 0.2; }

// The same texture above an offset, bleaching.
template <class T>
std::vector<Image<T>> bleaching(int count, double offset) {
  const auto texture = pixels::texture<uint16_t>(40, 30, 3);
  std::vector<Image<T>> images;
  for (int t = 0; t < count; t++)
    images.push_back(pixels::make<T>(40, 30, [&](int x, int y) {
      return static_cast<T>(offset + level(t) * texture(x, y) / 64 + (std::is_same_v<T, float> ? 0 : 0.5));
    }));
  return images;
}

}  // namespace

TEST_CASE("every method brings a bleached series back to its first image") {
  const auto images = bleaching<float>(8, 100);
  for (const char *method : {"ratio", "exponential", "histogram"}) {
    INFO(method);
    Json params{{"method", method}};
    if (method[0] != 'h') params["background"] = 100;
    const Client client = operation::run(plugin, id, operation::collection(images), params),
                 alone = operation::run(plugin, id, operation::collection(images), params, 1);
    for (int t = 0; t < 8; t++) {
      const auto out = operation::image<float>(client, "unbleached", t);
      for (int y = 0; y < 30; y++)
        for (int x = 0; x < 40; x++)
          REQUIRE(out[static_cast<size_t>(y * 40 + x)] == Approx(images[0](x, y)).epsilon(1e-4));
      CHECK(client.outputs.at("unbleached").images.at(t) == alone.outputs.at("unbleached").images.at(t));
      CHECK(operation::preview(plugin, id, operation::collection(images), params, t, "unbleached") ==
            client.outputs.at("unbleached").images.at(t));
      CHECK(client.column("bleaching", "status").texts[static_cast<size_t>(t)] == "ok");
      CHECK(client.column("bleaching", "mean_after").numbers[static_cast<size_t>(t)] ==
            Approx(client.column("bleaching", "mean_before").numbers[0]).epsilon(1e-5));
      if (method[0] != 'h')
        CHECK(client.column("bleaching", "factor").numbers[static_cast<size_t>(t)] ==
              Approx(1 / level(t)).epsilon(1e-4));
    }
    REQUIRE(client.plots.size() == 1);
    CHECK(client.plots[0]["x"].size() == (method[0] == 'e' ? 17 : 8));
    if (method[0] == 'e') CHECK(client.column("bleaching_fit", "b").numbers[0] == Approx(0.25).epsilon(1e-3));
  }
}

TEST_CASE("a series whose calibration falls is brought back all the same") {
  const auto images = bleaching<float>(8, 100);
  auto negatives = images;
  for (auto &image : negatives)
    for (auto &v : image.data) v = 5000 - v;
  auto falling = operation::collection(negatives);
  falling.info.flags |= SHEAF_VALUES_CALIBRATED;
  falling.info.value_offset = 5000;
  falling.info.value_scale = -1;
  for (const char *method : {"ratio", "exponential", "histogram"}) {
    INFO(method);
    Json params{{"method", method}};
    if (method[0] != 'h') params["background"] = 100;
    const Client client = operation::run(plugin, id, falling, params),
                 plain = operation::run(plugin, id, operation::collection(images), params);
    for (int t = 0; t < 8; t++) {
      const auto out = operation::image<float>(client, "unbleached", t);
      for (int i = 0; i < 1200; i++)
        REQUIRE(5000 - out[static_cast<size_t>(i)] == Approx(images[0](i % 40, i / 40)).epsilon(1e-4));
      for (const char *column : {"mean_before", "mean_after"})
        CHECK(client.column("bleaching", column).numbers[static_cast<size_t>(t)] ==
              Approx(plain.column("bleaching", column).numbers[static_cast<size_t>(t)]).epsilon(1e-4));
    }
    if (method[0] == 'e')
      for (const char *column : {"a", "b", "c"})
        CHECK(client.column("bleaching_fit", column).numbers[0] ==
              Approx(plain.column("bleaching_fit", column).numbers[0]).epsilon(1e-3).margin(0.05));
  }
}

TEST_CASE("the depths of a frame have one factor, and channels their own") {
  auto images = bleaching<float>(6, 0);
  std::vector<Image<float>> hyper;  // 2 channels, 2 depths, 3 frames
  for (int t = 0; t < 3; t++)
    for (int z = 0; z < 2; z++)
      for (int c = 0; c < 2; c++) {
        hyper.push_back(images[static_cast<size_t>(c == 0 ? t : 0)]);
        for (float &v : hyper.back().data) v *= static_cast<float>(1 + z);
      }
  auto collection = operation::collection(hyper, 2);
  collection.info.depth = 2;
  collection.info.frames = 3;
  for (const char *method : {"ratio", "histogram"}) {
    const Client client = operation::run(plugin, id, collection, {{"method", method}});
    for (int t = 0; t < 3; t++)
      for (int z = 0; z < 2; z++)
        for (int c = 0; c < 2; c++) {
          const int n = c + 2 * (z + 2 * t);
          const auto out = operation::image<float>(client, "unbleached", n);
          for (int x = 0; x < 40; x++)
            REQUIRE(out[static_cast<size_t>(x)] == Approx((1 + z) * images[0](x, 0)).epsilon(1e-4));
          if (method[0] == 'r')
            CHECK(client.column("bleaching", "factor").numbers[static_cast<size_t>(n)] ==
                  Approx(c == 0 ? 1 / level(t) : 1).epsilon(1e-4));
        }
  }
}

TEST_CASE("integers are rounded, cut off where they are too bright, and named so") {
  auto images = bleaching<uint16_t>(2, 0);
  images[1](0, 0) = 65000;
  const Client client = operation::run(plugin, id, operation::collection(images));
  const double factor = client.column("bleaching", "factor").numbers[1];
  const auto out = operation::image<uint16_t>(client, "unbleached", 1);
  for (int x = 0; x < 40; x++)
    REQUIRE(out[static_cast<size_t>(x)] == Approx(std::min(65535.0, images[1](x, 0) * factor)).margin(0.51));
  CHECK(client.column("bleaching", "status").texts == std::vector<std::string>{"ok", "clipped"});
}

TEST_CASE("colour keeps its tint, and dark images stay") {
  std::vector<Image<sheaf::Rgb>> images{pixels::colour_texture(20, 10, 1), Image<sheaf::Rgb>(20, 10)};
  for (const char *method : {"ratio", "histogram"})
    operation::run(plugin, id, operation::collection(images), {{"method", method}});
  const Client client = operation::run(plugin, id, operation::collection(images));
  CHECK(client.outputs.at("unbleached").images.at(1) == client.inputs[0].image(1));
  CHECK(client.column("bleaching", "status").texts[1] == "degenerate");
}

TEST_CASE("the exponential fit refuses two images") {
  CHECK(operation::outcome(plugin, id, operation::collection(bleaching<float>(2, 0)), {{"method", "exponential"}})
            .find("images: 2 images of each channel given; accepted for the exponential fit: 3 or more") !=
        std::string::npos);
}
