"""Reference numbers for the tests of align.score, by NumPy, scikit-image and OpenCV.

Run with a Python that has them: python regenerate_scores.py
"""
import json
import sys
from pathlib import Path

import cv2
import numpy as np
import scipy
import skimage
from scipy.ndimage import median_filter
from skimage.metrics import normalized_mutual_information, structural_similarity

here = Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent))
import generated  # noqa: E402


# ---- the images: twins of images_of in tests/plugins/align/dd_test.cpp --------------


def images(width, height, seed):
    """A texture moved by (4, -3) and by (1, 0), and the reference, brighter towards the right."""
    texture = (generated.texture(width + 16, height + 16, seed) >> 8).astype(int)

    def window(dx, dy):
        return texture[8 - dy:8 - dy + height, 8 - dx:8 - dx + width]

    return window(4, -3), window(1, 0), np.clip(window(0, 0) + 30 * np.arange(width) // width, 0, 255)


# ---- difference of differences --------------------------------------------------------


def local_contrast(image, compat):
    height, width = image.shape
    if compat:
        rows, columns = range(0, height - 50, 50), range(0, width - 50, 50)
    else:
        rows = range(0, height - 49, 50) if height >= 50 else [0]
        columns = range(0, width - 49, 50) if width >= 50 else [0]
    windows = [image[y:y + 50, x:x + 50] for y in rows for x in columns]
    sds = np.array([w.std() for w in windows])
    return [float(v) for v in (sds.mean(), np.std([w.mean() for w in windows]), sds.std())]


def score(l1, l1h, l2, tolerance, crop, median):
    dd = np.abs(l1 - l2) - np.abs(l1h - l2)
    better, worse = dd > tolerance, dd < -tolerance
    if crop:
        inside = np.zeros(dd.shape, bool)
        inside[crop:-crop, crop:-crop] = True
        better, worse = better & inside, worse & inside
    if median:
        better, worse = (median_filter(m.astype(np.uint8), 3, mode="nearest") > 0 for m in (better, worse))
    count = int(better.sum() + worse.sum())
    return (float(better.sum() / count) if count else 0.5), count


def block_score(l1, l1h, l2, tolerance, crop, median, compat):
    l1, l1h, l2 = (i[crop:i.shape[0] - crop, crop:i.shape[1] - crop] for i in (l1, l1h, l2))
    down = l1.shape[0] // 5
    across = down if compat else l1.shape[1] // 5
    scores, counts = [], []
    for v in range(5):
        for u in range(5):
            at = np.s_[v * down:(v + 1) * down, u * across:(u + 1) * across]
            delta = np.round(l2[at].mean() - l1[at].mean())
            s, n = score(l1[at], l1h[at], np.clip(l2[at] - delta, 0, 255), tolerance, 0, median)
            scores.append(s)
            counts.append(n)
    weights = np.where(np.array(counts) < 20, 0, counts)
    if sum(counts) < 100 or weights.sum() == 0:
        return 0.5, 0
    return float(np.average(scores, weights=weights)), int(weights.sum())


def differences():
    out = []
    for width, height, seed in ((201, 187, 3), (300, 300, 5), (41, 33, 7)):
        l1, l1h, l2 = images(width, height, seed)
        for compat in (False, True):
            if compat and width < height:
                continue
            contrasts = [local_contrast(i, compat) for i in (l1, l1h, l2)] if min(width, height) > 50 or not compat else None
            automatic = float(np.mean([1.12 * c[0] + 1.88 for c in contrasts])) if contrasts else None
            cases = []
            for tolerance in (50, 20, 12.5, automatic):
                if tolerance is None:
                    continue
                for crop in (0, 5):
                    for median in (False, True):
                        for blocks in (False, True):
                            s, n = (block_score(l1, l1h, l2, tolerance, crop, median, compat) if blocks
                                    else score(l1, l1h, l2, tolerance, crop, median))
                            cases.append({"tolerance": tolerance, "automatic": tolerance is automatic, "crop": crop,
                                          "median": median, "blocks": blocks, "score": s, "count": n})
            dd = np.abs(l1 - l2) - np.abs(l1h - l2)
            out.append({"width": width, "height": height, "seed": seed, "compat": compat, "contrasts": contrasts,
                        "cases": cases,
                        "histogram": np.histogram(dd[np.abs(dd) > 20], bins=17, range=(-255, 255))[0].tolist()})
    return out


# ---- other measures --------------------------------------------------------------------


def measures():
    out = []
    for width, height, seed in ((201, 187, 3), (41, 33, 7), (7, 9, 2)):
        before, after, reference = (i.astype(np.uint8) for i in images(width, height, seed))
        for name, image in (("before", before), ("after", after), ("same", reference), ("inverse", 255 - reference)):
            blurred = [cv2.GaussianBlur(i.astype(np.float32), (5, 5), 0) for i in (reference, image)]
            out.append({
                "width": width, "height": height, "seed": seed, "image": name,
                "ncc": float(np.corrcoef(reference.ravel(), image.ravel())[0, 1]),
                "ecc": float(cv2.computeECC(*blurred)),
                "ssim": float(structural_similarity(reference, image, data_range=255)),
                "ssim_16": float(structural_similarity(reference.astype(float) * 257, image.astype(float) * 257, data_range=65535)),
                "nmi": float(normalized_mutual_information(reference, image)),
            })
    return out


# ---- preprocessing ------------------------------------------------------------------------


def filters():
    """Of a texture with noise, as preprocess_test.cpp makes it."""
    width, height, seed = 48, 40, 9
    texture = (generated.texture(width, height, seed, 3) >> 9).astype(int) + (generated.noise(width, height, seed + 1) >> 11).astype(int)
    image = np.clip(texture + 40, 0, 255).astype(np.uint8)
    return {"width": width, "height": height, "seed": seed,
            "laplacian_variance": float(cv2.Laplacian(image, cv2.CV_64F).var()),
            "bilateral": cv2.bilateralFilter(image, 9, 25, 25).ravel().tolist(),
            "nlm": {str(h): cv2.fastNlMeansDenoising(image, None, h, 7, 21).ravel().tolist() for h in (5, 15)}}


def main():
    numbers = {
        "made_by": {"numpy": np.__version__, "scipy": scipy.__version__, "scikit-image": skimage.__version__, "opencv": cv2.__version__},
        "differences": differences(),
        "measures": measures(),
        "filters": filters(),
    }
    (here / "scores.json").write_text(json.dumps(numbers) + "\n")


if __name__ == "__main__":
    main()
