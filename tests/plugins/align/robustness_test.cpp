// What is hard to find, on small images; tests/bench/robustness.py has the same
// with many trials.
#include <catch2/catch.hpp>

#include "align/closure.hpp"
#include "align/estimate.hpp"
#include "align/local.hpp"
#include "align/outliers.hpp"
#include "align/registration.hpp"
#include "scene.hpp"
#include "threads.hpp"

using namespace sheaf;
using namespace sheaf::align;

namespace {

constexpr int side = 192;

// Texture of all sizes, which does not repeat as waves do.
class Texture {
 public:
  explicit Texture(uint32_t seed) {
    for (const int radius : {2, 5, 12}) {
      const auto image = generated::texture(size, size, seed + radius, radius);
      for (size_t i = 0; i < sum_.size(); i++) sum_[i] += static_cast<float>(image.pixels[i]) / 768;
    }
  }
  // Content moved by t, bilinearly drawn, with noise.
  Plane view(const Transform &t, double noise, uint32_t seed) const {
    const Transform back = Transform::shift(margin, margin) * inverse(t);
    const auto draws = generated::noise(4 * side, side, seed);
    Plane out(side, side);
    for (int y = 0; y < side; y++)
      for (int x = 0; x < side; x++) {
        const Point p = back(x, y);
        const double u = std::clamp(p.x, 0.0, size - 2.0), v = std::clamp(p.y, 0.0, size - 2.0);
        const int i = static_cast<int>(u), j = static_cast<int>(v);
        const double fx = u - i, fy = v - j;
        const float *at = sum_.data() + j * size + i;
        double value = (at[0] * (1 - fx) + at[1] * fx) * (1 - fy) + (at[size] * (1 - fx) + at[size + 1] * fx) * fy;
        const auto *d = draws.pixels.data() + 4 * (y * side + x);
        value += noise * std::sqrt(3.0) * ((d[0] + d[1] + d[2] + d[3]) / 65536.0 - 2);
        out.row(y)[x] = static_cast<float>(value);
      }
    return out;
  }

 private:
  static constexpr int size = 480, margin = (size - side) / 2;
  std::vector<float> sum_ = std::vector<float>(size * size);
};

Transform turned(double dx, double dy, double degrees, double scale = 1, double shear = 0) {
  const double a = degrees * std::numbers::pi / 180, c = scale * std::cos(a), s = scale * std::sin(a);
  const double m = (side - 1) / 2.0;
  return Transform::shift(m + dx, m + dy) * Transform{{c, -s, 0, s, c, 0, 0, 0, 1}} *
         Transform{{1, shear, 0, 0, 1, 0, 0, 0, 1}} * Transform::shift(-m, -m);
}

Estimate found(const Plane &reference, const Plane &moving, Model model, Start start = Start::automatic,
               const Parallel &parallel = serial) {
  EstimateOptions options;
  options.model = model;
  options.start = start;
  return estimate(make_pyramid(reference), {}, make_pyramid(moving), options, parallel);
}

double error_of(const Estimate &e, const Transform &truth) { return mean_corner_error(e.transform, truth, side, side); }

}  // namespace

TEST_CASE("rotations all around, scales from one half to two and shifts of 40 percent are found") {
  const Texture texture(1);
  const Plane reference = texture.view({}, 5, 1);
  for (const double degrees : {-170.0, -95.0, -40.0, 33.0, 90.0, 130.0, 180.0}) {
    INFO(degrees << " degrees");
    const Transform t = turned(4, -6, degrees);
    const Estimate e = found(reference, texture.view(t, 5, 2), Model::rigid);
    CHECK(e.found);
    CHECK(error_of(e, t) < 0.5);
  }
  for (const double scale : {0.5, 0.7, 1.4, 2.0}) {
    INFO("scale " << scale);
    const Transform t = turned(-5, 3, 10, scale);
    const Estimate e = found(reference, texture.view(t, 5, 3), Model::similarity);
    CHECK(e.found);
    CHECK(error_of(e, t) < 0.5);
  }
  const Transform shift = Transform::shift(0.4 * side, -0.3 * side);
  CHECK(error_of(found(reference, texture.view(shift, 5, 4), Model::rigid), shift) < 0.5);
  const Transform affine = turned(30, -25, 35, 0.85, 0.1);
  CHECK(error_of(found(reference, texture.view(affine, 20, 5), Model::affine), affine) < 0.5);
}

TEST_CASE("inverted contrast is found and reported") {
  const Texture texture(2);
  const Transform t = turned(7, 5, 3);
  Plane moving = texture.view(t, 5, 2);
  for (float &p : moving.pixels) p = 300 - p;
  const Estimate e = found(texture.view({}, 5, 1), moving, Model::rigid);
  CHECK(e.found);
  CHECK(e.inverted);
  CHECK(error_of(e, t) < 0.2);
}

TEST_CASE("uneven illumination does not drag the result") {
  const Texture texture(3);
  const Transform t = turned(-6, 8, -4);
  Plane moving = texture.view(t, 5, 2);
  for (int y = 0; y < side; y++)
    for (int x = 0; x < side; x++)
      moving.row(y)[x] *= 0.3f + 1.2f * static_cast<float>(x) / side + 0.4f * static_cast<float>(y) / side;
  const Estimate e = found(texture.view({}, 5, 1), moving, Model::rigid);
  CHECK(e.found);
  CHECK(error_of(e, t) < 0.3);
}

TEST_CASE("other content in 30 percent of the area does not drag the result") {
  const Texture texture(4), other(90);
  const Transform t = turned(5, 6, 2);
  Plane moving = texture.view(t, 5, 2);
  const Plane elsewhere = other.view({}, 5, 3);
  for (int y = 20; y < 20 + 105; y++)
    for (int x = 60; x < 60 + 105; x++) moving.row(y)[x] = elsewhere.row(y)[x];
  const Estimate e = found(texture.view({}, 5, 1), moving, Model::rigid);
  CHECK(e.found);
  CHECK(error_of(e, t) < 0.2);
}

TEST_CASE("what moved by itself is left out, and nothing else") {
  const Texture texture(5);
  const Plane still = texture.view({}, 4, 1);
  Plane before = still, after = texture.view({}, 4, 2);
  auto disc = [](Plane &plane, int cx, int cy) {
    for (int y = 0; y < side; y++)
      for (int x = 0; x < side; x++)
        if (std::hypot(x - cx, y - cy) < 25) plane.row(y)[x] = 240 + static_cast<float>((x * 7 + y * 3) % 11);
  };
  disc(before, 70, 80);
  disc(after, 82, 86);
  const Pyramid a = make_pyramid(before), b = make_pyramid(after), c = make_pyramid(texture.view({}, 4, 3));
  CHECK(inliers(make_pyramid(still).levels[0], nullptr, c.levels[0], {}, 0.3).mask.empty());
  const Mask mask = inliers(a.levels[0], nullptr, b.levels[0], {}, 0.3).mask;
  REQUIRE_FALSE(mask.empty());
  CHECK(mask[86 * side + 102] == 0);  // where the disc is now and was not
  CHECK(mask[20 * side + 20] == 1);
  for (const Model model : {Model::translation, Model::rigid, Model::affine})
    CHECK(mean_corner_error(found(before, after, model).transform, {}, side, side) < 0.25);
}

TEST_CASE("unrelated images do not match, and the registration keeps them where they are") {
  int refused = 0;
  for (uint32_t seed = 0; seed < 4; seed++) {
    const std::vector<Plane> planes = {Texture(20 + seed).view({}, 5, 1), Texture(50 + seed).view({}, 5, 2)};
    RegistrationOptions options;
    const Series series{2, side, side, [&](int64_t n) { return planes[n]; }};
    const Registration r = register_series(series, {}, options, serial);
    UNSCOPED_INFO(r.images[1].match);
    if (r.images[1].status == Status::ok) continue;
    refused++;
    CHECK(r.images[1].transform.is_identity());
    CHECK_FALSE(r.images[1].reason.empty());
    options.keep = true;
    const Registration kept = register_series(series, {}, options, serial);
    CHECK(kept.images[1].status == r.images[1].status);
  }
  CHECK(refused == 4);
}

TEST_CASE("a small region of interest is evidence enough, and one without structure is none") {
  constexpr int wide = 512, border = 20, dx = 7, dy = -5, seen = 48;
  // structure right of the middle, nothing left of it; both images noisy
  const auto fine = generated::texture(wide + 2 * border, wide + 2 * border, 3, 3);
  const auto view = [&](int left, int top, uint32_t seed) {
    const auto draws = generated::noise(4 * wide, wide, seed);
    Plane plane(wide, wide);
    for (int y = 0; y < wide; y++)
      for (int x = 0; x < wide; x++) {
        const auto *d = draws.pixels.data() + 4 * (y * wide + x);
        const double noise = 12 * std::sqrt(3.0) * ((d[0] + d[1] + d[2] + d[3]) / 65536.0 - 2);
        const double value = x < wide / 2 ? 100 : fine(x + border - left, y + border - top) / 256.0;
        plane.row(y)[x] = static_cast<float>(value + noise);
      }
    return plane;
  };
  const std::vector<Plane> planes = {view(0, 0, 1), view(dx, dy, 2)};
  const Series series{2, wide, wide, [&](int64_t n) { return planes[static_cast<size_t>(n)]; }};
  const auto of_region = [&](int left, int top, Model model) {
    Mask mask(size_t{wide} * wide);
    for (int y = top; y < top + seen; y++)
      for (int x = left; x < left + seen; x++) mask[static_cast<size_t>(y * wide + x)] = 1;
    RegistrationOptions options;
    options.model = model;
    return register_series(series, mask, options, serial).images[1];
  };
  for (const auto &[left, top] : {std::pair{300, 60}, {400, 230}, {280, 400}}) {
    INFO(left << " " << top);
    for (const Model model : {Model::translation, Model::rigid}) {
      const Registered r = of_region(left, top, model);
      CHECK(r.status == Status::ok);
      CHECK(r.reason.empty());
      const double x = left + seen / 2.0, y = top + seen / 2.0;
      const Point p = r.transform(x, y);
      CHECK(std::hypot(p.x - x - dx, p.y - y - dy) < 0.3);
    }
    const Registered r = of_region(left - 260, top, Model::translation);
    CHECK(r.status == Status::no_match);
    CHECK(r.reason.find("no more than by chance") != std::string::npos);
    CHECK(r.transform.is_identity());
  }
}

TEST_CASE("a search that does not come to rest has found nothing unless local structures leave no doubt") {
  const Texture texture(8);
  const Transform t = turned(2, -1, 1);
  EstimateOptions options;
  options.start = Start::identity;
  options.tolerance = 0;
  const auto restless = [&](double noise) {
    return estimate(make_pyramid(texture.view({}, noise, 1)), {}, make_pyramid(texture.view(t, noise, 2)), options,
                    serial);
  };
  const Estimate clear = restless(2), doubtful = restless(90);
  CHECK_FALSE(clear.converged);
  CHECK(clear.found);
  CHECK_FALSE(doubtful.converged);
  CAPTURE(doubtful.evidence);
  CHECK(doubtful.evidence > 0.2);
  CHECK_FALSE(doubtful.found);
  options.tolerance = EstimateOptions{}.tolerance;
  const Estimate patient =
      estimate(make_pyramid(texture.view({}, 90, 1)), {}, make_pyramid(texture.view(t, 90, 2)), options, serial);
  CHECK(patient.converged);
  CHECK(patient.found);
}

TEST_CASE("a start says where to look") {
  const Texture texture(6);
  const Plane reference = texture.view({}, 5, 1);
  const Transform far = turned(0, 0, 120), shift = Transform::shift(60, -50);
  CHECK(error_of(found(reference, texture.view(far, 5, 2), Model::rigid, Start::identity), far) > 10);
  CHECK(error_of(found(reference, texture.view(far, 5, 2), Model::rigid, Start::rotation), far) < 0.5);
  CHECK(error_of(found(reference, texture.view(shift, 5, 2), Model::rigid, Start::phase), shift) < 0.1);
}

TEST_CASE("searching everywhere gives the same bits on one thread and on three", "[threads]") {
  const Texture texture(7);
  const Transform t = turned(10, 4, 77, 1.3);
  const Plane a = texture.view({}, 10, 1), b = texture.view(t, 10, 2);
  const Estimate one = found(a, b, Model::similarity),
                 three = found(a, b, Model::similarity, Start::automatic, on_threads(3));
  CHECK(one.transform.m == three.transform.m);
  CHECK(one.evidence == three.evidence);
  CHECK(error_of(one, t) < 0.5);
}

TEST_CASE("a series closes on links of any length, and one that is wrong does no harm") {
  std::vector<Transform> truth, start;
  std::vector<Link> links;
  Draws draw(2000, 3);
  Transform t, drifting;
  for (int n = 0; n < 60; n++) {
    truth.push_back(t);
    start.push_back(drifting);
    t = turned(draw(-3, 3), draw(-3, 3), draw(-1, 1)) * t;
    drifting = t * Transform::shift(0.05 * n, 0.03 * n);
  }
  for (const int64_t distance : {1, 2, 4, 8, 16, 32})
    for (int64_t n = distance; n < 60; n += std::max<int64_t>(1, distance / 2)) {
      const Transform noise = Transform::shift(draw(-0.02, 0.02), draw(-0.02, 0.02));
      links.push_back({n - distance, n, noise * truth[n] * inverse(truth[n - distance]), true});
    }
  links[30].pair = Transform::shift(9, -7) * links[30].pair;
  links[40].found = false;
  const Closure closure = close_series(start, links, Model::rigid, side, side, [] {});
  for (size_t n = 0; n < truth.size(); n++) {
    CHECK(corner_distance(closure.transforms[n], truth[n], side, side) < 0.15);
    if (n != 30 && n != 31) CHECK(closure.errors[n] < 0.2);
  }
  CHECK(closure.errors[31] > 1);
}

TEST_CASE("long chains do not drift when they are corrected") {
  const Texture texture(8);
  std::vector<Plane> planes;
  std::vector<Transform> truth;
  Draws draw(300, 5);
  Transform t;
  for (uint32_t n = 0; n < 40; n++) {
    truth.push_back(t);
    planes.push_back(texture.view(t, 30, 100 + n));
    t = turned(draw(-1, 1), draw(-1, 1), draw(-0.3, 0.3)) * t;
  }
  const Series series{40, side, side, [&](int64_t n) { return planes[n]; }};
  RegistrationOptions options;
  double worst[2] = {};
  for (const bool global : {false, true}) {
    options.global = global;
    const Registration r = register_series(series, {}, options, serial);
    for (size_t n = 0; n < 40; n++)
      worst[global] = std::max(worst[global], corner_distance(r.images[n].transform, truth[n], side, side));
    CHECK(std::isnan(r.images[5].closure_error) != global);
  }
  CHECK(worst[1] < worst[0]);
  CHECK(worst[1] < 0.5);
}
