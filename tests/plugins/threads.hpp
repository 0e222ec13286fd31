// Parallel loops on threads of the test's own, to compare with the serial ones.
#pragma once

#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "common/parallel.hpp"

inline sheaf::Parallel on_threads(int threads) {
  return [threads](int64_t count, const std::function<void(int64_t)> &body) {
    std::atomic<int64_t> next{0};
    std::exception_ptr failure;
    std::mutex mutex;
    auto work = [&] {
      try {
        for (int64_t i; (i = next++) < count;) body(i);
      } catch (...) {
        const std::lock_guard lock(mutex);
        failure = std::current_exception();
        next = count;
      }
    };
    std::vector<std::thread> pool;
    for (int t = 1; t < threads; t++) pool.emplace_back(work);
    work();
    for (auto &t : pool) t.join();
    if (failure) std::rethrow_exception(failure);
  };
}
