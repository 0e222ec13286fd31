#include "cluster/images.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "cluster/components.hpp"
#include "cluster/features.hpp"
#include "cluster/linkage.hpp"
#include "cluster/quality.hpp"
#include "common/wording.hpp"

namespace sheaf::cluster {

const char *const Images::schema = R"({
  "title": "Cluster",
  "summary": "Groups the images of a stack by how they look and names one image that stands for each group.",
  "doc": "Each image is reduced to 128 x 128 pixels by averaging areas; each of these is standardized over the collection, and images are merged step by step by their Euclidean distances. The number of clusters is given, or the one with the highest mean silhouette is taken.\n\nClusters are numbered in the order in which the images meet them. The representative is the image with the smallest sum of distances to the others of its cluster. An image without data has no cluster, and its status is degenerate. In a hyperstack the images of one channel are clustered.",
  "references": ["Ward (1963) Hierarchical grouping to optimize an objective function. J. American Statistical Association 58, 236-244", "Rousseeuw (1987) Silhouettes: a graphical aid to the interpretation and validation of cluster analysis. J. Computational and Applied Mathematics 20, 53-65"],
  "since": "1.0.0",
  "inputs": [{"pixel": ["u8", "u16", "f32", "rgb"], "min_images": 3}],
  "tables": [{"name": "clusters", "title": "Clusters of %s", "columns": [
    {"name": "Label", "type": "text", "help": "The image."},
    {"name": "cluster", "type": "number", "help": "Number of its cluster, from 1; empty if degenerate."},
    {"name": "silhouette", "type": "number", "help": "How much better it fits its cluster than the next one, -1 to 1."},
    {"name": "representative", "type": "number", "help": "1 if it stands for its cluster, else 0."},
    {"name": "status", "type": "text", "help": "ok or degenerate."}
  ]}],
  "plots": [
    {"name": "dendrogram", "title": "Dendrogram of %s"},
    {"name": "scatter", "title": "Scatter of %s"},
    {"name": "score", "title": "Silhouette of %s"}
  ],
  "params": [
    {"key": "features", "type": "choice", "default": "pixels", "help": "What images are compared by.", "choices": [
      {"key": "pixels", "label": "Pixels", "help": "Their pixels at 128 x 128, standardized over the collection."}]},
    {"key": "method", "type": "choice", "default": "ward", "help": "How the distance of two clusters follows from those of their images.", "choices": [
      {"key": "ward", "label": "Ward", "help": "Growth of the variance inside clusters: compact groups of similar size."},
      {"key": "single", "label": "Single", "help": "The smallest distance: chains."},
      {"key": "complete", "label": "Complete", "help": "The largest distance: groups of small diameter."},
      {"key": "average", "label": "Average", "help": "The mean distance."},
      {"key": "weighted", "label": "Weighted", "help": "The mean over the two clusters that were merged last, whatever their sizes."},
      {"key": "centroid", "label": "Centroid", "help": "The distance of the means; heights may decrease."},
      {"key": "median", "label": "Median", "help": "As centroid, with both parts of a cluster counted alike."}]},
    {"key": "k", "label": "clusters, 0 = chosen", "type": "integer", "default": 0, "min": 0, "help": "Number of clusters; 0: the one with the highest mean silhouette."},
    {"key": "k_min", "label": "fewest clusters tried", "type": "integer", "default": 3, "min": 2, "when": {"k": 0}, "help": "Smallest number of clusters tried."},
    {"key": "k_max", "label": "most clusters tried", "type": "integer", "default": 25, "min": 2, "when": {"k": 0}, "help": "Largest number of clusters tried, at most one less than there are images."},
    {"key": "channel", "type": "integer", "default": 1, "min": 1, "help": "Channel of a hyperstack whose images are clustered, from 1."}
  ]
})";

namespace {

class Job {
 public:
  explicit Job(Run &run)
      : run_(run),
        info_(run.input()),
        channels_(std::max(1, info_.channels)),
        count_(info_.slices / channels_),
        channel_(run.integer("channel") - 1),
        k_(run.integer("k")),
        k_min_(run.integer("k_min")),
        k_max_(run.integer("k_max")),
        parallel_(parallel_of(run)),
        layout_(info_.width, info_.height, info_.pixel) {
    const auto problem = [](const std::string &text) { throw Error(SHEAF_INVALID, text); };
    require_there("channel", channel_ + 1, channels_, "channel", "the image");
    if (k_min_ > k_max_)
      problem("k_min: " + std::to_string(k_min_) + " given, k_max is " + std::to_string(k_max_) +
              "; accepted: k_min up to k_max");
  }

  void run() {
    read_features();
    check_count();
    standardize(features_, layout_.weight, parallel_);
    run_.progress(0.5, "Comparing images");
    run_.reserve(8 * features_.count * features_.count,
                 ("distances between " + std::to_string(features_.count) + " images").c_str());
    Distances distances = euclidean_distances(features_, parallel_);
    features_.values = {};
    run_.progress(0.8, "Merging clusters");
    merges_ = linkage(distances, run_.choice<Method>("method"), [this] { run_.check_cancelled(); });

    const int64_t n = features_.count, kinds = count_different(distances);
    // more clusters than kinds of images would part equal ones
    const int64_t limit = k_ == 0 ? std::min(n - 1, kinds) : n - 1;
    const int64_t least = std::min(k_min_, limit), most = std::min(k_max_, limit);
    std::vector<double> curve;  // one cluster has no silhouette
    if (most > 1) curve = silhouette_curve(distances, merges_, least, most, parallel_);
    report_equal(kinds);
    if (k_ == 0) k_ = curve.empty() ? 1 : least + (std::max_element(curve.begin(), curve.end()) - curve.begin());
    labels_ = cut(merges_, k_);
    run_.progress(0.95);
    write_table(distances);
    if (!curve.empty() && run_.wanted("score")) plot_score(curve, least);
    if (run_.wanted("dendrogram")) plot_dendrogram();
    if (run_.wanted("scatter")) plot_scatter(principal_components(distances, parallel_));
  }

 private:
  int64_t image(int64_t position) const { return channel_ + channels_ * position; }

  void read_features() {
    run_.reserve(4 * count_ * ((layout_.length + 7) / 8 * 8),
                 ("features of " + std::to_string(count_) + " images").c_str());
    features_ = Features(count_, layout_.length);
    std::vector<char> empty(count_);
    const int64_t batch = 64;  // between two reports of progress
    for (int64_t first = 0; first < count_; first += batch) {
      const int64_t size = std::min(batch, count_ - first);
      parallel_(size, [&](int64_t k) {
        const Image in = run_.read(image(first + k));
        float *row = features_.row(first + k);
        in.visit([&]<class T>(View<const T> view) {
          if constexpr (!std::is_same_v<T, uint32_t>)  // labels are not among the inputs
            pixel_features(view, layout_, row);
        });
        empty[first + k] = std::all_of(row, row + layout_.length, [](float v) { return !(v - v == 0); });
      });
      run_.progress(0.5 * static_cast<double>(first + size) / static_cast<double>(count_), "Reading images");
    }
    for (int64_t p = 0; p < count_; p++) {
      if (empty[p]) continue;
      const auto to = static_cast<int64_t>(positions_.size());
      if (to != p) std::copy_n(features_.row(p), features_.stride, features_.row(to));
      positions_.push_back(p);
    }
    features_.count = static_cast<int64_t>(positions_.size());
  }

  void check_count() const {
    const int64_t n = features_.count;
    if (n < 3)
      throw Error(SHEAF_INVALID, "images: " + std::to_string(n) + " with data given in channel " +
                                     std::to_string(channel_ + 1) + ", clustering needs at least 3");
    if (k_ > n)
      throw Error(SHEAF_INVALID, "k: " + std::to_string(k_) + " given, there are " + std::to_string(n) +
                                     " images with data; accepted: 0 (chosen by silhouette) to " + std::to_string(n));
  }

  void report_equal(int64_t kinds) const {
    const std::string what =
        kinds == 1 ? "all images are equal" : "there are only " + std::to_string(kinds) + " different images";
    if (k_ > kinds)
      run_.log(SHEAF_LOG_WARNING,
               what + ": with k = " + std::to_string(k_) + ", equal images are in different clusters");
    else if (kinds == 1) run_.log(SHEAF_LOG_WARNING, what + ": they are one cluster");
    else if (k_ == 0 && kinds < std::min(k_min_, features_.count - 1))
      run_.log(SHEAF_LOG_WARNING, what + ", which is less than k_min: equal images share a cluster");
  }

  void write_table(const Distances &distances) const {
    constexpr double nothing = std::numeric_limits<double>::quiet_NaN();
    std::vector<std::string> names, status(count_, "degenerate");
    for (int64_t p = 0; p < count_; p++) names.push_back(run_.label(image(p)));
    std::vector<double> cluster(count_, nothing), quality(count_, nothing), representative(count_, 0);
    const std::vector<double> s = silhouettes(distances, labels_, parallel_);
    for (size_t i = 0; i < positions_.size(); i++) {
      cluster[positions_[i]] = labels_[i];
      quality[positions_[i]] = s[i];
      status[positions_[i]] = "ok";
    }
    for (const int64_t i : medoids(distances, labels_, parallel_)) representative[positions_[i]] = 1;
    run_.column("clusters", "Label", names);
    run_.column("clusters", "cluster", cluster);
    run_.column("clusters", "silhouette", quality);
    run_.column("clusters", "representative", representative);
    run_.column("clusters", "status", status);
  }

  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const int64_t p : positions_) out.push_back(run_.label(image(p)));
    return out;
  }

  void plot_score(const std::vector<double> &curve, int64_t least) const {
    std::vector<double> k;
    for (size_t i = 0; i < curve.size(); i++) k.push_back(static_cast<double>(least) + static_cast<double>(i));
    Json j;
    j.object().key("name").value("score").key("kind").value("curve");
    j.key("x_label").value("Number of clusters").key("y_label").value("Mean silhouette");
    j.key("x").value(k).key("y").value(curve).key("mark").value(static_cast<double>(k_)).end();
    run_.plot(j);
  }

  void plot_dendrogram() const {
    Json j;
    j.object().key("name").value("dendrogram").key("kind").value("dendrogram");
    j.key("x_label").value("Image").key("y_label").value("Distance");
    j.key("names").value(names()).key("linkage").array();
    for (const Merge &m : merges_)
      j.value(std::array{static_cast<double>(m.a), static_cast<double>(m.b), m.height, static_cast<double>(m.size)});
    j.end().key("order").value(leaf_order(merges_)).key("cut").value(cut_height(merges_, k_));
    j.key("group").value(labels_).end();
    run_.plot(j);
  }

  void plot_scatter(const std::array<std::vector<double>, 2> &axes) const {
    Json j;
    j.object().key("name").value("scatter").key("kind").value("scatter");
    j.key("x_label").value("First component").key("y_label").value("Second component");
    j.key("x").value(axes[0]).key("y").value(axes[1]).key("group").value(labels_).key("names").value(names()).end();
    run_.plot(j);
  }

  Run &run_;
  const sheaf_info info_;
  const int64_t channels_, count_, channel_;
  int64_t k_;
  const int64_t k_min_, k_max_;
  const Parallel parallel_;
  const PixelLayout layout_;
  Features features_;
  std::vector<int64_t> positions_;  // of the images with data, in order
  std::vector<Merge> merges_;
  std::vector<int> labels_;
};

}  // namespace

void Images::run(Run &run) { Job(run).run(); }

}  // namespace sheaf::cluster
