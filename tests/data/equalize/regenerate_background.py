"""Reference numbers for the tests of `equalize.background`, by SciPy and scikit-image.

Run with a Python that has them: python regenerate_background.py
"""
import json
import sys
from pathlib import Path

import numpy as np
import scipy
import scipy.ndimage
import skimage
from skimage.morphology import black_tophat, disk, footprint_rectangle, white_tophat

here = Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent))
import generated  # noqa: E402

width, height = 41, 29
image = generated.texture(width, height, 6, 2)  # 16 bits, as tests/plugins/pixels.hpp makes it

hats = [{"shape": shape, "radius": r, "white": white_tophat(image, footprint).ravel().tolist(),
         "black": black_tophat(image, footprint).ravel().tolist()}
        for r in (1, 4, 7)
        for shape, footprint in (("disk", disk(r)), ("square", footprint_rectangle((2 * r + 1, 2 * r + 1))))]
gaussians = [{"sigma": sigma, "values": [round(v, 4) for v in scipy.ndimage.gaussian_filter(image.astype(np.float64), sigma, mode="mirror").ravel().tolist()]}
             for sigma in (0.5, 3, 12.5)]

with open(here / "background.json", "w") as f:
    json.dump({"versions": {"numpy": np.__version__, "scipy": scipy.__version__, "skimage": skimage.__version__},
               "width": width, "height": height, "seed": 6, "hats": hats, "gaussians": gaussians}, f, separators=(",", ":"))
    f.write("\n")
