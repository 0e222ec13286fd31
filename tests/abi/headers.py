"""Every public header alone, and layout.c, in every language they promise:
headers.py C-COMPILER C++-COMPILER INCLUDE-FOLDER"""
import os
import re
import subprocess
import sys
import tempfile

C = [("c", s) for s in ("c99", "c11", "c17")]
CXX = [("c++", s) for s in ("c++11", "c++14", "c++17", "c++20")]
HEADERS = {"sheaf_types.h": C + CXX, "sheaf.h": C + CXX, "sheaf_plugin.h": C + CXX, "plugin.hpp": [("c++", "c++20")]}

compilers = {"c": sys.argv[1], "c++": sys.argv[2]}
include = sys.argv[3]
failed = 0


def compile(source, language, standard, what, *more):
    global failed
    command = [compilers[language], "-x", language, "-std=" + standard, "-pedantic", "-Wall", "-Wextra", "-Werror",
               "-fsyntax-only", "-I", include, *more, source]
    done = subprocess.run(command, capture_output=True, text=True)
    print("%-6s %s as %s" % ("ok" if done.returncode == 0 else "FAILED", what, standard))
    if done.returncode != 0:
        failed += 1
        print(done.stderr)


found = sorted(f for f in os.listdir(include) if f.endswith((".h", ".hpp")))
if found != sorted(HEADERS):
    sys.exit("%s holds %s, this test knows %s" % (include, found, sorted(HEADERS)))
with tempfile.TemporaryDirectory() as folder:
    for header, languages in HEADERS.items():
        source = os.path.join(folder, "alone")
        with open(source, "w") as f:
            # twice: it must guard itself
            f.write('#include "%s"\n#include "%s"\n' % (header, header))
            # nobody asks for more than the oldest minor without saying so
            f.write("int oldest[SHEAF_MINOR == 0 ? 1 : -1];\n")
        for language, standard in languages:
            compile(source, language, standard, header)
layout = os.path.join(os.path.dirname(os.path.abspath(__file__)), "layout.c")
with open(os.path.join(include, "sheaf_types.h")) as f:
    newest = int(re.search(r"#define SHEAF_MINOR_NEWEST (\d+)", f.read()).group(1))
for minor in range(newest + 1):
    for language, standard in C[1:] + CXX:
        compile(layout, language, standard, "layout.c, minor %d" % minor, "-DSHEAF_MINOR=%d" % minor)
sys.exit(1 if failed else 0)
