#include "align/transforms.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "align/bilinear.hpp"
#include "common/median.hpp"
#include "common/wording.hpp"

namespace sheaf::align {
namespace {

[[noreturn]] void refuse(const std::string &text) { throw Error(SHEAF_INVALID, text); }

void require_matrices(const TransformList &list, const char *what) {
  for (size_t i = 0; i < list.images.size(); i++)
    if (list.images[i].bilinear)
      refuse("transforms: that of image " + std::to_string(i + 1) + " is bilinear, which cannot be " + what);
}

// Parameters about the image's centre that may be averaged: shift, angle and
// logarithm of the scale if every transform is a similarity, otherwise the
// elements of the matrix.
class Parameters {
 public:
  Parameters(const TransformList &list)
      : x_((std::max(1, list.width) - 1) / 2.0), y_((std::max(1, list.height) - 1) / 2.0) {
    similar_ = std::all_of(list.images.begin(), list.images.end(), [](const ListedTransform &t) {
      const auto &m = t.matrix.m;
      const double tolerance = 1e-9 * std::hypot(m[0], m[3]);
      return t.matrix.is_affine() && std::abs(m[0] - m[4]) <= tolerance && std::abs(m[1] + m[3]) <= tolerance;
    });
  }
  static constexpr size_t count = 8;

  std::array<double, count> of(const Transform &t) const {
    const auto m = (Transform::shift(-x_, -y_) * t * Transform::shift(x_, y_)).m;
    if (similar_) return {m[2], m[5], std::atan2(m[3], m[0]), std::log(std::hypot(m[0], m[3]))};
    return {m[2], m[5], m[0], m[1], m[3], m[4], m[6], m[7]};
  }
  // Which parameter is an angle, whose values must not jump by a turn.
  int angle() const { return similar_ ? 2 : -1; }

  Transform transform(const std::array<double, count> &p) const {
    Transform t;
    if (similar_) {
      const double c = std::exp(p[3]) * std::cos(p[2]), s = std::exp(p[3]) * std::sin(p[2]);
      t = {{c, -s, p[0], s, c, p[1], 0, 0, 1}};
    } else {
      t = {{p[2], p[3], p[0], p[4], p[5], p[1], p[6], p[7], 1}};
    }
    return Transform::shift(x_, y_) * t * Transform::shift(-x_, -y_);
  }

 private:
  double x_, y_;
  bool similar_;
};

}  // namespace

Transform derivative(const Bilinear &b, double x, double y) {
  Transform t{{b.x[1] + b.x[3] * y, b.x[2] + b.x[3] * x, 0, b.y[1] + b.y[3] * y, b.y[2] + b.y[3] * x, 0, 0, 0, 1}};
  const Point at = b(x, y);
  t.m[2] = at.x - t.m[0] * x - t.m[1] * y;
  t.m[5] = at.y - t.m[3] * x - t.m[4] * y;
  return t;
}

Transform ListedTransform::on_row(int y) const {
  if (!bilinear) return matrix;
  const auto &bx = bilinear->x, &by = bilinear->y;
  return {{bx[1] + bx[3] * y, 0, bx[0] + bx[2] * y, by[1] + by[3] * y, 0, by[0] + by[2] * y, 0, 0, 1}};
}

void require_fit(const TransformList &list, int64_t count, int width, int height, const std::string &key) {
  if (list.width > 0 && list.height > 0 && (list.width != width || list.height != height))
    refuse(key + ": made for images of " + std::to_string(list.width) + " x " + std::to_string(list.height) +
           ", these are " + std::to_string(width) + " x " + std::to_string(height));
  const auto given = static_cast<int64_t>(list.images.size());
  if (given != count && given != 1)
    refuse(key + ": the file has " + counted(given, "transform") + ", the collection has " +
           counted(count, "position") + "; accepted: as many, or one for all");
  for (size_t i = 0; i < list.images.size(); i++) {
    const ListedTransform &t = list.images[i];
    if (!(t.bilinear ? is_plausible(*t.bilinear, width, height) : is_plausible(t.matrix, width, height)))
      refuse(key + ": the transform of image " + std::to_string(i + 1) +
             " folds the image, or makes it less than a hundredth or more than a hundred times as large");
  }
}

TransformList list_for(const std::string &path, const std::string &key, int64_t count, int width, int height) {
  TransformList list;
  if (path.empty()) {
    list.model = "translation";
    list.images.resize(1);
  } else {
    list = read_transforms(path, key);
    require_fit(list, count, width, height, key);
  }
  list.images.resize(static_cast<size_t>(count), list.images.front());
  list.width = width;
  list.height = height;
  return list;
}

std::string degenerate_reason(bool reference) {
  return std::string(reference ? "the reference" : "the image") +
         " has no structure, no data or fewer than 16 x 16 pixels";
}

std::string worse_reason(double score_before, double score_after) {
  return "the correlation would fall from " + decimals(score_before, 4) + " to " + decimals(score_after, 4);
}

Concerns concerns(const TransformList &list, const std::string &thing) {
  static constexpr size_t most = 8;  // are named of each status
  const auto count = static_cast<int64_t>(list.images.size());
  struct Group {
    std::string status;
    std::vector<std::string> positions;  // "4", "7 to 9"
  };
  struct {
    int64_t count = 0;
    std::vector<Group> groups;
    std::string names() const {
      std::string text;
      for (const auto &[status, positions] : groups) {
        if (!text.empty()) text += ", ";
        for (size_t k = 0; k < std::min(most, positions.size()); k++) text += (k ? ", " : "") + positions[k];
        text += (positions.size() > most ? " ... (" : " (") + status + ")";
      }
      return text;
    }
  } failed, rough;
  for (int64_t i = 0, end; i < count; i = end) {
    const std::string &status = list.images[static_cast<size_t>(i)].status;
    for (end = i + 1; end < count && list.images[static_cast<size_t>(end)].status == status;) end++;
    if (status == "ok" || status == "reference") continue;
    auto &all = status == "uncertain" || status == "not_converged" ? rough : failed;
    all.count += end - i;
    auto group = std::find_if(all.groups.begin(), all.groups.end(), [&](const Group &g) { return g.status == status; });
    if (group == all.groups.end()) group = all.groups.insert(group, {status, {}});
    if (end - i > 2) group->positions.push_back(std::to_string(i + 1) + " to " + std::to_string(end));
    else
      for (int64_t k = i; k < end; k++) group->positions.push_back(std::to_string(k + 1));
  }
  const auto sentence = [&](const auto &of, const char *one, const char *many) {
    return of.count == 0 ? std::string()
                         : std::to_string(of.count) + " of " + counted(count, thing) + (of.count == 1 ? one : many) +
                               ": " + of.names() + "; the table says why";
  };
  return {sentence(failed, " has no reliable transform", " have no reliable transform"),
          sentence(rough, " is placed less exactly", " are placed less exactly")};
}

TransformList inverted(const TransformList &list) {
  require_matrices(list, "inverted");
  TransformList result = list;
  for (size_t i = 0; i < list.images.size(); i++) {
    const Transform t = inverse(list.images[i].matrix);
    for (const double e : t.m)
      if (!std::isfinite(e)) refuse("transforms: that of image " + std::to_string(i + 1) + " has no inverse");
    result.images[i].matrix = t;
  }
  return result;
}

TransformList composed(const TransformList &first, const TransformList &second) {
  require_matrices(first, "composed");
  require_matrices(second, "composed");
  const size_t n = std::max(first.images.size(), second.images.size());
  for (const TransformList *list : {&first, &second})
    if (list->images.size() != n && list->images.size() != 1)
      refuse("with: " + std::to_string(second.images.size()) + " transforms given, transforms has " +
             std::to_string(first.images.size()) + "; accepted: as many, or one for all");
  const auto order = [](const std::string &model) {
    static constexpr const char *names[] = {"translation", "rigid", "similarity", "affine", "homography"};
    return std::find(std::begin(names), std::end(names), model) - std::begin(names);
  };
  TransformList result = first.images.size() == n ? first : second;
  result.width = first.width ? first.width : second.width;
  result.height = first.height ? first.height : second.height;
  result.model = order(first.model) > order(second.model) ? first.model : second.model;
  for (size_t i = 0; i < n; i++) {
    const auto &a = first.images[first.images.size() == 1 ? 0 : i],
               &b = second.images[second.images.size() == 1 ? 0 : i];
    result.images[i].matrix = a.matrix * b.matrix;
    if (a.status != "ok" && a.status != "reference") result.images[i].status = a.status;
    else if (b.status != "ok" && b.status != "reference") result.images[i].status = b.status;
  }
  return result;
}

TransformList smoothed(const TransformList &list, Smoothing how, double width) {
  require_matrices(list, "smoothed");
  const auto n = static_cast<int64_t>(list.images.size());
  const Parameters parameters(list);
  std::vector<std::array<double, Parameters::count>> values(list.images.size());
  std::vector<bool> known(list.images.size());
  double turn = 0;
  int64_t before = -1;
  for (int64_t i = 0; i < n; i++) {
    values[i] = parameters.of(list.images[i].matrix);
    known[i] = list.images[i].status != "degenerate";
    if (!known[i] || parameters.angle() < 0) continue;
    double &angle = values[i][static_cast<size_t>(parameters.angle())];
    angle += turn;
    if (before >= 0) {
      const double jump = angle - values[before][static_cast<size_t>(parameters.angle())];
      const double turns = 2 * std::numbers::pi * std::round(jump / (2 * std::numbers::pi));
      angle -= turns;
      turn -= turns;
    }
    before = i;
  }
  const int64_t reach = how == Smoothing::gaussian ? static_cast<int64_t>(std::ceil(4 * width))
                                                   : static_cast<int64_t>(std::floor(width / 2));
  TransformList result = list;
  for (int64_t i = 0; i < n; i++) {
    std::array<double, Parameters::count> smooth{};
    std::vector<int64_t> near;
    // where a run of degenerate images is longer than the window, the window grows
    for (int64_t far = reach; near.empty() && far <= 2 * n + reach; far = 2 * far + 1)
      for (int64_t k = std::max<int64_t>(0, i - far); k <= std::min(n - 1, i + far); k++)
        if (known[k]) near.push_back(k);
    if (near.empty()) continue;  // every image is degenerate
    for (size_t p = 0; p < Parameters::count; p++) {
      std::vector<double> window, weights;
      for (const int64_t k : near) {
        window.push_back(values[k][p]);
        const double d = static_cast<double>(k - i) / width;
        weights.push_back(how == Smoothing::gaussian ? std::max(std::exp(-0.5 * d * d), 1e-300) : 1);
      }
      smooth[p] = how == Smoothing::median ? median(window)
                                           : std::inner_product(window.begin(), window.end(), weights.begin(), 0.0) /
                                                 std::accumulate(weights.begin(), weights.end(), 0.0);
    }
    result.images[i].matrix = parameters.transform(smooth);
  }
  return result;
}

}  // namespace sheaf::align
