#include "text.hpp"

#include <catch2/catch.hpp>
#include <limits>

using namespace sheaf::core;

TEST_CASE("a number's text is short and reads back to the same bits") {
  CHECK(to_text(0) == "0");
  CHECK(to_text(-3) == "-3");
  CHECK(to_text(1000000) == "1000000");
  CHECK(to_text(0.1) == "0.1");
  CHECK(to_text(1e22) == "1e+22");
  for (const double v : {1.0 / 3, 5e-324, 1.7976931348623157e308, -2.5e-8, 123456789.125, 1e15, 999999999999999.0})
    CHECK(to_number(to_text(v)) == v);
}

TEST_CASE("only a whole text is a number") {
  CHECK(to_number(" 2.5\t") == 2.5);
  CHECK(to_number("+2") == 2.0);
  for (const char *text : {"", " ", "+", "+-2", "2 3", "2,5", "0x2", "1e", "1e999"}) CHECK_FALSE(to_number(text));
}

TEST_CASE("sizes are told in powers of a thousand") {
  CHECK(bytes_text(999) == "999 bytes");
  CHECK(bytes_text(1500) == "1.5 kB");
  CHECK(bytes_text(128 << 20) == "134.2 MB");
  CHECK(bytes_text(2e15) == "2000 TB");
}

TEST_CASE("words are listed as a sentence does") {
  CHECK(one_of({}) == "");
  CHECK(one_of({"a"}) == "a");
  CHECK(one_of({"a", "b"}) == "a or b");
  CHECK(one_of({"a", "b", "c"}) == "a, b or c");
}

TEST_CASE("the nearest word is near, or there is none") {
  const std::vector<std::string> words = {"radius", "mode", "method"};
  CHECK(nearest("raduis", words) == "radius");
  CHECK(nearest("metod", words) == "method");
  CHECK(nearest("", words) == "");
  CHECK(nearest("zzzzzz", words) == "");
  CHECK(nearest("a", {}) == "");
  const std::vector<std::string> longer = {"model", "interpolation", "interval"};
  CHECK(nearest("interp", longer) == "interpolation");
  CHECK(nearest("int", longer) == "interval");
  CHECK(nearest("in", longer) == "");
}

TEST_CASE("a count agrees with its noun, and a range of one value is that value") {
  CHECK(counted(1, "image") == "1 image");
  CHECK(counted(0, "image") == "0 images");
  CHECK(counted(2, "image") == "2 images");
  CHECK(range(1, 5) == "1 to 5");
  CHECK(range(1, 1) == "1");
}

TEST_CASE("a number that no double holds is told from what is no number") {
  for (const char *text : {"1e999", "-1e999", " +1e999 "}) CHECK(overflows(text));
  for (const char *text : {"1e300", "1e999x", "x", "", "inf"}) CHECK_FALSE(overflows(text));
}
