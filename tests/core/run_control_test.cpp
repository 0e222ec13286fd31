// Threads, order, progress, cancelling and memory of runs.
#include <algorithm>
#include <chrono>

#include "client.hpp"

using namespace testing;
using Clock = std::chrono::steady_clock;

namespace {

// Everything that came out of a run, in one order; as text, in which NaN equals NaN.
std::string digest(const Client &client) {
  Json all;
  for (const auto &[name, out] : client.outputs)
    for (const auto &[n, pixels] : out.images) all["images"][name][std::to_string(n)] = pixels;
  for (const auto &[table, columns] : client.tables)
    for (const auto &c : columns) all["tables"][table][c.name] = {c.numbers, c.texts};
  all["plots"] = client.plots;
  return all.dump();
}

// Nothing is pinned, reserved or kept for runs that have ended.
void check_empty(Session &session) {
  const Json state = session.state();
  const sheaf_options o = Session::options(state["threads"], state["memory_budget"], 1);
  CHECK(sheaf_session_configure(session, &o) == SHEAF_OK);
  CHECK(session.state()["memory_used"] == 0);
}

}  // namespace

TEST_CASE("one thread and many give the same") {
  for (const char *operation :
       {"results.invert", "results.two", "results.parallel", "results.report", "results.sums"}) {
    std::string expected;
    for (const int threads : {1, 2, 3, 8}) {
      Session session(threads);
      session.with("results");
      Client client(collection(SHEAF_U8, 31, 9, 23));
      REQUIRE(outcome(session, operation, client) == "ok");
      if (threads == 1) expected = digest(client);
      CHECK(digest(client) == expected);
      check_empty(session);
    }
  }
}

TEST_CASE("images are read once where memory allows") {
  Session session(4);
  session.with("results");
  for (const char *operation : {"results.invert", "results.parallel", "results.sums"}) {
    Client client(collection(SHEAF_U8, 31, 9, 40));
    REQUIRE(outcome(session, operation, client) == "ok");
    CHECK(client.reads.size() == 40);
    for (const auto &[n, times] : client.reads) CHECK(times == 1);
  }
}

TEST_CASE("an operation that reads in order has its images read in order") {
  Session session(4);
  session.with("results");
  Client client(collection(SHEAF_U8, 31, 9, 40));
  REQUIRE(outcome(session, "results.sums", client) == "ok");
  CHECK(std::is_sorted(client.read_order.begin(), client.read_order.end()));
}

TEST_CASE("outputs are announced while others are written") {
  Session session(3);
  session.with("results");
  for (int i = 0; i < 20; i++) {
    Client client(collection(SHEAF_U8, 16, 16, 12));
    client.on_write = [](sheaf_run *, int64_t) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      return SHEAF_OK;
    };
    REQUIRE(outcome(session, "results.two", client) == "ok");
    for (int n = 0; n < 12; n++) {
      CHECK(client.outputs.at("first").images.at(n) == Pixels(256, static_cast<uint8_t>(n)));
      CHECK(client.outputs.at("second").images.at(n) == Pixels(256, static_cast<uint8_t>(n + 1)));
    }
  }
}

TEST_CASE("many runs at once, of several operations and sessions, do not disturb each other") {
  Session one(2), other(3);
  one.with("results");
  other.with("results");
  const std::vector<std::string> operations = {"results.invert", "results.two", "results.parallel", "results.report",
                                               "results.sums"};
  std::map<std::string, std::string> expected;
  for (const auto &operation : operations) {
    Client client(collection(SHEAF_U8, 37, 11, 17));
    REQUIRE(outcome(one, operation, client) == "ok");
    expected[operation] = digest(client);
  }
  struct Job {
    Session *session;
    std::string operation;
    Client client{collection(SHEAF_U8, 37, 11, 17)};
    std::string outcome;
  };
  std::vector<std::unique_ptr<Job>> jobs;
  for (int i = 0; i < 24; i++) {
    jobs.push_back(std::make_unique<Job>());
    jobs.back()->session = i % 3 == 0 ? &other : &one;
    jobs.back()->operation = operations[i % operations.size()];
  }
  std::mutex create[2];  // creating runs is one at a time for a session
  {
    std::vector<std::jthread> threads;
    for (auto &job : jobs)
      threads.emplace_back([&, j = job.get()] {
        j->client.expect_thread(std::this_thread::get_id());
        const sheaf_client table = j->client.table();
        sheaf_run *run = nullptr;
        sheaf_status status = SHEAF_OK;
        {
          const std::lock_guard lock(create[j->session == &one]);
          status = sheaf_run_create(*j->session, j->operation.c_str(), "", &table, &run);
        }
        if (status == SHEAF_OK) status = sheaf_run_execute(run);
        j->outcome = status == SHEAF_OK ? "ok" : sheaf_run_message(run);
        sheaf_run_destroy(run);
      });
  }
  for (const auto &job : jobs) {
    CHECK(job->outcome == "ok");
    CHECK(job->client.fault == "");
    CHECK(digest(job->client) == expected[job->operation]);
  }
  check_empty(one);
  check_empty(other);
}

TEST_CASE("a serial operation runs alone, image after image, and may use the threads itself") {
  Session session(4);
  session.with("results");
  std::vector<std::unique_ptr<Client>> clients;
  std::vector<std::string> outcomes(4);
  for (int i = 0; i < 4; i++) clients.push_back(std::make_unique<Client>(collection(SHEAF_U8, 4, 4, 10)));
  std::mutex create;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; i++)
      threads.emplace_back([&, i] {
        clients[i]->expect_thread(std::this_thread::get_id());
        const sheaf_client table = clients[i]->table();
        sheaf_run *run = nullptr;
        {
          const std::lock_guard lock(create);
          if (sheaf_run_create(session, "results.serial", "", &table, &run) != SHEAF_OK) return;
        }
        outcomes[i] = sheaf_status_name(sheaf_run_execute(run));
        sheaf_run_destroy(run);
      });
  }
  for (int i = 0; i < 4; i++) {
    CHECK(outcomes[i] == "ok");
    CHECK(clients[i]->column("most", "at_once").numbers == std::vector<double>{1});
    CHECK(clients[i]->column("most", "bodies").numbers == std::vector<double>{40});
  }
}

TEST_CASE("progress rises from 0 to 1 and is not told more than 20 times a second") {
  for (const char *operation : {"results.invert", "results.parallel", "results.sums"}) {
    Session session(3);
    session.with("results");
    Client client(collection(SHEAF_U8, 8, 8, 300));
    client.on_read = [](sheaf_run *, int64_t) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      return SHEAF_OK;
    };
    const auto begin = Clock::now();
    REQUIRE(outcome(session, operation, client) == "ok");
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin).count();
    REQUIRE(client.progress.size() >= 2);
    CHECK(client.progress.front().first == 0);
    CHECK(client.progress.back().first == 1);
    CHECK(std::is_sorted(client.progress.begin(), client.progress.end(),
                         [](const auto &a, const auto &b) { return a.first < b.first; }));
    CHECK(static_cast<int64_t>(client.progress.size()) <= ms / 50 + 4);  // the first and the last come anyway
  }
}

TEST_CASE("progress carries the operation's words") {
  Session session(1);
  session.with("results");
  Client client(collection(SHEAF_U8, 8, 8, 3));
  REQUIRE(outcome(session, "results.sums", client) == "ok");
  CHECK(client.progress.back() == std::pair<double, std::string>{1, "summing"});
}

TEST_CASE("a run gets on while another keeps all workers busy with its images") {
  Session session(2);
  session.with("results");
  Client slow_client(collection(SHEAF_U8, 16, 16, 50));
  std::atomic<int> read{0};
  slow_client.on_read = [&](sheaf_run *, int64_t) {
    read++;
    return SHEAF_OK;
  };
  Run slow(session, "results.slow_slice", slow_client, "");
  REQUIRE(slow.created == SHEAF_OK);
  std::atomic<bool> ended{false};
  sheaf_status status = SHEAF_OK;
  std::jthread thread([&] {
    status = sheaf_run_execute(slow);
    ended = true;
  });
  while (read < 3) std::this_thread::yield();  // the first image is done at once, two more keep the workers
  for (const char *operation : {"results.invert", "results.parallel", "results.serial"}) {
    Client client(collection(SHEAF_U8, 16, 16, 5));
    CHECK(outcome(session, operation, client) == "ok");
    CHECK_FALSE(ended);
  }
  sheaf_run_cancel(slow);
  thread.join();
  CHECK(status == SHEAF_CANCELLED);
}

// ---- cancelling ----------------------------------------------------------------------

TEST_CASE("a run that would take a minute stops when it is cancelled, wherever it is") {
  for (const int threads : {1, 4}) {
    Session session(threads);
    session.with("results");
    for (const auto &[operation, params] : {std::pair{"results.slow_slice", ""},
                                            {"results.slow_run", ""},
                                            {"results.slow_run", R"({"how": "parallel"})"},
                                            {"results.slow_run", R"({"how": "progress"})"},
                                            {"results.slow_run", R"({"how": "reading"})"}}) {
      Client client(collection(SHEAF_U8, 16, 16, 50));
      Run run(session, operation, client, params);
      REQUIRE(run.created == SHEAF_OK);
      std::jthread stopper([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(60));
        sheaf_run_cancel(run);
      });
      CHECK(run.execute() == SHEAF_CANCELLED);
      CHECK(run.message() == std::string(operation) + ": stopped by the user");
      CHECK(client.fault == "");
      CHECK(client.tables.empty());
    }
    check_empty(session);
  }
}

TEST_CASE("a run cancelled before it begins reads nothing") {
  Session session(2);
  session.with("results");
  Client client(collection(SHEAF_U8, 16, 16, 5));
  Run run(session, "results.invert", client);
  sheaf_run_cancel(run);
  CHECK(run.execute() == SHEAF_CANCELLED);
  CHECK(client.reads.empty());
  CHECK(client.begun.empty());
}

TEST_CASE("a run can be cancelled from its own callbacks") {
  Session session(2);
  session.with("results");
  const auto stop = [](sheaf_run *run, int64_t n) {
    if (n == 3) sheaf_run_cancel(run);
    return SHEAF_OK;
  };
  const auto answer = [](sheaf_run *, int64_t n) { return n == 3 ? SHEAF_CANCELLED : SHEAF_OK; };
  for (const Client::Hook &hook : {Client::Hook(stop), Client::Hook(answer)})
    for (Client::Hook Client::*place : {&Client::on_read, &Client::on_write, &Client::on_label})
      for (const char *operation : {"results.invert", "results.parallel"}) {
        Client client(collection(SHEAF_U8, 16, 16, 200));
        client.*place = hook;
        CHECK(outcome(session, operation, client) == std::string("cancelled: ") + operation + ": stopped by the user");
        CHECK(client.tables.empty());
        CHECK(client.outputs["inverted"].images.size() < 200);
      }
  check_empty(session);
}

TEST_CASE("a run waiting for a serial one can be cancelled") {
  Session session(2);
  session.with("results");
  Client busy(collection(SHEAF_U8, 4, 4, 100000)), waiting(collection(SHEAF_U8, 4, 4, 3));
  Run first(session, "results.serial", busy), second(session, "results.serial", waiting);
  std::atomic<bool> begun{false};
  busy.on_progress = [&](sheaf_run *, double fraction) {
    if (fraction > 0) begun = true;
  };
  sheaf_status ended = SHEAF_OK;
  std::jthread runner([&] {
    busy.expect_thread(std::this_thread::get_id());
    ended = first.execute();
  });
  while (!begun) std::this_thread::yield();
  std::jthread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    sheaf_run_cancel(second);
  });
  CHECK(second.execute() == SHEAF_CANCELLED);
  CHECK(waiting.reads.empty());
  sheaf_run_cancel(first);
  runner.join();
  CHECK(ended == SHEAF_CANCELLED);
}

// ---- memory --------------------------------------------------------------------------

TEST_CASE("two thousand images stream through constant memory") {
  for (const char *operation : {"results.invert", "results.sums", "results.two", "results.parallel"}) {
    constexpr int64_t image = 64 * 64;
    Session session(4, 40 * image, 16 * image);
    session.with("results");
    Client client(collection(SHEAF_U8, 64, 64, 2000));
    client.keep_images = false;
    REQUIRE(outcome(session, operation, client) == "ok");
    CHECK(session.state()["memory_peak"].get<int64_t>() <= 40 * image);
    check_empty(session);
  }
}

TEST_CASE("pinned images that do not fit are refused, naming the budget") {
  Session session(2, 100000);
  session.with("results");
  Client client(collection(SHEAF_U8, 64, 100, 20));  // 6400 bytes each
  CHECK(outcome(session, "results.hold", client) ==
        "no memory: memory: 6.4 kB needed for an image, but of the budget of 100 kB only 4 kB are free; raise the "
        "budget or "
        "use fewer or smaller images");
  Client fewer(collection(SHEAF_U8, 64, 100, 15));
  CHECK(outcome(session, "results.hold", fewer) == "ok");
  check_empty(session);
}

TEST_CASE("scratch memory counts, and is given back at the end") {
  Session session(2, 100000);
  session.with("results");
  Client client(collection(SHEAF_U8, 64, 100, 2));
  CHECK(outcome(session, "results.hold", client, R"({"scratch": 80000})") == "ok");
  CHECK(session.state()["memory_peak"].get<int64_t>() == 92800);
  CHECK(outcome(session, "results.hold", client, R"({"scratch": 100001})") ==
        "no memory: memory: 100 kB needed for scratch of this test, but of the budget of 100 kB only 100 kB are free; "
        "raise the budget or use fewer or smaller images");
  CHECK(outcome(session, "results.hold", client, R"({"scratch": 99000})").substr(0, 9) == "no memory");
  check_empty(session);
}

TEST_CASE("an operation that needs the whole collection is refused at once where it cannot fit") {
  Session session(2, 1000000);
  session.with("results");
  Client small(collection(SHEAF_U16, 100, 100, 49)), large(collection(SHEAF_U16, 100, 100, 51));
  CHECK(outcome(session, "results.whole", small) == "ok");
  CHECK(outcome(session, "results.whole", large) ==
        "no memory: memory: results.whole needs all images at once, 1 MB, but the budget is 1 MB; raise the budget or "
        "use "
        "fewer or smaller images");
  CHECK(large.reads.empty());
}

TEST_CASE("images larger than any memory are refused, not computed with a wrapped size") {
  Session session(2, 1000000);
  session.with("results");
  for (const char *operation : {"results.sums", "results.invert", "results.whole"}) {
    Client client(collection(SHEAF_U16, 2147483647, 2147483647, 2));
    CHECK_THAT(outcome(session, operation, client), Catch::StartsWith("no memory: memory: "));
    CHECK(client.reads.empty());
  }
}

TEST_CASE("one thread needs no more than an image of every input and output") {
  Session session(1, 20000);
  session.with("results");
  Client client(collection(SHEAF_U8, 64, 100, 30));  // 6400 bytes each: in, out and another output
  CHECK(outcome(session, "results.invert", client) == "ok");
  CHECK(session.state()["memory_peak"].get<int64_t>() <= 3 * 6400);
}

TEST_CASE("an output that did not fit can be begun again once there is room") {
  Session session(1, 2 * 6400);
  session.with("results");
  Client client(collection(SHEAF_U8, 64, 100, 2));
  CHECK(outcome(session, "results.retry", client) == "ok");
  CHECK(client.outputs.at("out").images.size() == 2);
}

TEST_CASE("threads and memory can be changed between runs") {
  Session session(4, 1000000);
  session.with("results");
  Client client(collection(SHEAF_U8, 31, 9, 23));
  Run before(session, "results.invert", client);
  const sheaf_options o = Session::options(2, 2000000, 3000);
  REQUIRE(sheaf_session_configure(session, &o) == SHEAF_OK);
  CHECK(session.state()["threads"] == 2);
  CHECK(session.state()["memory_budget"] == 2000000);
  CHECK(session.state()["cache_budget"] == 3000);
  CHECK(before.execute() == SHEAF_OK);  // with the threads it was made with
  Client after(collection(SHEAF_U8, 31, 9, 23));
  CHECK(outcome(session, "results.invert", after) == "ok");
  CHECK(digest(after) == digest(client));
}
