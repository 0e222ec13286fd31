#include "tile_equalization.hpp"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <limits>

#include "common/reflect.hpp"
#include "common/vectorized.hpp"
#include "levels.hpp"

namespace sheaf::equalize {
namespace {

// Pixel values on the axis of bins: 0 at the centre of the first, whose value `first` is.
struct Axis {
  double first, per_level;
  float last;

  template <class T>
  void places(const T *row, int width, float *place) const {
    vectorized([=, first = first, per_level = per_level, last = last] {
      if constexpr (std::is_same_v<T, float>) {
        // in double precision: a float minus a large offset keeps all its digits
        for (int x = 0; x < width; x++) {
          const auto t = static_cast<float>((row[x] - first) * per_level);
          place[x] = std::min(t > 0 ? t : 0.0f, last);
        }
      } else {
        const auto offset = static_cast<float>(first), scale = static_cast<float>(per_level);
        for (int x = 0; x < width; x++)
          place[x] = std::min(std::max((static_cast<float>(row[x]) - offset) * scale, 0.0f), last);
      }
    });
  }
};

// The grid of tiles, which may end beyond the image; what lies there is reflected.
struct Grid {
  int count, width, height;  // of tiles in each direction; pixels of a tile
  Grid(int w, int h, int tiles) : count(tiles), width((w + tiles - 1) / tiles), height((h + tiles - 1) / tiles) {}
};

// Cuts a histogram at the limit and shares out what was cut off.
void limit(std::vector<int64_t> &counts, int64_t most) {
  const auto bins = static_cast<int64_t>(counts.size());
  int64_t excess = 0;
  for (int64_t &n : counts)
    if (n > most) {
      excess += n - most;
      n = most;
    }
  const int64_t share = excess / bins, rest = excess % bins;
  for (int64_t &n : counts) n += share;
  if (rest > 0) {
    const int64_t step = std::max<int64_t>(bins / rest, 1);
    for (int64_t i = 0, left = rest; i < bins && left > 0; i += step, left--) counts[static_cast<size_t>(i)]++;
  }
}

// The map of one tile from the counts of its bins; the last value once more, as the neighbour of itself.
void map_tile(std::vector<int64_t> &counts, const ClaheOptions &o, float *map) {
  int64_t total = 0, sum = 0;
  for (const int64_t n : counts) total += n;
  const double span = o.limits.high - o.limits.low;
  if (total == 0) {  // nothing finite: no pixel of the tile asks for it, neighbours keep their values
    for (int b = 0; b < o.bins; b++) map[b] = static_cast<float>(span * b / (o.bins - 1));
  } else {
    if (o.clip > 0)
      limit(counts, std::max<int64_t>(static_cast<int64_t>(o.clip * static_cast<double>(total) / o.bins), 1));
    for (int b = 0; b < o.bins; b++) {
      sum += counts[static_cast<size_t>(b)];
      map[b] = static_cast<float>(span * static_cast<double>(sum) / static_cast<double>(total));
    }
  }
  map[o.bins] = map[o.bins - 1];
}

template <class T>
void map_tiles_of_row(View<const T> in, const Axis &axis, const Grid &grid, int tile_row, const ClaheOptions &o,
                      float *maps, const Poll &poll) {
  constexpr int lanes = 4;  // neighbours are often equal: with four counts, one need not wait for the last
  const int width = in.width(), across = grid.count * grid.width, slots = o.bins + 1;  // one for what does not count
  std::vector<float> place(static_cast<size_t>(width));
  std::vector<int> bin(static_cast<size_t>(across));
  std::vector<uint32_t> counts(static_cast<size_t>(grid.count) * lanes * slots);
  const int pause = 1 + rows_between_polls(width) / 4;
  for (int i = 0; i < grid.height; i++) {
    const T *row = in.row(reflected(tile_row * grid.height + i, in.height()));
    axis.places(row, width, place.data());
    vectorized([width, b = bin.data(), p = place.data()] {
      for (int x = 0; x < width; x++) b[x] = static_cast<int>(p[x] + 0.5f);
    });
    if constexpr (std::is_same_v<T, float>)
      for (int x = 0; x < width; x++)
        if (!(std::abs(row[x]) <= FLT_MAX)) bin[x] = o.bins;
    for (int x = width; x < across; x++) bin[x] = bin[reflected(x, width)];
    for (int t = 0; t < grid.count; t++) {
      uint32_t *c = &counts[static_cast<size_t>(t) * lanes * slots];
      const int *b = &bin[static_cast<size_t>(t) * grid.width];
      int x = 0;
      for (; x + lanes <= grid.width; x += lanes)
        for (int lane = 0; lane < lanes; lane++) c[lane * slots + b[x + lane]]++;
      for (; x < grid.width; x++) c[b[x]]++;
    }
    if (i % pause == pause - 1) poll();
  }
  std::vector<int64_t> sum(static_cast<size_t>(o.bins));
  for (int t = 0; t < grid.count; t++) {
    const uint32_t *c = &counts[static_cast<size_t>(t) * lanes * slots];
    for (int b = 0; b < o.bins; b++) sum[b] = int64_t{c[b]} + c[slots + b] + c[2 * slots + b] + c[3 * slots + b];
    map_tile(sum, o, maps + int64_t{t} * (o.bins + 1));
  }
}

// Two neighbours among the tiles, and the weight of the second.
struct Between {
  int first, second;
  float weight;
  Between(int at, int size, int count) {
    const float place = static_cast<float>(at) * (1.0f / static_cast<float>(size)) - 0.5f;
    const int below = static_cast<int>(std::floor(place));
    weight = place - static_cast<float>(below);
    first = std::max(below, 0);
    second = std::min(below + 1, count - 1);
  }
};

// `value`: distances from the value of the first bin.
template <class T>
void draw(const T *in, const float *value, const ClaheOptions &o, T *out, int width) {
  if constexpr (std::is_same_v<T, float>) {
    vectorized([=, first = o.falling ? o.limits.high : o.limits.low, up = o.falling ? -1.0 : 1.0] {
      for (int x = 0; x < width; x++)
        out[x] = std::abs(in[x]) <= FLT_MAX ? static_cast<float>(first + up * value[x]) : in[x];
    });
  } else {
    // halves are rounded as those of the negative are
    constexpr T top = std::numeric_limits<T>::max();
    const T flip = o.falling ? top : T{0};
    vectorized([=, offset = static_cast<float>(o.falling ? top - o.limits.high : o.limits.low)] {
      for (int x = 0; x < width; x++) out[x] = to_level<T>(value[x] + offset) ^ flip;
    });
  }
}

template <class T>
void blend_rows(View<const T> in, View<T> out, const Axis &axis, const Grid &grid, int begin, int end,
                const ClaheOptions &o, const float *maps, const Poll &poll) {
  const int width = in.width(), values = o.bins + 1, length = grid.count * values;
  std::vector<float> line(static_cast<size_t>(length)), place(static_cast<size_t>(width)), value(place.size());
  std::vector<float> weight(place.size());
  struct Stretch {  // pixels between the same two tiles
    int stop;
    Between tiles;
  };
  std::vector<Stretch> stretches;
  for (int x = 0; x < width; x++) {
    const Between tiles(x, grid.width, grid.count);
    weight[x] = tiles.weight;
    if (x == 0 || tiles.first != stretches.back().tiles.first || tiles.second != stretches.back().tiles.second)
      stretches.push_back({x, tiles});
    stretches.back().stop = x + 1;
  }
  const int pause = 1 + rows_between_polls(width) / 8;
  for (int y = begin; y < end; y++) {
    const Between rows(y, grid.height, grid.count);
    // the maps of this row, then those of its pixels
    vectorized(
        [=, to = line.data(), a = maps + int64_t{rows.first} * length, b = maps + int64_t{rows.second} * length] {
          for (int i = 0; i < length; i++) to[i] = a[i] + rows.weight * (b[i] - a[i]);
        });
    axis.places(in.row(y), width, place.data());
    int x = 0;
    for (const auto &[stop, tiles] : stretches) {
      const float *left = &line[static_cast<size_t>(tiles.first) * values];
      const float *right = &line[static_cast<size_t>(tiles.second) * values];
      for (; x < stop; x++) {
        const int bin = static_cast<int>(place[x]);
        const float beyond = place[x] - static_cast<float>(bin);
        const float a = left[bin] + beyond * (left[bin + 1] - left[bin]);
        const float b = right[bin] + beyond * (right[bin + 1] - right[bin]);
        value[x] = a + weight[x] * (b - a);
      }
    }
    draw(in.row(y), value.data(), o, out.row(y), width);
    if ((y - begin) % pause == pause - 1) poll();
  }
}

}  // namespace

int64_t ClaheScratch::bytes(const ClaheOptions &o) {
  return int64_t{o.tiles} * o.tiles * (o.bins + 1) * int64_t{sizeof(float)};
}

template <class T>
void clahe(View<const T> in, View<T> out, const ClaheOptions &o, ClaheScratch &scratch, const Parallel &parallel,
           const Poll &poll) {
  const Grid grid(in.width(), in.height(), o.tiles);
  const double per_level = (o.bins - 1) / (o.limits.high - o.limits.low);
  const Axis axis{o.falling ? o.limits.high : o.limits.low, o.falling ? -per_level : per_level,
                  static_cast<float>(o.bins - 1)};
  const int64_t row_of_maps = int64_t{grid.count} * (o.bins + 1);
  scratch.maps.resize(static_cast<size_t>(row_of_maps * grid.count));
  parallel(grid.count, [&](int64_t t) {
    map_tiles_of_row(in, axis, grid, static_cast<int>(t), o, scratch.maps.data() + t * row_of_maps, poll);
  });
  constexpr int band = 64;
  parallel((in.height() + band - 1) / band, [&](int64_t b) {
    const int begin = static_cast<int>(b) * band;
    blend_rows(in, out, axis, grid, begin, std::min(begin + band, in.height()), o, scratch.maps.data(), poll);
  });
}

template void clahe(View<const uint8_t>, View<uint8_t>, const ClaheOptions &, ClaheScratch &, const Parallel &,
                    const Poll &);
template void clahe(View<const uint16_t>, View<uint16_t>, const ClaheOptions &, ClaheScratch &, const Parallel &,
                    const Poll &);
template void clahe(View<const float>, View<float>, const ClaheOptions &, ClaheScratch &, const Parallel &,
                    const Poll &);

}  // namespace sheaf::equalize
