"""What TurboReg's bilinear model, by pystackreg, makes of images bent by known bilinear transforms.

Run with a Python that has pystackreg: python regenerate_bilinear.py
"""
import json
from pathlib import Path

import numpy as np
import pystackreg

from regenerate import Draws, Scene, generated, here, plain

SIDE, NOISE, CASES = 256, 3, 6


def transform(seed):
    """Coefficients of 1, X, Y and XY of the input's x and y."""
    draw = Draws(8, seed)
    bound = [[8, 0.04, 0.04, 1.2e-4], [8, 0.04, 0.04, 1.2e-4]]
    b = np.array([[draw(-v, v) for v in row] for row in bound])
    b[0, 1] += 1
    b[1, 2] += 1
    return b


def at(b, x, y):
    return [c[0] + c[1] * x + c[2] * y + c[3] * x * y for c in b]


def image(scene, x, y, seed):
    total = sum(np.cos(a * x + b * y + c) for a, b, c in scene.waves)
    draws = generated.noise(4 * SIDE, SIDE, seed).reshape(SIDE, SIDE, 4) / 65536
    return 128 + 40 * total / np.sqrt(len(scene.waves) / 2) + NOISE * np.sqrt(3) * (draws.sum(2) - 2)


def turboreg(reference, moving):
    stackreg = pystackreg.StackReg(pystackreg.StackReg.BILINEAR)
    stackreg.register(reference, moving)
    there, here = (np.array(p)[:4] for p in stackreg.get_points())
    rows = np.stack([np.ones(4), there[:, 0], there[:, 1], there[:, 0] * there[:, 1]], axis=1)
    return np.linalg.solve(rows, here).T


def corner_error(a, b):
    corners = np.array([(x, y) for x in (0, SIDE - 1) for y in (0, SIDE - 1)], float).T
    return float(np.mean(np.hypot(*(np.array(at(a, *corners)) - np.array(at(b, *corners))))))


def cases():
    y, x = np.mgrid[:SIDE, :SIDE].astype(float)
    for seed in range(1, CASES + 1):
        truth, scene = transform(seed), Scene(seed)
        moving = image(scene, x, y, 100 + seed)
        reference = image(scene, *at(truth, x, y), 200 + seed)
        theirs = turboreg(reference, moving)
        yield {"seed": seed, "truth": truth.tolist(), "turboreg": theirs.tolist(), "error": corner_error(theirs, truth)}


def main():
    made_by = {"numpy": np.__version__, "pystackreg": pystackreg.__version__}
    result = {"made_by": made_by, "side": SIDE, "noise": NOISE, "cases": list(cases())}
    Path(here / "bilinear.json").write_text(json.dumps(result, default=plain) + "\n")
    print([round(c["error"], 4) for c in result["cases"]])


if __name__ == "__main__":
    main()
