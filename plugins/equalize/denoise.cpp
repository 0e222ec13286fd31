#include "denoise.hpp"

#include <cmath>
#include <limits>
#include <utility>

#include "common/copy.hpp"
#include "common/vectorized.hpp"
#include "levels.hpp"
#include "median.hpp"
#include "noise.hpp"

namespace sheaf::equalize {

const char *const Denoise::schema = R"json({
  "title": "Denoise",
  "menu": "Equalization",
  "summary": "Smooths noise and keeps edges: non-local means, bilateral filter or median.",
  "doc": "Non-local means averages pixels whose surroundings look alike, the bilateral filter neighbours of similar value; the median takes the value in the middle. Their strength is given in levels of the image, or found from its noise, which is estimated from differences of neighbours. All types are filtered in floating point, without a step to 8 bits. Colours are compared as a whole by the first two, the median treats red, green and blue each for itself. NaN and infinite pixels do not count and stay.",
  "references": [
    "A. Buades, B. Coll, J.-M. Morel: A non-local algorithm for image denoising. IEEE Conference on Computer Vision and Pattern Recognition, 2005.",
    "C. Tomasi, R. Manduchi: Bilateral filtering for gray and color images. IEEE International Conference on Computer Vision, 1998.",
    "D. L. Donoho, I. M. Johnstone: Ideal spatial adaptation by wavelet shrinkage. Biometrika 81(3), 1994."
  ],
  "since": "1.0.0",
  "inputs": [{"pixel": ["u8", "u16", "f32", "rgb"]}],
  "outputs": [{"name": "denoised", "like": 0}],
  "tables": [{"name": "denoising", "title": "Denoising of %s", "columns": [
    {"name": "Label", "type": "text", "help": "name of the image, or its position"},
    {"name": "noise", "type": "number", "help": "estimated standard deviation of the noise, in calibrated levels; empty if it was not needed"},
    {"name": "strength", "type": "number", "help": "what was used, in calibrated levels; empty for the median"}
  ]}],
  "params": [
    {"key": "method", "type": "choice", "default": "nlm", "help": "The filter.", "choices": [
      {"key": "nlm", "label": "Non-local means", "help": "Best for texture and repeated structures; the slowest."},
      {"key": "bilateral", "label": "Bilateral", "help": "Keeps edges; flattens faint texture."},
      {"key": "median", "label": "Median", "help": "Removes single outliers; rounds off corners."}]},
    {"key": "strength", "type": "number", "default": 0, "min": 0, "when": {"method": ["nlm", "bilateral"]}, "help": "Difference, in calibrated levels, up to which pixels or patches count as alike; 0 takes it from the noise of each image."},
    {"key": "sigma", "type": "number", "default": 2, "min": 0.5, "max": 20, "step": 0.5, "digits": 1, "unit": "px", "when": {"method": "bilateral"}, "help": "Standard deviation of the Gaussian in space, which is cut at twice that."},
    {"key": "radius", "type": "integer", "default": 1, "min": 1, "max": 100, "ui_max": 20, "unit": "px", "when": {"method": "median"}, "help": "The window is a square of 2 radius + 1 pixels a side."},
    {"key": "patch", "type": "integer", "default": 3, "min": 0, "max": 5, "unit": "px", "when": {"method": "nlm"}, "advanced": true, "help": "Radius of the patches that are compared."},
    {"key": "search", "type": "integer", "default": 10, "min": 1, "max": 30, "unit": "px", "when": {"method": "nlm"}, "advanced": true, "help": "Radius of the square in which patches are looked for."}
  ]
})json";

namespace {

// Of the noise's standard deviation.
constexpr double nlm_strength = 0.8, bilateral_strength = 2.5;

template <class T>
constexpr int colours = std::is_same_v<T, Rgb> ? 3 : 1;

template <class T>
void split(View<const T> in, std::vector<float> *planes, const Poll &poll) {
  const int width = in.width(), pause = rows_between_polls(width);
  for (int c = 0; c < colours<T>; c++) planes[c].resize(static_cast<size_t>(in.size()));
  for (int y = 0; y < in.height(); y++) {
    const size_t at = static_cast<size_t>(y) * static_cast<size_t>(width);
    const T *row = in.row(y);
    if constexpr (std::is_same_v<T, Rgb>)
      for (int x = 0; x < width; x++) {
        planes[0][at + x] = row[x].r;
        planes[1][at + x] = row[x].g;
        planes[2][at + x] = row[x].b;
      }
    else std::copy_n(row, width, &planes[0][at]);
    if (y % pause == pause - 1) poll();
  }
}

template <class T>
void join(const std::vector<float> *planes, View<const T> like, View<T> out, const Poll &poll) {
  const int width = out.width(), pause = rows_between_polls(width);
  for (int y = 0; y < out.height(); y++) {
    const size_t at = static_cast<size_t>(y) * static_cast<size_t>(width);
    T *row = out.row(y);
    if constexpr (std::is_same_v<T, Rgb>) {
      for (int x = 0; x < width; x++)
        row[x] = {to_level<uint8_t>(planes[2][at + x]), to_level<uint8_t>(planes[1][at + x]),
                  to_level<uint8_t>(planes[0][at + x]), like(x, y).x};
    } else if constexpr (std::is_same_v<T, float>) {
      std::copy_n(&planes[0][at], width, row);
    } else {
      vectorized_wide([=, from = &planes[0][at]] {
        for (int x = 0; x < width; x++) row[x] = to_level<T>(from[x]);
      });
    }
    if (y % pause == pause - 1) poll();
  }
}

}  // namespace

Denoise::Denoise(Run &run)
    : method_(run.choice<Method>("method")), calibration_(run.input()), table_wanted_(run.wanted("denoising")) {
  const sheaf_info info = run.input();
  rows_.resize(static_cast<size_t>(info.slices));
  const int planes = info.pixel == SHEAF_RGB ? 3 : 1;
  int64_t bytes = 0;
  if (method_ == Method::median) {
    radius_ = static_cast<int>(run.integer("radius"));
    bytes = median_bytes(info.width, radius_, info.pixel);
  } else {
    strength_ = run.number("strength") / std::abs(calibration_.scale);
    int reach = 0;
    if (method_ == Method::nlm) {
      nlm_.patch = static_cast<int>(run.integer("patch"));
      nlm_.search = static_cast<int>(run.integer("search"));
      reach = nlm_.patch + nlm_.search;
    } else {
      bilateral_.sigma_space = run.number("sigma");
      reach = bilateral_.radius = static_cast<int>(std::ceil(2 * bilateral_.sigma_space));
    }
    bytes = neighbour_mean_bytes(planes, reach);
  }
  const int64_t pixels = int64_t{info.width} * info.height;
  run.reserve(run.threads() * (bytes + 3 * planes * pixels * int64_t{sizeof(float)}),
              "filtering an image in floating point");
}

template <class T>
void Denoise::filter(View<const T> in, View<T> out, Row &row, Scratch &scratch, const Parallel &parallel,
                     const Poll &poll) const {
  constexpr int count = colours<T>;
  const auto view = [&](auto &plane) {
    using Float = std::conditional_t<std::is_const_v<std::remove_reference_t<decltype(plane)>>, const float, float>;
    return View<Float>(plane.data(), in.width(), in.height(), in.width() * std::ptrdiff_t{sizeof(float)});
  };
  if (method_ == Method::median) return median(in, out, radius_, parallel, poll);
  split(in, scratch.planes, poll);
  if (strength_ == 0) {
    double variance = 0;
    for (int c = 0; c < count; c++) {
      const double sd = noise_of(view(std::as_const(scratch.planes[c])), scratch.filtered[c], poll);
      variance += sd * sd / count;
    }
    row.noise = std::sqrt(variance);
  }
  row.strength = strength_ == 0 ? (method_ == Method::nlm ? nlm_strength : bilateral_strength) * row.noise : strength_;
  if (!(row.strength > 0)) return copy(in, out, poll);
  std::vector<View<const float>> from;
  std::vector<View<float>> to;
  for (int c = 0; c < count; c++) {
    scratch.filtered[c].resize(scratch.planes[c].size());
    from.push_back(view(std::as_const(scratch.planes[c])));
    to.push_back(view(scratch.filtered[c]));
  }
  if (method_ == Method::nlm) {
    NonLocalOptions options = nlm_;
    options.strength = row.strength;
    options.noise = strength_ == 0 ? row.noise : 0;
    non_local_means(from, to, options, parallel, poll);
  } else {
    BilateralOptions options = bilateral_;
    options.sigma_range = row.strength;
    bilateral(from, to, options, parallel, poll);
  }
  join(scratch.filtered, in, out, poll);
}

void Denoise::slice(Run &run, int64_t n) {
  const Image image = run.read(n);
  Output output = run.write(n);
  const auto scratch = scratch_.take();
  visit_intensity(image, [&]<class T>(View<const T> view) {
    filter(view, output.view<T>(), rows_[static_cast<size_t>(n)], *scratch, parallel_of(run), poll_of(run));
  });
  output.commit();
}

void Denoise::finish(Run &run) const {
  if (!table_wanted_) return;
  std::vector<std::string> labels;
  std::vector<double> noise, strength;
  for (size_t n = 0; n < rows_.size(); n++) {
    labels.push_back(run.label(static_cast<int64_t>(n)));
    noise.push_back(std::abs(calibration_.scale) * rows_[n].noise);
    strength.push_back(std::abs(calibration_.scale) * rows_[n].strength);
  }
  run.column("denoising", "Label", labels);
  run.column("denoising", "noise", noise);
  run.column("denoising", "strength", strength);
}

}  // namespace sheaf::equalize
