"""What OpenCV's tutorials on feature matching reach on the scenes of the tests, and reference numbers for transforms.

SIFT, FLANN's k-d trees, Lowe's ratio 0.7, RANSAC; landmarks solved and images drawn by scikit-image
and SciPy. Run with a Python that has them: python features.py
"""
import json
from pathlib import Path

import cv2
import numpy as np
import scipy
import skimage
from scipy.ndimage import map_coordinates
from skimage.transform import estimate_transform

from regenerate import Scene, corner_error, generated, random_transform

SIDE, TRIALS, NOISE = 256, 6, 5


def tutorial(reference, moving, model):
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


def tutorial_errors():
    cv2.setRNGSeed(1)
    errors = {}
    for model in ("similarity", "affine"):
        errors[model] = []
        for trial in range(TRIALS):
            scene, truth = Scene(trial + 1), random_transform(model, SIDE, 100 + trial)
            images = [np.clip(np.rint(scene.image(SIDE, t, NOISE, 200 + 2 * trial + k)), 0, 255).astype(np.uint8)
                      for k, t in enumerate((np.eye(3), truth))]
            errors[model].append(corner_error(tutorial(*images, model), truth, SIDE))
    return errors


def landmarks():
    """Where TurboReg's landmarks lead: target to source, by scikit-image."""
    target = np.array([[31.5, 40.0], [200.0, 22.25], [90.0, 210.0], [220.0, 180.5]])
    source = np.array([[35.0, 44.5], [204.5, 30.0], [88.0, 215.5], [221.0, 190.0]])
    design = np.column_stack([np.ones(4), target, target.prod(1)])
    return {"target": target.tolist(), "source": source.tolist(),
            "similarity": estimate_transform("similarity", target[:2], source[:2]).params.ravel().tolist(),
            "affine": estimate_transform("affine", target[:3], source[:3]).params.ravel().tolist(),
            "homography": estimate_transform("projective", target, source).params.ravel().tolist(),
            "bilinear": np.linalg.solve(design, source).T.tolist()}


def bilinear_image():
    """A texture drawn under a bilinear transform; positions outside are 0."""
    width, height = 61, 47
    texture = generated.texture(width, height, 5).astype(float)
    bx, by = [2.3, 0.97, 0.04, 0.0011], [-1.2, -0.02, 1.03, -0.0007]
    y, x = np.mgrid[:height, :width].astype(float)
    terms = np.stack([np.ones_like(x), x, y, x * y])
    u, v = np.tensordot(bx, terms, 1), np.tensordot(by, terms, 1)
    values = map_coordinates(texture, [v, u], order=1, mode="nearest")
    outside = (u < 0) | (u > width - 1) | (v < 0) | (v > height - 1)
    values[outside] = 0
    return {"x": bx, "y": by, "width": width, "height": height, "row": 20, "values": values[20].tolist(),
            "sum": float(values.sum()), "outside": int(outside.sum())}


def smoothing():
    """Shifts smoothed with windows cut off at the ends."""
    values = np.array([0, 2, 1, 5, -3, 4, 4.5, 30, 6, 5.5, 7, 8])
    n = np.arange(len(values))
    near = np.abs(n[:, None] - n) <= 2
    gauss = np.exp(-0.5 * ((n[:, None] - n) / 1.5) ** 2) * (np.abs(n[:, None] - n) <= 6)
    return {"values": values.tolist(), "mean": ((near @ values) / near.sum(1)).tolist(),
            "median": [float(np.median(values[row])) for row in near], "gaussian": ((gauss @ values) / gauss.sum(1)).tolist()}


if __name__ == "__main__":
    numbers = {
        "versions": {"numpy": np.__version__, "scipy": scipy.__version__, "skimage": skimage.__version__, "opencv": cv2.__version__},
        "side": SIDE, "noise": NOISE, "tutorial": tutorial_errors(), "landmarks": landmarks(), "bilinear": bilinear_image(),
        "smoothing": smoothing(),
    }
    Path(__file__).with_name("features.json").write_text(json.dumps(numbers, indent=1) + "\n")
