// The life of a run: preparing, calling the plugin, threads, failures. Images
// are in run_images.cpp, results in run_results.cpp.
#include "run.hpp"

#include <algorithm>
#include <cstring>

#include "error.hpp"
#include "text.hpp"

namespace sheaf::core {
namespace {

std::atomic<uint64_t> next_run_id{1};

sheaf_client normalized(const sheaf_client &given) {
  sheaf_client client{};
  std::memcpy(&client, &given, std::min<size_t>(given.size, sizeof client));
  client.size = sizeof client;
  return client;
}

// "8-bit or RGB", "a label image of 8, 16 or 32 bits".
std::string accepted_images(const InputSpec &spec) {
  std::vector<std::string> words;
  for (const sheaf_pixel p : spec.pixels)
    if (p != SHEAF_LABEL) words.emplace_back(pixel_words(p));
  if (!spec.takes(SHEAF_LABEL)) return one_of(words);
  // labels come as any gray image, as is plain where each of them is listed
  if (spec.takes(SHEAF_U8) && spec.takes(SHEAF_U16) && spec.takes(SHEAF_F32)) return one_of(words) + ", also of labels";
  return (words.empty() ? "" : one_of(words) + ", or ") + std::string("a label image of 8, 16 or 32 bits");
}

}  // namespace

thread_local Run::Frame *Run::frame_ = nullptr;

Run::Run(sheaf_run *handle, Session &session, const std::string &operation, const std::string &params_json,
         const sheaf_client &client)
    : handle_(handle),
      session_(session),
      pool_(session.pool()),
      operation_(session.operation(operation)),
      client_(normalized(client)),
      id_(next_run_id++) {
  take_params(params_json);
  take_inputs();
}

Run::~Run() {
  if (opened_ && operation_.table.close) guarded([&] { operation_.table.close(state_); });
  for (auto &in : inputs_)
    if (in.mask) session_.memory().release(in.mask);
  session_.memory().drop(id_);
  session_.memory().unreserve(reserved_);
}

void Run::take_params(const std::string &params_json) {
  const Schema &schema = operation_.schema;
  Json given = Json::object();
  if (!trim(params_json).empty()) try {
      given = parse_json(params_json);
    } catch (const Error &e) {
      throw Error(SHEAF_INVALID, std::string("parameters: the text is not JSON: ") + e.what());
    }
  const Json values = schema.complete(given);
  check_choice_of_inputs(values);
  for (const auto &p : schema.params()) {
    const Json &given_value = values.at(p.key);
    Value v;
    v.type = p.type;
    if (given_value.is_number()) v.number = given_value.get<double>();
    if (given_value.is_number_integer()) v.integer = given_value.get<int64_t>();
    if (given_value.is_boolean()) v.number = static_cast<double>(v.integer = given_value.get<bool>());
    if (given_value.is_string()) v.text = given_value.get<std::string>();
    if (p.type == ParamType::choice)
      v.integer = std::find(p.choices.begin(), p.choices.end(), v.text) - p.choices.begin();
    if (given_value.is_array())
      for (const auto &item : given_value) {
        if (item.is_array())
          for (const auto &number : item) v.numbers.push_back(number.get<double>());
        else v.numbers.push_back(item.get<double>());
      }
    values_[p.key] = std::move(v);
  }
  params_text_ = values.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Which inputs there are to be may depend on parameters.
void Run::check_choice_of_inputs(const Json &values) {
  const Schema &schema = operation_.schema;
  for (size_t i = 0; i < schema.inputs().size(); i++) {
    const InputSpec &spec = schema.inputs()[i];
    if (spec.when.empty()) continue;
    const bool is_given = static_cast<int64_t>(i) < client_.inputs, needed = schema.needed(spec, values);
    if (!is_given && needed)
      throw Error(SHEAF_INVALID, spec.name + ": no image given, but it is needed when " + schema.in_words(spec.when));
    if (is_given && !needed)
      unused_inputs_.push_back(spec.name + ": the image given is not used; it is only when " +
                               schema.in_words(spec.when));
  }
}

void Run::take_inputs() {
  const auto &specs = operation_.schema.inputs();
  const std::string &id = operation_.schema.id();
  const auto all = static_cast<int32_t>(specs.size());
  const auto least = static_cast<int32_t>(
      std::count_if(specs.begin(), specs.end(), [](const InputSpec &spec) { return !spec.optional; }));
  if (client_.inputs < least || client_.inputs > all) {
    std::vector<std::string> names;
    for (const auto &spec : specs) names.push_back(spec.name);
    throw Error(SHEAF_INVALID, "images: " + counted(client_.inputs, "input") + " given, " + id + " takes " +
                                   (least < all ? std::to_string(least) + " to " : "") + std::to_string(all) +
                                   (names.empty() ? "" : ": " + one_of(names)));
  }
  inputs_.resize(client_.inputs);
  outputs_.resize(operation_.schema.outputs().size());
  for (size_t i = 0; i < inputs_.size(); i++) {
    const auto &spec = specs[i];
    Input &in = inputs_[i];
    in.info.size = sizeof in.info;
    if (!client_.input_info) throw Error(SHEAF_INTERNAL, "the client gives no input_info");
    const sheaf_status status = client_.input_info(client_.context, handle_, static_cast<int32_t>(i), &in.info);
    in.info.size = sizeof in.info;  // a client may have copied a smaller struct
    if (status != SHEAF_OK) throw Error(status, spec.name + ": the client cannot describe this input");
    if (in.info.unit) in.unit = in.info.unit;
    in.info.unit = in.unit.c_str();
    if (in.info.slices <= 0) throw Error(SHEAF_INVALID, spec.name + ": there are no images");
    if (in.info.width <= 0 || in.info.height <= 0)
      throw Error(SHEAF_INVALID, spec.name + ": the images are " + std::to_string(in.info.width) + " x " +
                                     std::to_string(in.info.height) + " pixels");
    if (in.info.channels <= 0) in.info.channels = 1;
    if (in.info.depth <= 0) in.info.depth = 1;
    if (in.info.frames <= 0) in.info.frames = 1;
    if (!hyperstack_fits(in.info))
      throw Error(SHEAF_INTERNAL, spec.name + ": " + std::to_string(in.info.slices) + " images, but " +
                                      std::to_string(in.info.channels) + " channels x " +
                                      std::to_string(in.info.depth) + " depths x " + std::to_string(in.info.frames) +
                                      " frames");
    in.given = in.info;
    if (!spec.takes(in.info.pixel)) {
      const bool gray = in.info.pixel == SHEAF_U8 || in.info.pixel == SHEAF_U16 || in.info.pixel == SHEAF_F32;
      if (!gray || !spec.takes(SHEAF_LABEL))
        throw Error(SHEAF_INVALID, spec.name + ": " + pixel_words(in.info.pixel) + " given, " + id + " needs " +
                                       accepted_images(spec));
      in.info.pixel = SHEAF_LABEL;
      in.info.flags &= ~static_cast<uint32_t>(SHEAF_VALUES_CALIBRATED);
    }
    if (in.info.slices < spec.min_images)
      throw Error(SHEAF_INVALID, spec.name + ": " + counted(in.info.slices, "image") + " given, " + id + " needs " +
                                     std::to_string(spec.min_images) + " or more");
  }
}

// Decides how many images to keep. Keeping the latest ones of a collection that
// does not fit the cache is of no use to a second pass, which begins with the
// first; a few serve operations that look at neighbours.
void Run::plan_cache() {
  const bool once = (operation_.table.flags & SHEAF_ONE_PASS) || (operation_.table.slice && !operation_.table.open);
  if (preview_ < 0 && (once || input_bytes() > static_cast<double>(session_.memory().cache())))
    keep_ = 2 + 2 * pool_->size();
}

// The size of all images together; a double cannot overflow.
double Run::input_bytes() const {
  double bytes = 0;
  for (const auto &in : inputs_)
    bytes += static_cast<double>(in.info.slices) * in.info.width * in.info.height * pixel_bytes(in.info.pixel);
  return bytes;
}

void Run::check_memory() const {
  if (!operation_.schema.whole_collection()) return;
  const double bytes = input_bytes();
  const auto budget = static_cast<double>(session_.memory().budget());
  if (bytes > budget)
    throw Error(SHEAF_NO_MEMORY, "memory: " + operation_.schema.id() + " needs all images at once, " +
                                     bytes_text(bytes) + ", but the budget is " + bytes_text(budget) +
                                     "; raise the budget or use fewer or smaller images");
}

// ---- calling the plugin ----------------------------------------------------------

// Calls into the plugin, which may break its promise not to throw.
sheaf_status Run::plugin_status(Run &run, const std::function<sheaf_status()> &call) noexcept {
  try {
    const sheaf_status status = call();
    if (status >= SHEAF_OK && status <= SHEAF_INTERNAL) return status;
    run.record(SHEAF_INTERNAL, "the plugin returned the unknown status " + std::to_string(status));
  } catch (const std::bad_alloc &) {
    run.record(SHEAF_NO_MEMORY, "the machine has no memory left for this operation");
    return SHEAF_NO_MEMORY;
  } catch (const std::exception &e) {
    run.record(SHEAF_FAILED, std::string("the plugin threw an exception: ") + e.what());
    return SHEAF_FAILED;
  } catch (...) {
    run.record(SHEAF_INTERNAL, "the plugin threw an exception of unknown type");
  }
  return SHEAF_INTERNAL;
}

void Run::plugin_call(const std::function<sheaf_status()> &call) {
  const sheaf_status status = plugin_status(*this, call);
  if (misused_) throw Stop{SHEAF_INTERNAL};
  if (status != SHEAF_OK) throw Stop{status};
}

sheaf_status Run::guarded(const std::function<void()> &job) noexcept {
  sheaf_status stopped = SHEAF_OK;
  const sheaf_status status = guard(
      [&] {
        try {
          job();
        } catch (const Stop &s) {
          stopped = s.status;
        }
      },
      [&](sheaf_status s, const char *text) { record(s, text); });
  return status != SHEAF_OK ? status : stopped;
}

sheaf_status Run::execute() {
  return conduct([this] {
    if (executed_ || preview_ >= 0) throw Error(SHEAF_INTERNAL, "sheaf_run_execute: this run was used before");
    executed_ = true;
    // of several images, the first loop mostly reads them
    works_along_ = std::all_of(inputs_.begin(), inputs_.end(), [](const Input &in) { return in.info.slices <= 1; });
    for (const auto &sentence : unused_inputs_) log(SHEAF_LOG_WARNING, sentence);
    check_memory();
    plan_cache();
    run_operation();
  });
}

sheaf_status Run::preview(int64_t n) {
  {
    const std::lock_guard lock(message_mutex_);
    messages_.clear();  // those of the last preview
    misused_ = false;
  }
  return conduct([this, n] {
    if (executed_) throw Error(SHEAF_INTERNAL, "sheaf_run_preview: this run was executed");
    if (!operation_.table.slice) throw Error(SHEAF_UNSUPPORTED, operation_.schema.id() + " has no preview");
    require_image(n, inputs_.empty() ? 1 : inputs_[0].info.slices, "preview");
    preview_ = n;
    works_along_ = true;
    for (auto &out : outputs_) std::fill(out.begun.begin(), out.begun.end(), false);
    open();
    call_slice(n);
    if (write_failure_ != SHEAF_OK) throw Stop{write_failure_};
  });
}

// What execute and preview share: whose thread it is, and how it ended.
sheaf_status Run::conduct(const std::function<void()> &job) {
  thread_ = std::this_thread::get_id();
  write_failure_ = SHEAF_OK;
  sheaf_status status = guarded([&] {
    ask_wanted();
    if (operation_.table.flags & SHEAF_SERIAL) {
      std::unique_lock serial(operation_.serial, std::defer_lock);
      while (!serial.try_lock()) {
        stop_if_cancelled();
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
      job();
    } else {
      job();
    }
  });
  // writes that a failing run left behind still hold buffers
  mailbox_.serve([] { return true; }, [] { return false; });
  flush_logs();
  if (misused_ && status == SHEAF_OK) status = SHEAF_INTERNAL;
  if (cancelled_ && status != SHEAF_OK) status = SHEAF_CANCELLED;
  if (status == SHEAF_CANCELLED && !cancelled_) {
    record(SHEAF_INTERNAL, "the plugin stopped as if it had been cancelled, but it was not");
    status = SHEAF_INTERNAL;
  }
  finish_message(status);
  return status;
}

void Run::open() {
  if (opened_) return;
  if (operation_.table.open) {
    Scope scope;
    Frame frame{this, &scope, false};
    const InFrame in(frame);
    const sheaf_status status = guarded([&] {
      plugin_call([&] {
        const sheaf_status result = operation_.table.open(&host_table, handle_, &state_);
        opened_ = result == SHEAF_OK;  // it must be closed, whatever else went wrong
        return result;
      });
    });
    release_scope(scope);
    if (status != SHEAF_OK) throw Stop{status};
  }
}

void Run::run_operation() {
  stop_if_cancelled();
  show_progress(true);
  open();
  const auto whole = [&](auto function) {
    Scope scope;
    Frame frame{this, &scope, false};
    const InFrame in(frame);
    const sheaf_status status = guarded([&] { plugin_call([&] { return function(&host_table, handle_, state_); }); });
    release_scope(scope);
    if (status != SHEAF_OK) throw Stop{status};
  };
  if (operation_.table.slice) all_slices();
  else whole(operation_.table.run);
  stop_if_cancelled();
  if (operation_.table.finish) whole(operation_.table.finish);
  mailbox_.serve([] { return true; }, [] { return false; });
  if (write_failure_ != SHEAF_OK) throw Stop{write_failure_};
  check_outputs();
  stop_if_cancelled();
  deliver();
  progress(1, nullptr);
  show_progress(true);
}

void Run::call_slice(int64_t n) {
  Scope scope;
  Frame frame{this, &scope, frame_ != nullptr && frame_->nested};
  const InFrame in(frame);
  const sheaf_status status =
      guarded([&] { plugin_call([&] { return operation_.table.slice(&host_table, handle_, state_, n); }); });
  release_scope(scope);
  if (status != SHEAF_OK) throw Stop{status};
}

void Run::all_slices() {
  const int64_t count = inputs_.empty() ? 1 : inputs_[0].info.slices;
  std::atomic<int64_t> done{0};
  Scope none;
  const Frame frame{this, &none, false};
  if (operation_.table.flags & SHEAF_SERIAL) {
    for (int64_t n = 0; n < count; n++) {
      stop_if_cancelled();
      call_slice(n);
      progress(static_cast<double>(n + 1) / static_cast<double>(count), nullptr);
    }
    return;
  }
  int64_t prefetched = 0;
  const sheaf_status status = distribute(
      count,
      [&](int64_t n) {
        const sheaf_status s = guarded([&] { call_slice(n); });
        progress(static_cast<double>(++done) / static_cast<double>(count), nullptr);
        return s;
      },
      frame, [&](int64_t next) { return prefetch(prefetched, next, count); }, false);
  if (status != SHEAF_OK) throw Stop{status};
}

// ---- threads -------------------------------------------------------------------------

sheaf_status Run::parallel(int64_t count, sheaf_status(SHEAF_CALL *body)(void *, int64_t), void *context) {
  const Frame &caller = frame("parallel");
  const auto status_of = [&](int64_t i) { return plugin_status(*this, [&] { return body(context, i); }); };
  const auto nothing = [](int64_t) { return false; };
  if (caller.nested) return distribute(count, status_of, caller, nothing, false);
  const int64_t calls = client_calls_;
  const sheaf_status status = distribute(count, status_of, caller, nothing, works_along_);
  works_along_ = calls == client_calls_;
  return status;
}

// body(i) for i in [0, count) on the pool, while this thread, the run's own, serves the client calls of the bodies.
// between(next) is called now and then. With `along` this thread takes bodies, too, in place of a worker: most loops
// take less than a millisecond, and to wake a thread takes some of that. Once a body has called the client it only
// serves, so that no worker waits for an image until a body here is done: in this loop, and in the next one.
// Workers may all be busy for long with the image of another run: this thread then does the work by itself.
sheaf_status Run::distribute(int64_t count, const std::function<sheaf_status(int64_t)> &body, const Frame &caller,
                             const std::function<bool(int64_t next)> &between, bool along) {
  if (caller.nested || pool_->size() == 1 || count <= 1) {
    for (int64_t i = 0; i < count; i++) {
      if (cancelled_) return SHEAF_CANCELLED;
      const sheaf_status status = body(i);
      if (status != SHEAF_OK) return status;
      if (std::this_thread::get_id() == thread_) show_progress(false);
    }
    return SHEAF_OK;
  }
  // Outlives this call in tasks that no worker has begun.
  struct Loop {
    std::atomic<int64_t> next{0};
    std::atomic<sheaf_status> status{SHEAF_OK};
    std::mutex mutex;
    int active = 0;     // workers
    bool over = false;  // the call has returned
  };
  const auto loop = std::make_shared<Loop>();
  const auto stop = [&](sheaf_status status) {
    sheaf_status ok = SHEAF_OK;
    loop->status.compare_exchange_strong(ok, status);
  };
  // One body; false if there is none left.
  const auto step = [&] {
    if (cancelled_) stop(SHEAF_CANCELLED);
    const int64_t i = loop->status == SHEAF_OK ? loop->next++ : count;
    if (i >= count) return false;
    Frame frame{this, caller.scope, true};
    const InFrame in(frame);
    const sheaf_status status = body(i);
    if (status != SHEAF_OK) stop(status);
    return true;
  };
  const std::function<void()> work = [&, loop] {
    {
      const std::lock_guard lock(loop->mutex);
      if (loop->over) return;
      loop->active++;
    }
    while (step())
      if (pool_->crowded() && pool_->submit(work)) break;  // another run has its turn
    mailbox_.change([&] {
      const std::lock_guard lock(loop->mutex);
      loop->active--;
    });
  };
  const auto active = [&] {
    const std::lock_guard lock(loop->mutex);
    return loop->active;
  };
  const auto finished = [&] {
    const std::lock_guard lock(loop->mutex);
    loop->over = loop->active == 0 && (loop->status != SHEAF_OK || loop->next >= count);
    return loop->over;
  };

  // without memory for a task this thread does its work
  for (int64_t workers = std::min<int64_t>(pool_->size(), count) - (along ? 1 : 0); workers > 0; workers--)
    pool_->submit(work);
  const int64_t calls = client_calls_;
  auto left_alone = std::chrono::steady_clock::now();
  mailbox_.serve(finished, [&] {
    show_progress(false);
    if (along && client_calls_ != calls) {
      along = false;
      pool_->submit(work);
    }
    if (along) return step();
    if (between(loop->next)) return true;
    const auto now = std::chrono::steady_clock::now();
    if (active() > 0) left_alone = now;
    return now - left_alone >= std::chrono::milliseconds(20) && step();
  });
  return loop->status;
}

Run::Frame &Run::frame(const char *call) const {
  if (frame_ && frame_->run == this) return *frame_;
  throw Error(SHEAF_INTERNAL, std::string(call) + ": called on a thread that does not belong to the run");
}

void Run::stop_if_cancelled() const {
  if (cancelled_) throw Stop{SHEAF_CANCELLED};
}

// Has the client do something, on the run's thread.
void Run::client_call(const std::function<sheaf_status()> &call) {
  const auto job = [&] {
    client_calls_++;
    const sheaf_status status = call();
    if (status == SHEAF_CANCELLED) cancelled_ = true;
    if (status != SHEAF_OK) throw Stop{status};
  };
  if (std::this_thread::get_id() == thread_) job();
  else mailbox_.call(job);
}

// ---- failures ------------------------------------------------------------------------

void Run::record(sheaf_status status, const std::string &message) {
  const std::lock_guard lock(message_mutex_);
  for (const auto &[known, text] : messages_)
    if (known == status) return;
  messages_.emplace_back(status, message);
}

void Run::misuse(const std::string &message) {
  record(SHEAF_INTERNAL, message);
  misused_ = true;
}

std::string Run::message_for(sheaf_status status) const {
  if (status == SHEAF_OK) return "";
  const std::string &id = operation_.schema.id();
  if (status == SHEAF_CANCELLED) return id + ": stopped by the user";
  const std::lock_guard lock(message_mutex_);
  for (const auto &[known, text] : messages_)
    if (known == status) return text;
  if (!messages_.empty()) return messages_.front().second;
  return id + " failed without saying why (" + sheaf_status_name(status) + ")";
}

}  // namespace sheaf::core
