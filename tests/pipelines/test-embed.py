# SPDX-License-Identifier: MIT
#
# test-embed.py CLIPTAG: what `cliptag embed` prints of texts, pictures and videos, against the golden models;
# and how it ends when something is wrong. Files are made by GStreamer; the standard library is enough.
import array
import json
import math
import os
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import unittest

EMBED = [os.path.abspath(sys.argv.pop(1)), "embed"]
GOLDEN = os.environ["CLIPTAG_GOLDEN"]
MODEL = os.path.join(GOLDEN, "patch32-quick")
TIMEOUT = 60
TOLERANCE = 5e-6  # see tests/golden/README.md
FRAME = 40_000_000  # ns, at 25 frames a second
N_FRAMES = 75


def gst_launch(pipeline):
    subprocess.run(["gst-launch-1.0", "-q"] + pipeline.split(), check=True, timeout=TIMEOUT)


def lcg_image(width, height, seed):
    """The picture of tests/golden, by its formula; rows are padded to GStreamer's strides."""
    pixels = bytearray()
    for y in range(height):
        for x in range(width):
            for c in range(3):
                seed = (seed * 1664525 + 1013904223) & 0xFFFFFFFF
                pixels.append(((x * 7 + y * 3 + c * 85) & 255) // 2 + (seed >> 25))
        pixels += bytes(-len(pixels) % 4)
    return bytes(pixels)


def read_tensor(case, name):
    """Rows of one F32 tensor of the case's expectations."""
    with open(os.path.join(GOLDEN, case, "expected.safetensors"), "rb") as file:
        data = file.read()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    entry = json.loads(data[8:start])[name]
    begin, end = entry["data_offsets"]
    values = array.array("f", data[start + begin : start + end])
    if sys.byteorder == "big":
        values.byteswap()
    width = entry["shape"][1]
    return [values[i : i + width] for i in range(0, len(values), width)]


def read_expected(case):
    with open(os.path.join(GOLDEN, case, "expected.json"), encoding="utf-8") as file:
        return json.load(file)


def strict_lines(data):
    """Whole lines of strict JSON in UTF-8."""
    assert data == b"" or data.endswith(b"\n"), data[-80:]

    def refuse(constant):
        raise ValueError(constant)

    return [json.loads(line.decode("utf-8"), parse_constant=refuse) for line in data.splitlines()]


def grid_times(rate, n_frames=N_FRAMES, frame=FRAME):
    """Of frames at 0, frame, 2 frame, ...: the first at or after each grid point, 0 being every frame."""
    times, k = [], 0
    for time in range(0, n_frames * frame, frame):
        if rate == 0 or time * rate >= k * 10**9:
            times.append(time)
            k = math.floor(time * rate / 10**9) + 1
    return times


class Embed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.mkdtemp()
        os.chdir(cls.dir)
        source = f"videotestsrc num-buffers={N_FRAMES} ! video/x-raw,format=I420,width=160,height=120,framerate=25/1"
        gst_launch(f"{source} ! x264enc speed-preset=ultrafast ! mp4mux ! filesink location=video.mp4")
        gst_launch(f"{source} ! x264enc speed-preset=ultrafast ! mp4mux faststart=true ! filesink location=fast.mp4")
        gst_launch(f"{source} ! vp8enc deadline=1 ! webmmux ! filesink location=video.webm")
        gst_launch(f"{source} ! theoraenc ! oggmux ! filesink location=video.ogv")
        gst_launch("videotestsrc num-buffers=1 ! video/x-raw,format=I420 ! jpegenc ! filesink location=still.jpg")
        gst_launch("videotestsrc num-buffers=1 ! video/x-raw,format=RGB ! pngenc ! filesink location=still.png")
        gst_launch("videotestsrc num-buffers=1 ! video/x-raw,format=GRAY16_BE ! pngenc ! filesink location=grey16.png")
        gst_launch("audiotestsrc num-buffers=9 ! vorbisenc ! oggmux ! filesink location=sound.ogg")

    @classmethod
    def tearDownClass(cls):
        os.chdir("/")
        shutil.rmtree(cls.dir)

    def run_it(self, *arguments, status=0, n_errors=None, model=MODEL, **settings):
        """The lines printed and those of standard error."""
        command = EMBED + (["--model", model] if model else []) + list(arguments)
        done = subprocess.run(command, capture_output=True, timeout=TIMEOUT, **settings)
        errors = done.stderr.decode("utf-8").splitlines()
        self.assertEqual(done.returncode, status, errors)
        self.assertEqual(len(errors), (status != 0) if n_errors is None else n_errors, errors)
        for error in errors:
            self.assertTrue(error.startswith("cliptag embed: "), error)
        return strict_lines(done.stdout), errors

    def assert_close(self, found, expected):
        self.assertEqual(len(found), len(expected))
        self.assertLessEqual(max(abs(a - b) for a, b in zip(found, expected)), TOLERANCE)
        self.assertAlmostEqual(sum(a * a for a in found), 1, delta=1e-6)

    def cut(self, name, part):
        with open(name, "rb") as file:
            data = file.read()
        with open("cut-" + name, "wb") as file:
            file.write(data[: int(len(data) * part)])
        return "cut-" + name

    # ---- What it prints

    def test_texts(self):
        for case in ("patch32-quick", "f16", "text-only", "old-eos"):
            expected = read_expected(case)
            arguments = [a for text in expected["texts"] for a in ("--text", text)]
            n_cut = 2 if case == "old-eos" else 1  # longer than the context
            lines, errors = self.run_it(*arguments, model=os.path.join(GOLDEN, case), n_errors=n_cut)
            self.assertTrue(all("the rest is ignored" in error for error in errors), errors)
            self.assertEqual([line["input"] for line in lines], expected["texts"])
            self.assertEqual([line["tokens"] for line in lines], expected["input_ids"])
            for line, embedding in zip(lines, read_tensor(case, "text_embeds"), strict=True):
                self.assertEqual(list(line), ["input", "type", "pts", "tokens", "embedding"])
                self.assertEqual((line["type"], line["pts"]), ("text", None))
                self.assert_close(line["embedding"], embedding)

    def spoilt_model(self, case, **changed):
        """A copy of a golden model; files become what is given, None takes them away."""
        folder = tempfile.mkdtemp(dir=self.dir)
        shutil.copytree(os.path.join(GOLDEN, case), folder, dirs_exist_ok=True)
        for name, content in changed.items():
            path = os.path.join(folder, name.replace("_json", ".json"))
            os.unlink(path)
            if content is not None:
                with open(path, "wb") as file:
                    file.write(content)
        return folder

    def test_warnings(self):
        """Oddities are a warning, and the input is embedded all the same."""
        long = "a van " * 50
        for texts, numbers in ((["a van", long], [52]), ([long + "x", long + "y"], [53, 53])):
            lines, errors = self.run_it(*(a for t in texts for a in ("--text", t)), n_errors=len(numbers))
            self.assertEqual(len(lines), 2)
            for error, number in zip(errors, numbers):
                self.assertRegex(error, r"^cliptag embed: a van .*: warning: has \d+ tokens, the model reads 24: ")
        folder = self.spoilt_model("patch32-quick", preprocessor_config_json=None)
        lines, errors = self.run_it("still.png", model=folder, n_errors=1)
        self.assertEqual(len(lines), 1)
        self.assertIn("warning: " + folder + ": no preprocessor_config.json", errors[0])
        path = os.path.join(GOLDEN, "patch32-quick", "model.safetensors")
        with open(path, "rb") as file:
            weights = file.read()
        folder = self.spoilt_model("patch32-quick")
        with open(os.path.join(folder, "model.safetensors"), "wb") as file:
            file.write(weights[:-64] + b"\xff" * 64)
        lines, errors = self.run_it("--text", "a van", model=folder, n_errors=1)
        self.assertEqual(len(lines), 1)
        self.assertRegex(errors[0], "^cliptag embed: warning: .*model.safetensors: tensor '.*' has weights that are NaN")

    def test_pictures(self):
        for case in ("patch32-quick", "f16", "vision-only"):
            names = []
            for image in read_expected(case)["images"]:
                names.append(f"{case}-{image['seed']}.png")
                with open("raw", "wb") as file:
                    file.write(lcg_image(**image))
                gst_launch(f"filesrc location=raw ! rawvideoparse format=rgb width={image['width']} "
                           f"height={image['height']} ! pngenc ! filesink location={names[-1]}")
            lines, _ = self.run_it(*names, model=os.path.join(GOLDEN, case))
            self.assertEqual([line["input"] for line in lines], names)
            for line, embedding in zip(lines, read_tensor(case, "image_embeds"), strict=True):
                self.assertEqual(list(line), ["input", "type", "pts", "embedding"])
                self.assertEqual((line["type"], line["pts"]), ("image", None))
                self.assert_close(line["embedding"], embedding)

    def test_digits(self):
        """Nine significant digits are enough to give back each float, in any locale."""
        plain = subprocess.run([*EMBED, "-m", MODEL, "still.png"], capture_output=True, timeout=TIMEOUT).stdout
        numbers = plain.split(b"[")[1].split(b"]")[0].split(b",")
        for number in numbers:
            digits = number.lower().split(b"e")[0].lstrip(b"-0.").replace(b".", b"")
            self.assertLessEqual(len(digits), 9, number)
            value = struct.unpack("f", struct.pack("f", float(number)))[0]
            self.assertEqual(float(f"{value:.9g}"), float(number))
        self.assertTrue(any(len(number.lstrip(b"-0.")) == 9 for number in numbers))
        for locale in ("C", "de_DE.UTF-8", "C.UTF-8"):
            again = subprocess.run([*EMBED, "-m", MODEL, "still.png"], capture_output=True, timeout=TIMEOUT,
                                   env=dict(os.environ, LC_ALL=locale))
            self.assertEqual(again.stdout, plain, locale)

    def test_kinds_of_pictures(self):
        with open("still.jpg", "rb") as file:
            jpeg = file.read()
        with open("two.jpg", "wb") as file:  # as cameras do that keep a preview behind the picture
            file.write(jpeg + jpeg)
        lines, _ = self.run_it("still.jpg", "two.jpg", "grey16.png", f"file://{self.dir}/still.jpg")
        self.assertEqual([(line["type"], line["pts"]) for line in lines], [("image", None)] * 4)
        self.assertEqual(lines[0]["embedding"], lines[1]["embedding"])
        self.assertEqual(lines[0]["embedding"], lines[3]["embedding"])

    def test_videos(self):
        for name in ("video.mp4", "video.webm", "video.ogv", "fast.mp4"):
            whole = {}
            for rate in (0, 1, 2, 7.5, 25, 1000, 0.4) if name == "video.mp4" else (0, 2):
                lines, _ = self.run_it("--frame-rate", str(rate), name)
                self.assertEqual([line["pts"] for line in lines], grid_times(rate), (name, rate))
                self.assertEqual({line["type"] for line in lines}, {"frame"})
                whole = whole or {line["pts"]: line for line in lines}
                for line in lines:
                    self.assertEqual(line, whole[line["pts"]])
            self.assertEqual(len(whole), N_FRAMES)
        self.assertEqual([line["pts"] for line in self.run_it("video.mp4")[0]], grid_times(1))

    def test_no_drift(self):
        """29.97 frames a second against a grid of one: off by 33 ms at most, however long."""
        gst_launch("videotestsrc num-buffers=1800 ! video/x-raw,format=I420,width=16,height=16,framerate=30000/1001 ! "
                   "jpegenc ! matroskamux ! filesink location=long.mkv")
        lines, _ = self.run_it("long.mkv")
        self.assertEqual(len(lines), 61)
        for second, line in enumerate(lines):
            self.assertTrue(-1e6 <= line["pts"] - second * 1e9 <= 33.4e6, line["pts"])

    def test_order_and_settings(self):
        lines, _ = self.run_it("still.png", "--text", "b", "video.mp4", "--text", "a", "-r", "0.5")
        self.assertEqual([line["input"] for line in lines], ["b", "a", "still.png", "video.mp4", "video.mp4"])
        one, _ = self.run_it("--threads", "1", "still.png", "--text", "a")
        two, _ = self.run_it("--threads", "2", "still.png", "--text", "a")
        self.assertEqual(one, two)
        fits = [self.run_it("--fit", fit, "still.png")[0][0]["embedding"] for fit in ("crop", "stretch", "pad")]
        self.assertEqual(fits[0], one[1]["embedding"])
        self.assertTrue(fits[0] != fits[1] != fits[2] != fits[0])
        for rule in ("floor", "half-even"):
            self.run_it("--crop-rule", rule, "still.png")

    def test_names(self):
        names = [b"a b.png", b'q"\\\n\x01.png', b"caf\xc3\xa9.png", b"\xff\xfe.png", b"--text", b"x:y.png", b"50%.png"]
        for name in names:
            shutil.copy("still.png", name)
        lines, _ = self.run_it("--", *names)
        self.assertEqual([line["input"] for line in lines],
                         [name.decode("utf-8", "replace") for name in names])
        lines, _ = self.run_it("--text", "café", env=dict(os.environ, LC_ALL="C"))
        self.assertEqual(lines[0]["input"], "café")

    def test_output(self):
        with open("out", "w", encoding="utf-8") as file:
            file.write("older and longer\n" * 1000)
        lines, _ = self.run_it("still.png", "--text", "a")
        printed, _ = self.run_it("still.png", "--text", "a", "--output", "out")
        self.assertEqual(printed, [])
        with open("out", "rb") as file:
            self.assertEqual(strict_lines(file.read()), lines)
        self.run_it("still.png", "--output", "out", model="missing", status=1)
        with open("out", "rb") as file:  # a model that does not load costs nothing
            self.assertEqual(strict_lines(file.read()), lines)

    def test_vectors(self):
        """One file for all: a tensor for each input, its rows the very numbers of the lines."""
        self.run_it("still.png", "video.mp4", "missing.png", "--text", "a \"van\"", "--vectors", "v.safetensors",
                    "--output", "v.jsonl", status=1)
        with open("v.jsonl", "rb") as file:
            lines = strict_lines(file.read())
        with open("v.safetensors", "rb") as file:
            data = file.read()
        start = 8 + struct.unpack("<Q", data[:8])[0]
        header = json.loads(data[8:start])
        meta = header.pop("__metadata__")
        self.assertEqual((meta["cliptag.version"], meta["cliptag.kind"]), ("1", "embedding"))
        self.assertRegex(meta["cliptag.fingerprint"], "^[0-9a-f]{16}$")
        self.assertEqual(set(header), {line["input"] for line in lines})
        for name, entry in header.items():
            rows = [line["embedding"] for line in lines if line["input"] == name]
            width = len(rows[0])
            self.assertEqual(entry["shape"], [width] if len(rows) == 1 else [len(rows), width])
            begin, end = entry["data_offsets"]
            values = array.array("f", data[start + begin : start + end])
            self.assertEqual(list(values), list(array.array("f", sum(rows, []))))

        lines, _ = self.run_it("still.png", "--vectors", "alone.safetensors")
        self.assertEqual(lines, [])
        self.assertTrue(os.path.exists("alone.safetensors"))
        self.run_it("missing.png", "--vectors", "none.safetensors", status=1)
        self.assertFalse(os.path.exists("none.safetensors"))
        _, errors = self.run_it("still.png", "--vectors", "missing/v", status=1)
        self.assertIn("missing/v: cannot write it: No such file", errors[0])
        _, errors = self.run_it("still.png", "still.jpg", "still.png", "--vectors", "twice.safetensors", status=1)
        self.assertIn("name 'still.png': given twice, not in a row", errors[0])

    def test_default_model(self):
        lines, _ = self.run_it("--text", "a", model=None, env=dict(os.environ, CLIPTAG_DEFAULT_MODEL=MODEL))
        self.assertEqual(lines, self.run_it("--text", "a")[0])

    # ---- What goes wrong

    def test_bad_files(self):
        os.mkfifo("fifo")
        os.mkdir("folder")
        with open("empty", "wb"):
            pass
        with open("text.txt", "w", encoding="utf-8") as file:
            file.write("not a picture\n" * 99)
        bad = {
            "missing.png": "No such file",
            "folder": "not a regular file",
            "fifo": "not a regular file",
            "/dev/zero": "not a regular file",
            "/dev/null": "not a regular file",
            "empty": "",
            "text.txt": "",
            "sound.ogg": "no video",
            "file:///missing.png": "No such file",
            "foo://bar": "",
            "new\nline.png": "No such file",
            "y" * 5000: "File name too long",
        }
        for name in ("still.jpg", "still.png", "video.mp4"):
            bad[self.cut(name, 0.6)] = "cut short"
        lines, errors = self.run_it("still.png", *bad, "still.jpg", status=1, n_errors=len(bad))
        self.assertEqual([line["input"] for line in lines], ["still.png", "still.jpg"])
        for (name, reason), error in zip(bad.items(), errors):
            self.assertIn(": " + name.replace("\n", "\\n")[:100], error)
            self.assertIn(reason, error)
        if os.getuid() != 0:
            shutil.copy("still.png", "locked.png")
            os.chmod("locked.png", 0)
            self.assertIn("Permission denied", self.run_it("locked.png", status=1)[1][0])

    def test_cut_videos(self):
        """What is there is delivered, then comes the error."""
        for name in ("fast.mp4", "video.webm", "video.ogv"):
            whole, _ = self.run_it(name, "-r", "0")
            lines, errors = self.run_it(self.cut(name, 0.6), "-r", "0", status=1)
            self.assertIn("cut short", errors[0])
            self.assertTrue(5 < len(lines) < N_FRAMES, len(lines))
            # The last frames may have been decoded from half their data.
            for line, expected in zip(lines[:-2], whole):
                self.assertEqual(line["pts"], expected["pts"])
                self.assertEqual(line["embedding"], expected["embedding"])

    def test_many_demuxer_errors(self):
        """An error that comes while decodebin is plugging gets lost: this hung in most of such runs."""
        name = self.cut("video.mp4", 0.5)
        with open(name, "r+b") as file:  # so that it is not known beforehand: no box is cut, none says what is in it
            size = struct.unpack(">I", file.read(4))[0]
            file.truncate(size)
        self.run_it(*[name] * 4, status=1, n_errors=4)

    def test_missing_tower(self):
        lines, errors = self.run_it("--text", "a", "still.png", "still.jpg", status=1,
                                    model=os.path.join(GOLDEN, "text-only"))
        self.assertEqual([line["type"] for line in lines], ["text"])
        self.assertIn("text-only", errors[0])
        lines, errors = self.run_it("--text", "a", "--text", "b", "still.png", status=1,
                                    model=os.path.join(GOLDEN, "vision-only"))
        self.assertEqual([line["type"] for line in lines], ["image"])
        self.assertIn("vision-only", errors[0])

    def test_bad_text(self):
        lines, errors = self.run_it("--text", b"\xff\xfe", "--text", "a", status=1, env=dict(os.environ, LC_ALL="C"))
        self.assertEqual([line["input"] for line in lines], ["a"])
        self.assertIn("UTF-8", errors[0])

    def test_bad_model_and_output(self):
        self.run_it("still.png", model="missing", status=1)
        self.run_it("still.png", model=os.path.join(GOLDEN, "README.md"), status=1)
        self.run_it("still.png", "--output", "missing/out", status=1)
        self.run_it("still.png", "--output", ".", status=1)

    def test_full_disk(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([*EMBED, "-m", MODEL, "still.png", "still.jpg"], stdout=full, timeout=TIMEOUT,
                                  stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.count(b"\n"), 1)
        self.assertIn(b"No space left", done.stderr)

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (10000, 10000))

        for output in ([], ["-o", "limited"]):
            with open("limited", "wb") as file:
                done = subprocess.run([*EMBED, "-m", MODEL, "-r", "0", "video.mp4"] + output, preexec_fn=limit,
                                      stdout=file, stderr=subprocess.PIPE, timeout=TIMEOUT)
            self.assertEqual(done.returncode, 1)
            self.assertEqual(done.stderr.count(b"\n"), 1, done.stderr)
            with open("limited", "rb") as file:
                self.assertGreater(len(strict_lines(file.read())), 3)

    def test_reader_goes_away(self):
        with subprocess.Popen([*EMBED, "-m", MODEL, "-r", "0"] + ["video.mp4"] * 20, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            self.assertEqual(len(strict_lines(process.stdout.readline())), 1)
            process.stdout.close()
            errors = process.stderr.read()
            self.assertEqual(process.wait(TIMEOUT), 1)
        self.assertEqual(errors.count(b"\n"), 1, errors)

    def test_interrupt(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with subprocess.Popen([*EMBED, "-m", MODEL, "-r", "0"] + ["video.mp4"] * 50, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE) as process:
                data = process.stdout.readline()
                process.send_signal(number)
                data += process.stdout.read()
                errors = process.stderr.read()
                self.assertEqual(process.wait(TIMEOUT), 1)
            self.assertLess(len(strict_lines(data)), 50 * N_FRAMES)
            self.assertEqual(errors, b"cliptag embed: interrupted\n")

    # ---- The command line

    def test_usage(self):
        self.run_it(status=2)
        for wrong in (["--nonsense"], ["--frame-rate", "-1"], ["--frame-rate", "nan"], ["--frame-rate", "x"],
                      ["--threads", "-1"], ["--threads", "99999"], ["--fit", "x"], ["--crop-rule", "x"], ["--text"]):
            self.run_it("still.png", *wrong, status=2)


if __name__ == "__main__":
    unittest.main()
