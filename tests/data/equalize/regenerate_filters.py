"""Reference numbers for the tests of the operations of `equalize` on single images, by NumPy, SciPy, OpenCV and scikit-image.

Run with a Python that has them: python regenerate_filters.py
"""
import json
import sys
from pathlib import Path

import cv2
import numpy as np
import scipy
import scipy.ndimage
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



def around(image, reach):
    """Calls for each offset: the image moved by it, reflected at the border."""
    wide = np.pad(image.astype(np.float64), [(reach, reach)] * 2 + [(0, 0)] * (image.ndim - 2), mode="reflect")
    height, width = image.shape[:2]
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            yield dx, dy, wide[reach + dy:reach + dy + height, reach + dx:reach + dx + width]


def planes(image):
    return image.astype(np.float64).reshape(image.shape[0], image.shape[1], -1)


def bilateral(image, radius, space, level):
    image = planes(image)
    total, weights = 0, 0
    for dx, dy, moved in around(image, radius):
        if dx * dx + dy * dy <= radius * radius:
            w = np.exp(-(dx * dx + dy * dy) / (2 * space**2) - ((moved - image)**2).sum(2, keepdims=True) / (2 * level**2))
            total, weights = total + w * moved, weights + w
    return total / weights


def non_local_means(image, patch, search, strength, noise=0):
    image = planes(image)
    reach = patch + search
    wide = np.pad(image, [(reach, reach)] * 2 + [(0, 0)], mode="reflect")
    height, width = image.shape[:2]
    total, weights = 0, 0
    for dy in range(-search, search + 1):
        for dx in range(-search, search + 1):
            square = ((wide[search:-search, search:-search] - wide[search + dy:wide.shape[0] - search + dy, search + dx:wide.shape[1] - search + dx])**2).mean(2)
            mean = sum(square[y:y + height, x:x + width] for y in range(2 * patch + 1) for x in range(2 * patch + 1)) / (2 * patch + 1)**2
            w = np.exp(-np.maximum(mean - 2 * noise**2, 0) / strength**2)[:, :, None]
            moved = wide[reach + dy:reach + dy + height, reach + dx:reach + dx + width]
            total, weights = total + w * moved, weights + w
    return total / weights


images = {"u8": gray("u8", 29, 23, 6, 1), "u16": gray("u16", 29, 23, 6, 1), "f32": gray("f32", 29, 23, 6, 1), "rgb": colour(29, 23, 6)}
level = {"u8": 20, "u16": 5000, "f32": 80, "rgb": 20}
means = [{"pixel": k, "level": level[k], "bilateral": numbers(bilateral(i, 4, 2, level[k])),
          "nlm": numbers(non_local_means(i, 1, 3, level[k])), "nlm_noise": numbers(non_local_means(i, 2, 2, level[k], level[k] / 3))}
         for k, i in images.items()]
for row in means:
    for key in ("bilateral", "nlm", "nlm_noise"):
        row[key] = [round(v, 2) for v in row[key]]
opencv = {"bilateral": numbers(cv2.bilateralFilter(images["u8"], 9, 20, 2, borderType=cv2.BORDER_REFLECT_101)),
          "nlm": numbers(cv2.fastNlMeansDenoising(images["u8"], None, 15, 7, 21))}
medians = [{"pixel": k, "radius": r, "values": numbers(scipy.ndimage.median_filter(images[k], 2 * r + 1, mode="nearest"))}
           for k in ("u8", "u16", "f32") for r in (1, 3, 6)]
sharpened = [{"pixel": k, "amount": a, "sigma": g,
              "values": [round(v, 3) for v in numbers(i + a * (i - scipy.ndimage.gaussian_filter(i, g, mode="mirror", truncate=4)))]}
             for k in ("u16", "f32") for i in [images[k].astype(np.float64) if k == "f32" else images[k] // 8 + 20000.0] for a, g in ((1.5, 3), (-0.5, 1))]

equalized = numbers(cv2.equalizeHist(gray("u8", 29, 23, 6, 1) // 2 + 30))


def sharpness(image):
    gx, gy = (cv2.Sobel(image.astype(np.float64), cv2.CV_64F, *d, ksize=3) for d in ((1, 0), (0, 1)))
    return np.hypot(gx, gy).mean()


# gains on 8-bit arrays, of a dimmer image to the first as base, and to the mean of both
pair = [gray("u8", 29, 23, 6, 1) // 2 + 20, gray("u8", 29, 23, 7, 1) // 3 + 9]
compat = {}
for name, scalar in (("brightness", np.mean), ("contrast", np.std), ("sharpness", sharpness)):
    for to, wanted in (("base", scalar(pair[0])), ("mean", (scalar(pair[0]) + scalar(pair[1])) / 2)):
        image = pair[1]
        if name == "sharpness" and to == "mean":
            blurred = scipy.ndimage.gaussian_filter(image.astype(np.float64), 3, mode="mirror", truncate=4)
            image = np.clip(np.floor(1.5 * image - 0.5 * blurred + 0.5), 0, 255).astype(np.uint8)
        compat[f"{name} {to}"] = numbers(np.clip(image * (wanted / scalar(image)), 0, 255).astype(np.uint8))

(here / "filters.json").write_text(json.dumps({
    "made_by": f"regenerate_filters.py, NumPy {np.__version__}, SciPy {scipy.__version__}, OpenCV {cv2.__version__}, scikit-image {skimage.__version__}",
    "clahe": clahe, "percentiles": percentiles, "saturation": saturation, "equalized": equalized, "compat": compat,
    "means": means, "opencv": opencv, "medians": medians, "sharpened": sharpened}) + "\n")
