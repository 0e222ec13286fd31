"""The program `sheaf` as a user runs it: cli_test.py SHEAF FOLDER-OF-FIXTURES [unittest arguments]"""
import csv
import json
import os
import struct
import subprocess
import unittest
import xml.etree.ElementTree

import tiff
from case import FIXTURES, HEIGHT, SHEAF, WIDTH, Case, main, samples


class Commands(Case):
    def test_help_and_version(self):
        self.assertIn("sheaf run OPERATION", self.sheaf("--help"))
        self.assertIn("sheaf run OPERATION", self.sheaf("help"))
        self.assertRegex(self.sheaf("--version"), r"^sheaf \d+\.\d+\.\d+\n$")
        done = subprocess.run([SHEAF], capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)

    def test_an_unknown_command_is_refused_with_the_nearest(self):
        self.assertIn('"lsit" is no command; did you mean list?', self.sheaf("lsit", status=2))
        self.assertIn('"xyzzy" is no command', self.sheaf("xyzzy", status=2))

    def test_list_names_every_operation(self):
        text = self.sheaf("list")
        self.assertEqual(len(text.splitlines()), 15)
        self.assertRegex(text, r"(?m)^results\.invert +Inverts\.$")
        schemas = json.loads(self.sheaf("list", "--format", "json"))
        self.assertEqual(len(schemas), 15)
        self.assertEqual(schemas[0]["id"], "results.difference")

    def test_list_gives_the_menu_of_imagej(self):
        config = self.sheaf("list", "--format", "config", plugins=["gamma", "results"])
        self.assertIn('Plugins>Sheaf, "Sheaf Example Gamma...", sheaf.Command("example.gamma")\n', config)
        self.assertIn('Plugins>Sheaf, "Sheaf Invert", sheaf.Command("results.invert")\n', config)

    def test_list_tells_the_libraries_and_why_one_was_refused(self):
        text = self.sheaf("list", "--format", "plugins", plugins=["results", "refused_null", "refused_mode"])
        self.assertIn("    org.sheaf.test.results 1.2.3, BSD-3-Clause\n", text)
        self.assertIn("    refused: sheaf_plugin_v1 returned no plugin\n", text)
        self.assertIn("    note: loading it changed the floating-point mode", text)

    def test_describe_gives_a_page_and_a_schema(self):
        page = self.sheaf("describe", "results.report")
        for part in ("NAME\n    results.report - Reports.", "Plugins>Sheaf>Sheaf Report...", "--levels = [1,2]",
                     "sheaf run results.report", "regions of interest"):
            self.assertIn(part, page)
        schema = json.loads(self.sheaf("describe", "results.report", "--format", "json"))
        self.assertEqual([p["key"] for p in schema["params"]],
                         ["radius", "count", "flat", "mode", "levels", "marks", "box", "name"])
        self.assertTrue(all(p["help"] and "when" in p for p in schema["params"]))
        table = self.sheaf("describe", "example.gamma", "--format", "markdown", plugins=["gamma"])
        self.assertIn("| `gamma` | 1 | 0.01 to 100 | Below 1 brightens the shadows. |", table)

    def test_describe_and_list_refuse_what_they_do_not_know(self):
        self.assertIn('operation: "results.inver" is unknown; did you mean results.invert?',
                      self.sheaf("describe", "results.inver", status=1))
        self.assertIn('--format: "xml" given, needs text, json or markdown',
                      self.sheaf("describe", "results.invert", "--format", "xml", status=2))
        self.assertIn("describe: name one operation", self.sheaf("describe", status=2))
        self.assertIn('list: "x" is not expected', self.sheaf("list", "x", status=2))
        self.assertIn("--format: a value is missing", self.sheaf("list", "--format", status=2))

    def test_session_options_have_their_ranges(self):
        for option, value, needs in (("--threads", "-1", "a whole number from 0 to 1024"),
                                     ("--threads", "2.5", "a whole number from 0 to 1024"),
                                     ("--threads", "1e300", "a whole number from 0 to 1024"),
                                     ("--memory", "nan", "a number from 0 to 1000000000"),
                                     ("--memory", "1e30", "a number from 0 to 1000000000")):
            self.assertIn('%s: "%s" given, needs %s' % (option, value, needs),
                          self.sheaf("list", option, value, status=2))
        self.assertIn("--plugins: there is no file or folder /nowhere.so",
                      self.sheaf("list", "--plugins", "/nowhere.so", status=1))

    def test_a_refused_library_is_told_when_its_operation_is_asked_for(self):
        text = self.sheaf("describe", "refused.sound", plugins=["refused_error"], status=1)
        self.assertIn("These libraries were refused:", text)
        self.assertIn("refused_error.so: the graphics card has no driver", text)


class Images(Case):
    def invert(self, letter, **more):
        self.sheaf("run", "results.invert", self.path("in.tif"), "-o", self.path("out.tif"), "--overwrite", **more)
        return self.values("out.tif", letter)

    def test_8_bit(self):
        given = self.image("in.tif", 4)
        self.assertEqual(self.invert("B"), [[255 - v for v in image] for image in given])
        self.nothing_but("in.tif", "out.tif")

    def test_16_bit_in_both_byte_orders(self):
        for big_endian in (False, True):
            given = self.image("in.tif", 2, bits=16, big_endian=big_endian)
            self.assertEqual(self.invert("H"), [[65535 - v for v in image] for image in given])

    def test_32_bit(self):
        values = [[v / 7 for v in samples(WIDTH * HEIGHT, -99, 99, n + 1)] for n in range(3)]
        tiff.write(self.path("in.tif"), [struct.pack("<%df" % len(v), *v) for v in values], WIDTH, HEIGHT, bits=32,
                   sample_format=3)
        single = [struct.unpack("<%df" % len(v), struct.pack("<%df" % len(v), *v)) for v in values]
        expected = [list(struct.unpack("<%df" % len(v), struct.pack("<%df" % len(v), *[1 - x for x in v])))
                    for v in single]
        self.assertEqual(self.invert("f"), expected)

    def test_rgb_interleaved_and_planar(self):
        given = self.image("in.tif", 2, samples=3)
        self.assertEqual(self.invert("B"), [[255 - v for v in image] for image in given])
        self.assertEqual(self.pages("out.tif")[0].tags[262][0], 2)
        planes = [[image[i] for c in range(3) for i in range(c, len(image), 3)] for image in given]
        tiff.write(self.path("in.tif"), [bytes(p) for p in planes], WIDTH, HEIGHT, samples=3, planar=2)
        self.assertEqual(self.invert("B"), [[255 - v for v in image] for image in given])

    def test_signed_16_bit_keeps_its_values_through_the_calibration(self):
        values = samples(WIDTH * HEIGHT, -32768, 32767)
        tiff.write(self.path("in.tif"), [struct.pack("<%dh" % len(values), *values)], WIDTH, HEIGHT, bits=16,
                   sample_format=2)
        out = self.invert("H")[0]  # the complement of v + 32768 is -1 - v, stored with that offset
        self.assertEqual([v - 32768 for v in out], [-1 - v for v in values])
        d = tiff.described(self.pages("out.tif")[0])
        self.assertEqual((d["cf"], d["c0"], d["c1"]), ("0", "-32768", "1"))

    def test_other_gray_types_become_32_bit_with_a_note(self):
        values = samples(WIDTH * HEIGHT, 0, 2**20)
        for letter, bits, kind in (("I", 32, 1), ("i", 32, 2), ("d", 64, 3)):
            tiff.write(self.path("in.tif"), [struct.pack("<%d%s" % (len(values), letter), *values)], WIDTH, HEIGHT,
                       bits=bits, sample_format=kind)
            self.assertEqual(self.invert("f"), [[1.0 - v for v in values]])
            self.assertIn("%d-bit values are rounded to 32-bit floating point" % bits, self.errors)

    def test_hyperstack_calibration_and_labels_are_kept(self):
        labels = ["cell %d \u00b5m" % n for n in range(12)]
        description = ("ImageJ=1.54p\nimages=12\nchannels=2\nslices=3\nframes=2\nhyperstack=true\nmode=composite\n"
                       "unit=\u00b5m\nspacing=0.5\nfinterval=30\nloop=false\n")
        self.image("in.tif", 12, bits=16, description=description, resolution=(4000000, 5000000),
                   more_tags=tiff.imagej_labels(labels))
        self.sheaf("run", "results.invert", self.path("in.tif"), "-o", self.path("out.tif"), "--tables",
                   self.path("tables"))
        page = self.pages("out.tif")[0]
        d = tiff.described(page)
        self.assertEqual([d.get(k) for k in ("images", "channels", "slices", "frames", "hyperstack", "unit", "spacing",
                                             "finterval")],
                         ["12", "2", "3", "2", "true", "\u00b5m", "0.5", "30"])
        self.assertEqual(tiff.labels(page), labels)
        self.assertEqual(page.tags[282][0] / page.tags[282][1], 4)
        self.assertEqual(page.tags[283][0] / page.tags[283][1], 5)
        with open(self.path("tables/Means of in.csv"), encoding="utf-8", newline="") as f:
            self.assertEqual([row[0] for row in csv.reader(f)], ["Label"] + labels)

    def test_label_images_are_16_bit_until_a_label_needs_more(self):
        given = self.image("in.tif", 4, bits=16)
        self.sheaf("run", "results.label", self.path("in.tif"), "-o", self.path("out.tif"))
        self.assertEqual(self.pages("out.tif")[0].tags[258], (16,))
        self.assertEqual(self.values("out.tif", "H"), given)
        # the second image, or the fourth, is the first that needs more: what was written before is read again
        for offset, low in ((70000, given), (21000, [[v % 5000 for v in image] for image in given])):
            tiff.write(self.path("in.tif"), [struct.pack("<%dH" % len(v), *v) for v in low], WIDTH, HEIGHT, bits=16)
            for threads in ("1", "4"):
                self.sheaf("run", "results.label", "--offset", str(offset), self.path("in.tif"), "-o",
                           self.path("out.tif"), "--threads", threads, "--overwrite")
                self.assertEqual(self.pages("out.tif")[0].tags[258], (32,))
                self.assertEqual(self.values("out.tif", "f"), [[float(v + offset * n) for v in image]
                                                               for n, image in enumerate(low)])
        self.nothing_but("in.tif", "out.tif")

    def test_a_bigtiff(self):
        given = self.image("in.tif", 3, bits=16, big=True)
        self.assertEqual(self.invert("H"), [[65535 - v for v in image] for image in given])

    def test_a_stack_with_one_directory_as_imagej_writes_above_4_gb(self):
        for big_endian in (False, True):
            given = self.image("in.tif", 5, bits=16, one_directory=True, big_endian=big_endian,
                               description="ImageJ=1.54p\nimages=5\nslices=5\n")
            self.assertEqual(self.invert("H"), [[65535 - v for v in image] for image in given])
        size = os.path.getsize(self.path("in.tif"))
        for images, count in (("5000", "5000"), ("1e300", r"1e\+300")):
            self.image("in.tif", 5, bits=16, one_directory=True, description="ImageJ=1.54p\nimages=%s\n" % images)
            text = self.sheaf("run", "results.invert", self.path("in.tif"), "-o", self.path("x.tif"), status=1)
            self.assertRegex(text, "in.tif: the file is truncated: it describes %s images and holds [56]\n" % count)
        self.assertLess(size, 5000)

    def test_several_files_make_one_collection(self):
        a, b = self.image("a.tif", 2), self.image("b.tif", 1)
        self.sheaf("run", "results.invert", self.path("a.tif"), self.path("b.tif"), "-o", self.path("out.tif"),
                   "--tables", self.path("tables"))
        self.assertEqual(self.values("out.tif", "B"), [[255 - v for v in image] for image in a + b])
        with open(self.path("tables/Means of a.csv"), newline="") as f:
            self.assertEqual([row[0] for row in csv.reader(f)], ["Label", "a:1", "a:2", "b"])

    def test_an_operation_on_two_collections_takes_two_files(self):
        a, b = self.image("a.tif", 2), self.image("b.tif", 2)
        self.sheaf("run", "results.difference", self.path("a.tif"), self.path("b.tif"), "-o", self.path("out.tif"))
        self.assertEqual(self.values("out.tif", "f"), [[float(p - q) for p, q in zip(x, y)] for x, y in zip(a, b)])
        self.assertIn("run: 1 file given, results.difference takes 2",
                      self.sheaf("run", "results.difference", self.path("a.tif"), status=2))

    def test_optional_outputs_are_made_when_asked_for(self):
        self.image("in.tif", 2)
        self.sheaf("run", "results.invert", self.path("in.tif"), "--output", "bright=" + self.path("bright.tif"))
        self.assertEqual(self.values("bright.tif", "B"), [[200] * (WIDTH * HEIGHT)] * 2)
        self.nothing_but("in.tif", "bright.tif")

    def test_gamma_follows_its_formula(self):
        given = self.image("in.tif", 2)
        self.sheaf("run", "example.gamma", "--gamma", "0.45", self.path("in.tif"), "-o", self.path("out.tif"),
                   plugins=["gamma"])
        for image, out in zip(given, self.values("out.tif", "B")):
            for v, w in zip(image, out):
                self.assertLessEqual(abs(w - 255 * (v / 255) ** 0.45), 0.5000001)


class Results(Case):
    def test_tables_are_csv(self):
        given = self.image("in.tif", 3, more_tags=tiff.imagej_labels(['a,b', 'say "x"', "plain"]),
                           description="ImageJ=1.54p\nimages=3\n")
        self.sheaf("run", "results.invert", self.path("in.tif"), "--tables", self.path("deep/tables"))
        with open(self.path("deep/tables/Means of in.csv"), newline="") as f:
            rows = list(csv.reader(f))
        self.assertEqual(rows[0], ["Label", "mean"])
        self.assertEqual([r[0] for r in rows[1:]], ["a,b", 'say "x"', "plain"])
        for row, image in zip(rows[1:], given):
            self.assertEqual(float(row[1]), sum(image) / len(image))

    def test_parameters_come_as_flags_in_every_form(self):
        self.image("in.tif", 1)
        self.sheaf("run", "results.report", self.path("in.tif"), "--flat", "--radius=2.5", "--levels", "[3,4]",
                   "--marks", "1,2,3,4", "--mode", "mean", "--tables", self.path("tables"))
        with open(self.path("tables/params of in.csv"), newline="") as f:
            given = json.loads(list(csv.DictReader(f))[0]["json"])
        self.assertEqual(given, {"radius": 2.5, "count": 3, "flat": True, "mode": "mean", "levels": [3, 4],
                                 "marks": [[1, 2], [3, 4]], "box": [5, 6, 7, 8], "name": "n"})
        with open(self.path("tables/facts of in.csv"), newline="") as f:
            self.assertEqual(list(csv.reader(f)), [["inside", "nothing"], ["-1", ""]])

    def test_a_region_of_interest_is_given_in_pixels(self):
        self.image("in.tif", 1)
        self.sheaf("run", "results.report", self.path("in.tif"), "--roi", "2,1,3,4", "--tables", self.path("tables"))
        with open(self.path("tables/facts of in.csv"), newline="") as f:
            self.assertEqual(list(csv.DictReader(f))[0]["inside"], "12")
        self.sheaf("run", "results.report", self.path("in.tif"), "--roi", "-1,5,4,9", "--tables", self.path("part"))
        self.assertIn("warning: --roi: the region reaches beyond the images, which are 13 x 7 pixels; the part inside counts\n",
                      self.errors)
        with open(self.path("part/facts of in.csv"), newline="") as f:
            self.assertEqual(list(csv.DictReader(f))[0]["inside"], "6")
        self.sheaf("run", "results.invert", self.path("in.tif"), "--roi", "1,1,2,2", "-o", self.path("whole.tif"))
        self.assertIn("warning: --roi: results.invert uses no region of interest; the images are taken as a whole\n",
                      self.errors)
        self.assertIn("--roi: the region lies outside the images",
                      self.sheaf("run", "results.report", self.path("in.tif"), "--roi", "200,1,3,4", "--tables",
                                 self.path("none"), status=1))
        for bad in ("1,2,3", "1,2,0,4", "a,b,c,d", "1,2,3,4,5"):
            self.assertIn('--roi: "%s" given, needs X,Y,WIDTH,HEIGHT in pixels' % bad,
                          self.sheaf("run", "results.report", self.path("in.tif"), "--roi", bad, status=2))

    def test_regions_are_json(self):
        self.image("in.tif", 1)
        self.sheaf("run", "results.report", self.path("in.tif"), "--regions", self.path("regions.json"))
        with open(self.path("regions.json")) as f:
            regions = json.load(f)
        self.assertEqual(regions, [{"kind": "polygon", "image": 2, "label": 9, "score": 0.5, "name": "cell",
                                    "rings": [[[0, 0], [4, 0], [4, 4], [0, 4]], [[1, 1], [2, 1], [2, 2]]]}])

    def test_plots_are_svg(self):
        self.image("in.tif", 1)
        self.sheaf("run", "results.plots", self.path("in.tif"), "--plots", self.path("plots"))
        self.assertEqual(sorted(os.listdir(self.path("plots"))),
                         ["in-bars.svg", "in-curve.svg", "in-scatter.svg", "in-tree.svg"])
        tag = "{http://www.w3.org/2000/svg}"
        root = {name: xml.etree.ElementTree.parse(self.path("plots/in-%s.svg" % name)).getroot()
                for name in ("bars", "curve", "scatter", "tree")}
        self.assertEqual(len(root["curve"].findall(tag + "circle")), 3)
        self.assertIn("Large & <equal> of in", [t.text for t in root["curve"].findall(tag + "text")])
        self.assertEqual([t.text for t in root["scatter"].iter(tag + "title")], ["a (1)", "b"])
        self.assertEqual(len(root["bars"].findall(tag + "rect")), 3)  # the background and two bars
        texts = [t.text for t in root["tree"].findall(tag + "text")]
        self.assertEqual([t for t in texts if t in ("one", "two", "three")], ["two", "one", "three"])
        self.assertIn("6 4", [line.get("stroke-dasharray") for line in root["tree"].findall(tag + "line")])

    def test_the_log_is_shown_unless_quiet_is_asked_for(self):
        self.image("in.tif", 1)
        command = ("run", "results.report", self.path("in.tif"), "--plots", self.path("plots"), "--overwrite")
        self.sheaf(*command)
        self.assertEqual(self.errors, "begun\nwarning: nearly done\n")
        self.sheaf(*command, "--quiet")
        self.assertEqual(self.errors, "")


class Refusals(Case):
    def setUp(self):
        super().setUp()
        self.image("in.tif", 4)

    def test_wrong_usage(self):
        given = self.path("in.tif")
        for sentence, arguments in (
                ("run: name an operation", ()),
                ("run: name a TIFF file", ("results.invert",)),
                ("-o: a value is missing", ("results.invert", given, "-o")),
                ("-x: unknown option of results.invert", ("results.invert", "-x", given)),
                ("-o: results.sums makes no image", ("results.sums", given, "-o", self.path("o.tif"))),
                ('--output: "dark=x" given, needs NAME=FILE with NAME inverted or bright',
                 ("results.invert", given, "--output", "dark=x")),
                ("--radius: given twice", ("results.report", given, "--radius", "1", "--radius", "2")),
                ("--raduis: unknown option of results.report; did you mean --radius?",
                 ("results.report", given, "--raduis", "1")),
                ("--raduis: unknown option of results.report; did you mean --radius?",
                 ("results.report", "--raduis", given)),
                ("--overwrit: unknown option of results.invert; did you mean --overwrite?",
                 ("results.invert", given, "--overwrit")),
                ("--xyzzyxyzzy: unknown option of results.invert; sheaf describe results.invert shows them",
                 ("results.invert", given, "--xyzzyxyzzy")),
                ("--subtrahend: an image that results.difference takes, not an option; "
                 "sheaf describe results.difference shows where its file is named",
                 ("results.difference", given, "--subtrahend", given)),
                ("--tables: a value is missing", ("results.invert", given, "--tables", "--overwrite")),
                ("--overwrite: takes no value", ("results.invert", given, "--overwrite=yes"))):
            self.refused(sentence, *arguments, status=2)

    def test_wrong_parameters(self):
        given = self.path("in.tif")
        for option, sentence in (
                ("--count=2.5", 'count: "2.5" given, needs a whole number'),
                ("--count=99999999999999999999", 'count: "99999999999999999999" given, out of range; needs '
                                                 '-9007199254740992 to 9007199254740992'),
                ("--radius=1e999", 'radius: "1e999" given, out of range'),
                ("--box=1", "box: 1 number given, needs a rectangle [x,y,width,height]"),
                ("--mode=men", 'mode: "men" given, needs mean or max; did you mean mean?')):
            self.refused(sentence, "results.report", given, option, "--tables", self.path("tables"))
        self.refused('operation: "results.inver" is unknown; did you mean results.invert?', "results.inver", given)

    def test_wrong_files(self):
        out = ("-o", self.path("out.tif"))
        self.refused("nowhere.tif: there is no such file", "results.invert", self.path("nowhere.tif"), *out)
        with open(self.path("text.tif"), "w") as f:
            f.write("not an image")
        self.refused("text.tif: this is not a TIFF file", "results.invert", self.path("text.tif"), *out,
                     left=("in.tif", "text.tif"))
        os.remove(self.path("text.tif"))
        tiff.write(self.path("bits.tif"), [bytes(WIDTH * HEIGHT // 8 + HEIGHT)], WIDTH, HEIGHT, bits=1)
        self.refused("bits.tif: pixels of 1-bit unsigned integers are not supported; accepted: 8-bit unsigned, 16- and 32-bit integers, "
                     "32- and 64-bit floating point, 8-bit RGB",
                     "results.invert", self.path("bits.tif"), *out, left=("in.tif", "bits.tif"))
        tiff.write(self.path("bits.tif"), [bytes(2 * WIDTH * HEIGHT)], WIDTH, HEIGHT, bits=16, sample_format=3)
        self.refused("bits.tif: pixels of 16-bit floating point are not supported; accepted: 8-bit unsigned, ",
                     "results.invert", self.path("bits.tif"), *out, left=("in.tif", "bits.tif"))
        os.remove(self.path("bits.tif"))
        self.image("wide.tif", 1, bits=16)
        self.refused("wide.tif: 13 x 7 pixels 16-bit, ", "results.invert", self.path("in.tif"), self.path("wide.tif"),
                     *out, left=("in.tif", "wide.tif"))
        self.refused("images: 16-bit given, results.slow_slice needs 8-bit", "results.slow_slice",
                     self.path("wide.tif"), *out, left=("in.tif", "wide.tif"))

    def test_images_of_different_size_in_one_file(self):
        with open(self.path("in.tif"), "rb") as f:
            content = bytearray(f.read())
        at = struct.unpack_from("<I", content, 4)[0]
        count = struct.unpack_from("<H", content, at)[0]
        second = struct.unpack_from("<I", content, at + 2 + 12 * count)[0]
        struct.pack_into("<I", content, second + 2 + 8, WIDTH - 1)  # the first tag is the width
        with open(self.path("in.tif"), "wb") as f:
            f.write(content)
        self.refused("in.tif: image 2 is 12 x 7 (8 bits), image 1 is 13 x 7 (8 bits); all must be alike",
                     "results.invert", self.path("in.tif"), "-o", self.path("out.tif"))

    def test_a_file_that_ends_too_early_leaves_no_output(self):
        size = os.path.getsize(self.path("in.tif"))
        self.image("in.tif", 4)
        with open(self.path("in.tif"), "rb") as f:
            content = bytearray(f.read())
        # the strips of image 3 point behind the end
        at = struct.unpack_from("<I", content, 4)[0]
        for _ in range(2):
            count = struct.unpack_from("<H", content, at)[0]
            at = struct.unpack_from("<I", content, at + 2 + 12 * count)[0]
        for i in range(struct.unpack_from("<H", content, at)[0]):
            if struct.unpack_from("<H", content, at + 2 + 12 * i)[0] == 273:
                struct.pack_into("<I", content, at + 2 + 12 * i + 8, size + 1000)
        with open(self.path("in.tif"), "wb") as f:
            f.write(content)
        self.refused("in.tif: image 3 cannot be read", "results.invert", self.path("in.tif"), "-o",
                     self.path("out.tif"), "--tables", self.path("tables"))

    def test_a_full_disk_leaves_nothing(self):
        # a limit on the size of files is a disk of that size
        big = self.path("big.tif")
        tiff.write(big, [bytes(200 * 200)] * 20, 200, 200)
        script = "ulimit -f 100; exec \"$@\""
        command = ["bash", "-c", script, "sheaf", *self.command(), "run", "results.invert", big, "-o",
                   self.path("out.tif")]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("out.tif: cannot be written (File too large)", done.stderr)
        self.nothing_but("in.tif", "big.tif")

    def test_an_operation_that_fails_leaves_nothing(self):
        self.refused("the operation left image 4 of output out unwritten", "results.lazy",
                     "--leaves", "last", self.path("in.tif"), "-o", self.path("out.tif"))

    def test_a_budget_that_does_not_do_is_named(self):
        self.refused("memory: 100 kB needed for scratch of this test, but of the budget of 50 kB only 50 kB are free",
                     "results.hold", "--scratch", "100000", self.path("in.tif"), "--memory", "0.05")


class Check(Case):
    def test_a_plugin_that_keeps_the_rules_conforms(self):
        done = subprocess.run([SHEAF, "check", os.path.join(FIXTURES, "gamma.so")], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertTrue(done.stdout.endswith("conforms\n"))
        self.assertEqual(done.stdout.count("  ok    "), 10)

    def test_a_library_that_is_refused_fails_with_the_reason(self):
        for name, reason in (("refused_null", "sheaf_plugin_v1 returned no plugin"),
                             ("refused_schema", '"memory" is one, pairs or all; parameter Stack: a key is made of'),
                             ("refused_mode", "loading it changed the floating-point mode")):
            done = subprocess.run([SHEAF, "check", os.path.join(FIXTURES, name + ".so")], capture_output=True,
                                  text=True)
            self.assertEqual(done.returncode, 1)
            self.assertIn("FAIL", done.stdout)
            self.assertIn(reason, done.stdout)
        done = subprocess.run([SHEAF, "check", "/nowhere.so"], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (1, "sheaf: /nowhere.so: there is no such file\n"))
        done = subprocess.run([SHEAF, "check"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)


if __name__ == "__main__":
    main()
