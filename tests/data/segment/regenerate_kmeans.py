"""Reference numbers for segment.kmeans, by scikit-learn's KMeans.

Run with a Python that has it: python regenerate_kmeans.py
"""
import json
import sys
from pathlib import Path

import numpy as np
import sklearn
from sklearn.cluster import KMeans

here = Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent))
import generated  # noqa: E402

width, height = 97, 61


def colour(seed):
    """Texture as tests/plugins/pixels.hpp makes it: red, green, blue."""
    r, g, b = ((generated.texture(width, height, seed + 1000 * c) >> 8).astype(int) for c in range(3))
    return np.stack([r // 2 + 100, g // 2 + 60, b // 2 + 20], -1)


cases = []
for seed, k, importance in ((1, 5, 5), (2, 15, 5), (3, 8, 1), (4, 3, 100)):
    y, x = np.mgrid[:height, :width] / importance
    points = np.dstack([colour(seed), x, y]).reshape(-1, 5)
    fit = KMeans(k, n_init=10, random_state=0, max_iter=100).fit(points)
    cases.append({"seed": seed, "k": k, "colour_importance": importance, "compactness": fit.inertia_})
(here / "kmeans.json").write_text(json.dumps({"versions": {"scikit-learn": sklearn.__version__}, "cases": cases}, indent=1) + "\n")
