#include "regions.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <unordered_map>

namespace sheaf::segment {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

template <class T>
int channels_of() {
  return std::is_same_v<T, Rgb> ? 3 : 1;
}

// Calls f(label, y, begin, end) for every stretch of one label in rows [top, bottom), 0 left out.
template <class F>
void for_stretches(View<const uint32_t> labels, int top, int bottom, const Poll &poll, F &&f) {
  const int width = labels.width(), pause = 1 + rows_between_polls(width) / 4;
  for (int y = top; y < bottom; y++) {
    const uint32_t *row = labels.row(y);
    for (int x = 0; x < width;) {
      const int begin = x;
      const uint32_t label = row[x];
      while (x < width && row[x] == label) x++;
      if (label) f(label, y, begin, x);
    }
    if (y % pause == pause - 1) poll();
  }
}

template <class T>
std::pair<double, double> shown_range(View<const T> image) {
  if constexpr (std::is_same_v<T, uint8_t>) return {0, 255};
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (int y = 0; y < image.height(); y++)
    for (int x = 0; x < image.width(); x++) {
      const double v = static_cast<double>(image(x, y));
      if (!std::isfinite(v)) continue;
      low = std::min(low, v);
      high = std::max(high, v);
    }
  return {low, high};
}

// Regions while they are summed up: x, y and mean are sums.
struct Sums {
  std::vector<Region> regions;
  std::vector<int64_t> numbers;  // values that are not NaN

  explicit Sums(uint32_t count) : regions(count), numbers(count) {}

  // Adds what lies below. Exact but for the mean of 32-bit images.
  void operator+=(const Sums &below) {
    for (size_t i = 0; i < regions.size(); i++) {
      Region &r = regions[i];
      const Region &s = below.regions[i];
      if (s.area == 0) continue;
      if (r.area == 0) {
        r = s;
      } else {
        r.area += s.area;
        r.mean += s.mean, r.x += s.x, r.y += s.y;
        r.left = std::min(r.left, s.left), r.right = std::max(r.right, s.right), r.bottom = s.bottom;
      }
      numbers[i] += below.numbers[i];
    }
  }

  std::vector<Region> means() && {
    for (size_t i = 0; i < regions.size(); i++) {
      Region &r = regions[i];
      r.mean = numbers[i] ? r.mean / static_cast<double>(numbers[i]) : nan;
      r.x /= static_cast<double>(r.area);
      r.y /= static_cast<double>(r.area);
    }
    return std::move(regions);
  }
};

// for_each calls its argument as f(label, y, begin, end) for all stretches, in reading order.
template <class T, class F>
Sums sum_up(View<const T> image, uint32_t count, F &&for_each) {
  Sums sums(count);
  for_each([&](uint32_t label, int y, int begin, int end) {
    Region &r = sums.regions[label - 1];
    if (r.area == 0) r = {label, 0, 0, 0, 0, begin, y, end - 1, y};
    const double n = end - begin;
    r.area += end - begin;
    r.x += n * (begin + end - 1) / 2;
    r.y += n * y;
    r.left = std::min(r.left, begin);
    r.right = std::max(r.right, end - 1);
    r.bottom = y;
    const T *row = image.row(y);
    if constexpr (std::is_same_v<T, float>) {
      for (int x = begin; x < end; x++) {
        if (std::isnan(row[x])) continue;
        r.mean += row[x];
        sums.numbers[label - 1]++;
      }
    } else {  // whole numbers, which add up without rounding; colour three times
      int64_t sum = 0;
      for (int x = begin; x < end; x++) {
        if constexpr (std::is_same_v<T, Rgb>) sum += row[x].r + row[x].g + row[x].b;
        else sum += row[x];
      }
      r.mean += static_cast<double>(sum);
      sums.numbers[label - 1] += channels_of<T>() * (end - begin);
    }
  });
  return sums;
}

}  // namespace

double pixel_area(const sheaf_info &info) {
  const double area = info.spacing[0] * info.spacing[1];
  return std::isfinite(area) && area > 0 ? area : 1;
}

uint32_t relabel(Labels labels, const Poll &poll, const Parallel &parallel) {
  // what each row adds to those above, at most: neighbours mostly share their label
  std::vector<std::vector<uint32_t>> firsts(static_cast<size_t>(labels.height()));
  for_blocks_of_rows(labels.height(), poll, parallel, [&](int first, int end) {
    const int width = labels.width();
    std::vector<uint32_t> added(static_cast<size_t>(width) + 1);
    for (int y = first; y < end; y++) {
      const uint32_t *row = labels.row(y), *above = y > 0 ? labels.row(y - 1) : nullptr;
      size_t count = 0;
      for (int x = 0; x < width; x++) {
        added[count] = row[x];
        count += (x == 0 || row[x] != row[x - 1]) & (!above || row[x] != above[x]) & (row[x] != 0);
      }
      firsts[static_cast<size_t>(y)].assign(added.begin(), added.begin() + static_cast<std::ptrdiff_t>(count));
    }
  });
  uint32_t greatest = 0, count = 0;
  for (const auto &row : firsts)
    for (const uint32_t label : row) greatest = std::max(greatest, label);
  const auto renumber = [&](auto &&numbers) {
    for (const auto &row : firsts)
      for (const uint32_t label : row)
        if (uint32_t &number = numbers[label]; number == 0) number = ++count;
    for_rows(labels.height(), poll, parallel, [&](int y) {
      uint32_t *row = labels.row(y), last = 0, number = 0;
      for (int x = 0; x < labels.width(); x++) {
        if (row[x] != last) {
          last = row[x];
          if (last) number = numbers.at(last);
        }
        row[x] = last ? number : 0;
      }
    });
  };
  if (greatest <= labels.size()) renumber(std::vector<uint32_t>(size_t{greatest} + 1));
  else renumber(std::unordered_map<uint32_t, uint32_t>());
  return count;
}

void clear_outside(Labels labels, View<const uint8_t> mask) {
  if (!mask) return;
  for (int y = 0; y < labels.height(); y++)
    for (int x = 0; x < labels.width(); x++)
      if (!mask(x, y)) labels(x, y) = 0;
}

void values_of(const Image &image, cv::Mat &values, const Poll &poll) {
  values.create(image.height(), image.width(), CV_32F);
  visit_intensity(image, [&]<class T>(View<const T> view) {
    const int pause = rows_between_polls(view.width());
    for (int y = 0; y < view.height(); y++) {
      const T *row = view.row(y);
      auto *out = values.ptr<float>(y);
      for (int x = 0; x < view.width(); x++) {
        if constexpr (std::is_same_v<T, Rgb>)
          out[x] = static_cast<float>((2 * (row[x].r + row[x].g + row[x].b) + 3) / 6);
        else out[x] = static_cast<float>(row[x]);
      }
      if (y % pause == pause - 1) poll();
    }
  });
}

template <class T>
std::vector<Region> measure_regions(View<const T> image, View<const uint32_t> labels, uint32_t count, const Poll &poll,
                                    const Parallel &parallel) {
  // by strips where that changes no sum, and is not more work than the sums
  constexpr int strips_at_most = 8;
  const int height = labels.height();
  const int strips = std::is_same_v<T, float> || labels.size() < 64 * int64_t{count} ? 1 : strips_at_most;
  std::vector<Sums> sums(static_cast<size_t>(strips), Sums(0));
  parallel(strips, [&](int64_t i) {
    const auto top = static_cast<int>(i * height / strips), bottom = static_cast<int>((i + 1) * height / strips);
    sums[static_cast<size_t>(i)] = sum_up(image, count, [&](auto &&f) { for_stretches(labels, top, bottom, poll, f); });
  });
  for (size_t i = 1; i < sums.size(); i++) sums[0] += sums[i];
  return std::move(sums[0]).means();
}

template <class T>
std::vector<Region> measure_regions(View<const T> image, const Kept &kept, const Poll &poll) {
  return sum_up(image, static_cast<uint32_t>(kept.count),
                [&](auto &&f) {
                  constexpr size_t between_polls = 1 << 16;
                  const auto &spans = kept.components.spans();
                  for (size_t i = 0; i < spans.size(); i++) {
                    if (i % between_polls == 0) poll();
                    const Span &s = spans[i];
                    if (const int number = kept.numbers[s.component]; number >= 0)
                      f(static_cast<uint32_t>(number) + 1, s.y, s.begin, s.end);
                  }
                })
      .means();
}

template <class T>
void paint_means(View<const T> image, View<const uint32_t> labels, uint32_t count, View<T> out, const Poll &poll) {
  const int channels = channels_of<T>();
  std::vector<double> sums(size_t{count} * channels), numbers(count);
  for_stretches(labels, 0, labels.height(), poll, [&](uint32_t label, int y, int begin, int end) {
    double *sum = &sums[size_t{label - 1} * channels];
    for (int x = begin; x < end; x++) {
      const T p = image(x, y);
      if constexpr (std::is_same_v<T, Rgb>) {
        sum[0] += p.r;
        sum[1] += p.g;
        sum[2] += p.b;
      } else {
        if (std::isnan(static_cast<double>(p))) continue;
        sum[0] += p;
      }
      numbers[label - 1]++;
    }
  });
  std::vector<T> means(count);
  for (uint32_t i = 0; i < count; i++) {
    const double *sum = &sums[size_t{i} * channels];
    if constexpr (std::is_same_v<T, Rgb>) {
      const auto level = [&](int c) { return static_cast<uint8_t>(sum[c] / numbers[i] + 0.5); };
      means[i] = {level(2), level(1), level(0), 255};
    } else if constexpr (std::is_same_v<T, float>) {
      means[i] = static_cast<float>(sum[0] / numbers[i]);
    } else {
      means[i] = static_cast<T>(sum[0] / numbers[i] + 0.5);
    }
  }
  for (int y = 0; y < out.height(); y++) std::fill_n(out.row(y), out.width(), T{});
  for_stretches(labels, 0, labels.height(), poll, [&](uint32_t label, int y, int begin, int end) {
    std::fill(out.row(y) + begin, out.row(y) + end, means[label - 1]);
  });
}

template <class T>
void draw_boundaries(View<const T> image, View<const uint32_t> labels, View<Rgb> out, const Poll &poll) {
  const int width = image.width(), height = image.height(), pause = 1 + rows_between_polls(width) / 4;
  double low = 0, scale = 0;
  if constexpr (!std::is_same_v<T, Rgb>) {
    const auto [from, to] = shown_range(image);
    low = from;
    scale = to > from ? 255 / (to - from) : 0;
  }
  for (int y = 0; y < height; y++) {
    const T *row = image.row(y);
    Rgb *to = out.row(y);
    for (int x = 0; x < width; x++) {
      if constexpr (std::is_same_v<T, Rgb>) {
        to[x] = row[x];
      } else {
        const double level = (static_cast<double>(row[x]) - low) * scale;  // NaN is black
        const auto v = static_cast<uint8_t>(level > 0 ? std::min(level + 0.5, 255.0) : 0);
        to[x] = {v, v, v, 255};
      }
    }
    const uint32_t *label = labels.row(y), *below = labels.row(std::min(y + 1, height - 1));
    for (int x = 0; x < width; x++)
      if (label[x] != below[x] || (x + 1 < width && label[x] != label[x + 1])) to[x] = {0, 255, 255, 255};
    if (y % pause == pause - 1) poll();
  }
}

#define SHEAF_FOR(T)                                                                                        \
  template std::vector<Region> measure_regions(View<const T>, View<const uint32_t>, uint32_t, const Poll &, \
                                               const Parallel &);                                           \
  template std::vector<Region> measure_regions(View<const T>, const Kept &, const Poll &);                  \
  template void paint_means(View<const T>, View<const uint32_t>, uint32_t, View<T>, const Poll &);          \
  template void draw_boundaries(View<const T>, View<const uint32_t>, View<Rgb>, const Poll &);
SHEAF_FOR(uint8_t)
SHEAF_FOR(uint16_t)
SHEAF_FOR(float)
SHEAF_FOR(Rgb)
#undef SHEAF_FOR

std::vector<Outline> join_outlines(std::vector<Outline> outlines) {
  std::stable_sort(outlines.begin(), outlines.end(),
                   [](const Outline &a, const Outline &b) { return a.label < b.label; });
  std::vector<Outline> joined;
  for (Outline &o : outlines) {
    if (joined.empty() || joined.back().label != o.label) {
      joined.push_back(std::move(o));
      continue;
    }
    Outline &whole = joined.back();
    const auto before = static_cast<int32_t>(whole.xy.size() / 2);
    whole.xy.insert(whole.xy.end(), o.xy.begin(), o.xy.end());
    for (const int32_t end : o.ring_ends) whole.ring_ends.push_back(before + end);
  }
  return joined;
}

Regions::Regions(Run &run)
    : table_(run.wanted("regions")),
      mean_(run.flag("mean") && run.wanted("mean")),
      boundaries_(run.flag("boundaries") && run.wanted("boundaries")),
      rois_(run.wanted("rois") && run.preview() < 0),
      calibration_(run.input()) {
  const sheaf_info info = run.input();
  for (int i = 0; i < 2; i++) spacing_[i] = std::isfinite(info.spacing[i]) && info.spacing[i] > 0 ? info.spacing[i] : 1;
  slices_.resize(static_cast<size_t>(info.slices));
}

void Regions::add(Run &run, int64_t n, const Image &image, View<const uint32_t> labels, const Poll &poll) {
  uint32_t count = 0;
  for (int y = 0; y < labels.height(); y++)
    for (int x = 0; x < labels.width(); x++) count = std::max(count, labels(x, y));
  if (measures(run))
    visit_intensity(image, [&]<class T>(View<const T> view) {
      slices_[static_cast<size_t>(n)].regions = measure_regions(view, labels, count, poll, parallel_of(run));
    });
  show(run, n, image, labels, count, poll);
}

void Regions::draw(Run &run, int64_t n, const Image &image, const Kept &kept, Labels labels, const Poll &poll) {
  run.parallel(measures(run) ? 2 : 1, [&](int64_t part) {
    if (part == 0) draw_components(kept, labels, poll);
    else
      visit_intensity(image, [&]<class T>(View<const T> view) {
        slices_[static_cast<size_t>(n)].regions = measure_regions(view, kept, poll);
      });
  });
  show(run, n, image, labels, static_cast<uint32_t>(kept.count), poll);
}

bool Regions::measures(const Run &run) const { return table_ && run.preview() < 0; }

void Regions::show(Run &run, int64_t n, const Image &image, View<const uint32_t> labels, uint32_t count,
                   const Poll &poll) {
  visit_intensity(image, [&]<class T>(View<const T> view) {
    if (mean_) {
      Output out = run.write(n, 1);
      paint_means(view, labels, count, out.view<T>(), poll);
      out.commit();
    }
    if (boundaries_) {
      Output out = run.write(n, 2);
      draw_boundaries(view, labels, out.view<Rgb>(), poll);
      out.commit();
    }
  });
  if (rois_) slices_[static_cast<size_t>(n)].outlines = join_outlines(outlines(labels, poll));
}

void emit_outline(const Run &run, size_t n, const Outline &outline, const char *prefix, int64_t number) {
  const std::string digits = std::to_string(number);
  const std::string name =
      std::string(prefix) + "-" + std::string(digits.size() < 4 ? 4 - digits.size() : 0, '0') + digits;
  sheaf_roi roi{};
  roi.kind = SHEAF_ROI_POLYGON;
  roi.slice = static_cast<int64_t>(n);
  roi.xy = outline.xy.data();
  roi.points = static_cast<int64_t>(outline.xy.size() / 2);
  roi.ring_ends = outline.ring_ends.data();
  roi.rings = static_cast<int32_t>(outline.ring_ends.size());
  roi.label = outline.label;
  roi.score = nan;
  roi.name = name.c_str();
  run.roi(roi);
}

void Regions::finish(Run &run) const {
  for (size_t n = 0; n < slices_.size(); n++)
    for (const Outline &o : slices_[n].outlines) emit_outline(run, n, o, "Region", o.label);
  if (!table_) return;
  std::vector<std::string> names;
  for (size_t n = 0; n < slices_.size(); n++)
    names.insert(names.end(), slices_[n].regions.size(), run.label(static_cast<int64_t>(n)));
  run.column("regions", "Label", names);
  const auto column = [&](const char *name, auto &&value) {
    std::vector<double> values;
    values.reserve(names.size());
    for (const Slice &slice : slices_)
      for (const Region &r : slice.regions) values.push_back(value(r));
    run.column("regions", name, values);
  };
  column("region", [](const Region &r) { return double(r.label); });
  column("area", [&](const Region &r) { return static_cast<double>(r.area) * spacing_[0] * spacing_[1]; });
  column("mean", [&](const Region &r) { return calibration_.value(r.mean); });
  column("x", [&](const Region &r) { return (r.x + 0.5) * spacing_[0]; });
  column("y", [&](const Region &r) { return (r.y + 0.5) * spacing_[1]; });
  column("box_x", [](const Region &r) { return double(r.left); });
  column("box_y", [](const Region &r) { return double(r.top); });
  column("box_width", [](const Region &r) { return double(r.right - r.left + 1); });
  column("box_height", [](const Region &r) { return double(r.bottom - r.top + 1); });
}

}  // namespace sheaf::segment
