"""segment.py SHEAF DATA [NAME...]: the pictures of the pages on segmentation, made anew by the program SHEAF: an image and its regions.

DATA is the folder `segment` of the data sets named below. Needs Pillow, NumPy and tifffile. NAME draws only these.
"""
import csv
import os
import subprocess
import sys
import tempfile

import numpy as np
import tifffile
from PIL import Image, ImageDraw

sheaf, data = sys.argv[1:3]
names = sys.argv[3:]
here = os.path.dirname(os.path.abspath(__file__))
GAP = 8  # px between before and after
YELLOW, WHITE, RED, GREEN, MAGENTA = (255, 220, 0), (255, 255, 255), (230, 0, 0), (0, 220, 0), (255, 0, 255)
WORD = (167, 50, 56, 14)  # x, y, width, height of what is looked for in the page

IHC, COINS = ("skimage/ihc.png", "RGB", (100, 100, 400, 360)), ("skimage/coins.png", "L", (0, 0, 384, 250))
COLONY = ("imagej_samples/Cell_Colony.jpg", "L", (0, 60, 406, 330))
RETINA = ("skimage/retina.jpg", "L", (370, 820, 650, 1020))
PICTURES = (  # operation, image, arguments
    ("segment.superpixel", IHC, ("--size", "20")),
    ("segment.kmeans", IHC, ("--k", "3", "--colour_importance", "1000")),
    ("segment.slickmeans", IHC, ("--k", "4", "--size", "10", "--colour_importance", "50")),
    ("segment.felzenszwalb", IHC, ("--scale", "300", "--min_size", "200")),
    ("segment.graph", IHC, ("--k", "600", "--min_size", "200")),
    ("segment.quickshift", IHC, ("--max_dist", "10")),
    ("segment.edge", COINS, ()),
    ("segment.chanvase", COINS, ()),
    ("segment.blobs", COLONY, ("--objects", "dark", "--max_diameter", "20")),
    ("segment.threshold", COINS, ("--min_size", "50", "--fill_holes")),
    ("segment.hysteresis", RETINA, ("--invert", "--method", "percentile", "--seeds", "4", "--candidates", "15", "--min_size", "60")),
    ("segment.watershed", ("imagej_samples/blobs.gif", "L", None), ("--invert", "--min_size", "20")),
)

scratch = tempfile.TemporaryDirectory()


def path(name):
    return os.path.join(scratch.name, name)


def opened(file, mode, box):
    image = Image.open(os.path.join(data, file)).convert(mode)
    return image.crop(box) if box else image


def run(operation, *arguments):
    subprocess.run([sheaf, "run", operation, *arguments, "--overwrite", "--quiet"], check=True)


def label_image(name, image):
    return tifffile.imread(path(name)).astype(np.int64).reshape(image.height, image.width)


def edges(labels):
    found = np.zeros(labels.shape, bool)
    found[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    found[1:] |= labels[1:] != labels[:-1]
    return found


def coloured(image, *layers):
    """The image with pixels in colours: (where, colour) one over the other."""
    drawn = np.array(image.convert("RGB"))
    for where, colour in layers:
        drawn[where] = colour
    return Image.fromarray(drawn)


def write(operation, *parts):
    out = Image.new("RGB", (sum(p.width + GAP for p in parts) - GAP, max(p.height for p in parts)), "white")
    x = 0
    for part in parts:
        out.paste(part.convert("RGB"), (x, 0))
        x += part.width + GAP
    target = os.path.join(here, operation + ".png")
    out.quantize(64, dither=Image.Dither.NONE).save(target, optimize=True)
    print(target, out.size, os.path.getsize(target) // 1024, "KiB")


def regions(operation, source, arguments):
    image = opened(*source)
    image.save(path("before.tif"))
    run(operation, *arguments, path("before.tif"), "-o", path("after.tif"))
    write(operation, image, coloured(image, (edges(label_image("after.tif", image)), YELLOW)))


def grabcut():
    image = opened("skimage/cell.png", "L", (330, 270, 530, 470))
    x, y, w, h = 18, 24, 160, 160  # around the cell and its dark halo
    image.save(path("before.tif"))
    framed = image.convert("RGB")
    ImageDraw.Draw(framed).rectangle((x, y, x + w - 1, y + h - 1), outline=WHITE)
    run("segment.grabcut", "--roi", f"{x},{y},{w},{h}", path("before.tif"), "-o", path("after.tif"))
    write("segment.grabcut", framed, coloured(image, (edges(label_image("after.tif", image)), YELLOW)))


def template():
    image = opened("skimage/page.png", "L", (0, 0, 384, 191))
    x, y, w, h = WORD
    image.save(path("before.tif"))
    run("equalize.background", "--light_background", "--mode", "divide", "--radius", "15", path("before.tif"), "-o", path("even.tif"))
    Image.open(path("even.tif")).crop((x, y, x + w, y + h)).save(path("template.tif"))
    run("segment.template", "--places", "threshold", "--error", "0.08", path("even.tif"), path("template.tif"), "--tables", path("tables"))
    drawn = image.convert("RGB")
    draw = ImageDraw.Draw(drawn)
    with open(os.path.join(path("tables"), os.listdir(path("tables"))[0]), newline="") as f:
        for row in csv.DictReader(f):
            left, top = int(float(row["x"])), int(float(row["y"]))
            draw.rectangle((left - 2, top - 2, left + w + 1, top + h + 1), outline=RED, width=2)
    write("segment.template", image.crop((x, y, x + w, y + h)).resize((2 * w, 2 * h), Image.NEAREST), drawn)


def compare():
    name, box = "4327d27591", (0, 0, 360, 360)
    image = opened(f"dsb2018/images/{name}.png", "L", box)
    image.save(path("before.tif"))
    truth = tifffile.imread(os.path.join(data, f"dsb2018/labels/{name}_label.tif"))[box[1]:box[3], box[0]:box[2]]
    tifffile.imwrite(path("truth.tif"), truth.astype(np.uint16))
    run("segment.watershed", "--min_size", "20", path("before.tif"), "-o", path("found.tif"))
    run("segment.compare", path("found.tif"), path("truth.tif"), "--tables", path("agreement"))
    ours, theirs = edges(label_image("found.tif", image)), edges(truth)
    bright = image.point(lambda v: min(255, 4 * v))
    write("segment.compare", bright, coloured(bright, (ours, MAGENTA), (theirs, GREEN), (ours & theirs, WHITE)))
    for table in sorted(os.listdir(path("agreement"))):
        with open(os.path.join(path("agreement"), table), newline="") as f:
            print(table, next(csv.DictReader(f)))


pictures = {operation: lambda o=operation, s=source, a=arguments: regions(o, s, a) for operation, source, arguments in PICTURES}
pictures |= {"segment.grabcut": grabcut, "segment.template": template, "segment.compare": compare}
for operation, draw_picture in pictures.items():
    if not names or operation in names:
        draw_picture()
