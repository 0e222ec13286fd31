"""Just enough TIFF to write what the command line reads, and to read what it writes; independent of libtiff."""
import struct

KINDS = {1: "B", 2: "s", 3: "H", 4: "I", 5: "II", 16: "Q"}  # types of tags that occur here


def write(path, images, width, height, bits=8, samples=1, sample_format=1, description=None, resolution=None,
          planar=1, photometric=None, big_endian=False, big=False, one_directory=False, more_tags=()):
    """`images`: bytes per image, in the file's byte order. one_directory: as ImageJ writes above 4 GB."""
    order = ">" if big_endian else "<"
    number, size = ("Q", 8) if big else ("I", 4)
    out = bytearray(struct.pack(order + "2sH", b"MM" if big_endian else b"II", 43 if big else 42))
    if big:
        out += struct.pack(order + "HH", 8, 0)
    link = len(out)
    out += bytes(size)

    def put(data):
        at = len(out)
        out.extend(data)
        out.extend(bytes(-len(out) % 8))
        return at

    offsets = [0] * len(images)
    if one_directory:
        at = len(out)
        for image in images:
            out += image
        offsets[0] = at
        out += bytes(-len(out) % 8)
    else:
        offsets = [put(image) for image in images]
    for n, image in enumerate(images[:1] if one_directory else images):
        tags = [(256, 4, [width]), (257, 4, [height]), (258, 3, [bits] * samples), (259, 3, [1]),
                (262, 3, [photometric if photometric is not None else 2 if samples >= 3 else 1]),
                (277, 3, [samples]), (284, 3, [planar]), (339, 3, [sample_format] * samples)]
        if planar == 2:
            part = len(image) // samples
            tags += [(273, 16 if big else 4, [offsets[n] + p * part for p in range(samples)]),
                     (278, 4, [height]), (279, 16 if big else 4, [part] * samples)]
        else:
            tags += [(273, 16 if big else 4, [offsets[n]]), (278, 4, [height]), (279, 16 if big else 4, [len(image)])]
        if resolution:
            tags += [(282, 5, [resolution[0], 1000000]), (283, 5, [resolution[1], 1000000]), (296, 3, [1])]
        if description and n == 0:
            tags.append((270, 2, description.encode("utf-8") + b"\0"))
        if n == 0:
            tags += list(more_tags)
        entries = []
        for tag, kind, values in sorted(tags):
            if isinstance(values, bytes):
                data, count = values, len(values)
            else:
                data = b"".join(struct.pack(order + KINDS[kind][0], v) for v in values)
                count = len(values) // 2 if kind == 5 else len(values)
            if len(data) <= size:
                place = data.ljust(size, b"\0")
            else:
                place = struct.pack(order + number, put(data))
            entries.append(struct.pack(order + "HH" + number, tag, kind, count) + place)
        directory = struct.pack(order + ("Q" if big else "H"), len(entries)) + b"".join(entries)
        at = put(directory + bytes(size))
        struct.pack_into(order + number, out, link, at)
        link = at + len(directory)
    with open(path, "wb") as f:
        f.write(out)


def imagej_labels(labels):
    """The tags that hold slice labels, as ImageJ writes them on a little-endian machine."""
    texts = [label.encode("utf-16-le") for label in labels]
    head = b"JIJI" + b"lbal" + struct.pack("<I", len(labels))
    return [(50838, 4, [len(head)] + [len(t) for t in texts]), (50839, 1, head + b"".join(texts))]


class Page:
    def __init__(self, tags, data):
        self.tags, self.data = tags, data

    def text(self, tag):
        return bytes(self.tags[tag]).rstrip(b"\0").decode("utf-8")


def read(path):
    """The pages of a file in strips without compression."""
    with open(path, "rb") as f:
        content = f.read()
    order = ">" if content[:2] == b"MM" else "<"
    big = struct.unpack_from(order + "H", content, 2)[0] == 43
    number, size = ("Q", 8) if big else ("I", 4)
    at = struct.unpack_from(order + number, content, 8 if big else 4)[0]
    pages = []
    while at:
        count = struct.unpack_from(order + ("Q" if big else "H"), content, at)[0]
        at += 8 if big else 2
        tags = {}
        for _ in range(count):
            tag, kind, n = struct.unpack_from(order + "HH" + number, content, at)
            letters = {1: "B", 2: "B", 3: "H", 4: "I", 5: "II", 7: "B", 16: "Q"}[kind]
            length = n * struct.calcsize("=" + letters)
            place = at + 4 + size
            if length > size:
                place = struct.unpack_from(order + number, content, place)[0]
            tags[tag] = struct.unpack_from(order + letters * n, content, place)
            at += 4 + 2 * size
        data = b"".join(content[o:o + c] for o, c in zip(tags[273], tags[279]))
        assert tags.get(259, (1,))[0] == 1, "compressed"
        pages.append(Page(tags, data))
        at = struct.unpack_from(order + number, content, at)[0]
    return pages


def described(page):
    """ImageJ's description as a dictionary."""
    lines = page.text(270).split("\n")
    return dict(line.split("=", 1) for line in lines if "=" in line)


def labels(page):
    """The slice labels in ImageJ's tags."""
    counts, data = page.tags[50838], bytes(page.tags[50839])
    assert data[:4] == b"JIJI" and data[4:8] == b"lbal"
    at, out = counts[0], []
    for count in counts[1:]:
        out.append(data[at:at + count].decode("utf-16-le"))
        at += count
    return out
