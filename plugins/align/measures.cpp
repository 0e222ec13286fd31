#include "align/measures.hpp"

#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "common/matrix.hpp"
#include "common/vectorized.hpp"

namespace sheaf::align {
namespace {

constexpr int rows_per_block = 32;
constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

int64_t blocks_of(int rows) { return (rows + rows_per_block - 1) / rows_per_block; }

// Calls body(block, y) for every row, blocks in parallel.
void each_row(int height, const Parallel &parallel, const std::function<void(int64_t, int)> &body) {
  parallel(blocks_of(height), [&](int64_t block) {
    const int first = static_cast<int>(block) * rows_per_block;
    for (int y = first; y < std::min(first + rows_per_block, height); y++) body(block, y);
  });
}

// 1 where both images have data.
std::vector<uint8_t> both_there(const Plane &a, const Plane &b, View<const uint8_t> inside, const Parallel &parallel) {
  std::vector<uint8_t> there(a.pixels.size());
  each_row(a.height, parallel, [&](int64_t, int y) {
    const float *p = a.row(y), *q = b.row(y);
    const uint8_t *in = inside ? inside.row(y) : nullptr;
    uint8_t *out = &there[static_cast<size_t>(y) * a.width];
    for (int x = 0; x < a.width; x++) out[x] = (!in || in[x]) && std::isfinite(p[x]) && std::isfinite(q[x]);
  });
  return there;
}

using There = std::vector<uint8_t>;

struct Sums {
  double n = 0, a = 0, b = 0, aa = 0, bb = 0, ab = 0;
  Sums &operator+=(const Sums &o) {
    n += o.n, a += o.a, b += o.b, aa += o.aa, bb += o.bb, ab += o.ab;
    return *this;
  }
};

double pearson_there(const Plane &a, const Plane &b, const There &there, const Parallel &parallel) {
  // about the means, sums of squares lose nothing
  double mean_a = 0, mean_b = 0;
  for (const bool centred : {false, true}) {
    std::vector<Sums> parts(blocks_of(a.height));
    each_row(a.height, parallel, [&, ma = mean_a, mb = mean_b](int64_t block, int y) {
      const float *p = a.row(y), *q = b.row(y);
      const uint8_t *in = &there[static_cast<size_t>(y) * a.width];
      Sums s;
      for (int x = 0; x < a.width; x++) {
        if (!in[x]) continue;
        const double u = p[x] - ma, v = q[x] - mb;
        s.n++, s.a += u, s.b += v, s.aa += u * u, s.bb += v * v, s.ab += u * v;
      }
      parts[block] += s;
    });
    Sums s;
    for (const Sums &part : parts) s += part;
    if (s.n < 2) return undefined;
    if (centred) return s.aa > 0 && s.bb > 0 ? std::clamp(s.ab / std::sqrt(s.aa * s.bb), -1.0, 1.0) : undefined;
    mean_a = s.a / s.n, mean_b = s.b / s.n;
  }
  return undefined;
}

// The images after a Gaussian of 5 x 5; where there is nothing, the mean stands in.
Plane smoothed(const Plane &in, const There &there) {
  double sum = 0, n = 0;
  for (size_t i = 0; i < there.size(); i++)
    if (there[i]) sum += in.pixels[i], n++;
  Plane filled = in, out(in.width, in.height);
  for (size_t i = 0; i < there.size(); i++)
    if (!there[i]) filled.pixels[i] = static_cast<float>(n > 0 ? sum / n : 0);
  cv::Mat to = matrix(out.view());
  cv::GaussianBlur(matrix(filled.view()), to, cv::Size(5, 5), 0);
  return out;
}

constexpr int window = 7, margin = window / 2;

// Sums over the columns of a window's rows; they move down a row at a time.
struct Columns {
  std::vector<double> a, b, aa, bb, ab;
  std::vector<int> missing;
  explicit Columns(int n) : a(n), b(n), aa(n), bb(n), ab(n), missing(n) {}

  void add(const float *p, const float *q, const uint8_t *there, int n, int sign) {
    double *sa = a.data(), *sb = b.data(), *saa = aa.data(), *sbb = bb.data(), *sab = ab.data();
    int *gone = missing.data();
    vectorized([=] {
      for (int x = 0; x < n; x++) {
        const double u = there[x] ? sign * double{p[x]} : 0, v = there[x] ? sign * double{q[x]} : 0;
        sa[x] += u, sb[x] += v;
        saa[x] += sign * u * u, sbb[x] += sign * v * v, sab[x] += sign * u * v;
        gone[x] += there[x] ? 0 : sign;
      }
    });
  }
};

struct Mean {
  double sum = 0;
  int64_t n = 0;
};

// The similarities of the windows in one row, from the sums over their columns.
Mean row_of_windows(const Columns &c, int width, double range) {
  constexpr double n = window * window;
  const double c1 = 0.0001 * range * range, c2 = 0.0009 * range * range;
  Mean mean;
  for (int x = 0; x + window <= width; x++) {
    double a = 0, b = 0, aa = 0, bb = 0, ab = 0;
    int missing = 0;
    for (int k = x; k < x + window; k++) {
      a += c.a[k], b += c.b[k], aa += c.aa[k], bb += c.bb[k], ab += c.ab[k];
      missing += c.missing[k];
    }
    if (missing) continue;
    const double ma = a / n, mb = b / n;
    const double va = (aa - n * ma * ma) / (n - 1), vb = (bb - n * mb * mb) / (n - 1),
                 vab = (ab - n * ma * mb) / (n - 1);
    mean.sum += (2 * ma * mb + c1) * (2 * vab + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2));
    mean.n++;
  }
  return mean;
}

double similarity_there(const Plane &a, const Plane &b, const There &there, double range, const Parallel &parallel) {
  const int rows = a.height - window + 1, width = a.width;
  if (rows < 1 || width < window || !(range > 0)) return undefined;
  std::vector<Mean> parts(blocks_of(rows));
  parallel(static_cast<int64_t>(parts.size()), [&](int64_t block) {
    const int first = static_cast<int>(block) * rows_per_block, last = std::min(first + rows_per_block, rows);
    Columns columns(width);
    const auto add = [&](int y, int sign) {
      columns.add(a.row(y), b.row(y), &there[static_cast<size_t>(y) * width], width, sign);
    };
    for (int y = first; y < first + window - 1; y++) add(y, 1);
    for (int y = first; y < last; y++) {
      add(y + window - 1, 1);
      const Mean row = row_of_windows(columns, width, range);
      parts[block].sum += row.sum, parts[block].n += row.n;
      add(y, -1);
    }
  });
  Mean mean;
  for (const Mean &part : parts) mean.sum += part.sum, mean.n += part.n;
  return mean.n ? mean.sum / static_cast<double>(mean.n) : undefined;
}

constexpr int bins = 100;

// Equal bins from the smallest to the largest value, edges as NumPy's.
class Bins {
 public:
  Bins(const Plane &image, const There &there) {
    float low = std::numeric_limits<float>::infinity(), high = -low;
    for (size_t i = 0; i < there.size(); i++)
      if (there[i]) low = std::min(low, image.pixels[i]), high = std::max(high, image.pixels[i]);
    first_ = low, last_ = high;
    if (low == high) first_ -= 0.5, last_ += 0.5;
    step_ = (last_ - first_) / bins;
  }
  int of(double value) const {
    int bin = std::clamp(static_cast<int>((value - first_) / step_), 0, bins - 1);
    if (value < edge(bin)) bin--;
    else if (bin < bins - 1 && value >= edge(bin + 1)) bin++;
    return bin;
  }

 private:
  double edge(int i) const { return i * step_ + first_; }
  double first_, last_, step_;
};

double information_there(const Plane &a, const Plane &b, const There &there, const Parallel &parallel) {
  const Bins of_a(a, there), of_b(b, there);
  std::vector<std::vector<uint32_t>> parts(blocks_of(a.height), std::vector<uint32_t>(bins * bins));
  each_row(a.height, parallel, [&](int64_t block, int y) {
    const float *p = a.row(y), *q = b.row(y);
    const uint8_t *in = &there[static_cast<size_t>(y) * a.width];
    for (int x = 0; x < a.width; x++)
      if (in[x]) parts[block][of_a.of(p[x]) * bins + of_b.of(q[x])]++;
  });
  std::vector<double> joint(bins * bins);
  std::array<double, bins> rows{}, columns{};
  double n = 0;
  for (const auto &part : parts)
    for (int i = 0; i < bins * bins; i++) {
      joint[i] += part[i];
      rows[i / bins] += part[i];
      columns[i % bins] += part[i];
      n += part[i];
    }
  const auto entropy = [n](const auto &counts) {
    double h = 0;
    for (const double c : counts)
      if (c > 0) h -= c / n * std::log(c / n);
    return h;
  };
  const double both = entropy(joint);
  return both > 0 ? (entropy(rows) + entropy(columns)) / both : undefined;
}

}  // namespace

double pearson(const Plane &a, const Plane &b, View<const uint8_t> inside, const Parallel &parallel) {
  return pearson_there(a, b, both_there(a, b, inside, parallel), parallel);
}

double structural_similarity(const Plane &a, const Plane &b, View<const uint8_t> inside, double range,
                             const Parallel &parallel) {
  return similarity_there(a, b, both_there(a, b, inside, parallel), range, parallel);
}

double mutual_information(const Plane &a, const Plane &b, View<const uint8_t> inside, const Parallel &parallel) {
  return information_there(a, b, both_there(a, b, inside, parallel), parallel);
}

Measures measures_of(const Plane &a, const Plane &b, View<const uint8_t> inside, double range,
                    const Parallel &parallel) {
  const There there = both_there(a, b, inside, parallel);
  return {pearson_there(a, b, there, parallel), similarity_there(a, b, there, range, parallel),
          pearson_there(smoothed(a, there), smoothed(b, there), there, parallel),
          information_there(a, b, there, parallel)};
}

}  // namespace sheaf::align
