// What all automatic segmentations have in common, as their users see it.
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
const std::vector<Case> &cases() {
  static const std::vector<Case> all = {
      {"segment.felzenszwalb", {{"min_size", 20}, {"mean", true}, {"boundaries", true}}},
      {"segment.graph", {{"k", 15}, {"min_size", 10}}},
      {"segment.chanvase", {{"iterations", 20}}},
      {"segment.chanvase", {{"iterations", 20}, {"compat", true}, {"start", "disk"}}},
      {"segment.quickshift", {{"kernel", 2}, {"max_dist", 10}, {"sigma", 0.5}}}};
  return all;
}

template <class T>
std::vector<Image<T>> textures(int count) {
  std::vector<Image<T>> images;
  for (int i = 0; i < count; i++) {
    if constexpr (std::is_same_v<T, sheaf::Rgb>) images.push_back(pixels::colour_texture(width, height, 11 + i));
    else images.push_back(pixels::texture<T>(width, height, 11 + i));
  }
  return images;
}

std::vector<uint32_t> labels(const Client &client, int64_t n) {
  return operation::image<uint32_t>(client, "labels", n);
}

template <class T>
void check_threads() {
  const auto images = operation::collection(textures<T>(2));
  for (const auto &[id, params] : cases()) {
    const Client one = operation::run(plugin, id, images, params, 1),
                 three = operation::run(plugin, id, images, params, 3);
    INFO(id << params.dump());
    for (int64_t n = 0; n < 2; n++) {
      REQUIRE(labels(one, n) == labels(three, n));
      CHECK(operation::preview(plugin, id, images, params, n, "labels") == one.outputs.at("labels").images.at(n));
    }
    // an image alone, whose parts run on several threads
    const auto alone = operation::collection(std::vector{textures<T>(1)[0]});
    CHECK(labels(operation::run(plugin, id, alone, params, 3), 0) == labels(one, 0));
    CHECK(one.column("regions", "area").numbers == three.column("regions", "area").numbers);
  }
}

}  // namespace

TEST_CASE("threads and preview change no label of any segmentation") {
  check_threads<uint8_t>();
  check_threads<uint16_t>();
  check_threads<float>();
  check_threads<sheaf::Rgb>();
}

TEST_CASE("segmentations of constant images, NaN and infinities end well") {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  auto mixed = textures<float>(1)[0];
  mixed(3, 3) = nan;
  mixed(10, 10) = inf;
  mixed(20, 20) = -inf;
  for (const auto &[id, params] : cases()) {
    INFO(id << params.dump());
    for (const float v : {0.f, 7.f, nan, inf}) {
      const auto out =
          labels(operation::run(plugin, id, operation::collection(std::vector{Image<float>(20, 15, v)}), params), 0);
      CHECK(out.size() == 300);
    }
    const auto out = labels(operation::run(plugin, id, operation::collection(std::vector{mixed}), params), 0);
    CHECK(*std::max_element(out.begin(), out.end()) > 1);
  }
}

TEST_CASE("a region of interest limits the labels of a segmentation") {
  auto c = operation::collection(textures<uint8_t>(1));
  const auto region = pixels::disk(width, height, 12);
  c.mask = operation::region(region);
  for (const auto &[id, params] : cases()) {
    const auto out = labels(operation::run(plugin, id, c, params), 0);
    for (int y = 0; y < height; y++)
      for (int x = 0; x < width; x++)
        if (!region(x, y)) REQUIRE(out[static_cast<size_t>(y) * width + x] == 0);
  }
}

TEST_CASE("16-bit images are segmented as 8-bit ones of the same range are") {
  const auto eight = textures<uint8_t>(1)[0];
  const auto sixteen =
      pixels::make<uint16_t>(width, height, [&](int x, int y) { return uint16_t(eight(x, y) * 100 + 7); });
  for (const auto &[id, params] : cases()) {
    Json plain = params;
    plain.erase("mean");
    const auto a = labels(operation::run(plugin, id, operation::collection(std::vector{eight}), plain), 0);
    const auto b = labels(operation::run(plugin, id, operation::collection(std::vector{sixteen}), plain), 0);
    int64_t equal = 0;
    for (size_t i = 0; i < a.size(); i++) equal += a[i] == b[i];
    INFO(id << plain.dump());
    CHECK(equal > static_cast<int64_t>(a.size()) * 95 / 100);
  }
}
