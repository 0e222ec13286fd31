// What `sheaf run` is asked for.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "command.hpp"
#include "new_file.hpp"

namespace sheaf::cli {

struct RunArguments {
  std::string operation;
  Json params = Json::object();
  std::vector<std::string> inputs;
  std::map<std::string, std::string> outputs;  // name -> file
  std::string tables, plots, regions;
  std::vector<double> roi;
  bool overwrite = false;
  std::vector<std::string> warnings;
};

// Errors: UsageError.
RunArguments run_arguments(const std::vector<std::string> &words, const Json &schema);

std::filesystem::path table_file(const RunArguments &arguments, const Json &table, const std::string &title);
std::filesystem::path plot_file(const RunArguments &arguments, const std::string &name, const std::string &title);
// Every file the run may write; `title`: of its first input.
std::vector<Target> targets_of(const RunArguments &arguments, const Json &schema, const std::string &title);

// The pattern of a schema, with the title of the image for its %s.
std::string with_title(std::string pattern, const std::string &title);

}  // namespace sheaf::cli
