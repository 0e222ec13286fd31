// sheaf_bench: times one operation through sheaf.h, without files or ImageJ.
//
//   sheaf_bench run OPERATION PARAMS.json|{...} RAW PIXEL WIDTH HEIGHT IMAGES REPEATS [THREADS [TABLE [X,Y,WIDTH,HEIGHT [LABELS]]]]
//       RAW holds the pixels; prints {"seconds": [...]}, one number for each repeat; TABLE: one that is not wanted; then a
//       region of interest; LABELS: a file for the first image of the first output
//   sheaf_bench multi_otsu RAW WIDTH HEIGHT CLASSES REPEATS
//       thresholds of an 8-bit image, histogram included: what scikit-image's threshold_multiotsu does
//   sheaf_bench memcpy BYTES REPEATS AREA
//       the same for copying BYTES into mapped memory, each time to another place of AREA bytes: with a large one the
//       place is not in the processor's cache, as that of a new image is not
//   sheaf_bench rate OPERATION PARAMS RAW PIXEL WIDTH HEIGHT IMAGES ROUNDS [THREADS]
//       the same collection in memory and virtual, each image read from RAW when it is asked for, in turn; prints both
//       times and how much resident memory the virtual one grew by after a tenth of the images
//   sheaf_bench stream OPERATION PARAMS WIDTH HEIGHT IMAGES [THREADS]
//       16-bit images made up on the fly; prints seconds, and the process's resident memory after a tenth and at the end
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "segment/automatic.hpp"
#include "segment/histogram.hpp"
#include "sheaf.h"

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Resident memory of this process in bytes: now, or its highest.
int64_t resident(const char *field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(field)) return std::stoll(line.substr(line.find(':') + 1)) * 1024;
  throw std::runtime_error("/proc/self/status has no such field");
}

struct Source {
  sheaf_pixel pixel = SHEAF_U16;
  int32_t width = 0, height = 0;
  int64_t images = 0;
  std::vector<char> pixels;              // empty: made up on the fly
  std::vector<uint16_t> scene;           // a larger scene that the made-up images are cut from
  std::vector<char> taken;               // where results go
  int64_t resident_early = 0;
  std::string unwanted;
  std::vector<int> region;               // x, y, width, height; empty: all of the image
  std::string labels;                    // where the first image goes; empty: nowhere
  std::ifstream file;                    // open: a virtual collection

  void read(std::ifstream &from) {
    pixels.resize(static_cast<size_t>(width) * height * images * bytes());
    if (!from.read(pixels.data(), static_cast<std::streamsize>(pixels.size()))) throw std::runtime_error("the file is too short");
  }

  int bytes() const { return pixel == SHEAF_U8 ? 1 : pixel == SHEAF_U16 ? 2 : 4; }
  static constexpr int margin = 64;
  void make_scene() {
    const int w = width + margin, h = height + margin;
    scene.resize(static_cast<size_t>(w) * h);
    uint32_t state = 1;
    for (int y = 0; y < h; y++)
      for (int x = 0; x < w; x++) {
        state = state * 1664525u + 1013904223u;
        const double waves = std::sin(x / 9.0) * std::cos(y / 13.0) + std::sin((x + 2 * y) / 31.0);
        scene[static_cast<size_t>(y) * w + x] = static_cast<uint16_t>(20000 + 8000 * waves + (state >> 20));
      }
  }
};

sheaf_status input_info(void *context, sheaf_run *, int32_t, sheaf_info *out) {
  const auto &s = *static_cast<Source *>(context);
  out->pixel = s.pixel;
  out->width = s.width;
  out->height = s.height;
  out->slices = s.images;
  out->channels = out->depth = 1;
  out->frames = static_cast<int32_t>(s.images);
  return SHEAF_OK;
}

sheaf_status read_slice(void *context, sheaf_run *, int32_t, int64_t n, const sheaf_view *into) {
  auto &s = *static_cast<Source *>(context);
  if (s.pixels.empty() && n == s.images / 10) s.resident_early = resident("VmRSS");
  const size_t row = static_cast<size_t>(s.width) * s.bytes();
  if (s.file.is_open()) s.file.seekg(static_cast<std::streamoff>(row * s.height) * n);
  for (int y = 0; y < s.height; y++) {
    const char *from = nullptr;
    if (s.file.is_open()) {
      if (!s.file.read(static_cast<char *>(into->data) + y * into->row_bytes, static_cast<std::streamsize>(row))) return SHEAF_IO;
      continue;
    }
    if (s.pixels.empty()) {
      const int dx = static_cast<int>(n * 7 % Source::margin), dy = static_cast<int>(n * 3 % Source::margin);
      from = reinterpret_cast<const char *>(&s.scene[static_cast<size_t>(y + dy) * (s.width + Source::margin) + dx]);
    } else {
      from = s.pixels.data() + (static_cast<size_t>(n) * s.height + y) * row;
    }
    std::memcpy(static_cast<char *>(into->data) + y * into->row_bytes, from, row);
  }
  return SHEAF_OK;
}

sheaf_status read_mask(void *context, sheaf_run *, int32_t, const sheaf_view *into, int32_t *restricted) {
  const auto &r = static_cast<Source *>(context)->region;
  if (r.empty()) return SHEAF_OK;
  for (int y = 0; y < into->height; y++) {
    char *row = static_cast<char *>(into->data) + y * into->row_bytes;
    for (int x = 0; x < into->width; x++) {
      const bool inside = x >= r[0] && x < r[0] + r[2] && y >= r[1] && y < r[1] + r[3];
      row[x] = static_cast<char>(inside ? 255 : 0);
    }
  }
  *restricted = 1;
  return SHEAF_OK;
}

sheaf_status write_slice(void *context, sheaf_run *, int32_t output, int64_t n, const sheaf_view *from) {
  auto &s = *static_cast<Source *>(context);
  const size_t row = static_cast<size_t>(from->width) * (from->pixel == SHEAF_U8 ? 1 : from->pixel == SHEAF_U16 ? 2 : 4);
  s.taken.resize(row * from->height);
  for (int y = 0; y < from->height; y++)
    std::memcpy(s.taken.data() + y * row, static_cast<const char *>(from->data) + y * from->row_bytes, row);
  if (output == 0 && n == 0 && !s.labels.empty())
    std::ofstream(s.labels, std::ios::binary).write(s.taken.data(), static_cast<std::streamsize>(s.taken.size()));
  return SHEAF_OK;
}

int32_t wanted(void *context, sheaf_run *, const char *name) { return static_cast<Source *>(context)->unwanted != name; }

sheaf_status column(void *, sheaf_run *, const char *, const char *, const double *, const char *const *, int64_t) { return SHEAF_OK; }

class Session {
 public:
  explicit Session(int threads) {
    sheaf_options options{};
    options.size = sizeof options;
    options.threads = threads;
    if (sheaf_session_create(&options, &session_) != SHEAF_OK) throw std::runtime_error("no session");
  }
  ~Session() { sheaf_session_destroy(session_); }
  double run(const std::string &operation, const std::string &params, Source &source) {
    sheaf_client client{};
    client.size = sizeof client;
    client.context = &source;
    client.inputs = 1;
    client.input_info = input_info;
    client.read_slice = read_slice;
    client.read_mask = read_mask;
    client.write_slice = write_slice;
    client.column = column;
    client.wanted = wanted;
    const auto start = Clock::now();
    sheaf_run *run = nullptr;
    sheaf_status status = sheaf_run_create(session_, operation.c_str(), params.c_str(), &client, &run);
    if (status == SHEAF_OK) status = sheaf_run_execute(run);
    const double seconds = seconds_since(start);
    const std::string message = sheaf_run_message(run);
    sheaf_run_destroy(run);
    if (status != SHEAF_OK) throw std::runtime_error(operation + ": " + message);
    return seconds;
  }

 private:
  sheaf_session *session_ = nullptr;
};

sheaf_pixel pixel_named(const std::string &name) {
  if (name == "u8") return SHEAF_U8;
  if (name == "u16") return SHEAF_U16;
  if (name == "f32") return SHEAF_F32;
  if (name == "rgb") return SHEAF_RGB;
  throw std::runtime_error("pixel type " + name);
}

std::string list(const std::vector<double> &numbers) {
  std::string text = "[";
  for (const double n : numbers) text += (text.size() > 1 ? ", " : "") + std::to_string(n);
  return text + "]";
}

void print(const std::vector<double> &seconds) { std::cout << "{\"seconds\": " << list(seconds) << "}\n"; }

void execute(const std::vector<std::string> &a) {
  const auto number = [&](size_t i) { return std::stoi(a.at(i)); };
  if (a.at(0) == "run") {
    Source source;
    source.pixel = pixel_named(a.at(4));
    source.width = number(5);
    source.height = number(6);
    source.images = number(7);
    std::ifstream raw(a.at(3), std::ios::binary);
    source.read(raw);
    if (a.size() > 10) source.unwanted = a[10];
    if (a.size() > 11) {
      std::istringstream text(a[11]);
      for (std::string part; std::getline(text, part, ',');) source.region.push_back(std::stoi(part));
      if (source.region.size() != 4) throw std::runtime_error("a region is X,Y,WIDTH,HEIGHT");
    }
    if (a.size() > 12) source.labels = a[12];
    Session session(a.size() > 9 ? number(9) : 2);
    session.run(a.at(1), a.at(2), source);  // warm
    source.labels.clear();                  // written once, not in the time
    std::vector<double> seconds;
    for (int i = 0; i < number(8); i++) seconds.push_back(session.run(a.at(1), a.at(2), source));
    print(seconds);
  } else if (a.at(0) == "multi_otsu") {
    const int width = number(2), height = number(3);
    std::ifstream raw(a.at(1), std::ios::binary);
    std::vector<uint8_t> pixels(static_cast<size_t>(width) * height);
    raw.read(reinterpret_cast<char *>(pixels.data()), static_cast<std::streamsize>(pixels.size()));
    const sheaf::View<const uint8_t> image(pixels.data(), width, height, width);
    std::vector<double> seconds;
    int64_t sum = 0;  // keeps the work from being optimized away
    for (int i = 0; i < number(5); i++) {
      const auto start = Clock::now();
      sheaf::segment::Histogram histogram;
      histogram.reset<uint8_t>();
      histogram.add(image, {}, sheaf::never_stop);
      for (const int64_t t : sheaf::segment::multi_otsu(histogram.counts(), number(4))) sum += t;
      seconds.push_back(seconds_since(start));
    }
    if (sum == 0) throw std::runtime_error("all thresholds are 0");
    print(seconds);
  } else if (a.at(0) == "memcpy") {
    const size_t size = std::stoull(a.at(1)), places = std::max<size_t>(std::stoull(a.at(3)) / size, 1);
    std::vector<char> from(size, 1), area(size * places, 2);
    std::vector<double> seconds;
    for (int i = 0; i < number(2) + 1; i++) {
      const auto start = Clock::now();
      std::memcpy(area.data() + i % places * size, from.data(), size);
      asm volatile("" : : "r"(area.data()) : "memory");
      if (i > 0) seconds.push_back(seconds_since(start));
    }
    print(seconds);
  } else if (a.at(0) == "rate") {
    Session session(a.size() > 9 ? number(9) : 2);
    std::vector<double> memory, virtually;
    int64_t grown = 0;
    for (int i = 0; i < number(8); i++) {
      Source source;
      source.pixel = pixel_named(a.at(4));
      source.width = number(5);
      source.height = number(6);
      source.images = number(7);
      source.file.open(a.at(3), std::ios::binary);
      virtually.push_back(session.run(a.at(1), a.at(2), source));
      grown = std::max(grown, resident("VmRSS") - source.resident_early);
      source.file.seekg(0);
      source.read(source.file);
      source.file.close();
      memory.push_back(session.run(a.at(1), a.at(2), source));
    }
    std::cout << "{\"virtual\": " << list(virtually) << ", \"memory\": " << list(memory) << ", \"grown\": " << grown << "}\n";
  } else if (a.at(0) == "stream") {
    Source source;
    source.width = number(3);
    source.height = number(4);
    source.images = number(5);
    source.make_scene();
    Session session(a.size() > 6 ? number(6) : 2);
    const double seconds = session.run(a.at(1), a.at(2), source);
    std::cout << "{\"seconds\": " << seconds << ", \"resident_early\": " << source.resident_early
              << ", \"resident_end\": " << resident("VmRSS") << ", \"resident_peak\": " << resident("VmHWM") << "}\n";
  } else {
    throw std::runtime_error("run, multi_otsu, memcpy, rate or stream");
  }
}

}  // namespace

int main(int argc, char **argv) {
  try {
    execute({argv + 1, argv + argc});
    return 0;
  } catch (const std::exception &e) {
    std::cerr << "sheaf_bench: " << e.what() << "\n";
    return 1;
  }
}
