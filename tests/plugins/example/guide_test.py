"""docs/write-a-plugin.md as a stranger reads it: guide_test.py CMAKE BUILD-FOLDER SOURCE-FOLDER C-COMPILER
Installs Sheaf into a new folder, then builds and runs what the guide prints, with nothing of the source tree."""
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

CMAKE, BUILD, SOURCE, CC = sys.argv[1:5]
sys.path.insert(0, os.path.join(SOURCE, "tests/core/cli"))
import tiff  # noqa: E402  (of the command line's tests)

with open(os.path.join(SOURCE, "docs/write-a-plugin.md"), encoding="utf-8") as f:
    GUIDE = f.read()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", GUIDE, re.S | re.M)


def blocks(language):
    return [text for kind, text in BLOCKS if kind == language]


class Guide(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="sheaf-guide-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.prefix = os.path.join(cls.folder, "installed")
        subprocess.run([CMAKE, "--install", BUILD, "--prefix", cls.prefix], check=True, capture_output=True)
        cls.work = os.path.join(cls.folder, "work")
        os.mkdir(cls.work)
        cls.environment = {k: v for k, v in os.environ.items()
                           if not k.startswith("SHEAF") and k not in ("LD_LIBRARY_PATH", "CPATH", "XDG_CONFIG_HOME")}
        cls.environment.update(SHEAF=cls.prefix, HOME=os.path.join(cls.folder, "home"),
                               PATH=cls.prefix + "/bin:" + os.environ["PATH"])
        # four images of one value each
        tiff.write(os.path.join(cls.work, "cells.tif"), [bytes([10 + n] * 20 * 15) for n in (0, 1, 2, 7)], 20, 15)
        for name, text in (("gamma.c", blocks("c")[0]), ("outliers.cpp", blocks("cpp")[0]),
                           ("CMakeLists.txt", blocks("cmake")[0])):
            with open(os.path.join(cls.work, name), "w", encoding="utf-8") as f:
                f.write(text)

    def run_in_work(self, command):
        return subprocess.run(command, cwd=self.work, env=self.environment, capture_output=True, text=True)

    def test_the_guide_has_the_blocks_this_test_knows(self):
        self.assertEqual({kind for kind, _ in BLOCKS}, {"sh", "c", "cpp", "cmake", "console", "json", ""})
        self.assertEqual((len(blocks("cpp")), len(blocks("cmake")), len(blocks("sh"))), (1, 1, 1))

    def test_what_is_installed_is_what_the_guide_names(self):
        for name in ("include/sheaf/sheaf_plugin.h", "include/sheaf/plugin.hpp", "bin/sheaf",
                     "share/doc/sheaf/write-a-plugin.md", "share/doc/sheaf/gamma.c", "share/doc/sheaf/schema.md"):
            self.assertTrue(os.path.exists(os.path.join(self.prefix, name)), name)

    def test_gamma_is_printed_as_it_is(self):
        with open(os.path.join(SOURCE, "plugins/example/gamma.c"), encoding="utf-8") as f:
            self.assertEqual(blocks("c")[0], f.read())

    def test_gamma_compiles_without_a_warning_in_plain_c(self):
        for standard in ("c99", "c11", "c17"):
            done = self.run_in_work([CC, "-std=" + standard, "-pedantic", "-Wall", "-Wextra", "-Werror", "-shared",
                                     "-fPIC", "-I" + self.prefix + "/include/sheaf", "gamma.c", "-o", "strict.so",
                                     "-lm"])
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_the_commands_do_what_the_guide_shows(self):
        for block in blocks("console"):
            for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.M):
                done = self.run_in_work(["bash", "-c", command])
                self.assertEqual(done.returncode, 0, command + "\n" + done.stdout + done.stderr)
                self.assertEqual(done.stdout + done.stderr, expected, command)
        brighter = tiff.read(os.path.join(self.work, "brighter.tif"))
        self.assertEqual([set(page.data) for page in brighter],
                         [{round(255 * (v / 255) ** 0.5)} for v in (10, 11, 12, 17)])
        mean = tiff.read(os.path.join(self.work, "mean.tif"))
        self.assertEqual(len(mean), 1)
        self.assertEqual(set(struct.unpack("<300f", mean[0].data)), {12.5})
        self.assertTrue(os.path.exists(os.path.join(self.work, "cells-distances.svg")))

    def test_the_pieces_of_c_compile(self):
        for piece in blocks("c")[1:]:
            with open(os.path.join(self.work, "piece.c"), "w") as f:
                f.write("""#include "sheaf_plugin.h"
sheaf_status piece(const sheaf_host *host, sheaf_run *run, int64_t n, int64_t base, sheaf_info info_of_input);
sheaf_status piece(const sheaf_host *host, sheaf_run *run, int64_t n, int64_t base, sheaf_info info_of_input) {
  sheaf_view in, out;
  sheaf_status status = SHEAF_OK;
  (void)in, (void)out, (void)n, (void)base;
""" + ("" if "sheaf_info info;" in piece else "  const sheaf_info info = info_of_input;\n  (void)info;\n") + "  {\n" +
                        piece + "  }\n  (void)info_of_input;\n  return status;\n}\n")
            done = self.run_in_work([CC, "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
                                     "-I" + self.prefix + "/include/sheaf", "piece.c"])
            self.assertEqual(done.returncode, 0, piece + done.stderr)

    def test_the_schema_is_accepted(self):
        for schema in blocks("json"):
            with open(os.path.join(self.work, "schema.c"), "w") as f:
                f.write("""#include "sheaf_plugin.h"
static sheaf_status SHEAF_CALL slice(const sheaf_host *host, sheaf_run *run, void *state, int64_t n) {
  (void)host, (void)run, (void)state, (void)n;
  return SHEAF_OK;
}
static const sheaf_operation operation = {sizeof operation, 0, "examples.denoise", %s, slice, 0, 0, 0, 0};
static const sheaf_operation *const operations[] = {&operation};
static const sheaf_plugin plugin = {sizeof plugin, SHEAF_MINOR, "org.example.schema", "1", "E", "MIT", 1, 0, operations, 0};
const sheaf_plugin *SHEAF_CALL sheaf_plugin_v1(void) { return &plugin; }
""" % json.dumps(json.dumps(json.loads(schema))))
            done = self.run_in_work(["bash", "-c", "cc -shared -fPIC -I$SHEAF/include/sheaf schema.c -o schema.so && "
                                     "sheaf describe examples.denoise --format json --plugins schema.so"])
            self.assertEqual(done.returncode, 0, done.stderr)
            described = json.loads(done.stdout)
            self.assertEqual([p["key"] for p in described["params"]],
                             [p["key"] for p in json.loads(schema)["params"]])

    def test_a_program_can_be_built_with_the_package(self):
        with open(os.path.join(SOURCE, "tests/core/client.c")) as f:
            program = f.read()
        folder = os.path.join(self.folder, "program")
        os.mkdir(folder)
        with open(os.path.join(folder, "client.c"), "w") as f:
            f.write(program)
        with open(os.path.join(folder, "CMakeLists.txt"), "w") as f:
            f.write("""cmake_minimum_required(VERSION 3.20)
project(client LANGUAGES C)
find_package(Sheaf 1.0 REQUIRED)
add_executable(client client.c)
target_link_libraries(client PRIVATE sheaf::sheaf m)
""")
        for command in (["cmake", "-S", folder, "-B", folder + "/build", "-DCMAKE_PREFIX_PATH=" + self.prefix],
                        ["cmake", "--build", folder + "/build"],
                        ["bash", "-c", "cc -shared -fPIC -I$SHEAF/include/sheaf gamma.c -o for_client.so -lm"],
                        [folder + "/build/client", "for_client.so"]):
            done = self.run_in_work(command)
            self.assertEqual(done.returncode, 0, " ".join(command) + done.stdout + done.stderr)

    def test_links_lead_somewhere(self):
        prose = re.sub(r"^```.*?^```$", "", GUIDE, flags=re.S | re.M)
        targets = re.findall(r"\]\(([^)#]+)\)", prose)
        self.assertIn("schema.md", targets)
        for target in targets:
            self.assertTrue(os.path.exists(os.path.join(SOURCE, "docs", target)), target)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[5:]])
