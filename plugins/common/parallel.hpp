// How an algorithm runs its blocks: given by the caller, so that algorithms
// know nothing of threads and tests can compare one thread with many.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>

#include "plugin.hpp"
#include "poll.hpp"

namespace sheaf {

// Calls body(i) for every i in [0, count), in any order and on any threads, and
// returns when all have returned. An exception of a body reaches the caller.
using Parallel = std::function<void(int64_t count, const std::function<void(int64_t)> &body)>;

inline void serial(int64_t count, const std::function<void(int64_t)> &body) {
  for (int64_t i = 0; i < count; i++) body(i);
}

// The host's threads. The run must outlive the result.
inline Parallel parallel_of(const Run &run) {
  return [&run](int64_t count, const std::function<void(int64_t)> &body) { run.parallel(count, body); };
}

// f(first, end) for blocks of rows, which polls before.
template <class F>
void for_blocks_of_rows(int height, const Poll &poll, const Parallel &parallel, F &&f) {
  constexpr int rows_of_block = 64;
  parallel((height + rows_of_block - 1) / rows_of_block, [&](int64_t block) {
    poll();
    const int first = static_cast<int>(block) * rows_of_block;
    f(first, std::min(height, first + rows_of_block));
  });
}

// f(y) for every row: those of a block one after another, on one thread.
template <class F>
void for_rows(int height, const Poll &poll, const Parallel &parallel, F &&f) {
  for_blocks_of_rows(height, poll, parallel, [&](int first, int end) {
    for (int y = first; y < end; y++) f(y);
  });
}

}  // namespace sheaf
