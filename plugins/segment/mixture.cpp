#include "mixture.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/random.hpp"

namespace sheaf::segment {

namespace {

constexpr int64_t block = 1 << 14;  // pixels; sums over blocks are combined in their order

int64_t blocks_of(const Samples &samples) { return (samples.count + block - 1) / block; }

// body(block, begin, end), in parallel
template <class F>
void for_blocks(const Samples &samples, const Parallel &parallel, const Poll &poll, F &&body) {
  parallel(blocks_of(samples), [&](int64_t b) {
    poll();
    body(b, b * block, std::min(samples.count, (b + 1) * block));
  });
}

template <class F>
auto with_dims(int dims, F &&f) {
  return dims == 1 ? f(std::integral_constant<int, 1>()) : f(std::integral_constant<int, 3>());
}

constexpr int row_of[] = {0, 0, 0, 1, 1, 2}, column_of[] = {0, 1, 2, 1, 2, 2};  // of the covariance

struct Sums {
  double count = 0;
  std::array<double, 3> first{};
  std::array<double, 6> second{};

  template <int D>
  void add(const float *v) {
    count++;
    for (int i = 0; i < D; i++) first[static_cast<size_t>(i)] += v[i];
    if constexpr (D == 1) second[0] += static_cast<double>(v[0]) * v[0];
    else
      for (size_t c = 0; c < 6; c++) second[c] += static_cast<double>(v[row_of[c]]) * v[column_of[c]];
  }
  void add(const Sums &o) {
    count += o.count;
    for (size_t i = 0; i < 3; i++) first[i] += o.first[i];
    for (size_t c = 0; c < 6; c++) second[c] += o.second[c];
  }
};

// Sums of the selected pixels of each component.
template <int D>
std::vector<Sums> sum_up(const Samples &samples, const Selection &selection, const uint8_t *component, int k,
                         const Parallel &parallel, const Poll &poll) {
  std::vector<std::vector<Sums>> partial(static_cast<size_t>(blocks_of(samples)));
  for_blocks(samples, parallel, poll, [&](int64_t b, int64_t begin, int64_t end) {
    auto &sums = partial[static_cast<size_t>(b)];
    sums.resize(static_cast<size_t>(k));
    for (int64_t i = begin; i < end; i++)
      if (selection.side[i] == selection.own) sums[component[i]].template add<D>(samples.values + D * i);
  });
  std::vector<Sums> total(static_cast<size_t>(k));
  for (const auto &sums : partial)
    for (size_t c = 0; c < total.size(); c++) total[c].add(sums[c]);
  return total;
}

template <int D>
float squared_distance(const float *a, const float *b) {
  float sum = 0;
  for (int i = 0; i < D; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

// Centres far from one another: each the best of three candidates that are
// drawn with a probability proportional to the squared distance.
template <int D>
std::vector<std::array<float, D>> scatter(const Samples &samples, const Selection &selection, int k,
                                          const Parallel &parallel, const Poll &poll) {
  constexpr int candidates = 3;
  std::vector<int64_t> counts(static_cast<size_t>(blocks_of(samples)));
  for_blocks(samples, parallel, poll, [&](int64_t b, int64_t begin, int64_t end) {
    counts[static_cast<size_t>(b)] = std::count(selection.side + begin, selection.side + end, selection.own);
  });
  int64_t count = 0;
  for (const int64_t c : counts) count += c;
  std::vector<std::array<float, D>> centres;
  if (count == 0) return centres;
  Random random(1);
  const auto centre_at = [&](int64_t i) {
    std::array<float, D> c;
    std::copy_n(samples.values + D * i, D, c.begin());
    return c;
  };
  int64_t nth = random.below(count), first = 0;
  for (int64_t i = 0; i < samples.count; i++)
    if (selection.side[i] == selection.own && nth-- == 0) first = i;
  centres.push_back(centre_at(first));

  std::vector<float> nearest(static_cast<size_t>(samples.count), std::numeric_limits<float>::max());
  std::vector<double> sums(counts.size());
  // sum over blocks of min(nearest, distance to c); keeps the minima if asked
  const auto measure = [&](const std::array<float, D> &c, bool keep) {
    for_blocks(samples, parallel, poll, [&](int64_t b, int64_t begin, int64_t end) {
      double sum = 0;
      for (int64_t i = begin; i < end; i++) {
        if (selection.side[i] != selection.own) continue;
        const float d =
            std::min(nearest[static_cast<size_t>(i)], squared_distance<D>(samples.values + D * i, c.data()));
        if (keep) nearest[static_cast<size_t>(i)] = d;
        sum += d;
      }
      sums[static_cast<size_t>(b)] = sum;
    });
    double total = 0;
    for (const double s : sums) total += s;
    return total;
  };
  double total = measure(centres[0], true);
  while (static_cast<int>(centres.size()) < k && total > 0) {
    const std::vector<double> drawn_from = sums;
    int64_t best = -1;
    double least = std::numeric_limits<double>::max();
    for (int t = 0; t < candidates; t++) {
      double at = random() * total;
      size_t b = 0;
      while (b + 1 < drawn_from.size() && at >= drawn_from[b]) at -= drawn_from[b++];
      int64_t pick = -1;
      for (int64_t i = static_cast<int64_t>(b) * block; i < samples.count && (at >= 0 || pick < 0); i++) {
        if (selection.side[i] != selection.own || nearest[static_cast<size_t>(i)] == 0) continue;
        pick = i;
        at -= nearest[static_cast<size_t>(i)];
      }
      if (pick < 0) continue;
      const double sum = measure(centre_at(pick), false);
      if (sum < least) {
        least = sum;
        best = pick;
      }
    }
    if (best < 0) break;
    centres.push_back(centre_at(best));
    total = measure(centres.back(), true);
  }
  return centres;
}

}  // namespace

template <int D>
Density<D>::Density(const Mixture &mixture) {
  for (size_t k = 0; k < mixture.size(); k++) {
    const Gaussian &g = mixture[k];
    if (g.weight <= 0) continue;
    const auto &s = g.covariance;
    Part p;
    p.index = static_cast<int>(k);
    for (size_t i = 0; i < D; i++) p.mean[i] = static_cast<float>(g.mean[i]);
    double log_root;  // ln of the root of the determinant
    if constexpr (D == 1) {
      const double l = std::sqrt(s[0]);
      p.factor[0] = static_cast<float>(1 / l);
      log_root = std::log(l);
    } else {
      const double a = std::sqrt(s[0]), b = s[1] / a, c = std::sqrt(s[3] - b * b);
      const double d = s[2] / a, e = (s[4] - d * b) / c, f = std::sqrt(s[5] - d * d - e * e);
      p.factor[0] = static_cast<float>(1 / a);
      p.factor[1] = static_cast<float>(-b / (a * c));
      p.factor[2] = static_cast<float>(1 / c);
      p.factor[3] = static_cast<float>((b * e - c * d) / (a * c * f));
      p.factor[4] = static_cast<float>(-e / (c * f));
      p.factor[5] = static_cast<float>(1 / f);
      log_root = std::log(a * c * f);
    }
    p.log_scale = static_cast<float>(std::log(g.weight) - log_root);
    p.log_weight = static_cast<float>(std::log(g.weight));
    parts_.push_back(p);
  }
}

template <int D>
int Density<D>::likeliest(const float *v) const {
  int best = 0;
  float most = -std::numeric_limits<float>::infinity();
  for (int k = 0; k < static_cast<int>(parts_.size()); k++) {
    const float p = component(v, k) - parts_[static_cast<size_t>(k)].log_weight;
    if (p > most) {
      most = p;
      best = k;
    }
  }
  return parts_.empty() ? 0 : parts_[static_cast<size_t>(best)].index;
}

template <int D>
float Density<D>::log_density(const float *v) const {
  float parts[16], most = -std::numeric_limits<float>::infinity(), sum = 0;
  const int count = static_cast<int>(parts_.size());
  for (int k = 0; k < count; k++) {
    parts[k] = component(v, k);
    most = std::max(most, parts[k]);
  }
  for (int k = 0; k < count; k++) {
    const float below = parts[k] - most;
    if (below > -17) sum += std::exp(below);  // less is lost in a float beside 1
  }
  return most + std::log(sum);
}

template class Density<1>;
template class Density<3>;

void divide(const Samples &samples, const Selection &selection, int k, uint8_t *component, const Parallel &parallel,
            const Poll &poll) {
  constexpr int rounds = 10;
  with_dims(samples.dims, [&]<int D>(std::integral_constant<int, D>) {
    auto centres = scatter<D>(samples, selection, k, parallel, poll);
    if (centres.empty()) return;
    for (int round = 0;; round++) {
      for_blocks(samples, parallel, poll, [&](int64_t, int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; i++) {
          if (selection.side[i] != selection.own) continue;
          float least = std::numeric_limits<float>::max();
          for (size_t c = 0; c < centres.size(); c++) {
            const float d = squared_distance<D>(samples.values + D * i, centres[c].data());
            if (d < least) {
              least = d;
              component[i] = static_cast<uint8_t>(c);
            }
          }
        }
      });
      if (round == rounds) return;
      const auto sums = sum_up<D>(samples, selection, component, static_cast<int>(centres.size()), parallel, poll);
      float moved = 0;
      for (size_t c = 0; c < centres.size(); c++) {
        if (sums[c].count == 0) continue;  // stays where it was
        const auto before = centres[c];
        for (size_t i = 0; i < D; i++) centres[c][i] = static_cast<float>(sums[c].first[i] / sums[c].count);
        moved = std::max(moved, squared_distance<D>(before.data(), centres[c].data()));
      }
      if (moved == 0) return;
    }
  });
}

void assign(const Samples &samples, const Selection &selection, const Mixture &mixture, uint8_t *component,
            const Parallel &parallel, const Poll &poll) {
  with_dims(samples.dims, [&]<int D>(std::integral_constant<int, D>) {
    const Density<D> density(mixture);
    for_blocks(samples, parallel, poll, [&](int64_t, int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++)
        if (selection.side[i] == selection.own)
          component[i] = static_cast<uint8_t>(density.likeliest(samples.values + D * i));
    });
  });
}

Mixture learn(const Samples &samples, const Selection &selection, const uint8_t *component, int k, double grain,
              const Parallel &parallel, const Poll &poll) {
  return with_dims(samples.dims, [&]<int D>(std::integral_constant<int, D>) {
    const auto sums = sum_up<D>(samples, selection, component, k, parallel, poll);
    double total = 0;
    for (const Sums &s : sums) total += s.count;
    Mixture mixture(sums.size());
    for (size_t c = 0; c < sums.size(); c++) {
      if (sums[c].count == 0) continue;
      Gaussian &g = mixture[c];
      g.weight = sums[c].count / total;
      for (size_t i = 0; i < D; i++) g.mean[i] = sums[c].first[i] / sums[c].count;
      auto &s = g.covariance;
      if constexpr (D == 1) {
        s[0] = std::max(0.0, sums[c].second[0] / sums[c].count - g.mean[0] * g.mean[0]);
        if (s[0] <= grain * grain) s[0] += grain;
      } else {
        for (size_t i = 0; i < 6; i++)
          s[i] = sums[c].second[i] / sums[c].count -
                 g.mean[static_cast<size_t>(row_of[i])] * g.mean[static_cast<size_t>(column_of[i])];
        const double minor = s[0] * s[3] - s[1] * s[1];
        const double determinant = s[0] * (s[3] * s[5] - s[4] * s[4]) - s[1] * (s[1] * s[5] - s[4] * s[2]) +
                                   s[2] * (s[1] * s[4] - s[3] * s[2]);
        if (determinant <= grain * grain * grain || minor <= 0 || s[0] <= 0)
          for (const size_t i : {0, 3, 5}) s[i] += grain;
      }
    }
    return mixture;
  });
}

}  // namespace sheaf::segment
