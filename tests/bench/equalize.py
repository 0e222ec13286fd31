"""The rows of family equalize, for bench.py: ours / the peer's time per image of a stack."""
import numpy as np


def opencv_contrast(stack, measured):
    """equalize.match, method=contrast to=mean, with OpenCV; `measured`: with the numbers of its table."""
    import cv2
    cv2.setNumThreads(2)

    def numbers(image):
        mean, sd = (float(v[0, 0]) for v in cv2.meanStdDev(image))
        if not measured:
            return mean, sd, 0
        gx, gy = (cv2.Sobel(image, cv2.CV_32F, *d, ksize=3) for d in ((1, 0), (0, 1)))
        return mean, sd, cv2.mean(cv2.magnitude(gx, gy))[0]

    before = [numbers(image) for image in stack]
    wanted = np.mean([b[1] for b in before])
    out = np.empty_like(stack)
    for n, image in enumerate(stack):
        out[n] = np.clip(np.rint(image.astype(np.float32) * np.float32(wanted / before[n][1])), 0, 65535)
    return out, before, [numbers(image) for image in out] if measured else None


def rows(row, ours, seconds_of, scene):
    import cv2
    from skimage import exposure, restoration

    images = 8
    stack = scene(1024, images)
    noisy = np.clip(stack + np.random.default_rng(1).normal(0, 1500, stack.shape), 0, 65535).astype(np.uint16)
    bytes_ = (noisy >> 8).astype(np.uint8)
    real = noisy / 65535.0
    title = f"{images} images 1024x1024 16-bit"

    def opencv(job):
        def all_images():
            cv2.setNumThreads(2)
            for image in bytes_:
                job(image)
        return lambda: seconds_of(all_images)

    def one(job):  # of a slow peer one image, and the rest like it
        return lambda: images * seconds_of(lambda: job(real[0]))

    many = np.concatenate([stack] * 13)[:100]
    for table, unwanted in (("with its table", ""), ("without its table", "equalization")):
        row(f"equalize contrast {table}, 100 images 1024x1024 16-bit", "OpenCV and NumPy, same formulas", ">= 8",
            lambda: ours("equalize.match", {"method": "contrast"}, many, 3, unwanted),
            lambda: seconds_of(lambda: opencv_contrast(many, not unwanted)), rounds=3)
        row(f"equalize contrast {table}, 100 images 1024x1024 16-bit", "an operation that copies", ">= 0.4",
            lambda: ours("equalize.match", {"method": "contrast"}, many, 3, unwanted),
            lambda: ours("bench.copy", {}, many, 5), rounds=3)
    clahe = cv2.createCLAHE(3, (8, 8))
    h = 3000
    for name, operation, params, skimage_job, opencv_job in (
            ("clahe", "equalize.clahe", {"scope": "each"}, lambda i: exposure.equalize_adapthist(i), clahe.apply),
            ("bilateral, 9x9", "equalize.denoise", {"method": "bilateral", "strength": h},
             lambda i: restoration.denoise_bilateral(i, win_size=9, sigma_color=h / 65535, sigma_spatial=2, mode="reflect"),
             lambda i: cv2.bilateralFilter(i, 9, h / 257, 2)),
            ("non-local means, 7x7 in 21x21", "equalize.denoise", {"method": "nlm", "strength": h},
             lambda i: restoration.denoise_nl_means(i, patch_size=7, patch_distance=10, h=h / 65535, fast_mode=True),
             lambda i: cv2.fastNlMeansDenoising(i, None, h / 257, 7, 21))):
        row(f"equalize {name}, {title}", "skimage", ">= 5", lambda: ours(operation, params, noisy, 3), one(skimage_job), rounds=3)
        row(f"equalize {name}, {title}", "OpenCV, 8-bit, 2 threads", ">= 1", lambda: ours(operation, params, noisy, 3), opencv(opencv_job), rounds=3)
