// align.apply, align.transforms and align.points through sheaf.h.
#include <catch2/catch.hpp>
#include <cmath>

#include "operation.hpp"
#include "plugins/align/scratch.hpp"

using operation::Json;
using pixels::Image;
using testing::Client;

namespace {

constexpr int width = 61, height = 47;
const char *const plugin = "sheaf_align";

template <class T>
std::vector<Image<T>> images(int count) {
  std::vector<Image<T>> all;
  for (int n = 0; n < count; n++) all.push_back(pixels::texture<T>(width, height, 5 + static_cast<uint32_t>(n)));
  return all;
}

const char *const three_shifts =
    "Label,m00,m01,m02,m10,m11,m12,status\n"
    "a,1,0,0,0,1,0,reference\n"
    "b,1,0,3,0,1,-2,ok\n"
    "c,1,0,-4,0,1,5,degenerate\n";

template <class T>
void check_shifted(const Client &client, const char *output, int64_t n, const Image<T> &source, int dx, int dy) {
  const auto out = operation::image<T>(client, output, n);
  int wrong = 0;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      const int u = x + dx, v = y + dy;
      const bool inside = u >= 0 && v >= 0 && u < width && v < height;
      wrong += out[static_cast<size_t>(y) * width + x] != (inside ? source(u, v) : T{});
    }
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("images of every type are moved by a table of transforms") {
  const Scratch scratch;
  const Json params = {{"transforms", scratch.write("t.csv", three_shifts)}};
  const auto check = [&]<class T>(T) {
    const auto source = images<T>(3);
    const Client client = operation::run(plugin, "align.apply", operation::collection(source), params);
    check_shifted(client, "transformed", 0, source[0], 0, 0);
    check_shifted(client, "transformed", 1, source[1], 3, -2);
    check_shifted(client, "transformed", 2, source[2], -4, 5);
    CHECK(client.column("transforms", "shift_x").numbers == std::vector<double>{0, 3, -4});
    CHECK(client.column("transforms", "status").texts == std::vector<std::string>{"reference", "ok", "degenerate"});
    CHECK(client.column("transforms", "covered").numbers.at(1) ==
          Approx(double(width - 3) * (height - 2) / (width * height)));
  };
  check(uint8_t{});
  check(uint16_t{});
  check(float{});
}

TEST_CASE("labels beyond 24 bits survive, whatever the interpolation") {
  auto label =
      pixels::make<uint32_t>(width, height, [](int x, int y) -> uint32_t { return x < 30 ? 4000000001u : 7u + y; });
  const Client client =
      operation::run(plugin, "align.apply", operation::collection(std::vector{label}),
                     {{"matrix", {1, 0, 2.4, 0, 1, 0.6}}, {"interpolation", "cubic"}, {"border", "edge"}});
  const auto out = operation::image<uint32_t>(client, "transformed", 0);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      REQUIRE(out[static_cast<size_t>(y) * width + x] ==
              label(std::min(x + 2, width - 1), std::min(y + 1, height - 1)));
}

TEST_CASE("the inverse transforms put aligned images back") {
  const Scratch scratch;
  const Json params = {{"transforms", scratch.write("t.csv", three_shifts)}, {"invert", true}};
  const auto source = images<uint16_t>(3);
  const Client client = operation::run(plugin, "align.apply", operation::collection(source), params);
  check_shifted(client, "transformed", 1, source[1], -3, 2);
}

TEST_CASE("one channel can be moved alone, and only the region of interest") {
  const auto source = images<uint8_t>(4);
  const Client one = operation::run(plugin, "align.apply", operation::collection(source, 2),
                                    {{"matrix", {1, 0, 3, 0, 1, 0}}, {"channel", 2}});
  check_shifted(one, "transformed", 0, source[0], 0, 0);
  check_shifted(one, "transformed", 1, source[1], 3, 0);
  check_shifted(one, "transformed", 2, source[2], 0, 0);

  auto collection = operation::collection(images<uint8_t>(1));
  const auto disk = pixels::disk(width, height, 10);
  collection.mask = operation::region(disk);
  const Client inside =
      operation::run(plugin, "align.apply", collection, {{"matrix", {1, 0, 3, 0, 1, 0}}, {"inside", true}});
  const auto out = operation::image<uint8_t>(inside, "transformed", 0);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      REQUIRE(out[static_cast<size_t>(y) * width + x] == source[0](disk(x, y) ? x + 3 : x, y));
}

TEST_CASE("a bilinear transform is drawn as SciPy draws it") {
  std::ifstream file(SHEAF_TEST_DATA "/align/features.json");
  const Json j = Json::parse(file).at("bilinear");
  REQUIRE(j.at("width") == width);
  const Scratch scratch;
  const Json list = {{"format", "sheaf-transforms"},
                     {"version", 1},
                     {"images",
                      {{{"matrix", {0.97, 0.04, 2.3, -0.02, 1.03, -1.2, 0, 0, 1}},
                        {"bilinear", {{"x", j.at("x")}, {"y", j.at("y")}}}}}}};
  const auto source = pixels::make<float>(
      width, height,
      [texture = generated::texture(width, height, 5)](int x, int y) { return static_cast<float>(texture(x, y)); });
  const Client client = operation::run(plugin, "align.apply", operation::collection(std::vector{source}),
                                       {{"transforms", scratch.write("t.json", list.dump())}});
  const auto out = operation::image<float>(client, "transformed", 0);
  double sum = 0;
  int outside = 0;
  for (const float p : out) {
    sum += p;
    outside += p == 0;
  }
  CHECK(outside == j.at("outside").get<int>());
  CHECK(sum == Approx(j.at("sum").get<double>()).epsilon(1e-6));
  const int row = j.at("row");
  for (int x = 0; x < width; x++)
    CHECK(out[static_cast<size_t>(row) * width + x] == Approx(j.at("values")[x].get<double>()).margin(0.05));
}

TEST_CASE("images are cropped to their common area") {
  const Scratch scratch;
  const Json params = {{"transforms", scratch.write("t.csv", three_shifts)}, {"crop_common", true}};
  const auto source = images<uint16_t>(3);
  const Client client = operation::run(plugin, "align.apply", operation::collection(source), params);
  const auto &info = client.outputs.at("transformed").info;
  CHECK(info.width == width - 7);
  CHECK(info.height == height - 7);
  const auto out = operation::image<uint16_t>(client, "transformed", 1);
  CHECK(out[0] == source[1](4 + 3, 2 - 2));
}

TEST_CASE("what does not fit is refused with one sentence") {
  const Scratch scratch;
  const auto outcome = [&](const char *id, const Json &params) {
    return operation::outcome(plugin, id, operation::collection(images<uint8_t>(2)), params);
  };
  const auto file = scratch.write("t.csv", three_shifts);
  const auto has = [](const std::string &text, const std::string &part) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
  };
  has(outcome("align.apply", {{"transforms", file}}),
      "transforms: the file has 3 transforms, the collection has 2 positions; accepted: as many, or one for all");
  has(outcome("align.apply", {{"transforms", scratch.path("none")}}), "transforms: there is no file");
  has(outcome("align.apply", {{"matrix", {1, 2, 3}}}), "matrix: 3 numbers given; accepted: 6 (two rows), 9 or none");
  has(outcome("align.apply", {{"matrix", {-1, 0, 0, 0, 1, 0}}}), "folds the image");
  has(outcome("align.apply", {{"channel", 2}}), "channel: 2 given, the image has 1 channel; accepted: 0 or 1");
  has(outcome("align.apply", {{"inside", true}}), "inside: there is no region of interest");
  has(outcome("align.transforms", {{"compose", "after"}}), "with: no file given");
  has(outcome("align.transforms", {{"save", scratch.path("no/such/folder.csv")}}), "save: there is no folder ");
  has(outcome("align.register", {{"save", scratch.path("no/folder.csv")}}), "save: there is no folder ");
  has(outcome("align.register", {{"save", scratch.path("")}}), " is a folder, not a file");
  has(outcome("align.register", {{"model", "homography"}, {"save", scratch.path("t.txt")}}),
      "save: MultiStackReg's format (.txt) holds affine transforms only, the model is homography; save as .json or "
      ".csv");
  has(outcome("align.register", {{"save", scratch.path("image.tif")}}),
      "image.tif given; accepted: a name that ends in one of .json, .csv, .txt");
  has(outcome("align.transforms", {{"transforms", file}, {"save", file}}),
      " is a file that this command reads; give another name");
  has(outcome("align.points", {{"points", scratch.write("p.csv", "x,y\n1,2\n")}, {"save", scratch.path("p.csv")}}),
      " is a file that this command reads; give another name");
  has(outcome("align.points", {{"points", scratch.write("p.csv", "a,b\n1,2\n")}}), "points: the table has no column x");
  has(outcome("align.points", {{"points", scratch.write("p.csv", "x,y,frame\n1,2,3\n")}}),
      "points: row 1 is for position 3, the collection has 2 positions; accepted: 1 or 2");
}

TEST_CASE("transforms are shown, inverted, composed, smoothed and saved") {
  const Scratch scratch;
  const auto collection = operation::collection(images<uint8_t>(3));
  const auto file = scratch.write("t.csv", three_shifts);
  const Client client = operation::run(plugin, "align.transforms", collection,
                                       {{"transforms", file},
                                        {"invert", true},
                                        {"compose", "after"},
                                        {"with", file},
                                        {"save", scratch.path("out.json")}});
  CHECK(client.column("transforms", "m02").numbers == std::vector<double>{0, 0, 0});
  CHECK(client.column("transforms", "status").texts == std::vector<std::string>{"reference", "ok", "degenerate"});
  CHECK(Json::parse(scratch.read("out.json")).at("images").size() == 3);
  CHECK(Json::parse(scratch.read("out.json")).at("width") == width);

  const Client smooth =
      operation::run(plugin, "align.transforms", collection, {{"transforms", file}, {"smooth", "mean"}, {"window", 3}});
  CHECK(smooth.column("transforms", "shift_x").numbers.at(0) == Approx(1.5));
  REQUIRE(smooth.plots.size() == 3);
  CHECK(smooth.plots[0].at("name") == "drift_x");
  CHECK(smooth.plots[0].at("y")[0].get<double>() == Approx(1.5));
}

TEST_CASE("points go to the aligned images and back") {
  const Scratch scratch;
  const auto collection = operation::collection(images<uint8_t>(3));
  const auto file =
      scratch.write("t.csv", "m00,m01,m02,m10,m11,m12\n1,0,0,0,1,0\n0.9,-0.1,3,0.1,0.9,-2\n1,0,-4,0,1,5\n");
  const auto table = scratch.write("p.csv", "id,X,Y,Frame\n7,10.5,20.5,1\n8,10.5,20.5,2\n9,1.5,45.5,3\n");
  const Client there = operation::run(plugin, "align.points", collection,
                                      {{"transforms", file}, {"points", table}, {"save", scratch.path("out.csv")}});
  CHECK(there.column("points", "x").numbers.at(0) == Approx(10.5));
  // M maps aligned to original: (10, 20) is at M^-1
  const double x = there.column("points", "x").numbers.at(1) - 0.5, y = there.column("points", "y").numbers.at(1) - 0.5;
  CHECK(0.9 * x - 0.1 * y + 3 == Approx(10));
  CHECK(0.1 * x + 0.9 * y - 2 == Approx(20));
  CHECK(there.column("points", "status").texts == std::vector<std::string>{"ok", "ok", "ok"});
  const Client back =
      operation::run(plugin, "align.points", collection,
                     {{"transforms", file}, {"points", scratch.path("out.csv")}, {"direction", "to_original"}});
  for (size_t i = 0; i < 3; i++) {
    CHECK(back.column("points", "x").numbers[i] == Approx(there.column("points", "x_before").numbers[i]));
    CHECK(back.column("points", "y").numbers[i] == Approx(there.column("points", "y_before").numbers[i]));
  }
  CHECK(scratch.read("out.csv").starts_with("id,X,Y,Frame\n7,10.5,20.5,1\n8,"));
  const Client corners = operation::run(plugin, "align.points", collection, {{"transforms", file}});
  CHECK(corners.column("points", "x").numbers.size() == 15);
  CHECK(corners.column("points", "status").texts.at(13) == "ok");
  CHECK(corners.column("points", "status").texts.at(11) == "outside");
}

TEST_CASE("coordinates in the stack's unit need one") {
  const Scratch scratch;
  auto collection = operation::collection(images<uint8_t>(1));
  const Json params = {{"transforms", scratch.write("t.csv", "m00,m01,m02,m10,m11,m12\n1,0,3,0,1,-2\n")},
                       {"points", scratch.write("p.csv", "x,y\n5,10\n")},
                       {"calibrated", true}};
  const std::string sentence =
      "invalid: calibrated: the stack has no pixel size; set it, or give coordinates in pixels";
  CHECK(operation::outcome(plugin, "align.points", collection, params) == sentence);
  // ImageJ's stacks without a scale
  collection.info.spacing[0] = collection.info.spacing[1] = 1;
  CHECK(operation::outcome(plugin, "align.points", collection, params) == sentence);
  collection.unit = "micron";
  CHECK(operation::run(plugin, "align.points", collection, params).column("points", "x").numbers.at(0) == Approx(2));
  collection.info.spacing[0] = 0.5;
  collection.info.spacing[1] = 0.25;
  const Client fine = operation::run(plugin, "align.points", collection, params);
  CHECK(fine.column("points", "x").numbers.at(0) == Approx(5 - 3 * 0.5));
  CHECK(fine.column("points", "y").numbers.at(0) == Approx(10 + 2 * 0.25));
}

TEST_CASE("a region of interest goes with the images, one outline for each position") {
  const Scratch scratch;
  auto collection = operation::collection(images<uint8_t>(3));
  // a rectangle of 8 x 5 pixels with a hole of one
  auto region = pixels::make<uint8_t>(width, height, [](int x, int y) -> uint8_t {
    return x >= 10 && x < 18 && y >= 20 && y < 25 && !(x == 12 && y == 22) ? 255 : 0;
  });
  collection.mask = operation::region(region);
  const auto file =
      scratch.write("t.csv", "m00,m01,m02,m10,m11,m12\n1,0,0,0,1,0\n0.9,-0.1,3,0.1,0.9,-2\n1,0,-4,0,1,5\n");
  const auto check = [&](const char *direction, auto &&expected) {
    const Client client =
        operation::run(plugin, "align.points", collection, {{"transforms", file}, {"direction", direction}});
    REQUIRE(client.rois.size() == 3);
    for (size_t p = 0; p < 3; p++) {
      const auto &r = client.rois[p];
      CHECK(r.roi.slice == static_cast<int64_t>(p));
      CHECK(r.name == "Position-" + std::to_string(p + 1));
      CHECK(r.ring_ends.size() == 2);
      const auto corner = expected(p, 18.0, 20.0);
      CHECK(r.xy.at(0) == Approx(corner.first).margin(1e-4));
      CHECK(r.xy.at(1) == Approx(corner.second).margin(1e-4));
    }
  };
  // corners of pixels lie half a pixel before centres
  check("to_original", [](size_t p, double x, double y) {
    if (p == 0) return std::pair{x, y};
    if (p == 2) return std::pair{x - 4, y + 5};
    return std::pair{0.9 * (x - 0.5) - 0.1 * (y - 0.5) + 3.5, 0.1 * (x - 0.5) + 0.9 * (y - 0.5) - 1.5};
  });
  check("to_aligned", [](size_t p, double x, double y) {
    if (p == 0) return std::pair{x, y};
    if (p == 2) return std::pair{x + 4, y - 5};
    const double u = x - 0.5 - 3, v = y - 0.5 + 2, det = 0.9 * 0.9 + 0.1 * 0.1;
    return std::pair{(0.9 * u + 0.1 * v) / det + 0.5, (0.9 * v - 0.1 * u) / det + 0.5};
  });
}

TEST_CASE("bent images are straightened, and unrelated ones say why they are not") {
  constexpr int side = 200;
  const auto texture = generated::texture(300, 300, 4, 3);
  // drawn by a transform that is known: content at b(X, Y) in the second image
  const auto bilinear = [](double x, double y) {
    return std::pair{3 + 1.01 * x - 0.02 * y + 1.5e-4 * x * y, -4 + 0.015 * x + 0.99 * y - 1e-4 * x * y};
  };
  const auto value = [&](double x, double y) {
    const int u = static_cast<int>(x), v = static_cast<int>(y);
    const double fx = x - u, fy = y - v;
    return (1 - fy) * ((1 - fx) * texture(u, v) + fx * texture(u + 1, v)) +
           fy * ((1 - fx) * texture(u, v + 1) + fx * texture(u + 1, v + 1));
  };
  const auto moving = pixels::make<uint16_t>(side, side, [&](int x, int y) { return texture(x + 40, y + 40); });
  const auto reference = pixels::make<uint16_t>(side, side, [&](int x, int y) {
    const auto [u, v] = bilinear(x, y);
    return static_cast<uint16_t>(std::lround(value(u + 40, v + 40)));
  });
  const auto other = pixels::texture<uint16_t>(side, side, 77, 3);
  const Image<uint16_t> blank(side, side, 7);
  const Client client =
      operation::run(plugin, "align.bilinear", operation::collection(std::vector{reference, moving, other, blank}));
  const auto number = [&](const char *column, size_t row) { return client.column("bilinear", column).numbers.at(row); };
  const auto status = client.column("bilinear", "status").texts;
  CHECK(status == std::vector<std::string>{"reference", "ok", "no_match", "degenerate"});
  for (const double x : {0.0, side - 1.0})
    for (const double y : {0.0, side - 1.0}) {
      const auto [u, v] = bilinear(x, y);
      CHECK(number("bx0", 1) + number("bx1", 1) * x + number("bx2", 1) * y + number("bx3", 1) * x * y ==
            Approx(u).margin(0.15));
      CHECK(number("by0", 1) + number("by1", 1) * x + number("by2", 1) * y + number("by3", 1) * x * y ==
            Approx(v).margin(0.15));
    }
  CHECK(number("score_after", 1) > 0.99);
  CHECK(number("bx1", 2) == 1);
  CHECK_FALSE(client.column("bilinear", "reason").texts.at(2).empty());
  CHECK(client.column("bilinear", "reason").texts.at(3) ==
        "the image has no structure, no data or fewer than 16 x 16 pixels");
}
