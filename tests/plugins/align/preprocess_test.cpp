#include "align/preprocess.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "align/dd.hpp"
#include "align/strategy_table.hpp"
#include "common/matrix.hpp"
#include "generated.hpp"

using namespace sheaf;
using namespace sheaf::align;

namespace {

const nlohmann::json &filters() {
  static const auto j = nlohmann::json::parse(std::ifstream(SHEAF_TEST_DATA "/align/scores.json"));
  return j["filters"];
}

// The image of regenerate_scores.py: a texture with noise.
cv::Mat noisy(int width, int height, uint32_t seed) {
  const auto texture = generated::texture(width, height, seed, 3), noise = generated::noise(width, height, seed + 1);
  cv::Mat image(height, width, CV_8U);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      image.at<uint8_t>(y, x) = static_cast<uint8_t>(std::min(255, (texture(x, y) >> 9) + (noise(x, y) >> 11) + 40));
  return image;
}
cv::Mat noisy() { return noisy(filters()["width"], filters()["height"], filters()["seed"]); }

struct Distance {
  double mean = 0;
  int most = 0;
};
Distance distance(const cv::Mat &image, const nlohmann::json &expected) {
  Distance d;
  for (int i = 0; i < image.rows * image.cols; i++) {
    const int difference = std::abs(image.at<uint8_t>(i / image.cols, i % image.cols) - expected[i].get<int>());
    d.mean += difference / static_cast<double>(image.total());
    d.most = std::max(d.most, difference);
  }
  return d;
}

std::string problem(const std::string &name) {
  try {
    strategy_named(name, "strategies");
    return "";
  } catch (const Error &e) {
    return e.what();
  }
}

}  // namespace

TEST_CASE("the filters of strategies are those of OpenCV") {
  for (const int h : {5, 15}) {
    const Distance d = distance(non_local_means(noisy(), h, never_stop), filters()["nlm"][std::to_string(h)]);
    CHECK(d.mean < 0.5);
    CHECK(d.most <= 2);
  }
  const cv::Mat smooth = preprocessed(noisy(), strategy_named("bl", ""), {}, never_stop);
  CHECK(distance(smooth, filters()["bilateral"]).most <= 1);
  CHECK(laplacian_variance(noisy()) == Approx(filters()["laplacian_variance"].get<double>()).epsilon(1e-9));
}

TEST_CASE("automatic parameters reach local contrast and smoothness where they can") {
  const cv::Mat image = noisy(700, 640, 3);
  const auto contrast = [](const cv::Mat &m) {
    return local_contrast(view_of<const uint8_t>(m), {}, {}, serial).contrast;
  };
  REQUIRE(contrast(image) < 20);
  const cv::Mat equalized = preprocessed(image, strategy_named("cc", ""), {}, never_stop);
  CHECK(contrast(equalized) == Approx(25).margin(5));
  REQUIRE(laplacian_variance(image) > 1000);
  const cv::Mat smooth = preprocessed(image, strategy_named("nlm", ""), {}, never_stop);
  CHECK(laplacian_variance(smooth) < 1300);
  PreprocessOptions fixed;
  fixed.strength = 10;
  const cv::Mat strong = preprocessed(image, strategy_named("nlm", ""), fixed, never_stop);
  CHECK(cv::countNonZero(strong != non_local_means(image, 10, never_stop)) == 0);
}

TEST_CASE("a strategy's name is the order of its steps") {
  using enum Step;
  CHECK(strategy_named("unpp", "").steps.empty());
  CHECK(strategy_named("nlm_ds_cc", "").steps == std::vector{nlm, ds, cc});
  CHECK(strategy_named("light", "").steps == std::vector{ds, cc});
  CHECK(strategy_named("superheavy", "").reduction() == 4);
  CHECK(preprocessed(noisy(128, 90, 1), strategy_named("superheavy", ""), {}, never_stop).size() == cv::Size(64, 45));
  const std::string accepted =
      "; accepted: unpp, light, heavy, superheavy, or ds, cc, bl and nlm in any order, each once, joined by _";
  CHECK(problem("ds_cc_ds") == "strategies: \"ds_cc_ds\" given" + accepted);
  CHECK(problem("gamma") == "strategies: \"gamma\" given" + accepted);
  CHECK(problem("") == "strategies: \"\" given" + accepted);
  CHECK(problem("ds_") == "strategies: \"ds_\" given" + accepted);
  const auto every = every_strategy();
  CHECK(every.size() == 65);
  std::set<std::string> names;
  for (const auto &s : every) {
    names.insert(s.name);
    CHECK(strategy_named(s.name, "").steps == s.steps);
  }
  CHECK(names.size() == 65);
}

TEST_CASE("summaries count, average and rank, and are written with dashes where there is nothing") {
  const auto score = [](double s, int64_t n) {
    DifferenceScore d;
    d.score = s;
    d.count = n;
    return d;
  };
  std::vector<StrategySummary> all = {summary_of("cc_nlm", 2, {score(0.4, 10), score(0.2, 20), score(0.5, 0)}),
                                      summary_of("unpp", 0, {score(0.9, 100), score(0.7, 200), score(0.5, 0)}),
                                      summary_of("ds", 1, {score(0.9, 100), score(0.9, 200), score(0.1, 30)})};
  const StrategySummary &s = all[1];
  CHECK((s.n_s == 2 && s.n_f == 0 && s.n_u == 1));
  CHECK(s.mean_count == 100);
  CHECK(s.frac_unscored == Approx(1 / 3.0));
  CHECK(s.success.mean == Approx(0.8));
  CHECK(s.success.sd == Approx(0.1));
  CHECK(s.changed.mean == Approx(0.8));
  CHECK(s.overall.mean == Approx(0.7));
  CHECK(std::isnan(s.fail.mean));
  rank(all);
  CHECK((all[0].name == "unpp" && all[1].name == "ds" && all[2].name == "cc_nlm"));
  CHECK(recommended_of(all) == 0);
  std::vector<StrategySummary> close = {summary_of("heavy", 4, {score(0.91, 9)}),
                                        summary_of("unpp", 0, {score(0.905, 9)})};
  CHECK(recommended_of(close) == 1);
  close[1].overall.mean = 0.89;
  CHECK(recommended_of(close) == 0);
  CHECK(recommended_of({summary_of("unpp", 0, {score(0.1, 9)})}) == -1);
  const auto folder = std::filesystem::temp_directory_path() / "sheaf-strategies-test";
  std::filesystem::create_directories(folder);
  const auto written = [&](const char *name) {
    write_strategies(folder / name, all, "save");
    std::ifstream file(folder / name);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const std::string csv = written("t.csv"), tex = written("t.tex");
  CHECK(csv.find("\nunpp,2,0,1,100.000000,0.333333,0.800000,0.100000,0.700000,") != std::string::npos);
  CHECK(csv.ends_with("0.300000,0.100000\n"));
  CHECK(tex.find("cc\\_nlm & 0 & 2 & 1 & 10 & 0.33 & $0.300 \\pm 0.100$") != std::string::npos);
  CHECK(tex.find("& - & $0.300 \\pm 0.100$ \\\\") != std::string::npos);
  std::filesystem::remove_all(folder);
  CHECK_THROWS_WITH(write_strategies(folder / "t.csv", all, "save"), Catch::EndsWith("could not be written"));
}
