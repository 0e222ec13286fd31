#include "values.hpp"

#include <atomic>

#include "common/pool.hpp"

namespace sheaf::segment {

// Counts are integers: their sum does not depend on the order.
std::vector<Histogram> Values::histograms(Run &run, const Collection &collection) const {
  const auto images = collection.to_measure(run.preview() >= 0);
  const auto channels = static_cast<size_t>(collection.channels);
  const bool real = pixel_ == SHEAF_F32 || given_.scale < 0;
  std::vector<Range> ranges(channels);
  std::atomic<int64_t> done{0};
  const double steps = static_cast<double>(images.size()) * (real ? 2 : 1);
  Pool<cv::Mat> scratch;
  const auto for_all = [&](auto &&f) {
    run.parallel(static_cast<int64_t>(images.size()), [&](int64_t i) {
      const int64_t n = images[static_cast<size_t>(i)];
      const Image image = run.read(n), region = run.mask();
      const auto memory = scratch.take();
      with(image, *memory, poll_of(run), [&](auto values) {
        f(values, region.view<uint8_t>(), static_cast<size_t>(i), static_cast<size_t>(collection.channel(n)));
      });
      run.progress(static_cast<double>(++done) / steps, "Measuring");
    });
  };
  if (real) {
    std::vector<Range> each(images.size());
    for_all([&]<class T>(View<const T> values, Mask mask, size_t i, size_t) {
      if constexpr (std::is_same_v<T, float>) each[i] = finite_range(values, mask, poll_of(run));
    });
    for (size_t i = 0; i < images.size(); i++)
      ranges[static_cast<size_t>(collection.channel(images[i]))].include(each[i]);
  }
  Pool<std::vector<Histogram>> partial;
  for_all([&]<class T>(View<const T> values, Mask mask, size_t, size_t channel) {
    const auto histograms = partial.take();
    if (histograms->empty()) {
      histograms->resize(channels);
      for (size_t c = 0; c < channels; c++) (*histograms)[c].template reset<T>(ranges[c]);
    }
    (*histograms)[channel].add(values, mask, poll_of(run));
  });
  run.progress(0, "");  // the images themselves begin
  auto sum = *partial.idle().front();
  for (size_t i = 1; i < partial.idle().size(); i++)
    for (size_t c = 0; c < channels; c++) sum[c].add((*partial.idle()[i])[c]);
  return sum;
}

}  // namespace sheaf::segment
