"""features.py BUILD [PAIRS]: time and error of the feature and patch engines beside OpenCV's, on pairs with known transforms.

The peer is OpenCV as its tutorials on feature matching write it: SIFT, FLANN's k-d trees, Lowe's ratio 0.7, RANSAC. Both
have 2 threads and 8-bit images of 1024x1024 pixels; rounds alternate, times are medians, errors are mean distances of the
corners from the truth. Needs the build's align_bench; tests/bench/run prepares it.
"""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

from align_data import Field, about_centre, corner_error, linear, perspective, shift, texture

SIDE = 1024
MODELS = {"similarity": 2, "affine": 3, "homography": 4}
DETECTORS = {"sift": 0, "orb": 1, "akaze": 2}


def tutorial(reference, moving, model):
    import cv2
    cv2.setNumThreads(2)
    sift = cv2.SIFT_create()
    (points, a), (others, b) = sift.detectAndCompute(reference, None), sift.detectAndCompute(moving, None)
    pairs = cv2.FlannBasedMatcher({"algorithm": 1, "trees": 5}, {"checks": 50}).knnMatch(a, b, k=2)
    good = [m for m, n in pairs if m.distance < 0.7 * n.distance]
    p = np.float32([points[m.queryIdx].pt for m in good])
    q = np.float32([others[m.trainIdx].pt for m in good])
    if model == "homography":
        return cv2.findHomography(p, q, cv2.RANSAC, 5.0)[0]
    estimate = cv2.estimateAffine2D if model == "affine" else cv2.estimateAffinePartial2D
    return np.vstack([estimate(p, q, method=cv2.RANSAC, ransacReprojThreshold=3)[0], [0, 0, 1]])


def scene(kind):
    if kind == "texture":
        return Field(texture(2 * SIDE, 1), 3)
    from scipy import ndimage
    from skimage import data
    return Field(ndimage.zoom(data.camera().astype(float), 4, order=3), 3)


def images(kind, model, pairs, large, noise=5, seed=1):
    """A reference and `pairs` images of it as 8-bit pixels, and the transforms to find."""
    random = np.random.default_rng(seed)
    field, truths = scene(kind), [np.eye(3)]
    for _ in range(pairs):
        reach, angle, low, high, shear = (0.2 * SIDE, 45, 0.8, 1.25, 0.1) if large else (15, 5, 0.95, 1.05, 0.05)
        t = shift(*random.uniform(-reach, reach, 2)) @ linear(random.uniform(-angle, angle), random.uniform(low, high),
                                                             0 if model == "similarity" else random.uniform(-shear, shear))
        if model == "homography":
            t = t @ perspective(*random.uniform(-1e-4, 1e-4, 2))
        truths.append(about_centre(t, SIDE, SIDE))
    seen = [field.view(t, SIDE, SIDE) + noise * random.standard_normal((SIDE, SIDE)) for t in truths]
    return np.clip(np.rint(seen), 0, 255).astype(np.uint8), truths[1:]


def engine(build, stack, engine_name, *arguments):
    """What align_bench says of the pairs of image 1 and each other."""
    with tempfile.NamedTemporaryFile(suffix=".raw") as raw:
        stack.tofile(raw.name)
        answer = subprocess.run([os.path.join(build, "tests/bench/align_bench"), engine_name, raw.name, str(SIDE), str(SIDE),
                                 str(len(stack)), *map(str, arguments), "1"], capture_output=True, text=True, check=True)
    return json.loads(answer.stdout)


def main():
    build, pairs = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5
    print("| pairs of 1024x1024, 8-bit | engine | ms a pair | mean error, px | OpenCV's tutorial, ms | its error, px | ratio |\n|---|---|---|---|---|---|---|")
    for kind in ("texture", "camera"):
        for model, large in (("similarity", False), ("affine", False), ("homography", False), ("affine", True)):
            stack, truths = images(kind, model, pairs, large)
            jobs = {"sift": ("features", MODELS[model], DETECTORS["sift"])}
            if (model, large) == ("affine", False):
                jobs |= {name: ("features", MODELS[model], DETECTORS[name]) for name in ("orb", "akaze")}
                jobs["patches"] = ("patches", MODELS[model])
            ours, peer = {name: [] for name in jobs}, []
            for _ in range(3):
                for name, job in jobs.items():
                    answer = engine(build, stack, *job)
                    ours[name].append(answer["seconds"][0] / pairs)
                    errors = [corner_error(np.reshape(e["matrix"], (3, 3)), t, SIDE, SIDE) for e, t in zip(answer["estimates"], truths)]
                    ours[name + " error"] = np.mean(errors)
                start = time.perf_counter()
                theirs = [tutorial(stack[0], image, model) for image in stack[1:]]
                peer.append((time.perf_counter() - start) / pairs)
            their_error = np.mean([corner_error(m, t, SIDE, SIDE) for m, t in zip(theirs, truths)])
            b = statistics.median(peer)
            for name in jobs:
                a = statistics.median(ours[name])
                print(f"| {kind}, {model}{', large' if large else ''} | {name} | {1000 * a:.0f} | {ours[name + ' error']:.3f} "
                      f"| {1000 * b:.0f} | {their_error:.3f} | {b / a:.1f} |", flush=True)


if __name__ == "__main__":
    main()
