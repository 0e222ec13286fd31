"""Reference blobs for the tests of segment.blobs, by scikit-image and SciPy.

Run with a Python that has them: python regenerate_blobs.py
"""
import json
import sys
from pathlib import Path

import numpy as np
import scipy
import skimage
from scipy import ndimage
from skimage.feature import blob_dog, blob_log
from skimage.feature.blob import _blob_overlap, _prune_blobs

here = Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent))
import generated  # noqa: E402

width, height = 83, 61


def pruned(blobs, overlap):
    """The larger first, then the stronger: what is dropped drops nothing else."""
    kept = []
    for i in sorted(range(len(blobs)), key=lambda i: (-blobs[i, 2], i)):
        if all(_blob_overlap(blobs[k, :3], blobs[i, :3]) <= overlap for k in kept):
            kept.append(i)
    return sorted(kept)


def pruned_by_scikit_image(blobs, overlap):
    """There the order of pairs is that of a set, and what was dropped before its turn may have dropped others. Of two of one
    size that which comes later is kept: the weakest come first."""
    left = _prune_blobs(blobs[::-1, :3].copy(), overlap)
    return [i for i, blob in enumerate(blobs) if (left == blob[:3]).all(axis=1).any()]


cases = []
for seed, radius, dark in ((1, 3, False), (2, 4, False), (3, 3, True)):
    image = (generated.texture(width, height, seed, radius) >> 8).astype(float)
    image = image.mean() - image if dark else image - image.mean()
    for method, options in (("log", {"min_sigma": 1.2, "max_sigma": 9, "num_sigma": 7}),
                            ("log", {"min_sigma": 1, "max_sigma": 30, "num_sigma": 5, "log_scale": True}),
                            ("dog", {"min_sigma": 1, "max_sigma": 12, "sigma_ratio": 1.6}),
                            ("dog", {"min_sigma": 1.5, "max_sigma": 7, "sigma_ratio": 1.25})):
        for threshold in ({"threshold": 6}, {"threshold": 0, "threshold_rel": 0.3}):
            find = blob_log if method == "log" else blob_dog
            blobs = find(image, overlap=1, **options, **threshold)  # all maxima
            responses = []
            for y, x, sigma in blobs:
                if method == "log":
                    response = -ndimage.gaussian_laplace(image, sigma) * sigma ** 2
                else:
                    ratio = options["sigma_ratio"]
                    response = (ndimage.gaussian_filter(image, sigma) - ndimage.gaussian_filter(image, sigma * ratio)) / (ratio - 1)
                responses.append(response[int(y), int(x)])
            blobs = np.column_stack([blobs, responses])
            blobs = blobs[np.argsort(-blobs[:, 3], kind="stable")]
            cases.append({"seed": seed, "radius": radius, "dark": dark, "method": method, **options, **threshold,
                          "blobs": [[round(float(v), 7) for v in b] for b in blobs],
                          **{f"pruned_{p}": pruned(blobs, p / 100) for p in (50, 10)},
                          "scikit_image_50": pruned_by_scikit_image(blobs, 0.5)})

out = {"made_by": {"numpy": np.__version__, "scikit-image": skimage.__version__, "scipy": scipy.__version__},
       "width": width, "height": height, "cases": cases}
(here / "blobs.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
