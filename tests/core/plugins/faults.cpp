// Operations that break the rules, each in one way, on the bare interface.
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>

#include "sheaf_plugin.h"

namespace {

struct Unrelated {};

std::string text(const sheaf_host *host, sheaf_run *run, const char *key) {
  const char *value = "";
  host->get_text(run, key, &value);
  return value;
}

// ---- misuse of the interface, after which the operation claims success ----------

sheaf_status misuse(const sheaf_host *host, sheaf_run *run, void *) {
  const std::string what = text(host, run, "what");
  sheaf_view view{}, other{};
  sheaf_info info{};
  info.size = sizeof info;
  double number = 0;
  int64_t integer = 0, count = 0;
  const double *numbers = nullptr;
  const char *word = nullptr;
  const double two[] = {1, 2};
  const char *const words[] = {"a", "b", "c"};
  const float points[] = {0, 0, 1, 1};
  sheaf_roi roi{};
  roi.size = sizeof roi;
  roi.kind = SHEAF_ROI_POINTS;
  roi.xy = points;
  roi.points = 2;
  const int32_t ends[] = {1, 1};
  if (what == "release_twice") {
    host->read_slice(run, 0, 0, &view);
    host->release_slice(run, &view);
    host->release_slice(run, &view);
  } else if (what == "end_twice") {
    host->begin_slice(run, 0, 0, &view);
    host->end_slice(run, &view);
    host->end_slice(run, &view);
  } else if (what == "end_input") {
    host->read_slice(run, 0, 0, &view);
    host->end_slice(run, &view);
  } else if (what == "begin_twice") {
    host->begin_slice(run, 0, 0, &view);
    host->end_slice(run, &view);
    host->begin_slice(run, 0, 0, &other);
  } else if (what == "begin_beyond") {
    host->begin_slice(run, 0, 99, &view);
  } else if (what == "begin_undeclared") {
    host->begin_slice(run, 1, 0, &view);
  } else if (what == "output_unknown") {
    host->begin_slice(run, 7, 0, &view);
  } else if (what == "declare_twice") {
    host->input_info(run, 0, &info);
    host->declare_output(run, 1, &info);
    host->declare_output(run, 1, &info);
  } else if (what == "declare_late") {
    host->begin_slice(run, 0, 0, &view);
    host->input_info(run, 0, &info);
    host->declare_output(run, 0, &info);
  } else if (what == "declare_nothing") {
    host->declare_output(run, 1, &info);
  } else if (what == "declare_pixel") {
    host->input_info(run, 0, &info);
    info.pixel = SHEAF_F32;
    host->declare_output(run, 1, &info);
  } else if (what == "declare_count") {
    host->input_info(run, 0, &info);
    info.slices = info.depth = 99;
    host->declare_output(run, 0, &info);
  } else if (what == "declare_hyperstack") {
    host->input_info(run, 0, &info);
    info.channels = 2;
    host->declare_output(run, 0, &info);
  } else if (what == "info_without_size") {
    info.size = 0;
    host->input_info(run, 0, &info);
  } else if (what == "parameter_unknown") {
    host->get_number(run, "radius", &number);
  } else if (what == "parameter_null") {
    host->get_text(run, nullptr, &word);
  } else if (what == "parameter_type") {
    host->get_integer(run, "size", &integer);
  } else if (what == "parameter_list") {
    host->get_numbers(run, "size", &numbers, &count);
  } else if (what == "null_pointer") {
    host->get_number(run, "size", nullptr);
  } else if (what == "table_unknown") {
    host->column_f64(run, "nowhere", "a", two, 2);
  } else if (what == "column_unknown") {
    host->column_f64(run, "table", "b", two, 2);
  } else if (what == "column_type") {
    host->column_text(run, "table", "a", words, 3);
  } else if (what == "column_twice") {
    host->column_f64(run, "table", "a", two, 2);
    host->column_f64(run, "table", "a", two, 2);
  } else if (what == "column_length") {
    host->column_f64(run, "table", "a", two, 2);
    host->column_text(run, "table", "Label", words, 3);
  } else if (what == "column_null") {
    host->column_f64(run, "table", "a", nullptr, 2);
  } else if (what == "plot_unknown") {
    host->emit_json(run, "plot", "{\"name\": \"nowhere\", \"kind\": \"curve\", \"x\": [], \"y\": []}");
  } else if (what == "plot_shape") {
    host->emit_json(run, "plot", "{\"name\": \"plot\", \"kind\": \"curve\", \"x\": [1], \"y\": []}");
  } else if (what == "plot_text") {
    host->emit_json(run, "plot", "{\"name\": ");
  } else if (what == "roi_kind") {
    roi.kind = 9;
    host->emit_roi(run, &roi);
  } else if (what == "roi_rings") {
    roi.rings = 2;
    roi.ring_ends = ends;
    host->emit_roi(run, &roi);
  } else if (what == "roi_rest") {
    roi.rings = 1;
    roi.ring_ends = ends;
    host->emit_roi(run, &roi);
  } else if (what == "wanted_unknown") {
    host->wanted(run, "nowhere");
  } else if (what == "reserve_negative") {
    host->reserve(run, -1, "nothing");
  } else if (what == "foreign_thread") {
    std::thread([&] { host->read_slice(run, 0, 0, &view); }).join();
  } else if (what == "parallel_null") {
    host->parallel(run, 3, nullptr, nullptr);
  }
  return SHEAF_OK;
}

const char misuse_schema[] = R"({"title": "Misuse", "summary": "Misuses.", "inputs": [{"pixel": ["u8"]}], "rois": true,
  "outputs": [{"name": "out", "optional": true}, {"name": "free", "images": "any", "pixel": "u8", "optional": true}],
  "tables": [{"name": "table", "columns": [{"name": "Label", "type": "text"}, {"name": "a"}]}],
  "plots": [{"name": "plot"}],
  "params": [{"key": "what", "type": "text", "default": "", "help": "W."},
             {"key": "size", "type": "number", "default": 1, "help": "S."}]})";

const sheaf_operation misuse_operation = {
    sizeof misuse_operation, 0, "faults.misuse", misuse_schema, nullptr, misuse, nullptr, nullptr, nullptr};

// ---- exceptions that leave the plugin --------------------------------------------

void raise(const std::string &kind) {
  if (kind == "runtime") throw std::runtime_error("the filter is too wide");
  if (kind == "memory") throw std::bad_alloc();
  if (kind == "unrelated") throw Unrelated();
  if (kind == "number") throw 5;
}

void raise_at(const sheaf_host *host, sheaf_run *run, const char *where) {
  if (text(host, run, "where") == where) raise(text(host, run, "what"));
}

struct Context {
  const sheaf_host *host;
  sheaf_run *run;
};

sheaf_status body(void *context, int64_t i) {
  const auto *c = static_cast<Context *>(context);
  if (i == 3) raise_at(c->host, c->run, "parallel");
  return SHEAF_OK;
}

sheaf_status outer_body(void *context, int64_t i) {
  const auto *c = static_cast<Context *>(context);
  if (i == 3 && text(c->host, c->run, "where") == "nested") raise(text(c->host, c->run, "what"));
  return SHEAF_OK;
}

sheaf_status nesting_body(void *context, int64_t) {
  const auto *c = static_cast<Context *>(context);
  return c->host->parallel(c->run, 5, outer_body, context);
}

char state_object, throwing_state;

sheaf_status open(const sheaf_host *host, sheaf_run *run, void **state) {
  raise_at(host, run, "open");
  *state = text(host, run, "where") == "close" ? &throwing_state : &state_object;
  return SHEAF_OK;
}

sheaf_status slice(const sheaf_host *host, sheaf_run *run, void *, int64_t n) {
  if (n == 2) raise_at(host, run, "slice");
  return SHEAF_OK;
}

sheaf_status run_all(const sheaf_host *host, sheaf_run *run, void *) {
  raise_at(host, run, "run");
  Context context{host, run};
  const sheaf_status status = host->parallel(run, 10, body, &context);
  return status != SHEAF_OK ? status : host->parallel(run, 10, nesting_body, &context);
}

sheaf_status finish(const sheaf_host *host, sheaf_run *run, void *) {
  raise_at(host, run, "finish");
  return SHEAF_OK;
}

void close(void *state) {
  if (state == &throwing_state) throw std::runtime_error("thrown while closing");
}

const char throw_schema[] = R"({"title": "Throw", "summary": "Throws.", "inputs": [{"pixel": ["u8"]}],
  "params": [{"key": "where", "type": "text", "default": "", "help": "W."},
             {"key": "what", "type": "text", "default": "runtime", "help": "W."}]})";

const sheaf_operation throw_slice = {
    sizeof throw_slice, 0, "faults.throw_slice", throw_schema, slice, nullptr, open, finish, close};
const sheaf_operation throw_run = {sizeof throw_run, 0,    "faults.throw_run", throw_schema, nullptr, run_all, open,
                                   finish,           close};

// ---- statuses ----------------------------------------------------------------------

sheaf_status answer(const sheaf_host *host, sheaf_run *run, void *) {
  int64_t status = 0;
  host->get_integer(run, "status", &status);
  const std::string message = text(host, run, "message");
  if (!message.empty()) host->fail(run, static_cast<sheaf_status>(status), message.c_str());
  if (text(host, run, "first") != "") host->fail(run, SHEAF_IO, text(host, run, "first").c_str());
  return static_cast<sheaf_status>(status);
}

const char answer_schema[] = R"({"title": "Answer", "summary": "Ends as it is told.", "inputs": [{"pixel": ["u8"]}],
  "params": [{"key": "status", "type": "integer", "default": 0, "help": "S."},
             {"key": "message", "type": "text", "default": "", "help": "M."},
             {"key": "first", "type": "text", "default": "", "help": "F."}]})";

const sheaf_operation answer_operation = {
    sizeof answer_operation, 0, "faults.answer", answer_schema, nullptr, answer, nullptr, nullptr, nullptr};

// Carries on after a read has failed: only the returned status counts.
sheaf_status tolerant(const sheaf_host *host, sheaf_run *run, void *) {
  sheaf_view view{};
  view.width = 77;
  const sheaf_status status = host->read_slice(run, 0, 1, &view);
  const double values[] = {static_cast<double>(status), static_cast<double>(view.width)};
  return host->column_f64(run, "seen", "value", values, 2);
}

const char tolerant_schema[] = R"({"title": "Tolerant", "summary": "Carries on.", "inputs": [{"pixel": ["u8"]}],
  "tables": [{"name": "seen", "columns": [{"name": "value"}]}]})";

const sheaf_operation tolerant_operation = {
    sizeof tolerant_operation, 0, "faults.tolerant", tolerant_schema, nullptr, tolerant, nullptr, nullptr, nullptr};

// Opens well, but misuses the interface while doing so; counts what it has to close.
int open_states;

sheaf_status careless_open(const sheaf_host *host, sheaf_run *run, void **state) {
  open_states++;
  *state = &open_states;
  host->get_number(run, "nowhere", nullptr);
  return SHEAF_OK;
}

sheaf_status count_open(const sheaf_host *host, sheaf_run *run, void *) {
  const double count = open_states;
  return host->column_f64(run, "open", "count", &count, 1);
}

void careless_close(void *) { open_states--; }

const char careless_schema[] = R"({"title": "Careless", "summary": "C.", "inputs": [{"pixel": ["u8"]}]})";
const char count_schema[] = R"({"title": "Count", "summary": "C.", "inputs": [{"pixel": ["u8"]}],
  "tables": [{"name": "open", "columns": [{"name": "count"}]}]})";

const sheaf_operation careless_operation = {sizeof careless_operation,
                                            0,
                                            "faults.careless",
                                            careless_schema,
                                            nullptr,
                                            run_all,
                                            careless_open,
                                            nullptr,
                                            careless_close};
const sheaf_operation count_operation = {
    sizeof count_operation, 0, "faults.open_states", count_schema, nullptr, count_open, nullptr, nullptr, nullptr};

const sheaf_operation *const operations[] = {&misuse_operation, &throw_slice,        &throw_run,
                                             &answer_operation, &tolerant_operation, &careless_operation,
                                             &count_operation};
const sheaf_plugin plugin = {sizeof plugin,
                             SHEAF_MINOR,
                             "org.sheaf.test.faults",
                             "1.0.0",
                             "Sheaf tests",
                             "BSD-3-Clause",
                             sizeof operations / sizeof *operations,
                             0,
                             operations,
                             nullptr};

}  // namespace

extern "C" SHEAF_EXPORT const sheaf_plugin *SHEAF_CALL sheaf_plugin_v1(void) { return &plugin; }
