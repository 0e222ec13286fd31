"""Reference numbers for the tests of segment.watershed, by scikit-image and SciPy.

Run with a Python that has them: python regenerate_watershed.py
"""
import json
import sys
from pathlib import Path

import numpy as np
import scipy
import skimage
from scipy import ndimage
from skimage.feature import peak_local_max
from skimage.measure import label
from skimage.morphology import h_maxima, remove_small_objects
from skimage.segmentation import watershed

here = Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent))
import generated  # noqa: E402

eight = np.ones((3, 3), int)
width, height = 53, 41
cases = []
for seed in (1, 2, 3):
    image = (generated.texture(width, height, seed, 3) >> 8).astype(np.uint8)
    mask = remove_small_objects(label(image > 110), max_size=30) > 0
    squared = np.rint(ndimage.distance_transform_edt(mask) ** 2).astype(int)
    distance = np.sqrt(squared).astype(np.float32)
    for kind, surface in (("distance", distance), ("intensity", image.astype(np.float32)),
                          # no two pixels are equal: no ties
                          ("distinct", (image.astype(int) * 4096 + np.arange(image.size).reshape(image.shape)).astype(np.float32))):
        for min_distance in (1, 3, 6):
            peaks = np.zeros(mask.shape, bool)
            peaks[tuple(peak_local_max(surface, min_distance=min_distance, labels=label(mask), exclude_border=False).T)] = True
            markers = ndimage.label(peaks, eight)[0]
            entry = {"seed": seed, "surface": kind, "min_distance": min_distance,
                     "peaks": [int(i) for i in np.flatnonzero(peaks)]}
            if kind == "distance":
                entry["squared"] = squared.ravel().tolist()
            for connectivity in (1, 2):
                regions = watershed(-surface, markers, connectivity=connectivity, mask=mask)
                entry[f"regions_{4 * connectivity}"] = regions.ravel().tolist()
            cases.append(entry)
        # no h is a difference of two values: scikit-image adds a rounding of its own
        for h in {"distance": (0.3, 0.7, 1.3), "intensity": (5.5, 20.5, 60.5), "distinct": (20000.5, 90000.5)}[kind]:
            domes = h_maxima(np.where(mask, surface, 0).astype(float), h, footprint=eight) > 0
            cases.append({"seed": seed, "surface": kind, "h": h, "domes": [int(i) for i in np.flatnonzero(domes & mask)]})

out = {"made_by": {"numpy": np.__version__, "scikit-image": skimage.__version__, "scipy": scipy.__version__},
       "width": width, "height": height, "level": 110, "cases": cases}
(here / "watershed.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
