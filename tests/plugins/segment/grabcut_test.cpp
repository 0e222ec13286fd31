// segment.grabcut as its users see it, and against OpenCV's.
#include <cmath>
#include <fstream>

#include "operation.hpp"

using operation::Client;
using operation::Json;
using pixels::Image;

namespace {

constexpr const char *plugin = "sheaf_segment", *id = "segment.grabcut";
constexpr int width = 160, height = 120;

bool in_object(int x, int y, int dx = 0) {
  x -= dx;
  return (10 * (x - 70)) * (10 * (x - 70)) + (16 * (y - 60)) * (16 * (y - 60)) < 400 * 400 ||
         (x - 95) * (x - 95) + (y - 45) * (y - 45) < 20 * 20;
}

// The scene of tests/data/segment/regenerate_grabcut.py, the object moved by dx.
Image<sheaf::Rgb> scene(uint32_t seed, int dx = 0) {
  std::vector<generated::Image> planes;
  for (uint32_t c = 0; c < 3; c++) planes.push_back(generated::texture(width, height, 3 * seed + c, 1));
  constexpr int fore[] = {85, 65, 45}, back[] = {45, 70, 85};
  return pixels::make<sheaf::Rgb>(width, height, [&](int x, int y) {
    const auto value = [&](int c) {
      const int base = in_object(x, y, dx) ? fore[c] : back[c];
      return static_cast<uint8_t>(base + (planes[static_cast<size_t>(c)](x, y) >> 8) / 2);
    };
    return sheaf::Rgb{value(2), value(1), value(0), 255};
  });
}

template <class T>
Image<T> gray_scene(uint32_t seed, int dx = 0) {
  const auto noise = generated::texture(width, height, seed, 1);
  return pixels::make<T>(width, height, [&](int x, int y) -> T {
    const int v = (in_object(x, y, dx) ? 140 : 60) + (noise(x, y) >> 10);
    if constexpr (std::is_same_v<T, uint8_t>) return static_cast<T>(v);
    if constexpr (std::is_same_v<T, uint16_t>) return static_cast<T>(v * 200 + 1000);
    if constexpr (std::is_same_v<T, float>) return static_cast<T>(v) / 1000 - 7;
  });
}

testing::Pixels box(int x0, int y0, int w, int h) {
  return operation::region(pixels::make<uint8_t>(width, height, [=](int x, int y) -> uint8_t {
    return x >= x0 && x < x0 + w && y >= y0 && y < y0 + h ? 255 : 0;
  }));
}
testing::Pixels around() { return box(18, 15, 110, 90); }

template <class T>
testing::Collection with_box(const std::vector<Image<T>> &images) {
  auto c = operation::collection(images);
  c.mask = around();
  return c;
}

// As operation::run and outcome, with annotations as a second input.
Client annotated(testing::Collection images, testing::Collection marks, const Json &params, std::string &outcome) {
  testing::Session session(2);
  session.with(plugin);
  Client client(std::move(images));
  client.inputs.push_back(std::move(marks));
  outcome = testing::outcome(session, id, client, params.dump());
  return client;
}

double overlap(const std::vector<uint32_t> &labels, const std::function<bool(int, int)> &truth) {
  double both = 0, either = 0;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      const bool a = labels[static_cast<size_t>(y * width + x)] > 0, b = truth(x, y);
      both += a && b;
      either += a || b;
    }
  return both / either;
}
bool still(int x, int y) { return in_object(x, y); }

Image<uint32_t> strokes() {
  return pixels::make<uint32_t>(width, height, [](int x, int y) -> uint32_t {
    if (y >= 58 && y < 62 && x >= 45 && x < 95) return 1;
    if ((y >= 5 && y < 9) || (y >= 110 && y < 114) || (x >= 140 && x < 144)) return 2;
    return 0;
  });
}

}  // namespace

TEST_CASE("grabcut divides as OpenCV does") {
  const Json reference = Json::parse(std::ifstream(SHEAF_TEST_DATA "/segment/grabcut.json"));
  for (const auto &c : reference.at("cases")) {
    std::vector<bool> mask;
    for (const int run : c.at("runs"))
      mask.insert(mask.end(), static_cast<size_t>(run), !(mask.empty() || mask.back()));
    // the first run is of 0 and may be empty
    if (c.at("runs")[0] == 0) mask.flip();
    const Client client = operation::run(plugin, id, with_box<sheaf::Rgb>({scene(c.at("seed"))}));
    CAPTURE(c.at("seed").get<int>());
    CHECK(overlap(operation::image<uint32_t>(client, "labels", 0),
                  [&](int x, int y) { return mask[static_cast<size_t>(y * width + x)]; }) >= 0.98);
  }
}

template <class T>
void check_gray() {
  const auto images = with_box<T>({gray_scene<T>(1), gray_scene<T>(2)});
  const Client one = operation::run(plugin, id, images, Json::object(), 1),
               three = operation::run(plugin, id, images, Json::object(), 3);
  for (int64_t n = 0; n < 2; n++) {
    const auto labels = operation::image<uint32_t>(one, "labels", n);
    CHECK(overlap(labels, still) > 0.99);
    CHECK(labels == operation::image<uint32_t>(three, "labels", n));
  }
  CHECK(one.column("objects", "status").texts == std::vector<std::string>{"ok", "ok"});
  CHECK(one.column("objects", "objects").numbers == std::vector<double>{1, 1});
}
TEST_CASE("grabcut finds an object in gray images of every depth, on one thread as on several") {
  check_gray<uint8_t>();
  check_gray<uint16_t>();
  check_gray<float>();
}

TEST_CASE("grabcut takes strokes alone and keeps them against colours and selection") {
  Image<uint32_t> marks = strokes();
  marks(2, 60) = 1;   // ground, also outside the selection
  marks(60, 60) = 2;  // object
  for (const bool selection : {false, true}) {
    auto images = operation::collection<sheaf::Rgb>({scene(4)});
    if (selection) images.mask = around();
    std::string outcome;
    const Client client = annotated(images, operation::collection<uint32_t>({marks}), Json::object(), outcome);
    REQUIRE(outcome == "ok");
    const auto labels = operation::image<uint32_t>(client, "labels", 0);
    CHECK(overlap(labels, still) > 0.97);
    for (int y = 0; y < height; y++)
      for (int x = 0; x < width; x++) {
        const uint32_t label = labels[static_cast<size_t>(y * width + x)];
        if (marks(x, y) == 1) REQUIRE(label == 1);
        if (marks(x, y) == 2) REQUIRE(label == 0);
      }
  }
}

namespace {

// Ten iterations at once and one by one, each from the state before.
template <class T>
void check_steps(const std::vector<Image<T>> &images, const Image<uint32_t> &marks) {
  std::string outcome;
  const auto marked = operation::collection<uint32_t>({marks});
  const Client once = annotated(with_box<T>(images), marked, {{"iterations", 10}}, outcome);
  REQUIRE(outcome == "ok");
  testing::Collection state = marked;
  for (int i = 0; i < 10; i++) {
    const Client step = annotated(with_box<T>(images), state, {{"iterations", 1}}, outcome);
    REQUIRE(outcome == "ok");
    std::vector<Image<uint32_t>> states;
    for (size_t n = 0; n < images.size(); n++) {
      Image<uint32_t> next(width, height);
      const auto pixels = operation::image<uint32_t>(step, "state", static_cast<int64_t>(n));
      for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) next(x, y) = pixels[static_cast<size_t>(y * width + x)];
      states.push_back(next);
    }
    state = operation::collection<uint32_t>(states);
    if (i + 1 < 10) continue;
    CHECK(step.column("objects", "status").texts == once.column("objects", "status").texts);
    for (size_t n = 0; n < images.size(); n++)
      CHECK(operation::image<uint32_t>(step, "labels", static_cast<int64_t>(n)) ==
            operation::image<uint32_t>(once, "labels", static_cast<int64_t>(n)));
  }
}

}  // namespace

TEST_CASE("grabcut goes on from its state: ten times one iteration are ten iterations") {
  check_steps<sheaf::Rgb>({scene(1), scene(5)}, Image<uint32_t>(width, height, 0));
  check_steps<sheaf::Rgb>({scene(4)}, strokes());
  auto dirty = gray_scene<float>(3);
  dirty(70, 60) = std::nanf("");
  check_steps<float>({dirty}, strokes());
  // an object that is not found stays lost
  check_steps<uint8_t>({Image<uint8_t>(width, height, 9)}, Image<uint32_t>(width, height, 0));
}

TEST_CASE("grabcut follows an object from its base to both ends of the collection") {
  std::vector<Image<uint8_t>> images;
  for (int n = 0; n < 5; n++) images.push_back(gray_scene<uint8_t>(static_cast<uint32_t>(n + 1), 12 * (n - 2)));
  const Client client = operation::run(plugin, id, with_box(images), {{"propagate", true}, {"base", 3}});
  for (int n = 0; n < 5; n++)
    CHECK(overlap(operation::image<uint32_t>(client, "labels", n),
                  [&](int x, int y) { return in_object(x, y, 12 * (n - 2)); }) > 0.98);
}

TEST_CASE("grabcut numbers objects if it is asked to, and outlines them") {
  const auto images = pixels::make<uint8_t>(width, height, [](int x, int y) -> uint8_t {
    const auto blob = [&](int cx, int cy) { return (x - cx) * (x - cx) + (y - cy) * (y - cy) < 200; };
    return static_cast<uint8_t>((blob(50, 50) || blob(95, 70) ? 180 : 40) + (x * 7 + y * 13) % 11);
  });
  const Client client = operation::run(plugin, id, with_box<uint8_t>({images}), {{"separate", true}});
  const auto labels = operation::image<uint32_t>(client, "labels", 0);
  CHECK(labels[50 * width + 50] == 1);
  CHECK(labels[70 * width + 95] == 2);
  CHECK(client.rois.size() == 2);
  CHECK(client.column("objects", "objects").numbers == std::vector<double>{2});
}

TEST_CASE("grabcut takes values that are no numbers for background, unless they are annotated") {
  auto image = gray_scene<float>(3);
  image(70, 60) = std::nanf("");
  image(71, 60) = INFINITY;
  const Client client = operation::run(plugin, id, with_box<float>({image}));
  const auto labels = operation::image<uint32_t>(client, "labels", 0);
  CHECK(labels[60 * width + 70] == 0);
  CHECK(labels[60 * width + 71] == 0);
  CHECK(overlap(labels, still) > 0.98);
  auto marks = strokes();
  std::string outcome;
  const Client kept =
      annotated(with_box<float>({image}), operation::collection<uint32_t>({marks}), Json::object(), outcome);
  REQUIRE(outcome == "ok");
  CHECK(operation::image<uint32_t>(kept, "labels", 0)[60 * width + 70] == 1);
}

TEST_CASE("grabcut of a constant image and of one pixel's width ends well") {
  Client flat = operation::run(plugin, id, with_box<uint8_t>({Image<uint8_t>(width, height, 9)}));
  CHECK(flat.column("objects", "status").texts.size() == 1);
  auto line = operation::collection<uint8_t>(
      {pixels::make<uint8_t>(1, 30, [](int, int y) -> uint8_t { return y < 15 ? 10 : 200; })});
  line.mask = operation::region(pixels::make<uint8_t>(1, 30, [](int, int y) -> uint8_t { return y > 10 ? 255 : 0; }));
  const Client thin = operation::run(plugin, id, line);
  CHECK(operation::image<uint32_t>(thin, "labels", 0)[29] == 1);
  CHECK(operation::image<uint32_t>(thin, "labels", 0)[0] == 0);
}

TEST_CASE("grabcut says in one sentence what is wrong") {
  const auto images = operation::collection<uint8_t>({gray_scene<uint8_t>(1)});
  CHECK(operation::outcome(plugin, id, images, Json::object()) ==
        "invalid: selection: none given, and image 1 has no annotations; draw a rectangle around the object, or "
        "annotate it");
  auto all = images;
  all.mask = box(0, 0, width, height);
  CHECK(operation::outcome(plugin, id, all, Json::object()) ==
        "invalid: selection: it covers all of image 1 and no background is annotated; draw it so that background is "
        "left outside");
  CHECK(
      operation::outcome(plugin, id, with_box<uint8_t>({gray_scene<uint8_t>(1)}), {{"propagate", true}, {"base", 2}}) ==
      "invalid: base: 2 given, the collection has 1 image; accepted: 1");
  std::string outcome;
  annotated(images, operation::collection<uint32_t>({Image<uint32_t>(8, 9)}), Json::object(), outcome);
  CHECK(outcome ==
        "invalid: annotations: the images are 8 x 9 pixels, those to be divided 160 x 120 pixels; both must have one "
        "size");
  Image<uint32_t> wrong(width, height, 0);
  wrong(3, 4) = 65;
  annotated(images, operation::collection<uint32_t>({wrong}), Json::object(), outcome);
  CHECK(outcome ==
        "invalid: annotations: label 65 at 3,4 of image 1; accepted: 0 nothing said, 1 foreground, 2 background, "
        "3 probable background, 4 probable foreground, up to 64 in a state");
  annotated(images, operation::collection<uint32_t>({Image<uint32_t>(width, height, 2)}), Json::object(), outcome);
  CHECK(outcome == "invalid: annotations: all of image 1 is background; leave pixels that may be foreground");
  annotated(images, operation::collection<uint32_t>({strokes(), strokes(), strokes()}), Json::object(), outcome);
  CHECK(outcome == "invalid: annotations: 3 images given, needs 1");
}

TEST_CASE("annotations are a gray image of any type whose values are labels") {
  const auto images = operation::collection<uint8_t>({gray_scene<uint8_t>(1)});
  const Image<uint32_t> marks = strokes();
  const auto as = [&]<class T>(T factor, T offset) {
    return pixels::make<T>(width, height, [&](int x, int y) { return static_cast<T>(marks(x, y) * factor + offset); });
  };
  std::string outcome;
  const auto labels = [&](const testing::Collection &given) {
    const Client client = annotated(images, given, Json::object(), outcome);
    REQUIRE(outcome == "ok");
    return operation::image<uint32_t>(client, "labels", 0);
  };
  const auto expected = labels(operation::collection<uint32_t>({marks}));
  CHECK(labels(operation::collection<uint8_t>({as(uint8_t{1}, uint8_t{0})})) == expected);
  CHECK(labels(operation::collection<uint16_t>({as(uint16_t{1}, uint16_t{0})})) == expected);
  CHECK(labels(operation::collection<float>({as(1.0f, 0.0f)})) == expected);
  // signed 16-bit, as ImageJ and TIFF files have it
  auto calibrated = operation::collection<uint16_t>({as(uint16_t{1}, uint16_t{32768})});
  calibrated.info.flags |= SHEAF_VALUES_CALIBRATED;
  calibrated.info.value_scale = 1;
  calibrated.info.value_offset = -32768;
  CHECK(labels(calibrated) == expected);

  auto wrong = as(1.0f, 0.0f);
  for (const auto &[value, text] : std::vector<std::pair<float, std::string>>{
           {1.5f, "1.5"}, {-1.0f, "-1"}, {NAN, "NaN"}, {33554432.0f, "33554432"}}) {
    wrong(5, 7) = value;
    annotated(images, operation::collection<float>({wrong}), Json::object(), outcome);
    CHECK(outcome == "invalid: annotations: image 1: the value " + text +
                         " at 5,7 is no label; accepted: whole numbers from 0 to 16777216");
  }
  annotated(images, operation::collection<sheaf::Rgb>({scene(1)}), Json::object(), outcome);
  CHECK(outcome == "invalid: annotations: RGB given, segment.grabcut needs a label image of 8, 16 or 32 bits");
}
