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
  if (bytes >= own_pages) munmap(data, bytes);
  else std::free(data);
}

}  // namespace

size_t Memory::Hash::operator()(const ImageKey &key) const {
  // images of one run differ in n, which alone spreads them well
  return static_cast<size_t>(key.n) + (key.run << 40) + (static_cast<uint64_t>(key.input) << 56);
}

void Memory::configure(int64_t budget, int64_t cache) {
  const std::lock_guard lock(mutex_);
  budget_ = budget;
  cache_ = cache;
  trim();
}

Memory::~Memory() {
  for (const List *list : {&pinned_, &images_, &spare_})
    for (const auto &buffer : *list) deallocate(buffer->data, buffer->bytes);
}

Buffer *Memory::find(const ImageKey &key) {
  const std::lock_guard lock(mutex_);
  const auto known = index_.find(key);
  if (known == index_.end()) return nullptr;
  Buffer *buffer = known->second;
  if (buffer->pins == 0) pin(images_, buffer);
  else buffer->pins++;
  return buffer;
}

Buffer *Memory::acquire(int64_t bytes) {
  const std::lock_guard lock(mutex_);
  // A buffer of the same size is worth more than a fresh one: its pages are
  // mapped, and the one used last is still in the processor's cache. If there is
  // none to spare and the cache is full, the oldest image makes way.
  const auto fits = [bytes](const auto &b) { return b->bytes == bytes; };
  if (const auto spare = std::find_if(spare_.rbegin(), spare_.rend(), fits); spare != spare_.rend()) {
    Buffer *buffer = spare->get();
    pin(spare_, buffer);
    return buffer;
  }
  if (bytes > cache_ - idle_)
    if (const auto image = std::find_if(images_.begin(), images_.end(), fits); image != images_.end()) {
      Buffer *buffer = image->get();
      pin(images_, buffer);
      forget(buffer);
      return buffer;
    }
  make_room(bytes, "an image");
  auto buffer = std::make_unique<Buffer>();
  buffer->data = allocate(bytes);
  buffer->bytes = bytes;
  buffer->pins = 1;
  try {
    pinned_.push_back(std::move(buffer));
  } catch (...) {
    deallocate(buffer->data, bytes);
    throw;
  }
  pinned_.back()->at = std::prev(pinned_.end());
  used_ += bytes;
  peak_ = std::max(peak_, used_);
  return pinned_.back().get();
}

void Memory::publish(Buffer *buffer, const ImageKey &key) {
  const std::lock_guard lock(mutex_);
  index_[key] = buffer;
  buffer->key = key;
}

void Memory::release(Buffer *buffer, int keep) {
  const std::lock_guard lock(mutex_);
  if (--buffer->pins > 0) return;
  idle_ += buffer->bytes;
  buffer->idle_since = ++clock_;
  List &list = buffer->key.run != 0 ? images_ : spare_;
  list.splice(list.end(), pinned_, buffer->at);
  if (keep != unlimited && buffer->key.run != 0) keep_at_most(keep, buffer->key.run);
  trim();
}

// Turns the oldest images of a run into room.
void Memory::keep_at_most(int count, uint64_t run) {
  for (auto b = images_.end(); b != images_.begin();) {
    --b;
    if ((*b)->key.run != run || --count >= 0) continue;
    const auto old = b++;
    forget(old->get());
    spare_.splice(spare_.begin(), images_, old);
  }
}

void Memory::drop(uint64_t run) {
  const std::lock_guard lock(mutex_);
  keep_at_most(0, run);
  int64_t bytes = 0;
  for (auto b = spare_.end(); b != spare_.begin();) {
    --b;
    bytes += (*b)->bytes;
    if (bytes > spare_between_runs) destroy(spare_, b++);
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
  while (bytes > budget_ - used_ && free_oldest_idle()) continue;
  if (bytes > budget_ - used_)
    throw Error(SHEAF_NO_MEMORY, "memory: " + bytes_text(static_cast<double>(bytes)) + " needed for " + purpose +
                                     ", but of the budget of " + bytes_text(static_cast<double>(budget_)) + " only " +
                                     bytes_text(static_cast<double>(std::max<int64_t>(budget_ - used_, 0))) +
                                     " are free; raise the budget or use fewer or smaller images");
}

void Memory::trim() {
  while (idle_ > cache_ && free_oldest_idle()) continue;
}

bool Memory::free_oldest_idle() {
  if (images_.empty() && spare_.empty()) return false;
  const bool image = spare_.empty() || (!images_.empty() && images_.front()->idle_since < spare_.front()->idle_since);
  List &list = image ? images_ : spare_;
  destroy(list, list.begin());
  return true;
}

// Takes an idle buffer out of its list.
void Memory::pin(List &list, Buffer *buffer) {
  idle_ -= buffer->bytes;
  buffer->pins = 1;
  pinned_.splice(pinned_.end(), list, buffer->at);
}

void Memory::forget(Buffer *buffer) {
  index_.erase(buffer->key);
  buffer->key = {};
}

void Memory::destroy(List &list, List::iterator buffer) {
  if ((*buffer)->key.run != 0) forget(buffer->get());
  idle_ -= (*buffer)->bytes;
  used_ -= (*buffer)->bytes;
  deallocate((*buffer)->data, (*buffer)->bytes);
  list.erase(buffer);
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
