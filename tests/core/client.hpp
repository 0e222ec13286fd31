// A client whose collections are in memory, and what it got from a run.
#pragma once

#include <atomic>
#include <catch2/catch.hpp>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "sheaf.h"

namespace testing {

using Json = nlohmann::ordered_json;

inline int bytes_of(sheaf_pixel pixel) { return pixel == SHEAF_U8 ? 1 : pixel == SHEAF_U16 ? 2 : 4; }

// Rows without padding.
using Pixels = std::vector<uint8_t>;

inline Pixels packed(const sheaf_view &view) {
  const size_t row = static_cast<size_t>(view.width) * bytes_of(view.pixel);
  Pixels pixels(row * view.height);
  for (int y = 0; y < view.height; y++)
    std::memcpy(&pixels[y * row], static_cast<const char *>(view.data) + y * view.row_bytes, row);
  return pixels;
}

template <class T>
std::vector<T> values(const Pixels &pixels) {
  std::vector<T> out(pixels.size() / sizeof(T));
  std::memcpy(out.data(), pixels.data(), out.size() * sizeof(T));
  return out;
}

struct Collection {
  sheaf_info info{};
  std::string unit;
  std::function<Pixels(int64_t n)> image;
  std::vector<std::string> labels;
  Pixels mask;  // empty: everything is inside
};

// Any bits for whole numbers; for float, numbers from 0 to 1.
inline Pixels noise(sheaf_pixel pixel, int width, int height, int64_t n) {
  const size_t count = static_cast<size_t>(width) * height;
  Pixels pixels(count * bytes_of(pixel));
  uint32_t state = 12345u + 7919u * static_cast<uint32_t>(n);
  for (size_t i = 0; i < count; i++) {
    state = state * 1664525u + 1013904223u;
    const uint32_t bits = state >> 8;
    const float real = static_cast<float>(bits) / 16777216.0f;
    if (pixel == SHEAF_F32) std::memcpy(&pixels[4 * i], &real, 4);
    else std::memcpy(&pixels[i * bytes_of(pixel)], &bits, bytes_of(pixel));
  }
  return pixels;
}

inline Collection collection(sheaf_pixel pixel, int width, int height, int64_t images) {
  Collection c;
  c.info.pixel = pixel;
  c.info.width = width;
  c.info.height = height;
  c.info.slices = c.info.depth = static_cast<int32_t>(images);
  c.info.channels = c.info.frames = 1;
  c.image = [=](int64_t n) { return noise(pixel, width, height, n); };
  return c;
}

struct Output {
  sheaf_info info{};
  std::string unit;
  std::map<int64_t, Pixels> images;
};

struct Column {
  std::string name;
  std::vector<double> numbers;
  std::vector<std::string> texts;
};

struct Roi {
  sheaf_roi roi{};
  std::vector<float> xy;
  std::vector<int32_t> ring_ends;
  std::string name;
};

class Client {
 public:
  Client() = default;
  explicit Client(Collection c) { inputs.push_back(std::move(c)); }

  std::vector<Collection> inputs;
  // What happens before a callback does its work; another status than SHEAF_OK is its answer.
  using Hook = std::function<sheaf_status(sheaf_run *, int64_t n)>;
  Hook on_info, on_label, on_read, on_mask, on_begin, on_write, on_column, on_roi, on_json;
  std::function<void(sheaf_run *, double)> on_progress;
  std::function<void()> on_log;
  std::function<bool(const std::string &)> wants = [](const std::string &) { return true; };
  bool keep_images = true;

  std::map<std::string, Output> outputs;
  std::vector<std::string> begun;
  std::map<std::string, std::vector<Column>> tables;
  std::vector<Roi> rois;
  std::vector<Json> plots;
  std::vector<std::pair<double, std::string>> progress;
  std::vector<std::pair<int, std::string>> logs;
  std::map<int64_t, int> reads;
  std::vector<int64_t> read_order;
  // What a callback was given that it must not be given, or "". (Catch's own
  // checks are for one thread.)
  std::string fault;

  const Column &column(const std::string &table, const std::string &name) const {
    for (const auto &c : tables.at(table))
      if (c.name == name) return c;
    throw std::out_of_range(table + "." + name);
  }

  sheaf_client table() {
    sheaf_client c{};
    c.size = sizeof c;
    c.context = this;
    c.inputs = static_cast<int32_t>(inputs.size());
    c.input_info = [](void *context, sheaf_run *run, int32_t input, sheaf_info *out) {
      Client &self = from(context);
      if (const auto s = ask(self.on_info, run, input)) return s;
      const Collection &in = self.inputs.at(input);
      const uint32_t size = out->size;
      self.expect(size == sizeof(sheaf_info), "input_info: size");
      *out = in.info;
      out->unit = in.unit.empty() ? nullptr : in.unit.c_str();
      return SHEAF_OK;
    };
    c.slice_label = [](void *context, sheaf_run *run, int32_t input, int64_t n, char *text, int32_t capacity) {
      Client &self = from(context);
      if (const auto s = ask(self.on_label, run, n)) return s;
      const auto &labels = self.inputs.at(input).labels;
      if (!labels.empty()) std::strncpy(text, labels.at(n).c_str(), capacity);
      return SHEAF_OK;
    };
    c.read_slice = [](void *context, sheaf_run *run, int32_t input, int64_t n, const sheaf_view *into) {
      Client &self = from(context);
      self.reads[n]++;
      self.read_order.push_back(n);
      if (const auto s = ask(self.on_read, run, n)) return s;
      const Pixels pixels = self.inputs.at(input).image(n);
      const size_t row = static_cast<size_t>(into->width) * bytes_of(into->pixel);
      for (int y = 0; y < into->height; y++)
        std::memcpy(static_cast<char *>(into->data) + y * into->row_bytes, &pixels[y * row], row);
      return SHEAF_OK;
    };
    c.read_mask = [](void *context, sheaf_run *run, int32_t input, const sheaf_view *into, int32_t *restricted) {
      Client &self = from(context);
      if (const auto s = ask(self.on_mask, run, input)) return s;
      const Pixels &mask = self.inputs.at(input).mask;
      if (mask.empty()) return SHEAF_OK;
      for (int y = 0; y < into->height; y++)
        std::memcpy(static_cast<char *>(into->data) + y * into->row_bytes, &mask[static_cast<size_t>(y) * into->width],
                    into->width);
      *restricted = 1;
      return SHEAF_OK;
    };
    c.wanted = [](void *context, sheaf_run *, const char *name) -> int32_t { return from(context).wants(name); };
    c.output_begin = [](void *context, sheaf_run *run, int32_t output, const char *name, const sheaf_info *info) {
      Client &self = from(context);
      if (const auto s = ask(self.on_begin, run, output)) return s;
      self.expect(info->size == sizeof *info, "output_begin: size");
      Output &out = self.outputs[name];
      out.info = *info;
      out.unit = info->unit ? info->unit : "";
      self.begun.push_back(name);
      self.names_[output] = name;
      return SHEAF_OK;
    };
    c.write_slice = [](void *context, sheaf_run *run, int32_t output, int64_t n, const sheaf_view *view) {
      Client &self = from(context);
      if (const auto s = ask(self.on_write, run, n)) return s;
      self.outputs.at(self.names_.at(output)).images[n] = self.keep_images ? packed(*view) : Pixels{};
      return SHEAF_OK;
    };
    c.column = [](void *context, sheaf_run *run, const char *table, const char *column, const double *numbers,
                  const char *const *texts, int64_t count) {
      Client &self = from(context);
      if (const auto s = ask(self.on_column, run, count)) return s;
      self.expect((numbers == nullptr) != (texts == nullptr), "column: numbers and texts");
      Column c{column, {}, {}};
      if (numbers) c.numbers.assign(numbers, numbers + count);
      if (texts) c.texts.assign(texts, texts + count);
      self.tables[table].push_back(std::move(c));
      return SHEAF_OK;
    };
    c.roi = [](void *context, sheaf_run *run, const sheaf_roi *roi) {
      Client &self = from(context);
      if (const auto s = ask(self.on_roi, run, roi->slice)) return s;
      Roi r{*roi, {roi->xy, roi->xy + 2 * roi->points}, {}, roi->name ? roi->name : ""};
      r.ring_ends.assign(roi->ring_ends, roi->ring_ends + roi->rings);
      self.rois.push_back(std::move(r));
      return SHEAF_OK;
    };
    c.json = [](void *context, sheaf_run *run, const char *kind, const char *json) {
      Client &self = from(context);
      if (const auto s = ask(self.on_json, run, 0)) return s;
      self.expect(std::string(kind) == "plot", "json: kind");
      self.plots.push_back(Json::parse(json));
      return SHEAF_OK;
    };
    c.progress = [](void *context, sheaf_run *run, double fraction, const char *text) {
      Client &self = from(context);
      self.progress.emplace_back(fraction, text);
      if (self.on_progress) self.on_progress(run, fraction);
    };
    c.log = [](void *context, sheaf_run *, int32_t level, const char *message) {
      Client &self = from(context);
      self.logs.emplace_back(level, message);
      if (self.on_log) self.on_log();
    };
    return c;
  }

  void expect_thread(std::thread::id id) { thread_ = id; }

 private:
  static Client &from(void *context) {
    auto &self = *static_cast<Client *>(context);
    self.expect(std::this_thread::get_id() == self.thread_, "a callback on a foreign thread");
    return self;
  }
  void expect(bool holds, const char *what) {
    if (!holds) fault = what;
  }
  static sheaf_status ask(const Hook &hook, sheaf_run *run, int64_t n) { return hook ? hook(run, n) : SHEAF_OK; }

  std::map<int32_t, std::string> names_;
  std::thread::id thread_ = std::this_thread::get_id();
};

// A session that knows only the libraries it is given.
class Session {
 public:
  explicit Session(int threads = 4, int64_t memory = 0, int64_t cache = 0) {
    const sheaf_options o = options(threads, memory, cache);
    REQUIRE(sheaf_session_create(&o, &session_) == SHEAF_OK);
  }
  ~Session() { sheaf_session_destroy(session_); }
  Session(const Session &) = delete;
  Session &operator=(const Session &) = delete;

  static sheaf_options options(int threads, int64_t memory = 0, int64_t cache = 0) {
    sheaf_options o{};
    o.size = sizeof o;
    o.flags = SHEAF_NO_DEFAULT_PLUGINS;
    o.threads = threads;
    o.memory_bytes = memory;
    o.cache_bytes = cache;
    return o;
  }

  // Loads a library of this folder's plugins/.
  Session &with(const std::string &fixture) {
    CHECK(sheaf_session_load(session_, (std::string(SHEAF_FIXTURES "/") + fixture + ".so").c_str()) == SHEAF_OK);
    return *this;
  }
  Json plugins() const { return Json::parse(sheaf_session_plugins(session_)); }
  Json state() const { return Json::parse(sheaf_session_state(session_)); }
  operator sheaf_session *() const { return session_; }

 private:
  sheaf_session *session_ = nullptr;
};

class Run {
 public:
  Run(sheaf_session *session, const std::string &operation, Client &client, const std::string &params = "") {
    client.expect_thread(std::this_thread::get_id());
    const sheaf_client table = client.table();
    created = sheaf_run_create(session, operation.c_str(), params.c_str(), &table, &run_);
  }
  ~Run() { sheaf_run_destroy(run_); }
  Run(const Run &) = delete;
  Run &operator=(const Run &) = delete;

  sheaf_status execute() { return created == SHEAF_OK ? sheaf_run_execute(run_) : created; }
  std::string message() const { return sheaf_run_message(run_); }
  operator sheaf_run *() const { return run_; }

  sheaf_status created = SHEAF_INTERNAL;

 private:
  sheaf_run *run_ = nullptr;
};

// How a run ended: "ok", or its status and message.
inline std::string outcome(sheaf_session *session, const std::string &operation, Client &client,
                           const std::string &params = "") {
  Run run(session, operation, client, params);
  const sheaf_status status = run.execute();
  CHECK(client.fault == "");
  if (status == SHEAF_OK) return "ok";
  return std::string(sheaf_status_name(status)) + ": " + run.message();
}

}  // namespace testing
