// sheaf: Sheaf's operations from the command line.
#include <algorithm>
#include <cmath>
#include <iostream>

#include "command.hpp"
#include "text.hpp"

namespace sheaf::cli {
namespace {

constexpr const char *usage = R"(sheaf: analysis of image collections, the operations of Sheaf from the command line

  sheaf list [--format text|json|config|plugins]
        the operations (config: menu entries for ImageJ; plugins: the libraries, and why one was refused)
  sheaf describe OPERATION [--format text|json|markdown], sheaf run OPERATION --help
        what an operation computes, its parameters and results
  sheaf run OPERATION [--KEY VALUE]... IN.tif... [-o OUT.tif] [--tables DIR] [--plots DIR]
        runs it on TIFF stacks; several files make one collection, if the operation takes one input
        -o FILE            the first image       --output NAME=FILE   another image; -o NAME=FILE does, too
        --tables DIR       tables as CSV         --plots DIR          plots as SVG
        --regions FILE     regions as JSON       --roi X,Y,W,H        region of interest, in pixels
        --overwrite        replaces files that exist; without it they are refused; an input is never replaced
  sheaf check LIBRARY...
        runs a plugin through the conformance tests
  sheaf --version

For every command: --plugins PATH (a library or a folder, repeatable), --no-default-plugins, --threads N,
--memory MB (budget for images), --quiet
)";

int execute(std::vector<std::string> arguments) {
  Options options;
  std::vector<std::string> rest;
  for (size_t i = 0; i < arguments.size(); i++) {
    const std::string &a = arguments[i];
    const auto value = [&]() -> const std::string & {
      if (i + 1 >= arguments.size()) throw UsageError(a + ": a value is missing");
      return arguments[++i];
    };
    const auto number = [&](double max, bool whole) {
      const std::string &text = value();
      const auto n = core::to_number(text);
      if (!n || !(*n >= 0 && *n <= max) || (whole && *n != std::floor(*n)))
        throw UsageError(a + ": \"" + text + "\" given, needs a " + (whole ? "whole number" : "number") +
                         " from 0 to " + core::to_text(max));
      return *n;
    };
    if (a == "--plugins") options.plugins.push_back(value());
    else if (a == "--no-default-plugins") options.only_given_plugins = true;
    else if (a == "--threads") options.threads = static_cast<int>(number(1024, true));
    else if (a == "--memory") options.memory_mb = number(1e9, false);
    else if (a == "--quiet") options.quiet = true;
    else rest.push_back(a);
  }
  const bool help = !rest.empty() && (rest[0] == "help" || is_help(rest[0]) || (rest.size() > 1 && is_help(rest[1])));
  if (rest.empty() || help) {
    std::cout << usage;
    return rest.empty() ? 2 : 0;
  }
  if (rest[0] == "--version") {
    const uint32_t v = sheaf_version();
    std::cout << "sheaf " << (v >> 16) << "." << (v >> 8 & 255) << "." << (v & 255) << "\n";
    return 0;
  }
  const std::string command = rest[0];
  rest.erase(rest.begin());
  if (command == "check") return check_command(rest);
  const std::vector<std::string> known = {"list", "describe", "run", "check"};
  if (std::find(known.begin(), known.end(), command) == known.end()) {
    const std::string near = core::nearest(command, known);
    throw UsageError("\"" + command + "\" is no command" + (near.empty() ? "" : "; did you mean " + near + "?"));
  }
  const Session session(options);
  if (command == "list") return list_command(session, rest);
  if (command == "describe") return describe_command(session, rest);
  return run_command(session, options, rest);
}

}  // namespace

Session::Session(const Options &options) {
  sheaf_options o{};
  o.size = sizeof o;
  o.flags = options.only_given_plugins ? SHEAF_NO_DEFAULT_PLUGINS : 0;
  o.threads = options.threads;
  o.memory_bytes = static_cast<int64_t>(options.memory_mb * 1e6);
  if (sheaf_session_create(&o, &session_) != SHEAF_OK)
    throw std::runtime_error("the session could not be created: the system has no threads or no memory left");
  for (const auto &path : options.plugins)
    if (sheaf_session_load(session_, path.c_str()) != SHEAF_OK) {
      sheaf_session_destroy(session_);
      throw std::runtime_error("--plugins: there is no file or folder " + path);
    }
}

Session::~Session() { sheaf_session_destroy(session_); }

std::vector<std::string> Session::operations() const {
  std::vector<std::string> ids;
  for (int32_t i = 0; i < sheaf_operation_count(session_); i++) ids.emplace_back(sheaf_operation_id(session_, i));
  return ids;
}

Json Session::schema(const std::string &operation) const {
  const char *text = sheaf_operation_schema(session_, operation.c_str());
  if (text) return Json::parse(text);
  const auto known = operations();
  const std::string near = core::nearest(operation, known);
  std::string refused;
  for (const auto &plugin : Json::parse(sheaf_session_plugins(session_)))
    if (!plugin.at("loaded").get<bool>())
      refused += "\n  " + plugin.at("path").get<std::string>() + ": " + plugin.at("reason").get<std::string>();
  throw std::runtime_error("operation: \"" + operation + "\" is unknown" +
                           (near.empty() ? "; " + std::to_string(known.size()) + " are loaded, see sheaf list"
                                         : "; did you mean " + near + "?") +
                           (refused.empty() ? "" : "\nThese libraries were refused:" + refused));
}

std::string command_name(const Json &schema) {
  return "Sheaf " + schema.at("title").get<std::string>() + (schema.at("params").empty() ? "" : "...");
}

}  // namespace sheaf::cli

int main(int argc, char **argv) {
  try {
    return sheaf::cli::execute({argv + 1, argv + argc});
  } catch (const sheaf::cli::UsageError &e) {
    std::cerr << "sheaf: " << e.what() << "\nsheaf --help shows how it is used.\n";
    return 2;
  } catch (const std::exception &e) {
    std::cerr << "sheaf: " << e.what() << "\n";
    return 1;
  }
}
