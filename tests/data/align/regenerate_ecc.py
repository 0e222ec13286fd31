"""Regenerates ecc.json: what OpenCV's findTransformECC makes of pairs of generated images.

    python3 tests/data/align/regenerate_ecc.py

Needs numpy, opencv-python, and what regenerate.py needs. The scene is the one of tests/plugins/align/scene.hpp.
"""
import json

import cv2
import numpy as np

from regenerate import NOISE, Scene, here, positions, random_transform, shift

MOTIONS = {"translation": cv2.MOTION_TRANSLATION, "rigid": cv2.MOTION_EUCLIDEAN, "affine": cv2.MOTION_AFFINE, "homography": cv2.MOTION_HOMOGRAPHY}
SIDE, TRIALS = 200, 3


def ecc(reference, moving, start, motion):
    homography = motion == cv2.MOTION_HOMOGRAPHY
    warp = np.ascontiguousarray(start if homography else start[:2], np.float32)
    criteria = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 500, 1e-9)
    _, warp = cv2.findTransformECC(reference.astype(np.float32), moving.astype(np.float32), warp, motion, criteria, None, 5)
    return warp.astype(float) if homography else np.vstack([warp, [0, 0, 1]]).astype(float)


def coefficient(reference, moving, m):
    """Over what both images cover: findTransformECC itself counts a border on which it mixes the image with black."""
    u, v = positions(m, SIDE, SIDE)
    inside = (u >= 0) & (u <= SIDE - 1) & (v >= 0) & (v <= SIDE - 1)
    warped = cv2.warpPerspective(moving.astype(np.float32), m, (SIDE, SIDE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return cv2.computeECC(reference.astype(np.float32), warped, inside.astype(np.uint8))


def main():
    pairs = []
    for model, motion in MOTIONS.items():
        for trial in range(TRIALS):
            t = random_transform("affine" if model == "homography" else model, SIDE, 300 + trial)
            scene = Scene(trial)
            reference, moving = scene.image(SIDE, np.eye(3), NOISE, 1000 + trial), scene.image(SIDE, t, NOISE, 2000 + trial)
            # it has no pyramid: from near the truth
            start = t @ shift(0.7, -0.6)
            m = ecc(reference, moving, start, motion)
            pairs.append({"model": model, "trial": trial, "m": m.ravel().tolist(), "cc": coefficient(reference, moving, m)})
    numbers = {"made_by": {"numpy": np.__version__, "opencv": cv2.__version__}, "side": SIDE, "noise": NOISE, "pairs": pairs}
    (here / "ecc.json").write_text(json.dumps(numbers) + "\n")


if __name__ == "__main__":
    main()
