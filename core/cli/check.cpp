// sheaf check: a plugin's conformance to sheaf_plugin.h, on images made up here.
#include <malloc.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <functional>
#include <iostream>
#include <mutex>
#include <random>
#include <thread>

#include "command.hpp"
#include "text.hpp"

namespace sheaf::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto cancel_limit = std::chrono::milliseconds(250);
constexpr auto ample = std::chrono::seconds(1);  // for a run that is to be stopped in the middle

struct PixelName {
  const char *name;
  sheaf_pixel pixel;
};
constexpr PixelName pixel_names[] = {
    {"u8", SHEAF_U8}, {"u16", SHEAF_U16}, {"f32", SHEAF_F32}, {"rgb", SHEAF_RGB}, {"label", SHEAF_LABEL}};

enum class Content { texture, constant, nan };

// A made-up collection, and what came out of a run on it.
struct Trial {
  sheaf_pixel pixel = SHEAF_U8;
  int32_t width = 0, height = 0;
  int64_t images = 0;
  Content content = Content::texture;
  int64_t failing_read = -1;     // this image cannot be read
  const Json *inputs = nullptr;  // of the schema
  std::atomic<int64_t> reads{0};
  std::thread::id thread;
  bool wrong_thread = false;

  // Order-independent digest of everything that was delivered.
  std::mutex mutex;
  uint64_t digest = 0;

  sheaf_status status = SHEAF_OK;
  std::string message;
};

uint64_t mix(uint64_t h) {
  h ^= h >> 33;
  h *= 0xff51afd7ed558ccdull;
  h ^= h >> 33;
  h *= 0xc4ceb9fe1a85ec53ull;
  return h ^ h >> 33;
}

uint64_t hash_bytes(const void *data, size_t size, uint64_t seed) {
  uint64_t h = seed;
  const auto *bytes = static_cast<const uint8_t *>(data);
  for (size_t i = 0; i < size; i++) h = (h ^ bytes[i]) * 0x100000001b3ull;
  return mix(h);
}

// A textured scene that drifts a little from image to image, 0..1.
double scene(int64_t n, int x, int y) {
  const double u = x + 0.7 * static_cast<double>(n), v = y - 0.4 * static_cast<double>(n);
  const double waves = 0.25 * std::sin(u / 3.1) * std::cos(v / 4.3) + 0.2 * std::sin((u + 2 * v) / 7.9);
  return 0.5 + waves +
         0.02 *
             static_cast<double>(mix(static_cast<uint64_t>(x) * 7919 + static_cast<uint64_t>(y) * 104729 + n) % 5 -
                                 2.0) /
             2;
}

// The type of an input: that of the first if it takes it, else the first it takes.
sheaf_pixel pixel_of(const Trial &t, int32_t input) {
  sheaf_pixel first = 0;
  for (const auto &name : input == 0 ? Json::array() : t.inputs->at(static_cast<size_t>(input)).at("pixel"))
    for (const auto &p : pixel_names) {
      if (name != p.name) continue;
      if (p.pixel == t.pixel) return t.pixel;
      if (first == 0) first = p.pixel;
    }
  return first != 0 ? first : t.pixel;
}

Trial &trial_of(void *context) {
  auto &trial = *static_cast<Trial *>(context);
  if (trial.thread != std::this_thread::get_id()) trial.wrong_thread = true;
  return trial;
}

sheaf_status input_info(void *context, sheaf_run *, int32_t input, sheaf_info *out) {
  const Trial &t = *static_cast<Trial *>(context);
  out->pixel = pixel_of(t, input);
  out->width = t.width;
  out->height = t.height;
  out->slices = out->depth = static_cast<int32_t>(t.images);
  out->channels = out->frames = 1;
  return SHEAF_OK;
}

sheaf_status read_slice(void *context, sheaf_run *run, int32_t, int64_t n, const sheaf_view *into) {
  Trial &t = trial_of(context);
  t.reads++;
  if (n == t.failing_read) return sheaf_run_fail(run, SHEAF_IO, "check: this image cannot be read");
  for (int y = 0; y < into->height; y++) {
    char *row = static_cast<char *>(into->data) + y * into->row_bytes;
    for (int x = 0; x < into->width; x++) {
      const double v = t.content == Content::texture ? scene(n, x, y) : 0.5;
      switch (into->pixel) {
        case SHEAF_U8: reinterpret_cast<uint8_t *>(row)[x] = static_cast<uint8_t>(255 * v); break;
        case SHEAF_U16: reinterpret_cast<uint16_t *>(row)[x] = static_cast<uint16_t>(60000 * v); break;
        case SHEAF_F32:
          reinterpret_cast<float *>(row)[x] = t.content == Content::nan ? NAN : static_cast<float>(v);
          break;
        case SHEAF_RGB:
          reinterpret_cast<uint32_t *>(row)[x] =
              0xff000000u | static_cast<uint32_t>(255 * v) << 16 | static_cast<uint32_t>(200 * v) << 8 | 40u;
          break;
        default: reinterpret_cast<uint32_t *>(row)[x] = static_cast<uint32_t>(5 * v);
      }
    }
  }
  return SHEAF_OK;
}

int32_t wanted(void *, sheaf_run *, const char *) { return 1; }

sheaf_status output_begin(void *context, sheaf_run *, int32_t, const char *, const sheaf_info *) {
  trial_of(context);
  return SHEAF_OK;
}

void digest(Trial &t, uint64_t value) {
  const std::lock_guard lock(t.mutex);
  t.digest += value;  // a sum: images come in any order
}

sheaf_status write_slice(void *context, sheaf_run *, int32_t output, int64_t n, const sheaf_view *from) {
  Trial &t = trial_of(context);
  const size_t bytes = from->pixel == SHEAF_U8 ? 1 : from->pixel == SHEAF_U16 ? 2 : 4;
  uint64_t h = mix(static_cast<uint64_t>(output) * 1000003 + static_cast<uint64_t>(n));
  for (int y = 0; y < from->height; y++) {
    const char *row = static_cast<const char *>(from->data) + y * from->row_bytes;
    if (from->pixel == SHEAF_RGB)  // the fourth byte has no meaning
      for (int x = 0; x < from->width; x++) h = hash_bytes(row + 4 * x, 3, h);
    else h = hash_bytes(row, bytes * from->width, h);
  }
  digest(t, h);
  return SHEAF_OK;
}

sheaf_status column(void *context, sheaf_run *, const char *table, const char *name, const double *numbers,
                    const char *const *texts, int64_t count) {
  uint64_t h = hash_bytes(table, std::strlen(table), 1);
  h = hash_bytes(name, std::strlen(name), h);
  for (int64_t i = 0; i < count; i++)
    h = numbers ? (std::isnan(numbers[i]) ? mix(h + 1) : hash_bytes(&numbers[i], 8, h))
                : hash_bytes(texts[i], std::strlen(texts[i]), h);
  digest(trial_of(context), h);
  return SHEAF_OK;
}

sheaf_status roi(void *context, sheaf_run *, const sheaf_roi *r) {
  digest(trial_of(context), hash_bytes(r->xy, 8 * r->points, mix(r->slice)));
  return SHEAF_OK;
}

sheaf_status json(void *context, sheaf_run *, const char *, const char *text) {
  digest(trial_of(context), hash_bytes(text, std::strlen(text), 3));
  return SHEAF_OK;
}

sheaf_client client_of(Trial &t) {
  sheaf_client c{};
  c.size = sizeof c;
  c.context = &t;
  c.inputs = static_cast<int32_t>(t.inputs->size());
  c.input_info = input_info;
  c.read_slice = read_slice;
  c.wanted = wanted;
  c.output_begin = output_begin;
  c.write_slice = write_slice;
  c.column = column;
  c.roi = roi;
  c.json = json;
  return c;
}

// Runs the operation on the trial; started(run) is called just before, ended()
// just after the execution, while the run still lives.
void run(sheaf_session *session, const std::string &id, const Json &params, Trial &t,
         const std::function<void(sheaf_run *)> &started = {}, const std::function<void()> &ended = {}) {
  const sheaf_client client = client_of(t);
  t.thread = std::this_thread::get_id();
  sheaf_run *handle = nullptr;
  t.status = sheaf_run_create(session, id.c_str(), params.dump().c_str(), &client, &handle);
  if (t.status == SHEAF_OK) {
    if (started) started(handle);
    t.status = sheaf_run_execute(handle);
    if (ended) ended();
  }
  t.message = sheaf_run_message(handle);
  sheaf_run_destroy(handle);
}

void set(Trial &t, sheaf_pixel pixel, int32_t width, int32_t height, int64_t images) {
  t.pixel = pixel;
  t.width = width;
  t.height = height;
  t.images = images;
}

unsigned floating_point_mode() {
#if defined(__x86_64__)
  return _mm_getcsr() & 0xffc0;
#else
  return 0;
#endif
}

void set_floating_point_mode([[maybe_unused]] unsigned mode) {
#if defined(__x86_64__)
  _mm_setcsr(mode);
#endif
}

int64_t allocated() {
  const struct mallinfo2 m = mallinfo2();
  return static_cast<int64_t>(m.uordblks + m.hblkhd);
}

std::string milliseconds(Clock::duration time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
}

struct Problem : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// All checks of one operation; each either passes or throws a Problem.
class OperationCheck {
 public:
  OperationCheck(sheaf_session *session, Json schema)
      : session_(session), schema_(std::move(schema)), id_(schema_.at("id")) {
    for (const auto &name : schema_.at("inputs").empty() ? Json::array() : schema_["inputs"][0].at("pixel")) {
      for (const auto &p : pixel_names)
        if (name == p.name) accepted_.push_back(p);
      min_images_ = schema_["inputs"][0].at("min_images");
    }
  }

  // The number of failed checks.
  int all() {
    std::cout << id_ << "\n";
    check("every pixel type, 1x1, odd and prime sizes", [&] { sizes(); });
    check("other pixel types, one image too few and none at all are refused", [&] { refusals(); });
    check("constant images, images of NaN", [&] { flat(); });
    check("every choice and flag", [&] { choices(); });
    check("one thread and four give the same", [&] { threads(); });
    check("eight runs at once give the same", [&] { at_once(); });
    check("an image that cannot be read ends the run with the client's reason", [&] { failing_reads(); });
    check("stops within 250 ms of being cancelled", [&] { cancelling(); });
    check("no memory is left behind", [&] { leaks(); });
    check("the floating-point mode is left alone", [&] { floating_point(); });
    return failed_;
  }

 private:
  void check(const char *name, const std::function<void()> &job) {
    try {
      job();
      std::cout << "  ok    " << name << "\n";
    } catch (const std::exception &e) {
      failed_++;
      std::cout << "  FAIL  " << name << ": " << e.what() << "\n";
    }
  }

  static std::string describe(const Trial &t) {
    const char *name = "";
    for (const auto &p : pixel_names)
      if (p.pixel == t.pixel) name = p.name;
    return std::to_string(t.images) + " images " + name + " " + std::to_string(t.width) + "x" +
           std::to_string(t.height);
  }

  // A run may succeed or explain what it does not accept; nothing else.
  void must_be_orderly(const Trial &t) const {
    if (t.wrong_thread) throw Problem(describe(t) + ": a callback came on a foreign thread");
    if (t.status == SHEAF_OK) return;
    const bool explained = (t.status == SHEAF_INVALID || t.status == SHEAF_UNSUPPORTED || t.status == SHEAF_FAILED) &&
                           !t.message.empty() && t.message.find("without saying why") == std::string::npos;
    if (!explained) throw Problem(describe(t) + ": " + sheaf_status_name(t.status) + ", \"" + t.message + "\"");
  }

  void must_succeed(const Trial &t) const {
    if (t.status != SHEAF_OK)
      throw Problem(describe(t) + ": " + sheaf_status_name(t.status) + ", \"" + t.message + "\"");
  }

  int64_t enough() const { return std::max<int64_t>(min_images_, 4); }

  Trial &fresh() {
    trials_.push_back(std::make_unique<Trial>());
    trials_.back()->inputs = &schema_.at("inputs");
    return *trials_.back();
  }

  void sizes() {
    int successes = 0;
    for (const auto &p : accepted_)
      for (const auto &[w, h] : {std::pair{1, 1}, {1, 37}, {61, 1}, {2, 3}, {31, 17}, {64, 64}, {127, 101}})
        for (const int64_t n : {min_images_, enough() + 1}) {
          Trial &t = fresh();
          set(t, p.pixel, w, h, n);
          run(session_, id_, Json::object(), t);
          must_be_orderly(t);
          successes += t.status == SHEAF_OK && w > 60 && h > 60;
        }
    if (successes == 0) throw Problem("not one run with default parameters succeeded");
  }

  void refusals() {
    for (const auto &p : pixel_names) {
      bool accepted = false;
      for (const auto &a : accepted_) accepted = accepted || a.pixel == p.pixel;
      Trial &t = fresh();
      set(t, p.pixel, 64, 64, enough());
      if (!accepted) run(session_, id_, Json::object(), t);
      if (!accepted && t.status != SHEAF_INVALID) throw Problem(describe(t) + " was not refused");
    }
    for (const int64_t n : {int64_t{0}, min_images_ - 1}) {
      Trial &t = fresh();
      set(t, accepted_.front().pixel, 64, 64, n);
      run(session_, id_, Json::object(), t);
      if (t.status != SHEAF_INVALID || t.message.empty()) throw Problem(describe(t) + " was not refused");
    }
  }

  void flat() {
    for (const auto &p : accepted_)
      for (const Content content : {Content::constant, Content::nan}) {
        if (content == Content::nan && p.pixel != SHEAF_F32) continue;
        Trial &t = fresh();
        set(t, p.pixel, 61, 47, enough());
        t.content = content;
        run(session_, id_, Json::object(), t);
        must_be_orderly(t);
      }
  }

  void choices() {
    for (const auto &param : schema_.at("params")) {
      std::vector<Json> values;
      if (param.at("type") == "boolean") values.push_back(true);
      if (param.contains("choices"))
        for (const auto &c : param["choices"]) values.push_back(c.at("key"));
      for (const auto &value : values) {
        Json params = {{param.at("key").get<std::string>(), value}};
        // what the parameter depends on is set so that it is in use
        for (const auto &[key, wanted] : param.at("when").items()) params[key] = wanted.is_array() ? wanted[0] : wanted;
        for (const auto &p : accepted_) {
          Trial &t = fresh();
          set(t, p.pixel, 67, 59, enough());
          run(session_, id_, params, t);
          try {
            must_be_orderly(t);
          } catch (const Problem &e) {
            throw Problem(params.dump() + ": " + e.what());
          }
        }
      }
    }
  }

  // The digest of a run of ordinary size with that many threads.
  uint64_t reference(int threads) {
    sheaf_options options{};
    options.size = sizeof options;
    options.threads = threads;
    sheaf_session_configure(session_, &options);
    Trial &t = fresh();
    set(t, accepted_.front().pixel, 127, 101, enough() + 3);
    run(session_, id_, Json::object(), t);
    must_succeed(t);
    return t.digest;
  }

  void threads() {
    if (reference(1) != reference(4)) throw Problem("the results differ");
  }

  void at_once() {
    const uint64_t expected = reference(4);
    std::vector<Trial *> all;
    for (int i = 0; i < 8; i++) {
      all.push_back(&fresh());
      set(*all.back(), accepted_.front().pixel, 127, 101, enough() + 3);
    }
    {
      std::vector<std::jthread> runners;
      std::mutex create;  // creating runs is one at a time for a session
      for (Trial *t : all)
        runners.emplace_back([&, t] {
          const sheaf_client client = client_of(*t);
          t->thread = std::this_thread::get_id();
          sheaf_run *handle = nullptr;
          {
            const std::lock_guard lock(create);
            t->status = sheaf_run_create(session_, id_.c_str(), "", &client, &handle);
          }
          if (t->status == SHEAF_OK) t->status = sheaf_run_execute(handle);
          t->message = sheaf_run_message(handle);
          sheaf_run_destroy(handle);
        });
    }
    for (const Trial *t : all) {
      must_succeed(*t);
      if (t->digest != expected) throw Problem("the results differ");
    }
  }

  void failing_reads() {
    for (const int64_t bad : {int64_t{0}, enough() / 2, enough() - 1}) {
      Trial &t = fresh();
      set(t, accepted_.front().pixel, 64, 64, enough());
      t.failing_read = bad;
      run(session_, id_, Json::object(), t);
      if (t.status == SHEAF_OK && t.reads == 0) continue;  // it needs no pixels: a list of transforms, say
      if (t.status != SHEAF_IO || t.message != "check: this image cannot be read")
        throw Problem("image " + std::to_string(bad + 1) + ": " + sheaf_status_name(t.status) + ", \"" + t.message +
                      "\"");
    }
  }

  // A run long enough to be stopped in the middle.
  Trial &long_one() {
    Trial &t = fresh();
    set(t, accepted_.front().pixel, 701, 499, enough() + more_images_);
    return t;
  }

  // How long a run went on after it was cancelled, that long after its start.
  Clock::duration cancelled_after(Clock::duration delay) {
    Trial &t = long_one();
    std::atomic<Clock::rep> cancelled_at{0};
    Clock::rep ended_at = 0;
    std::jthread stopper;
    run(
        session_, id_, Json::object(), t,
        [&](sheaf_run *handle) {
          stopper = std::jthread([&, handle](const std::stop_token &stop) {
            const auto until = Clock::now() + delay;
            while (Clock::now() < until && !stop.stop_requested())
              std::this_thread::sleep_for(std::chrono::milliseconds(1));
            if (stop.stop_requested()) return;
            cancelled_at = Clock::now().time_since_epoch().count();
            sheaf_run_cancel(handle);
          });
        },
        [&] {
          ended_at = Clock::now().time_since_epoch().count();
          stopper.request_stop();
          stopper.join();
        });
    if (t.status != SHEAF_CANCELLED) must_succeed(t);
    return Clock::duration(cancelled_at == 0 ? 0 : ended_at - cancelled_at);
  }

  void cancelling() {
    const auto length_of_one = [&] {
      Trial &whole = long_one();
      const auto begin = Clock::now();
      run(session_, id_, Json::object(), whole);
      must_succeed(whole);
      return Clock::now() - begin;
    };
    // of a slow operation a few images are long enough
    more_images_ = 12;
    auto length = length_of_one();
    if (length > ample) {
      more_images_ = std::max<int64_t>(1, more_images_ * ample / length);
      length = length_of_one();
    }
    // on a busy machine one of them may take many times as long
    for (int i = 0; i < 2 && length < ample; i++) length = std::min(length, length_of_one());
    constexpr int parts = 8;
    std::mt19937 random(20250101);
    for (int i = 0; i < parts; i++) {
      // at once, then anywhere in each part
      const int64_t thousandths = i == 0 ? 0 : 1000 * i + static_cast<int64_t>(random() % 1000);
      const Clock::duration delay = length / (1000 * parts) * thousandths;
      // a busy machine may be slow once; an operation that does not ask is slow every time
      Clock::duration took = cancelled_after(delay);
      for (int again = 0; again < 2 && took > cancel_limit; again++) took = std::min(took, cancelled_after(delay));
      if (took > cancel_limit)
        throw Problem("it took " + milliseconds(took) + " ms after " + milliseconds(delay) + " ms of work");
    }
  }

  void leaks() {
    const auto one = [&] {
      Trial t;
      t.inputs = &schema_.at("inputs");
      set(t, accepted_.front().pixel, 127, 101, enough());
      run(session_, id_, Json::object(), t);
      must_succeed(t);
    };
    for (int i = 0; i < 5; i++) one();
    constexpr int runs = 20;
    const auto growth = [&] {
      const int64_t before = allocated();
      for (int i = 0; i < runs; i++) one();
      return allocated() - before;
    };
    // what a thread that takes part for the first time keeps for its next blocks counts as allocated; what leaks does so
    // every time
    int64_t grown = growth();
    for (int again = 0; again < 2 && grown > runs * 1024; again++) grown = growth();
    if (grown > runs * 1024)
      throw Problem(core::bytes_text(static_cast<double>(grown)) + " more after " + std::to_string(runs) + " runs");
  }

  void floating_point() {
    reference(1);  // one thread: the plugin works on this one
    const bool changed = floating_point_mode() != mode_;
    set_floating_point_mode(mode_);  // for the next operation
    if (changed) throw Problem("it was changed");
  }

  sheaf_session *session_;
  Json schema_;
  std::string id_;
  std::vector<PixelName> accepted_;
  int64_t more_images_ = 0;  // than enough, in a long run
  int64_t min_images_ = 1;
  int failed_ = 0;
  const unsigned mode_ = floating_point_mode();  // before the first run
  std::vector<std::unique_ptr<Trial>> trials_;
};

int check_library(const std::string &path) {
  Options options;
  options.only_given_plugins = true;
  options.plugins = {std::filesystem::absolute(path).string()};
  if (!std::filesystem::exists(path)) throw std::runtime_error(path + ": there is no such file");
  const Session session(options);
  int failed = 0;
  for (const auto &plugin : Json::parse(sheaf_session_plugins(session.get()))) {
    if (!plugin.at("loaded").get<bool>()) {
      std::cout << path << "\n  FAIL  it can be loaded: " << plugin.at("reason").get<std::string>() << "\n";
      return 1;
    }
    std::cout << path << ": " << plugin.at("id").get<std::string>() << " " << plugin.at("version").get<std::string>()
              << "\n";
    for (const auto &note : plugin.at("notes")) {
      std::cout << "  FAIL  loading it has no side effects: " << note.get<std::string>() << "\n";
      failed++;
    }
  }
  {
    const Session again(options);  // loading it a second time must not matter
    if (again.operations() != session.operations()) {
      std::cout << "  FAIL  a second session sees the same operations\n";
      failed++;
    }
  }
  for (const auto &id : session.operations()) {
    const Json schema = session.schema(id);
    if (schema.at("inputs").empty()) {
      std::cout << id << "\n  FAIL  it takes images\n";
      failed++;
      continue;
    }
    failed += OperationCheck(session.get(), schema).all();
  }
  std::cout << (failed == 0 ? "conforms\n" : std::to_string(failed) + " checks failed\n");
  return failed == 0 ? 0 : 1;
}

}  // namespace

int check_command(const std::vector<std::string> &arguments) {
  if (arguments.empty()) throw UsageError("check: name a plugin library");
  int worst = 0;
  for (const auto &path : arguments) worst = std::max(worst, check_library(path));
  return worst;
}

}  // namespace sheaf::cli
