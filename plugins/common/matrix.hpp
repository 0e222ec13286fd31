// Our views as OpenCV matrices: the same memory, nothing is copied.
#pragma once

#include <opencv2/core.hpp>

#include "plugin.hpp"

namespace sheaf {

template <class T>
constexpr int cv_type = -1;
template <>
inline constexpr int cv_type<uint8_t> = CV_8UC1;
template <>
inline constexpr int cv_type<uint16_t> = CV_16UC1;
template <>
inline constexpr int cv_type<float> = CV_32FC1;
template <>
inline constexpr int cv_type<Rgb> = CV_8UC4;
template <>
inline constexpr int cv_type<uint32_t> = CV_32SC1;  // labels below 2^31

// OpenCV has no matrix of constant pixels: do not write to one made of a View<const T>.
template <class T>
cv::Mat matrix(View<T> view) {
  using Pixel = std::remove_const_t<T>;
  return cv::Mat(view.height(), view.width(), cv_type<Pixel>, const_cast<Pixel *>(view.data()),
                 static_cast<size_t>(view.row_bytes()));
}

template <class T>
View<T> view_of(const cv::Mat &m) {
  using Pixel = std::remove_const_t<T>;
  return View<T>(const_cast<Pixel *>(m.ptr<Pixel>()), m.cols, m.rows, static_cast<std::ptrdiff_t>(m.step[0]));
}

}  // namespace sheaf
