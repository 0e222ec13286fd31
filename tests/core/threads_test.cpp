// The thread pool and the mailbox.
#include <pthread.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "mailbox.hpp"
#include "thread_pool.hpp"

using namespace sheaf::core;

TEST_CASE("the pool does every task, and waits for them when it ends") {
  std::atomic<int> done{0};
  {
    ThreadPool pool(3);
    CHECK(pool.size() == 3);
    for (int i = 0; i < 1000; i++) pool.submit([&] { done++; });
  }
  CHECK(done == 1000);
}

TEST_CASE("tasks may bring new tasks") {
  std::atomic<int> done{0};
  {
    ThreadPool pool(2);
    const std::function<void(int)> split = [&](int n) {
      done++;
      if (n > 0)
        for (int k = 0; k < 2; k++) pool.submit([&, n] { split(n - 1); });
    };
    pool.submit([&] { split(7); });
    while (done < 255) std::this_thread::yield();
  }
  CHECK(done == 255);
}

TEST_CASE("the pool is crowded while tasks wait") {
  std::atomic<bool> go{false}, began{false};
  ThreadPool pool(1);
  CHECK_FALSE(pool.crowded());
  const auto wait = [&] {
    began = true;
    while (!go) std::this_thread::yield();
  };
  pool.submit(wait);
  while (!began) std::this_thread::yield();
  CHECK_FALSE(pool.crowded());
  pool.submit(wait);
  CHECK(pool.crowded());
  go = true;
}

TEST_CASE("a system without threads is an error, not the end of the process") {
  pthread_attr_t usual, huge;
  REQUIRE(pthread_getattr_default_np(&usual) == 0);
  REQUIRE(pthread_getattr_default_np(&huge) == 0);
  REQUIRE(pthread_attr_setstacksize(&huge, size_t{1} << 46) == 0);  // more than there are addresses
  REQUIRE(pthread_setattr_default_np(&huge) == 0);
  CHECK_THROWS_AS(ThreadPool(2), std::system_error);
  pthread_setattr_default_np(&usual);
  pthread_attr_destroy(&usual);
  pthread_attr_destroy(&huge);
}

namespace {

// Runs `worker` on another thread while this one serves the mailbox.
void serve(Mailbox &mailbox, const std::function<void()> &worker) {
  bool finished = false;
  std::jthread thread([&] {
    worker();
    mailbox.change([&] { finished = true; });
  });
  mailbox.serve([&] { return finished; }, [] { return false; });
}

}  // namespace

TEST_CASE("calls are done on the serving thread, and waited for") {
  Mailbox mailbox;
  const auto self = std::this_thread::get_id();
  int calls = 0, returns = 0;
  serve(mailbox, [&] {
    for (int i = 0; i < 100; i++) {
      bool done = false;
      mailbox.call([&] {
        calls += std::this_thread::get_id() == self;
        done = true;
      });
      returns += done;
    }
  });
  CHECK(calls == 100);
  CHECK(returns == 100);
}

TEST_CASE("what a call throws is thrown where it was asked for") {
  Mailbox mailbox;
  std::string caught;
  serve(mailbox, [&] {
    try {
      mailbox.call([] { throw std::runtime_error("no such image"); });
    } catch (const std::runtime_error &e) {
      caught = e.what();
    }
  });
  CHECK(caught == "no such image");
}

TEST_CASE("posts are done in order, and only so many wait") {
  Mailbox mailbox;
  std::vector<int> order;
  std::atomic<int> posted{0};
  int most = 0;
  serve(mailbox, [&] {
    for (int i = 0; i < 200; i++) {
      posted++;
      mailbox.post(
          [&, i] {
            most = std::max(most, posted.load() - static_cast<int>(order.size()));
            order.push_back(i);
          },
          4);
    }
  });
  REQUIRE(order.size() == 200);
  CHECK(std::is_sorted(order.begin(), order.end()));
  CHECK(most <= 5);  // four that wait and one that is being handed over
}

TEST_CASE("what is posted is done before serving ends") {
  Mailbox mailbox;
  int done = 0;
  for (int i = 0; i < 10; i++) mailbox.post([&] { done++; }, 100);
  mailbox.serve([] { return true; }, [] { return false; });
  CHECK(done == 10);
}

TEST_CASE("many workers talk to one serving thread at once") {
  Mailbox mailbox;
  int64_t sum = 0, written = 0;
  std::atomic<int> positive{0};
  int active = 8;
  std::vector<std::jthread> workers;
  for (int w = 0; w < 8; w++)
    workers.emplace_back([&, w] {
      for (int i = 0; i < 500; i++) {
        int64_t got = 0;
        mailbox.call([&] { got = ++sum; });
        positive += got > 0;
        mailbox.post([&] { written++; }, 3);
      }
      mailbox.change([&] { active--; });
    });
  int between = 0;
  mailbox.serve([&] { return active == 0; }, [&] { return ++between % 3 == 0; });
  CHECK(sum == 4000);
  CHECK(positive == 4000);
  CHECK(written == 4000);
}
