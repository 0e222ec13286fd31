// Files that appear under their names when they are complete, or not at all.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace sheaf::cli {

// A file that will be written, and what it is for: "--output mask", "the table means".
struct Target {
  std::filesystem::path path;
  std::string purpose;
  bool makes_folder = false;  // its folder is made when it is missing
};

// Refuses, with one sentence, what cannot or must not be written: a file twice, an
// input, whatever is no regular file, an existing file unless `overwrite`, and what
// the system does not allow. Writes nothing.
void check_targets(const std::vector<Target> &targets, const std::vector<std::string> &inputs, bool overwrite);

// A file under a name of its own in the folder of `path`, until publish(). A link is
// written through. Errors: std::runtime_error with the system's reason.
class NewFile {
 public:
  NewFile(const std::filesystem::path &path, bool overwrite);
  ~NewFile();
  NewFile(NewFile &&) noexcept;
  NewFile &operator=(NewFile &&) noexcept;

  const std::string &draft() const { return draft_; }
  void write(const std::string &text);  // the whole content
  void publish();

 private:
  friend void publish(const std::vector<NewFile *> &);
  void discard() noexcept;
  void withdraw() noexcept;

  std::filesystem::path path_;  // behind links
  std::string shown_, draft_;
  bool overwrite_ = false, replaced_ = false, published_ = false;
};

// All of them, or none: what did not exist before is removed again after a failure.
void publish(const std::vector<NewFile *> &files);

}  // namespace sheaf::cli
