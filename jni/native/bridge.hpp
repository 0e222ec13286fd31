// What the native sides of sheaf.Session and sheaf.Run share: text, exceptions,
// local frames, and the ids of Java methods, looked up once in JNI_OnLoad.
#pragma once

#include <jni.h>

#include <string>
#include <string_view>

#include "sheaf.h"

namespace sheaf::bridge {

struct Ids {
  jclass exception = nullptr;  // sheaf.SheafException
  jmethodID exception_of = nullptr;

  jclass string = nullptr;
  jclass bytes = nullptr, shorts = nullptr, floats = nullptr, ints = nullptr;

  jclass pixels = nullptr;  // sheaf.Pixels
  jmethodID to_core = nullptr, from_core = nullptr;

  jclass info = nullptr;  // sheaf.Info
  jmethodID info_init = nullptr;
  jfieldID pixel = nullptr, width = nullptr, height = nullptr, slices = nullptr, channels = nullptr, depth = nullptr,
           frames = nullptr, flags = nullptr, spacing_x = nullptr, spacing_y = nullptr, spacing_z = nullptr,
           interval = nullptr, unit = nullptr, value_offset = nullptr, value_scale = nullptr;

  // sheaf.Client
  jmethodID input_info = nullptr, slice_label = nullptr, read_slice = nullptr, read_mask = nullptr, wanted = nullptr,
            output_begin = nullptr, blank = nullptr, write_slice = nullptr, column = nullptr, roi = nullptr,
            json = nullptr, progress = nullptr, log = nullptr, failed = nullptr, failure_text = nullptr;
};
extern Ids ids;

// Java strings are UTF-16; JNI's own conversion gives "modified" UTF-8, which is
// not what the core and file systems mean by UTF-8.
std::string to_utf8(JNIEnv *env, jstring text);       // "" for null
jstring to_java(JNIEnv *env, std::string_view utf8);  // invalid bytes become U+FFFD

// Throws sheaf.SheafException, or its subclass for a cancelled run.
void throw_status(JNIEnv *env, sheaf_status status, const char *message);

// Local references made while this lives are dropped with it: callbacks happen
// inside one long native call, which would otherwise keep them all.
class LocalFrame {
 public:
  explicit LocalFrame(JNIEnv *env) : env_(env), pushed_(env->PushLocalFrame(16) == 0) {}
  ~LocalFrame() {
    if (pushed_) env_->PopLocalFrame(nullptr);
  }
  LocalFrame(const LocalFrame &) = delete;
  LocalFrame &operator=(const LocalFrame &) = delete;
  explicit operator bool() const { return pushed_; }

 private:
  JNIEnv *env_;
  bool pushed_;
};

}  // namespace sheaf::bridge
