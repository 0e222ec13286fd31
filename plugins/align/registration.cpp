#include "align/registration.hpp"

#include <algorithm>
#include <deque>
#include <memory>

#include "align/closure.hpp"
#include "align/transforms.hpp"
#include "common/wording.hpp"

namespace sheaf::align {
namespace {

// An iterated mean is settled once no transform moves a corner by more, in pixels.
constexpr double settled_motion = 0.05;

// A score of differences says something from this many changed pixels on, and
// from this share of all pixels.
constexpr double least_count = 100, least_share = 1e-3;

// A transform that moves no corner by more, in pixels, is the identity.
constexpr double at_rest = 1e-5;
// Noise alone makes transforms that move corners by up to this: if they do not
// raise the score they are the identity, and not a failure.
constexpr double within_noise = 0.1;
constexpr int mean_rounds = 5;

// Where noise may displace corners by more, on average, in pixels, errors of half a pixel are to be expected.
constexpr double unsure = 0.25;

// So many images in a row that fit nothing before them may be strays; with more
// of them the scene has changed.
constexpr int most_strays = 3;

// Images further apart are not matched to correct a chain.
constexpr int64_t farthest = 64;

class Registrar {
 public:
  Registrar(const Series &series, const Mask &mask, const RegistrationOptions &options, const Parallel &parallel)
      : series_(series),
        masks_(make_mask_pyramid(mask, series.width, series.height)),
        options_(options),
        parallel_(parallel) {
    result_.images.resize(series.count);
  }

  Registration run() {
    switch (options_.reference) {
      case Reference::previous: chain(); break;
      case Reference::base: to_image(options_.base); break;
      case Reference::first: to_image(0); break;
      case Reference::mean: to_mean(); break;
      case Reference::median: to_plane(median_of(series_, between(0, 0.3), parallel_), 0.3, 1); break;
      case Reference::iterated_mean: iterate_mean(); break;
      case Reference::rolling_mean: roll(); break;
      case Reference::every_nth: chain(); break;
    }
    return std::move(result_);
  }

 private:
  const Mask *mask() const { return masks_.empty() ? nullptr : &masks_[0]; }

  // body(i) for the images of a batch; a batch of one leaves the threads to the
  // loops inside.
  void each(int64_t count, const std::function<void(int64_t)> &body) const {
    if (count == 1) body(0);
    else parallel_(count, body);
  }

  // body(k) for those of a batch that need work. One alone has the threads for its loops.
  template <class Needed, class F>
  void each_of(int64_t count, Needed &&needed, F &&body) const {
    std::vector<int64_t> chosen;
    for (int64_t k = 0; k < count; k++)
      if (needed(k)) chosen.push_back(k);
    each(static_cast<int64_t>(chosen.size()), [&](int64_t i) { body(chosen[i]); });
  }

  template <class F>
  void batches(double from, double to, F &&body) {
    const int64_t size = std::max<int64_t>(1, options_.batch);
    for (int64_t first = 0; first < series_.count; first += size) {
      const int64_t count = std::min(size, series_.count - first);
      body(first, count);
      options_.progress(from + (to - from) * static_cast<double>(first + count) / static_cast<double>(series_.count));
    }
  }

  MatchEstimate by_matches(Method method, const Pyramid &reference, const Pyramid &moving, int64_t n,
                           const Transform &start) const {
    MatchingOptions how = options_.matching;
    how.method = method;
    how.model = options_.model;
    return estimate_by_matching(reference.image, mask(), moving.image, n + 1, start, how, parallel_,
                                reference.features.get(), moving.features.get());
  }

  // Of an image that is matched more than once.
  static Pyramid kept(Plane image) {
    Pyramid pyramid = make_pyramid(std::move(image));
    pyramid.features = std::make_shared<FeatureCache>();
    return pyramid;
  }

  // Fills in how image n, `moving`, fits `reference`; its status is what comes of it.
  Registered match(const Pyramid &reference, const Pyramid &moving, int64_t n, std::optional<Transform> known) const {
    Registered r;
    if (reference.degenerate() || moving.degenerate()) {
      r.status = Status::degenerate;
      return r;
    }
    EstimateOptions options;
    options.model = options_.model;
    options.known = known;
    options.start = options_.start;
    options.criterion = options_.criterion;
    if (options.start == Start::features && !known) {
      const MatchEstimate far = by_matches(Method::features, reference, moving, n, {});
      if (far.found() && !far.inverted) options.known = far.transform;
      else options.start = Start::automatic;
    }
    Estimate e;
    // patches are looked for near where intensities lead
    const bool of_intensities =
        options_.matching.method == Method::intensity || options_.matching.method == Method::patches;
    if (of_intensities) e = estimate(reference, masks_, moving, options, parallel_);
    if (options_.matching.method != Method::intensity) {
      MatchEstimate m = by_matches(options_.matching.method, reference, moving, n, e.transform);
      // where intensities found nothing for sure, they may have led astray
      if (of_intensities && !e.found && !m.found()) m = by_matches(options_.matching.method, reference, moving, n, {});
      e.transform = m.transform;
      e.found = e.converged = m.found();
      e.inverted = m.inverted;
      e.uneven = false;
      e.corner_error = m.corner_error;
      r.matches = m.matches;
      r.inliers = m.inliers;
      r.reason = m.doubt.empty() ? m.reason : m.doubt;
    }
    r.iterations = e.iterations;
    if (of_intensities) r.match = e.evidence;
    if (corner_distance(e.transform, {}, series_.width, series_.height) > at_rest) r.pair = e.transform;
    const Agreement a = agreement(reference.image, mask(), moving.image, r.pair, options_.scale,
                                  reference.levels[0].complete() && moving.levels[0].complete(), parallel_);
    r.score_before = a.before;
    r.score_after = a.after;
    r.dd_score = a.difference_score();
    r.dd_count = a.changed;
    // gray values say nothing of these
    const bool blind = e.inverted || e.uneven;
    if (!e.found) {
      r.status = Status::no_match;
      if (r.reason.empty())
        r.reason = (e.converged ? "local structures agree no more than by chance: match "
                                : "the search did not come to rest, and local structures hardly agree: match ") +
                   decimals(e.evidence, 3) + ", " + decimals(e.least, 3) + " is needed";
    } else if (!r.reason.empty()) {  // a richer model is needed
      r.status = Status::rejected;
    } else if (!e.inverted && r.score_after < r.score_before &&
               corner_distance(r.pair, {}, series_.width, series_.height) <= within_noise) {
      r.pair = {};
      r.score_after = r.score_before;
      r.dd_score = 0.5;
      r.dd_count = 0;
      return r;
    } else if (!blind && r.score_after < r.score_before) {
      r.status = Status::worse_than_identity;
      r.reason = worse_reason(r.score_before, r.score_after);
    } else if (!blind && r.dd_score < 0.5 &&
               static_cast<double>(r.dd_count) >= std::max(least_count, least_share * area())) {
      r.status = Status::rejected;
      r.reason = "of " + std::to_string(r.dd_count) + " pixels that change clearly, only " +
                 decimals(100 * r.dd_score, 1) + " % would come closer to the reference";
    } else {
      if (!e.converged) {
        r.status = Status::not_converged;
        r.reason = "the search did not come to rest";
      } else if (e.corner_error > unsure) {
        r.status = Status::uncertain;
        const bool by_points = options_.matching.method != Method::intensity;
        r.reason = (by_points ? "the errors of the matches" : "noise") +
                   std::string(" may have displaced the corners by ") + decimals(e.corner_error, 1) + " px";
      }
      return r;
    }
    if (options_.keep) return r;
    r.pair = {};
    r.score_after = r.score_before;
    return r;
  }

  static Registered anchor(bool degenerate) {
    Registered r;
    r.status = degenerate ? Status::degenerate : Status::reference;
    if (!degenerate) r.score_before = r.score_after = 1;
    return r;
  }

  // Each image to the nearest earlier one that has structure; of every_nth, to
  // the nearest earlier template, the first of every `window` images. A few
  // stray images must not cut the chain: those behind one are tried with the
  // last image that found its place, too, before the chain goes on without it.
  void chain() {
    const int64_t distance = options_.reference == Reference::every_nth ? options_.window : 1;
    auto last = std::make_shared<Pyramid>();  // degenerate until an image is not
    int64_t last_index = -1;
    std::shared_ptr<Pyramid> good;  // the last image that found its place
    int64_t good_index = -1;
    int strays = 0;  // images behind it that did not
    batches(0, options_.global ? 0.5 : 1, [&](int64_t first, int64_t count) {
      std::vector<std::shared_ptr<Pyramid>> pyramids(count);
      each(count, [&](int64_t k) { pyramids[k] = std::make_shared<Pyramid>(kept(series_.read(first + k))); });
      std::vector<std::pair<std::shared_ptr<Pyramid>, int64_t>> before(count);
      for (int64_t k = 0; k < count; k++) {
        before[k] = {last, last_index};
        if (pyramids[k]->degenerate() || (last_index >= 0 && first + k < last_index + distance)) continue;
        last = pyramids[k];
        last_index = first + k;
      }
      each_of(
          count, [&](int64_t k) { return before[k].second >= 0; },
          [&](int64_t k) { result_.images[first + k] = match(*before[k].first, *pyramids[k], first + k, {}); });
      for (int64_t k = 0; k < count; k++) {
        Registered &r = result_.images[first + k];
        if (before[k].second < 0) r = anchor(pyramids[k]->degenerate());
        r.against = before[k].second;
      }
      for (int64_t k = 0; k < count; k++) {
        Registered &r = result_.images[first + k];
        if (distance == 1 && r.status != Status::degenerate && good_index >= 0 && good_index < r.against) {
          const Registered again = match(*good, *pyramids[k], first + k, {});
          if (is_found(again.status)) {
            r = again;
            r.against = good_index;
          }
        }
        if (r.against >= 0) r.transform = r.pair * result_.images[r.against].transform;
        const bool fits = is_found(r.status) && r.against <= good_index;
        if (fits || r.status == Status::reference || (r.status != Status::degenerate && ++strays > most_strays)) {
          good = pyramids[k];
          good_index = first + k;
          strays = 0;
        }
      }
      if (!options_.global) settle(first, count);
    });
    if (options_.global) close();
  }

  // Measures images further apart, too, from where the chain puts them, and
  // spreads what does not fit: distances double, up to 64, and are taken from every half of them.
  void close() {
    std::vector<Link> links;
    std::vector<Transform> start;
    for (int64_t n = 0; n < series_.count; n++) {
      const Registered &r = result_.images[n];
      start.push_back(r.transform);
      if (r.against >= 0) links.push_back({r.against, n, r.pair, is_found(r.status)});
    }
    const auto neighbours = static_cast<int64_t>(links.size());
    for (int64_t distance = 2; distance <= std::min<int64_t>(farthest, series_.count - 1); distance *= 2)
      for (int64_t n = distance; n < series_.count; n += distance / 2)
        links.push_back({n - distance, n, start[n] * inverse(start[n - distance]), false});
    const auto count = static_cast<int64_t>(links.size());
    for (int64_t first = neighbours; first < count; first += options_.batch) {
      const int64_t size = std::min(options_.batch, count - first);
      each(size, [&](int64_t k) {
        Link &link = links[first + k];
        const Registered r =
            match(make_pyramid(series_.read(link.from)), make_pyramid(series_.read(link.to)), link.to, link.pair);
        link.found = is_found(r.status);
        if (link.found) link.pair = r.pair;
      });
      options_.progress(0.5 +
                        0.5 * static_cast<double>(first + size - neighbours) / static_cast<double>(count - neighbours));
    }
    const Closure closure =
        close_series(start, links, options_.model, series_.width, series_.height, [this] { options_.progress(1); });
    for (int64_t n = 0; n < series_.count; n++) {
      result_.images[n].transform = closure.transforms[n];
      result_.images[n].closure_error = closure.errors[n];
    }
    settle(0, series_.count);
  }

  static bool is_found(Status status) {
    return status == Status::ok || status == Status::uncertain || status == Status::not_converged;
  }

  // Each image to the mean of the last `window` images that have structure, all
  // drawn where the latest of them is.
  void roll() {
    std::deque<std::pair<Plane, int64_t>> last;
    for (int64_t n = 0; n < series_.count; n++) {
      Pyramid moving = make_pyramid(series_.read(n));
      Registered &r = result_.images[n];
      if (last.empty()) {
        r = anchor(moving.degenerate());
      } else {
        const Transform frame = result_.images[last.back().second].transform;
        std::vector<Transform> transforms;
        for (const auto &[plane, index] : last) transforms.push_back(result_.images[index].transform * inverse(frame));
        const Series window{static_cast<int64_t>(last.size()), series_.width, series_.height,
                            [&](int64_t k) { return last[k].first; }};
        const Plane mean = last.size() == 1 ? last[0].first
                                            : mean_of(
                                                  window, transforms, 1, [](double) {}, parallel_)
                                                  .all();
        r = match(make_pyramid(mean), moving, n, {});
        r.transform = r.pair * frame;
      }
      if (!moving.degenerate()) {
        last.emplace_back(std::move(moving.image), n);
        if (static_cast<int64_t>(last.size()) > options_.window) last.pop_front();
      }
      settle(n, 1);
      options_.progress(static_cast<double>(n + 1) / static_cast<double>(series_.count));
    }
  }

  void to_image(int64_t base) { register_all(kept(series_.read(base)), base, 0, 1, false); }

  // Every image to one reference; `again`: starting from where they are, if they are found.
  void register_all(const Pyramid &reference, int64_t base, double from, double to, bool again) {
    batches(from, to, [&](int64_t first, int64_t count) {
      each_of(
          count, [&](int64_t k) { return first + k != base; },
          [&](int64_t k) {
            const int64_t n = first + k;
            Registered &r = result_.images[n];
            const bool known = again && is_found(r.status);
            r = match(reference, make_pyramid(series_.read(n)), n, known ? std::optional(r.pair) : std::nullopt);
            r.transform = r.pair;
            r.against = base;
          });
      if (first <= base && base < first + count) {
        result_.images[base] = anchor(reference.degenerate());
        result_.images[base].against = base;
      }
      if (options_.reference != Reference::iterated_mean) settle(first, count);
    });
  }

  void to_plane(Plane reference, double from, double to, bool again = false) {
    register_all(kept(reference), -1, from, to, again);
    result_.reference = std::move(reference);
  }

  // Every image to the mean. It is part of it, and would find itself there however far from the others it is:
  // those must show what it shows.
  void to_mean() {
    const Mean mean = mean_of(series_, {}, options_.batch, between(0, 0.3), parallel_);
    result_.reference = mean.all();
    const Pyramid reference = kept(result_.reference);
    batches(0.3, 1, [&](int64_t first, int64_t count) {
      each(count, [&](int64_t k) {
        Registered &r = result_.images[first + k];
        Plane image = series_.read(first + k);
        const Plane of_others = series_.count > 1 ? mean.without(image) : image;
        const Pyramid moving = kept(std::move(image));
        r = match(reference, moving, first + k, {});
        if (is_found(r.status)) {
          const Pyramid others = make_pyramid(of_others);
          if (!is_found(match(others, moving, first + k, r.pair).status)) r = match(others, moving, first + k, {});
        }
        r.transform = r.pair;
      });
      settle(first, count);
    });
  }

  Progress between(double from, double to) const {
    return [this, from, to](double done) { options_.progress(from + (to - from) * done); };
  }

  // The images start where they lie on the one in the middle. A mean of images as they are shows each of
  // them where it is, and an image far away would find itself there. What is not found is no part of the
  // mean, but sought in it again.
  void iterate_mean() {
    constexpr double step = 1.0 / (mean_rounds + 1);
    const int64_t middle = nearest_with_structure(series_.count / 2);
    register_all(kept(series_.read(middle)), middle, 0, step, false);
    for (int round = 1; round <= mean_rounds; round++) {
      std::vector<Transform> before, of_members;
      std::vector<int64_t> members;
      for (int64_t n = 0; n < series_.count; n++) {
        const Registered &r = result_.images[n];
        before.push_back(r.transform);
        // what does better where it is has its place, too
        if (!is_found(r.status) && r.status != Status::reference && r.status != Status::worse_than_identity) continue;
        members.push_back(n);
        of_members.push_back(r.transform);
      }
      if (members.empty()) break;
      const Series found{static_cast<int64_t>(members.size()), series_.width, series_.height,
                         [&](int64_t k) { return series_.read(members[k]); }};
      to_plane(mean_of(found, of_members, options_.batch, between(round * step, (round + 0.5) * step), parallel_).all(),
               (round + 0.5) * step, (round + 1) * step, true);
      double motion = 0;
      for (int64_t n = 0; n < series_.count; n++)
        motion =
            std::max(motion, corner_distance(before[n], result_.images[n].transform, series_.width, series_.height));
      if (motion < settled_motion) break;
    }
    settle(0, series_.count);
  }

  // The image nearest to image n that is not degenerate; n if all are.
  int64_t nearest_with_structure(int64_t n) const {
    for (int64_t distance = 0; distance < series_.count; distance++)
      for (const int64_t k : {n - distance, n + distance})
        if (k >= 0 && k < series_.count && !make_pyramid(series_.read(k)).degenerate()) return k;
    return n;
  }

  void settle(int64_t first, int64_t count) const {
    options_.settled(first, std::span<const Registered>(result_.images).subspan(first, count));
  }

  double area() const { return static_cast<double>(series_.width) * series_.height; }

  const Series &series_;
  const std::vector<Mask> masks_;
  const RegistrationOptions &options_;
  const Parallel &parallel_;
  Registration result_;
};

}  // namespace

const char *name_of(Status status) {
  switch (status) {
    case Status::ok: return "ok";
    case Status::uncertain: return "uncertain";
    case Status::not_converged: return "not_converged";
    case Status::degenerate: return "degenerate";
    case Status::worse_than_identity: return "worse_than_identity";
    case Status::reference: return "reference";
    case Status::rejected: return "rejected";
    case Status::no_match: return "no_match";
  }
  return "";
}

Registration register_series(const Series &series, const Mask &mask, const RegistrationOptions &options,
                             const Parallel &parallel) {
  return Registrar(series, mask, options, parallel).run();
}

}  // namespace sheaf::align
