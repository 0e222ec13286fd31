#include "session.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "error.hpp"
#include "text.hpp"

namespace sheaf::core {
namespace {

namespace fs = std::filesystem;

int64_t physical_memory() {
  const int64_t pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  return pages > 0 && page > 0 ? pages * page : int64_t{4} << 30;
}

}  // namespace

Session::Session(const sheaf_options &options) {
  configure(options);
  if (!(options.flags & SHEAF_NO_DEFAULT_PLUGINS)) load("");
}

void Session::configure(const sheaf_options &options) {
  if (options.threads < 0 || options.threads > 1024)
    throw Error(SHEAF_INVALID, "threads: " + std::to_string(options.threads) + " given, needs 0 to 1024");
  if (options.memory_bytes < 0 || options.cache_bytes < 0)
    throw Error(SHEAF_INVALID, "memory: a negative budget was given");
  const int threads =
      options.threads > 0 ? options.threads : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  if (!pool_ || pool_->size() != threads) pool_ = std::make_shared<ThreadPool>(threads);
  const int64_t budget = options.memory_bytes > 0 ? options.memory_bytes : physical_memory() / 2;
  memory_.configure(budget, options.cache_bytes > 0 ? options.cache_bytes : std::min(budget / 4, int64_t{128} << 20));
}

void Session::load(const std::string &path) {
  std::error_code error;  // a folder that cannot be looked into is as good as none
  if (path.empty()) {
    for (const auto &folder : default_plugin_folders()) {
      if (!add_folder(folder) && fs::is_regular_file(folder, error)) add(folder);
      remember(folder);
    }
  } else if (add_folder(path)) {
    remember(path);
  } else if (fs::exists(path, error)) {
    add(path);
  } else {
    throw Error(SHEAF_IO, "plugins: there is no file or folder " + path);
  }
}

void Session::remember(const std::string &folder) {
  if (std::find(folders_.begin(), folders_.end(), folder) == folders_.end()) folders_.push_back(folder);
}

bool Session::add_folder(const std::string &folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) return false;
  for (const auto &file : libraries_in(folder)) add(file);
  return true;
}

void Session::add(const std::string &path) {
  const Library &library = load_library(path);
  const auto same_path = [&](const Library *l) { return l->path == library.path; };
  const auto known = std::find_if(libraries_.begin(), libraries_.end(), same_path);
  if (known != libraries_.end()) {
    if (*known == &library) return;
    *known = &library;  // it was refused before and has been replaced on disk
  } else {
    libraries_.push_back(&library);
  }
  refused_here_.erase(library.path);
  for (const auto &operation : library.operations)
    if (operations_.count(operation->schema.id())) {
      std::string owner;
      for (const auto *other : libraries_)
        for (const auto &o : other->operations)
          if (o->schema.id() == operation->schema.id() && other != &library && owner.empty()) owner = other->path;
      refused_here_[library.path] = "operation " + operation->schema.id() + " is already provided by " + owner;
      return;
    }
  for (const auto &operation : library.operations) operations_[operation->schema.id()] = operation.get();
}

Operation &Session::operation(const std::string &id) const {
  const auto found = operations_.find(id);
  if (found != operations_.end()) return *found->second;
  std::vector<std::string> known;
  for (const auto &[name, operation] : operations_) known.push_back(name);
  const std::string near = nearest(id, known);
  throw Error(SHEAF_INVALID, "operation: \"" + id + "\" is unknown" +
                                 (near.empty() ? "; " + std::to_string(known.size()) + " operations are loaded"
                                               : "; did you mean " + near + "?"));
}

const std::string &Session::plugins_json() {
  Json list = Json::array();
  for (const Library *library : libraries_) {
    const auto refused = refused_here_.find(library->path);
    const std::string reason = refused != refused_here_.end() ? refused->second : library->reason;
    Json ids = Json::array();
    if (reason.empty())
      for (const auto &operation : library->operations) ids.push_back(operation->schema.id());
    list.push_back({{"path", library->path},
                    {"id", library->id},
                    {"version", library->version},
                    {"vendor", library->vendor},
                    {"license", library->license},
                    {"loaded", reason.empty()},
                    {"reason", reason},
                    {"operations", ids},
                    {"notes", library->notes}});
  }
  return plugins_text_ = list.dump(-1, ' ', false, Json::error_handler_t::replace);
}

const std::string &Session::state_json() {
  const uint32_t version = sheaf_version();
  const Json state = {{"version", std::to_string(version >> 16) + "." + std::to_string(version >> 8 & 255) + "." +
                                      std::to_string(version & 255)},
                      {"threads", pool_->size()},
                      {"memory_budget", memory_.budget()},
                      {"memory_used", memory_.used()},
                      {"memory_peak", memory_.peak()},
                      {"cache_budget", memory_.cache()},
                      {"folders", folders_}};
  return state_text_ = state.dump(-1, ' ', false, Json::error_handler_t::replace);
}

const std::string &Session::schema_json(const std::string &id) {
  const Schema &schema = operation(id).schema;
  auto &text = schemas_[id];
  if (text.empty()) text = schema.json().dump(-1, ' ', false, Json::error_handler_t::replace);
  return text;
}

}  // namespace sheaf::core
