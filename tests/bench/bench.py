"""bench.py BUILD IJ.jar [NAME...]: ours and the peer's time for the same job, in one run, as a table.

Rounds of ours and the peer alternate, so that a machine that slows down slows both; the ratio is of the medians. 2 threads.
NAMEs choose rows by the beginning of their name. tests/bench/run prepares what this needs.
"""
import atexit
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zlib

import numpy as np

BUILD, IMAGEJ = sys.argv[1:3]
CHOSEN = sys.argv[3:]
ROUNDS = 5
FOLDER = tempfile.mkdtemp(prefix="sheaf-bench-")
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)


# ---- data: a textured scene that drifts and turns a little, in 16 bits -----------------------

def scene(side, images, seed=7):
    from scipy import ndimage
    random = np.random.default_rng(seed)
    large = side + 96
    field = sum(weight * ndimage.gaussian_filter(random.standard_normal((large, large)), sigma, mode="wrap") * sigma
                for sigma, weight in ((2, 1.0), (6, 1.5), (20, 2.0)))
    field = (field - field.min()) / np.ptp(field)
    stack = np.empty((images, side, side), np.uint16)
    y, x = np.mgrid[0:side, 0:side].astype(float)
    for n in range(images):
        angle, dx, dy = np.deg2rad(0.3 * n), 48 + 1.7 * n, 48 - 1.1 * n
        u, v = x - side / 2, y - side / 2
        at = [np.sin(angle) * u + np.cos(angle) * v + side / 2 + dy, np.cos(angle) * u - np.sin(angle) * v + side / 2 + dx]
        image = ndimage.map_coordinates(field, at, order=3, mode="nearest") * (1 + 0.05 * (n % 3)) + 0.02 * random.standard_normal((side, side))
        stack[n] = np.clip(3000 + 40000 * image, 0, 65535)
    return stack


def long_file(images, side):
    """A scene that moves about, under noise."""
    random = np.random.default_rng(2)
    large = scene(side + 64, 1)[0]
    path = os.path.join(FOLDER, f"{images}.raw")
    with open(path, "wb") as out:
        for n in range(images):
            dy, dx = n * 3 % 64, n * 7 % 64
            (large[dy:dy + side, dx:dx + side] + random.integers(0, 1000, (side, side), np.uint16)).tofile(out)
    return path


def shifted_pair(side, by):
    """A fine texture, and the same moved along y and x by Fourier's shift theorem. On coarse ones the peer errs by 0.05 px."""
    from scipy import ndimage
    from align_data import texture
    image = texture(side, 1, ((0.8, 1.0), (3, 0.5)))
    moved = np.fft.ifft2(ndimage.fourier_shift(np.fft.fft2(image), by)).real
    return np.clip(np.rint(np.stack([image, moved])), 0, 255).astype(np.uint8)


def raw_file(stack):
    path = os.path.join(FOLDER, f"{stack.dtype}-{'x'.join(map(str, stack.shape))}-{zlib.crc32(np.ascontiguousarray(stack)):08x}.raw")
    if not os.path.exists(path):
        stack.tofile(path)
    return path


# ---- runners -----------------------------------------------------------------------------------

def program(*arguments):
    environment = dict(os.environ, SHEAF_PLUGIN_PATH=os.path.join(BUILD, "tests/bench/bench_copy.so"))
    answer = subprocess.run(list(map(str, arguments)), capture_output=True, text=True, env=environment)
    if answer.returncode != 0:
        raise RuntimeError(answer.stderr.strip() or f"exit status {answer.returncode}")
    return json.loads(answer.stdout.strip().splitlines()[-1])


def ours(operation, params, stack, repeats=1, unwanted="", region=(), labels=""):
    pixel = "rgb" if stack.ndim == 4 else {"uint8": "u8", "uint16": "u16"}[str(stack.dtype)]
    n, height, width = stack.shape[:3]
    return statistics.median(program(os.path.join(BUILD, "tests/bench/sheaf_bench"), "run", operation, json.dumps(params), raw_file(stack),
                                     pixel, width, height, n, repeats, 2, unwanted, *([",".join(map(str, region)), labels] if region else ()))["seconds"])


def phase_shift(pair):
    """Along y and x, by the engine without the operation around it, as the peer's function has none."""
    answer = program(os.path.join(BUILD, "tests/bench/align_bench"), "phase", raw_file(pair), *pair.shape[:0:-1], 2, 20)
    matrix = answer["estimates"][0]["matrix"]
    return {"seconds": answer["seconds"], "shift": (matrix[5], matrix[2])}


def bridge(operation, params, stack, repeats=5):
    n, height, width = stack.shape
    options = " ".join(f"{key}={value}" for key, value in params.items())
    return statistics.median(program(*java(), "run", operation, options, raw_file(stack), width, height, n, repeats)["seconds"])


def java():
    dist = os.path.join(BUILD, "dist")
    return ["java", "-Xms2g", "-Xmx2g", "-XX:+AlwaysPreTouch", "-XX:+UseG1GC", "-Djava.awt.headless=true",
            "-cp", IMAGEJ + ":" + os.path.join(dist, "plugins/Sheaf_.jar"), os.path.join(os.path.dirname(os.path.abspath(__file__)), "BridgeBench.java")]


def seconds_of(job):
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


ROWS = []


def row(name, peer_name, bar, our_job, peer_job, rounds=ROUNDS, inverse=False, note=None):
    """Prints one line. Jobs return seconds; ratio = peer / ours, or ours / peer with `inverse`; note() is put behind it."""
    if CHOSEN and not any(name.startswith(c) for c in CHOSEN):
        return
    our_seconds, peer_seconds = [], []
    for _ in range(rounds):
        our_seconds.append(our_job())
        peer_seconds.append(peer_job())
    a, b = statistics.median(our_seconds), statistics.median(peer_seconds)
    ratio = a / b if inverse else b / a
    text = f"{ratio:.3g}" if ratio < 100 else f"{ratio:.0f}"
    if note:
        text += f", {note()}"
    print(f"| {name} | {a * 1000:.4g} ms | {peer_name} | {b * 1000:.4g} ms | {text} | {bar} |", flush=True)


# ---- peers ---------------------------------------------------------------------------------------

def numpy_equalize(stack):
    """The formulas of equalize.match, method=joint, to=mean, as one would write them with NumPy and SciPy."""
    from scipy import ndimage

    def sharpness(image):
        return np.hypot(ndimage.sobel(image, 1, mode="mirror"), ndimage.sobel(image, 0, mode="mirror")).mean()

    images = stack.astype(np.float32)
    brightness = images.mean(axis=(1, 2), dtype=np.float64)
    contrast = images.std(axis=(1, 2), dtype=np.float64)
    sharp = np.array([sharpness(i) for i in images])
    b_ref, c_ref, s_ref = brightness.mean(), contrast.mean(), sharp.mean()
    out = np.empty_like(stack)
    for n, image in enumerate(images):
        image = (image - brightness[n]) * (c_ref / contrast[n]) + b_ref
        for _ in range(2):  # the sharpness solve moves the contrast: once more, as ours does
            detail = image - ndimage.gaussian_filter(image, 3, mode="mirror", truncate=4)
            low, high = -1.0, 5.0
            for _ in range(12):
                k = (low + high) / 2
                if sharpness(image + k * detail) < s_ref:
                    low = k
                else:
                    high = k
            image = image + (low + high) / 2 * detail
            image = (image - image.mean()) * (c_ref / image.std()) + b_ref
        out[n] = np.clip(np.rint(image), 0, 65535)
    return out


def stackreg(stack, mode):
    from pystackreg import StackReg
    return StackReg(mode).register_transform_stack(stack.astype(float), reference="previous")


def opencv_ecc(stack, motion):
    """Each image to the one before by findTransformECC, drawn by warpAffine with the composed matrix."""
    import cv2
    cv2.setNumThreads(2)
    out, total = stack.copy(), np.eye(3)
    height, width = stack.shape[1:]
    for n in range(1, len(stack)):
        pair = [cv2.normalize(image, None, 0, 1, cv2.NORM_MINMAX, cv2.CV_32F) for image in stack[n - 1:n + 1]]
        # 1e-7 is where its corner errors come down to ours, see tests/bench/accuracy.py
        criteria = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 200, 1e-7)
        _, warp = cv2.findTransformECC(pair[0], pair[1], np.eye(2, 3, dtype=np.float32), motion, criteria, None, 1)
        total = np.vstack([warp, [0, 0, 1]]) @ total
        out[n] = cv2.warpAffine(stack[n], total[:2], (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return out


def numpy_difference_score(l1, l1h, l2, tolerance=50):
    l1, l1h, l2 = (i.astype(np.int16) for i in (l1, l1h, l2))
    dd = np.abs(l1 - l2) - np.abs(l1h - l2)
    better = np.count_nonzero(dd > tolerance)
    changed = np.count_nonzero(np.abs(dd) > tolerance)
    return better / changed if changed else 0.5, changed


def main():
    from pystackreg import StackReg
    from skimage import filters
    print("| what | Sheaf | peer | peer's time | ratio | bar |\n|---|---|---|---|---|---|", flush=True)

    small, large = scene(512, 6), scene(1024, 6)
    gray = (scene(512, 1) >> 8).astype(np.uint8)
    row("multi-Otsu thresholds, 5 classes, 512x512 8-bit", "skimage threshold_multiotsu", ">= 1000",
        lambda: statistics.median(program(os.path.join(BUILD, "tests/bench/sheaf_bench"), "multi_otsu", raw_file(gray), 512, 512, 5, 50)["seconds"]),
        lambda: seconds_of(lambda: filters.threshold_multiotsu(gray[0], classes=5)))
    row("multi-Otsu, whole operation with labels and table", "skimage threshold_multiotsu", "-",
        lambda: ours("segment.threshold", {"method": "multi_otsu", "classes": 5}, gray, 20),
        lambda: seconds_of(lambda: filters.threshold_multiotsu(gray[0], classes=5)))
    drift = (scene(1024, 12) >> 8).astype(np.uint8)
    triple = np.stack([drift[11], drift[1], drift[0]])
    score = program(os.path.join(BUILD, "tests/bench/score_bench"), raw_file(triple), 1024, 1024, 1)
    peer_score, peer_count = numpy_difference_score(*triple)
    assert score["count"] == peer_count and abs(score["score"] - peer_score) < 1e-5, (score, peer_score, peer_count)
    row("difference score of a pair, 1024x1024 8-bit", "NumPy, same formulas", ">= 20",
        lambda: statistics.median(program(os.path.join(BUILD, "tests/bench/score_bench"), raw_file(triple), 1024, 1024, 200)["seconds"]),
        lambda: statistics.median(seconds_of(lambda: numpy_difference_score(*triple)) for _ in range(20)))
    row("equalize joint, 6 images 1024x1024 16-bit", "NumPy, same formulas", ">= 4",
        lambda: ours("equalize.match", {"method": "joint"}, large, 3), lambda: seconds_of(lambda: numpy_equalize(large)), rounds=3)
    import equalize
    equalize.rows(row, ours, seconds_of, scene)
    import segment
    segment.rows(row, ours, seconds_of, FOLDER)
    segment.particles_row(row, (scene(1024, 1)[0] >> 8).astype(np.uint8), FOLDER, BUILD, IMAGEJ)
    import cv2
    for name, mode, motion in (("translation", StackReg.TRANSLATION, cv2.MOTION_TRANSLATION), ("rigid", StackReg.RIGID_BODY, cv2.MOTION_EUCLIDEAN),
                               ("affine", StackReg.AFFINE, cv2.MOTION_AFFINE)):
        barred = name != "translation"
        for side, stack, bar in ((512, small, ">= 30"), (1024, large, ">= 60")):
            row(f"align {name}, 6 images {side}x{side} 16-bit", "pystackreg", bar if barred else "-",
                lambda: ours("align.register", {"model": name}, stack, 3), lambda: seconds_of(lambda: stackreg(stack, mode)), rounds=3)
            row(f"align {name}, 6 images {side}x{side} 16-bit", "OpenCV ECC + warpAffine", ">= 10" if barred else "-",
                lambda: ours("align.register", {"model": name}, stack, 3), lambda: seconds_of(lambda: opencv_ecc(stack, motion)), rounds=3)

    import features
    pair, _ = features.images("texture", "affine", 1, False)
    row("features: SIFT affine, a pair 1024x1024 8-bit", "OpenCV SIFT + FLANN + RANSAC, its tutorial", ">= 3",
        lambda: features.engine(BUILD, pair, "features", features.MODELS["affine"], features.DETECTORS["sift"])["seconds"][0],
        lambda: seconds_of(lambda: features.tutorial(pair[0], pair[1], "affine")))

    # sub-pixel shifts: of periodic images, for which the peer's answer is exact
    from skimage.registration import phase_cross_correlation
    by = (12.34, -7.65)
    moved = shifted_pair(1024, by)
    found = phase_shift(moved)
    peer_shift = -phase_cross_correlation(*moved, upsample_factor=100)[0]
    assert np.allclose(found["shift"], peer_shift, atol=0.01) and np.allclose(found["shift"], by, atol=0.01), (found, peer_shift)
    row("align: sub-pixel shift by phase correlation, a pair 1024x1024 8-bit", "skimage phase_cross_correlation(upsample 100)", ">= 10",
        lambda: statistics.median(phase_shift(moved)["seconds"]), lambda: seconds_of(lambda: phase_cross_correlation(*moved, upsample_factor=100)))

    # the bridge: time through ImageJ's ImagePlus / time through sheaf.h
    many = np.concatenate([large] * 4)
    for operation, params in (("equalize.match", {"method": "joint"}), ("align.register", {"model": "rigid"})):
        row(f"bridge: {operation}, 24 images 1024x1024 16-bit", "the same through C++", "<= 1.10",
            lambda: bridge(operation, params, many), lambda: ours(operation, params, many, 3), inverse=True)
    for where, area, bar in (("to memory outside the cache, as results are", 1 << 30, ">= 0.2"), ("between arrays in the cache", 0, "-")):
        row("bridge: copy, 24 images 1024x1024 16-bit", f"memcpy of the same bytes {where}", bar,
            lambda: bridge("bench.copy", {}, many, 20),
            lambda: statistics.median(program(os.path.join(BUILD, "tests/bench/sheaf_bench"), "memcpy", many.nbytes, 40, area)["seconds"]))

    # a virtual collection: each image is read from a file when it is asked for
    title = "align translation, 10 000 images 512x512 16-bit, virtual"
    if not CHOSEN or any(title.startswith(c) for c in CHOSEN):
        answer = program(os.path.join(BUILD, "tests/bench/sheaf_bench"), "rate", "align.register", '{"model": "translation"}', long_file(10000, 512),
                         "u16", 512, 512, 10000, 2)
        virtual, memory = (statistics.median(answer[name]) for name in ("virtual", "memory"))
        print(f"| {title} | {virtual:.2f} s, {10000 / virtual:.0f} images/s | the same in memory | {memory:.2f} s, {10000 / memory:.0f} images/s | "
              f"{virtual / memory:.3f}; grew by {answer['grown'] / 2**20:.0f} MiB | <= 1.15 |", flush=True)

    import growth
    growth.table(CHOSEN, ours, scene)

    # streaming: memory must not grow with the collection
    for name, command in (("C++", [os.path.join(BUILD, "tests/bench/sheaf_bench"), "stream", "align.register", '{"model": "translation"}', 1024, 1024, 10000]),
                          ("ImageJ", [*java(), "stream", "align.register", "model=translation", 1024, 1024, 10000])):
        title = f"streaming ({name}): align translation, 10 000 images 1024x1024 16-bit, virtual"
        if CHOSEN and not any(title.startswith(c) for c in CHOSEN):
            continue
        answer = program(*command)
        mib = {key: value / 2**20 for key, value in answer.items() if key.startswith("resident")}
        print(f"| {title} | {answer['seconds']:.0f} s, {10000 / answer['seconds']:.0f} images/s | - | "
              + ", ".join(f"{key.replace('_', ' ')} {value:.0f} MiB" for key, value in mib.items())
              + f" | grew by {mib['resident_end'] - mib['resident_early']:.0f} MiB | constant; native <= 256 MiB |", flush=True)


main()
