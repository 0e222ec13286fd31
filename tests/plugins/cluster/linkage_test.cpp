#include "cluster/linkage.hpp"

#include <catch2/catch.hpp>

#include "reference.hpp"
#include "threads.hpp"

using namespace sheaf;
using namespace sheaf::cluster;

namespace {

const std::vector<std::pair<const char *, Method>> methods = {
    {"ward", Method::ward},       {"single", Method::single},     {"complete", Method::complete},
    {"average", Method::average}, {"weighted", Method::weighted}, {"centroid", Method::centroid},
    {"median", Method::median},
};

void nothing() {}

std::vector<Merge> linked(const Features &features, Method method) {
  Distances d = euclidean_distances(features, serial);
  return linkage(d, method, nothing);
}

}  // namespace

TEST_CASE("linkage, leaves and cuts are those of SciPy") {
  REQUIRE(reference()["clustered"].size() == 4);
  for (const auto &c : reference()["clustered"]) {
    const Features features = points(c);
    for (const auto &[name, method] : methods) {
      INFO(name << ' ' << c["count"]);
      const auto &expected = c["methods"][name];
      const auto merges = linked(features, method);
      REQUIRE(merges.size() == expected["linkage"].size());
      for (size_t r = 0; r < merges.size(); r++) {
        const auto &row = expected["linkage"][r];
        CHECK(merges[r].a == row[0].get<double>());
        CHECK(merges[r].b == row[1].get<double>());
        CHECK(merges[r].height == Approx(row[2].get<double>()).epsilon(1e-10));
        CHECK(merges[r].size == row[3].get<double>());
      }
      CHECK(leaf_order(merges) == expected["leaves"].get<std::vector<int64_t>>());
      for (const auto &[k, cut_into] : expected["cuts"].items())
        CHECK(same_partition(cut(merges, std::stoi(k)), cut_into["labels"]));
    }
  }
}

TEST_CASE("distances are Euclidean, symmetric, and the same on one thread and four", "[threads]") {
  for (const int count : {1, 2, 5, 33, 70}) {
    const Features f = points(count, 37, 9, 3);
    const Distances d = euclidean_distances(f, serial);
    CHECK(d.values == euclidean_distances(f, on_threads(4)).values);
    for (int i = 0; i < count; i++)
      for (int j = 0; j < count; j++) {
        double sum = 0;
        for (int k = 0; k < 37; k++) sum += (double{f.row(i)[k]} - f.row(j)[k]) * (double{f.row(i)[k]} - f.row(j)[k]);
        CHECK(d(i, j) == Approx(std::sqrt(sum)).epsilon(1e-13));
        CHECK(d(i, j) == d(j, i));
      }
  }
}

TEST_CASE("equal items are at distance 0 exactly, and nearly equal ones keep their distance") {
  Features f = points(5, 1000, 10, 1);
  for (int k = 0; k < 1000; k++) f.row(3)[k] = f.row(1)[k];
  f.row(3)[500] += 1e-3f;
  for (int k = 0; k < 1000; k++) f.row(4)[k] = f.row(1)[k];
  const Distances d = euclidean_distances(f, serial);
  CHECK(d(1, 4) == 0);
  CHECK(d(1, 3) == Approx(std::abs(double{f.row(3)[500]} - f.row(1)[500])).epsilon(1e-12));
}

TEST_CASE("linkage leaves the distances as they were") {
  const Distances before = euclidean_distances(points(20, 4, 11, 2), serial);
  for (const auto &[name, method] : methods) {
    Distances d = before;
    linkage(d, method, nothing);
    CHECK(d.values == before.values);
  }
}

TEST_CASE("a cut into k clusters has k of them, even among equal items") {
  Features f = points(9, 3, 12, 1);
  for (int i = 1; i < 6; i++) std::copy_n(f.row(0), f.stride, f.row(i));
  for (const auto &[name, method] : methods) {
    const auto merges = linked(f, method);
    for (int k = 1; k <= 9; k++) {
      const auto labels = cut(merges, k);
      CHECK(*std::max_element(labels.begin(), labels.end()) == k);
      // numbered in the order of appearance
      int seen = 0;
      for (const int l : labels) {
        CHECK(l <= seen + 1);
        seen = std::max(seen, l);
      }
    }
  }
}

TEST_CASE("the cut height lies between the merges it separates") {
  const auto merges = linked(points(30, 4, 13, 3), Method::ward);
  for (int k = 1; k <= 30; k++) {
    const double h = cut_height(merges, k);
    int below = 0;
    for (const Merge &m : merges) below += m.height < h;
    CHECK(below == 30 - k);
  }
}

TEST_CASE("items in another order give the same clusters") {
  const Features f = points(40, 6, 14, 4);
  Features reversed(40, 6);
  for (int i = 0; i < 40; i++) std::copy_n(f.row(i), f.stride, reversed.row(39 - i));
  for (const auto &[name, method] : methods) {
    auto a = cut(linked(f, method), 4), b = cut(linked(reversed, method), 4);
    std::reverse(b.begin(), b.end());
    INFO(name);
    CHECK(same_partition(a, b));
  }
}

TEST_CASE("linkage can be stopped") {
  Distances d = euclidean_distances(points(50, 4, 15, 3), serial);
  int calls = 0;
  auto stop = [&] {
    if (++calls == 10) throw std::runtime_error("stopped");
  };
  CHECK_THROWS_WITH(linkage(d, Method::average, stop), "stopped");
  CHECK(calls == 10);
}
