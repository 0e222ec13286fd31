// The one error type of the core, and the one guard at its boundaries.
#pragma once

#include <new>
#include <stdexcept>
#include <string>

#include "sheaf_types.h"

namespace sheaf::core {

class Error : public std::runtime_error {
 public:
  Error(sheaf_status status, const std::string &message) : std::runtime_error(message), status_(status) {}
  sheaf_status status() const { return status_; }

 private:
  sheaf_status status_;
};

// Runs f and turns whatever it throws into a status; report(status, message) is
// called for everything but success.
template <class F, class Report>
sheaf_status guard(F &&f, Report &&report) noexcept {
  try {
    try {
      f();
      return SHEAF_OK;
    } catch (const Error &e) {
      report(e.status(), e.what());
      return e.status();
    } catch (const std::bad_alloc &) {
      report(SHEAF_NO_MEMORY, "the machine has no memory left");
      return SHEAF_NO_MEMORY;
    } catch (const std::exception &e) {
      report(SHEAF_INTERNAL, e.what());
      return SHEAF_INTERNAL;
    } catch (...) {
      report(SHEAF_INTERNAL, "an exception of unknown type was thrown");
      return SHEAF_INTERNAL;
    }
  } catch (...) {  // not even the report could be stored
    return SHEAF_NO_MEMORY;
  }
}

}  // namespace sheaf::core
