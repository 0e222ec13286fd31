#include "align/strategies.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "align/csv.hpp"
#include "align/preprocess.hpp"
#include "align/registration.hpp"
#include "align/strategy_table.hpp"
#include "common/intensity.hpp"
#include "common/matrix.hpp"
#include "common/random.hpp"
#include "common/wording.hpp"

namespace sheaf::align {

const char *const Strategies::schema = R"({
  "title": "Compare Alignment Strategies",
  "menu": "Alignment",
  "summary": "Registers pairs of images after different preprocessing, scores every result, and ranks the strategies.",
  "doc": "A strategy is a sequence of steps: ds halves the image, cc equalizes its contrast locally (CLAHE), bl is a bilateral filter, nlm non-local means; unpp leaves it as it is. Each pair is registered on the preprocessed images; the transform is then scored on the images at full size, always after the same preprocessing (scored_on), so that strategies compare. The second image of a pair is moved onto the first.\n\nThe table is sorted: most successes first. Recommended is the strategy with the fewest steps among those that have as many successes and failures as the first, and a mean score within 0.01 of its. Images of any type are brought to 8 bits by the range of the images in use.",
  "references": ["Zuiderveld (1994) Contrast limited adaptive histogram equalization. Graphics Gems IV, 474-485", "Tomasi, Manduchi (1998) Bilateral filtering for gray and color images. ICCV, 839-846", "Buades, Coll, Morel (2005) A non-local algorithm for image denoising. CVPR 2, 60-65"],
  "since": "1.0.0",
  "memory": "pairs",
  "inputs": [{"pixel": ["u8", "u16", "f32", "rgb"], "min_images": 2}],
  "tables": [{"name": "strategies", "title": "Strategies for %s", "columns": [
    {"name": "Label", "type": "text", "help": "Strategy."},
    {"name": "n_s", "type": "number", "help": "Pairs whose score is above 0.5: success."},
    {"name": "n_f", "type": "number", "help": "Pairs whose score is below 0.5: fail."},
    {"name": "n_u", "type": "number", "help": "Pairs without a verdict: unscored."},
    {"name": "mean_count", "type": "number", "unit": "px", "help": "Mean number of changed pixels."},
    {"name": "frac_unscored", "type": "number", "help": "n_u divided by the number of pairs."},
    {"name": "changed_mean", "type": "number", "help": "Mean score of the pairs that are not unscored."},
    {"name": "changed_sd", "type": "number", "help": "Standard deviation of these."},
    {"name": "overall_mean", "type": "number", "help": "Mean score of all pairs; unscored ones have 0.5."},
    {"name": "overall_sd", "type": "number", "help": "Standard deviation of these."},
    {"name": "success_mean", "type": "number", "help": "Mean score of the successes."},
    {"name": "success_sd", "type": "number", "help": "Standard deviation of these."},
    {"name": "fail_mean", "type": "number", "help": "Mean score of the failures."},
    {"name": "fail_sd", "type": "number", "help": "Standard deviation of these."},
    {"name": "recommended", "type": "text", "help": "yes for the strategy to use: the one with the fewest steps of those as good as the first."}
  ]}],
  "params": [
    {"key": "model", "type": "choice", "default": "rigid", "help": "What may differ between images.", "choices": [
      {"key": "translation", "label": "Translation", "help": "Shift."},
      {"key": "rigid", "label": "Rigid", "help": "Shift and rotation."},
      {"key": "similarity", "label": "Similarity", "help": "Shift, rotation and scale."},
      {"key": "affine", "label": "Affine", "help": "Any linear change and shift."},
      {"key": "homography", "label": "Homography", "help": "Perspective: eight parameters."}]},
    {"key": "strategies", "type": "text", "default": "unpp,ds,cc,bl,nlm,light,heavy,superheavy", "help": "Strategies, separated by commas: steps joined by _ in any order (cc_nlm), unpp, light (ds_cc), heavy (ds_cc_bl_nlm), superheavy (ds twice, median, cc, bl, nlm); every for all 65 orders."},
    {"key": "pairs", "type": "points", "default": [], "help": "Pairs of positions from 1, as [[1,2],[3,4]]; empty: drawn at random."},
    {"key": "draw", "type": "integer", "default": 20, "min": 1, "max": 100000, "ui_max": 500, "help": "How many pairs to draw where none are given; all if there are fewer."},
    {"key": "seed", "type": "integer", "default": 123, "min": 0, "max": 2147483647, "help": "The same seed draws the same pairs."},
    {"key": "scored_on", "type": "text", "default": "superheavy", "advanced": true, "help": "Strategy whose images the scores are made on; its ds steps are left out."},
    {"key": "tolerance", "type": "number", "default": 50, "min": 0, "max": 255, "help": "Smaller changes do not count, in 8-bit units."},
    {"key": "crop", "type": "integer", "default": 20, "min": 0, "max": 100000, "ui_max": 100, "unit": "px", "help": "Width of the border that does not count; at most a quarter of the image."},
    {"key": "clip", "type": "number", "default": 0, "min": 0, "max": 100, "ui_max": 20, "advanced": true, "help": "Limit of the contrast equalization; 0: such that the local contrast becomes 25."},
    {"key": "sigma", "type": "number", "default": 25, "min": 0.1, "max": 255, "advanced": true, "help": "Standard deviation of the bilateral filter, in grey levels and pixels."},
    {"key": "strength", "type": "number", "default": 0, "min": 0, "max": 255, "ui_max": 50, "advanced": true, "help": "Strength of non-local means; 0: such that the variance of the Laplacian becomes 500, or 1000 at full size."},
    {"key": "channel", "type": "integer", "default": 1, "min": 1, "help": "Channel that is registered, from 1."},
    {"key": "save", "type": "file", "default": "", "help": "File for the table: .tex for LaTeX, otherwise CSV; empty: none."}
  ]
})";

namespace {

constexpr int64_t kept_bytes = int64_t{192} << 20;  // of preprocessed images, so that memory does not grow with them

struct Pair {
  int64_t reference, moving;  // positions, from 0
};

class Job {
 public:
  explicit Job(Run &run) : run_(run), info_(run.input()), poll_(poll_of(run)) {
    channels_ = std::max(1, info_.channels);
    positions_ = info_.slices / channels_;
    channel_ = run.integer("channel") - 1;
    require_there("channel", channel_ + 1, channels_, "channel", "the image");
    if (positions_ < 2) throw Error(SHEAF_INVALID, "images: there is one image of the channel; pairs need two");
    require_savable_text(run.text("save"), "save", {".csv", ".tex"}, {});
    read_strategies();
    read_pairs();
    model_ = run.choice<Model>("model");
    scored_on_ = strategy_named(run.text("scored_on"), "scored_on");
    std::erase(scored_on_.steps, Step::ds);
    if (run.number("clip") > 0) preprocess_.clip = run.number("clip");
    preprocess_.bilateral = run.number("sigma");
    if (run.number("strength") > 0) preprocess_.strength = run.number("strength");
    difference_.tolerance = run.number("tolerance");
    difference_.crop =
        static_cast<int>(std::min<int64_t>(run.integer("crop"), std::min(info_.width, info_.height) / 4));
    difference_.whole = true;
  }

  void run() {
    find_range();
    scores_.assign(strategies_.size(), std::vector<DifferenceScore>(pairs_.size()));
    const int64_t pixels = int64_t{info_.width} * info_.height, threads = std::max(1, run_.threads());
    const int64_t most = std::max(2 * threads, kept_bytes / (3 * pixels));
    // what is kept of an image, and what a thread needs to make and register it
    run_.reserve(pixels * (3 * std::min(most, positions_) + 64 * threads), "the images that are registered at once");
    for (size_t first = 0; first < pairs_.size();) {
      // as many pairs as there is room for their images
      std::map<int64_t, Kept> images;
      size_t last = first;
      for (; last < pairs_.size(); last++) {
        const auto &[a, b] = pairs_[last];
        const auto more = static_cast<int64_t>(!images.contains(a)) + !images.contains(b);
        if (last > first && static_cast<int64_t>(images.size()) + more > most) break;
        images[a], images[b];
      }
      register_pairs(first, last, images);
      first = last;
    }
    std::vector<StrategySummary> summaries;
    for (size_t s = 0; s < strategies_.size(); s++)
      summaries.push_back(summary_of(strategies_[s].name, strategies_[s].steps.size(), scores_[s]));
    rank(summaries);
    write_table(summaries);
    if (const std::string path = run_.text("save"); !path.empty()) write_strategies(path, summaries, "save");
  }

 private:
  // What is kept of an image while its pairs are registered.
  struct Kept {
    cv::Mat bytes, judged, prepared;
  };

  void register_pairs(size_t first, size_t last, std::map<int64_t, Kept> &images) {
    std::vector<std::pair<int64_t, Kept *>> list;
    for (auto &[position, kept] : images) list.emplace_back(position, &kept);
    const auto size = static_cast<int64_t>(list.size());
    run_.parallel(size, [&](int64_t i) {
      Kept &kept = *list[i].second;
      kept.bytes = bytes_of(read(list[i].first));
      kept.judged = preprocessed(kept.bytes, scored_on_, preprocess_, poll_);
    });
    for (size_t s = 0; s < strategies_.size(); s++) {
      run_.parallel(size, [&](int64_t i) {
        Kept &kept = *list[i].second;
        kept.prepared = preprocessed(kept.bytes, strategies_[s], preprocess_, poll_);
      });
      run_.parallel(static_cast<int64_t>(last - first), [&](int64_t k) {
        const Pair &pair = pairs_[first + k];
        const Kept &reference = images.at(pair.reference), &moving = images.at(pair.moving);
        const Transform t = registered(reference.prepared, moving.prepared);
        scores_[s][first + k] =
            difference_score(to_plane(view_of<const uint8_t>(reference.judged)), nullptr,
                             to_plane(view_of<const uint8_t>(moving.judged)), t, difference_, serial);
      });
      const double share = static_cast<double>(s + 1) / static_cast<double>(strategies_.size());
      run_.progress(
          (static_cast<double>(first) + share * static_cast<double>(last - first)) / static_cast<double>(pairs_.size()),
          ("Registering after " + strategies_[s].name).c_str());
    }
  }

  // Of all images that are in a pair.
  void find_range() {
    if (info_.pixel == SHEAF_U8 || info_.pixel == SHEAF_RGB) return;
    std::set<int64_t> used;
    for (const Pair &p : pairs_) used.insert({p.reference, p.moving});
    Range range;
    for (const int64_t p : used) {
      run_.check_cancelled();
      for (const float v : read(p).pixels)
        if (std::isfinite(v)) range.include({v, v});
    }
    range_ = range;
  }

  void read_strategies() {
    const std::string text = run_.text("strategies");
    std::set<std::string> seen;
    for (size_t at = 0; at <= text.size();) {
      const size_t end = std::min(text.find(',', at), text.size());
      std::string name = text.substr(at, end - at);
      std::erase(name, ' ');
      at = end + 1;
      const auto add = [&](Strategy strategy) {
        if (seen.insert(strategy.name).second) strategies_.push_back(std::move(strategy));
      };
      if (name != "every") add(strategy_named(name, "strategies"));
      else
        for (Strategy &strategy : every_strategy()) add(std::move(strategy));
    }
  }

  void read_pairs() {
    const auto given = run_.numbers("pairs");
    for (size_t i = 0; i + 1 < given.size(); i += 2) {
      for (const double p : {given[i], given[i + 1]})
        if (p != std::floor(p) || p < 1 || p > static_cast<double>(positions_))
          throw Error(SHEAF_INVALID, "pairs: position " + number_text(p) + " given; " + accepted(1, positions_));
      if (given[i] == given[i + 1])
        throw Error(SHEAF_INVALID, "pairs: " + number_text(given[i]) + " is paired with itself");
      pairs_.push_back({static_cast<int64_t>(given[i]) - 1, static_cast<int64_t>(given[i + 1]) - 1});
    }
    if (!pairs_.empty()) return;
    const int64_t n = positions_, all = n * (n - 1) / 2, wanted = std::min(all, run_.integer("draw"));
    Random random(static_cast<uint64_t>(run_.integer("seed")));
    std::set<int64_t> drawn;
    while (static_cast<int64_t>(drawn.size()) < wanted) {
      const int64_t i = random.below(n), j = random.below(n);
      if (i < j && drawn.insert(i * n + j).second) pairs_.push_back({i, j});
    }
  }

  Plane read(int64_t position) const {
    return visit_intensity(run_.read(channel_ + channels_ * position), [](auto view) { return to_plane(view); });
  }

  cv::Mat bytes_of(const Plane &plane) const {
    cv::Mat out = cv::Mat::zeros(info_.height, info_.width, CV_8U);
    if (!(range_.low < range_.high)) return out;
    const double scale = 255 / (double{range_.high} - range_.low);
    for (int y = 0; y < info_.height; y++)
      for (int x = 0; x < info_.width; x++)
        if (const float v = plane.row(y)[x]; std::isfinite(v))
          out.at<uint8_t>(y, x) = cv::saturate_cast<uint8_t>((double{v} - range_.low) * scale);
    return out;
  }

  // Of the moving image onto the reference, in pixels of the whole image.
  Transform registered(const cv::Mat &reference, const cv::Mat &moving) const {
    RegistrationOptions options;
    options.model = model_;
    options.reference = Reference::first;
    options.keep = true;           // the score judges, not the engine
    options.start = Start::phase;  // the wide search of align.register would multiply the time
    options.progress = [this](double) { poll_(); };
    Series series{2, reference.cols, reference.rows,
                  [&](int64_t n) { return to_plane(view_of<const uint8_t>(n == 0 ? reference : moving)); }};
    const Transform t = register_series(series, {}, options, serial).images[1].transform;
    double factor = 1;
    for (int width = info_.width; width > reference.cols; width = (width + 1) / 2) factor *= 2;
    return rescaled(t, 1 / factor);
  }

  void write_table(const std::vector<StrategySummary> &summaries) const {
    const char *table = "strategies";
    const int best = recommended_of(summaries);
    std::vector<std::string> names, recommended;
    for (const StrategySummary &s : summaries) {
      recommended.push_back(static_cast<int>(names.size()) == best ? "yes" : "");
      names.push_back(s.name);
    }
    const auto column = [&](const char *name, auto &&value) {
      std::vector<double> values;
      for (const StrategySummary &s : summaries) values.push_back(static_cast<double>(value(s)));
      run_.column(table, name, values);
    };
    run_.column(table, "Label", names);
    column("n_s", [](auto &s) { return s.n_s; });
    column("n_f", [](auto &s) { return s.n_f; });
    column("n_u", [](auto &s) { return s.n_u; });
    column("mean_count", [](auto &s) { return s.mean_count; });
    column("frac_unscored", [](auto &s) { return s.frac_unscored; });
    column("changed_mean", [](auto &s) { return s.changed.mean; });
    column("changed_sd", [](auto &s) { return s.changed.sd; });
    column("overall_mean", [](auto &s) { return s.overall.mean; });
    column("overall_sd", [](auto &s) { return s.overall.sd; });
    column("success_mean", [](auto &s) { return s.success.mean; });
    column("success_sd", [](auto &s) { return s.success.sd; });
    column("fail_mean", [](auto &s) { return s.fail.mean; });
    column("fail_sd", [](auto &s) { return s.fail.sd; });
    run_.column(table, "recommended", recommended);
    run_.log(SHEAF_LOG_INFO, best < 0
                                 ? "no strategy aligned a pair"
                                 : "recommended strategy: " + names[best] + ", " + std::to_string(summaries[best].n_s) +
                                       " of " + counted(static_cast<int64_t>(pairs_.size()), "pair") + " aligned");
  }

  Run &run_;
  const sheaf_info info_;
  const Poll poll_;
  int64_t channels_ = 1, positions_ = 0, channel_ = 0;
  Model model_ = Model::rigid;
  std::vector<Strategy> strategies_;
  std::vector<Pair> pairs_;
  Strategy scored_on_;
  PreprocessOptions preprocess_;
  DifferenceOptions difference_;
  Range range_{0, 255};
  std::vector<std::vector<DifferenceScore>> scores_;  // of every strategy and pair
};

}  // namespace

void Strategies::run(Run &run) { Job(run).run(); }

}  // namespace sheaf::align
