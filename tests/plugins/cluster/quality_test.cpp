#include "cluster/quality.hpp"

#include <catch2/catch.hpp>

#include "cluster/components.hpp"
#include "reference.hpp"
#include "threads.hpp"

using namespace sheaf;
using namespace sheaf::cluster;

TEST_CASE("silhouettes are those of scikit-learn", "[threads]") {
  int compared = 0;
  for (const auto &c : reference()["clustered"]) {
    Distances d = euclidean_distances(points(c), serial);
    for (const auto &[k, expected] : c["methods"]["ward"]["cuts"].items()) {
      const std::vector<int> labels = expected["labels"];
      const auto s = silhouettes(d, labels, serial);
      CHECK(s == silhouettes(d, labels, on_threads(4)));
      for (size_t i = 0; i < s.size(); i++) {
        CHECK(s[i] == Approx(expected["silhouettes"][i].get<double>()).margin(1e-9));
        compared++;
      }
    }
  }
  CHECK(compared > 1000);
}

TEST_CASE("the curve holds the mean silhouette of every cut", "[threads]") {
  const Features f = points(60, 5, 3, 4);
  Distances d = euclidean_distances(f, serial);
  const auto merges = linkage(d, Method::average, [] {});
  const auto curve = silhouette_curve(d, merges, 2, 25, serial);
  CHECK(curve == silhouette_curve(d, merges, 2, 25, on_threads(4)));
  REQUIRE(curve.size() == 24);
  for (int k = 2; k <= 25; k++) {
    double mean = 0;
    for (const double s : silhouettes(d, cut(merges, k), serial)) mean += s / 60;
    CHECK(curve[k - 2] == Approx(mean).margin(1e-12));
  }
  // four groups were put in
  CHECK(std::max_element(curve.begin(), curve.end()) - curve.begin() + 2 == 4);
}

TEST_CASE("an item alone scores 0, one cluster has no score, equal items score 0") {
  Distances d = euclidean_distances(points(6, 3, 5, 2), serial);
  CHECK(silhouettes(d, {1, 1, 1, 2, 1, 1}, serial)[3] == 0);
  for (const double s : silhouettes(d, {1, 1, 1, 1, 1, 1}, serial)) CHECK(std::isnan(s));
  const Distances same(4);
  for (const double s : silhouettes(same, {1, 1, 2, 2}, serial)) CHECK(s == 0);
}

TEST_CASE("the medoid is the member nearest to the others, the first of equals", "[threads]") {
  Distances d(5);  // positions on a line: 0 1 2 10 11
  const double at[] = {0, 1, 2, 10, 11};
  for (int i = 0; i < 5; i++)
    for (int j = 0; j < 5; j++) d(i, j) = std::abs(at[i] - at[j]);
  CHECK(medoids(d, {1, 1, 1, 2, 2}, serial) == std::vector<int64_t>{1, 3});
  CHECK(medoids(d, {2, 1, 1, 1, 2}, serial) == std::vector<int64_t>{2, 0});
  CHECK(medoids(d, {1, 2, 3, 4, 5}, on_threads(3)) == std::vector<int64_t>{0, 1, 2, 3, 4});
}

TEST_CASE("principal components are those of scikit-learn", "[threads]") {
  for (const auto &c : reference()["clustered"]) {
    const Distances d = euclidean_distances(points(c), serial);
    const auto axes = principal_components(d, serial);
    CHECK(axes == principal_components(d, on_threads(4)));
    for (int k = 0; k < 2; k++) {
      double largest = 0;
      for (const auto &row : c["components"]) largest = std::max(largest, std::abs(row[k].get<double>()));
      for (size_t i = 0; i < axes[k].size(); i++)
        CHECK(axes[k][i] == Approx(c["components"][i][k].get<double>()).margin(1e-6 * largest));
    }
  }
}

TEST_CASE("components of points on a line, of equal points and of a regular figure") {
  Distances line(6), same(6), triangle(3);
  for (int i = 0; i < 6; i++)
    for (int j = 0; j < 6; j++) line(i, j) = std::abs(i - j);
  const auto a = principal_components(line, serial);
  for (int i = 0; i < 6; i++) {
    CHECK(std::abs(a[0][i]) == Approx(std::abs(i - 2.5)));
    CHECK(a[1][i] == Approx(0).margin(1e-6));
  }
  for (const auto &axis : principal_components(same, serial))
    for (const double v : axis) CHECK(v == 0);
  // both axes of an equilateral triangle have the same extent
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) triangle(i, j) = i != j;
  const auto t = principal_components(triangle, serial);
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < i; j++) CHECK(std::hypot(t[0][i] - t[0][j], t[1][i] - t[1][j]) == Approx(1));
}
