#include "cluster/quality.hpp"

#include <algorithm>
#include <limits>

namespace sheaf::cluster {
namespace {

constexpr int64_t rows_per_block = 16;

template <class F>
void for_rows(int64_t n, const Parallel &parallel, F &&body) {
  parallel((n + rows_per_block - 1) / rows_per_block, [&](int64_t b) {
    for (int64_t i = b * rows_per_block; i < std::min((b + 1) * rows_per_block, n); i++) body(i);
  });
}

int count_labels(const std::vector<int> &labels) { return *std::max_element(labels.begin(), labels.end()); }

std::vector<int64_t> sizes_of(const std::vector<int> &labels) {
  std::vector<int64_t> sizes(count_labels(labels));
  for (const int l : labels) sizes[l - 1]++;
  return sizes;
}

// From the sums of an item's distances to the members of each cluster.
double silhouette(const double *sums, const std::vector<int64_t> &sizes, int label) {
  const int64_t own = sizes[label - 1];
  if (own == 1) return 0;
  const double a = sums[label - 1] / static_cast<double>(own - 1);
  double b = std::numeric_limits<double>::infinity();
  for (size_t c = 0; c < sizes.size(); c++)
    if (static_cast<int>(c) != label - 1) b = std::min(b, sums[c] / static_cast<double>(sizes[c]));
  const double most = std::max(a, b);
  return most > 0 ? (b - a) / most : 0;
}

}  // namespace

std::vector<double> silhouettes(const Distances &distances, const std::vector<int> &labels, const Parallel &parallel) {
  const std::vector<int64_t> sizes = sizes_of(labels);
  std::vector<double> out(labels.size(), std::numeric_limits<double>::quiet_NaN());
  if (sizes.size() < 2) return out;
  for_rows(distances.count, parallel, [&](int64_t i) {
    std::vector<double> sums(sizes.size());
    const double *row = distances.row(i);
    for (int64_t j = 0; j < distances.count; j++) sums[labels[j] - 1] += row[j];
    out[i] = silhouette(sums.data(), sizes, labels[i]);
  });
  return out;
}

std::vector<double> silhouette_curve(const Distances &distances, const std::vector<Merge> &merges, int64_t least,
                                     int64_t most, const Parallel &parallel) {
  const int64_t n = distances.count, cuts = most - least + 1;
  // A cut into fewer clusters joins those of a cut into more: distances are
  // summed once, for the finest.
  const std::vector<int> fine = cut(merges, most);
  std::vector<std::vector<int>> labels, joined;  // joined[c][fine label - 1]: label in cut c
  std::vector<std::vector<int64_t>> sizes;
  for (int64_t c = 0; c < cuts; c++) {
    labels.push_back(cut(merges, least + c));
    sizes.push_back(sizes_of(labels.back()));
    joined.emplace_back(most);
    for (int64_t i = 0; i < n; i++) joined.back()[fine[i] - 1] = labels.back()[i];
  }
  std::vector<double> values(n * cuts);
  for_rows(n, parallel, [&](int64_t i) {
    std::vector<double> fine_sums(most), sums(most);
    const double *row = distances.row(i);
    for (int64_t j = 0; j < n; j++) fine_sums[fine[j] - 1] += row[j];
    for (int64_t c = 0; c < cuts; c++) {
      std::fill(sums.begin(), sums.end(), 0);
      for (int64_t f = 0; f < most; f++) sums[joined[c][f] - 1] += fine_sums[f];
      values[i * cuts + c] = silhouette(sums.data(), sizes[c], labels[c][i]);
    }
  });
  std::vector<double> curve(cuts);
  for (int64_t c = 0; c < cuts; c++) {
    for (int64_t i = 0; i < n; i++) curve[c] += values[i * cuts + c];
    curve[c] /= static_cast<double>(n);
  }
  return curve;
}

std::vector<int64_t> medoids(const Distances &distances, const std::vector<int> &labels, const Parallel &parallel) {
  std::vector<double> sums(labels.size());
  for_rows(distances.count, parallel, [&](int64_t i) {
    const double *row = distances.row(i);
    for (int64_t j = 0; j < distances.count; j++)
      if (labels[j] == labels[i]) sums[i] += row[j];
  });
  std::vector<int64_t> out(count_labels(labels), -1);
  for (int64_t i = 0; i < distances.count; i++) {
    int64_t &best = out[labels[i] - 1];
    if (best < 0 || sums[i] < sums[best]) best = i;
  }
  return out;
}

}  // namespace sheaf::cluster
