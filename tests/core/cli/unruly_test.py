"""`sheaf check` finds what is wrong with a plugin that works but breaks rules: unruly_test.py SHEAF LIBRARY"""
import re
import subprocess
import sys

EXPECTED = {
    "unruly.random": ["one thread and four give the same: the results differ",
                      "eight runs at once give the same: the results differ"],
    "unruly.stubborn": [r"stops within 250 ms of being cancelled: it took \d+ ms after \d+ ms of work"],
    "unruly.leaky": [r"no memory is left behind: 2 MB more after 20 runs"],
    "unruly.flushing": ["the floating-point mode is left alone: it was changed"],
    "unruly.silent": ["every pixel type, 1x1, odd and prime sizes: 1 images u8 1x1: failed, "
                      '"unruly.silent failed without saying why \\(failed\\)"'],
    "unruly.forgiving": ['an image that cannot be read ends the run with the client\'s reason: image 1: ok, ""'],
}

done = subprocess.run([sys.argv[1], "check", sys.argv[2]], capture_output=True, text=True)
found, operation = {}, ""
for line in done.stdout.splitlines():
    if line.startswith("unruly."):
        operation = line
        found[operation] = []
    if line.startswith("  FAIL  "):
        found[operation].append(line[8:])
wrong = [] if done.returncode == 1 else ["the exit status is %d" % done.returncode]
for operation, patterns in EXPECTED.items():
    lines = found.get(operation, [])
    if len(lines) != len(patterns) or not all(re.fullmatch(p, line) for p, line in zip(patterns, lines)):
        wrong.append("%s: %s instead of %s" % (operation, lines, patterns))
print(done.stdout, done.stderr, "\n".join(wrong))
sys.exit(1 if wrong else 0)
