// libFuzzer on the text of schemas. Any bytes either give problems or a schema
// that can be used: completed and read again it means the same.
#include <cstdio>
#include <cstdlib>

#include "error.hpp"
#include "schema.hpp"

using namespace sheaf::core;

namespace {

[[noreturn]] void broken(const char *what) {
  std::fprintf(stderr, "schema_fuzz: %s\n", what);
  std::abort();
}

// The complete schema as its author would write it: without what the core adds.
std::string as_written(Json json) {
  json.erase("id");
  for (auto &output : json["outputs"])
    if (output["pixel"] == "") output.erase("pixel");
  return json.dump();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const std::string text(reinterpret_cast<const char *>(data), size);
  std::vector<std::string> problems;
  const Schema schema = Schema::parse("fuzz.schema", text, problems);
  if (!problems.empty()) return 0;
  // defaults are values
  const Json defaults = schema.complete(Json::object());
  if (schema.complete(defaults) != defaults) broken("the defaults are not accepted");
  const Schema again = Schema::parse("fuzz.schema", as_written(schema.json()), problems);
  if (!problems.empty()) broken(problems.front().c_str());
  if (again.json() != schema.json()) broken("the complete schema means something else");
  if (again.complete(Json::object()) != defaults) broken("the complete schema has other defaults");
  return 0;
}
