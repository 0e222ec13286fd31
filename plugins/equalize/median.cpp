#include "median.hpp"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "common/matrix.hpp"

namespace sheaf::equalize {
namespace {

constexpr int band = 64;  // rows of one task
constexpr int none = -1;  // the rank of what does not count

// The rows of a band and those its windows reach, in the image.
struct Rows {
  int begin, end, first, last;
  Rows(int64_t i, int height, int radius)
      : begin(static_cast<int>(i) * band),
        end(std::min(begin + band, height)),
        first(std::max(0, begin - radius)),
        last(std::min(height, end + radius)) {}
};

template <class T>
void median_by_opencv(View<const T> in, View<T> out, int radius, const Rows &rows) {
  cv::Mat filtered;
  cv::medianBlur(matrix(in).rowRange(rows.first, rows.last), filtered, 2 * radius + 1);
  filtered.rowRange(rows.begin - rows.first, rows.end - rows.first).copyTo(matrix(out).rowRange(rows.begin, rows.end));
}

// Counts of ranks in a window that moves, at three levels of resolution, with
// the place of the median at the coarsest (after T. Huang, G. Yang, G. Tang, 1979).
class Window {
 public:
  explicit Window(int ranks)
      : fine_(static_cast<size_t>(ranks)),
        middle_((fine_.size() >> step) + 1),
        coarse_((fine_.size() >> 2 * step) + 1) {}

  void change(int rank, int by) {
    if (rank == none) return;
    count_ += by;
    fine_[rank] += by;
    middle_[rank >> step] += by;
    coarse_[rank >> 2 * step] += by;
    if (rank >> 2 * step < bucket_) below_ += by;
  }
  int count() const { return count_; }
  // The rank in the middle; only of a window that is not empty.
  int median() {
    const int wanted = (count_ - 1) / 2;
    while (below_ > wanted) below_ -= coarse_[--bucket_];
    while (below_ + coarse_[bucket_] <= wanted) below_ += coarse_[bucket_++];
    int left = wanted - below_, m = bucket_ << step;
    while (left >= middle_[m]) left -= middle_[m++];
    int rank = m << step;
    while (left >= fine_[rank]) left -= fine_[rank++];
    return rank;
  }

 private:
  static constexpr int step = 5;  // bits from one level to the next
  std::vector<int> fine_, middle_, coarse_;
  int count_ = 0, bucket_ = 0, below_ = 0;  // below_: what lies in coarse buckets before bucket_
};

template <class T>
bool counts(T v) {
  if constexpr (std::is_same_v<T, float>) return std::abs(v) <= FLT_MAX;
  else return true;
}

template <class T>
void median_by_ranks(View<const T> in, View<T> out, int radius, const Rows &rows, const Poll &poll) {
  const int width = in.width(), across = width + 2 * radius;
  std::vector<T> values;  // of the ranks
  if constexpr (std::is_same_v<T, float>) {
    for (int y = rows.first; y < rows.last; y++)
      std::copy_if(in.row(y), in.row(y) + width, std::back_inserter(values), counts<T>);
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    poll();
  }
  const auto rank_of = [&](T v) {
    if constexpr (std::is_same_v<T, float>)
      return counts(v) ? static_cast<int>(std::lower_bound(values.begin(), values.end(), v) - values.begin()) : none;
    else return static_cast<int>(v);
  };
  std::vector<int> ranks(static_cast<size_t>(across) * static_cast<size_t>(rows.last - rows.first));
  const auto rank_row = [&](int y) {
    return &ranks[static_cast<size_t>(std::clamp(y, rows.first, rows.last - 1) - rows.first) * across];
  };
  for (int y = rows.first; y < rows.last; y++) {
    int *row = rank_row(y);
    for (int x = 0; x < width; x++) row[x + radius] = rank_of(in(x, y));
    std::fill_n(row, radius, row[radius]);
    std::fill_n(row + radius + width, radius, row[radius + width - 1]);
  }
  poll();
  Window window(std::is_same_v<T, float> ? static_cast<int>(values.size()) : 1 << 8 * sizeof(T));
  const auto column = [&](int x, int y, int by) {
    for (int dy = -radius; dy <= radius; dy++) window.change(rank_row(y + dy)[x], by);
  };
  for (int y = rows.begin; y < rows.end; y++) {
    for (int x = 0; x < 2 * radius; x++) column(x, y, 1);
    for (int x = 0; x < width; x++) {
      column(x + 2 * radius, y, 1);
      if (!counts(in(x, y)) || window.count() == 0) {
        out(x, y) = in(x, y);
      } else {
        const int rank = window.median();
        if constexpr (std::is_same_v<T, float>) out(x, y) = values[rank];
        else out(x, y) = static_cast<T>(rank);
      }
      column(x, y, -1);
      if (x % 4096 == 4095) poll();
    }
    for (int x = width; x < across; x++) column(x, y, -1);
    poll();
  }
}

template <class T>
bool all_count(View<const T> in) {
  for (int y = 0; std::is_same_v<T, float> && y < in.height(); y++)
    if (!std::all_of(in.row(y), in.row(y) + in.width(), counts<T>)) return false;
  return true;
}

}  // namespace

template <class T>
void median(View<const T> in, View<T> out, int radius, const Parallel &parallel, const Poll &poll) {
  constexpr bool bytes = std::is_same_v<T, uint8_t> || std::is_same_v<T, Rgb>;
  bool opencv = bytes || radius <= 2;  // OpenCV has larger windows for bytes only
  if constexpr (std::is_same_v<T, float>) opencv = opencv && all_count(in);
  parallel((in.height() + band - 1) / band, [&](int64_t i) {
    poll();
    const Rows rows(i, in.height(), radius);
    if constexpr (!bytes) {
      if (!opencv) return median_by_ranks(in, out, radius, rows, poll);
    }
    median_by_opencv(in, out, radius, rows);
  });
}

int64_t median_bytes(int width, int radius, sheaf_pixel pixel) {
  const int64_t pixels = (int64_t{width} + 2 * radius) * (band + 2 * radius);
  if (pixel == SHEAF_U8 || pixel == SHEAF_RGB) return 2 * pixels * (pixel == SHEAF_RGB ? 4 : 1);
  return pixels * (pixel == SHEAF_F32 ? 16 : 4) + (int64_t{1} << 18);
}

template void median(View<const uint8_t>, View<uint8_t>, int, const Parallel &, const Poll &);
template void median(View<const uint16_t>, View<uint16_t>, int, const Parallel &, const Poll &);
template void median(View<const float>, View<float>, int, const Parallel &, const Poll &);
template void median(View<const Rgb>, View<Rgb>, int, const Parallel &, const Poll &);

}  // namespace sheaf::equalize
