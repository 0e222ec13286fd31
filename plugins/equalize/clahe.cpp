#include "clahe.hpp"

#include "common/copy.hpp"
#include "common/intensity.hpp"

namespace sheaf::equalize {

const char *const Clahe::schema = R"json({
  "title": "CLAHE",
  "menu": "Equalization",
  "summary": "Evens out the contrast of every neighbourhood: contrast-limited adaptive histogram equalization.",
  "doc": "The image is divided into tiles. Each has a histogram, whose peaks are cut off at the limit, so that noise in flat regions is not blown up; its cumulative histogram maps values to new ones, and every pixel blends the maps of the four tiles around it. 16-bit and 32-bit images are treated in their own range, with straight lines between the bins and without a step to 8 bits. Of colour, the Lab lightness is changed and the chroma kept. Where a calibration falls, the result is that of the negative, made negative again. NaN and infinite pixels stay as they are.",
  "references": [
    "K. Zuiderveld: Contrast limited adaptive histogram equalization. Graphics Gems IV, Academic Press, 1994, pages 474-485."
  ],
  "since": "1.0.0",
  "inputs": [{"pixel": ["u8", "u16", "f32", "rgb"]}],
  "outputs": [{"name": "clahe", "like": 0, "display": "own"}],
  "params": [
    {"key": "clip", "type": "number", "default": 3, "min": 0, "max": 1000, "ui_max": 20, "step": 0.5, "digits": 2, "help": "Greatest slope of a map: pixels in a bin over their mean in all bins; 1 changes little, 0 sets no limit."},
    {"key": "tiles", "type": "integer", "default": 8, "min": 1, "max": 64, "ui_max": 32, "help": "Tiles in each direction; a tile should be larger than the objects."},
    {"key": "scope", "type": "choice", "default": "all", "help": "Whose lowest and highest values are those of the histograms and of the result, for 16-bit and 32-bit images; 8-bit and colour have 0 to 255.", "choices": [
      {"key": "all", "label": "All images of the channel together"},
      {"key": "each", "label": "Each image for itself"}]},
    {"key": "bins", "type": "integer", "default": 256, "min": 16, "max": 4096, "advanced": true, "help": "Bins of a histogram."}
  ]
})json";

Clahe::Clahe(Run &run) {
  options_.clip = run.number("clip");
  options_.tiles = static_cast<int>(run.integer("tiles"));
  options_.bins = static_cast<int>(run.integer("bins"));
  options_.limits = {0, 255};
  const sheaf_info info = run.input();
  options_.falling = Calibration(info).scale < 0;
  const int64_t planes = info.pixel == SHEAF_RGB ? int64_t{info.width} * info.height * LabPlanes::bytes_per_pixel : 0;
  run.reserve(run.threads() * (ClaheScratch::bytes(options_) + planes), "maps of the tiles");
  if (info.pixel == SHEAF_U16 || info.pixel == SHEAF_F32)
    limits_ = std::make_unique<LimitsOfImages>(run, run.choice<Scope>("scope"), 0, 100);
}

void Clahe::slice(Run &run, int64_t n) {
  const Poll poll = poll_of(run);
  const Image image = run.read(n);
  Output output = run.write(n);
  const auto scratch = scratch_.take();
  visit_intensity(image, [&]<class T>(View<const T> view) {
    ClaheOptions options = options_;
    if (limits_) options.limits = (*limits_)(n, view, {}, poll);
    const auto out = output.view<T>();
    if (!options.limits.usable()) return copy(view, out, poll);
    if constexpr (std::is_same_v<T, Rgb>) {
      scratch->planes.load(view, poll);
      clahe<float>(scratch->planes.in(), scratch->planes.out(), options, scratch->clahe, parallel_of(run), poll);
      scratch->planes.store(view, out, poll);
    } else {
      clahe(view, out, options, scratch->clahe, parallel_of(run), poll);
    }
  });
  output.commit();
}

}  // namespace sheaf::equalize
