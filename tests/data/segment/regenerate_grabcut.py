"""Reference masks for the test of segment.grabcut, by OpenCV.

Run with a Python that has it: python regenerate_grabcut.py
"""
import json
import sys
from pathlib import Path

import cv2
import numpy as np

here = Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent))
import generated  # noqa: E402


def scene(width, height, seed):
    """A textured object of two ellipses on textured ground, as tests/plugins/segment/grabcut_test.cpp makes it."""
    planes = [generated.texture(width, height, 3 * seed + c, 1) >> 8 for c in range(3)]
    y, x = np.mgrid[:height, :width]
    object_ = ((10 * (x - 70)) ** 2 + (16 * (y - 60)) ** 2 < 400**2) | ((x - 95) ** 2 + (y - 45) ** 2 < 20**2)
    fore, back = (85, 65, 45), (45, 70, 85)
    image = np.stack([np.where(object_, fore[c], back[c]) + planes[c] // 2 for c in range(3)], axis=2)
    return np.clip(image, 0, 255).astype(np.uint8), object_


def runs(mask):
    """Lengths of the runs of 0, 1, 0... in reading order."""
    flat = np.concatenate(([0], mask.astype(np.int8).ravel()))
    edges = np.flatnonzero(np.diff(flat))
    return np.diff(np.concatenate(([0], edges, [flat.size - 1]))).tolist()


cases = []
for seed in (1, 2, 3):
    image, _ = scene(160, 120, seed)
    rectangle = (18, 15, 110, 90)
    cv2.setRNGSeed(1)
    mask = np.zeros(image.shape[:2], np.uint8)
    bgr = np.ascontiguousarray(image[:, :, ::-1])
    cv2.grabCut(bgr, mask, rectangle, np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_RECT)
    cases.append({"seed": seed, "rectangle": rectangle, "runs": runs((mask == 1) | (mask == 3))})
json.dump({"versions": {"opencv": cv2.__version__, "numpy": np.__version__}, "cases": cases},
          open(here / "grabcut.json", "w"), separators=(",", ":"))
