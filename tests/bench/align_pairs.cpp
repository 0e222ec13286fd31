// align_pairs PARAMS.json|{...} RAW PIXEL WIDTH HEIGHT IMAGES STACKS [THREADS]
//
// Runs align.register through sheaf.h on each of STACKS stacks of IMAGES images that lie one after the other in RAW. Prints one
// JSON array for each stack: {"seconds", "m": one matrix for each image, "status", "score_before", "score_after", "dd_score", ...}.
#include <chrono>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "sheaf.h"

namespace {

struct Stack {
  sheaf_pixel pixel = SHEAF_U8;
  int32_t width = 0, height = 0;
  int64_t images = 0;
  const char *pixels = nullptr;
  std::map<std::string, std::vector<double>> numbers;
  std::vector<std::string> status;

  size_t row_bytes() const { return static_cast<size_t>(width) * (pixel == SHEAF_U8 ? 1 : pixel == SHEAF_U16 ? 2 : 4); }
  size_t bytes() const { return row_bytes() * height * images; }
};

sheaf_status input_info(void *context, sheaf_run *, int32_t, sheaf_info *out) {
  const auto &s = *static_cast<Stack *>(context);
  out->pixel = s.pixel;
  out->width = s.width;
  out->height = s.height;
  out->slices = s.images;
  out->channels = out->depth = 1;
  out->frames = static_cast<int32_t>(s.images);
  return SHEAF_OK;
}

sheaf_status read_slice(void *context, sheaf_run *, int32_t, int64_t n, const sheaf_view *into) {
  const auto &s = *static_cast<Stack *>(context);
  for (int y = 0; y < s.height; y++)
    std::memcpy(static_cast<char *>(into->data) + y * into->row_bytes, s.pixels + (n * s.height + y) * s.row_bytes(), s.row_bytes());
  return SHEAF_OK;
}

sheaf_status write_slice(void *, sheaf_run *, int32_t, int64_t, const sheaf_view *) { return SHEAF_OK; }

sheaf_status column(void *context, sheaf_run *, const char *, const char *name, const double *numbers, const char *const *texts, int64_t rows) {
  auto &s = *static_cast<Stack *>(context);
  if (numbers) s.numbers[name].assign(numbers, numbers + rows);
  else if (std::string(name) == "status") s.status.assign(texts, texts + rows);
  return SHEAF_OK;
}

void print(const Stack &s, double seconds) {
  std::cout.precision(17);
  std::cout << "{\"seconds\": " << seconds << ", \"status\": [";
  for (size_t n = 0; n < s.status.size(); n++) std::cout << (n ? ", " : "") << '"' << s.status[n] << '"';
  std::cout << ']';
  for (const auto &[name, values] : s.numbers) {
    std::cout << ", \"" << name << "\": [";
    for (size_t n = 0; n < values.size(); n++) {
      std::cout << (n ? ", " : "");
      if (values[n] == values[n]) std::cout << values[n];
      else std::cout << "null";
    }
    std::cout << ']';
  }
  std::cout << "}\n";
}

void execute(const std::vector<std::string> &a) {
  const auto number = [&](size_t i) { return std::stoi(a.at(i)); };
  Stack stack;
  stack.pixel = a.at(2) == "u8" ? SHEAF_U8 : a.at(2) == "u16" ? SHEAF_U16 : SHEAF_F32;
  stack.width = number(3);
  stack.height = number(4);
  stack.images = number(5);
  std::vector<char> pixels(stack.bytes());
  std::ifstream raw(a.at(1), std::ios::binary);
  sheaf_options options{};
  options.size = sizeof options;
  options.threads = a.size() > 7 ? number(7) : 1;
  sheaf_session *session = nullptr;
  if (sheaf_session_create(&options, &session) != SHEAF_OK) throw std::runtime_error("no session");
  for (int i = 0; i < number(6); i++) {
    if (!raw.read(pixels.data(), static_cast<std::streamsize>(pixels.size()))) throw std::runtime_error(a[1] + " is too short");
    stack.pixels = pixels.data();
    sheaf_client client{};
    client.size = sizeof client;
    client.context = &stack;
    client.inputs = 1;
    client.input_info = input_info;
    client.read_slice = read_slice;
    client.write_slice = write_slice;
    client.column = column;
    const auto start = std::chrono::steady_clock::now();
    sheaf_run *run = nullptr;
    sheaf_status status = sheaf_run_create(session, "align.register", a.at(0).c_str(), &client, &run);
    if (status == SHEAF_OK) status = sheaf_run_execute(run);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const std::string message = sheaf_run_message(run);
    sheaf_run_destroy(run);
    if (status != SHEAF_OK) throw std::runtime_error(message);
    print(stack, seconds);
  }
  sheaf_session_destroy(session);
}

}  // namespace

int main(int argc, char **argv) {
  try {
    execute({argv + 1, argv + argc});
    return 0;
  } catch (const std::exception &e) {
    std::cerr << "align_pairs: " << e.what() << "\n";
    return 1;
  }
}
