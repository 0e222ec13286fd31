// The scores of strategies on many pairs, summed up, ranked and written.
#pragma once

#include <string>
#include <vector>

#include "align/dd.hpp"

namespace sheaf::align {

struct Spread {
  double mean, sd;  // population; NaN of nothing
};

struct StrategySummary {
  std::string name;
  size_t steps = 0;
  int64_t n_s = 0, n_f = 0, n_u = 0;  // pairs by verdict
  double mean_count, frac_unscored;
  Spread changed, overall, success, fail;  // of the scores; changed: other than 0.5
};

StrategySummary summary_of(const std::string &name, size_t steps, const std::vector<DifferenceScore> &scores);

// Most successes first, then fewest failures, then the highest mean of all scores;
// of equals the one that was named first.
void rank(std::vector<StrategySummary> &summaries);

// The one to use, of a ranked list: fewest steps among those with as many successes
// and failures as the first and a mean score within 0.01 of its. -1: none has a success.
int recommended_of(const std::vector<StrategySummary> &summaries);

// LaTeX if the name ends in .tex, otherwise CSV. Error SHEAF_IO that begins with `key`.
void write_strategies(const std::string &path, const std::vector<StrategySummary> &summaries, const std::string &key);

}  // namespace sheaf::align
