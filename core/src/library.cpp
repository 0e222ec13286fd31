#include "library.hpp"

#include <dlfcn.h>
#include <link.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include <algorithm>
#include <boost/dll/library_info.hpp>
#include <boost/dll/runtime_symbol_info.hpp>
#include <boost/dll/shared_library.hpp>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

#include "error.hpp"
#include "text.hpp"

namespace sheaf::core {
namespace {

namespace fs = std::filesystem;

// Why the file cannot be a library for this process, or "". Reads headers only.
std::string elf_problem(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return "the file cannot be read";
  Elf64_Ehdr header{};
  file.read(reinterpret_cast<char *>(&header), sizeof header);
  const auto read = static_cast<size_t>(file.gcount());
  if (read < SELFMAG || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return "the file is not a shared library";
  if (read < sizeof header) return "the file is truncated";
#if defined(__x86_64__)
  constexpr int machine = EM_X86_64;
#elif defined(__aarch64__)
  constexpr int machine = EM_AARCH64;
#endif
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != machine) {
    static const std::map<int, const char *> names = {
        {EM_X86_64, "x86-64"}, {EM_AARCH64, "arm64"}, {EM_386, "32-bit x86"}, {EM_ARM, "32-bit arm"}};
    const auto name = names.find(header.e_machine);
    return std::string("the library is for another processor (") + (name == names.end() ? "unknown" : name->second) +
           ", this is " + names.at(machine) + ")";
  }
  if (header.e_type != ET_DYN) return "the file is not a shared library";
  std::error_code error;
  const uint64_t size = fs::file_size(path, error), table = uint64_t{header.e_shnum} * sizeof(Elf64_Shdr);
  if (error || header.e_shoff == 0 || header.e_shoff > size || table > size - header.e_shoff)
    return "the file is truncated";
  // what looks up its symbols below trusts these numbers
  bool sound = header.e_shentsize == sizeof(Elf64_Shdr) && header.e_shstrndx < header.e_shnum;
  file.seekg(static_cast<std::streamoff>(header.e_shoff));
  for (int i = 0; sound && i < header.e_shnum; i++) {
    Elf64_Shdr section{};
    file.read(reinterpret_cast<char *>(&section), sizeof section);
    const bool inside =
        section.sh_type == SHT_NOBITS || (section.sh_offset <= size && section.sh_size <= size - section.sh_offset);
    const bool symbols = section.sh_type == SHT_SYMTAB || section.sh_type == SHT_DYNSYM;
    sound = file && inside && !(symbols && section.sh_size < sizeof(Elf64_Sym));
  }
  return sound ? "" : "the file is damaged";
}

// The floating-point mode of this thread (rounding, exceptions, denormals).
unsigned floating_point_mode() {
#if defined(__x86_64__)
  return _mm_getcsr() & 0xffc0;  // without the sticky exception flags
#else
  return 0;
#endif
}

void set_floating_point_mode([[maybe_unused]] unsigned mode) {
#if defined(__x86_64__)
  _mm_setcsr(mode);
#endif
}

// The sizes of the growing structs in interface 1.0: less cannot be.
constexpr uint32_t operation_size_1_0 = 64, plugin_size_1_0 = 64;

// Copies a struct that starts with its size: what it lacks becomes 0.
template <class T>
T sized_copy(const T *from) {
  T copy{};
  std::memcpy(&copy, from, std::min<size_t>(from->size, sizeof copy));
  copy.size = sizeof copy;
  return copy;
}

std::string text_or(const char *text, const char *fallback) { return text && *text ? text : fallback; }

void read_operation(const sheaf_operation *given, Library &library) {
  if (!given || given->size < operation_size_1_0 || given->size > 4096)
    throw Error(SHEAF_INVALID, "an operation has the impossible size " + std::to_string(given ? given->size : 0));
  auto operation = std::make_unique<Operation>();
  operation->table = sized_copy(given);
  const auto &t = operation->table;
  if (!t.id || !t.schema) throw Error(SHEAF_INVALID, "an operation has no id or no schema");
  if ((t.slice == nullptr) == (t.run == nullptr))
    throw Error(SHEAF_INVALID, std::string("operation ") + t.id + " must have exactly one of slice and run");
  std::vector<std::string> problems;
  operation->schema = Schema::parse(t.id, t.schema, problems);
  if (!problems.empty()) {
    std::string text = std::string("operation ") + t.id + ": " + problems.front();
    for (size_t i = 1; i < problems.size(); i++) text += "; " + problems[i];
    throw Error(SHEAF_INVALID, text);
  }
  for (const auto &other : library.operations)
    if (other->schema.id() == t.id) throw Error(SHEAF_INVALID, std::string("operation ") + t.id + " is there twice");
  library.operations.push_back(std::move(operation));
}

void read_plugin(const sheaf_plugin *given, Library &library) {
  if (!given) throw Error(SHEAF_INVALID, "sheaf_plugin_v1 returned no plugin");
  if (given->size < plugin_size_1_0 || given->size > 4096)
    throw Error(SHEAF_INVALID, "the plugin's table has the impossible size " + std::to_string(given->size));
  const sheaf_plugin plugin = sized_copy(given);
  library.id = text_or(plugin.id, "");
  library.version = text_or(plugin.version, "?");
  library.vendor = text_or(plugin.vendor, "");
  library.license = text_or(plugin.license, "");
  if (plugin.minor > SHEAF_MINOR_NEWEST)
    throw Error(SHEAF_UNSUPPORTED, "the plugin needs interface 1." + std::to_string(plugin.minor) +
                                       ", this Sheaf has 1." + std::to_string(SHEAF_MINOR_NEWEST) + "; update Sheaf");
  if (plugin.error) throw Error(SHEAF_FAILED, plugin.error);
  if (library.id.empty()) throw Error(SHEAF_INVALID, "the plugin has no id");
  if (plugin.count == 0 || plugin.count > 10000 || !plugin.operations)
    throw Error(SHEAF_INVALID, "the plugin has " + std::to_string(plugin.count) + " operations");
  for (uint32_t i = 0; i < plugin.count; i++) read_operation(plugin.operations[i], library);
}

// A library linked with -ffast-math switches the thread that loads it to flush
// denormals, which would change the arithmetic of whatever runs on it (in
// ImageJ: Java). Notes that and switches back.
class FloatingPointGuard {
 public:
  explicit FloatingPointGuard(std::vector<std::string> &notes) : notes_(notes), mode_(floating_point_mode()) {}
  ~FloatingPointGuard() {
    const bool changed = floating_point_mode() != mode_;
    set_floating_point_mode(mode_);
    if (changed)
      notes_.push_back("loading it changed the floating-point mode (linked with -ffast-math?); the mode was restored");
  }
  FloatingPointGuard(const FloatingPointGuard &) = delete;
  FloatingPointGuard &operator=(const FloatingPointGuard &) = delete;

 private:
  std::vector<std::string> &notes_;
  const unsigned mode_;
};

struct Registry {
  std::mutex mutex;
  std::map<std::string, std::unique_ptr<Library>> libraries;  // by canonical path
  std::vector<std::unique_ptr<Library>> replaced;
  std::vector<std::unique_ptr<boost::dll::shared_library>> handles;
};

// Never destroyed, so that a plugin is never unloaded: threads, exit handlers
// and our own tables keep pointing into it.
Registry &registry() {
  static auto *r = new Registry;
  return *r;
}

// Runs the library's own code: its initializers and sheaf_plugin_v1. The
// registry is locked.
void load(Library &library) {
  const FloatingPointGuard guarded(library.notes);
  auto &handle = registry().handles.emplace_back(std::make_unique<boost::dll::shared_library>());
  try {
    handle->load(library.path, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
  } catch (const std::exception &e) {
    throw Error(SHEAF_IO, e.what());
  }
  Dl_info where{};
  ElfW(Sym) *symbol = nullptr;
  if (!dladdr1(&handle->get<char>("sheaf_plugin_v1"), &where, reinterpret_cast<void **>(&symbol), RTLD_DL_SYMENT) ||
      !symbol || ELF64_ST_TYPE(symbol->st_info) == STT_OBJECT)
    throw Error(SHEAF_UNSUPPORTED, "sheaf_plugin_v1 is not a function");
  const sheaf_plugin *plugin = nullptr;
  try {
    plugin = handle->get<const sheaf_plugin *()>("sheaf_plugin_v1")();
  } catch (const std::exception &e) {
    throw Error(SHEAF_FAILED, std::string("sheaf_plugin_v1 threw an exception: ") + e.what());
  } catch (...) {
    throw Error(SHEAF_FAILED, "sheaf_plugin_v1 threw an exception");
  }
  read_plugin(plugin, library);
}

void inspect(Library &library) {
  if (const std::string problem = elf_problem(library.path); !problem.empty()) throw Error(SHEAF_IO, problem);
  std::vector<std::string> symbols;
  try {
    symbols = boost::dll::library_info(library.path).symbols();
  } catch (const std::exception &e) {
    throw Error(SHEAF_IO, std::string("the file is damaged (") + e.what() + ")");
  }
  const auto has = [&](const std::string &name) {
    return std::find(symbols.begin(), symbols.end(), name) != symbols.end();
  };
  if (has("sheaf_plugin_v1")) return;
  for (const auto &symbol : symbols)
    if (symbol.starts_with("sheaf_plugin_v"))
      throw Error(SHEAF_UNSUPPORTED,
                  "the plugin is made for interface " + symbol.substr(14) + ", this Sheaf has interface 1");
  throw Error(SHEAF_UNSUPPORTED, "the library does not export sheaf_plugin_v1: it is not a Sheaf plugin");
}

}  // namespace

const Library &load_library(const std::string &path) {
  std::error_code ignored;
  const fs::path canonical = fs::canonical(path, ignored);
  const std::string key = canonical.empty() ? path : canonical.string();
  Registry &r = registry();
  const std::lock_guard lock(r.mutex);
  auto &entry = r.libraries[key];
  // a library that was refused may have been replaced: look again
  if (entry && entry->reason.empty()) return *entry;
  auto library = std::make_unique<Library>();
  library->path = key;
  guard(
      [&] {
        inspect(*library);
        load(*library);
      },
      [&](sheaf_status, const std::string &reason) {
        library->reason = reason;
        library->operations.clear();
      });
  // sessions hold pointers to what they saw
  if (entry) r.replaced.push_back(std::move(entry));
  entry = std::move(library);
  return *entry;
}

std::vector<std::string> libraries_in(const std::string &folder) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto &file : fs::directory_iterator(folder, error))
    if (file.path().extension() == ".so" && !file.is_directory(error)) paths.push_back(file.path().string());
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::vector<std::string> default_plugin_folders() {
  std::vector<std::string> folders;
  if (const char *path = std::getenv("SHEAF_PLUGIN_PATH")) {
    std::string rest = path;
    for (size_t end; !rest.empty(); rest = end == std::string::npos ? "" : rest.substr(end + 1)) {
      end = rest.find(':');
      if (const std::string folder = rest.substr(0, end); !folder.empty()) folders.push_back(folder);
    }
  }
  const fs::path core = fs::absolute(fs::path(boost::dll::this_line_location().string()));
  folders.push_back((core.parent_path() / "sheaf-plugins").string());
  const char *config = std::getenv("XDG_CONFIG_HOME");
  const char *home = std::getenv("HOME");
  if (config && *config) folders.push_back((fs::path(config) / "sheaf/plugins").string());
  else if (home && *home) folders.push_back((fs::path(home) / ".config/sheaf/plugins").string());
  return folders;
}

}  // namespace sheaf::core
