#include "automatic.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sheaf::segment {
namespace {

using Counts = std::span<const int64_t>;
constexpr int64_t not_found = -1;

// Sums of counts and of level * count over the levels up to each level.
struct Sums {
  std::vector<int64_t> pixels, levels;
  explicit Sums(Counts counts) : pixels(counts.size()), levels(counts.size()) {
    int64_t p = 0, l = 0;
    for (size_t i = 0; i < counts.size(); i++) {
      pixels[i] = p += counts[i];
      levels[i] = l += static_cast<int64_t>(i) * counts[i];
    }
  }
  int64_t last() const { return static_cast<int64_t>(pixels.size()) - 1; }
};

// Ties between equally good levels are decided by rounding: probabilities are
// accumulated level by level in double precision, in ImageJ's order.
std::vector<double> probabilities(Counts counts, bool by_division) {
  int64_t total = 0;
  for (const int64_t n : counts) total += n;
  std::vector<double> p(counts.size());
  const double share = 1.0 / static_cast<double>(total);
  for (size_t i = 0; i < p.size(); i++) {
    const auto n = static_cast<double>(counts[i]);
    p[i] = by_division ? n / static_cast<double>(total) : share * n;
  }
  return p;
}

// N. Otsu: A threshold selection method from gray-level histograms. IEEE
// Transactions on Systems, Man and Cybernetics 9(1), 1979.
int64_t otsu(Counts counts) {
  const auto p = probabilities(counts, false);
  double mean = 0;
  for (size_t i = 1; i < p.size(); i++) mean += static_cast<double>(i) * p[i];
  double below = 0, moment = 0, best = 0;
  int64_t threshold = not_found;
  for (size_t i = 0; i < p.size(); i++) {
    below += p[i];
    moment += static_cast<double>(i) * p[i];
    double between = mean * below - moment;
    between *= between / (below * (1 - below));
    if (between > best) {  // false for the 0 / 0 of an empty class
      best = between;
      threshold = static_cast<int64_t>(i);
    }
  }
  return threshold;
}

// C. H. Li, P. K. S. Tam: An iterative algorithm for minimum cross entropy
// thresholding. Pattern Recognition Letters 18(8), 1998.
int64_t li(Counts counts) {
  const Sums sums(counts);
  const int64_t last = sums.last();
  const auto mean_of = [](int64_t levels, int64_t pixels) {
    return pixels == 0 ? 0.0 : static_cast<double>(levels) / static_cast<double>(pixels);
  };
  double next = mean_of(sums.levels[last], sums.pixels[last]);
  int64_t threshold = 0;
  for (int step = 0; step < 10000; step++) {
    const double previous = next;
    threshold = std::clamp(static_cast<int64_t>(previous + 0.5), int64_t{0}, last);
    const double back = mean_of(sums.levels[threshold], sums.pixels[threshold]);
    const double object =
        mean_of(sums.levels[last] - sums.levels[threshold], sums.pixels[last] - sums.pixels[threshold]);
    const double balance = (back - object) / (std::log(back) - std::log(object));
    next = std::isnan(balance) ? 0.0 : std::trunc(balance < -2.220446049250313e-16 ? balance - 0.5 : balance + 0.5);
    if (std::abs(next - previous) <= 0.5) break;
  }
  return threshold;
}

// J. C. Yen, F. J. Chang, S. Chang: A new criterion for automatic multilevel
// thresholding. IEEE Transactions on Image Processing 4(3), 1995.
int64_t yen(Counts counts) {
  const auto p = probabilities(counts, true);
  std::vector<double> squares_above(p.size());
  for (size_t i = p.size() - 1; i-- > 0;) squares_above[i] = squares_above[i + 1] + p[i + 1] * p[i + 1];
  const auto log_or_0 = [](double v) { return v > 0 ? std::log(v) : 0.0; };
  double below = 0, squares = 0, best = std::numeric_limits<double>::denorm_min();
  int64_t threshold = not_found;
  for (size_t i = 0; i < p.size(); i++) {
    below += p[i];
    squares += p[i] * p[i];
    const double criterion = -log_or_0(squares * squares_above[i]) + 2 * log_or_0(below * (1 - below));
    if (criterion > best) {
      best = criterion;
      threshold = static_cast<int64_t>(i);
    }
  }
  return threshold;
}

// G. W. Zack, W. E. Rogers, S. A. Latt: Automatic measurement of sister
// chromatid exchange frequency. Journal of Histochemistry and Cytochemistry
// 25(7), 1977. The line runs from the peak to the end of the longer tail.
int64_t triangle(Counts counts) {
  const auto last = static_cast<int64_t>(counts.size()) - 1;
  int64_t first_used = 0, last_used = last;
  while (first_used < last && counts[first_used] == 0) first_used++;
  while (last_used > 0 && counts[last_used] == 0) last_used--;
  int64_t start = std::max<int64_t>(first_used - 1, 0), end = std::min(last_used + 1, last);
  int64_t peak = std::max_element(counts.begin(), counts.end()) - counts.begin();
  const bool mirrored = peak - start < end - peak;
  if (mirrored) {
    start = last - end;
    peak = last - peak;
  }
  const auto count = [&](int64_t i) { return static_cast<double>(counts[mirrored ? last - i : i]); };
  if (start == peak) return start;
  double nx = count(peak), ny = static_cast<double>(start - peak);
  const double length = std::sqrt(nx * nx + ny * ny);
  nx /= length;
  ny /= length;
  const double offset = nx * static_cast<double>(start) + ny * count(start);
  int64_t split = start;
  double farthest = 0;
  for (int64_t i = start + 1; i <= peak; i++) {
    const double distance = nx * static_cast<double>(i) + ny * count(i) - offset;
    if (distance > farthest) {
      farthest = distance;
      split = i;
    }
  }
  split--;
  return mirrored ? last - split : split;
}

// T. W. Ridler, S. Calvard: Picture thresholding using an iterative selection
// method. IEEE Transactions on Systems, Man and Cybernetics 8(8), 1978. The
// means on both sides are rounded down, the level itself belongs to neither.
int64_t isodata(Counts counts) {
  const Sums sums(counts);
  const int64_t last = sums.last();
  int64_t level = 0;
  for (int64_t i = 1; i <= last && level == 0; i++)
    if (counts[i] > 0) level = i + 1;
  for (; level <= last; level++) {
    const int64_t below = level > 0 ? sums.pixels[level - 1] : 0, above = sums.pixels[last] - sums.pixels[level];
    if (below > 0 && above > 0) {
      const int64_t low = sums.levels[level - 1] / below, high = (sums.levels[last] - sums.levels[level]) / above;
      if (level == (low + high + 1) / 2) return level;
    }
    if (level + 1 > last - 1) break;
  }
  return not_found;
}

}  // namespace

int64_t automatic_threshold(Rule rule, Counts counts) {
  const auto used = [](int64_t n) { return n > 0; };
  const auto size = static_cast<int64_t>(counts.size());
  const int64_t first = std::find_if(counts.begin(), counts.end(), used) - counts.begin();
  const int64_t last = size - 1 - (std::find_if(counts.rbegin(), counts.rend(), used) - counts.rbegin());
  const int64_t distinct = std::count_if(counts.begin(), counts.end(), used);
  if (distinct == 1) return first;
  if (distinct == 2) return last - 1;
  const int64_t origin = size > 256 ? first : 0;
  if (size > 256) counts = counts.subspan(first, last - first + 1);
  int64_t threshold = not_found;
  switch (rule) {
    case Rule::otsu: threshold = otsu(counts); break;
    case Rule::li: threshold = li(counts); break;
    case Rule::yen: threshold = yen(counts); break;
    case Rule::triangle: threshold = triangle(counts); break;
    case Rule::isodata: threshold = isodata(counts); break;
  }
  return origin + std::max<int64_t>(threshold, 0);
}

}  // namespace sheaf::segment
