"""recall.py SHEAF DATA [SEGMENTS]: how much of labelled objects' boundaries superpixels find, ours and scikit-image's.

DATA is a folder with index.csv (columns class, image, label) as made from BBBC038 stage 1. Boundary recall: the part of the
true boundary within 2 pixels of a boundary of superpixels. Ours are asked for SEGMENTS regions (250), compactness 10, the
peer for as many as it takes that it makes no fewer than ours; the numbers made are printed, too.
"""
import csv
import os
import subprocess
import sys
import tempfile

import numpy as np
import tifffile
from scipy import ndimage
from skimage import color, io, segmentation

sheaf, data = sys.argv[1:3]
SEGMENTS = int(sys.argv[3]) if len(sys.argv) > 3 else 250


def ours(image, folder):
    source, target = os.path.join(folder, "in.tif"), os.path.join(folder, "out.tif")
    tifffile.imwrite(source, image, photometric="rgb" if image.ndim == 3 else "minisblack")
    subprocess.run([sheaf, "run", "segment.superpixel", "--segments", str(SEGMENTS), source, "-o", target, "--overwrite", "--quiet"], check=True)
    return tifffile.imread(target).astype(int)


def peer(image, least):
    """With compactness on the scale that ours has: scikit-image stretches gray to 0..1, ours to the lightness 0..100."""
    gray = {"compactness": 10 / 100, "channel_axis": None} if image.ndim == 2 else {"compactness": 10}
    asked = SEGMENTS
    while True:
        labels = segmentation.slic(image, asked, start_label=1, **gray)
        if labels.max() >= least:
            return labels
        asked = int(asked * 1.05) + 1


def recall(found, truth):
    near = ndimage.distance_transform_edt(~segmentation.find_boundaries(found, mode="thick")) <= 2
    return near[segmentation.find_boundaries(truth, mode="inner")].mean()


def main():
    results = []
    with tempfile.TemporaryDirectory() as folder, open(os.path.join(data, "index.csv"), newline="") as index:
        for row in csv.DictReader(index):
            image = io.imread(os.path.join(data, row["image"]))[..., :3]
            if image.ndim == 3 and (image == image[..., :1]).all():
                image = image[..., 0]
            truth = tifffile.imread(os.path.join(data, row["label"]))
            found = ours(image, folder)
            results.append([row["class"], *((recall(f, truth), f.max()) for f in (found, peer(image, found.max())))])
    print("| images | n | Sheaf: recall, regions | scikit-image: recall, regions |\n|---|---|---|---|")
    for name in [*sorted({r[0] for r in results}), "all"]:
        some = [r[1:] for r in results if name in (r[0], "all")]
        (a, m), (b, n) = np.mean(some, axis=0)
        print(f"| {name} | {len(some)} | {a:.3f}, {m:.0f} | {b:.3f}, {n:.0f} |")


if __name__ == "__main__":
    main()
