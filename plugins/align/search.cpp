#include "align/search.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/core.hpp>

#include "align/resample.hpp"

namespace sheaf::align {
namespace {

constexpr double least_overlap = 0.12;  // of the smaller image
constexpr double angle_step = 7.5, scale_step = 1.19;

// The level in the middle of a square of zeros.
cv::Mat centred(const Level &level, int side) {
  cv::Mat out = cv::Mat::zeros(side, side, CV_32F);
  const cv::Mat image(level.height, level.width, CV_32F, const_cast<float *>(level.pixels.data()));
  image.copyTo(out(cv::Rect((side - level.width) / 2, (side - level.height) / 2, level.width, level.height)));
  return out;
}

// How far intervals of lengths a and b with one centre overlap when one is moved by d.
double overlap(double a, double b, double d) { return std::clamp((a + b) / 2 - std::abs(d), 0.0, std::min(a, b)); }

}  // namespace

SearchGrid SearchGrid::rotations() {
  SearchGrid grid;
  grid.angles.clear();
  for (double a = 0; a < 360; a += angle_step) grid.angles.push_back(a);
  return grid;
}

SearchGrid SearchGrid::scales_too() {
  SearchGrid grid = rotations();
  grid.scales.clear();
  for (int k = 1; k <= 4; k++) {
    grid.scales.push_back(std::pow(scale_step, k));
    grid.scales.push_back(std::pow(scale_step, -k));
  }
  return grid;
}

std::vector<Candidate> search(const Level &reference, const Level &moving, const SearchGrid &grid, int count,
                              const Parallel &parallel) {
  const int longest = std::max({reference.width, reference.height, moving.width, moving.height});
  const int side = cv::getOptimalDFTSize(2 * longest);
  cv::Mat fixed;
  cv::dft(centred(reference, side), fixed);
  const View<const float> in(moving.pixels.data(), moving.width, moving.height, std::ptrdiff_t{moving.width} * 4);
  // from the square's pixels to the moving image's, for each hypothesis
  const double cx = (side - reference.width) / 2 + (reference.width - 1) / 2.0;
  const double cy = (side - reference.height) / 2 + (reference.height - 1) / 2.0;
  const Transform to_square = Transform::shift((side - reference.width) / 2, (side - reference.height) / 2);

  const auto scales = static_cast<int64_t>(grid.scales.size());
  const int64_t hypotheses = static_cast<int64_t>(grid.angles.size()) * scales;
  std::vector<Candidate> found(2 * hypotheses);  // upright and inverted
  parallel(hypotheses, [&](int64_t h) {
    const double angle = grid.angles[h / scales] * std::numbers::pi / 180, scale = grid.scales[h % scales];
    const double c = scale * std::cos(angle), s = scale * std::sin(angle);
    const Transform turned = Transform::shift((moving.width - 1) / 2.0, (moving.height - 1) / 2.0) *
                             Transform{{c, -s, 0, s, c, 0, 0, 0, 1}} * Transform::shift(-cx, -cy);
    cv::Mat drawn(side, side, CV_32F), spectrum, surface;
    resample(in, View<float>(drawn.ptr<float>(), side, side, std::ptrdiff_t{side} * 4), turned, {}, serial);
    cv::dft(drawn, spectrum);
    cv::mulSpectrums(spectrum, fixed, surface, 0, true);
    cv::idft(surface, surface, cv::DFT_REAL_OUTPUT | cv::DFT_SCALE);
    const double w = moving.width / scale, v = moving.height / scale;
    const double least = least_overlap * std::min(w, double(reference.width)) * std::min(v, double(reference.height));
    double highest = 0, lowest = 0;
    cv::Point top, bottom;
    for (int y = 0; y < side; y++) {
      const double across = overlap(reference.height, v, y < side / 2 ? y : y - side);
      for (int x = 0; x < side; x++) {
        const double area = across * overlap(reference.width, w, x < side / 2 ? x : x - side);
        if (area < least) continue;
        const double evidence = surface.at<float>(y, x) / std::sqrt(area);
        if (evidence > highest) highest = evidence, top = {x, y};
        if (evidence < lowest) lowest = evidence, bottom = {x, y};
      }
    }
    auto candidate = [&](cv::Point at, bool inverted, double evidence) {
      const Transform moved =
          Transform::shift(at.x < side / 2 ? at.x : at.x - side, at.y < side / 2 ? at.y : at.y - side);
      return Candidate{turned * moved * to_square, inverted, evidence};
    };
    found[2 * h] = candidate(top, false, highest);
    found[2 * h + 1] = candidate(bottom, true, -lowest);
  });

  std::stable_sort(found.begin(), found.end(),
                   [](const Candidate &a, const Candidate &b) { return a.evidence > b.evidence; });
  std::vector<Candidate> best;
  for (const Candidate &c : found) {
    if (static_cast<int>(best.size()) == count || !(c.evidence > 0)) break;
    const bool known = std::any_of(best.begin(), best.end(), [&](const Candidate &b) {
      return b.inverted == c.inverted &&
             corner_distance(b.transform, c.transform, reference.width, reference.height) < 0.3 * longest;
    });
    if (!known) best.push_back(c);
  }
  return best;
}

}  // namespace sheaf::align
