"""Reference numbers for segment.compare, by scikit-image, scikit-learn and SciPy.

Run with a Python that has them: python regenerate_agreement.py
"""
import json
import sys
from pathlib import Path

import numpy as np
import scipy
import skimage
import sklearn
from scipy import ndimage
from skimage.metrics import variation_of_information
from sklearn.metrics import adjusted_rand_score

here = Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent))
import generated  # noqa: E402

width, height = 71, 53


def blocks(seed, levels):
    """Labels as tests/plugins/segment/agreement_test.cpp makes them."""
    level = generated.texture(width, height, seed, 3).astype(np.int64) * levels // 65536
    y, x = np.mgrid[:height, :width]
    return np.where(level == 0, 0, level + levels * (x // 20 + 5 * (y // 20)))


def boundary(a):
    on = np.zeros(a.shape, bool)
    on[:, :-1] |= a[:, :-1] != a[:, 1:]
    on[:-1] |= a[:-1] != a[1:]
    return on


def boundary_f(a, b, tolerance):
    a, b = boundary(a), boundary(b)
    precision = (ndimage.distance_transform_edt(~b)[a] <= tolerance).mean()
    recall = (ndimage.distance_transform_edt(~a)[b] <= tolerance).mean()
    return 2 * precision * recall / (precision + recall)


def precisions(a, b):
    la, lb = np.unique(a[a > 0]), np.unique(b[b > 0])
    iou = np.array([[((a == i) & (b == j)).sum() / ((a == i) | (b == j)).sum() for j in lb] for i in la])
    found = [int((iou > (50 + 5 * i) / 100).sum()) for i in range(10)]
    return [n / (len(la) + len(lb) - n) for n in found]


cases = []
for seeds, levels, tolerance in (((1, 1), (3, 4), 2), ((2, 2), (2, 3), 0), ((3, 4), (3, 3), 1.5), ((5, 5), (5, 6), 1),
                                 ((6, 6), (4, 4), 3), ((7, 7), (2, 6), 2)):
    a, b = blocks(seeds[0], levels[0]), blocks(seeds[1], levels[1])
    fa, fb = a > 0, b > 0
    # scikit-image: the conditional entropies of the second given the first, and of the first given the second
    split, merge = variation_of_information(b, a)
    cases.append({"seeds": seeds, "levels": levels, "tolerance": tolerance,
                  "objects": len(np.unique(a[fa])), "reference_objects": len(np.unique(b[fb])),
                  "dice": 2 * (fa & fb).sum() / (fa.sum() + fb.sum()), "iou": (fa & fb).sum() / (fa | fb).sum(),
                  "adjusted_rand": adjusted_rand_score(b.ravel(), a.ravel()), "vi_split": split, "vi_merge": merge,
                  "boundary_f": boundary_f(a, b, tolerance), "precision": precisions(a, b)})

versions = {"scikit-image": skimage.__version__, "scikit-learn": sklearn.__version__, "scipy": scipy.__version__}
(here / "agreement.json").write_text(json.dumps({"versions": versions, "cases": cases}, indent=1, default=float) + "\n")
