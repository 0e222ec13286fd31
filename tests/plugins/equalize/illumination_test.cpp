// equalize.illumination as its users see it.
#include "operation.hpp"

using operation::Client;
using operation::Json;
using pixels::Image;

namespace {

constexpr const char *plugin = "sheaf_equalize", *id = "equalize.illumination";
constexpr int width = 160, height = 120;

// A vignette off the centre, 1 at its brightest.
double shading(int x, int y) {
  const double u = (x - 70) / 160.0, v = (y - 55) / 160.0;
  return 1 - 0.9 * (u * u + v * v);
}

// Noisy background of different brightness with bright disks, all of it shaded.
template <class T>
std::vector<Image<T>> shaded(int count, double level, double dark = 0) {
  std::vector<Image<T>> images;
  for (int i = 0; i < count; i++) {
    const auto noise = generated::noise(width, height, 50 + static_cast<uint32_t>(i));
    images.push_back(pixels::make<T>(width, height, [&](int x, int y) {
      double v = level * (1 + 0.02 * i) * (1 + 0.05 * (noise(x, y) / 65535.0 - 0.5));
      for (int k = 0; k < 4; k++) {
        const int dx = x - (37 * i + 53 * k * k) % width, dy = y - (29 * i + 31 * k) % height;
        if (dx * dx + dy * dy < 80) v *= 2;
      }
      return static_cast<T>(dark + v * shading(x, y) + 0.5);
    }));
  }
  return images;
}

// The greatest relative error of a field against the shading, both of mean 1.
double error_of(const std::vector<float> &field) {
  double mean = 0, worst = 0;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) mean += shading(x, y) / (width * height);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      const double expected = shading(x, y) / mean;
      worst = std::max(worst, std::abs(field[static_cast<size_t>(y * width + x)] / expected - 1));
    }
  return worst;
}

Client corrected(testing::Collection collection, const Json &params = Json::object(), int threads = 2) {
  return operation::run(plugin, id, std::move(collection), params, threads);
}

std::string with_flat(const testing::Collection &images, const testing::Collection &flat, Json params, Client &client) {
  testing::Session session(2);
  session.with(plugin);
  client = Client(images);
  client.inputs.push_back(flat);
  if (!params.contains("source")) params["source"] = "given";
  return testing::outcome(session, id, client, params.dump());
}

}  // namespace

TEST_CASE("a known shading is recovered within 2 %, whatever the objects") {
  const auto images = operation::collection(shaded<uint16_t>(15, 8000));
  CHECK(error_of(operation::image<float>(corrected(images, {{"sigma", 8}}), "illumination", 0)) < 0.02);
  CHECK(error_of(operation::image<float>(corrected(images, {{"smoothing", "polynomial"}}), "illumination", 0)) < 0.01);
}

TEST_CASE("light that lowers the levels, as a calibration says that falls, is taken out all the same") {
  const auto images = shaded<float>(9, 8000);
  auto negatives = images;
  for (auto &image : negatives)
    for (auto &v : image.data) v = 60000 - v;
  auto falling = operation::collection(negatives);
  falling.info.flags |= SHEAF_VALUES_CALIBRATED;
  falling.info.value_offset = 60000;
  falling.info.value_scale = -1;
  for (const char *mode : {"divide", "subtract"}) {
    INFO(mode);
    const Json params{{"mode", mode}, {"sigma", 8}};
    const auto plain = operation::image<float>(corrected(operation::collection(images), params), "corrected", 4);
    const Client client = corrected(falling, params);
    const auto turned = operation::image<float>(client, "corrected", 4);
    double worst = 0;
    for (size_t i = 0; i < plain.size(); i++) worst = std::max(worst, std::abs((60000.0 - turned[i]) / plain[i] - 1));
    CHECK(worst < 1e-3);
    CHECK(client.column("illumination_of_channels", "status").texts[0] == "ok");
  }
}

TEST_CASE("a field that is not used is said") {
  const auto images = operation::collection(shaded<uint16_t>(6, 8000));
  Client client(images);
  REQUIRE(with_flat(images, images, {{"source", "estimate"}}, client) == "ok");
  REQUIRE(client.logs.size() == 1);
  CHECK(client.logs[0] == std::pair<int, std::string>(
                              SHEAF_LOG_WARNING, "flat: the image given is not used; it is only when source is given"));
  CHECK(client.outputs.at("corrected").images == corrected(images).outputs.at("corrected").images);
}

TEST_CASE("corrected images are even and as bright as before") {
  const auto images = shaded<float>(9, 100);
  const Client client = corrected(operation::collection(images), {{"smoothing", "polynomial"}});
  const auto out = operation::image<float>(client, "corrected", 2);
  const auto mean = [&](int x0, int y0) {
    double sum = 0;
    for (int y = y0; y < y0 + 12; y++)
      for (int x = x0; x < x0 + 12; x++) sum += out[static_cast<size_t>(y * width + x)] / 144;
    return sum;
  };
  CHECK(mean(148, 108) == Approx(mean(20, 50)).epsilon(0.02));
  CHECK(images[2](150, 110) < 0.8 * images[2](25, 55));
  CHECK(client.column("illumination_of_channels", "images").numbers == std::vector<double>{9});
  CHECK(client.column("illumination_of_channels", "unevenness").numbers[0] > 0.08);
  CHECK(client.column("illumination_of_channels", "status").texts == std::vector<std::string>{"ok"});
}

TEST_CASE("the camera's offset is no illumination and stays") {
  const auto images = operation::collection(shaded<uint16_t>(15, 3000, 1500));
  const Client with = corrected(images, {{"dark", 1500}, {"smoothing", "polynomial"}}),
               without = corrected(images, {{"smoothing", "polynomial"}});
  CHECK(error_of(operation::image<float>(with, "illumination", 0)) < 0.01);
  CHECK(error_of(operation::image<float>(without, "illumination", 0)) > 0.05);
}

TEST_CASE("what was estimated from some images corrects others the same way") {
  const auto images = operation::collection(shaded<uint16_t>(9, 8000));
  const Client estimated = corrected(images, {{"smoothing", "polynomial"}});
  const auto field = operation::image<float>(estimated, "illumination", 0);
  for (const float times : {1.f, 3.f}) {
    Image<float> flat(width, height);
    for (int y = 0; y < height; y++)
      for (int x = 0; x < width; x++) flat(x, y) = times * field[static_cast<size_t>(y * width + x)];
    Client client;
    const auto one = operation::collection(std::vector{flat});
    REQUIRE(with_flat(images, one, Json::object(), client) == "ok");
    const auto a = operation::image<uint16_t>(client, "corrected", 5),
               b = operation::image<uint16_t>(estimated, "corrected", 5);
    int worst = 0;
    for (size_t i = 0; i < a.size(); i++) worst = std::max(worst, std::abs(a[i] - b[i]));
    CHECK(worst <= (times == 1 ? 0 : 1));
    if (times == 1)  // to the last bit
      CHECK(operation::image<float>(client, "illumination", 0) == field);
  }
}

TEST_CASE("an added glow is subtracted and the mean stays") {
  std::vector<Image<float>> images;
  for (int i = 0; i < 5; i++)
    images.push_back(pixels::make<float>(
        60, 50, [&](int x, int y) { return static_cast<float>(10 * i + 0.5 * x - 0.25 * y) - 100.0f; }));
  const Client client = corrected(operation::collection(images), {{"mode", "subtract"}, {"smoothing", "polynomial"}});
  const auto out = operation::image<float>(client, "corrected", 3);
  const float expected = 30 + 0.5f * 29.5f - 0.25f * 24.5f - 100;
  for (const float v : out) REQUIRE(v == Approx(expected).margin(0.01));
}

TEST_CASE("channels, and components of colour, have an illumination each") {
  auto images = shaded<uint16_t>(6, 8000);
  for (size_t i = 1; i < 6; i += 2) images[i] = pixels::mirrored(images[i]);
  const Client client = corrected(operation::collection(images, 2), {{"smoothing", "polynomial"}});
  CHECK(client.outputs.at("illumination").images.size() == 2);
  const auto first = operation::image<float>(client, "illumination", 0),
             second = operation::image<float>(client, "illumination", 1);
  CHECK(first[0] == Approx(second[width - 1]).epsilon(0.03));
  const Client colour = corrected(operation::collection(std::vector(3, pixels::colour_texture(40, 30, 1))));
  CHECK(colour.outputs.at("illumination").images.size() == 3);
  CHECK(colour.column("illumination_of_channels", "Label").texts ==
        std::vector<std::string>{"1 red", "1 green", "1 blue"});
}

TEST_CASE("the number of threads changes no pixel of the correction, and the preview shows it") {
  const auto images = operation::collection(shaded<uint8_t>(7, 90));
  const Client one = corrected(images, Json::object(), 1), three = corrected(images, Json::object(), 3);
  CHECK(one.outputs.at("corrected").images == three.outputs.at("corrected").images);
  CHECK(one.outputs.at("illumination").images == three.outputs.at("illumination").images);
  CHECK(operation::preview(plugin, id, images, Json::object(), 2, "corrected") ==
        one.outputs.at("corrected").images.at(2));
}

TEST_CASE("black images have no illumination to divide by and stay, with a warning") {
  const Client client = corrected(operation::collection(std::vector(3, Image<uint16_t>(20, 10, 0))));
  CHECK(client.outputs.at("corrected").images.at(1) == client.inputs[0].image(1));
  CHECK(client.column("illumination_of_channels", "status").texts == std::vector<std::string>{"degenerate"});
  REQUIRE(client.logs.size() == 1);
  CHECK(client.logs[0].second ==
        "equalize.illumination: channel 1 has no illumination above 0 everywhere, its images are left unchanged");
}

TEST_CASE("a flat field that does not fit is refused") {
  const auto images = operation::collection(shaded<uint16_t>(3, 8000));
  Client client;
  CHECK(with_flat(images, operation::collection(std::vector{Image<float>(20, 10, 1.0f)}), Json::object(), client) ==
        "invalid: flat: 20 x 10 pixels given, the images have 160 x 120");
  const Image<float> one(width, height, 1.0f);
  CHECK(with_flat(images, operation::collection(std::vector{one, one}), Json::object(), client) ==
        "invalid: flat: 2 images given; accepted: 1");
  Image<uint16_t> hole(width, height, 500);
  hole(3, 4) = 0;
  CHECK(with_flat(images, operation::collection(std::vector{hole}), Json::object(), client) ==
        "invalid: flat: the pixel at 3, 4 of image 1 has 0 above the dark level; accepted: numbers greater than 0");
}
