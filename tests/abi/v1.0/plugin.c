/* plugin.c: a plugin for interface 1.0, built against the headers as they were
 * then. It uses every function of that interface and reports what it found. */
#include <stdlib.h>
#include <string.h>

#include "sheaf_plugin.h"

/* ---- an operation on slices, with all its functions ----------------------------- */

static const char slices_schema[] =
    "{\"title\": \"Frozen slices\", \"summary\": \"Adds.\", \"inputs\": [{\"pixel\": [\"u8\", \"u16\"]}],"
    " \"outputs\": [{\"name\": \"sum\"}],"
    " \"tables\": [{\"name\": \"life\", \"columns\": [{\"name\": \"slices\"}, {\"name\": \"offset\"}]}],"
    " \"params\": [{\"key\": \"offset\", \"type\": \"integer\", \"default\": 3, \"help\": \"Added.\"}]}";

typedef struct slices_state {
  int64_t offset, images;
} slices_state;

static sheaf_status SHEAF_CALL slices_open(const sheaf_host *host, sheaf_run *run, void **state) {
  slices_state *s = (slices_state *)malloc(sizeof *s);
  sheaf_info info;
  sheaf_status status;
  if (!s) return host->fail(run, SHEAF_NO_MEMORY, "no memory for the state");
  memset(&info, 0, sizeof info);
  info.size = sizeof info;
  if ((status = host->get_integer(run, "offset", &s->offset)) != SHEAF_OK ||
      (status = host->input_info(run, 0, &info)) != SHEAF_OK) {
    free(s);
    return status;
  }
  s->images = info.slices;
  *state = s;
  return SHEAF_OK;
}

static sheaf_status SHEAF_CALL slices_slice(const sheaf_host *host, sheaf_run *run, void *state, int64_t n) {
  const slices_state *s = (const slices_state *)state;
  sheaf_view in, out;
  sheaf_status status;
  int32_t x, y;
  if ((status = host->read_slice(run, 0, n, &in)) != SHEAF_OK ||
      (status = host->begin_slice(run, 0, n, &out)) != SHEAF_OK)
    return status;
  for (y = 0; y < in.height; y++) {
    const char *from = (const char *)in.data + y * in.row_bytes;
    char *to = (char *)out.data + y * out.row_bytes;
    for (x = 0; x < in.width; x++)
      if (in.pixel == SHEAF_U8) ((uint8_t *)to)[x] = (uint8_t)(((const uint8_t *)from)[x] + s->offset);
      else ((uint16_t *)to)[x] = (uint16_t)(((const uint16_t *)from)[x] + s->offset);
  }
  host->release_slice(run, &in);
  return host->end_slice(run, &out);
}

static sheaf_status SHEAF_CALL slices_finish(const sheaf_host *host, sheaf_run *run, void *state) {
  const slices_state *s = (const slices_state *)state;
  const double images = (double)s->images, offset = (double)s->offset;
  sheaf_status status = host->column_f64(run, "life", "slices", &images, 1);
  return status != SHEAF_OK ? status : host->column_f64(run, "life", "offset", &offset, 1);
}

static void SHEAF_CALL slices_close(void *state) { free(state); }

/* ---- an operation that calls everything ------------------------------------------ */

static const char whole_schema[] =
    "{\"title\": \"Frozen whole\", \"summary\": \"Calls everything.\", \"rois\": true,"
    " \"inputs\": [{\"pixel\": [\"u8\"], \"roi\": true}],"
    " \"outputs\": [{\"name\": \"picture\", \"images\": \"any\", \"pixel\": \"f32\"}],"
    " \"tables\": [{\"name\": \"calls\", \"columns\": [{\"name\": \"call\", \"type\": \"text\"}, {\"name\": \"worked\"}]}],"
    " \"plots\": [{\"name\": \"plot\"}],"
    " \"params\": ["
    "  {\"key\": \"size\", \"type\": \"number\", \"default\": 1.5, \"help\": \"S.\"},"
    "  {\"key\": \"mode\", \"type\": \"choice\", \"choices\": [\"one\", \"two\"], \"default\": \"two\", \"help\": \"M.\"},"
    "  {\"key\": \"levels\", \"type\": \"numbers\", \"default\": [1, 2, 4], \"help\": \"L.\"}]}";

static sheaf_status SHEAF_CALL count_body(void *context, int64_t i) {
  ((char *)context)[i] = 1;
  return SHEAF_OK;
}

#define CALLS 28

static sheaf_status SHEAF_CALL whole_run(const sheaf_host *host, sheaf_run *run, void *state) {
  const char *names[CALLS];
  double worked[CALLS];
  int count = 0, i;
  double number = 0;
  int64_t integer = -1, length = 0;
  const char *text = NULL;
  const double *numbers = NULL;
  sheaf_info info;
  sheaf_view view, mask;
  sheaf_roi roi;
  const float points[] = {1, 2};
  char done[50];
  sheaf_status status;
  (void)state;
#define CALL(name, condition) (names[count] = name, worked[count++] = (condition))
  CALL("table", host->size >= sizeof(sheaf_host) && (int64_t)host->minor >= SHEAF_MINOR);
  CALL("get_number", host->get_number(run, "size", &number) == SHEAF_OK && number == 1.5);
  CALL("get_integer", host->get_integer(run, "mode", &integer) == SHEAF_OK && integer == 1);
  CALL("get_text", host->get_text(run, "mode", &text) == SHEAF_OK && strcmp(text, "two") == 0);
  CALL("get_numbers", host->get_numbers(run, "levels", &numbers, &length) == SHEAF_OK && length == 3 && numbers[2] == 4);
  CALL("get_json", host->get_json(run, &text) == SHEAF_OK && strstr(text, "\"size\":1.5") != NULL);
  memset(&info, 0, sizeof info);
  info.size = sizeof info;
  CALL("input_info", host->input_info(run, 0, &info) == SHEAF_OK && info.size == sizeof info && info.pixel == SHEAF_U8 &&
                         info.slices == (int64_t)info.channels * info.depth * info.frames && info.unit != NULL);
  CALL("slice_label", host->slice_label(run, 0, 1, &text) == SHEAF_OK && strcmp(text, "2") == 0);
  CALL("read_slice", host->read_slice(run, 0, 1, &view) == SHEAF_OK && view.width == info.width &&
                         view.row_bytes % 64 == 0 && view.pixel == SHEAF_U8);
  host->release_slice(run, &view);
  host->release_slice(run, NULL);
  CALL("read_mask", host->read_mask(run, 0, &mask) == SHEAF_OK && mask.data == NULL && mask.width == info.width);
  host->release_slice(run, &mask);
  CALL("release_slice", 1);
  info.pixel = SHEAF_F32;
  info.width = info.height = 2;
  info.slices = info.depth = 1;
  info.channels = info.frames = 1;
  info.flags = 0;
  CALL("declare_output", host->declare_output(run, 0, &info) == SHEAF_OK);
  CALL("begin_slice", host->begin_slice(run, 0, 0, &view) == SHEAF_OK && view.width == 2 && view.pixel == SHEAF_F32);
  for (i = 0; i < 4; i++) ((float *)(void *)((char *)view.data + (i / 2) * view.row_bytes))[i % 2] = (float)(i + 0.5);
  CALL("end_slice", host->end_slice(run, &view) == SHEAF_OK);
  CALL("wanted", host->wanted(run, "picture") == 1 && host->wanted(run, "rois") == 1);
  memset(&roi, 0, sizeof roi);
  roi.size = sizeof roi;
  roi.kind = SHEAF_ROI_POINTS;
  roi.xy = points;
  roi.points = 1;
  roi.label = 7;
  roi.name = "point";
  CALL("emit_roi", host->emit_roi(run, &roi) == SHEAF_OK);
  CALL("emit_json", host->emit_json(run, "plot", "{\"name\": \"plot\", \"kind\": \"curve\", \"x\": [1], \"y\": [2]}") ==
                        SHEAF_OK);
  CALL("progress", host->progress(run, 0.5, "half") == SHEAF_OK);
  CALL("cancelled", host->cancelled(run) == 0);
  memset(done, 0, sizeof done);
  status = host->parallel(run, (int64_t)sizeof done, count_body, done);
  CALL("parallel", status == SHEAF_OK && memchr(done, 0, sizeof done) == NULL);
  CALL("threads", host->threads(run) >= 1);
  CALL("reserve", host->reserve(run, 1000, "a test") == SHEAF_OK);
  CALL("preview", host->preview(run) == -1);
  CALL("fail", host->fail(run, SHEAF_OK, "nothing") == SHEAF_OK);
  host->log(run, SHEAF_LOG_INFO, "called everything");
  CALL("log", 1);
  CALL("extension", host->extension(run, "sheaf.nobody-has-this/1") == NULL);
  CALL("column_text", 1);
  CALL("column_f64", 1);
  if ((status = host->column_text(run, "calls", "call", names, count)) != SHEAF_OK) return status;
  return host->column_f64(run, "calls", "worked", worked, count);
}

static const sheaf_operation slices_operation = {sizeof slices_operation, SHEAF_DETERMINISTIC, "frozen.slices",
                                                 slices_schema, slices_slice, NULL, slices_open, slices_finish,
                                                 slices_close};
static const sheaf_operation whole_operation = {sizeof whole_operation, SHEAF_SERIAL, "frozen.whole", whole_schema, NULL,
                                                whole_run, NULL, NULL, NULL};
static const sheaf_operation *const operations[] = {&slices_operation, &whole_operation};
static const sheaf_plugin plugin = {sizeof plugin, SHEAF_MINOR, "org.sheaf.test.frozen", "1.0.0", "Sheaf tests",
                                    "BSD-3-Clause", 2, 0, operations, NULL};

const sheaf_plugin *SHEAF_CALL sheaf_plugin_v1(void) { return &plugin; }
