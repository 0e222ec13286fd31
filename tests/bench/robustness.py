"""robustness.py BUILD [TRIALS] [CASE...] [--fresh] [-v]: how often align.register finds a known transform that is hard to find, and whether it
says so when not.

Success: mean corner error < 0.5 px. A failure is marked if the status is none of ok, reference. Images are 512x512, 8-bit. --fresh takes
scenes that no threshold was chosen with, and other random numbers; -v prints every trial.
"""
import sys
from collections import Counter

import numpy as np
from scipy import ndimage
from skimage import data

from align_data import Field, about_centre, align, corner_error, linear, shift, texture

BUILD = sys.argv[1]
TRIALS = int(sys.argv[2]) if len(sys.argv) > 2 else 100
CHOSEN = [a for a in sys.argv[3:] if not a.startswith("-")]
FRESH = "--fresh" in sys.argv
SIDE = 512


def to_8_bit(image):
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


SCENES = {}


def enlarged(pixels, factor):
    """A photograph at a larger scale, mirrored at its edges up to 1400 px."""
    gray = pixels if pixels.ndim == 2 else pixels[..., :3] @ [0.299, 0.587, 0.114]
    gray = ndimage.zoom(gray.astype(float), factor, order=3)
    missing = [max(0, 1400 - side) for side in gray.shape]
    return np.pad(gray, [(m // 2, m - m // 2) for m in missing], mode="reflect")


def blobs(seed):
    """Cells of several sizes on an empty ground."""
    random = np.random.default_rng(seed)
    field = np.zeros((1400, 1400))
    for sigma, count in ((3, 900), (6, 500), (10, 150)):
        points = np.zeros_like(field)
        points[random.integers(0, 1400, count), random.integers(0, 1400, count)] = random.uniform(0.4, 1, count)
        field += ndimage.gaussian_filter(points, sigma, mode="wrap") * sigma**2 * 6.3
    return 30 + 150 * np.clip(field, 0, 1.4)


FRESH_SCENES = [
    lambda: texture(1400, 21, ((1, 1.0), (2.5, 1.2))),
    lambda: texture(1400, 22, ((3, 1.0), (10, 1.5), (30, 2.0))),
    lambda: 128 + 0.35 * (texture(1400, 23) - 128),  # low contrast
    lambda: blobs(24),
    lambda: enlarged(data.gravel(), 2),
    lambda: enlarged(data.grass(), 2),
    lambda: enlarged(data.retina(), 1),
    lambda: enlarged(data.astronaut(), 2),
    lambda: enlarged(data.immunohistochemistry(), 2),
    lambda: enlarged(data.coffee(), 2),
]


def scene(k):
    """Textures and a photograph in turn; or the fresh ones."""
    if FRESH:
        k %= len(FRESH_SCENES)
        if k not in SCENES:
            SCENES[k] = Field(FRESH_SCENES[k](), 3)
        return SCENES[k]
    k %= 4
    if k not in SCENES:
        pixels = np.pad(data.camera(), 256, mode="reflect") if k == 3 else texture(1400, k)
        SCENES[k] = Field(pixels, 3)
    return SCENES[k]


def pair_of(k, t, noise, random, change=None):
    views = [scene(k).view(np.eye(3), SIDE, SIDE), scene(k).view(t, SIDE, SIDE)]
    if change:
        views[1] = change(views[1], random)
    return to_8_bit(np.stack(views) + random.normal(0, noise, (2, SIDE, SIDE)))


def shifts(random, share):
    return shift(*random.uniform(-share, share, 2) * SIDE)


def some_affine(random):
    return shifts(random, 0.25) @ linear(random.uniform(-45, 45), random.uniform(0.8, 1.25), random.uniform(-0.1, 0.1))


def some_drift(random):
    return shift(*random.uniform(-15, 15, 2)) @ linear(random.uniform(-5, 5))


def inverted(image, random):
    return 255 - image


def uneven(image, random):
    """A gradient and a dark corner, different from those of the reference."""
    y, x = np.mgrid[-1:1:SIDE * 1j, -1:1:SIDE * 1j]
    a, angle = random.uniform(0.3, 0.6), random.uniform(0, 2 * np.pi)
    cx, cy = random.uniform(-1, 1, 2)
    return image * (1 + a * (np.cos(angle) * x + np.sin(angle) * y)) * (0.4 + 0.6 * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 2))


def replaced(image, random):
    """30 % of the area shows something else."""
    out, other = image.copy(), scene(int(random.integers(3))).view(shift(*random.uniform(-300, 300, 2)), SIDE, SIDE)
    height = int(random.uniform(0.4, 0.75) * SIDE)
    width = int(0.3 * SIDE * SIDE / height)
    top, left = random.integers(0, SIDE - height + 1), random.integers(0, SIDE - width + 1)
    out[top:top + height, left:left + width] = other[top:top + height, left:left + width]
    return out


def saturated(image, random):
    out = image.copy()
    y, x = np.mgrid[:SIDE, :SIDE]
    for _ in range(12):
        cx, cy = random.uniform(0, SIDE, 2)
        out[(x - cx) ** 2 + (y - cy) ** 2 < random.uniform(8, 30) ** 2] = 400
    return out


CASES = {
    "affine": ("affine", 20, some_affine, None),
    "shift 40 %": ("rigid", 10, lambda r: shifts(r, 0.4), None),
    "rotation 180": ("rigid", 10, lambda r: shifts(r, 0.05) @ linear(r.uniform(-180, 180)), None),
    "scale 0.5 to 2": ("similarity", 10, lambda r: shifts(r, 0.05) @ linear(r.uniform(-10, 10), 2 ** r.uniform(-1, 1)), None),
    "inverted": ("rigid", 10, some_drift, inverted),
    "uneven illumination": ("rigid", 10, some_drift, uneven),
    "30 % replaced": ("rigid", 10, some_drift, replaced),
    "saturated spots": ("rigid", 10, some_drift, saturated),
}


def report(name, errors, statuses, seconds, marks=("ok", "reference")):
    errors = np.array(errors)
    good = errors < 0.5
    unmarked = sum(1 for g, s in zip(good, statuses) if not g and s in marks)
    false_alarms = sum(1 for g, s in zip(good, statuses) if g and s not in marks)
    print(f"| {name} | {len(errors)} | {100 * good.mean():.1f} % | {np.median(errors):.3f} | {unmarked} | {false_alarms} | "
          f"{np.median(seconds) * 1000:.0f} / {np.max(seconds) * 1000:.0f} ms | {dict(Counter(s for g, s in zip(good, statuses) if not g))} |", flush=True)


def pairs(name):
    model, noise, truth, change = CASES[name]
    random = np.random.default_rng(3 + 100 * FRESH)
    errors, statuses, seconds = [], [], []
    for k in range(200 if name == "affine" and TRIALS >= 100 else TRIALS):
        t = about_centre(truth(random), SIDE, SIDE)
        found = align(BUILD, [pair_of(k, t, noise, random, change)], {"model": model, "reference": "first", "on_failure": "keep"})[0]
        errors.append(corner_error(found["m"][1], t, SIDE, SIDE))
        statuses.append(found["status"][1])
        seconds.append(found["seconds"])
        if "-v" in sys.argv:
            print(k, f"{errors[-1]:.3f}", statuses[-1], f"{found['score_after'][1]:.3f} {found['dd_score'][1]:.3f} {found['match'][1]:.3f}", f"{seconds[-1]:.3f}", flush=True)
    report(name, errors, statuses, seconds)


def blanks():
    """Stacks with blank and black images inside: the chain goes on over them."""
    random = np.random.default_rng(4 + 100 * FRESH)
    errors, statuses, seconds, skipped = [], [], [], 0
    for k in range(max(1, TRIALS // 10)):
        t, images, truths = np.eye(3), [], []
        for n in range(10):
            if n in (3, 4, 7):
                images.append(np.full((SIDE, SIDE), 0 if n == 4 else 90.0))
                truths.append(None)
                continue
            images.append(scene(k).view(about_centre(t, SIDE, SIDE), SIDE, SIDE) + random.normal(0, 10, (SIDE, SIDE)))
            truths.append(about_centre(t, SIDE, SIDE))
            t = shift(*random.uniform(-6, 6, 2)) @ linear(random.uniform(-2, 2)) @ t
        found = align(BUILD, [to_8_bit(np.stack(images))], {"model": "rigid"})[0]
        for n, truth in enumerate(truths):
            if truth is None:
                skipped += found["status"][n] == "degenerate"
            elif n:
                errors.append(corner_error(found["m"][n], truth, SIDE, SIDE))
                statuses.append(found["status"][n])
        seconds.append(found["seconds"])
    report(f"blank images inside ({skipped} of {3 * max(1, TRIALS // 10)} skipped)", errors, statuses, seconds)


def sections():
    """Serial sections: neighbours jump by 20 to 80 px, turn a little, and change content."""
    random = np.random.default_rng(5 + 100 * FRESH)
    errors, statuses, seconds = [], [], []
    for k in range(max(1, TRIALS // 10)):
        base, other = scene(k), scene(k + 1)
        t, images, truths = np.eye(3), [], []
        for n in range(8):
            m = about_centre(t, SIDE, SIDE)
            image = base.view(m, SIDE, SIDE) + 0.25 * np.cos(n) * (other.view(m, SIDE, SIDE) - 128)
            images.append(image + random.normal(0, 10, image.shape))
            truths.append(m)
            jump, way = random.uniform(20, 80), random.uniform(0, 2 * np.pi)
            if np.hypot(t[0, 2] + jump * np.cos(way), t[1, 2] + jump * np.sin(way)) > 200:
                way += np.pi
            t = shift(jump * np.cos(way), jump * np.sin(way)) @ linear(random.uniform(-3, 3)) @ t
        found = align(BUILD, [to_8_bit(np.stack(images))], {"model": "rigid"})[0]
        for n in range(1, 8):
            errors.append(corner_error(found["m"][n] @ np.linalg.inv(found["m"][n - 1]), truths[n] @ np.linalg.inv(truths[n - 1]), SIDE, SIDE))
            statuses.append(found["status"][n])
        seconds.append(found["seconds"])
    report("serial sections", errors, statuses, seconds)


def still():
    """Nothing moves but noise, and objects that cross the scene: matrices stay at the identity."""
    random = np.random.default_rng(6 + 100 * FRESH)
    for name, objects in (("no drift", 0), ("no drift, moving objects", 8)):
        worst = []
        for k in range(max(1, TRIALS // 20)):
            background = scene(k).view(np.eye(3), SIDE, SIDE)
            y, x = np.mgrid[:SIDE, :SIDE]
            places, speeds = random.uniform(100, 400, (objects, 2)), random.uniform(-9, 9, (objects, 2))
            images = []
            for n in range(8):
                image = background + random.normal(0, 10, background.shape)
                for place, speed in zip(places, speeds):
                    cx, cy = place + n * speed
                    image = np.where((x - cx) ** 2 + (y - cy) ** 2 < 40 ** 2, 40 + 0.5 * np.roll(background, (int(cy), int(cx)), (0, 1)), image)
                images.append(image)
            for model in ("translation", "rigid", "affine"):
                found = align(BUILD, [to_8_bit(np.stack(images))], {"model": model, "reference": "previous"})[0]
                worst.append(max(corner_error(a @ np.linalg.inv(b), np.eye(3), SIDE, SIDE) for a, b in zip(found["m"][1:], found["m"])))
        print(f"| {name} | {len(worst)} | largest step between neighbours {max(worst):.4f} px, median {np.median(worst):.4f} px |", flush=True)


def main():
    print("| case | trials | success | median error | unmarked failures | false alarms | time, median / largest | failures |\n|---|---|---|---|---|---|---|---|")
    jobs = {name: (lambda name=name: pairs(name)) for name in CASES}
    jobs.update({"blank": blanks, "sections": sections, "still": still})
    for name, job in jobs.items():
        if not CHOSEN or any(name.startswith(c) for c in CHOSEN):
            job()


if __name__ == "__main__":
    main()
