/* layout.c: what never changes in the headers, as assertions of the compiler.
 * Compiled as C11, C17 and C++11 to C++20 for every SHEAF_MINOR; nothing to run.
 * All numbers hold on every 64-bit platform.
 *
 * A new minor appends members, visible from that SHEAF_MINOR on: add where they
 * are and the new sizes. Do not touch what is here for older minors. */
#include <stddef.h>

#include "sheaf.h"
#include "sheaf_plugin.h"

#ifdef __cplusplus
#define HOLDS(condition, text) static_assert(condition, text)
#else
#define HOLDS(condition, text) _Static_assert(condition, text)
#endif
#define SIZE(type, bytes) HOLDS(sizeof(type) == (bytes), #type " has another size")
#define LAST(type, member, offset) HOLDS(offsetof(type, member) == (offset), #type "." #member " has moved")
#define VALUE(name, value) HOLDS((name) == (value), #name " has another value")
#define SLOT(member, index) LAST(sheaf_host, member, 8 + 8 * (index))
#define CALLBACK(member, index) LAST(sheaf_client, member, 24 + 8 * (index))

/* ---- never, in version 1 ---------------------------------------------------- */

VALUE(SHEAF_VERSION_MAJOR, 1);
VALUE(SHEAF_OK, 0);
VALUE(SHEAF_CANCELLED, 1);
VALUE(SHEAF_INVALID, 2);
VALUE(SHEAF_UNSUPPORTED, 3);
VALUE(SHEAF_NO_MEMORY, 4);
VALUE(SHEAF_IO, 5);
VALUE(SHEAF_FAILED, 6);
VALUE(SHEAF_INTERNAL, 7);
VALUE(SHEAF_U8, 1);
VALUE(SHEAF_U16, 2);
VALUE(SHEAF_F32, 3);
VALUE(SHEAF_RGB, 4);
VALUE(SHEAF_LABEL, 5);
VALUE(SHEAF_VALUES_CALIBRATED, 1);
VALUE(SHEAF_ROI_POINTS, 1);
VALUE(SHEAF_ROI_POLYLINE, 2);
VALUE(SHEAF_ROI_POLYGON, 3);
VALUE(SHEAF_LOG_DEBUG, 0);
VALUE(SHEAF_LOG_INFO, 1);
VALUE(SHEAF_LOG_WARNING, 2);
VALUE(SHEAF_NO_DEFAULT_PLUGINS, 1);
VALUE(SHEAF_SERIAL, 1);
VALUE(SHEAF_ONE_PASS, 2);
VALUE(SHEAF_INTERACTIVE, 4);
VALUE(SHEAF_DETERMINISTIC, 8);
SIZE(sheaf_status, 4);
SIZE(sheaf_pixel, 4);
/* a struct without a size of its own cannot grow */
SIZE(sheaf_view, 32);
LAST(sheaf_view, row_bytes, 8);
LAST(sheaf_view, width, 16);
LAST(sheaf_view, height, 20);
LAST(sheaf_view, pixel, 24);

/* ---- minor 0 ------------------------------------------------------------------ */

LAST(sheaf_options, cache_bytes, 24);
LAST(sheaf_info, value_scale, 88);
LAST(sheaf_roi, name, 56);
LAST(sheaf_operation, close, 56);
LAST(sheaf_plugin, error, 56);

CALLBACK(input_info, 0);
CALLBACK(slice_label, 1);
CALLBACK(read_slice, 2);
CALLBACK(read_mask, 3);
CALLBACK(wanted, 4);
CALLBACK(output_begin, 5);
CALLBACK(write_slice, 6);
CALLBACK(column, 7);
CALLBACK(roi, 8);
CALLBACK(json, 9);
CALLBACK(progress, 10);
CALLBACK(log, 11);

SLOT(get_number, 0);
SLOT(get_integer, 1);
SLOT(get_text, 2);
SLOT(get_numbers, 3);
SLOT(get_json, 4);
SLOT(input_info, 5);
SLOT(slice_label, 6);
SLOT(read_slice, 7);
SLOT(read_mask, 8);
SLOT(release_slice, 9);
SLOT(declare_output, 10);
SLOT(begin_slice, 11);
SLOT(end_slice, 12);
SLOT(wanted, 13);
SLOT(column_f64, 14);
SLOT(column_text, 15);
SLOT(emit_roi, 16);
SLOT(emit_json, 17);
SLOT(progress, 18);
SLOT(cancelled, 19);
SLOT(parallel, 20);
SLOT(threads, 21);
SLOT(reserve, 22);
SLOT(preview, 23);
SLOT(fail, 24);
SLOT(log, 25);
SLOT(extension, 26);

/* ---- sizes, by minor ------------------------------------------------------------ */

#if SHEAF_MINOR == 0
SIZE(sheaf_options, 32);
SIZE(sheaf_info, 96);
SIZE(sheaf_roi, 64);
SIZE(sheaf_operation, 64);
SIZE(sheaf_plugin, 64);
SIZE(sheaf_client, 120);
SIZE(sheaf_host, 224);
#else
#error "add the sizes of the new minor"
#endif
