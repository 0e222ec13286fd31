// The fit of a decay, against SciPy's curve_fit.
#include "equalize/decay.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <vector>

using sheaf::equalize::Decay;
using sheaf::equalize::fit_decay;

namespace {

constexpr double unknown = sheaf::equalize::nan;

Decay fit(const std::vector<double> &values, double start = 0) {
  std::vector<double> t(values.size());
  std::iota(t.begin(), t.end(), start);
  return fit_decay(t, values);
}

}  // namespace

TEST_CASE("decays are fitted as SciPy does") {
  const auto numbers = nlohmann::json::parse(std::ifstream(SHEAF_TEST_DATA "/equalize/bleach.json"));
  for (const auto &row : numbers["fits"]) {
    const Decay found = fit(row["values"]);
    CHECK(found.a == Approx(row["a"].get<double>()).epsilon(1e-5));
    CHECK(found.b == Approx(row["b"].get<double>()).epsilon(1e-5));
    CHECK(found.c == Approx(row["c"].get<double>()).epsilon(1e-5));
    CHECK(found.r2 == Approx(row["r2"].get<double>()).epsilon(1e-9));
  }
}

TEST_CASE("a fit needs three points, does not count what is unknown, and takes a constant for one") {
  CHECK(std::isnan(fit({3, 2}).a));
  CHECK(std::isnan(fit({3, unknown, 2}).b));
  const Decay flat = fit({7, 7, 7, 7});
  CHECK(flat.a == 0);
  CHECK(flat(3) == 7);
  std::vector<double> values;
  for (int t = 5; t < 25; t++) values.push_back(t % 4 == 1 ? unknown : 60 * std::exp(-0.2 * t) + 9);
  const Decay found = fit(values, 5);
  CHECK(found.a == Approx(60));
  CHECK(found.b == Approx(0.2));
  CHECK(found.c == Approx(9));
}

TEST_CASE("a straight line and a rise have a curve near them") {
  std::vector<double> line, rise;
  for (int t = 0; t < 10; t++) line.push_back(100 - 3 * t), rise.push_back(10 + t * t);
  const Decay straight = fit(line), rising = fit(rise);
  for (int t = 0; t < 10; t++) CHECK(straight(t) == Approx(line[static_cast<size_t>(t)]).margin(0.1));
  CHECK(rising.r2 > 0.9);
}
