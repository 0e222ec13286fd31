#include "local_mean.hpp"

#include <opencv2/imgproc.hpp>

namespace sheaf::segment {
namespace {

// In bands of rows, so that it can be stopped; the rows beyond a band are read.
void filter(const cv::Mat &in, cv::Mat &out, Window window, int block, const Poll &poll) {
  out.create(in.size(), CV_64F);
  const int taps = window == Window::box ? 4 : block;
  const int rows = std::max(16, rows_between_polls(in.cols) / (2 * taps));
  const cv::Size size(block, block);
  for (int y = 0; y < in.rows; y += rows) {
    const cv::Range band(y, std::min(in.rows, y + rows));
    cv::Mat part = out.rowRange(band);
    if (window == Window::box) cv::boxFilter(in.rowRange(band), part, CV_64F, size, {-1, -1}, true, cv::BORDER_REFLECT);
    else cv::GaussianBlur(in.rowRange(band), part, size, (block - 1) / 6.0, (block - 1) / 6.0, cv::BORDER_REFLECT);
    poll();
  }
}

}  // namespace

template <class T>
void local_mean(View<const T> image, Mask mask, Window window, int block, LocalScratch &scratch, const Poll &poll) {
  const int width = image.width(), height = image.height(), pause = rows_between_polls(width);
  scratch.values.create(height, width, CV_64F);
  scratch.weight.create(height, width, CV_64F);
  bool everywhere = true;
  for (int y = 0; y < height; y++) {
    const T *row = image.row(y);
    auto *value = scratch.values.ptr<double>(y), *weight = scratch.weight.ptr<double>(y);
    for (int x = 0; x < width; x++) {
      const bool counts = std::isfinite(static_cast<double>(row[x])) && (!mask || mask(x, y));
      value[x] = counts ? row[x] : 0.0;
      weight[x] = counts;
      everywhere = everywhere && counts;
    }
    if (y % pause == pause - 1) poll();
  }
  filter(scratch.values, scratch.mean, window, block, poll);
  if (everywhere) return;
  filter(scratch.weight, scratch.weights, window, block, poll);
  scratch.mean /= scratch.weights;
}

template void local_mean(View<const uint8_t>, Mask, Window, int, LocalScratch &, const Poll &);
template void local_mean(View<const uint16_t>, Mask, Window, int, LocalScratch &, const Poll &);
template void local_mean(View<const float>, Mask, Window, int, LocalScratch &, const Poll &);

}  // namespace sheaf::segment
