# SPDX-License-Identifier: MIT
#
# test-embed-data.py CLIPTAG CASES: pictures and videos that need more than their pixels to be read right, against
# twins that do not. CASES is the shared data's folder of them; without it nothing is tested.
import json
import os
import subprocess
import sys
import unittest

EMBED = [os.path.abspath(sys.argv.pop(1)), "embed"]
CASES = sys.argv.pop(1)
MODEL = os.path.join(os.environ["CLIPTAG_GOLDEN"], "patch32-quick")


def embed(name):
    done = subprocess.run([*EMBED, "--model", MODEL, "--frame-rate", "0", os.path.join(CASES, name)], check=True,
                          stdout=subprocess.PIPE, timeout=120)
    return [json.loads(line)["embedding"] for line in done.stdout.splitlines()]


class Twins(unittest.TestCase):
    """The golden model's weights are random, which makes it see coding noise more than a trained one does."""

    def check(self, name, twin, mean, least):
        found, expected = embed(name), embed(twin)
        self.assertEqual(len(found), len(expected))
        cosines = [sum(a * b for a, b in zip(*pair)) for pair in zip(found, expected)]
        print(f"# {name}: mean cosine {sum(cosines) / len(cosines):.6f}, least {min(cosines):.6f}")
        self.assertGreaterEqual(sum(cosines) / len(cosines), mean)
        self.assertGreaterEqual(min(cosines), least)

    def test_depth(self):
        self.check("png16/rgb16.png", "png16/rgb8.png", 0.9999, 0.9999)

    def test_ink(self):
        self.check("stills/cmyk.jpg", "stills/cmyk-ref.png", 0.999999, 0.999999)

    def test_exif(self):
        self.check("orientation/bars-exif6.jpg", "orientation/bars-up.jpg", 0.9999, 0.9999)

    def test_display_matrix(self):
        self.check("orientation/rot90cw.mp4", "orientation/bars-upright.mp4", 0.999, 0.999)

    def test_pixel_shape(self):
        self.check("sar/half-d1.mp4", "sar/square.mp4", 0.999, 0.999)

    def test_range_without_matrix(self):
        self.check("fullrange/nomatrix.mp4", "fullrange/bt601.mp4", 0.999999, 0.999999)

    def test_hdr(self):
        self.check("hdr/pq.mp4", "hdr/sdr.mp4", 0.97, 0.95)


if __name__ == "__main__":
    if not os.path.isdir(CASES):
        print(f"SKIP: {CASES} is not there, nothing was tested (set CLIPTAG_SHARED to the shared data)",
              file=sys.stderr)
        sys.exit(77)
    unittest.main()
