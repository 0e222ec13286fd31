"""equalize.py SHEAF DATA [NAME...]: the pictures of the pages on equalization of single images, made anew by the program SHEAF.

DATA is the folder of scikit-image's sample images. Needs Pillow. NAME draws only these, for instance equalize.clahe.
"""
import os
import subprocess
import sys
import tempfile

from PIL import Image

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

for operation, file, mode, box, scale, arguments in PICTURES:
    if names and operation not in names:
        continue
    with tempfile.TemporaryDirectory() as scratch:
        before, after = (os.path.join(scratch, n) for n in ("before.tif", "after.tif"))
        Image.open(os.path.join(data, file)).convert(mode).crop(box).save(before)
        subprocess.run([sheaf, "run", operation, *arguments, before, "-o", after, "--overwrite", "--quiet"], check=True)
        parts = [Image.open(f).convert("RGB") for f in (before, after)]
        parts = [p.resize((p.width * scale, p.height * scale), Image.NEAREST) for p in parts]
    out = Image.new("RGB", (2 * parts[0].width + GAP, parts[0].height), "white")
    out.paste(parts[0], (0, 0))
    out.paste(parts[1], (parts[0].width + GAP, 0))
    target = os.path.join(here, operation + ".png")
    out.quantize(64, dither=Image.Dither.NONE).save(target, optimize=True)
    print(target, out.size, os.path.getsize(target) // 1024, "KiB")
