// Operations that work, but not as `sheaf check` demands: each fails one of its checks.
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "plugin.hpp"

namespace {

using sheaf::Run;

#define UNRULY(NAME)                                                            \
  R"({"title": ")" NAME R"(", "summary": "S.", "inputs": [{"pixel": ["u8"]}],)" \
  R"("tables": [{"name": "t", "columns": [{"name": "a"}]}]})"

// Another number every time.
struct Random {
  static constexpr const char *id = "unruly.random";
  static constexpr const char *schema = UNRULY("Random");
  explicit Random(Run &) {}
  void run(Run &run) const {
    static std::atomic<int> runs{0};
    run.read(0);
    for (int64_t n = 1; n < run.input().slices; n++) run.read(n);
    run.column("t", "a", std::vector{static_cast<double>(runs++)});
  }
};

// Does not ask whether it should stop.
struct Stubborn {
  static constexpr const char *id = "unruly.stubborn";
  static constexpr const char *schema = UNRULY("Stubborn");
  explicit Stubborn(Run &) {}
  void run(Run &run) const {
    for (int64_t n = 0; n < run.input().slices; n++) run.read(n);
    if (run.input().width > 300) std::this_thread::sleep_for(std::chrono::milliseconds(900));
  }
};

// Forgets its memory.
struct Leaky {
  static constexpr const char *id = "unruly.leaky";
  static constexpr const char *schema = UNRULY("Leaky");
  explicit Leaky(Run &) {}
  void run(Run &run) const {
    for (int64_t n = 0; n < run.input().slices; n++) run.read(n);
    static volatile char *forgotten = nullptr;
    forgotten = new char[100000];
    forgotten[0] = 1;
  }
};

// Switches denormal numbers off.
struct Flushing {
  static constexpr const char *id = "unruly.flushing";
  static constexpr const char *schema = UNRULY("Flushing");
  explicit Flushing(Run &) {}
  void run(Run &run) const {
    for (int64_t n = 0; n < run.input().slices; n++) run.read(n);
#if defined(__x86_64__)
    _mm_setcsr(_mm_getcsr() | 0x8040);
#endif
  }
};

// Fails for small images without a word.
struct Silent {
  static constexpr const char *id = "unruly.silent";
  static constexpr const char *schema = UNRULY("Silent");
  explicit Silent(Run &) {}
  void run(Run &run) const {
    for (int64_t n = 0; n < run.input().slices; n++) run.read(n);
    if (run.input().width < 10) throw sheaf::Stopped{SHEAF_FAILED};
  }
};

// Takes an image that cannot be read for a black one.
struct Forgiving {
  static constexpr const char *id = "unruly.forgiving";
  static constexpr const char *schema = UNRULY("Forgiving");
  explicit Forgiving(Run &) {}
  void run(Run &run) const {
    for (int64_t n = 0; n < run.input().slices; n++) {
      sheaf_view view{};
      run.host()->read_slice(run.handle(), 0, n, &view);
    }
  }
};

}  // namespace

SHEAF_PLUGIN("org.sheaf.test.unruly", "1.0.0", "Sheaf tests", "BSD-3-Clause", Random, Stubborn, Leaky, Flushing, Silent,
             Forgiving)
