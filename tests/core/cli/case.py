"""What the tests of the program `sheaf` share: SCRIPT SHEAF FOLDER-OF-FIXTURES [unittest arguments]"""
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

import tiff

SHEAF, FIXTURES = sys.argv[1:3]
WIDTH, HEIGHT = 13, 7


def samples(count, low, high, seed=1):
    """Whole numbers that differ."""
    state, out = seed, []
    for _ in range(count):
        state = (state * 1103515245 + 12345) % 2**31
        out.append(low + state % (high - low + 1))
    return out


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sheaf cli \u00e4 ")
        self.addCleanup(shutil.rmtree, self.folder)
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("SHEAF")}
        self.environment["XDG_CONFIG_HOME"] = self.path("config")

    def path(self, name):
        return os.path.join(self.folder, name)

    @staticmethod
    def command(plugins=("results",)):
        command = [SHEAF, "--no-default-plugins"]
        for p in plugins:
            command += ["--plugins", os.path.join(FIXTURES, p + ".so")]
        return command

    def sheaf(self, *arguments, plugins=("results",), status=0):
        """Standard output of a call that ends with `status`, or standard error where it is not 0."""
        done = subprocess.run(self.command(plugins) + [*arguments], env=self.environment, capture_output=True,
                              text=True, encoding="utf-8")
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        self.errors = done.stderr
        return done.stderr if status else done.stdout

    def image(self, name, count=3, bits=8, **more):
        """A stack of unsigned numbers; the lists of them."""
        letter = {8: "B", 16: "H", 32: "I"}[bits]
        order = ">" if more.get("big_endian") else "<"
        per_image = WIDTH * HEIGHT * more.get("samples", 1)
        lists = [samples(per_image, 0, 2**min(bits, 30) - 1, n + 1) for n in range(count)]
        tiff.write(self.path(name), [struct.pack(order + letter * per_image, *v) for v in lists], WIDTH, HEIGHT,
                   bits=bits, **more)
        return lists

    def pages(self, name):
        return tiff.read(self.path(name))

    def values(self, name, letter):
        return [list(struct.unpack("<%d%s" % (len(p.data) // struct.calcsize(letter), letter), p.data))
                for p in self.pages(name)]

    def nothing_but(self, *names):
        self.assertEqual(sorted(os.listdir(self.folder)), sorted(names))


    def refused(self, sentence, *arguments, status=1, left=("in.tif",)):
        """One sentence on standard error, the exit status, and nothing left behind."""
        text = self.sheaf("run", *arguments, status=status)
        self.assertIn(sentence, text)
        self.assertEqual(len([line for line in text.splitlines() if line and "--help" not in line]), 1, text)
        self.nothing_but(*left)


def main():
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
