"""Reference numbers for the tests of `equalize.bleach`, by SciPy.

Run with a Python that has it: python regenerate_bleach.py
"""
import json
from pathlib import Path

import numpy as np
import scipy
from scipy.optimize import curve_fit

here = Path(__file__).resolve().parent


def decay(t, a, b, c):
    return a * np.exp(-b * t) + c


fits = []
for count, true, noise in ((12, (100, 0.3, 20), 0), (40, (800, 0.05, 150), 5), (200, (3000, 0.004, 900), 20), (25, (50, 1.2, 400), 3)):
    t = np.arange(count, dtype=float)
    y = np.round(decay(t, *true) + noise * np.sin(t * 12.9898) * np.cos(t * 4.1), 4)
    found, _ = curve_fit(decay, t, y, p0=true, ftol=1e-14, xtol=1e-14, gtol=1e-14, maxfev=10000)
    r2 = 1 - np.sum((y - decay(t, *found)) ** 2) / np.sum((y - y.mean()) ** 2)
    fits.append({"values": y.tolist(), "a": found[0], "b": found[1], "c": found[2], "r2": float(r2)})

with open(here / "bleach.json", "w") as f:
    json.dump({"versions": {"numpy": np.__version__, "scipy": scipy.__version__}, "fits": fits}, f, separators=(",", ":"))
    f.write("\n")
