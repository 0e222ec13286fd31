/* one_openmp.c: loads every bundled plugin through the core, then looks at what
 * is in the process:  one_openmp FOLDER COUNT
 * Two OpenMP runtimes in one process abort or corrupt it; Sheaf has threads of
 * its own and brings none. Loading must not change the floating-point mode. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sheaf.h"

static int count_of(const char *text, const char *part) {
  int count = 0;
  for (; (text = strstr(text, part)) != NULL; text++) count++;
  return count;
}

int main(int argc, char **argv) {
  static const char *const runtimes[] = {"libgomp", "libomp", "libiomp"};
  sheaf_options options;
  sheaf_session *session = NULL;
  const char *plugins;
  char line[4096];
  FILE *maps;
  int wrong = 0, mapped = 0;
  size_t i;
  memset(&options, 0, sizeof options);
  options.size = sizeof options;
  options.flags = SHEAF_NO_DEFAULT_PLUGINS;
  if (argc != 3 || sheaf_session_create(&options, &session) != SHEAF_OK ||
      sheaf_session_load(session, argv[1]) != SHEAF_OK || !(maps = fopen("/proc/self/maps", "r"))) {
    fprintf(stderr, "no arguments, no session, no folder or no /proc\n");
    return 2;
  }
  plugins = sheaf_session_plugins(session);
  puts(plugins);
  if (count_of(plugins, "\"loaded\":true") != atoi(argv[2]) || atoi(argv[2]) == 0) {
    fprintf(stderr, "not all of the %s plugins were loaded\n", argv[2]);
    wrong = 1;
  }
  if (count_of(plugins, "\"notes\":[]") != atoi(argv[2])) {
    fprintf(stderr, "there are notes on the plugins\n");
    wrong = 1;
  }
  while (fgets(line, sizeof line, maps)) {
    if (strstr(line, "sheaf-plugins/")) mapped = 1;
    for (i = 0; i < sizeof runtimes / sizeof *runtimes; i++)
      if (strstr(line, runtimes[i])) {
        fprintf(stderr, "an OpenMP runtime was loaded: %s", line);
        wrong = 1;
      }
  }
  if (!mapped) {
    fprintf(stderr, "the plugins are not in the process\n");
    wrong = 1;
  }
  fclose(maps);
  sheaf_session_destroy(session);
  return wrong;
}
