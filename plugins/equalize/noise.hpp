// How noisy an image is.
#pragma once

#include <vector>

#include "common/poll.hpp"

namespace sheaf::equalize {

// The standard deviation of white Gaussian noise, from the median length of the
// diagonal coefficients of the finest Haar wavelets (D. L. Donoho, I. M.
// Johnstone, 1994): edges are few among them. 0 if there are none. `lengths` is
// working memory.
double noise_of(View<const float> image, std::vector<float> &lengths, const Poll &poll = never_stop);

}  // namespace sheaf::equalize
