"""pc12_test.py SHEAF PC12.tif: the alignment of a real stack is as good as the one StackReg made of it.

The stack and StackReg's own result (ImageJ, rigid body, each image registered to the one before) are part of the
source distribution of pystackreg 0.2.8. EXPECTED is the correlation of images 2 to 5 of StackReg's result with image 1,
without a margin of 25 pixels.
"""
import array
import os
import struct
import subprocess
import sys
import tempfile

EXPECTED = (.9244, .9178, .9124, .9093)
TOLERANCE = .002
MARGIN = 25


def images(path):
    """The images of a little-endian, uncompressed 16-bit TIFF file with one strip for each image."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:4] != b"II*\0":
        sys.exit(f"{path}: not a little-endian TIFF file")
    (at,) = struct.unpack_from("<I", data, 4)
    while at:
        (count,) = struct.unpack_from("<H", data, at)
        tags = {}
        for i in range(count):
            tag, kind, _, value = struct.unpack_from("<HHII", data, at + 2 + 12 * i)
            tags[tag] = value & 0xFFFF if kind == 3 else value
        width, height, strip = tags[256], tags[257], tags[273]
        pixels = array.array("H", data[strip:strip + 2 * width * height])
        yield [pixels[y * width + x] for y in range(MARGIN, height - MARGIN) for x in range(MARGIN, width - MARGIN)]
        (at,) = struct.unpack_from("<I", data, at + 2 + 12 * count)


def correlation(a, b):
    n, mean_a, mean_b = len(a), sum(a) / len(a), sum(b) / len(b)
    covariance = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b)) / n
    variance = lambda v, mean: sum((x - mean) ** 2 for x in v) / n
    return covariance / (variance(a, mean_a) * variance(b, mean_b)) ** .5


def main():
    sheaf, stack = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        aligned = os.path.join(folder, "aligned.tif")
        subprocess.run([sheaf, "--quiet", "run", "align.register", "--model", "rigid", "--reference", "previous", stack, "-o", aligned],
                       check=True)
        first, *others = images(aligned)
    reached = [correlation(first, image) for image in others]
    print("reached ", *(f"{r:.4f}" for r in reached), "\nexpected", *(f"{e:.4f}" for e in EXPECTED))
    if len(reached) != len(EXPECTED) or any(r < e - TOLERANCE for r, e in zip(reached, EXPECTED)):
        sys.exit("the alignment is worse than StackReg's")


main()
