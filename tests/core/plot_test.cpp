#include "plot.hpp"

#include <catch2/catch.hpp>

using namespace sheaf::core;

namespace {

std::string problem(const char *text) { return plot_problem(parse_json(text)); }

}  // namespace

TEST_CASE("plots of the four kinds are accepted") {
  CHECK(problem(R"({"kind": "curve", "x": [1, 2, 3], "y": [0.5, null, 2], "mark": 2})") == "");
  CHECK(problem(R"({"kind": "scatter", "x": [1], "y": [2], "group": [0], "names": ["a"], "title": "T"})") == "");
  CHECK(problem(R"({"kind": "histogram", "edges": [0, 1, 2], "counts": [5, 6]})") == "");
  CHECK(problem(R"({"kind": "dendrogram", "linkage": [[0, 2, 1.5, 2], [1, 3, 4, 3]], "order": [0, 2, 1],
                    "names": ["a", "b", "c"], "group": [1, 1, 2], "cut": 2})") == "");
  CHECK(problem(R"({"kind": "dendrogram", "linkage": [], "order": [0]})") == "");
}

TEST_CASE("a plot that cannot be drawn says why") {
  CHECK(problem("[]") == "it is not a JSON object");
  CHECK(problem(R"({"kind": "pie"})") == "the kind \"pie\" is unknown; known: curve, scatter, dendrogram or histogram");
  CHECK(problem(R"({"kind": 3})") == "kind must be a text");
  CHECK(problem(R"({"kind": "curve", "x_label": 3, "x": [], "y": []})") == "x_label must be a text");
  CHECK(problem(R"({"kind": "curve", "x": [1]})") == "x and y must be lists of numbers");
  CHECK(problem(R"({"kind": "curve", "x": [1], "y": ["2"]})") == "x and y must be lists of numbers");
  CHECK(problem(R"({"kind": "curve", "x": [1], "y": [1, 2]})") == "x has 1 numbers, y has 2");
  CHECK(problem(R"({"kind": "curve", "x": [1], "y": [1], "mark": "1"})") == "mark must be a number");
  CHECK(problem(R"({"kind": "scatter", "x": [1], "y": [1], "group": [1, 2]})") ==
        "group must be a whole number for each point, from 0");
  CHECK(problem(R"({"kind": "scatter", "x": [1], "y": [1], "group": [0.5]})") ==
        "group must be a whole number for each point, from 0");
  CHECK(problem(R"({"kind": "scatter", "x": [1], "y": [1], "names": []})") == "names must be a text for each point");
  CHECK(problem(R"({"kind": "dendrogram"})") == "linkage must be a list of rows");
  CHECK(problem(R"({"kind": "dendrogram", "linkage": [[0, 2, 1, 2]], "order": [0, 1]})") ==
        "row 1 of linkage is not [a, b, height, size] of earlier clusters");
  CHECK(problem(R"({"kind": "dendrogram", "linkage": [[0, 1, null, 2]], "order": [0, 1]})") ==
        "row 1 of linkage is not [a, b, height, size] of earlier clusters");
  CHECK(problem(R"({"kind": "dendrogram", "linkage": [[0, 1, 1, 2]], "order": [0]})") ==
        "order must name the 2 leaves");
  CHECK(problem(R"({"kind": "dendrogram", "linkage": [[0, 1, 1, 2]], "order": [0, 2]})") ==
        "order must name the 2 leaves");
  CHECK(problem(R"({"kind": "dendrogram", "linkage": [[0, 1, 1, 2]], "order": [0, 1], "names": ["a"]})") ==
        "names must be a text for each leaf");
  CHECK(problem(R"({"kind": "dendrogram", "linkage": [[0, 1, 1, 2]], "order": [0, 1], "group": [1]})") ==
        "group must be a whole number for each leaf, from 0");
  CHECK(problem(R"({"kind": "dendrogram", "linkage": [[0, 1, 1, 2]], "order": [0, 1], "cut": []})") ==
        "cut must be a number");
  CHECK(problem(R"({"kind": "histogram", "edges": [0, 1], "counts": [1, 2]})") ==
        "edges and counts must be lists of n + 1 and n numbers");
}
