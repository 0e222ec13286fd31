"""Reference numbers for the tests of the operations of `equalize` on single images, by NumPy, SciPy, OpenCV and scikit-image.

Run with a Python that has them: python regenerate_filters.py
"""
import json
import sys
from pathlib import Path

import cv2
import numpy as np
import scipy
import skimage
from skimage.color import lab2rgb, rgb2lab

here = Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent))
import generated  # noqa: E402


def gray(kind, width, height, seed, radius=2):
    """Texture as tests/plugins/pixels.hpp makes it."""
    t = generated.texture(width, height, seed, radius)
    return {"u8": (t >> 8).astype(np.uint8), "u16": t, "f32": t.astype(np.float32) / 64 - 300}[kind]


def colour(width, height, seed):
    r, g, b = (gray("u8", width, height, seed + 1000 * i) // 2 for i in range(3))
    return np.stack([r + 100, g + 60, b + 20], 2).astype(np.uint8)


def numbers(image):
    values = np.asarray(image).ravel()
    return values.astype(int).tolist() if (values == np.round(values)).all() else [round(float(v), 7) for v in values]


clahe = [{"width": w, "height": h, "tiles": tiles, "clip": clip,
          "values": numbers(cv2.createCLAHE(clip, (tiles, tiles)).apply(gray("u8", w, h, 5)))}
         for w, h, tiles, clip in ((64, 48, 8, 3), (64, 48, 4, 40), (61, 45, 4, 2), (32, 32, 1, 0))]

percentiles = []
for kind in ("u8", "u16", "f32"):
    images = [gray(kind, 31, 23, seed) for seed in (1, 2, 3)]
    for p in (0, 0.2, 33.3, 50, 99.8, 100):
        percentiles.append({"pixel": kind, "percent": p, "each": [float(np.percentile(i.astype(np.float64), p)) for i in images],
                            "all": float(np.percentile(np.array(images).astype(np.float64), p))})

image = colour(31, 23, 4)
lab = rgb2lab(image / 255.0)
saturation = [{"factor": f, "values": numbers(np.floor(np.clip(lab2rgb(lab * [1, f, f]), 0, 1) * 255 + 0.5))} for f in (0, 0.5, 1.3)]

(here / "filters.json").write_text(json.dumps({
    "made_by": f"regenerate_filters.py, NumPy {np.__version__}, SciPy {scipy.__version__}, OpenCV {cv2.__version__}, scikit-image {skimage.__version__}",
    "clahe": clahe, "percentiles": percentiles, "saturation": saturation}) + "\n")
