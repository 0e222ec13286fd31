// align_bench: times the alignment engines on pairs of images, without the operation around them.
//
//   align_bench features RAW WIDTH HEIGHT IMAGES MODEL DETECTOR REPEATS
//   align_bench patches RAW WIDTH HEIGHT IMAGES MODEL REPEATS
//   align_bench pauses RAW WIDTH HEIGHT IMAGES DETECTOR
//       finds the features of every image thoroughly, on one thread; prints the seconds for all of them, the longest time
//       between two questions whether to stop, and the highest resident memory
//   align_bench phase RAW WIDTH HEIGHT IMAGES REPEATS
//       transforms of images 2, 3, ... of 8-bit images to image 1, on 2 threads; MODEL and DETECTOR are positions in the
//       lists of choices; phase: translations that begin at a peak of the phase correlation. Prints the seconds for all of them, their matrices, numbers of matches and of inliers
#include <atomic>
#include <chrono>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "align/estimate.hpp"
#include "align/features.hpp"
#include "align/patches.hpp"

namespace {

using namespace sheaf::align;
using Clock = std::chrono::steady_clock;

// As the host's pool with two threads.
void on_two_threads(int64_t count, const std::function<void(int64_t)> &body) {
  std::atomic<int64_t> next{0};
  const auto work = [&] {
    for (int64_t i = next++; i < count; i = next++) body(i);
  };
  if (count < 2) return work();
  const std::jthread other(work);
  work();
}

std::vector<Plane> read_images(const std::string &path, int width, int height, int images) {
  std::ifstream raw(path, std::ios::binary);
  std::vector<uint8_t> pixels(static_cast<size_t>(width) * height);
  std::vector<Plane> planes;
  for (int n = 0; n < images; n++) {
    if (!raw.read(reinterpret_cast<char *>(pixels.data()), static_cast<std::streamsize>(pixels.size())))
      throw std::runtime_error(path + " is too short");
    planes.push_back(to_plane(sheaf::View<const uint8_t>(pixels.data(), width, height, width)));
  }
  return planes;
}

template <class F>
void time(const std::vector<Plane> &planes, int repeats, F &&estimate) {
  std::vector<double> seconds;
  std::vector<MatchEstimate> estimates;
  for (int i = 0; i < repeats + 1; i++) {
    const auto start = Clock::now();
    estimates.clear();
    for (size_t n = 1; n < planes.size(); n++) estimates.push_back(estimate(planes[0], planes[n]));
    if (i > 0) seconds.push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }
  sheaf::Json out;
  out.object().key("seconds").value(seconds).key("estimates").array();
  for (const auto &e : estimates)
    out.object().key("matrix").value(e.transform.m).key("matches").value(e.matches).key("inliers").value(e.inliers)
        .key("error").value(e.error).key("reason").value(e.reason).end();
  std::cout << out.end().end().text() << "\n";
}

void execute(const std::vector<std::string> &a) {
  const auto number = [&](size_t i) { return std::stoi(a.at(i)); };
  const SpareMemory spare;  // as in the operations
  const auto planes = read_images(a.at(1), number(2), number(3), number(4));
  if (a.at(0) == "features") {
    FeatureOptions options;
    options.model = static_cast<Model>(number(5));
    options.detector = static_cast<Detector>(number(6));
    time(planes, number(7), [&](const Plane &reference, const Plane &moving) {
      return estimate_by_features(reference, nullptr, moving, options, on_two_threads);
    });
  } else if (a.at(0) == "patches") {
    PatchOptions options;
    options.model = static_cast<Model>(number(5));
    time(planes, number(6), [&](const Plane &reference, const Plane &moving) {
      return estimate_by_patches(reference, nullptr, moving, options, on_two_threads);
    });
  } else if (a.at(0) == "pauses") {
    FeatureOptions options;
    options.detector = static_cast<Detector>(number(5));
    options.features *= 4;
    double longest = 0;
    const auto start = Clock::now();
    auto last = start;
    options.poll = [&] {
      const auto now = Clock::now();
      longest = std::max(longest, std::chrono::duration<double>(now - last).count());
      last = now;
    };
    for (const Plane &plane : planes) find_features(plane, nullptr, options);
    sheaf::Json out;
    out.object().key("seconds").value(std::chrono::duration<double>(last - start).count()).key("longest").value(longest);
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("VmHWM")) out.key("resident_peak_kib").value(static_cast<int64_t>(std::stoll(line.substr(6))));
    std::cout << out.end().text() << "\n";
  } else if (a.at(0) == "phase") {
    EstimateOptions options;
    options.model = Model::translation;
    options.start = Start::phase;
    time(planes, number(5), [&](const Plane &reference, const Plane &moving) {
      const Plane *const pair[] = {&reference, &moving};
      Pyramid pyramids[2];
      on_two_threads(2, [&](int64_t i) { pyramids[i] = make_pyramid(*pair[i]); });
      MatchEstimate e;
      e.transform = estimate(pyramids[0], {}, pyramids[1], options, on_two_threads).transform;
      return e;
    });
  } else {
    throw std::runtime_error("features, patches, pauses or phase");
  }
}

}  // namespace

int main(int argc, char **argv) {
  try {
    execute({argv + 1, argv + argc});
    return 0;
  } catch (const std::exception &e) {
    std::cerr << "align_bench: " << e.what() << "\n";
    return 1;
  }
}
