#include "memory.hpp"

#include <algorithm>
#include <cstdlib>

#include "error.hpp"
#include "text.hpp"

namespace sheaf::core {

void Memory::configure(int64_t budget, int64_t cache) {
  const std::lock_guard lock(mutex_);
  budget_ = budget;
  cache_ = cache;
  while (idle_ > cache_ && !kept_.empty()) free_oldest_idle();
}

Memory::~Memory() {
  for (const List *list : {&pinned_, &kept_})
    for (const auto &buffer : *list) std::free(buffer->data);
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
  // mapped. Take one without a key first, else the oldest image.
  const auto same_size = [bytes](const auto &b) { return b->bytes == bytes; };
  auto recycled =
      std::find_if(kept_.begin(), kept_.end(), [&](const auto &b) { return same_size(b) && b->key.run == 0; });
  if (recycled == kept_.end() && idle_ + bytes > cache_) recycled = std::find_if(kept_.begin(), kept_.end(), same_size);
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
  const size_t aligned = (static_cast<size_t>(std::max<int64_t>(bytes, 1)) + 63) / 64 * 64;
  buffer->data = std::aligned_alloc(64, aligned);
  if (!buffer->data) throw std::bad_alloc();
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

void Memory::release(Buffer *buffer) {
  const std::lock_guard lock(mutex_);
  if (--buffer->pins > 0) return;
  const auto at = std::find_if(pinned_.begin(), pinned_.end(), [&](const auto &b) { return b.get() == buffer; });
  idle_ += buffer->bytes;
  kept_.splice(kept_.end(), pinned_, at);
  while (idle_ > cache_ && !kept_.empty()) free_oldest_idle();
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
  std::free((*buffer)->data);
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
