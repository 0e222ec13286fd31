#include "memory.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <thread>

#include "error.hpp"

using namespace sheaf::core;

namespace {

// An image that was read, used once and given back.
void visit(Memory &memory, const ImageKey &key, int64_t bytes, int keep = Memory::unlimited) {
  Buffer *buffer = memory.find(key);
  if (!buffer) {
    buffer = memory.acquire(bytes);
    memory.publish(buffer, key);
  }
  memory.release(buffer, keep);
}

bool keeps(Memory &memory, const ImageKey &key) {
  Buffer *buffer = memory.find(key);
  if (buffer) memory.release(buffer);
  return buffer != nullptr;
}

}  // namespace

TEST_CASE("rows begin on 64-byte boundaries, for small and for large images") {
  Memory memory;
  memory.configure(int64_t{1} << 30, 0);
  for (const int64_t bytes : {1, 63, 64, 65, 100000, 1 << 20}) {
    Buffer *buffer = memory.acquire(bytes);
    CHECK(reinterpret_cast<uintptr_t>(buffer->data) % 64 == 0);
    std::memset(buffer->data, 1, bytes);
    memory.release(buffer);
  }
  CHECK(memory.used() == 0);
}

TEST_CASE("images are found while they are pinned and, as far as the cache goes, afterwards") {
  Memory memory;
  memory.configure(10000, 3000);
  for (int64_t n = 0; n < 4; n++) visit(memory, {1, 0, n}, 1000);
  CHECK_FALSE(keeps(memory, {1, 0, 0}));
  for (int64_t n = 1; n < 4; n++) CHECK(keeps(memory, {1, 0, n}));
  CHECK(memory.used() == 3000);
  CHECK_FALSE(keeps(memory, {2, 0, 3}));
  CHECK_FALSE(keeps(memory, {1, 1, 3}));
}

TEST_CASE("the image used longest ago makes way first") {
  Memory memory;
  memory.configure(10000, 3000);
  for (int64_t n = 0; n < 3; n++) visit(memory, {1, 0, n}, 1000);
  visit(memory, {1, 0, 0}, 1000);
  visit(memory, {1, 0, 3}, 1000);
  CHECK(keeps(memory, {1, 0, 0}));
  CHECK_FALSE(keeps(memory, {1, 0, 1}));
  CHECK(keeps(memory, {1, 0, 2}));
}

TEST_CASE("a pinned image never makes way, and is shared by all who pin it") {
  Memory memory;
  memory.configure(10000, 1000);
  Buffer *first = memory.acquire(1000);
  std::memset(first->data, 7, 1000);
  memory.publish(first, {1, 0, 0});
  for (int64_t n = 1; n < 20; n++) visit(memory, {1, 0, n}, 1000);
  Buffer *again = memory.find({1, 0, 0});
  REQUIRE(again == first);
  memory.release(first);
  CHECK(static_cast<const char *>(again->data)[999] == 7);
  memory.release(again);
  CHECK(memory.used() <= 2000);
}

TEST_CASE("memory is used again for an image of the same size") {
  Memory memory;
  memory.configure(10000, 2000);
  Buffer *buffer = memory.acquire(1000);
  const void *data = buffer->data;
  memory.release(buffer);
  buffer = memory.acquire(1000);
  CHECK(buffer->data == data);
  CHECK(buffer->key.run == 0);
  CHECK(memory.used() == 1000);
  Buffer *other = memory.acquire(500);
  CHECK(other->data != data);
  memory.release(other);
  memory.release(buffer);
}

TEST_CASE("an image whose memory is used again is forgotten") {
  Memory memory;
  memory.configure(10000, 1000);
  visit(memory, {1, 0, 0}, 1000);
  Buffer *buffer = memory.acquire(1000);
  CHECK_FALSE(keeps(memory, {1, 0, 0}));
  memory.release(buffer);
  CHECK(memory.used() == 1000);
}

TEST_CASE("the budget holds, and is named when it is used up") {
  Memory memory;
  memory.configure(2500000, 0);
  Buffer *a = memory.acquire(1000000), *b = memory.acquire(1000000);
  CHECK_THROWS_WITH(
      memory.acquire(1000000),
      "memory: 1 MB needed for an image, but of the budget of 2.5 MB only 500 kB are free; raise the budget "
      "or use fewer or smaller images");
  try {
    memory.reserve(600000, "distances between 900 images");
    FAIL();
  } catch (const Error &e) {
    CHECK(e.status() == SHEAF_NO_MEMORY);
    CHECK_THAT(e.what(),
               Catch::StartsWith("memory: 600 kB needed for distances between 900 images, but of the budget"));
  }
  memory.reserve(500000, "scratch");
  CHECK(memory.used() == 2500000);
  memory.unreserve(500000);
  memory.release(a);
  memory.release(b);
  CHECK(memory.used() == 0);
  CHECK(memory.peak() == 2500000);
}

TEST_CASE("no size overflows the count") {
  Memory memory;
  memory.configure(1000000, 1000000);
  Buffer *buffer = memory.acquire(1000);
  CHECK_THROWS_AS(memory.acquire(INT64_MAX), Error);
  CHECK_THROWS_AS(memory.reserve(INT64_MAX, "everything"), Error);
  memory.release(buffer);
  CHECK(memory.used() == 1000);
}

TEST_CASE("kept images make way for what is needed now") {
  Memory memory;
  memory.configure(3000, 3000);
  for (int64_t n = 0; n < 3; n++) visit(memory, {1, 0, n}, 1000);
  memory.reserve(1500, "scratch");
  CHECK(memory.used() == 2500);
  CHECK(keeps(memory, {1, 0, 2}));
  CHECK_FALSE(keeps(memory, {1, 0, 1}));
  memory.unreserve(1500);
}

TEST_CASE("a run can be held to a few images, and leaves none of them behind") {
  Memory memory;
  memory.configure(100000, 50000);
  for (int64_t n = 0; n < 10; n++) visit(memory, {1, 0, n}, 1000, 3);
  for (int64_t n = 0; n < 10; n++) CHECK(keeps(memory, {1, 0, n}) == (n >= 7));
  visit(memory, {2, 0, 0}, 1000);
  memory.drop(1);
  CHECK_FALSE(keeps(memory, {1, 0, 9}));
  CHECK(keeps(memory, {2, 0, 0}));
}

TEST_CASE("a smaller cache takes effect at once") {
  Memory memory;
  memory.configure(100000, 50000);
  for (int64_t n = 0; n < 10; n++) visit(memory, {1, 0, n}, 1000);
  memory.configure(100000, 2000);
  CHECK(memory.used() == 2000);
  CHECK(keeps(memory, {1, 0, 9}));
  memory.configure(100000, 0);
  CHECK(memory.used() == 0);
}

TEST_CASE("many threads share the memory without losing any") {
  Memory memory;
  memory.configure(1 << 20, 1 << 16);
  {
    std::vector<std::jthread> threads;
    for (uint64_t t = 1; t <= 4; t++)
      threads.emplace_back([&memory, t] {
        for (int64_t n = 0; n < 2000; n++) {
          const ImageKey key{t, 0, n % 37};
          Buffer *buffer = memory.find(key);
          if (!buffer) {
            buffer = memory.acquire(1000 + 64 * (n % 3));
            memory.publish(buffer, key);
          }
          std::memset(buffer->data, static_cast<int>(t), 1000);
          memory.release(buffer, n % 2 == 0 ? 5 : Memory::unlimited);
        }
        memory.drop(t);
      });
  }
  memory.configure(1 << 20, 0);
  CHECK(memory.used() == 0);
}
