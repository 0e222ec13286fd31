#include "slic.hpp"

#include <algorithm>
#include <cmath>

#include "common/pool.hpp"
#include "slic_strip.hpp"

namespace sheaf::segment {
namespace {

constexpr int strip_rows = StripPixels::rows;

struct Centre {
  float x = 0, y = 0;
  float colour[3] = {};
  float colour_scale = 1;  // squared colour distances are divided by it (SLICO)
  float reach = 1;         // distances are divided by its square (MSLIC)
};

// The centres whose windows overlap a strip of rows, and what they gather there.
struct Strip {
  std::vector<int> centres;
  std::vector<Sum> sums;
};

class Slic {
 public:
  Slic(const Planes &planes, const SlicOptions &options, Labels labels, const Parallel &parallel, const Poll &poll)
      : planes_(planes),
        options_(options),
        labels_(labels),
        parallel_(parallel),
        poll_(poll),
        width_(planes.width()),
        height_(planes.height()),
        strips_((height_ + strip_rows - 1) / strip_rows) {}

  void run() {
    seed();
    if (options_.method == Superpixels::mslic) measure_area();
    for (int i = 0; i < options_.iterations; i++) {
      gather_strips();
      const bool last = i + 1 == options_.iterations;
      parallel_(static_cast<int64_t>(strips_.size()), [&](int64_t s) {
        poll_();
        planes_.count == 3 ? assign<3>(static_cast<int>(s), last) : assign<1>(static_cast<int>(s), last);
      });
      if (!last) move(i + 2 < options_.iterations);
    }
  }
  double mean_pixels() const { return static_cast<double>(width_) * height_ / static_cast<double>(seeds_); }

 private:
  float value(int c, int x, int y) const {
    return planes_.plane[c].ptr<float>(std::clamp(y, 0, height_ - 1))[std::clamp(x, 0, width_ - 1)];
  }

  Centre centre_at(int x, int y) const {
    Centre centre{static_cast<float>(x), static_cast<float>(y)};
    for (int c = 0; c < planes_.count; c++) centre.colour[c] = value(c, x, y);
    centre.colour_scale = static_cast<float>(options_.compactness * options_.compactness);
    return centre;
  }

  double gradient(int x, int y) const {
    double sum = 0;
    for (int c = 0; c < planes_.count; c++) {
      const double dx = value(c, x + 1, y) - value(c, x - 1, y), dy = value(c, x, y + 1) - value(c, x, y - 1);
      sum += dx * dx + dy * dy;
    }
    return sum;
  }

  // A regular grid; each centre moves to the least gradient of its 3 x 3 neighbours.
  void seed() {
    const double size = std::max(options_.size, 1.0);
    const int columns = std::clamp(static_cast<int>(std::lround(width_ / size)), 1, width_);
    const int rows = std::clamp(static_cast<int>(std::lround(height_ / size)), 1, height_);
    step_ =
        static_cast<float>(std::max({1.0, static_cast<double>(width_) / columns, static_cast<double>(height_) / rows}));
    for (int j = 0; j < rows; j++)
      for (int i = 0; i < columns; i++) {
        const int x0 = static_cast<int>((i + 0.5) * width_ / columns),
                  y0 = static_cast<int>((j + 0.5) * height_ / rows);
        int x = x0, y = y0;
        double least = gradient(x0, y0);
        for (int v = std::max(y0 - 1, 0); step_ >= 3 && v <= std::min(y0 + 1, height_ - 1); v++)
          for (int u = std::max(x0 - 1, 0); u <= std::min(x0 + 1, width_ - 1); u++)
            if (const double g = gradient(u, v); g < least) {
              least = g;
              x = u;
              y = v;
            }
        centres_.push_back(centre_at(x, y));
      }
    seeds_ = centres_.size();
  }

  // The area of each pixel on the surface (x / step, y / step, colour / compactness).
  void measure_area() {
    area_.create(height_, width_, CV_32F);
    const double place = 1 / (double{step_} * step_), colour = 0.25 / (options_.compactness * options_.compactness);
    parallel_(static_cast<int64_t>(strips_.size()), [&](int64_t s) {
      poll_();
      for (int y = static_cast<int>(s) * strip_rows; y < end_of(static_cast<int>(s)); y++)
        for (int x = 0; x < width_; x++) {
          double xx = 0, yy = 0, xy = 0;
          for (int c = 0; c < planes_.count; c++) {
            const double dx = value(c, x + 1, y) - value(c, x - 1, y), dy = value(c, x, y + 1) - value(c, x, y - 1);
            xx += dx * dx;
            yy += dy * dy;
            xy += dx * dy;
          }
          const double e = place + colour * xx, g = place + colour * yy, f = colour * xy;
          area_.ptr<float>(y)[x] = static_cast<float>(std::sqrt(e * g - f * f));
        }
    });
  }

  int end_of(int strip) const { return std::min(height_, (strip + 1) * strip_rows); }
  float window(const Centre &c) const { return step_ * std::max(c.reach, 1.0f); }

  void gather_strips() {
    for (Strip &strip : strips_) strip.centres.clear();
    for (size_t k = 0; k < centres_.size(); k++) {
      const Centre &c = centres_[k];
      const int first = std::max(static_cast<int>(std::ceil(c.y - window(c))), 0) / strip_rows;
      const int last = std::min(static_cast<int>(c.y + window(c)), height_ - 1) / strip_rows;
      for (int s = first; s <= last; s++) strips_[s].centres.push_back(static_cast<int>(k));
    }
  }

  // Finds the centre of each of the strip's pixels; sums them up for their centres or, at last, labels them.
  template <int channels>
  void assign(int s, bool last) {
    Strip &strip = strips_[s];
    const auto pixels = pixels_.take();
    const int first = s * strip_rows, end = end_of(s);
    pixels->reset(planes_, area_, first, end);
    const float places = 1 / (step_ * step_);
    const auto candidate = [&](size_t i) -> Candidate {
      const Centre &c = centres_[strip.centres[i]];
      const float shrink = 1 / (c.reach * c.reach);
      return {c.x,
              c.y,
              {c.colour[0], c.colour[1], c.colour[2]},
              shrink / c.colour_scale,
              shrink * places,
              window(c),
              static_cast<int32_t>(i)};
    };
    for (size_t i = 0; i < strip.centres.size(); i++) pixels->compare<channels>(candidate(i));
    for (int y = first; y < end; y++) last ? paint(strip, *pixels, y) : leave_out(*pixels, y);
    if (last) return;
    strip.sums.resize(strip.centres.size());
    const bool contrast = options_.method == Superpixels::slico;
    for (size_t i = 0; i < strip.centres.size(); i++) strip.sums[i] = pixels->gather<channels>(candidate(i), contrast);
  }

  void paint(const Strip &strip, StripPixels &pixels, int y) {
    const int32_t *number = pixels.numbers(y);
    uint32_t *label = labels_.row(y);
    const uint8_t *inside = planes_.inside.empty() ? nullptr : planes_.inside.ptr(y);
    for (int x = 0; x < width_; x++) {
      // where no window reaches: a label that no centre has
      const size_t centre = number[x] < 0 ? centres_.size() : static_cast<size_t>(strip.centres[number[x]]);
      label[x] = inside && !inside[x] ? 0 : static_cast<uint32_t>(centre) + 1;
    }
  }

  void leave_out(StripPixels &pixels, int y) {
    if (planes_.inside.empty()) return;
    const uint8_t *inside = planes_.inside.ptr(y);
    int32_t *number = pixels.numbers(y);
    for (int x = 0; x < width_; x++) number[x] = inside[x] ? number[x] : -1;
  }

  // Centres to the means of their pixels; those of MSLIC split where the surface is large.
  void move(bool may_split) {
    std::vector<Sum> sums(centres_.size());
    for (const Strip &strip : strips_)
      for (size_t i = 0; i < strip.centres.size(); i++) sums[strip.centres[i]] += strip.sums[i];
    double area = 0;
    for (const Sum &s : sums) area += s.area;
    area /= static_cast<double>(seeds_);
    const size_t count = centres_.size();
    for (size_t k = 0; k < count; k++) {
      const Sum &s = sums[k];
      if (s.pixels == 0) continue;
      Centre &c = centres_[k];
      const double n = static_cast<double>(s.pixels);
      c.x = static_cast<float>(s.x / n);
      c.y = static_cast<float>(s.y / n);
      for (int i = 0; i < 3; i++) c.colour[i] = static_cast<float>(s.colour[i] / n);
      if (options_.method == Superpixels::slico) c.colour_scale = std::max(c.colour_scale, s.farthest);
      if (options_.method != Superpixels::mslic) continue;
      c.reach = static_cast<float>(std::clamp(std::sqrt(area / s.area), 0.5, 2.0));
      if (may_split && s.area > 4 * area && s.pixels >= 64 && centres_.size() < 2 * seeds_) split(k, std::sqrt(n) / 4);
    }
  }

  // Into four, in place of its quarters.
  void split(size_t k, double offset) {
    const Centre whole = centres_[k];
    for (int i = 0; i < 4; i++) {
      const auto x = static_cast<int>(std::lround(whole.x + (i % 2 ? offset : -offset)));
      const auto y = static_cast<int>(std::lround(whole.y + (i / 2 ? offset : -offset)));
      Centre part = centre_at(std::clamp(x, 0, width_ - 1), std::clamp(y, 0, height_ - 1));
      if (i == 0) centres_[k] = part;
      else centres_.push_back(part);
    }
  }

  const Planes &planes_;
  const SlicOptions &options_;
  Labels labels_;
  const Parallel &parallel_;
  const Poll &poll_;
  int width_, height_;
  float step_ = 1;
  size_t seeds_ = 0;
  std::vector<Centre> centres_;
  std::vector<Strip> strips_;
  cv::Mat area_;
  Pool<StripPixels> pixels_;
};

}  // namespace

double superpixel_size(int width, int height, int64_t count) {
  return std::sqrt(static_cast<double>(width) * height / static_cast<double>(count));
}

uint32_t slic(const Planes &planes, const SlicOptions &options, Labels labels, const Parallel &parallel,
              const Poll &poll) {
  Slic algorithm(planes, options, labels, parallel, poll);
  algorithm.run();
  return enforce_connectivity(planes, static_cast<int64_t>(options.min_size * algorithm.mean_pixels()), labels, poll,
                              parallel);
}

}  // namespace sheaf::segment
