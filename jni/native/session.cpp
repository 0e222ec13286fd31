// sheaf.Session: the native methods, one call of sheaf.h each.
#include "bridge.hpp"
#include "sheaf_Session.h"

using sheaf::bridge::throw_status;
using sheaf::bridge::to_java;
using sheaf::bridge::to_utf8;

namespace {

sheaf_session *session_of(jlong handle) { return reinterpret_cast<sheaf_session *>(handle); }

sheaf_options options_of(jint threads, jlong memory, jint flags) {
  sheaf_options options{};
  options.size = sizeof options;
  options.flags = static_cast<uint32_t>(flags);
  options.threads = threads;
  options.memory_bytes = memory;
  return options;
}

jstring text_or_null(JNIEnv *env, const char *text) { return text ? to_java(env, text) : nullptr; }

}  // namespace

jint JNICALL Java_sheaf_Session_version(JNIEnv *, jclass) { return static_cast<jint>(sheaf_version()); }

jlong JNICALL Java_sheaf_Session_create(JNIEnv *env, jclass, jint threads, jlong memory, jboolean default_plugins) {
  const sheaf_options options = options_of(threads, memory, default_plugins ? 0 : SHEAF_NO_DEFAULT_PLUGINS);
  sheaf_session *session = nullptr;
  const sheaf_status status = sheaf_session_create(&options, &session);
  if (status != SHEAF_OK) throw_status(env, status, "the native core could not start a session");
  return reinterpret_cast<jlong>(session);
}

void JNICALL Java_sheaf_Session_destroy(JNIEnv *, jclass, jlong handle) { sheaf_session_destroy(session_of(handle)); }

void JNICALL Java_sheaf_Session_configure(JNIEnv *env, jclass, jlong handle, jint threads, jlong memory) {
  const sheaf_options options = options_of(threads, memory, 0);
  const sheaf_status status = sheaf_session_configure(session_of(handle), &options);
  if (status != SHEAF_OK) throw_status(env, status, "the number of threads or the memory budget is out of range");
}

void JNICALL Java_sheaf_Session_load(JNIEnv *env, jclass, jlong handle, jstring path) {
  const std::string text = to_utf8(env, path);
  const sheaf_status status = sheaf_session_load(session_of(handle), path ? text.c_str() : nullptr);
  if (status != SHEAF_OK) throw_status(env, status, ("plugins: there is no file or folder " + text).c_str());
}

jstring JNICALL Java_sheaf_Session_plugins(JNIEnv *env, jclass, jlong handle) {
  return text_or_null(env, sheaf_session_plugins(session_of(handle)));
}

jstring JNICALL Java_sheaf_Session_state(JNIEnv *env, jclass, jlong handle) {
  return text_or_null(env, sheaf_session_state(session_of(handle)));
}

jobjectArray JNICALL Java_sheaf_Session_operations(JNIEnv *env, jclass, jlong handle) {
  sheaf_session *session = session_of(handle);
  const int32_t count = sheaf_operation_count(session);
  const jobjectArray names = env->NewObjectArray(count, sheaf::bridge::ids.string, nullptr);
  for (int32_t i = 0; names && i < count; i++) {
    const jstring name = to_java(env, sheaf_operation_id(session, i));
    if (!name) return nullptr;
    env->SetObjectArrayElement(names, i, name);
    env->DeleteLocalRef(name);
  }
  return names;
}

jstring JNICALL Java_sheaf_Session_schema(JNIEnv *env, jclass, jlong handle, jstring operation) {
  return text_or_null(env, sheaf_operation_schema(session_of(handle), to_utf8(env, operation).c_str()));
}
