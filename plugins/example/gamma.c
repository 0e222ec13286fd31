/* gamma.c: a complete Sheaf plugin in one file of plain C.
 *
 * It declares one operation, example.gamma: value' = top * (value / top)^gamma,
 * where top is 255 for 8-bit and 65535 for 16-bit images. */
#include <math.h>

#include "sheaf_plugin.h"

static const char schema[] =
    "{\"title\": \"Example Gamma\","
    " \"summary\": \"Applies a power law to the intensities.\","
    " \"inputs\": [{\"pixel\": [\"u8\", \"u16\"]}],"
    " \"outputs\": [{\"name\": \"gamma\", \"like\": 0}],"
    " \"params\": [{\"key\": \"gamma\", \"type\": \"number\", \"default\": 1, \"min\": 0.01, \"max\": 100,"
    "   \"ui_min\": 0.2, \"ui_max\": 5, \"scale\": \"log\", \"help\": \"Below 1 brightens the shadows.\"}]}";

/* Called for every image, on several threads at once. An early return is fine:
 * Sheaf takes back what was asked for. */
static sheaf_status SHEAF_CALL gamma_slice(const sheaf_host *host, sheaf_run *run, void *state, int64_t n) {
  double gamma;
  sheaf_view in, out;
  sheaf_status status;
  int32_t x, y;
  (void)state;
  if ((status = host->get_number(run, "gamma", &gamma)) != SHEAF_OK ||
      (status = host->read_slice(run, 0, n, &in)) != SHEAF_OK ||
      (status = host->begin_slice(run, 0, n, &out)) != SHEAF_OK)
    return status;
  for (y = 0; y < in.height; y++) {
    const void *from = (const char *)in.data + y * in.row_bytes;
    void *to = (char *)out.data + y * out.row_bytes;
    if (host->cancelled(run)) return SHEAF_CANCELLED;
    for (x = 0; x < in.width; x++)
      if (in.pixel == SHEAF_U8)
        ((uint8_t *)to)[x] = (uint8_t)lround(255 * pow(((const uint8_t *)from)[x] / 255.0, gamma));
      else
        ((uint16_t *)to)[x] = (uint16_t)lround(65535 * pow(((const uint16_t *)from)[x] / 65535.0, gamma));
  }
  return host->end_slice(run, &out);
}

static const sheaf_operation gamma_operation = {
    sizeof gamma_operation, SHEAF_DETERMINISTIC, "example.gamma", schema, gamma_slice, 0, 0, 0, 0};
static const sheaf_operation *const operations[] = {&gamma_operation};
static const sheaf_plugin plugin = {
    sizeof plugin, SHEAF_MINOR, "org.example.gamma", "1.0.0", "Example", "BSD-3-Clause", 1, 0, operations, 0};

const sheaf_plugin *SHEAF_CALL sheaf_plugin_v1(void) { return &plugin; }
