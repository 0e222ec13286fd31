// Images of a run: pinned for the plugin, read from and written to the client.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "error.hpp"
#include "run.hpp"
#include "text.hpp"

namespace sheaf::core {
namespace {

int64_t row_bytes(int32_t width, sheaf_pixel pixel) { return (int64_t{width} * pixel_bytes(pixel) + 63) / 64 * 64; }

// No budget reaches the largest number, which stands for all that overflows.
int64_t image_bytes(const sheaf_info &info) {
  int64_t bytes = 0;
  const bool overflow = __builtin_mul_overflow(row_bytes(info.width, info.pixel), info.height, &bytes);
  return overflow ? INT64_MAX : bytes;
}

sheaf_view view_of(const sheaf_info &info, void *data) {
  return {data, row_bytes(info.width, info.pixel), info.width, info.height, info.pixel, 0};
}

constexpr int largest_label = 1 << 24;  // all whole numbers up to it are 32-bit floats

// Turns a row of values into labels where it lies: from its end, as a label has at least as many bytes as a value.
// The position of the first value met that is no label; -1 = all are.
template <class T>
int32_t widen(uint8_t *row, int32_t width, double scale, double offset, double &value) {
  for (int32_t x = width - 1; x >= 0; x--) {
    T v;
    std::memcpy(&v, row + x * sizeof v, sizeof v);
    value = static_cast<double>(v) * scale + offset;
    if (!(value >= 0 && value <= largest_label && value == std::floor(value))) return x;
    const auto label = static_cast<uint32_t>(value);
    std::memcpy(row + x * sizeof label, &label, sizeof label);
  }
  return -1;
}

// What is wrong with the labels that `view` holds as values of the type that was given; "" = they are labels now.
std::string become_labels(const sheaf_view &view, const sheaf_info &given) {
  const bool calibrated = given.flags & SHEAF_VALUES_CALIBRATED;
  const double scale = calibrated ? given.value_scale : 1, offset = calibrated ? given.value_offset : 0;
  double value = 0;
  for (int32_t y = 0; y < view.height; y++) {
    auto *row = static_cast<uint8_t *>(view.data) + y * view.row_bytes;
    const int32_t x = given.pixel == SHEAF_U8    ? widen<uint8_t>(row, view.width, scale, offset, value)
                      : given.pixel == SHEAF_U16 ? widen<uint16_t>(row, view.width, scale, offset, value)
                                                 : widen<float>(row, view.width, scale, offset, value);
    if (x >= 0)
      return "the value " + (std::isnan(value) ? "NaN" : to_text(value)) + " at " + std::to_string(x) + "," +
             std::to_string(y) + " is no label; accepted: whole numbers from 0 to " + std::to_string(largest_label);
  }
  return "";
}

}  // namespace

Run::Input &Run::input(int32_t index) {
  const auto &specs = operation_.schema.inputs();
  if (index >= static_cast<int32_t>(inputs_.size()) && index < static_cast<int32_t>(specs.size()))
    throw Error(SHEAF_INVALID, specs[index].name + ": this input is needed here, but was not given");
  if (index < 0 || index >= static_cast<int32_t>(inputs_.size()))
    throw Error(SHEAF_INVALID,
                "input " + std::to_string(index) + " was asked for, there are " + std::to_string(inputs_.size()));
  return inputs_[index];
}

Run::Output &Run::output(int32_t index) {
  if (index < 0 || index >= static_cast<int32_t>(outputs_.size()))
    throw Error(SHEAF_INTERNAL, "output " + std::to_string(index) + " was asked for, the schema declares " +
                                    std::to_string(outputs_.size()));
  return outputs_[index];
}

void Run::require_image(int64_t n, int64_t count, const char *what) const {
  if (n < 0 || n >= count)
    throw Error(SHEAF_INVALID, std::string(what) + ": image " + std::to_string(n + 1) + " was asked for, there are " +
                                   std::to_string(count));
}

const sheaf_info &Run::input_info(int32_t index) const {
  return const_cast<Run *>(this)->input(index).info;  // only the lookup is shared
}

const char *Run::slice_label(int32_t index, int64_t n) {
  frame("slice_label");
  Input &in = input(index);
  require_image(n, in.info.slices, "slice_label");
  const char *text = nullptr;
  client_call([&]() -> sheaf_status {
    auto [label, fresh] = in.labels.try_emplace(n);
    if (fresh) {
      char buffer[1024] = "";
      if (client_.slice_label) {
        const sheaf_status status = client_.slice_label(client_.context, handle_, index, n, buffer, sizeof buffer);
        if (status != SHEAF_OK) return status;
      }
      buffer[sizeof buffer - 1] = 0;
      label->second = *buffer ? buffer : std::to_string(n + 1);
    }
    text = label->second.c_str();
    return SHEAF_OK;
  });
  return text;
}

// The pinned buffer with image n. On any thread.
Buffer *Run::load(int32_t index, int64_t n) {
  Memory &memory = session_.memory();
  const ImageKey key{id_, index, n};
  if (Buffer *buffer = memory.find(key)) return buffer;
  Buffer *loaded = nullptr;
  client_call([&]() -> sheaf_status {
    loaded = memory.find(key);  // another thread's request may have come first
    if (loaded) return SHEAF_OK;
    const sheaf_info &info = inputs_[index].info, &given = inputs_[index].given;
    const std::string image = operation_.schema.inputs()[index].name + ": image " + std::to_string(n + 1);
    Buffer *buffer = memory.acquire(image_bytes(info));
    sheaf_status status = SHEAF_INTERNAL;
    try {
      sheaf_view view = view_of(info, buffer->data);
      view.pixel = given.pixel;
      if (client_.read_slice) status = client_.read_slice(client_.context, handle_, index, n, &view);
      if (status == SHEAF_OK && given.pixel != info.pixel) {
        const std::string problem = become_labels(view, given);
        if (!problem.empty()) record(status = SHEAF_INVALID, image + ": " + problem);
      }
      if (status == SHEAF_OK) memory.publish(buffer, key);
    } catch (...) {
      memory.release(buffer);
      throw;
    }
    if (status != SHEAF_OK) {
      memory.release(buffer);
      record(status, image + " could not be read");
      return status;
    }
    loaded = buffer;
    return SHEAF_OK;
  });
  return loaded;
}

sheaf_view Run::read_slice(int32_t index, int64_t n) {
  const Frame &here = frame("read_slice");
  stop_if_cancelled();
  Input &in = input(index);
  require_image(n, in.info.slices, operation_.schema.inputs()[index].name.c_str());
  Buffer *buffer = load(index, n);
  const sheaf_view view = view_of(in.info, buffer->data);
  const std::lock_guard lock(here.scope->mutex);
  here.scope->pins.push_back({buffer, Pin::Kind::input, 0, n, view});
  return view;
}

// Reads the image behind the next ones to be computed while this thread has
// nothing better to do. True if it did.
bool Run::prefetch(int64_t &position, int64_t next, int64_t count) {
  const int64_t ahead = 1 + pool_->size();
  double bytes = 0;
  for (const auto &in : inputs_) bytes += static_cast<double>(image_bytes(in.info));
  if (cancelled_ || bytes * static_cast<double>(ahead + 1) > static_cast<double>(session_.memory().cache()))
    return false;
  position = std::max(position, next);
  if (position >= std::min(count, next + ahead)) return false;
  const sheaf_status status = guarded([&] {
    for (int32_t i = 0; i < static_cast<int32_t>(inputs_.size()); i++)
      if (position < inputs_[i].info.slices) session_.memory().release(load(i, position));
  });
  // whoever needs the image will meet the failure again and report it
  position = status == SHEAF_OK ? position + 1 : count;
  return status == SHEAF_OK;
}

sheaf_view Run::read_mask(int32_t index) {
  frame("read_mask");
  Input &in = input(index);
  sheaf_info info = in.info;
  info.pixel = SHEAF_U8;
  client_call([&]() -> sheaf_status {
    if (in.mask_known) return SHEAF_OK;
    if (client_.read_mask && operation_.schema.inputs()[index].roi) {
      Buffer *buffer = session_.memory().acquire(image_bytes(info));
      const sheaf_view view = view_of(info, buffer->data);
      int32_t restricted = 0;
      sheaf_status status = SHEAF_INTERNAL;
      try {
        status = client_.read_mask(client_.context, handle_, index, &view, &restricted);
      } catch (...) {
        session_.memory().release(buffer);
        throw;
      }
      if (status != SHEAF_OK || !restricted) {
        session_.memory().release(buffer);
        if (status != SHEAF_OK) record(status, "the region of interest could not be read");
        if (status != SHEAF_OK) return status;
      } else {
        const std::lock_guard lock(mask_mutex_);
        in.mask = buffer;  // pinned until the run is destroyed
      }
    }
    in.mask_known = true;
    return SHEAF_OK;
  });
  if (!in.mask) return {nullptr, 0, info.width, info.height, SHEAF_U8, 0};
  return view_of(info, in.mask->data);
}

void Run::release_view(const sheaf_view &view) {
  if (!view.data) return;
  const Frame &here = frame("release_slice");
  {
    const std::lock_guard lock(mask_mutex_);
    for (const auto &in : inputs_)
      if (in.mask && in.mask->data == view.data) return;
  }
  const std::lock_guard lock(here.scope->mutex);
  auto &pins = here.scope->pins;
  const auto pin = std::find_if(pins.begin(), pins.end(), [&](const Pin &p) { return p.view.data == view.data; });
  if (pin == pins.end())
    throw Error(SHEAF_INTERNAL, "release_slice: this view is not pinned, or was given back before");
  release(*pin);
  pins.erase(pin);
}

void Run::release(const Pin &pin) { session_.memory().release(pin.buffer, keep_); }

void Run::release_scope(Scope &scope) {
  const std::lock_guard lock(scope.mutex);
  for (const auto &pin : scope.pins) release(pin);
  scope.pins.clear();
}

// ---- images out -------------------------------------------------------------------

void Run::declare_output(int32_t index, const sheaf_info &given) {
  frame("declare_output");
  Output &out = output(index);
  const OutputSpec &spec = operation_.schema.outputs()[index];
  sheaf_info info{};
  std::memcpy(&info, &given, std::min<size_t>(given.size, sizeof info));
  info.size = sizeof info;
  const std::string name = "declare_output: " + spec.name;
  if (info.width <= 0 || info.height <= 0 || info.slices <= 0 || pixel_bytes(info.pixel) == 0)
    throw Error(SHEAF_INTERNAL, name + ": size, number of images or pixel type is missing");
  if (spec.pixel != 0 && info.pixel != spec.pixel)
    throw Error(SHEAF_INTERNAL,
                name + ": declared as " + pixel_name(info.pixel) + ", the schema says " + pixel_name(spec.pixel));
  if (!spec.any_count && info.slices != inputs_[spec.like].info.slices)
    throw Error(SHEAF_INTERNAL,
                name + ": " + std::to_string(info.slices) + " images, the schema says as many as the input");
  if (!hyperstack_fits(info))
    throw Error(SHEAF_INTERNAL, name + ": channels x depth x frames is not the number of images");
  {
    const std::lock_guard lock(output_mutex_);
    if (out.declared || out.declaring) throw Error(SHEAF_INTERNAL, name + ": declared twice");
    out.declaring = true;
  }
  announce(index, info);
}

// Sets up an output and tells the client of it, unless that was done before.
// output_mutex_ must not be held: the run's thread may be waiting for it.
void Run::announce(int32_t index, const sheaf_info &info) {
  client_call([&]() -> sheaf_status {  // all of them on one thread, one after the other
    Output &out = outputs_[index];
    const std::string &name = operation_.schema.outputs()[index].name;
    if (out.declared) return SHEAF_OK;
    out.info = info;
    out.unit = info.unit ? info.unit : "";
    out.info.unit = out.unit.c_str();
    out.wanted = wanted(name);
    if (out.wanted && client_.output_begin) {
      const sheaf_status status = client_.output_begin(client_.context, handle_, index, name.c_str(), &out.info);
      if (status != SHEAF_OK) record(status, "output " + name + " could not be created");
      if (status != SHEAF_OK) return status;
    }
    const std::lock_guard lock(output_mutex_);
    out.begun.assign(out.info.slices, false);
    out.ended.assign(out.info.slices, false);
    out.declared = true;
    return SHEAF_OK;
  });
}

sheaf_view Run::begin_slice(int32_t index, int64_t n) {
  const Frame &here = frame("begin_slice");
  stop_if_cancelled();
  Output &out = output(index);
  const OutputSpec &spec = operation_.schema.outputs()[index];
  bool declared = false;
  {
    const std::lock_guard lock(output_mutex_);
    declared = out.declared;
  }
  if (!declared) {
    if (spec.any_count) throw Error(SHEAF_INTERNAL, "begin_slice: output " + spec.name + " was not declared");
    sheaf_info info = inputs_[spec.like].info;
    if (spec.pixel != 0 && spec.pixel != info.pixel) {
      info.pixel = spec.pixel;
      info.flags &= ~SHEAF_VALUES_CALIBRATED;
    }
    announce(index, info);
  }
  {
    const std::lock_guard lock(output_mutex_);
    if (n < 0 || n >= out.info.slices)
      throw Error(SHEAF_INTERNAL, "begin_slice: image " + std::to_string(n + 1) + " of output " + spec.name +
                                      ", which has " + std::to_string(out.info.slices));
    if (out.begun[n])
      throw Error(SHEAF_INTERNAL,
                  "begin_slice: image " + std::to_string(n + 1) + " of output " + spec.name + " was begun before");
    out.begun[n] = true;
  }
  Buffer *buffer = nullptr;
  try {
    buffer = session_.memory().acquire(image_bytes(out.info));
  } catch (...) {
    const std::lock_guard lock(output_mutex_);
    out.begun[n] = false;
    throw;
  }
  const sheaf_view view = view_of(out.info, buffer->data);
  const std::lock_guard lock(here.scope->mutex);
  here.scope->pins.push_back({buffer, Pin::Kind::output, index, n, view});
  return view;
}

void Run::end_slice(const sheaf_view &view) {
  const Frame &here = frame("end_slice");
  stop_if_cancelled();
  Pin pin{};
  {
    const std::lock_guard lock(here.scope->mutex);
    auto &pins = here.scope->pins;
    const auto found = std::find_if(pins.begin(), pins.end(), [&](const Pin &p) {
      return p.view.data == view.data && p.kind == Pin::Kind::output;
    });
    if (!view.data || found == pins.end())
      throw Error(SHEAF_INTERNAL, "end_slice: this view is not from begin_slice, or was ended before");
    pin = *found;
    pins.erase(found);
  }
  const auto write_and_release = [this, pin] {
    const sheaf_status status = guarded([&] { write(pin.output, pin.n, pin.view); });
    session_.memory().release(pin.buffer);
    if (status != SHEAF_OK) write_failure_ = status;
  };
  // a worker goes on computing while the run's thread writes
  if (std::this_thread::get_id() == thread_) write_and_release();
  else mailbox_.post(write_and_release, 2 * pool_->size());
  if (write_failure_ != SHEAF_OK) throw Stop{write_failure_};
}

void Run::write(int32_t index, int64_t n, const sheaf_view &view) {
  Output &out = outputs_[index];
  if (out.wanted && !cancelled_) {
    client_calls_++;
    const sheaf_status status = client_.write_slice(client_.context, handle_, index, n, &view);
    if (status == SHEAF_CANCELLED) cancelled_ = true;
    if (status != SHEAF_OK) {
      record(status, "image " + std::to_string(n + 1) + " of " + operation_.schema.outputs()[index].name +
                         " could not be written");
      throw Stop{status};
    }
  }
  const std::lock_guard lock(output_mutex_);
  out.ended[n] = true;
}

void Run::check_outputs() const {
  for (size_t i = 0; i < outputs_.size(); i++) {
    const OutputSpec &spec = operation_.schema.outputs()[i];
    if (!outputs_[i].declared && !spec.optional && wanted(spec.name))
      throw Error(SHEAF_INTERNAL, "the operation left output " + spec.name + " unwritten");
    const auto missing = std::find(outputs_[i].ended.begin(), outputs_[i].ended.end(), false);
    if (missing != outputs_[i].ended.end())
      throw Error(SHEAF_INTERNAL, "the operation left image " +
                                      std::to_string(missing - outputs_[i].ended.begin() + 1) + " of output " +
                                      spec.name + " unwritten");
  }
}

}  // namespace sheaf::core
