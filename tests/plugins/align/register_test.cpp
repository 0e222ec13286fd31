// align.register through sheaf.h.
#include <catch2/catch.hpp>
#include <cmath>

#include "operation.hpp"
#include "scratch.hpp"

using operation::Json;
using pixels::Image;
using testing::Client;

namespace {

constexpr int width = 90, height = 70;

// A window into a texture that drifts by (2, -1) px per position.
Image<uint16_t> view_of(int position, uint32_t seed = 1) {
  static const auto first = generated::texture(160, 140, 1), second = generated::texture(160, 140, 2);
  const auto &texture = seed == 1 ? first : second;
  return pixels::make<uint16_t>(
      width, height, [&](int x, int y) -> uint16_t { return texture(x + 30 - 2 * position, y + 30 + position) / 2; });
}

std::vector<Image<uint16_t>> drift(int count) {
  std::vector<Image<uint16_t>> images;
  for (int n = 0; n < count; n++) images.push_back(view_of(n));
  return images;
}

template <class T>
Client aligned(const std::vector<Image<T>> &images, const Json &params = Json::object(), int threads = 2) {
  return operation::run("sheaf_align", "align.register", operation::collection(images), params, threads);
}

double number(const Client &client, const char *column, size_t row) {
  return client.column("alignment", column).numbers.at(row);
}
std::string status(const Client &client, size_t row) { return client.column("alignment", "status").texts.at(row); }

}  // namespace

TEST_CASE("a drifting series comes to rest and the table says how") {
  const Client client = aligned(drift(4), {{"model", "translation"}});
  const std::vector<std::string> expected = {"Label",         "m00",      "m01",      "m02",        "m10",
                                             "m11",           "m12",      "m20",      "m21",        "m22",
                                             "shift_x",       "shift_y",  "angle",    "scale",      "score_before",
                                             "score_after",   "dd_score", "dd_count", "iterations", "status",
                                             "closure_error", "match",    "matches",  "inliers",    "reason"};
  std::vector<std::string> names;
  for (const auto &c : client.tables.at("alignment")) names.push_back(c.name);
  CHECK(names == expected);
  CHECK(client.column("alignment", "Label").texts == std::vector<std::string>{"1", "2", "3", "4"});
  CHECK(status(client, 0) == "reference");
  const auto still = operation::image<uint16_t>(client, "aligned", 0);
  for (size_t n = 1; n < 4; n++) {
    CHECK(status(client, n) == "ok");
    CHECK(number(client, "shift_x", n) == Approx(2.0 * n).margin(0.01));
    CHECK(number(client, "shift_y", n) == Approx(-1.0 * n).margin(0.01));
    CHECK(number(client, "m02", n) == Approx(2.0 * n).margin(0.01));
    CHECK(number(client, "score_after", n) > 0.999);
    CHECK(number(client, "score_before", n) < 0.9);
    CHECK(number(client, "dd_score", n) > 0.99);
    CHECK(number(client, "dd_count", n) > 100);
    const auto moved = operation::image<uint16_t>(client, "aligned", static_cast<int64_t>(n));
    for (int y = 10; y < height - 10; y++)
      for (int x = 0; x < width - 10; x++) CHECK(std::abs(moved[y * width + x] - still[y * width + x]) < 300);
  }
}

TEST_CASE("base is counted from 1 and keeps its place") {
  const Client client = aligned(drift(4), {{"reference", "base"}, {"base", 3}});
  CHECK(status(client, 2) == "reference");
  CHECK(number(client, "shift_x", 0) == Approx(-4).margin(0.05));
  CHECK(operation::outcome("sheaf_align", "align.register", operation::collection(drift(4)),
                           {{"reference", "base"}, {"base", 5}}) ==
        "invalid: base: 5 given, the collection has 4 positions; accepted: 1 to 4");
}

TEST_CASE("a common crop makes smaller images without black") {
  const Client client = aligned(drift(4), {{"model", "translation"}, {"crop_common", true}});
  const auto &out = client.outputs.at("aligned");
  CHECK((out.info.width < width && out.info.width >= width - 8));
  CHECK((out.info.height < height && out.info.height >= height - 5));
  for (int64_t n = 0; n < 4; n++) {
    const auto image = operation::image<uint16_t>(client, "aligned", n);
    CHECK(image.size() == size_t(out.info.width) * out.info.height);
    CHECK(*std::min_element(image.begin(), image.end()) > 0);
  }
}

TEST_CASE("in a hyperstack one transform moves all channels and depths of a frame") {
  // channel 2 drifts along time, channel 1 is noise that says nothing; two depths
  std::vector<Image<uint16_t>> images;
  for (int t = 0; t < 3; t++)
    for (int z = 0; z < 2; z++) {
      images.push_back(pixels::texture<uint16_t>(width, height, 50 + 2 * t + z, 0));
      images.push_back(view_of(t, z + 1));
    }
  auto collection = operation::collection(images, 2);
  collection.info.depth = 2;
  collection.info.frames = 3;
  const Json params = {{"model", "translation"}, {"channel", 2}, {"interpolation", "nearest"}};
  const Client client = operation::run("sheaf_align", "align.register", collection, params);
  CHECK(client.column("alignment", "Label").texts == std::vector<std::string>{"2", "6", "10"});
  CHECK(number(client, "shift_x", 2) == Approx(4).margin(0.05));
  CHECK(number(client, "shift_y", 2) == Approx(-2).margin(0.05));
  REQUIRE(client.outputs.at("aligned").images.size() == 12);
  for (int64_t n = 8; n < 12; n++) {
    const auto out = operation::image<uint16_t>(client, "aligned", n);
    const auto &in = images[static_cast<size_t>(n)];
    for (int y = 5; y < height; y++)
      for (int x = 0; x < width - 5; x++) CHECK(out[y * width + x] == in(x + 4, y - 2));
  }

  const std::string wrong = operation::outcome("sheaf_align", "align.register", collection, {{"channel", 3}});
  CHECK(wrong == "invalid: channel: 3 given, the image has 2 channels; accepted: 1 or 2");
  const Client deep = operation::run("sheaf_align", "align.register", collection, {{"axis", "depth"}, {"channel", 2}});
  CHECK(deep.column("alignment", "Label").texts.size() == 2);
  collection.info.depth = 6;
  collection.info.frames = 1;
  CHECK(operation::outcome("sheaf_align", "align.register", collection, {{"axis", "time"}}) ==
        "invalid: axis: time given, the image has 1 frame and 6 depths; accepted: auto or the other axis");
}

TEST_CASE("depths within their frames and frames are aligned in one run") {
  // each frame drifts along its depth in its own way, and jumps; channel 1 is noise
  constexpr int frames = 3, depths = 4;
  const auto offset = [](int t, int z) { return std::pair{3 * t + (t + 1) * z, -5 * t + (t == 1 ? -2 : 1) * z}; };
  const auto structure = generated::texture(160, 140, 5);
  std::vector<Image<uint16_t>> images;
  for (int t = 0; t < frames; t++)
    for (int z = 0; z < depths; z++) {
      images.push_back(pixels::texture<uint16_t>(width, height, 50 + depths * t + z, 0));
      const auto [dx, dy] = offset(t, z);
      images.push_back(pixels::make<uint16_t>(width, height, [&, dx = dx, dy = dy](int x, int y) -> uint16_t {
        return structure(x + 30 - dx, y + 30 - dy) / (2 + z % 2) + 100 * z;
      }));
    }
  auto collection = operation::collection(images, 2);
  collection.info.depth = depths;
  collection.info.frames = frames;
  Json params = {{"model", "translation"}, {"channel", 2}, {"axis", "both"}, {"interpolation", "nearest"}};
  for (const char *projection : {"mean", "max"})
    for (const char *reference : {"previous", "first", "base"}) {
      params["projection"] = projection;
      params["reference"] = reference;
      const int base = reference == std::string("base") ? 1 : 0;
      params.erase("base");
      if (base) params["base"] = base + 1;
      INFO(projection << ' ' << reference);
      const Client client = operation::run("sheaf_align", "align.register", collection, params);
      REQUIRE(client.column("alignment", "Label").texts.size() == frames * depths);
      CHECK(client.column("alignment", "Label").texts[5] == "12");
      for (int t = 0; t < frames; t++)
        for (int z = 0; z < depths; z++) {
          const auto row = static_cast<size_t>(t * depths + z);
          const auto [dx, dy] = offset(t, z);
          const auto [bx, by] = offset(base, 0);
          CHECK(number(client, "shift_x", row) == Approx(dx - bx).margin(0.05));
          CHECK(number(client, "shift_y", row) == Approx(dy - by).margin(0.05));
          CHECK(status(client, row) == (t == base && z == 0 ? "reference" : "ok"));
        }
      // both channels move
      const auto out = operation::image<uint16_t>(client, "aligned", 2 * (1 * depths + 2));
      const auto &in = images[2 * (1 * depths + 2)];
      const auto [dx, dy] = offset(1, 2);
      const auto [bx, by] = offset(base, 0);
      for (int y = 20; y < height - 20; y++)
        for (int x = 20; x < width - 20; x++) CHECK(out[y * width + x] == in(x + dx - bx, y + dy - by));
    }
  // what is saved fits the same hyperstack
  const Scratch scratch;
  params["reference"] = "first";
  params.erase("base");
  params["save"] = scratch.path("both.json");
  const Client client = operation::run("sheaf_align", "align.register", collection, params);
  const Client again =
      operation::run("sheaf_align", "align.apply", collection,
                     {{"transforms", scratch.path("both.json")}, {"axis", "both"}, {"interpolation", "nearest"}});
  CHECK(client.outputs.at("aligned").images == again.outputs.at("transformed").images);
  CHECK(operation::outcome("sheaf_align", "align.register", collection,
                           {{"axis", "both"}, {"reference", "base"}, {"base", 4}}) ==
        "invalid: base: 4 given, the collection has 3 frames; accepted: 1 to 3");
  collection.info.depth = frames * depths;
  collection.info.frames = 1;
  CHECK(operation::outcome("sheaf_align", "align.register", collection, {{"axis", "both"}}) ==
        "invalid: axis: both given, the image has 1 frame and 12 depths; accepted: auto, time or depth");
}

TEST_CASE("both axes: one thread and four give the same, and a frame that fits nothing says so in all its rows") {
  std::vector<Image<uint16_t>> images;
  for (int t = 0; t < 3; t++)
    for (int z = 0; z < 2; z++) images.push_back(view_of(t + z, t == 1 ? 2 : 1));
  auto collection = operation::collection(images, 1);
  collection.info.depth = 2;
  collection.info.frames = 3;
  const Json params = {{"model", "rigid"}, {"axis", "both"}};
  const Client one = operation::run("sheaf_align", "align.register", collection, params, 1);
  const Client four = operation::run("sheaf_align", "align.register", collection, params, 4);
  CHECK(one.outputs.at("aligned").images == four.outputs.at("aligned").images);
  CHECK(one.column("alignment", "m02").numbers == four.column("alignment", "m02").numbers);
  CHECK(one.column("alignment", "status").texts ==
        std::vector<std::string>{"reference", "ok", "no_match", "no_match", "ok", "ok"});
  CHECK(number(one, "shift_x", 5) == Approx(6).margin(0.05));
}

TEST_CASE("colour images are aligned as they look in gray") {
  std::vector<Image<sheaf::Rgb>> images;
  for (int n = 0; n < 3; n++) {
    const auto view = view_of(n);
    images.push_back(pixels::make<sheaf::Rgb>(width, height, [&](int x, int y) {
      const auto v = static_cast<uint8_t>(view(x, y) >> 7);
      return sheaf::Rgb{static_cast<uint8_t>(v / 2), v, static_cast<uint8_t>(255 - v / 3), 0};
    }));
  }
  const Client client = aligned(images);
  CHECK(number(client, "shift_x", 2) == Approx(4).margin(0.05));
  CHECK(status(client, 2) == "ok");
}

TEST_CASE("a region of interest says where to look, the whole image is moved") {
  // the right half is a still pattern, such as dirt on the camera
  std::vector<Image<uint16_t>> images = drift(3);
  const auto dirt = pixels::texture<uint16_t>(width, height, 77);
  for (auto &image : images)
    for (int y = 0; y < height; y++)
      for (int x = width / 2; x < width; x++) image(x, y) = dirt(x, y);
  auto collection = operation::collection(images);
  Image<uint8_t> mask(width, height, 0);
  for (int y = 8; y < height - 8; y++)
    for (int x = 8; x < width / 2 - 8; x++) mask(x, y) = 255;
  collection.mask = operation::region(mask);
  const Client client = operation::run("sheaf_align", "align.register", collection, {{"model", "translation"}});
  CHECK(number(client, "shift_x", 2) == Approx(4).margin(0.05));
  const auto moved = operation::image<uint16_t>(client, "aligned", 2);
  CHECK(std::abs(moved[20 * width + 70] - dirt(74, 18)) < 300);

  Image<uint8_t> speck(width, height, 0);
  speck(3, 3) = 255;
  collection.mask = operation::region(speck);
  CHECK(operation::outcome("sheaf_align", "align.register", collection, Json::object()) ==
        "invalid: region of interest: it holds 1 pixel, alignment needs at least 256");
}

TEST_CASE("constant images are named and do not stop the others") {
  std::vector<Image<uint16_t>> images = drift(3);
  images.insert(images.begin() + 1, Image<uint16_t>(width, height, 1000));
  const Client client = aligned(images);
  CHECK(status(client, 1) == "degenerate");
  CHECK(std::isnan(number(client, "score_after", 1)));
  CHECK(status(client, 3) == "ok");
  CHECK(number(client, "shift_x", 3) == Approx(4).margin(0.05));
}

TEST_CASE("missing pixels stay missing") {
  std::vector<Image<float>> images;
  for (int n = 0; n < 2; n++) {
    const auto view = view_of(n);
    images.push_back(pixels::make<float>(width, height, [&](int x, int y) { return view(x, y) / 100.f; }));
  }
  images[1](40, 30) = std::numeric_limits<float>::quiet_NaN();
  const Client client = aligned(images, {{"model", "translation"}, {"interpolation", "nearest"}});
  const auto moved = operation::image<float>(client, "aligned", 1);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) CHECK(std::isnan(moved[y * width + x]) == (x == 38 && y == 31));
}

TEST_CASE("values of any size are aligned alike") {
  const auto scaled = [](int exponent) {
    std::vector<Image<float>> images;
    for (int n = 0; n < 3; n++) {
      const auto view = view_of(n);
      images.push_back(pixels::make<float>(
          width, height, [&](int x, int y) { return std::ldexp(static_cast<float>(view(x, y)), exponent); }));
    }
    return aligned(images);
  };
  const Client plain = scaled(0);
  CHECK(number(plain, "shift_x", 2) == Approx(4).margin(0.05));
  for (const int exponent : {100, 60, -60, -110}) {
    const Client other = scaled(exponent);
    for (const char *column : {"m02", "m12", "angle", "score_after", "dd_count"})
      for (int n = 0; n < 3; n++) CHECK(number(other, column, n) == Approx(number(plain, column, n)).margin(1e-4));
    CHECK(status(other, 2) == "ok");
  }
}

std::vector<double> without_nan(std::vector<double> numbers) {
  std::replace_if(
      numbers.begin(), numbers.end(), [](double v) { return std::isnan(v); }, -1e99);
  return numbers;
}

TEST_CASE("one thread and four give the same images and tables") {
  for (const char *reference : {"previous", "first", "iterated_mean"}) {
    const Json params = {{"reference", reference}, {"model", "affine"}};
    const Client one = aligned(drift(5), params, 1), four = aligned(drift(5), params, 4);
    CHECK(one.outputs.at("aligned").images == four.outputs.at("aligned").images);
    for (const auto &c : one.tables.at("alignment")) {
      CHECK(without_nan(c.numbers) == without_nan(four.column("alignment", c.name).numbers));
      CHECK(c.texts == four.column("alignment", c.name).texts);
    }
  }
}

TEST_CASE("the table comes without the images if nobody wants them") {
  const Client client =
      operation::run("sheaf_align", "align.register", operation::collection(drift(3)), Json::object(), 2, {"aligned"});
  CHECK(client.outputs.empty());
  CHECK(number(client, "shift_x", 2) == Approx(4).margin(0.05));
}

TEST_CASE("channels alone are one position, and the log says so") {
  const auto collection = operation::collection(drift(3), 3);
  const Client client = operation::run("sheaf_align", "align.register", collection);
  CHECK(client.column("alignment", "status").texts == std::vector<std::string>{"reference"});
  REQUIRE(client.logs.size() == 1);
  CHECK(client.logs[0].first == SHEAF_LOG_WARNING);
}
