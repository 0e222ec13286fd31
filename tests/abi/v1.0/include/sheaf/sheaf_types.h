/* sheaf_types.h: what both sides of Sheaf share: status codes, pixel types, image views.
 *
 * Plain C99; compiles as C99..C17 and C++11..C++20. All integers that cross the
 * boundary have a fixed width; enumerations travel as integers, never as C enums.
 *
 * Rules for every struct that begins with `size`: the writer sets it to
 * sizeof(its own struct); the reader takes the smaller of both sizes and treats
 * members beyond it as absent (zero). Members are only ever appended.
 * Structs without `size` never change within a major version.
 */
#ifndef SHEAF_TYPES_H
#define SHEAF_TYPES_H

#include <stdint.h>

#define SHEAF_VERSION_MAJOR 1
#define SHEAF_VERSION_MINOR 0
#define SHEAF_VERSION_PATCH 0

/* Highest interface minor this header knows. */
#define SHEAF_MINOR_NEWEST 0

/* Interface minor a plugin or client asks for. It defaults to 0, the oldest, so
 * that a binary never demands a newer Sheaf than it uses; define it before
 * including this header to use newer members. */
#ifndef SHEAF_MINOR
#define SHEAF_MINOR 0
#endif
#if SHEAF_MINOR > SHEAF_MINOR_NEWEST
#error "SHEAF_MINOR is newer than this header"
#endif

#if defined(_WIN32)
#define SHEAF_CALL __cdecl
#else
#define SHEAF_CALL
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- status ------------------------------------------------------------ */

/* Returned by every call that can fail. Never renumbered. The text belongs to
 * the run (sheaf_run_message); the first error of a run sticks. */
typedef int32_t sheaf_status;

#define SHEAF_OK 0
#define SHEAF_CANCELLED 1   /* the user stopped it: not an error, results are dropped */
#define SHEAF_INVALID 2     /* a parameter or an image is outside what is accepted */
#define SHEAF_UNSUPPORTED 3 /* valid, but not by this operation or build */
#define SHEAF_NO_MEMORY 4   /* the memory budget or the machine's memory is used up */
#define SHEAF_IO 5          /* reading or writing failed */
#define SHEAF_FAILED 6      /* the computation failed */
#define SHEAF_INTERNAL 7    /* a mistake in Sheaf or in a plugin */

/* ---- pixels ------------------------------------------------------------ */

typedef uint32_t sheaf_pixel;

#define SHEAF_U8 1u    /* uint8_t */
#define SHEAF_U16 2u   /* uint16_t */
#define SHEAF_F32 3u   /* float, may hold NaN and infinities */
#define SHEAF_RGB 4u   /* 4 bytes B,G,R,X; read as little-endian uint32_t: 0xXXRRGGBB */
#define SHEAF_LABEL 5u /* uint32_t, 0 = background */

/* A rectangle of pixels in memory. Pixel (x, y) lies at
 * (char *)data + y * row_bytes + x * (bytes of a pixel). row_bytes is positive;
 * rows that Sheaf hands out start on 64-byte boundaries, and equal geometry
 * means equal row_bytes. 32 bytes, frozen. */
typedef struct sheaf_view {
  void *data;
  int64_t row_bytes;
  int32_t width, height;
  sheaf_pixel pixel;
  uint32_t reserved;
} sheaf_view;

/* sheaf_info.flags */
#define SHEAF_VALUES_CALIBRATED 1u /* value_offset and value_scale are meant */

/* What a collection of images is. All images have one size and one pixel type.
 *
 * slices == channels * depth * frames; image n (from 0) is channel c, depth z,
 * frame t with n = c + channels * (z + depth * t).
 * spacing: size of a pixel in x, y and distance between depths, in `unit`
 * (may be NULL: pixels); interval: seconds between frames, 0 = unknown.
 * value = value_offset + value_scale * pixel, if SHEAF_VALUES_CALIBRATED is set
 * (a signed 16-bit image in ImageJ: offset -32768, scale 1). */
typedef struct sheaf_info {
  uint32_t size;
  sheaf_pixel pixel;
  int32_t width, height;
  int64_t slices;
  int32_t channels, depth, frames;
  uint32_t flags;
  double spacing[3];
  double interval;
  const char *unit; /* UTF-8; borrowed for the call, or owned by the run */
  double value_offset, value_scale;
} sheaf_info;

/* sheaf_roi.kind */
#define SHEAF_ROI_POINTS 1
#define SHEAF_ROI_POLYLINE 2
#define SHEAF_ROI_POLYGON 3 /* closed rings, even-odd rule: inner rings are holes */

/* One region of interest on one image. Coordinates are in pixels with the
 * origin at the outer corner of the first pixel (pixel centres at .5), as in
 * ImageJ's polygons. xy holds `points` pairs; ring r ends before pair
 * ring_ends[r] (rings == 0: one ring). label 0 = none; score NaN = none. */
typedef struct sheaf_roi {
  uint32_t size;
  int32_t kind;
  int64_t slice; /* image, from 0; -1 = all */
  const float *xy;
  int64_t points;
  const int32_t *ring_ends;
  int32_t rings;
  uint32_t label;
  double score;
  const char *name; /* UTF-8 or NULL */
} sheaf_roi;

/* One execution of an operation: opaque, owned by whoever created it. */
typedef struct sheaf_run sheaf_run;

/* Levels of log messages. */
#define SHEAF_LOG_DEBUG 0
#define SHEAF_LOG_INFO 1
#define SHEAF_LOG_WARNING 2

#ifdef __cplusplus
}
#endif
#endif
