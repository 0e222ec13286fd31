"""How cost grows with the image, for bench.py: nanoseconds for each pixel of images of 256 to 2048 pixels a side."""
import numpy as np

SIDES = (256, 512, 1024, 2048)


def colour(side):
    """The astronaut of scikit-image, cut out or mirrored on and on: content is alike at all sizes."""
    from skimage import data
    image = data.astronaut()[:min(side, 512), -min(side, 512):]
    twice = np.concatenate([image, image[::-1]])
    mirrored = np.concatenate([twice, twice[:, ::-1]], axis=1)
    tiled = np.tile(mirrored, (-(-side // mirrored.shape[0]), -(-side // mirrored.shape[1]), 1))[:side, :side]
    return np.concatenate([tiled[..., ::-1], np.full((side, side, 1), 255, np.uint8)], axis=2)[None]


def table(chosen, ours, scene):
    """Its rows are chosen by the word growth."""
    if chosen and not any("growth".startswith(c) for c in chosen):
        return
    large = scene(SIDES[-1], 2)
    rows = (("SLIC, size 32", "segment.superpixel", {"size": 32}, colour),
            ("Felzenszwalb 100/.5/50", "segment.felzenszwalb", {"scale": 100, "sigma": 0.5, "min_size": 50}, colour),
            ("quick shift 3/6/.5", "segment.quickshift", {"kernel": 3, "max_dist": 6, "ratio": 0.5}, colour),
            ("k-means, k = 15, 20 iterations", "segment.kmeans", {"k": 15, "attempts": 1, "iterations": 20, "tolerance": 0}, colour),
            ("Chan-Vese, 20 iterations", "segment.chanvase", {"iterations": 20, "tolerance": 0}, lambda side: (large[:1, :side, :side] >> 8).astype(np.uint8)),
            ("watershed", "segment.watershed", {}, lambda side: large[:1, :side, :side]),
            ("CLAHE", "equalize.clahe", {"scope": "each"}, lambda side: large[:, :side, :side]),
            ("match, contrast", "equalize.match", {"method": "contrast"}, lambda side: large[:, :side, :side]),
            ("match, joint", "equalize.match", {"method": "joint"}, lambda side: large[:, :side, :side]))
    print(f"\n| growth: ns for a pixel | {' | '.join(f'{s}x{s}' for s in SIDES)} |\n|---|{'---|' * len(SIDES)}", flush=True)
    for name, operation, params, image in rows:
        cells = []
        for side in SIDES:
            stack = np.ascontiguousarray(image(side))
            pixels = stack.shape[0] * side * side
            cells.append(f"{ours(operation, params, stack, 3) / pixels * 1e9:.3g}")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    print(flush=True)
