#include "segment/automatic.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>

#include "histograms.hpp"
#include "pixels.hpp"
#include "reference.hpp"
#include "segment/histogram.hpp"

using namespace sheaf::segment;
using histograms::Counts;

namespace {

// The greatest variance between classes, up to a constant, by trying everything.
double best_spread(const Counts &counts, int classes, size_t from = 0) {
  const auto spread = [&](size_t begin, size_t end) {
    double pixels = 0, levels = 0;
    for (size_t i = begin; i < end; i++) {
      pixels += static_cast<double>(counts[i]);
      levels += static_cast<double>(i) * static_cast<double>(counts[i]);
    }
    return pixels > 0 ? levels * levels / pixels : 0;
  };
  if (classes == 1) return spread(from, counts.size());
  double best = -1;
  for (size_t end = from + 1; end < counts.size(); end++)
    best = std::max(best, spread(from, end) + best_spread(counts, classes - 1, end));
  return best;
}

double spread_of(const Counts &counts, const std::vector<int64_t> &thresholds) {
  double total = 0, pixels = 0, levels = 0;
  for (size_t i = 0; i < counts.size(); i++) {
    pixels += static_cast<double>(counts[i]);
    levels += static_cast<double>(i) * static_cast<double>(counts[i]);
    const bool last = i + 1 == counts.size();
    if (!last && std::find(thresholds.begin(), thresholds.end(), i) == thresholds.end()) continue;
    if (pixels > 0) total += levels * levels / pixels;
    pixels = levels = 0;
  }
  return total;
}

template <class T>
Counts counts_of(const pixels::Image<T> &image) {
  Histogram h;
  h.reset<T>();
  h.add(image.view(), {}, sheaf::never_stop);
  return h.counts();
}

double variance_between(const pixels::Image<float> &image, double threshold) {
  double count[2] = {}, sum[2] = {};
  for (int y = 0; y < image.height; y++)
    for (int x = 0; x < image.width; x++) {
      const bool above = image(x, y) > threshold;
      count[above]++;
      sum[above] += image(x, y);
    }
  const double difference = sum[1] / count[1] - sum[0] / count[0];
  return count[0] * count[1] * difference * difference;
}

}  // namespace

TEST_CASE("thresholds are those of ImageJ on histograms of every shape") {
  std::ifstream file(SHEAF_TEST_DATA "/segment/imagej_thresholds.csv");
  std::string line;
  std::getline(file, line);
  std::getline(file, line);
  REQUIRE(line == "shape,seed,otsu,li,yen,triangle,isodata");
  int compared = 0;
  while (std::getline(file, line)) {
    std::replace(line.begin(), line.end(), ',', ' ');
    std::istringstream numbers(line);
    int shape, seed;
    numbers >> shape >> seed;
    const Counts counts = histograms::histogram(shape, seed);
    // one level alone: ImageJ gives one less, so that everything is above
    const bool constant = std::count_if(counts.begin(), counts.end(), [](int64_t n) { return n > 0; }) == 1;
    for (const Rule rule : {Rule::otsu, Rule::li, Rule::yen, Rule::triangle, Rule::isodata}) {
      int64_t expected;
      numbers >> expected;
      INFO("shape " << shape << " seed " << seed << " rule " << static_cast<int>(rule));
      REQUIRE(automatic_threshold(rule, counts) == expected + constant);
      compared++;
    }
  }
  CHECK(compared == histograms::shapes * 100 * 5);
}

TEST_CASE("one level alone is its own threshold") {
  for (const Rule rule : {Rule::otsu, Rule::li, Rule::yen, Rule::triangle, Rule::isodata}) {
    Counts counts(256);
    counts[37] = 5;
    CHECK(automatic_threshold(rule, counts) == 37);
    CHECK(multi_otsu(counts, 3) == std::vector<int64_t>{37, 37});
  }
}

TEST_CASE("several thresholds are those of scikit-image") {
  REQUIRE(reference()["multi_otsu"].size() >= 20);
  for (const auto &e : reference()["multi_otsu"]) {
    const int drop = e["drop"];
    Counts counts;
    if (e["pixel"] == "u8") {
      auto image = pixels::texture<uint8_t>(97, 61, e["seed"]);
      for (auto &p : image.data) p = static_cast<uint8_t>(p >> drop);
      counts = counts_of(image);
    } else {
      auto image = pixels::texture<uint16_t>(97, 61, e["seed"]);
      for (auto &p : image.data) p = static_cast<uint16_t>(p >> drop);
      counts = counts_of(image);
    }
    const auto thresholds = multi_otsu(counts, e["classes"]);
    INFO(e.dump());
    REQUIRE(thresholds.size() == e["thresholds"].size());
    for (size_t i = 0; i < thresholds.size(); i++)
      CHECK(std::abs(thresholds[i] - e["thresholds"][i].get<int64_t>()) <= (e["pixel"] == "u8" ? 0 : 1));
  }
}

TEST_CASE("several thresholds are the best there are") {
  for (int shape = 0; shape < 11; shape++)
    for (int seed = 1; seed <= 4; seed++) {
      const Counts all = histograms::histogram(shape, seed);
      Counts counts(18);
      for (size_t i = 0; i < all.size(); i++) counts[i * counts.size() / all.size()] += all[i];
      const auto used = std::count_if(counts.begin(), counts.end(), [](int64_t n) { return n > 0; });
      for (int classes = 2; classes <= 5; classes++) {
        if (used < classes) continue;
        INFO("shape " << shape << " seed " << seed << " classes " << classes);
        CHECK(spread_of(counts, multi_otsu(counts, classes)) == Approx(best_spread(counts, classes)).epsilon(1e-12));
      }
    }
}

TEST_CASE("eight classes of eight peaks are the peaks") {
  Counts counts(65536);
  std::vector<int64_t> ends;
  for (int peak = 0; peak < 8; peak++) {
    for (int i = 0; i < 900; i++) counts[peak * 8000 + 1000 + i] = 50 + (i * 7 + peak) % 13;
    ends.push_back(peak * 8000 + 1899);
  }
  ends.pop_back();
  CHECK(multi_otsu(counts, 8) == ends);
}

TEST_CASE("fewer levels than classes make a class each") {
  Counts counts(256);
  counts[10] = 5;
  counts[20] = 3;
  counts[30] = 1;
  CHECK(multi_otsu(counts, 5) == std::vector<int64_t>{10, 20, 30, 30});
}

TEST_CASE("Otsu's threshold agrees with scikit-image in every pixel type") {
  for (const auto &e : reference()["otsu"]) {
    const uint32_t seed = e["seed"];
    const double expected = e["threshold"];
    if (e["pixel"] == "u8")
      CHECK(automatic_threshold(Rule::otsu, counts_of(pixels::texture<uint8_t>(97, 61, seed))) == expected);
    if (e["pixel"] == "u16")
      CHECK(std::abs(automatic_threshold(Rule::otsu, counts_of(pixels::texture<uint16_t>(97, 61, seed))) - expected) <=
            1);
    if (e["pixel"] != "f32") continue;
    const auto image = pixels::texture<float>(97, 61, seed);
    const Range range = finite_range(image.view(), {});
    Histogram h;
    h.reset<float>(range);
    h.add(image.view(), {}, sheaf::never_stop);
    // the maximum is flat: compare how well the pixels are divided, not the place
    const double threshold = h.top(static_cast<size_t>(automatic_threshold(Rule::otsu, h.counts())));
    CHECK(variance_between(image, threshold) >= variance_between(image, expected) * (1 - 1e-7));
  }
}
