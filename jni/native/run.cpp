// sheaf.Run: the native methods and the callbacks into sheaf.Client.
//
// The core calls back only on the thread that is inside create, execute or
// preview, so that call's JNIEnv serves all callbacks. A callback that throws
// ends the run with the exception's text.
#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

#include "bridge.hpp"
#include "sheaf_Run.h"

namespace {

using sheaf::bridge::ids;
using sheaf::bridge::LocalFrame;
using sheaf::bridge::throw_status;
using sheaf::bridge::to_java;
using sheaf::bridge::to_utf8;

// The largest label that a float shows exactly.
constexpr uint32_t largest_float_label = 1u << 24;

struct BridgeRun {
  JNIEnv *env = nullptr;
  jobject client = nullptr;  // global reference
  sheaf_run *run = nullptr;
  std::string unit;  // of the input described last; the core copies it
};

BridgeRun &run_of(jlong handle) { return *reinterpret_cast<BridgeRun *>(handle); }

// Hands the pending exception to the run as the reason of a failure.
sheaf_status failed(BridgeRun &b, sheaf_run *run) {
  JNIEnv *env = b.env;
  const jthrowable thrown = env->ExceptionOccurred();
  env->ExceptionClear();
  const sheaf_status status = env->CallIntMethod(b.client, ids.failed, thrown);
  jstring text = nullptr;
  if (!env->ExceptionCheck()) text = static_cast<jstring>(env->CallObjectMethod(b.client, ids.failure_text));
  if (env->ExceptionCheck()) {  // not even the reason can be told: the heap is full
    env->ExceptionClear();
    return sheaf_run_fail(run, SHEAF_NO_MEMORY, "Java has no memory left");
  }
  return sheaf_run_fail(run, status, to_utf8(env, text).c_str());
}

// Runs f, which calls Java once or more; a pending exception becomes a failure.
template <class F>
sheaf_status upcall(void *context, sheaf_run *run, F &&f) {
  auto &b = *static_cast<BridgeRun *>(context);
  const LocalFrame frame(b.env);
  if (!frame) return failed(b, run);
  try {
    const sheaf_status status = f(b, b.env);
    return b.env->ExceptionCheck() ? failed(b, run) : status;
  } catch (const std::bad_alloc &) {
    return sheaf_run_fail(run, SHEAF_NO_MEMORY, "the machine has no memory left");
  }
}

// ---- pixels ----------------------------------------------------------------------

// The most that one ByteBuffer is made for, whose positions are 32-bit.
constexpr int64_t buffer_bytes = 1 << 30;

// Has sheaf.Pixels copy between an array and a view, in one piece if the rows lie closely behind one another. False
// with an exception pending.
bool copy_pixels(JNIEnv *env, jmethodID direction, jobject array, const sheaf_view &view, int64_t pixel_bytes) {
  const auto copy = [&](int64_t offset, int64_t start, int64_t width, int64_t rows) {
    const int64_t bytes = (rows - 1) * view.row_bytes + width * pixel_bytes;
    const jobject memory = env->NewDirectByteBuffer(static_cast<char *>(view.data) + offset, bytes);
    if (!memory) return false;
    env->CallStaticVoidMethod(ids.pixels, direction, array, static_cast<jint>(start), memory, static_cast<jint>(width),
                              static_cast<jint>(rows), static_cast<jint>(rows > 1 ? view.row_bytes : 0));
    env->DeleteLocalRef(memory);
    return !env->ExceptionCheck();
  };
  const int64_t row = view.width * pixel_bytes;
  if (view.row_bytes == row || row > buffer_bytes) {  // as lines of pixels
    const bool dense = view.row_bytes == row;
    const int64_t lines = dense ? 1 : view.height, length = dense ? int64_t{view.width} * view.height : view.width;
    const int64_t piece = buffer_bytes / pixel_bytes;
    for (int64_t y = 0; y < lines; y++)
      for (int64_t x = 0; x < length; x += piece)
        if (!copy(y * view.row_bytes + x * pixel_bytes, y * length + x, std::min(piece, length - x), 1)) return false;
    return true;
  }
  const int64_t band = std::max<int64_t>(buffer_bytes / view.row_bytes, 1);
  for (int64_t y = 0; y < view.height; y += band)
    if (!copy(y * view.row_bytes, y * view.width, view.width, std::min(band, view.height - y))) return false;
  return true;
}

// Labels narrowed to T, one row at a time.
template <class T, class Array, class Element>
jobject set_labels(JNIEnv *env, Array (JNIEnv::*create)(jsize),
                   void (JNIEnv::*set)(Array, jsize, jsize, const Element *), const sheaf_view &from) {
  const Array pixels = (env->*create)(from.width * from.height);
  if (!pixels) return nullptr;
  const auto row = std::make_unique<Element[]>(static_cast<size_t>(from.width));
  for (jsize y = 0; y < from.height; y++) {
    const auto *labels = reinterpret_cast<const uint32_t *>(static_cast<const char *>(from.data) + y * from.row_bytes);
    std::transform(labels, labels + from.width, row.get(),
                   [](uint32_t v) { return static_cast<Element>(static_cast<T>(v)); });
    (env->*set)(pixels, y * from.width, from.width, row.get());
  }
  return pixels;
}

uint32_t largest_label(const sheaf_view &view) {
  uint32_t largest = 0;
  for (int32_t y = 0; y < view.height; y++) {
    const auto *labels = reinterpret_cast<const uint32_t *>(static_cast<const char *>(view.data) + y * view.row_bytes);
    for (int32_t x = 0; x < view.width; x++) largest = std::max(largest, labels[x]);
  }
  return largest;
}

// Whether `array` is of that type and holds one element for each pixel.
bool fits(JNIEnv *env, jobject array, jclass type, const sheaf_view &view) {
  return array && env->IsInstanceOf(array, type) &&
         env->GetArrayLength(static_cast<jarray>(array)) == int64_t{view.width} * view.height;
}

// Labels as a new Java array, or null with an exception pending.
jobject to_java_labels(JNIEnv *env, const sheaf_view &from, uint32_t largest) {
  if (largest <= 65535) return set_labels<uint16_t>(env, &JNIEnv::NewShortArray, &JNIEnv::SetShortArrayRegion, from);
  if (largest <= largest_float_label)
    return set_labels<float>(env, &JNIEnv::NewFloatArray, &JNIEnv::SetFloatArrayRegion, from);
  throw_status(env, SHEAF_UNSUPPORTED,
               ("labels: there is a label " + std::to_string(largest) + ", ImageJ can show labels up to " +
                std::to_string(largest_float_label))
                   .c_str());
  return nullptr;
}

// Fills a Java array with the image; false if it is not of the right type or length.
bool to_java_pixels(JNIEnv *env, jobject array, const sheaf_view &from) {
  if (from.pixel == SHEAF_U8 && fits(env, array, ids.bytes, from))
    return copy_pixels(env, ids.from_core, array, from, 1);
  else if (from.pixel == SHEAF_U16 && fits(env, array, ids.shorts, from))
    return copy_pixels(env, ids.from_core, array, from, 2);
  else if (from.pixel == SHEAF_F32 && fits(env, array, ids.floats, from))
    return copy_pixels(env, ids.from_core, array, from, 4);
  else if (from.pixel == SHEAF_RGB && fits(env, array, ids.ints, from))
    return copy_pixels(env, ids.from_core, array, from, 4);
  else return false;
  return true;
}

// Fills `into` from a Java array; false if it is not of the right type or length.
bool from_java_pixels(JNIEnv *env, jobject array, const sheaf_view &into) {
  const auto fits = [&](jclass type) { return ::fits(env, array, type, into); };
  if (into.pixel == SHEAF_U8 && fits(ids.bytes)) return copy_pixels(env, ids.to_core, array, into, 1);
  else if (into.pixel == SHEAF_U16 && fits(ids.shorts)) return copy_pixels(env, ids.to_core, array, into, 2);
  else if (into.pixel == SHEAF_F32 && fits(ids.floats)) return copy_pixels(env, ids.to_core, array, into, 4);
  else if (into.pixel == SHEAF_RGB && fits(ids.ints)) return copy_pixels(env, ids.to_core, array, into, 4);
  else return false;
  return true;
}

jobject to_java_info(JNIEnv *env, const sheaf_info &info) {
  const jobject out = env->NewObject(ids.info, ids.info_init);
  if (!out) return nullptr;
  env->SetIntField(out, ids.pixel, static_cast<jint>(info.pixel));
  env->SetIntField(out, ids.width, info.width);
  env->SetIntField(out, ids.height, info.height);
  env->SetLongField(out, ids.slices, info.slices);
  env->SetIntField(out, ids.channels, info.channels);
  env->SetIntField(out, ids.depth, info.depth);
  env->SetIntField(out, ids.frames, info.frames);
  env->SetIntField(out, ids.flags, static_cast<jint>(info.flags));
  env->SetDoubleField(out, ids.spacing_x, info.spacing[0]);
  env->SetDoubleField(out, ids.spacing_y, info.spacing[1]);
  env->SetDoubleField(out, ids.spacing_z, info.spacing[2]);
  env->SetDoubleField(out, ids.interval, info.interval);
  if (info.unit) env->SetObjectField(out, ids.unit, to_java(env, info.unit));
  env->SetDoubleField(out, ids.value_offset, info.value_offset);
  env->SetDoubleField(out, ids.value_scale, info.value_scale);
  return out;
}

// ---- callbacks --------------------------------------------------------------------

sheaf_status SHEAF_CALL input_info(void *context, sheaf_run *run, int32_t input, sheaf_info *out) {
  return upcall(context, run, [&](BridgeRun &b, JNIEnv *env) -> sheaf_status {
    const jobject info = env->CallObjectMethod(b.client, ids.input_info, input);
    if (env->ExceptionCheck()) return SHEAF_INTERNAL;
    out->pixel = static_cast<sheaf_pixel>(env->GetIntField(info, ids.pixel));
    out->width = env->GetIntField(info, ids.width);
    out->height = env->GetIntField(info, ids.height);
    out->slices = env->GetLongField(info, ids.slices);
    out->channels = env->GetIntField(info, ids.channels);
    out->depth = env->GetIntField(info, ids.depth);
    out->frames = env->GetIntField(info, ids.frames);
    out->flags = static_cast<uint32_t>(env->GetIntField(info, ids.flags));
    out->spacing[0] = env->GetDoubleField(info, ids.spacing_x);
    out->spacing[1] = env->GetDoubleField(info, ids.spacing_y);
    out->spacing[2] = env->GetDoubleField(info, ids.spacing_z);
    out->interval = env->GetDoubleField(info, ids.interval);
    b.unit = to_utf8(env, static_cast<jstring>(env->GetObjectField(info, ids.unit)));
    out->unit = b.unit.empty() ? nullptr : b.unit.c_str();
    out->value_offset = env->GetDoubleField(info, ids.value_offset);
    out->value_scale = env->GetDoubleField(info, ids.value_scale);
    return SHEAF_OK;
  });
}

sheaf_status SHEAF_CALL slice_label(void *context, sheaf_run *run, int32_t input, int64_t n, char *text,
                                    int32_t capacity) {
  return upcall(context, run, [&](BridgeRun &b, JNIEnv *env) -> sheaf_status {
    auto *label = static_cast<jstring>(env->CallObjectMethod(b.client, ids.slice_label, input, static_cast<jlong>(n)));
    if (env->ExceptionCheck()) return SHEAF_INTERNAL;
    std::string utf8 = to_utf8(env, label);
    if (utf8.size() >= static_cast<size_t>(capacity)) {
      size_t end = static_cast<size_t>(capacity) - 1;
      while (end > 0 && (utf8[end] & 0xc0) == 0x80) end--;  // never half a character
      utf8.resize(end);
    }
    std::memcpy(text, utf8.c_str(), utf8.size() + 1);
    return SHEAF_OK;
  });
}

sheaf_status SHEAF_CALL read_slice(void *context, sheaf_run *run, int32_t input, int64_t n, const sheaf_view *into) {
  return upcall(context, run, [&](BridgeRun &b, JNIEnv *env) -> sheaf_status {
    const jobject pixels = env->CallObjectMethod(b.client, ids.read_slice, input, static_cast<jlong>(n));
    if (env->ExceptionCheck()) return SHEAF_IO;
    if (from_java_pixels(env, pixels, *into)) return SHEAF_OK;
    if (env->ExceptionCheck()) return SHEAF_INVALID;
    return sheaf_run_fail(run, SHEAF_INTERNAL, "the bridge gave pixels of another type or number than it announced");
  });
}

sheaf_status SHEAF_CALL read_mask(void *context, sheaf_run *run, int32_t input, const sheaf_view *into,
                                  int32_t *restricted) {
  return upcall(context, run, [&](BridgeRun &b, JNIEnv *env) -> sheaf_status {
    const jobject mask = env->CallObjectMethod(b.client, ids.read_mask, input);
    if (env->ExceptionCheck()) return SHEAF_INVALID;
    if (!mask) return SHEAF_OK;
    if (!from_java_pixels(env, mask, *into))
      return sheaf_run_fail(run, SHEAF_INTERNAL, "the bridge gave a mask of another size than the image");
    *restricted = 1;
    return SHEAF_OK;
  });
}

int32_t SHEAF_CALL wanted(void *context, sheaf_run *run, const char *name) {
  int32_t answer = 0;
  upcall(context, run, [&](BridgeRun &b, JNIEnv *env) -> sheaf_status {
    const jstring text = to_java(env, name);
    if (text) answer = env->CallBooleanMethod(b.client, ids.wanted, text);
    return SHEAF_OK;
  });
  return answer;
}

sheaf_status SHEAF_CALL output_begin(void *context, sheaf_run *run, int32_t output, const char *name,
                                     const sheaf_info *info) {
  return upcall(context, run, [&](BridgeRun &b, JNIEnv *env) -> sheaf_status {
    const jstring text = to_java(env, name);
    const jobject java_info = text ? to_java_info(env, *info) : nullptr;
    if (java_info) env->CallVoidMethod(b.client, ids.output_begin, output, text, java_info);
    return SHEAF_OK;
  });
}

sheaf_status SHEAF_CALL write_slice(void *context, sheaf_run *run, int32_t output, int64_t n, const sheaf_view *from) {
  return upcall(context, run, [&](BridgeRun &b, JNIEnv *env) -> sheaf_status {
    jobject pixels = nullptr;
    uint32_t largest = 0;
    if (from->pixel == SHEAF_LABEL) {
      largest = largest_label(*from);
      pixels = to_java_labels(env, *from, largest);
    } else {
      pixels = env->CallObjectMethod(b.client, ids.blank, output, static_cast<jint>(from->pixel),
                                     from->width * from->height);
      if (!env->ExceptionCheck() && !to_java_pixels(env, pixels, *from))
        return sheaf_run_fail(run, SHEAF_INTERNAL, "the bridge gave an array of another type or size than the image");
    }
    if (!env->ExceptionCheck())
      env->CallVoidMethod(b.client, ids.write_slice, output, static_cast<jlong>(n), pixels, static_cast<jint>(largest));
    return SHEAF_OK;
  });
}

sheaf_status SHEAF_CALL column(void *context, sheaf_run *run, const char *table, const char *name,
                               const double *numbers, const char *const *texts, int64_t count) {
  return upcall(context, run, [&](BridgeRun &b, JNIEnv *env) -> sheaf_status {
    const jstring table_text = to_java(env, table);
    const jstring name_text = table_text ? to_java(env, name) : nullptr;
    if (!name_text) return SHEAF_NO_MEMORY;
    const auto rows = static_cast<jsize>(count);
    jdoubleArray number_array = nullptr;
    jobjectArray text_array = nullptr;
    if (numbers) {
      number_array = env->NewDoubleArray(rows);
      if (number_array) env->SetDoubleArrayRegion(number_array, 0, rows, numbers);
    } else {
      text_array = env->NewObjectArray(rows, ids.string, nullptr);
      jstring cell = nullptr;
      const char *before = nullptr;
      for (jsize i = 0; text_array && i < rows; i++) {
        const char *text = texts[i] ? texts[i] : "";
        if (!before || std::strcmp(text, before) != 0) {  // objects of one image all bear its name
          env->DeleteLocalRef(cell);
          cell = to_java(env, text);
          if (!cell) return SHEAF_NO_MEMORY;
          before = text;
        }
        env->SetObjectArrayElement(text_array, i, cell);
      }
    }
    if (number_array || text_array)
      env->CallVoidMethod(b.client, ids.column, table_text, name_text, number_array, text_array);
    return SHEAF_OK;
  });
}

sheaf_status SHEAF_CALL roi(void *context, sheaf_run *run, const sheaf_roi *roi) {
  return upcall(context, run, [&](BridgeRun &b, JNIEnv *env) -> sheaf_status {
    const auto coordinates = static_cast<jsize>(2 * roi->points);
    const jfloatArray xy = env->NewFloatArray(coordinates);
    const jintArray ends = xy ? env->NewIntArray(roi->rings) : nullptr;
    if (!ends) return SHEAF_NO_MEMORY;
    env->SetFloatArrayRegion(xy, 0, coordinates, roi->xy);
    if (roi->rings > 0) env->SetIntArrayRegion(ends, 0, roi->rings, reinterpret_cast<const jint *>(roi->ring_ends));
    const jstring name = to_java(env, roi->name ? roi->name : "");
    if (name)
      env->CallVoidMethod(b.client, ids.roi, roi->kind, static_cast<jlong>(roi->slice), xy, ends,
                          static_cast<jint>(roi->label), roi->score, name);
    return SHEAF_OK;
  });
}

sheaf_status SHEAF_CALL json(void *context, sheaf_run *run, const char *kind, const char *text) {
  return upcall(context, run, [&](BridgeRun &b, JNIEnv *env) -> sheaf_status {
    const jstring kind_text = to_java(env, kind);
    const jstring json_text = kind_text ? to_java(env, text) : nullptr;
    if (json_text) env->CallVoidMethod(b.client, ids.json, kind_text, json_text);
    return SHEAF_OK;
  });
}

void SHEAF_CALL progress(void *context, sheaf_run *run, double fraction, const char *text) {
  upcall(context, run, [&](BridgeRun &b, JNIEnv *env) -> sheaf_status {
    const jstring message = to_java(env, text ? text : "");
    if (message) env->CallVoidMethod(b.client, ids.progress, fraction, message);
    return SHEAF_OK;
  });
}

void SHEAF_CALL log_message(void *context, sheaf_run *run, int32_t level, const char *text) {
  upcall(context, run, [&](BridgeRun &b, JNIEnv *env) -> sheaf_status {
    const jstring message = to_java(env, text ? text : "");
    if (message) env->CallVoidMethod(b.client, ids.log, level, message);
    return SHEAF_OK;
  });
}

// Calls execute or preview with this thread's environment.
template <class F>
void conduct(JNIEnv *env, jlong handle, F &&call) {
  BridgeRun &b = run_of(handle);
  b.env = env;
  const sheaf_status status = call(b.run);
  b.env = nullptr;
  if (status != SHEAF_OK) throw_status(env, status, sheaf_run_message(b.run));
}

}  // namespace

jlong JNICALL Java_sheaf_Run_create(JNIEnv *env, jclass, jlong session, jstring operation, jstring params, jint inputs,
                                    jobject client) {
  auto b = std::unique_ptr<BridgeRun>(new (std::nothrow) BridgeRun);
  const jobject reference = b ? env->NewGlobalRef(client) : nullptr;
  if (!reference) {
    if (!env->ExceptionCheck()) throw_status(env, SHEAF_NO_MEMORY, "the machine has no memory left");
    return 0;
  }
  b->env = env;
  b->client = reference;
  sheaf_client callbacks{};
  callbacks.size = sizeof callbacks;
  callbacks.minor = SHEAF_MINOR;
  callbacks.context = b.get();
  callbacks.inputs = inputs;
  callbacks.input_info = input_info;
  callbacks.slice_label = slice_label;
  callbacks.read_slice = read_slice;
  callbacks.read_mask = read_mask;
  callbacks.wanted = wanted;
  callbacks.output_begin = output_begin;
  callbacks.write_slice = write_slice;
  callbacks.column = column;
  callbacks.roi = roi;
  callbacks.json = json;
  callbacks.progress = progress;
  callbacks.log = log_message;
  const std::string id = to_utf8(env, operation), json_text = to_utf8(env, params);
  const sheaf_status status =
      sheaf_run_create(reinterpret_cast<sheaf_session *>(session), id.c_str(), json_text.c_str(), &callbacks, &b->run);
  b->env = nullptr;
  if (status == SHEAF_OK) return reinterpret_cast<jlong>(b.release());
  throw_status(env, status, b->run ? sheaf_run_message(b->run) : "the machine has no memory left");
  sheaf_run_destroy(b->run);
  env->DeleteGlobalRef(reference);
  return 0;
}

void JNICALL Java_sheaf_Run_execute(JNIEnv *env, jclass, jlong handle) { conduct(env, handle, sheaf_run_execute); }

void JNICALL Java_sheaf_Run_preview(JNIEnv *env, jclass, jlong handle, jlong n) {
  conduct(env, handle, [n](sheaf_run *run) { return sheaf_run_preview(run, n); });
}

void JNICALL Java_sheaf_Run_cancel(JNIEnv *, jclass, jlong handle) { sheaf_run_cancel(run_of(handle).run); }

jstring JNICALL Java_sheaf_Run_params(JNIEnv *env, jclass, jlong handle) {
  return to_java(env, sheaf_run_params(run_of(handle).run));
}

void JNICALL Java_sheaf_Run_destroy(JNIEnv *env, jclass, jlong handle) {
  const std::unique_ptr<BridgeRun> b(&run_of(handle));
  sheaf_run_destroy(b->run);
  env->DeleteGlobalRef(b->client);
}
