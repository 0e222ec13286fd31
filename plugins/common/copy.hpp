// An image that is handed on as it is.
#pragma once

#include <algorithm>

#include "poll.hpp"

namespace sheaf {

template <class T>
void copy(View<const T> in, View<T> out, const Poll &poll) {
  const int pause = rows_between_polls(in.width());
  for (int y = 0; y < in.height(); y++) {
    std::copy_n(in.row(y), in.width(), out.row(y));
    if (y % pause == pause - 1) poll();
  }
}

}  // namespace sheaf
