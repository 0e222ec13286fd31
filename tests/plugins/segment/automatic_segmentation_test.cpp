// segment.kmeans, segment.slickmeans, segment.edge and segment.compare as their users see them.
#include "operation.hpp"

using operation::Client;
using operation::Json;
using pixels::Image;

namespace {

constexpr const char *plugin = "sheaf_segment";
constexpr int width = 61, height = 47;

struct Case {
  const char *id;
  Json params;
};
const Case cases[] = {{"segment.kmeans", {{"k", 6}, {"attempts", 2}, {"mean", true}}},
                      {"segment.slickmeans", {{"k", 4}, {"size", 9}, {"boundaries", true}}},
                      {"segment.edge", {{"threshold", 40}, {"search", 2}}}};

template <class T>
std::vector<Image<T>> textures(int count) {
  std::vector<Image<T>> images;
  for (int i = 0; i < count; i++) {
    if constexpr (std::is_same_v<T, sheaf::Rgb>) images.push_back(pixels::colour_texture(width, height, 11 + i));
    else images.push_back(pixels::texture<T>(width, height, 11 + i));
  }
  return images;
}

template <class T>
void check_type() {
  const auto images = operation::collection(textures<T>(3));
  for (const Case &c : cases) {
    INFO(c.id);
    const Client one = operation::run(plugin, c.id, images, c.params, 1),
                 three = operation::run(plugin, c.id, images, c.params, 3);
    for (int64_t n = 0; n < 3; n++) {
      REQUIRE(operation::image<uint32_t>(one, "labels", n) == operation::image<uint32_t>(three, "labels", n));
      CHECK(operation::preview(plugin, c.id, images, c.params, n, "labels") == one.outputs.at("labels").images.at(n));
    }
    CHECK(one.column("regions", "mean").numbers == three.column("regions", "mean").numbers);
    CHECK(one.rois.size() == one.column("regions", "region").numbers.size());
  }
}

}  // namespace

TEST_CASE("classes and regions: threads and preview change nothing of any pixel type") {
  check_type<uint8_t>();
  check_type<uint16_t>();
  check_type<float>();
  check_type<sheaf::Rgb>();
}

TEST_CASE("gray is divided into the classes of the same image as colour") {
  const auto gray = textures<uint8_t>(1);
  const std::vector<Image<sheaf::Rgb>> colour = {pixels::make<sheaf::Rgb>(width, height, [&](int x, int y) {
    const uint8_t v = gray[0](x, y);
    return sheaf::Rgb{v, v, v, 255};
  })};
  const Json params = {{"k", 2}, {"colour_importance", 1000}};
  CHECK(operation::image<uint32_t>(operation::run(plugin, "segment.kmeans", operation::collection(gray), params),
                                   "labels", 0) ==
        operation::image<uint32_t>(operation::run(plugin, "segment.kmeans", operation::collection(colour), params),
                                   "labels", 0));
}

TEST_CASE("more classes than pixels are refused, and superpixels that are fewer are classes of their own") {
  const std::vector<Image<uint8_t>> small = {Image<uint8_t>(3, 2, 7)};
  CHECK(operation::outcome(plugin, "segment.kmeans", operation::collection(small), {{"k", 7}})
            .find("k: 7 given, image 1 has 6 pixels; accepted: 1 to 6") != std::string::npos);
  const std::vector<Image<uint8_t>> single = {Image<uint8_t>(1, 1, 7)};
  CHECK(operation::outcome(plugin, "segment.kmeans", operation::collection(single), {{"k", 2}}) ==
        "invalid: k: 2 given, image 1 has 1 pixel; accepted: 1");
  CHECK(operation::outcome(plugin, "segment.slickmeans", operation::collection(small), {{"k", 7}})
            .find("k: 7 given, image 1 has 6 pixels; accepted: 1 to 6") != std::string::npos);
  CHECK(operation::outcome(plugin, "segment.slickmeans", operation::collection(single), {{"k", 2}}) ==
        "invalid: k: 2 given, image 1 has 1 pixel; accepted: 1");
  CHECK(operation::outcome(plugin, "segment.slickmeans", operation::collection(small), {{"k", 6}}) == "ok");
}

namespace {

std::string compared(testing::Collection a, testing::Collection b, Client *result = nullptr) {
  testing::Session session(2);
  session.with(plugin);
  Client client(std::move(a));
  client.inputs.push_back(std::move(b));
  const std::string outcome = testing::outcome(session, "segment.compare", client, "{}");
  if (result) *result = std::move(client);
  return outcome;
}

}  // namespace

TEST_CASE("labels of any type are compared; the means are those of the images") {
  const auto label = [](int x, int y) { return x < 20 ? 0 : x < 30 + y / 8 ? 3 : 250; };
  const auto of = [&]<class T>(T) {
    std::vector<Image<T>> images(
        2, pixels::make<T>(width, height, [&](int x, int y) { return static_cast<T>(label(x, y)); }));
    images[1](25, 3) = 0;
    return operation::collection(images);
  };
  const auto reference = operation::collection(std::vector<Image<uint16_t>>(
      2, pixels::make<uint16_t>(width, height, [&](int x, int y) { return static_cast<uint16_t>(label(x, y)); })));
  for (const auto &labels : {of(uint8_t{}), of(uint16_t{}), of(float{}), of(uint32_t{})}) {
    Client client{testing::Collection{}};
    REQUIRE(compared(labels, reference, &client) == "ok");
    const auto &dice = client.column("agreement", "dice").numbers;
    CHECK(dice[0] == 1);
    CHECK(dice[1] < 1);
    CHECK(client.column("means", "dice").numbers == std::vector<double>{(dice[0] + dice[1]) / 2});
    CHECK(client.column("agreement", "objects").numbers == std::vector<double>{2, 2});
    CHECK(client.column("agreement", "precision_mean").numbers[1] == 1);
  }
}

TEST_CASE("labels of another size, and pixels that are no labels, are refused") {
  const auto labels = operation::collection(std::vector<Image<float>>(2, Image<float>(5, 4, 1)));
  const auto fewer = operation::collection(std::vector<Image<uint8_t>>(1, Image<uint8_t>(5, 4, 1)));
  const auto larger = operation::collection(std::vector<Image<uint8_t>>(2, Image<uint8_t>(6, 4, 1)));
  CHECK(compared(labels, fewer)
            .find("reference: 1 image of 5 x 4 pixels given, the labels are 2 images of 5 x 4 pixels") !=
        std::string::npos);
  CHECK(compared(labels, larger).find("reference: 2 images of 6 x 4 pixels given") != std::string::npos);
  const auto halves = operation::collection(std::vector<Image<float>>(2, Image<float>(5, 4, 1.5f)));
  CHECK(compared(halves, labels).find("has 1.5 among its pixels; labels are whole numbers from 0") !=
        std::string::npos);
}
