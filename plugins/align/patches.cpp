#include "align/patches.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "align/csv.hpp"
#include "align/resample.hpp"
#include "common/vectorized.hpp"
#include "plugin.hpp"

namespace sheaf::align {
namespace {

// Matches are handed to the threads in blocks of fixed size.
constexpr int64_t block = 16;

// A square patch of the reference with what Lucas and Kanade need of it.
class Template {
 public:
  // False if the patch leaves the image, holds no data somewhere, or has no
  // structure in some direction.
  bool take(const Plane &image, int x, int y, int radius) {
    side_ = 2 * radius + 1;
    radius_ = radius;
    if (x - radius < 1 || y - radius < 1 || x + radius > image.width - 2 || y + radius > image.height - 2) return false;
    values_.clear();
    gx_.clear();
    gy_.clear();
    double sum = 0, square = 0, sum_x = 0, sum_y = 0;
    for (int v = -radius; v <= radius; v++) {
      const float *row = image.row(y + v) + x;
      for (int u = -radius; u <= radius; u++) {
        const float value = row[u];
        const float dx = (row[u + 1] - row[u - 1]) / 2, dy = (row[u + image.width] - row[u - image.width]) / 2;
        if (!std::isfinite(value) || !std::isfinite(dx) || !std::isfinite(dy)) return false;
        values_.push_back(value);
        gx_.push_back(dx);
        gy_.push_back(dy);
        sum += value;
        sum_x += dx;
        sum_y += dy;
      }
    }
    const double n = static_cast<double>(values_.size());
    const auto mean = static_cast<float>(sum / n);
    double hxx = 0, hxy = 0, hyy = 0, tx = 0, ty = 0;
    for (size_t i = 0; i < values_.size(); i++) {
      values_[i] -= mean;
      gx_[i] -= static_cast<float>(sum_x / n);
      gy_[i] -= static_cast<float>(sum_y / n);
      square += double{values_[i]} * values_[i];
      tx += double{values_[i]} * gx_[i];
      ty += double{values_[i]} * gy_[i];
    }
    if (!(square > 1e-12 * n * (1 + double{mean} * mean))) return false;
    // gain and offset are free, so steps must be orthogonal to the patch itself
    for (size_t i = 0; i < values_.size(); i++) {
      gx_[i] -= static_cast<float>(tx / square) * values_[i];
      gy_[i] -= static_cast<float>(ty / square) * values_[i];
      hxx += double{gx_[i]} * gx_[i];
      hxy += double{gx_[i]} * gy_[i];
      hyy += double{gy_[i]} * gy_[i];
    }
    const double det = hxx * hyy - hxy * hxy, half = (hxx + hyy) / 2;
    const double least = half - std::sqrt(std::max(0.0, half * half - det));
    // a shift by a pixel must change the patch by more than a hundredth of its variance
    if (!(least > 0.002 * square)) return false;
    ixx_ = hyy / det;
    ixy_ = -hxy / det;
    iyy_ = hxx / det;
    square_ = square;
    return true;
  }

  // Moves q to where `moving`, seen through the linear map a (row-major 2 x 2), shows
  // the patch's centre. Returns the correlation there, of either sign; NaN if q left
  // the image or went further than `reach`.
  double find(const Plane &moving, const double *a, double reach, Point &q) {
    const Point start = q;
    for (int step = 0;; step++) {
      if (!sample(moving, a, q)) return std::numeric_limits<double>::quiet_NaN();
      double product = 0, square = 0, bx = 0, by = 0;
      for (size_t i = 0; i < seen_.size(); i++) {
        product += double{seen_[i]} * values_[i];
        square += double{seen_[i]} * seen_[i];
        bx += double{seen_[i]} * gx_[i];
        by += double{seen_[i]} * gy_[i];
      }
      const double gain = product / square_;
      const double correlation = square > 0 ? product / std::sqrt(square * square_) : 0;
      if (std::abs(correlation) < 0.1 || step == 12) return correlation;
      const double ex = (ixx_ * bx + ixy_ * by) / gain, ey = (ixy_ * bx + iyy_ * by) / gain;
      q.x -= a[0] * ex + a[1] * ey;
      q.y -= a[2] * ex + a[3] * ey;
      if (!(std::hypot(q.x - start.x, q.y - start.y) <= reach)) return std::numeric_limits<double>::quiet_NaN();
      if (std::hypot(ex, ey) < 0.003) return correlation;
    }
  }

 private:
  // The moving image under the patch, its mean removed.
  bool sample(const Plane &moving, const double *a, Point q) {
    seen_.resize(values_.size());
    const int r = radius_;
    double sum = 0;
    const double ux = std::abs(a[0]) * r + std::abs(a[1]) * r, uy = std::abs(a[2]) * r + std::abs(a[3]) * r;
    if (!(q.x - ux >= 0 && q.y - uy >= 0 && q.x + ux < moving.width - 1 && q.y + uy < moving.height - 1)) return false;
    // relative to a pixel near the patch, floats are exact enough
    const double ox = std::floor(q.x - ux), oy = std::floor(q.y - uy);
    const auto qx = static_cast<float>(q.x - ox), qy = static_cast<float>(q.y - oy);
    const auto a0 = static_cast<float>(a[0]), a1 = static_cast<float>(a[1]), a2 = static_cast<float>(a[2]),
               a3 = static_cast<float>(a[3]);
    const float *const corner = moving.row(static_cast<int>(oy)) + static_cast<int>(ox);
    const int width = moving.width, side = side_;
    float *const out = seen_.data();
    vectorized([=] {
      for (int v = -r; v <= r; v++) {
        const float bx = qx + a1 * static_cast<float>(v), by = qy + a3 * static_cast<float>(v);
        float *const line = out + (v + r) * side;
        for (int u = -r; u <= r; u++) {
          const float x = std::max(0.0f, bx + a0 * static_cast<float>(u)),
                      y = std::max(0.0f, by + a2 * static_cast<float>(u));
          const int ix = static_cast<int>(x), iy = static_cast<int>(y);
          const float fx = x - static_cast<float>(ix), fy = y - static_cast<float>(iy);
          const float *const p = corner + static_cast<std::ptrdiff_t>(iy) * width + ix, *const below = p + width;
          const float top = p[0] + fx * (p[1] - p[0]), bottom = below[0] + fx * (below[1] - below[0]);
          line[u + r] = top + fy * (bottom - top);
        }
      }
    });
    for (const float s : seen_) sum += s;
    const auto mean = static_cast<float>(sum / static_cast<double>(seen_.size()));
    if (!std::isfinite(mean)) return false;
    for (auto &s : seen_) s -= mean;
    return true;
  }

  int side_ = 0, radius_ = 0;
  std::vector<float> values_, gx_, gy_, seen_;
  double ixx_ = 0, ixy_ = 0, iyy_ = 0, square_ = 1;
};

// The mean of factor x factor pixels; pixels without data spread.
Plane reduced(const Plane &image, int factor) {
  Plane small(image.width / factor, image.height / factor);
  for (int y = 0; y < small.height; y++)
    for (int x = 0; x < small.width; x++) {
      float sum = 0;
      for (int v = 0; v < factor; v++)
        for (int u = 0; u < factor; u++) sum += image.row(factor * y + v)[factor * x + u];
      small.row(y)[x] = sum / static_cast<float>(factor * factor);
    }
  return small;
}

// The whole-pixel shift within `search` of the centre (cx, cy) with the largest
// correlation, of either sign.
std::optional<Point> best_shift(const Plane &reference, const Plane &moving, int x, int y, int cx, int cy, int radius,
                                int search, double &score) {
  const auto inside = [&](const Plane &p, int px, int py) {
    return px - radius >= 0 && py - radius >= 0 && px + radius < p.width && py + radius < p.height;
  };
  if (!inside(reference, x, y)) return {};
  const int side = 2 * radius + 1;
  std::vector<float> patch;
  double sum = 0, square = 0;
  for (int v = -radius; v <= radius; v++)
    for (int u = -radius; u <= radius; u++) {
      patch.push_back(reference.row(y + v)[x + u]);
      sum += patch.back();
    }
  const auto mean = static_cast<float>(sum / static_cast<double>(patch.size()));
  for (auto &p : patch) {
    p -= mean;
    square += double{p} * p;
  }
  if (!(square > 0)) return {};
  std::optional<Point> best;
  score = 0;
  const float *const from = patch.data();
  for (int dy = -search; dy <= search; dy++)
    for (int dx = -search; dx <= search; dx++) {
      if (!inside(moving, cx + dx, cy + dy)) continue;
      float product = 0, total = 0, squares = 0;
      const float *const there = moving.row(cy + dy - radius) + cx + dx - radius;
      const int stride = moving.width;
      vectorized([=, &product, &total, &squares] {
        // eight sums at a time, so that the compiler may keep them in one register
        float p[8] = {}, t[8] = {}, s[8] = {};
        for (int v = 0; v < side; v++) {
          const float *row = there + static_cast<std::ptrdiff_t>(v) * stride, *mine = from + v * side;
          int u = 0;
          for (; u + 8 <= side; u += 8)
            for (int k = 0; k < 8; k++) {
              p[k] += row[u + k] * mine[u + k];
              t[k] += row[u + k];
              s[k] += row[u + k] * row[u + k];
            }
          for (; u < side; u++) {
            p[0] += row[u] * mine[u];
            t[0] += row[u];
            s[0] += row[u] * row[u];
          }
        }
        for (int k = 0; k < 8; k++) {
          product += p[k];
          total += t[k];
          squares += s[k];
        }
      });
      const double variance = squares - double{total} * total / (side * side);
      const double c = variance > 0 ? product / std::sqrt(variance * square) : 0;
      if (std::abs(c) > std::abs(score)) {
        score = c;
        best = Point{static_cast<double>(cx + dx), static_cast<double>(cy + dy)};
      }
    }
  return best;
}

// The moving image on the reference's grid; NaN where it has no data.
Plane predicted(const Plane &moving, const Transform &start, const Parallel &parallel) {
  Plane out = start.is_identity() ? moving : resampled(moving, start, {}, parallel);
  if (start.is_identity()) return out;
  for (int y = 0; y < out.height; y++) {
    const Interval inside = columns_inside(start, y, {0, out.width - 1}, 0, 0, moving.width - 1.0, moving.height - 1.0);
    for (int x = 0; x < out.width; x++)
      if (inside.size() == 0 || x < inside.first || x > inside.last)
        out.row(y)[x] = std::numeric_limits<float>::quiet_NaN();
  }
  return out;
}

}  // namespace

std::vector<Match> polished(std::span<const Match> matches, const Plane &reference, const Plane &moving,
                            const Transform &transform, double reach, double least, const Parallel &parallel) {
  constexpr int radius = 13;
  const auto count = static_cast<int64_t>(matches.size()), blocks = (count + block - 1) / block;
  std::vector<std::optional<Match>> found(matches.size());
  parallel(blocks, [&](int64_t b) {
    Template patch;
    for (int64_t i = b * block; i < std::min(count, (b + 1) * block); i++) {
      const Match &m = matches[static_cast<size_t>(i)];
      const int x = static_cast<int>(std::lround(m.reference.x)), y = static_cast<int>(std::lround(m.reference.y));
      if (!patch.take(reference, x, y, radius)) continue;
      // the transform's derivative at the patch
      const Point at = transform(x, y), right = transform(x + 0.5, y), down = transform(x, y + 0.5);
      const double a[] = {2 * (right.x - at.x), 2 * (down.x - at.x), 2 * (right.y - at.y), 2 * (down.y - at.y)};
      Point q = at;
      if (!(std::abs(patch.find(moving, a, reach, q)) >= least)) continue;
      found[static_cast<size_t>(i)] = Match{{static_cast<double>(x), static_cast<double>(y)}, q};
    }
  });
  std::vector<Match> result;
  for (const auto &m : found)
    if (m) result.push_back(*m);
  return result;
}

std::vector<Match> match_patches(const Plane &reference, const Mask *mask, const Plane &moving,
                                 const PatchOptions &options, const Parallel &parallel) {
  const Plane there = predicted(moving, options.start, parallel);
  // far searches begin on a copy on which they are at most this long
  constexpr int longest = 8;
  int factor = 1;
  while (options.search > longest * factor && std::min(reference.width, reference.height) / (2 * factor) >= 64)
    factor *= 2;
  const Plane small_reference = factor > 1 ? reduced(reference, factor) : Plane();
  const Plane small_there = factor > 1 ? reduced(there, factor) : Plane();
  const int radius = options.patch / 2, small_radius = std::max(7, radius / 2);

  std::vector<Point> grid;
  for (int y = radius + 1; y < reference.height - radius - 1; y += options.spacing)
    for (int x = radius + 1; x < reference.width - radius - 1; x += options.spacing)
      if (!mask || mask->empty() || (*mask)[static_cast<size_t>(y) * reference.width + x])
        grid.push_back({static_cast<double>(x), static_cast<double>(y)});
  const auto count = static_cast<int64_t>(grid.size()), blocks = (count + block - 1) / block;
  std::vector<std::optional<Match>> found(grid.size());
  parallel(blocks, [&](int64_t b) {
    Template patch;
    constexpr double same[] = {1, 0, 0, 1};
    for (int64_t i = b * block; i < std::min(count, (b + 1) * block); i++) {
      const Point p = grid[static_cast<size_t>(i)];
      const int x = static_cast<int>(p.x), y = static_cast<int>(p.y);
      if (!patch.take(reference, x, y, radius)) continue;
      int cx = x, cy = y, reach = options.search;
      double score = 0;
      if (factor > 1) {
        const int sx = x / factor, sy = y / factor;
        const auto coarse = best_shift(small_reference, small_there, sx, sy, sx, sy, small_radius,
                                       (options.search + factor - 1) / factor, score);
        if (!coarse) continue;
        cx = x + factor * (static_cast<int>(coarse->x) - sx);
        cy = y + factor * (static_cast<int>(coarse->y) - sy);
        reach = factor;
      }
      const auto fine = best_shift(reference, there, x, y, cx, cy, radius, reach, score);
      if (!fine || !(std::abs(score) >= options.least)) continue;
      Point q = *fine;
      if (!(std::abs(patch.find(there, same, 2, q)) >= options.least)) continue;
      found[static_cast<size_t>(i)] = Match{p, options.start(q.x, q.y)};
    }
  });
  std::vector<Match> result;
  for (const auto &m : found)
    if (m) result.push_back(*m);
  return result;
}

MatchEstimate estimate_by_patches(const Plane &reference, const Mask *mask, const Plane &moving,
                                  const PatchOptions &options, const Parallel &parallel) {
  const auto matches = match_patches(reference, mask, moving, options, parallel);
  RobustOptions how;
  how.model = options.model;
  how.error = options.error;
  how.min_inliers = options.min_inliers;
  MatchEstimate e = agree(matches, reference.width, reference.height, how);
  compare_with_richer(e, matches, reference.width, reference.height, how);
  return e;
}

std::vector<MatchRow> read_matches(const std::string &path) {
  const std::string key = "matches";
  const std::string text = read_text(path, key);
  std::vector<MatchRow> rows;
  Csv table = parse_csv(text);
  if (double number = 0;
      table.columns.size() == 1 && parse_number(table.columns[0].substr(0, table.columns[0].find(' ')), number)) {
    // DeepMatching: no header, blanks between x1 y1 x2 y2 score index
    size_t line = 0;
    for (size_t from = 0; from < text.size(); line++) {
      const size_t end = std::min(text.find('\n', from), text.size());
      std::string row = text.substr(from, end - from);
      from = end + 1;
      double v[4];
      size_t begin = 0;
      int k = 0;
      for (; k < 4; k++) {
        begin = row.find_first_not_of(" \t\r", begin);
        if (begin == std::string::npos) break;
        const size_t stop = std::min(row.find_first_of(" \t\r", begin), row.size());
        if (!parse_number(std::string_view(row).substr(begin, stop - begin), v[k])) break;
        begin = stop;
      }
      if (k == 0 && begin == std::string::npos) continue;
      if (k < 4)
        throw Error(SHEAF_INVALID, key + ": line " + std::to_string(line + 1) + " needs the numbers x1 y1 x2 y2");
      rows.push_back({{{v[0], v[1]}, {v[2], v[3]}}, 0});
    }
    return rows;
  }
  int column[4];
  static constexpr const char *names[] = {"x1", "y1", "x2", "y2"};
  for (int i = 0; i < 4; i++)
    if (column[i] = table.find({names[i]}); column[i] < 0)
      throw Error(SHEAF_INVALID, key + ": the table has no column " + names[i] + "; accepted: x1,y1,x2,y2 and image");
  const int image = table.find({"image", "slice", "frame", "position"});
  for (size_t r = 0; r < table.rows.size(); r++) {
    double v[4];
    for (int i = 0; i < 4; i++) v[i] = number_in(table, r, column[i], key);
    const double n = image < 0 ? 0 : number_in(table, r, image, key);
    if (n < 0 || n > 1e9 || n != std::floor(n))
      throw Error(SHEAF_INVALID, key + ": row " + std::to_string(r + 1) + " has no position in image");
    rows.push_back({{{v[0], v[1]}, {v[2], v[3]}}, static_cast<int64_t>(n)});
  }
  return rows;
}

}  // namespace sheaf::align
