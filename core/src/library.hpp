// Plugin libraries: checked before any of their code runs, loaded once for the
// process, never unloaded.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "schema.hpp"
#include "sheaf_plugin.h"

namespace sheaf::core {

struct Operation {
  sheaf_operation table;  // normalized: members the plugin does not know are 0
  Schema schema;
  std::mutex serial;  // held while a SHEAF_SERIAL operation runs
};

struct Library {
  std::string path;
  std::string reason;  // empty: usable
  std::vector<std::string> notes;
  std::string id, version, vendor, license;
  std::vector<std::unique_ptr<Operation>> operations;
};

// Loads the library, or returns what is known of it from an earlier load.
// Never fails: a library that cannot be used has a reason.
const Library &load_library(const std::string &path);

// The plugin libraries in a folder, sorted by name.
std::vector<std::string> libraries_in(const std::string &folder);

// Folders that a session looks through by itself, in order.
std::vector<std::string> default_plugin_folders();

}  // namespace sheaf::core
