// sheaf.h over Session and Run: one guard for each function, nothing else.
#include <algorithm>
#include <cstring>
#include <iterator>

#include "error.hpp"
#include "run.hpp"
#include "session.hpp"
#include "sheaf.h"

using sheaf::core::Error;
using sheaf::core::guard;
using sheaf::core::Run;
using sheaf::core::Session;

struct sheaf_session {
  Session session;
};

namespace {

sheaf_options normalized(const sheaf_options *given) {
  sheaf_options options{};
  if (given) std::memcpy(&options, given, std::min<size_t>(given->size, sizeof options));
  options.size = sizeof options;
  return options;
}

const auto silent = [](sheaf_status, const char *) {};

// A text answer, or nullptr if it cannot be given.
template <class F>
const char *text_answer(F &&f) noexcept {
  const char *answer = nullptr;
  guard([&] { answer = f(); }, silent);
  return answer;
}

}  // namespace

uint32_t SHEAF_CALL sheaf_version(void) {
  return SHEAF_VERSION_MAJOR << 16 | SHEAF_VERSION_MINOR << 8 | SHEAF_VERSION_PATCH;
}

const char *SHEAF_CALL sheaf_status_name(sheaf_status status) {
  static constexpr const char *names[] = {"ok",        "cancelled", "invalid", "unsupported",
                                          "no memory", "io",        "failed",  "internal"};
  return status >= SHEAF_OK && status <= SHEAF_INTERNAL ? names[status] : "unknown";
}

sheaf_status SHEAF_CALL sheaf_session_create(const sheaf_options *options, sheaf_session **out) {
  if (!out) return SHEAF_INTERNAL;
  return guard([&] { *out = new sheaf_session{Session(normalized(options))}; }, silent);
}

void SHEAF_CALL sheaf_session_destroy(sheaf_session *session) { delete session; }

sheaf_status SHEAF_CALL sheaf_session_configure(sheaf_session *session, const sheaf_options *options) {
  if (!session) return SHEAF_INTERNAL;
  return guard([&] { session->session.configure(normalized(options)); }, silent);
}

sheaf_status SHEAF_CALL sheaf_session_load(sheaf_session *session, const char *path) {
  if (!session) return SHEAF_INTERNAL;
  return guard([&] { session->session.load(path ? path : ""); }, silent);
}

const char *SHEAF_CALL sheaf_session_plugins(sheaf_session *session) {
  return session ? text_answer([&] { return session->session.plugins_json().c_str(); }) : nullptr;
}

const char *SHEAF_CALL sheaf_session_state(sheaf_session *session) {
  return session ? text_answer([&] { return session->session.state_json().c_str(); }) : nullptr;
}

int32_t SHEAF_CALL sheaf_operation_count(sheaf_session *session) {
  return session ? static_cast<int32_t>(session->session.operations().size()) : 0;
}

const char *SHEAF_CALL sheaf_operation_id(sheaf_session *session, int32_t index) {
  if (index < 0 || index >= sheaf_operation_count(session)) return nullptr;
  return std::next(session->session.operations().begin(), index)->first.c_str();
}

const char *SHEAF_CALL sheaf_operation_schema(sheaf_session *session, const char *id) {
  if (!session || !id) return nullptr;
  return text_answer([&] { return session->session.schema_json(id).c_str(); });
}

sheaf_status SHEAF_CALL sheaf_run_create(sheaf_session *session, const char *operation, const char *params_json,
                                         const sheaf_client *client, sheaf_run **out) {
  if (!out) return SHEAF_INTERNAL;
  sheaf_run *run = new (std::nothrow) sheaf_run;
  if (!run) return SHEAF_NO_MEMORY;
  *out = run;
  return guard(
      [&] {
        if (!session || !operation || !client)
          throw Error(SHEAF_INTERNAL, "sheaf_run_create: a null pointer was given");
        run->run = std::make_unique<Run>(run, session->session, operation, params_json ? params_json : "", *client);
      },
      [&](sheaf_status, const char *message) {
        if (run->message.empty()) run->message = message;  // what the client said comes first
      });
}

sheaf_status SHEAF_CALL sheaf_run_execute(sheaf_run *run) {
  return run && run->run ? run->run->execute() : SHEAF_INTERNAL;
}

sheaf_status SHEAF_CALL sheaf_run_preview(sheaf_run *run, int64_t n) {
  return run && run->run ? run->run->preview(n) : SHEAF_INTERNAL;
}

void SHEAF_CALL sheaf_run_cancel(sheaf_run *run) {
  if (run && run->run) run->run->cancel();
}

sheaf_status SHEAF_CALL sheaf_run_fail(sheaf_run *run, sheaf_status status, const char *message) {
  if (!run || status == SHEAF_OK) return status;
  guard(
      [&] {
        const std::string text = message ? message : "";
        if (run->run) run->run->record(status, text);
        else if (run->message.empty())  // still in sheaf_run_create
          run->message = text;
      },
      silent);
  return status;
}

const char *SHEAF_CALL sheaf_run_message(sheaf_run *run) {
  if (!run) return "";
  return run->run ? run->run->message() : run->message.c_str();
}

const char *SHEAF_CALL sheaf_run_params(sheaf_run *run) {
  return run && run->run ? run->run->params_text().c_str() : "";
}

void SHEAF_CALL sheaf_run_destroy(sheaf_run *run) { delete run; }
