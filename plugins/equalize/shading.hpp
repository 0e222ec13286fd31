// The smooth uneven illumination of images, estimated on a grid of block means.
#pragma once

#include <span>
#include <vector>

#include "scalars.hpp"

namespace sheaf::equalize {

// A coarse image, in double precision; NaN where nothing is known.
struct Grid {
  int width = 0, height = 0;
  std::vector<double> values;
  double &operator()(int x, int y) { return values[static_cast<size_t>(y) * static_cast<size_t>(width) + x]; }
  double operator()(int x, int y) const { return values[static_cast<size_t>(y) * static_cast<size_t>(width) + x]; }
};

constexpr int greatest_grid_side = 128;
inline int grid_side(int pixels) { return pixels < greatest_grid_side ? pixels : greatest_grid_side; }

// Means of blocks of finite pixels; block i of n covers [i * size / n, (i + 1) * size / n). One grid for
// each component: three (r, g, b) for colour, else one.
template <class T>
std::vector<Grid> block_means(View<const T> image, const Poll &poll = never_stop);

enum class Typical { median, mean };
enum class Trend { ratio, difference };

// The image that stands for all. mean: of each cell. median: of each cell, after the images have been
// brought to one level by dividing by (ratio) or subtracting (difference) their own median; images whose
// median is not above 0 have no ratio and do not count. Empty if none is left.
Grid typical_image(std::span<const Grid> images, Typical typical, Trend trend);

struct SmoothOptions {
  enum class Kind { local, polynomial } kind = Kind::local;
  double sigma_x = 6, sigma_y = 6;  // in cells: of the Gaussian weights of the local fit
  int degree = 4;                   // of the polynomial
};

// local: in each cell the value of the plane that fits its surroundings best, by Gaussian weights: inside a
// field of even density the Gaussian mean, but without the mean's bias at the border. polynomial: of x and
// y. Both by weighted least squares, four times, cells far from the last fit counting less and less
// (Tukey's bisquare at 6 median absolute deviations, as in LOESS: Cleveland 1979): bright objects do not
// lift the field.
Grid smooth_field(const Grid &field, const SmoothOptions &options, const Poll &poll = never_stop);

// The grid at the pixels of an image, by straight lines between (and beyond) the centres of its cells.
void enlarge(const Grid &grid, View<float> out, const Poll &poll = never_stop);

}  // namespace sheaf::equalize
