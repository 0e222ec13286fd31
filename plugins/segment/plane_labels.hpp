// How the operations that divide an image by its colours treat one image.
#pragma once

#include "common/pool.hpp"
#include "planes.hpp"
#include "regions.hpp"

namespace sheaf::segment {

// How many images a run works on at once: what is held for an image is held so often.
inline int64_t images_at_once(const Run &run) {
  return run.input().slices == 1 || run.preview() >= 0 ? 1 : run.threads();
}

// label(planes, labels, in_region, parallel, poll) gives the pixels of image n, as planes in `space`, labels 1,
// 2, 3..., 0 where a pixel has no part; in_region: there is a region of interest. Labels and regions are handed over.
template <class F>
void label_planes(Run &run, int64_t n, Space space, Pool<Planes> &pool, Regions &regions, F &&label) {
  const Poll poll = poll_of(run);
  const Image image = run.read(n), region = run.mask();
  Output output = run.write(n);
  const auto labels = output.view<uint32_t>();
  {
    const auto planes = pool.take();
    const Parallel parallel = parallel_of(run);
    visit_intensity(image, [&]<class T>(View<const T> view) {
      make_planes(view, region.view<uint8_t>(), space, *planes, parallel, poll);
    });
    label(*planes, labels, static_cast<bool>(region), parallel, poll);
  }
  regions.add(run, n, image, labels, poll);
  output.commit();
}

}  // namespace sheaf::segment
