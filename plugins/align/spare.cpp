#include "align/spare.hpp"

#include <mutex>
#include <unordered_map>

namespace sheaf::align {
namespace {

// Smaller blocks are the allocator's business.
constexpr size_t least_bytes = size_t{1} << 16;

struct Store {
  std::mutex mutex;
  int users = 0;
  std::unordered_map<size_t, std::vector<void *>> waiting;  // by size
};

Store &store() {
  static Store *const all = new Store;  // outlives threads that end with the process
  return *all;
}

}  // namespace

SpareMemory::SpareMemory() {
  const std::lock_guard lock(store().mutex);
  store().users++;
}

SpareMemory::~SpareMemory() {
  const std::lock_guard lock(store().mutex);
  if (--store().users > 0) return;
  for (const auto &[bytes, blocks] : store().waiting)
    for (void *block : blocks) ::operator delete(block);
  store().waiting.clear();
}

void *SpareMemory::take(size_t bytes) {
  if (bytes >= least_bytes) {
    const std::lock_guard lock(store().mutex);
    const auto at = store().waiting.find(bytes);
    if (at != store().waiting.end() && !at->second.empty()) {
      void *block = at->second.back();
      at->second.pop_back();
      return block;
    }
  }
  return ::operator new(bytes);
}

void SpareMemory::give(void *block, size_t bytes) noexcept {
  if (bytes >= least_bytes) {
    const std::lock_guard lock(store().mutex);
    if (store().users > 0) {
      try {
        store().waiting[bytes].push_back(block);
        return;
      } catch (const std::bad_alloc &) {
        // then it goes back to the system
      }
    }
  }
  ::operator delete(block);
}

}  // namespace sheaf::align
