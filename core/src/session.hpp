// Threads, memory and the operations that a client can run.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "library.hpp"
#include "memory.hpp"
#include "sheaf.h"
#include "thread_pool.hpp"

namespace sheaf::core {

class Session {
 public:
  explicit Session(const sheaf_options &options);

  void configure(const sheaf_options &options);
  // A library, a folder, or, with an empty path, the default folders.
  void load(const std::string &path);

  // Error SHEAF_INVALID naming the nearest known one.
  Operation &operation(const std::string &id) const;
  const std::map<std::string, Operation *> &operations() const { return operations_; }

  Memory &memory() { return memory_; }
  // Runs keep the pool they started with when the number of threads changes.
  std::shared_ptr<ThreadPool> pool() const { return pool_; }

  const std::string &plugins_json();
  const std::string &state_json();
  const std::string &schema_json(const std::string &id);

 private:
  void add(const std::string &path);
  bool add_folder(const std::string &folder);  // false if it is none
  void remember(const std::string &folder);

  Memory memory_;
  std::shared_ptr<ThreadPool> pool_;
  std::vector<std::string> folders_;
  std::vector<const Library *> libraries_;           // in the order seen
  std::map<std::string, std::string> refused_here_;  // path -> reason that holds in this session only
  std::map<std::string, Operation *> operations_;
  std::map<std::string, std::string> schemas_;
  std::string plugins_text_, state_text_;
};

}  // namespace sheaf::core
