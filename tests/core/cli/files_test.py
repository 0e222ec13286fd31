"""Which files `sheaf run` writes, and which it leaves alone: files_test.py SHEAF FOLDER-OF-FIXTURES [unittest arguments]"""
import ctypes
import fcntl
import glob
import os
import signal
import subprocess
import time

from case import Case, main

F_SETPIPE_SZ = 1031  # fcntl of Python 3.10 and later names it
LIBC = ctypes.CDLL(None)


def without_privileges():
    """Root obeys permissions, too: drops CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH from what a program may get."""
    for capability in (1, 2):
        LIBC.prctl(24, capability, 0, 0, 0)


class Files(Case):
    def setUp(self):
        super().setUp()
        self.given = self.image("in.tif", 4)
        self.input, self.out = self.path("in.tif"), self.path("out.tif")

    def put(self, name, text="mine"):
        with open(self.path(name), "w") as f:
            f.write(text)
        return self.path(name)

    def content(self, name):
        with open(self.path(name), "rb") as f:
            return f.read()

    def until_a_draft_is_there(self):
        until = time.monotonic() + 60
        while not glob.glob(os.path.join(glob.escape(self.folder), "*.part")) and time.monotonic() < until:
            time.sleep(0.01)

    def ended(self, running, number):
        """Sends the signal, waits for the end and returns the messages."""
        with open(self.command()[0], "rb") as program:
            sanitized = b"__tsan_init" in program.read()
        # the runtime of ThreadSanitizer loses one of a few hundred signals (without it, none of 20 000 was lost)
        for _ in range(10 if sanitized else 1):
            running.send_signal(number)
            try:
                return running.communicate(timeout=6 if sanitized else 60)[1]
            except subprocess.TimeoutExpired:
                pass
        running.kill()
        self.fail(f"it goes on after signal {number}: {running.communicate()[1]}")

    def inverted(self):
        return [[255 - v for v in image] for image in self.given]


class Inputs(Files):
    def test_an_input_is_never_replaced_under_whatever_name(self):
        before = self.content("in.tif")
        os.symlink("in.tif", self.path("soft.tif"))
        os.link(self.input, self.path("hard.tif"))
        left = ("in.tif", "soft.tif", "hard.tif")
        for name in left:
            for more in ((), ("--overwrite",)):
                self.refused("%s: this is the input" % name, "results.invert", self.input, "-o", self.path(name), *more,
                             left=left)
        self.refused("soft.tif: this is the input; results never replace an input", "results.invert",
                     self.path("soft.tif"), "-o", self.path("soft.tif"), "--overwrite", left=left)
        self.assertEqual(self.content("in.tif"), before)

    def test_nor_is_the_second_of_two_or_one_by_regions(self):
        self.image("b.tif", 4)
        left = ("b.tif", "in.tif")
        self.refused("b.tif: this is the input;", "results.difference", self.input, self.path("b.tif"), "-o",
                     self.path("b.tif"), "--overwrite", left=left)
        self.refused("in.tif: this is the input;", "results.report", self.input, "--regions", self.input, "--overwrite",
                     left=left)


class Existing(Files):
    def test_a_file_that_exists_is_replaced_only_with_overwrite(self):
        self.put("out.tif")
        run = ("results.invert", self.input, "-o", self.out)
        self.refused("out.tif: the file exists already; --overwrite replaces it", *run, left=("in.tif", "out.tif"))
        self.assertEqual(self.content("out.tif"), b"mine")
        os.chmod(self.out, 0o640)
        self.sheaf("run", *run, "--overwrite")
        self.assertEqual(self.values("out.tif", "B"), self.inverted())
        self.assertEqual(os.stat(self.out).st_mode & 0o777, 0o640)
        self.nothing_but("in.tif", "out.tif")

    def test_so_are_tables_plots_and_regions_before_the_work_starts(self):
        for folder, name in (("tables", "facts of in.csv"), ("plots", "in-levels.svg")):
            os.mkdir(self.path(folder))
            self.put(os.path.join(folder, name))
        self.put("regions.json")
        left = ("in.tif", "plots", "regions.json", "tables")
        for option, place, name in (("--tables", "tables", "tables/facts of in.csv"),
                                    ("--plots", "plots", "plots/in-levels.svg"),
                                    ("--regions", "regions.json", "regions.json")):
            run = ("results.report", self.input, option, self.path(place))
            self.refused(name + ": the file exists already; --overwrite replaces it", *run, left=left)
            self.assertNotIn("begun", self.errors)
            self.assertEqual(self.content(name), b"mine")
            self.sheaf("run", *run, "--overwrite")
            self.assertNotEqual(self.content(name), b"mine")
        self.nothing_but(*left)

    def test_so_is_the_file_that_an_operation_saves_itself(self):
        self.put("saved.json")
        run = ("results.lazy", self.input, "--save")
        self.refused("saved.json: the file exists already; --overwrite replaces it", *run, self.path("saved.json"),
                     left=("in.tif", "saved.json"))
        self.refused("in.tif: this is the input", *run, self.input, "--overwrite", left=("in.tif", "saved.json"))
        self.sheaf("run", *run, self.path("new.json"))  # it counts as something that is kept
        self.refused("run: nothing would be kept: give -o or --save\n", *run[:-1], status=2,
                     left=("in.tif", "saved.json"))

    def test_a_file_that_comes_into_being_during_the_run_is_left_alone(self):
        # standard error has room for the first message only: the run waits at the second until it is read
        reader, writer = os.pipe()
        os.write(writer, bytes(fcntl.fcntl(writer, F_SETPIPE_SZ, 4096) - len("begun\n")))
        running = subprocess.Popen(self.command() + ["run", "results.report", self.input, "-o", self.out, "--tables",
                                                     self.path("tables")], env=self.environment, stderr=writer)
        os.close(writer)
        self.until_a_draft_is_there()
        self.put("out.tif")
        with open(reader, "rb") as f:
            text = f.read().decode()
        self.assertEqual(running.wait(), 1)
        self.assertIn("out.tif: the file has come into being during the run; --overwrite replaces it\n", text)
        self.assertEqual(self.content("out.tif"), b"mine")
        self.assertEqual(os.listdir(self.path("tables")), [])

    def test_a_link_is_written_through(self):
        os.mkdir(self.path("far"))
        self.put("far/target.tif")
        os.symlink("far/target.tif", self.out)
        run = ("results.invert", self.input, "-o", self.out)
        left = ("far", "in.tif", "out.tif")
        self.refused("out.tif: the file exists already", *run, left=left)
        self.sheaf("run", *run, "--overwrite")
        self.assertTrue(os.path.islink(self.out))
        self.assertEqual(self.values("far/target.tif", "B"), self.inverted())
        self.assertEqual(os.listdir(self.path("far")), ["target.tif"])
        os.remove(self.path("far/target.tif"))
        self.refused("out.tif: this is a link to far/target.tif, which does not exist", *run, left=left)

    def test_what_is_no_regular_file_is_refused(self):
        os.mkfifo(self.out)
        run = ("results.invert", self.input, "-o", self.out, "--overwrite")
        self.refused("out.tif: this is no regular file; results go to files", *run, left=("in.tif", "out.tif"))
        os.remove(self.out)
        os.mkdir(self.out)
        self.refused("out.tif: cannot be written (Is a directory)", *run, left=("in.tif", "out.tif"))
        self.refused("out.tif: cannot be written (Is a directory)", "results.report", self.input, "--regions", self.out,
                     left=("in.tif", "out.tif"))
        self.refused("/dev/null: this is no regular file", "results.report", self.input, "--regions", "/dev/null",
                     left=("in.tif", "out.tif"))

    def test_a_file_that_is_named_like_a_draft_survives(self):
        self.put("out.tif.part")
        self.put("out.tif.part16")
        self.sheaf("run", "results.invert", self.input, "-o", self.out)
        self.assertEqual(self.content("out.tif.part"), b"mine")
        self.nothing_but("in.tif", "out.tif", "out.tif.part", "out.tif.part16")


class Asked(Files):
    def test_nothing_to_keep_is_refused(self):
        for operation, ways in (("invert", "-o or --tables"), ("plots", "--plots"), ("sums", "--tables"),
                                ("report", "-o, --tables, --plots or --regions")):
            self.refused("run: nothing would be kept: give %s\n" % ways, "results." + operation, self.input, status=2)
        self.sheaf("run", "results.hold", self.input)  # makes nothing but messages

    def test_what_an_operation_does_not_make_is_refused(self):
        for option, sentence in (("--plots", "--plots: results.invert makes no plot"),
                                 ("--regions", "--regions: results.invert makes no regions of interest")):
            self.refused(sentence, "results.invert", self.input, option, self.path("x"), status=2)
        self.refused("--tables: results.plots makes no table", "results.plots", self.input, "--tables", self.path("x"),
                     status=2)
        self.refused("--output: results.sums makes no image", "results.sums", self.input, "--output", "a=b.tif",
                     status=2)

    def test_an_image_goes_to_one_file_and_a_file_takes_one_image(self):
        two = ("results.two", self.input)
        for first, second in ((("-o", "a.tif"), ("-o", "b.tif")), (("-o", "a.tif"), ("--output", "first=b.tif"))):
            self.refused('%s: two files given for the image first, "a.tif" and "b.tif"' % second[0], *two, *first,
                         *second, status=2)
        same = os.path.join(self.folder, ".", "out.tif")
        self.refused("out.tif: given for both the image first and the image second", *two, "-o", self.out, "--output",
                     "second=" + same)
        self.refused("given for both", *two, "-o", self.out, "--output", "second=" + same, "--overwrite")
        self.refused("--tables: given twice", "results.invert", self.input, "--tables", "a", "--tables", "b", status=2)

    def test_an_image_is_named_with_o_as_well(self):
        self.sheaf("run", "results.two", self.input, "-o", "second=" + self.out, "-o", self.path("=.tif"))
        self.assertEqual([image[0] for image in self.values("out.tif", "B")], [1, 2, 3, 4])
        self.assertEqual([image[0] for image in self.values("=.tif", "B")], [0, 1, 2, 3])

    def test_images_are_tiff(self):
        for name in ("x.jpg", "x", ".tif", "x.tif.gz", ""):
            self.refused('-o: "%s" given, images are written as TIFF; accepted: .tif, .tiff' % name, "results.invert",
                         self.input, "-o", name, status=2)
        self.refused('--output: "x.png" given', "results.invert", self.input, "--output", "bright=x.png", status=2)
        for name in ("a.TIF", "a.tiff"):
            self.sheaf("run", "results.invert", self.input, "-o", self.path(name))
            self.assertEqual(self.values(name, "B"), self.inverted())

    def test_an_optional_image_needs_its_parameter(self):
        extra = "extra=" + self.path("extra.tif")
        for off in ((), ("--extra=false",)):
            self.refused("--output: results.lazy makes the image extra only with --extra\n", "results.lazy", self.input,
                         "--output", extra, *off, status=2)
        self.refused("extra.tif: not written, results.lazy made no image extra with these parameters", "results.lazy",
                     self.input, "--extra", "--output", extra)
        text = self.sheaf("run", "results.lazy", self.input, "--extra", "-o", self.out, status=1)
        self.assertIn("warning: --extra: the image extra is dropped; --output extra=FILE writes it\n", text)

    def test_help_is_the_page_of_the_operation(self):
        for word in ("--help", "-h"):
            self.assertIn("sheaf run OPERATION", self.sheaf("run", word))
            self.assertEqual(self.sheaf("run", "results.invert", word), self.sheaf("describe", "results.invert"))
            self.assertIn("NAME\n", self.sheaf("run", "results.invert", self.input, "--bad", word))


class System(Files):
    def test_a_folder_that_is_missing_or_no_folder(self):
        self.refused("/none/out.tif: cannot be written: there is no folder", "results.invert", self.input, "-o",
                     self.path("none/out.tif"))
        for option, operation in (("--tables", "results.invert"), ("--plots", "results.plots")):
            self.refused("in.tif: this is no folder", operation, self.input, option, self.input)
            self.refused("in.tif/sub: the folder cannot be made (Not a directory)", operation, self.input, option,
                         os.path.join(self.input, "sub"))

    def test_a_folder_that_may_not_be_written_is_told_before_the_work_starts(self):
        os.mkdir(self.path("closed"))
        os.chmod(self.path("closed"), 0o555)
        self.addCleanup(os.chmod, self.path("closed"), 0o755)
        for arguments, sentence in (
                (("-o", self.path("closed/out.tif")), "closed/out.tif: cannot be written (Permission denied)\n"),
                (("--tables", self.path("closed")), "params of in.csv: cannot be written (Permission denied)\n"),
                (("--plots", self.path("closed/deep/er")),
                 "closed/deep/er: the folder cannot be made (Permission denied)\n")):
            done = subprocess.run(self.command() + ["run", "results.report", self.input, *arguments],
                                  env=self.environment, capture_output=True, text=True, preexec_fn=without_privileges)
            self.assertEqual(done.returncode, 1)
            self.assertIn(sentence, done.stderr)
            self.assertNotIn("begun", done.stderr)

    def test_an_interrupted_run_leaves_nothing(self):
        self.put("old.tif")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            for name, more in (("out.tif", ()), ("old.tif", ("--overwrite",))):
                running = self.slow("-o", self.path(name), *more)
                errors = self.ended(running, number)
                self.assertEqual(running.returncode, 130)
                self.assertIn("results.slow_slice: stopped by the user", errors)
                self.assertEqual(self.content("old.tif"), b"mine")
                self.nothing_but("in.tif", "old.tif")

    def test_a_signal_that_is_ignored_stays_ignored(self):
        running = self.slow("-o", self.out, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        running.send_signal(signal.SIGHUP)
        with self.assertRaises(subprocess.TimeoutExpired):
            running.wait(timeout=0.5)
        self.ended(running, signal.SIGTERM)
        self.nothing_but("in.tif")

    def test_a_reader_of_the_messages_that_has_gone_leaves_no_draft(self):
        reader, writer = os.pipe()
        os.close(reader)
        subprocess.run(self.command() + ["run", "results.report", self.input, "-o", self.out], env=self.environment,
                       stderr=writer)
        os.close(writer)
        self.nothing_but("in.tif", "out.tif")

    def slow(self, *arguments, **more):
        """A run of results.slow_slice that has begun to write."""
        running = subprocess.Popen(self.command() + ["run", "results.slow_slice", self.input, *arguments],
                                   env=self.environment, stderr=subprocess.PIPE, text=True, **more)
        self.until_a_draft_is_there()
        return running


if __name__ == "__main__":
    main()
