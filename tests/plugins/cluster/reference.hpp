// The numbers of tests/data/cluster/regenerate.py, and the twin of its points.
#pragma once

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "cluster/distances.hpp"
#include "generated.hpp"

inline const nlohmann::json &reference() {
  static const nlohmann::json numbers = nlohmann::json::parse(std::ifstream(SHEAF_TEST_DATA "/cluster/reference.json"));
  return numbers;
}

// Noise around centres, as rows of features.
inline sheaf::cluster::Features points(int count, int length, uint32_t seed, int groups) {
  const auto noise = generated::noise(length, count, seed), centres = generated::noise(length, groups, seed + 1);
  sheaf::cluster::Features out(count, length);
  for (int i = 0; i < count; i++)
    for (int k = 0; k < length; k++)
      out.row(i)[k] = static_cast<float>((noise(k, i) / 4.0 + centres(k, i % groups)) / 4096);
  return out;
}

inline sheaf::cluster::Features points(const nlohmann::json &c) {
  return points(c["count"], c["length"], c["seed"], c["groups"]);
}

// True if two labellings are the same partition.
inline bool same_partition(const std::vector<int> &a, const std::vector<int> &b) {
  if (a.size() != b.size()) return false;
  std::map<int, int> there, back;
  for (size_t i = 0; i < a.size(); i++) {
    if (there.try_emplace(a[i], b[i]).first->second != b[i]) return false;
    if (back.try_emplace(b[i], a[i]).first->second != a[i]) return false;
  }
  return true;
}
