#include "joint.hpp"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <type_traits>

#include "common/matrix.hpp"
#include "common/vectorized.hpp"
#include "lab.hpp"
#include "levels.hpp"
#include "unsharp.hpp"

namespace sheaf::equalize {
namespace {

// out = from_z z + from_smoothed (G*z) + offset, in levels.
struct Blend {
  double from_z, from_smoothed, offset;
};

// z = (lightness - brightness) / contrast: of order 1 whatever the pixel type.
template <class T>
void standardize(View<const T> in, const Scalars &s, JointScratch &scratch, const Poll &poll) {
  const int width = in.width(), height = in.height(), pause = rows_between_polls(width);
  constexpr bool colour = std::is_same_v<T, Rgb>;
  scratch.z.create(height, width, CV_32F);
  if (colour) {
    scratch.dx.create(height, width, CV_32F);
    scratch.dz.create(height, width, CV_32F);
  }
  const double brightness = s.brightness, per_contrast = 1 / s.contrast;
  for (int y = 0; y < height; y++) {
    float *z = scratch.z.ptr<float>(y);
    const T *p = in.row(y);
    if constexpr (colour) {
      to_lab_row(p, width, z, scratch.dx.ptr<float>(y), scratch.dz.ptr<float>(y));
      vectorized_wide([=] {
        for (int x = 0; x < width; x++) z[x] = static_cast<float>((lightness_of(z[x]) - brightness) * per_contrast);
      });
    } else {
      vectorized_wide([=] {
        for (int x = 0; x < width; x++) z[x] = static_cast<float>((p[x] - brightness) * per_contrast);
      });
    }
    if (y % pause == pause - 1) poll();
  }
}

template <class T>
int64_t render_row(const Blend &blend, const float *z, const float *s, T *out, int width) {
  const auto from_z = static_cast<float>(blend.from_z), from_s = static_cast<float>(blend.from_smoothed);
  const auto offset = static_cast<float>(blend.offset);
  return vectorized_wide([=] {
    int cut = 0;
    for (int x = 0; x < width; x++) {
      const float v = from_z * z[x] + from_s * s[x] + offset;
      cut += beyond_levels<T>(v);
      out[x] = to_level<T>(v);
    }
    return cut;
  });
}

// What is not finite stays as it is.
template <>
int64_t render_row(const Blend &blend, const float *z, const float *s, float *out, int width) {
  vectorized_wide([=] {
    for (int x = 0; x < width; x++) {
      const auto v = static_cast<float>(blend.from_z * z[x] + blend.from_smoothed * s[x] + blend.offset);
      out[x] = std::abs(z[x]) <= FLT_MAX ? v : z[x];
    }
  });
  return 0;
}

template <class T>
int64_t render(const Blend &blend, const JointScratch &scratch, View<const T> in, View<T> out, const Poll &poll) {
  const int width = out.width(), pause = rows_between_polls(width);
  std::vector<float> fy(std::is_same_v<T, Rgb> ? static_cast<size_t>(width) : 0);
  int64_t cut = 0;
  for (int y = 0; y < out.height(); y++) {
    const float *z = scratch.z.ptr<float>(y), *s = scratch.smoothed.ptr<float>(y);
    if constexpr (std::is_same_v<T, Rgb>) {
      render_row(blend, z, s, fy.data(), width);
      vectorized_wide([f = fy.data(), width] {
        for (int x = 0; x < width; x++) f[x] = fy_of(f[x]);
      });
      cut += from_lab_row(fy.data(), scratch.dx.ptr<float>(y), scratch.dz.ptr<float>(y), width, in.row(y), out.row(y));
    } else {
      cut += render_row(blend, z, s, out.row(y), width);
    }
    if (y % pause == pause - 1) poll();
  }
  return cut;
}

double relative_error(double value, double wanted) { return std::abs(value / wanted - 1); }

// What to ask for next, so that what comes out is the target: a secant through
// the last two points, of which the first is the image itself.
class Secant {
 public:
  Secant(double asked, double got) : asked_(asked), got_(got) {}
  double next(double asked, double got, double target) {
    const double run = asked - asked_;
    const double slope = std::abs(run) > 1e-6 * std::abs(asked) ? std::clamp((got - got_) / run, 0.2, 5.0) : 1;
    asked_ = asked;
    got_ = got;
    return asked + (target - got) / slope;
  }

 private:
  double asked_, got_;
};

}  // namespace

int64_t JointScratch::bytes(int64_t pixels, sheaf_pixel type) {
  return pixels * int64_t{sizeof(float)} * (type == SHEAF_RGB || type == SHEAF_F32 ? 4 : 2);
}

template <class T>
JointResult match_joint(View<const T> in, View<T> out, Mask mask, const Scalars &before, const Scalars &target,
                        const JointOptions &options, JointScratch &scratch, const Poll &poll) {
  standardize(in, before, scratch, poll);
  smooth(scratch.z, options.sigma, scratch.smoothed, scratch.weights, poll);
  const UnsharpModel model(view_of<const float>(scratch.z), view_of<const float>(scratch.smoothed), mask, poll);

  // The model knows the image before rounding and clipping, and for colour the
  // gradient of lightness instead of gray. What is asked of it is therefore
  // corrected by what is measured in the result. The first guess is as good as
  // exact unless the contrast is a few levels, much is cut off, or the image is
  // in colour.
  constexpr double half_level = 0.5, one_percent = 0.01;  // what is promised
  constexpr double margin = 0.5;                          // part of it that ends the search
  constexpr int rounds = 8, patience = 3;
  constexpr double least_spread = 1e-3;  // of what the filter leaves: less is rounding noise, not an image
  const bool joint = !options.sharpness_only;
  const auto spread = [&](double k) { return std::max(model.sd(k), least_spread); };
  const auto modelled = [&](double k) { return joint ? model.sharpness(k) / spread(k) : model.sharpness(k); };
  const auto measured = [&](const Scalars &s) { return joint ? s.sharpness / s.contrast : s.sharpness; };
  const double brightness_step = std::is_same_v<T, float> ? one_percent * target.contrast : half_level;
  double brightness = target.brightness, contrast = target.contrast;
  double sharpness = modelled(0) * measured(target) / measured(before);
  Secant next_brightness(before.brightness, before.brightness);
  Secant next_contrast(std::log(before.contrast), std::log(before.contrast));
  Secant next_sharpness(std::log(modelled(0)), std::log(measured(before)));

  JointResult best;
  Blend best_blend{}, blend{};
  double least = std::numeric_limits<double>::infinity();
  for (int round = 0, vain = 0; round < rounds && vain < patience; round++) {
    const auto solution = joint ? model.solve_ratio(sharpness) : model.solve_sharpness(sharpness);
    const double k = solution.k, gain = joint ? contrast / spread(k) : before.contrast;
    blend = {gain * (1 + k), -gain * k, joint ? brightness - gain * model.mean(k) : before.brightness};
    JointResult result;
    result.amount = k;
    result.amount_limited = !solution.reached;
    result.clipped = render(blend, scratch, in, out, poll);
    result.after = measure<T>(out, mask, true, poll);

    const Scalars &after = result.after;
    double error = solution.reached ? relative_error(after.sharpness, target.sharpness) / one_percent : 0;
    if (joint) {
      error = std::max(error, relative_error(after.contrast, target.contrast) / one_percent);
      error = std::max(error, std::abs(after.brightness - target.brightness) / brightness_step);
    }
    vain = error < 0.9 * least ? 0 : vain + 1;
    if (error < least || round == 0) {
      least = error;
      best = result;
      best_blend = blend;
    }
    if (!(error > margin)) break;
    if (!(after.contrast > 0 && after.sharpness > 0)) break;
    sharpness =
        std::exp(next_sharpness.next(std::log(modelled(k)), std::log(measured(after)), std::log(measured(target))));
    contrast = std::exp(next_contrast.next(std::log(contrast), std::log(after.contrast), std::log(target.contrast)));
    brightness = next_brightness.next(brightness, after.brightness, target.brightness);
  }
  if (blend.offset != best_blend.offset || blend.from_z != best_blend.from_z ||
      blend.from_smoothed != best_blend.from_smoothed)
    render(best_blend, scratch, in, out, poll);
  return best;
}

template <class T>
int64_t sharpen(View<const T> in, View<T> out, const Scalars &before, double amount, double sigma,
                JointScratch &scratch, const Poll &poll) {
  standardize(in, before, scratch, poll);
  smooth(scratch.z, sigma, scratch.smoothed, scratch.weights, poll);
  return render({before.contrast * (1 + amount), -before.contrast * amount, before.brightness}, scratch, in, out, poll);
}

template int64_t sharpen(View<const uint8_t>, View<uint8_t>, const Scalars &, double, double, JointScratch &,
                         const Poll &);
template int64_t sharpen(View<const uint16_t>, View<uint16_t>, const Scalars &, double, double, JointScratch &,
                         const Poll &);
template int64_t sharpen(View<const float>, View<float>, const Scalars &, double, double, JointScratch &, const Poll &);
template int64_t sharpen(View<const Rgb>, View<Rgb>, const Scalars &, double, double, JointScratch &, const Poll &);

template JointResult match_joint(View<const uint8_t>, View<uint8_t>, Mask, const Scalars &, const Scalars &,
                                 const JointOptions &, JointScratch &, const Poll &);
template JointResult match_joint(View<const uint16_t>, View<uint16_t>, Mask, const Scalars &, const Scalars &,
                                 const JointOptions &, JointScratch &, const Poll &);
template JointResult match_joint(View<const float>, View<float>, Mask, const Scalars &, const Scalars &,
                                 const JointOptions &, JointScratch &, const Poll &);
template JointResult match_joint(View<const Rgb>, View<Rgb>, Mask, const Scalars &, const Scalars &,
                                 const JointOptions &, JointScratch &, const Poll &);

}  // namespace sheaf::equalize
