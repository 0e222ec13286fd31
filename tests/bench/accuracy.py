"""accuracy.py BUILD [TRIALS] [MODEL...]: mean corner error in px of ours, pystackreg and OpenCV's ECC on the same pairs.

`camera` of scikit-image, 512x512, 8-bit; shifts to 15 px, rotation to 5 degrees, scale and shear to 5 %, perspective to 5e-5/px (of which
pystackreg has none); noise SD 5 in both images.
"""
import sys
import time

import cv2
import numpy as np
from pystackreg import StackReg
from skimage import data

from align_data import Field, about_centre, align, corner_error, linear, perspective, shift

BUILD = sys.argv[1]
TRIALS = int(sys.argv[2]) if len(sys.argv) > 2 else 50
MODELS = sys.argv[3:] or ["translation", "rigid", "similarity", "affine", "homography"]
PEERS = {"translation": (StackReg.TRANSLATION, cv2.MOTION_TRANSLATION), "rigid": (StackReg.RIGID_BODY, cv2.MOTION_EUCLIDEAN),
         "similarity": (StackReg.SCALED_ROTATION, None), "affine": (StackReg.AFFINE, cv2.MOTION_AFFINE), "homography": (None, cv2.MOTION_HOMOGRAPHY)}
SIDE = 512


def truth_of(model, random):
    dx, dy, angle = random.uniform(-15, 15, 2).tolist() + [random.uniform(-5, 5)]
    scale, shear = random.uniform(0.95, 1.05), random.uniform(-0.05, 0.05)
    if model == "homography":
        return about_centre(shift(dx, dy) @ linear(angle, scale, shear) @ perspective(*random.uniform(-5e-5, 5e-5, 2)), SIDE, SIDE)
    t = {"translation": np.eye(3), "rigid": linear(angle), "similarity": linear(angle, scale), "affine": linear(angle, scale, shear)}[model]
    return about_centre(shift(dx, dy) @ t, SIDE, SIDE)


def main():
    scene = Field(data.camera())
    print("| model | Sheaf: error (largest) | ms | pystackreg: error (largest) | ms | OpenCV ECC: error (largest) | ms |\n|---|---|---|---|---|---|---|")
    for model in MODELS:
        random = np.random.default_rng(1)
        errors, seconds = {"ours": [], "stackreg": [], "ecc": []}, {"ours": [], "stackreg": [], "ecc": []}
        for _ in range(TRIALS):
            t = truth_of(model, random)
            pair = np.stack([scene.view(np.eye(3), SIDE, SIDE), scene.view(t, SIDE, SIDE)])
            pair = np.clip(np.rint(pair + random.normal(0, 5, pair.shape)), 0, 255).astype(np.uint8)
            found = align(BUILD, [pair], {"model": model, "reference": "first"})[0]
            errors["ours"].append(corner_error(found["m"][1], t, SIDE, SIDE))
            seconds["ours"].append(found["seconds"])
            if PEERS[model][0] is not None:
                start = time.perf_counter()
                theirs = StackReg(PEERS[model][0]).register(pair[0].astype(float), pair[1].astype(float))
                seconds["stackreg"].append(time.perf_counter() - start)
                errors["stackreg"].append(corner_error(theirs, t, SIDE, SIDE))
            if PEERS[model][1] is not None:
                start = time.perf_counter()
                homography = model == "homography"
                warp = np.eye(3 if homography else 2, 3, dtype=np.float32)
                try:
                    _, warp = cv2.findTransformECC(pair[0], pair[1], warp, PEERS[model][1], (3, 100, 1e-6), None, 1)
                    (cv2.warpPerspective if homography else cv2.warpAffine)(pair[1], warp, (SIDE, SIDE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
                except cv2.error:
                    continue
                seconds["ecc"].append(time.perf_counter() - start)
                errors["ecc"].append(corner_error(warp if homography else np.vstack([warp, [0, 0, 1]]), t, SIDE, SIDE))
        cells = []
        for name in ("ours", "stackreg", "ecc"):
            if errors[name]:
                cells += [f"{np.mean(errors[name]):.5f} ({np.max(errors[name]):.4f})", f"{np.median(seconds[name]) * 1000:.1f}"]
            else:
                cells += ["-", "-"]
        print(f"| {model} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
