#include "saturation.hpp"

#include "affine.hpp"

namespace sheaf::equalize {

const char *const Saturation::schema = R"json({
  "title": "Saturation",
  "menu": "Equalization",
  "summary": "Makes colours stronger or paler and keeps their lightness.",
  "doc": "The chroma, a and b of CIE Lab, is multiplied; lightness and hue stay. 0 gives gray, 1 changes nothing. Colours that RGB cannot show are cut off. Gray images have no colour and are refused.",
  "since": "1.0.0",
  "inputs": [{"pixel": ["rgb"]}],
  "outputs": [{"name": "saturation", "like": 0}],
  "params": [
    {"key": "factor", "type": "number", "default": 1.1, "min": 0, "max": 10, "ui_max": 2, "step": 0.1, "digits": 2, "help": "What the chroma is multiplied by."}
  ]
})json";

Saturation::Saturation(Run &run) : factor_(run.number("factor")) {}

void Saturation::slice(Run &run, int64_t n) const {
  const Image image = run.read(n);
  Output output = run.write(n);
  const Line chroma{factor_, 0};
  apply_lab({Line{}, chroma, chroma}, image.view<Rgb>(), output.view<Rgb>(), poll_of(run));
  output.commit();
}

}  // namespace sheaf::equalize
