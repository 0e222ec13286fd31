"""A short run of a fuzz target: fuzz.py PROGRAM SEED-FOLDER SECONDS"""
import os
import subprocess
import sys
import tempfile

program, seeds, seconds = sys.argv[1:4]
if not os.path.exists(program):
    sys.exit(program + " was not built: clang with libFuzzer is needed (Debian: clang-14 libclang-rt-14-dev)")
if not os.listdir(seeds):
    sys.exit(seeds + " is empty")
with tempfile.TemporaryDirectory() as folder:
    # first what is known, each of it; then what is new
    found = os.path.join(folder, "found")
    os.mkdir(found)
    known = [os.path.join(seeds, name) for name in sorted(os.listdir(seeds))]
    for command in ([program, *known],
                    [program, found, seeds, "-max_total_time=" + seconds, "-timeout=10", "-rss_limit_mb=2048",
                     "-max_len=20000", "-seed=1", "-print_final_stats=1", "-artifact_prefix=" + folder + "/"]):
        done = subprocess.run(command, capture_output=True, text=True, errors="replace")
        if done.returncode != 0:
            print(done.stdout, done.stderr[-8000:])
            for name in sorted(os.listdir(folder)):
                if os.path.isfile(os.path.join(folder, name)):
                    with open(os.path.join(folder, name), "rb") as f:
                        print("keep these bytes in %s once the defect is mended:\n%r" % (seeds, f.read()))
            sys.exit(1)
    print(done.stderr[-1200:])
