// The one pool of worker threads of a session.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sheaf::core {

class ThreadPool {
 public:
  // With fewer threads if the system has no more. std::system_error: not even one.
  explicit ThreadPool(int threads);
  ~ThreadPool();  // waits for the tasks under way; drops none
  ThreadPool(const ThreadPool &) = delete;
  ThreadPool &operator=(const ThreadPool &) = delete;

  int size() const { return static_cast<int>(workers_.size()); }
  // False if there was no memory for it.
  bool submit(const std::function<void()> &task) noexcept;
  // True if a task waits for a free worker: long loops should let it pass.
  bool crowded();

 private:
  void work();
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace sheaf::core
