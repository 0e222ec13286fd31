"""Reference numbers for the tests of equalize.measure, by NumPy, SciPy, OpenCV and scikit-image.

Run with a Python that has them: python regenerate_quality.py
"""
import json
import sys
from pathlib import Path

import cv2
import numpy as np
import scipy
import skimage
from scipy.stats import median_abs_deviation
from skimage.color import rgb2lab
from skimage.measure import shannon_entropy

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


def smooth_length(n):
    """The greatest number up to n without a prime factor above 13."""
    return next(m for m in range(n, 0, -1) if not [p for p in range(17, m + 1) if m % p == 0 and is_prime(p)])


def is_prime(p):
    return all(p % q for q in range(2, p))


def spectrum_slope(image):
    height, width = (smooth_length(n) for n in image.shape)
    top, left = (image.shape[0] - height) // 2, (image.shape[1] - width) // 2
    image = image[top:top + height, left:left + width]
    side = min(width, height)
    power = np.abs(np.fft.fft2(image - image.mean())) ** 2
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(width), np.fft.fftfreq(height)))
    ring = np.floor(side * frequency + 0.5).astype(int)
    r = np.arange(1, side // 8 + 1)
    if len(r) < 3:
        return None
    return np.polyfit(np.log(r), np.log([power[ring == i].mean() for i in r]), 1)[0]


def windows(image, side=50):
    height, width = image.shape
    h, w = min(side, height), min(side, width)
    return [image[y:y + h, x:x + w] for y in range(0, height - h + 1, h) for x in range(0, width - w + 1, w)]


def quality(kind, image):
    lightness = rgb2lab(image / 255.0)[:, :, 0] * 2.55 if kind == "rgb" else image.astype(float)
    v = image.astype(float) @ [0.299, 0.587, 0.114] if kind == "rgb" else image.astype(float)
    gx, gy = (cv2.Sobel(v, cv2.CV_64F, *d, ksize=3, borderType=cv2.BORDER_REFLECT_101) for d in ((1, 0), (0, 1)))
    sds, means = [w.std() for w in windows(v)], [w.mean() for w in windows(v)]
    if kind == "f32":
        counts = np.histogram(image, 256)[0]
        entropy = scipy.stats.entropy(counts, base=2)
    else:
        levels = np.floor((image.astype(int) @ [299, 587, 114] + 500) / 1000) if kind == "rgb" else image
        entropy = shannon_entropy(levels)
    return {"brightness": lightness.mean(), "contrast": lightness.std(), "sharpness": np.hypot(gx, gy).mean(),
            "local_contrast": np.mean(sds), "local_contrast_sd": np.std(sds), "local_mean_sd": np.std(means),
            "laplacian_variance": cv2.Laplacian(v, cv2.CV_64F, borderType=cv2.BORDER_REFLECT_101).var(),
            "tenengrad": (gx ** 2 + gy ** 2).mean(), "spectrum_slope": spectrum_slope(v), "entropy": entropy,
            "greatest_part": float((image.max(2) == 255).mean() if kind == "rgb" else (image == image.max()).mean()),
            "least_part": float((image.max(2) == 0).mean() if kind == "rgb" else (image == image.min()).mean())}


measured = []
for width, height, seed in ((107, 121, 1), (160, 96, 2), (64, 64, 3), (23, 40, 4), (1, 9, 5)):
    for kind in ("u8", "u16", "f32", "rgb"):
        image = colour(width, height, seed) if kind == "rgb" else gray(kind, width, height, seed)
        measured.append({"width": width, "height": height, "seed": seed, "pixel": kind, **quality(kind, image)})

values = [3.0, 3.5, 2.75, 3.25, 9.0, 3.125, 2.5, 3.0]
z = (np.array(values) - np.median(values)) / (1.4826 * median_abs_deviation(values))

out = {"made_by": {"numpy": np.__version__, "scipy": scipy.__version__, "opencv": cv2.__version__,
                   "scikit-image": skimage.__version__},
       "measured": measured, "robust_z": {"values": values, "z": z.tolist()}}
(here / "quality.json").write_text(json.dumps(out) + "\n")
