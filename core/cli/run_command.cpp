// sheaf run: TIFF stacks in, TIFF stacks, CSV tables, SVG plots and JSON regions out.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>

#include "command.hpp"
#include "run_arguments.hpp"
#include "text.hpp"
#include "tiff_stack.hpp"

namespace sheaf::cli {
namespace {

namespace fs = std::filesystem;

std::atomic<sheaf_run *> running{nullptr};

extern "C" void stop_run(int) {
  if (sheaf_run *run = running) sheaf_run_cancel(run);
}

std::string shape(const sheaf_info &info) {
  static constexpr const char *types[] = {"", "8-bit", "16-bit", "32-bit", "RGB"};
  return std::to_string(info.width) + " x " + std::to_string(info.height) + " pixels " + types[info.pixel];
}

// One input: a stack, or several stacks one after the other.
struct Collection {
  std::vector<TiffReader> files;
  StackInfo stack;
  void add(const std::string &path) {
    files.emplace_back(path);
    const StackInfo &more = files.back().stack();
    if (files.size() == 1) {
      stack = more;
      stack.info.unit = stack.unit.c_str();
      return;
    }
    if (more.info.width != stack.info.width || more.info.height != stack.info.height ||
        more.info.pixel != stack.info.pixel)
      throw std::runtime_error(path + ": " + shape(more.info) + ", " + files.front().path() + " is " +
                               shape(stack.info) + "; all must have one size and type");
    stack.info.slices += more.info.slices;
    stack.info.channels = stack.info.frames = 1;
    stack.info.depth = static_cast<int32_t>(stack.info.slices);
  }
  // Names each image: by its label, or by its file if there are several.
  void name_images() {
    if (files.size() == 1) return;
    stack.labels.clear();
    for (const auto &f : files)
      for (int64_t n = 0; n < f.stack().info.slices; n++) {
        const auto &labels = f.stack().labels;
        const std::string stem = fs::path(f.path()).stem().string();
        stack.labels.push_back(!labels.empty()              ? labels[n]
                               : f.stack().info.slices == 1 ? stem
                                                            : stem + ":" + std::to_string(n + 1));
      }
  }
  std::string title() const { return fs::path(files.front().path()).stem().string(); }
};

// Nothing that a run has begun to write may stay when it is stopped.
void catch_signals() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP})
    if (std::signal(number, stop_run) == SIG_IGN) std::signal(number, SIG_IGN);  // as under nohup
  // a reader of the messages that has gone, or a file grown too large, is then an error of the call
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

struct Column {
  std::string name;
  bool text;
  std::vector<double> numbers;
  std::vector<std::string> texts;
};

// What the callbacks work on.
struct Job {
  const RunArguments *arguments;
  const Json *schema;
  std::vector<Collection> inputs;
  std::map<int32_t, std::unique_ptr<TiffWriter>> writers;
  std::map<std::string, std::vector<Column>> tables;
  std::vector<Json> plots;
  Json regions = Json::array();
  bool bar = false;
};

Job &job_of(void *context) { return *static_cast<Job *>(context); }

// Runs f; its exception becomes the reason of the failure.
template <class F>
sheaf_status io(sheaf_run *run, F &&f) {
  try {
    f();
    return SHEAF_OK;
  } catch (const std::exception &e) {
    return sheaf_run_fail(run, SHEAF_IO, e.what());
  }
}

sheaf_status input_info(void *context, sheaf_run *, int32_t input, sheaf_info *out) {
  *out = job_of(context).inputs[input].stack.info;
  return SHEAF_OK;
}

sheaf_status slice_label(void *context, sheaf_run *, int32_t input, int64_t n, char *text, int32_t capacity) {
  const auto &labels = job_of(context).inputs[input].stack.labels;
  if (labels.empty()) return SHEAF_OK;
  const std::string first_line = labels[n].substr(0, labels[n].find('\n'));
  std::strncpy(text, first_line.c_str(), capacity - 1);
  return SHEAF_OK;
}

sheaf_status read_slice(void *context, sheaf_run *run, int32_t input, int64_t n, const sheaf_view *into) {
  return io(run, [&] {
    for (auto &file : job_of(context).inputs[input].files) {
      if (n < file.stack().info.slices) return file.read(n, *into);
      n -= file.stack().info.slices;
    }
  });
}

sheaf_status read_mask(void *context, sheaf_run *run, int32_t, const sheaf_view *into, int32_t *restricted) {
  const auto &roi = job_of(context).arguments->roi;
  if (roi.empty()) return SHEAF_OK;
  int64_t inside = 0;
  for (int y = 0; y < into->height; y++) {
    auto *row = static_cast<uint8_t *>(into->data) + y * into->row_bytes;
    for (int x = 0; x < into->width; x++) {
      const bool in = x >= roi[0] && x < roi[0] + roi[2] && y >= roi[1] && y < roi[1] + roi[3];
      row[x] = in ? 255 : 0;
      inside += in;
    }
  }
  if (inside == 0) return sheaf_run_fail(run, SHEAF_INVALID, "--roi: the region lies outside the images");
  *restricted = 1;
  return SHEAF_OK;
}

int32_t wanted(void *context, sheaf_run *, const char *name) {
  const Job &job = job_of(context);
  for (const auto &o : job.schema->at("outputs"))
    if (o.at("name") == name) return job.arguments->outputs.count(name) > 0;
  for (const auto &t : job.schema->at("tables"))
    if (t.at("name") == name) return !job.arguments->tables.empty();
  if (std::strcmp(name, "rois") == 0) return !job.arguments->regions.empty();
  return !job.arguments->plots.empty();
}

sheaf_status output_begin(void *context, sheaf_run *run, int32_t output, const char *name, const sheaf_info *info) {
  Job &job = job_of(context);
  return io(run, [&] {
    const StackInfo &source = job.inputs[job.schema->at("outputs")[output].at("like").get<size_t>()].stack;
    StackInfo stack;
    stack.info = *info;
    stack.unit = info->unit ? info->unit : "";
    if (info->slices == source.info.slices) stack.labels = source.labels;
    job.writers[output] =
        std::make_unique<TiffWriter>(job.arguments->outputs.at(name), stack, job.arguments->overwrite);
  });
}

sheaf_status write_slice(void *context, sheaf_run *run, int32_t output, int64_t n, const sheaf_view *from) {
  return io(run, [&] { job_of(context).writers.at(output)->write(n, *from); });
}

sheaf_status column(void *context, sheaf_run *run, const char *table, const char *name, const double *numbers,
                    const char *const *texts, int64_t count) {
  return io(run, [&] {
    Column c{name, texts != nullptr, {}, {}};
    if (texts) c.texts.assign(texts, texts + count);
    else c.numbers.assign(numbers, numbers + count);
    job_of(context).tables[table].push_back(std::move(c));
  });
}

sheaf_status roi(void *context, sheaf_run *run, const sheaf_roi *r) {
  return io(run, [&] {
    static constexpr const char *kinds[] = {"", "points", "polyline", "polygon"};
    Json rings = Json::array();
    int64_t at = 0;
    for (int32_t ring = 0; ring < std::max(r->rings, 1); ring++) {
      Json points = Json::array();
      for (const int64_t end = r->rings > 0 ? r->ring_ends[ring] : r->points; at < end; at++)
        points.push_back({r->xy[2 * at], r->xy[2 * at + 1]});
      rings.push_back(points);
    }
    Json region = {{"kind", kinds[r->kind]}, {"image", r->slice + 1}, {"label", r->label}};
    if (r->score == r->score) region["score"] = r->score;
    if (r->name) region["name"] = r->name;
    region["rings"] = rings;
    job_of(context).regions.push_back(region);
  });
}

sheaf_status json(void *context, sheaf_run *run, const char *, const char *text) {
  return io(run, [&] { job_of(context).plots.push_back(Json::parse(text)); });
}

void progress(void *context, sheaf_run *, double fraction, const char *text) {
  if (!job_of(context).bar) return;
  constexpr int width = 40;
  const int full = static_cast<int>(fraction * width);
  std::cerr << "\r[" << std::string(full, '#') << std::string(width - full, ' ') << "] "
            << static_cast<int>(100 * fraction) << " % " << text << "\033[K" << std::flush;
}

void log(void *context, sheaf_run *, int32_t level, const char *message) {
  if (level < SHEAF_LOG_INFO) return;
  if (job_of(context).bar) std::cerr << "\r\033[K";  // the bar is drawn again below
  std::cerr << (level == SHEAF_LOG_WARNING ? "warning: " : "") << message << "\n";
}

std::string csv_cell(const std::string &text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

void make_folder(const fs::path &folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw std::runtime_error(folder.string() + ": the folder cannot be made (" + error.message() + ")");
}

void check_made(const Job &job) {
  const auto &outputs = job.schema->at("outputs");
  for (size_t i = 0; i < outputs.size(); i++) {
    const std::string name = outputs[i].at("name");
    const auto asked = job.arguments->outputs.find(name);
    if (asked != job.arguments->outputs.end() && job.writers.count(static_cast<int32_t>(i)) == 0)
      throw std::runtime_error(asked->second + ": not written, " + job.arguments->operation + " made no image " + name +
                               " with these parameters");
  }
}

void write_results(Job &job) {
  const RunArguments &a = *job.arguments;
  const std::string title = job.inputs.front().title();
  std::vector<NewFile> texts;
  const auto add = [&](const fs::path &path, const std::string &text) {
    texts.emplace_back(path, a.overwrite).write(text);
  };
  if (!a.tables.empty()) {
    make_folder(a.tables);
    for (const auto &t : job.schema->at("tables")) {
      const auto &columns = job.tables[t.at("name")];
      if (columns.empty()) continue;
      std::string text;
      for (size_t c = 0; c < columns.size(); c++) text += (c ? "," : "") + csv_cell(columns[c].name);
      const size_t rows = columns[0].text ? columns[0].texts.size() : columns[0].numbers.size();
      for (size_t row = 0; row < rows; row++) {
        text += "\n";
        for (size_t c = 0; c < columns.size(); c++) {
          const double number = columns[c].text ? 0 : columns[c].numbers[row];
          text += (c ? "," : "") + (columns[c].text    ? csv_cell(columns[c].texts[row])
                                    : number == number ? core::to_text(number)
                                                       : "");
        }
      }
      add(table_file(a, t, title), text + "\n");
    }
  }
  if (!a.plots.empty()) {
    make_folder(a.plots);
    for (auto &plot : job.plots) {
      for (const auto &declared : job.schema->at("plots"))
        if (declared.at("name") == plot.at("name")) plot["title"] = with_title(declared.at("title"), title);
      add(plot_file(a, plot.at("name"), title), plot_svg(plot));
    }
  }
  if (!a.regions.empty()) add(a.regions, job.regions.dump(1) + "\n");
  for (auto &[index, writer] : job.writers) writer->close();
  std::vector<NewFile *> files;
  for (auto &[index, writer] : job.writers) files.push_back(&writer->file());
  for (auto &text : texts) files.push_back(&text);
  publish(files);
}

// What becomes of a region of interest where it does not count as given; empty if it does.
std::string note_on_region(const Job &job) {
  const auto &roi = job.arguments->roi;
  if (roi.empty()) return "";
  const Json &inputs = job.schema->at("inputs");
  if (std::none_of(inputs.begin(), inputs.end(), [](const Json &in) { return in.at("roi") == true; }))
    return "--roi: " + job.arguments->operation + " uses no region of interest; the images are taken as a whole";
  for (const Collection &collection : job.inputs) {
    const sheaf_info &info = collection.stack.info;
    const double right = roi[0] + roi[2], bottom = roi[1] + roi[3];
    const bool outside = roi[0] >= info.width || roi[1] >= info.height || right <= 0 || bottom <= 0;
    if (!outside && (roi[0] < 0 || roi[1] < 0 || right > info.width || bottom > info.height))
      return "--roi: the region reaches beyond the images, which are " + std::to_string(info.width) + " x " +
             std::to_string(info.height) + " pixels; the part inside counts";
  }
  return "";
}

}  // namespace

int run_command(const Session &session, const Options &options, const std::vector<std::string> &words) {
  if (words.empty() || words[0].starts_with("-")) throw UsageError("run: name an operation; sheaf list shows them");
  const Json schema = session.schema(words[0]);
  if (std::find_if(words.begin(), words.end(), is_help) != words.end()) return describe_command(session, {words[0]});
  const RunArguments arguments = run_arguments(words, schema);
  Job job;
  job.arguments = &arguments;
  job.schema = &schema;
  const size_t takes = schema.at("inputs").size();
  job.inputs.resize(takes == 1 ? 1 : arguments.inputs.size());
  for (size_t i = 0; i < arguments.inputs.size(); i++) {
    Collection &collection = job.inputs[takes == 1 ? 0 : i];
    collection.add(arguments.inputs[i]);
    if (!collection.files.back().note().empty() && !options.quiet)
      std::cerr << arguments.inputs[i] << ": " << collection.files.back().note() << "\n";
  }
  for (auto &collection : job.inputs) collection.name_images();
  check_targets(targets_of(arguments, schema, job.inputs.front().title()), arguments.inputs, arguments.overwrite);
  std::vector<std::string> warnings = arguments.warnings;
  if (const std::string note = note_on_region(job); !note.empty()) warnings.push_back(note);
  if (!options.quiet)
    for (const auto &warning : warnings) std::cerr << "warning: " << warning << "\n";
  job.bar = !options.quiet && isatty(STDERR_FILENO) == 1;

  sheaf_client client{};
  client.size = sizeof client;
  client.context = &job;
  client.inputs = static_cast<int32_t>(job.inputs.size());
  client.input_info = input_info;
  client.slice_label = slice_label;
  client.read_slice = read_slice;
  client.read_mask = read_mask;
  client.wanted = wanted;
  client.output_begin = output_begin;
  client.write_slice = write_slice;
  client.column = column;
  client.roi = roi;
  client.json = json;
  client.progress = progress;
  if (!options.quiet) client.log = log;

  sheaf_run *run = nullptr;
  sheaf_status status =
      sheaf_run_create(session.get(), arguments.operation.c_str(), arguments.params.dump().c_str(), &client, &run);
  const std::unique_ptr<sheaf_run, decltype(&sheaf_run_destroy)> owner(run, sheaf_run_destroy);
  if (status == SHEAF_OK) {
    running = run;
    catch_signals();
    status = sheaf_run_execute(run);
    running = nullptr;
    if (job.bar) std::cerr << "\r\033[K";
  }
  if (status != SHEAF_OK) {
    std::cerr << "sheaf: " << sheaf_run_message(run) << "\n";
    return status == SHEAF_CANCELLED ? 130 : 1;
  }
  check_made(job);
  write_results(job);
  return 0;
}

}  // namespace sheaf::cli
