#include "bridge.hpp"

#include <cstdint>

#include "sheaf_Abi.h"

namespace sheaf::bridge {

Ids ids;

// Java cannot include sheaf_types.h: its constants are compared here instead.
static_assert(sheaf_Abi_MAJOR == SHEAF_VERSION_MAJOR);
static_assert(sheaf_Abi_OK == SHEAF_OK && sheaf_Abi_CANCELLED == SHEAF_CANCELLED &&
              sheaf_Abi_INVALID == SHEAF_INVALID && sheaf_Abi_UNSUPPORTED == SHEAF_UNSUPPORTED &&
              sheaf_Abi_NO_MEMORY == SHEAF_NO_MEMORY && sheaf_Abi_IO == SHEAF_IO && sheaf_Abi_FAILED == SHEAF_FAILED &&
              sheaf_Abi_INTERNAL == SHEAF_INTERNAL);
static_assert(sheaf_Abi_U8 == SHEAF_U8 && sheaf_Abi_U16 == SHEAF_U16 && sheaf_Abi_F32 == SHEAF_F32 &&
              sheaf_Abi_RGB == SHEAF_RGB && sheaf_Abi_LABEL == SHEAF_LABEL);
static_assert(sheaf_Abi_VALUES_CALIBRATED == SHEAF_VALUES_CALIBRATED);
static_assert(sheaf_Abi_ROI_POINTS == SHEAF_ROI_POINTS && sheaf_Abi_ROI_POLYLINE == SHEAF_ROI_POLYLINE &&
              sheaf_Abi_ROI_POLYGON == SHEAF_ROI_POLYGON);
static_assert(sheaf_Abi_LOG_DEBUG == SHEAF_LOG_DEBUG && sheaf_Abi_LOG_INFO == SHEAF_LOG_INFO &&
              sheaf_Abi_LOG_WARNING == SHEAF_LOG_WARNING);
// RGB travels as a Java int 0x00RRGGBB, whose bytes are B,G,R,X here only.
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

namespace {

constexpr uint32_t replacement = 0xfffd;

void append_utf8(std::string &out, uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 0x3f));
    out += static_cast<char>(0x80 | (c >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  }
}

// The code point at text[i]; i moves behind it.
uint32_t next_code_point(std::string_view text, size_t &i) {
  const auto byte = [&](size_t k) { return static_cast<unsigned char>(text[k]); };
  const unsigned first = byte(i++);
  if (first < 0x80) return first;
  const int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc2 ? 1 : 0;
  if (more == 0 || first > 0xf4) return replacement;
  static constexpr uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};
  uint32_t c = first & (0x3f >> more);
  const size_t start = i;
  for (int k = 0; k < more; k++) {
    if (i >= text.size() || (byte(i) & 0xc0) != 0x80) {
      i = start;
      return replacement;
    }
    c = c << 6 | (byte(i++) & 0x3f);
  }
  return c < smallest[more] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? replacement : c;
}

}  // namespace

std::string to_utf8(JNIEnv *env, jstring text) {
  std::string out;
  if (!text) return out;
  const jsize length = env->GetStringLength(text);
  std::u16string units(static_cast<size_t>(length), u'\0');
  env->GetStringRegion(text, 0, length, reinterpret_cast<jchar *>(units.data()));
  out.reserve(units.size());
  for (size_t i = 0; i < units.size(); i++) {
    uint32_t c = units[i];
    const bool high = c >= 0xd800 && c < 0xdc00;
    if (high && i + 1 < units.size() && units[i + 1] >= 0xdc00 && units[i + 1] < 0xe000)
      c = 0x10000 + ((c - 0xd800) << 10) + (units[++i] - 0xdc00u);
    else if (c >= 0xd800 && c < 0xe000) c = replacement;
    append_utf8(out, c);
  }
  return out;
}

jstring to_java(JNIEnv *env, std::string_view utf8) {
  std::u16string units;
  units.reserve(utf8.size());
  for (size_t i = 0; i < utf8.size();) {
    const uint32_t c = next_code_point(utf8, i);
    if (c < 0x10000) {
      units += static_cast<char16_t>(c);
    } else {
      units += static_cast<char16_t>(0xd800 + ((c - 0x10000) >> 10));
      units += static_cast<char16_t>(0xdc00 + ((c - 0x10000) & 0x3ff));
    }
  }
  return env->NewString(reinterpret_cast<const jchar *>(units.data()), static_cast<jsize>(units.size()));
}

void throw_status(JNIEnv *env, sheaf_status status, const char *message) {
  const jstring text = to_java(env, message);
  if (!text) return;  // out of memory: that exception is pending
  auto *exception = static_cast<jthrowable>(env->CallStaticObjectMethod(ids.exception, ids.exception_of, status, text));
  if (!env->ExceptionCheck()) env->Throw(exception);
}

namespace {

// Looks things up until the first failure, whose exception stays pending.
class Lookup {
 public:
  explicit Lookup(JNIEnv *env) : env_(env) {}
  jclass type(const char *name) {
    if (failed()) return nullptr;
    const jclass local = env_->FindClass(name);
    if (!local) return nullptr;
    auto *global = static_cast<jclass>(env_->NewGlobalRef(local));
    env_->DeleteLocalRef(local);
    return global;
  }
  jmethodID method(jclass type, const char *name, const char *signature) {
    return failed() ? nullptr : env_->GetMethodID(type, name, signature);
  }
  jmethodID static_method(jclass type, const char *name, const char *signature) {
    return failed() ? nullptr : env_->GetStaticMethodID(type, name, signature);
  }
  jfieldID field(jclass type, const char *name, const char *signature) {
    return failed() ? nullptr : env_->GetFieldID(type, name, signature);
  }
  bool failed() const { return env_->ExceptionCheck(); }

 private:
  JNIEnv *env_;
};

bool look_up(JNIEnv *env) {
  Lookup find(env);
  ids.exception = find.type("sheaf/SheafException");
  ids.exception_of = find.static_method(ids.exception, "of", "(ILjava/lang/String;)Lsheaf/SheafException;");
  ids.string = find.type("java/lang/String");
  ids.bytes = find.type("[B");
  ids.shorts = find.type("[S");
  ids.floats = find.type("[F");
  ids.ints = find.type("[I");

  ids.pixels = find.type("sheaf/Pixels");
  ids.to_core = find.static_method(ids.pixels, "toCore", "(Ljava/lang/Object;ILjava/nio/ByteBuffer;III)V");
  ids.from_core = find.static_method(ids.pixels, "fromCore", "(Ljava/lang/Object;ILjava/nio/ByteBuffer;III)V");

  ids.info = find.type("sheaf/Info");
  ids.info_init = find.method(ids.info, "<init>", "()V");
  ids.pixel = find.field(ids.info, "pixel", "I");
  ids.width = find.field(ids.info, "width", "I");
  ids.height = find.field(ids.info, "height", "I");
  ids.slices = find.field(ids.info, "slices", "J");
  ids.channels = find.field(ids.info, "channels", "I");
  ids.depth = find.field(ids.info, "depth", "I");
  ids.frames = find.field(ids.info, "frames", "I");
  ids.flags = find.field(ids.info, "flags", "I");
  ids.spacing_x = find.field(ids.info, "spacingX", "D");
  ids.spacing_y = find.field(ids.info, "spacingY", "D");
  ids.spacing_z = find.field(ids.info, "spacingZ", "D");
  ids.interval = find.field(ids.info, "interval", "D");
  ids.unit = find.field(ids.info, "unit", "Ljava/lang/String;");
  ids.value_offset = find.field(ids.info, "valueOffset", "D");
  ids.value_scale = find.field(ids.info, "valueScale", "D");

  const jclass client = find.type("sheaf/Client");
  ids.input_info = find.method(client, "inputInfo", "(I)Lsheaf/Info;");
  ids.slice_label = find.method(client, "sliceLabel", "(IJ)Ljava/lang/String;");
  ids.read_slice = find.method(client, "readSlice", "(IJ)Ljava/lang/Object;");
  ids.read_mask = find.method(client, "readMask", "(I)[B");
  ids.wanted = find.method(client, "wanted", "(Ljava/lang/String;)Z");
  ids.output_begin = find.method(client, "outputBegin", "(ILjava/lang/String;Lsheaf/Info;)V");
  ids.blank = find.method(client, "blank", "(III)Ljava/lang/Object;");
  ids.write_slice = find.method(client, "writeSlice", "(IJLjava/lang/Object;I)V");
  ids.column = find.method(client, "column", "(Ljava/lang/String;Ljava/lang/String;[D[Ljava/lang/String;)V");
  ids.roi = find.method(client, "roi", "(IJ[F[IIDLjava/lang/String;)V");
  ids.json = find.method(client, "json", "(Ljava/lang/String;Ljava/lang/String;)V");
  ids.progress = find.method(client, "progress", "(DLjava/lang/String;)V");
  ids.log = find.method(client, "log", "(ILjava/lang/String;)V");
  ids.failed = find.method(client, "failed", "(Ljava/lang/Throwable;)I");
  ids.failure_text = find.method(client, "failureText", "()Ljava/lang/String;");
  return !find.failed();
}

}  // namespace
}  // namespace sheaf::bridge

extern "C" JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM *vm, void *) {
  JNIEnv *env = nullptr;
  if (vm->GetEnv(reinterpret_cast<void **>(&env), JNI_VERSION_1_8) != JNI_OK) return JNI_ERR;
  // a missing class or method means that jar and library do not belong together;
  // the pending exception says which
  return sheaf::bridge::look_up(env) ? JNI_VERSION_1_8 : JNI_ERR;
}
