// Connected components of label images, and what is done to whole components.
#pragma once

#include <functional>
#include <vector>

#include "common/parallel.hpp"
#include "common/poll.hpp"
#include "plugin.hpp"

namespace sheaf::segment {

using Labels = View<uint32_t>;

// Pixels [begin, end) of row y, of one component.
struct Span {
  int y, begin, end;
  uint32_t label;  // of its pixels; Join::foreground: 2 if one has more than 1, else 1
  int component;
};

// What makes two neighbours one component. Foreground joins across corners
// (8 neighbours), background does not (4): a diagonal line closes.
enum class Join {
  same_label,        // labels above 0, each for itself
  same_label_edges,  // the same, by edges alone (4 neighbours)
  foreground,        // labels above 0, whatever they are
  foreground_edges,  // the same, by edges alone
  background         // label 0
};

// Rows of labels that need not lie in memory: those of row y, or `memory`, which has room for one, with them.
using RowOfLabels = std::function<const uint32_t *(int y, uint32_t *memory)>;

// Components are numbered from 0 by their first pixel in reading order.
class Components {
 public:
  Components() = default;  // none
  Components(int width, int height, const RowOfLabels &row, Join join, const Poll &poll = never_stop,
             const Parallel &parallel = serial);
  Components(View<const uint32_t> labels, Join join, const Poll &poll = never_stop, const Parallel &parallel = serial);
  int count() const { return count_; }
  const std::vector<Span> &spans() const { return spans_; }  // in reading order
  std::vector<int64_t> sizes() const;
  std::vector<uint32_t> labels() const;  // the greatest of the spans of each

 private:
  std::vector<Span> spans_;
  int count_ = 0;
};

// Gives every hole the label that most of its neighbours have, of equally many
// the lowest. A hole is background that reaches neither the border of the image
// nor the edge of the mask. Values that are NaN stay background.
void fill_holes(Labels labels, View<const uint8_t> mask, View<const float> values, const Poll &poll = never_stop);

// What is left where a component has a pixel of label 2: label 1, all else 0.
void keep_seeded(Labels labels, Join join = Join::foreground, const Poll &poll = never_stop);

// Gives the components the numbers 1, 2, 3... in the order of their first pixels.
void number_components(Labels labels, Join join, const Poll &poll = never_stop);

struct Keep {
  bool exclude_border = false;  // of the image, or of the mask
  int64_t min_size = 0;
  uint32_t min_label = 0;  // has a span of that label or a greater one
};

// `numbers[component]` counts those that are kept from 0; -1 otherwise.
struct Kept {
  Components components;
  std::vector<int> numbers;
  int64_t count = 0, pixels = 0;
};
Kept select(Components components, int width, int height, View<const uint8_t> mask, const Keep &keep);

// Labels 1, 2, 3... for the components that are kept, 0 elsewhere.
void draw_components(const Kept &kept, Labels labels, const Poll &poll = never_stop);

// Sets components of one label that are not to be kept to 0 and returns the others.
Kept keep_components(Labels labels, View<const uint8_t> mask, const Keep &keep, const Poll &poll = never_stop,
                     const Parallel &parallel = serial);

}  // namespace sheaf::segment
