// Felzenszwalb, Chan-Vese and quick shift against scikit-image (tests/data/segment/regenerate_segmentations.py).
#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>
#include <random>

#include "pixels.hpp"
#include "segment/chanvase.hpp"
#include "segment/graph_merge.hpp"
#include "segment/level_set.hpp"
#include "segment/mean_shift.hpp"
#include "threads.hpp"

using namespace sheaf::segment;
using nlohmann::json;
using pixels::Image;

namespace {

const json &reference() {
  static const json numbers = json::parse(std::ifstream(SHEAF_TEST_DATA "/segment/segmentations.json"));
  return numbers;
}
int width() { return reference()["width"]; }
int height() { return reference()["height"]; }

template <class F>
cv::Mat plane(F &&f) {
  cv::Mat m(height(), width(), CV_32F);
  for (int y = 0; y < m.rows; y++)
    for (int x = 0; x < m.cols; x++) m.at<float>(y, x) = static_cast<float>(f(x, y));
  return m;
}

std::vector<cv::Mat> planes(uint32_t seed, bool rgb) {
  if (!rgb) return {plane(pixels::texture<uint8_t>(width(), height(), seed, 3))};
  const auto image = pixels::colour_texture(width(), height(), seed);
  return {plane([&](int x, int y) { return image(x, y).r; }), plane([&](int x, int y) { return image(x, y).g; }),
          plane([&](int x, int y) { return image(x, y).b; })};
}

std::vector<uint32_t> flat(const Image<uint32_t> &labels) {
  std::vector<uint32_t> values;
  for (int y = 0; y < labels.height; y++)
    for (int x = 0; x < labels.width; x++) values.push_back(labels(x, y));
  return values;
}

// Hubert, Arabie 1985.
double adjusted_rand(const std::vector<uint32_t> &a, const std::vector<uint32_t> &b) {
  std::map<std::pair<uint32_t, uint32_t>, double> both;
  std::map<uint32_t, double> ours, theirs;
  for (size_t i = 0; i < a.size(); i++) {
    both[{a[i], b[i]}]++;
    ours[a[i]]++;
    theirs[b[i]]++;
  }
  const auto pairs = [](const auto &counts) {
    double sum = 0;
    for (const auto &[key, n] : counts) sum += n * (n - 1) / 2;
    return sum;
  };
  const double n = static_cast<double>(a.size()), expected = pairs(ours) * pairs(theirs) / (n * (n - 1) / 2);
  return (pairs(both) - expected) / ((pairs(ours) + pairs(theirs)) / 2 - expected);
}

Image<uint32_t> merged(std::vector<cv::Mat> image, const MergeOptions &options,
                       const sheaf::Parallel &parallel = sheaf::serial, int strips = 1) {
  Image<uint32_t> labels(image[0].cols, image[0].rows);
  for (cv::Mat &plane : image) plane = plane.clone();  // it is blurred in place
  merge_graph(image, options, labels.into(), parallel, sheaf::never_stop, strips);
  return labels;
}

// The definition: edges in the order of their costs, in steps of 2^-15, then of rows, directions and columns.
Image<uint32_t> merged_by_definition(const std::vector<cv::Mat> &image, const MergeOptions &options) {
  struct Edge {
    uint32_t cost;
    int a, b;
  };
  const int w = image[0].cols, h = image[0].rows, dx[] = {1, 0, 1, 1}, dy[] = {0, 1, 1, -1};
  std::vector<Edge> edges;
  for (int y = 0; y < h; y++)
    for (int d = 0; d < 4; d++)
      for (int x = 0; x + dx[d] < w; x++) {
        const int u = x + dx[d], v = y + dy[d];
        if (v < 0 || v >= h) continue;
        float squares = 0;
        for (const cv::Mat &m : image)
          squares += (m.at<float>(y, x) - m.at<float>(v, u)) * (m.at<float>(y, x) - m.at<float>(v, u));
        edges.push_back({static_cast<uint32_t>(std::sqrt(squares) * 32768 + 0.5f), y * w + x, v * w + u});
      }
  std::stable_sort(edges.begin(), edges.end(), [](const Edge &a, const Edge &b) { return a.cost < b.cost; });
  std::vector<int> region(static_cast<size_t>(w) * h), size(region.size(), 1);
  std::vector<float> dearest(region.size());
  for (size_t i = 0; i < region.size(); i++) region[i] = static_cast<int>(i);
  const auto join = [&](int a, int b, float cost) {
    std::replace(region.begin(), region.end(), b, a);
    size[a] += size[b];
    dearest[a] = cost;
  };
  for (const Edge &e : edges) {
    const int a = region[e.a], b = region[e.b];
    const float cost = static_cast<float>(e.cost) / 32768, scale = static_cast<float>(options.scale);
    const auto limit = [&](int r) { return dearest[r] + scale / static_cast<float>(size[r]); };
    if (a != b && cost < std::min(limit(a), limit(b))) join(a, b, cost);
  }
  for (const Edge &e : edges)
    if (const int a = region[e.a], b = region[e.b]; a != b && std::min(size[a], size[b]) < options.min_size)
      join(a, b, 0);
  return pixels::make<uint32_t>(w, h, [&](int x, int y) { return static_cast<uint32_t>(region[y * w + x]); });
}

}  // namespace

TEST_CASE("edges sorted in lots, without those that lie inside a region, give the regions of the definition") {
  for (const bool rgb : {false, true})
    for (const float step : {0.f, 16.f, 80.f})  // many edges cost the same
      for (const MergeOptions options : {MergeOptions{100, 0, 20}, {3, 0, 0}, {1000, 0, 0}, {0, 0, 3}, {20, 0, 2}}) {
        auto image = planes(11, rgb);
        for (cv::Mat &m : image) {
          m = m(cv::Rect(3, 2, 45, 38)).clone();
          if (step > 0)
            std::transform(m.begin<float>(), m.end<float>(), m.begin<float>(),
                           [&](float v) { return step * std::floor(v / step); });
        }
        const auto a = flat(merged(image, options)), b = flat(merged_by_definition(image, options));
        CHECK(adjusted_rand(a, b) == Approx(1).epsilon(1e-12));
      }
  // all edges cost the same, or there are none
  CHECK(flat(merged({cv::Mat::ones(9, 7, CV_32F)}, {100, 0, 0})) ==
        std::vector<uint32_t>(63, flat(merged({cv::Mat::ones(9, 7, CV_32F)}, {100, 0, 0}))[0]));
  CHECK(flat(merged({cv::Mat::ones(1, 1, CV_32F)}, {100, 0.5, 50})).size() == 1);
}

TEST_CASE("regions are those of the definition, whatever is known of edges before they are sorted") {
  std::mt19937 random(5);
  const auto numbered = [](const std::vector<uint32_t> &labels) {
    std::map<uint32_t, uint32_t> numbers;
    std::vector<uint32_t> all;
    for (const uint32_t l : labels) all.push_back(numbers.try_emplace(l, numbers.size()).first->second);
    return all;
  };
  // several blocks of rows, single rows and columns; rings of edges that cost nothing, ties, none of both
  for (const cv::Size size : {cv::Size(7, 70), cv::Size(70, 7), cv::Size(1, 80), cv::Size(80, 1), cv::Size(2, 2)})
    for (const int channels : {1, 3})
      for (const uint32_t levels : {1u, 2u, 4u, 20u, 1u << 20})
        // with the last, scale divided by a size is soon no more than 0
        for (const double scale : {0., 0.5, 20., 1000., 1e-44})
          for (const int min_size : {0, 6}) {
            std::vector<cv::Mat> image;
            for (int c = 0; c < channels; c++) {
              image.emplace_back(size, CV_32F);
              std::generate(image[c].begin<float>(), image[c].end<float>(), [&] {
                return 255 * static_cast<float>(random() % levels) / static_cast<float>(levels);
              });
            }
            const MergeOptions options{scale, 0, min_size};
            const auto expected = numbered(flat(merged_by_definition(image, options)));
            INFO(size << " " << channels << " " << levels << " " << scale << " " << min_size);
            for (const int strips : {1, 2})
              CHECK(numbered(flat(merged(image, options, sheaf::serial, strips))) == expected);
          }
}

TEST_CASE("strips that are merged at the same time give the regions of the whole") {
  const int w = 37, h = 310;
  const auto numbered = [](const Image<uint32_t> &labels) {
    std::map<uint32_t, uint32_t> numbers;
    std::vector<uint32_t> all;
    for (const uint32_t l : flat(labels)) all.push_back(numbers.try_emplace(l, numbers.size()).first->second);
    return all;
  };
  for (const uint32_t seed : {1u, 2u, 3u})
    for (const float step : {1.f, 24.f}) {
      const auto texture = pixels::texture<uint8_t>(w, h, seed, 3);
      cv::Mat image(h, w, CV_32F);
      for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)  // with a flat stripe from the top to the bottom, and flat rows
          image.at<float>(y, x) =
              x / 5 == 2 || y / 20 == 5 ? 90.f : step * std::floor(static_cast<float>(texture(x, y)) / step);
      for (const MergeOptions options :
           {MergeOptions{100, 0, 20}, {3, 0, 0}, {1000, 0, 0}, {0, 0, 3}, {20, 0, 2}, {300, 0, 400}}) {
        const auto expected = numbered(merged({image}, options));
        for (const int strips : {2, 3, 5})
          for (const int threads : {1, 3}) {
            INFO(seed << " " << step << " " << options.scale << " " << strips);
            CHECK(numbered(merged({image}, options, on_threads(threads), strips)) == expected);
          }
      }
    }
}

TEST_CASE("regions of the graph are those of scikit-image's felzenszwalb") {
  for (const json &entry : reference()["felzenszwalb"]) {
    const MergeOptions options{entry["scale"], entry["sigma"], entry["min_size"]};
    const auto labels = flat(merged(planes(entry["seed"], entry["rgb"]), options));
    INFO(entry["seed"] << " " << entry["rgb"] << " " << options.scale);
    // without blur many edges of 8-bit images cost the same, and scikit-image's sort is not stable
    CHECK(adjusted_rand(labels, entry["labels"]) > (options.sigma > 0 ? 0.99 : 0.9));
    std::map<uint32_t, int> sizes;
    for (const uint32_t l : labels) sizes[l]++;
    for (const auto &[label, size] : sizes) CHECK(size >= options.min_size);
  }
}

TEST_CASE("level sets are those of scikit-image's chan_vese") {
  for (const json &entry : reference()["chan_vese"]) {
    ChanVeseOptions options;
    options.lambda1 = entry["lambda1"];
    options.iterations = entry["iterations"];
    options.tolerance = entry["tolerance"];
    options.start = entry["start"] == "disk"         ? StartingSet::disk
                    : entry["start"] == "small disk" ? StartingSet::small_disk
                                                     : StartingSet::checkerboard;
    const LevelSet set = chan_vese(planes(entry["seed"], false)[0], options);
    INFO(entry["seed"] << " " << entry["start"] << " " << options.lambda1);
    CHECK(std::abs(set.iterations - entry["steps"].get<int>()) <= 1);
    int64_t equal = 0, near = 0;
    size_t i = 0;
    for (int y = 0; y < height(); y++)
      for (int x = 0; x < width(); x++) {
        const double theirs = entry["phi"][i++], ours = set.phi.at<float>(y, x);
        equal += (theirs > 0) == (ours > 0);
        near += std::abs(ours - theirs) < 1e-3 * (1 + std::abs(theirs));
      }
    CHECK(static_cast<double>(equal) >= 0.995 * static_cast<double>(i));
    CHECK(static_cast<double>(near) >= 0.98 * static_cast<double>(i));
  }
}

TEST_CASE("segments of the density are those of scikit-image's quickshift") {
  for (const json &entry : reference()["quickshift"]) {
    auto image = planes(entry["seed"], true);
    cv::Mat colour;
    cv::merge(image, colour);
    colour *= 1 / 255.0;
    cv::cvtColor(colour, colour, cv::COLOR_RGB2Lab);
    cv::split(colour, image);
    Image<uint32_t> labels(width(), height());
    quick_shift(image, {entry["kernel"], entry["max_dist"], 0.5}, labels.into());
    INFO(entry["seed"] << " " << entry["kernel"]);
    CHECK(adjusted_rand(flat(labels), entry["labels"]) > 0.9);
  }
}

TEST_CASE("threads change no segment", "[threads]") {
  const auto image = planes(3, true);
  CHECK(flat(merged(image, {}, on_threads(3))) == flat(merged(image, {})));
  const auto shifted = [&](const sheaf::Parallel &parallel) {
    std::vector<cv::Mat> copy;
    for (const cv::Mat &plane : image) copy.push_back(plane / 4);
    Image<uint32_t> labels(width(), height());
    quick_shift(copy, {2, 10, 0.5}, labels.into(), parallel);
    return flat(labels);
  };
  CHECK(shifted(on_threads(3)) == shifted(sheaf::serial));
  ChanVeseOptions options;
  options.iterations = 20;
  CHECK(cv::norm(chan_vese(image[0], options, on_threads(3)).phi, chan_vese(image[0], options).phi, cv::NORM_INF) == 0);
}

TEST_CASE("images of one line or one pixel are segmented") {
  for (const auto &[w, h] : {std::pair{1, 1}, {1, 30}, {30, 1}}) {
    std::vector<cv::Mat> image{cv::Mat(h, w, CV_32F)};
    for (int y = 0; y < h; y++)
      for (int x = 0; x < w; x++) image[0].at<float>(y, x) = x + y < 15 ? 10 : 200;
    const size_t pieces = w * h > 1 ? 2 : 1;
    const auto count = [](const Image<uint32_t> &labels) {
      std::map<uint32_t, int> sizes;
      for (const uint32_t l : flat(labels)) sizes[l]++;
      return sizes.size();
    };
    CHECK(count(merged(image, {10, 0, 1})) == pieces);
    Image<uint32_t> labels(w, h);
    std::vector<cv::Mat> copy{image[0].clone()};
    quick_shift(copy, {5, 100, 1}, labels.into());
    CHECK(count(labels) == pieces);
    for (const StartingSet start : {StartingSet::checkerboard, StartingSet::disk, StartingSet::small_disk}) {
      ChanVeseOptions options;
      options.start = start;
      CHECK(cv::checkRange(chan_vese(image[0], options).phi));
    }
  }
}

TEST_CASE("a level set is cut into equal steps of its range") {
  cv::Mat phi(1, 6, CV_32F);
  for (int x = 0; x < 6; x++) phi.at<float>(0, x) = static_cast<float>(x) / 5 - 0.5f;
  Image<uint32_t> labels(6, 1);
  bin_levels(phi, 4, labels.into());  // levels 0, 51, 102, 153, 204, 255 in steps of 64
  CHECK(flat(labels) == std::vector<uint32_t>{1, 1, 2, 3, 4, 4});
}
