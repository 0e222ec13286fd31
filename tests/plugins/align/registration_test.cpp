#include "align/registration.hpp"

#include <catch2/catch.hpp>

#include "scene.hpp"
#include "threads.hpp"

using namespace sheaf;
using namespace sheaf::align;

namespace {

constexpr int width = 96, height = 80;

Series series_of(const std::vector<Plane> &planes) {
  return {static_cast<int64_t>(planes.size()), planes[0].width, planes[0].height,
          [&planes](int64_t n) { return planes[n]; }};
}

Registration registered(const std::vector<Plane> &planes, Reference reference, int64_t base = 0,
                        const Parallel &parallel = serial, int64_t batch = 1) {
  RegistrationOptions options;
  options.reference = reference;
  options.base = base;
  options.batch = batch;
  return register_series(series_of(planes), {}, options, parallel);
}

// A drifting scene; transform n of the result is where the content of image n is.
struct Drift {
  std::vector<Plane> planes;
  std::vector<Transform> truth;

  explicit Drift(int count, double noise = 3) {
    for (int n = 0; n < count; n++) {
      const double a = 0.01 * n, c = std::cos(a), s = std::sin(a);
      truth.push_back(Transform::shift(40 + 1.7 * n, 40 - 0.9 * n) * Transform{{c, -s, 0, s, c, 0, 0, 0, 1}} *
                      Transform::shift(-40, -40));
      planes.push_back(Scene(1).image(width, height, truth[n], noise, 10 + n));
    }
  }
};

Plane flat() {
  Plane plane(width, height);
  std::fill(plane.pixels.begin(), plane.pixels.end(), 50.f);
  return plane;
}

bool same(const Registration &a, const Registration &b) {
  for (size_t n = 0; n < a.images.size(); n++) {
    const Registered &p = a.images[n], &q = b.images[n];
    if (p.transform.m != q.transform.m || p.pair.m != q.pair.m || p.status != q.status || p.against != q.against)
      return false;
    if (p.status != Status::degenerate && (p.score_before != q.score_before || p.score_after != q.score_after))
      return false;
  }
  return a.reference.pixels == b.reference.pixels;
}

constexpr Reference references[] = {Reference::previous,     Reference::base,     Reference::first,
                                    Reference::mean,         Reference::median,   Reference::iterated_mean,
                                    Reference::rolling_mean, Reference::every_nth};

}  // namespace

TEST_CASE("a chain composes the transforms of neighbours") {
  const Drift drift(6);
  const Registration r = registered(drift.planes, Reference::previous);
  CHECK(r.images[0].status == Status::reference);
  CHECK(r.images[0].transform.is_identity());
  for (int n = 1; n < 6; n++) {
    CHECK(r.images[n].status == Status::ok);
    CHECK(r.images[n].against == n - 1);
    CHECK(r.images[n].score_after > r.images[n].score_before);
    CHECK(corner_distance(r.images[n].transform, drift.truth[n], width, height) < 0.1);
    CHECK(corner_distance(r.images[n].transform, r.images[n].pair * r.images[n - 1].transform, width, height) < 1e-9);
  }
}

TEST_CASE("a chain of shifts and rotations that do not commute ends where the last image is") {
  std::vector<Plane> planes;
  std::vector<Transform> truth;
  Transform t;
  for (int n = 0; n < 6; n++) {
    truth.push_back(t);
    planes.push_back(Scene(5).image(width, height, t, 2, 40 + n));
    const double a = n % 2 ? -0.12 : 0.15, c = std::cos(a), s = std::sin(a);
    t = Transform::shift(48 + 3, 40 - 4) * Transform{{c, -s, 0, s, c, 0, 0, 0, 1}} * Transform::shift(-48, -40) * t;
  }
  for (const Reference reference : {Reference::previous, Reference::every_nth, Reference::rolling_mean}) {
    const Registration r = registered(planes, reference);
    for (int n = 1; n < 6; n++) CHECK(corner_distance(r.images[n].transform, truth[n], width, height) < 0.2);
  }
}

TEST_CASE("first and base leave their image where it is and move the others to it") {
  const Drift drift(5);
  CHECK(same(registered(drift.planes, Reference::first), registered(drift.planes, Reference::base, 0)));
  const Registration r = registered(drift.planes, Reference::base, 3);
  CHECK(r.images[3].status == Status::reference);
  CHECK(r.images[3].transform.is_identity());
  for (int n = 0; n < 5; n++)
    if (n != 3) {
      CHECK(r.images[n].status == Status::ok);
      const Transform expected = drift.truth[n] * inverse(drift.truth[3]);
      CHECK(corner_distance(r.images[n].transform, expected, width, height) < 0.05);
    }
}

TEST_CASE("mean, median and iterated mean bring the images together") {
  const Drift drift(5);
  double spread[3];
  int i = 0;
  for (const Reference reference : {Reference::mean, Reference::median, Reference::iterated_mean}) {
    const Registration r = registered(drift.planes, reference);
    CHECK(r.reference.pixels.size() == size_t(width) * height);
    double &worst = spread[i++];
    worst = 0;
    for (int n = 0; n < 5; n++) {
      CHECK(r.images[n].status == Status::ok);
      CHECK(r.images[n].against == -1);
      // relative to image 0, whatever the common frame
      const Transform relative = r.images[n].transform * inverse(r.images[0].transform);
      worst = std::max(worst, corner_distance(relative, drift.truth[n], width, height));
    }
    CHECK(worst < 1);
  }
  CHECK(spread[2] < 0.1);
  CHECK(spread[2] < spread[0]);
}

TEST_CASE("an image does not find itself in a mean that it is part of") {
  constexpr int side = 160;
  const Scene scene(5);
  std::vector<Plane> planes;
  std::vector<Transform> truth;
  for (int n = 0; n < 5; n++) {
    truth.push_back(n == 1 ? Transform::shift(55, -38) : Transform::shift(0.7 * n, -0.4 * n));
    planes.push_back(scene.image(side, side, truth[n], 3, 10 + n));
  }
  planes.push_back(Scene(70).image(side, side, {}, 3, 30));  // something else
  for (const Reference reference : {Reference::mean, Reference::iterated_mean}) {
    const Registration r = registered(planes, reference);
    for (int n = 0; n < 5; n++) {
      CHECK(r.images[n].status == Status::ok);
      const Transform relative = r.images[n].transform * inverse(r.images[0].transform);
      CHECK(corner_distance(relative, truth[n], side, side) < (reference == Reference::mean ? 1 : 0.1));
    }
    CHECK(r.images[5].status != Status::ok);
    CHECK(r.images[5].transform.is_identity());
  }
  const Registration r = registered(planes, Reference::iterated_mean);
  double sum = 0;
  for (int n = 0; n < 5; n++) {
    const Point p = r.images[n].transform(80, 80);
    sum += scene(inverse(truth[n])(p.x, p.y).x, inverse(truth[n])(p.x, p.y).y) / 5;
  }
  CHECK(r.reference.row(80)[80] == Approx(sum).margin(6));
}

TEST_CASE("a transform that noise leaves open is uncertain, and says by how much") {
  RegistrationOptions options;
  options.model = Model::affine;
  options.reference = Reference::first;
  const Scene scene(6);
  const auto pair = [&](double noise, uint32_t seed) {
    return std::vector{scene.image(240, 240, {}, noise, seed),
                       scene.image(240, 240, Transform::shift(2, 1), noise, seed + 1)};
  };
  const Registered clear = register_series(series_of(pair(20, 1)), {}, options, serial).images[1];
  CHECK(clear.status == Status::ok);
  CHECK(clear.reason.empty());
  const Registered noisy = register_series(series_of(pair(200, 1)), {}, options, serial).images[1];
  CHECK(noisy.status == Status::uncertain);
  CHECK_THAT(noisy.reason, Catch::StartsWith("noise may have displaced the corners by "));
  CHECK(noisy.transform.m[2] == Approx(2).margin(2));
}

TEST_CASE("the reference of mean and median is the mean and median of what is there") {
  std::vector<Plane> planes = Drift(4).planes;
  planes[1].pixels[5] = std::numeric_limits<float>::quiet_NaN();
  const Registration mean = registered(planes, Reference::mean), median = registered(planes, Reference::median);
  for (const size_t i : {size_t{5}, size_t{77}}) {
    std::vector<float> v;
    for (const Plane &p : planes)
      if (!std::isnan(p.pixels[i])) v.push_back(p.pixels[i]);
    std::sort(v.begin(), v.end());
    double sum = 0;
    for (const float e : v) sum += e;
    CHECK(mean.reference.pixels[i] == Approx(sum / v.size()).epsilon(1e-6));
    CHECK(median.reference.pixels[i] == Approx(v.size() == 3 ? v[1] : (v[1] + v[2]) / 2).epsilon(1e-6));
  }
}

TEST_CASE("images without structure keep their neighbour's place and the chain goes on over them") {
  const Drift drift(5);
  std::vector<Plane> planes = drift.planes;
  planes.insert(planes.begin() + 2, flat());
  planes.insert(planes.begin(), flat());
  Plane empty(width, height);
  std::fill(empty.pixels.begin(), empty.pixels.end(), std::numeric_limits<float>::quiet_NaN());
  planes.insert(planes.begin() + 4, empty);
  // flat 0 1 flat empty 2 3 4
  const Registration r = registered(planes, Reference::previous);
  CHECK(r.images[0].status == Status::degenerate);
  CHECK(r.images[0].transform.is_identity());
  CHECK(r.images[1].status == Status::reference);
  for (const int n : {3, 4}) {
    CHECK(r.images[n].status == Status::degenerate);
    CHECK(r.images[n].transform.m == r.images[2].transform.m);
    CHECK(std::isnan(r.images[n].score_after));
  }
  CHECK(r.images[5].against == 2);
  CHECK(r.images[5].status == Status::ok);
  CHECK(corner_distance(r.images[7].transform, drift.truth[4], width, height) < 0.1);
}

TEST_CASE("an image of something else does not cut the chain") {
  const Drift drift(6);
  std::vector<Plane> planes = drift.planes;
  // two of them: what comes next must not take the second for its neighbour
  planes.insert(planes.begin() + 3, {Scene(80).image(width, height, {}, 60), Scene(90).image(width, height, {}, 60)});
  for (const int64_t batch : {1, 3}) {
    const Registration r = registered(planes, Reference::previous, 0, serial, batch);
    CHECK((r.images[3].status != Status::ok && r.images[3].status != Status::not_converged));
    CHECK(r.images[3].transform.m == r.images[2].transform.m);
    CHECK(r.images[5].against == 2);
    for (int n = 5; n < 8; n++) {
      CHECK(r.images[n].status == Status::ok);
      CHECK(corner_distance(r.images[n].transform, drift.truth[n - 2], width, height) < 0.1);
    }
  }
}

TEST_CASE("after a change of the scene the chain goes on in the new one") {
  const Drift drift(3);
  std::vector<Plane> planes = drift.planes;
  for (const Plane &plane : drift.planes) planes.push_back(plane);
  for (int n = 3; n < 6; n++) planes[n] = Scene(80).image(width, height, drift.truth[n - 3], 3, 20 + n);
  const Registration r = registered(planes, Reference::previous);
  CHECK(r.images[3].status != Status::ok);
  for (const int n : {4, 5}) {
    CHECK(r.images[n].status == Status::ok);
    CHECK(r.images[n].against == n - 1);
  }
}

TEST_CASE("a collection without any structure is degenerate throughout") {
  for (const Reference reference : references) {
    const Registration r = registered({flat(), flat(), flat()}, reference);
    for (const Registered &image : r.images) {
      CHECK(image.status == Status::degenerate);
      CHECK(image.transform.is_identity());
    }
  }
}

TEST_CASE("a single image stays where it is") {
  for (const Reference reference : references) {
    const Registration r = registered({Scene(1).image(width, height)}, reference);
    REQUIRE(r.images.size() == 1);
    CHECK(corner_distance(r.images[0].transform, {}, width, height) < 1e-6);
    CHECK(r.images[0].score_after == Approx(1));
  }
}

TEST_CASE("copies of an image stay where they are, exactly") {
  const std::vector<Plane> planes(4, Scene(2).image(width, height, {}, 10));
  for (const Reference reference : {Reference::previous, Reference::first, Reference::median})
    for (const Registered &image : registered(planes, reference).images) {
      CHECK(image.transform.is_identity());
      CHECK((image.status == Status::ok || image.status == Status::reference));
    }
}

TEST_CASE("a still scene under noise moves by less than 0.05 px") {
  std::vector<Plane> planes;
  for (uint32_t n = 0; n < 12; n++) planes.push_back(Scene(3).image(width, height, {}, 5, n));
  for (const Reference reference : {Reference::first, Reference::previous, Reference::mean})
    for (const Registered &image : registered(planes, reference).images) {
      CHECK(corner_distance(image.transform, {}, width, height) < 0.05);
      CHECK((image.status == Status::ok || image.status == Status::reference));
    }
}

TEST_CASE("a result that is worse than the identity is not used") {
  for (uint32_t seed = 0; seed < 8; seed++) {
    const Registration r =
        registered({Scene(seed).image(width, height), Scene(seed + 50).image(width, height)}, Reference::first);
    const Registered &image = r.images[1];
    CHECK(image.score_after >= image.score_before);
    if (image.status == Status::worse_than_identity) CHECK(image.transform.is_identity());
  }
}

TEST_CASE("threads and batches do not change anything", "[threads]") {
  std::vector<Plane> planes = Drift(7).planes;
  planes[3] = flat();
  for (const Reference reference : references) {
    const Registration one = registered(planes, reference, 1);
    CHECK(same(one, registered(planes, reference, 1, serial, 3)));
    CHECK(same(one, registered(planes, reference, 1, on_threads(4), 4)));
    CHECK(same(one, registered(planes, reference, 1, on_threads(3), 1)));
  }
}

TEST_CASE("a failing read ends the registration with its own error", "[threads]") {
  Series broken{3, width, height, [](int64_t n) -> Plane {
                  if (n == 2) throw std::runtime_error("image 3 is gone");
                  return Scene(1).image(width, height);
                }};
  CHECK_THROWS_WITH(register_series(broken, {}, {}, on_threads(2)), "image 3 is gone");
}
