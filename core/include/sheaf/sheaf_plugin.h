/* sheaf_plugin.h: the boundary between Sheaf's core and a plugin.
 *
 * A plugin is a shared library that exports exactly one symbol,
 * sheaf_plugin_v1, and links nothing of Sheaf: every service comes as a table
 * of functions (sheaf_host). docs/write-a-plugin.md is the guide.
 *
 * Thread tags
 *   [run]  the thread that executes the run, or a body started by parallel()
 *   [any]  any thread while the run lives
 *   [load] while the plugin is loaded, one thread at a time
 *
 * Ownership
 *   The host owns all pixel memory. Text and arrays passed to the host are
 *   copied before it returns; text the host returns lives until the run ends.
 *   Views are pinned until they are given back or, at the latest, until the
 *   plugin function that asked for them returns: an early return cannot leak.
 *
 * Errors
 *   A function that returns anything but SHEAF_OK has left its out-parameters
 *   untouched and recorded a text in the run. Return that status at once, or
 *   carry on if the failure does not matter: only what the plugin function
 *   returns decides whether the run fails. No exception may leave a plugin.
 */
#ifndef SHEAF_PLUGIN_H
#define SHEAF_PLUGIN_H

#include "sheaf_types.h"

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define SHEAF_EXPORT __declspec(dllexport)
#elif defined(__GNUC__)
#define SHEAF_EXPORT __attribute__((visibility("default")))
#else
#define SHEAF_EXPORT
#endif

/* What the host does for a plugin. Append-only. Every function that returns
 * sheaf_status may also return SHEAF_INTERNAL for misuse (unknown key, wrong
 * thread, a view given back twice), naming the call. */
typedef struct sheaf_host {
  uint32_t size;
  uint32_t minor;

  /* ---- parameters: complete and validated against the schema [any] ------- */

  /* A number, or an integer or boolean as a number. */
  sheaf_status(SHEAF_CALL *get_number)(sheaf_run *run, const char *key, double *out);
  /* An integer; a boolean as 0 or 1; a choice as the position of its key. */
  sheaf_status(SHEAF_CALL *get_integer)(sheaf_run *run, const char *key, int64_t *out);
  /* A text, a choice's key, a path. */
  sheaf_status(SHEAF_CALL *get_text)(sheaf_run *run, const char *key, const char **out);
  /* A list of numbers; points as x,y,x,y...; a rectangle as x,y,width,height. */
  sheaf_status(SHEAF_CALL *get_numbers)(sheaf_run *run, const char *key, const double **out, int64_t *count);
  /* All parameters as one JSON object. */
  sheaf_status(SHEAF_CALL *get_json)(sheaf_run *run, const char **out);

  /* ---- images in ---------------------------------------------------------- */

  /* Describes input `input` (from 0); set out->size first. [any]
   * SHEAF_INVALID: there is no such input. */
  sheaf_status(SHEAF_CALL *input_info)(sheaf_run *run, int32_t input, sheaf_info *out);
  /* The name of image n, or its position (from 1) where it has none. [run] */
  sheaf_status(SHEAF_CALL *slice_label)(sheaf_run *run, int32_t input, int64_t n, const char **out);
  /* Pins image n; its pixels must not be written to. [run]
   * SHEAF_IO: it could not be read; SHEAF_NO_MEMORY: the budget is used up by
   * pinned images; SHEAF_CANCELLED. */
  sheaf_status(SHEAF_CALL *read_slice)(sheaf_run *run, int32_t input, int64_t n, sheaf_view *out);
  /* Pins the region of interest as SHEAF_U8 of the image's size, 0 outside and
   * 255 inside. out->data is NULL where everything is inside. [run] */
  sheaf_status(SHEAF_CALL *read_mask)(sheaf_run *run, int32_t input, sheaf_view *out);
  /* Gives a view of read_slice or read_mask back; NULL and views without data
   * are allowed. [run] */
  void(SHEAF_CALL *release_slice)(sheaf_run *run, const sheaf_view *view);

  /* ---- images out --------------------------------------------------------- */

  /* States size, type and number of images of an output, once and before its
   * first begin_slice. An output that the schema declares with "like" needs no
   * call unless it differs. [run] */
  sheaf_status(SHEAF_CALL *declare_output)(sheaf_run *run, int32_t output, const sheaf_info *info);
  /* Pins memory for image n of an output; its content is undefined. Images may
   * be written in any order, each once. [run] */
  sheaf_status(SHEAF_CALL *begin_slice)(sheaf_run *run, int32_t output, int64_t n, sheaf_view *out);
  /* Hands a finished image to the client and unpins it. A view of begin_slice
   * that is not ended is dropped. [run] */
  sheaf_status(SHEAF_CALL *end_slice)(sheaf_run *run, const sheaf_view *view);

  /* ---- other results ------------------------------------------------------ */

  /* 1 if the client takes the output, table or plot of that name ("rois":
   * regions of interest), else 0: spare yourself the work. For the name of an
   * optional input: 1 if it was given. [any] */
  int32_t(SHEAF_CALL *wanted)(sheaf_run *run, const char *name);
  /* Adds a column to a table; all columns of a table have one length. NaN is an
   * empty cell. [run] */
  sheaf_status(SHEAF_CALL *column_f64)(sheaf_run *run, const char *table, const char *column, const double *values,
                                       int64_t count);
  sheaf_status(SHEAF_CALL *column_text)(sheaf_run *run, const char *table, const char *column,
                                        const char *const *values, int64_t count);
  /* Adds a region of interest. [run] */
  sheaf_status(SHEAF_CALL *emit_roi)(sheaf_run *run, const sheaf_roi *roi);
  /* Adds structured data. kind "plot": docs/results.md has the fields. [run] */
  sheaf_status(SHEAF_CALL *emit_json)(sheaf_run *run, const char *kind, const char *json);

  /* ---- control ------------------------------------------------------------ */

  /* Reports 0..1 and a short text (or NULL). Returns SHEAF_CANCELLED once the
   * user has stopped the run. Operations with `slice` need not call it. [run] */
  sheaf_status(SHEAF_CALL *progress)(sheaf_run *run, double fraction, const char *text);
  /* 1 once the run was stopped. Ask at least every 50 ms of work. [any] */
  int32_t(SHEAF_CALL *cancelled)(sheaf_run *run);
  /* Calls body(context, i) for every i in [0, count), on the host's threads;
   * returns when all have returned. Stops handing out work at the first status
   * that is not SHEAF_OK, or when the run is stopped, and returns it. May be
   * nested: the inner loop then runs on the calling thread. [run] */
  sheaf_status(SHEAF_CALL *parallel)(sheaf_run *run, int64_t count,
                                     sheaf_status(SHEAF_CALL *body)(void *context, int64_t i), void *context);
  /* How many threads parallel() uses at most. Results must not depend on it. [any] */
  int32_t(SHEAF_CALL *threads)(sheaf_run *run);
  /* Counts `bytes` of the plugin's own memory against the session's budget until
   * the run ends. SHEAF_NO_MEMORY: it does not fit; `purpose` goes into the
   * message ("distances between 90000 images"). [any] */
  sheaf_status(SHEAF_CALL *reserve)(sheaf_run *run, int64_t bytes, const char *purpose);
  /* The image a preview asks for, from 0, or -1 in a full run. In a preview
   * only that image is computed; a collection may be sampled. [any] */
  int64_t(SHEAF_CALL *preview)(sheaf_run *run);
  /* Records the message of a failure and returns `status`:
   *   return host->fail(run, SHEAF_INVALID, "base: 7 given, the collection has 5 images");
   * Say what was given, what is accepted, and which parameter or image. [any] */
  sheaf_status(SHEAF_CALL *fail)(sheaf_run *run, sheaf_status status, const char *message);
  /* Adds a line to the log. [any] */
  void(SHEAF_CALL *log)(sheaf_run *run, int32_t level, const char *message);
  /* A named extension ("sheaf.example/1"), or NULL if this host lacks it. [any] */
  const void *(SHEAF_CALL *extension)(sheaf_run *run, const char *id);
} sheaf_host;

/* sheaf_operation.flags */
#define SHEAF_SERIAL 1u        /* never two runs of this operation at once */
#define SHEAF_ONE_PASS 2u      /* reads every image once, in ascending order */
#define SHEAF_INTERACTIVE 4u   /* keeps state between calls for a tool */
#define SHEAF_DETERMINISTIC 8u /* same input, same output, whatever the threads */

/* One operation: exactly one of `slice` and `run` is set.
 *
 * slice: computes image n of every output from image n of the inputs. The host
 *        loops, uses its threads, reports progress, cancels and previews.
 * run:   does the whole job on the run's thread.
 * open:  before the first slice (or run): may read any image, and leaves a
 *        state for the calls that follow. Optional.
 * finish: after the last slice, to emit tables and plots. Optional; not called
 *        when the run failed, was stopped, or is a preview.
 * close: frees the state; called once for every open that returned SHEAF_OK.
 *        Optional, [any].
 * All but close: [run]. `slice` is called on several threads at once with one
 * state, unless SHEAF_SERIAL is set. */
typedef struct sheaf_operation {
  uint32_t size;
  uint32_t flags;
  const char *id;     /* "family.name", for ever */
  const char *schema; /* JSON, UTF-8: docs/schema.md */
  sheaf_status(SHEAF_CALL *slice)(const sheaf_host *host, sheaf_run *run, void *state, int64_t n);
  sheaf_status(SHEAF_CALL *run)(const sheaf_host *host, sheaf_run *run, void *state);
  sheaf_status(SHEAF_CALL *open)(const sheaf_host *host, sheaf_run *run, void **state);
  sheaf_status(SHEAF_CALL *finish)(const sheaf_host *host, sheaf_run *run, void *state);
  void(SHEAF_CALL *close)(void *state);
} sheaf_operation;

/* What a library holds. All of it is constant data that lives as long as the
 * library, which is never unloaded. `minor` is SHEAF_MINOR: the newest
 * interface minor the plugin needs; an older host refuses the plugin. */
typedef struct sheaf_plugin {
  uint32_t size;
  uint32_t minor;
  const char *id;      /* "org.example.gamma" */
  const char *version; /* "1.0.0" */
  const char *vendor;
  const char *license; /* SPDX */
  uint32_t count;      /* of operations */
  uint32_t reserved;
  const sheaf_operation *const *operations;
  const char *error; /* NULL, or why the plugin cannot work here */
} sheaf_plugin;

/* The one exported function; the major version is in its name. Called once,
 * [load]. NULL means: no plugin. */
SHEAF_EXPORT const sheaf_plugin *SHEAF_CALL sheaf_plugin_v1(void);

#ifdef __cplusplus
}
#endif
#endif
