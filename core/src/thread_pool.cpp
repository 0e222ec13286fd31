#include "thread_pool.hpp"

#include <new>
#include <system_error>

namespace sheaf::core {

ThreadPool::ThreadPool(int threads) {
  workers_.reserve(threads);
  for (int i = 0; i < threads; i++) try {
      workers_.emplace_back([this] { work(); });
    } catch (const std::system_error &) {
      if (workers_.empty()) throw;
      break;
    }
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto &worker : workers_) worker.join();
}

bool ThreadPool::submit(const std::function<void()> &task) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(task);
  } catch (const std::bad_alloc &) {
    return false;
  }
  wake_.notify_one();
  return true;
}

bool ThreadPool::crowded() {
  const std::lock_guard lock(mutex_);
  return !tasks_.empty();
}

void ThreadPool::work() {
  for (;;) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
  }
}

}  // namespace sheaf::core
