"""Reference numbers for the tests of cluster.images, by SciPy and scikit-learn.

Run with a Python that has them: python regenerate.py
"""
import json
import sys
from pathlib import Path

import cv2
import numpy as np
import scipy
import sklearn
from scipy.cluster.hierarchy import fcluster, leaves_list, linkage
from scipy.spatial.distance import pdist, squareform
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_samples

here = Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent))
import generated  # noqa: E402

METHODS = ["ward", "single", "complete", "average", "weighted", "centroid", "median"]


def points(count, length, seed, groups):
    """Noise around `groups` centres; tests/plugins/cluster/reference.hpp has the twin."""
    noise = generated.noise(length, count, seed).astype(np.float64)
    centres = generated.noise(length, groups, seed + 1).astype(np.float64)
    return ((noise / 4 + centres[np.arange(count) % groups]) / 4096).astype(np.float32)


def clustered():
    out = []
    for count, length, seed, groups in ((3, 2, 1, 1), (12, 3, 2, 3), (60, 5, 3, 4), (97, 20, 4, 6)):
        p = points(count, length, seed, groups).astype(np.float64)
        d = pdist(p)
        case = {"count": count, "length": length, "seed": seed, "groups": groups, "methods": {}}
        for method in METHODS:
            z = linkage(p, method)
            cuts = {}
            for k in range(2, min(count - 1, 9) + 1):
                labels = fcluster(z, k, "maxclust")
                # inversions may leave SciPy with fewer clusters than asked for
                if labels.max() == k:
                    cuts[k] = {"labels": labels, "silhouettes": silhouette_samples(squareform(d), labels, metric="precomputed")}
            case["methods"][method] = {"linkage": z, "leaves": leaves_list(z), "cuts": cuts}
        scores = PCA(2, svd_solver="full").fit_transform(p)
        case["components"] = scores * np.sign(scores[np.abs(scores).argmax(0), [0, 1]])
        out.append(case)
    return out


def features():
    """Area averages by OpenCV, standardized by NumPy."""
    out = []
    for width, height in ((128, 128), (300, 201), (131, 997), (64, 32), (7, 5)):
        images = [(generated.texture(width, height, s) >> 8).astype(np.float32) for s in (1, 2, 3)]
        f = np.stack([cv2.resize(i, (128, 128), interpolation=cv2.INTER_AREA).ravel() for i in images]).astype(np.float64)
        sd = f.std(0)
        f = np.divide(f - f.mean(0), sd, where=sd > 0, out=np.zeros_like(f))
        out.append({"width": width, "height": height, "distances": squareform(pdist(f))})
    return out


def plain(o):
    return o.tolist() if isinstance(o, (np.ndarray, np.generic)) else o


def main():
    numbers = {
        "made_by": {"numpy": np.__version__, "scipy": scipy.__version__, "sklearn": sklearn.__version__,
                    "opencv": cv2.__version__},
        "clustered": clustered(),
        "features": features(),
    }
    (here / "reference.json").write_text(json.dumps(numbers, default=plain) + "\n")


if __name__ == "__main__":
    main()
