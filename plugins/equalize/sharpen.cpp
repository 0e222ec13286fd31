#include "sharpen.hpp"

#include <cmath>

#include "common/copy.hpp"
#include "common/image_table.hpp"

namespace sheaf::equalize {

const char *const Sharpen::schema = R"json({
  "title": "Sharpen",
  "menu": "Equalization",
  "summary": "Sharpens or blurs images by an unsharp mask, by an amount or until they are as sharp as wanted.",
  "doc": "The difference of the image from its Gaussian is added, amount times; a negative amount takes detail away, and -1 leaves the Gaussian. Sharpness is the mean length of the Sobel gradient. For a wanted sharpness the amount between -1 and 5 is found that reaches it, as measured in the result. Of colour, the Lab lightness is sharpened and the chroma kept. The Gaussian is normalised over pixels that are finite; others stay. A region of interest restricts what is measured, not what is changed.",
  "since": "1.0.0",
  "inputs": [{"pixel": ["u8", "u16", "f32", "rgb"], "roi": true}],
  "outputs": [{"name": "sharpened", "like": 0}],
  "tables": [{"name": "sharpening", "title": "Sharpening of %s", "columns": [
    {"name": "Label", "type": "text", "help": "name of the image, or its position"},
    {"name": "sharpness_before", "type": "number", "help": "mean length of the Sobel gradient, in calibrated levels"},
    {"name": "sharpness_after", "type": "number"},
    {"name": "amount", "type": "number", "help": "of the unsharp mask; below 0 it blurs"},
    {"name": "clipped", "type": "number", "help": "fraction of the pixels cut off at the end of the type's range"},
    {"name": "status", "type": "text", "help": "ok; limited: the wanted sharpness is out of the filter's reach; missed: pixels cut off or rounded keep the image from it by more than 1 %; degenerate: no detail to sharpen, unchanged"}
  ]}],
  "params": [
    {"key": "method", "type": "choice", "default": "amount", "help": "What is given.", "choices": [
      {"key": "amount", "label": "Amount of the mask"},
      {"key": "factor", "label": "Factor of the sharpness", "help": "Each image becomes that many times as sharp as it is."},
      {"key": "sharpness", "label": "Sharpness", "help": "All images become as sharp as that."}]},
    {"key": "amount", "type": "number", "default": 1, "min": -1, "max": 5, "step": 0.1, "digits": 2, "when": {"method": "amount"}, "help": "How often the difference from the Gaussian is added."},
    {"key": "factor", "type": "number", "default": 1.5, "min": 0.01, "max": 100, "ui_max": 4, "step": 0.1, "digits": 2, "when": {"method": "factor"}, "help": "Sharpness after over before."},
    {"key": "sharpness", "type": "number", "default": 10, "min": 0, "when": {"method": "sharpness"}, "help": "Mean length of the Sobel gradient, in calibrated levels; the table of a first run shows what images have."},
    {"key": "sigma", "type": "number", "default": 3, "min": 0.5, "max": 20, "step": 0.5, "digits": 1, "unit": "px", "help": "Standard deviation of the Gaussian."}
  ]
})json";

Sharpen::Sharpen(Run &run)
    : method_(run.choice<Method>("method")), calibration_(run.input()), table_wanted_(run.wanted("sharpening")) {
  options_.sigma = run.number("sigma");
  options_.sharpness_only = true;
  const char *const keys[] = {"amount", "factor", "sharpness"};
  wanted_ = run.number(keys[static_cast<int>(method_)]);
  if (method_ == Method::sharpness) {
    if (!(wanted_ > 0)) throw Error(SHEAF_INVALID, "sharpness: 0 given; accepted: more than 0");
    wanted_ /= std::abs(calibration_.scale);
  }
  const sheaf_info info = run.input();
  rows_.resize(static_cast<size_t>(info.slices));
  run.reserve(run.threads() * JointScratch::bytes(int64_t{info.width} * info.height, info.pixel),
              "filtering an image in floating point");
}

template <class T>
void Sharpen::sharpen_image(View<const T> in, View<T> out, Mask mask, Row &row, const Poll &poll) {
  const bool solve = method_ != Method::amount;
  const Scalars before = measure(in, mask, solve || table_wanted_, poll);
  const Scalars whole = mask && !solve ? measure(in, {}, false, poll) : before;  // what is filtered
  row.before = row.after = before.sharpness;
  const bool detailed = whole.contrast > 0 && std::isfinite(1 / whole.contrast);
  if (!detailed || (solve && !(before.sharpness > 0))) {
    row.status = "degenerate";
    return copy(in, out, poll);
  }
  const auto scratch = scratch_.take();
  int64_t clipped = 0;
  if (solve) {
    Scalars target = before;
    target.sharpness = method_ == Method::factor ? wanted_ * before.sharpness : wanted_;
    const JointResult result = match_joint(in, out, mask, before, target, options_, *scratch, poll);
    row.after = result.after.sharpness;
    row.amount = result.amount;
    clipped = result.clipped;
    if (std::abs(row.after - target.sharpness) > 0.01 * target.sharpness)
      row.status = result.amount_limited ? "limited" : "missed";
  } else {
    row.amount = wanted_;
    clipped = sharpen(in, out, whole, wanted_, options_.sigma, *scratch, poll);
    if (table_wanted_) row.after = measure<T>(out, mask, true, poll).sharpness;
  }
  row.clipped = static_cast<double>(clipped) / static_cast<double>(in.size());
}

void Sharpen::slice(Run &run, int64_t n) {
  const Poll poll = poll_of(run);
  const Image image = run.read(n), region = run.mask();
  Output output = run.write(n);
  visit_intensity(image, [&]<class T>(View<const T> view) {
    sharpen_image(view, output.view<T>(), region.view<uint8_t>(), rows_[static_cast<size_t>(n)], poll);
  });
  output.commit();
}

void Sharpen::finish(Run &run) const {
  if (!table_wanted_) return;
  const ImageTable table(run, "sharpening", rows_);
  const double scale = std::abs(calibration_.scale);
  table.numbers("sharpness_before", [&](const Row &r) { return scale * r.before; });
  table.numbers("sharpness_after", [&](const Row &r) { return scale * r.after; });
  table.numbers("amount", [](const Row &r) { return r.amount; });
  table.numbers("clipped", [](const Row &r) { return r.clipped; });
  table.texts("status", [](const Row &r) { return r.status; });
}

}  // namespace sheaf::equalize
