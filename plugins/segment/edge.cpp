#include "edge.hpp"

namespace sheaf::segment {

const char *const Edge::schema = R"json({
  "title": "Edge Regions",
  "menu": "Segmentation",
  "summary": "Divides images into the regions that their edges enclose.",
  "doc": "Images are smoothed by a bilateral filter and by non-local means, channels together. The magnitude of the Sobel gradient is taken for red, green and blue, scaled so that its least and greatest value in all of them are 0 and 255, and averaged. What is above the threshold is an edge; edges are closed by 3 x 3 pixels. What they leave are regions, connected by edges of pixels; all of them grow into the edges by one pixel at the same time. 8-bit and RGB images are smoothed as they are, others from their least to their greatest finite value as 0 to 255. Label 0 is what is left of the edges, what is NaN, and what is outside a region of interest.",
  "references": [
    "C. Tomasi, R. Manduchi: Bilateral filtering for gray and color images. International Conference on Computer Vision, 1998.",
    "A. Buades, B. Coll, J.-M. Morel: A non-local algorithm for image denoising. IEEE Conference on Computer Vision and Pattern Recognition, 2005."
  ],
  "since": "1.0.0",
  "inputs": [{"pixel": ["u8", "u16", "f32", "rgb"], "roi": true}],
  "outputs": [)json" SHEAF_REGION_OUTPUTS R"json(],
  "tables": [)json" SHEAF_REGION_TABLE R"json(],
  "rois": true,
  "params": [
    {"key": "threshold", "type": "number", "default": 60, "min": 0, "max": 255, "help": "Gradients above it are edges, in 0 to 255."},
    {"key": "no_smoothing", "type": "boolean", "help": "Takes the gradient of the image as it is."},
    {"key": "bilateral_radius", "type": "integer", "default": 3, "min": 0, "max": 64, "ui_max": 10, "unit": "px", "advanced": true, "when": {"no_smoothing": false}, "help": "Reach of the bilateral filter."},
    {"key": "bilateral_space", "type": "number", "default": 100, "min": 0.01, "max": 1000, "unit": "px", "advanced": true, "when": {"no_smoothing": false}, "help": "Standard deviation of its weights of distance."},
    {"key": "bilateral_range", "type": "number", "default": 100, "min": 0.01, "max": 1000, "advanced": true, "when": {"no_smoothing": false}, "help": "Standard deviation of its weights of difference, in levels of 0 to 255."},
    {"key": "strength", "type": "number", "default": 10, "min": 0.01, "max": 1000, "ui_max": 50, "advanced": true, "when": {"no_smoothing": false}, "help": "Difference of patches, in levels of 0 to 255, that non-local means smooth over."},
    {"key": "patch", "type": "integer", "default": 3, "min": 0, "max": 5, "unit": "px", "advanced": true, "when": {"no_smoothing": false}, "help": "Radius of a patch."},
    {"key": "search", "type": "integer", "default": 10, "min": 0, "max": 64, "ui_max": 20, "unit": "px", "advanced": true, "when": {"no_smoothing": false}, "help": "How far patches are looked for."},
    )json" SHEAF_REGION_PARAMS R"json(
  ]
})json";

Edge::Edge(Run &run) : regions_(run) {
  options_.threshold = run.number("threshold");
  options_.smooth = !run.flag("no_smoothing");
  options_.bilateral = {static_cast<int>(run.integer("bilateral_radius")), run.number("bilateral_space"),
                        run.number("bilateral_range")};
  options_.nlm.strength = run.number("strength");
  options_.nlm.patch = static_cast<int>(run.integer("patch"));
  options_.nlm.search = static_cast<int>(run.integer("search"));
  const sheaf_info info = run.input();
  const int64_t pixels = int64_t{info.width} * info.height;
  const int channels = info.pixel == SHEAF_RGB ? 3 : 1;
  // levels, both results of smoothing, gradients, labels
  const int64_t bytes = pixels * (4 * channels * int64_t{sizeof(float)} + 16);
  run.reserve(images_at_once(run) * bytes +
                  run.threads() * neighbour_mean_bytes(channels, options_.nlm.patch + options_.nlm.search),
              "edges of an image");
}

void Edge::slice(Run &run, int64_t n) {
  const auto label = [&](Planes &planes, Labels labels, bool, const Parallel &parallel, const Poll &poll) {
    edge_regions(planes, options_, labels, parallel, poll);
  };
  label_planes(run, n, Space::levels, planes_, regions_, label);
}

}  // namespace sheaf::segment
