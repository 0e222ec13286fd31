// What goes wrong in a run: in the client, in the plugin, between them.
#include <chrono>
#include <new>
#include <stdexcept>

#include "client.hpp"

using namespace testing;

namespace {

Session &session() {
  static Session s(4);
  static const bool once = (s.with("results").with("faults"), true);
  (void)once;
  return s;
}

Client small() { return Client(collection(SHEAF_U8, 8, 6, 9)); }

std::string misuse(const std::string &what) {
  Client client = small();
  return outcome(session(), "faults.misuse", client, Json{{"what", what}}.dump());
}

void check_nothing_kept() {
  const sheaf_options o = Session::options(4, 0, 1);
  CHECK(sheaf_session_configure(session(), &o) == SHEAF_OK);
  CHECK(session().state()["memory_used"] == 0);
}

}  // namespace

// ---- the client ----------------------------------------------------------------------

TEST_CASE("a callback that fails ends the run with the client's reason") {
  struct Place {
    Client::Hook Client::*hook;
    const char *operation, *usual;
  };
  for (const auto &place : {Place{&Client::on_read, "results.invert", "images: image 4 could not be read"},
                            Place{&Client::on_read, "results.sums", "images: image 4 could not be read"},
                            Place{&Client::on_read, "results.parallel", "images: image 4 could not be read"},
                            Place{&Client::on_write, "results.invert", "image 4 of inverted could not be written"},
                            Place{&Client::on_write, "results.report", "image 4 of grid could not be written"},
                            Place{&Client::on_write, "results.parallel", "image 4 of copy could not be written"}}) {
    for (const sheaf_status status : {SHEAF_IO, SHEAF_NO_MEMORY, SHEAF_INVALID}) {
      const std::string name = sheaf_status_name(status);
      Client client = small();
      client.*place.hook = [&](sheaf_run *run, int64_t n) {
        return n == 3 ? sheaf_run_fail(run, status, "the disk is gone") : SHEAF_OK;
      };
      CHECK(outcome(session(), place.operation, client) == name + ": the disk is gone");
      CHECK(client.tables.empty());
      client = small();
      client.*place.hook = [&](sheaf_run *, int64_t n) { return n == 3 ? status : SHEAF_OK; };
      CHECK(outcome(session(), place.operation, client) == name + ": " + place.usual);
    }
  }
  check_nothing_kept();
}

TEST_CASE("other callbacks that fail are named") {
  struct Place {
    Client::Hook Client::*hook;
    const char *operation, *message;
  };
  for (const auto &place :
       {Place{&Client::on_begin, "results.invert", "output inverted could not be created"},
        Place{&Client::on_begin, "results.report", "output grid could not be created"},
        Place{&Client::on_begin, "results.parallel", "output copy could not be created"},
        Place{&Client::on_mask, "results.report", "the region of interest could not be read"},
        Place{&Client::on_mask, "results.parallel", "the region of interest could not be read"},
        Place{&Client::on_column, "results.sums", "table sums could not be written"},
        Place{&Client::on_label, "results.invert", "results.invert failed without saying why (io)"},
        Place{&Client::on_roi, "results.report", "results.report failed without saying why (io)"},
        Place{&Client::on_json, "results.report", "results.report failed without saying why (io)"}}) {
    Client client = small();
    client.*place.hook = [](sheaf_run *, int64_t) { return SHEAF_IO; };
    CHECK(outcome(session(), place.operation, client) == std::string("io: ") + place.message);
  }
  check_nothing_kept();
}

TEST_CASE("the first reason sticks") {
  Client client = small();
  client.on_read = [](sheaf_run *run, int64_t n) {
    sheaf_run_fail(run, SHEAF_IO, ("first at " + std::to_string(n)).c_str());
    return sheaf_run_fail(run, SHEAF_IO, "second");
  };
  CHECK(outcome(session(), "results.sums", client) == "io: first at 0");
}

TEST_CASE("exceptions of a client's callbacks end the run, whichever thread asked") {
  struct Unrelated {};
  const std::vector<std::pair<std::function<void()>, std::string>> kinds = {
      {[] { throw std::runtime_error("no such window"); }, "internal: no such window"},
      {[] { throw std::bad_alloc(); }, "no memory: the machine has no memory left"},
      {[] { throw Unrelated(); }, "internal: an exception of unknown type was thrown"},
      {[] { throw 5; }, "internal: an exception of unknown type was thrown"}};
  for (const auto &[raise, expected] : kinds) {
    const Client::Hook hook = [&raise = raise](sheaf_run *, int64_t n) -> sheaf_status {
      if (n == 3 || n == 0) raise();
      return SHEAF_OK;
    };
    for (const auto &[place, operations] :
         {std::pair<Client::Hook Client::*, std::vector<const char *>>{
              &Client::on_read, {"results.invert", "results.sums", "results.parallel"}},
          {&Client::on_write, {"results.invert", "results.report", "results.parallel"}},
          {&Client::on_begin, {"results.invert", "results.report", "results.parallel"}},
          {&Client::on_label, {"results.invert", "results.parallel"}},
          {&Client::on_mask, {"results.report", "results.parallel"}},
          {&Client::on_json, {"results.report"}}})
      for (const char *operation : operations) {
        Client client = small();
        client.*place = hook;
        CHECK(outcome(session(), operation, client) == expected);
        CHECK(client.tables.empty() == (place != &Client::on_json));
      }
    Client client = small();
    client.on_info = hook;
    CHECK(outcome(session(), "results.invert", client) == expected);
    client = small();
    client.on_column = client.on_roi = [&raise = raise](sheaf_run *, int64_t) -> sheaf_status {
      raise();
      return SHEAF_OK;
    };
    CHECK(outcome(session(), "results.report", client) == expected);
  }
  check_nothing_kept();
}

TEST_CASE("exceptions of callbacks that return nothing end the run once nobody works any more") {
  for (const char *operation : {"results.invert", "results.parallel", "results.sums", "results.report"}) {
    Client client = small();
    client.on_progress = [](sheaf_run *, double) { throw std::runtime_error("the bar is gone"); };
    CHECK(outcome(session(), operation, client) == "internal: the bar is gone");
  }
  Client client = small();
  client.on_log = [] { throw 5; };
  CHECK(outcome(session(), "results.report", client) == "internal: an exception of unknown type was thrown");
  // while workers are busy
  Client late(collection(SHEAF_U8, 8, 6, 400));
  late.on_read = [](sheaf_run *, int64_t) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return SHEAF_OK;
  };
  late.on_progress = [](sheaf_run *, double fraction) {
    if (fraction > 0.1) throw std::runtime_error("the bar is gone");
  };
  CHECK(outcome(session(), "results.parallel", late) == "internal: the bar is gone");
  check_nothing_kept();
}

// ---- the plugin ----------------------------------------------------------------------

TEST_CASE("exceptions of a plugin end the run, wherever they leave it") {
  const std::map<std::string, std::string> kinds = {
      {"runtime", "failed: the plugin threw an exception: the filter is too wide"},
      {"memory", "no memory: the machine has no memory left for this operation"},
      {"unrelated", "internal: the plugin threw an exception of unknown type"},
      {"number", "internal: the plugin threw an exception of unknown type"}};
  for (const auto &[operation, places] :
       {std::pair<std::string, std::vector<std::string>>{"faults.throw_slice", {"open", "slice", "finish"}},
        {"faults.throw_run", {"open", "run", "parallel", "nested", "finish"}}})
    for (const auto &place : places)
      for (const auto &[kind, expected] : kinds) {
        Client client = small();
        CHECK(outcome(session(), operation, client, Json{{"where", place}, {"what", kind}}.dump()) == expected);
      }
  Client client = small();
  CHECK(outcome(session(), "faults.throw_run", client, R"({"where": "close"})") == "ok");
  CHECK(outcome(session(), "faults.throw_slice", client) == "ok");
}

TEST_CASE("the same operation works again after it has failed") {
  for (int i = 0; i < 50; i++) {
    Client client = small();
    CHECK(outcome(session(), "faults.throw_slice", client, R"({"where": "slice"})") ==
          "failed: the plugin threw an exception: the filter is too wide");
    Client other = small();
    CHECK(outcome(session(), "faults.throw_slice", other) == "ok");
  }
}

TEST_CASE("what a plugin returns is the run's status, with its message") {
  const auto answer = [](const Json &params) {
    Client client = small();
    return outcome(session(), "faults.answer", client, params.dump());
  };
  CHECK(answer({{"status", 0}}) == "ok");
  CHECK(answer({{"status", 2}, {"message", "base: 7 given"}}) == "invalid: base: 7 given");
  CHECK(answer({{"status", 6}, {"message", "singular"}}) == "failed: singular");
  CHECK(answer({{"status", 6}}) == "failed: faults.answer failed without saying why (failed)");
  CHECK(answer({{"status", 3}, {"first", "the disk is gone"}}) == "unsupported: the disk is gone");
  CHECK(answer({{"status", 6}, {"message", "singular"}, {"first", "the disk is gone"}}) == "failed: singular");
  CHECK(answer({{"status", 0}, {"first", "the disk is gone"}}) == "ok");
  CHECK(answer({{"status", 99}}) == "internal: the plugin returned the unknown status 99");
  CHECK(answer({{"status", -3}}) == "internal: the plugin returned the unknown status -3");
  CHECK(answer({{"status", 1}}) == "internal: the plugin stopped as if it had been cancelled, but it was not");
}

TEST_CASE("a failure that the plugin does not mind leaves its variables alone") {
  Client client = small();
  client.on_read = [](sheaf_run *, int64_t) { return SHEAF_IO; };
  CHECK(outcome(session(), "faults.tolerant", client) == "ok");
  CHECK(client.column("seen", "value").numbers == std::vector<double>{SHEAF_IO, 77});
  Client empty(collection(SHEAF_U8, 8, 6, 1));
  CHECK(outcome(session(), "faults.tolerant", empty) == "ok");
  CHECK(empty.column("seen", "value").numbers == std::vector<double>{SHEAF_INVALID, 77});
}

TEST_CASE("misuse of the interface fails the run and names the call") {
  const std::map<std::string, std::string> expected = {
      {"release_twice", "release_slice: this view is not pinned, or was given back before"},
      {"end_twice", "end_slice: this view is not from begin_slice, or was ended before"},
      {"end_input", "end_slice: this view is not from begin_slice, or was ended before"},
      {"begin_twice", "begin_slice: image 1 of output out was begun before"},
      {"begin_beyond", "begin_slice: image 100 of output out, which has 9"},
      {"begin_undeclared", "begin_slice: output free was not declared"},
      {"output_unknown", "output 7 was asked for, the schema declares 2"},
      {"declare_twice", "declare_output: free: declared twice"},
      {"declare_late", "declare_output: out: declared twice"},
      {"declare_nothing", "declare_output: free: size, number of images or pixel type is missing"},
      {"declare_pixel", "declare_output: free: declared as f32, the schema says u8"},
      {"declare_count", "declare_output: out: 99 images, the schema says as many as the input"},
      {"declare_hyperstack", "declare_output: out: channels x depth x frames is not the number of images"},
      {"info_without_size", "input_info: set the size of the struct first"},
      {"parameter_unknown", "get_number: the schema declares no parameter radius"},
      {"parameter_null", "get_text: the schema declares no parameter (null)"},
      {"parameter_type", "get_integer: parameter size is of another type"},
      {"parameter_list", "get_numbers: parameter size is of another type"},
      {"null_pointer", "get_number: a null pointer was given"},
      {"table_unknown", "column: the schema declares no table nowhere"},
      {"column_unknown", "column: the schema declares no column b in table table"},
      {"column_type", "column: the schema declares a of table table as number"},
      {"column_twice", "column: a of table table was added before"},
      {"column_length", "column: Label of table table has 3 rows, a has 2"},
      {"column_null", "column_f64: no values were given"},
      {"plot_unknown", "emit_json: the schema declares no plot \"nowhere\""},
      {"plot_shape", "emit_json: plot: x has 1 numbers, y has 0"},
      {"roi_kind", "emit_roi: kind, image, points or rings are not valid"},
      {"roi_rings", "emit_roi: ring_ends do not ascend within the points"},
      {"roi_rest", "emit_roi: the last ring does not end with the last point"},
      {"wanted_unknown", "wanted: the schema declares no result nowhere"},
      {"reserve_negative", "reserve: a negative size was given"},
      {"foreign_thread", "read_slice: called on a thread that does not belong to the run"},
      {"parallel_null", "parallel: a null pointer was given"}};
  for (const auto &[what, message] : expected) CHECK(misuse(what) == "internal: " + message);
  CHECK_THAT(misuse("plot_text"), Catch::StartsWith("internal: emit_json: plot: "));
  CHECK(misuse("") == "ok");
  check_nothing_kept();
}

TEST_CASE("a state that was opened is closed, even if opening misused the interface") {
  Client client = small();
  CHECK(outcome(session(), "faults.careless", client) ==
        "internal: get_number: the schema declares no parameter nowhere");
  CHECK(outcome(session(), "faults.open_states", client) == "ok");
  CHECK(client.column("open", "count").numbers == std::vector<double>{0});
}

TEST_CASE("an operation that leaves its output undone has failed") {
  const auto lazy = [](const char *params) {
    Client client = small();
    return outcome(session(), "results.lazy", client, params);
  };
  CHECK(lazy("") == "internal: the operation left output out unwritten");
  CHECK(lazy(R"({"leaves": "last"})") == "internal: the operation left image 9 of output out unwritten");
  CHECK(lazy(R"({"leaves": "unended"})") == "internal: the operation left image 9 of output out unwritten");
  Client indifferent = small();
  indifferent.wants = [](const std::string &) { return false; };
  CHECK(outcome(session(), "results.lazy", indifferent) == "ok");
}
