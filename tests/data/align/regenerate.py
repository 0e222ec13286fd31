"""Reference numbers for the tests of align.register, by NumPy, SciPy and pystackreg.

Run with a Python that has them: python regenerate.py
"""
import json
import sys
from pathlib import Path

import numpy as np
import scipy
from pystackreg import StackReg
from scipy.ndimage import map_coordinates

here = Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent))
import generated  # noqa: E402

MODELS = {
    "translation": StackReg.TRANSLATION,
    "rigid": StackReg.RIGID_BODY,
    "similarity": StackReg.SCALED_ROTATION,
    "affine": StackReg.AFFINE,
}
SIDE, TRIALS, NOISE = 128, 8, 5


# ---- twins of tests/plugins/align/scene.hpp ----------------------------------


class Draws:
    def __init__(self, count, seed):
        self.values = iter(generated.noise(count, 1, seed)[0] / 65536)

    def __call__(self, low, high):
        return low + (high - low) * next(self.values)


class Scene:
    def __init__(self, seed, waves=40):
        draw = Draws(3 * waves, seed)
        self.waves = []
        for _ in range(waves):
            frequency, direction, phase = draw(0.01, 0.13), draw(0, 2 * np.pi), draw(0, 2 * np.pi)
            self.waves.append((2 * np.pi * frequency * np.cos(direction), 2 * np.pi * frequency * np.sin(direction), phase))

    def image(self, side, t, noise, seed):
        y, x = np.mgrid[:side, :side].astype(float)
        p = np.linalg.inv(t) @ np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
        u, v = (p[:2] / p[2]).reshape(2, side, side)
        total = sum(np.cos(a * u + b * v + c) for a, b, c in self.waves)
        draws = generated.noise(4 * side, side, seed).reshape(side, side, 4) / 65536
        return 128 + 40 * total / np.sqrt(len(self.waves) / 2) + noise * np.sqrt(3) * (draws.sum(2) - 2)


def shift(x, y):
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])


def random_transform(model, side, seed):
    draw = Draws(7, seed)
    dx, dy, angle = draw(-15, 15), draw(-15, 15), np.deg2rad(draw(-5, 5))
    scale, shear = draw(0.95, 1.05), draw(-0.05, 0.05)
    t = shift(dx, dy)
    if model != "translation":
        s = 1 if model == "rigid" else scale
        c, w = s * np.cos(angle), s * np.sin(angle)
        t = t @ np.array([[c, -w, 0], [w, c, 0], [0, 0, 1]])
    if model == "affine":
        t = t @ np.array([[1, shear, 0], [0, 1, 0], [0, 0, 1]])
    centre = (side - 1) / 2
    return shift(centre, centre) @ t @ shift(-centre, -centre)


def corner_error(a, b, side):
    corners = np.array([[x, y, 1] for x in (0, side - 1) for y in (0, side - 1)]).T
    p, q = a @ corners, b @ corners
    return np.hypot(*(p[:2] / p[2] - q[:2] / q[2])).mean()


def stackreg_errors():
    out = {}
    for model, constant in MODELS.items():
        errors = []
        for trial in range(TRIALS):
            t = random_transform(model, SIDE, 100 + trial)
            scene = Scene(trial)
            reference = scene.image(SIDE, np.eye(3), NOISE, 1000 + trial)
            moving = scene.image(SIDE, t, NOISE, 2000 + trial)
            errors.append(corner_error(StackReg(constant).register(reference, moving), t, SIDE))
        out[model] = errors
    return {"side": SIDE, "trials": TRIALS, "noise": NOISE, "corner_errors": out}


# ---- resampling ---------------------------------------------------------------

TRANSFORMS = {
    "shift": shift(2.3, -1.7),
    "rotation": shift(9, 7) @ np.array([[0.9, -0.4, 0], [0.4, 0.9, 0], [0, 0, 1]]) @ shift(-11, -9),
    "affine": np.array([[1.1, 0.2, -3.25], [-0.1, 0.8, 2.5], [0, 0, 1]]),
    "homography": np.array([[0.95, 0.1, 0.7], [-0.05, 1.05, -0.4], [0.002, -0.003, 1]]),
}


def keys(t):
    t = np.abs(t)
    return np.where(t <= 1, 1.5 * t**3 - 2.5 * t**2 + 1, np.where(t < 2, -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2, 0))


def cubic(image, x, y):
    """Keys' cubic convolution, a = -1/2, edge pixels repeated."""
    height, width = image.shape
    ix, iy = np.floor(x).astype(int), np.floor(y).astype(int)
    out = np.zeros_like(x)
    for v in range(-1, 3):
        for u in range(-1, 3):
            p = image[np.clip(iy + v, 0, height - 1), np.clip(ix + u, 0, width - 1)]
            out += p * keys(x - ix - u) * keys(y - iy - v)
    return out


def positions(t, width, height):
    y, x = np.mgrid[:height, :width].astype(float)
    p = t @ np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
    return (p[:2] / p[2]).reshape(2, height, width)


def resampled():
    width, height = 23, 19
    image = generated.texture(width, height, 7).astype(np.float32).astype(float) / 64 - 300
    out = []
    for name, t in TRANSFORMS.items():
        x, y = positions(t, width, height)
        inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
        sampled = {
            "bilinear": lambda mode: map_coordinates(image, [y, x], order=1, mode=mode),
            "nearest": lambda mode: map_coordinates(image, [np.floor(y + 0.5), np.floor(x + 0.5)], order=0, mode=mode),
        }
        for interpolation, sample in sampled.items():
            for border, mode in {"black": "nearest", "edge": "nearest", "reflect": "mirror"}.items():
                values = np.where(inside, sample(mode), 0) if border == "black" else sample(mode)
                # the nearest of a mirrored position is not the mirror of the nearest: inside alone is defined
                if interpolation == "nearest" and border == "reflect":
                    continue
                out.append({"transform": name, "m": t.ravel(), "interpolation": interpolation, "border": border,
                            "values": values.round(6).ravel()})
        out.append({"transform": name, "m": t.ravel(), "interpolation": "cubic", "border": "black",
                    "values": np.where(inside, cubic(image, x, y), 0).round(6).ravel()})
    return {"width": width, "height": height, "seed": 7, "cases": out}


# ---- scores -------------------------------------------------------------------


def scores():
    """The plain difference of differences, and Pearson's correlation, over the overlap."""
    width, height = 61, 47
    texture = generated.texture(width + 8, height + 8, 3)
    reference = (texture[4:-4, 4:-4] >> 8).astype(float)
    out = []
    for dx, dy in ((1, 0), (3, -2), (2.5, 1.25), (-4, 4)):
        whole = (int(np.floor(dx)), int(np.floor(dy)))
        moving = (texture[4 - whole[1]:4 - whole[1] + height, 4 - whole[0]:4 - whole[0] + width] >> 8).astype(float)
        x, y = positions(shift(dx, dy), width, height)
        inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
        moved = map_coordinates(moving, [y, x], order=1, mode="nearest")
        for low, high, rounded in ((0, 255, True), (20, 180, False)):
            l1h = np.floor(moved + 0.5) if rounded else moved
            dd = (np.abs(moving - reference) - np.abs(l1h - reference)) * 255 / (high - low)
            changed = (np.abs(dd) > 50) & inside
            count = int(changed.sum())
            out.append({
                "dx": dx, "dy": dy, "whole": whole, "low": low, "high": high, "rounded": rounded, "count": count,
                "score": float((dd > 50)[inside].sum() / count) if count else 0.5,
                "correlation": float(np.corrcoef(reference[inside], moved[inside])[0, 1]),
            })
    return {"width": width, "height": height, "seed": 3, "cases": out}


def plain(o):
    return o.tolist() if isinstance(o, (np.ndarray, np.generic)) else o


def main():
    numbers = {
        "made_by": {"numpy": np.__version__, "scipy": scipy.__version__, "pystackreg": "0.2.8"},
        "stackreg": stackreg_errors(),
        "resampled": resampled(),
        "scores": scores(),
    }
    (here / "reference.json").write_text(json.dumps(numbers, default=plain) + "\n")


if __name__ == "__main__":
    main()
