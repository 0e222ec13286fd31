/* client.c: sheaf.h as a program in plain C uses it.
 *   client LIBRARY   the library of plugins/example/gamma.c
 * Lists the operations, runs gamma, compares pixels, provokes errors, cancels.
 * Exit status 0 if everything is as it must be. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sheaf.h"

#define WIDTH 21
#define HEIGHT 13
#define IMAGES 6

typedef struct collection {
  sheaf_pixel pixel;
  uint16_t out[IMAGES][HEIGHT][WIDTH];
  int written;
  int begun;
  int broken_image; /* cannot be read; -1 = none */
  int cancel_at;    /* stops when this image is read; -1 = never */
} collection;

static int failures;

static void check(int holds, const char *what, const char *detail) {
  if (holds) return;
  failures++;
  fprintf(stderr, "client.c: %s (%s)\n", what, detail ? detail : "");
}

static uint16_t value_at(int64_t n, int32_t x, int32_t y) {
  return (uint16_t)(1000 * n + 97 * x + 1009 * y);
}

static sheaf_status SHEAF_CALL input_info(void *context, sheaf_run *run, int32_t input, sheaf_info *out) {
  const collection *c = (const collection *)context;
  (void)run;
  (void)input;
  out->pixel = c->pixel;
  out->width = WIDTH;
  out->height = HEIGHT;
  out->slices = out->frames = IMAGES;
  out->channels = out->depth = 1;
  return SHEAF_OK;
}

static sheaf_status SHEAF_CALL read_slice(void *context, sheaf_run *run, int32_t input, int64_t n,
                                          const sheaf_view *into) {
  const collection *c = (const collection *)context;
  int32_t x, y;
  (void)input;
  if (n == c->broken_image) return sheaf_run_fail(run, SHEAF_IO, "image 3 is on a disk that was pulled out");
  if (n == c->cancel_at) sheaf_run_cancel(run);
  for (y = 0; y < into->height; y++) {
    char *row = (char *)into->data + y * into->row_bytes;
    for (x = 0; x < into->width; x++)
      if (into->pixel == SHEAF_U8) ((uint8_t *)row)[x] = (uint8_t)value_at(n, x, y);
      else ((uint16_t *)row)[x] = value_at(n, x, y);
  }
  return SHEAF_OK;
}

static sheaf_status SHEAF_CALL output_begin(void *context, sheaf_run *run, int32_t output, const char *name,
                                            const sheaf_info *info) {
  collection *c = (collection *)context;
  (void)run;
  check(output == 0 && strcmp(name, "gamma") == 0, "the output is called gamma", name);
  check(info->slices == IMAGES && info->pixel == c->pixel, "the output is like the input", NULL);
  c->begun++;
  return SHEAF_OK;
}

static sheaf_status SHEAF_CALL write_slice(void *context, sheaf_run *run, int32_t output, int64_t n,
                                           const sheaf_view *from) {
  collection *c = (collection *)context;
  int32_t x, y;
  (void)run;
  (void)output;
  for (y = 0; y < from->height; y++) {
    const char *row = (const char *)from->data + y * from->row_bytes;
    for (x = 0; x < from->width; x++)
      c->out[n][y][x] = from->pixel == SHEAF_U8 ? ((const uint8_t *)row)[x] : ((const uint16_t *)row)[x];
  }
  c->written++;
  return SHEAF_OK;
}

/* Runs gamma; what it says of a failure goes into `message`. */
static sheaf_status run_gamma(sheaf_session *session, collection *c, const char *params, char *message) {
  sheaf_client client;
  sheaf_run *run = NULL;
  sheaf_status status;
  memset(&client, 0, sizeof client);
  client.size = sizeof client;
  client.context = c;
  client.inputs = 1;
  client.input_info = input_info;
  client.read_slice = read_slice;
  client.output_begin = output_begin;
  client.write_slice = write_slice;
  status = sheaf_run_create(session, "example.gamma", params, &client, &run);
  if (status == SHEAF_OK) status = sheaf_run_execute(run);
  strncpy(message, sheaf_run_message(run), 500);
  sheaf_run_destroy(run);
  return status;
}

static collection fresh(sheaf_pixel pixel) {
  collection c;
  memset(&c, 0, sizeof c);
  c.pixel = pixel;
  c.broken_image = c.cancel_at = -1;
  return c;
}

static void check_pixels(sheaf_session *session, sheaf_pixel pixel, double top) {
  collection c = fresh(pixel);
  char message[512] = "";
  int n, x, y, wrong = 0;
  check(run_gamma(session, &c, "{\"gamma\": 0.45}", message) == SHEAF_OK, "gamma runs", message);
  check(c.begun == 1 && c.written == IMAGES, "every image was written once", NULL);
  for (n = 0; n < IMAGES; n++)
    for (y = 0; y < HEIGHT; y++)
      for (x = 0; x < WIDTH; x++) {
        const double v = pixel == SHEAF_U8 ? (uint8_t)value_at(n, x, y) : value_at(n, x, y);
        if (fabs(c.out[n][y][x] - top * pow(v / top, 0.45)) > 0.5000001) wrong++;
      }
  check(wrong == 0, "the pixels follow the formula", NULL);
}

int main(int argc, char **argv) {
  sheaf_options options;
  sheaf_session *session = NULL;
  collection c;
  char message[512] = "";
  int32_t i, found = 0;
  if (argc != 2) {
    fprintf(stderr, "usage: client LIBRARY\n");
    return 2;
  }
  check(sheaf_version() >> 16 == SHEAF_VERSION_MAJOR, "header and library are of one major version", NULL);
  memset(&options, 0, sizeof options);
  options.size = sizeof options;
  options.flags = SHEAF_NO_DEFAULT_PLUGINS;
  options.threads = 2;
  if (sheaf_session_create(&options, &session) != SHEAF_OK) {
    fprintf(stderr, "client.c: no session\n");
    return 1;
  }
  if (sheaf_session_load(session, argv[1]) != SHEAF_OK || !sheaf_operation_schema(session, "example.gamma")) {
    fprintf(stderr, "client.c: %s is not the library of gamma.c: %s\n", argv[1], sheaf_session_plugins(session));
    return 1;
  }
  check(sheaf_operation_count(session) == 1, "the library has one operation", sheaf_session_plugins(session));
  for (i = 0; i < sheaf_operation_count(session); i++)
    if (strcmp(sheaf_operation_id(session, i), "example.gamma") == 0) found = 1;
  check(found, "gamma is listed", NULL);
  check(strstr(sheaf_operation_schema(session, "example.gamma"), "\"title\":\"Example Gamma\"") != NULL, "it has a schema",
        sheaf_operation_schema(session, "example.gamma"));
  check(strstr(sheaf_session_state(session), "\"threads\":2") != NULL, "it has two threads", NULL);

  check_pixels(session, SHEAF_U8, 255);
  check_pixels(session, SHEAF_U16, 65535);

  c = fresh(SHEAF_U8);
  check(run_gamma(session, &c, "{\"gama\": 2}", message) == SHEAF_INVALID &&
            strcmp(message, "gama: unknown parameter of example.gamma; did you mean gamma?") == 0,
        "an unknown key is refused", message);
  check(run_gamma(session, &c, "{\"gamma\": 0}", message) == SHEAF_INVALID &&
            strcmp(message, "gamma: 0 given, needs 0.01 to 100") == 0,
        "a value out of range is refused", message);
  c = fresh(SHEAF_F32);
  check(run_gamma(session, &c, "", message) == SHEAF_INVALID &&
            strcmp(message, "images: 32-bit given, example.gamma needs 8-bit or 16-bit") == 0,
        "another pixel type is refused", message);
  c = fresh(SHEAF_U8);
  c.broken_image = 2;
  check(run_gamma(session, &c, NULL, message) == SHEAF_IO &&
            strcmp(message, "image 3 is on a disk that was pulled out") == 0,
        "an image that cannot be read ends the run", message);
  c = fresh(SHEAF_U8);
  c.cancel_at = 1;
  check(run_gamma(session, &c, NULL, message) == SHEAF_CANCELLED &&
            strcmp(message, "example.gamma: stopped by the user") == 0,
        "a run can be cancelled", message);
  check(c.written < IMAGES, "a cancelled run does not write everything", NULL);
  sheaf_session_destroy(session);
  if (failures == 0) puts("client.c: all as it must be");
  return failures == 0 ? 0 : 1;
}
