"""The rows of family segment, for bench.py: ours / the peer's time for one image, the astronaut of scikit-image, 512x512 RGB.

Whole operations: labels and the tables of regions are part of our time.
"""
import os
import shutil
import subprocess

import numpy as np


def grabcut_row(row, ours, seconds_of, image, stack, folder):
    """A rectangle and five iterations, and how much of the foregrounds' union is in both."""
    import cv2
    rectangle = (80, 10, 300, 490)  # around the astronaut
    bgr = np.ascontiguousarray(image[..., ::-1])

    def opencv():
        mask = np.zeros(image.shape[:2], np.uint8)
        cv2.setRNGSeed(1)
        cv2.grabCut(bgr, mask, rectangle, np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_RECT)
        return (mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)

    def sheaf(labels=""):
        return ours("segment.grabcut", {"iterations": 5}, stack, 3, region=rectangle, labels=labels)

    def agreement():
        path = os.path.join(folder, "grabcut.raw")
        sheaf(path)
        a, b = np.fromfile(path, np.uint32).reshape(image.shape[:2]) > 0, opencv()
        return (a & b).sum() / (a | b).sum()

    row("segment GrabCut, 5 iterations, 512x512 RGB", "cv2.grabCut, 2 threads", ">= 2 at IoU >= 0.98", sheaf, lambda: seconds_of(opencv),
        rounds=3, note=lambda: f"IoU {agreement():.3f}")


def particles_row(row, gray, folder, build, jar):
    """By macro in the real ImageJ on a display of its own; one run times both, and they must find as many objects."""
    here = os.path.dirname(os.path.abspath(__file__))
    times = []

    def seconds(which):
        if which == 0:
            imagej = os.path.join(folder, "ImageJ")
            shutil.copytree(os.path.join(build, "dist"), imagej, dirs_exist_ok=True)
            shutil.copy(jar, os.path.join(imagej, "ij.jar"))
            raw, result = os.path.join(folder, "particles.raw"), os.path.join(folder, "particles.txt")
            gray.tofile(raw)
            subprocess.run([os.path.join(here, "../../packaging/with_display"), "java", "-Dplugins.dir=" + imagej, "-Duser.home=" + folder, "-cp",
                            os.path.join(imagej, "ij.jar"), "ij.ImageJ", "-macro", os.path.join(here, "particles.ijm"),
                            f"{raw}|{gray.shape[1]}|60|{result}"], check=True, stderr=subprocess.DEVNULL, env=dict(os.environ, HOME=folder))
            with open(result) as lines:
                (a, n), (b, m) = (line.split() for line in lines)
            assert int(n) == int(m), f"{n} objects, ImageJ finds {m}"
            times[:] = float(a) / 1000, float(b) / 1000
        return times[which]

    row("segment threshold, objects and their table, 1024x1024 8-bit, by macro in ImageJ", "ImageJ's Threshold and Analyze Particles", ">= 5",
        lambda: seconds(0), lambda: seconds(1), rounds=3)


def rows(row, ours, seconds_of, folder):
    import cv2
    from skimage import color, data, feature, segmentation
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score

    image = data.astronaut()
    stack = np.concatenate([image[..., ::-1], np.full((512, 512, 1), 255, np.uint8)], axis=2)[None]
    gray = np.rint(color.rgb2gray(image) * 255).astype(np.uint8)
    y, x = np.mgrid[0:512, 0:512]
    points = np.column_stack([image.reshape(-1, 3), y.ravel() / 5, x.ravel() / 5]).astype(np.float32)
    cv2.setNumThreads(2)

    def opencv_kmeans():
        cv2.setRNGSeed(1)
        return cv2.kmeans(points, 15, None, (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 100, 0.2), 1, cv2.KMEANS_PP_CENTERS)[0]

    def labels_of(operation, params, images):
        path = os.path.join(folder, "labels.raw")
        ours(operation, params, images, 1, region=(0, 0, 512, 512), labels=path)
        return np.fromfile(path, np.uint32)

    def compactness(labels):
        _, groups = np.unique(labels, return_inverse=True)
        counts = np.bincount(groups)
        return sum((column ** 2).sum() - (np.bincount(groups, column) ** 2 / counts).sum() for column in points.T.astype(float))

    title = "512x512 RGB"
    for name, peer_name, bar, operation, params, peer in (
            ("SLIC, 250 segments", "skimage slic", ">= 15", "segment.superpixel", {"segments": 250}, lambda: segmentation.slic(image, 250)),
            ("Felzenszwalb 100/.5/50", "skimage felzenszwalb", ">= 15 at ARI >= 0.95", "segment.felzenszwalb", {"scale": 100, "sigma": 0.5, "min_size": 50},
             lambda: segmentation.felzenszwalb(image, 100, 0.5, 50)),
            ("quick shift 3/6/.5", "skimage quickshift", ">= 15 at ARI >= 0.9", "segment.quickshift", {"kernel": 3, "max_dist": 6, "ratio": 0.5},
             lambda: segmentation.quickshift(image, ratio=0.5, kernel_size=3, max_dist=6)),
            ("k-means, k = 15", "sklearn KMeans(n_init=1)", ">= 5", "segment.kmeans", {"k": 15, "attempts": 1},
             lambda: KMeans(15, n_init=1, random_state=1).fit(points).inertia_),
            ("k-means, k = 15", "cv2.kmeans, one attempt", ">= 3 at equal compactness", "segment.kmeans", {"k": 15, "attempts": 1}, opencv_kmeans)):
        agreement = None
        if "ARI" in bar:
            agreement = lambda: f"ARI {adjusted_rand_score(peer().ravel(), labels_of(operation, params, stack)):.3f}"
        if operation == "segment.kmeans":
            agreement = lambda: f"sum of squares {compactness(labels_of(operation, params, stack)) / peer():.3f} of the peer's"
        row(f"segment {name}, {title}", peer_name, bar, lambda: ours(operation, params, stack, 3), lambda: seconds_of(peer), rounds=3, note=agreement)

    level_set = {"iterations": 200, "tolerance": 0}

    def peer_level_set():
        return segmentation.chan_vese(gray / 255, max_num_iter=200, tol=0)

    def equal_pixels():
        equal = np.mean((labels_of("segment.chanvase", level_set, gray[None]) > 0) == peer_level_set().ravel())
        return f"{100 * max(equal, 1 - equal):.2f} % of pixels equal"  # which of both sides is called inside is chance

    row("segment Chan-Vese, 200 iterations, 512x512 8-bit", "skimage chan_vese", ">= 20 at 99.5 % of pixels",
        lambda: ours("segment.chanvase", level_set, gray[None], 3), lambda: seconds_of(peer_level_set), rounds=3, note=equal_pixels)
    grabcut_row(row, ours, seconds_of, image, stack, folder)
    for method, name, sizes, peer in (
            ("log", "blob_log", {"scales": 10}, lambda: feature.blob_log(gray, 1, 30, 10, threshold=None, threshold_rel=0.2, log_scale=True)),
            ("dog", "blob_dog", {"ratio": 1.6}, lambda: feature.blob_dog(gray, 1, 30, 1.6, threshold=None, threshold_rel=0.2))):
        params = {"method": method, "min_diameter": 8 ** 0.5, "max_diameter": 30 * 8 ** 0.5, "fraction": 0.2, **sizes}
        row(f"segment blobs, {method}, sigma 1 to 30, 512x512 8-bit", f"skimage {name}", ">= 10",
            lambda: ours("segment.blobs", params, gray[None], 3), lambda: seconds_of(peer), rounds=3)
