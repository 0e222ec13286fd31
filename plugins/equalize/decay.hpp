// The curve along which fluorescence bleaches.
#pragma once

#include <span>

#include "scalars.hpp"

namespace sheaf::equalize {

// a exp(-b t) + c
struct Decay {
  double a = nan, b = nan, c = nan, r2 = nan;
  double operator()(double t) const;
};

// The curve nearest to the points by least squares, found by the method of
// Levenberg and Marquardt. Points that are not finite do not count. Of equal
// values it is the constant, a = b = 0; of fewer than three, NaN.
Decay fit_decay(std::span<const double> t, std::span<const double> value);

}  // namespace sheaf::equalize
