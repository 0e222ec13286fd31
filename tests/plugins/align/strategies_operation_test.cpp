// align.strategies through sheaf.h.
#include <catch2/catch.hpp>
#include <cmath>

#include "operation.hpp"

using operation::Json;
using pixels::Image;
using testing::Client;

namespace {

// Windows into a texture that drifts by (3, 2) px per position.
std::vector<Image<uint16_t>> drift(int count) {
  const auto texture = generated::texture(200, 180, 1, 3);
  std::vector<Image<uint16_t>> images;
  for (int n = 0; n < count; n++)
    images.push_back(pixels::make<uint16_t>(
        140, 120, [&](int x, int y) -> uint16_t { return texture(x + 20 + 3 * n, y + 20 + 2 * n) / 3; }));
  return images;
}

Client compared(const Json &params, int threads = 2) {
  return operation::run("sheaf_align", "align.strategies", operation::collection(drift(4)), params, threads);
}
std::string outcome(const Json &params) {
  return operation::outcome("sheaf_align", "align.strategies", operation::collection(drift(4)), params);
}

}  // namespace

TEST_CASE("every pair of a drifting series is aligned, and the best strategy is recommended") {
  const Client client =
      compared({{"model", "translation"}, {"strategies", "unpp, cc, ds_nlm"}, {"scored_on", "unpp"}, {"crop", 5}});
  const auto column = [&](const char *name) { return client.column("strategies", name); };
  REQUIRE(column("Label").texts.size() == 3);
  for (size_t i = 0; i < 3; i++) {
    CHECK(column("n_s").numbers[i] == 6);  // all pairs of four
    CHECK(column("n_f").numbers[i] == 0);
    CHECK(column("success_mean").numbers[i] > 0.95);
    CHECK(column("success_mean").numbers[i] == column("changed_mean").numbers[i]);
    CHECK(std::isnan(column("fail_mean").numbers[i]));
    CHECK(column("mean_count").numbers[i] > 100);
    CHECK(column("recommended").texts[i] == (column("Label").texts[i] == "unpp" ? "yes" : ""));
  }
}

TEST_CASE("the seed draws the pairs, whatever the threads; a list gives them") {
  const Json params = {{"strategies", "unpp"}, {"scored_on", "unpp"}, {"draw", 2}, {"seed", 3}};
  CHECK(compared(params, 1).column("strategies", "overall_mean").numbers ==
        compared(params, 4).column("strategies", "overall_mean").numbers);
  const Client listed = compared({{"strategies", "unpp"}, {"scored_on", "unpp"}, {"pairs", {{1, 2}, {4, 1}, {2, 3}}}});
  const auto number = [&](const char *name) { return listed.column("strategies", name).numbers[0]; };
  CHECK(number("n_s") + number("n_f") + number("n_u") == 3);
}

TEST_CASE("pairs and strategies that do not exist are refused") {
  CHECK(outcome({{"pairs", {{1, 5}}}}) == "invalid: pairs: position 5 given; accepted: 1 to 4");
  CHECK(outcome({{"pairs", {{2, 2}}}}) == "invalid: pairs: 2 is paired with itself");
  CHECK(
      outcome({{"strategies", "unpp,sharpen"}}) ==
      "invalid: strategies: \"sharpen\" given; accepted: unpp, light, heavy, superheavy, or ds, cc, bl and nlm in any "
      "order, each once, joined by _");
  CHECK(
      outcome({{"save", "/there/is/no/such/folder.tex"}, {"strategies", "unpp"}, {"scored_on", "unpp"}, {"draw", 1}}) ==
      "io: save: there is no folder /there/is/no/such");
}
