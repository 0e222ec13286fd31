#include "iterated_cut.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

namespace sheaf::segment {

namespace {

enum Side : uint8_t { back = 0, fore = 1, open = 2, excluded = 3 };

constexpr double unit = 1024;        // capacities are integers of 1/1024
constexpr float strongest = 1.0e4f;  // of a pixel's preference, in nats

struct Step {
  GridCut::Direction to;
  int dx, dy;
  double length;
};
constexpr double diagonal = 1.4142135623730951;
constexpr Step steps[] = {{GridCut::east, 1, 0, 1},
                          {GridCut::south, 0, 1, 1},
                          {GridCut::south_east, 1, 1, diagonal},
                          {GridCut::south_west, -1, 1, diagonal}};

template <int D>
float difference(const float *a, const float *b) {
  float sum = 0;
  for (int i = 0; i < D; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

bool sure(Seed s) { return s == foreground || s == background || s == outside; }

template <int D>
class IteratedCut {
 public:
  IteratedCut(const Samples &pixels, int width, Division &division, const CutOptions &options, const Parallel &parallel,
              const Poll &poll)
      : pixels_(pixels),
        width_(width),
        height_(static_cast<int>(pixels.count / width)),
        division_(division),
        seeds_(division.seeds.data()),
        options_(options),
        parallel_(parallel),
        poll_(poll),
        graph_(width, height_),
        side_(static_cast<size_t>(pixels.count)),
        component_(side_.size()),
        preference_(side_.size()) {}

  int run(Models &models) {
    start();
    build();
    if (belongs(fore) && belongs(back)) go_on(models);
    bool learned = models.known();  // and not yet used
    if (!learned) {
      if (!has(fore) || !has(back)) return give(models, 0);
      models.foreground = first_mixture(fore);
      models.background = first_mixture(back);
    }
    int cuts = 0;
    while (cuts < options_.iterations) {
      if (!learned) {
        if (!has(fore) || !has(back)) break;
        models.foreground = better_mixture(fore, models.foreground);
        models.background = better_mixture(back, models.background);
      }
      learned = false;
      cuts++;
      if (!divide_again(models)) break;
    }
    return give(models, cuts);
  }

 private:
  const float *at(int64_t i) const { return pixels_.values + D * i; }

  void start() {
    for (size_t i = 0; i < side_.size(); i++) {
      const Seed s = seeds_[i];
      side_[i] = s == foreground || s == probable_foreground   ? fore
                 : s == background || s == probable_background ? back
                 : s == outside                                ? excluded
                                                               : open;
    }
  }

  bool has(Side side) const { return std::find(side_.begin(), side_.end(), side) != side_.end(); }

  // Whether pixels of that side have Gaussians from a division before.
  bool belongs(Side side) const {
    for (size_t i = 0; i < side_.size(); i++)
      if (side_[i] == side && division_.gaussians[i] > 0) return true;
    return false;
  }

  // The mixtures that the next iteration of the division before would have
  // learned. Pixels that were given a side since then are learned as well.
  void go_on(Models &models) {
    constexpr int most = 15;
    std::vector<uint8_t> belonging(side_.size(), open);
    bool added = false;
    for (size_t i = 0; i < side_.size(); i++) {
      if (side_[i] != fore && side_[i] != back) continue;
      if (division_.gaussians[i] > 0) {
        belonging[i] = side_[i];
        component_[i] = static_cast<uint8_t>(division_.gaussians[i] - 1);
      } else {
        added = true;
      }
    }
    const auto learned = [&](Side side) {
      return learn(pixels_, {belonging.data(), side}, component_.data(), most, options_.grain, parallel_, poll_);
    };
    models = {learned(fore), learned(back)};
    if (!added) return;
    models.foreground = better_mixture(fore, models.foreground);
    models.background = better_mixture(back, models.background);
  }

  int give(const Models &models, int cuts) {
    const bool named = options_.resumable && models.known();
    if (named) {
      assign(pixels_, {side_.data(), fore}, models.foreground, component_.data(), parallel_, poll_);
      assign(pixels_, {side_.data(), back}, models.background, component_.data(), parallel_, poll_);
    }
    for (size_t i = 0; i < side_.size(); i++) {
      const bool divided = side_[i] == fore || side_[i] == back;
      if (!sure(seeds_[i]))
        division_.seeds[i] = !divided ? unknown : side_[i] == fore ? probable_foreground : probable_background;
      if (named) division_.gaussians[i] = divided ? static_cast<uint8_t>(component_[i] + 1) : 0;
    }
    return cuts;
  }

  Mixture first_mixture(Side side) {
    const Selection own{side_.data(), side};
    divide(pixels_, own, options_.components, component_.data(), parallel_, poll_);
    return learn(pixels_, own, component_.data(), options_.components, options_.grain, parallel_, poll_);
  }

  Mixture better_mixture(Side side, const Mixture &mixture) {
    const Selection own{side_.data(), side};
    assign(pixels_, own, mixture, component_.data(), parallel_, poll_);
    return learn(pixels_, own, component_.data(), static_cast<int>(mixture.size()), options_.grain, parallel_, poll_);
  }

  // Calls f(y, x, step, squared difference) for every pair of neighbours of row y.
  template <class F>
  void for_pairs(int y, F &&f) const {
    for (const Step &s : steps) {
      if (y + s.dy >= height_) continue;
      const int begin = std::max(0, -s.dx), end = width_ - std::max(0, s.dx);
      const int64_t row = int64_t{y} * width_, shift = int64_t{s.dy} * width_ + s.dx;
      for (int x = begin; x < end; x++) {
        const int64_t i = row + x;
        if (side_[static_cast<size_t>(i)] == excluded || side_[static_cast<size_t>(i + shift)] == excluded) continue;
        f(x, s, i, i + shift, difference<D>(at(i), at(i + shift)));
      }
    }
  }

  // Half the inverse of the mean squared difference of neighbours.
  double contrast() const {
    std::vector<double> sums(static_cast<size_t>(height_)), counts(sums.size());
    parallel_(height_, [&](int64_t y) {
      double sum = 0, count = 0;
      for_pairs(static_cast<int>(y), [&](int, const Step &, int64_t, int64_t, float d) {
        sum += d;
        count++;
      });
      sums[static_cast<size_t>(y)] = sum;
      counts[static_cast<size_t>(y)] = count;
    });
    double sum = 0, count = 0;
    for (size_t y = 0; y < sums.size(); y++) {
      sum += sums[y];
      count += counts[y];
    }
    return sum > 0 ? count / (2 * sum) : 0;
  }

  // Links open pixels; a neighbour that is sure only makes its side preferred.
  void build() {
    const double beta = contrast();
    for (int y = 0; y < height_; y++) {
      if (y % 16 == 0) poll_();
      for_pairs(y, [&](int x, const Step &s, int64_t i, int64_t j, float d) {
        const bool i_sure = sure(seeds_[i]), j_sure = sure(seeds_[j]);
        if (i_sure && j_sure) return;
        const double weight = options_.gamma / s.length * std::exp(-beta * d);
        const auto capacity = static_cast<int32_t>(std::lround(weight * unit));
        if (i_sure) graph_.prefer(x + s.dx, y + s.dy, seeds_[i] == foreground ? capacity : -capacity);
        else if (j_sure) graph_.prefer(x, y, seeds_[j] == foreground ? capacity : -capacity);
        else graph_.link(x, y, s.to, capacity);
      });
    }
  }

  // One cut; false if it leaves every pixel and every component where it was.
  bool divide_again(const Models &models) {
    const Density<D> fore_density(models.foreground), back_density(models.background);
    std::atomic<bool> changed{false};
    parallel_(height_, [&](int64_t y) {
      poll_();
      bool any = false;
      for (int x = 0; x < width_; x++) {
        const int64_t i = y * width_ + x;
        if (sure(seeds_[i])) continue;
        const float nats =
            std::clamp(fore_density.log_density(at(i)) - back_density.log_density(at(i)), -strongest, strongest);
        const auto wanted = static_cast<int32_t>(std::lround(static_cast<double>(nats) * unit));
        int32_t &given = preference_[static_cast<size_t>(i)];
        if (wanted == given) continue;
        graph_.prefer(x, static_cast<int>(y), wanted - given);
        given = wanted;
        any = true;
      }
      if (any) changed = true;
    });
    if (!changed && cut_before_) return false;
    cut_before_ = true;
    graph_.cut(parallel_, poll_);
    for (int y = 0; y < height_; y++)
      for (int x = 0; x < width_; x++) {
        const size_t i = static_cast<size_t>(y) * static_cast<size_t>(width_) + static_cast<size_t>(x);
        if (!sure(seeds_[i])) side_[i] = graph_.in_source(x, y) ? fore : back;
      }
    return true;
  }

  const Samples pixels_;
  const int width_, height_;
  Division &division_;
  const Seed *const seeds_;
  const CutOptions options_;
  const Parallel &parallel_;
  const Poll &poll_;
  GridCut graph_;
  std::vector<uint8_t> side_, component_;
  std::vector<int32_t> preference_;  // in the graph so far
  bool cut_before_ = false;
};

}  // namespace

int iterated_cut(const Samples &pixels, int width, Division &division, const CutOptions &options, Models &models,
                 const Parallel &parallel, const Poll &poll) {
  if (pixels.dims == 1) return IteratedCut<1>(pixels, width, division, options, parallel, poll).run(models);
  return IteratedCut<3>(pixels, width, division, options, parallel, poll).run(models);
}

}  // namespace sheaf::segment
