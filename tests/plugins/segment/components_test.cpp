#include "segment/components.hpp"

#include <catch2/catch.hpp>

#include "pixels.hpp"
#include "reference.hpp"

using namespace sheaf::segment;
using pixels::Image;

namespace {

// Digits are labels, '.' is 0.
Image<uint32_t> drawn(const std::vector<std::string> &rows) {
  return pixels::make<uint32_t>(static_cast<int>(rows[0].size()), static_cast<int>(rows.size()),
                                [&](int x, int y) { return rows[y][x] == '.' ? 0u : uint32_t(rows[y][x] - '0'); });
}

std::vector<std::string> drawing(const Image<uint32_t> &labels) {
  std::vector<std::string> rows;
  for (int y = 0; y < labels.height; y++) {
    rows.emplace_back();
    for (int x = 0; x < labels.width; x++) rows.back() += labels(x, y) ? char('0' + labels(x, y)) : '.';
  }
  return rows;
}

using Rows = std::vector<std::string>;

int count(const Rows &rows, Join join) { return Components(drawn(rows).view(), join).count(); }

Rows filled(const Rows &rows, sheaf::View<const uint8_t> mask = {}, sheaf::View<const float> values = {}) {
  auto labels = drawn(rows);
  fill_holes(labels.into(), mask, values);
  return drawing(labels);
}

int64_t foreground(const Image<uint32_t> &labels) {
  int64_t n = 0;
  for (int y = 0; y < labels.height; y++)
    for (int x = 0; x < labels.width; x++) n += labels(x, y) != 0;
  return n;
}

// Components by flooding from each pixel in reading order: the oracle. -1 where there is none.
std::vector<int> flooded(const Image<uint32_t> &labels, Join join) {
  const int width = labels.width, height = labels.height;
  const bool corners = join == Join::foreground || join == Join::same_label;
  const auto counts = [&](int x, int y) { return (labels(x, y) == 0) == (join == Join::background); };
  const auto joined = [&](uint32_t a, uint32_t b) {
    return join == Join::same_label || join == Join::same_label_edges ? a == b : true;
  };
  std::vector<int> component(static_cast<size_t>(width * height), -1);
  int count = 0;
  for (int start = 0; start < width * height; start++) {
    if (component[start] >= 0 || !counts(start % width, start / width)) continue;
    std::vector<int> open{start};
    component[start] = count;
    while (!open.empty()) {
      const int at = open.back(), x = at % width, y = at / width;
      open.pop_back();
      for (int v = std::max(y - 1, 0); v <= std::min(y + 1, height - 1); v++)
        for (int u = std::max(x - 1, 0); u <= std::min(x + 1, width - 1); u++) {
          const int next = v * width + u;
          if ((!corners && u != x && v != y) || component[next] >= 0) continue;
          if (!counts(u, v) || !joined(labels(x, y), labels(u, v))) continue;
          component[next] = count;
          open.push_back(next);
        }
    }
    count++;
  }
  return component;
}

// As from threads: the last first.
void backwards(int64_t count, const std::function<void(int64_t)> &body) {
  while (count > 0) body(--count);
}

}  // namespace

TEST_CASE("components are those that flooding finds, at every width of words and height of strips") {
  struct Size {
    int width, height;
  };
  for (const Size size : {Size{1, 200}, {63, 65}, {64, 64}, {65, 63}, {128, 129}, {200, 1}, {150, 300}})
    for (const int sparse : {1, 4, 12})
      for (const Join join :
           {Join::same_label, Join::same_label_edges, Join::foreground, Join::foreground_edges, Join::background}) {
        const auto noise = pixels::texture<uint16_t>(size.width, size.height, sparse, sparse);
        const auto labels = pixels::make<uint32_t>(size.width, size.height, [&](int x, int y) {
          const uint32_t v = noise(x, y) / 7 % (3 + static_cast<uint32_t>(sparse));
          return v > 3 ? 0 : v;
        });
        const auto expected = flooded(labels, join);
        const Components components(labels.view(), join, sheaf::never_stop, backwards);
        std::vector<int> found(expected.size(), -1);
        uint32_t wrong_labels = 0;
        for (const Span &s : components.spans())
          for (int x = s.begin; x < s.end; x++) {
            found[static_cast<size_t>(s.y * size.width + x)] = s.component;
            wrong_labels += join <= Join::same_label_edges && labels(x, s.y) != s.label;
          }
        INFO(size.width << "x" << size.height << ", " << static_cast<int>(join) << ", " << sparse);
        CHECK(found == expected);
        CHECK(wrong_labels == 0);
        CHECK(components.count() == *std::max_element(expected.begin(), expected.end()) + 1);
        auto drawn_anew = labels;
        draw_components(select(components, size.width, size.height, {}, {}), drawn_anew.into());
        for (size_t i = 0; i < expected.size(); i++)
          if (int(drawn_anew(static_cast<int>(i) % size.width, static_cast<int>(i) / size.width)) != expected[i] + 1)
            FAIL("drawn otherwise at " << i);
      }
}

TEST_CASE("the label of foreground tells whether one of its pixels is above 1") {
  const auto labels = drawn({"1121.111", "........", "3.......", "......11", ".....12."});
  const Components components(labels.view(), Join::foreground);
  CHECK(components.labels() == std::vector<uint32_t>{2, 1, 2, 2});
}

TEST_CASE("foreground joins across corners, background does not") {
  const Rows diagonal{"1..", ".1.", "..1"};
  CHECK(count(diagonal, Join::foreground) == 1);
  CHECK(count(diagonal, Join::background) == 2);
  CHECK(count({"1.1", "...", "1.1"}, Join::foreground) == 4);
}

TEST_CASE("labels are components for themselves, or together") {
  const Rows touching{"112", "122", "3.2"};
  CHECK(count(touching, Join::same_label) == 3);
  CHECK(count(touching, Join::foreground) == 1);
}

TEST_CASE("branches that meet late are one component") {
  CHECK(count({"1.1.1", "1.1.1", "11111"}, Join::same_label) == 1);
  CHECK(count({"1...1", ".1.1.", "..1.."}, Join::same_label) == 1);
  CHECK(count({"11111", "1...1", "1.1.1", "1...1", "11111"}, Join::same_label) == 2);
}

TEST_CASE("components are numbered in reading order") {
  const auto labels = drawn({".1.2", ".1.2", "3333"});
  const Components c(labels.view(), Join::same_label);
  CHECK(c.count() == 3);
  CHECK(c.sizes() == std::vector<int64_t>{2, 2, 4});
}

TEST_CASE("objects are counted, filled and dropped as SciPy and scikit-image do") {
  for (const auto &e : reference()["objects"]) {
    const auto image = pixels::texture<uint8_t>(83, 59, e["seed"], 1);
    const int level = e["level"];
    auto labels = pixels::make<uint32_t>(83, 59, [&](int x, int y) { return uint32_t(image(x, y) > level); });
    INFO(e.dump());
    CHECK(foreground(labels) == e["pixels"]);
    CHECK(Components(std::as_const(labels).view(), Join::same_label).count() == e["objects"]);
    fill_holes(labels.into(), {}, {});
    CHECK(foreground(labels) == e["filled_pixels"]);
    auto kept = keep_components(labels.into(), {}, {true, 0});
    CHECK(kept.pixels == e["inner_pixels"]);
    CHECK(foreground(labels) == e["inner_pixels"]);
    kept = keep_components(labels.into(), {}, {false, 12});
    CHECK(kept.pixels == e["large_pixels"]);
    CHECK(kept.count == e["large_objects"]);

    auto strong = pixels::make<uint32_t>(
        83, 59, [&](int x, int y) { return uint32_t(image(x, y) > level) + uint32_t(image(x, y) > level + 40); });
    keep_seeded(strong.into());
    CHECK(foreground(strong) == e["hysteresis_pixels"]);
  }
}

TEST_CASE("holes are filled, bays are not") {
  CHECK(filled({".111.", ".1.1.", ".111."}) == Rows{".111.", ".111.", ".111."});
  CHECK(filled({".1.1.", ".1.1.", ".111."}) == Rows{".1.1.", ".1.1.", ".111."});
  CHECK(filled({"..1..", ".1.1.", "..1.."}) == Rows{"..1..", ".111.", "..1.."});
}

TEST_CASE("a hole takes the label that most of its neighbours have, or the lower") {
  CHECK(filled({"2222", "2..1", "2222"}) == Rows{"2222", "2221", "2222"});
  CHECK(filled({"333", "1.1", "333"}) == Rows{"333", "111", "333"});
}

TEST_CASE("what lies in a hole stays") {
  CHECK(filled({"11111", "1...1", "1.2.1", "1...1", "11111"}) == Rows{"11111", "11111", "11211", "11111", "11111"});
}

TEST_CASE("NaN in a hole stays background") {
  Image<float> values(3, 3, 1);
  values(1, 1) = std::numeric_limits<float>::quiet_NaN();
  const Rows ring{"111", "1.1", "111"};
  CHECK(filled(ring, {}, values.view()) == ring);
}

TEST_CASE("background at the edge of the region of interest is no hole") {
  Image<uint8_t> region(5, 4, 255);
  region(2, 2) = 0;
  const Rows pocket{"11111", "11.11", "11.11", "11111"};
  CHECK(filled(pocket, region.view()) == pocket);
  CHECK(filled(pocket) == Rows{"11111", "11111", "11111", "11111"});
}

TEST_CASE("objects at the border of the region of interest are dropped with those at the border of the image") {
  auto labels = drawn({"1......", "..1....", "......1", "..1.1..", "......."});
  auto kept = keep_components(labels.into(), {}, {true, 0});
  CHECK(drawing(labels) == Rows{".......", "..1....", ".......", "..1.1..", "......."});
  CHECK(kept.count == 3);
  Image<uint8_t> region(7, 5, 255);
  region(5, 2) = 0;  // touches the object at (4, 3) across a corner
  kept = keep_components(labels.into(), region.view(), {true, 0});
  CHECK(drawing(labels) == Rows{".......", "..1....", ".......", "..1....", "......."});
}

TEST_CASE("small objects are dropped by their number of pixels") {
  auto labels = drawn({"11.2", "1..2", "....", "3..1"});
  const auto kept = keep_components(labels.into(), {}, {false, 2});
  CHECK(drawing(labels) == Rows{"11.2", "1..2", "....", "...."});
  CHECK(kept.count == 2);
  CHECK(kept.pixels == 5);
}

TEST_CASE("seeds keep what is connected to them") {
  auto labels = drawn({"11..1", "..2.1", ".....", "1.2.."});
  keep_seeded(labels.into());
  CHECK(drawing(labels) == Rows{"11...", "..1..", ".....", "..1.."});
}

TEST_CASE("one pixel, one row and one column can be labelled") {
  CHECK(count({"1"}, Join::same_label) == 1);
  CHECK(count({"."}, Join::same_label) == 0);
  CHECK(count({"1.11.1"}, Join::same_label) == 3);
  CHECK(count({"1", ".", "1"}, Join::same_label) == 2);
  CHECK(filled({"1.1"}) == Rows{"1.1"});
}

TEST_CASE("work on components can be stopped") {
  const auto labels = pixels::make<uint32_t>(2000, 3000, [](int x, int y) { return uint32_t((x + y) % 2); });
  int polls = 0;
  Components(labels.view(), Join::same_label, [&] { polls++; });
  CHECK(polls > 3);
  CHECK_THROWS_AS(Components(labels.view(), Join::same_label, [] { throw sheaf::Stopped{SHEAF_CANCELLED}; }),
                  sheaf::Stopped);
}
