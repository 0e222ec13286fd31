// Working memory that is reached all over: on large pages, where the system has them on request, a far smaller part of
// the accesses waits for the translation of addresses, and fewer pages are to be got.
#pragma once

#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace sheaf {

// n elements, not initialized.
template <class T>
class LargeArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  LargeArray() = default;
  explicit LargeArray(size_t n) : elements_(static_cast<T *>(allocate(n * sizeof(T)))), size_(n) {}
  LargeArray(size_t n, T value) : LargeArray(n) { std::uninitialized_fill_n(data(), n, value); }

  size_t size() const { return size_; }
  T *data() const { return elements_.get(); }
  T &operator[](size_t i) const { return elements_.get()[i]; }

 private:
  struct Free {
    void operator()(T *elements) const { std::free(elements); }
  };
  static void *allocate(size_t bytes) {
    void *memory = nullptr;
#if defined(__linux__)
    constexpr size_t page = size_t{2} << 20;
    const size_t whole = (bytes + page - 1) / page * page;
    if (whole > page && (memory = std::aligned_alloc(page, whole))) madvise(memory, whole, MADV_HUGEPAGE);
#endif
    if (!memory) memory = std::malloc(bytes > 0 ? bytes : 1);
    if (!memory) throw std::bad_alloc();
    return memory;
  }
  std::unique_ptr<T, Free> elements_;
  size_t size_ = 0;
};

}  // namespace sheaf
