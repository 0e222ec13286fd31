// What the operations on alignments say of images and matches that nothing can be made of.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "operation.hpp"
#include "plugins/align/scratch.hpp"

using operation::Json;
using pixels::Image;
using testing::Client;
using Texts = std::vector<std::string>;

namespace {

constexpr int width = 100, height = 80;
constexpr float missing = std::numeric_limits<float>::quiet_NaN();
const char *const plugin = "sheaf_align";
const std::string no_image = "the image has no structure, no data or fewer than 16 x 16 pixels";
const std::string no_reference = "the reference has no structure, no data or fewer than 16 x 16 pixels";

// A window into a texture that drifts by (3, -2) px per position, of w x h pixels.
std::vector<Image<float>> drift(int count, int w = width, int h = height) {
  static const auto texture = generated::texture(160, 140, 1, 3);
  std::vector<Image<float>> images;
  for (int n = 0; n < count; n++)
    images.push_back(
        pixels::make<float>(w, h, [&](int x, int y) { return texture(x + 20 + 3 * n, y + 20 - 2 * n) / 256.f; }));
  return images;
}

Client run(const char *id, const std::vector<Image<float>> &images, const Json &params = Json::object()) {
  return operation::run(plugin, id, operation::collection(images), params);
}

Texts texts(const Client &client, const char *table, const char *column) { return client.column(table, column).texts; }

bool unmoved(const Client &client, size_t row) {
  const auto m = [&](const char *e) { return client.column("alignment", e).numbers.at(row); };
  return m("m00") == 1 && m("m01") == 0 && m("m02") == 0 && m("m10") == 0 && m("m11") == 1 && m("m12") == 0;
}

const std::vector<Json> ways = {{{"engine", "intensity"}},
                                {{"engine", "features"}},
                                {{"engine", "patches"}},
                                {{"reference", "mean"}},
                                {{"reference", "iterated_mean"}},
                                {{"reference", "rolling_mean"}},
                                {{"reference", "every_nth"}},
                                {{"reference", "first"}, {"model", "homography"}},
                                {{"global", true}}};

}  // namespace

TEST_CASE("images below 16 x 16 pixels keep their place, whatever aligns them") {
  for (const auto &[w, h] : {std::pair{1, 1}, {15, 15}, {width, 1}, {1, height}, {width, 15}}) {
    INFO(w << " x " << h);
    const auto images = drift(3, w, h);
    for (const Json &way : ways) {
      INFO(way.dump());
      const Client client = run("align.register", images, way);
      CHECK(texts(client, "alignment", "status") == Texts(3, "degenerate"));
      for (const size_t row : {0, 1, 2}) CHECK(unmoved(client, row));
      const auto still = operation::image<float>(client, "aligned", 2);
      CHECK(still.front() == images[2](0, 0));
      CHECK(still.back() == images[2](w - 1, h - 1));
    }
    const Client bent = run("align.bilinear", images);
    CHECK(texts(bent, "bilinear", "status") == Texts(3, "degenerate"));
    CHECK(texts(bent, "bilinear", "reason") == Texts{no_image, no_reference, no_reference});
    const Client strategies = run("align.strategies", images, {{"strategies", "unpp,heavy"}});
    CHECK(strategies.column("strategies", "n_u").numbers == std::vector<double>{3, 3});
    run("align.refine", images);
    run("align.transforms", images);
  }
}

TEST_CASE("a blank reference is named, and where there can be another the rest is aligned") {
  const auto check = [](float value) {
    INFO(value);
    auto images = drift(4);
    images[0] = Image<float>(width, height, value);
    const Client first = run("align.register", images, {{"reference", "first"}});
    CHECK(texts(first, "alignment", "status") == Texts(4, "degenerate"));
    CHECK(texts(first, "alignment", "reason") == Texts{no_image, no_reference, no_reference, no_reference});
    const Client base = run("align.register", images, {{"reference", "base"}, {"base", 1}, {"engine", "features"}});
    CHECK(texts(base, "alignment", "reason") == Texts{no_image, no_reference, no_reference, no_reference});
    const Client chain = run("align.register", images);
    CHECK(texts(chain, "alignment", "status") == Texts{"degenerate", "reference", "ok", "ok"});
    CHECK(texts(chain, "alignment", "reason") == Texts{no_image, "", "", ""});
    const Client bent = run("align.bilinear", images);
    CHECK(texts(bent, "bilinear", "status") == Texts(4, "degenerate"));
    CHECK(texts(bent, "bilinear", "reason").at(1) == no_reference);
    const Client refined = run("align.refine", images, {{"reference", "first"}});
    CHECK(texts(refined, "refinement", "status") == Texts(4, "degenerate"));
  };
  check(7);
  check(missing);
}

TEST_CASE("pixels without numbers take no part, whatever aligns the images") {
  auto images = drift(3);
  for (int y = 10; y < 40; y++)
    for (int x = 55; x < 75; x++) images[1](x, y) = missing;
  images[0](70, 60) = std::numeric_limits<float>::infinity();
  images[2](5, 5) = -std::numeric_limits<float>::infinity();
  for (const Json &way : ways) {
    INFO(way.dump());
    if (way.contains("engine") && way["engine"] == "patches") continue;  // too few remain, see below
    const Client client = run("align.register", images, way);
    for (const auto &status : texts(client, "alignment", "status")) CHECK((status == "ok" || status == "reference"));
    const auto &x = client.column("alignment", "shift_x").numbers;
    CHECK(x[2] - x[0] == Approx(-6).margin(0.2));
    const auto moved = operation::image<float>(client, "aligned", 1);
    CHECK(std::isnan(moved[25 * width + 68]));
  }
  const Client patches = run("align.register", images, {{"engine", "patches"}});
  for (const size_t row : {1, 2})
    if (texts(patches, "alignment", "status")[row] == "no_match") {
      CHECK(texts(patches, "alignment", "reason")[row].find(" needed") != std::string::npos);
      CHECK(unmoved(patches, row));
    }
  CHECK(run("align.refine", images).column("refinement", "m02").numbers[2] == Approx(-6).margin(0.5));
}

TEST_CASE("an image without data is skipped, and scores say so") {
  auto images = drift(3);
  images[1] = Image<float>(width, height, missing);
  for (const Json &way : ways) {
    INFO(way.dump());
    const Client client = run("align.register", images, way);
    CHECK(texts(client, "alignment", "status")[1] == "degenerate");
    CHECK(texts(client, "alignment", "reason")[1] == no_image);
  }
  Client scored;
  scored.inputs = {operation::collection(images), operation::collection(images)};
  testing::Session session(1);
  session.with(plugin);
  REQUIRE(testing::outcome(session, "align.score", scored, "{}") == "ok");
  CHECK(texts(scored, "scores", "reason") ==
        Texts{"it is the first image", "the image has no data", "the image was not moved"});
}

TEST_CASE("matches that are too few or define no sound transform leave the image where it was") {
  const Scratch scratch;
  const auto images = drift(2);
  const auto reason = [&](const std::string &rows, const Json &more = Json::object()) {
    Json params = {{"engine", "matches"}, {"model", "homography"}, {"min_inliers", 4}};
    params["matches"] = scratch.write("m.csv", "x1,y1,x2,y2\n" + rows);
    params.update(more);
    const Client client = run("align.register", images, params);
    CHECK(texts(client, "alignment", "status")[1] == "no_match");
    CHECK(unmoved(client, 1));
    return texts(client, "alignment", "reason")[1];
  };
  CHECK(reason("") == "0 matches found, 4 are needed");
  CHECK(reason("5,5,8,3\n90,5,93,3\n90,70,93,68\n") == "3 matches found, 4 are needed");
  const std::string folds =
      "every transform that 4 matches define folds the image or changes its area more than a hundredfold";
  CHECK(reason("5,5,90,5\n90,5,5,5\n90,70,5,70\n5,70,90,70\n") == folds);      // a mirror
  CHECK(reason("5,5,90,5\n90,5,5,5\n90,70,90,70\n5,70,5,70\n") == folds);      // two corners exchanged
  CHECK(reason("5,5,40,40\n90,5,46,40\n90,70,46,45\n5,70,40,45\n") == folds);  // 0.5 % of the area
  CHECK(reason("5,5,5,5\n50,5,50,5\n70,5,70,5\n90,5,90,5\n") == folds);        // on one line
  CHECK(reason("5,5,8,3\n90,5,93,3\n90,70,93,68\n5,70,8,68\n", {{"min_inliers", 5}}) ==
        "4 of 4 matches agree, 5 are needed");
}

TEST_CASE("files of matches that cannot be read are refused") {
  const Scratch scratch;
  const auto collection = operation::collection(drift(2));
  const auto refused = [&](const std::string &file) {
    return operation::outcome(plugin, "align.register", collection, {{"engine", "matches"}, {"matches", file}});
  };
  const auto reading = [&](const std::string &text) { return refused(scratch.write("m.csv", text)); };
  CHECK(refused("") == "invalid: matches: no file given");
  CHECK(refused(scratch.path("none")) == "io: matches: there is no file " + scratch.path("none"));
  CHECK(reading("") == "invalid: matches: " + scratch.path("m.csv") + " is empty");
  CHECK(reading("x1,y1,x2\n1,2,3\n") ==
        "invalid: matches: the table has no column y2; accepted: x1,y1,x2,y2 and image");
  CHECK(reading("x1,y1,x2,y2\n1,2,3,a\n") == "invalid: matches: row 1 has no number in y2 (a)");
  CHECK(reading("x1,y1,x2,y2,image\n1,2,3,4,0.5\n") == "invalid: matches: row 1 has no position in image");
  CHECK(reading("1 2 3 4 0.5 1\n1 2 3\n") == "invalid: matches: line 2 needs the numbers x1 y1 x2 y2");
}

TEST_CASE("every operation that takes a file of transforms refuses one of another stack") {
  const Scratch scratch;
  const auto collection = operation::collection(drift(3));
  const std::string head = R"({"format": "sheaf-transforms", "version": 1, )";
  const std::string one = R"({"matrix": [1, 0, 0, 0, 1, 0, 0, 0, 1]})";
  const auto two = scratch.write("two.json", head + R"("images": [)" + one + "," + one + "]}");
  const auto other = scratch.write("other.json", head + R"("width": 10, "height": 20, "images": [)" + one + "]}");
  const auto cut = scratch.write("cut.json", head + R"("images": [)" + one);
  for (const char *id : {"align.apply", "align.points", "align.transforms", "align.refine"}) {
    INFO(id);
    const auto refused = [&](const std::string &file) {
      return operation::outcome(plugin, id, collection, {{"transforms", file}});
    };
    CHECK(refused(two) ==
          "invalid: transforms: the file has 2 transforms, the collection has 3 positions; accepted: as many, or one "
          "for all");
    CHECK(refused(other) == "invalid: transforms: made for images of 10 x 20, these are 100 x 80");
    CHECK(refused(cut) == "invalid: transforms: cut.json is not valid JSON in line 1: cut short or damaged");
  }
}
