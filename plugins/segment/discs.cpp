#include "discs.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace sheaf::segment {
namespace {

// Calls f(x, y, part) for the pixels of a disc that are in the image; part: the distance from the centre,
// squared, in parts of the radius. Returns whether all of the disc is there.
template <class F>
bool for_pixels(const Blob &blob, int width, int height, F &&f) {
  const double square = blob.radius() * blob.radius();
  const auto reach = static_cast<int>(std::ceil(blob.radius())) + 1;
  const auto cx = static_cast<int>(std::lround(blob.x)), cy = static_cast<int>(std::lround(blob.y));
  bool all = true;
  for (int y = cy - reach; y <= cy + reach; y++)
    for (int x = cx - reach; x <= cx + reach; x++) {
      const double dx = x - blob.x, dy = y - blob.y, part = (dx * dx + dy * dy) / square;
      if (part > 1 && (x != cx || y != cy)) continue;
      if (x >= 0 && y >= 0 && x < width && y < height) f(x, y, part);
      else all = false;
    }
  return all;
}

}  // namespace

bool leaves(const Blob &blob, int width, int height, Mask mask) {
  bool inside = true;
  const bool whole = for_pixels(blob, width, height, [&](int x, int y, double) {
    if (mask && !mask(x, y)) inside = false;
  });
  return !whole || !inside;
}

void draw_discs(std::span<const Blob> blobs, Labels labels, const Poll &poll) {
  const int width = labels.width(), height = labels.height();
  std::vector<float> nearest(static_cast<size_t>(width) * height, std::numeric_limits<float>::infinity());
  for (int y = 0; y < height; y++) std::fill_n(labels.row(y), width, 0);
  for (size_t i = 0; i < blobs.size(); i++) {
    poll();
    for_pixels(blobs[i], width, height, [&](int x, int y, double part) {
      float &least = nearest[static_cast<size_t>(y) * width + x];
      if (!(part < least)) return;
      least = static_cast<float>(part);
      labels(x, y) = static_cast<uint32_t>(i) + 1;
    });
  }
}

Outline circle(const Blob &blob, uint32_t label) {
  const double radius = blob.radius();
  const int corners = std::clamp(static_cast<int>(std::ceil(3 * radius)), 12, 90);
  Outline outline{label, {}, {corners}};
  for (int i = 0; i < corners; i++) {
    const double angle = 2 * std::numbers::pi * i / corners;
    outline.xy.push_back(static_cast<float>(blob.x + 0.5 + radius * std::cos(angle)));
    outline.xy.push_back(static_cast<float>(blob.y + 0.5 + radius * std::sin(angle)));
  }
  return outline;
}

}  // namespace sheaf::segment
