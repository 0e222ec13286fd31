// Blobs against scikit-image (tests/data/segment/regenerate_blobs.py), and what must hold for any image.
#include "segment/blob_detection.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "common/matrix.hpp"
#include "pixels.hpp"
#include "segment/discs.hpp"
#include "threads.hpp"

using namespace sheaf::segment;
using nlohmann::json;
using pixels::Image;

namespace {

cv::Mat matrix_of(const Image<float> &image) { return sheaf::matrix(image.view()).clone(); }

// A spot of standard deviation s and height h at (x, y).
Image<float> spot(int width, int height, double x, double y, double s, double h) {
  return pixels::make<float>(width, height, [&](int i, int j) {
    return static_cast<float>(h * std::exp(-((i - x) * (i - x) + (j - y) * (j - y)) / (2 * s * s)));
  });
}

BlobOptions options_of(const json &entry) {
  BlobOptions o;
  o.method = entry["method"] == "log" ? BlobMethod::log : BlobMethod::dog;
  o.polarity = entry["dark"] ? Polarity::dark : Polarity::bright;
  o.min_sigma = entry["min_sigma"];
  o.max_sigma = entry["max_sigma"];
  o.scales = entry.value("num_sigma", 1);
  o.logarithmic = entry.value("log_scale", false);
  o.ratio = entry.value("sigma_ratio", 1.6);
  o.relative = entry.contains("threshold_rel");
  o.threshold = o.relative ? entry["threshold_rel"] : entry["threshold"];
  return o;
}

}  // namespace

TEST_CASE("blobs are those of scikit-image") {
  const json reference = json::parse(std::ifstream(SHEAF_TEST_DATA "/segment/blobs.json"));
  const int width = reference["width"], height = reference["height"];
  for (const json &entry : reference["cases"]) {
    const auto levels = pixels::texture<uint8_t>(width, height, entry["seed"], entry["radius"]);
    const auto image = pixels::make<float>(width, height, [&](int x, int y) { return levels(x, y); });
    BlobOptions options = options_of(entry);
    INFO(entry["method"] << ", image " << entry["seed"] << ", " << (options.relative ? "relative" : "absolute"));
    const auto &expected = entry["blobs"];
    options.overlap = 1;
    const auto all = find_blobs(matrix_of(image), {}, options);
    REQUIRE(all.size() == expected.size());
    for (size_t i = 0; i < all.size(); i++) {
      INFO("blob " << i);
      CHECK(all[i].y == expected[i][0]);
      CHECK(all[i].x == expected[i][1]);
      CHECK(all[i].sigma == Approx(expected[i][2].get<double>()).epsilon(1e-6));
      CHECK(all[i].response == Approx(expected[i][3].get<double>()).margin(1e-3));
      CHECK(all[i].dark == entry["dark"]);
    }
    const auto left = prune(all, 0.5), theirs = entry["scikit_image_50"].get<std::vector<size_t>>();
    CHECK(left == entry["pruned_50"].get<std::vector<size_t>>());
    // there a blob that is dropped may have dropped another one before
    CHECK(std::includes(left.begin(), left.end(), theirs.begin(), theirs.end()));
    CHECK(left.size() - theirs.size() <= 2);
    CHECK(prune(all, 0.1) == entry["pruned_10"].get<std::vector<size_t>>());
  }
}

TEST_CASE("a Gaussian spot has its place, its size and half of its height") {
  for (const BlobMethod method : {BlobMethod::log, BlobMethod::dog}) {
    BlobOptions o;
    o.method = method;
    o.min_sigma = 1;
    o.max_sigma = 12;
    o.scales = 12;
    o.ratio = 1.2;
    o.refine = true;
    const auto blobs = find_blobs(matrix_of(spot(80, 70, 33.3, 40.8, 4, 100)), {}, o);
    REQUIRE(blobs.size() == 1);
    CHECK(blobs[0].x == Approx(33.3).margin(0.03));
    CHECK(blobs[0].y == Approx(40.8).margin(0.03));
    if (method == BlobMethod::log) {
      CHECK(blobs[0].sigma == Approx(4).epsilon(0.02));
      CHECK(blobs[0].response == Approx(50).epsilon(0.01));
    }
    o.refine = false;
    const auto rough = find_blobs(matrix_of(spot(80, 70, 33.3, 40.8, 4, 100)), {}, o);
    REQUIRE(rough.size() == 1);
    CHECK(rough[0].x == 33);
    CHECK(rough[0].y == 41);
  }
}

TEST_CASE("blobs of 1 and n threads are the same bits") {
  const cv::Mat image = matrix_of(pixels::texture<float>(150, 90, 4));
  for (const BlobMethod method : {BlobMethod::log, BlobMethod::dog}) {
    BlobOptions o;
    o.method = method;
    o.polarity = Polarity::both;
    o.refine = true;
    const auto one = find_blobs(image, {}, o), four = find_blobs(image, {}, o, on_threads(4));
    REQUIRE(one.size() == four.size());
    CHECK(one.size() > 10);
    for (size_t i = 0; i < one.size(); i++) {
      CHECK(one[i].x == four[i].x);
      CHECK(one[i].y == four[i].y);
      CHECK(one[i].sigma == four[i].sigma);
      CHECK(one[i].response == four[i].response);
    }
  }
}

TEST_CASE("a mirrored image has mirrored blobs, a negative one dark ones") {
  const auto image = pixels::texture<float>(90, 70, 5, 4);
  auto negative = image;
  for (auto &v : negative.data) v = 500 - v;
  BlobOptions o;
  const auto blobs = find_blobs(matrix_of(image), {}, o),
             turned = find_blobs(matrix_of(pixels::mirrored(image)), {}, o);
  o.polarity = Polarity::dark;
  const auto dark = find_blobs(matrix_of(negative), {}, o);
  REQUIRE(blobs.size() > 3);
  REQUIRE(blobs.size() == turned.size());
  REQUIRE(blobs.size() == dark.size());
  for (size_t i = 0; i < blobs.size(); i++) {
    CHECK(turned[i].x == 89 - blobs[i].x);
    CHECK(turned[i].y == blobs[i].y);
    CHECK(dark[i].x == blobs[i].x);
    CHECK(dark[i].y == blobs[i].y);
    CHECK(dark[i].dark);
    CHECK(dark[i].response == Approx(blobs[i].response).epsilon(1e-3));
  }
}

TEST_CASE("an offset changes no blob, however large it is") {
  const auto image = pixels::texture<uint8_t>(90, 70, 5, 4);
  const auto lifted = pixels::make<float>(90, 70, [&](int x, int y) { return image(x, y) + 60000.f; });
  const auto plain = pixels::make<float>(90, 70, [&](int x, int y) { return image(x, y); });
  const auto a = find_blobs(matrix_of(plain), {}, {}), b = find_blobs(matrix_of(lifted), {}, {});
  REQUIRE(a.size() == b.size());
  for (size_t i = 0; i < a.size(); i++) {
    CHECK(a[i].x == b[i].x);
    CHECK(a[i].sigma == b[i].sigma);
    CHECK(a[i].response == Approx(b[i].response).margin(0.01));
  }
}

TEST_CASE("flat and tiny images have no blobs, and kernels may be larger than the image") {
  CHECK(find_blobs(matrix_of(Image<float>(30, 20, 7)), {}, {}).empty());
  CHECK(find_blobs(matrix_of(Image<float>(1, 1, 7)), {}, {}).empty());
  BlobOptions o;
  o.max_sigma = 50;
  for (const auto &[w, h] : {std::pair{9, 1}, {1, 9}, {5, 4}}) {
    auto image = Image<float>(w, h, 0);
    image(w / 2, h / 2) = 10;
    const auto blobs = find_blobs(matrix_of(image), {}, o);
    REQUIRE(!blobs.empty());
    CHECK(blobs[0].x == w / 2);
    CHECK(blobs[0].y == h / 2);
  }
}

TEST_CASE("the overlap of discs is that of their areas") {
  const auto disc = [](double x, double radius) { return Blob{x, 0, radius / std::sqrt(2.0), 1, false}; };
  CHECK(overlap_of(disc(0, 5), disc(11, 5)) == 0);
  CHECK(overlap_of(disc(0, 5), disc(1, 2)) == 1);
  CHECK(overlap_of(disc(0, 1), disc(1, 1)) == Approx(0.3910022190));  // 2/3 - sqrt(3)/(2 pi)
  CHECK(overlap_of(disc(1, 1), disc(0, 1)) == overlap_of(disc(0, 1), disc(1, 1)));
}

TEST_CASE("discs share pixels by their distance, and have one pixel at least") {
  const std::vector<Blob> blobs{{10, 10, 4, 9, false}, {17, 10, 4, 8, false}, {30, 5, 0.1, 7, false}};
  Image<uint32_t> labels(40, 20);
  draw_discs(blobs, labels.into());
  CHECK(labels(10, 10) == 1);
  CHECK(labels(13, 10) == 1);
  CHECK(labels(14, 10) == 2);
  CHECK(labels(17, 10) == 2);
  CHECK(labels(30, 5) == 3);
  CHECK(labels(31, 5) == 0);
  CHECK(labels(10, 16) == 0);
  CHECK(!leaves(blobs[0], 40, 20, {}));
  CHECK(leaves(blobs[0], 40, 15, {}));
}
