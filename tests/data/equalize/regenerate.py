"""Reference numbers for the tests of equalize.match, by NumPy, OpenCV and scikit-image.

Run with a Python that has them: python regenerate.py
"""
import json
import sys
from pathlib import Path

import cv2
import numpy as np
import skimage
from skimage.color import lab2rgb, rgb2lab
from skimage.exposure import match_histograms

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


def disk(width, height, radius):
    y, x = np.mgrid[:height, :width]
    return (x - width // 2) ** 2 + (y - height // 2) ** 2 <= radius**2


def sharpness(image):
    image = image.astype(np.float64)
    gx, gy = (cv2.Sobel(image, cv2.CV_64F, *d, ksize=3, borderType=cv2.BORDER_REFLECT_101) for d in ((1, 0), (0, 1)))
    return np.hypot(gx, gy)


def scalars(lightness, gray_image, inside):
    v = lightness.astype(np.float64)[inside]
    return {"brightness": v.mean(), "contrast": v.std(), "sharpness": sharpness(gray_image)[inside].mean()}


def lab(image):
    """L scaled to 0..255, a, b."""
    return rgb2lab(image / 255.0) * [2.55, 1, 1]


def rgb(lab_image):
    return np.floor(np.clip(lab2rgb(lab_image / [2.55, 1, 1]), 0, 1) * 255 + 0.5).astype(int)


measured = []
for width, height, seed in ((67, 53, 1), (101, 7, 2), (3, 31, 3), (1, 9, 4), (2, 2, 5)):
    for masked in (False, True):
        inside = disk(width, height, 5) if masked else np.ones((height, width), bool)
        where = {"width": width, "height": height, "seed": seed, "masked": masked}
        for kind in ("u8", "u16", "f32"):
            image = gray(kind, width, height, seed)
            measured.append({**where, "pixel": kind, **scalars(image, image, inside)})
        image = colour(width, height, seed)
        luma = image.astype(np.float64) @ [0.299, 0.587, 0.114]
        opencv = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)[:, :, 0].astype(np.float64)[inside]
        values = lab(image)[inside]
        measured.append({**where, "pixel": "rgb", **scalars(lab(image)[:, :, 0], luma, inside),
                         "lab_mean": values.mean(0).tolist(), "lab_sd": values.std(0).tolist(),
                         "opencv_brightness": opencv.mean(), "opencv_contrast": opencv.std()})

matched = []
width, height = 29, 23
for kind in ("u8", "u16", "f32"):
    image, base = gray(kind, width, height, 7), gray(kind, width, height, 8, 1)
    base = (base // 3 + 20).astype(base.dtype) if kind != "f32" else base / 4 + 20
    matched.append({"pixel": kind, "width": width, "height": height,
                    "values": match_histograms(image, base).astype(np.float64).ravel().tolist()})
image, base = colour(width, height, 7), colour(width, height, 8) // 2 + 10
matched.append({"pixel": "rgb", "width": width, "height": height,
                "values": match_histograms(image, base.astype(np.uint8), channel_axis=2).ravel().tolist()})

own, other = lab(colour(width, height, 7)), lab((colour(width, height, 8) // 2 + 60).astype(np.uint8))
moved = (own - own.mean((0, 1))) / own.std((0, 1)) * other.std((0, 1)) + other.mean((0, 1))
reinhard = {"width": width, "height": height, "values": rgb(moved).ravel().tolist()}

brighter = own.copy()
brighter[:, :, 0] *= 1.1
lightness = {"width": width, "height": height, "gain": 1.1, "values": rgb(brighter).ravel().tolist()}

out = {"made_by": {"numpy": np.__version__, "opencv": cv2.__version__, "scikit-image": skimage.__version__},
       "measured": measured, "histograms": matched, "reinhard": reinhard, "lightness": lightness}
(here / "reference.json").write_text(json.dumps(out) + "\n")
