"""make.py SHEAF DATA PC12 [NAME...]: the pictures of the pages on alignment, made anew by the program SHEAF.

DATA is the folder `align` of the data sets named in the pages' captions, PC12 the stack pc12.tif that tests/run fetches.
Needs Pillow and NumPy. NAME draws only these, for instance align.register.
"""
import csv
import os
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image, ImageDraw

sheaf, data, pc12 = sys.argv[1:4]
names = sys.argv[4:]
here = os.path.dirname(os.path.abspath(__file__))
scratch = tempfile.TemporaryDirectory()
GAP = 8  # px between the parts of a picture


def path(name):
    return os.path.join(scratch.name, name)


def run(operation, *arguments):
    subprocess.run([sheaf, "run", operation, *arguments, "--overwrite", "--quiet"], check=True)


def table(name):
    files = [f for f in os.listdir(scratch.name) if f.endswith(".csv") and f.startswith(name)]
    with open(path(files[0]), newline="") as f:
        return list(csv.DictReader(f))


def stack(file):
    image = Image.open(file)
    images = []
    for n in range(getattr(image, "n_frames", 1)):
        image.seek(n)
        images.append(np.asarray(image).astype(float))
    return np.array(images)


def to_stack(name, files):
    images = [Image.open(f).convert("L") for f in files]
    images[0].save(path(name), save_all=True, append_images=images[1:])
    return path(name)


def contrast(gray, like=None):
    low, high = np.percentile(gray if like is None else like, [0.5, 99.5])
    return np.clip(255 * (gray - low) / (high - low), 0, 255)


def gray(image):
    return np.repeat(image[..., None], 3, axis=2)


def overlay(image, reference):
    """The image in magenta, the reference in green: where they agree, gray."""
    return np.stack([contrast(image), contrast(reference), contrast(image)], axis=2)


def save(name, parts, scale=1.0):
    parts = [Image.fromarray(p.astype(np.uint8)) if isinstance(p, np.ndarray) else p for p in parts]
    parts = [p.resize((round(p.width * scale), round(p.height * scale)), Image.LANCZOS) for p in parts]
    out = Image.new("RGB", (sum(p.width for p in parts) + GAP * (len(parts) - 1), max(p.height for p in parts)), "white")
    x = 0
    for p in parts:
        out.paste(p, (x, 0))
        x += p.width + GAP
    file = os.path.join(here, name + ".png")
    out.quantize(128, dither=Image.Dither.NONE).save(file, optimize=True)
    print(file, out.size, os.path.getsize(file) // 1024, "KiB")


def register():
    run("align.register", "--interpolation", "cubic", pc12, "-o", path("aligned.tif"))
    before, after = stack(pc12), stack(path("aligned.tif"))
    save("align.register", [overlay(before[3], before[0]), overlay(after[3], after[0]), gray(contrast(before.mean(0))),
                            gray(contrast(after.mean(0), before.mean(0)))])


def score():
    run("align.register", "--interpolation", "cubic", pc12, "-o", path("aligned.tif"))
    run("align.score", "--reference", "first", "--tolerance", "20", pc12, path("aligned.tif"), "-o", path("changes.tif"),
        "--output", "overlay_before=" + path("before.tif"), "--output", "overlay_after=" + path("after.tif"), "--tables", scratch.name)
    print("score of image 4:", table("Scores")[3]["dd_score"], table("Scores")[3]["dd_count"])
    save("align.score", [stack(path(f))[3] for f in ("before.tif", "after.tif", "changes.tif")])


def apply():
    folder = os.path.join(data, "opencv_pairs")
    matrix = "[" + ",".join(f"{v:.12g}" for v in np.loadtxt(os.path.join(folder, "H_graf1_to_graf3.txt")).ravel()) + "]"
    pair = [Image.open(os.path.join(folder, f"graf{n}.png")).convert("RGB") for n in (1, 3)]
    pair[1].save(path("graf3.tif"))
    run("align.apply", "--matrix", matrix, path("graf3.tif"), "-o", path("moved.tif"))
    save("align.apply", [pair[1], stack(path("moved.tif"))[0], pair[0]], 0.36)


def bilinear():
    folder = os.path.join(data, "birl_landmarks", "images")
    pair = to_stack("pair.tif", [os.path.join(folder, f"artificial_{f}.jpg") for f in ("reference", "moving-elastic")])
    run("align.bilinear", pair, "-o", path("bent.tif"), "--tables", scratch.name)
    row = table("Bilinear")[1]
    print("bilinear:", row["status"], row["score_before"], row["score_after"], row["inliers"])
    before, after = stack(pair), stack(path("bent.tif"))
    save("align.bilinear", [overlay(before[1], before[0]), overlay(after[1], after[0])], 0.5)


def landmarks(file):
    with open(file, newline="") as f:
        return [(float(r["X"]), float(r["Y"])) for r in csv.DictReader(f)]


def points():
    folder = os.path.join(data, "birl_landmarks")
    pair = to_stack("pair.tif", [os.path.join(folder, "images", f"artificial_{f}.jpg") for f in ("reference", "moving-affine")])
    run("align.register", "--model", "affine", pair, "-o", path("aligned.tif"), "--save", path("pair.json"))
    there = landmarks(os.path.join(folder, "landmarks", "artificial_moving-affine.csv"))
    known = landmarks(os.path.join(folder, "landmarks", "artificial_reference.csv"))
    with open(path("spots.csv"), "w") as f:
        f.write("x,y,image\n" + "".join(f"{x},{y},2\n" for x, y in there))
    run("align.points", "--transforms", path("pair.json"), "--points", path("spots.csv"), "--origin", "centre", pair, "--tables", scratch.name)
    moved = [(float(r["x"]), float(r["y"])) for r in table("Points")]
    error = [np.hypot(x - u, y - v) for (x, y), (u, v) in zip(moved, known)]
    print("points: mean distance to the reference's landmarks", np.mean(error), "before", np.mean([np.hypot(x - u, y - v) for (x, y), (u, v) in zip(there, known)]))
    parts = []
    for spots, image in ((there, stack(pair)[1]), (moved, stack(path("aligned.tif"))[1])):
        part = Image.fromarray(gray(image).astype(np.uint8))
        draw = ImageDraw.Draw(part)
        for x, y in spots:
            draw.ellipse((x - 5, y - 5, x + 5, y + 5), outline=(230, 0, 0), width=3)
        for x, y in known:
            draw.line((x - 12, y, x + 12, y), fill=(0, 140, 0), width=3)
            draw.line((x, y - 12, x, y + 12), fill=(0, 140, 0), width=3)
        parts.append(part)
    save("align.points", parts, 0.5)


def plot(lines, width=420, height=200, left=10):
    """Values over positions, as lines of (values, colour); ticks at every 5 positions and every pixel."""
    part = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(part)
    values = np.concatenate([v for v, _ in lines])
    low, high = np.floor(values.min()), np.ceil(values.max())
    place = lambda n, v, count: (left + (width - 2 * left) * n / (count - 1), height - 10 - (height - 20) * (v - low) / (high - low))
    for tick in np.arange(low, high + 1):
        draw.line((place(0, tick, 2), place(1, tick, 2)), fill=(220, 220, 220))
    for values, colour in lines:
        draw.line([place(n, v, len(values)) for n, v in enumerate(values)], fill=colour, width=2, joint="curve")
    return part


def mitocheck():
    folder = os.path.join(data, "mitocheck_movie")
    return to_stack("movie.tif", sorted(os.path.join(folder, f) for f in os.listdir(folder) if f.endswith(".tif")))


def transforms():
    movie = mitocheck()
    run("align.register", "--model", "translation", movie, "-o", path("aligned.tif"), "--save", path("movie.json"))
    lines = []
    for smooth, colour in ((["none"], (170, 170, 170)), (["gaussian", "--window", "2"], (0, 90, 200))):
        run("align.transforms", "--transforms", path("movie.json"), "--smooth", *smooth, movie, "--tables", scratch.name)
        lines.append([[float(r[c]) for r in table("Transforms")] for c in ("shift_x", "shift_y")] + [colour])
    save("align.transforms", [plot([(line[axis], line[2]) for line in lines]) for axis in (0, 1)])


def refine():
    run("align.refine", "--method", "translation", "--reference", "first", "--tolerance", "20", "--radius", "20", pc12, "-o",
        path("refined.tif"), "--tables", scratch.name)
    print("refine:", [(r["status"], r["dd_score"]) for r in table("Refine")])
    before, after = stack(pc12), stack(path("refined.tif"))
    save("align.refine", [overlay(before[1], before[0]), overlay(after[1], after[0])], 1.5)


def strategies():
    run("align.strategies", "--model", "translation", "--draw", "60", "--tolerance", "20", mitocheck(), "--tables", scratch.name)
    rows = table("Strategies")
    part = Image.new("RGB", (560, 24 * len(rows)), "white")
    draw = ImageDraw.Draw(part)
    for n, row in enumerate(rows):
        y, x = 24 * n, 150
        draw.text((0, y + 4), row["Label"] + (" (recommended)" if row["recommended"] else ""), fill="black")
        for column, colour in (("n_s", (60, 150, 80)), ("n_u", (200, 200, 200)), ("n_f", (190, 60, 60))):
            width = 400 * int(row[column]) / 60
            draw.rectangle((x, y + 3, x + width, y + 20), fill=colour)
            x += width
    print([(r["Label"], r["n_s"], r["n_f"], r["n_u"], r["recommended"]) for r in rows])
    save("align.strategies", [part])


for draw in (register, score, apply, bilinear, points, transforms, refine, strategies):
    if not names or "align." + draw.__name__ in names:
        draw()
