#include "align/features.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <opencv2/features2d.hpp>
#include <opencv2/imgproc.hpp>

#include "align/patches.hpp"
#include "common/vectorized.hpp"
#include "common/wording.hpp"

namespace sheaf::align {

// Positions in pixels of the image; descriptors one after the other.
struct Features::Store {
  std::vector<Point> points;
  int length = 0;                  // numbers of a descriptor: 128 (SIFT), or words of 64 bits
  std::vector<int16_t> gradients;  // SIFT, 0..255
  std::vector<uint64_t> bits;      // ORB, AKAZE
  std::vector<int32_t> squares;    // of the norms of `gradients`
};

namespace {

// OpenCV's detectors cannot be stopped, but they take new memory several times at
// every level of their pyramids: that is where whoever waits for them is asked.
class PollingAllocator : public cv::MatAllocator {
 public:
  static thread_local const std::function<void()> *poll;  // null: nobody asks on this thread

  cv::UMatData *allocate(int dims, const int *sizes, int type, void *data, size_t *step, cv::AccessFlag flags,
                         cv::UMatUsageFlags usage) const override {
    if (poll) (*poll)();
    return cv::Mat::getStdAllocator()->allocate(dims, sizes, type, data, step, flags, usage);
  }
  bool allocate(cv::UMatData *data, cv::AccessFlag flags, cv::UMatUsageFlags usage) const override {
    return cv::Mat::getStdAllocator()->allocate(data, flags, usage);
  }
  void deallocate(cv::UMatData *data) const override { cv::Mat::getStdAllocator()->deallocate(data); }
};

thread_local const std::function<void()> *PollingAllocator::poll = nullptr;

// Before any thread works: the pointer to it is read without a lock.
[[maybe_unused]] const bool installed = [] {
  static PollingAllocator allocator;
  cv::Mat::setDefaultAllocator(&allocator);
  return true;
}();

class Polling {
 public:
  explicit Polling(const std::function<void()> &poll) : before_(PollingAllocator::poll) {
    PollingAllocator::poll = &poll;
  }
  ~Polling() { PollingAllocator::poll = before_; }
  Polling(const Polling &) = delete;
  Polling &operator=(const Polling &) = delete;

 private:
  const std::function<void()> *const before_;
};

constexpr int sift_length = 128;
constexpr int least_side = 16;
// Features this near to pixels without data would describe their edge.
constexpr int clearance = 8;

// 8-bit copy whose range is that of all but a thousandth of the pixels on either
// side, which a few hot pixels do not change.
cv::Mat eight_bit(const Plane &image, cv::Mat &missing) {
  const cv::Mat whole(image.height, image.width, CV_32F, const_cast<float *>(image.pixels.data()));
  std::vector<float> sample;
  const size_t step = std::max<size_t>(1, image.pixels.size() / 20000);
  for (size_t i = 0; i < image.pixels.size(); i += step)
    if (std::isfinite(image.pixels[i])) sample.push_back(image.pixels[i]);
  if (sample.size() < 100) return {};
  const auto at = [&](double share) {
    const auto k = static_cast<std::ptrdiff_t>(share * static_cast<double>(sample.size() - 1));
    std::nth_element(sample.begin(), sample.begin() + k, sample.end());
    return sample[static_cast<size_t>(k)];
  };
  const double low = at(0.001), high = at(0.999);
  if (!(high > low)) return {};
  const float middle = static_cast<float>((low + high) / 2);
  cv::Mat finite = whole;
  for (size_t i = 0; i < image.pixels.size(); i++) {
    if (std::isfinite(image.pixels[i])) continue;
    if (missing.empty()) {
      missing = cv::Mat::zeros(whole.size(), CV_8U);
      finite = whole.clone();
    }
    missing.data[i] = 255;
    reinterpret_cast<float *>(finite.data)[i] = middle;
  }
  cv::Mat bytes;
  finite.convertTo(bytes, CV_8U, 255 / (high - low), -255 * low / (high - low));
  return bytes;
}

// Of the copy that features are sought on.
cv::Size searched_size(int width, int height, const FeatureOptions &options) {
  // SIFT begins at twice the size of what it is given
  const double side = options.detector == Detector::sift ? options.side / 2.0 : options.side;
  const double shrink = std::min(1.0, side / std::max(width, height));
  if (shrink == 1) return {width, height};
  return {std::max(least_side, static_cast<int>(std::lround(shrink * width))),
          std::max(least_side, static_cast<int>(std::lround(shrink * height)))};
}

cv::Ptr<cv::Feature2D> detector_of(const FeatureOptions &options) {
  switch (options.detector) {
    // a lower contrast than the usual 0.04 keeps noisy images from going without; the strongest are taken anyway
    case Detector::sift: return cv::SIFT::create(options.features, 3, 0.02, 10, 1.6, true);
    case Detector::orb: return cv::ORB::create(options.features, 1.2f, 8, 31, 0, 2, cv::ORB::HARRIS_SCORE, 31, 10);
    case Detector::akaze:
      return cv::AKAZE::create(cv::AKAZE::DESCRIPTOR_MLDB, 0, 3, 0.0005f, 4, 4, cv::KAZE::DIFF_PM_G2, options.features);
  }
  return {};
}

// The nearest and the second nearest descriptor of another image.
struct Nearest {
  int32_t index = -1, best = INT32_MAX, second = INT32_MAX;
  void offer(int32_t i, int32_t distance) {
    if (distance < best) {
      second = best;
      best = distance;
      index = i;
    } else if (distance < second) {
      second = distance;
    }
  }
};

// Distances of one descriptor to `count` others.
void distances(const Features::Store &a, size_t i, const Features::Store &b, size_t first, size_t count, int32_t *out) {
  if (!a.gradients.empty()) {
    const int16_t *const p = &a.gradients[i * sift_length], *const others = &b.gradients[first * sift_length];
    const int32_t *const squares = &b.squares[first];
    const int32_t own = a.squares[i];
    vectorized([=] {
      for (size_t k = 0; k < count; k++) {
        const int16_t *q = others + k * sift_length;
        int32_t product = 0;
        for (int e = 0; e < sift_length; e++) product += int32_t{p[e]} * q[e];
        out[k] = own + squares[k] - 2 * product;
      }
    });
    return;
  }
  const auto length = static_cast<size_t>(a.length);
  const uint64_t *const p = &a.bits[i * length], *q = &b.bits[first * length];
  for (size_t k = 0; k < count; k++, q += length) {
    int32_t sum = 0;
    for (size_t e = 0; e < length; e++) sum += std::popcount(p[e] ^ q[e]);
    out[k] = sum;
  }
}

// For every descriptor of a its nearest of b, and for every one of b its nearest of a.
void nearest(const Features::Store &a, const Features::Store &b, std::vector<Nearest> &of_a, std::vector<Nearest> &of_b,
             const Parallel &parallel) {
  constexpr size_t tile = 64;  // descriptors of b that stay in the cache
  constexpr size_t block = 256;
  const size_t n = a.points.size(), m = b.points.size(), blocks = (n + block - 1) / block;
  of_a.assign(n, {});
  std::vector<std::vector<Nearest>> partial(blocks);
  parallel(static_cast<int64_t>(blocks), [&](int64_t k) {
    const size_t begin = static_cast<size_t>(k) * block, end = std::min(begin + block, n);
    auto &back = partial[static_cast<size_t>(k)];
    back.assign(m, {});
    int32_t d[tile];
    for (size_t first = 0; first < m; first += tile) {
      const size_t count = std::min(tile, m - first);
      for (size_t i = begin; i < end; i++) {
        distances(a, i, b, first, count, d);
        for (size_t j = 0; j < count; j++) {
          of_a[i].offer(static_cast<int32_t>(first + j), d[j]);
          back[first + j].offer(static_cast<int32_t>(i), d[j]);
        }
      }
    }
  });
  of_b.assign(m, {});
  for (const auto &back : partial)
    for (size_t j = 0; j < m; j++) {
      if (back[j].index >= 0) of_b[j].offer(back[j].index, back[j].best);
      of_b[j].second = std::min(of_b[j].second, back[j].second);
    }
}

std::vector<Match> matched(const Features::Store &a, const Features::Store &b, double ratio, const Parallel &parallel) {
  std::vector<Nearest> of_a, of_b;
  nearest(a, b, of_a, of_b, parallel);
  // distances of bits are compared as they are, those of gradients are squares
  const double limit = a.gradients.empty() ? ratio : ratio * ratio;
  std::vector<Match> matches;
  for (size_t i = 0; i < of_a.size(); i++) {
    const Nearest &n = of_a[i];
    if (n.index < 0 || of_b[static_cast<size_t>(n.index)].index != static_cast<int32_t>(i)) continue;
    if (n.second != INT32_MAX && !(n.best < limit * n.second)) continue;
    matches.push_back({a.points[i], b.points[static_cast<size_t>(n.index)]});
  }
  return matches;
}

// What SIFT would give for the negative of the image: every gradient, and with
// them the orientation of the frame, turns by 180 degrees, so the 4 x 4 cells
// change places with those opposite and their 8 directions stay.
Features::Store negative(const Features::Store &store) {
  Features::Store result = store;
  for (size_t i = 0; i < store.points.size(); i++)
    for (int cell = 0; cell < 16; cell++)
      std::copy_n(&store.gradients[i * sift_length + static_cast<size_t>(8 * cell)], 8,
                  &result.gradients[i * sift_length + static_cast<size_t>(8 * (15 - cell))]);
  return result;
}

RobustOptions robust(const FeatureOptions &options, int width, int height) {
  RobustOptions r;
  r.model = options.model;
  // positions are as exact as the copy they were found on
  r.error = options.error * std::max(1.0, std::max(width, height) / static_cast<double>(options.side));
  r.min_inliers = options.min_inliers;
  return r;
}

}  // namespace

int64_t bytes_for_features(int width, int height, const FeatureOptions &options) {
  // 8-bit copy, mask, and copies of both where pixels are missing
  const int64_t whole = int64_t{width} * height * 12;
  const cv::Size size = searched_size(width, height, options);
  const auto pixels = static_cast<int64_t>(size.area());
  switch (options.detector) {
    // floats: six blurred images and five differences an octave, the first at twice the size
    case Detector::sift: return whole + pixels * 4 * (6 + 5) * 4 * 4 / 3;
    case Detector::orb: return whole + pixels * 16;
    // floats: four levels an octave, each with its derivatives
    case Detector::akaze: return whole + pixels * 4 * 8 * 4 * 4 / 3;
  }
  return whole;
}

Features find_features(const Plane &image, const Mask *mask, const FeatureOptions &options) {
  Features features;
  features.width = image.width;
  features.height = image.height;
  auto store = std::make_shared<Features::Store>();
  features.store = store;
  if (std::min(image.width, image.height) < least_side) return features;
  cv::Mat missing;
  cv::Mat bytes = eight_bit(image, missing);
  if (bytes.empty()) return features;

  cv::Mat allowed;
  if (mask && !mask->empty()) {
    allowed.create(bytes.size(), CV_8U);
    for (size_t i = 0; i < mask->size(); i++) allowed.data[i] = (*mask)[i] ? 255 : 0;
  }
  if (!missing.empty()) {
    cv::Mat wide;
    cv::dilate(missing, wide, {}, {-1, -1}, clearance);
    if (allowed.empty()) allowed = cv::Mat(bytes.size(), CV_8U, cv::Scalar(255));
    allowed.setTo(0, wide);
  }
  options.poll();
  const cv::Size size = searched_size(image.width, image.height, options);
  if (size != bytes.size()) {
    cv::Mat small;
    cv::resize(bytes, small, size, 0, 0, cv::INTER_AREA);
    bytes = small;
    if (!allowed.empty()) {
      cv::resize(allowed, small, size, 0, 0, cv::INTER_NEAREST);
      allowed = small.clone();
    }
  }
  std::vector<cv::KeyPoint> keypoints;
  cv::Mat descriptors;
  options.poll();
  {
    const Polling polling(options.poll);
    detector_of(options)->detectAndCompute(bytes, allowed, keypoints, descriptors);
  }
  options.poll();
  const double sx = image.width / static_cast<double>(bytes.cols), sy = image.height / static_cast<double>(bytes.rows);
  for (const auto &k : keypoints) store->points.push_back({(k.pt.x + 0.5) * sx - 0.5, (k.pt.y + 0.5) * sy - 0.5});
  features.count = static_cast<int64_t>(keypoints.size());
  if (options.detector == Detector::sift) {
    store->length = sift_length;
    for (int i = 0; i < descriptors.rows; i++) {
      int32_t square = 0;
      for (int e = 0; e < sift_length; e++) {
        const auto v = static_cast<int16_t>(std::lround(descriptors.at<float>(i, e)));
        store->gradients.push_back(v);
        square += int32_t{v} * v;
      }
      store->squares.push_back(square);
    }
  } else if (descriptors.rows > 0) {
    store->length = (descriptors.cols + 7) / 8;
    store->bits.assign(static_cast<size_t>(descriptors.rows) * static_cast<size_t>(store->length), 0);
    for (int i = 0; i < descriptors.rows; i++)
      std::memcpy(&store->bits[static_cast<size_t>(i * store->length)], descriptors.ptr(i),
                  static_cast<size_t>(descriptors.cols));
  }
  return features;
}

MatchEstimate match_features(const Features &reference, const Features &moving, const FeatureOptions &options,
                             const Parallel &parallel) {
  MatchEstimate e;
  for (const auto &[features, name] : {std::pair{&reference, "reference"}, {&moving, "image"}})
    if (features->count < 4) {
      e.reason = counted(features->count, "feature") + " found in the " + name + ", 4 are needed";
      return e;
    }
  const RobustOptions how = robust(options, reference.width, reference.height);
  const auto estimate_with = [&](const Features::Store &store) {
    const auto matches = matched(*reference.store, store, options.ratio, parallel);
    MatchEstimate made = agree(matches, reference.width, reference.height, how);
    compare_with_richer(made, matches, reference.width, reference.height, how);
    return made;
  };
  e = estimate_with(*moving.store);
  if (e.found() || !e.doubt.empty() || options.detector != Detector::sift) return e;
  MatchEstimate inverted = estimate_with(negative(*moving.store));
  return inverted.found() ? inverted : e;
}

MatchEstimate estimate_by_features(const Plane &reference, const Mask *mask, const Plane &moving,
                                   const FeatureOptions &options, const Parallel &parallel, FeatureCache *of_reference,
                                   FeatureCache *of_moving) {
  FeatureOptions how = options;
  MatchEstimate e;
  for (const bool thorough : {false, true}) {
    how.features = thorough ? 4 * options.features : options.features;
    how.side = thorough ? options.side : 5 * options.side / 8;
    Features found[2];
    parallel(2, [&](int64_t i) {
      const Mask *const selected = i == 0 && mask && !mask->empty() ? mask : nullptr;
      FeatureCache *const cache = i == 0 ? of_reference : of_moving;
      const auto find = [&] { return find_features(i == 0 ? reference : moving, selected, how); };
      found[i] = cache ? cache->get(thorough, selected != nullptr, find) : find();
    });
    e = match_features(found[0], found[1], how, parallel);
    if (e.found() || !e.doubt.empty()) break;
  }
  if (e.found() && options.polish) polish(e, reference, mask, moving, options, parallel);
  return e;
}

void polish(MatchEstimate &e, const Plane &reference, const Mask *mask, const Plane &moving,
            const FeatureOptions &options, const Parallel &parallel) {
  // a grid covers the image better than features do; it finds out where it has no structure by itself
  constexpr double most = 900;
  const int step =
      std::max(8, static_cast<int>(std::ceil(std::sqrt(static_cast<double>(reference.pixels.size()) / most))));
  std::vector<Match> chosen = e.agreeing;
  if (chosen.size() > most / 3) chosen.resize(static_cast<size_t>(most / 3));
  for (int y = step / 2; y < reference.height; y += step)
    for (int x = step / 2; x < reference.width; x += step)
      if (!mask || mask->empty() || (*mask)[static_cast<size_t>(y) * reference.width + x])
        chosen.push_back({{static_cast<double>(x), static_cast<double>(y)}, e.transform(x, y)});
  const RobustOptions coarse = robust(options, reference.width, reference.height);
  const auto better = polished(chosen, reference, moving, e.transform, coarse.error + 1, 0.5, parallel);
  RobustOptions fine = coarse;
  fine.error = 1;
  const MatchEstimate exact = agree(better, reference.width, reference.height, fine);
  // too few that could be moved: the features' own positions are the better answer
  if (!exact.found() || 2 * exact.inliers < static_cast<int64_t>(better.size()) || 3 * exact.inliers < e.inliers)
    return;
  e.transform = exact.transform;
  e.error = exact.error;
  e.agreeing = exact.agreeing;
}

}  // namespace sheaf::align
