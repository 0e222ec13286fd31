#include "align/dd.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "align/measures.hpp"
#include "generated.hpp"
#include "threads.hpp"

using namespace sheaf;
using namespace sheaf::align;

namespace {

const nlohmann::json &numbers() {
  static const auto j = nlohmann::json::parse(std::ifstream(SHEAF_TEST_DATA "/align/scores.json"));
  return j;
}

// An 8-bit image, the same as floats, and the same in 16 bits.
struct Picture {
  int width, height;
  std::vector<uint8_t> bytes;
  Plane plane, wide;

  Picture(int w, int h) : width(w), height(h), bytes(static_cast<size_t>(w) * h), plane(w, h), wide(w, h) {}
  void set(int x, int y, int value) {
    const size_t at = static_cast<size_t>(y) * width + x;
    bytes[at] = static_cast<uint8_t>(value);
    plane.pixels[at] = static_cast<float>(value);
    wide.pixels[at] = static_cast<float>(257 * value);
  }
  View<const uint8_t> view() const { return {bytes.data(), width, height, width}; }
};

// The images of regenerate_scores.py: moved by (4, -3) and by (1, 0), and the
// reference, brighter towards the right.
struct Triple {
  Picture before, after, reference;

  Triple(int w, int h, uint32_t seed) : before(w, h), after(w, h), reference(w, h) {
    const auto texture = generated::texture(w + 16, h + 16, seed);
    const auto at = [&](int x, int y, int dx, int dy) { return texture(8 - dx + x, 8 - dy + y) >> 8; };
    for (int y = 0; y < h; y++)
      for (int x = 0; x < w; x++) {
        before.set(x, y, at(x, y, 4, -3));
        after.set(x, y, at(x, y, 1, 0));
        reference.set(x, y, std::min(255, at(x, y, 0, 0) + 30 * x / w));
      }
  }
  Compared<uint8_t> bytes() const { return {before.view(), after.view(), reference.view(), {}}; }
  Compared<float> planes() const { return {before.plane.view(), after.plane.view(), reference.plane.view(), {}}; }
  Compared<float> wide() const { return {before.wide.view(), after.wide.view(), reference.wide.view(), {}}; }
};

Plane plane_of(int width, int height, float value) {
  Plane p(width, height);
  std::fill(p.pixels.begin(), p.pixels.end(), value);
  return p;
}

}  // namespace

TEST_CASE("difference scores are those of NumPy, for every option, in both variants", "[threads]") {
  int cases = 0;
  for (const auto &group : numbers()["differences"]) {
    const Triple images(group["width"], group["height"], group["seed"]);
    for (const auto &c : group["cases"]) {
      INFO(group["width"] << " " << group["compat"] << " " << c.dump());
      DifferenceOptions options;
      options.compat = group["compat"];
      options.automatic = c["automatic"];
      if (!options.automatic) options.tolerance = c["tolerance"];
      options.crop = c["crop"];
      options.median = c["median"];
      options.blocks = c["blocks"];
      DifferenceOptions wide = options;
      wide.high = 65535;
      const auto parallel = on_threads(3);
      const DifferenceScore scores[] = {
          difference_score(images.bytes(), options, serial), difference_score(images.planes(), options, serial),
          difference_score(images.wide(), wide, serial), difference_score(images.bytes(), options, parallel)};
      for (const auto &score : scores) {
        CHECK(score.count == c["count"].get<int64_t>());
        CHECK(score.score == Approx(c["score"].get<double>()).epsilon(1e-12));
        CHECK(score.tolerance == Approx(c["tolerance"].get<double>()).epsilon(1e-12));
      }
      if (!options.blocks) {
        int64_t better = 0, worse = 0;
        for (const int v : difference_map(images.bytes(), options, serial)) better += v > 0, worse += v < 0;
        CHECK(better + worse == scores[0].count);
        CHECK(better == std::llround(scores[0].score * static_cast<double>(scores[0].count)));
      }
      cases++;
    }
    const auto histogram = difference_histogram(images.bytes(), {}, 20);
    CHECK(nlohmann::json(histogram) == group["histogram"]);
  }
  CHECK(cases == 184);
}

TEST_CASE("local contrast is that of NumPy, also of an image that holds no window") {
  for (const auto &group : numbers()["differences"]) {
    const Triple images(group["width"], group["height"], group["seed"]);
    DifferenceOptions options;
    options.compat = group["compat"];
    if (group["contrasts"].is_null()) {
      CHECK(std::isnan(local_contrast(images.before.view(), {}, options, serial).contrast));
      continue;
    }
    const View<const uint8_t> views[] = {images.before.view(), images.after.view(), images.reference.view()};
    for (int i = 0; i < 3; i++) {
      const auto contrast = local_contrast(views[i], {}, options, serial);
      const auto &expected = group["contrasts"][i];
      CHECK(contrast.contrast == Approx(expected[0].get<double>()).epsilon(1e-12));
      CHECK(contrast.sd_of_means == Approx(expected[1].get<double>()).epsilon(1e-11));
      CHECK(contrast.sd_of_sds == Approx(expected[2].get<double>()).epsilon(1e-11));
    }
  }
}

TEST_CASE("the tolerance is strict and a score of nothing is a half") {
  const Plane far = plane_of(10, 10, 60), near = plane_of(10, 10, 10), zero = plane_of(10, 10, 0);
  const Compared<float> images{far.view(), near.view(), zero.view(), {}};
  DifferenceOptions options;
  CHECK(difference_score(images, options, serial).count == 0);
  CHECK(difference_score(images, options, serial).score == 0.5);
  options.tolerance = 49.999;
  CHECK(difference_score(images, options, serial).count == 100);
  CHECK(difference_score(images, options, serial).balance() == 1);
  options.crop = 4;
  CHECK(difference_score(images, options, serial).count == 4);
  options.crop = 5;
  CHECK(difference_score(images, options, serial).count == 0);
}

TEST_CASE("pixels outside and pixels that are not finite do not count; the original counts all it can") {
  Plane far = plane_of(10, 10, 200), near = plane_of(10, 10, 10);
  const Plane zero = plane_of(10, 10, 0);
  std::vector<uint8_t> inside(100, 1);
  inside[0] = inside[99] = 0;
  far.pixels[50] = std::numeric_limits<float>::infinity();
  near.pixels[51] = std::nanf("");
  const Compared<float> images{
      std::as_const(far).view(), std::as_const(near).view(), zero.view(), {inside.data(), 10, 10, 10}};
  DifferenceOptions options;
  CHECK(difference_score(images, options, serial).count == 96);
  options.compat = true;
  CHECK(difference_score(images, options, serial).count == 98);
}

TEST_CASE("agreement is that of scikit-image, NumPy and OpenCV", "[threads]") {
  REQUIRE(numbers()["measures"].size() == 12);
  for (const auto &m : numbers()["measures"]) {
    INFO(m.dump());
    const Triple images(m["width"], m["height"], m["seed"]);
    Picture inverse = images.reference;
    for (int y = 0; y < inverse.height; y++)
      for (int x = 0; x < inverse.width; x++) inverse.set(x, y, 255 - images.reference.view()(x, y));
    const std::string name = m["image"];
    const Picture &image = name == "before"  ? images.before
                           : name == "after" ? images.after
                           : name == "same"  ? images.reference
                                             : inverse;
    const Measures a = measures_of(images.reference.plane, image.plane, {}, 255, serial);
    CHECK(a.ncc == Approx(m["ncc"].get<double>()).margin(1e-9));
    CHECK(a.ssim == Approx(m["ssim"].get<double>()).margin(1e-7));
    CHECK(a.nmi == Approx(m["nmi"].get<double>()).margin(1e-9));
    CHECK(a.ecc == Approx(m["ecc"].get<double>()).margin(1e-4));
    CHECK(structural_similarity(images.reference.wide, image.wide, {}, 65535, serial) ==
          Approx(m["ssim_16"].get<double>()).margin(1e-7));
    const Measures parallel = measures_of(images.reference.plane, image.plane, {}, 255, on_threads(4));
    CHECK((a.ncc == parallel.ncc && a.ssim == parallel.ssim && a.ecc == parallel.ecc && a.nmi == parallel.nmi));
  }
}

TEST_CASE("agreement looks only where both images have data") {
  const Triple images(61, 47, 4);
  Plane holed = images.after.plane;
  for (int y = 0; y < 47; y++) holed.row(y)[30] = std::nanf("");
  std::vector<uint8_t> left(61 * 47);
  for (int y = 0; y < 47; y++) std::fill_n(&left[y * 61], 30, 1);
  Plane a(30, 47), b(30, 47);
  for (int y = 0; y < 47; y++) {
    std::copy_n(images.reference.plane.row(y), 30, a.row(y));
    std::copy_n(images.after.plane.row(y), 30, b.row(y));
  }
  const Measures cut = measures_of(a, b, {}, 255, serial);
  const Measures inside = measures_of(images.reference.plane, holed, {left.data(), 61, 47, 61}, 255, serial);
  CHECK(inside.ncc == Approx(cut.ncc).epsilon(1e-12));
  CHECK(inside.ssim == Approx(cut.ssim).epsilon(1e-12));
  CHECK(inside.nmi == Approx(cut.nmi).epsilon(1e-12));
  const Measures none = measures_of(plane_of(20, 20, std::nanf("")), plane_of(20, 20, 1), {}, 255, serial);
  CHECK((std::isnan(none.ncc) && std::isnan(none.ssim) && std::isnan(none.nmi)));
  CHECK(std::isnan(structural_similarity(plane_of(6, 20, 1), plane_of(6, 20, 1), {}, 255, serial)));
  CHECK(structural_similarity(plane_of(7, 7, 1), plane_of(7, 7, 1), {}, 255, serial) == 1);
}
