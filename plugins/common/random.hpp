// Pseudo-random numbers that are the same on every machine.
#pragma once

#include <cstdint>

namespace sheaf {

// splitmix64 (Steele, Lea, Flood 2014).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t bits() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  double operator()() { return static_cast<double>(bits() >> 11) / 9007199254740992.0; }  // [0, 1), steps of 2^-53
  int64_t below(int64_t n) { return static_cast<int64_t>((*this)() * static_cast<double>(n)); }

 private:
  uint64_t state_;
};

}  // namespace sheaf
