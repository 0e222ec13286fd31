/* host.c: a host of interface 1.0, built against the headers as they were then.
 *   host LIBRARY   runs example.gamma of today's plugins/example/gamma.c
 * Its table of functions is not a byte longer than it was then and ends where
 * memory ends: whoever reads beyond it dies. */
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sheaf_plugin.h"

#define WIDTH 19
#define HEIGHT 5

static uint16_t input[HEIGHT][WIDTH], output[HEIGHT][WIDTH];
static sheaf_pixel pixel;
static int begun, ended, failures;

static void check(int holds, const char *what) {
  if (holds) return;
  failures++;
  fprintf(stderr, "host of 1.0: %s\n", what);
}

static sheaf_status SHEAF_CALL get_number(sheaf_run *run, const char *key, double *out) {
  (void)run;
  check(strcmp(key, "gamma") == 0, "only known parameters are asked for");
  *out = 0.45;
  return SHEAF_OK;
}

static sheaf_view view_of(uint16_t pixels[HEIGHT][WIDTH]) {
  sheaf_view view;
  memset(&view, 0, sizeof view);
  view.data = pixels;
  view.row_bytes = sizeof pixels[0];
  view.width = WIDTH;
  view.height = HEIGHT;
  view.pixel = pixel;
  return view;
}

static sheaf_status SHEAF_CALL read_slice(sheaf_run *run, int32_t index, int64_t n, sheaf_view *out) {
  (void)run;
  check(index == 0 && n == 3, "the right image is asked for");
  *out = view_of(input);
  return SHEAF_OK;
}

static sheaf_status SHEAF_CALL begin_slice(sheaf_run *run, int32_t index, int64_t n, sheaf_view *out) {
  (void)run;
  check(index == 0 && n == 3, "the right image is begun");
  begun++;
  *out = view_of(output);
  return SHEAF_OK;
}

static sheaf_status SHEAF_CALL end_slice(sheaf_run *run, const sheaf_view *view) {
  (void)run;
  check(view->data == (void *)output, "the right image is ended");
  ended++;
  return SHEAF_OK;
}

static int32_t SHEAF_CALL cancelled(sheaf_run *run) {
  (void)run;
  return 0;
}

static double value(uint16_t pixels[HEIGHT][WIDTH], int x, int y) {
  return pixel == SHEAF_U8 ? ((uint8_t *)pixels[y])[x] : pixels[y][x];
}

int main(int argc, char **argv) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  char *memory = (char *)mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  sheaf_host *host = (sheaf_host *)(void *)(memory + page - sizeof(sheaf_host));
  const sheaf_plugin *(SHEAF_CALL * entry)(void);
  const sheaf_plugin *plugin;
  const sheaf_operation *operation;
  void *library, *symbol, *state = NULL;
  int x, y, kind, wrong = 0;
  if (argc != 2 || memory == (char *)MAP_FAILED || mprotect(memory + page, page, PROT_NONE) != 0 ||
      !(library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL)) || !(symbol = dlsym(library, "sheaf_plugin_v1"))) {
    fprintf(stderr, "host of 1.0: no argument, no memory or no plugin\n");
    return 2;
  }
  memset(host, 0, sizeof *host);
  host->size = sizeof *host;
  host->minor = SHEAF_MINOR_NEWEST;
  host->get_number = get_number;
  host->read_slice = read_slice;
  host->begin_slice = begin_slice;
  host->end_slice = end_slice;
  host->cancelled = cancelled;

  memcpy(&entry, &symbol, sizeof entry);
  plugin = entry();
  check(plugin != NULL && plugin->size >= sizeof *plugin, "the plugin's table is not shorter");
  check(plugin->minor <= SHEAF_MINOR_NEWEST, "the plugin needs nothing newer");
  check(plugin->error == NULL && plugin->count == 1, "the plugin has its operation");
  operation = plugin->operations[0];
  check(operation->size >= sizeof *operation && strcmp(operation->id, "example.gamma") == 0, "it is gamma");
  check(operation->slice != NULL && operation->run == NULL, "it works on slices");
  if (failures) return 1;

  for (kind = 0; kind < 2; kind++) {
    const double top = kind == 0 ? 255 : 65535;
    pixel = kind == 0 ? SHEAF_U8 : SHEAF_U16;
    for (y = 0; y < HEIGHT; y++)
      for (x = 0; x < WIDTH; x++)
        if (pixel == SHEAF_U8) ((uint8_t *)input[y])[x] = (uint8_t)(37 * x + 11 * y);
        else input[y][x] = (uint16_t)(3571 * x + 1009 * y);
    if (operation->open) check(operation->open(host, NULL, &state) == SHEAF_OK, "it opens");
    check(operation->slice(host, NULL, state, 3) == SHEAF_OK, "it computes");
    if (operation->close) operation->close(state);
    for (y = 0; y < HEIGHT; y++)
      for (x = 0; x < WIDTH; x++)
        if (fabs(value(output, x, y) - top * pow(value(input, x, y) / top, 0.45)) > 0.5000001) wrong++;
  }
  check(wrong == 0, "the pixels follow the formula");
  check(begun == 2 && ended == 2, "what was begun was ended");
  return failures == 0 ? 0 : 1;
}
