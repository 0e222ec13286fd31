// The numbers of tests/data/segment/regenerate.py.
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>

inline const nlohmann::json &reference() {
  static const nlohmann::json numbers = nlohmann::json::parse(std::ifstream(SHEAF_TEST_DATA "/segment/reference.json"));
  return numbers;
}
