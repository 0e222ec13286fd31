"""segment.py SHEAF DATA [NAME...]: the pictures of the pages on segmentation, made anew by the program SHEAF: an image and its regions.

DATA is the folder `segment` of the data sets named below. Needs Pillow, NumPy and tifffile. NAME draws only these.
"""
import os
import subprocess
import sys
import tempfile

import numpy as np
import tifffile
from PIL import Image

sheaf, data = sys.argv[1:3]
names = sys.argv[3:]
here = os.path.dirname(os.path.abspath(__file__))
GAP = 8  # px between before and after

IHC, COINS = ("skimage/ihc.png", "RGB", (100, 100, 400, 360)), ("skimage/coins.png", "L", (0, 0, 384, 250))
COLONY = ("imagej_samples/Cell_Colony.jpg", "L", (0, 60, 406, 330))
RETINA = ("skimage/retina.jpg", "L", (370, 820, 650, 1020))
PICTURES = (  # operation, image, arguments
    ("segment.superpixel", IHC, ("--size", "20")),
    ("segment.kmeans", IHC, ("--k", "3", "--colour_importance", "1000")),
    ("segment.slickmeans", IHC, ("--k", "4", "--size", "10", "--colour_importance", "50")),
    ("segment.felzenszwalb", IHC, ("--scale", "300", "--min_size", "200")),
    ("segment.graph", IHC, ("--k", "600", "--min_size", "200")),
    ("segment.quickshift", IHC, ("--max_dist", "10")),
    ("segment.edge", COINS, ()),
    ("segment.chanvase", COINS, ()),
    ("segment.blobs", COLONY, ("--objects", "dark", "--max_diameter", "20")),
    ("segment.threshold", COINS, ("--min_size", "50", "--fill_holes")),
    ("segment.hysteresis", RETINA, ("--invert", "--method", "percentile", "--seeds", "4", "--candidates", "15", "--min_size", "60")),
    ("segment.watershed", ("imagej_samples/blobs.gif", "L", None), ("--invert", "--min_size", "20")),
)

for operation, (file, mode, box), arguments in PICTURES:
    if names and operation not in names:
        continue
    with tempfile.TemporaryDirectory() as scratch:
        before, after = (os.path.join(scratch, n) for n in ("before.tif", "after.tif"))
        image = Image.open(os.path.join(data, file)).convert(mode)
        image = image.crop(box) if box else image
        image.save(before)
        subprocess.run([sheaf, "run", operation, *arguments, before, "-o", after, "--overwrite", "--quiet"], check=True)
        labels = tifffile.imread(after).astype(np.int64).reshape(image.height, image.width)
    edges = np.zeros(labels.shape, bool)
    edges[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    edges[1:] |= labels[1:] != labels[:-1]
    drawn = np.array(image.convert("RGB"))
    drawn[edges] = (255, 220, 0)
    out = Image.new("RGB", (2 * image.width + GAP, image.height), "white")
    out.paste(image.convert("RGB"), (0, 0))
    out.paste(Image.fromarray(drawn), (image.width + GAP, 0))
    target = os.path.join(here, operation + ".png")
    out.quantize(64, dither=Image.Dither.NONE).save(target, optimize=True)
    print(target, out.size, os.path.getsize(target) // 1024, "KiB,", len(np.unique(labels)), "labels")
