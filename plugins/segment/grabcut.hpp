// segment.grabcut: an object cut out of its background, from a rectangle or strokes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/collection.hpp"
#include "iterated_cut.hpp"
#include "outline.hpp"

namespace sheaf::segment {

struct GrabCut {
  static constexpr const char *id = "segment.grabcut";
  static const char *const schema;

  explicit GrabCut(Run &run);
  void run(Run &run);

 private:
  struct Row {
    double foreground = 0, objects = 0, cuts = 0;
    const char *status = "ok";
  };
  // What goes on from one image of a channel to the next.
  struct Channel {
    std::optional<std::pair<double, double>> range;  // of the first image
    Models models;
    std::vector<uint8_t> allowed;  // where the object can be, from where it was
  };
  // Pixels of one image and what is known of them.
  struct Plane {
    std::vector<float> values;
    Division division;
  };

  void check_annotations(const Run &run);
  void segment(Run &run, int64_t n, Channel &channel, bool base);
  void read_values(const Run &run, int64_t n, Channel &channel);
  void read_seeds(const Run &run, int64_t n, const Channel &channel, bool base);
  void require_both_sides(int64_t n) const;
  void follow(Channel &channel) const;
  void write(Run &run, int64_t n);
  void write_state(Run &run, int64_t n) const;
  void report(const Run &run) const;

  sheaf_info info_;
  Collection collection_;
  CutOptions options_;
  bool annotated_, propagate_, separate_;
  int64_t base_ = 0, annotations_ = 0;
  int reach_;
  int dims_;
  Plane plane_;
  std::vector<Seed> annotated_seeds_;
  std::vector<Row> rows_;
};

}  // namespace sheaf::segment
