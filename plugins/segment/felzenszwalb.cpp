#include "felzenszwalb.hpp"

#include <limits>

#include "channels.hpp"

namespace sheaf::segment {

#define SHEAF_GRAPH_INPUT R"json("inputs": [{"pixel": ["u8", "u16", "f32", "rgb"], "roi": true}],)json"
#define SHEAF_GRAPH_REFERENCE \
  R"json("references": ["P. F. Felzenszwalb, D. P. Huttenlocher: Efficient graph-based image segmentation. International Journal of Computer Vision 59(2), 2004."],)json"

const char *const Felzenszwalb::schema = R"json({
  "title": "Felzenszwalb",
  "menu": "Segmentation",
  "summary": "Divides an image into regions without clear edges inside, by merging neighbours, most similar first.",
  "doc": "Two regions merge if the edge between them is cheaper than the dearest edge inside each of them plus scale divided by its size; the cost of an edge is the distance of the values of two neighbours (8 of each pixel). At last, regions below the least size merge with their most similar neighbour. Values are taken on a scale of 0 to 255: 8-bit and colour as they are, the range of 16-bit and 32-bit images is stretched to it. Every image is treated for itself. A region of interest limits the labels, not the computation.",
)json" SHEAF_GRAPH_REFERENCE R"json(
  "since": "1.0.0",
)json" SHEAF_GRAPH_INPUT R"json(
  "outputs": [)json" SHEAF_REGION_OUTPUTS R"json(],
  "tables": [)json" SHEAF_REGION_TABLE R"json(],
  "rois": true,
  "params": [
    {"key": "scale", "type": "number", "default": 100, "min": 0, "max": 1e9, "ui_min": 1, "ui_max": 1000, "help": "The larger, the larger the regions."},
    {"key": "sigma", "type": "number", "default": 0.5, "min": 0, "max": 100, "ui_max": 5, "unit": "px", "help": "Standard deviation of a Gaussian over the image before."},
    {"key": "min_size", "type": "integer", "default": 50, "min": 0, "unit": "px", "help": "Least size of a region."},
    )json" SHEAF_REGION_PARAMS R"json(
  ]
})json";

const char *const Graph::schema = R"json({
  "title": "Graph Segmentation",
  "menu": "Segmentation",
  "summary": "Divides an image into regions without clear edges inside, with the parameters of OpenCV's GraphSegmentation.",
  "doc": "The computation is that of Felzenszwalb: two regions merge if the edge between them is cheaper than the dearest edge inside each of them plus k divided by its size, and regions below the least size merge with their most similar neighbour. Values are taken on a scale of 0 to 255: 8-bit and colour as they are, the range of 16-bit and 32-bit images is stretched to it. Every image is treated for itself. A region of interest limits the labels, not the computation.",
)json" SHEAF_GRAPH_REFERENCE R"json(
  "since": "1.0.0",
)json" SHEAF_GRAPH_INPUT R"json(
  "outputs": [)json" SHEAF_REGION_OUTPUTS R"json(],
  "tables": [)json" SHEAF_REGION_TABLE R"json(],
  "rois": true,
  "params": [
    {"key": "k", "type": "number", "default": 300, "min": 0, "max": 1e9, "ui_min": 1, "ui_max": 1000, "help": "The larger, the larger the regions."},
    {"key": "sigma", "type": "number", "default": 0.5, "min": 0, "max": 100, "ui_max": 5, "unit": "px", "help": "Standard deviation of a Gaussian over the image before."},
    {"key": "min_size", "type": "integer", "default": 100, "min": 0, "unit": "px", "help": "Least size of a region."},
    )json" SHEAF_REGION_PARAMS R"json(
  ]
})json";

namespace {

MergeOptions options_of(Run &run, const char *scale) {
  const int64_t size = std::min<int64_t>(run.integer("min_size"), std::numeric_limits<int>::max());
  return {run.number(scale), run.number("sigma"), static_cast<int>(size)};
}

}  // namespace

GraphSegmentation::GraphSegmentation(Run &run, const MergeOptions &options) : options_(options), regions_(run) {
  const sheaf_info info = run.input();
  const int64_t pixels = int64_t{info.width} * info.height;
  if (pixels > std::numeric_limits<uint32_t>::max() / 4)
    throw Error(SHEAF_UNSUPPORTED, "image: " + std::to_string(info.width) + " x " + std::to_string(info.height) +
                                       " given, a graph takes up to 1 073 741 823 pixels");
  // of a pixel: its edges, up to five times more while they are sorted, put off and put in order; what they do; its
  // tree and set
  constexpr int64_t bytes = 4 * 8 * 6 + 13;
  run.reserve(std::min<int64_t>(run.threads(), info.slices) * (channel_bytes(info) + pixels * bytes),
              "the graph of an image");
}

void GraphSegmentation::slice(Run &run, int64_t n) {
  const Poll poll = poll_of(run);
  const Image image = run.read(n), region = run.mask();
  Output output = run.write(n);
  const auto labels = output.view<uint32_t>();
  {
    const auto planes = planes_.take();
    channels_of(image, *planes, poll, parallel_of(run));
    merge_graph(*planes, options_, labels, parallel_of(run), poll, run.threads());
  }
  clear_outside(labels, region.view<uint8_t>());
  relabel(labels, poll, parallel_of(run));
  regions_.add(run, n, image, labels, poll);
  output.commit();
}

Felzenszwalb::Felzenszwalb(Run &run) : GraphSegmentation(run, options_of(run, "scale")) {}

Graph::Graph(Run &run) : GraphSegmentation(run, options_of(run, "k")) {}

}  // namespace sheaf::segment
