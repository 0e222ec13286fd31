#include "align/agreement.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "align/dd.hpp"
#include "align/resample.hpp"
#include "scene.hpp"
#include "threads.hpp"

using namespace sheaf;
using namespace sheaf::align;

namespace {

// The definitions, pixel by pixel.
Agreement by_definition(const Plane &reference, const Mask *mask, const Plane &moving, const Transform &t,
                        const GrayScale &scale) {
  const Plane moved = resampled(moving, t, {}, serial);
  struct Pearson {
    std::vector<double> a, b;
    double value() const {
      double ma = 0, mb = 0, aa = 0, bb = 0, ab = 0;
      for (size_t i = 0; i < a.size(); i++) ma += a[i] / a.size(), mb += b[i] / b.size();
      for (size_t i = 0; i < a.size(); i++)
        aa += (a[i] - ma) * (a[i] - ma), bb += (b[i] - mb) * (b[i] - mb), ab += (a[i] - ma) * (b[i] - mb);
      return ab / std::sqrt(aa * bb);
    }
  } before, after;
  Agreement out;
  for (int y = 0; y < reference.height; y++) {
    const Interval columns =
        columns_inside(t, y, {0, reference.width - 1}, 0, 0, moving.width - 1.0, moving.height - 1.0);
    for (int x = 0; x < reference.width; x++) {
      if (mask && !(*mask)[y * reference.width + x]) continue;
      const double r = reference.row(y)[x], m = moving.row(y)[x], d = moved.row(y)[x];
      if (std::isfinite(r + m)) before.a.push_back(r), before.b.push_back(m);
      if (x < columns.first || x > columns.last) continue;
      if (std::isfinite(r + d)) after.a.push_back(r), after.b.push_back(d);
      const double is = scale.whole ? std::floor(d + 0.5) : d;
      const double dd = (std::abs(m - r) - std::abs(is - r)) * 255 / (scale.high - scale.low);
      if (!std::isfinite(dd) || std::abs(dd) <= 50) continue;
      out.changed++;
      out.improved += dd > 0;
    }
  }
  out.before = before.value();
  out.after = after.value();
  return out;
}

Plane whole(Plane plane) {
  for (float &p : plane.pixels) p = std::round(std::clamp(p, 0.f, 255.f));
  return plane;
}

}  // namespace

TEST_CASE("correlations and the score of differences are those of their definitions", "[threads]") {
  const Transform t = random_transform(Model::affine, 101, 67, 4);
  const Plane reference = whole(Scene(1).image(101, 67)), moving = whole(Scene(1).image(101, 67, t, 12));
  Mask mask(reference.pixels.size());
  for (size_t i = 0; i < mask.size(); i++) mask[i] = i % 5 != 0;
  Plane holes = moving;
  for (size_t i = 0; i < holes.pixels.size(); i += 97) holes.pixels[i] = std::numeric_limits<float>::quiet_NaN();
  const GrayScale scales[] = {{0, 255, true}, {20, 180, false}};
  for (const GrayScale &scale : scales)
    for (const Mask *m : {static_cast<const Mask *>(nullptr), static_cast<const Mask *>(&mask)})
      for (const Plane *p : {&moving, static_cast<const Plane *>(&holes)})
        for (const Transform &transform : {t, Transform::shift(4, -3), Transform::shift(3.5, 0)}) {
          const Agreement ours = agreement(reference, m, *p, transform, scale, p == &moving, on_threads(3));
          const Agreement theirs = by_definition(reference, m, *p, transform, scale);
          CHECK(ours.before == Approx(theirs.before).margin(1e-5));
          CHECK(ours.after == Approx(theirs.after).margin(1e-5));
          CHECK(ours.changed == theirs.changed);
          CHECK(ours.improved == theirs.improved);
          CHECK(theirs.changed > 20);
        }
}

TEST_CASE("the score of differences is that of align.score", "[threads]") {
  const Transform t = random_transform(Model::affine, 101, 67, 4);
  const Plane reference = whole(Scene(1).image(101, 67)), moving = whole(Scene(1).image(101, 67, t, 12));
  Mask mask(reference.pixels.size());
  for (size_t i = 0; i < mask.size(); i++) mask[i] = i % 5 != 0;
  Plane holes = moving;
  for (size_t i = 0; i < holes.pixels.size(); i += 97) holes.pixels[i] = std::numeric_limits<float>::quiet_NaN();
  for (const GrayScale &scale : {GrayScale{0, 255, true}, GrayScale{20, 180, false}, GrayScale{3, 3, false}})
    for (const Mask *m : {static_cast<const Mask *>(nullptr), static_cast<const Mask *>(&mask)})
      for (const Plane *p : {&moving, static_cast<const Plane *>(&holes)})
        for (const Transform &transform : {t, Transform{}, Transform::shift(4, -3), Transform::shift(3.5, 200)}) {
          DifferenceOptions options;
          options.low = scale.low, options.high = scale.high, options.whole = scale.whole;
          const Agreement one = agreement(reference, m, *p, transform, scale, p == &moving, on_threads(3));
          const DifferenceScore other = difference_score(reference, m, *p, transform, options, on_threads(3));
          CHECK(one.changed == other.count);
          CHECK(one.difference_score() == other.score);
        }
}

TEST_CASE("an image that stays where it is has equal scores and no changed pixels") {
  const Plane reference = Scene(2).image(64, 48, {}, 5, 1), moving = Scene(2).image(64, 48, {}, 5, 2);
  const Agreement a = agreement(reference, nullptr, moving, {}, {}, true, serial);
  CHECK(a.before == a.after);
  CHECK(a.changed == 0);
  CHECK(a.difference_score() == 0.5);
}

TEST_CASE("constant images have correlation 0") {
  Plane flat(40, 30);
  std::fill(flat.pixels.begin(), flat.pixels.end(), 1e5f);
  CHECK(agreement(flat, nullptr, Scene(1).image(40, 30), Transform::shift(1, 1), {}, true, serial).after == 0);
}
