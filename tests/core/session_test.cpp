// Sessions and the libraries they know: where they are looked for, and why one is refused.
#include <dlfcn.h>
#include <elf.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "client.hpp"

namespace fs = std::filesystem;
using namespace testing;

namespace {

// A folder of this test alone.
class Folder {
 public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "sheaf-test-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()));
    path_ = pattern;
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder &) = delete;
  Folder &operator=(const Folder &) = delete;
  const fs::path &path() const { return path_; }
  operator std::string() const { return path_.string(); }

  // A copy of a fixture, under `name`.
  fs::path put(const std::string &fixture, const std::string &name) const {
    fs::create_directories((path_ / name).parent_path());
    fs::copy_file(fs::path(SHEAF_FIXTURES) / (fixture + ".so"), path_ / name);
    return path_ / name;
  }
  fs::path write(const std::string &name, const std::string &content) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return path_ / name;
  }

 private:
  fs::path path_;
};

std::string content_of(const fs::path &path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// What a session says about the one library at that path.
Json told_about(const fs::path &path) {
  const Session session;
  REQUIRE(sheaf_session_load(session, path.c_str()) == SHEAF_OK);
  const Json plugins = session.plugins();
  REQUIRE(plugins.size() == 1);
  CHECK(plugins[0]["path"] == fs::canonical(path).string());
  CHECK(plugins[0]["loaded"] == (plugins[0]["reason"] == ""));
  if (plugins[0]["reason"] != "") {
    CHECK(plugins[0]["operations"].empty());
    CHECK(sheaf_operation_count(session) == 0);
  }
  return plugins[0];
}

std::string reason(const fs::path &path) { return told_about(path)["reason"]; }

std::string reason_of(const std::string &fixture) {
  return reason(fs::path(SHEAF_FIXTURES) / ("refused_" + fixture + ".so"));
}

// Sets environment variables for a block.
class Environment {
 public:
  Environment(std::initializer_list<std::pair<const char *, std::string>> values) {
    for (const auto &[name, value] : values) {
      const char *before = std::getenv(name);
      before_.emplace_back(name, before ? before : "\n");
      setenv(name, value.c_str(), 1);
    }
  }
  ~Environment() {
    for (const auto &[name, value] : before_)
      if (value == "\n") unsetenv(name);
      else setenv(name, value.c_str(), 1);
  }
  Environment(const Environment &) = delete;
  Environment &operator=(const Environment &) = delete;

 private:
  std::vector<std::pair<const char *, std::string>> before_;
};

}  // namespace

TEST_CASE("a session tells its threads, its memory and its version") {
  const Session session(3, 5000000, 1000000);
  const Json state = session.state();
  CHECK(state["threads"] == 3);
  CHECK(state["memory_budget"] == 5000000);
  CHECK(state["cache_budget"] == 1000000);
  CHECK(state["memory_used"] == 0);
  CHECK(state["memory_peak"] == 0);
  CHECK(state["version"] == std::to_string(SHEAF_VERSION_MAJOR) + "." + std::to_string(SHEAF_VERSION_MINOR) + "." +
                                std::to_string(SHEAF_VERSION_PATCH));
  CHECK(sheaf_version() == (SHEAF_VERSION_MAJOR << 16 | SHEAF_VERSION_MINOR << 8 | SHEAF_VERSION_PATCH));
}

TEST_CASE("by default a session has a thread for each processor and half of the memory") {
  const Session session(0);
  CHECK(session.state()["threads"] == std::thread::hardware_concurrency());
  const int64_t half = sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE) / 2;
  CHECK(session.state()["memory_budget"] == half);
  CHECK(session.state()["cache_budget"] == std::min<int64_t>(half / 4, 128 << 20));
}

TEST_CASE("impossible options are refused") {
  sheaf_session *none = nullptr;
  for (const auto &options :
       {Session::options(-1), Session::options(5000), Session::options(1, -5), Session::options(1, 0, -5)})
    CHECK(sheaf_session_create(&options, &none) == SHEAF_INVALID);
  CHECK(none == nullptr);
  const Session session(2);
  const sheaf_options bad = Session::options(-1);
  CHECK(sheaf_session_configure(session, &bad) == SHEAF_INVALID);
  CHECK(session.state()["threads"] == 2);
}

TEST_CASE("options of an older, shorter struct mean the same") {
  sheaf_options options = Session::options(3);
  options.size = offsetof(sheaf_options, memory_bytes);
  options.memory_bytes = -7;  // beyond what was given
  sheaf_session *session = nullptr;
  REQUIRE(sheaf_session_create(&options, &session) == SHEAF_OK);
  CHECK(Json::parse(sheaf_session_state(session))["threads"] == 3);
  sheaf_session_destroy(session);
}

TEST_CASE("what is NULL is refused or ignored, never followed") {
  CHECK(sheaf_session_create(nullptr, nullptr) == SHEAF_INTERNAL);
  CHECK(sheaf_session_configure(nullptr, nullptr) == SHEAF_INTERNAL);
  CHECK(sheaf_session_load(nullptr, "x") == SHEAF_INTERNAL);
  CHECK(sheaf_session_plugins(nullptr) == nullptr);
  CHECK(sheaf_session_state(nullptr) == nullptr);
  CHECK(sheaf_operation_count(nullptr) == 0);
  CHECK(sheaf_operation_id(nullptr, 0) == nullptr);
  CHECK(sheaf_operation_schema(nullptr, "x") == nullptr);
  CHECK(sheaf_run_create(nullptr, "x", "", nullptr, nullptr) == SHEAF_INTERNAL);
  CHECK(sheaf_run_execute(nullptr) == SHEAF_INTERNAL);
  CHECK(sheaf_run_preview(nullptr, 0) == SHEAF_INTERNAL);
  CHECK(sheaf_run_fail(nullptr, SHEAF_IO, "x") == SHEAF_IO);
  CHECK(sheaf_run_message(nullptr) == std::string());
  CHECK(sheaf_run_params(nullptr) == std::string());
  sheaf_run_cancel(nullptr);
  sheaf_run_destroy(nullptr);
  sheaf_session_destroy(nullptr);
  const Session session;
  CHECK(sheaf_operation_schema(session, nullptr) == nullptr);
  sheaf_run *run = nullptr;
  CHECK(sheaf_run_create(session, nullptr, "", nullptr, &run) == SHEAF_INTERNAL);
  CHECK(sheaf_run_message(run) == std::string("sheaf_run_create: a null pointer was given"));
  sheaf_run_destroy(run);
}

TEST_CASE("statuses have names") {
  CHECK(sheaf_status_name(SHEAF_OK) == std::string("ok"));
  CHECK(sheaf_status_name(SHEAF_NO_MEMORY) == std::string("no memory"));
  CHECK(sheaf_status_name(SHEAF_INTERNAL) == std::string("internal"));
  CHECK(sheaf_status_name(-1) == std::string("unknown"));
  CHECK(sheaf_status_name(99) == std::string("unknown"));
}

TEST_CASE("a library's operations are listed by id, with complete schemas") {
  Session session;
  session.with("results").with("faults");
  const int32_t count = sheaf_operation_count(session);
  CHECK(count == 22);
  for (int32_t i = 1; i < count; i++)
    CHECK(std::string(sheaf_operation_id(session, i - 1)) < sheaf_operation_id(session, i));
  CHECK(sheaf_operation_id(session, -1) == nullptr);
  CHECK(sheaf_operation_id(session, count) == nullptr);
  const Json schema = Json::parse(sheaf_operation_schema(session, "results.invert"));
  CHECK(schema["id"] == "results.invert");
  CHECK(schema["inputs"][0]["min_images"] == 1);
  CHECK(sheaf_operation_schema(session, "results.inverse") == nullptr);
  const Json plugin = session.plugins()[0];
  CHECK(plugin["id"] == "org.sheaf.test.results");
  CHECK(plugin["version"] == "1.2.3");
  CHECK(plugin["vendor"] == "Sheaf tests");
  CHECK(plugin["license"] == "BSD-3-Clause");
  CHECK(plugin["loaded"] == true);
  CHECK(plugin["notes"].empty());
  CHECK(plugin["operations"].size() == 15);
}

TEST_CASE("loading a library again, or in another session, changes nothing") {
  Session a, b;
  a.with("results").with("results");
  b.with("results");
  CHECK(a.plugins() == b.plugins());
  CHECK(a.plugins().size() == 1);
  Client client(collection(SHEAF_U8, 5, 4, 3));
  CHECK(outcome(a, "results.invert", client) == "ok");
  CHECK(outcome(b, "results.invert", client) == "ok");
}

TEST_CASE("a folder's libraries are loaded in the order of their names") {
  const Folder folder;
  folder.put("faults", "b.so");
  folder.put("results", "a.so");
  folder.write("readme.txt", "no library");
  folder.put("refused_sound", "sub/c.so");
  folder.write("d.so", "text");
  const Session session;
  CHECK(sheaf_session_load(session, std::string(folder).c_str()) == SHEAF_OK);
  const Json plugins = session.plugins();
  REQUIRE(plugins.size() == 3);
  CHECK(fs::path(plugins[0]["path"].get<std::string>()).filename() == "a.so");
  CHECK(fs::path(plugins[1]["path"].get<std::string>()).filename() == "b.so");
  CHECK(plugins[2]["reason"] == "the file is not a shared library");
  CHECK(session.state()["folders"] == Json::array({std::string(folder)}));
}

TEST_CASE("a file or folder that is not there is an error") {
  const Session session;
  CHECK(sheaf_session_load(session, "/nowhere/at/all.so") == SHEAF_IO);
  CHECK(sheaf_session_load(session, std::string(5000, 'x').c_str()) == SHEAF_IO);
  CHECK(session.plugins().empty());
}

TEST_CASE("the folders are searched in order: the variable, beside the core, the user's") {
  const Folder folder;
  folder.put("results", "first/results.so");
  folder.put("refused_sound", "second/sound.so");
  folder.put("refused_sound", "core/sheaf-plugins/sound_again.so");
  folder.put("refused_mode", "home/.config/sheaf/plugins/mode.so");
  folder.put("faults", "config/sheaf/plugins/faults.so");
  const std::string at = folder;
  fs::create_symlink("loop", folder.path() / "loop");
  const fs::path core = folder.path() / "core/libsheaf.so";
  fs::copy_file(fs::canonical(SHEAF_LIBRARY), core);

  void *library = dlopen(core.c_str(), RTLD_NOW | RTLD_LOCAL);
  REQUIRE(library);
  const auto create = reinterpret_cast<decltype(&sheaf_session_create)>(dlsym(library, "sheaf_session_create"));
  const auto load = reinterpret_cast<decltype(&sheaf_session_load)>(dlsym(library, "sheaf_session_load"));
  const auto plugins = reinterpret_cast<decltype(&sheaf_session_plugins)>(dlsym(library, "sheaf_session_plugins"));
  const auto state = reinterpret_cast<decltype(&sheaf_session_state)>(dlsym(library, "sheaf_session_state"));
  const auto destroy = reinterpret_cast<decltype(&sheaf_session_destroy)>(dlsym(library, "sheaf_session_destroy"));
  REQUIRE((create && load && plugins && state && destroy));
  const auto seen = [&](sheaf_session *session) {
    std::vector<std::string> names;
    for (const auto &p : Json::parse(plugins(session)))
      names.push_back(fs::relative(p["path"].get<std::string>(), fs::canonical(at)).string() +
                      (p["loaded"] == true ? "" : " refused: " + p["reason"].get<std::string>()));
    return names;
  };
  const std::string sound = fs::canonical(folder.path() / "second/sound.so");
  {
    // what cannot be a folder does no harm: a name too long, a link to itself, nothing at all
    const Environment environment{{"SHEAF_PLUGIN_PATH", at + "/first:" + std::string(300, 'x') + ":" + at +
                                                            "/loop::/nowhere:" + at + "/second/sound.so"},
                                  {"XDG_CONFIG_HOME", at + "/config"},
                                  {"HOME", at + "/home"}};
    sheaf_session *session = nullptr;
    REQUIRE(create(nullptr, &session) == SHEAF_OK);
    CHECK(seen(session) ==
          std::vector<std::string>{
              "first/results.so", "second/sound.so",
              "core/sheaf-plugins/sound_again.so refused: operation refused.sound is already provided by " + sound,
              "config/sheaf/plugins/faults.so"});
    CHECK(load(session, nullptr) == SHEAF_OK);
    CHECK(seen(session).size() == 4);
    const Json folders = Json::parse(state(session))["folders"];
    CHECK(folders.front() == at + "/first");
    CHECK(folders.back() == at + "/config/sheaf/plugins");
    destroy(session);
  }
  {
    const Environment environment{{"SHEAF_PLUGIN_PATH", ""}, {"XDG_CONFIG_HOME", ""}, {"HOME", at + "/home"}};
    sheaf_session *session = nullptr;
    REQUIRE(create(nullptr, &session) == SHEAF_OK);
    CHECK(seen(session) ==
          std::vector<std::string>{"core/sheaf-plugins/sound_again.so",
                                   "home/.config/sheaf/plugins/mode.so refused: operation refused.sound "
                                   "is already provided by " +
                                       fs::canonical(folder.path() / "core/sheaf-plugins/sound_again.so").string()});
    destroy(session);
  }
}

TEST_CASE("a file that is no library of this machine is refused before its code runs") {
  const Folder folder;
  CHECK(reason(folder.write("text.so", "not a library at all")) == "the file is not a shared library");
  CHECK(reason(folder.write("empty.so", "")) == "the file is not a shared library");
  const std::string whole = content_of(fs::path(SHEAF_FIXTURES) / "refused_sound.so");
  int damaged = 0;
  for (const size_t length : {size_t{5}, size_t{40}, sizeof(Elf64_Ehdr) - 1, sizeof(Elf64_Ehdr), size_t{200},
                              whole.size() / 2, whole.size() - 1})
    CHECK(reason(folder.write("cut" + std::to_string(damaged++) + ".so", whole.substr(0, length))) ==
          "the file is truncated");
  const auto patched = [&](const char *name, const std::function<void(Elf64_Ehdr &)> &change) {
    std::string content = whole;
    Elf64_Ehdr header;
    std::memcpy(&header, content.data(), sizeof header);
    change(header);
    std::memcpy(content.data(), &header, sizeof header);
    return reason(folder.write(name, content));
  };
  const std::string here =
#if defined(__x86_64__)
      "this is x86-64)";
  CHECK(patched("arm.so", [](Elf64_Ehdr &h) { h.e_machine = EM_AARCH64; }) ==
        "the library is for another processor (arm64, " + here);
#else
      "this is arm64)";
  CHECK(patched("x86.so", [](Elf64_Ehdr &h) { h.e_machine = EM_X86_64; }) ==
        "the library is for another processor (x86-64, " + here);
#endif
  CHECK(patched("mips.so", [](Elf64_Ehdr &h) { h.e_machine = EM_MIPS; }) ==
        "the library is for another processor (unknown, " + here);
  CHECK(patched("object.so", [](Elf64_Ehdr &h) { h.e_type = ET_REL; }) == "the file is not a shared library");
  CHECK(patched("wrap.so", [](Elf64_Ehdr &h) { h.e_shoff = ~uint64_t{0} - 10; }) == "the file is truncated");
  CHECK(patched("names.so", [](Elf64_Ehdr &h) { h.e_shstrndx = h.e_shnum; }) == "the file is damaged");
  CHECK(patched("entries.so", [](Elf64_Ehdr &h) { h.e_shentsize = 8; }) == "the file is damaged");
}

TEST_CASE("a library whose tables point outside of it is refused") {
  const Folder folder;
  const std::string whole = content_of(fs::path(SHEAF_FIXTURES) / "refused_sound.so");
  Elf64_Ehdr header;
  std::memcpy(&header, whole.data(), sizeof header);
  for (int i = 1; i < header.e_shnum; i++) {
    std::string content = whole;
    const size_t at = header.e_shoff + i * sizeof(Elf64_Shdr);
    Elf64_Shdr section;
    std::memcpy(&section, content.data() + at, sizeof section);
    if (section.sh_type == SHT_NOBITS) continue;
    section.sh_size = uint64_t{1} << 40;  // nobody should try to read a terabyte
    std::memcpy(content.data() + at, &section, sizeof section);
    CHECK(reason(folder.write("section" + std::to_string(i) + ".so", content)) == "the file is damaged");
  }
}

TEST_CASE("a stripped library is as good as another") {
  const Json plugin = told_about(fs::path(SHEAF_FIXTURES) / "refused_stripped.so");
  CHECK(plugin["reason"] == "");
  CHECK(plugin["operations"] == Json::array({"refused.sound"}));
}

TEST_CASE("a library without the entry point of this interface is refused") {
  CHECK(reason_of("stranger") == "the library does not export sheaf_plugin_v1: it is not a Sheaf plugin");
  CHECK(reason_of("major") == "the plugin is made for interface 2, this Sheaf has interface 1");
  CHECK(reason_of("data") == "sheaf_plugin_v1 is not a function");
  CHECK(reason_of("minor") == "the plugin needs interface 1.7, this Sheaf has 1.0; update Sheaf");
}

TEST_CASE("a plugin that throws, gives nothing, or cannot work here is refused with the reason") {
  CHECK(reason_of("throws") == "sheaf_plugin_v1 threw an exception: no licence was found");
  CHECK(reason_of("throws_number") == "sheaf_plugin_v1 threw an exception");
  CHECK(reason_of("null") == "sheaf_plugin_v1 returned no plugin");
  CHECK(reason_of("error") == "the graphics card has no driver");
}

TEST_CASE("a plugin with nonsense in its tables is refused") {
  CHECK(reason_of("short") == "the plugin's table has the impossible size 12");
  CHECK(reason_of("long") == "the plugin's table has the impossible size 1000000");
  CHECK(reason_of("short_operation") == "an operation has the impossible size 8");
  CHECK(reason_of("long_operation") == "an operation has the impossible size 100000");
  CHECK(reason_of("count") == "the plugin has 1000000 operations");
  CHECK(reason_of("none") == "the plugin has 0 operations");
  CHECK(reason_of("empty") == "the plugin has 1 operations");
  CHECK(reason_of("hole") == "an operation has the impossible size 0");
  CHECK(reason_of("anonymous") == "the plugin has no id");
  CHECK(reason_of("unnamed") == "an operation has no id or no schema");
  CHECK(reason_of("both") == "operation refused.sound must have exactly one of slice and run");
  CHECK(reason_of("neither") == "operation refused.sound must have exactly one of slice and run");
  CHECK(reason_of("twice") == "operation refused.sound is there twice");
}

TEST_CASE("a plugin with a broken schema is refused, all its problems named") {
  CHECK(
      reason_of("schema") ==
      "operation refused.sound: \"memory\" is one, pairs or all; parameter Stack: a key is made of a-z, 0-9 and _ and "
      "begins with a letter; parameter Stack: \"type\" is missing");
  CHECK_THAT(reason_of("text"), Catch::StartsWith("operation refused.sound: the schema is not JSON: "));
}

TEST_CASE("an operation belongs to the plugin that brought it first") {
  const Folder folder;
  const auto first = folder.put("refused_sound", "a.so"), second = folder.put("refused_sound", "b.so");
  const Session session;
  CHECK(sheaf_session_load(session, std::string(folder).c_str()) == SHEAF_OK);
  CHECK(session.plugins()[1]["reason"] ==
        "operation refused.sound is already provided by " + fs::canonical(first).string());
  CHECK(session.plugins()[1]["operations"].empty());
  CHECK(sheaf_operation_count(session) == 1);
  const Session other;
  CHECK(sheaf_session_load(other, second.c_str()) == SHEAF_OK);
  CHECK(other.plugins()[0]["loaded"] == true);
}

TEST_CASE("a library that was refused is looked at again once it was replaced") {
  const Folder folder;
  const fs::path path = folder.write("plugin.so", "half a down");
  const Session session;
  CHECK(sheaf_session_load(session, path.c_str()) == SHEAF_OK);
  CHECK(session.plugins()[0]["reason"] == "the file is not a shared library");
  fs::remove(path);
  folder.put("refused_sound", "plugin.so");
  CHECK(sheaf_session_load(session, path.c_str()) == SHEAF_OK);
  REQUIRE(session.plugins().size() == 1);
  CHECK(session.plugins()[0]["loaded"] == true);
  CHECK(sheaf_operation_count(session) == 1);
}

#if defined(__x86_64__)
TEST_CASE("a library that switches the floating-point mode is noted, and the mode restored") {
  const auto mode = [] { return _mm_getcsr() & 0xffc0; };
  const unsigned before = mode();
  const std::string note =
      "loading it changed the floating-point mode (linked with -ffast-math?); the mode was restored";
  for (const char *fixture : {"refused_mode", "refused_fast_math"}) {
    const Json plugin = told_about(fs::path(SHEAF_FIXTURES) / (std::string(fixture) + ".so"));
    CHECK(plugin["loaded"] == true);
    CHECK(plugin["notes"] == Json::array({note}));
    CHECK(mode() == before);
  }
  const Json refused = told_about(fs::path(SHEAF_FIXTURES) / "refused_mode_throws.so");
  CHECK(refused["loaded"] == false);
  CHECK(mode() == before);
}
#endif
