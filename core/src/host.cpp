// The table of functions that plugins call, over Run's member functions.
#include "error.hpp"
#include "run.hpp"

namespace sheaf::core {
namespace {

// Every entry: run the job, turn what it throws into a status. Misuse of the
// interface fails the run whatever the plugin makes of the status.
template <class F>
sheaf_status entry(sheaf_run *handle, F &&job) noexcept {
  if (!handle || !handle->run) return SHEAF_INTERNAL;
  Run &run = *handle->run;
  return run.guarded([&] {
    try {
      job(run);
    } catch (const Error &e) {
      if (e.status() == SHEAF_INTERNAL) run.misuse(e.what());
      throw;
    }
  });
}

constexpr uint32_t info_size_1_0 = 96;  // of sheaf_info in interface 1.0

std::string text_of(const char *text) { return text ? text : ""; }

template <class T>
T &given(T *pointer, const char *call) {
  if (!pointer) throw Error(SHEAF_INTERNAL, std::string(call) + ": a null pointer was given");
  return *pointer;
}

const Run::Value &value(Run &run, const char *key, const char *call, std::initializer_list<ParamType> types) {
  const Run::Value &v = run.value(key, call);
  for (const ParamType type : types)
    if (v.type == type) return v;
  throw Error(SHEAF_INTERNAL, std::string(call) + ": parameter " + key + " is of another type");
}

using T = ParamType;

sheaf_status SHEAF_CALL get_number(sheaf_run *r, const char *key, double *out) {
  return entry(r, [&](Run &run) {
    given(out, "get_number") = value(run, key, "get_number", {T::number, T::integer, T::boolean}).number;
  });
}
sheaf_status SHEAF_CALL get_integer(sheaf_run *r, const char *key, int64_t *out) {
  return entry(r, [&](Run &run) {
    given(out, "get_integer") = value(run, key, "get_integer", {T::integer, T::boolean, T::choice}).integer;
  });
}
sheaf_status SHEAF_CALL get_text(sheaf_run *r, const char *key, const char **out) {
  return entry(r, [&](Run &run) {
    given(out, "get_text") = value(run, key, "get_text", {T::text, T::choice, T::file, T::folder}).text.c_str();
  });
}
sheaf_status SHEAF_CALL get_numbers(sheaf_run *r, const char *key, const double **out, int64_t *count) {
  return entry(r, [&](Run &run) {
    const auto &v = value(run, key, "get_numbers", {T::numbers, T::points, T::rect});
    given(out, "get_numbers");
    given(count, "get_numbers") = static_cast<int64_t>(v.numbers.size());
    *out = v.numbers.data();
  });
}
sheaf_status SHEAF_CALL get_json(sheaf_run *r, const char **out) {
  return entry(r, [&](Run &run) { given(out, "get_json") = run.params_text().c_str(); });
}

sheaf_status SHEAF_CALL input_info(sheaf_run *r, int32_t input, sheaf_info *out) {
  return entry(r, [&](Run &run) {
    const sheaf_info &info = run.input_info(input);
    const uint32_t size = given(out, "input_info").size;
    if (size < info_size_1_0) throw Error(SHEAF_INTERNAL, "input_info: set the size of the struct first");
    std::memcpy(out, &info, std::min<size_t>(size, sizeof info));
    out->size = size;
  });
}
sheaf_status SHEAF_CALL slice_label(sheaf_run *r, int32_t input, int64_t n, const char **out) {
  return entry(r, [&](Run &run) { given(out, "slice_label") = run.slice_label(input, n); });
}
sheaf_status SHEAF_CALL read_slice(sheaf_run *r, int32_t input, int64_t n, sheaf_view *out) {
  return entry(r, [&](Run &run) { given(out, "read_slice") = run.read_slice(input, n); });
}
sheaf_status SHEAF_CALL read_mask(sheaf_run *r, int32_t input, sheaf_view *out) {
  return entry(r, [&](Run &run) { given(out, "read_mask") = run.read_mask(input); });
}
void SHEAF_CALL release_slice(sheaf_run *r, const sheaf_view *view) {
  if (view) entry(r, [&](Run &run) { run.release_view(*view); });
}

sheaf_status SHEAF_CALL declare_output(sheaf_run *r, int32_t output, const sheaf_info *info) {
  return entry(r, [&](Run &run) { run.declare_output(output, given(info, "declare_output")); });
}
sheaf_status SHEAF_CALL begin_slice(sheaf_run *r, int32_t output, int64_t n, sheaf_view *out) {
  return entry(r, [&](Run &run) { given(out, "begin_slice") = run.begin_slice(output, n); });
}
sheaf_status SHEAF_CALL end_slice(sheaf_run *r, const sheaf_view *view) {
  return entry(r, [&](Run &run) { run.end_slice(given(view, "end_slice")); });
}

int32_t SHEAF_CALL wanted(sheaf_run *r, const char *name) {
  int32_t answer = 0;
  entry(r, [&](Run &run) { answer = run.wanted(text_of(name)); });
  return answer;
}
sheaf_status SHEAF_CALL column_f64(sheaf_run *r, const char *table, const char *column, const double *values,
                                   int64_t count) {
  return entry(r, [&](Run &run) {
    if (count < 0 || (count > 0 && !values)) throw Error(SHEAF_INTERNAL, "column_f64: no values were given");
    run.add_column(text_of(table), text_of(column), std::vector<double>(values, values + count), {}, false);
  });
}
sheaf_status SHEAF_CALL column_text(sheaf_run *r, const char *table, const char *column, const char *const *values,
                                    int64_t count) {
  return entry(r, [&](Run &run) {
    if (count < 0 || (count > 0 && !values)) throw Error(SHEAF_INTERNAL, "column_text: no values were given");
    std::vector<std::string> texts;
    for (int64_t i = 0; i < count; i++) texts.push_back(text_of(values[i]));
    run.add_column(text_of(table), text_of(column), {}, std::move(texts), true);
  });
}
sheaf_status SHEAF_CALL emit_roi(sheaf_run *r, const sheaf_roi *roi) {
  return entry(r, [&](Run &run) { run.add_roi(given(roi, "emit_roi")); });
}
sheaf_status SHEAF_CALL emit_json(sheaf_run *r, const char *kind, const char *json) {
  return entry(r, [&](Run &run) { run.add_json(text_of(kind), text_of(json)); });
}

sheaf_status SHEAF_CALL progress(sheaf_run *r, double fraction, const char *text) {
  const sheaf_status status = entry(r, [&](Run &run) { run.progress(fraction, text); });
  return status == SHEAF_OK && r->run->cancelled() ? SHEAF_CANCELLED : status;
}
int32_t SHEAF_CALL cancelled(sheaf_run *r) { return r && r->run && r->run->cancelled(); }
sheaf_status SHEAF_CALL parallel(sheaf_run *r, int64_t count, sheaf_status(SHEAF_CALL *body)(void *, int64_t),
                                 void *context) {
  sheaf_status result = SHEAF_OK;
  const sheaf_status status = entry(r, [&](Run &run) {
    given(body, "parallel");
    result = run.parallel(count, body, context);
  });
  return status != SHEAF_OK ? status : result;
}
int32_t SHEAF_CALL threads(sheaf_run *r) { return r && r->run ? r->run->threads() : 1; }
sheaf_status SHEAF_CALL reserve(sheaf_run *r, int64_t bytes, const char *purpose) {
  return entry(r, [&](Run &run) { run.reserve(bytes, text_of(purpose)); });
}
int64_t SHEAF_CALL preview(sheaf_run *r) { return r && r->run ? r->run->preview_image() : -1; }
sheaf_status SHEAF_CALL fail(sheaf_run *r, sheaf_status status, const char *message) {
  if (r && r->run && status != SHEAF_OK) r->run->guarded([&] { r->run->record(status, text_of(message)); });
  return status;
}
void SHEAF_CALL log(sheaf_run *r, int32_t level, const char *message) {
  entry(r, [&](Run &run) { run.log(level, text_of(message)); });
}
const void *SHEAF_CALL extension(sheaf_run *, const char *) { return nullptr; }

}  // namespace

const sheaf_host host_table = {sizeof(sheaf_host),
                               SHEAF_MINOR_NEWEST,
                               get_number,
                               get_integer,
                               get_text,
                               get_numbers,
                               get_json,
                               input_info,
                               slice_label,
                               read_slice,
                               read_mask,
                               release_slice,
                               declare_output,
                               begin_slice,
                               end_slice,
                               wanted,
                               column_f64,
                               column_text,
                               emit_roi,
                               emit_json,
                               progress,
                               cancelled,
                               parallel,
                               threads,
                               reserve,
                               preview,
                               fail,
                               log,
                               extension};

}  // namespace sheaf::core
