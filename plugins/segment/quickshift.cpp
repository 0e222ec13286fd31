#include "quickshift.hpp"

#include <opencv2/imgproc.hpp>

#include "channels.hpp"

namespace sheaf::segment {

const char *const QuickShift::schema = R"json({
  "title": "Quickshift",
  "menu": "Segmentation",
  "summary": "Divides an image into segments of similar colour: every pixel joins the nearest one of higher density.",
  "doc": "The density of a pixel is a Gaussian sum over its neighbours in position and colour, within three standard deviations. Each pixel joins the nearest pixel of higher density in that window, up to a greatest distance; the trees that result are the segments. Colour is CIE L*a*b* (sRGB, D65); the values of gray images are taken on a scale of 0 to 100, to which the range of 16-bit and 32-bit images is stretched. Every image is treated for itself. A region of interest limits the labels, not the computation.",
  "references": ["A. Vedaldi, S. Soatto: Quick shift and kernel methods for mode seeking. European Conference on Computer Vision, 2008."],
  "since": "1.0.0",
  "inputs": [{"pixel": ["u8", "u16", "f32", "rgb"], "roi": true}],
  "outputs": [)json" SHEAF_REGION_OUTPUTS R"json(],
  "tables": [)json" SHEAF_REGION_TABLE R"json(],
  "rois": true,
  "params": [
    {"key": "kernel", "type": "number", "default": 3, "min": 1, "max": 50, "ui_max": 10, "unit": "px", "help": "Standard deviation of the density's Gaussian: larger for fewer segments."},
    {"key": "max_dist", "type": "number", "default": 6, "min": 0, "max": 1e6, "ui_max": 100, "help": "Farther than this, in position and colour together, no pixel joins another."},
    {"key": "ratio", "type": "number", "default": 0.5, "min": 0, "max": 1, "help": "Weight of colour against position."},
    {"key": "sigma", "type": "number", "default": 0, "min": 0, "max": 100, "ui_max": 5, "unit": "px", "help": "Standard deviation of a Gaussian over the image before."},
    )json" SHEAF_REGION_PARAMS R"json(
  ]
})json";

QuickShift::QuickShift(Run &run)
    : options_{run.number("kernel"), run.number("max_dist"), run.number("ratio")},
      sigma_(run.number("sigma")),
      regions_(run) {
  const sheaf_info info = run.input();
  constexpr int64_t bytes = 16;  // of a pixel: density, distance and parent
  run.reserve(std::min<int64_t>(run.threads(), info.slices) *
                  (2 * channel_bytes(info) + int64_t{info.width} * info.height * bytes),
              "the densities of an image");
}

void QuickShift::slice(Run &run, int64_t n) {
  const Poll poll = poll_of(run);
  const Image image = run.read(n), region = run.mask();
  Output output = run.write(n);
  const auto labels = output.view<uint32_t>();
  {
    const auto planes = planes_.take();
    channels_of(image, *planes, poll, parallel_of(run));
    if (planes->size() == 3) {
      cv::Mat colour;
      cv::merge(*planes, colour);
      colour *= 1 / 255.0;
      cv::cvtColor(colour, colour, cv::COLOR_RGB2Lab);
      cv::split(colour, *planes);
    } else {
      planes->front() *= 100 / 255.0;
    }
    poll();
    if (sigma_ > 0)
      for (cv::Mat &plane : *planes) cv::GaussianBlur(plane, plane, {}, sigma_, sigma_, cv::BORDER_REFLECT);
    quick_shift(*planes, options_, labels, parallel_of(run), poll);
  }
  clear_outside(labels, region.view<uint8_t>());
  relabel(labels, poll, parallel_of(run));
  regions_.add(run, n, image, labels, poll);
  output.commit();
}

}  // namespace sheaf::segment
