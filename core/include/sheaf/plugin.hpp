// plugin.hpp: sheaf_plugin.h for C++20, header only: RAII views, typed access,
// exceptions turned into statuses at the boundary.
//
//   struct Invert {
//     static constexpr const char *id = "example.invert";
//     static constexpr const char *schema = R"({"title": "Invert", ...})";
//     explicit Invert(sheaf::Run &) {}                 // once for each run
//     void slice(sheaf::Run &run, int64_t n) const {   // or: void run(sheaf::Run &)
//       auto in = run.read(n);
//       auto out = run.write(n);
//       ...
//       out.commit();
//     }
//     void finish(sheaf::Run &run) {...}               // optional: tables, plots
//   };
//   SHEAF_PLUGIN("org.example.invert", "1.0.0", "Example", "MIT", Invert)
//
// Everything here throws sheaf::Error (or Stopped, once the run is cancelled);
// let it fly: the boundary turns it into the status and message of the run.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <exception>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "sheaf_plugin.h"

namespace sheaf {

// A failure with its status. The message says what was given, what is accepted,
// and which parameter or image.
class Error : public std::runtime_error {
 public:
  Error(sheaf_status status, const std::string &message) : std::runtime_error(message), status_(status) {}
  sheaf_status status() const { return status_; }

 private:
  sheaf_status status_;
};

// A status whose message the host has recorded already, or a cancelled run.
struct Stopped {
  sheaf_status status;
};

// ---- pixels -----------------------------------------------------------------

struct Rgb {  // SHEAF_RGB
  uint8_t b, g, r, x;
};

template <class T>
constexpr sheaf_pixel pixel_of = 0;
template <>
inline constexpr sheaf_pixel pixel_of<uint8_t> = SHEAF_U8;
template <>
inline constexpr sheaf_pixel pixel_of<uint16_t> = SHEAF_U16;
template <>
inline constexpr sheaf_pixel pixel_of<float> = SHEAF_F32;
template <>
inline constexpr sheaf_pixel pixel_of<Rgb> = SHEAF_RGB;
template <>
inline constexpr sheaf_pixel pixel_of<uint32_t> = SHEAF_LABEL;

// Pixels of a known type in somebody else's memory. Cheap to copy.
template <class T>
class View {
 public:
  View() = default;
  View(T *data, int width, int height, std::ptrdiff_t row_bytes)
      : data_(data), width_(width), height_(height), row_bytes_(row_bytes) {}
  // A view of T reads as a view of const T.
  template <class U>
    requires std::is_same_v<const U, T>
  View(const View<U> &other) : View(other.data(), other.width(), other.height(), other.row_bytes()) {}

  T *data() const { return data_; }
  int width() const { return width_; }
  int height() const { return height_; }
  std::ptrdiff_t row_bytes() const { return row_bytes_; }
  int64_t size() const { return int64_t{width_} * height_; }
  explicit operator bool() const { return data_ != nullptr; }

  T *row(int y) const {
    using Byte = std::conditional_t<std::is_const_v<T>, const char, char>;
    return reinterpret_cast<T *>(reinterpret_cast<Byte *>(data_) + y * row_bytes_);
  }
  T &operator()(int x, int y) const { return row(y)[x]; }

 private:
  T *data_ = nullptr;
  int width_ = 0, height_ = 0;
  std::ptrdiff_t row_bytes_ = 0;
};

// Calls f with a View<const T> or View<T> of the pixel type of `view`.
template <bool Mutable = false, class F>
decltype(auto) visit(const sheaf_view &view, F &&f) {
  auto typed = [&]<class T>(T) {
    using P = std::conditional_t<Mutable, T, const T>;
    return View<P>(static_cast<P *>(view.data), view.width, view.height, view.row_bytes);
  };
  switch (view.pixel) {
    case SHEAF_U8: return f(typed(uint8_t{}));
    case SHEAF_U16: return f(typed(uint16_t{}));
    case SHEAF_F32: return f(typed(float{}));
    case SHEAF_RGB: return f(typed(Rgb{}));
    case SHEAF_LABEL: return f(typed(uint32_t{}));
  }
  throw Error(SHEAF_INTERNAL, "pixel type " + std::to_string(view.pixel) + " is unknown to this plugin");
}

// ---- JSON, for plots ----------------------------------------------------------

// Writes JSON text: Json j; j.object(); j.key("x").value(1.5); ... j.end(); j.text().
// Numbers are written so that they read back to the same bits; NaN and
// infinities become null.
class Json {
 public:
  Json &object() { return open('{', '}'); }
  Json &array() { return open('[', ']'); }
  Json &end() {
    text_ += ends_.back();
    ends_.pop_back();
    first_ = false;
    return *this;
  }
  Json &key(std::string_view k) {
    separate();
    quote(k);
    text_ += ':';
    first_ = true;
    return *this;
  }
  Json &value(double v) {
    separate();
    if (!std::isfinite(v)) {
      text_ += "null";
      return *this;
    }
    char buffer[32];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, v).ptr;
    text_.append(buffer, end);
    return *this;
  }
  template <class T>
    requires std::is_arithmetic_v<T>
  Json &value(T v) {  // otherwise 0 could be a null pointer to a text
    return value(static_cast<double>(v));
  }
  Json &value(std::string_view v) {
    separate();
    quote(v);
    return *this;
  }
  template <class Range>
    requires(!std::is_convertible_v<Range, std::string_view> && !std::is_arithmetic_v<Range>)
  Json &value(const Range &range) {
    array();
    for (const auto &v : range) value(v);
    return end();
  }
  Json &value(const char *v) { return value(std::string_view(v)); }
  const std::string &text() const { return text_; }

 private:
  Json &open(char begin, char end) {
    separate();
    text_ += begin;
    ends_ += end;
    first_ = true;
    return *this;
  }
  void separate() {
    if (!first_ && !ends_.empty()) text_ += ',';
    first_ = false;
  }
  void quote(std::string_view s) {
    static constexpr char hex[] = "0123456789abcdef";
    text_ += '"';
    for (const char c : s) {
      const auto u = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        text_ += '\\';
        text_ += c;
      } else if (u < 0x20) {
        text_ += "\\u00";
        text_ += hex[u >> 4];
        text_ += hex[u & 15];
      } else {
        text_ += c;
      }
    }
    text_ += '"';
  }
  std::string text_, ends_;
  bool first_ = true;
};

// ---- a run ---------------------------------------------------------------------

class Run;

// An input image, pinned while this lives.
class Image {
 public:
  Image(Image &&o) noexcept : run_(std::exchange(o.run_, nullptr)), view_(o.view_) {}
  Image &operator=(Image &&o) noexcept {
    std::swap(run_, o.run_);
    std::swap(view_, o.view_);
    return *this;
  }
  ~Image();
  const sheaf_view &raw() const { return view_; }
  sheaf_pixel pixel() const { return view_.pixel; }
  int width() const { return view_.width; }
  int height() const { return view_.height; }
  explicit operator bool() const { return view_.data != nullptr; }
  template <class T>
  View<const T> view() const {
    return View<const T>(static_cast<const T *>(view_.data), view_.width, view_.height, view_.row_bytes);
  }
  template <class F>
  decltype(auto) visit(F &&f) const {
    return sheaf::visit(view_, std::forward<F>(f));
  }

 private:
  friend class Run;
  Image(const Run *run, const sheaf_view &view) : run_(run), view_(view) {}
  const Run *run_;
  sheaf_view view_;
};

// An output image; commit() hands it over, without it the image is dropped.
class Output {
 public:
  const sheaf_view &raw() const { return view_; }
  template <class T>
  View<T> view() const {
    return View<T>(static_cast<T *>(view_.data), view_.width, view_.height, view_.row_bytes);
  }
  template <class F>
  decltype(auto) visit(F &&f) const {
    return sheaf::visit<true>(view_, std::forward<F>(f));
  }
  void commit();

 private:
  friend class Run;
  Output(const Run *run, const sheaf_view &view) : run_(run), view_(view) {}
  const Run *run_;
  sheaf_view view_;
};

// Everything the host offers to one run. Thread rules as in sheaf_plugin.h.
class Run {
 public:
  Run(const sheaf_host *host, sheaf_run *run) : host_(host), run_(run) {}

  double number(const char *key) const { return get<double>(host_->get_number, key); }
  int64_t integer(const char *key) const { return get<int64_t>(host_->get_integer, key); }
  bool flag(const char *key) const { return integer(key) != 0; }
  std::string text(const char *key) const { return get<const char *>(host_->get_text, key); }
  // The position of the chosen key, as an enumeration in the schema's order.
  template <class E>
  E choice(const char *key) const {
    return static_cast<E>(integer(key));
  }
  std::span<const double> numbers(const char *key) const {
    const double *values = nullptr;
    int64_t count = 0;
    check(host_->get_numbers(run_, key, &values, &count));
    return {values, static_cast<size_t>(count)};
  }

  sheaf_info input(int index = 0) const {
    sheaf_info info{};
    info.size = sizeof info;
    check(host_->input_info(run_, index, &info));
    return info;
  }
  std::string label(int64_t n, int input = 0) const {
    const char *text = nullptr;
    check(host_->slice_label(run_, input, n, &text));
    return text;
  }
  Image read(int64_t n, int input = 0) const {
    sheaf_view view{};
    check(host_->read_slice(run_, input, n, &view));
    return Image(this, view);
  }
  // False where there is no region of interest.
  Image mask(int input = 0) const {
    sheaf_view view{};
    check(host_->read_mask(run_, input, &view));
    return Image(this, view);
  }
  void declare(int output, const sheaf_info &info) const { check(host_->declare_output(run_, output, &info)); }
  Output write(int64_t n, int output = 0) const {
    sheaf_view view{};
    check(host_->begin_slice(run_, output, n, &view));
    return Output(this, view);
  }

  bool wanted(const char *name) const { return host_->wanted(run_, name) != 0; }
  void column(const char *table, const char *name, std::span<const double> values) const {
    check(host_->column_f64(run_, table, name, values.data(), static_cast<int64_t>(values.size())));
  }
  void column(const char *table, const char *name, const std::vector<std::string> &values) const {
    std::vector<const char *> texts;
    texts.reserve(values.size());
    for (const auto &v : values) texts.push_back(v.c_str());
    check(host_->column_text(run_, table, name, texts.data(), static_cast<int64_t>(texts.size())));
  }
  void plot(const Json &json) const { check(host_->emit_json(run_, "plot", json.text().c_str())); }
  void roi(sheaf_roi roi) const {
    roi.size = sizeof roi;
    check(host_->emit_roi(run_, &roi));
  }

  void progress(double fraction, const char *text = nullptr) const { check(host_->progress(run_, fraction, text)); }
  bool cancelled() const { return host_->cancelled(run_) != 0; }
  // Leaves the operation if the user has stopped it.
  void check_cancelled() const {
    if (cancelled()) throw Stopped{SHEAF_CANCELLED};
  }
  int threads() const { return host_->threads(run_); }
  void reserve(int64_t bytes, const char *purpose) const { check(host_->reserve(run_, bytes, purpose)); }
  int64_t preview() const { return host_->preview(run_); }
  void log(int level, const std::string &message) const { host_->log(run_, level, message.c_str()); }

  // body(i) for i in [0, count) on the host's threads.
  template <class F>
  void parallel(int64_t count, F &&body) const {
    struct Context {
      const Run *run;
      std::remove_reference_t<F> *body;
    } context{this, &body};
    check(host_->parallel(
        run_, count,
        [](void *c, int64_t i) -> sheaf_status {
          auto *context = static_cast<Context *>(c);
          return guard(context->run->host_, context->run->run_, [&] { (*context->body)(i); });
        },
        &context));
  }

  const sheaf_host *host() const { return host_; }
  sheaf_run *handle() const { return run_; }

  static void check(sheaf_status status) {
    if (status != SHEAF_OK) throw Stopped{status};
  }

  // Runs f; turns whatever it throws into a status with a message.
  template <class F>
  static sheaf_status guard(const sheaf_host *host, sheaf_run *run, F &&f) noexcept {
    try {
      f();
      return SHEAF_OK;
    } catch (const Stopped &s) {
      return s.status;
    } catch (const Error &e) {
      return host->fail(run, e.status(), e.what());
    } catch (const std::bad_alloc &) {
      return host->fail(run, SHEAF_NO_MEMORY, "the machine has no memory left for this operation");
    } catch (const std::exception &e) {
      return host->fail(run, SHEAF_FAILED, e.what());
    } catch (...) {
      return host->fail(run, SHEAF_INTERNAL, "the plugin threw an exception of unknown type");
    }
  }

 private:
  template <class T, class F>
  T get(F getter, const char *key) const {
    T out{};
    check(getter(run_, key, &out));
    return out;
  }
  const sheaf_host *host_;
  sheaf_run *run_;
};

inline Image::~Image() {
  if (run_) run_->host()->release_slice(run_->handle(), &view_);
}
inline void Output::commit() { Run::check(run_->host()->end_slice(run_->handle(), &view_)); }

// ---- operations -----------------------------------------------------------------

// Wraps a class as shown at the top of this file into a sheaf_operation.
template <class Op>
class Operation {
 public:
  static constexpr bool per_slice = requires(Op &op, Run &run) { op.slice(run, int64_t{}); };

  static constexpr uint32_t flags() {
    if constexpr (requires { Op::flags; })
      return Op::flags;
    else
      return SHEAF_DETERMINISTIC;
  }

  static const sheaf_operation &table() {
    static const sheaf_operation operation = [] {
      sheaf_operation o{};
      o.size = sizeof o;
      o.flags = flags();
      o.id = Op::id;
      o.schema = Op::schema;
      o.open = &open;
      o.close = &close;
      if constexpr (per_slice)
        o.slice = &slice;
      else
        o.run = &run;
      if constexpr (requires(Op &op, Run &r) { op.finish(r); }) o.finish = &finish;
      return o;
    }();
    return operation;
  }

 private:
  static sheaf_status SHEAF_CALL open(const sheaf_host *host, sheaf_run *r, void **state) {
    return Run::guard(host, r, [&] {
      Run run(host, r);
      *state = new Op(run);
    });
  }
  static sheaf_status SHEAF_CALL slice(const sheaf_host *host, sheaf_run *r, void *state, int64_t n) {
    return Run::guard(host, r, [&] {
      Run run(host, r);
      if constexpr (per_slice) static_cast<Op *>(state)->slice(run, n);
    });
  }
  static sheaf_status SHEAF_CALL run(const sheaf_host *host, sheaf_run *r, void *state) {
    return Run::guard(host, r, [&] {
      Run run(host, r);
      if constexpr (!per_slice) static_cast<Op *>(state)->run(run);
    });
  }
  static sheaf_status SHEAF_CALL finish(const sheaf_host *host, sheaf_run *r, void *state) {
    return Run::guard(host, r, [&] {
      Run run(host, r);
      if constexpr (requires(Op &op, Run &x) { op.finish(x); }) static_cast<Op *>(state)->finish(run);
    });
  }
  static void SHEAF_CALL close(void *state) { delete static_cast<Op *>(state); }
};

template <class... Ops>
const sheaf_plugin *plugin(const char *id, const char *version, const char *vendor, const char *license) {
  static const sheaf_operation *const operations[] = {&Operation<Ops>::table()...};
  static const sheaf_plugin p = {sizeof(sheaf_plugin), SHEAF_MINOR, id, version, vendor, license,
                                 sizeof...(Ops),       0,           operations, nullptr};
  return &p;
}

}  // namespace sheaf

// The entry point of a plugin; the operations follow the licence.
#define SHEAF_PLUGIN(id, version, vendor, license, ...)                       \
  extern "C" SHEAF_EXPORT const sheaf_plugin *SHEAF_CALL sheaf_plugin_v1(void) { \
    return ::sheaf::plugin<__VA_ARGS__>(id, version, vendor, license);        \
  }
