#include <algorithm>
#include <cmath>

#include "automatic.hpp"

namespace sheaf::segment {
namespace {

// The bins that are not empty, and sums over all before each.
struct Bins {
  std::vector<int64_t> bin;
  std::vector<int64_t> pixels, moment;  // one more than bins

  explicit Bins(std::span<const int64_t> counts) : pixels(1, 0), moment(1, 0) {
    int64_t total = 0;
    double levels = 0;
    for (size_t i = 0; i < counts.size(); i++) {
      total += counts[i];
      levels += static_cast<double>(i) * static_cast<double>(counts[i]);
    }
    // Levels are counted from about the mean: less is lost when moments are squared.
    const auto mean = static_cast<int64_t>(std::lround(levels / static_cast<double>(total)));
    for (size_t i = 0; i < counts.size(); i++) {
      if (counts[i] == 0) continue;
      bin.push_back(static_cast<int64_t>(i));
      pixels.push_back(pixels.back() + counts[i]);
      moment.push_back(moment.back() + counts[i] * (static_cast<int64_t>(i) - mean));
    }
  }
  int size() const { return static_cast<int>(bin.size()); }

  // What the class of the bins [i, j) adds to the variance between classes, up to a constant.
  double spread(int i, int j) const {
    const auto m = static_cast<double>(moment[j] - moment[i]);
    return m * m / static_cast<double>(pixels[j] - pixels[i]);
  }
};

}  // namespace

// best(c, i), the greatest spread of the bins [i, n) in c classes, is the
// maximum over j of spread(i, j) + best(c - 1, j). The best j never falls as i
// rises (spread is concave in the sense of Monge), so each i searches only
// between the answers of its neighbours: O(classes n log n) in all.
std::vector<int64_t> multi_otsu(std::span<const int64_t> counts, int classes) {
  const Bins bins(counts);
  const int n = bins.size();
  std::vector<int64_t> thresholds;
  if (n < classes) {
    for (int i = 0; i < classes - 1; i++) thresholds.push_back(bins.bin[std::min(i, n - 1)]);
    return thresholds;
  }
  std::vector<double> best(n), rest(n);
  std::vector<std::vector<int>> end_of_first(classes + 1, std::vector<int>(n));
  for (int i = 0; i < n; i++) rest[i] = bins.spread(i, n);
  for (int c = 2; c <= classes; c++) {
    auto &end = end_of_first[c];
    const int starts = c == classes ? 1 : n - c + 1, latest = n - c + 1;
    const auto search = [&](int i, int from, int to) {
      best[i] = -1;
      for (int j = std::max(from, i + 1); j <= to; j++) {
        const double value = bins.spread(i, j) + rest[j];
        if (value > best[i]) {
          best[i] = value;
          end[i] = j;
        }
      }
    };
    int stride = 1;
    while (stride < starts) stride *= 2;
    // i + 1 = the odd multiples of each stride, from the coarsest
    for (; stride >= 1; stride /= 2)
      for (int p = stride; p <= starts; p += 2 * stride)
        search(p - 1, p > stride ? end[p - stride - 1] : 1, p + stride <= starts ? end[p + stride - 1] : latest);
    std::swap(best, rest);
  }
  for (int c = classes, i = 0; c >= 2; c--) {
    i = end_of_first[c][i];
    thresholds.push_back(bins.bin[i - 1]);
  }
  return thresholds;
}

}  // namespace sheaf::segment
