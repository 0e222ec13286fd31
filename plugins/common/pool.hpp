// Working memory that is handed from task to task: as many objects as threads
// work at once, whatever the number of images.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

namespace sheaf {

template <class T>
class Pool {
 public:
  // Gives the object back at the end of its life.
  class Lease {
   public:
    Lease(Pool &pool, std::unique_ptr<T> object) : pool_(&pool), object_(std::move(object)) {}
    Lease(Lease &&) = default;
    ~Lease() {
      if (object_) pool_->give_back(std::move(object_));
    }
    T &operator*() const { return *object_; }
    T *operator->() const { return object_.get(); }

   private:
    Pool *pool_;
    std::unique_ptr<T> object_;
  };

  // An object that was used before, or a new one; its content is whatever its last user left.
  Lease take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        auto object = std::move(idle_.back());
        idle_.pop_back();
        return Lease(*this, std::move(object));
      }
    }
    return Lease(*this, std::make_unique<T>());
  }

  // All objects, once none is on lease: to combine what they hold.
  const std::vector<std::unique_ptr<T>> &idle() const { return idle_; }

 private:
  void give_back(std::unique_ptr<T> object) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(object));
  }
  std::mutex mutex_;
  std::vector<std::unique_ptr<T>> idle_;
};

}  // namespace sheaf
