// cluster.images through sheaf.h.
#include <catch2/catch.hpp>
#include <cmath>

#include "operation.hpp"

using operation::Json;
using pixels::Image;
using testing::Client;

namespace {

// Images of three kinds in turn: 1 2 3 1 2 3 ...
std::vector<Image<uint8_t>> kinds(int count) {
  std::vector<Image<uint8_t>> images;
  for (int n = 0; n < count; n++) {
    const auto kind = pixels::texture<uint8_t>(150, 130, 1 + n % 3), own = pixels::texture<uint8_t>(150, 130, 100 + n);
    images.push_back(
        pixels::make<uint8_t>(150, 130, [&](int x, int y) -> uint8_t { return kind(x, y) / 2 + own(x, y) / 4; }));
  }
  return images;
}

template <class T>
Client clustered(const std::vector<Image<T>> &images, const Json &params = Json::object(), int threads = 2) {
  return operation::run("sheaf_cluster", "cluster.images", operation::collection(images), params, threads);
}

template <class T>
std::string outcome(const std::vector<Image<T>> &images, const Json &params = Json::object()) {
  return operation::outcome("sheaf_cluster", "cluster.images", operation::collection(images), params);
}

const Json &plot(const Client &client, const std::string &name) {
  for (const auto &p : client.plots)
    if (p["name"] == name) return p;
  throw std::out_of_range(name);
}

}  // namespace

TEST_CASE("three kinds of images are found, numbered in order, each with a representative") {
  for (const char *method : {"ward", "complete", "average", "weighted"}) {
    const Client client = clustered(kinds(12), {{"method", method}});
    std::vector<std::string> names;
    for (const auto &c : client.tables.at("clusters")) names.push_back(c.name);
    CHECK(names == std::vector<std::string>{"Label", "cluster", "silhouette", "representative", "status"});
    const auto &cluster = client.column("clusters", "cluster").numbers;
    double representatives = 0;
    for (size_t n = 0; n < 12; n++) {
      CHECK(cluster[n] == 1 + n % 3);
      CHECK(client.column("clusters", "silhouette").numbers[n] > 0);
      CHECK(client.column("clusters", "status").texts[n] == "ok");
      representatives += client.column("clusters", "representative").numbers[n];
    }
    CHECK(representatives == 3);
  }
}

TEST_CASE("the plots hold what the table says") {
  const Client client = clustered(kinds(12));
  REQUIRE(client.plots.size() == 3);
  const Json &score = plot(client, "score"), &dendrogram = plot(client, "dendrogram"),
             &scatter = plot(client, "scatter");
  CHECK(score["kind"] == "curve");
  CHECK(score["mark"] == 3);
  CHECK(score["x"].front() == 3);
  CHECK(score["x"].back() == 11);  // 25 is limited to one less than there are images
  double mean = 0;
  for (const double s : client.column("clusters", "silhouette").numbers) mean += s / 12;
  CHECK(score["y"][0].get<double>() == Approx(mean).epsilon(1e-9));

  CHECK(dendrogram["kind"] == "dendrogram");
  REQUIRE(dendrogram["linkage"].size() == 11);
  CHECK(dendrogram["names"].size() == 12);
  CHECK(dendrogram["order"].size() == 12);
  CHECK(dendrogram["linkage"][10][3] == 12);
  const double cut = dendrogram["cut"];
  CHECK(cut > dendrogram["linkage"][8][2].get<double>());
  CHECK(cut < dendrogram["linkage"][9][2].get<double>());

  CHECK(scatter["kind"] == "scatter");
  for (size_t n = 0; n < 12; n++) CHECK(scatter["group"][n] == client.column("clusters", "cluster").numbers[n]);
  // kinds lie apart in the plane of the first two components
  auto distance = [&](size_t a, size_t b) {
    return std::hypot(scatter["x"][a].get<double>() - scatter["x"][b].get<double>(),
                      scatter["y"][a].get<double>() - scatter["y"][b].get<double>());
  };
  CHECK(distance(0, 3) < distance(0, 1) / 3);
}

TEST_CASE("a given number of clusters is obeyed, and the curve still drawn") {
  for (const int k : {1, 2, 5, 9}) {
    const Client client = clustered(kinds(9), {{"k", k}});
    const auto &cluster = client.column("clusters", "cluster").numbers;
    CHECK(*std::max_element(cluster.begin(), cluster.end()) == k);
    CHECK(std::isnan(client.column("clusters", "silhouette").numbers[0]) == (k == 1));
    CHECK(plot(client, "score")["mark"] == k);
  }
}

TEST_CASE("what cannot be clustered ends with a sentence") {
  CHECK(outcome(kinds(5), {{"k", 6}}) ==
        "invalid: k: 6 given, there are 5 images with data; accepted: 0 (chosen by silhouette) to 5");
  CHECK(outcome(kinds(5), {{"k_min", 7}, {"k_max", 5}}) ==
        "invalid: k_min: 7 given, k_max is 5; accepted: k_min up to k_max");
  CHECK(outcome(kinds(5), {{"channel", 2}}) == "invalid: channel: 2 given, the image has 1 channel; accepted: 1");
  CHECK(outcome(kinds(2)).starts_with("invalid: "));
  const std::vector<Image<float>> nothing(4, Image<float>(20, 20, std::nanf("")));
  CHECK(outcome(nothing) == "invalid: images: 0 with data given in channel 1, clustering needs at least 3");
}

TEST_CASE("distances that do not fit the memory are refused, naming the budget") {
  testing::Session session(2, 40 << 20);
  session.with("sheaf_cluster");
  Client client(testing::collection(SHEAF_U8, 16, 16, 3000));
  const std::string outcome = testing::outcome(session, "cluster.images", client);
  INFO(outcome);
  CHECK(outcome.starts_with("no memory: "));
  CHECK(outcome.find("distances between 3000 images") != std::string::npos);
}

TEST_CASE("three images are enough") {
  const Client client = clustered(kinds(3));
  CHECK(plot(client, "score")["x"] == Json::array({2}));
}

TEST_CASE("an image without data has no cluster, constant and equal ones have") {
  std::vector<Image<float>> images;
  for (int n = 0; n < 6; n++) images.push_back(pixels::texture<float>(64, 64, 1 + n / 2));
  images[2] = Image<float>(64, 64, std::nanf(""));
  images[4] = Image<float>(64, 64, 5.f);
  const Client client = clustered(images, {{"k", 3}});
  CHECK(client.column("clusters", "status").texts[2] == "degenerate");
  CHECK(std::isnan(client.column("clusters", "cluster").numbers[2]));
  CHECK(client.column("clusters", "representative").numbers[2] == 0);
  CHECK(client.column("clusters", "cluster").numbers[0] == client.column("clusters", "cluster").numbers[1]);
  CHECK(client.column("clusters", "status").texts[4] == "ok");
}

TEST_CASE("images that are equal are never parted unless k asks for it") {
  const auto a = pixels::texture<uint8_t>(64, 64, 1), b = pixels::texture<uint8_t>(64, 64, 2);
  for (const auto &image : {a, Image<uint8_t>(32, 32, 9)}) {
    const std::vector<Image<uint8_t>> same(5, image);
    const Client client = clustered(same);
    CHECK(client.column("clusters", "cluster").numbers == std::vector<double>(5, 1));
    CHECK(client.column("clusters", "representative").numbers == std::vector<double>{1, 0, 0, 0, 0});
    CHECK(client.plots.size() == 2);  // one cluster has no silhouette
    CHECK(client.logs.back().second.find("all images are equal") != std::string::npos);
    CHECK(clustered(same, {{"k", 3}}).column("clusters", "cluster").numbers.back() > 1);
  }
  for (const char *method : {"ward", "single", "complete", "average", "weighted", "centroid", "median"}) {
    const Client client = clustered<uint8_t>({a, b, a, b, b, a}, {{"method", method}});
    CHECK(client.column("clusters", "cluster").numbers == std::vector<double>{1, 2, 1, 2, 2, 1});
    CHECK(client.column("clusters", "silhouette").numbers == std::vector<double>(6, 1));
    CHECK(client.logs.back().second.find("there are only 2 different images") != std::string::npos);
  }
}

TEST_CASE("only the chosen channel is looked at") {
  auto images = kinds(12);
  std::vector<Image<uint8_t>> both;
  for (int n = 0; n < 12; n++) {
    both.push_back(pixels::texture<uint8_t>(150, 130, 500 + n));
    both.push_back(images[n]);
  }
  auto collection = operation::collection(both, 2);
  const Client two = operation::run("sheaf_cluster", "cluster.images", collection, {{"channel", 2}});
  const Client alone = clustered(images);
  CHECK(two.column("clusters", "cluster").numbers == alone.column("clusters", "cluster").numbers);
  CHECK(two.column("clusters", "Label").texts[1] == "4");
}

TEST_CASE("one thread and four give the same tables and plots") {
  const Client one = clustered(kinds(40), Json::object(), 1), four = clustered(kinds(40), Json::object(), 4);
  CHECK(one.plots == four.plots);
  for (const auto &c : one.tables.at("clusters")) CHECK(c.numbers == four.column("clusters", c.name).numbers);
}
