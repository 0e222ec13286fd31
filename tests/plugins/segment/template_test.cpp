// segment.template as its users see it.
#include <cmath>

#include "operation.hpp"

using operation::Client;
using operation::Json;
using pixels::Image;

namespace {

constexpr const char *plugin = "sheaf_segment", *id = "segment.template";
constexpr int width = 90, height = 300;  // several bands

template <class T>
Image<T> part(const Image<T> &image, int x0, int y0, int w, int h) {
  return pixels::make<T>(w, h, [&](int x, int y) { return image(x0 + x, y0 + y); });
}

template <class T>
Client found(const std::vector<Image<T>> &images, const Image<T> &pattern, const Json &params, std::string &outcome,
             const Image<uint8_t> *attention = nullptr, int threads = 2) {
  testing::Session session(threads);
  session.with(plugin);
  Client client(operation::collection(images));
  client.inputs.push_back(operation::collection<T>({pattern}));
  if (attention) client.inputs.push_back(operation::collection<uint8_t>({*attention}));
  outcome = testing::outcome(session, id, client, params.dump());
  return client;
}

const std::vector<double> &numbers(const Client &client, const char *name) {
  return client.column("places", name).numbers;
}

template <class T>
Image<T> scene(uint32_t seed) {
  if constexpr (std::is_same_v<T, sheaf::Rgb>) return pixels::colour_texture(width, height, seed);
  else return pixels::texture<T>(width, height, seed);
}

template <class T>
void check_best() {
  const std::vector<Image<T>> images = {scene<T>(1), scene<T>(2)};
  std::string outcome;
  const Client client = found<T>(images, part(images[0], 41, 203, 17, 12), Json::object(), outcome);
  REQUIRE(outcome == "ok");
  REQUIRE(numbers(client, "x").size() == 2);
  CHECK(numbers(client, "x")[0] == 41);
  CHECK(numbers(client, "y")[0] == 203);
  CHECK(numbers(client, "error")[0] < 1e-4);
  CHECK(numbers(client, "error")[1] > numbers(client, "error")[0]);
  CHECK(client.rois.size() == 2);
}

}  // namespace

TEST_CASE("a template is found where it was taken from, in every pixel type") {
  check_best<uint8_t>();
  check_best<uint16_t>();
  check_best<float>();
  check_best<sheaf::Rgb>();
}

TEST_CASE("errors of a template are the definition's, with and without attention") {
  const auto image = scene<uint8_t>(5);
  const auto pattern = pixels::texture<uint8_t>(9, 7, 77);
  const auto attention = pixels::make<uint8_t>(9, 7, [](int x, int y) -> uint8_t { return (x + y) % 3 ? 9 : 0; });
  for (const bool attentive : {false, true}) {
    double least = INFINITY;
    int bx = -1, by = -1;
    for (int y = 0; y + 7 <= height; y++)
      for (int x = 0; x + 9 <= width; x++) {
        double difference = 0, tt = 0, ii = 0;
        for (int v = 0; v < 7; v++)
          for (int u = 0; u < 9; u++) {
            if (attentive && !attention(u, v)) continue;
            const double t = pattern(u, v), i = image(x + u, y + v);
            difference += (t - i) * (t - i);
            tt += t * t;
            ii += i * i;
          }
        const double e = difference / std::sqrt(tt * ii);
        if (e < least) {
          least = e;
          bx = x;
          by = y;
        }
      }
    std::string outcome;
    const Client client = found<uint8_t>({image}, pattern, Json::object(), outcome, attentive ? &attention : nullptr);
    REQUIRE(outcome == "ok");
    CHECK(numbers(client, "x")[0] == bx);
    CHECK(numbers(client, "y")[0] == by);
    CHECK(numbers(client, "error")[0] == Approx(least).epsilon(1e-4));
  }
}

TEST_CASE("of near places of a template only the best is kept, the same on any number of threads") {
  auto image = scene<uint8_t>(3);
  const auto pattern = part(image, 10, 20, 16, 16);
  for (int y = 0; y < 16; y++)
    for (int x = 0; x < 16; x++) image(50 + x, 200 + y) = pattern(x, y);
  const Json params = {{"places", "threshold"}, {"error", 0.02}};
  std::string outcome;
  const Client one = found<uint8_t>({image}, pattern, params, outcome, nullptr, 1);
  REQUIRE(outcome == "ok");
  CHECK(numbers(one, "x") == std::vector<double>{10, 50});
  CHECK(numbers(one, "y") == std::vector<double>{20, 200});
  const Client three = found<uint8_t>({image}, pattern, params, outcome, nullptr, 3);
  CHECK(numbers(one, "error") == numbers(three, "error"));
  const auto labels = operation::image<uint32_t>(one, "matches", 0);
  CHECK(labels[20 * width + 10] == 1);
  CHECK(labels[215 * width + 65] == 2);
  CHECK(labels[0] == 0);
  const Client single =
      found<uint8_t>({image}, pattern, {{"places", "threshold"}, {"error", 0.02}, {"most", 1}}, outcome);
  CHECK(numbers(single, "x").size() == 1);
}

TEST_CASE("an empty template is found on empty ground alone") {
  Image<uint8_t> image(width, height, 50);
  for (int y = 100; y < 120; y++)
    for (int x = 30; x < 60; x++) image(x, y) = 0;
  std::string outcome;
  const Client client = found<uint8_t>({image}, Image<uint8_t>(8, 8, 0), Json::object(), outcome);
  REQUIRE(outcome == "ok");
  CHECK(numbers(client, "error")[0] < 1e-3);
  CHECK(numbers(client, "y")[0] == 100);
}

TEST_CASE("a template that does not fit is refused in one sentence") {
  std::string outcome;
  found<uint8_t>({scene<uint8_t>(1)}, Image<uint8_t>(91, 5), Json::object(), outcome);
  CHECK(outcome == "invalid: template: it is 91 x 5 pixels, larger than the images of 90 x 300 pixels");
  const Image<uint8_t> large(4, 4, 1), black(5, 5, 0);
  found<uint8_t>({scene<uint8_t>(1)}, Image<uint8_t>(5, 5), Json::object(), outcome, &large);
  CHECK(outcome == "invalid: attention: it is 4 x 4 pixels, the template 5 x 5 pixels; both must have one size");
  found<uint8_t>({scene<uint8_t>(1)}, Image<uint8_t>(5, 5), Json::object(), outcome, &black);
  CHECK(outcome == "invalid: attention: all pixels are 0, so that no pixel of the template counts");
}

TEST_CASE("a gray template is not looked for in colour images, nor a colour template in gray ones") {
  const auto refusal = [](testing::Collection images, testing::Collection pattern) {
    testing::Session session(1);
    session.with(plugin);
    Client client(std::move(images));
    client.inputs.push_back(std::move(pattern));
    return testing::outcome(session, id, client, "{}");
  };
  const auto gray = operation::collection<uint8_t>({scene<uint8_t>(1)});
  const auto colour = operation::collection<sheaf::Rgb>({scene<sheaf::Rgb>(1)});
  CHECK(refusal(gray, colour) ==
        "invalid: template: it is colour, the images are not; both must be colour or both gray");
  CHECK(refusal(colour, gray) == "invalid: template: it is gray, the images are not; both must be colour or both gray");
}
