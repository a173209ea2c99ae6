# SPDX-License-Identifier: MIT
#
# test-embed-stills.py CLIPTAG: stills of every kind, by content, upright, from files and URIs, sound and
# damaged, as `cliptag embed` reads them; and sources that stall (tests/pipelines/stallsrc.c). test-stills.c holds the
# pixels to Pillow's, so files that were made of the same picture must have the same embedding here.
import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

EMBED = [os.path.abspath(sys.argv.pop(1)), "embed"]
GOLDEN = os.environ["CLIPTAG_GOLDEN"]
MODEL = os.path.join(GOLDEN, "patch32-quick")
STILLS = os.path.join(GOLDEN, "stills")
TIMEOUT = 120


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b))


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.mkdtemp()
        os.chdir(cls.dir)
        for name in os.listdir(STILLS):
            shutil.copy(os.path.join(STILLS, name), name)
            os.chmod(name, 0o644)

    @classmethod
    def tearDownClass(cls):
        os.chdir("/")
        shutil.rmtree(cls.dir)

    def run_it(self, *arguments, status=0, n_errors=None, **settings):
        """The lines printed and those of standard error."""
        done = subprocess.run([*EMBED, "--model", MODEL, *arguments], capture_output=True, timeout=TIMEOUT, **settings)
        # gdk-pixbuf decodes by glycin on newer systems, which says so itself where it can make no sandbox.
        errors = [line for line in done.stderr.decode("utf-8").splitlines()
                  if not line.startswith("WARNING: Glycin running without sandbox.")]
        self.assertEqual(done.returncode, status, errors)
        self.assertEqual(len(errors), (status != 0) if n_errors is None else n_errors, errors)
        for error in errors:
            self.assertTrue(error.startswith("cliptag embed: "), error)
            self.assertTrue(error.isprintable(), error)
        return [json.loads(line) for line in done.stdout.splitlines()], errors

    def embed(self, *names):
        """Embeddings of files that are each one picture."""
        lines, _ = self.run_it(*names)
        self.assertEqual([(line["input"], line["type"], line["pts"]) for line in lines],
                         [(name, "image", None) for name in names])
        return [line["embedding"] for line in lines]


class Stills(Case):
    def test_same_picture(self):
        """In whatever form, with or without alpha: alpha is dropped."""
        names = ["rgb.bmp", "rgb.tif", "rgb.ppm", "rgb-key.png", "rgba.png", "rgba.webp", "rgba.tif", "rgba.bmp",
                 "rgba.tga", "moving.png"]
        first, *others = self.embed(*names)
        for name, embedding in zip(names[1:], others):
            self.assertEqual(embedding, first, name)
        for same in (["palette.tif", "palette.bmp", "palette.tga", "palette.png", "palette-many.png", "key.gif",
                      "interlaced.gif"], ["bits.png", "bits.tif", "bits.pbm"], ["grey.pgm", "grey-key.png"],
                     ["rgb16.png", "rgba16.png"], ["grey16.png", "greya16.png"], ["png.ico", "dib.ico"]):
            first, *others = self.embed(*same)
            for name, embedding in zip(same[1:], others):
                self.assertEqual(embedding, first, name)

    def test_every_file(self):
        """By content: names lie."""
        with open("stills.json", encoding="utf-8") as file:
            names = list(json.load(file)["files"])
        self.assertGreater(len(names), 60)
        wrong = []
        for i, name in enumerate(names):
            wrong.append(f"{i}." + ("mp4", "jpg", "png", "txt", "tga")[i % 5])
            shutil.copy(name, wrong[-1])
        self.assertEqual(self.embed(*wrong), self.embed(*names))

    def test_upright(self):
        for kind in ("png", "jpg", "webp", "tif"):
            first, *others = self.embed(*[f"turned-{orientation}.{kind}" for orientation in range(1, 9)])
            for orientation, embedding in enumerate(others, 2):
                self.assertGreater(cosine(embedding, first), 0.9999, (kind, orientation))

    def test_by_uri(self):
        """What GStreamer fetches is decoded by the same code; 4:4:4 keeps its colours, EXIF turns it."""
        for name, mime in (("q90-444.jpg", "jpeg"), ("turned-6.jpg", "jpeg"), ("rgb16.png", "png"),
                           ("cmyk.jpg", "jpeg"), ("moving.gif", "gif"), ("rgba.webp", "webp")):
            with open(name, "rb") as file:
                uri = f"data:image/{mime};base64," + base64.b64encode(file.read()).decode()
            self.assertEqual(self.embed(uri), self.embed(name), name)
            self.assertEqual([line["embedding"] for line in self.run_it(f"file://{self.dir}/{name}")[0]],
                             self.embed(name))

    def test_video_of_jpegs(self):
        """4:4:4 keeps its chroma: 0.9999; halved it would be 0.94."""
        subprocess.run(["gst-launch-1.0", "-q", *"multifilesrc location=q90-444.jpg num-buffers=2 "
                        "caps=image/jpeg,framerate=5/1 ! jpegparse ! matroskamux ! filesink location=jpegs.mkv".split()],
                       check=True, timeout=TIMEOUT)
        lines, _ = self.run_it("jpegs.mkv")
        self.assertGreater(cosine(lines[0]["embedding"], self.embed("q90-444.jpg")[0]), 0.999)

    def test_cut(self):
        names = []
        for name in ("q90-444.jpg", "progressive.jpg", "cmyk.jpg", "rgba.png", "key.gif", "lossy.webp", "rgb.tif",
                     "rgb.bmp", "rgba.tga", "rgb.ppm", "png.ico"):
            with open(name, "rb") as file:
                data = file.read()
            names.append("cut-" + name)
            with open(names[-1], "wb") as file:
                file.write(data[: len(data) * 6 // 10])
        lines, errors = self.run_it("bits.png", *names, "rgb.ppm", status=1, n_errors=len(names))
        self.assertEqual([line["input"] for line in lines], ["bits.png", "rgb.ppm"])
        for name, error in zip(names, errors):
            self.assertIn(f": {name}: ", error)
            if name.endswith((".jpg", ".png", ".gif", ".bmp", ".ico")) and "glycin" not in error:  # its own words
                self.assertIn("cut short", error)

    def test_damaged(self):
        with open("q90-444.jpg", "rb") as file:
            data = bytearray(file.read())
        data[-200:-50] = b"\x55" * 150
        data[-120:-118] = b"\xff\xd0"
        with open("damaged.jpg", "wb") as file:
            file.write(data)
        lines, errors = self.run_it("damaged.jpg", n_errors=1)
        self.assertEqual([line["type"] for line in lines], ["image"])
        self.assertIn("damaged.jpg: warning: JPEG: Corrupt JPEG data", errors[0])

    def test_missing_loader(self):
        """The package to install is named."""
        box = b"\0\0\0\x18ftyp%s\0\0\0\0mif1%s" + b"\0" * 64
        with open("picture.heic", "wb") as file:
            file.write(box % (b"heic", b"heic"))
        with open("picture", "wb") as file:
            file.write(box % (b"avif", b"avif"))
        none = dict(os.environ, GDK_PIXBUF_MODULE_FILE="/dev/null")
        _, errors = self.run_it("picture.heic", "picture", status=1, n_errors=2, env=none)
        if "glycin" not in errors[0]:  # which has loaders of its own for both, that no variable takes away
            self.assertIn("heif-gdk-pixbuf", errors[0])
            self.assertIn("libavif-gdk-pixbuf", errors[1])
        self.assertEqual(len(self.run_it("rgba.png", "cmyk.jpg", "rgb.tif", env=none)[0]), 3)

    def test_messages_are_printable(self):
        names = ["\x1b[31m.png", "a\u202eb.png", "c\u0085d.png", b"\xff\xfe.png"]
        _, errors = self.run_it(*names, status=1, n_errors=len(names))
        self.assertIn("\\u001b", errors[0])
        self.assertIn("\\u202e", errors[1])
        self.assertIn("\\u0085", errors[2])
        self.assertIn("\\xff\\xfe", errors[3])


class Stalls(Case):
    def test_next_file(self):
        """Whatever a source does instead of delivering costs its own file only."""
        stalled = ["stall://never", "stall://deaf", "stall://start", "stall://bytes"]
        lines, errors = self.run_it("--timeout", "1", "rgb.bmp", *stalled, "rgb.bmp", status=1, n_errors=len(stalled))
        self.assertEqual([line["input"] for line in lines], ["rgb.bmp", "rgb.bmp"])
        for name, error in zip(stalled, errors):
            self.assertEqual(error, f"cliptag embed: {name}: no new frame for 1 s (see --timeout)")

    def test_what_came_is_kept(self):
        lines, errors = self.run_it("--timeout", "1", "-r", "0", "stall://some", "stall://one", "rgb.bmp", status=1,
                                    n_errors=2)
        self.assertEqual([line["type"] for line in lines], ["frame"] * 11 + ["image"])
        self.assertEqual([line["pts"] for line in lines[:10]], list(range(0, 10**9, 10**8)))
        self.assertIn("no new frame", errors[1])

    def test_frames_wind_it_up(self):
        """All of it takes longer than the time-out, no frame does."""
        lines, _ = self.run_it("--timeout", "4", "-r", "0", "stall://slow")
        self.assertEqual(len(lines), 24)

    def test_for_ever(self):
        with subprocess.Popen([*EMBED, "--model", MODEL, "--timeout", "0", "-r", "0", "stall://some"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            for _ in range(9):
                self.assertEqual(json.loads(process.stdout.readline())["type"], "frame")
            process.send_signal(signal.SIGINT)
            process.stdout.read()
            self.assertEqual(process.stderr.read(), b"cliptag embed: interrupted\n")
            self.assertEqual(process.wait(TIMEOUT), 1)

    def test_usage(self):
        for wrong in ("-1", "nan", "inf", "x"):
            self.run_it("rgb.bmp", "--timeout", wrong, status=2)


if __name__ == "__main__":
    unittest.main()
