// The numbers of tests/data/align/regenerate.py.
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>

#include "align/transform.hpp"

inline const nlohmann::json &reference() {
  static const nlohmann::json numbers = nlohmann::json::parse(std::ifstream(SHEAF_TEST_DATA "/align/reference.json"));
  return numbers;
}

// The numbers of tests/data/align/features.py.
inline const nlohmann::json &features_reference() {
  static const nlohmann::json numbers = nlohmann::json::parse(std::ifstream(SHEAF_TEST_DATA "/align/features.json"));
  return numbers;
}

inline sheaf::align::Transform transform_from(const nlohmann::json &elements) {
  sheaf::align::Transform t;
  for (size_t i = 0; i < 9; i++) t.m[i] = elements.at(i);
  return t;
}
