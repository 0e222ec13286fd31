#include "memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>

#include "error.hpp"
#include "text.hpp"

namespace sheaf::core {
namespace {

// Images of this size and above get pages of their own, which go back to the
// system when they are freed; malloc would keep them, one pool for each thread.
constexpr int64_t own_pages = 256 << 10;

void *allocate(int64_t bytes) {
  void *data = nullptr;
  if (bytes >= own_pages) {
    data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED) data = nullptr;
  } else {
    data = std::aligned_alloc(64, (static_cast<size_t>(std::max<int64_t>(bytes, 1)) + 63) / 64 * 64);
  }
  if (!data) throw std::bad_alloc();
  return data;
}

void deallocate(void *data, int64_t bytes) {
  if (bytes >= own_pages)
    munmap(data, bytes);
  else
    std::free(data);
}

}  // namespace

void Memory::configure(int64_t budget, int64_t cache) {
  const std::lock_guard lock(mutex_);
  budget_ = budget;
  cache_ = cache;
  while (idle_ > cache_ && !kept_.empty()) free_oldest_idle();
}

Memory::~Memory() {
  for (const List *list : {&pinned_, &kept_})
    for (const auto &buffer : *list) deallocate(buffer->data, buffer->bytes);
}

Buffer *Memory::find(const ImageKey &key) {
  const std::lock_guard lock(mutex_);
  for (auto &b : pinned_)
    if (b->key == key) {
      b->pins++;
      return b.get();
    }
  for (auto b = kept_.begin(); b != kept_.end(); ++b)
    if ((*b)->key == key) {
      Buffer *buffer = b->get();
      idle_ -= buffer->bytes;
      buffer->pins = 1;
      pinned_.splice(pinned_.end(), kept_, b);
      return buffer;
    }
  return nullptr;
}

Buffer *Memory::acquire(int64_t bytes) {
  const std::lock_guard lock(mutex_);
  // A buffer of the same size is worth more than a fresh one: its pages are
  // mapped, and the one used last is still in the processor's cache. If there is
  // none to spare and the cache is full, the oldest image makes way.
  auto recycled = kept_.end();
  for (auto b = kept_.end(); b != kept_.begin() && recycled == kept_.end();)
    if (--b; (*b)->bytes == bytes && (*b)->key.run == 0) recycled = b;
  if (recycled == kept_.end() && idle_ + bytes > cache_)
    recycled = std::find_if(kept_.begin(), kept_.end(), [bytes](const auto &b) { return b->bytes == bytes; });
  if (recycled != kept_.end()) {
    Buffer *buffer = recycled->get();
    idle_ -= bytes;
    buffer->pins = 1;
    buffer->key = {};
    pinned_.splice(pinned_.end(), kept_, recycled);
    return buffer;
  }
  make_room(bytes, "an image");
  auto buffer = std::make_unique<Buffer>();
  buffer->data = allocate(bytes);
  buffer->bytes = bytes;
  buffer->pins = 1;
  used_ += bytes;
  peak_ = std::max(peak_, used_);
  pinned_.push_back(std::move(buffer));
  return pinned_.back().get();
}

void Memory::publish(Buffer *buffer, const ImageKey &key) {
  const std::lock_guard lock(mutex_);
  buffer->key = key;
}

void Memory::release(Buffer *buffer, int keep) {
  const std::lock_guard lock(mutex_);
  if (--buffer->pins > 0) return;
  const auto at = std::find_if(pinned_.begin(), pinned_.end(), [&](const auto &b) { return b.get() == buffer; });
  idle_ += buffer->bytes;
  kept_.splice(kept_.end(), pinned_, at);
  if (keep != unlimited && buffer->key.run != 0) keep_at_most(keep, buffer->key.run);
  while (idle_ > cache_ && !kept_.empty()) free_oldest_idle();
}

// Turns the oldest images of a run into room.
void Memory::keep_at_most(int count, uint64_t run) {
  for (auto b = kept_.end(); b != kept_.begin();) {
    --b;
    if ((*b)->key.run == run && --count < 0) (*b)->key = {};
  }
}

void Memory::drop(uint64_t run) {
  const std::lock_guard lock(mutex_);
  for (auto b = kept_.begin(); b != kept_.end();) {
    const auto next = std::next(b);
    if ((*b)->key.run == run) {
      idle_ -= (*b)->bytes;
      destroy(b);
    }
    b = next;
  }
}

void Memory::reserve(int64_t bytes, const std::string &purpose) {
  const std::lock_guard lock(mutex_);
  make_room(bytes, purpose);
  used_ += bytes;
  peak_ = std::max(peak_, used_);
}

void Memory::unreserve(int64_t bytes) {
  const std::lock_guard lock(mutex_);
  used_ -= bytes;
}

void Memory::make_room(int64_t bytes, const std::string &purpose) {
  while (used_ + bytes > budget_ && !kept_.empty()) free_oldest_idle();
  if (used_ + bytes > budget_)
    throw Error(SHEAF_NO_MEMORY, "memory: " + bytes_text(static_cast<double>(bytes)) + " needed for " + purpose +
                                     ", but of the budget of " + bytes_text(static_cast<double>(budget_)) + " only " +
                                     bytes_text(static_cast<double>(std::max<int64_t>(budget_ - used_, 0))) +
                                     " are free; raise the budget or use fewer or smaller images");
}

void Memory::free_oldest_idle() {
  idle_ -= kept_.front()->bytes;
  destroy(kept_.begin());
}

void Memory::destroy(List::iterator buffer) {
  used_ -= (*buffer)->bytes;
  deallocate((*buffer)->data, (*buffer)->bytes);
  kept_.erase(buffer);
}

int64_t Memory::budget() const {
  const std::lock_guard lock(mutex_);
  return budget_;
}
int64_t Memory::cache() const {
  const std::lock_guard lock(mutex_);
  return cache_;
}
int64_t Memory::used() const {
  const std::lock_guard lock(mutex_);
  return used_;
}
int64_t Memory::peak() const {
  const std::lock_guard lock(mutex_);
  return peak_;
}

}  // namespace sheaf::core
