"""The binary interface as abidiff sees it, against dumps of released minors:
abi_dump.py check C-COMPILER C++-COMPILER       fails if today's headers broke one of v*/*.abi
abi_dump.py selftest C-COMPILER C++-COMPILER    shows that breaks are found, and that a new minor is none
abi_dump.py write C-COMPILER C++-COMPILER v1.N  the dumps of today's interface, for a new minor

libsheaf.abi: what libsheaf exports, from core/src/api.cpp, which defines all of it. plugin.abi: what a plugin exports
and is given, from plugins/example/gamma.c. Both are compiled here, for debug information without paths of this machine.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))
root = os.path.dirname(os.path.dirname(here))
DUMPS = {"libsheaf": "libsheaf.abi", "plugin": "plugin.abi"}
# abidiff's exit status: 1 error, 2 usage, 4 changed, 8 changed beyond doubt (layouts count as 4 only)
ERROR, BREAK = 1 | 2, 4 | 8


def run(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, **more)


def build(source, kind, minor, library):
    """`source`: a tree with core/ and plugins/."""
    common = ["-DSHEAF_MINOR=" + minor, "-g", "-O0", "-fPIC", "-fvisibility=hidden", "-shared", "-Icore/include/sheaf",
              "-fdebug-prefix-map=%s=." % source, "-o", library]
    if kind == "libsheaf":
        command = [cxx, "-std=c++20", "-DSHEAF_BUILD", "-Icore/src", "core/src/api.cpp", "-nostdlib",
                   "-Wl,--version-script=core/src/exports.map", "-Wl,-soname,libsheaf.so.1", "-Wl,-z,undefs", *common]
    else:
        command = [cc, "-std=c99", "plugins/example/gamma.c", *common, "-lm"]
    done = run(*command, cwd=source)
    if done.returncode != 0:
        sys.exit(" ".join(command) + "\n" + done.stderr)


def dump(source, minor, folder, into, kinds=tuple(DUMPS)):
    """Writes the dumps of a tree, for those who ask for that minor."""
    for kind in kinds:
        library = os.path.join(folder, kind + ".so")
        build(source, kind, minor, library)
        done = run("abidw", "--headers-dir", os.path.join(source, "core/include/sheaf"), "--drop-private-types",
                   "--exported-interfaces-only", "--no-corpus-path", "--no-comp-dir-path", "--no-show-locs",
                   "--no-elf-needed", library)
        if done.returncode != 0:
            sys.exit(done.stderr)
        with open(os.path.join(into, DUMPS[kind]), "w") as f:
            f.write(done.stdout)
    return 0


def compare(old, new):
    """What abidiff says of the dumps in two folders: (status, text)."""
    status, text = 0, ""
    for name in DUMPS.values():
        done = run("abidiff", "--no-added-syms", "--suppressions", os.path.join(here, "abidiff.suppr"),
                   os.path.join(old, name), os.path.join(new, name))
        status |= done.returncode
        text += done.stdout + done.stderr
    return status, text


def check(folder):
    released = sorted(d for d in os.listdir(here) if re.fullmatch(r"v\d+\.\d+", d))
    if not released:
        sys.exit("there is no dump to compare with")
    failed = 0
    for version in released:
        dump(root, version.split(".")[1], folder, folder)
        status, text = compare(os.path.join(here, version), folder)
        print("%-6s against %s: abidiff says %d" % ("ok" if status == 0 else "FAILED", version, status))
        if status != 0:
            print(text)
            failed = 1
    return failed


TYPES, CLIENT, PLUGIN = ("core/include/sheaf/" + h for h in ("sheaf_types.h", "sheaf.h", "sheaf_plugin.h"))
CHANGES = [  # what, file, text, its replacement, is it a break
    ("nothing", TYPES, "", "", False),
    ("a new minor's member of sheaf_info", TYPES, "double value_offset, value_scale;",
     "double value_offset, value_scale;\n#if SHEAF_MINOR >= 1\n  double extra;\n#endif", False),
    ("a new minor's function of sheaf_host", PLUGIN, "} sheaf_host;",
     "#if SHEAF_MINOR >= 1\n  void(SHEAF_CALL *extra)(sheaf_run *run);\n#endif\n} sheaf_host;", False),
    ("a member at the end of sheaf_info for every minor", TYPES, "double value_offset, value_scale;",
     "double value_offset, value_scale, extra;", True),
    ("a callback at the end of sheaf_client for every minor", CLIENT, "} sheaf_client;",
     "  void(SHEAF_CALL *extra)(void *context);\n} sheaf_client;", True),
    ("a member within sheaf_info", TYPES, "int64_t slices;", "int64_t slices, extra;", True),
    ("a member within sheaf_roi", TYPES, "const float *xy;", "const float *xy, *xyz;", True),
    ("a member at the end of sheaf_view", TYPES, "} sheaf_view;", "  int64_t extra;\n} sheaf_view;",
     True),
    ("a member of another type", TYPES, "double score;", "float score;", True),
    ("a member fewer", TYPES, "double interval;", "", True),
    ("members in another order", CLIENT, "uint32_t size;\n  uint32_t flags;\n  int32_t threads;",
     "uint32_t flags;\n  uint32_t size;\n  int32_t threads;", True),
    ("a function within sheaf_host", PLUGIN, "  /* A text, a choice's key, a path. */",
     "  void(SHEAF_CALL *extra)(sheaf_run *run);", True),
    ("a function of sheaf_host with another argument", PLUGIN, "(SHEAF_CALL *reserve)(sheaf_run *run, int64_t bytes,",
     "(SHEAF_CALL *reserve)(sheaf_run *run, int32_t bytes,", True),
    ("a callback of sheaf_client with another result", CLIENT, "int32_t(SHEAF_CALL *wanted)",
     "int64_t(SHEAF_CALL *wanted)", True),
    ("an exported function fewer", "core/src/exports.map", "global: sheaf_*;", "global: sheaf_run_*; sheaf_s*;", True),
]


def selftest(folder):
    before, after = os.path.join(folder, "before"), os.path.join(folder, "after")
    os.mkdir(before)
    dump(root, "0", folder, before)
    failed = 0
    for what, path, old, new, breaks in CHANGES:
        tree = os.path.join(folder, "tree")
        shutil.rmtree(tree, ignore_errors=True)
        for part in ("core/include", "core/src", "plugins/example"):
            shutil.copytree(os.path.join(root, part), os.path.join(tree, part))
        with open(os.path.join(tree, path)) as f:
            text = f.read()
        if old and text.count(old) != 1:
            sys.exit("%s: the text to change is there %d times" % (what, text.count(old)))
        with open(os.path.join(tree, path), "w") as f:
            f.write(text.replace(old, new) if old else text)
        shutil.rmtree(after, ignore_errors=True)
        shutil.copytree(before, after)
        dump(tree, "0", folder, after, {TYPES: tuple(DUMPS), PLUGIN: ("plugin",)}.get(path, ("libsheaf",)))
        status, said = compare(before, after)
        right = not status & ERROR and bool(status & BREAK) == breaks
        print("%-6s %s: abidiff says %d" % ("ok" if right else "FAILED", what, status))
        if not right:
            print(said)
            failed = 1
    return failed


mode, cc, cxx = sys.argv[1:4]
with tempfile.TemporaryDirectory() as temporary:
    if mode == "write":
        sys.exit(dump(root, sys.argv[4].split(".")[1], temporary, os.path.join(here, sys.argv[4])))
    sys.exit({"check": check, "selftest": selftest}[mode](temporary))
