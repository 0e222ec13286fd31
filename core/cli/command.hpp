// The commands of the program `sheaf`, and what they share.
#pragma once

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "sheaf.h"

namespace sheaf::cli {

using Json = nlohmann::ordered_json;

// The command line is wrong: exit status 2, with a hint at the help.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Options before and behind the command that concern the session.
struct Options {
  std::vector<std::string> plugins;  // --plugins PATH
  bool only_given_plugins = false;   // --no-default-plugins
  int threads = 0;
  double memory_mb = 0;
  bool quiet = false;
};

// A session as the options ask; destroyed with the object.
class Session {
 public:
  explicit Session(const Options &options);
  ~Session();
  Session(const Session &) = delete;
  Session &operator=(const Session &) = delete;
  sheaf_session *get() const { return session_; }
  // Error naming the nearest known operation.
  Json schema(const std::string &operation) const;
  std::vector<std::string> operations() const;

 private:
  sheaf_session *session_ = nullptr;
};

inline bool is_help(const std::string &word) { return word == "--help" || word == "-h"; }

// The menu command of an operation: "Sheaf Align...".
std::string command_name(const Json &schema);

int list_command(const Session &session, const std::vector<std::string> &arguments);
int describe_command(const Session &session, const std::vector<std::string> &arguments);
int run_command(const Session &session, const Options &options, const std::vector<std::string> &arguments);
int check_command(const std::vector<std::string> &arguments);

// A plot (docs/results.md) as a picture.
std::string plot_svg(const Json &plot);

}  // namespace sheaf::cli
