// Lets worker threads have work done by the run's own thread, which alone may
// talk to the client.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>

namespace sheaf::core {

class Mailbox {
 public:
  // On a worker: has `job` done on the serving thread and waits for it. What the
  // job throws is thrown here.
  void call(const std::function<void()> &job) {
    struct Done {
      bool done = false;
      std::exception_ptr error;
    } result;
    std::unique_lock lock(mutex_);
    jobs_.push_back([&, this] {
      std::exception_ptr error;
      try {
        job();
      } catch (...) {
        error = std::current_exception();
      }
      const std::lock_guard inner(mutex_);
      result.error = std::move(error);  // from here on it is the worker's alone
      result.done = true;
      answered_.notify_all();
    });
    wake_.notify_one();
    answered_.wait(lock, [&] { return result.done; });
    if (result.error) std::rethrow_exception(result.error);
  }

  // On a worker: has `job`, which must not throw, done some time; waits only
  // while `limit` of them are outstanding.
  void post(std::function<void()> job, int limit) {
    std::unique_lock lock(mutex_);
    answered_.wait(lock, [&] { return posted_ < limit; });
    posted_++;
    jobs_.push_back([job = std::move(job), this] {
      job();
      const std::lock_guard inner(mutex_);
      posted_--;
      answered_.notify_all();
    });
    wake_.notify_one();
  }

  // Applies `change` to what `finished` looks at, and wakes the serving thread.
  // Both happen under the mailbox's lock: once serve() has returned, no other
  // thread touches the mailbox any more.
  template <class F>
  void change(F &&change) {
    const std::lock_guard lock(mutex_);
    change();
    wake_.notify_one();
  }

  // On the run's thread: does jobs until finished() holds and none is left.
  // between() is called after each job and at least every 20 ms; it returns true
  // if it has more to do at once.
  void serve(const std::function<bool()> &finished, const std::function<bool()> &between) {
    for (;;) {
      const bool busy = between();
      std::unique_lock lock(mutex_);
      if (jobs_.empty()) {
        if (finished()) return;
        if (!busy) wake_.wait_for(lock, std::chrono::milliseconds(20), [&] { return !jobs_.empty() || finished(); });
        if (jobs_.empty()) continue;
      }
      const auto job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_, answered_;
  std::deque<std::function<void()>> jobs_;
  int posted_ = 0;
};

}  // namespace sheaf::core
