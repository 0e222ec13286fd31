"""Reference labels for the tests of segment.hysteresis, by scikit-image.

Run with a Python that has it: python regenerate_hysteresis.py
"""
import json
import sys
from pathlib import Path

import numpy as np
import scipy
import skimage
from scipy import ndimage
from skimage.filters import apply_hysteresis_threshold, threshold_multiotsu, threshold_otsu
from skimage.measure import label

here = Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent))
import generated  # noqa: E402

width, height = 53, 41


def eight(image, low, high):
    """apply_hysteresis_threshold, but across corners too."""
    labels, count = ndimage.label(image > low, np.ones((3, 3), int))
    return np.append(False, ndimage.maximum(image, labels, np.arange(1, count + 1)) > high)[labels]


cases = []
for seed in (1, 2):
    image = (generated.texture(width, height, seed, 3) >> 8).astype(np.uint8)
    otsu = float(threshold_otsu(image))
    classes = [float(t) for t in threshold_multiotsu(image, 3)]
    for method, low, high in (("manual", 100, 160), ("manual", 130, 130), ("manual", 120, 250), ("multi_otsu", *classes),
                              ("otsu", image[image <= otsu].mean() + 0.5 * (otsu - image[image <= otsu].mean()), otsu),
                              ("percentile", float(np.percentile(image, 90, method="inverted_cdf")),
                               float(np.percentile(image, 98, method="inverted_cdf")))):
        four = apply_hysteresis_threshold(image, low, high)
        entry = {"seed": seed, "method": method, "low": float(low), "high": float(high),
                 "labels_4": label(four, connectivity=1).ravel().tolist(),
                 "labels_8": label(eight(image, low, high), connectivity=2).ravel().tolist()}
        if method == "manual":  # dark objects: at or below the levels, of which none is a pixel's value
            dark = apply_hysteresis_threshold(-image.astype(float), -high - 0.5, -low - 0.5)
            entry["dark_4"] = label(dark, connectivity=1).ravel().tolist()
        cases.append(entry)

out = {"made_by": {"numpy": np.__version__, "scikit-image": skimage.__version__, "scipy": scipy.__version__},
       "width": width, "height": height, "cases": cases}
(here / "hysteresis.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
