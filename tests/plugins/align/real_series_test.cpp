// On real images, where they are available.
#include <tiffio.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>

#include "align/registration.hpp"
#include "align/resample.hpp"
#include "scene.hpp"

using namespace sheaf;
using namespace sheaf::align;

namespace {

// The first page of a gray 8-bit or float TIFF, or of an RGB one as gray.
Plane read(const std::filesystem::path &path) {
  TIFF *tiff = TIFFOpen(path.c_str(), "r");
  REQUIRE(tiff);
  uint32_t width = 0, height = 0;
  uint16_t bits = 0, samples = 1;
  TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width);
  TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height);
  TIFFGetField(tiff, TIFFTAG_BITSPERSAMPLE, &bits);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &samples);
  Plane plane(static_cast<int>(width), static_cast<int>(height));
  std::vector<uint8_t> line(TIFFScanlineSize(tiff));
  for (uint32_t y = 0; y < height; y++) {
    REQUIRE(TIFFReadScanline(tiff, line.data(), y) == 1);
    for (uint32_t x = 0; x < width; x++) {
      const uint8_t *p = line.data() + x * samples * bits / 8;
      if (bits == 32) std::memcpy(plane.row(y) + x, p, 4);
      else plane.row(y)[x] = samples >= 3 ? gray(Rgb{p[2], p[1], p[0], 0}) : p[0];
    }
  }
  TIFFClose(tiff);
  return plane;
}

std::vector<Plane> read_series(const char *folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto &entry : std::filesystem::directory_iterator(std::filesystem::path(REAL_SERIES) / folder))
    if (entry.path().extension() == ".tif") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<Plane> planes;
  for (const auto &path : paths) planes.push_back(read(path));
  REQUIRE(planes.size() >= 9);
  return planes;
}

Registration registered(const std::vector<Plane> &planes, Reference reference, Model model) {
  RegistrationOptions options;
  options.reference = reference;
  options.model = model;
  const Series series{static_cast<int64_t>(planes.size()), planes[0].width, planes[0].height,
                      [&](int64_t n) { return planes[n]; }};
  return register_series(series, {}, options, serial);
}

Plane cropped(const Plane &plane, int width, int height) {
  Plane out(width, height);
  for (int y = 0; y < height; y++) std::copy_n(plane.row(y), width, out.row(y));
  return out;
}

}  // namespace

TEST_CASE("known warps of electron microscopy sections are found") {
  const auto planes = read_series("celegans_em_series");
  for (const Model model : {Model::translation, Model::rigid, Model::affine}) {
    double sum = 0;
    for (uint32_t n = 0; n < 10; n++) {
      const Plane &section = planes[2 * n];
      const Transform t = random_transform(model, section.width, section.height, n);
      const Plane moving = resampled(section, inverse(t), {Interpolation::cubic, Border::reflect}, serial);
      sum += mean_corner_error(registered({section, moving}, Reference::first, model).images[1].transform, t,
                               section.width, section.height);
    }
    CHECK(sum / 10 < 0.05);
  }
}

TEST_CASE("sections that were registered before hardly move") {
  const auto planes = read_series("celegans_em_series");
  const auto r = registered(planes, Reference::previous, Model::translation);
  for (const Registered &image : r.images) CHECK(corner_distance(image.pair, {}, 256, 256) < 0.8);
}

TEST_CASE("two rounds of nuclear staining are brought together as features say") {
  const std::filesystem::path folder = std::filesystem::path(REAL_SERIES) / "neubias_stacks";
  const Plane round = read(folder / "r1_DAPI_downsampled.tiff"),
              anchor = read(folder / "anchor_nuclei_downsampled.tiff");
  const int width = std::min(round.width, anchor.width), height = std::min(round.height, anchor.height);
  const auto r =
      registered({cropped(round, width, height), cropped(anchor, width, height)}, Reference::first, Model::rigid);
  const Description d = describe(r.images[1].transform, width, height);
  CHECK(r.images[1].status == Status::ok);
  CHECK(r.images[1].score_after > 0.8);
  CHECK(d.shift_x == Approx(3.1).margin(0.5));
  CHECK(d.shift_y == Approx(-11.4).margin(0.3));
  CHECK(d.angle == Approx(-0.2).margin(0.05));
}

TEST_CASE("frames that are copies of their neighbour stay exactly with it") {
  const auto planes = read_series("timelapse_drosophila_gfp");
  const auto r = registered(planes, Reference::previous, Model::rigid);
  for (const int n : {3, 6}) {
    REQUIRE(planes[n].pixels == planes[n - 1].pixels);
    CHECK(r.images[n].pair.is_identity());
  }
  // what moves in it moves together, background included: less than 1.2 px per frame
  for (const Registered &image : r.images) CHECK(corner_distance(image.pair, {}, 542, 264) < 1.5);
}

TEST_CASE("a movie whose cells change is not turned to where chance has it") {
  const auto planes = read_series("mitocheck_movie");
  for (const Model model : {Model::translation, Model::rigid})
    for (const Registered &r : registered(planes, Reference::first, model).images)
      CHECK(mean_corner_error(r.transform, {}, planes[0].width, planes[0].height) < 20);
}
