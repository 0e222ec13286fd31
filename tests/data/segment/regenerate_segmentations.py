"""Reference labels for the tests of segment.felzenszwalb, segment.chanvase and segment.quickshift, by scikit-image.

Run with a Python that has it: python regenerate_segmentations.py
"""
import json
import sys
from pathlib import Path

import numpy as np
import skimage
from skimage.segmentation import chan_vese, felzenszwalb, quickshift

here = Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent))
import generated  # noqa: E402

width, height = 61, 47


def gray(seed):
    return (generated.texture(width, height, seed, 3) >> 8).astype(np.uint8)


def colour(seed):
    """colour_texture() of tests/plugins/pixels.hpp."""
    r, g, b = ((generated.texture(width, height, seed + d) >> 8).astype(np.uint8) for d in (0, 1000, 2000))
    return np.stack([r // 2 + 100, g // 2 + 60, b // 2 + 20], axis=-1).astype(np.uint8)


felzenszwalb_cases, chan_vese_cases, quickshift_cases = [], [], []
for seed in (1, 2):
    for scale, sigma, size in ((100, 0.5, 20), (300, 0.8, 5), (20, 0, 1)):
        for rgb in (False, True):
            labels = felzenszwalb(colour(seed) if rgb else gray(seed), scale=scale, sigma=sigma, min_size=size)
            felzenszwalb_cases.append({"seed": seed, "rgb": rgb, "scale": scale, "sigma": sigma, "min_size": size,
                                       "labels": labels.ravel().tolist()})
    for start in ("checkerboard", "disk", "small disk"):
        for lambda1, iterations, tolerance in ((1, 60, 0), (2, 500, 1e-3)):
            inside, phi, energies = chan_vese(gray(seed), mu=0.25, lambda1=lambda1, lambda2=1, tol=tolerance,
                                              max_num_iter=iterations, dt=0.5, init_level_set=start, extended_output=True)
            chan_vese_cases.append({"seed": seed, "start": start, "lambda1": lambda1, "iterations": iterations,
                                    "tolerance": tolerance, "steps": len(energies),
                                    "phi": [float(f"{v:.6g}") for v in phi.ravel()]})
    for kernel, distance in ((3, 6), (3, 100)):
        labels = quickshift(colour(seed), ratio=0.5, kernel_size=kernel, max_dist=distance)
        quickshift_cases.append({"seed": seed, "kernel": kernel, "max_dist": distance, "labels": labels.ravel().tolist()})

out = {"made_by": {"numpy": np.__version__, "scikit-image": skimage.__version__}, "width": width, "height": height,
       "felzenszwalb": felzenszwalb_cases, "chan_vese": chan_vese_cases, "quickshift": quickshift_cases}
(here / "segmentations.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
