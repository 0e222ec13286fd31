"""Names, versions and needs of the libraries: binaries.py READELF LIBSHEAF SHEAF HEADER CMAKE-VERSION PLUGIN..."""
import re
import subprocess
import sys

readelf, libsheaf, program, header, cmake_version, *plugins = sys.argv[1:]
# what every Debian, Ubuntu, Fedora of the last years has; nothing else may be needed
SYSTEM = {"libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}

failed = 0


def expect(holds, what):
    global failed
    print("%-6s %s" % ("ok" if holds else "FAILED", what))
    failed += not holds


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def dynamic(library, kind):
    return re.findall(r"\(%s\).*\[(.*)\]" % kind, run(readelf, "-d", "-W", library))


with open(header) as f:
    text = f.read()
numbers = [re.search(r"#define SHEAF_VERSION_%s (\d+)" % part, text).group(1) for part in ("MAJOR", "MINOR", "PATCH")]
version = ".".join(numbers)
expect(cmake_version == version, "CMake's version %s is the header's, %s" % (cmake_version, version))
told = run(program, "--version").strip()
expect(told == "sheaf " + version, "sheaf_version() is the header's: " + told)
soname = "libsheaf.so." + numbers[0]
expect(dynamic(libsheaf, "SONAME") == [soname], "the library's name is " + soname)
expect(soname in dynamic(program, "NEEDED"), "the program asks for " + soname)

newest = (0,)
for library in [libsheaf, *plugins]:
    needed = dynamic(library, "NEEDED")
    expect(set(needed) <= SYSTEM, "%s needs %s" % (library, " ".join(needed)))
    expect(not dynamic(library, "RPATH") + dynamic(library, "RUNPATH"), "%s has no search path" % library)
    expect("TEXTREL" not in run(readelf, "-d", library), "%s has no text relocations" % library)
    stack = re.search(r"GNU_STACK.* (RWE|RW) ", run(readelf, "-l", "-W", library))
    expect(stack is not None and stack.group(1) == "RW", "%s needs no executable stack" % library)
    for found in re.findall(r"GLIBC_(\d+(?:\.\d+)*)", run(readelf, "--version-info", "-W", library)):
        newest = max(newest, tuple(int(n) for n in found.split(".")))
if not plugins:
    sys.exit("no plugin was given")
print("newest glibc that is needed: " + ".".join(map(str, newest)))
sys.exit(1 if failed else 0)
