"""What the libraries export, and nothing else: symbols.py NM EXPORTS-OF-LIBSHEAF LIBSHEAF [--plugin LIBRARY]... [--jni LIBRARY]"""
import re
import subprocess
import sys

nm, exports, libsheaf, *rest = sys.argv[1:]


def exported(library):
    out = subprocess.run([nm, "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    # version names of the linker (type A) are no symbols
    return sorted(line.split()[-1].split("@")[0] for line in out.splitlines() if line.split()[-2] != "A")


failed = 0


def expect(library, holds, found):
    global failed
    print("%-6s %s" % ("ok" if holds else "FAILED", library))
    if not holds:
        failed += 1
        print("  it exports: " + " ".join(found[:50]))


with open(exports) as f:
    allowed = f.read().split()
if allowed != sorted(allowed) or not all(name.startswith("sheaf_") for name in allowed):
    sys.exit(exports + ": not sorted, or not all of it begins with sheaf_")
found = exported(libsheaf)
expect(libsheaf, found == allowed, found)
if len(rest) % 2:
    sys.exit("an argument is missing")
plugins = 0
for kind, library in zip(rest[::2], rest[1::2]):
    found = exported(library)
    if kind == "--plugin":
        plugins += 1
        expect(library, found == ["sheaf_plugin_v1"], found)
    elif kind == "--jni":
        expect(library, "JNI_OnLoad" in found and all(re.fullmatch(r"JNI_OnLoad|Java_\w+", n) for n in found), found)
    else:
        sys.exit(kind + ": unknown")
if plugins == 0:
    sys.exit("no plugin was given")
sys.exit(1 if failed else 0)
