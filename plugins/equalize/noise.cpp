#include "noise.hpp"

#include <algorithm>
#include <cfloat>
#include <cmath>

namespace sheaf::equalize {

double noise_of(View<const float> image, std::vector<float> &lengths, const Poll &poll) {
  constexpr double median_of_normal = 0.6744897501960817;  // of the length of a standard normal variable
  const int pause = rows_between_polls(image.width());
  lengths.clear();
  for (int y = 0; y + 1 < image.height(); y += 2) {
    const float *a = image.row(y), *b = image.row(y + 1);
    for (int x = 0; x + 1 < image.width(); x += 2) {
      const float d = std::abs(a[x] - a[x + 1] - b[x] + b[x + 1]) / 2;
      if (d <= FLT_MAX) lengths.push_back(d);
    }
    if (y % pause == 0) poll();
  }
  if (lengths.empty()) return 0;
  const auto middle = lengths.begin() + static_cast<std::ptrdiff_t>(lengths.size() / 2);
  std::nth_element(lengths.begin(), middle, lengths.end());
  return *middle / median_of_normal;
}

}  // namespace sheaf::equalize
