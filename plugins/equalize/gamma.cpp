#include "gamma.hpp"

#include <algorithm>
#include <cmath>

#include "common/copy.hpp"
#include "common/intensity.hpp"
#include "level_table.hpp"

namespace sheaf::equalize {

const char *const Gamma::schema = R"json({
  "title": "Gamma",
  "menu": "Equalization",
  "summary": "Brightens or darkens the middle values by a power law.",
  "doc": "With values scaled so that the lowest is 0 and the highest 1, the result is gain v^gamma. For 8-bit images and for red, green and blue of colour, lowest and highest are 0 and 255; for 16-bit and 32-bit images those of the data. Where a calibration falls, lowest and highest are those of calibrated values. What exceeds the range of the type is cut off, 32-bit values are not. NaN and infinite pixels stay as they are.",
  "since": "1.0.0",
  "inputs": [{"pixel": ["u8", "u16", "f32", "rgb"]}],
  "outputs": [{"name": "gamma", "like": 0}],
  "params": [
    {"key": "gamma", "type": "number", "default": 0.5, "min": 0.01, "max": 100, "ui_min": 0.1, "ui_max": 3, "step": 0.1, "digits": 2, "help": "Exponent; below 1 brightens the shadows."},
    {"key": "gain", "type": "number", "default": 1, "min": 0, "max": 1000, "ui_max": 2, "step": 0.1, "digits": 2, "help": "Factor of the result."},
    {"key": "scope", "type": "choice", "default": "all", "help": "Whose lowest and highest values count, for 16-bit and 32-bit images.", "choices": [
      {"key": "all", "label": "All images of the channel together"},
      {"key": "each", "label": "Each image for itself"}]}
  ]
})json";

Gamma::Gamma(Run &run)
    : gamma_(run.number("gamma")), gain_(run.number("gain")), falling_(Calibration(run.input()).scale < 0) {
  const sheaf_pixel pixel = run.input().pixel;
  if (pixel == SHEAF_U16 || pixel == SHEAF_F32)
    limits_ = std::make_unique<LimitsOfImages>(run, run.choice<Scope>("scope"), 0, 100);
}

void Gamma::slice(Run &run, int64_t n) const {
  const Poll poll = poll_of(run);
  const Image image = run.read(n);
  Output output = run.write(n);
  visit_intensity(image, [&]<class T>(View<const T> view) {
    const Limits limits = limits_ ? (*limits_)(n, view, {}, poll) : Limits{0, 255};
    const auto out = output.view<T>();
    if (!limits.usable()) return copy(view, out, poll);
    const double span = limits.high - limits.low;
    const double from = falling_ ? limits.high : limits.low, up = falling_ ? -1 : 1;
    apply_function(view, out, poll, [=, this](double v) {
      return from + up * span * gain_ * std::pow(std::max(up * (v - from) / span, 0.0), gamma_);
    });
  });
  output.commit();
}

}  // namespace sheaf::equalize
