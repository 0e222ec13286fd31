// Tables, plots, regions, progress and log of a run.
#include <algorithm>
#include <cmath>

#include "error.hpp"
#include "plot.hpp"
#include "run.hpp"
#include "text.hpp"

namespace sheaf::core {
namespace {

constexpr auto progress_interval = std::chrono::milliseconds(50);

}  // namespace

const Run::Value &Run::value(const char *key, const char *call) const {
  const auto found = values_.find(key ? key : "");
  if (found == values_.end())
    throw Error(SHEAF_INTERNAL, std::string(call) + ": the schema declares no parameter " + (key ? key : "(null)"));
  return found->second;
}

// Asks once which of its results the client takes.
void Run::ask_wanted() {
  if (!wanted_.empty()) return;
  const auto ask = [&](const std::string &name, bool taker, bool otherwise) {
    wanted_[name] = taker && (client_.wanted ? client_.wanted(client_.context, handle_, name.c_str()) != 0 : otherwise);
  };
  const Schema &schema = operation_.schema;
  for (size_t i = 0; i < schema.inputs().size(); i++)
    if (schema.inputs()[i].optional) wanted_[schema.inputs()[i].name] = i < inputs_.size();
  for (const auto &out : schema.outputs()) ask(out.name, client_.write_slice != nullptr, !out.optional);
  for (const auto &table : schema.json().at("tables")) ask(table.at("name"), client_.column != nullptr, true);
  for (const auto &plot : schema.json().at("plots")) ask(plot.at("name"), client_.json != nullptr, true);
  ask("rois", client_.roi != nullptr && schema.emits_rois(), true);
}

bool Run::wanted(const std::string &name) const {
  const auto found = wanted_.find(name);
  if (found == wanted_.end()) throw Error(SHEAF_INTERNAL, "wanted: the schema declares no result " + name);
  return found->second;
}

void Run::add_column(const std::string &table, const std::string &column, std::vector<double> numbers,
                     std::vector<std::string> texts, bool text) {
  const Json *columns = operation_.schema.table(table);
  if (!columns) throw Error(SHEAF_INTERNAL, "column: the schema declares no table " + table);
  const auto declared =
      std::find_if(columns->begin(), columns->end(), [&](const Json &c) { return c.at("name") == column; });
  if (declared == columns->end())
    throw Error(SHEAF_INTERNAL, "column: the schema declares no column " + column + " in table " + table);
  if ((declared->at("type") == "text") != text)
    throw Error(SHEAF_INTERNAL, "column: the schema declares " + column + " of table " + table + " as " +
                                    declared->at("type").get<std::string>());
  const std::lock_guard lock(result_mutex_);
  auto &known = tables_[table];
  const auto rows = [](const Column &c) { return c.text ? c.texts.size() : c.numbers.size(); };
  const size_t given = text ? texts.size() : numbers.size();
  for (const auto &c : known) {
    if (c.name == column) throw Error(SHEAF_INTERNAL, "column: " + column + " of table " + table + " was added before");
    if (rows(c) != given)
      throw Error(SHEAF_INTERNAL, "column: " + column + " of table " + table + " has " + std::to_string(given) +
                                      " rows, " + c.name + " has " + std::to_string(rows(c)));
  }
  known.push_back({column, text, std::move(numbers), std::move(texts)});
}

void Run::add_roi(const sheaf_roi &given) {
  if (!operation_.schema.emits_rois()) throw Error(SHEAF_INTERNAL, "emit_roi: the schema does not say \"rois\": true");
  Roi r{};
  std::memcpy(&r.roi, &given, std::min<size_t>(given.size, sizeof r.roi));
  r.roi.size = sizeof r.roi;
  if (r.roi.kind < SHEAF_ROI_POINTS || r.roi.kind > SHEAF_ROI_POLYGON || r.roi.points <= 0 || !r.roi.xy ||
      r.roi.rings < 0 || (r.roi.rings > 0 && !r.roi.ring_ends) || r.roi.slice < -1)
    throw Error(SHEAF_INTERNAL, "emit_roi: kind, image, points or rings are not valid");
  r.xy.assign(r.roi.xy, r.roi.xy + 2 * r.roi.points);
  if (r.roi.rings > 0) r.ring_ends.assign(r.roi.ring_ends, r.roi.ring_ends + r.roi.rings);
  for (size_t i = 0; i < r.ring_ends.size(); i++)
    if (r.ring_ends[i] <= (i == 0 ? 0 : r.ring_ends[i - 1]) || r.ring_ends[i] > r.roi.points)
      throw Error(SHEAF_INTERNAL, "emit_roi: ring_ends do not ascend within the points");
  if (!r.ring_ends.empty() && r.ring_ends.back() != r.roi.points)
    throw Error(SHEAF_INTERNAL, "emit_roi: the last ring does not end with the last point");
  r.named = r.roi.name != nullptr;
  if (r.named) r.name = r.roi.name;
  const std::lock_guard lock(result_mutex_);
  rois_.push_back(std::move(r));
}

void Run::add_json(const std::string &kind, const std::string &text) {
  if (kind != "plot") throw Error(SHEAF_UNSUPPORTED, "emit_json: the kind \"" + kind + "\" is unknown; known: plot");
  Json plot;
  std::string problem;
  try {
    plot = parse_json(text);
    problem = plot_problem(plot);
  } catch (const Error &e) {
    problem = e.what();
  }
  if (!problem.empty()) throw Error(SHEAF_INTERNAL, "emit_json: plot: " + problem);
  const std::string name = plot.value("name", "");
  if (!operation_.schema.plot(name))
    throw Error(SHEAF_INTERNAL, "emit_json: the schema declares no plot " + shown(name));
  const std::lock_guard lock(result_mutex_);
  plots_.emplace_back(name, text);
}

// Hands tables, regions and plots over, after the operation has succeeded.
void Run::deliver() {
  for (const auto &table : operation_.schema.json().at("tables")) {
    const std::string name = table.at("name");
    if (!wanted(name)) continue;
    for (const auto &declared : table.at("columns"))
      for (const auto &c : tables_[name]) {
        if (c.name != declared.at("name")) continue;
        std::vector<const char *> texts;
        for (const auto &t : c.texts) texts.push_back(t.c_str());
        // which of the two is there tells the type, of an empty column, too
        static const double no_number = 0;
        static const char *const no_text = "";
        const double *numbers = c.numbers.empty() ? &no_number : c.numbers.data();
        const char *const *words = texts.empty() ? &no_text : texts.data();
        client_call([&] {
          const sheaf_status status =
              client_.column(client_.context, handle_, name.c_str(), c.name.c_str(), c.text ? nullptr : numbers,
                             c.text ? words : nullptr, static_cast<int64_t>(c.text ? texts.size() : c.numbers.size()));
          if (status != SHEAF_OK) record(status, "table " + name + " could not be written");
          return status;
        });
      }
  }
  // regions in the order of the images, whichever worker was first
  std::stable_sort(rois_.begin(), rois_.end(), [](const Roi &a, const Roi &b) { return a.roi.slice < b.roi.slice; });
  for (auto &r : rois_) {
    if (!wanted_["rois"]) break;
    r.roi.xy = r.xy.data();
    r.roi.ring_ends = r.ring_ends.data();
    r.roi.name = r.named ? r.name.c_str() : nullptr;
    client_call([&] { return client_.roi(client_.context, handle_, &r.roi); });
  }
  for (const auto &[name, text] : plots_)
    if (wanted(name)) client_call([&] { return client_.json(client_.context, handle_, "plot", text.c_str()); });
}

void Run::progress(double fraction, const char *text) {
  {
    const std::lock_guard lock(progress_mutex_);
    // workers report out of order; a bar that goes back helps nobody
    if (std::isfinite(fraction)) fraction_ = std::max(fraction_, std::clamp(fraction, 0.0, 1.0));
    if (text) progress_text_ = text;
    progress_new_ = true;
  }
  if (std::this_thread::get_id() == thread_) show_progress(false);
}

// On the run's thread.
void Run::show_progress(bool force) {
  flush_logs();
  const auto now = std::chrono::steady_clock::now();
  if (!force && now - progress_shown_ < progress_interval) return;
  double fraction = 0;
  std::string text;
  {
    const std::lock_guard lock(progress_mutex_);
    if (!force && !progress_new_) return;
    progress_new_ = false;
    fraction = fraction_;
    text = progress_text_;
  }
  progress_shown_ = now;
  if (client_.progress && preview_ < 0)
    notify([&] { client_.progress(client_.context, handle_, fraction, text.c_str()); });
}

void Run::log(int32_t level, const std::string &message) {
  const std::lock_guard lock(progress_mutex_);
  logs_.emplace_back(level, message);
}

// On the run's thread.
void Run::flush_logs() {
  std::vector<std::pair<int32_t, std::string>> lines;
  {
    const std::lock_guard lock(progress_mutex_);
    lines.swap(logs_);
  }
  if (client_.log)
    for (const auto &[level, text] : lines)
      notify([&, l = level, &t = text] { client_.log(client_.context, handle_, l, t.c_str()); });
}

// Callbacks that return nothing must not throw either: workers may still be busy
// with what this thread would unwind.
void Run::notify(const std::function<void()> &call) {
  if (guarded(call) != SHEAF_OK) misused_ = true;
}

void Run::reserve(int64_t bytes, const std::string &purpose) {
  if (bytes < 0) throw Error(SHEAF_INTERNAL, "reserve: a negative size was given");
  session_.memory().reserve(bytes, purpose.empty() ? "this operation" : purpose);
  const std::lock_guard lock(result_mutex_);
  reserved_ += bytes;
}

}  // namespace sheaf::core
