#include "outline.hpp"

#include <algorithm>

namespace sheaf::segment {
namespace {

// Walks along the edges of one component with its pixels on the right. Where
// two of its pixels meet at a corner only, it turns left and so stays on the
// same ring: components join across corners.
class Tracer {
 public:
  Tracer(int width, int height)
      : width_(width), height_(height), owner_(size_t(width) * height, -1), seen_(size_t(width) * height) {}

  void paint(const Span &s, int number) { std::fill_n(owner_.begin() + at(s.begin, s.y), s.end - s.begin, number); }

  // Whether a ring passes above pixel (x, y) that has not been walked.
  bool begins(int x, int y) const { return owner(x, y) >= 0 && owner(x, y) != owner(x, y - 1) && !seen_[at(x, y)]; }

  void trace(int x, int y, std::vector<float> &xy) {
    enum { east, south, west, north };
    const int number = owner(x, y), x0 = x, y0 = y;
    int direction = east;
    do {
      if (direction == east) seen_[at(x, y)] = true;
      x += direction == east ? 1 : direction == west ? -1 : 0;
      y += direction == south ? 1 : direction == north ? -1 : 0;
      // the pixels ahead, to the left and right of the walk
      const int left_x = direction == east || direction == south ? x : x - 1;
      const int left_y = direction == south || direction == west ? y : y - 1;
      const int right_x = direction == east || direction == north ? x : x - 1;
      const int right_y = direction == east || direction == south ? y : y - 1;
      const int turn = owner(left_x, left_y) == number ? -1 : owner(right_x, right_y) == number ? 0 : 1;
      if (turn != 0) {
        xy.push_back(static_cast<float>(x));
        xy.push_back(static_cast<float>(y));
      }
      direction = (direction + turn + 4) % 4;
    } while (x != x0 || y != y0 || direction != east);
  }

  int owner(int x, int y) const { return x < 0 || y < 0 || x >= width_ || y >= height_ ? -1 : owner_[at(x, y)]; }

 private:
  size_t at(int x, int y) const { return size_t(y) * width_ + x; }
  int width_, height_;
  std::vector<int> owner_;
  std::vector<bool> seen_;
};

}  // namespace

std::vector<Outline> outlines(const Kept &kept, int width, int height, const Poll &poll) {
  std::vector<Outline> result(static_cast<size_t>(kept.count));
  Tracer tracer(width, height);
  for (const Span &s : kept.components.spans())
    if (kept.numbers[s.component] >= 0) tracer.paint(s, kept.numbers[s.component]);
  int y = -1;
  for (const Span &s : kept.components.spans()) {
    if (s.y != y && (y = s.y) % 64 == 0) poll();
    const int number = kept.numbers[s.component];
    if (number < 0) continue;
    Outline &outline = result[number];
    outline.label = s.label;
    for (int x = s.begin; x < s.end; x++) {
      if (!tracer.begins(x, s.y)) continue;
      tracer.trace(x, s.y, outline.xy);
      outline.ring_ends.push_back(static_cast<int32_t>(outline.xy.size() / 2));
    }
  }
  return result;
}

std::vector<Outline> outlines(View<const uint32_t> labels, const Poll &poll) {
  Kept all{Components(labels, Join::same_label, poll), {}};
  for (int i = 0; i < all.components.count(); i++) all.numbers.push_back(i);
  all.count = all.components.count();
  return outlines(all, labels.width(), labels.height(), poll);
}

}  // namespace sheaf::segment
