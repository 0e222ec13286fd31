#include "cluster/linkage.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace sheaf::cluster {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Squared distances obey the formulas of Ward, centroid and median.
bool on_squares(Method method) {
  return method == Method::ward || method == Method::centroid || method == Method::median;
}

// Distance of cluster k to the union of i and j (Lance and Williams 1967).
double update(Method method, double ik, double jk, double ij, double ni, double nj, double nk) {
  switch (method) {
    case Method::ward: return ((ni + nk) * ik + (nj + nk) * jk - nk * ij) / (ni + nj + nk);
    case Method::single: return std::min(ik, jk);
    case Method::complete: return std::max(ik, jk);
    case Method::average: return (ni * ik + nj * jk) / (ni + nj);
    case Method::weighted: return (ik + jk) / 2;
    case Method::centroid: return (ni * ik + nj * jk - ni * nj * ij / (ni + nj)) / (ni + nj);
    case Method::median: return (ik + jk) / 2 - ij / 4;
  }
  return 0;
}

// The clusters that are left, each in the place of one of its items.
class Active {
 public:
  Active(Distances &d, Method method) : d_(d), method_(method), size_(d.count, 1), next_(d.count), previous_(d.count) {
    std::iota(next_.begin(), next_.end(), 1);
    std::iota(previous_.begin(), previous_.end(), -1);
  }

  double &at(int64_t i, int64_t j) { return i < j ? d_(i, j) : d_(j, i); }
  int64_t begin() const { return first_; }
  int64_t end() const { return d_.count; }
  int64_t next(int64_t i) const { return next_[i]; }

  // Removes i; its items join j.
  void merge(int64_t i, int64_t j) {
    const double ij = at(i, j), ni = static_cast<double>(size_[i]), nj = static_cast<double>(size_[j]);
    remove(i);
    for (int64_t k = begin(); k != end(); k = next(k))
      if (k != j) at(j, k) = update(method_, at(i, k), at(j, k), ij, ni, nj, static_cast<double>(size_[k]));
    size_[j] += size_[i];
  }

 private:
  void remove(int64_t i) {
    (previous_[i] < 0 ? first_ : next_[previous_[i]]) = next_[i];
    if (next_[i] < d_.count) previous_[next_[i]] = previous_[i];
  }

  Distances &d_;
  Method method_;
  std::vector<int64_t> size_, next_, previous_;
  int64_t first_ = 0;
};

struct Pair {
  int64_t i, j;
  double height;
};

// Nearest-neighbour chain (Murtagh 1983), for the methods in which a merge never
// brings a cluster closer to the others: then reciprocal neighbours may be merged
// in any order.
std::vector<Pair> chain(Distances &d, Method method, const std::function<void()> &poll) {
  Active active(d, method);
  std::vector<Pair> pairs;
  std::vector<int64_t> path;
  while (static_cast<int64_t>(pairs.size()) < d.count - 1) {
    poll();
    if (path.empty()) path.push_back(active.begin());
    for (;;) {
      const int64_t tip = path.back();
      // the predecessor wins ties, or the chain could run in circles
      int64_t nearest = path.size() > 1 ? path[path.size() - 2] : -1;
      double least = nearest >= 0 ? active.at(tip, nearest) : infinity;
      for (int64_t k = active.begin(); k != active.end(); k = active.next(k))
        if (k != tip && active.at(tip, k) < least) {
          least = active.at(tip, k);
          nearest = k;
        }
      if (path.size() > 1 && nearest == path[path.size() - 2]) {
        path.resize(path.size() - 2);
        pairs.push_back({tip, nearest, least});
        active.merge(std::min(tip, nearest), std::max(tip, nearest));
        break;
      }
      path.push_back(nearest);
    }
  }
  std::stable_sort(pairs.begin(), pairs.end(), [](const Pair &p, const Pair &q) { return p.height < q.height; });
  return pairs;
}

// Merges the closest pair again and again; each place remembers its nearest
// neighbour among the later ones (Muellner 2011).
std::vector<Pair> closest_first(Distances &d, Method method, const std::function<void()> &poll) {
  Active active(d, method);
  const int64_t n = d.count;
  std::vector<int64_t> neighbour(n, -1);
  std::vector<double> distance(n, infinity);
  auto search = [&](int64_t i) {
    distance[i] = infinity;
    neighbour[i] = -1;
    for (int64_t k = active.next(i); k != active.end(); k = active.next(k))
      if (active.at(i, k) < distance[i]) {
        distance[i] = active.at(i, k);
        neighbour[i] = k;
      }
  };
  for (int64_t i = 0; i < n; i++) search(i);
  std::vector<Pair> pairs;
  while (static_cast<int64_t>(pairs.size()) < n - 1) {
    poll();
    int64_t i = active.begin();
    for (int64_t k = active.begin(); k != active.end(); k = active.next(k))
      if (distance[k] < distance[i]) i = k;
    const int64_t j = neighbour[i];
    pairs.push_back({i, j, distance[i]});
    active.merge(i, j);
    search(j);
    for (int64_t k = active.begin(); k < j; k = active.next(k)) {
      if (neighbour[k] == i || neighbour[k] == j) search(k);
      else if (active.at(k, j) < distance[k]) {
        distance[k] = active.at(k, j);
        neighbour[k] = j;
      }
    }
    // of the places between i and j, and those before i, none but j has changed;
    // places behind j do not look back
  }
  return pairs;
}

// Gives the clusters of a list of pairs their numbers.
std::vector<Merge> numbered(const std::vector<Pair> &pairs, int64_t n) {
  std::vector<int64_t> parent(n), id(n), size(n, 1);
  std::iota(parent.begin(), parent.end(), 0);
  std::iota(id.begin(), id.end(), 0);
  auto root = [&](int64_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  };
  std::vector<Merge> merges;
  merges.reserve(pairs.size());
  for (const Pair &p : pairs) {
    const int64_t i = root(p.i), j = root(p.j);
    parent[i] = j;
    size[j] += size[i];
    merges.push_back({std::min(id[i], id[j]), std::max(id[i], id[j]), p.height, size[j]});
    id[j] = n + static_cast<int64_t>(merges.size()) - 1;
  }
  return merges;
}

// Rows of merges by the highest merge below them or their own, lowest first.
std::vector<std::pair<double, int64_t>> by_height(const std::vector<Merge> &merges) {
  const int64_t n = static_cast<int64_t>(merges.size()) + 1;
  std::vector<std::pair<double, int64_t>> rows;
  for (int64_t r = 0; r < n - 1; r++) {
    double high = merges[r].height;
    for (const int64_t child : {merges[r].a, merges[r].b})
      if (child >= n) high = std::max(high, rows[child - n].first);
    rows.push_back({high, r});
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace

std::vector<Merge> linkage(Distances &d, Method method, const std::function<void()> &poll) {
  const int64_t n = d.count;
  const bool squares = on_squares(method);
  if (squares)
    for (int64_t i = 0; i < n; i++)
      for (int64_t j = i + 1; j < n; j++) d(i, j) *= d(i, j);
  const bool monotonic = method != Method::centroid && method != Method::median;
  std::vector<Merge> merges = numbered(monotonic ? chain(d, method, poll) : closest_first(d, method, poll), n);
  if (squares)
    for (Merge &m : merges) m.height = std::sqrt(std::max(m.height, 0.0));
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = i + 1; j < n; j++) d(i, j) = d(j, i);
  return merges;
}

std::vector<int64_t> leaf_order(const std::vector<Merge> &merges) {
  const int64_t n = static_cast<int64_t>(merges.size()) + 1;
  std::vector<int64_t> order, open{2 * n - 2};
  while (!open.empty()) {
    const int64_t c = open.back();
    open.pop_back();
    if (c < n) {
      order.push_back(c);
    } else {
      open.push_back(merges[c - n].b);
      open.push_back(merges[c - n].a);
    }
  }
  return order;
}

std::vector<int> cut(const std::vector<Merge> &merges, int64_t k) {
  const int64_t n = static_cast<int64_t>(merges.size()) + 1;
  std::vector<char> kept(merges.size());
  const auto rows = by_height(merges);
  for (int64_t r = 0; r < n - k; r++) kept[rows[r].second] = 1;
  // from the root down: a kept merge passes its cluster on to its parts
  std::vector<int64_t> cluster(2 * n - 1, -1);
  for (int64_t c = 2 * n - 2; c >= n; c--) {
    const Merge &m = merges[c - n];
    const bool inside = kept[c - n];
    const int64_t own = cluster[c] >= 0 ? cluster[c] : c;
    cluster[m.a] = inside ? own : -1;
    cluster[m.b] = inside ? own : -1;
  }
  std::vector<int> labels(n), number(2 * n - 1);
  int count = 0;
  for (int64_t i = 0; i < n; i++) {
    int &l = number[cluster[i] >= 0 ? cluster[i] : i];
    if (l == 0) l = ++count;
    labels[i] = l;
  }
  return labels;
}

double cut_height(const std::vector<Merge> &merges, int64_t k) {
  const int64_t n = static_cast<int64_t>(merges.size()) + 1;
  if (n < 2) return 0;
  const auto rows = by_height(merges);
  if (k <= 1) return rows.back().first * 1.05;
  const double above = rows[n - k].first;
  return k >= n ? above / 2 : (rows[n - k - 1].first + above) / 2;
}

}  // namespace sheaf::cluster
