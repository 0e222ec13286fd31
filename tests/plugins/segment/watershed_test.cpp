// The steps of a watershed, against scikit-image and SciPy (tests/data/segment/regenerate_watershed.py).
#include "segment/watershed.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "pixels.hpp"
#include "segment/distance.hpp"
#include "segment/markers.hpp"
#include "threads.hpp"

using namespace sheaf::segment;
using nlohmann::json;
using pixels::Image;

namespace {

const json &reference() {
  static const json numbers = json::parse(std::ifstream(SHEAF_TEST_DATA "/segment/watershed.json"));
  return numbers;
}

struct Scene {
  Image<uint8_t> mask;
  Image<float> surface;
};

Scene scene(const json &entry) {
  const int width = reference()["width"], height = reference()["height"], level = reference()["level"];
  const auto image = pixels::texture<uint8_t>(width, height, entry["seed"], 3);
  auto large = pixels::make<uint32_t>(width, height, [&](int x, int y) { return image(x, y) > level; });
  keep_components(large.into(), {}, {false, 31});
  Scene s{pixels::make<uint8_t>(width, height, [&](int x, int y) { return large(x, y) ? 255 : 0; }),
          pixels::make<float>(width, height, [&](int x, int y) { return image(x, y); })};
  if (entry["surface"] == "distance") distances(s.mask.view(), s.surface.into());
  if (entry["surface"] == "distinct")
    for (int y = 0; y < height; y++)
      for (int x = 0; x < width; x++) s.surface(x, y) = s.surface(x, y) * 4096 + static_cast<float>(y * width + x);
  return s;
}

template <class T>
std::vector<int> marked(const Image<T> &image) {
  std::vector<int> positions;
  for (int y = 0; y < image.height; y++)
    for (int x = 0; x < image.width; x++)
      if (image(x, y)) positions.push_back(y * image.width + x);
  return positions;
}

Image<uint32_t> divided(const Image<uint8_t> &mask, const WatershedOptions &options) {
  Image<uint32_t> labels(mask.width, mask.height);
  const Image<float> values(mask.width, mask.height);
  divide(mask.view(), values.view(), options, labels.into());
  return labels;
}

// Whether both divide the pixels in the same way.
bool same_partition(const Image<uint32_t> &a, const Image<uint32_t> &b) {
  std::map<uint32_t, uint32_t> to, from;
  for (int y = 0; y < a.height; y++)
    for (int x = 0; x < a.width; x++) {
      if (to.emplace(a(x, y), b(x, y)).first->second != b(x, y)) return false;
      if (from.emplace(b(x, y), a(x, y)).first->second != a(x, y)) return false;
    }
  return true;
}

// Disks of radius 12 whose centres are `apart` from each other.
Image<uint8_t> dumbbell(int apart) {
  return pixels::make<uint8_t>(70, 41, [&](int x, int y) {
    const auto inside = [&](int cx) { return (x - cx) * (x - cx) + (y - 20) * (y - 20) <= 12 * 12; };
    return inside(20) || inside(20 + apart) ? 255 : 0;
  });
}

}  // namespace

TEST_CASE("distances are those of SciPy") {
  int compared = 0;
  for (const json &entry : reference()["cases"]) {
    if (!entry.contains("squared")) continue;
    const Scene s = scene(entry);
    size_t i = 0;
    for (int y = 0; y < s.mask.height; y++)
      for (int x = 0; x < s.mask.width; x++)
        REQUIRE(s.surface(x, y) == static_cast<float>(std::sqrt(entry["squared"][i++].get<double>())));
    compared++;
  }
  CHECK(compared == 9);
}

TEST_CASE("several threads find the distances that one finds") {
  const int width = 700, height = 150;
  for (const int holes : {0, 1, 300}) {
    const auto mask = pixels::make<uint8_t>(
        width, height, [&](int x, int y) { return (y * width + x) * 7919 % (width * height) < holes ? 0 : 255; });
    Image<float> one(width, height), many(width, height);
    distances(mask.view(), one.into());
    distances(mask.view(), many.into(), sheaf::never_stop, on_threads(4));
    CHECK(one.data == many.data);
    CHECK((*std::max_element(one.data.begin(), one.data.end()) == static_cast<float>(width + height)) == (holes == 0));
  }
}

TEST_CASE("several threads divide many objects as one does") {
  const auto image = pixels::texture<uint8_t>(211, 163, 4, 3);
  const auto objects = pixels::make<uint32_t>(211, 163, [&](int x, int y) { return image(x, y) / 40u; });
  Image<uint32_t> one = objects, many = objects;
  const uint32_t count = divide_labels(one.into(), {});
  CHECK(count > 100);
  CHECK(divide_labels(many.into(), {}, sheaf::never_stop, on_threads(4)) == count);
  CHECK(one.data == many.data);
  CHECK(*std::max_element(one.data.begin(), one.data.end()) == count);
}

TEST_CASE("peaks are those of scikit-image") {
  for (const json &entry : reference()["cases"]) {
    if (!entry.contains("peaks")) continue;
    const Scene s = scene(entry);
    Image<uint32_t> labels(s.mask.width, s.mask.height, 7);
    mark_peaks(s.surface.view(), s.mask.view(), entry["min_distance"], 8, labels.into());
    INFO(entry["seed"] << " " << entry["surface"] << " " << entry["min_distance"]);
    CHECK(marked(labels) == entry["peaks"].get<std::vector<int>>());
  }
}

TEST_CASE("domes are the h-maxima of scikit-image") {
  for (const json &entry : reference()["cases"]) {
    if (!entry.contains("domes")) continue;
    const Scene s = scene(entry);
    Image<uint32_t> labels(s.mask.width, s.mask.height, 7);
    mark_domes(Relief(s.surface.view(), s.mask.view()), entry["h"], 8, labels.into());
    INFO(entry["seed"] << " " << entry["surface"] << " " << entry["h"]);
    CHECK(marked(labels) == entry["domes"].get<std::vector<int>>());
  }
}

TEST_CASE("regions grown from the same markers are those of scikit-image") {
  for (const json &entry : reference()["cases"]) {
    if (!entry.contains("peaks")) continue;
    const Scene s = scene(entry);
    const Relief relief(s.surface.view(), s.mask.view());
    for (const int connectivity : {4, 8}) {
      Image<uint32_t> labels(s.mask.width, s.mask.height);
      mark_peaks(s.surface.view(), s.mask.view(), entry["min_distance"], 8, labels.into());
      flood(relief, connectivity, labels.into());
      const auto &expected = entry["regions_" + std::to_string(connectivity)];
      const auto theirs = pixels::make<uint32_t>(labels.width, labels.height, [&](int x, int y) {
        return expected[static_cast<size_t>(y * labels.width + x)].get<uint32_t>();
      });
      int64_t equal = 0;
      for (int y = 0; y < labels.height; y++)
        for (int x = 0; x < labels.width; x++) equal += labels(x, y) == theirs(x, y);
      INFO(entry["seed"] << " " << entry["surface"] << " " << entry["min_distance"] << " " << connectivity);
      // markers of the same height go in reading order here, in that of a heap there
      if (entry["surface"] == "distinct") CHECK(equal == labels.view().size());
      else CHECK(static_cast<double>(equal) > 0.99 * static_cast<double>(labels.view().size()));
    }
  }
}

TEST_CASE("two disks that touch are two regions, a deep overlap is one") {
  for (const Markers markers : {Markers::domes, Markers::peaks}) {
    WatershedOptions options;
    options.markers = markers;
    const auto labels = divided(dumbbell(22), options);
    CHECK(labels(20, 20) != labels(42, 20));
    // the cut lies in the middle
    CHECK(labels(29, 20) == labels(20, 20));
    CHECK(labels(33, 20) == labels(42, 20));
  }
  const auto one = divided(dumbbell(4), {});
  CHECK(one(20, 20) == one(24, 20));
}

TEST_CASE("a mirrored image is divided as the image is, but for ties") {
  const auto image = pixels::texture<uint8_t>(90, 60, 5, 4);
  const auto mask = pixels::make<uint8_t>(90, 60, [&](int x, int y) { return image(x, y) > 120 ? 255 : 0; });
  const auto there = divided(mask, {});
  const auto back = pixels::mirrored(divided(pixels::mirrored(mask), {}));
  std::map<std::pair<uint32_t, uint32_t>, int64_t> overlap;
  int64_t foreground = 0, best = 0;
  for (int y = 0; y < 60; y++)
    for (int x = 0; x < 90; x++)
      if (there(x, y)) overlap[{there(x, y), back(x, y)}]++, foreground++;
  std::map<uint32_t, int64_t> largest;
  for (const auto &[pair, n] : overlap) largest[pair.first] = std::max(largest[pair.first], n);
  for (const auto &[label, n] : largest) best += n;
  CHECK(best > foreground * 98 / 100);
}

TEST_CASE("a watershed of extreme images ends well") {
  for (const Surface surface : {Surface::distance, Surface::intensity})
    for (const Markers markers : {Markers::domes, Markers::peaks}) {
      WatershedOptions options;
      options.surface = surface;
      options.markers = markers;
      for (const auto &[w, h] : {std::pair{1, 1}, {1, 40}, {40, 1}, {33, 21}}) {
        // all foreground: one region; none: no region
        const auto all = divided(Image<uint8_t>(w, h, 255), options);
        CHECK(marked(all).size() == static_cast<size_t>(w) * h);
        CHECK(same_partition(all, Image<uint32_t>(w, h, 1)));
        CHECK(marked(divided(Image<uint8_t>(w, h, 0), options)).empty());
      }
    }
}

TEST_CASE("every component of the foreground has a marker") {
  Image<uint8_t> mask(20, 10);
  mask(3, 3) = mask(4, 4) = 255;                                // across a corner
  mask(10, 5) = mask(11, 5) = mask(10, 6) = mask(11, 6) = 255;  // a square without an inner pixel
  for (int x = 2; x < 18; x++) mask(x, 8) = 255;                // a line
  for (const Markers markers : {Markers::domes, Markers::peaks})
    for (const int connectivity : {4, 8}) {
      WatershedOptions options;
      options.markers = markers;
      options.smoothing = 0;
      options.connectivity = connectivity;
      CHECK(marked(divided(mask, options)) == marked(mask));
    }
}
