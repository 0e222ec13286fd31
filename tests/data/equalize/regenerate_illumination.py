"""Reference fields for the tests of equalize.illumination: every fit by numpy.linalg.lstsq.

Run with a Python that has NumPy: python regenerate_illumination.py
"""
import json
import sys
from pathlib import Path

import numpy as np

here = Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent))
import generated  # noqa: E402

width, height, sigma, degree = 22, 17, 2.0, 3
field = generated.texture(width, height, 5, 3).astype(float) / 655.35 + 100
field[4:6, 7:9] += 500  # bright objects
y, x = np.mgrid[:height, :width].astype(float)


def fit(columns, weight, values):
    root = np.sqrt(weight).ravel()
    return np.linalg.lstsq(columns * root[:, None], values.ravel() * root, rcond=None)[0]


def local(weight):
    out = np.empty_like(field)
    reach = int(np.ceil(4 * sigma))
    for v in range(height):
        for u in range(width):
            near = np.exp(-((x - u) ** 2 + (y - v) ** 2) / (2 * sigma ** 2))
            near[(abs(x - u) > reach) | (abs(y - v) > reach)] = 0
            columns = np.stack([np.ones(x.size), (x - u).ravel(), (y - v).ravel()], 1)
            out[v, u] = fit(columns, near * weight, field)[0]
    return out


def polynomial(weight):
    a, b = (2 * x + 1) / width - 1, (2 * y + 1) / height - 1
    columns = np.stack([(a ** p * b ** q).ravel() for p in range(degree + 1) for q in range(degree + 1 - p)], 1)
    return (columns @ fit(columns, weight, field)).reshape(field.shape)


def robust(smooth):
    weight = np.ones_like(field)
    for _ in range(4):
        out = smooth(weight)
        residual = field - out
        weight = np.maximum(0, 1 - (residual / (6 * np.median(abs(residual)))) ** 2) ** 2
    return out


out = {"made_by": {"numpy": np.__version__}, "width": width, "height": height, "sigma": sigma, "degree": degree,
       "field": field.ravel().tolist(), "local": robust(local).ravel().round(9).tolist(),
       "polynomial": robust(polynomial).ravel().round(9).tolist()}
(here / "illumination.json").write_text(json.dumps(out) + "\n")
