// The numbers of tests/data/equalize/regenerate.py.
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>

inline const nlohmann::json &reference() {
  static const nlohmann::json numbers =
      nlohmann::json::parse(std::ifstream(SHEAF_TEST_DATA "/equalize/reference.json"));
  return numbers;
}
