#include "common/neighbour_mean.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cfloat>
#include <cmath>

#include "common/pool.hpp"
#include "common/reflect.hpp"
#include "common/vectorized.hpp"

namespace sheaf {
namespace {

// Pixels of a block, which is computed by itself: its sums stay in the second-level cache.
constexpr int block_width = 256, block_height = 64;
constexpr int most_planes = 3;
constexpr float least_exponent = -40;  // of 2: less is no weight

// One of each pair of opposite neighbours; `exponent` is the logarithm to base 2 of its weight in space.
struct Neighbour {
  int dx, dy;
  float exponent;
};

struct Kernel {
  std::vector<Neighbour> half;
  int patch = 0, reach = 0;  // radii: of patches, and of neighbours
  float per_square = 0;      // exponent of 2 for each unit of the summed squared differences
  float free = 0;            // part of that sum that costs nothing
};

// 2^e for e <= 0; relative error 3e-6, and 1 for 0. e = i + f with f in (-1, 0].
inline float exp2_of(float e) {
  const int i = static_cast<int>(e);
  const float f = e - static_cast<float>(i);
  const float p = 1 + f * (0.69306357f + f * (0.239456742f + f * (0.0532235752f + f * 0.00683189339f)));
  return std::bit_cast<float>(std::bit_cast<int32_t>(p) + i * (1 << 23));
}

// Planes of floats with rows of one length.
struct Field {
  int width = 0, height = 0;
  std::vector<float> data;
  void reset(int w, int h, int planes) {
    width = w;
    height = h;
    data.assign(static_cast<size_t>(w) * static_cast<size_t>(h) * static_cast<size_t>(planes), 0.0f);
  }
  float *row(int plane, int y) {
    return data.data() + (static_cast<size_t>(plane) * static_cast<size_t>(height) + static_cast<size_t>(y)) * width;
  }
};

class Block {
 public:
  void compute(Planes in, PlanesOut out, const Kernel &kernel, int x0, int y0, const Poll &poll) {
    planes_ = static_cast<int>(in.size());
    reach_ = kernel.reach;
    margin_ = kernel.patch + kernel.reach;
    width_ = std::min(block_width, in[0].width() - x0);
    height_ = std::min(block_height, in[0].height() - y0);
    load(in, x0, y0);
    sums_.reset(width_ + 2 * reach_, height_ + 2 * reach_, planes_ + 1);
    if (planes_ == 1) add_all<1>(kernel, poll);
    else add_all<3>(kernel, poll);
    store(in, out, x0, y0);
  }

 private:
  // Rows of the block, from its own left edge; beyond its edges, as far as the margin goes.
  const float *pixels(int plane, int y) { return pixels_.row(plane, y + margin_) + margin_; }
  const float *valid(int y) { return valid_.row(0, y + margin_) + margin_; }
  float *sums(int plane, int y) { return sums_.row(plane, y + reach_) + reach_; }
  float *weight_sums(int y) { return sums(planes_, y); }

  // The block and what lies around it, as distances from the value in its middle.
  void load(Planes in, int x0, int y0) {
    pixels_.reset(width_ + 2 * margin_, height_ + 2 * margin_, planes_);
    columns_at_.resize(static_cast<size_t>(pixels_.width));
    for (int x = 0; x < pixels_.width; x++) columns_at_[x] = reflected(x0 + x - margin_, in[0].width());
    complete_ = true;
    for (int c = 0; c < planes_; c++) {
      const float middle = in[c](x0 + width_ / 2, y0 + height_ / 2);
      origin_[c] = std::abs(middle) <= FLT_MAX ? middle : 0;
      for (int y = 0; y < pixels_.height; y++) {
        const float *from = in[c].row(reflected(y0 + y - margin_, in[0].height()));
        complete_ &= vectorized(
            [=, to = pixels_.row(c, y), at = columns_at_.data(), origin = origin_[c], width = pixels_.width] {
              int others = 0;
              for (int x = 0; x < width; x++) {
                to[x] = from[at[x]] - origin;
                others += !(std::abs(to[x]) <= FLT_MAX);
              }
              return others == 0;
            });
      }
    }
    if (complete_) return;
    valid_.reset(pixels_.width, pixels_.height, 1);
    std::fill(valid_.data.begin(), valid_.data.end(), 1.0f);
    for (int c = 0; c < planes_; c++)
      for (size_t i = 0; i < valid_.data.size(); i++)
        if (float &v = pixels_.row(c, 0)[i]; !(std::abs(v) <= FLT_MAX)) v = valid_.data[i] = 0;
  }

  void store(Planes in, PlanesOut out, int x0, int y0) {
    for (int c = 0; c < planes_; c++)
      for (int y = 0; y < height_; y++)
        vectorized_wide([=, from = in[c].row(y0 + y) + x0, to = out[c].row(y0 + y) + x0, own = pixels(c, y),
                    sum = sums(c, y), weight = weight_sums(y), width = width_, origin = origin_[c]] {
          for (int x = 0; x < width; x++) {
            const float mean = (sum[x] + own[x]) / (weight[x] + 1);  // a pixel's own weight is 1
            to[x] = std::abs(from[x]) <= FLT_MAX ? origin + mean : from[x];
          }
        });
  }

  template <int planes>
  void add_all(const Kernel &kernel, const Poll &poll) {
    if (kernel.patch == 0) return add_pixels<planes>(kernel, poll);
    for (const Neighbour &o : kernel.half) {
      switch (kernel.patch) {
        case 1: add_patches<1, planes>(kernel, o); break;
        case 2: add_patches<2, planes>(kernel, o); break;
        case 3: add_patches<3, planes>(kernel, o); break;
        case 4: add_patches<4, planes>(kernel, o); break;
        default: add_patches<5, planes>(kernel, o); break;
      }
      poll();
    }
  }

  // The squared difference of the pixels x and x + o of a row, summed over the planes.
  template <int planes>
  auto difference(int y, const Neighbour &o) {
    std::array<const float *, planes> p, q;
    for (int c = 0; c < planes; c++) {
      p[c] = pixels(c, y);
      q[c] = pixels(c, y + o.dy) + o.dx;
    }
    return [p, q](int x) {
      float sum = (p[0][x] - q[0][x]) * (p[0][x] - q[0][x]);
      for (int c = 1; c < planes; c++) sum += (p[c][x] - q[c][x]) * (p[c][x] - q[c][x]);
      return sum;
    };
  }

  // Pairs of one row p with all neighbours: the rows that take part stay in the first-level cache.
  template <int planes>
  void add_pixels(const Kernel &kernel, const Poll &poll) {
    const float most = least_exponent / kernel.per_square, per_square = kernel.per_square, free = kernel.free;
    for (int y = -reach_; y < height_; y++) {
      for (const Neighbour &o : kernel.half) {
        if (y + o.dy < 0) continue;
        const auto squares = difference<planes>(y, o);
        if (free == 0)
          add<planes>(y, o,
                      [=, e = o.exponent](int x) { return exp2_of(per_square * std::min(squares(x), most) + e); });
        else
          add<planes>(y, o, [=, e = o.exponent](int x) {
            return exp2_of(per_square * std::min(std::max(squares(x) - free, 0.0f), most) + e);
          });
      }
      if (y % 8 == 0) poll();
    }
  }

  // Pairs (p, p + o) of all rows, by running sums of their squared differences.
  template <int patch, int planes>
  void add_patches(const Kernel &kernel, const Neighbour &o) {
    constexpr int side = 2 * patch + 1;
    const int first = std::min(0, -o.dx), across = width_ + std::abs(o.dx), wide = across + 2 * patch;
    squares_.assign(static_cast<size_t>(wide) * side, 0.0f);
    columns_.assign(static_cast<size_t>(wide), 0.0f);
    // what is more has no weight anyhow; without it, running sums would keep no small differences
    const float per_square = kernel.per_square, free = kernel.free, most = free + least_exponent / per_square;
    for (int y = -o.dy - patch; y < height_ + patch; y++) {
      float *oldest = &squares_[static_cast<size_t>((y + o.dy + patch) % side) * wide], *column = columns_.data();
      const auto squares = difference<planes>(y, o);
      vectorized_wide([=] {
#pragma GCC ivdep
        for (int x = 0; x < wide; x++) {
          const float square = std::min(squares(x + first - patch), most);
          column[x] += square - oldest[x];
          oldest[x] = square;
        }
      });
      if (y - patch < -o.dy) continue;  // the patch of no row is complete yet
      add<planes>(y - patch, o, [=](int x) {
        float d = column[x - first];
        for (int i = 1; i < side; i++) d += column[x - first + i];
        return exp2_of(std::max(per_square * std::max(d - free, 0.0f), least_exponent));
      });
    }
  }

  // Gives the pixels p of a row the weighted values of p + o, and these those of p.
  template <int planes, class Weight>
  void add(int y, const Neighbour &o, Weight weight) {
    const int first = std::min(0, -o.dx), last = width_ + std::max(0, -o.dx);
    std::array<const float *, planes> value_p, value_q;
    std::array<float *, planes> sum_p, sum_q;
    for (int c = 0; c < planes; c++) {
      value_p[c] = pixels(c, y);
      value_q[c] = pixels(c, y + o.dy) + o.dx;
      sum_p[c] = sums(c, y);
      sum_q[c] = sums(c, y + o.dy) + o.dx;
    }
    float *total_p = weight_sums(y), *total_q = weight_sums(y + o.dy) + o.dx;
    if (o.dy > 0 && complete_) {
      vectorized_wide([=] {
#pragma GCC ivdep
        for (int x = first; x < last; x++) {
          const float w = weight(x);
          total_p[x] += w;
          total_q[x] += w;
          for (int c = 0; c < planes; c++) {
            sum_p[c][x] += w * value_q[c][x];
            sum_q[c][x] += w * value_p[c][x];
          }
        }
      });
      return;
    }
    weights_.resize(static_cast<size_t>(last - first));
    float *w = weights_.data() - first;
    vectorized_wide([=] {
#pragma GCC ivdep
      for (int x = first; x < last; x++) w[x] = weight(x);
    });
    if (!complete_)
      vectorized_wide([=, p = valid(y), q = valid(y + o.dy) + o.dx] {
        for (int x = first; x < last; x++) w[x] *= p[x] * q[x];
      });
    const auto add_to = [=](float *total, const auto &sum, const auto &value) {
      vectorized_wide([=] {
#pragma GCC ivdep
        for (int x = first; x < last; x++) {
          total[x] += w[x];
          for (int c = 0; c < planes; c++) sum[c][x] += w[x] * value[c][x];
        }
      });
    };
    add_to(total_p, sum_p, value_q);  // one after the other: in one row they overlap
    add_to(total_q, sum_q, value_p);
  }

  int planes_ = 0, reach_ = 0, margin_ = 0, width_ = 0, height_ = 0;
  bool complete_ = true;
  std::array<float, most_planes> origin_{};
  Field pixels_, valid_, sums_;  // sums: of each plane, then of the weights
  std::vector<int> columns_at_;
  std::vector<float> squares_, columns_, weights_;  // of the last rows of a patch; their sums; of one row
};

void run_blocks(Planes in, PlanesOut out, const Kernel &kernel, const Parallel &parallel, const Poll &poll) {
  const int across = (in[0].width() + block_width - 1) / block_width;
  const int down = (in[0].height() + block_height - 1) / block_height;
  Pool<Block> pool;
  parallel(int64_t{across} * down, [&](int64_t i) {
    pool.take()->compute(in, out, kernel, static_cast<int>(i % across) * block_width,
                         static_cast<int>(i / across) * block_height, poll);
  });
}

constexpr double log2_e = 1.4426950408889634;

}  // namespace

void bilateral(Planes in, PlanesOut out, const BilateralOptions &o, const Parallel &parallel, const Poll &poll) {
  Kernel kernel;
  kernel.reach = o.radius;
  kernel.per_square = static_cast<float>(-log2_e / (2 * o.sigma_range * o.sigma_range));
  for (int dy = 0; dy <= o.radius; dy++)
    for (int dx = dy == 0 ? 1 : -o.radius; dx <= o.radius; dx++)
      if (dx * dx + dy * dy <= o.radius * o.radius)
        kernel.half.push_back(
            {dx, dy, static_cast<float>(-log2_e * (dx * dx + dy * dy) / (2 * o.sigma_space * o.sigma_space))});
  run_blocks(in, out, kernel, parallel, poll);
}

void non_local_means(Planes in, PlanesOut out, const NonLocalOptions &o, const Parallel &parallel, const Poll &poll) {
  Kernel kernel;
  kernel.patch = o.patch;
  kernel.reach = o.search;
  const double count = (2.0 * o.patch + 1) * (2.0 * o.patch + 1) * static_cast<double>(in.size());
  kernel.per_square = static_cast<float>(-log2_e / (count * o.strength * o.strength));
  kernel.free = static_cast<float>(2 * o.noise * o.noise * count);
  for (int dy = 0; dy <= o.search; dy++)
    for (int dx = dy == 0 ? 1 : -o.search; dx <= o.search; dx++) kernel.half.push_back({dx, dy, 0});
  run_blocks(in, out, kernel, parallel, poll);
}

int64_t neighbour_mean_bytes(int planes, int reach) {
  const int64_t around = int64_t{block_width + 2 * reach} * (block_height + 2 * reach);
  return int64_t{sizeof(float)} * (around * (planes + 1) + int64_t{block_width} * block_height * (planes + 1));
}

}  // namespace sheaf
