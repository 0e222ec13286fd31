"""dist_test.py DIST SOURCE PLATFORM: the distribution tree has the shape of a Fiji update site and holds what it should."""
import os
import struct
import sys
import unittest
import zipfile

DIST, SOURCE, PLATFORM = sys.argv[1:4]
del sys.argv[1:]

# folders that Fiji's updater handles, and the endings it takes there (None: any)
ALLOWED = {"plugins": (".jar",), "macros": (".ijm", ".txt", ".png"), "lib": None, "licenses": None}


def files(folder):
    found = []
    for path, _, names in os.walk(folder):
        found += [os.path.relpath(os.path.join(path, name), folder) for name in names]
    return sorted(found)


class Tree(unittest.TestCase):
    def test_only_folders_and_endings_that_the_updater_takes(self):
        for file in files(DIST):
            top = file.split(os.sep)[0]
            self.assertIn(top, ALLOWED, file)
            self.assertTrue(ALLOWED[top] is None or file.endswith(ALLOWED[top]), file)
            self.assertFalse(os.path.islink(os.path.join(DIST, file)), file + " is a link, which an update site cannot hold")

    def test_libraries_lie_in_the_folder_of_their_platform(self):
        self.assertEqual(os.listdir(os.path.join(DIST, "lib")), [PLATFORM])
        found = files(os.path.join(DIST, "lib", PLATFORM))
        self.assertEqual([f for f in found if os.sep not in f], ["libsheaf.so.1", "libsheaf_jni.so"])
        plugins = [os.path.basename(f) for f in found if f.startswith("sheaf-plugins" + os.sep)]
        for family in ("align", "cluster", "equalize", "segment"):
            self.assertTrue(any(family in p for p in plugins), plugins)

    def test_macros_and_licences_are_those_of_the_source(self):
        sources = sorted(f for f in os.listdir(os.path.join(SOURCE, "macros")) if f.endswith(".ijm"))
        self.assertEqual(files(os.path.join(DIST, "macros", "Sheaf")), sources)
        licences = files(os.path.join(DIST, "licenses", "sheaf"))
        self.assertIn("LICENSE", licences)
        for name in os.listdir(os.path.join(SOURCE, "packaging", "licenses")):
            self.assertIn(name, licences)

    def test_the_jar_is_for_java_8_and_holds_nothing_of_others(self):
        self.assertEqual(files(os.path.join(DIST, "plugins")), ["Sheaf_.jar"])
        with zipfile.ZipFile(os.path.join(DIST, "plugins", "Sheaf_.jar")) as jar:
            names = jar.namelist()
            self.assertIn("plugins.config", names)
            classes = [n for n in names if n.endswith(".class")]
            self.assertTrue(classes)
            for name in classes:
                self.assertTrue(name.startswith("sheaf/"), name)
                magic, _, major = struct.unpack(">IHH", jar.read(name)[:8])
                self.assertEqual((magic, major), (0xCAFEBABE, 52), name)


if __name__ == "__main__":
    unittest.main()
