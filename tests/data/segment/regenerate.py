"""Reference numbers for the tests of segment.threshold, by scikit-image and SciPy.

Run with a Python that has them: python regenerate.py
What ImageJ's thresholds are is written by Thresholds.java.
"""
import json
import sys
from pathlib import Path

import numpy as np
import scipy
import skimage
from scipy import ndimage
from skimage.filters import threshold_local, threshold_multiotsu, threshold_otsu
from skimage.morphology import remove_small_objects
from skimage.segmentation import clear_border

here = Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent))
import generated  # noqa: E402


def gray(kind, width, height, seed, radius=2):
    """Texture as tests/plugins/pixels.hpp makes it."""
    t = generated.texture(width, height, seed, radius)
    return {"u8": (t >> 8).astype(np.uint8), "u16": t, "f32": t.astype(np.float32) / 64 - 300}[kind]


def disk(width, height, radius):
    y, x = np.mgrid[:height, :width]
    return (x - width // 2) ** 2 + (y - height // 2) ** 2 <= radius**2


# (pixel, bits dropped, seed, classes): fewer bits where the search of scikit-image would take minutes
cases = [("u8", 0, s, c) for s in (1, 2, 3) for c in (2, 3, 4)] + [("u8", 0, 4, 5)]
cases += [("u8", 3, s, c) for s in (5, 6) for c in (5, 6, 7, 8)]
cases += [("u16", 6, s, c) for s in (7, 8) for c in (2, 3)] + [("u16", 9, 9, 4)]
multi = []
for pixel, drop, seed, classes in cases:
    image = gray(pixel, 97, 61, seed) >> drop
    multi.append({"pixel": pixel, "drop": drop, "seed": seed, "classes": classes,
                  "thresholds": [int(t) for t in threshold_multiotsu(image, classes=classes)]})

otsu = []
for seed in range(1, 6):
    for kind, bins in (("u8", 256), ("u16", 65536), ("f32", 65536)):
        otsu.append({"pixel": kind, "seed": seed, "threshold": float(threshold_otsu(gray(kind, 97, 61, seed), nbins=bins))})

local = []
width, height = 17, 13
for kind in ("u8", "u16", "f32"):
    image = gray(kind, width, height, 3).astype(np.float64)
    for block in (3, 7, 31):
        local.append({"pixel": kind, "block": block, "window": "box", "masked": False,
                      "mean": threshold_local(image, block, method="mean", mode="reflect").ravel().tolist()})
        gaussian = {"sigma": (block - 1) / 6, "mode": "reflect", "truncate": 3.0}
        local.append({"pixel": kind, "block": block, "window": "gaussian", "masked": False,
                      "mean": ndimage.gaussian_filter(image, **gaussian).ravel().tolist()})
        inside = disk(width, height, 5)
        weight = ndimage.gaussian_filter(inside.astype(np.float64), **gaussian)
        sums = ndimage.gaussian_filter(np.where(inside, image, 0), **gaussian)
        mean = np.divide(sums, weight, out=np.zeros_like(sums), where=inside)
        local.append({"pixel": kind, "block": block, "window": "gaussian", "masked": True, "mean": mean.ravel().tolist()})

eight = np.ones((3, 3), int)
objects = []
for seed in range(1, 7):
    for level in (90, 130, 170):
        mask = gray("u8", 83, 59, seed, 1) > level
        entry = {"seed": seed, "level": level, "pixels": int(mask.sum()), "objects": int(ndimage.label(mask, eight)[1])}
        filled = ndimage.binary_fill_holes(mask)
        entry["filled_pixels"] = int(filled.sum())
        labels = clear_border(ndimage.label(filled, eight)[0])
        entry["inner_pixels"] = int((labels > 0).sum())
        large = remove_small_objects(labels, max_size=11)
        entry["large_pixels"], entry["large_objects"] = int((large > 0).sum()), int(len(np.unique(large)) - 1)
        strong = ndimage.label(mask, eight)[0]
        seeds = np.unique(strong[gray("u8", 83, 59, seed, 1) > level + 40])
        entry["hysteresis_pixels"] = int(np.isin(strong, seeds[seeds > 0]).sum())
        objects.append(entry)

out = {"made_by": {"numpy": np.__version__, "scikit-image": skimage.__version__, "scipy": scipy.__version__},
       "multi_otsu": multi, "otsu": otsu, "local_mean": {"width": width, "height": height, "cases": local},
       "objects": objects}
(here / "reference.json").write_text(json.dumps(out) + "\n")
