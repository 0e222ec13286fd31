// Libraries that a session must refuse, or take with a note: one for each REFUSED_*.
#include <stdexcept>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include "sheaf_plugin.h"

namespace {

[[maybe_unused]] sheaf_status nothing(const sheaf_host *, sheaf_run *, void *) { return SHEAF_OK; }
[[maybe_unused]] sheaf_status no_image(const sheaf_host *, sheaf_run *, void *, int64_t) { return SHEAF_OK; }

const char schema[] =
#if defined(REFUSED_SCHEMA)
    "{\"title\": \"Broken\", \"summary\": \"B.\", \"memory\": \"some\", \"params\": [{\"key\": \"Stack\"}]}";
#elif defined(REFUSED_TEXT)
    "{\"title\": ";
#else
    "{\"title\": \"Sound\", \"summary\": \"Does nothing.\"}";
#endif

#if defined(REFUSED_LONG_OPERATION)
constexpr uint32_t operation_size = 100000;
#elif defined(REFUSED_SHORT_OPERATION)
constexpr uint32_t operation_size = 8;
#else
constexpr uint32_t operation_size = sizeof(sheaf_operation);
#endif

#if defined(REFUSED_BOTH)
const sheaf_operation operation = {operation_size, 0,       "refused.sound", schema, no_image,
                                   nothing,        nullptr, nullptr,         nullptr};
#elif defined(REFUSED_NEITHER)
const sheaf_operation operation = {operation_size, 0,       "refused.sound", schema, nullptr,
                                   nullptr,        nullptr, nullptr,         nullptr};
#elif defined(REFUSED_UNNAMED)
const sheaf_operation operation = {operation_size, 0, nullptr, schema, nullptr, nothing, nullptr, nullptr, nullptr};
#else
    const sheaf_operation operation = {operation_size, 0,       "refused.sound", schema, nullptr,
                                       nothing,        nullptr, nullptr,         nullptr};
#endif

#if defined(REFUSED_TWICE)
const sheaf_operation *const operations[] = {&operation, &operation};
#elif defined(REFUSED_HOLE)
const sheaf_operation *const operations[] = {&operation, nullptr};
#else
const sheaf_operation *const operations[] = {&operation};
#endif
#if defined(REFUSED_COUNT)
constexpr uint32_t count = 1000000;
#elif defined(REFUSED_NONE)
constexpr uint32_t count = 0;
#else
constexpr uint32_t count = sizeof operations / sizeof *operations;
#endif

const sheaf_plugin plugin = {
#if defined(REFUSED_LONG)
    1000000,
#elif defined(REFUSED_SHORT)
    12,
#else
    sizeof plugin,
#endif
#if defined(REFUSED_MINOR)
    7,
#else
    SHEAF_MINOR,
#endif
#if defined(REFUSED_ANONYMOUS)
    "",
#else
    "org.sheaf.test.refused",
#endif
    "1.0.0",
    "Sheaf tests",
    "BSD-3-Clause",
    count,
    0,
#if defined(REFUSED_EMPTY)
    nullptr,
#else
    operations,
#endif
#if defined(REFUSED_ERROR)
    "the graphics card has no driver"
#else
    nullptr
#endif
};

#if defined(__x86_64__) && (defined(REFUSED_MODE) || defined(REFUSED_MODE_THROWS))
const struct Flushing {
  Flushing() { _mm_setcsr(_mm_getcsr() | 0x8040); }
} flushing;
#endif

}  // namespace

#if defined(REFUSED_MAJOR)
extern "C" SHEAF_EXPORT const sheaf_plugin *sheaf_plugin_v2(void) { return &plugin; }
#elif defined(REFUSED_STRANGER)
extern "C" SHEAF_EXPORT const void *something_else(void) { return &plugin; }
#elif defined(REFUSED_DATA)
extern "C" SHEAF_EXPORT const int data __asm__("sheaf_plugin_v1");
const int data = 5;
#else
extern "C" SHEAF_EXPORT const sheaf_plugin *SHEAF_CALL sheaf_plugin_v1(void) {
#if defined(REFUSED_NULL)
  return nullptr;
#elif defined(REFUSED_THROWS) || defined(REFUSED_MODE_THROWS)
  throw std::runtime_error("no licence was found");
#elif defined(REFUSED_THROWS_NUMBER)
  throw 5;
#else
  return &plugin;
#endif
}
#endif
