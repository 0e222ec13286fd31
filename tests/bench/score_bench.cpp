// score_bench RAW WIDTH HEIGHT REPEATS: times, on two threads, the difference score of the three 8-bit images (before,
// after, reference) in RAW; prints {"seconds": [...], "score": s, "count": n}.
#include <atomic>
#include <chrono>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "align/dd.hpp"

namespace {

// Two threads, the second of which looks for work all the time: as the host's pool does while it is busy.
class Two {
 public:
  ~Two() {
    stop_ = true;
    helper_.join();
  }
  void operator()(int64_t count, const std::function<void(int64_t)> &body) {
    body_ = &body;
    count_ = count;
    finished_ = 0;
    next_ = 0;
    work();
    while (finished_ < count) {
    }
  }

 private:
  void work() {
    while (next_ < count_) {
      const int64_t i = next_++;
      if (i >= count_) return;
      (*body_)(i);
      finished_++;
    }
  }
  std::atomic<const std::function<void(int64_t)> *> body_{nullptr};
  std::atomic<int64_t> count_{0}, next_{0}, finished_{0};
  std::atomic<bool> stop_{false};
  std::thread helper_{[this] {
    while (!stop_) work();
  }};
};

}  // namespace

int main(int argc, char **argv) {
  try {
    if (argc < 5) throw std::runtime_error("RAW WIDTH HEIGHT REPEATS [THREADS]");
    const int width = std::stoi(argv[2]), height = std::stoi(argv[3]), repeats = std::stoi(argv[4]);
    const size_t size = static_cast<size_t>(width) * height;
    std::vector<uint8_t> pixels(3 * size);
    std::ifstream raw(argv[1], std::ios::binary);
    if (!raw.read(reinterpret_cast<char *>(pixels.data()), static_cast<std::streamsize>(pixels.size())))
      throw std::runtime_error(std::string(argv[1]) + " is too short");
    const auto view = [&](size_t i) { return sheaf::View<const uint8_t>(&pixels[i * size], width, height, width); };
    const sheaf::align::Compared<uint8_t> images{view(0), view(1), view(2), {}};
    Two two;
    sheaf::align::DifferenceScore score;
    std::cout << "{\"seconds\": [";
    for (int i = 0; i <= repeats; i++) {
      const auto start = std::chrono::steady_clock::now();
      score = difference_score(images, {}, std::ref(two));
      const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      if (i > 0) std::cout << (i > 1 ? ", " : "") << seconds;  // the first one warms up
    }
    std::cout << "], \"score\": " << score.score << ", \"count\": " << score.count << "}\n";
    return 0;
  } catch (const std::exception &e) {
    std::cerr << "score_bench: " << e.what() << "\n";
    return 1;
  }
}
