#include "superpixel.hpp"

#include <string>

#include "common/wording.hpp"

namespace sheaf::segment {

const char *const Superpixel::schema = R"json({
  "title": "Superpixels",
  "menu": "Segmentation",
  "summary": "Divides images into compact regions of about the same size that follow the edges.",
  "doc": "Pixels gather around the centre that is closest in colour and position; centres start on a regular grid and move to the means of their pixels. Colour is compared as CIE L*a*b*; gray images are taken from their least to their greatest value as L*, 0 to 100, so that compactness means the same for all pixel types. Pieces that are cut off become regions of their own or, if they are small, join the touching region whose colour is closest: every region is connected. What is NaN or outside a region of interest gets label 0.",
  "references": [
    "R. Achanta, A. Shaji, K. Smith, A. Lucchi, P. Fua, S. Suesstrunk: SLIC superpixels compared to state-of-the-art superpixel methods. IEEE Transactions on Pattern Analysis and Machine Intelligence 34(11), 2012.",
    "Y.-J. Liu, C.-C. Yu, M.-J. Yu, Y. He: Manifold SLIC: a fast method to compute content-sensitive superpixels. IEEE Conference on Computer Vision and Pattern Recognition, 2016."
  ],
  "since": "1.0.0",
  "inputs": [{"pixel": ["u8", "u16", "f32", "rgb"], "roi": true}],
  "outputs": [)json" SHEAF_REGION_OUTPUTS R"json(],
  "tables": [)json" SHEAF_REGION_TABLE R"json(],
  "rois": true,
  "params": [
    {"key": "method", "type": "choice", "default": "slic", "help": "How regions compete for pixels.", "choices": [
      {"key": "slic", "label": "SLIC", "help": "One compactness for all regions."},
      {"key": "slico", "label": "SLICO", "help": "The compactness of every region adapts to its contrast; regions are more regular."},
      {"key": "mslic", "label": "MSLIC", "help": "Smaller regions where the image changes much, larger ones where it does not."}]},
    {"key": "size", "type": "integer", "default": 40, "min": 1, "max": 100000, "ui_min": 4, "ui_max": 200, "unit": "px", "help": "Side of a region on average; not used if a number of regions is given."},
    {"key": "segments", "type": "integer", "default": 0, "min": 0, "help": "About how many regions; 0: as many as the size says."},
    {"key": "compactness", "type": "number", "default": 10, "min": 0.01, "max": 1000, "ui_min": 1, "ui_max": 100, "scale": "log", "help": "Difference of colour, in units of L*a*b*, that counts as much as the distance of neighbouring centres (the ruler); the start of SLICO."},
    {"key": "iterations", "type": "integer", "default": 10, "min": 1, "max": 1000, "ui_max": 50, "help": "How often centres move."},
    {"key": "min_area", "type": "number", "default": 25, "min": 0, "max": 100, "unit": "%", "advanced": true, "help": "Pieces with a smaller part of the mean area join a neighbour."},
    )json" SHEAF_REGION_PARAMS R"json(
  ]
})json";

Superpixel::Superpixel(Run &run) : regions_(run) {
  const sheaf_info info = run.input();
  const int64_t pixels = int64_t{info.width} * info.height, count = run.integer("segments");
  require_there("segments", count, pixels, "pixel", "an image", 0);
  options_.method = run.choice<Superpixels>("method");
  options_.size =
      count > 0 ? superpixel_size(info.width, info.height, count) : static_cast<double>(run.integer("size"));
  options_.compactness = run.number("compactness");
  options_.iterations = static_cast<int>(run.integer("iterations"));
  options_.min_size = run.number("min_area") / 100;
  // planes, pieces and the area of MSLIC
  run.reserve(images_at_once(run) * (plane_bytes(pixels) + 12 * pixels), "colour of an image");
}

void Superpixel::slice(Run &run, int64_t n) {
  const auto label = [&](Planes &planes, Labels labels, bool, const Parallel &parallel, const Poll &poll) {
    slic(planes, options_, labels, parallel, poll);
  };
  label_planes(run, n, Space::lab, planes_, regions_, label);
}

}  // namespace sheaf::segment
