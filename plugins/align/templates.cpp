#include "align/templates.hpp"

#include <algorithm>
#include <cmath>

namespace sheaf::align {
namespace {

// A median looks at this many images at most and holds this many bytes of them at once.
constexpr int64_t median_images = 51;
constexpr int64_t median_bytes = int64_t{64} << 20;

float median_of(std::vector<float> &values) {
  if (values.empty()) return std::numeric_limits<float>::quiet_NaN();
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

}  // namespace

Mean::Mean(int width, int height)
    : width_(width), height_(height), sums_(static_cast<size_t>(width) * height), counts_(sums_.size()) {}

void Mean::add(const Plane &image, int y, Interval columns) {
  const float *row = image.row(y);
  const size_t at = static_cast<size_t>(y) * width_;
  for (int x = columns.first; x <= columns.last; x++)
    if (std::isfinite(row[x])) {
      sums_[at + x] += row[x];
      counts_[at + x]++;
    }
}

Plane Mean::all() const {
  Plane out = Plane::unset(width_, height_);
  for (size_t i = 0; i < sums_.size(); i++)
    out.pixels[i] = counts_[i] ? static_cast<float>(sums_[i] / counts_[i]) : std::numeric_limits<float>::quiet_NaN();
  return out;
}

Plane Mean::without(const Plane &image) const {
  Plane out = Plane::unset(width_, height_);
  for (size_t i = 0; i < sums_.size(); i++) {
    const bool there = std::isfinite(image.pixels[i]);
    const uint32_t count = counts_[i] - there;
    const double sum = there ? sums_[i] - image.pixels[i] : sums_[i];
    out.pixels[i] = count ? static_cast<float>(sum / count) : std::numeric_limits<float>::quiet_NaN();
  }
  return out;
}

Mean mean_of(const Series &series, std::span<const Transform> transforms, int64_t batch, const Progress &progress,
             const Parallel &parallel) {
  Mean mean(series.width, series.height);
  std::vector<Plane> planes(std::min(batch, series.count));
  for (int64_t first = 0; first < series.count; first += batch) {
    const int64_t count = std::min(batch, series.count - first);
    auto draw = [&](int64_t k) {
      planes[k] = series.read(first + k);
      if (!transforms.empty() && !transforms[first + k].is_identity())
        planes[k] = resampled(planes[k], transforms[first + k], {}, parallel);
    };
    if (count == 1) draw(0);
    else parallel(count, draw);
    // rows in parallel, images in order: every pixel is summed in one order
    parallel(series.height, [&](int64_t y) {
      for (int64_t k = 0; k < count; k++) {
        Interval columns{0, series.width - 1};
        if (!transforms.empty())
          columns = columns_inside(transforms[first + k], static_cast<int>(y), columns, 0, 0, series.width - 1.0,
                                   series.height - 1.0);
        mean.add(planes[k], static_cast<int>(y), columns);
      }
    });
    progress(static_cast<double>(first + count) / static_cast<double>(series.count));
  }
  return mean;
}

Plane median_of(const Series &series, const Progress &progress, const Parallel &parallel) {
  const int64_t count = std::min(series.count, median_images);
  const int64_t row_bytes = count * series.width * static_cast<int64_t>(sizeof(float));
  const int band = static_cast<int>(std::clamp<int64_t>(median_bytes / row_bytes, 1, series.height));
  Plane out = Plane::unset(series.width, series.height);
  std::vector<float> rows(static_cast<size_t>(count) * band * series.width);
  for (int top = 0; top < series.height; top += band) {
    const int height = std::min(band, series.height - top);
    const size_t size = static_cast<size_t>(height) * series.width;
    for (int64_t k = 0; k < count; k++) {
      const Plane plane = series.read(k * series.count / count);
      std::copy_n(plane.row(top), size, rows.data() + static_cast<size_t>(k) * size);
      progress((top + height * static_cast<double>(k + 1) / static_cast<double>(count)) / series.height);
    }
    parallel(height, [&](int64_t y) {
      std::vector<float> values;
      for (int x = 0; x < series.width; x++) {
        values.clear();
        for (int64_t k = 0; k < count; k++) {
          const float v = rows[static_cast<size_t>(k) * size + static_cast<size_t>(y) * series.width + x];
          if (std::isfinite(v)) values.push_back(v);
        }
        out.row(top + static_cast<int>(y))[x] = median_of(values);
      }
    });
  }
  return out;
}

}  // namespace sheaf::align
