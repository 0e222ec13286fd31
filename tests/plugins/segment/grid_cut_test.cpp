// The least cut of a grid against a plain search for augmenting paths.
#include "segment/grid_cut.hpp"

#include <catch2/catch.hpp>
#include <queue>

#include "common/random.hpp"
#include "threads.hpp"

using namespace sheaf::segment;

namespace {

struct Edge {
  int x, y, dx, dy;
  GridCut::Direction to;
  int32_t capacity;
};

struct Problem {
  int width, height;
  std::vector<Edge> edges;
  std::vector<int32_t> preferences;

  Problem(int w, int h, uint64_t seed) : width(w), height(h), preferences(static_cast<size_t>(w * h)) {
    sheaf::Random random(seed);
    const Edge kinds[] = {{0, 0, 1, 0, GridCut::east, 0},
                          {0, 0, 0, 1, GridCut::south, 0},
                          {0, 0, 1, 1, GridCut::south_east, 0},
                          {0, 0, -1, 1, GridCut::south_west, 0}};
    for (int y = 0; y < h; y++)
      for (int x = 0; x < w; x++)
        for (Edge e : kinds) {
          if (x + e.dx < 0 || x + e.dx >= w || y + e.dy >= h) continue;
          e.x = x;
          e.y = y;
          e.capacity = static_cast<int32_t>(random.below(30));
          edges.push_back(e);
        }
    prefer(seed + 1);
  }
  void prefer(uint64_t seed) {
    sheaf::Random random(seed);
    for (auto &p : preferences) p = static_cast<int32_t>(random.below(161)) - 80;
  }

  // What a division costs.
  template <class F>
  int64_t cost(F &&in_source) const {
    int64_t sum = 0;
    for (int y = 0; y < height; y++)
      for (int x = 0; x < width; x++) {
        const int32_t p = preferences[static_cast<size_t>(y * width + x)];
        sum += in_source(x, y) ? std::max(0, -p) : std::max(0, p);
      }
    for (const Edge &e : edges)
      if (in_source(e.x, e.y) != in_source(e.x + e.dx, e.y + e.dy)) sum += e.capacity;
    return sum;
  }

  // The greatest flow, which is the least cost, by breadth-first search.
  int64_t flow() const {
    const int n = width * height, source = n, sink = n + 1;
    std::vector<std::vector<int32_t>> residual(static_cast<size_t>(n + 2), std::vector<int32_t>(size_t(n + 2)));
    for (const Edge &e : edges) {
      const auto a = static_cast<size_t>(e.y * width + e.x), b = a + static_cast<size_t>(e.dy * width + e.dx);
      residual[a][b] = residual[b][a] = e.capacity;
    }
    for (size_t i = 0; i < preferences.size(); i++) {
      residual[size_t(source)][i] = std::max(0, preferences[i]);
      residual[i][size_t(sink)] = std::max(0, -preferences[i]);
    }
    for (int64_t total = 0;;) {
      std::vector<int> from(size_t(n + 2), -1);
      std::queue<int> open;
      open.push(source);
      from[size_t(source)] = source;
      while (!open.empty() && from[size_t(sink)] < 0) {
        const int i = open.front();
        open.pop();
        for (int j = 0; j < n + 2; j++)
          if (from[size_t(j)] < 0 && residual[size_t(i)][size_t(j)] > 0) {
            from[size_t(j)] = i;
            open.push(j);
          }
      }
      if (from[size_t(sink)] < 0) return total;
      int32_t least = std::numeric_limits<int32_t>::max();
      for (int j = sink; j != source; j = from[size_t(j)])
        least = std::min(least, residual[size_t(from[size_t(j)])][size_t(j)]);
      for (int j = sink; j != source; j = from[size_t(j)]) {
        residual[size_t(from[size_t(j)])][size_t(j)] -= least;
        residual[size_t(j)][size_t(from[size_t(j)])] += least;
      }
      total += least;
    }
  }

  void put_into(GridCut &graph) const {
    for (const Edge &e : edges) graph.link(e.x, e.y, e.to, e.capacity);
    for (int y = 0; y < height; y++)
      for (int x = 0; x < width; x++) graph.prefer(x, y, preferences[static_cast<size_t>(y * width + x)]);
  }
};

}  // namespace

TEST_CASE("a cut of a grid costs as little as the greatest flow allows") {
  for (const auto &[width, height] : {std::pair{1, 1}, {7, 1}, {1, 9}, {8, 6}, {5, 13}})
    for (uint64_t seed = 1; seed <= 12; seed++) {
      CAPTURE(width, height, seed);
      const Problem problem(width, height, seed);
      GridCut graph(width, height);
      problem.put_into(graph);
      graph.cut();
      CHECK(problem.cost([&](int x, int y) { return graph.in_source(x, y); }) == problem.flow());
    }
}

TEST_CASE("a cut after changed preferences goes on from the flow and is as good as a new one") {
  for (uint64_t seed = 1; seed <= 6; seed++) {
    Problem problem(31, 140, seed);  // several bands
    GridCut graph(31, 140);
    problem.put_into(graph);
    for (uint64_t round = 0; round < 4; round++) {
      const auto before = problem.preferences;
      problem.prefer(100 * seed + round);
      for (int y = 0; y < problem.height; y++)
        for (int x = 0; x < problem.width; x++) {
          const auto i = static_cast<size_t>(y * problem.width + x);
          graph.prefer(x, y, problem.preferences[i] - before[i]);
        }
      graph.cut(on_threads(3));
      GridCut fresh(31, 140);
      problem.put_into(fresh);
      fresh.cut();
      CHECK(problem.cost([&](int x, int y) { return graph.in_source(x, y); }) ==
            problem.cost([&](int x, int y) { return fresh.in_source(x, y); }));
    }
  }
}

TEST_CASE("a cut is the same on one thread and on several") {
  const Problem problem(57, 230, 5);
  GridCut one(57, 230), three(57, 230);
  problem.put_into(one);
  problem.put_into(three);
  one.cut();
  three.cut(on_threads(3));
  int different = 0;
  for (int y = 0; y < 230; y++)
    for (int x = 0; x < 57; x++) different += one.in_source(x, y) != three.in_source(x, y);
  CHECK(different == 0);
}

TEST_CASE("a cut that is stopped leaves at once") {
  const Problem problem(200, 200, 5);
  GridCut graph(200, 200);
  problem.put_into(graph);
  struct Stop {};
  CHECK_THROWS_AS(graph.cut(sheaf::serial, [] { throw Stop{}; }), Stop);
}
