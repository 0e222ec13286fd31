/* A library that is no plugin. */
int sheaf_something_else(void) { return 1; }
