"""equalize.py SHEAF DATA [NAME...]: the pictures of the pages on equalization, made anew by the program SHEAF.

DATA is the folder of the data sets: segment/skimage, segment/cellprofiler_illumination, align/timelapse_drosophila_gfp and
align/celegans_em_series. Needs Pillow, NumPy and tifffile. NAME draws only these, for instance equalize.clahe.
"""
import csv
import glob
import os
import subprocess
import sys
import tempfile

import numpy as np
import tifffile
from PIL import Image, ImageDraw, ImageFilter, ImageFont

sheaf, data = sys.argv[1:3]
names = sys.argv[3:]
here = os.path.dirname(os.path.abspath(__file__))
GAP = 8  # px between before and after

PICTURES = (  # operation, image, mode, box of the image, scale, arguments
    ("equalize.background", "coins.png", "L", (0, 0, 300, 300), 1, ("--radius", "35")),
    ("equalize.clahe", "moon.png", "L", (100, 100, 400, 400), 1, ()),
    ("equalize.denoise", "microaneurysms.png", "L", (0, 0, 100, 100), 3, ()),
    ("equalize.gamma", "moon.png", "L", (100, 100, 400, 400), 1, ("--gamma", "2")),
    ("equalize.histogram", "moon.png", "L", (100, 100, 400, 400), 1, ()),
    ("equalize.saturation", "ihc.png", "RGB", (100, 100, 350, 350), 1, ("--factor", "1.8")),
    ("equalize.sharpen", "cell.png", "L", (150, 150, 450, 450), 1, ("--amount", "2")),
    ("equalize.stretch", "moon.png", "L", (100, 100, 400, 400), 1, ()),
)

scratch = tempfile.TemporaryDirectory()
FONT = ImageFont.load_default(13)


def path(name):
    return os.path.join(scratch.name, name)


def run(operation, *arguments):
    subprocess.run([sheaf, "run", operation, *arguments, "--overwrite", "--quiet"], check=True)


def files(folder, kind):
    return sorted(glob.glob(os.path.join(data, folder, kind)))


def table():
    with open(glob.glob(os.path.join(path("tables"), "*.csv"))[0], newline="") as f:
        return list(csv.DictReader(f))


def beside(parts):
    out = Image.new("RGB", (sum(p.width + GAP for p in parts) - GAP, max(p.height for p in parts)), "white")
    x = 0
    for part in parts:
        out.paste(part.convert("RGB"), (x, 0))
        x += part.width + GAP
    return out


def below(parts):
    out = Image.new("RGB", (max(p.width for p in parts), sum(p.height + GAP for p in parts) - GAP), "white")
    y = 0
    for part in parts:
        out.paste(part, (0, y))
        y += part.height + GAP
    return out


def write(operation, out):
    target = os.path.join(here, operation + ".png")
    out.quantize(64, dither=Image.Dither.NONE).save(target, optimize=True)
    print(target, out.size, os.path.getsize(target) // 1024, "KiB")


def shown(values, low, high, size=None):
    image = Image.fromarray(np.clip(255 * (values.astype(float) - low) / (high - low), 0, 255).astype(np.uint8))
    return image.resize(size, Image.BILINEAR) if size else image


def single(operation, file, mode, box, scale, arguments):
    before, after = path("before.tif"), path("after.tif")
    Image.open(os.path.join(data, "segment/skimage", file)).convert(mode).crop(box).save(before)
    run(operation, *arguments, before, "-o", after)
    parts = [Image.open(f).convert("RGB") for f in (before, after)]
    write(operation, beside([p.resize((p.width * scale, p.height * scale), Image.NEAREST) for p in parts]))


def illumination():
    fields = [tifffile.imread(f) for f in files("segment/cellprofiler_illumination", "*.TIF")]
    tifffile.imwrite(path("before.tif"), np.array(fields), photometric="minisblack")
    run("equalize.illumination", path("before.tif"), "-o", path("after.tif"), "-o", "illumination=" + path("light.tif"))
    corrected, light = tifffile.imread(path("after.tif"))[0], tifffile.imread(path("light.tif"))
    low, high = np.percentile(fields[0], (0.5, 97))
    size = (fields[0].shape[1] // 2, fields[0].shape[0] // 2)
    light = light.reshape(fields[0].shape)
    write("equalize.illumination", beside([shown(fields[0], low, high, size), shown(light, light.min(), light.max(), size), shown(corrected, low, high, size)]))


def bleach():
    frames = [np.asarray(Image.open(f).convert("L")).astype(float) for f in files("align/timelapse_drosophila_gfp", "*")]
    frames = [frame for frame in frames if frame.shape == frames[0].shape]
    faded = np.array([np.round(frame * 0.85**t) for t, frame in enumerate(frames)]).astype(np.uint8)
    tifffile.imwrite(path("before.tif"), faded, photometric="minisblack")
    run("equalize.bleach", "--method", "exponential", path("before.tif"), "-o", path("after.tif"))
    after = tifffile.imread(path("after.tif"))
    chosen = (0, len(faded) // 2, len(faded) - 1)
    high = np.percentile(faded[0], 99.8)
    write("equalize.bleach", below([beside([shown(s[t][:180, :260], 0, high) for t in chosen]) for s in (faded, after)]))


def measure():
    images = [Image.open(f).convert("L") for f in files("align/celegans_em_series", "*.tif")[:15]]
    images[5] = images[5].filter(ImageFilter.GaussianBlur(1.5))
    images[11] = images[11].point(lambda v: min(255, int(1.6 * v)))
    tifffile.imwrite(path("series.tif"), np.array([np.asarray(i) for i in images]), photometric="minisblack")
    run("equalize.measure", path("series.tif"), "--tables", path("tables"))
    rows = table()
    most = max(float(r["deviation"]) for r in rows)
    width, height, top = 3 * 180 + 2 * GAP, 130, 16
    plot = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(plot)
    step = width / len(rows)
    for n, row in enumerate(rows):
        bar = (height - top - 16) * float(row["deviation"]) / most
        draw.rectangle((n * step + 6, height - 16 - bar, (n + 1) * step - 6, height - 16), fill="#c03030" if row["outlier"] else "#6080a0")
        draw.text(((n + 0.5) * step, height - 8), str(n + 1), fill="black", font=FONT, anchor="mm")
    draw.text((4, 2), "deviation of each image", fill="black", font=FONT)
    captions = []
    for n in (4, 5, 11):
        image = images[n].resize((180, 180)).convert("RGB")
        label = Image.new("RGB", (180, 36), "white")
        text = ImageDraw.Draw(label)
        text.text((0, 2), f"image {n + 1}", fill="black", font=FONT)
        text.text((0, 18), rows[n]["outlier"].split(",")[0] or "nothing unusual", fill="black", font=FONT)
        captions.append(below([image, label]))
    write("equalize.measure", below([beside(captions), plot]))
    for row in rows:
        print(row["Label"], row["deviation"], row["outlier"], row.get("verdict"))


pictures = {p[0]: lambda p=p: single(*p) for p in PICTURES}
pictures |= {"equalize.illumination": illumination, "equalize.bleach": bleach, "equalize.measure": measure}
for operation, draw_picture in pictures.items():
    if not names or operation in names:
        draw_picture()
