#include "stretch.hpp"

#include <algorithm>

#include "common/copy.hpp"
#include "common/intensity.hpp"
#include "level_table.hpp"

namespace sheaf::equalize {

const char *const Stretch::schema = R"json({
  "title": "Stretch Contrast",
  "menu": "Equalization",
  "summary": "Spreads the values between two percentiles over the whole range of the type.",
  "doc": "The value at the low percentile becomes 0, that at the high percentile the greatest of the type: 255, 65535, or 1 for 32-bit images; values between them follow a straight line, values beyond are cut off. A percentile between two ranks is interpolated. Of colour, the values of red, green and blue are taken together, so that no cast arises. An image whose percentiles are equal is left as it is. NaN and infinite pixels do not count and stay. A region of interest restricts what is measured, not what is changed.",
  "since": "1.0.0",
  "inputs": [{"pixel": ["u8", "u16", "f32", "rgb"], "roi": true}],
  "outputs": [{"name": "stretched", "like": 0, "display": "own"}],
  "params": [
    {"key": "low", "type": "number", "default": 0.2, "min": 0, "max": 100, "step": 0.1, "digits": 2, "unit": "%", "help": "Part of the pixels at or below what becomes 0."},
    {"key": "high", "type": "number", "default": 99.8, "min": 0, "max": 100, "step": 0.1, "digits": 2, "unit": "%", "help": "Part of the pixels at or below what becomes the greatest value."},
    {"key": "scope", "type": "choice", "default": "all", "help": "Whose percentiles they are.", "choices": [
      {"key": "all", "label": "All images of the channel together", "help": "Differences of brightness between them remain."},
      {"key": "each", "label": "Each image for itself"}]}
  ]
})json";

Stretch::Stretch(Run &run) {
  const double low = run.number("low"), high = run.number("high");
  if (!(low < high))
    throw Error(SHEAF_INVALID, "low: " + Json().value(low).text() + " given, high is " + Json().value(high).text() +
                                   "; accepted: less than high");
  limits_ = std::make_unique<LimitsOfImages>(run, run.choice<Scope>("scope"), low, high);
}

void Stretch::slice(Run &run, int64_t n) const {
  const Poll poll = poll_of(run);
  const Image image = run.read(n), region = run.mask();
  Output output = run.write(n);
  visit_intensity(image, [&]<class T>(View<const T> view) {
    const Limits limits = (*limits_)(n, view, region.view<uint8_t>(), poll);
    const auto out = output.view<T>();
    if (!limits.usable()) return copy(view, out, poll);
    const double top = std::is_same_v<T, float> ? 1 : std::is_same_v<T, uint16_t> ? 65535 : 255;
    apply_function(view, out, poll,
                   [=](double v) { return top * std::clamp((v - limits.low) / (limits.high - limits.low), 0.0, 1.0); });
  });
  output.commit();
}

}  // namespace sheaf::equalize
