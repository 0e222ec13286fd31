"""nuclei.py SHEAF DATA: mean average precision at IoU 0.5 of macros/count_nuclei.ijm's recipe on labelled nuclei.

DATA is a folder with index.csv (columns class, image, label) as made from BBBC038 stage 1. The peer is the same recipe in
scikit-image: Gaussian, Otsu's threshold, distance transform smoothed, watershed from its h-maxima, small regions dropped.
Average precision of an image: matched / (matched + found wrongly + missed); a match has an IoU above 0.5.
"""
import csv
import os
import subprocess
import sys
import tempfile
from collections import defaultdict

import numpy as np
import tifffile
from scipy import ndimage
from skimage import color, filters, io, measure, morphology, segmentation

sheaf, data = sys.argv[1:3]
BLUR, SMOOTHING, H, MIN_SIZE = 1.0, 1.0, 0.5, 25
RECIPE = ["--foreground", "otsu", "--blur", str(BLUR), "--fill_holes", "--smoothing", str(SMOOTHING), "--h", str(H), "--min_size", str(MIN_SIZE)]


def ours(gray, folder):
    tifffile.imwrite(os.path.join(folder, "in.tif"), gray)
    subprocess.run([sheaf, "run", "segment.watershed", *RECIPE, os.path.join(folder, "in.tif"), "-o", os.path.join(folder, "out.tif"), "--overwrite",
                    "--quiet"], check=True)
    return tifffile.imread(os.path.join(folder, "out.tif")).astype(int)


def peer(gray, folder):
    smooth = filters.gaussian(gray.astype(float), BLUR, mode="nearest")
    mask = ndimage.binary_fill_holes(smooth > filters.threshold_otsu(smooth))
    distance = filters.gaussian(ndimage.distance_transform_edt(mask), SMOOTHING, mode="nearest")
    markers = measure.label(morphology.h_maxima(distance, H) & mask, connectivity=2)
    labels = segmentation.watershed(-distance, markers, mask=mask, connectivity=2)
    sizes = np.bincount(labels.ravel())
    small = sizes < MIN_SIZE
    small[0] = True
    return np.where(small[labels], 0, labels)


def precision(found, truth):
    a, b = np.unique(found, return_inverse=True)[1].reshape(found.shape), np.unique(truth, return_inverse=True)[1].reshape(truth.shape)
    table = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(table, (a.ravel(), b.ravel()), 1)
    union = table.sum(1, keepdims=True) + table.sum(0, keepdims=True) - table
    matches = int(((table / union)[1:, 1:] > 0.5).sum())
    return matches / max(1, a.max() + b.max() - matches)


def main():
    results = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder, open(os.path.join(data, "index.csv"), newline="") as index:
        for row in csv.DictReader(index):
            if not row["class"].startswith("fluo"):
                continue
            image = io.imread(os.path.join(data, row["image"]))
            gray = image if image.ndim == 2 else np.rint(255 * color.rgb2gray(image[..., :3])).astype(np.uint8)
            truth = tifffile.imread(os.path.join(data, row["label"]))
            results[row["class"]].append((precision(ours(gray, folder), truth), precision(peer(gray, folder), truth)))
    everything = [pair for pairs in results.values() for pair in pairs]
    print("| images | n | Sheaf | scikit-image |\n|---|---|---|---|")
    for name, pairs in [*sorted(results.items()), ("all", everything)]:
        print(f"| {name} | {len(pairs)} | {np.mean([p[0] for p in pairs]):.3f} | {np.mean([p[1] for p in pairs]):.3f} |")


if __name__ == "__main__":
    main()
