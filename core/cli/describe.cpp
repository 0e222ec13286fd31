// sheaf list and sheaf describe.
#include <algorithm>
#include <iostream>
#include <map>
#include <sstream>

#include "command.hpp"
#include "text.hpp"

namespace sheaf::cli {
namespace {

std::string value_text(const Json &value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number()) return core::to_text(value.get<double>());
  if (value.is_array()) {
    std::string text = "[";
    for (size_t i = 0; i < value.size(); i++) text += (i ? "," : "") + value_text(value[i]);
    return text + "]";
  }
  return value.dump();
}

std::string range_of(const Json &p) {
  std::string text;
  if (p.contains("min") && p.contains("max")) text = core::range(p["min"], p["max"]);
  else if (p.contains("min")) text = value_text(p["min"]) + " or more";
  else if (p.contains("max")) text = "at most " + value_text(p["max"]);
  if (p.contains("count")) {
    const auto &c = p["count"];
    text += (text.empty() ? "" : ", ") +
            (c[0] == c[1] ? value_text(c[0]) : value_text(c[0]) + " to " + value_text(c[1])) + " of them";
  }
  const std::string unit = p.at("unit");
  return text + (unit.empty() || text.empty() ? "" : " " + unit);
}

std::string when_of(const Json &p) {
  std::string text;
  for (const auto &[key, wanted] : p.at("when").items()) {
    std::vector<std::string> words;
    for (const auto &v : wanted.is_array() ? wanted : Json::array({wanted})) words.push_back(value_text(v));
    text += (text.empty() ? "" : " and ") + key + " is " + core::one_of(words);
  }
  return text;
}

// Breaks `text` into lines of at most `width` characters behind `indent`.
std::string wrapped(const std::string &text, const std::string &indent, size_t width = 96) {
  std::istringstream words(text);
  std::string out, line, word;
  while (words >> word) {
    if (!line.empty() && indent.size() + line.size() + 1 + word.size() > width) {
      out += indent + line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return line.empty() ? out : out + indent + line + "\n";
}

std::string paragraphs(const std::string &text, const std::string &indent) {
  std::string out;
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = std::min(text.find("\n\n", at), text.size());
    out += (out.empty() ? "" : "\n") + wrapped(text.substr(at, end - at), indent);
    at = end + 2;
  }
  return out;
}

std::string pixel_list(const Json &input) {
  std::vector<std::string> words;
  const std::map<std::string, std::string> names = {
      {"u8", "8-bit"}, {"u16", "16-bit"}, {"f32", "32-bit"}, {"rgb", "RGB"}, {"label", "label"}};
  for (const std::string p : input.at("pixel")) words.push_back(names.at(p));
  return core::one_of(words) +
         (input.at("min_images") == 1 ? " images" : " images, " + input.at("min_images").dump() + " or more");
}

std::string left_out(const Json &input) {
  if (input.at("optional") == false) return "";
  const std::string when = when_of(input);
  return when.empty() ? "; may be left out" : "; needed when " + when + ", and only then";
}

// A schema writes %s where the title of the image goes.
std::string titled(std::string text, const std::string &title) {
  if (const size_t at = text.find("%s"); at != std::string::npos) text.replace(at, 2, title);
  return text;
}

// Like a manual page.
std::string as_text(const Json &s) {
  const std::string id = s.at("id");
  std::ostringstream out;
  out << "NAME\n    " << id << " - " << s.at("summary").get<std::string>() << "\n\n";
  out << "IN IMAGEJ\n    Plugins>Sheaf>" << (s.at("menu") == "" ? "" : s.at("menu").get<std::string>() + ">")
      << command_name(s) << "\n\n";
  out << "SYNOPSIS\n    sheaf run " << id;
  for (const auto &p : s.at("params"))
    out << " [--" << p.at("key").get<std::string>()
        << (p.at("type") == "boolean" ? "]" : " " + p.at("type").get<std::string>() + "]");
  for (const auto &in : s.at("inputs")) {
    const std::string file = (s["inputs"].size() == 1 ? "IN" : in.at("name").get<std::string>()) + ".tif";
    out << (in.at("optional") == true ? " [" + file + "]" : " " + file);
  }
  out << (s.at("outputs").empty() ? "" : " -o OUT.tif") << "\n\n";
  if (const std::string doc = paragraphs(s.at("doc"), "    "); !doc.empty()) out << "DESCRIPTION\n" << doc << "\n";
  out << "INPUTS\n";
  for (const auto &in : s.at("inputs"))
    out << "    " << in.at("name").get<std::string>() << ": " << pixel_list(in)
        << (in.at("roi") == true ? "; a region of interest is used" : "") << left_out(in) << "\n";
  if (!s.at("params").empty()) out << "\nPARAMETERS\n";
  for (const auto &p : s.at("params")) {
    out << "    --" << p.at("key").get<std::string>() << " = " << value_text(p.at("default"));
    if (const std::string range = range_of(p); !range.empty()) out << "    (" << range << ")";
    out << "\n" << wrapped(p.at("help"), "        ");
    if (p.contains("choices"))
      for (const auto &c : p["choices"])
        out << wrapped(
            c.at("key").get<std::string>() + (c.at("help") == "" ? "" : ": " + c.at("help").get<std::string>()),
            "        - ");
    if (const std::string when = when_of(p); !when.empty()) out << "        Used when " << when << ".\n";
    if (p.at("deprecated") != "") out << "        Deprecated: " << p.at("deprecated").get<std::string>() << "\n";
  }
  out << "\nRESULTS\n";
  for (const auto &o : s.at("outputs"))
    out << "    image " << o.at("name").get<std::string>() << " (<title>" << o.at("suffix").get<std::string>() << ")"
        << (o.at("optional") == true ? ", if asked for" : "") << "\n";
  for (const auto &t : s.at("tables")) {
    out << "    table \"" << titled(t.at("title"), "<title>") << "\"\n";
    for (const auto &c : t.at("columns"))
      out << wrapped(c.at("name").get<std::string>() +
                         (c.at("unit") == "" ? "" : " [" + c.at("unit").get<std::string>() + "]") +
                         (c.at("help") == "" ? "" : ": " + c.at("help").get<std::string>()),
                     "        ");
  }
  for (const auto &p : s.at("plots"))
    out << "    plot " << p.at("name").get<std::string>() << ": " << titled(p.at("title"), "<title>") << "\n";
  if (s.at("rois") == true) out << "    regions of interest\n";
  if (!s.at("references").empty()) {
    out << "\nREFERENCES\n";
    for (const auto &r : s.at("references")) out << wrapped(r, "    ");
  }
  return out.str();
}

// The part of a documentation page that the schema knows.
std::string as_markdown(const Json &s) {
  std::ostringstream out;
  const auto cell = [](std::string text) {
    for (size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.replace(at, 1, "\\|");
    return text;
  };
  out << "*Plugins>Sheaf>" << (s.at("menu") == "" ? "" : s.at("menu").get<std::string>() + ">") << command_name(s)
      << "* · `sheaf run " << s.at("id").get<std::string>() << "` · revision " << s.at("revision") << "\n\n"
      << s.at("summary").get<std::string>() << "\n\n";
  for (const auto &in : s.at("inputs"))
    out << "Input `" << in.at("name").get<std::string>() << "`: " << pixel_list(in)
        << (in.at("roi") == true ? "; a region of interest is used" : "") << left_out(in) << ".\n\n";
  if (!s.at("params").empty()) {
    out << "| parameter | default | accepted | meaning |\n|---|---|---|---|\n";
    for (const auto &p : s.at("params")) {
      std::string accepted = range_of(p), help = p.at("help");
      if (p.contains("choices")) {
        std::vector<std::string> keys;
        for (const auto &c : p["choices"]) {
          keys.push_back("`" + c.at("key").get<std::string>() + "`");
          if (c.at("help") != "")
            help += " `" + c.at("key").get<std::string>() + "`: " + c.at("help").get<std::string>();
        }
        accepted = core::one_of(keys);
      }
      if (p.at("type") == "boolean") accepted = "present or absent";
      if (accepted.empty()) accepted = p.at("type");
      if (const std::string when = when_of(p); !when.empty()) help += " Used when " + when + ".";
      if (p.contains("in_view")) help += " ImageJ's dialog offers the image in view.";
      out << "| `" << p.at("key").get<std::string>() << "` | " << cell(value_text(p.at("default"))) << " | "
          << cell(accepted) << " | " << cell(help) << " |\n";
    }
    out << "\n";
  }
  for (const auto &o : s.at("outputs"))
    out << "Image `" << o.at("name").get<std::string>() << "`: *title*`" << o.at("suffix").get<std::string>() << "`"
        << (o.at("optional") == true ? ", if asked for" : "") << ".\n\n";
  for (const auto &t : s.at("tables")) {
    out << "Table \"" << titled(t.at("title"), "*title*") << "\":\n\n| column | meaning |\n|---|---|\n";
    for (const auto &c : t.at("columns"))
      out << "| `" << c.at("name").get<std::string>() << "` | " << cell(c.at("help"))
          << (c.at("unit") == "" ? "" : " [" + cell(c.at("unit")) + "]") << " |\n";
    out << "\n";
  }
  if (!s.at("plots").empty()) {
    out << "Plots:";
    for (size_t i = 0; i < s.at("plots").size(); i++)
      out << (i ? ", " : " ") << "`" << s["plots"][i].at("name").get<std::string>() << "` ("
          << titled(s["plots"][i].at("title"), "*title*") << ")";
    out << ".\n\n";
  }
  if (!s.at("references").empty()) {
    out << "References:\n\n";
    for (const auto &r : s.at("references")) out << "- " << r.get<std::string>() << "\n";
    out << "\n";
  }
  return out.str();
}

std::string format_of(const std::vector<std::string> &arguments, std::vector<std::string> &rest,
                      const std::vector<std::string> &known) {
  std::string format = known.front();
  for (size_t i = 0; i < arguments.size(); i++) {
    if (arguments[i] != "--format") {
      rest.push_back(arguments[i]);
      continue;
    }
    if (i + 1 >= arguments.size()) throw UsageError("--format: a value is missing");
    format = arguments[++i];
    if (std::find(known.begin(), known.end(), format) == known.end())
      throw UsageError("--format: \"" + format + "\" given, needs " + core::one_of(known));
  }
  return format;
}

}  // namespace

int list_command(const Session &session, const std::vector<std::string> &arguments) {
  std::vector<std::string> rest;
  const std::string format = format_of(arguments, rest, {"text", "json", "config", "plugins"});
  if (!rest.empty()) throw UsageError("list: \"" + rest[0] + "\" is not expected");
  if (format == "plugins") {
    for (const auto &p : Json::parse(sheaf_session_plugins(session.get()))) {
      const bool loaded = p.at("loaded");
      std::cout << p.at("path").get<std::string>() << "\n    "
                << (loaded ? p.at("id").get<std::string>() + " " + p.at("version").get<std::string>() + ", " +
                                 p.at("license").get<std::string>()
                           : "refused: " + p.at("reason").get<std::string>())
                << "\n";
      for (const auto &note : p.at("notes")) std::cout << "    note: " << note.get<std::string>() << "\n";
    }
    return 0;
  }
  Json all = Json::array();
  size_t width = 0;
  for (const auto &id : session.operations()) {
    all.push_back(session.schema(id));
    width = std::max(width, id.size());
  }
  if (format == "json") {
    std::cout << all.dump(2) << "\n";
    return 0;
  }
  for (const auto &schema : all) {
    const std::string id = schema.at("id");
    if (format == "config")
      std::cout << "Plugins>Sheaf" << (schema.at("menu") == "" ? "" : ">" + schema.at("menu").get<std::string>())
                << ", \"" << command_name(schema) << "\", sheaf.Command(\"" << id << "\")\n";
    else std::cout << id << std::string(width - id.size() + 2, ' ') << schema.at("summary").get<std::string>() << "\n";
  }
  return 0;
}

int describe_command(const Session &session, const std::vector<std::string> &arguments) {
  std::vector<std::string> rest;
  const std::string format = format_of(arguments, rest, {"text", "json", "markdown"});
  if (rest.size() != 1) throw UsageError("describe: name one operation; sheaf list shows them");
  const Json schema = session.schema(rest[0]);
  std::cout << (format == "json"       ? schema.dump(2) + "\n"
                : format == "markdown" ? as_markdown(schema)
                                       : as_text(schema));
  return 0;
}

}  // namespace sheaf::cli
