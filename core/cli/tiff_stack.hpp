// TIFF stacks as ImageJ writes and reads them, streamed image by image.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "new_file.hpp"
#include "sheaf_types.h"

namespace sheaf::cli {

// What a stack is, beyond sheaf_info: kept from input to output.
struct StackInfo {
  sheaf_info info{};
  std::string unit;
  std::vector<std::string> labels;  // per image, may be empty
};

// Reads 8-, 16- (signed, too) and 32-bit gray, and RGB; other gray types become
// 32-bit as in ImageJ. Errors: std::runtime_error with one sentence.
class TiffReader {
 public:
  // as_described: believe ImageJ's description of how many images there are; it
  // is written with the first one.
  explicit TiffReader(const std::string &path, bool as_described = true);
  ~TiffReader();
  TiffReader(TiffReader &&) noexcept;

  const StackInfo &stack() const { return stack_; }
  const std::string &path() const { return path_; }
  // A remark on a conversion, or "".
  const std::string &note() const { return note_; }
  void read(int64_t n, const sheaf_view &into);

 private:
  struct File;
  void read_metadata(bool as_described);
  void read_raw(int64_t n, std::vector<uint8_t> &bytes);

  std::string path_;
  std::unique_ptr<File> file_;
  StackInfo stack_;
  std::string note_;
};

// Writes a stack with ImageJ's metadata. Images may come in any order; those
// that come early wait in memory. Nothing appears under the final name before
// file() is published; without that nothing remains.
class TiffWriter {
 public:
  TiffWriter(std::string path, const StackInfo &stack, bool overwrite);
  ~TiffWriter();

  void write(int64_t n, const sheaf_view &from);
  void close();                          // after the last image
  NewFile &file() { return new_file_; }  // to be published after close()

 private:
  struct File;
  void put(const std::vector<uint8_t> &bytes);
  void widen_labels();
  void open();

  std::string path_;
  bool overwrite_;
  NewFile new_file_;
  StackInfo stack_;
  bool wide_labels_ = false;
  std::unique_ptr<File> file_;
  int64_t next_ = 0;
  std::map<int64_t, std::vector<uint8_t>> waiting_;
};

}  // namespace sheaf::cli
