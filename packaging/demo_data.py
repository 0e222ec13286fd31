"""demo_data.py PYSTACKREG.tar.gz SCIKIT-LEARN.tar.gz FOLDER: the demo's images out of the source distributions.

FOLDER/pc12.tif: 5 fluorescence images of PC12 cells, 201 x 199, 16-bit, drifting by up to 8 pixels.
FOLDER/digits.tif: 200 handwritten digits, 20 of each, 8 x 8 enlarged to 32 x 32, 8-bit; the label of each image is
"digit N (number)", the truth to judge the clustering by.
"""
import csv
import gzip
import io
import struct
import sys
import tarfile

PER_DIGIT = 20
ENLARGED = 4


def member(archive, ending):
    with tarfile.open(archive) as tar:
        for item in tar:
            if item.name.endswith(ending):
                return tar.extractfile(item).read()
    sys.exit(f"demo_data: {archive} holds no {ending}")


def write_stack(path, width, height, images, labels):
    """An 8-bit TIFF stack with ImageJ's slice labels (its private tags 50838 and 50839)."""
    n = len(images)
    description = f"ImageJ=1.54p\nimages={n}\nslices={n}\nloop=false\n".encode() + b"\0"
    texts = [label.encode("utf-16-le") for label in labels]
    counts = struct.pack(f"<{n + 1}I", 12, *map(len, texts))
    metadata = b"JIJIlbal" + struct.pack("<I", n) + b"".join(texts)  # "IJIJ", "labl" as little-endian words
    with open(path, "wb") as out:
        out.write(b"II*\0" + struct.pack("<I", 0))
        strips = []
        for image in images:
            strips.append(out.tell())
            out.write(bytes(image))
        def block(data):
            if out.tell() % 2:
                out.write(b"\0")
            at = out.tell()
            out.write(data)
            return at
        description_at, counts_at, metadata_at = block(description), block(counts), block(metadata)
        previous_link = 4
        for i, strip in enumerate(strips):
            tags = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (262, 3, 1, 1)]
            if i == 0:
                tags.append((270, 2, len(description), description_at))
            tags += [(273, 4, 1, strip), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, width * height)]
            if i == 0:
                tags += [(50838, 4, n + 1, counts_at), (50839, 1, len(metadata), metadata_at)]
            directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + struct.pack("<I", 0)
            at = block(directory)
            end = out.tell()
            out.seek(previous_link)
            out.write(struct.pack("<I", at))
            out.seek(end)
            previous_link = end - 4


def main():
    pystackreg, scikit_learn, folder = sys.argv[1:]
    with open(f"{folder}/pc12.tif", "wb") as out:
        out.write(member(pystackreg, "examples/data/pc12-unreg.tif"))
    rows = csv.reader(io.StringIO(gzip.decompress(member(scikit_learn, "sklearn/datasets/data/digits.csv.gz")).decode()))
    images, labels, taken = [], [], [0] * 10
    for row in rows:
        values = [int(float(v)) for v in row]
        digit = values.pop()
        if taken[digit] == PER_DIGIT:
            continue
        taken[digit] += 1
        images.append([min(255, 16 * values[8 * (y // ENLARGED) + x // ENLARGED]) for y in range(8 * ENLARGED) for x in range(8 * ENLARGED)])
        labels.append(f"digit {digit} ({taken[digit]})")
    write_stack(f"{folder}/digits.tif", 8 * ENLARGED, 8 * ENLARGED, images, labels)


main()
