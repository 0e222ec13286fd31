#include "segment/points_kmeans.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "pixels.hpp"
#include "segment/kmeans.hpp"

using namespace sheaf::segment;
using pixels::Image;

namespace {

Planes planes_of(const Image<sheaf::Rgb> &image) {
  Planes planes;
  make_planes(image.view(), {}, Space::rgb, planes);
  return planes;
}

void backwards(int64_t count, const std::function<void(int64_t)> &body) {
  for (int64_t i = count; i-- > 0;) body(i);
}

}  // namespace

TEST_CASE("pixels are divided as compactly as by scikit-learn's KMeans") {
  const auto reference = nlohmann::json::parse(std::ifstream(SHEAF_TEST_DATA "/segment/kmeans.json")).at("cases");
  REQUIRE(reference.size() == 4);
  for (const auto &r : reference) {
    const auto image = pixels::colour_texture(97, 61, r.at("seed"));
    KmeansOptions options;
    options.k = r.at("k");
    Image<uint32_t> labels(97, 61);
    const double compactness = kmeans_labels(planes_of(image), r.at("colour_importance"), options, labels.into());
    CHECK(compactness <= 1.01 * r.at("compactness").get<double>());
    CHECK(compactness >= 0.98 * r.at("compactness").get<double>());
  }
}

TEST_CASE("the order in which blocks are computed changes no class") {
  const auto image = pixels::colour_texture(197, 161, 5);
  KmeansOptions options;
  options.attempts = 3;
  Image<uint32_t> a(197, 161), b(197, 161);
  const double one = kmeans_labels(planes_of(image), 5, options, a.into());
  CHECK(one == kmeans_labels(planes_of(image), 5, options, b.into(), backwards));
  CHECK(a.data == b.data);
}

TEST_CASE("points that lie apart are told apart, and as many classes as points are one each") {
  Points points;
  points.column = {{0, 1, 0, 100, 101, 100, 0, 1}, {0, 0, 1, 50, 50, 51, 300, 300}, {5, 5, 5, 5, 5, 5, 5, 5}};
  KmeansOptions options;
  options.k = 3;
  const Clusters three = kmeans(points, options);
  CHECK(std::set<int>{three.cluster[0], three.cluster[3], three.cluster[6]}.size() == 3);
  CHECK(three.cluster[0] == three.cluster[1]);
  CHECK(three.cluster[0] == three.cluster[2]);
  CHECK(three.cluster[3] == three.cluster[5]);
  CHECK(three.cluster[6] == three.cluster[7]);
  CHECK(three.compactness == Approx(4.0 / 3 + 4.0 / 3 + 0.5));
  options.k = 8;
  const Clusters eight = kmeans(points, options);
  CHECK(std::set<int>(eight.cluster.begin(), eight.cluster.end()).size() == 8);
  CHECK(eight.compactness == 0);
}

TEST_CASE("equal points are one class, however many are wanted") {
  Points points;
  points.column.assign(3, std::vector<float>(20, 7.0f));
  KmeansOptions options;
  options.k = 4;
  const Clusters clusters = kmeans(points, options);
  CHECK(std::set<int>(clusters.cluster.begin(), clusters.cluster.end()).size() == 1);
}
