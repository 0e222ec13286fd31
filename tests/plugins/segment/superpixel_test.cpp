// segment.superpixel, and with it what all segmentations share, as users see it.
#include "operation.hpp"

using operation::Client;
using operation::Json;
using pixels::Image;

namespace {

constexpr const char *plugin = "sheaf_segment", *id = "segment.superpixel";
constexpr int width = 61, height = 47;

template <class T>
std::vector<Image<T>> textures(int count) {
  std::vector<Image<T>> images;
  for (int i = 0; i < count; i++) {
    if constexpr (std::is_same_v<T, sheaf::Rgb>) images.push_back(pixels::colour_texture(width, height, 11 + i));
    else images.push_back(pixels::texture<T>(width, height, 11 + i));
  }
  return images;
}

const std::vector<double> &numbers(const Client &client, const std::string &name) {
  return client.column("regions", name).numbers;
}

template <class T>
void check_type() {
  for (const char *method : {"slic", "slico", "mslic"}) {
    const Json params = {{"method", method}, {"size", 9}, {"mean", true}, {"boundaries", true}};
    const auto images = operation::collection(textures<T>(3));
    const Client one = operation::run(plugin, id, images, params, 1),
                 three = operation::run(plugin, id, images, params, 3);
    for (int64_t n = 0; n < 3; n++) {
      CHECK(operation::image<uint32_t>(one, "labels", n) == operation::image<uint32_t>(three, "labels", n));
      CHECK(operation::preview(plugin, id, images, params, n, "labels") == one.outputs.at("labels").images.at(n));
    }
    CHECK(one.outputs.at("mean").images == three.outputs.at("mean").images);
    CHECK(one.outputs.at("boundaries").images == three.outputs.at("boundaries").images);
    CHECK(numbers(one, "mean") == numbers(three, "mean"));
    CHECK(one.rois.size() == numbers(one, "region").size());
    double area = 0;
    for (const double a : numbers(one, "area")) area += a;
    CHECK(area == 3.0 * width * height);
  }
}

}  // namespace

TEST_CASE("superpixels: threads and preview change nothing of any pixel type") {
  check_type<uint8_t>();
  check_type<uint16_t>();
  check_type<float>();
  check_type<sheaf::Rgb>();
}

TEST_CASE("regions are measured in the units of the image, boxes in pixels") {
  auto c = operation::collection(textures<uint8_t>(2));
  c.info.spacing[0] = 0.5;
  c.info.spacing[1] = 0.25;
  c.unit = "um";
  const Client client = operation::run(plugin, id, c, {{"segments", 1}});
  CHECK(client.column("regions", "Label").texts.size() == 2);
  CHECK(numbers(client, "region") == std::vector<double>{1, 1});
  CHECK(numbers(client, "area")[1] == width * height / 8.0);
  CHECK(numbers(client, "x")[0] == width / 4.0);
  CHECK(numbers(client, "y")[0] == height / 8.0);
  CHECK(numbers(client, "box_width")[0] == width);
  CHECK(numbers(client, "box_height")[0] == height);
  CHECK(!client.outputs.contains("mean"));
  CHECK(!client.outputs.contains("boundaries"));
}

TEST_CASE("about as many superpixels as wanted; more than there are pixels are refused") {
  const auto images = operation::collection(textures<uint16_t>(1));
  const Client client = operation::run(plugin, id, images, {{"segments", 30}});
  CHECK(numbers(client, "region").size() >= 24);
  CHECK(numbers(client, "region").size() <= 40);
  CHECK(operation::outcome(plugin, id, images, {{"segments", 3000}})
            .find("segments: 3000 given, an image has 2867 pixels; accepted: 0 to 2867") != std::string::npos);
}
