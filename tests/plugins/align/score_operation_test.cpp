// align.score through sheaf.h.
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>

#include "operation.hpp"

using operation::Json;
using pixels::Image;
using testing::Client;

namespace {

constexpr int width = 90, height = 70;

// A window into a texture at (x, y) of the middle one.
Image<uint8_t> window(int x, int y) {
  static const auto texture = generated::texture(160, 140, 1);
  return pixels::make<uint8_t>(width, height,
                               [&](int u, int v) -> uint8_t { return (texture(30 + x + u, 30 + y + v) >> 8) | 1; });
}

template <class T>
Client client_of(const std::vector<std::vector<Image<T>>> &inputs) {
  Client client;
  for (const auto &images : inputs) client.inputs.push_back(operation::collection(images));
  return client;
}

Client scored(Client client, const Json &params = Json::object()) {
  testing::Session session(2);
  session.with("sheaf_align");
  INFO(params.dump());
  REQUIRE(testing::outcome(session, "align.score", client, params.dump()) == "ok");
  return client;
}

std::string outcome(Client client, const Json &params = Json::object()) {
  testing::Session session(1);
  session.with("sheaf_align");
  return testing::outcome(session, "align.score", client, params.dump());
}

double number(const Client &client, const char *column, size_t row) {
  return client.column("scores", column).numbers.at(row);
}
std::string text(const Client &client, const char *column, size_t row) {
  return client.column("scores", column).texts.at(row);
}

std::vector<Image<uint8_t>> drift() { return {window(0, 0), window(4, 3), window(8, 6)}; }
std::vector<Image<uint8_t>> still() { return {window(0, 0), window(0, 0), window(0, 0)}; }
Image<uint8_t> flat(uint8_t value) { return Image<uint8_t>(width, height, value); }

}  // namespace

TEST_CASE("an alignment that helps succeeds, one that harms fails, and what cannot be judged says why") {
  const Client helped = scored(client_of<uint8_t>({drift(), still()}));
  CHECK(text(helped, "verdict", 0) == "unscored");
  CHECK(text(helped, "reason", 0) == "it is the first image");
  CHECK(std::isnan(number(helped, "ncc_after", 0)));
  for (size_t n = 1; n < 3; n++) {
    CHECK(text(helped, "verdict", n) == "success");
    CHECK(text(helped, "reason", n) == "100.0 % of the changed pixels came closer to the reference");
    CHECK(number(helped, "dd_score", n) == 1);
    CHECK(number(helped, "dd_balance", n) == 1);
    CHECK(number(helped, "dd_count", n) > 500);
    for (const char *after : {"ncc_after", "ssim_after", "ecc_after"}) CHECK(number(helped, after, n) == Approx(1));
    CHECK(number(helped, "nmi_after", n) == Approx(2));
    for (const char *before : {"ncc_before", "ssim_before", "ecc_before"}) CHECK(number(helped, before, n) < 0.7);
  }
  const Client harmed = scored(client_of<uint8_t>({still(), drift()}), {{"reference", "first"}});
  CHECK(text(harmed, "reason", 0) == "it is the reference");
  CHECK(text(harmed, "verdict", 2) == "fail");
  CHECK(text(harmed, "reason", 2) == "100.0 % of the changed pixels went away from the reference");
  const Client idle = scored(client_of<uint8_t>({drift(), drift()}), {{"reference", "mean"}});
  CHECK(text(idle, "verdict", 1) == "unscored");
  CHECK(text(idle, "reason", 1) == "the image was not moved");
  const Client few = scored(client_of<uint8_t>({drift(), still()}), {{"min_count", 100000}});
  CHECK(text(few, "verdict", 1) == "unscored");
  CHECK(text(few, "reason", 1).ends_with(" pixels changed, min_count is 100000"));
  CHECK(text(scored(client_of<uint8_t>({drift(), still()}), {{"tolerance", 255}}), "reason", 1) ==
        "no pixel changed by more than the tolerance");
}

TEST_CASE("scores are those of NumPy through the whole operation") {
  const auto numbers = nlohmann::json::parse(std::ifstream(SHEAF_TEST_DATA "/align/scores.json"));
  const auto &group = numbers["differences"][0];
  const int w = group["width"], h = group["height"];
  const auto texture = generated::texture(w + 16, h + 16, group["seed"]);
  const auto moved = [&](int dx, int dy) {
    return pixels::make<uint8_t>(w, h, [&](int x, int y) -> uint8_t { return texture(8 - dx + x, 8 - dy + y) >> 8; });
  };
  auto reference = moved(0, 0);
  for (int y = 0; y < h; y++)
    for (int x = 0; x < w; x++) reference(x, y) = static_cast<uint8_t>(std::min(255, reference(x, y) + 30 * x / w));
  int cases = 0;
  for (const auto &c : group["cases"]) {
    Json params = {{"reference", "given"},  {"uncovered", "none"},   {"crop", c["crop"]},
                   {"median", c["median"]}, {"blocks", c["blocks"]}, {"automatic", c["automatic"]}};
    if (c["automatic"] == false) params["tolerance"] = c["tolerance"];
    const Client client = scored(client_of<uint8_t>({{moved(4, -3)}, {moved(1, 0)}, {reference}}), params);
    CHECK(number(client, "dd_count", 0) == c["count"].get<double>());
    CHECK(number(client, "dd_score", 0) == Approx(c["score"].get<double>()).epsilon(1e-12));
    CHECK(number(client, "tolerance", 0) == Approx(c["tolerance"].get<double>()).epsilon(1e-12));
    cases++;
  }
  CHECK(cases == 32);
}

TEST_CASE("better pixels are white, worse ones black, the others show image and reference in red and green") {
  // four quarters: better, worse, neither, hardly changed
  const auto quarters = [](uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
    return pixels::make<uint8_t>(8, 8, [=](int x, int y) { return y < 4 ? (x < 4 ? a : b) : (x < 4 ? c : d); });
  };
  const Client client =
      scored(client_of<uint8_t>({{quarters(200, 10, 90, 60)}, {quarters(10, 200, 90, 20)}, {quarters(1, 1, 1, 2)}}),
             {{"reference", "given"}});
  const auto changes = operation::image<sheaf::Rgb>(client, "changes", 0);
  const auto colour = [](const sheaf::Rgb &p) { return std::vector<int>{p.r, p.g, p.b}; };
  CHECK(colour(changes[0]) == std::vector<int>{255, 255, 255});
  CHECK(colour(changes[7]) == std::vector<int>{0, 0, 0});
  CHECK(colour(changes[56]) == std::vector<int>{90, 1, 0});
  CHECK(colour(changes[63]) == std::vector<int>{20, 2, 0});
  CHECK(colour(operation::image<sheaf::Rgb>(client, "overlay_before", 0)[0]) == std::vector<int>{200, 1, 0});
  CHECK(colour(operation::image<sheaf::Rgb>(client, "overlay_after", 0)[0]) == std::vector<int>{10, 1, 0});
  REQUIRE(client.plots.size() == 1);
  CHECK(client.plots[0]["counts"] == Json({0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0}));
  CHECK(text(client, "reason", 0) == "as many pixels came closer to the reference as went away");
}

TEST_CASE("constant images are unscored, and the chain goes on over them") {
  const Client client = scored(client_of<uint8_t>(
      {{window(0, 0), flat(0), window(5, 5), flat(7)}, {window(0, 0), flat(0), window(0, 0), flat(7)}}));
  CHECK(text(client, "reason", 1) == "the image is constant");
  CHECK(text(client, "verdict", 2) == "success");
  CHECK(text(client, "reason", 3) == "the image is constant");
  const Client blank = scored(client_of<uint8_t>({drift(), still(), {flat(9)}}), {{"reference", "given"}});
  CHECK(text(blank, "reason", 1) == "the reference image is constant");
}

TEST_CASE("the empty border of a moved image does not count, unless asked for") {
  auto moved = still();
  for (auto &image : moved)
    for (int y = 0; y < height; y++) std::fill_n(&image(0, y), 25, uint8_t{0});
  const auto inputs = client_of<uint8_t>({drift(), moved, {window(0, 0)}});
  CHECK(number(scored(inputs, {{"reference", "given"}}), "dd_score", 1) == 1);
  CHECK(number(scored(inputs, {{"reference", "given"}, {"uncovered", "none"}}), "dd_score", 1) < 0.9);
  CHECK(number(scored(inputs, {{"reference", "given"}, {"variant", "compat"}}), "dd_score", 1) < 0.9);
  // black is part of these images
  auto dark = drift();
  for (auto &image : dark)
    for (int y = 0; y < 10; y++) std::fill_n(&image(0, y), width, uint8_t{0});
  const auto black = client_of<uint8_t>({dark, moved, {window(0, 0)}});
  CHECK(number(scored(black, {{"reference", "given"}}), "dd_score", 1) < 0.9);
  CHECK(number(scored(black, {{"reference", "given"}, {"uncovered", "black"}}), "dd_score", 1) == 1);
}

TEST_CASE("stacks that do not belong together are refused in one sentence") {
  const auto small = std::vector<Image<uint8_t>>(3, Image<uint8_t>(80, 70));
  CHECK(outcome(client_of<uint8_t>({drift(), small})) ==
        "invalid: after: 80 x 70 pixels given, before has 90 x 70 pixels; both must show the same frame: align without "
        "cropping, or crop both");
  CHECK(outcome(client_of<uint8_t>({drift(), {window(0, 0)}})) ==
        "invalid: after: 1 image of 1 channel given, before has 3 of 1; both must have the same images");
  CHECK(outcome(client_of<uint8_t>({drift(), still(), {window(0, 0), window(0, 0)}}), {{"reference", "given"}}) ==
        "invalid: third: 2 images given, needs 1 or 3");
  CHECK(outcome(client_of<uint8_t>({drift(), still()}), {{"reference", "given"}}) ==
        "invalid: third: no image given, but it is needed when reference is given");
  CHECK(outcome(client_of<uint8_t>({drift()})) ==
        "invalid: images: 1 input given, align.score takes 2 to 3: before, after or third");
  CHECK(outcome(client_of<uint8_t>({drift(), still()}), {{"reference", "base"}, {"base", 4}}) ==
        "invalid: base: 4 given, the collection has 3 positions; accepted: 1 to 3");
  CHECK(outcome(client_of<uint8_t>({drift(), still()}), {{"crop", 35}}) ==
        "invalid: crop: 35 px given, nothing is left of images of 90 x 70 pixels");
}

TEST_CASE("types may differ, and 16-bit values mean what 8-bit ones do") {
  const auto wide = [](const std::vector<Image<uint8_t>> &images) {
    std::vector<Image<uint16_t>> out;
    for (const auto &image : images)
      out.push_back(pixels::make<uint16_t>(width, height, [&](int x, int y) -> uint16_t { return image(x, y) * 16; }));
    return out;
  };
  const Client narrow = scored(client_of<uint8_t>({drift(), still()}));
  const Client broad = scored(client_of<uint16_t>({wide(drift()), wide(still())}), {{"range", {0, 4080}}});
  for (const char *column : {"dd_score", "dd_count", "ncc_before", "ssim_before", "nmi_before"})
    CHECK(number(broad, column, 2) == Approx(number(narrow, column, 2)).epsilon(1e-9));
  Client mixed = client_of<uint16_t>({wide(drift())});
  std::vector<Image<float>> real;
  for (const auto &image : wide(still()))
    real.push_back(pixels::make<float>(width, height, [&](int x, int y) { return float(image(x, y)); }));
  mixed.inputs.push_back(operation::collection(real));
  CHECK(number(scored(mixed, {{"range", {0, 4080}}}), "dd_count", 2) == number(broad, "dd_count", 2));
}

TEST_CASE("a region of interest restricts where images are compared") {
  Client client = client_of<uint8_t>({drift(), still()});
  client.inputs[0].mask = operation::region(pixels::disk(width, height, 10));
  const Client inside = scored(client);
  CHECK((number(inside, "dd_count", 1) > 0 && number(inside, "dd_count", 1) < 320));
}
