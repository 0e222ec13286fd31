// What holds for all operations that need one value for a pixel, and for those that number objects.
#include "operation.hpp"

using operation::Client;
using operation::Json;
using pixels::Image;

namespace {

constexpr const char *plugin = "sheaf_segment";

std::vector<uint32_t> labels(const char *id, testing::Collection images, const Json &params) {
  return operation::image<uint32_t>(operation::run(plugin, id, std::move(images), params), "labels", 0);
}

// 69696 pixels of which no two touch.
Image<uint8_t> grid() {
  return pixels::make<uint8_t>(528, 528, [](int x, int y) -> uint8_t { return x % 2 == 0 && y % 2 == 0 ? 200 : 10; });
}
constexpr uint32_t points = 264 * 264;

}  // namespace

TEST_CASE("where one value is needed, colour goes by the rounded mean of red, green and blue") {
  const auto in = pixels::colour_texture(61, 47, 5);
  const auto gray = pixels::make<uint8_t>(
      61, 47, [&](int x, int y) { return static_cast<uint8_t>((in(x, y).r + in(x, y).g + in(x, y).b) / 3.0 + 0.5); });
  const auto colour_images = operation::collection(std::vector{in}),
             gray_images = operation::collection(std::vector{gray});
  for (const auto &[id, params] :
       {std::pair<const char *, Json>{"segment.watershed", {{"surface", "intensity"}, {"h", 5}}},
        {"segment.hysteresis", {{"method", "percentile"}}},
        {"segment.blobs", {{"objects", "both"}}},
        {"segment.chanvase", {{"iterations", 20}}},
        {"segment.threshold", {{"method", "adaptive_mean"}}}}) {
    INFO(id);
    const auto found = labels(id, colour_images, params);
    CHECK(found == labels(id, gray_images, params));
    CHECK(std::count(found.begin(), found.end(), 0u) < std::ssize(found));
  }
}

TEST_CASE("more than 65 535 objects have a label each") {
  const auto images = operation::collection(std::vector{grid()});
  for (const auto &[id, params] :
       {std::pair<const char *, Json>{"segment.hysteresis", {{"method", "manual"}, {"low", 50}, {"high", 100}}},
        {"segment.watershed", Json::object()},
        {"segment.blobs", {{"min_diameter", 1}, {"max_diameter", 1}, {"scales", 1}}}}) {
    INFO(id);
    const auto found = labels(id, images, params);
    CHECK(*std::max_element(found.begin(), found.end()) == points);
    CHECK(std::ssize(found) - std::count(found.begin(), found.end(), 0u) == points);
  }
}

TEST_CASE("label images with more than 65 535 labels are compared and divided") {
  const auto many = pixels::make<float>(528, 528, [](int x, int y) {
    return x % 2 == 0 && y % 2 == 0 ? static_cast<float>(264 * (y / 2) + x / 2 + 1) : 0.f;
  });
  const auto images = operation::collection(std::vector{many});
  const auto parts = labels("segment.watershed", images, {{"foreground", "labels"}});
  CHECK(parts[527 * 528 - 2] == points);  // they are numbered in reading order already
  testing::Session session(2);
  session.with(plugin);
  Client client(images);
  client.inputs.push_back(images);
  REQUIRE(testing::outcome(session, "segment.compare", client, "{}") == "ok");
  CHECK(client.column("agreement", "objects").numbers[0] == points);
  CHECK(client.column("agreement", "precision_mean").numbers[0] == 1);
}
