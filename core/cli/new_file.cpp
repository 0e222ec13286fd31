#include "new_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <map>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace sheaf::cli {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const fs::path &path, const std::string &why) {
  throw std::runtime_error(path.string() + ": " + why);
}

std::string reason(int error) { return std::generic_category().message(error); }

// Behind links; the file itself need not exist.
fs::path resolved(const fs::path &path) {
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  if (!error) return real;
  const fs::path whole = fs::absolute(path);
  const fs::path folder = fs::weakly_canonical(whole.parent_path(), error);
  return (error ? whole.parent_path() : folder) / whole.filename();
}

// A missing folder is judged by the nearest one that exists.
void check_folder(const Target &target) {
  const fs::path given = target.path.has_parent_path() ? target.path.parent_path() : fs::path(".");
  fs::path folder = given;
  struct stat s {};
  while (stat(folder.c_str(), &s) != 0) {
    if (errno != ENOENT && errno != ENOTDIR) refuse(target.path, "cannot be written (" + reason(errno) + ")");
    if (!target.makes_folder) refuse(target.path, "cannot be written: there is no folder " + given.string());
    folder = folder.has_parent_path() && folder.parent_path() != folder ? folder.parent_path() : fs::path(".");
  }
  const bool is_folder = S_ISDIR(s.st_mode);
  if (is_folder && access(folder.c_str(), W_OK | X_OK) == 0) return;
  const std::string why = reason(is_folder ? errno : ENOTDIR);
  if (target.makes_folder && folder != given) refuse(given, "the folder cannot be made (" + why + ")");
  if (target.makes_folder && !is_folder) refuse(given, "this is no folder");
  refuse(target.path, "cannot be written (" + why + ")");
}

}  // namespace

void check_targets(const std::vector<Target> &targets, const std::vector<std::string> &inputs, bool overwrite) {
  std::map<fs::path, std::string> purposes;
  for (const auto &target : targets) {
    const auto [first, added] = purposes.emplace(resolved(target.path), target.purpose);
    if (!added) refuse(target.path, "given for both " + first->second + " and " + target.purpose);
    struct stat s {};
    if (stat(target.path.c_str(), &s) != 0) {
      std::error_code error;
      const fs::path to = fs::read_symlink(target.path, error);
      if (!error) refuse(target.path, "this is a link to " + to.string() + ", which does not exist");
      check_folder(target);
      continue;
    }
    for (const auto &input : inputs) {
      struct stat i {};
      if (stat(input.c_str(), &i) == 0 && i.st_dev == s.st_dev && i.st_ino == s.st_ino)
        refuse(target.path, "this is the input" + (target.path == fs::path(input) ? "" : " " + input) +
                                "; results never replace an input, give another name");
    }
    if (S_ISDIR(s.st_mode)) refuse(target.path, "cannot be written (" + reason(EISDIR) + ")");
    if (!S_ISREG(s.st_mode)) refuse(target.path, "this is no regular file; results go to files");
    if (!overwrite) refuse(target.path, "the file exists already; --overwrite replaces it");
    check_folder({resolved(target.path), target.purpose, false});
  }
}

NewFile::NewFile(const fs::path &path, bool overwrite)
    : path_(resolved(path)), shown_(path.string()), overwrite_(overwrite) {
  static std::atomic<int> count{0};
  struct stat old {};
  replaced_ = stat(path_.c_str(), &old) == 0;
  int fd = -1;
  do {
    draft_ = path_.string() + "." + std::to_string(getpid()) + "-" + std::to_string(++count) + ".part";
    fd = open(draft_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (fd < 0 && errno == EEXIST);
  if (fd < 0) {
    const std::string why = reason(errno);
    draft_.clear();  // nothing of ours to remove
    refuse(shown_, "cannot be written (" + why + ")");
  }
  if (replaced_) (void)!fchmod(fd, old.st_mode & 07777);  // as it was, where the system allows it
  close(fd);
}

NewFile::~NewFile() { discard(); }

NewFile::NewFile(NewFile &&other) noexcept { *this = std::move(other); }

NewFile &NewFile::operator=(NewFile &&other) noexcept {
  if (this == &other) return *this;
  discard();
  path_ = std::move(other.path_);
  shown_ = std::move(other.shown_);
  draft_ = std::exchange(other.draft_, "");
  overwrite_ = other.overwrite_;
  replaced_ = other.replaced_;
  published_ = other.published_;
  return *this;
}

void NewFile::discard() noexcept {
  if (!draft_.empty()) unlink(draft_.c_str());
  draft_.clear();
}

void NewFile::write(const std::string &text) {
  const int fd = open(draft_.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
  int error = fd < 0 ? errno : 0;
  for (size_t done = 0; error == 0 && done < text.size();) {
    const ssize_t n = ::write(fd, text.data() + done, text.size() - done);
    if (n > 0) done += static_cast<size_t>(n);
    else if (errno != EINTR) error = errno;
  }
  if (fd >= 0 && close(fd) != 0 && error == 0) error = errno;
  if (error != 0) refuse(shown_, "cannot be written (" + reason(error) + ")");
}

void NewFile::publish() {
  int error = 0;
  if (overwrite_) {
    if (rename(draft_.c_str(), path_.c_str()) != 0) error = errno;
  } else if (link(draft_.c_str(), path_.c_str()) == 0) {  // unlike rename, never replaces
    unlink(draft_.c_str());
  } else if (errno == EEXIST) {
    refuse(shown_, "the file has come into being during the run; --overwrite replaces it");
  } else {  // a file system without links
    struct stat s {};
    if (lstat(path_.c_str(), &s) == 0)
      refuse(shown_, "the file has come into being during the run; --overwrite replaces it");
    if (rename(draft_.c_str(), path_.c_str()) != 0) error = errno;
  }
  if (error != 0) refuse(shown_, "cannot be written (" + reason(error) + ")");
  draft_.clear();
  published_ = true;
}

void NewFile::withdraw() noexcept {
  if (published_ && !replaced_) unlink(path_.c_str());
}

void publish(const std::vector<NewFile *> &files) {
  try {
    for (NewFile *file : files) file->publish();
  } catch (...) {
    for (NewFile *file : files) file->withdraw();
    throw;
  }
}

}  // namespace sheaf::cli
