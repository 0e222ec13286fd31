#include "run_arguments.hpp"

#include <algorithm>
#include <cctype>
#include <set>

#include "text.hpp"

namespace sheaf::cli {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> names_in(const Json &list, const char *member) {
  std::vector<std::string> names;
  for (const auto &item : list) names.push_back(item.at(member));
  return names;
}

bool among(const std::vector<std::string> &names, const std::string &name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The parameter of the key, or null.
const Json *param_in(const Json &schema, const std::string &key) {
  for (const auto &p : schema.at("params"))
    if (p.at("key") == key) return &p;
  return nullptr;
}

// The file that the operation writes itself: by convention the parameter `save`; "" = none.
std::string saved_file(const RunArguments &arguments, const Json &schema) {
  const Json *param = param_in(schema, "save");
  if (!param || param->at("type") != "file") return "";
  return arguments.params.value("save", param->at("default").get<std::string>());
}

class Parser {
 public:
  Parser(const std::vector<std::string> &words, const Json &schema)
      : words_(words), schema_(schema), outputs_(names_in(schema.at("outputs"), "name")) {
    a_.operation = schema.at("id");
  }

  RunArguments parse() {
    for (at_ = 1; at_ < words_.size(); at_++) {
      word_ = words_[at_];
      const size_t equals = word_.starts_with("--") ? word_.find('=') : std::string::npos;
      has_attached_ = equals != std::string::npos;
      if (has_attached_) {
        attached_ = word_.substr(equals + 1);
        word_ = word_.substr(0, equals);
      }
      if (word_.starts_with("-") && word_.size() > 1) option();
      else a_.inputs.push_back(word_);
    }
    check_inputs();
    check_optional_outputs();
    check_kept();
    return std::move(a_);
  }

 private:
  std::string value() {
    if (has_attached_) return attached_;
    // a value that begins like an option has to be attached: --name=--x
    if (at_ + 1 >= words_.size() || words_[at_ + 1].starts_with("--")) throw UsageError(word_ + ": a value is missing");
    return words_[++at_];
  }

  void option() {
    if (word_ != "--output" && word_ != "-o" && !given_.insert(word_).second) throw UsageError(word_ + ": given twice");
    if (word_ == "-o") return first_output(value());
    if (word_ == "--output") return named_output(value());
    if (word_ == "--tables") return folder(a_.tables, "tables", "table");
    if (word_ == "--plots") return folder(a_.plots, "plots", "plot");
    if (word_ == "--regions") {
      if (schema_.at("rois") != true) throw UsageError(word_ + ": " + a_.operation + " makes no regions of interest");
      a_.regions = file(value());
    } else if (word_ == "--roi") {
      roi(value());
    } else if (word_ == "--overwrite") {
      if (has_attached_) throw UsageError(word_ + ": takes no value");
      a_.overwrite = true;
    } else {
      parameter();
    }
  }

  std::string file(const std::string &path) const {
    if (path.empty()) throw UsageError(word_ + ": the name is empty");
    return path;
  }

  void folder(std::string &into, const char *kind, const std::string &one) {
    if (schema_.at(kind).empty()) throw UsageError(word_ + ": " + a_.operation + " makes no " + one);
    into = file(value());
  }

  void first_output(const std::string &path) {
    if (outputs_.empty()) throw UsageError("-o: " + a_.operation + " makes no image");
    if (const size_t equals = path.find('='); equals != std::string::npos && among(outputs_, path.substr(0, equals)))
      return output(path.substr(0, equals), path.substr(equals + 1));
    output(outputs_[0], path);
  }

  void named_output(const std::string &pair) {
    if (outputs_.empty()) throw UsageError("--output: " + a_.operation + " makes no image");
    const size_t equals = pair.find('=');
    if (equals == std::string::npos || !among(outputs_, pair.substr(0, equals)))
      throw UsageError("--output: \"" + pair + "\" given, needs NAME=FILE with NAME " + core::one_of(outputs_));
    output(pair.substr(0, equals), pair.substr(equals + 1));
  }

  void output(const std::string &name, const std::string &path) {
    std::string extension = fs::path(path).extension().string();
    for (char &c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (extension != ".tif" && extension != ".tiff")
      throw UsageError(word_ + ": \"" + path + "\" given, images are written as TIFF; accepted: .tif, .tiff");
    const auto [known, added] = a_.outputs.emplace(name, path);
    if (!added)
      throw UsageError(word_ + ": two files given for the image " + name + ", \"" + known->second + "\" and \"" + path +
                       "\"");
  }

  void roi(const std::string &text) {
    size_t begin = 0;
    while (begin <= text.size()) {
      const size_t end = std::min(text.find(',', begin), text.size());
      const auto n = core::to_number(text.substr(begin, end - begin));
      if (!n) break;
      a_.roi.push_back(*n);
      begin = end + 1;
    }
    if (a_.roi.size() != 4 || a_.roi[2] <= 0 || a_.roi[3] <= 0)
      throw UsageError("--roi: \"" + text + "\" given, needs X,Y,WIDTH,HEIGHT in pixels");
  }

  void parameter() {
    const std::string key = word_.starts_with("--") ? word_.substr(2) : "";
    const Json *param = param_in(schema_, key);
    if (!param) {
      std::vector<std::string> known = names_in(schema_.at("params"), "key");
      for (const char *own : {"output", "tables", "plots", "regions", "roi", "overwrite"}) known.emplace_back(own);
      if (among(names_in(schema_.at("inputs"), "name"), key))
        throw UsageError(word_ + ": an image that " + a_.operation + " takes, not an option; sheaf describe " +
                         a_.operation + " shows where its file is named");
      const std::string near = key.empty() ? "" : core::nearest(key, known);
      throw UsageError(
          word_ + ": unknown option of " + a_.operation +
          (near.empty() ? "; sheaf describe " + a_.operation + " shows them" : "; did you mean --" + near + "?"));
    }
    a_.params[key] = param->at("type") == "boolean" && !has_attached_ ? "true" : value();
  }

  void check_inputs() const {
    const size_t takes = schema_.at("inputs").size();
    if (a_.inputs.empty()) throw UsageError("run: name a TIFF file");
    size_t least = 0;
    for (const auto &input : schema_.at("inputs")) least += !input.at("optional").get<bool>();
    if (takes > 1 && (a_.inputs.size() < least || a_.inputs.size() > takes))
      throw UsageError("run: " + core::counted(static_cast<int64_t>(a_.inputs.size()), "file") + " given, " +
                       a_.operation + " takes " + core::range(static_cast<double>(least), static_cast<double>(takes)));
  }

  // An optional image is switched by the parameter of its name, if there is one.
  void check_optional_outputs() {
    for (const auto &o : schema_.at("outputs")) {
      const std::string name = o.at("name");
      const Json *param = o.at("optional") == true ? param_in(schema_, name) : nullptr;
      if (!param || param->at("type") != "boolean") continue;
      const bool given = a_.params.contains(name), asked = a_.outputs.count(name) > 0;
      const bool off = given ? a_.params[name] == "false" || a_.params[name] == "0" : param->at("default") == false;
      if (asked && off)
        throw UsageError("--output: " + a_.operation + " makes the image " + name + " only with --" + name);
      if (given && !off && !asked)
        a_.warnings.push_back("--" + name + ": the image " + name + " is dropped; --output " + name +
                              "=FILE writes it");
    }
  }

  // An operation that makes nothing but messages may run as it is.
  void check_kept() const {
    std::vector<std::string> ways;
    if (!outputs_.empty()) ways.emplace_back("-o");
    if (!schema_.at("tables").empty()) ways.emplace_back("--tables");
    if (!schema_.at("plots").empty()) ways.emplace_back("--plots");
    if (schema_.at("rois") == true) ways.emplace_back("--regions");
    if (const Json *save = param_in(schema_, "save"); save && save->at("type") == "file") ways.emplace_back("--save");
    if (!ways.empty() && a_.outputs.empty() && a_.tables.empty() && a_.plots.empty() && a_.regions.empty() &&
        saved_file(a_, schema_).empty())
      throw UsageError("run: nothing would be kept: give " + core::one_of(ways));
  }

  const std::vector<std::string> &words_;
  const Json &schema_;
  const std::vector<std::string> outputs_;
  RunArguments a_;
  std::set<std::string> given_;
  size_t at_ = 0;
  std::string word_, attached_;
  bool has_attached_ = false;
};

}  // namespace

RunArguments run_arguments(const std::vector<std::string> &words, const Json &schema) {
  return Parser(words, schema).parse();
}

std::string with_title(std::string pattern, const std::string &title) {
  const size_t at = pattern.find("%s");
  return at == std::string::npos ? pattern : pattern.replace(at, 2, title);
}

fs::path table_file(const RunArguments &arguments, const Json &table, const std::string &title) {
  return fs::path(arguments.tables) / (with_title(table.at("title"), title) + ".csv");
}

fs::path plot_file(const RunArguments &arguments, const std::string &name, const std::string &title) {
  return fs::path(arguments.plots) / (title + "-" + name + ".svg");
}

std::vector<Target> targets_of(const RunArguments &arguments, const Json &schema, const std::string &title) {
  std::vector<Target> targets;
  for (const auto &[name, file] : arguments.outputs) targets.push_back({file, "the image " + name, false});
  if (!arguments.tables.empty())
    for (const auto &t : schema.at("tables"))
      targets.push_back({table_file(arguments, t, title), "the table " + t.at("name").get<std::string>(), true});
  if (!arguments.plots.empty())
    for (const auto &p : schema.at("plots")) {
      const std::string name = p.at("name");
      targets.push_back({plot_file(arguments, name, title), "the plot " + name, true});
    }
  if (!arguments.regions.empty()) targets.push_back({arguments.regions, "the regions", false});
  if (const std::string file = saved_file(arguments, schema); !file.empty()) targets.push_back({file, "--save", false});
  return targets;
}

}  // namespace sheaf::cli
