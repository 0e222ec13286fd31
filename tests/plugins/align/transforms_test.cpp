#include "align/transforms.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>

#include "align/csv.hpp"
#include "plugin.hpp"
#include "reference.hpp"
#include "scene.hpp"
#include "scratch.hpp"

using namespace sheaf::align;

namespace {

std::string message(const std::function<void()> &f) {
  try {
    f();
  } catch (const sheaf::Error &e) {
    return e.what();
  }
  return "";
}

void check_equal(const Transform &a, const Transform &b, double margin) {
  for (size_t e = 0; e < 9; e++) {
    INFO("element " << e);
    CHECK(a.m[e] == Approx(b.m[e]).margin(margin));
  }
}

TransformList shifts(const std::vector<double> &x) {
  TransformList list;
  list.width = 100;
  list.height = 80;
  list.model = "translation";
  for (const double v : x) {
    ListedTransform t;
    t.matrix = Transform::shift(v, -v);
    list.images.push_back(t);
  }
  return list;
}

std::vector<Point> points(const nlohmann::json &j) {
  std::vector<Point> all;
  for (const auto &p : j) all.push_back({p[0], p[1]});
  return all;
}

std::string turboreg(const std::string &kind, size_t count) {
  const auto &j = features_reference().at("landmarks");
  std::string text = "Transformation\n" + kind + "\n\nSource size\n256\t256\n\nTarget size\n256\t240\n\n";
  for (const char *side : {"source", "target"}) {
    text += std::string(side) == "source" ? "Refined source landmarks\n" : "\nTarget landmarks\n";
    const auto all = points(j.at(side));
    for (size_t i = 0; i < count; i++) text += number_text(all[i].x) + "\t" + number_text(all[i].y) + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("transforms come back from JSON and CSV to the bit, with labels, model, size and status") {
  TransformList list;
  list.width = 640;
  list.height = 480;
  list.model = "homography";
  for (uint32_t seed = 1; seed < 6; seed++) {
    ListedTransform t;
    t.label = seed == 2 ? "image, \"two\"\nof five" : "image " + std::to_string(seed);
    t.matrix = random_transform(Model::homography, 640, 480, seed);
    t.status = seed == 3 ? "degenerate" : "ok";
    list.images.push_back(t);
  }
  list.images[4].bilinear = Bilinear{{1.5, 0.9, 0.1, 0.001}, {-2, 0.05, 1.1, 0.0003}};
  const Scratch scratch;
  for (const char *name : {"t.json", "t.csv"}) {
    INFO(name);
    write_transforms(scratch.path(name), list, "save");
    const TransformList back = read_transforms(scratch.path(name), "transforms");
    CHECK(back.width == 640);
    CHECK(back.height == 480);
    CHECK(back.model == "homography");
    REQUIRE(back.images.size() == 5);
    for (size_t i = 0; i < 5; i++) {
      CHECK(back.images[i].label == list.images[i].label);
      CHECK(back.images[i].status == list.images[i].status);
      CHECK(back.images[i].matrix.m == list.images[i].matrix.m);
      CHECK(back.images[i].bilinear.has_value() == (i == 4));
    }
    CHECK(back.images[4].bilinear->x == list.images[4].bilinear->x);
    CHECK(back.images[4].bilinear->y == list.images[4].bilinear->y);
  }
  const auto json = nlohmann::json::parse(scratch.read("t.json"));
  CHECK(json.at("format") == "sheaf-transforms");
  CHECK(json.at("version") == 1);
  CHECK(json.at("direction") == "output_to_input");
}

TEST_CASE("a table is read as ImageJ saves it: with row numbers, tabs, any order of columns") {
  const Scratch scratch;
  const auto path = scratch.write("table.xls",
                                  " \tm12\tm10\tm11\tm00\tm01\tm02\tLabel\tstatus\n"
                                  "1\t-2.5\t0\t1\t1\t0\t3.25\ta\treference\n"
                                  "2\t4\t0.1\t0.9\t0.9\t-0.1\t1e1\tb\tok\n");
  const TransformList list = read_transforms(path, "transforms");
  REQUIRE(list.images.size() == 2);
  CHECK(list.images[0].matrix.m == Transform::shift(3.25, -2.5).m);
  CHECK(list.images[0].status == "reference");
  CHECK(list.images[1].matrix.m == std::array<double, 9>{0.9, -0.1, 10, 0.1, 0.9, 4, 0, 0, 1});
  CHECK(list.images[1].label == "b");
}

TEST_CASE("landmarks of TurboReg lead from target to source coordinates") {
  const Scratch scratch;
  const auto &j = features_reference().at("landmarks");
  const auto read = [&](const std::string &kind, size_t count) {
    return read_transforms(scratch.write("landmarks.txt", turboreg(kind, count)), "transforms");
  };
  const TransformList shift = read("TRANSLATION", 1);
  CHECK(shift.width == 256);
  CHECK(shift.height == 240);
  check_equal(shift.images.at(0).matrix, Transform::shift(3.5, 4.5), 1e-12);
  check_equal(read("SCALED_ROTATION", 2).images.at(0).matrix, transform_from(j.at("similarity")), 1e-9);
  check_equal(read("AFFINE", 3).images.at(0).matrix, transform_from(j.at("affine")), 1e-9);
  const TransformList rigid = read("RIGID_BODY", 3);
  const Transform r = rigid.images.at(0).matrix;
  CHECK(r.m[0] * r.m[4] - r.m[1] * r.m[3] == Approx(1));
  const auto source = points(j.at("source")), target = points(j.at("target"));
  CHECK(r(target[0].x, target[0].y).x == Approx(source[0].x));
  CHECK(r(target[0].x, target[0].y).y == Approx(source[0].y));
  const TransformList bilinear = read("BILINEAR", 4);
  REQUIRE(bilinear.images.at(0).bilinear);
  for (size_t i = 0; i < 4; i++) {
    CHECK(bilinear.images[0].bilinear->x[i] == Approx(j.at("bilinear")[0][i].get<double>()).margin(1e-9));
    CHECK(bilinear.images[0].bilinear->y[i] == Approx(j.at("bilinear")[1][i].get<double>()).margin(1e-9));
  }
}

TEST_CASE("a file of MultiStackReg is a chain or one transform for each image, as its third line says") {
  const auto block = [](int source, int target, double x, double y) {
    std::string text =
        "RIGID_BODY\nSource img: " + std::to_string(source) + " Target img: " + std::to_string(target) + "\n";
    for (const double shift : {1.0, 0.0})
      text += number_text(50 + shift * x) + "\t" + number_text(50 + shift * y) + "\n" + number_text(50 + shift * x) +
              "\t" + number_text(25 + shift * y) + "\n" + number_text(50 + shift * x) + "\t" +
              number_text(75 + shift * y) + "\n\n";
    return text;
  };
  const std::string head = "MultiStackReg Transformation File\nFile Version 1.0\n";
  // anchored at image 3, registered downwards, then upwards, as the plugin does
  const std::string blocks = block(2, 3, 1, 0) + block(1, 2, 2, -1) + block(4, 3, 0, 5);
  const Scratch scratch;
  const TransformList chain = read_transforms(scratch.write("chain.txt", head + "0\n" + blocks), "transforms");
  REQUIRE(chain.images.size() == 4);
  check_equal(chain.images[0].matrix, Transform::shift(3, -1), 1e-12);
  check_equal(chain.images[1].matrix, Transform::shift(1, 0), 1e-12);
  CHECK(chain.images[2].matrix.is_identity());
  CHECK(chain.images[2].status == "reference");
  check_equal(chain.images[3].matrix, Transform::shift(0, 5), 1e-12);
  const TransformList own = read_transforms(scratch.write("own.txt", head + "1\n" + blocks), "transforms");
  check_equal(own.images.at(0).matrix, Transform::shift(2, -1), 1e-12);
}

TEST_CASE("affine transforms come back from a file of MultiStackReg") {
  TransformList list;
  list.width = 200;
  list.height = 150;
  for (uint32_t seed = 1; seed < 5; seed++) {
    ListedTransform t;
    t.matrix = random_transform(Model::affine, 200, 150, seed);
    list.images.push_back(t);
  }
  const Scratch scratch;
  write_transforms(scratch.path("t.txt"), list, "save");
  const TransformList back = read_transforms(scratch.path("t.txt"), "transforms");
  REQUIRE(back.images.size() == 4);
  for (size_t i = 0; i < 4; i++) check_equal(back.images[i].matrix, list.images[i].matrix, 1e-9);
  list.images[1].matrix = random_transform(Model::homography, 200, 150, 9);
  CHECK(message([&] { write_transforms(scratch.path("t.txt"), list, "save"); }) ==
        "save: MultiStackReg's format (.txt) holds affine transforms only, that of image 2 is not; save as .json or "
        ".csv");
}

TEST_CASE("a transform composed with its inverse leaves every point in place") {
  TransformList list;
  for (uint32_t seed = 1; seed < 9; seed++) {
    ListedTransform t;
    t.matrix = random_transform(Model::homography, 300, 200, seed);
    list.images.push_back(t);
  }
  const TransformList same = composed(list, inverted(list));
  for (const auto &t : same.images) CHECK(corner_distance(t.matrix, {}, 300, 200) < 1e-9);
  // first one file, then the other
  const TransformList two = composed(shifts({1, 2}), shifts({10}));
  CHECK(two.images.at(1).matrix.m[2] == 12);
  CHECK(message([&] {
          composed(shifts({1, 2}), shifts({1, 2, 3}));
        }) == "with: 3 transforms given, transforms has 2; accepted: as many, or one for all");
}

TEST_CASE("smoothing agrees with NumPy, windows being cut off at the ends") {
  const auto &j = features_reference().at("smoothing");
  const TransformList list = shifts(j.at("values"));
  for (const auto &[how, name, width] : {std::tuple{Smoothing::mean, "mean", 5.0},
                                         {Smoothing::median, "median", 5.0},
                                         {Smoothing::gaussian, "gaussian", 1.5}}) {
    const TransformList smooth = smoothed(list, how, width);
    for (size_t i = 0; i < list.images.size(); i++) {
      CHECK(smooth.images[i].matrix.m[2] == Approx(j.at(name)[i].get<double>()).margin(1e-9));
      CHECK(smooth.images[i].matrix.m[5] == Approx(-j.at(name)[i].get<double>()).margin(1e-9));
    }
  }
}

TEST_CASE("smoothing keeps rotations rotations, over a full turn, and leaves degenerate images out") {
  TransformList list;
  list.width = list.height = 101;
  for (int i = 0; i < 24; i++) {
    const double a = i * 20 * std::numbers::pi / 180, c = std::cos(a), s = std::sin(a);
    ListedTransform t;
    t.matrix = Transform::shift(50, 50) * Transform{{c, -s, 0, s, c, 0, 0, 0, 1}} * Transform::shift(-50, -50);
    if (i == 12) {
      t.matrix = {};
      t.status = "degenerate";
    }
    list.images.push_back(t);
  }
  const TransformList smooth = smoothed(list, Smoothing::mean, 5);
  for (int i = 2; i < 22; i++) {
    const Description d = describe(smooth.images[static_cast<size_t>(i)].matrix, 101, 101);
    CHECK(d.scale == Approx(1).margin(1e-9));
    CHECK(std::abs(std::remainder(d.angle - 20 * i, 360)) < (i >= 10 && i <= 14 ? 10.1 : 1e-6));
  }
}

TEST_CASE("files that are no transforms are refused with what is wrong") {
  const Scratch scratch;
  const auto reading = [&](const std::string &text) {
    return message([&] { read_transforms(scratch.write("f.csv", text), "transforms"); });
  };
  CHECK(message([&] { read_transforms(scratch.path("none"), "transforms"); }) ==
        "transforms: there is no file " + scratch.path("none"));
  CHECK(reading(" \n") == "transforms: " + scratch.path("f.csv") + " is empty");
  CHECK(reading("x,y\n1,2\n").find("has no column m00; accepted: a table with m00 to m12") != std::string::npos);
  CHECK(reading("m00,m01,m02,m10,m11,m12\n1,0,NaN,0,1,0\n") == "transforms: row 1 has no number in m02 (NaN)");
  CHECK(reading("m00,m01,m02,m10,m11,m12\n") == "transforms: f.csv holds no transforms");
  CHECK(reading("{\"a\": 1}") == "transforms: f.csv is JSON, but not of the format \"sheaf-transforms\"");
  CHECK(reading("{\"format\": \"sheaf-transforms\", \"version\": 2}") ==
        "transforms: f.csv has version 2 of the format; accepted: 1");
  CHECK(reading("{\"format\": \"sheaf-transforms\", \"version\": 1, \"images\": [{\"matrix\": [1, 2]}]}")
            .find("image 1 needs a \"matrix\" of nine numbers") != std::string::npos);
  const auto json = [&](const std::string &rest) {
    return reading("{\"format\": \"sheaf-transforms\", \"version\": 1" + rest);
  };
  CHECK(json(",\n\"images\": [{\"matr") == "transforms: f.csv is not valid JSON in line 2: cut short or damaged");
  CHECK(json("}") == "transforms: f.csv has no list of images");
  CHECK(json(", \"images\": []}") == "transforms: f.csv holds no transforms");
  CHECK(json(", \"width\": \"x\", \"images\": []}") == "transforms: f.csv: width is no number");
  CHECK(json(", \"model\": 3, \"images\": []}") == "transforms: f.csv: model is no text");
  CHECK(json(", \"images\": [{\"matrix\": [1e999, 0, 0, 0, 1, 0, 0, 0, 1]}]}") ==
        "transforms: f.csv holds a number that is out of range");
  CHECK(json(", \"images\": [{\"matrix\": [1, 0, 0, 0, 1, 0, 0, 0, 0]}]}") ==
        "transforms: the matrix of image 1 is not finite, or its last element is 0");
  CHECK(json(", \"direction\": \"back\", \"images\": []}") ==
        "transforms: f.csv has the direction \"back\"; accepted: \"output_to_input\"");
  CHECK(reading("m00,m01,m02,m10,m11,m12\n1,0,0,0,1,0\n1,0,") == "transforms: row 2 has no number in m02 ()");
  CHECK(reading("m00,m01,m02,m10,m11,m12,bx0\n1,0,0,0,1,0,0\n") == "transforms: f.csv has bx0, but no column bx1");
  CHECK(reading(std::string("\0\1\2 II*", 7)).find("transforms: f.csv has no column m00; accepted: ") == 0);
  CHECK(reading("MultiStackReg Transformation File\nFile Version 1.0\n0\n") ==
        "transforms: the file of MultiStackReg holds no transforms");
  CHECK(reading("MultiStackReg Transformation File\nFile Version 2.0\n") ==
        "transforms: \"File Version 2.0\" found where the file needs \"File Version 1.0\"");
  CHECK(reading("Transformation\nAFFINE\nSource size\n9\t9\n") == "transforms: the file of landmarks ends too early");
  CHECK(reading("Transformation\nAFFINE\nSource size\n9 9\nTarget size\n9 9\nRefined source landmarks\n1 1\n2 2\n3 3\n"
                "Target landmarks\n1 1\n2 2\n3 3\n") ==
        "transforms: landmarks that lie on one line or coincide do not determine a transform");
  CHECK(message([&] { read_transforms(scratch.path(""), "transforms"); }).find("transforms: there is no file ") == 0);
  CHECK(reading("Transformation\nELASTIC\n").find("\"ELASTIC\" found where the file needs TRANSLATION") !=
        std::string::npos);
  CHECK(reading(turboreg("AFFINE", 2)) ==
        "transforms: \"Target landmarks\" found where the file needs the coordinates of a point");
  CHECK(reading("MultiStackReg Transformation File\nFile Version 1.0\n0\nAFFINE\nSource img: 2")
            .find("needs \"Source img: N Target img: N\"") != std::string::npos);
}

TEST_CASE("a list that does not fit the collection is refused with both sizes or both counts") {
  CHECK(message([&] {
          require_fit(shifts({1, 2}), 3, 100, 80, "transforms");
        }) ==
        "transforms: the file has 2 transforms, the collection has 3 positions; accepted: as many, or one for all");
  CHECK(message([&] { require_fit(shifts({1}), 3, 100, 81, "transforms"); }) ==
        "transforms: made for images of 100 x 80, these are 100 x 81");
  CHECK(message([&] { require_fit(shifts({1}), 3, 100, 80, "transforms"); }).empty());
  TransformList degenerate = shifts({0, 0});
  const auto refused = [&] { return message([&] { require_fit(degenerate, 2, 100, 80, "transforms"); }); };
  const std::string sentence =
      "transforms: the transform of image 2 folds the image, or makes it less than a hundredth or more than a hundred "
      "times as large";
  Transform &second = degenerate.images[1].matrix;
  second = {{-1, 0, 0, 0, 1, 0, 0, 0, 1}};  // a mirror
  CHECK(refused() == sentence);
  second = {{0.09, 0, 0, 0, 0.09, 0, 0, 0, 1}};
  CHECK(refused() == sentence);
  second = {{11, 0, 0, 0, 11, 0, 0, 0, 1}};
  CHECK(refused() == sentence);
  second = {{1, 0, 0, 0, 1, 0, -0.02, 0, 1}};  // a horizon inside the image
  CHECK(refused() == sentence);
  second = {};
  degenerate.images[1].bilinear = Bilinear{{0, 1, 0, -0.03}, {0, 0, 1, 0}};  // folds below row 33
  CHECK(refused() == sentence);
  degenerate.images[1].bilinear = Bilinear{{0, 1, 0, -0.01}, {0, 0, 1, 0}};
  CHECK(refused().empty());
}

TEST_CASE("images without a reliable transform are named by status, and those that are inexact") {
  const auto said = [](std::initializer_list<const char *> statuses) {
    TransformList list;
    for (const char *status : statuses) {
      list.images.emplace_back();
      list.images.back().status = status;
    }
    return concerns(list, "image");
  };
  CHECK(said({}).failed.empty());
  CHECK(said({"reference", "ok", "ok"}).failed.empty());
  CHECK(said({"reference", "ok", "ok"}).rough.empty());
  CHECK(said({"reference", "no_match"}).failed ==
        "1 of 2 images has no reliable transform: 2 (no_match); the table says why");
  CHECK(said({"reference", "no_match", "uncertain", "degenerate", "no_match", "no_match"}).failed ==
        "4 of 6 images have no reliable transform: 2, 5, 6 (no_match), 4 (degenerate); the table says why");
  CHECK(said({"degenerate"}).failed == "1 of 1 image has no reliable transform: 1 (degenerate); the table says why");
  CHECK(said({"reference", "uncertain", "no_match", "not_converged", "uncertain", "uncertain"}).rough ==
        "4 of 6 images are placed less exactly: 2, 5, 6 (uncertain), 4 (not_converged); the table says why");
  CHECK(said({"reference", "not_converged"}).failed.empty());
  CHECK(said({"reference", "not_converged"}).rough ==
        "1 of 2 images is placed less exactly: 2 (not_converged); the table says why");
  TransformList many;
  many.images.resize(40);
  for (size_t i = 0; i < 40; i++) many.images[i].status = i % 2 || i > 33 ? "rejected" : "ok";
  CHECK(concerns(many, "position").failed ==
        "23 of 40 positions have no reliable transform: 2, 4, 6, 8, 10, 12, 14, 16 ... (rejected); the table says why");
  for (size_t i = 2; i < 40; i++) many.images[i].status = "degenerate";
  CHECK(concerns(many, "image").failed ==
        "39 of 40 images have no reliable transform: 2 (rejected), 3 to 40 (degenerate); the table says why");
}
