// Lines of pixels that go on beyond their ends.
#pragma once

namespace sheaf {

// The pixel that stands at place i of a line of n: reflected about the edge pixels as often as needed.
inline int reflected(int i, int n) {
  if (n == 1) return 0;
  const int period = 2 * n - 2;
  i = (i % period + period) % period;
  return i < n ? i : period - i;
}

// The same, reflected about the outer edges of the border pixels: SciPy's mode "reflect".
inline int mirrored(int i, int n) {
  const int period = 2 * n;
  i = (i % period + period) % period;
  return i < n ? i : period - 1 - i;
}

}  // namespace sheaf
