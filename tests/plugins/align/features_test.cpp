#include "align/features.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "reference.hpp"
#include "scene.hpp"
#include "threads.hpp"

using namespace sheaf::align;
using sheaf::serial;

namespace {

constexpr int side = 256;

FeatureOptions options_for(Model model, Detector detector = Detector::sift) {
  FeatureOptions options;
  options.model = model;
  options.detector = detector;
  return options;
}

MatchEstimate estimated(const Plane &a, const Plane &b, const FeatureOptions &options, int threads = 2) {
  return estimate_by_features(a, nullptr, b, options, on_threads(threads));
}

Plane rounded(Plane plane) {
  for (auto &p : plane.pixels) p = std::clamp(std::round(p), 0.0f, 255.0f);
  return plane;
}

Transform about_centre(double angle, double scale, double dx, double dy) {
  const double a = angle * std::numbers::pi / 180, c = scale * std::cos(a), s = scale * std::sin(a),
               m = (side - 1) / 2.0;
  return Transform::shift(m + dx, m + dy) * Transform{{c, -s, 0, s, c, 0, 0, 0, 1}} * Transform::shift(-m, -m);
}

}  // namespace

TEST_CASE("SIFT finds transforms at least as well as OpenCV's tutorial does") {
  const auto &j = features_reference();
  REQUIRE(j.at("side") == side);
  for (const auto &[model, name] : {std::pair{Model::similarity, "similarity"}, {Model::affine, "affine"}}) {
    double ours = 0, theirs = 0;
    for (uint32_t trial = 0; trial < j.at("tutorial").at(name).size(); trial++) {
      const Scene scene(trial + 1);
      // the random draws of an affine transform are those of a similarity and a shear
      const Transform truth = random_transform(model, side, side, 100 + trial);
      const MatchEstimate e =
          estimated(rounded(scene.image(side, side, {}, 5, 200 + 2 * trial)),
                    rounded(scene.image(side, side, truth, 5, 201 + 2 * trial)), options_for(model));
      INFO(name << " " << trial << ": " << e.reason);
      REQUIRE(e.found());
      const double error = mean_corner_error(e.transform, truth, side, side);
      CHECK(error < 0.1);
      ours += error;
      theirs += j.at("tutorial").at(name)[trial].get<double>();
    }
    CHECK(ours <= theirs);
  }
}

TEST_CASE("every detector finds every model") {
  const Scene scene(7);
  for (const Detector detector : {Detector::sift, Detector::orb, Detector::akaze})
    for (const Model model : {Model::translation, Model::rigid, Model::similarity, Model::affine, Model::homography}) {
      const Transform truth = random_transform(model, side, side, 31);
      const MatchEstimate e = estimated(scene.image(side, side, {}, 3, 1), scene.image(side, side, truth, 3, 2),
                                        options_for(model, detector));
      INFO(static_cast<int>(detector) << " " << static_cast<int>(model) << ": " << e.reason);
      REQUIRE(e.found());
      CHECK(mean_corner_error(e.transform, truth, side, side) < 0.2);
      CHECK(e.inliers <= e.matches);
      CHECK(e.error < 1);
    }
}

TEST_CASE("large rotations, scales, shifts and the negative of an image are found") {
  const Scene scene(3);
  const Plane reference = scene.image(side, side, {}, 3, 1);
  for (const Transform &truth : {about_centre(180, 1, 10, -20), about_centre(77, 1.6, 0, 30),
                                 about_centre(-120, 0.6, 5, 5), about_centre(2, 1, 100, 0)}) {
    Plane moving = scene.image(side, side, truth, 3, 2);
    for (const bool negative : {false, true}) {
      if (negative)
        for (auto &p : moving.pixels) p = 255 - p;
      const MatchEstimate e = estimated(reference, moving, options_for(Model::similarity));
      INFO(truth.m[0] << " " << truth.m[1] << " " << negative << ": " << e.reason);
      REQUIRE(e.found());
      CHECK(mean_corner_error(e.transform, truth, side, side) < 0.25);
    }
  }
}

TEST_CASE("one thread and four find the same transform to the bit", "[threads]") {
  const Scene scene(5);
  const Plane a = scene.image(side, side, {}, 5, 1),
              b = scene.image(side, side, random_transform(Model::affine, side, side, 9), 5, 2);
  for (const Detector detector : {Detector::sift, Detector::orb}) {
    const MatchEstimate one = estimated(a, b, options_for(Model::affine, detector), 1),
                        four = estimated(a, b, options_for(Model::affine, detector), 4);
    CHECK(one.transform.m == four.transform.m);
    CHECK(one.inliers == four.inliers);
  }
}

TEST_CASE("features found once can be matched with several images") {
  const Scene scene(6);
  const FeatureOptions options = options_for(Model::rigid);
  const Features reference = find_features(scene.image(side, side, {}, 2, 1), nullptr, options);
  CHECK(reference.count > 50);
  CHECK(reference.count <= options.features);
  for (uint32_t seed = 1; seed < 4; seed++) {
    const Transform truth = random_transform(Model::rigid, side, side, seed);
    const Features moving = find_features(scene.image(side, side, truth, 2, 10 + seed), nullptr, options);
    const MatchEstimate e = match_features(reference, moving, options, sheaf::serial);
    REQUIRE(e.found());
    CHECK(mean_corner_error(e.transform, truth, side, side) < 0.5);
  }
}

TEST_CASE("features keep to the mask and away from pixels without data", "[threads]") {
  const Scene scene(8);
  Plane image = scene.image(side, side);
  Mask left(image.pixels.size());
  for (size_t i = 0; i < left.size(); i++) left[i] = i % side < side / 2;
  const Transform truth = random_transform(Model::rigid, side, side, 2);
  Plane moving = scene.image(side, side, truth, 2, 1);
  // what the mask hides is something else, with holes
  for (int y = 0; y < side; y++)
    for (int x = side / 2; x < side; x++)
      image.row(y)[x] = x % 7 == 0 ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>((x * y) % 251);
  const MatchEstimate e = estimate_by_features(image, &left, moving, options_for(Model::rigid), on_threads(2));
  INFO(e.reason);
  REQUIRE(e.found());
  CHECK(mean_corner_error(e.transform, truth, side, side) < 0.2);
}

TEST_CASE("blank, tiny, empty and unrelated images give the identity and a reason") {
  const Scene scene(1), other(99);
  const Plane image = scene.image(side, side, {}, 5, 1);
  const auto reason = [&](const Plane &a, const Plane &b) {
    const MatchEstimate e = estimated(a, b, options_for(Model::affine));
    CHECK_FALSE(e.found());
    CHECK(e.transform.is_identity());
    return e.reason;
  };
  Plane nothing(side, side);
  for (auto &p : nothing.pixels) p = std::numeric_limits<float>::quiet_NaN();
  CHECK(reason(Plane(side, side), image) == "0 features found in the reference, 4 are needed");
  CHECK(reason(image, Plane(side, side)) == "0 features found in the image, 4 are needed");
  CHECK(reason(image, nothing) == "0 features found in the image, 4 are needed");
  CHECK(reason(Plane(15, 15), Plane(15, 15)) == "0 features found in the reference, 4 are needed");
  CHECK_FALSE(reason(image, other.image(side, side, {}, 5, 2)).empty());
}

TEST_CASE("a search for features can be stopped at every level of a detector") {
  struct Stopped {};
  const Scene scene(5);
  const Plane a = scene.image(256, 256), b = scene.image(256, 256, Transform::shift(4, 3));
  for (const Detector detector : {Detector::sift, Detector::orb, Detector::akaze}) {
    FeatureOptions options = options_for(Model::rigid);
    options.detector = detector;
    int asked = 0;
    options.poll = [&] { asked++; };
    find_features(a, nullptr, options);
    INFO(static_cast<int>(detector));
    CHECK(asked >= 20);
    for (const int at : {1, asked / 2, asked}) {
      int left = at;
      options.poll = [&] {
        if (--left == 0) throw Stopped();
      };
      CHECK_THROWS_AS(find_features(a, nullptr, options), Stopped);
    }
    // what was stopped leaves nothing behind
    options.poll = [] {};
    const MatchEstimate e = estimate_by_features(a, nullptr, b, options, serial);
    CHECK(e.found());
    CHECK(mean_corner_error(e.transform, Transform::shift(4, 3), 256, 256) < 0.05);
  }
}

TEST_CASE("features are found once for all pairs of an image, and the same as ever") {
  const Scene scene(6);
  const Plane a = scene.image(200, 200), b = scene.image(200, 200, Transform::shift(4, 3)),
              c = scene.image(200, 200, Transform::shift(-5, 7));
  FeatureOptions options = options_for(Model::rigid);
  int asked = 0;
  options.poll = [&] { asked++; };
  FeatureCache of_a, of_b, of_c;
  const MatchEstimate first = estimate_by_features(a, nullptr, b, options, serial, &of_a, &of_b);
  CHECK(asked > 0);
  const int once = asked;
  const MatchEstimate second = estimate_by_features(b, nullptr, c, options, serial, &of_b, &of_c);
  CHECK(asked - once < 0.7 * once);
  asked = 0;
  const MatchEstimate third = estimate_by_features(a, nullptr, c, options, serial, &of_a, &of_c);
  CHECK(asked == 0);
  CHECK(first.transform.m == estimate_by_features(a, nullptr, b, options, serial).transform.m);
  CHECK(second.transform.m == estimate_by_features(b, nullptr, c, options, serial).transform.m);
  CHECK(third.transform.m == estimate_by_features(a, nullptr, c, options, serial).transform.m);
  // a mask restricts references only
  Mask left(a.pixels.size());
  for (int y = 0; y < 200; y++)
    for (int x = 0; x < 130; x++) left[static_cast<size_t>(y) * 200 + x] = 1;
  const MatchEstimate masked = estimate_by_features(a, &left, b, options, serial, &of_a, &of_b);
  CHECK(asked > 0);
  CHECK(masked.transform.m == estimate_by_features(a, &left, b, options, serial).transform.m);
}
