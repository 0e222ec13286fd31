/* sheaf.h: the boundary between Sheaf's core and its clients (ImageJ, the
 * command line, tests).
 *
 * Thread tags
 *   [any]  any thread
 *   [own]  any thread, one at a time for that object
 *   [exec] the thread that called sheaf_run_execute or sheaf_run_preview: all
 *          callbacks of a client are called there and nowhere else
 *
 * Ownership: objects are destroyed by whoever created them; text passed in is
 * borrowed for the call; text that comes out lives as long as its object, or
 * until the next call that says so. Destroy functions accept NULL.
 * Errors: out-parameters are untouched unless stated; no exception leaves.
 */
#ifndef SHEAF_H
#define SHEAF_H

#include "sheaf_types.h"

#if defined(_WIN32)
#ifdef SHEAF_BUILD
#define SHEAF_API __declspec(dllexport)
#else
#define SHEAF_API __declspec(dllimport)
#endif
#elif defined(__GNUC__)
#define SHEAF_API __attribute__((visibility("default")))
#else
#define SHEAF_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* major << 16 | minor << 8 | patch of the loaded library. [any] */
SHEAF_API uint32_t SHEAF_CALL sheaf_version(void);

/* The name of a status ("invalid"), for messages and logs. [any] */
SHEAF_API const char *SHEAF_CALL sheaf_status_name(sheaf_status status);

/* ---- sessions ------------------------------------------------------------ */

/* Threads, memory, and the plugins it knows. Sessions are independent, but
 * plugin libraries are shared by all sessions of the process and are never
 * unloaded. */
typedef struct sheaf_session sheaf_session;

/* sheaf_options.flags */
#define SHEAF_NO_DEFAULT_PLUGINS 1u /* load nothing but what sheaf_session_load is given */

typedef struct sheaf_options {
  uint32_t size;
  uint32_t flags;
  int32_t threads;      /* worker threads; 0 = one for each processor */
  int32_t reserved;
  int64_t memory_bytes; /* budget for images and declared scratch memory; 0 = half of the machine's */
  int64_t cache_bytes;  /* of these, kept for images read again; 0 = min(budget / 4, 128 MiB) */
} sheaf_options;

/* Creates a session and loads the plugins found in, in this order:
 * the folders of the environment variable SHEAF_PLUGIN_PATH, the folder
 * sheaf-plugins beside the core library, the user's
 * ${XDG_CONFIG_HOME:-~/.config}/sheaf/plugins. A plugin that cannot be loaded
 * is listed with its reason and is never an error here. options may be NULL.
 * SHEAF_INVALID: an option out of range (threads: 0 to 1024; sizes: 0 or more);
 * SHEAF_NO_MEMORY, SHEAF_INTERNAL. [any] */
SHEAF_API sheaf_status SHEAF_CALL sheaf_session_create(const sheaf_options *options, sheaf_session **out);
/* All runs of the session must have been destroyed. [own] */
SHEAF_API void SHEAF_CALL sheaf_session_destroy(sheaf_session *session);
/* Changes threads and memory, for runs that are created afterwards. Errors as
 * sheaf_session_create. [own] */
SHEAF_API sheaf_status SHEAF_CALL sheaf_session_configure(sheaf_session *session, const sheaf_options *options);
/* Loads one library, or every library of a folder; what is loaded already is
 * skipped. path == NULL: looks through the default folders again.
 * SHEAF_IO: there is no such file or folder. A library that is refused is
 * listed, not an error. [own], not while a run is created. */
SHEAF_API sheaf_status SHEAF_CALL sheaf_session_load(sheaf_session *session, const char *path);
/* The libraries seen, loaded or not, as JSON:
 * [{"path","id","version","vendor","license","loaded","reason","operations":[id...],"notes":[...]}].
 * Lives until the next call for that session. [own] */
SHEAF_API const char *SHEAF_CALL sheaf_session_plugins(sheaf_session *session);
/* Threads and memory as JSON: {"version","threads","memory_budget",
 * "memory_used","memory_peak","cache_budget","folders":[...]}; bytes. Lives
 * until the next call for that session. [own] */
SHEAF_API const char *SHEAF_CALL sheaf_session_state(sheaf_session *session);

/* ---- operations ----------------------------------------------------------- */

SHEAF_API int32_t SHEAF_CALL sheaf_operation_count(sheaf_session *session);
/* Sorted by id; NULL if index is out of range. [own] */
SHEAF_API const char *SHEAF_CALL sheaf_operation_id(sheaf_session *session, int32_t index);
/* The complete schema (all defaults written out) as JSON, or NULL if there is
 * no such operation: docs/schema.md. [own] */
SHEAF_API const char *SHEAF_CALL sheaf_operation_schema(sheaf_session *session, const char *id);

/* ---- runs ------------------------------------------------------------------ */

/* How the core gets images from a client and hands results to it. `context` is
 * passed to every callback. A callback that fails calls sheaf_run_fail with the
 * reason and returns that status. All [exec]. Callbacks that a client does not
 * need may be NULL: results without a taker are dropped. */
typedef struct sheaf_client {
  uint32_t size;
  uint32_t minor;
  void *context;
  int32_t inputs; /* how many image collections there are */
  int32_t reserved;
  /* Describes input `input`; out->size is set by the core. Called once for each
   * input, in sheaf_run_create. */
  sheaf_status(SHEAF_CALL *input_info)(void *context, sheaf_run *run, int32_t input, sheaf_info *out);
  /* The name of image n into `text` (UTF-8, at most `capacity` bytes with the
   * final 0); an empty text means it has none. */
  sheaf_status(SHEAF_CALL *slice_label)(void *context, sheaf_run *run, int32_t input, int64_t n, char *text,
                                        int32_t capacity);
  /* Fills `into` with image n. */
  sheaf_status(SHEAF_CALL *read_slice)(void *context, sheaf_run *run, int32_t input, int64_t n,
                                       const sheaf_view *into);
  /* Fills `into` (SHEAF_U8) with the region of interest, 0 or 255, and sets
   * *restricted to 1; or leaves both alone if there is none. */
  sheaf_status(SHEAF_CALL *read_mask)(void *context, sheaf_run *run, int32_t input, const sheaf_view *into,
                                      int32_t *restricted);
  /* 1 if the client takes the output, table or plot of that name, or "rois". */
  int32_t(SHEAF_CALL *wanted)(void *context, sheaf_run *run, const char *name);
  /* Announces an output before its first image. */
  sheaf_status(SHEAF_CALL *output_begin)(void *context, sheaf_run *run, int32_t output, const char *name,
                                         const sheaf_info *info);
  /* Takes image n of an output. Images come in any order, each once. */
  sheaf_status(SHEAF_CALL *write_slice)(void *context, sheaf_run *run, int32_t output, int64_t n,
                                        const sheaf_view *from);
  /* Takes a column of a table: `numbers` or `texts`, the other is NULL. Called
   * only after the operation has succeeded. */
  sheaf_status(SHEAF_CALL *column)(void *context, sheaf_run *run, const char *table, const char *column,
                                   const double *numbers, const char *const *texts, int64_t count);
  /* Takes a region of interest. Only after success. */
  sheaf_status(SHEAF_CALL *roi)(void *context, sheaf_run *run, const sheaf_roi *roi);
  /* Takes structured data (kind "plot"). Only after success. */
  sheaf_status(SHEAF_CALL *json)(void *context, sheaf_run *run, const char *kind, const char *json);
  /* Shows progress, at most about 20 times a second. */
  void(SHEAF_CALL *progress)(void *context, sheaf_run *run, double fraction, const char *text);
  void(SHEAF_CALL *log)(void *context, sheaf_run *run, int32_t level, const char *message);
} sheaf_client;

/* Prepares a run: checks parameters (a JSON object; NULL or "" = all defaults)
 * and inputs against the schema. *out is set whenever there was memory for it,
 * also on failure, so that sheaf_run_message can be asked; destroy it always.
 * SHEAF_INVALID: unknown operation, key, choice; value out of range; images of
 * a type or number that the operation does not take. [own] by session. */
SHEAF_API sheaf_status SHEAF_CALL sheaf_run_create(sheaf_session *session, const char *operation,
                                                   const char *params_json, const sheaf_client *client,
                                                   sheaf_run **out);
/* Does the whole job on the calling thread, which all callbacks use. Once for
 * each run. SHEAF_CANCELLED if it was stopped: nothing but already written
 * images has reached the client then. [own] */
SHEAF_API sheaf_status SHEAF_CALL sheaf_run_execute(sheaf_run *run);
/* Computes image n (from 0) alone, for operations with `slice`; may be called
 * again for other images, and not together with execute. [own] */
SHEAF_API sheaf_status SHEAF_CALL sheaf_run_preview(sheaf_run *run, int64_t n);
/* Stops the run: execute or preview return SHEAF_CANCELLED soon (<= 250 ms for
 * operations that keep to the rules). [any] */
SHEAF_API void SHEAF_CALL sheaf_run_cancel(sheaf_run *run);
/* Records why a callback failed, and returns status. The first text sticks. [any] */
SHEAF_API sheaf_status SHEAF_CALL sheaf_run_fail(sheaf_run *run, sheaf_status status, const char *message);
/* The message of the first error, or "". Lives until the run is executed or
 * previewed again, or destroyed. [own] */
SHEAF_API const char *SHEAF_CALL sheaf_run_message(sheaf_run *run);
/* The parameters in force, complete, as JSON: with the operation's id and
 * revision the record of what was done. "" if they were refused. [own] */
SHEAF_API const char *SHEAF_CALL sheaf_run_params(sheaf_run *run);
/* Never while execute or preview is under way. [own] */
SHEAF_API void SHEAF_CALL sheaf_run_destroy(sheaf_run *run);

#ifdef __cplusplus
}
#endif
#endif
