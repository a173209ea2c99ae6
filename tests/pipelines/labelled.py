# SPDX-License-Identifier: MIT
#
# labelled.py: what the tests of the commands for labelled pictures share; the program is their first argument.
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib

CLIPTAG = os.path.abspath(sys.argv.pop(1))
GOLDEN = os.environ["CLIPTAG_GOLDEN"]
MODEL = os.path.join(GOLDEN, "patch32-quick")
TIMEOUT = 240
COLOURS = {"red screen": (255, 0, 0), "green screen": (0, 255, 0), "blue screen": (0, 0, 255)}  # the model's own words


def png(pixels, width, height):
    """pixels: bytes, R G B."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + pixels[3 * width * y:3 * width * (y + 1)] for y in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def solid(colour, side=40):
    return png(bytes(colour) * (side * side), side, side)


class Case(unittest.TestCase):
    command = None

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, data):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data if isinstance(data, bytes) else data.encode())
        return path

    def run_command(self, *arguments, **settings):
        return subprocess.run([CLIPTAG, self.command, *arguments], capture_output=True, timeout=TIMEOUT, **settings)

    def refuse(self, *arguments, says, status=1):
        """One line that says all of `says`, and nothing else."""
        done = self.run_command(*arguments)
        text = done.stderr.decode()
        self.assertEqual((done.returncode, done.stdout), (status, b""), text)
        self.assertRegex(text, rf"\Acliptag {self.command}: [^\n]*\n\Z")
        for word in [says] if isinstance(says, str) else says:
            self.assertIn(word, text)

    def make_folders(self, n=3, step=3):
        """A folder a colour, of n shades of it."""
        for name, colour in COLOURS.items():
            for i in range(n):
                self.write(f"data/{name}/{i}.png", solid([abs(c - step * i) for c in colour]))
        return self.path("data")
