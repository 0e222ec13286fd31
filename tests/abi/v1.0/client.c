/* client.c: a client of interface 1.0, built against the headers as they were
 * then, with today's library:
 *   client PLUGIN-OF-1.0   runs its operations and checks every result
 *   client --defaults FOLDER   runs every operation of today's plugins in that
 *                              folder, with its defaults, on a made-up collection
 * Exit status 0 if everything is as it must be. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sheaf.h"

#define SIZE 96
#define IMAGES 6

typedef struct job {
  int slices_written, pictures, columns, rois, jsons, labels, logs, progress, begun;
  int calls, calls_worked;
  double offset;
  int pixels_wrong;
  int inputs;
} job;

static int failures;

static void check(int holds, const char *what, const char *detail) {
  if (holds) return;
  failures++;
  fprintf(stderr, "client of 1.0: %s (%s)\n", what, detail ? detail : "");
}

/* A drifting texture of waves, without any library. */
static uint8_t value_at(int64_t n, int32_t x, int32_t y) {
  const int32_t u = x + (int32_t)n, v = 2 * y - (int32_t)n;
  const int32_t waves = abs(u % 34 - 17) * 5 + abs(v % 46 - 23) * 4;
  const uint32_t grain = ((uint32_t)x * 2654435761u ^ (uint32_t)y * 40503u) >> 28;
  return (uint8_t)(20 + waves + (int32_t)grain);
}

static sheaf_status SHEAF_CALL input_info(void *context, sheaf_run *run, int32_t input, sheaf_info *out) {
  const job *j = (const job *)context;
  (void)run;
  check(out->size >= sizeof *out, "the core's sheaf_info is not shorter", NULL);
  check(input < j->inputs, "the input exists", NULL);
  out->pixel = SHEAF_U8;
  out->width = out->height = SIZE;
  out->slices = out->depth = IMAGES;
  out->channels = out->frames = 1;
  out->unit = "mm";
  return SHEAF_OK;
}

static sheaf_status SHEAF_CALL slice_label(void *context, sheaf_run *run, int32_t input, int64_t n, char *text,
                                           int32_t capacity) {
  (void)run;
  (void)input;
  ((job *)context)->labels++;
  if (n == 0 && capacity > 6) strcpy(text, "first");
  return SHEAF_OK;
}

static sheaf_status SHEAF_CALL read_slice(void *context, sheaf_run *run, int32_t input, int64_t n,
                                          const sheaf_view *into) {
  int32_t x, y;
  (void)context;
  (void)run;
  (void)input;
  for (y = 0; y < into->height; y++)
    for (x = 0; x < into->width; x++) ((uint8_t *)into->data)[y * into->row_bytes + x] = value_at(n, x, y);
  return SHEAF_OK;
}

static sheaf_status SHEAF_CALL read_mask(void *context, sheaf_run *run, int32_t input, const sheaf_view *into,
                                         int32_t *restricted) {
  (void)context;
  (void)run;
  (void)input;
  check(into->pixel == SHEAF_U8 && *restricted == 0, "a mask is asked for as agreed", NULL);
  return SHEAF_OK;
}

static int32_t SHEAF_CALL wanted(void *context, sheaf_run *run, const char *name) {
  (void)context;
  (void)run;
  return name[0] != 0;
}

static sheaf_status SHEAF_CALL output_begin(void *context, sheaf_run *run, int32_t output, const char *name,
                                            const sheaf_info *info) {
  (void)run;
  (void)output;
  check(info->size >= sizeof *info && name != NULL && info->unit != NULL && strcmp(info->unit, "mm") == 0,
        "an output is announced as agreed", name);
  ((job *)context)->begun++;
  return SHEAF_OK;
}

static sheaf_status SHEAF_CALL write_slice(void *context, sheaf_run *run, int32_t output, int64_t n,
                                           const sheaf_view *from) {
  job *j = (job *)context;
  int32_t x, y;
  (void)run;
  (void)output;
  if (from->pixel == SHEAF_F32 && from->width == 2) {
    const float *row = (const float *)(const void *)((const char *)from->data + from->row_bytes);
    j->pictures++;
    j->pixels_wrong += row[0] != 2.5f || row[1] != 3.5f;
    return SHEAF_OK;
  }
  j->slices_written++;
  if (from->pixel != SHEAF_U8) return SHEAF_OK;
  for (y = 0; y < from->height; y++)
    for (x = 0; x < from->width; x++)
      if (((const uint8_t *)from->data)[y * from->row_bytes + x] != (uint8_t)(value_at(n, x, y) + 5)) j->pixels_wrong++;
  return SHEAF_OK;
}

static sheaf_status SHEAF_CALL column(void *context, sheaf_run *run, const char *table, const char *name,
                                      const double *numbers, const char *const *texts, int64_t count) {
  job *j = (job *)context;
  int64_t i;
  (void)run;
  check((numbers != NULL) != (texts != NULL), "a column has numbers or texts", name);
  j->columns++;
  if (strcmp(name, "offset") == 0 && numbers) j->offset = numbers[0];
  if (strcmp(table, "calls") == 0 && numbers) {
    j->calls = (int)count;
    for (i = 0; i < count; i++) j->calls_worked += numbers[i] == 1;
  }
  return SHEAF_OK;
}

static sheaf_status SHEAF_CALL roi(void *context, sheaf_run *run, const sheaf_roi *r) {
  (void)run;
  ((job *)context)->rois++;
  check(r->size >= sizeof *r && r->points >= 1 && r->xy != NULL, "a region comes as agreed", r->name);
  return SHEAF_OK;
}

static sheaf_status SHEAF_CALL json(void *context, sheaf_run *run, const char *kind, const char *text) {
  (void)run;
  ((job *)context)->jsons++;
  check(strcmp(kind, "plot") == 0 && text[0] == '{', "a plot comes as agreed", kind);
  return SHEAF_OK;
}

static void SHEAF_CALL progress(void *context, sheaf_run *run, double fraction, const char *text) {
  (void)run;
  (void)text;
  check(fraction >= 0 && fraction <= 1, "progress is a fraction", NULL);
  ((job *)context)->progress++;
}

static void SHEAF_CALL log_line(void *context, sheaf_run *run, int32_t level, const char *message) {
  (void)run;
  (void)level;
  (void)message;
  ((job *)context)->logs++;
}

static job run_operation(sheaf_session *session, const char *id, const char *params, int inputs) {
  job j;
  sheaf_client client;
  sheaf_run *run = NULL;
  sheaf_status status;
  memset(&j, 0, sizeof j);
  memset(&client, 0, sizeof client);
  j.inputs = inputs;
  client.size = sizeof client;
  client.minor = SHEAF_MINOR;
  client.context = &j;
  client.inputs = inputs;
  client.input_info = input_info;
  client.slice_label = slice_label;
  client.read_slice = read_slice;
  client.read_mask = read_mask;
  client.wanted = wanted;
  client.output_begin = output_begin;
  client.write_slice = write_slice;
  client.column = column;
  client.roi = roi;
  client.json = json;
  client.progress = progress;
  client.log = log_line;
  status = sheaf_run_create(session, id, params, &client, &run);
  if (status == SHEAF_OK) {
    check(sheaf_run_params(run)[0] == '{', "the parameters in force are told", id);
    status = sheaf_run_execute(run);
  }
  fprintf(stderr, "%s: %s %s\n", id, sheaf_status_name(status), sheaf_run_message(run));
  /* newer operations may take other pixel types only, or certain labels, and say so */
  check(status == SHEAF_OK || (status == SHEAF_INVALID && (strstr(sheaf_run_message(run), ": 8-bit given, ") ||
                                                           strstr(sheaf_run_message(run), ": label "))),
        "the operation runs", id);
  sheaf_run_destroy(run);
  return j;
}

static void frozen_plugin(sheaf_session *session, const char *library) {
  job j;
  check(sheaf_session_load(session, library) == SHEAF_OK, "the library is there", library);
  check(sheaf_operation_count(session) == 2, "its operations are there", sheaf_session_plugins(session));
  j = run_operation(session, "frozen.slices", "{\"offset\": 5}", 1);
  check(j.slices_written == IMAGES && j.pixels_wrong == 0 && j.offset == 5 && j.begun == 1, "slices are computed", NULL);
  check(j.progress >= 2, "progress is told", NULL);
  j = run_operation(session, "frozen.whole", NULL, 1);
  check(j.calls == 28 && j.calls_worked == j.calls, "every function of the interface works", NULL);
  check(j.pictures == 1 && j.pixels_wrong == 0, "the declared output is written", NULL);
  check(j.rois == 1 && j.jsons == 1 && j.logs == 1 && j.labels == 1, "all results arrive", NULL);
}

static void every_operation(sheaf_session *session, const char *folder) {
  int32_t i;
  check(sheaf_session_load(session, folder) == SHEAF_OK, "the folder is there", folder);
  check(sheaf_operation_count(session) > 0, "it has operations", sheaf_session_plugins(session));
  check(strstr(sheaf_session_plugins(session), "\"loaded\":false") == NULL, "all of them are loaded",
        sheaf_session_plugins(session));
  for (i = 0; i < sheaf_operation_count(session); i++) {
    const char *id = sheaf_operation_id(session, i), *at;
    const char *schema = sheaf_operation_schema(session, id);
    int inputs = 0;
    check(schema != NULL, "it has a schema", id);
    for (at = schema; at && (at = strstr(at, "\"min_images\":")) != NULL; at++) inputs++;
    run_operation(session, id, "", inputs);
  }
}

int main(int argc, char **argv) {
  sheaf_options options;
  sheaf_session *session = NULL;
  memset(&options, 0, sizeof options);
  options.size = sizeof options;
  options.flags = SHEAF_NO_DEFAULT_PLUGINS;
  options.threads = 3;
  check(sheaf_version() >> 16 == 1, "the library is of version 1", NULL);
  if (argc < 2 || sheaf_session_create(&options, &session) != SHEAF_OK) {
    fprintf(stderr, "client of 1.0: no argument or no session\n");
    return 2;
  }
  check(sheaf_session_configure(session, &options) == SHEAF_OK, "the session can be configured", NULL);
  check(strstr(sheaf_session_state(session), "\"threads\":3") != NULL, "its state is told", NULL);
  if (argc == 3 && strcmp(argv[1], "--defaults") == 0) every_operation(session, argv[2]);
  else frozen_plugin(session, argv[1]);
  sheaf_session_destroy(session);
  return failures == 0 ? 0 : 1;
}
