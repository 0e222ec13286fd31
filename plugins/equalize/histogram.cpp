#include "histogram.hpp"

#include <algorithm>
#include <cmath>

#include "common/copy.hpp"
#include "common/intensity.hpp"
#include "common/wording.hpp"
#include "levels.hpp"
#include "limits.hpp"

namespace sheaf::equalize {

const char *const Histogram::schema = R"json({
  "title": "Equalize Histogram",
  "menu": "Equalization",
  "summary": "Gives every image a flat histogram, or that of a reference image.",
  "doc": "A pixel's new value depends on its rank alone: on the fraction of pixels with a lower or equal value. With a flat histogram as the aim it is proportional to the rank, from 0 to the greatest value of the type, or 1 for 32-bit images; with a reference it is the value that has this rank there. The reference is an image of the same channel, or of a second image. Pixels of equal value stay equal, so the histogram is met as nearly as the levels allow; the exact method orders them by the means of their neighbourhoods instead and meets it exactly. Of colour, the Lab lightness is changed and the chroma kept. NaN and infinite pixels do not count and stay. A region of interest restricts what is measured, not what is changed.",
  "references": [
    "D. Coltuc, P. Bolon, J.-M. Chassery: Exact histogram specification. IEEE Transactions on Image Processing 15(5), 2006."
  ],
  "since": "1.0.0",
  "inputs": [
    {"pixel": ["u8", "u16", "f32", "rgb"], "roi": true},
    {"name": "reference", "pixel": ["u8", "u16", "f32", "rgb"], "roi": true, "optional": true, "when": {"to": "image"}}],
  "outputs": [{"name": "histogram", "like": 0, "display": "own"}],
  "params": [
    {"key": "to", "type": "choice", "default": "uniform", "help": "The histogram that images get.", "choices": [
      {"key": "uniform", "label": "Flat", "help": "All values are equally frequent."},
      {"key": "base", "label": "That of an image of the collection"},
      {"key": "image", "label": "That of the reference image"}]},
    {"key": "base", "type": "integer", "default": 1, "min": 1, "in_view": ["reference", "images"], "when": {"to": ["base", "image"]}, "help": "Position of the image to take it from, from 1: in its channel, or in the reference."},
    {"key": "exact", "type": "boolean", "help": "Orders pixels of equal value by the means of their neighbourhoods, so that the histogram is met exactly."}
  ]
})json";

Histogram::Histogram(Run &run) : to_(run.choice<To>("to")), exact_(run.flag("exact")), collection_(run.input()) {
  const sheaf_info info = run.input();
  const int64_t pixels = int64_t{info.width} * info.height;
  int64_t bytes = info.pixel == SHEAF_RGB ? LabPlanes::bytes_per_pixel : 0;
  if (info.pixel == SHEAF_F32 || info.pixel == SHEAF_RGB) bytes += SortScratch::bytes_per_pixel;
  if (exact_) bytes += ExactScratch::bytes_per_pixel + int64_t{sizeof(float) + sizeof(double)};
  run.reserve(run.threads() * pixels * bytes, "ranking the pixels of an image");
  if (to_ == To::uniform) return;

  const int64_t base = run.integer("base");
  if (to_ == To::base) {
    require_there("base", base, collection_.positions, "image",
                  collection_.channels > 1 ? "each channel" : "the collection");
    for (int64_t c = 0; c < collection_.channels; c++)
      references_.push_back(reference_of(run, collection_.image(c, base - 1), 0));
    return;
  }
  const sheaf_info other = run.input(1);
  if (other.pixel != info.pixel)
    throw Error(SHEAF_INVALID, "reference: another pixel type than that of the images given; accepted: the same");
  const Collection references(other);
  if (references.channels != 1 && references.channels != collection_.channels)
    throw Error(SHEAF_INVALID, "reference: " + counted(references.channels, "channel") + " given, the images have " +
                                   std::to_string(collection_.channels) + "; accepted: as many, or 1");
  require_there("base", base, references.positions, "image", "the reference");
  for (int64_t c = 0; c < collection_.channels; c++)
    references_.push_back(reference_of(run, references.image(std::min(c, references.channels - 1), base - 1), 1));
}

Quantiles Histogram::reference_of(Run &run, int64_t n, int input) {
  const Poll poll = poll_of(run);
  const Image image = run.read(n, input), region = run.mask(input);
  const auto mask = region.view<uint8_t>();
  const auto scratch = scratch_.take();
  Quantiles found = visit_intensity(image, [&]<class T>(View<const T> view) {
    if constexpr (std::is_same_v<T, Rgb>) {
      scratch->planes.load(view, poll);
      return quantiles<float>(scratch->planes.in(), mask, 0, scratch->sort, poll);
    } else {
      return quantiles(view, mask, 0, scratch->sort, poll);
    }
  });
  if (!found)
    throw Error(SHEAF_INVALID, (input == 0 ? "base: image " : "reference: image ") + std::to_string(n + 1) +
                                   " has no finite value" + (mask ? " in the region of interest" : "") +
                                   "; accepted: at least one");
  return found;
}

// `top`: the greatest value of a flat histogram. Of no pixels: as it is.
template <class T>
void Histogram::match(View<const T> in, View<T> out, Mask mask, const Quantiles *reference, double top,
                      Scratch &scratch, const Poll &poll) const {
  const Quantiles own = quantiles(in, mask, 0, scratch.sort, poll);
  const bool flat = !reference && own.p.size() < 2;  // one value has no rank
  if (!own || flat) return copy(in, out, poll);
  // the lowest value becomes 0
  const Quantiles aim = reference ? *reference : Quantiles{{own.p.front(), 1}, {0, top}};
  match_histogram(in, out, mask, std::span(&aim, 1), scratch.sort, poll);
}

template <class T>
void Histogram::match_exactly(View<const T> in, View<T> out, Mask mask, const Quantiles *reference, double top,
                              Scratch &scratch, const Poll &poll) const {
  const int width = in.width(), height = in.height();
  scratch.values.resize(static_cast<size_t>(in.size()));
  const View<float> values(scratch.values.data(), width, height, width * std::ptrdiff_t{sizeof(float)});
  for (int y = 0; y < height; y++) std::copy_n(in.row(y), width, values.row(y));
  const bool some = reference || extremes(in, mask, poll).usable();
  if (!some || !rank_pixels(values, mask, scratch.ranks, scratch.exact, poll)) return copy(in, out, poll);
  const int pause = 1 + rows_between_polls(width) / 32;
  for (int y = 0; y < height; y++) {
    const double *rank = &scratch.ranks[static_cast<size_t>(y) * static_cast<size_t>(width)];
    for (int x = 0; x < width; x++) {
      if (std::isnan(rank[x])) out(x, y) = in(x, y);
      else if (reference) out(x, y) = static_cast<T>(value_at(*reference, rank[x]));
      else if constexpr (std::is_same_v<T, float>) out(x, y) = static_cast<float>(rank[x] * top);
      else out(x, y) = static_cast<T>(std::min(rank[x] * (top + 1), top));  // each level has the same part of the ranks
    }
    if (y % pause == pause - 1) poll();
  }
}

void Histogram::slice(Run &run, int64_t n) {
  const Poll poll = poll_of(run);
  const Image image = run.read(n), region = run.mask();
  const auto mask = region.view<uint8_t>();
  Output output = run.write(n);
  const auto scratch = scratch_.take();
  const Quantiles *reference =
      references_.empty() ? nullptr : &references_[static_cast<size_t>(collection_.channel(n))];
  visit_intensity(image, [&]<class T>(View<const T> view) {
    const auto out = output.view<T>();
    const auto give = [&]<class P>(View<const P> from, View<P> to, double top) {
      if (exact_) match_exactly(from, to, mask, reference, top, *scratch, poll);
      else match(from, to, mask, reference, top, *scratch, poll);
    };
    if constexpr (std::is_same_v<T, Rgb>) {
      auto &planes = scratch->planes;
      planes.load(view, poll);
      give(planes.in(), planes.out(), 255);
      planes.store(view, out, poll);
    } else {
      give(view, out, std::is_same_v<T, float> ? 1 : std::is_same_v<T, uint16_t> ? 65535 : 255);
    }
  });
  output.commit();
}

}  // namespace sheaf::equalize
