"""Pairs and stacks of images with known transforms, and how far a result is from them."""
import json
import os
import subprocess
import tempfile

import numpy as np
from scipy import ndimage


def shift(x, y):
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])


def about_centre(t, height, width):
    return shift((width - 1) / 2, (height - 1) / 2) @ t @ shift(-(width - 1) / 2, -(height - 1) / 2)


def linear(angle=0, scale=1, shear=0):
    """Rotation in degrees and scale after a shear along x."""
    a = np.deg2rad(angle)
    c, s = scale * np.cos(a), scale * np.sin(a)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ np.array([[1, shear, 0], [0, 1, 0], [0, 0, 1.0]])


def perspective(px, py):
    return np.array([[1, 0, 0], [0, 1, 0], [px, py, 1.0]])


def corner_error(a, b, height, width):
    """Mean distance of the corners."""
    corners = np.array([[x, y, 1] for x in (0, width - 1) for y in (0, height - 1)], float).T
    p, q = a @ corners, b @ corners
    return np.hypot(*(p[:2] / p[2] - q[:2] / q[2])).mean()


class Field:
    """A scene larger than its images, interpolated by quintic splines."""

    def __init__(self, pixels, order=5):
        self.order = order
        self.coefficients = ndimage.spline_filter(pixels.astype(float), order, mode="mirror")
        self.shape = pixels.shape

    def view(self, t, height, width):
        """What a camera sees at the scene's middle whose content has moved by t: image(t p) = scene(p)."""
        back = np.linalg.inv(t)
        y, x = np.mgrid[:height, :width].astype(float)
        p = back @ np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
        u, v = (p[:2] / p[2]).reshape(2, height, width)
        top, left = (self.shape[0] - height) / 2, (self.shape[1] - width) / 2
        return ndimage.map_coordinates(self.coefficients, [v + top, u + left], order=self.order, mode="mirror", prefilter=False)


def texture(side, seed, sigmas=((1.5, 1.0), (4, 1.5), (12, 2.0))):
    """Random structure of several sizes, mean 128, standard deviation 40."""
    random = np.random.default_rng(seed)
    field = sum(weight * sigma * ndimage.gaussian_filter(random.standard_normal((side, side)), sigma, mode="wrap") for sigma, weight in sigmas)
    return 128 + 40 * (field - field.mean()) / field.std()


def align(build, stacks, params, threads=1):
    """Runs align.register on stacks of one size; a dictionary of columns for each, with "m" as matrices."""
    stacks = [np.asarray(s) for s in stacks]
    kind = {"uint8": "u8", "uint16": "u16", "float32": "f32"}[str(stacks[0].dtype)]
    count, height, width = stacks[0].shape
    with tempfile.NamedTemporaryFile(suffix=".raw") as raw:
        for s in stacks:
            raw.write(np.ascontiguousarray(s).tobytes())
        raw.flush()
        environment = dict(os.environ, SHEAF_PLUGIN_PATH=os.environ.get("SHEAF_PLUGIN_PATH", ""))
        answer = subprocess.run([os.path.join(build, "tests/bench/align_pairs"), json.dumps(params), raw.name, kind, str(width), str(height), str(count),
                                 str(len(stacks)), str(threads)], capture_output=True, text=True, env=environment)
    if answer.returncode:
        raise RuntimeError(answer.stderr.strip())
    results = [json.loads(line) for line in answer.stdout.splitlines()]
    for r in results:
        r["m"] = np.stack([r[f"m{i}{j}"] for i in range(3) for j in range(3)], axis=1).reshape(-1, 3, 3)
    return results
