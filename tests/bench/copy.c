/* copy.c: an operation that does nothing but copy, to measure the way there and back. */
#include <string.h>

#include "sheaf_plugin.h"

static const char schema[] =
    "{\"title\": \"Bench Copy\", \"summary\": \"Copies the images.\", \"outputs\": [{\"name\": \"copy\", \"like\": 0}]}";

static sheaf_status SHEAF_CALL copy_slice(const sheaf_host *host, sheaf_run *run, void *state, int64_t n) {
  sheaf_view in, out;
  sheaf_status status;
  (void)state;
  if ((status = host->read_slice(run, 0, n, &in)) != SHEAF_OK || (status = host->begin_slice(run, 0, n, &out)) != SHEAF_OK)
    return status;
  memcpy(out.data, in.data, (size_t)(in.row_bytes * in.height));
  return host->end_slice(run, &out);
}

static const sheaf_operation copy = {
    sizeof copy, SHEAF_DETERMINISTIC | SHEAF_ONE_PASS, "bench.copy", schema, copy_slice, 0, 0, 0, 0};
static const sheaf_operation *const operations[] = {&copy};
static const sheaf_plugin plugin = {
    sizeof plugin, SHEAF_MINOR, "org.sheaf.bench", "1.0.0", "Sheaf", "BSD-3-Clause", 1, 0, operations, 0};

const sheaf_plugin *SHEAF_CALL sheaf_plugin_v1(void) { return &plugin; }
