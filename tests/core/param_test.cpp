// Parameters: what is accepted, in JSON and as the text of a macro or a command line, and what is said otherwise.
#include <catch2/catch.hpp>
#include <clocale>
#include <locale>

#include "error.hpp"
#include "schema.hpp"

using namespace sheaf::core;

namespace {

const Schema &schema() {
  static const Schema s = [] {
    std::vector<std::string> problems;
    Schema parsed = Schema::parse("tests.demo", R"({"title": "Demo", "summary": "Shows.", "params": [
      {"key": "radius", "type": "number", "default": 2, "min": 0.5, "max": 10, "unit": "px", "help": "R."},
      {"key": "low", "type": "number", "default": 0, "min": 0, "help": "L."},
      {"key": "top", "type": "number", "default": 0, "max": 100, "help": "T."},
      {"key": "count", "type": "integer", "default": 3, "min": 1, "help": "C."},
      {"key": "flat", "type": "boolean", "help": "F."},
      {"key": "mode", "type": "choice", "default": "mean", "choices": ["mean", "median", "max"], "help": "M."},
      {"key": "name", "type": "text", "default": "", "help": "N."},
      {"key": "model", "type": "file", "default": "", "help": "F."},
      {"key": "levels", "type": "numbers", "default": [], "min": 0, "count": [1, 3], "help": "L."},
      {"key": "weights", "type": "numbers", "default": [1, 2], "help": "W."},
      {"key": "marks", "type": "points", "default": [], "count": [2, 3], "help": "M."},
      {"key": "box", "type": "rect", "default": [], "help": "B."},
      {"key": "share", "type": "number", "default": 1, "advanced": true, "when": {"mode": "median"}, "help": "S."},
      {"key": "rank", "type": "integer", "default": 1, "when": {"mode": ["median", "max"], "flat": true}, "advanced": true, "help": "R."},
      {"key": "deep", "type": "integer", "default": 0, "advanced": true, "when": {"rank": 2}, "help": "D."}]})",
                                  problems);
    REQUIRE(problems.empty());
    return parsed;
  }();
  return s;
}

// The value of `key` after completing {key: given}.
Json value(const char *key, const Json &given) {
  const Json object = Json::object({{key, given}});
  return schema().complete(object).at(key);
}

std::string refusal(const Json &given) {
  try {
    schema().complete(given);
  } catch (const Error &e) {
    CHECK(e.status() == SHEAF_INVALID);
    return e.what();
  }
  return "accepted";
}

std::string refusal(const char *key, const Json &given) { return refusal(Json::object({{key, given}})); }

}  // namespace

TEST_CASE("defaults are filled in, in the order of the schema") {
  const Json values = schema().complete(Json::object());
  CHECK(values.dump() ==
        R"({"radius":2.0,"low":0.0,"top":0.0,"count":3,"flat":false,"mode":"mean","name":"","model":"","levels":[],)"
        R"("weights":[1.0,2.0],"marks":[],"box":[],"share":1.0,"rank":1,"deep":0})");
  CHECK(schema().complete(values) == values);
}

TEST_CASE("parameters come in an object") {
  CHECK(refusal(Json(5)) == "parameters: 5 given, needs an object of keys and values");
  CHECK(refusal(Json::array({1})) == "parameters: [1] given, needs an object of keys and values");
}

TEST_CASE("an unknown key is refused with the nearest known one") {
  CHECK(refusal("raduis", 3) == "raduis: unknown parameter of tests.demo; did you mean radius?");
  CHECK(refusal("Radius", 3) == "Radius: unknown parameter of tests.demo; did you mean radius?");
  CHECK(
      refusal("xyzzy_plugh", 3) ==
      "xyzzy_plugh: unknown parameter of tests.demo; it has radius, low, top, count, flat, mode, name, model, levels, "
      "weights, marks, box, share, rank or deep");
  std::vector<std::string> problems;
  const Schema none = Schema::parse("tests.none", R"({"title": "None", "summary": "None."})", problems);
  CHECK_THROWS_WITH(none.complete({{"radius", 1}}), "radius: unknown parameter of tests.none; it has none");
}

TEST_CASE("an unknown key is told the names of further images, too") {
  std::vector<std::string> problems;
  const Schema two = Schema::parse(
      "tests.two",
      R"({"title": "Two", "summary": "Two.", "inputs": [{"name": "images"}, {"name": "reference"}, {"name": "flat"}],
          "params": [{"key": "count", "type": "integer", "default": 1, "help": "How many."}]})",
      problems);
  CHECK(problems.empty());
  CHECK_THROWS_WITH(two.complete({{"xyzzy_plugh", 1}}),
                    "xyzzy_plugh: unknown parameter of tests.two; it has count, the image reference or the image flat");
  CHECK_THROWS_WITH(two.complete({{"refrence", "a"}}),
                    "refrence: unknown parameter of tests.two; did you mean reference?");
  CHECK_THROWS_WITH(two.complete({{"flat", "a"}}), "flat: an image that tests.two takes, not a parameter");
  CHECK_THROWS_WITH(two.complete({{"images", "a"}}),
                    "images: unknown parameter of tests.two; it has count, the image reference or the image flat");
}

TEST_CASE("numbers come as numbers or as text, and lie in their range") {
  CHECK(value("radius", 3) == 3.0);
  CHECK(value("radius", "3") == 3.0);
  CHECK(value("radius", " +3.5 ") == 3.5);
  CHECK(value("radius", "1e0") == 1.0);
  CHECK(value("radius", 0.5) == 0.5);
  CHECK(value("radius", 10) == 10.0);
  CHECK(refusal("radius", 0.49) == "radius: 0.49 given, needs 0.5 to 10 px");
  CHECK(refusal("radius", "11") == "radius: 11 given, needs 0.5 to 10 px");
  CHECK(refusal("low", -1) == "low: -1 given, needs 0 or more");
  CHECK(refusal("top", 1000000) == "top: 1000000 given, needs at most 100");
  for (const char *text : {"", "3px", "3,5", "0x10", "three", "+-3", "--3", "1e", "."})
    CHECK(refusal("radius", text) == std::string("radius: \"") + text + "\" given, needs a number");
  CHECK(refusal("radius", true) == "radius: true given, needs a number");
  CHECK(refusal("radius", Json()) == "radius: null given, needs a number");
  CHECK(refusal("radius", {3}) == "radius: [3] given, needs a number");
}

TEST_CASE("numbers that are not finite are refused") {
  for (const char *text : {"nan", "NaN", "inf", "-inf", "Infinity"})
    CHECK(refusal("low", text) == std::string("low: \"") + text + "\" given, needs a finite number");
  CHECK(refusal("low", std::nan("")) == "low: nan given, needs a finite number");
  CHECK(refusal("low", "1e999") == "low: \"1e999\" given, out of range");
  CHECK(refusal("levels", {1, std::nan("")}) == "levels: nan given, needs a finite number");
}

TEST_CASE("whole numbers have no fraction and fit a double") {
  CHECK(value("count", 4).is_number_integer());
  CHECK(value("count", "4") == 4);
  CHECK(value("count", 4.0) == 4);
  CHECK(value("count", "1e3") == 1000);
  CHECK(refusal("count", 2.5) == "count: 2.5 given, needs a whole number");
  CHECK(refusal("count", "2.5") == "count: \"2.5\" given, needs a whole number");
  CHECK(refusal("count", 1e300) == "count: 1e+300 given, out of range; needs 1 to 9007199254740992");
  CHECK(refusal("count", uint64_t{18446744073709551615u}) ==
        "count: 18446744073709551616 given, out of range; needs 1 to 9007199254740992");
  CHECK(refusal("count", 0) == "count: 0 given, needs 1 or more");
}

TEST_CASE("a flag is true, false, or the bare key of a macro") {
  for (const Json &yes : {Json(true), Json("true"), Json("1"), Json(""), Json(1)}) CHECK(value("flat", yes) == true);
  for (const Json &no : {Json(false), Json("false"), Json("0"), Json(0)}) CHECK(value("flat", no) == false);
  for (const Json &other : {Json(2), Json("yes"), Json("TRUE"), Json::array()})
    CHECK(refusal("flat", other) == "flat: " + shown(other) + " given, needs true or false");
}

TEST_CASE("a choice is one of its keys, never a position") {
  CHECK(value("mode", "median") == "median");
  CHECK(value("mode", " max ") == "max");
  CHECK(refusal("mode", "medium") == "mode: \"medium\" given, needs mean, median or max; did you mean median?");
  CHECK(refusal("mode", "xyzzy") == "mode: \"xyzzy\" given, needs mean, median or max");
  CHECK(refusal("mode", 1) == "mode: 1 given, needs mean, median or max");
}

TEST_CASE("texts and paths are kept as they are") {
  CHECK(value("name", " a  b ") == " a  b ");
  CHECK(value("model", "/data/m 1.bin") == "/data/m 1.bin");
  CHECK(refusal("name", 5) == "name: 5 given, needs a text");
  CHECK(refusal("model", {"a"}) == "model: [\"a\"] given, needs a text");
}

TEST_CASE("lists come as JSON, as text, and as a macro leaves them") {
  const Json two = {1.0, 2.5};
  for (const Json &given :
       {Json({1, 2.5}), Json("[1,2.5]"), Json("1,2.5"), Json("1 2.5"), Json(" [ 1 ; 2.5 ] "), Json({"1", "2.5"})})
    CHECK(value("levels", given) == two);
  CHECK(value("levels", 7) == Json::array({7.0}));
  CHECK(value("levels", "7") == Json::array({7.0}));
  CHECK(refusal("levels", "1,x") == "levels: \"1,x\" given, needs a list of numbers such as [1,2]");
  CHECK(refusal("levels", {1, true}) == "levels: [1,true] given, needs a list of numbers such as [1,2]");
  CHECK(refusal("levels", {{1, 2}}) == "levels: [[1,2]] given, needs a list of numbers such as [1,2]");
  CHECK(refusal("levels", true) == "levels: true given, needs a list of numbers such as [1,2]");
  CHECK(refusal("levels", {1, -2}) == "levels: -2 given, needs 0 or more");
  CHECK(refusal("levels", {1, 2, 3, 4}) == "levels: 4 numbers given, needs 1 to 3");
}

TEST_CASE("an empty list means none given where that is the default, else it is a list of nothing") {
  for (const Json &none : {Json::array(), Json(""), Json("[]"), Json("[[]]")}) {
    CHECK(value("levels", none) == Json::array());
    CHECK(value("weights", none) == Json::array());
  }
}

TEST_CASE("points keep their pairs when a macro has eaten the outer bracket") {
  const Json points = Json::parse("[[1.0,2.0],[3.0,4.5]]");
  for (const char *text : {"[[1,2],[3,4.5]]", "[1,2],[3,4.5]", "1,2,3,4.5", "1 2 3 4.5"})
    CHECK(value("marks", text) == points);
  CHECK(value("marks", Json::parse("[[1,2],[3,4.5]]")) == points);
  CHECK(value("marks", Json::parse("[1,2,3,4.5]")) == points);
  CHECK(refusal("marks", "1,2,3") == "marks: 3 numbers given, needs points such as [[x,y],[x,y]]");
  CHECK(refusal("marks", "1,2") == "marks: 1 point given, needs 2 to 3");
  CHECK(refusal("marks", Json::parse("[[1,2,3],[4,5,6]]")) ==
        "marks: [[1,2,3],[4,5,6]] given, needs points such as [[x,y],[x,y]]");
}

TEST_CASE("a rectangle has four numbers") {
  CHECK(value("box", "1,2,30,40") == Json({1.0, 2.0, 30.0, 40.0}));
  CHECK(refusal("box", "1,2,30") == "box: 3 numbers given, needs a rectangle [x,y,width,height]");
}

TEST_CASE("a parameter out of use keeps its default") {
  CHECK(refusal({{"mode", "median"}, {"share", 3}}) == "accepted");
  CHECK(refusal("share", 3) == "share: 3 given, but it is used only when mode is median");
  CHECK(refusal("share", 1) == "accepted");
  CHECK(refusal("share", "1.0") == "accepted");
  CHECK(refusal({{"mode", "max"}, {"rank", 2}}) ==
        "rank: 2 given, but it is used only when mode is median or max and flat is true");
  CHECK(refusal({{"mode", "max"}, {"flat", true}, {"rank", 2}}) == "accepted");
  CHECK(refusal({{"mode", "max"}, {"flat", ""}, {"rank", 2}, {"deep", 1}}) == "accepted");
  CHECK(refusal("deep", 1) == "deep: 1 given, but it is used only when rank is 2");
}

TEST_CASE("long chains of conditions take no time") {
  Json schema = {{"title", "Chain"}, {"summary", "Chain."}, {"params", Json::array()}};
  for (int i = 0; i < 60; i++) {
    const auto key = [](int k) { return "p" + std::to_string(k) + "x"; };
    Json param = {{"key", key(i)}, {"type", "integer"}, {"default", 0}, {"advanced", true}, {"help", "P."}};
    if (i > 1) param["when"] = {{key(i - 1), 0}, {key(i - 2), 0}};  // a recursion would visit 2^60 of them
    schema["params"].push_back(param);
  }
  std::vector<std::string> problems;
  const Schema chain = Schema::parse("tests.chain", schema.dump(), problems);
  REQUIRE(problems.empty());
  CHECK(chain.complete({{"p59x", 7}}).at("p59x") == 7);
}

TEST_CASE("a long value is quoted in part, not inside a character") {
  const std::string text = refusal("mode", std::string(55, 'a') + "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4");
  CHECK_THAT(text, Catch::StartsWith("mode: \"" + std::string(55, 'a') + "\xc3\xa4...\" given"));
}

namespace {

// A locale as a German one: comma for decimals, point for thousands.
struct CommaNumbers : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

}  // namespace

TEST_CASE("numbers mean the same in a locale with decimal commas") {
  const std::locale before = std::locale::global(std::locale(std::locale::classic(), new CommaNumbers));
  CHECK(value("radius", "2.5") == 2.5);
  CHECK(refusal("radius", "2,5") == "radius: \"2,5\" given, needs a number");
  CHECK(refusal("radius", 1234.5) == "radius: 1234.5 given, needs 0.5 to 10 px");
  CHECK(schema().complete(parse_json("{\"levels\": [0.25, 1e-3]}")).at("levels").dump() == "[0.25,0.001]");
  std::locale::global(before);
}
