#include "align/registration.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include "align/resample.hpp"
#include "align/score.hpp"

namespace sheaf::align {
namespace {

// A median looks at this many images at most, evenly spaced in the series, and
// holds this many bytes of them at once.
constexpr int64_t median_images = 51;
constexpr int64_t median_bytes = int64_t{64} << 20;

// An iterated mean is settled once no transform moves a corner by more, in pixels.
constexpr double settled = 0.05;

// A transform that moves no corner by more, in pixels, is the identity.
constexpr double at_rest = 1e-5;
constexpr int mean_rounds = 5;

class Registrar {
 public:
  Registrar(const Series &series, const Mask &mask, const RegistrationOptions &options, const Parallel &parallel)
      : series_(series),
        masks_(make_mask_pyramid(mask, series.width, series.height)),
        options_(options),
        parallel_(parallel) {
    result_.images.resize(series.count);
  }

  Registration run() {
    switch (options_.reference) {
      case Reference::previous: chain(); break;
      case Reference::base: to_image(options_.base); break;
      case Reference::first: to_image(0); break;
      case Reference::mean: to_plane(mean({}, 0, 0.3), 0.3, 1, false); break;
      case Reference::median: to_plane(median(), 0.3, 1, false); break;
      case Reference::iterated_mean: iterate_mean(); break;
    }
    return std::move(result_);
  }

 private:
  const Mask *mask() const { return masks_.empty() ? nullptr : &masks_[0]; }

  // body(i) for the images of a batch; a batch of one leaves the threads to the
  // loops inside.
  void each(int64_t count, const std::function<void(int64_t)> &body) const {
    if (count == 1) body(0);
    else parallel_(count, body);
  }

  template <class F>
  void batches(double from, double to, F &&body) {
    const int64_t size = std::max<int64_t>(1, options_.batch);
    for (int64_t first = 0; first < series_.count; first += size) {
      const int64_t count = std::min(size, series_.count - first);
      body(first, count);
      options_.progress(from + (to - from) * static_cast<double>(first + count) / static_cast<double>(series_.count));
    }
  }

  // Fills in how `moving` fits `reference`; its status is what comes of it.
  Registered match(const Pyramid &reference, const Pyramid &moving, std::optional<Transform> start) const {
    Registered r;
    if (reference.degenerate() || moving.degenerate()) {
      r.status = Status::degenerate;
      return r;
    }
    EstimateOptions options;
    options.model = options_.model;
    options.start = start;
    const Estimate e = estimate(reference, masks_, moving, options, parallel_);
    r.iterations = e.iterations;
    r.score_before = correlation(reference.levels[0], mask(), moving.levels[0], {}, parallel_);
    if (corner_distance(e.transform, {}, series_.width, series_.height) <= at_rest) {
      r.score_after = r.score_before;
    } else {
      r.score_after = correlation(reference.levels[0], mask(), moving.levels[0], e.transform, parallel_);
      r.pair = e.transform;
    }
    if (r.score_after < r.score_before) {
      r.pair = {};
      r.score_after = r.score_before;
      r.status = Status::worse_than_identity;
    } else if (!e.converged) {
      r.status = Status::not_converged;
    }
    return r;
  }

  static Registered anchor(bool degenerate) {
    Registered r;
    r.status = degenerate ? Status::degenerate : Status::reference;
    if (!degenerate) r.score_before = r.score_after = 1;
    return r;
  }

  // Each image to the nearest earlier one that has structure.
  void chain() {
    auto last = std::make_shared<Pyramid>();  // degenerate until an image is not
    int64_t last_index = -1;
    batches(0, 1, [&](int64_t first, int64_t count) {
      std::vector<std::shared_ptr<Pyramid>> pyramids(count);
      each(count, [&](int64_t k) { pyramids[k] = std::make_shared<Pyramid>(make_pyramid(series_.read(first + k))); });
      std::vector<std::pair<std::shared_ptr<Pyramid>, int64_t>> before(count);
      for (int64_t k = 0; k < count; k++) {
        before[k] = {last, last_index};
        result_.range.include(pyramids[k]->range);
        if (pyramids[k]->degenerate()) continue;
        last = pyramids[k];
        last_index = first + k;
      }
      each(count, [&](int64_t k) {
        Registered &r = result_.images[first + k];
        if (before[k].second < 0) {
          r = anchor(pyramids[k]->degenerate());
        } else {
          r = match(*before[k].first, *pyramids[k], {});
        }
        r.against = before[k].second;
      });
      for (int64_t k = 0; k < count; k++) {
        Registered &r = result_.images[first + k];
        if (r.against >= 0) r.transform = result_.images[r.against].transform * r.pair;
      }
    });
  }

  void to_image(int64_t base) {
    const Pyramid reference = make_pyramid(series_.read(base));
    register_all(reference, base, 0, 1, false);
  }

  // Every image to one reference; `again`: starting from where they are.
  void register_all(const Pyramid &reference, int64_t base, double from, double to, bool again) {
    batches(from, to, [&](int64_t first, int64_t count) {
      std::vector<Range> ranges(count);
      each(count, [&](int64_t k) {
        const int64_t n = first + k;
        Registered &r = result_.images[n];
        if (n == base) {
          r = anchor(reference.degenerate());
          ranges[k] = reference.range;
        } else {
          const Pyramid moving = make_pyramid(series_.read(n));
          ranges[k] = moving.range;
          const bool known = again && (r.status == Status::ok || r.status == Status::not_converged);
          r = match(reference, moving, known ? std::optional(r.pair) : std::nullopt);
          r.transform = r.pair;
        }
        r.against = base;
      });
      for (const Range &range : ranges) result_.range.include(range);
    });
  }

  void to_plane(Plane reference, double from, double to, bool again) {
    register_all(make_pyramid(reference), -1, from, to, again);
    result_.reference = std::move(reference);
  }

  // Mean of the finite pixels of all images, drawn under their transforms.
  Plane mean(const std::vector<Registered> &images, double from, double to) {
    const size_t size = static_cast<size_t>(series_.width) * series_.height;
    std::vector<double> sums(size);
    std::vector<uint32_t> counts(size);
    batches(from, to, [&](int64_t first, int64_t count) {
      std::vector<Plane> planes(count);
      each(count, [&](int64_t k) {
        planes[k] = series_.read(first + k);
        if (!images.empty() && !images[first + k].transform.is_identity())
          planes[k] = resampled(planes[k], images[first + k].transform, {}, parallel_);
      });
      // rows in parallel, images in order: every pixel is summed in one order
      parallel_(series_.height, [&](int64_t y) {
        for (int64_t k = 0; k < count; k++) {
          Interval columns{0, series_.width - 1};
          if (!images.empty())
            columns = columns_inside(images[first + k].transform, static_cast<int>(y), columns, 0, 0,
                                     series_.width - 1.0, series_.height - 1.0);
          const float *row = planes[k].row(static_cast<int>(y));
          const size_t at = static_cast<size_t>(y) * series_.width;
          for (int x = columns.first; x <= columns.last; x++)
            if (std::isfinite(row[x])) {
              sums[at + x] += row[x];
              counts[at + x]++;
            }
        }
      });
    });
    Plane out(series_.width, series_.height);
    for (size_t i = 0; i < size; i++)
      out.pixels[i] = counts[i] ? static_cast<float>(sums[i] / counts[i]) : std::numeric_limits<float>::quiet_NaN();
    return out;
  }

  // Median of the finite pixels of a sample of the images, a band of rows at a time.
  Plane median() {
    const int64_t count = std::min(series_.count, median_images);
    const int64_t row_bytes = count * series_.width * static_cast<int64_t>(sizeof(float));
    const int band = static_cast<int>(std::clamp<int64_t>(median_bytes / row_bytes, 1, series_.height));
    Plane out(series_.width, series_.height);
    std::vector<float> rows(static_cast<size_t>(count) * band * series_.width);
    for (int top = 0; top < series_.height; top += band) {
      const int height = std::min(band, series_.height - top);
      const size_t size = static_cast<size_t>(height) * series_.width;
      for (int64_t k = 0; k < count; k++) {
        const Plane plane = series_.read(k * series_.count / count);
        std::copy_n(plane.row(top), size, rows.data() + static_cast<size_t>(k) * size);
        options_.progress(0.3 * (top + height * static_cast<double>(k + 1) / static_cast<double>(count)) /
                          series_.height);
      }
      parallel_(height, [&](int64_t y) {
        std::vector<float> values;
        for (int x = 0; x < series_.width; x++) {
          values.clear();
          for (int64_t k = 0; k < count; k++) {
            const float v = rows[static_cast<size_t>(k) * size + static_cast<size_t>(y) * series_.width + x];
            if (std::isfinite(v)) values.push_back(v);
          }
          out.row(top + static_cast<int>(y))[x] = median_of(values);
        }
      });
    }
    return out;
  }

  static float median_of(std::vector<float> &values) {
    if (values.empty()) return std::numeric_limits<float>::quiet_NaN();
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    if (values.size() % 2) return *middle;
    return (*middle + *std::max_element(values.begin(), middle)) / 2;
  }

  void iterate_mean() {
    constexpr double step = 1.0 / (mean_rounds + 1);
    to_plane(mean({}, 0, step / 2), step / 2, step, false);
    for (int round = 1; round <= mean_rounds; round++) {
      const std::vector<Registered> before = result_.images;
      to_plane(mean(before, round * step, (round + 0.5) * step), (round + 0.5) * step, (round + 1) * step, true);
      double motion = 0;
      for (int64_t n = 0; n < series_.count; n++)
        motion = std::max(
            motion, corner_distance(before[n].transform, result_.images[n].transform, series_.width, series_.height));
      if (motion < settled) break;
    }
  }

  const Series &series_;
  const std::vector<Mask> masks_;
  const RegistrationOptions &options_;
  const Parallel &parallel_;
  Registration result_;
};

}  // namespace

const char *name_of(Status status) {
  switch (status) {
    case Status::ok: return "ok";
    case Status::not_converged: return "not_converged";
    case Status::degenerate: return "degenerate";
    case Status::worse_than_identity: return "worse_than_identity";
    case Status::reference: return "reference";
  }
  return "";
}

Registration register_series(const Series &series, const Mask &mask, const RegistrationOptions &options,
                             const Parallel &parallel) {
  return Registrar(series, mask, options, parallel).run();
}

}  // namespace sheaf::align
