// One execution of an operation: parameters, images in and out, results,
// progress and cancelling. host.cpp makes its member functions the table that a
// plugin sees; api.cpp makes them sheaf.h.
//
// Threads: the thread that calls execute() or preview() is the run's thread. It
// alone calls the client. Bodies of parallel() run on the pool's workers and on
// the run's thread, which serves the workers' requests for images (mailbox.hpp).
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "mailbox.hpp"
#include "session.hpp"
#include "sheaf.h"

namespace sheaf::core {

class Run {
 public:
  // Errors as sheaf_run_create.
  // `handle` is how plugin and client name this run.
  Run(sheaf_run *handle, Session &session, const std::string &operation, const std::string &params_json,
      const sheaf_client &client);
  ~Run();
  Run(const Run &) = delete;
  Run &operator=(const Run &) = delete;

  sheaf_status execute();
  sheaf_status preview(int64_t n);
  void cancel() { cancelled_ = true; }
  bool cancelled() const { return cancelled_; }
  const std::string &params_text() const { return params_text_; }

  // ---- the plugin's side: arguments and errors as in sheaf_plugin.h ----------
  struct Value {
    double number = 0;
    int64_t integer = 0;
    std::string text;
    std::vector<double> numbers;
    ParamType type = ParamType::text;
  };
  const Value &value(const char *key, const char *call) const;
  const sheaf_info &input_info(int32_t input) const;
  const char *slice_label(int32_t input, int64_t n);
  sheaf_view read_slice(int32_t input, int64_t n);
  sheaf_view read_mask(int32_t input);
  void release_view(const sheaf_view &view);
  void declare_output(int32_t output, const sheaf_info &info);
  sheaf_view begin_slice(int32_t output, int64_t n);
  void end_slice(const sheaf_view &view);
  bool wanted(const std::string &name) const;
  void add_column(const std::string &table, const std::string &column, std::vector<double> numbers,
                  std::vector<std::string> texts, bool text);
  void add_roi(const sheaf_roi &roi);
  void add_json(const std::string &kind, const std::string &json);
  void progress(double fraction, const char *text);
  sheaf_status parallel(int64_t count, sheaf_status(SHEAF_CALL *body)(void *, int64_t), void *context);
  int32_t threads() const { return pool_->size(); }
  void reserve(int64_t bytes, const std::string &purpose);
  int64_t preview_image() const { return preview_; }
  void log(int32_t level, const std::string &message);

  // What every function of the host table does: run `job`, turn what it throws
  // into a status and a recorded message.
  sheaf_status guarded(const std::function<void()> &job) noexcept;

  // ---- failures -----------------------------------------------------------------
  // Keeps the first message of each status.
  void record(sheaf_status status, const std::string &message);
  // The plugin broke a rule of the interface: the run fails whatever it returns.
  void misuse(const std::string &message);
  // The message that goes with the status the run ended with.
  std::string message_for(sheaf_status status) const;
  void finish_message(sheaf_status status) { message_ = message_for(status); }
  const char *message() const { return message_.c_str(); }

 private:
  struct Pin {
    Buffer *buffer;
    enum class Kind { input, output } kind;
    int32_t output;
    int64_t n;
    sheaf_view view;
  };
  // A status whose message is recorded already.
  struct Stop {
    sheaf_status status;
  };
  // What one call into the plugin has pinned; shared by its parallel bodies.
  struct Scope {
    std::mutex mutex;
    std::vector<Pin> pins;
  };
  // What the current thread is doing for a run.
  struct Frame {
    Run *run;
    Scope *scope;
    bool nested;
  };
  // Sets the current thread's frame for a block.
  class InFrame {
   public:
    explicit InFrame(Frame &frame) : outer_(frame_) { frame_ = &frame; }
    ~InFrame() { frame_ = outer_; }
    InFrame(const InFrame &) = delete;
    InFrame &operator=(const InFrame &) = delete;

   private:
    Frame *outer_;
  };
  struct Input {
    sheaf_info info{};
    sheaf_info given{};  // as the client has described it; differs where labels come as another type
    std::string unit;
    bool mask_known = false;
    Buffer *mask = nullptr;
    std::map<int64_t, std::string> labels;
  };
  struct Output {
    bool declaring = false, declared = false, wanted = false;
    sheaf_info info{};
    std::string unit;
    std::vector<bool> begun, ended;
  };
  struct Column {
    std::string name;
    bool text;
    std::vector<double> numbers;
    std::vector<std::string> texts;
  };
  struct Roi {
    sheaf_roi roi;
    std::vector<float> xy;
    std::vector<int32_t> ring_ends;
    std::string name;
    bool named;
  };

  void take_params(const std::string &params_json);
  void check_choice_of_inputs(const Json &values);
  void take_inputs();
  void ask_wanted();
  double input_bytes() const;
  void check_memory() const;
  void plan_cache();
  sheaf_status conduct(const std::function<void()> &job);
  void run_operation();
  void open();
  void call_slice(int64_t n);
  void all_slices();
  static sheaf_status plugin_status(Run &run, const std::function<sheaf_status()> &call) noexcept;
  bool prefetch(int64_t &position, int64_t next, int64_t count);
  sheaf_status distribute(int64_t count, const std::function<sheaf_status(int64_t)> &body, const Frame &frame,
                          const std::function<bool(int64_t next)> &between, bool along);
  void plugin_call(const std::function<sheaf_status()> &call);
  void deliver();
  void check_outputs() const;
  void release_scope(Scope &scope);
  Frame &frame(const char *call) const;
  void stop_if_cancelled() const;
  void client_call(const std::function<sheaf_status()> &call);
  Input &input(int32_t index);
  Output &output(int32_t index);
  void require_image(int64_t n, int64_t count, const char *what) const;
  Buffer *load(int32_t input, int64_t n);
  void release(const Pin &pin);
  void announce(int32_t output, const sheaf_info &info);
  void write(int32_t output, int64_t n, const sheaf_view &view);
  void show_progress(bool force);
  void flush_logs();
  void notify(const std::function<void()> &call);

  static thread_local Frame *frame_;

  sheaf_run *const handle_;
  Session &session_;
  std::shared_ptr<ThreadPool> pool_;
  Operation &operation_;
  sheaf_client client_;
  const uint64_t id_;
  std::string params_text_;
  std::unordered_map<std::string, Value> values_;
  std::vector<Input> inputs_;
  std::vector<Output> outputs_;
  std::vector<std::string> unused_inputs_;  // sentences to be told at the start
  std::map<std::string, bool> wanted_;

  std::thread::id thread_;
  std::atomic<bool> cancelled_{false};
  bool executed_ = false, opened_ = false;
  void *state_ = nullptr;
  int64_t preview_ = -1;
  int keep_ = Memory::unlimited;  // images kept for reading again
  Mailbox mailbox_;
  int64_t client_calls_ = 0;  // the run's thread alone looks at it
  bool works_along_ = false;  // this thread takes part in the next loop
  std::atomic<sheaf_status> write_failure_{SHEAF_OK};
  std::mutex output_mutex_, mask_mutex_;

  mutable std::mutex message_mutex_;
  std::vector<std::pair<sheaf_status, std::string>> messages_;
  std::atomic<bool> misused_{false};
  std::string message_;

  std::mutex result_mutex_;
  std::map<std::string, std::vector<Column>> tables_;
  std::vector<Roi> rois_;
  std::vector<std::pair<std::string, std::string>> plots_;  // name, text
  int64_t reserved_ = 0;

  std::mutex progress_mutex_;
  double fraction_ = 0;
  std::string progress_text_;
  bool progress_new_ = false;
  std::chrono::steady_clock::time_point progress_shown_{};
  std::vector<std::pair<int32_t, std::string>> logs_;
};

// sheaf_host, filled with functions that find the Run behind a sheaf_run.
extern const sheaf_host host_table;

}  // namespace sheaf::core

// The opaque type of the headers. `run` is empty if the run could not be made.
struct sheaf_run {
  std::unique_ptr<sheaf::core::Run> run;
  std::string message;  // why it could not be made
};
