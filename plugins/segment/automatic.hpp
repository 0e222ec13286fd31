// Thresholds chosen from a histogram alone.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sheaf::segment {

enum class Rule { otsu, li, yen, triangle, isodata };

// The bin that separates: what lies in higher bins is above. With 256 bins or
// fewer this is what ImageJ's AutoThresholder returns for the method of that
// name; with more, the rule sees the bins from the first to the last that is
// not empty, as there. A histogram with one bin that is not empty gives that
// bin (ImageJ: one less). At least one bin must not be empty.
int64_t automatic_threshold(Rule rule, std::span<const int64_t> counts);

// The classes - 1 bins that separate the classes with the greatest variance
// between them (Otsu 1979; exact, by dynamic programming). Of equally good ones
// the first. With fewer bins that are not empty than classes, each of these is
// a class of its own, and the thresholds that are left are the last of them.
std::vector<int64_t> multi_otsu(std::span<const int64_t> counts, int classes);

}  // namespace sheaf::segment
