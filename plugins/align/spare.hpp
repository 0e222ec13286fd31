// Memory of images that is handed on instead of being returned to the system,
// which would clear every page again before the next image gets it.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace sheaf::align {

// While one of these lives, blocks that are given up wait for the next one of
// their size; the last to go frees what waits.
class SpareMemory {
 public:
  SpareMemory();
  ~SpareMemory();
  SpareMemory(const SpareMemory &) = delete;
  SpareMemory &operator=(const SpareMemory &) = delete;

  static void *take(size_t bytes);
  static void give(void *block, size_t bytes) noexcept;
};

// Leaves elements that no value is given for as they are.
template <class T>
struct SpareAllocator {
  using value_type = T;
  SpareAllocator() = default;
  template <class U>
  SpareAllocator(const SpareAllocator<U> &) {}
  T *allocate(size_t n) { return static_cast<T *>(SpareMemory::take(n * sizeof(T))); }
  void deallocate(T *block, size_t n) noexcept { SpareMemory::give(block, n * sizeof(T)); }
  template <class U>
  void construct(U *at) {
    ::new (static_cast<void *>(at)) U;
  }
  template <class U, class... Args>
  void construct(U *at, Args &&...args) {
    ::new (static_cast<void *>(at)) U(static_cast<Args &&>(args)...);
  }
  bool operator==(const SpareAllocator &) const { return true; }
};

using Floats = std::vector<float, SpareAllocator<float>>;

}  // namespace sheaf::align
