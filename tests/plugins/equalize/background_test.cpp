// equalize.background as its users see it.
#include "operation.hpp"

using operation::Client;
using operation::Json;
using pixels::Image;

namespace {

constexpr const char *plugin = "sheaf_equalize", *id = "equalize.background";
constexpr int width = 60, height = 50;

bool in_disk(int x, int y) { return (x - 30) * (x - 30) + (y - 20) * (y - 20) <= 16; }

// A disk of 40 above or below a plane that rises from 100 by a level a column.
template <class T>
Image<T> disk_on_plane(int object) {
  return pixels::make<T>(width, height,
                         [&](int x, int y) { return static_cast<T>(100 + x + (in_disk(x, y) ? object : 0)); });
}

template <class T>
Client taken_out(const Image<T> &image, const Json &params) {
  return operation::run(plugin, id, operation::collection<T>({image}), params);
}

}  // namespace

TEST_CASE("the opening leaves the disk and takes the plane away, the closing a dark one on white") {
  for (const char *shape : {"disk", "square"}) {
    const Client bright = taken_out(disk_on_plane<uint8_t>(40), {{"radius", 8}, {"shape", shape}});
    const Client dark =
        taken_out(disk_on_plane<uint8_t>(-40), {{"radius", 8}, {"shape", shape}, {"light_background", true}});
    const auto white = operation::image<uint8_t>(bright, "subtracted", 0),
               black = operation::image<uint8_t>(dark, "subtracted", 0);
    for (int y = 0; y < height; y++)
      for (int x = 8; x < width - 8; x++) {
        const auto i = static_cast<size_t>(y * width + x);
        // a shape that does not fit beside the disk lies up to its width further down the plane
        REQUIRE(std::abs(white[i] - (in_disk(x, y) ? 40 : 0)) <= (shape[0] == 'd' ? 8 : 16));
        REQUIRE(std::abs(255 - black[i] - (in_disk(x, y) ? 40 : 0)) <= (shape[0] == 'd' ? 8 : 16));
      }
  }
}

TEST_CASE("image and background add up, and multiply") {
  const auto image = disk_on_plane<float>(40);
  for (const Json &method : {Json{{"method", "gaussian"}, {"sigma", 6}}, Json{{"method", "opening"}, {"radius", 7}}})
    for (const char *mode : {"subtract", "divide"}) {
      Json params = method;
      params["mode"] = mode;
      const Client client = taken_out(image, params);
      const auto result = operation::image<float>(client, "subtracted", 0),
                 background = operation::image<float>(client, "background", 0);
      double mean = 0;
      for (const float v : background) mean += v / static_cast<double>(background.size());
      for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
          const auto i = static_cast<size_t>(y * width + x);
          const double sum =
              mode[0] == 's' ? result[i] + background[i] : static_cast<double>(result[i]) * background[i] / mean;
          REQUIRE(sum == Approx(image(x, y)).epsilon(1e-5));
        }
      CHECK(client.column("backgrounds", "mean").numbers[0] == Approx(mean));
      CHECK(client.column("backgrounds", "clipped").numbers[0] == 0);
      CHECK(client.column("backgrounds", "status").texts[0] == "ok");
    }
}

TEST_CASE("what a Gaussian background takes below zero is cut off and counted") {
  const auto image = disk_on_plane<uint16_t>(40);
  const Client client = taken_out(image, {{"method", "gaussian"}, {"sigma", 5}});
  const auto real = operation::image<float>(taken_out(disk_on_plane<float>(40), {{"method", "gaussian"}, {"sigma", 5}}),
                                            "subtracted", 0);
  const auto result = operation::image<uint16_t>(client, "subtracted", 0);
  double below = 0;
  for (size_t i = 0; i < result.size(); i++) {
    below += real[i] < -0.5f;
    REQUIRE(result[i] == Approx(std::max(0.0f, real[i])).margin(0.51));
  }
  CHECK(below > 100);
  CHECK(client.column("backgrounds", "clipped").numbers[0] == Approx(below / static_cast<double>(result.size())));
}

TEST_CASE("an image with a background of 0 is not divided") {
  auto image = disk_on_plane<uint8_t>(40);
  for (int x = 0; x < width; x++)
    for (int y = 0; y < 30; y++) image(x, y) = 0;
  const Client client = taken_out(image, {{"mode", "divide"}, {"radius", 5}});
  CHECK(client.outputs.at("subtracted").images.at(0) == client.inputs[0].image(0));
  CHECK(client.column("backgrounds", "status").texts[0] == "degenerate");
}

TEST_CASE("signed 16-bit images keep their zero") {
  auto collection = operation::collection<uint16_t>({disk_on_plane<uint16_t>(40)});
  collection.info.flags |= SHEAF_VALUES_CALIBRATED;
  collection.info.value_offset = -32768;
  collection.info.value_scale = 1;
  const Client client = operation::run(plugin, id, collection, {{"radius", 8}});
  const auto plain =
      operation::image<uint16_t>(taken_out(disk_on_plane<uint16_t>(40), {{"radius", 8}}), "subtracted", 0);
  const auto result = operation::image<uint16_t>(client, "subtracted", 0);
  for (size_t i = 0; i < result.size(); i++) REQUIRE(result[i] == plain[i] + 32768);
}

TEST_CASE("where larger levels mean smaller calibrated ones, bright and dark change places") {
  const auto image = disk_on_plane<uint8_t>(40);
  auto negative = image;
  for (auto &p : negative.data) p = static_cast<uint8_t>(255 - p);
  auto falling = operation::collection<uint8_t>({negative});
  falling.info.flags |= SHEAF_VALUES_CALIBRATED;
  falling.info.value_offset = 255;
  falling.info.value_scale = -1;
  for (const char *method : {"opening", "gaussian"})
    for (const char *mode : {"subtract", "divide"})
      for (const bool light : {false, true}) {
        Json params{{"method", method}, {"mode", mode}, {"light_background", light}};
        if (params["method"] == "opening") params["radius"] = 8;
        else params["sigma"] = 20;
        INFO(params.dump());
        const Client plain = taken_out(image, params), turned = operation::run(plugin, id, falling, params);
        const auto expected = operation::image<uint8_t>(plain, "subtracted", 0);
        const auto result = operation::image<uint8_t>(turned, "subtracted", 0);
        int worst = 0;  // a half is rounded up in both
        for (size_t i = 0; i < result.size(); i++) worst = std::max(worst, std::abs(255 - result[i] - expected[i]));
        CHECK(worst <= 1);
        for (const char *column : {"mean", "least", "greatest"})
          CHECK(turned.column("backgrounds", column).numbers[0] ==
                Approx(plain.column("backgrounds", column).numbers[0]));
        CHECK(turned.column("backgrounds", "status").texts[0] == plain.column("backgrounds", "status").texts[0]);
      }
}
