// What a schema may say, and what is said about one that breaks a rule.
#include "schema.hpp"

#include <catch2/catch.hpp>
#include <functional>

using namespace sheaf::core;

namespace {

Json parameter(const char *key, const char *type, const Json &standard) {
  return {{"key", key}, {"type", type}, {"default", standard}, {"help", "What it does."}};
}

// A schema with one of everything.
Json full() {
  Json schema = {{"title", "Demo"},
                 {"menu", "Tests"},
                 {"summary", "Shows."},
                 {"inputs", {{{"pixel", {"u8"}}}}},
                 {"outputs", {{{"name", "result"}}}},
                 {"tables", {{{"name", "numbers"}, {"columns", {{{"name", "Label"}, {"type", "text"}}}}}}},
                 {"plots", {{{"name", "curve"}}}}};
  Json radius = parameter("radius", "number", 2);
  radius["min"] = 1;
  radius["max"] = 10;
  Json mode = parameter("mode", "choice", "mean");
  mode["choices"] = {"mean", "max"};
  schema["params"] = Json::array({radius, mode, parameter("levels", "numbers", Json::array())});
  return schema;
}

std::vector<std::string> problems_of(const Json &schema, const std::string &id = "tests.demo") {
  std::vector<std::string> problems;
  Schema::parse(id, schema.dump(), problems);
  return problems;
}

// The only problem of the full schema after `change`.
std::string problem_after(const std::function<void(Json &)> &change) {
  Json schema = full();
  change(schema);
  const auto problems = problems_of(schema);
  std::string text;
  for (const auto &p : problems) text += (text.empty() ? "" : " | ") + p;
  return text;
}

std::string problem_with(const char *key, const Json &value) {
  return problem_after([&](Json &s) { s[key] = value; });
}
std::string problem_without(const char *key) {
  return problem_after([&](Json &s) { s.erase(key); });
}
std::string param_problem(size_t index, const char *key, const Json &value) {
  return problem_after([&](Json &s) { s["params"][index][key] = value; });
}
std::string added_param_problem(const Json &param) {
  return problem_after([&](Json &s) { s["params"].push_back(param); });
}
std::string output_problem(const char *key, const Json &value) {
  return problem_after([&](Json &s) { s["outputs"][0][key] = value; });
}
std::string input_problem(const char *key, const Json &value) {
  return problem_after([&](Json &s) { s["inputs"][0][key] = value; });
}
std::string table_problem(const char *key, const Json &value) {
  return problem_after([&](Json &s) { s["tables"][0][key] = value; });
}
std::string column_problem(const Json &column) {
  return problem_after([&](Json &s) { s["tables"][0]["columns"].push_back(column); });
}

}  // namespace

TEST_CASE("a schema that keeps the rules has no problem") {
  CHECK(problem_after([](Json &) {}) == "");
}

TEST_CASE("text that is no schema is refused") {
  std::vector<std::string> problems;
  Schema::parse("tests.demo", "{\"title\": ", problems);
  REQUIRE(problems.size() == 1);
  CHECK_THAT(problems[0], Catch::StartsWith("the schema is not JSON: "));
  problems.clear();
  Schema::parse("tests.demo", "[1, 2]", problems);
  CHECK(problems == std::vector<std::string>{"the schema is not a JSON object"});
  problems.clear();
  Schema::parse("tests.demo", std::string(100000, '['), problems);
  CHECK(problems == std::vector<std::string>{"the schema is not JSON: more than 16 levels of brackets"});
}

TEST_CASE("an operation's id is family.name") {
  for (const char *id : {"demo", "Tests.demo", "tests.demo.more", "tests.", ".demo", "tests.2d", ""})
    CHECK(problems_of(full(), id) ==
          std::vector<std::string>{std::string("id \"") + id +
                                   "\": an operation is named family.name, of a-z, 0-9 and _"});
}

TEST_CASE("what is required must be there") {
  CHECK(problem_without("title") == "\"title\" is missing");
  CHECK(problem_without("summary") == "\"summary\" is missing");
  CHECK(problem_after([](Json &s) { s["outputs"][0].erase("name"); }) == "output 0: \"name\" is missing");
  CHECK(problem_after([](Json &s) { s["tables"][0].erase("name"); }) == "table: \"name\" is missing");
  CHECK(problem_after([](Json &s) { s["tables"][0].erase("columns"); }) == "table: \"columns\" is missing");
  CHECK(column_problem({{"type", "number"}}) == "table: \"name\" is missing");
  CHECK(problem_after([](Json &s) { s["plots"][0].erase("name"); }) == "plot: \"name\" is missing");
  CHECK_THAT(problem_after([](Json &s) { s["params"][0].erase("key"); }),
             Catch::StartsWith("params: \"key\" is missing"));
  CHECK(problem_after([](Json &s) { s["params"][0].erase("type"); }) == "parameter radius: \"type\" is missing");
  CHECK(problem_after([](Json &s) { s["params"][0].erase("default"); }) == "parameter radius: \"default\" is missing");
  CHECK(problem_after([](Json &s) { s["params"][0].erase("help"); }) == "parameter radius: \"help\" is missing");
  CHECK(problem_after([](Json &s) { s["params"][1].erase("choices"); }) ==
        "parameter mode: a choice needs \"choices\"");
}

TEST_CASE("what is required must not be empty") {
  CHECK(problem_with("summary", "") == "\"summary\" is empty");
  CHECK(param_problem(0, "help", "") == "parameter radius: \"help\" is empty");
  CHECK(input_problem("name", "") == "input 0: \"name\" is empty");
  CHECK(column_problem({{"name", ""}}) == "table: a column's name is empty");
}

TEST_CASE("a misspelt member is named with the nearest known one, wherever it is") {
  CHECK(problem_with("titel", "Demo") == "\"titel\" is unknown, did you mean \"title\"?");
  CHECK(param_problem(0, "defualt", 1) == "parameter radius: \"defualt\" is unknown, did you mean \"default\"?");
  CHECK(input_problem("pixels", {"u8"}) == "input 0: \"pixels\" is unknown, did you mean \"pixel\"?");
  CHECK(output_problem("sufix", "-x") == "output 0: \"sufix\" is unknown, did you mean \"suffix\"?");
  CHECK(table_problem("column", Json::array()) == "table: \"column\" is unknown, did you mean \"columns\"?");
  CHECK(column_problem({{"name", "area"}, {"units", "px"}}) == "table: \"units\" is unknown, did you mean \"unit\"?");
  CHECK(problem_after([](Json &s) { s["plots"][0]["quux"] = 1; }) == "plot: \"quux\" is unknown");
  CHECK(param_problem(1, "choices", {{{"key", "mean"}, {"lable", "Mean"}}}) ==
        "parameter mode: \"lable\" is unknown, did you mean \"label\"?");
}

TEST_CASE("a member of another type is refused") {
  CHECK(problem_with("summary", 5) == "\"summary\" is number, needs string");
  CHECK(problem_with("rois", "yes") == "\"rois\" is string, needs boolean");
  CHECK(problem_with("params", Json::object()) == "\"params\" is object, needs array");
  CHECK(problem_with("plots", {1}) == "a plot is not an object");
  CHECK(problem_with("outputs", {"result"}) == "an output is not an object");
  CHECK(problem_with("inputs", {7}) == "an input is not an object | output 0: \"like\" names no input");
  CHECK(problem_with("tables", {true}) == "a table is not an object");
  CHECK(problem_with("references", {"Otsu 1979", 2}) == "\"references\" is a list of texts");
  CHECK(column_problem("area") == "table: a column is not an object");
  CHECK(added_param_problem(3) == "params: a parameter is not an object");
  CHECK(param_problem(0, "min", "1") == "parameter radius: \"min\" is string, needs number");
  CHECK(param_problem(0, "advanced", 1) == "parameter radius: \"advanced\" is number, needs boolean");
}

TEST_CASE("an optional input may depend on parameters") {
  const auto with_second = [](const Json &input) {
    return problem_after([&](Json &s) { s["inputs"] = Json::array({Json::object(), input}); });
  };
  CHECK(with_second({{"optional", true}, {"when", {{"mode", "mean"}}}}) == "");
  CHECK(with_second({{"when", {{"mode", "mean"}}}}) == "input 1: \"when\" is for optional inputs");
  CHECK(with_second({{"optional", true}, {"when", {{"mood", "mean"}}}}) ==
        "input 1: \"when\" names \"mood\", which is no parameter");
}

TEST_CASE("the last inputs may be optional, and no output is like one of them") {
  const auto inputs = [](std::initializer_list<bool> optional) {
    Json list = Json::array();
    for (const bool o : optional) list.push_back({{"optional", o}});
    return list;
  };
  CHECK(problem_with("inputs", inputs({false, true, true})) == "");
  CHECK(problem_with("inputs", inputs({true})) ==
        "input 0: the first input cannot be optional | output 0: \"like\" names an optional input");
  CHECK(problem_with("inputs", inputs({false, true, false})) ==
        "input 2: it follows an optional input, but is not optional");
  CHECK(problem_after([&](Json &s) {
          s["inputs"] = inputs({false, true});
          s["outputs"][0]["like"] = 1;
        }) == "output 0: \"like\" names an optional input");
}

TEST_CASE("titles and menus are made of characters that every menu can show") {
  const std::string title = "\"title\" is made of letters, digits, blanks, _, -, + and ()";
  for (const char *bad : {"", " Gamma", "Gamma...", "Gamma/2", "Gamm\xc3\xa4", "a\"b"})
    CHECK(problem_with("title", bad) == title);
  CHECK(problem_with("title", "2D (x+y) a_b-c") == "");
  CHECK(problem_with("menu", "A,B") == "\"menu\" is made of letters, digits, blanks, _, - and >");
  CHECK(problem_with("menu", "Filters>Edges 2") == "");
}

TEST_CASE("revision, memory and the number of images have their ranges") {
  CHECK(problem_with("revision", 0) == "\"revision\" is 0, needs a whole number from 1 to 1000000");
  CHECK(problem_with("revision", 1.5) == "\"revision\" is 1.5, needs a whole number from 1 to 1000000");
  CHECK(problem_with("revision", 1e300) == "\"revision\" is 1e+300, needs a whole number from 1 to 1000000");
  CHECK(problem_with("memory", "two") == "\"memory\" is one, pairs or all");
  CHECK(input_problem("min_images", 0) == "input 0: \"min_images\" is 0, needs a whole number from 1 to 1000000");
}

TEST_CASE("inputs take known pixel types, at least one") {
  CHECK(input_problem("pixel", {"u9"}) == "input 0: pixel type \"u9\" is unknown");
  CHECK(input_problem("pixel", {8}) == "input 0: pixel type 8 is unknown");
  CHECK(input_problem("pixel", Json::array()) == "input 0: no pixel type is accepted");
}

TEST_CASE("outputs follow an input, and have a known pixel type and number") {
  CHECK(output_problem("like", 1) == "output 0: \"like\" names no input");
  CHECK(output_problem("like", -1) == "output 0: \"like\" is -1, needs a whole number from 0 to 1000");
  CHECK(output_problem("like", 0.5) == "output 0: \"like\" is 0.5, needs a whole number from 0 to 1000");
  CHECK(output_problem("pixel", "float") == "output 0: pixel type \"float\" is unknown");
  CHECK(output_problem("images", "many") == "output 0: \"images\" is like or any");
  CHECK(output_problem("display", "all") == "output 0: \"display\" is like or own");
  CHECK(output_problem("optional", 1) == "output 0: \"optional\" is number, needs boolean");
}

TEST_CASE("outputs, tables and plots have names of one space") {
  CHECK(output_problem("name", "Result") == "output 0: the name of an output is made of a-z, 0-9 and _");
  CHECK(table_problem("name", "a table") == "table: the name of a table is made of a-z, 0-9 and _");
  CHECK(table_problem("name", "result") == "table: the name \"result\" is used twice");
  CHECK(problem_with("plots", {{{"name", "numbers"}}}) == "plot: the name \"numbers\" is used twice");
  CHECK(output_problem("name", "rois") == "output 0: the name \"rois\" is used twice");
}

TEST_CASE("tables have a title that can be a file's name, and distinct columns") {
  CHECK(table_problem("title", "a/b of %s") ==
        "table: \"title\" names a file, it must not be empty nor contain / or \\");
  CHECK(table_problem("title", "") == "table: \"title\" names a file, it must not be empty nor contain / or \\");
  CHECK(column_problem({{"name", "Label"}}) == "table: column \"Label\" is there twice");
  CHECK(column_problem({{"name", "area"}, {"type", "integer"}}) == "table: \"type\" is number or text");
}

TEST_CASE("keys are those that an ImageJ macro can tell apart") {
  const std::string made = ": a key is made of a-z, 0-9 and _ and begins with a letter";
  for (const std::string key : {"Radius", "2d", "_a", "a b", "a-b"})
    CHECK(added_param_problem(parameter(key.c_str(), "number", 1)) == "parameter " + key + made);
  const std::string words =
      ": a key must not contain \"stack\" or \"slice\": ImageJ searches macro options for these words";
  for (const std::string key : {"stack", "first_slice", "slices", "unstacked"})
    CHECK(added_param_problem(parameter(key.c_str(), "number", 1)) == "parameter " + key + words);
  for (const std::string key : {"input", "output", "preview", "regions", "tables", "plots", "title", "roi", "plugins",
                                "threads", "memory", "quiet", "help"})
    CHECK(added_param_problem(parameter(key.c_str(), "number", 1)) ==
          "parameter " + key + ": this key is taken by Sheaf itself");
  CHECK(added_param_problem(parameter("min_radius", "number", 1)) ==
        "parameter radius: \"min_radius\" ends with this key, and ImageJ would take one for the other");
  CHECK(added_param_problem(parameter("radius", "number", 1)) == "parameter radius: this key is there twice");
  CHECK(added_param_problem(parameter("radius_min", "number", 1)) == "");
}

TEST_CASE("parameter types are known") {
  CHECK(added_param_problem(parameter("size", "float", 1)) ==
        "parameter size: type \"float\" is unknown; known: number, integer, boolean, choice, text, numbers, points, "
        "rect, "
        "file or folder");
}

TEST_CASE("ranges are ordered and belong to numbers") {
  CHECK(problem_after([](Json &s) {
          s["params"][0]["min"] = 5;
          s["params"][0]["max"] = 4;
          s["params"][0]["default"] = 5;
        }) ==
        "parameter radius: min is greater than max | "
        "parameter radius: ui_min and ui_max must be ordered and lie within min and max | "
        "parameter radius: the default is not valid: radius: 5 given, needs 5 to 4");
  const std::string slider = "parameter radius: ui_min and ui_max must be ordered and lie within min and max";
  CHECK(param_problem(0, "ui_min", 0) == slider);
  CHECK(param_problem(0, "ui_max", 11) == slider);
  CHECK(param_problem(0, "ui_max", 1) == slider);
  CHECK(param_problem(1, "min", 1) == "parameter mode: \"min\" is for numbers");
  CHECK(param_problem(0, "scale", "log2") == "parameter radius: \"scale\" is linear or log");
  CHECK(param_problem(0, "digits", 40) == "parameter radius: \"digits\" is 40, needs a whole number from 0 to 15");
}

TEST_CASE("defaults are valid") {
  CHECK(param_problem(0, "default", 0) == "parameter radius: the default is not valid: radius: 0 given, needs 1 to 10");
  CHECK(param_problem(0, "default", "x") ==
        "parameter radius: the default is not valid: radius: \"x\" given, needs a number");
  CHECK(param_problem(1, "default", "min") ==
        "parameter mode: the default is not valid: mode: \"min\" given, needs mean or max; did you mean mean?");
  CHECK(added_param_problem({{"key", "flat"}, {"type", "boolean"}, {"default", true}, {"help", "Flat."}}) ==
        "parameter flat: a boolean defaults to false: in a macro an absent key means false");
  CHECK(added_param_problem({{"key", "flat"}, {"type", "boolean"}, {"help", "Flat."}}) == "");
}

TEST_CASE("choices are keys that a macro can hold, each once") {
  const auto choices = [](const Json &list) { return param_problem(1, "choices", list); };
  CHECK(choices({"mean", "a b"}) == "parameter mode: choice \"a b\" is not made of a-z, 0-9, _, . and -");
  CHECK(choices({"mean", "a]b"}) == "parameter mode: choice \"a]b\" is not made of a-z, 0-9, _, . and -");
  CHECK(choices({"mean", ""}) == "parameter mode: choice \"\" is not made of a-z, 0-9, _, . and -");
  CHECK(choices({"mean", "mean"}) == "parameter mode: choice \"mean\" is there twice");
  CHECK(choices({"mean", 3}) == "parameter mode: a choice is a key or an object with \"key\", \"label\" and \"help\"");
  CHECK(choices({"mean", "2.5-d_x"}) == "");
  CHECK(param_problem(0, "choices", {"a"}) == "parameter radius: only a choice has \"choices\"");
}

TEST_CASE("counts are for lists") {
  const std::string rule = "\"count\" is [min, max], for a list";
  CHECK(param_problem(0, "count", {1, 2}) == "parameter radius: " + rule);
  CHECK(param_problem(2, "count", {2, 1}) == "parameter levels: " + rule);
  CHECK(param_problem(2, "count", {1}) == "parameter levels: " + rule);
  CHECK(param_problem(2, "count", {-1, 1}) == "parameter levels: " + rule);
  CHECK(param_problem(2, "count", {1, 3}) == "");
}

TEST_CASE("the image in view is one of an input, given by a whole number") {
  const auto with = [](const Json &param) { return added_param_problem(param); };
  Json base = parameter("base", "integer", 1);
  base["in_view"] = {"images"};
  CHECK(with(base) == "");
  base["in_view"] = {"images", "reference", 3};
  CHECK(with(base) ==
        "parameter base: \"in_view\" names \"reference\", which is no input | "
        "parameter base: \"in_view\" names 3, which is no input");
  base["in_view"] = true;
  CHECK(with(base) == "parameter base: \"in_view\" is boolean, needs array");
  CHECK(param_problem(0, "in_view", {"images"}) == "parameter radius: \"in_view\" is for integers");
}

TEST_CASE("conditions name earlier parameters and values they can have") {
  const auto when = [](size_t param, const Json &condition) { return param_problem(param, "when", condition); };
  CHECK(when(1, {{"radius", 2}}) == "");
  CHECK(when(2, {{"mode", {"mean", "max"}}}) == "");
  CHECK(when(0, {{"mode", "max"}}) == "parameter radius: \"when\" names \"mode\", which is no earlier parameter");
  CHECK(when(0, {{"radius", 2}}) == "parameter radius: \"when\" names \"radius\", which is no earlier parameter");
  CHECK(when(2, {{"mode", "min"}}) ==
        "parameter levels: \"when\": mode: \"min\" given, needs mean or max; did you mean mean?");
  CHECK(when(2, {{"mode", Json::array()}}) == "parameter levels: \"when\" accepts no value of \"mode\"");
  Json last = parameter("last", "number", 1);
  last["when"] = {{"levels", {1}}};
  CHECK(added_param_problem(last) == "parameter last: \"when\" names \"levels\", which is a list");
}

TEST_CASE("a dialog has room for twelve parameters that are not advanced") {
  const auto many = [](int count, bool advanced) {
    return problem_after([&](Json &s) {
      for (int i = 0; i < count; i++) {
        s["params"].push_back(parameter(("p" + std::to_string(i) + "x").c_str(), "number", 1));
        if (advanced) s["params"].back()["advanced"] = true;
      }
    });
  };
  CHECK(many(9, false) == "");
  CHECK(many(10, false) == "13 parameters are not \"advanced\", 12 at most fit a dialog");
  CHECK(many(10, true) == "");
}

TEST_CASE("all problems of a schema are reported at once") {
  Json schema = full();
  schema["title"] = "";
  schema["memory"] = "none";
  schema["params"][0]["default"] = 99;
  CHECK(problems_of(schema, "demo").size() == 4);
}

TEST_CASE("the complete schema has every default written out") {
  std::vector<std::string> problems;
  const Schema schema =
      Schema::parse("tests.small", R"({"title": "Small", "summary": "Small.", "outputs": [{"name": "out"}],
      "tables": [{"name": "t", "columns": [{"name": "a"}]}], "plots": [{"name": "p"}],
      "params": [{"key": "share_of_area", "type": "number", "default": 0.5, "min": 0, "max": 1, "help": "Share."},
                 {"key": "count", "type": "integer", "default": 3, "help": "Count."},
                 {"key": "mode", "type": "choice", "default": "a", "choices": ["a", {"key": "b", "label": "Bee"}],
                  "help": "Mode."},
                 {"key": "flat", "type": "boolean", "help": "Flat."}]})",
                    problems);
  REQUIRE(problems.empty());
  const Json rest = {{"unit", ""},  {"group", ""},      {"advanced", false}, {"when", Json::object()},
                     {"since", ""}, {"deprecated", ""}, {"scale", "linear"}};
  const auto with = [&](Json param) {
    for (const auto &[key, value] : rest.items()) param[key] = value;
    return param;
  };
  const Json expected = {
      {"id", "tests.small"},
      {"title", "Small"},
      {"menu", ""},
      {"summary", "Small."},
      {"doc", ""},
      {"references", Json::array()},
      {"revision", 1},
      {"since", ""},
      {"memory", "one"},
      {"inputs",
       {{{"name", "images"},
         {"pixel", {"u8", "u16", "f32", "rgb"}},
         {"min_images", 1},
         {"roi", false},
         {"optional", false},
         {"when", Json::object()}}}},
      {"outputs",
       {{{"name", "out"},
         {"like", 0},
         {"pixel", ""},
         {"suffix", "-out"},
         {"images", "like"},
         {"display", "like"},
         {"optional", false}}}},
      {"tables",
       {{{"name", "t"},
         {"title", "t of %s"},
         {"columns", {{{"name", "a"}, {"type", "number"}, {"unit", ""}, {"help", ""}}}}}}},
      {"plots", {{{"name", "p"}, {"title", "p"}}}},
      {"rois", false},
      {"params",
       {with({{"key", "share_of_area"},
              {"type", "number"},
              {"default", 0.5},
              {"min", 0},
              {"max", 1},
              {"ui_min", 0},
              {"ui_max", 1},
              {"step", 0.01},
              {"digits", 2},
              {"help", "Share."},
              {"label", "share of area"}}),
        with({{"key", "count"},
              {"type", "integer"},
              {"default", 3},
              {"step", 1},
              {"digits", 0},
              {"help", "Count."},
              {"label", "count"}}),
        with({{"key", "mode"},
              {"type", "choice"},
              {"default", "a"},
              {"step", 1},
              {"digits", 2},
              {"help", "Mode."},
              {"label", "mode"},
              {"choices",
               {{{"key", "a"}, {"label", "a"}, {"help", ""}}, {{"key", "b"}, {"label", "Bee"}, {"help", ""}}}}}),
        with({{"key", "flat"},
              {"type", "boolean"},
              {"default", false},
              {"step", 1},
              {"digits", 2},
              {"help", "Flat."},
              {"label", "flat"}})}}};
  // the order of members does not matter here
  CHECK(nlohmann::json(schema.json()) == nlohmann::json(expected));
}

TEST_CASE("a complete schema is a schema that means the same") {
  Json schema = full();
  schema["params"][2]["when"] = {{"mode", {"mean"}}};
  std::vector<std::string> problems;
  Json once = Schema::parse("tests.demo", schema.dump(), problems).json();
  const Json first = once;
  once.erase("id");
  for (auto &p : once["params"])
    if (p["type"] != "choice") p.erase("choices");
  for (auto &output : once["outputs"])
    if (output["pixel"] == "") output.erase("pixel");
  CHECK(Schema::parse("tests.demo", once.dump(), problems).json() == first);
  CHECK(problems.empty());
}

TEST_CASE("an odd range gives a slider that can be drawn") {
  for (const auto &[low, high] : {std::pair{-1.7e308, 1.7e308}, {0.0, 5e-324}, {1.0, 1.0000000000000002}}) {
    Json param = parameter("size", "number", low);
    param["min"] = low;
    param["max"] = high;
    Json text = full();
    text["params"].push_back(param);
    std::vector<std::string> problems;
    const Schema schema = Schema::parse("tests.demo", text.dump(), problems);
    REQUIRE(problems.empty());
    const Json &p = schema.json()["params"].back();
    CHECK(p["step"].get<double>() > 0);
    CHECK(p["step"].get<double>() < 1e300);
    CHECK(p["digits"].get<int>() >= 0);
    CHECK(p["digits"].get<int>() <= 15);
  }
}
