#include "distance.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

namespace sheaf::segment {
namespace {

// The lower envelope of the parabolas (x - i)^2 + g(i)^2 over one row (Meijster,
// Roerdink, Hesselink 2000), in integers.
class Envelope {
 public:
  void fit(const int32_t *g, int begin, int end) {
    vertex_.clear();
    from_.clear();
    for (int u = begin; u < end; u++) {
      while (!vertex_.empty() && height(g, vertex_.back(), from_.back()) > height(g, u, from_.back())) {
        vertex_.pop_back();
        from_.pop_back();
      }
      if (vertex_.empty()) {
        vertex_.push_back(u);
        from_.push_back(begin);
        continue;
      }
      const int64_t i = vertex_.back();
      const int64_t gi = g[i], gu = g[u];
      const int64_t twice = int64_t{u} * u - i * i + gu * gu - gi * gi;
      const int64_t start = 1 + twice / (2 * (u - i));  // right of from_.back(), or it would have been popped
      if (start < end) {
        vertex_.push_back(u);
        from_.push_back(static_cast<int>(start));
      }
    }
  }
  void read(const int32_t *g, float *out, int begin, int end) const {
    for (size_t k = 0; k < vertex_.size(); k++) {
      const int last = k + 1 < vertex_.size() ? from_[k + 1] : end;
      for (int x = std::max(from_[k], begin); x < std::min(last, end); x++)
        out[x] = static_cast<float>(std::sqrt(static_cast<double>(height(g, vertex_[k], x))));
    }
  }

 private:
  static int64_t height(const int32_t *g, int i, int x) { return int64_t{x - i} * (x - i) + int64_t{g[i]} * g[i]; }
  std::vector<int> vertex_, from_;
};

}  // namespace

void distances(View<const uint8_t> foreground, View<float> out, const Poll &poll, const Parallel &parallel) {
  const int width = foreground.width(), height = foreground.height();
  const int32_t far = width + height;
  // to the background above or below, in the same column
  std::vector<int32_t> nearest(static_cast<size_t>(width) * height);
  const auto row_of = [&](int y) { return nearest.data() + static_cast<size_t>(y) * width; };
  constexpr int columns_of_strip = 256, rows_of_strip = 64;
  std::atomic<bool> background{false};
  parallel((width + columns_of_strip - 1) / columns_of_strip, [&](int64_t strip) {
    const int left = static_cast<int>(strip) * columns_of_strip, right = std::min(width, left + columns_of_strip);
    const int pause = rows_between_polls(columns_of_strip);
    bool here_is_background = false;
    for (int y = 0; y < height; y++) {
      const uint8_t *inside = foreground.row(y);
      int32_t *here = row_of(y);
      const int32_t *above = y > 0 ? row_of(y - 1) : nullptr;
      for (int x = left; x < right; x++) {
        here[x] = inside[x] ? std::min(far, above ? above[x] + 1 : far) : 0;
        here_is_background = here_is_background || !inside[x];
      }
      if (y % pause == pause - 1) poll();
    }
    for (int y = height - 2; y >= 0; y--) {
      int32_t *here = row_of(y);
      const int32_t *below = row_of(y + 1);
      for (int x = left; x < right; x++) here[x] = std::min(here[x], below[x] + 1);
      if (y % pause == pause - 1) poll();
    }
    if (here_is_background) background = true;
  });
  if (!background) {
    for (int y = 0; y < height; y++) std::fill_n(out.row(y), width, static_cast<float>(far));
    return;
  }
  parallel((height + rows_of_strip - 1) / rows_of_strip, [&](int64_t strip) {
    const int top = static_cast<int>(strip) * rows_of_strip, pause = 1 + rows_between_polls(width) / 16;
    Envelope envelope;
    for (int y = top; y < std::min(height, top + rows_of_strip); y++) {
      const int32_t *g = row_of(y);
      float *row = out.row(y);
      for (int x = 0; x < width;) {
        if (g[x] == 0) {
          row[x++] = 0;
          continue;
        }
        const int begin = x;
        while (x < width && g[x] > 0) x++;
        // nothing beyond the background at either end of a run is nearer than that end
        const int left = std::max(0, begin - 1), right = std::min(width, x + 1);
        envelope.fit(g, left, right);
        envelope.read(g, row, begin, x);
      }
      if (y % pause == pause - 1) poll();
    }
  });
}

}  // namespace sheaf::segment
