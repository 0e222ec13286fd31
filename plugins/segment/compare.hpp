// segment.compare: a table of how far two stacks of labels agree.
#pragma once

#include <vector>

#include "agreement.hpp"
#include "common/pool.hpp"

namespace sheaf::segment {

struct Compare {
  static constexpr const char *id = "segment.compare";
  static const char *const schema;

  explicit Compare(Run &) {}
  void run(Run &run);

 private:
  void write(Run &run, const std::vector<Agreement> &all) const;
};

}  // namespace sheaf::segment
