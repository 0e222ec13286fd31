// Image memory of a session: every buffer counts against one budget; images
// that are no longer pinned are kept for reading again, oldest out first.
#pragma once

#include <climits>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "sheaf_types.h"

namespace sheaf::core {

// Which image a buffer holds. run 0 = none.
struct ImageKey {
  uint64_t run = 0;
  int32_t input = 0;
  int64_t n = 0;
  bool operator==(const ImageKey &) const = default;
};

struct Buffer {
  void *data = nullptr;
  int64_t bytes = 0;
  int pins = 0;
  ImageKey key;
  uint64_t idle_since = 0;
  std::list<std::unique_ptr<Buffer>>::iterator at;  // where the list that holds it has it
};

class Memory {
 public:
  static constexpr int unlimited = INT_MAX;
  static constexpr int64_t spare_between_runs = 32 << 20;  // bytes

  void configure(int64_t budget, int64_t cache);
  ~Memory();

  // The pinned buffer that holds `key`, or nullptr.
  Buffer *find(const ImageKey &key);
  // A pinned buffer of that size with undefined content, 64-byte aligned.
  // Error SHEAF_NO_MEMORY naming the budget.
  Buffer *acquire(int64_t bytes);
  // Makes a buffer that was acquired and filled findable under `key`.
  void publish(Buffer *buffer, const ImageKey &key);
  // Unpins. Without other pins an image is kept for reading again, as far as the
  // cache has room, and of its run at most `keep` of them.
  void release(Buffer *buffer, int keep = unlimited);
  // Forgets all unpinned images of a run. Of the memory that is idle then, some is kept for the next run, which would
  // otherwise spend as long on having fresh pages mapped as on copying its images.
  void drop(uint64_t run);

  // Memory that a plugin takes by itself. Error as acquire.
  void reserve(int64_t bytes, const std::string &purpose);
  void unreserve(int64_t bytes);

  int64_t budget() const;
  int64_t cache() const;
  int64_t used() const;
  int64_t peak() const;

 private:
  using List = std::list<std::unique_ptr<Buffer>>;
  struct Hash {
    size_t operator()(const ImageKey &key) const;
  };
  void make_room(int64_t bytes, const std::string &purpose);
  void trim();
  bool free_oldest_idle();
  void keep_at_most(int count, uint64_t run);
  void pin(List &list, Buffer *buffer);
  void forget(Buffer *buffer);
  void destroy(List &list, List::iterator buffer);

  mutable std::mutex mutex_;
  int64_t budget_ = 0, cache_ = 0, used_ = 0, peak_ = 0, idle_ = 0;
  uint64_t clock_ = 0;
  List pinned_;                                         // pins > 0
  List images_;                                         // idle, with a key; oldest first
  List spare_;                                          // idle, room for any image; oldest first
  std::unordered_map<ImageKey, Buffer *, Hash> index_;  // of everything with a key
};

}  // namespace sheaf::core
