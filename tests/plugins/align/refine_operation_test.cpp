// align.refine through sheaf.h.
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "operation.hpp"

using operation::Json;
using pixels::Image;
using testing::Client;

namespace {

constexpr int width = 90, height = 70;

// A window into a texture that drifts by (3, -2) px per position.
template <class T>
std::vector<Image<T>> drift(int count) {
  static const auto texture = generated::texture(160, 140, 1);
  std::vector<Image<T>> images;
  for (int n = 0; n < count; n++)
    images.push_back(pixels::make<T>(width, height, [&](int x, int y) {
      return static_cast<T>(texture(x + 30 - 3 * n, y + 30 + 2 * n) >> (sizeof(T) == 1 ? 8 : 1));
    }));
  return images;
}

template <class T>
Client refined(const std::vector<Image<T>> &images, const Json &params) {
  return operation::run("sheaf_align", "align.refine", operation::collection(images), params);
}

double number(const Client &client, const char *column, size_t row) {
  return client.column("refinement", column).numbers.at(row);
}
std::string status(const Client &client, size_t row) { return client.column("refinement", "status").texts.at(row); }

}  // namespace

TEST_CASE("the search over translations brings a drifting series to rest, in every type") {
  const auto check = [](const auto &images) {
    const Client client = refined(images, {{"method", "translation"}});
    CHECK(status(client, 0) == "reference");
    for (size_t n = 1; n < 3; n++) {
      CHECK(status(client, n) == "improved");
      CHECK(number(client, "m02", n) == 3.0 * n);
      CHECK(number(client, "m12", n) == -2.0 * n);
      CHECK(number(client, "dd_score", n) > 0.99);
      CHECK(number(client, "evaluations", n) == 441);
      CHECK(number(client, "ncc_after", n) > 0.999);
    }
    CHECK(client.outputs.at("refined").images.size() == 3);
  };
  check(drift<uint8_t>(3));
  check(drift<uint16_t>(3));
  check(drift<float>(3));
}

TEST_CASE("a start from a file is taken up, refined and saved again") {
  const std::string folder = std::filesystem::temp_directory_path() / "sheaf-refine-test";
  std::filesystem::create_directories(folder);
  const std::string start = folder + "/start.csv", saved = folder + "/saved.csv";
  std::ofstream(start) << "Label,m00,m01,m02,m10,m11,m12,m20,m21,m22\n"
                          "1,1,0,0,0,1,0,0,0,1\n2,1,0,2,0,1,-2,0,0,1\n3,1,0,6,0,1,-3,0,0,1\n";
  const Client client =
      refined(drift<uint8_t>(3), {{"method", "gradient"}, {"tolerance", 20}, {"transforms", start}, {"save", saved}});
  CHECK(status(client, 1) == "improved");
  CHECK(number(client, "moved", 1) == Approx(1).margin(0.2));
  CHECK(number(client, "m02", 1) == Approx(3).margin(0.1));
  CHECK(number(client, "m12", 2) == Approx(-4).margin(0.2));
  const Client again = refined(drift<uint8_t>(3), {{"method", "translation"}, {"transforms", saved}});
  for (size_t n = 1; n < 3; n++) CHECK(number(again, "m02", n) == number(client, "m02", n));
  CHECK(status(again, 1) == "kept");
  std::ofstream(start) << "Label,m00,m01,m02,m10,m11,m12,m20,m21,m22\n1,1,0,0,0,1,0,0,0,1\n2,1,0,2,0,1,-2,0,0,1\n";
  CHECK(operation::outcome("sheaf_align", "align.refine", operation::collection(drift<uint8_t>(3)),
                           {{"transforms", start}})
            .starts_with("invalid: transforms: "));
  std::filesystem::remove_all(folder);
}

TEST_CASE("the seed decides what evolution finds, whatever the threads") {
  const auto images = operation::collection(drift<uint8_t>(2));
  const Json params = {
      {"method", "evolution"}, {"reference", "first"}, {"generations", 10}, {"tolerance", 20}, {"seed", 5}};
  const Client one = operation::run("sheaf_align", "align.refine", images, params, 1);
  const Client four = operation::run("sheaf_align", "align.refine", images, params, 4);
  CHECK(one.column("refinement", "m02").numbers == four.column("refinement", "m02").numbers);
  CHECK(status(one, 1) == "improved");
  CHECK(number(one, "m02", 1) == Approx(3).margin(0.2));
}

TEST_CASE("constant images are left alone, and the chain goes on over them") {
  auto images = drift<uint8_t>(3);
  images[1] = Image<uint8_t>(width, height, 7);
  const Client client = refined(images, {{"method", "translation"}});
  CHECK(status(client, 1) == "degenerate");
  CHECK(number(client, "m02", 1) == 0);
  CHECK(number(client, "m02", 2) == 6);
  CHECK(number(client, "m12", 2) == -4);
}

TEST_CASE("mean and base are references, too") {
  const Client base = refined(drift<uint8_t>(3), {{"method", "translation"}, {"reference", "base"}, {"base", 2}});
  CHECK(status(base, 1) == "reference");
  CHECK(number(base, "m02", 0) == -3);
  CHECK(number(base, "m12", 2) == -2);
  const Client mean = refined(drift<uint8_t>(3), {{"method", "gradient"}, {"reference", "mean"}});
  for (size_t n = 0; n < 3; n++) CHECK(number(mean, "ncc_after", n) >= number(mean, "ncc_before", n));
  CHECK(operation::outcome("sheaf_align", "align.refine", operation::collection(drift<uint8_t>(3)),
                           {{"reference", "base"}, {"base", 9}}) ==
        "invalid: base: 9 given, the collection has 3 positions; accepted: 1 to 3");
}
