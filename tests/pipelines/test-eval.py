# SPDX-License-Identifier: MIT
#
# test-eval.py CLIPTAG: `cliptag eval`: every layout of data, what is reported of it, and what is refused and how. Numbers
# are computed here once more from what `cliptag embed` prints; test-eval-metrics.c holds the formulas to scikit-learn's.
# Only the standard library is needed; recordings are made by GStreamer.
import base64
import html.parser
import io
import json
import math
import os
import random
import re
import resource
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zlib

sys.dont_write_bytecode = True
from labelled import CLIPTAG, COLOURS, GOLDEN, MODEL, TIMEOUT, png, solid  # noqa: E402
import labelled  # noqa: E402

RED = json.dumps({"prompts": [{"text": "a solid red screen", "label": "red screen"},
                              {"text": "colour bars", "negative": True}]})


def run(*arguments, **settings):
    return subprocess.run([CLIPTAG, "eval", *arguments], capture_output=True, timeout=TIMEOUT, **settings)


def noise(seed, side=40):
    return png(random.Random(seed).randbytes(3 * side * side), side, side)


def read_logit_scale():
    with open(os.path.join(MODEL, "model.safetensors"), "rb") as file:
        data = file.read()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    begin, end = json.loads(data[8:start])["logit_scale"]["data_offsets"]
    return math.exp(struct.unpack("<f", data[start + begin:start + end])[0])


class Case(labelled.Case):
    command = "eval"

    def evaluate(self, *arguments, status=0, stderr=b"", **settings):
        """{type: [line]}"""
        done = run("--json", *arguments, **settings)
        self.assertEqual((done.returncode, done.stderr), (status, stderr), arguments)

        def refuse(constant):
            raise ValueError(constant)

        lines = {}
        for line in done.stdout.decode().splitlines():
            value = json.loads(line, parse_constant=refuse)
            lines.setdefault(value["type"], []).append(value)
        return lines


class Usage(Case):
    def test_refused(self):
        for arguments, says in (
                ([], "--data"), (["--data", "x", "--layout", "zip"], "--layout"), (["--data", "x", "y"], "options only"),
                (["--data", "x", "--limit", "-1"], "--limit"), (["--data", "x", "--set", "fit"], "PROPERTY=VALUE"),
                (["--data", "x", "--classes", "c", "--prompts", "a"], "one of the two"),
                (["--data", "x", "--by-order"], "--classes"), (["--data", "x", "--set", "colour=red"], "score-mode"),
                (["--data", "x", "--set", "score-mode=z-score"], "softmax, sigmoid or cosine"),
                (["--data", "x", "--set", "temperature=0"], "0.001 to 1000"),
                (["--data", "x", "--set", "temperature=nan"], "0.001 to 1000"),
                (["--data", "x", "--set", "threshold=-2"], "-1 to 1000"),
                (["--data", "x", "--set", "off-threshold=-2"], "-1 to 1000"),
                (["--data", "x", "--set", "hold-time=soon"], "duration"),
                (["--data", "x", "--set", "fit=wide"], "crop, stretch or pad"),
                (["--data", "x", "--set", "background="], "default, off")):
            self.refuse(*arguments, says=says, status=2)

    def test_no_data(self):
        self.refuse("--data", self.path("nothing"), says=["nothing", "No such file"])
        self.refuse("--data", self.write("a.zip", b"x"), says=["a.zip", ".csv, .tar or .bin"])
        self.refuse("--data", self.folder, says="expected a folder for each class")
        os.mkdir(self.path("empty"))
        self.refuse("--data", self.path("empty"), says=["empty", "nothing labelled in it"])
        self.refuse("--data", self.path("empty"), "--layout", "folders", says="a folder for each class")
        self.refuse("--data", self.path("empty"), "--layout", "webdataset", says=".tar")
        self.refuse("--data", self.path("empty"), "--layout", "cifar", says="batches.meta.txt")
        self.refuse("--data", self.path("empty"), "--layout", "csv", says="regular file")

    def test_no_output(self):
        data = self.make_folders(1)
        self.refuse("--data", data, "--html", self.path("none/page.html"), says=["page.html", "No such file"])
        self.refuse("--data", data, "--html", "/dev/null", says=["/dev/null", "regular file"])
        with open("/dev/full", "w") as full:
            done = subprocess.run([CLIPTAG, "eval", "--data", data], stdout=full, stderr=subprocess.PIPE, timeout=TIMEOUT)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, rb"\Acliptag eval: cannot write[^\n]*\n\Z")


class Folders(Case):
    def test_models_own_prompts(self):
        lines = self.evaluate("--data", self.make_folders())
        data, result = lines["data"][0], lines["result"][0]
        self.assertEqual((data["layout"], data["items"], data["samples"], data["failed"], data["prompts"]),
                         ("folders", 9, 9, 0, "model"))
        self.assertEqual((result["samples"], result["top1"], result["mean_recall"], result["map"]), (9, 1, 1, 1))
        counts = {line["label"]: line["samples"] for line in lines["class"]}
        self.assertEqual(len(counts), data["classes"])
        self.assertEqual({name: n for name, n in counts.items() if n}, dict.fromkeys(COLOURS, 3))
        self.assertEqual(sum(line["samples"] for line in lines["bin"]), 9)
        self.assertEqual(len(lines["bin"]), 15)
        self.assertNotIn("mistake", lines)
        self.assertNotIn("events", lines)
        self.assertNotIn("template", lines)
        for line in lines["class"]:
            self.assertEqual(line["recall"] is None, line["samples"] == 0)

    def test_table(self):
        done = run("--data", self.make_folders())
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertRegex(done.stdout.decode(), r"\n"
                         r"all samples +100\.0  100\.0  100\.0  100\.0 +\d+\.\d\n")
        self.assertRegex(done.stdout.decode(), r"\nred screen +3  100\.0  100\.0\n")

    def test_names(self):
        """Case and '_' make no difference; folders within a class's belong to it; hidden files are none."""
        self.write("data/Red_Screen/a/b.png", solid((255, 0, 0)))
        self.write("data/Red_Screen/.hidden", "x")
        self.write("data/GREEN SCREEN/b.png", solid((0, 255, 0)))
        self.write("data/README", "x")
        lines = self.evaluate("--data", self.path("data"))
        self.assertEqual((lines["result"][0]["top1"], lines["data"][0]["samples"]), (1, 2))

    def test_own_labels(self):
        """Folders that the model's prompts know nothing of are prompts themselves."""
        for name in ("black_screen", "white_screen", "zzz"):
            self.write(f"data/{name}/a.png", solid((0, 0, 0) if name[0] == "b" else (255, 255, 255)))
        done = run("--json", "--data", self.path("data"), "--model", MODEL)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual((done.returncode, lines[0]["prompts"], lines[0]["classes"]), (0, "data", 3))
        self.assertEqual([line["label"] for line in lines if line["type"] == "class"],
                         ["black_screen", "white_screen", "zzz"])

    def test_refused(self):
        data = self.make_folders(1)
        self.refuse("--data", data, "--prompts", "red screen;a dog",
                    says=["data/blue screen", '"blue screen" has no prompt', '"red screen", "a dog"'])
        os.mkdir(self.path("data/white screen"))
        self.refuse("--data", data, says=["white screen", "no files"])

    def test_broken_picture(self):
        data = self.make_folders(1)
        self.write("data/red screen/x.png", solid((255, 0, 0))[:60])
        self.write("data/red screen/y.txt", "no picture")
        done = run("--json", "--data", data)
        self.assertEqual(done.returncode, 1)
        text = done.stderr.decode().splitlines()
        self.assertEqual(len(text), 2, text)
        self.assertTrue(text[0].startswith("cliptag eval: red screen/x.png: "), text)
        self.assertTrue(text[1].startswith("cliptag eval: red screen/y.txt: "), text)
        first = json.loads(done.stdout.splitlines()[0])
        self.assertEqual((first["items"], first["failed"], first["samples"]), (5, 2, 3))
        for name in COLOURS:
            shutil.rmtree(self.path("data", name))
        self.write("data/red screen/y.txt", "no picture")
        done = run("--data", data)
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.assertIn(b"no picture in it could be read", done.stderr.splitlines()[-1])

    def test_limit(self):
        """Evenly spread: not the first class alone."""
        data = self.make_folders(4)
        for limit, expected in ((3, [1, 1, 1]), (6, [2, 2, 2]), (0, [4, 4, 4]), (100, [4, 4, 4])):
            lines = self.evaluate("--data", data, "--limit", str(limit))
            self.assertEqual([line["samples"] for line in lines["class"] if line["samples"]], expected)

    def test_threads(self):
        """The same bytes whatever the number of threads."""
        data = self.make_folders(5)
        outputs = {run("--json", "--data", data, "--threads", str(n), "--precision", "f32").stdout for n in (1, 3, 8)}
        self.assertEqual(len(outputs), 1)


class Numbers(Case):
    """Against embeddings by `cliptag embed`."""
    PROMPTS = ["a cat", "a dog", "a red car", "nothing at all", "some snow", "the sea"]
    TEMPLATES = ["{}", "a photo of {}.", "{} at night"]

    def embed(self, texts, files):
        arguments = [CLIPTAG, "embed", "--model", MODEL]
        for text in texts:
            arguments += ["--text", text]
        done = subprocess.run([*arguments, *files], capture_output=True, timeout=TIMEOUT, check=True)
        return [json.loads(line)["embedding"] for line in done.stdout.splitlines()]

    def expect(self, classifier, pictures, labels, scale):
        n = len(classifier)
        right, hits5, confusion, confidences = [], 0, [[0] * n for _ in range(n)], []
        scores = []
        for picture, label in zip(pictures, labels):
            logits = [scale * sum(a * b for a, b in zip(picture, row)) for row in classifier]
            top = max(logits)
            total = sum(math.exp(x - top) for x in logits)
            scores.append([math.exp(x - top) / total for x in logits])
            order = sorted(range(n), key=lambda c: -logits[c])
            right.append(order[0] == label)
            hits5 += label in order[:5]
            confusion[label][order[0]] += 1
            confidences.append(scores[-1][order[0]])
        bins = {}
        for hit, confidence in zip(right, confidences):
            bins.setdefault(math.ceil(confidence * 15), []).append((hit, confidence))
        ece = sum(abs(sum(h for h, _ in some) - sum(c for _, c in some)) for some in bins.values()) / len(labels)
        ap = []
        for c in range(n):
            ranked = sorted(zip((row[c] for row in scores), labels), key=lambda pair: -pair[0])
            found, precisions = 0, []
            for i, (_, label) in enumerate(ranked):
                if label == c:
                    found += 1
                    precisions.append(found / (i + 1))
            ap.append(sum(precisions) / len(precisions))
        return {"top1": sum(right) / len(right), "top5": hits5 / len(right), "ece": ece, "ap": ap, "confusion": confusion}

    def test_against_embed(self):
        labels, files = [], []
        for c, name in enumerate(self.PROMPTS):
            for i in range(4):
                files.append(self.write(f"data/{name}/{i}.png", noise(10 * c + i)))
                labels.append(c)
        pictures = self.embed([], files)
        templates = self.write("templates.txt", "\n".join(self.TEMPLATES) + "\n\n")
        rows = self.embed([t.replace("{}", p) for t in self.TEMPLATES for p in self.PROMPTS], [])
        per_template = [rows[i * 6:(i + 1) * 6] for i in range(3)]
        ensemble = []
        for c in range(6):
            mean = [sum(values) for values in zip(*(rows[c] for rows in per_template))]
            length = math.sqrt(sum(x * x for x in mean))
            ensemble.append([x / length for x in mean])

        scale = read_logit_scale()
        prompts = ";".join(self.PROMPTS)
        lines = self.evaluate("--data", self.path("data"), "--model", MODEL, "--precision", "f32", "--prompts", prompts,
                              "--templates", templates)
        self.assertEqual([line["template"] for line in lines["template"]], self.TEMPLATES)
        for classifier, found in zip([ensemble, *per_template], [lines["result"][0], *lines["template"]]):
            expected = self.expect(classifier, pictures, labels, scale)
            for key in ("top1", "top5"):
                self.assertAlmostEqual(found[key], expected[key], 7, key)
            self.assertAlmostEqual(found["ece"], expected["ece"], 4)
        expected = self.expect(ensemble, pictures, labels, scale)
        self.assertEqual([line["best"] for line in lines["class"]], expected["confusion"])
        for line, ap in zip(lines["class"], expected["ap"]):
            self.assertAlmostEqual(line["ap"], ap, 7)
        self.assertAlmostEqual(lines["result"][0]["map"], sum(expected["ap"]) / 6, 7)

    def test_templates_refused(self):
        data = self.make_folders(1)
        for text, row in (("a {}\nb\n", 2), ("{} and {}", 1), ("\n\na|{}\n", 3), ("a {}\n\xff".encode("latin-1"), 2)):
            path = self.write("templates.txt", text)
            self.refuse("--data", data, "--templates", path, says=f"templates.txt:{row}: expected")
        self.refuse("--data", data, "--templates", self.write("templates.txt", ""), says="it is empty")
        self.refuse("--data", data, "--templates", self.path("none"), says="No such file")

    def test_score_modes(self):
        data = self.make_folders(2)
        lines = self.evaluate("--data", data, "--set", "score-mode=cosine")
        self.assertEqual((lines["result"][0]["top1"], lines["result"][0]["ece"]), (1, None))
        self.assertNotIn("bin", lines)
        soft, flat = (self.evaluate("--data", data, "--set", f"temperature={t}")["bin"] for t in (1, 100))
        self.assertNotEqual(soft, flat)
        self.evaluate("--data", data, "--set", "score-mode=sigmoid", "--set", "background=off", "--set", "fit=pad")


class Classes(Case):
    def test_lines(self):
        data = self.make_folders(1)
        path = self.write("classes.txt", "red screen\ngreen screen\nblue screen\nwhite screen\n")
        lines = self.evaluate("--data", data, "--classes", path)
        self.assertEqual([line["samples"] for line in lines["class"]], [1, 1, 1, 0])
        path = self.write("classes.txt", "red screen\tA solid red screen\ngreen screen\nblue screen\tblue\n")
        self.assertEqual(len(self.evaluate("--data", data, "--classes", path)["class"]), 3)

    def test_by_order(self):
        for i, colour in enumerate(((0, 0, 255), (0, 255, 0), (255, 0, 0))):
            self.write(f"data/n{i}/a.png", solid(colour))
        path = self.write("classes.txt", "a solid blue screen\na solid green screen\na solid red screen\n")
        data = self.path("data")
        lines = self.evaluate("--data", data, "--classes", path, "--by-order")
        self.assertEqual(lines["result"][0]["top1"], 1)
        self.refuse("--data", data, "--classes", path, says=["data/n0", '"n0" has no prompt'])
        path = self.write("classes.txt", "blue screen\ngreen screen\n")
        self.refuse("--data", data, "--classes", path, "--by-order", says=["classes.txt", "2 classes: expected 3"])

    def test_same_name_twice(self):
        """As ImageNet's two missiles: two classes, of which the first wins."""
        for i in range(2):
            self.write(f"data/n{i}/a.png", solid((255, 0, 0)))
        path = self.write("classes.txt", "a solid red screen\na solid red screen\n")
        lines = self.evaluate("--data", self.path("data"), "--classes", path, "--by-order", "--set", "background=off",
                              stderr=subprocess.run([CLIPTAG, "eval", "--json", "--data", self.path("data"), "--classes",
                                                     path, "--by-order"], capture_output=True).stderr)
        self.assertEqual([line["label"] for line in lines["class"]], ["a solid red screen", "a solid red screen (2)"])
        self.assertEqual([line["best"] for line in lines["class"]], [[1, 0], [1, 0]])


class Csv(Case):
    def refuse_csv(self, text, says, **settings):
        self.refuse("--data", self.write("set.csv", text), says=says, **settings)

    def test_stills(self):
        self.write("red, one.png", solid((255, 0, 0)))
        self.write('a "green".png', solid((0, 255, 0)))
        self.write("blue.png", solid((0, 0, 255)))
        text = ('\ufefffile,start,end,label\r\n"red, one.png",,,red screen\r\n"a ""green"".png",,,"green screen"\r\n'
                '\r\nblue.png,,,blue screen|clear\r\n')
        lines = self.evaluate("--data", self.write("set.csv", text))
        self.assertEqual((lines["data"][0]["layout"], lines["data"][0]["samples"]), ("csv", 3))
        self.assertEqual((lines["result"][0]["top1"], lines["result"][0]["samples"]), (1, 3))
        counts = {line["label"]: line["samples"] for line in lines["class"] if line["samples"]}
        self.assertEqual(counts, {"red screen": 1, "green screen": 1, "blue screen": 1, "clear": 1})
        self.assertEqual(sum(map(sum, (line["best"] for line in lines["class"]))), 2)  # single labels only

    def test_order_of_columns(self):
        self.write("a.png", solid((255, 0, 0)))
        path = self.write("set.csv", "label,file\nred screen,a.png\n")
        self.assertEqual(self.evaluate("--data", path)["result"][0]["top1"], 1)

    def test_nothing_in_it(self):
        self.write("a.png", solid((255, 0, 0)))
        self.write("b.png", solid((90, 90, 90)))
        path = self.write("set.csv", "file,label\na.png,red screen\nb.png,\n")
        lines = self.evaluate("--data", path)
        self.assertEqual((lines["data"][0]["samples"], lines["result"][0]["samples"]), (2, 1))
        self.refuse_csv("file,label\na.png,\n", says=["set.csv", "no sample has a label"])

    def test_refused(self):
        self.write("a.png", solid((255, 0, 0)))
        head = "file,start,end,label\n"
        for text, says in (
                ("", ["set.csv:1", "header line"]), ("\n\n", ["header line"]), (head, ["no row"]),
                ("file,begin,label\n", ["set.csv:1", '"begin"', "file,start,end,label"]),
                ("file,file,label\n", ["set.csv:1", "twice"]), ("file,start\n", ["set.csv:1", '"label" is missing']),
                (head + "a.png,,red screen\n", ["set.csv:2", "3 fields: expected 4"]),
                (head + "b.png,,,red screen\n", ["set.csv:2", "b.png", "No such file"]),
                (head + ",,,red screen\n", ["set.csv:2", "name is empty"]),
                (head + ".,,,red screen\n", ["set.csv:2", "regular file"]),
                (head + "a.png,,,red screen\n\na.png,x,,red screen\n", ["set.csv:4", 'start "x"', "seconds"]),
                (head + "a.png,-1,,red screen\n", ["set.csv:2", 'start "-1"']),
                (head + "a.png,,nan,red screen\n", ["set.csv:2", 'end "nan"']),
                (head + "a.png,2,2,red screen\n", ["set.csv:2", "after the start"]),
                (head + "a.png,1,2,\n", ["set.csv:2", "without a label"]),
                (head + "a.png,,,red screen||clear\n", ["set.csv:2", "empty label"]),
                (head + 'a.png,,,"red screen\n', ["set.csv:2", "not closed"]),
                (head + 'a.png,,,"red" screen\n', ["set.csv:2", "closing quote"]),
                (head + 'a.png,,,red "screen"\n', ["set.csv:2", "quote within"]),
                (head.encode() + b"a.png,,,red\0 screen\n", ["set.csv:2", "NUL"]),
                (head.encode() + b"a.png,,,\xff\n", ["set.csv:2", "UTF-8"]),
                (head + "a.png,,,red screen\na.png,,,puce screen\n",
                 ["set.csv:3", '"puce screen" has no prompt', "expected one of"])):
            arguments = ["--prompts", "red screen;clear"] if "puce" in str(text) else []
            self.refuse("--data", self.write("set.csv", text), *arguments, says=says)

    def test_still_with_times(self):
        self.write("a.png", solid((255, 0, 0)))
        done = run("--data", self.write("set.csv", "file,start,end,label\na.png,1,2,red screen\n"))
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"a.png: it is a still: expected labels without start and end\n", done.stderr)


class Recordings(Case):
    """Colour bars for four seconds, red for six, colour bars for five; 10 frames a second."""
    @classmethod
    def setUpClass(cls):
        cls.films = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.films)
        parts = "".join(f" videotestsrc {pattern} num-buffers={n} ! video/x-raw,width=64,height=64,framerate=10/1 ! c."
                        for pattern, n in (("pattern=smpte", 40), ("pattern=red", 60), ("pattern=smpte", 50)))
        subprocess.run(["gst-launch-1.0", "-q", *("concat name=c ! jpegenc ! matroskamux ! filesink location="
                                                  + os.path.join(cls.films, "a.mkv") + parts).split()],
                       check=True, timeout=TIMEOUT)

    def setUp(self):
        super().setUp()
        shutil.copy(os.path.join(self.films, "a.mkv"), self.path("a.mkv"))

    def test_events(self):
        path = self.write("set.csv", "file,start,end,label\na.mkv,4,10,red screen\n")
        lines = self.evaluate("--data", path, "--prompts", "a solid red screen;colour bars", "--frame-rate", "5",
                              status=1, stderr=run("--data", path, "--prompts", "a solid red screen;colour bars").stderr)
        self.assertFalse(lines)
        prompts = self.write("prompts.json", RED)
        lines = self.evaluate("--data", path, "--prompts-file", prompts, "--frame-rate", "5")
        total = lines["events"][-1]
        self.assertIsNone(total["label"])
        self.assertEqual((total["spans"], total["events"], total["matched"]), (1, 1, 1))
        self.assertEqual((total["precision"], total["recall"], total["recordings"]), (1, 1, 1))
        self.assertLessEqual(total["max_start_error"], 0.2 + 1)  # a sampling step and the minimum duration
        self.assertLessEqual(total["max_end_error"], 0.2 + 1)
        self.assertEqual(total["false_alarms_per_hour"], 0)
        self.assertEqual(lines["events"][0]["label"], "red screen")
        self.assertEqual(lines["result"][0]["samples"], 30)  # frames outside the span have no label
        self.assertEqual(lines["data"][0]["samples"], 75)

        # Not there when it should have been, and there when it should not.
        path = self.write("set.csv", "file,start,end,label\na.mkv,11,14,red screen\n")
        total = self.evaluate("--data", path, "--prompts-file", prompts, "--frame-rate", "5")["events"][-1]
        self.assertEqual((total["spans"], total["events"], total["matched"]), (1, 1, 0))
        self.assertEqual((total["precision"], total["recall"], total["start_error"]), (0, 0, None))
        self.assertAlmostEqual(total["false_alarms_per_hour"], 3600 / total["seconds"], 4)

        # One event, two spans: only one of them is found.
        path = self.write("set.csv", "file,start,end,label\na.mkv,4,6,red screen\na.mkv,7,10,red screen\n")
        total = self.evaluate("--data", path, "--prompts-file", prompts, "--frame-rate", "5")["events"][-1]
        self.assertEqual((total["spans"], total["events"], total["matched"]), (2, 1, 1))

        # Rows that touch are one span; an open end lasts to the end.
        path = self.write("set.csv", "file,start,end,label\na.mkv,4,6,red screen\na.mkv,6,10,red screen\n"
                                     "a.mkv,,4,colour bars\na.mkv,10,,colour bars\n")
        lines = self.evaluate("--data", path, "--prompts", "red screen;colour bars", "--frame-rate", "5")
        self.assertEqual((lines["events"][-1]["spans"], lines["events"][-1]["matched"]), (3, 3))
        self.assertEqual((lines["result"][0]["samples"], lines["data"][0]["samples"]), (75, 75))
        self.assertGreater(lines["result"][0]["top1"], 0.95)

    def test_settings(self):
        path = self.write("set.csv", "file,start,end,label\na.mkv,4,10,red screen\n")
        prompts = self.write("prompts.json", RED)
        for setting, n in (("min-duration=20s", 0), ("threshold=0.5", 1), ("smoothing=1h", 0), ("hold-time=1s", 1)):
            lines = self.evaluate("--data", path, "--prompts-file", prompts, "--frame-rate", "5", "--set", setting)
            self.assertEqual(lines["events"][-1]["events"], n, setting)
        lines = self.evaluate("--data", path, "--prompts-file", prompts, "--frame-rate", "5", "--set",
                              "off-threshold=-1")  # as with cliptagger, its default
        self.assertEqual(lines["events"][-1]["matched"], 1)
        self.assertLess(lines["events"][-1]["end_error"], 1)

    def test_clean(self):
        """Nothing is labelled: any event is a false alarm."""
        path = self.write("set.csv", "file,start,end,label\na.mkv,,,\n")
        prompts = self.write("prompts.json", RED)
        lines = self.evaluate("--data", path, "--prompts-file", prompts, "--frame-rate", "5")
        self.assertNotIn("result", lines)
        self.assertEqual((lines["events"][-1]["events"], lines["events"][-1]["recall"]), (1, None))

    def test_folders(self):
        """Each sampled frame is a sample; no labels with times, no events."""
        os.mkdir(self.path("data"))
        os.mkdir(self.path("data/red screen"))
        os.rename(self.path("a.mkv"), self.path("data/red screen/a.mkv"))
        self.write("data/clear/a.png", solid((255, 255, 255)))
        lines = self.evaluate("--data", self.path("data"), "--frame-rate", "1")
        self.assertEqual((lines["data"][0]["items"], lines["data"][0]["samples"]), (2, 16))
        self.assertNotIn("events", lines)

    def test_behind_the_end(self):
        path = self.write("set.csv", "file,start,end,label\na.mkv,40,50,red screen\n")
        done = run("--data", path)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b'a.mkv: label "red screen" begins at 40 s: expected it before the last frame, 14.', done.stderr)

    def test_cut(self):
        with open(self.path("a.mkv"), "rb") as file:
            data = file.read()
        self.write("a.mkv", data[:len(data) // 2])
        path = self.write("set.csv", "file,label\na.mkv,red screen\n")
        done = run("--json", "--data", path)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, rb"\Acliptag eval: a\.mkv: [^\n]*\n\Z")
        self.assertEqual(json.loads(done.stdout.splitlines()[0])["failed"], 1)


class Cifar(Case):
    NAMES = ["red screen", "green screen", "blue screen", *(f"thing {i}" for i in range(7))]

    def record(self, labels, colour):
        return bytes(labels) + b"".join(bytes([c]) * 1024 for c in colour)

    def make_10(self):
        data = b"".join(self.record([i], colour) for i, colour in enumerate(COLOURS.values()))
        self.write("set/test_batch.bin", data)
        self.write("set/batches.meta.txt", "\n".join(self.NAMES) + "\n\n")
        return self.path("set"), data

    def quiet(self, *arguments):
        """The model does not know half of the names, and says so."""
        return self.evaluate(*arguments, stderr=run(*arguments).stderr)

    def test_10(self):
        data, batch = self.make_10()
        lines = self.quiet("--data", data, "--threads", "1")
        self.assertEqual((lines["data"][0]["layout"], lines["data"][0]["samples"]), ("cifar", 3))
        self.assertEqual(lines["result"][0]["top1"], 1)
        self.assertEqual([line["label"] for line in lines["class"]], self.NAMES)
        self.write("set/data_batch_1.bin", batch + batch)
        self.assertEqual(self.quiet("--data", data)["data"][0]["samples"], 3)  # the test set counts
        self.assertEqual(self.quiet("--data", self.path("set/data_batch_1.bin"))["data"][0]["samples"], 6)
        os.remove(self.path("set/test_batch.bin"))
        self.write("set/data_batch_2.bin", batch)
        self.assertEqual(self.quiet("--data", data)["data"][0]["samples"], 9)

    def test_pixels(self):
        """Rows and channels as they are: the same scores as of a PNG."""
        pixels = random.Random(7).randbytes(3 * 1024)
        self.write("set/test_batch.bin", bytes([0]) + b"".join(pixels[c::3] for c in range(3)))
        self.write("set/batches.meta.txt", "\n".join(self.NAMES))
        self.write("png/red screen/a.png", png(pixels, 32, 32))
        prompts = self.write("classes.txt", "\n".join(self.NAMES))
        a = self.quiet("--data", self.path("set"), "--classes", prompts)
        b = self.quiet("--data", self.path("png"), "--classes", prompts)
        self.assertEqual(a["bin"], b["bin"])
        self.assertEqual(a["class"], b["class"])

    def test_100(self):
        names = [f"class_{i}" for i in range(97)] + ["red screen", "green screen", "blue screen"]
        self.write("set/fine_label_names.txt", "\n".join(names))
        self.write("set/test.bin", b"".join(self.record([1, 97 + i], c) for i, c in enumerate(COLOURS.values())))
        lines = self.quiet("--data", self.path("set"))
        self.assertEqual((lines["result"][0]["top1"], len(lines["class"])), (1, 100))

    def test_refused(self):
        data, batch = self.make_10()
        for n in (0, 1, 3072, len(batch) - 1):
            self.write("set/test_batch.bin", batch[:n])
            self.refuse("--data", data, says=["test_batch.bin", f"{n} bytes", "3073"])
        self.write("set/test_batch.bin", batch + self.record([10], (0, 0, 0)))
        self.refuse("--data", data, says=["test_batch.bin", "record 3: label 10: expected 0 to 9"])
        self.write("set/test_batch.bin", batch)
        self.write("set/batches.meta.txt", "a\nb\n")
        self.refuse("--data", data, says=["batches.meta.txt", "2 names: expected 10"])
        os.remove(self.path("set/batches.meta.txt"))
        self.refuse("--data", data, "--layout", "cifar", says=["batches.meta.txt", "fine_label_names.txt"])
        self.refuse("--data", self.path("set/test_batch.bin"), says="batches.meta.txt")


class WebDataset(Case):
    def make(self, name, entries):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with tarfile.open(self.path(name), "w:gz" if name.endswith("gz") else "w", format=tarfile.USTAR_FORMAT) as tar:
            for entry, data in entries:
                info = tarfile.TarInfo(entry)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
        return self.path(name)

    def entries(self, extension="txt", labels=None):
        return [pair for i, (name, colour) in enumerate(COLOURS.items())
                for pair in ((f"{i:03}.png", solid(colour)),
                             (f"{i:03}.{extension}", (labels[i] if labels else name).encode()))]

    def test_labels(self):
        for extension, labels in (("txt", None), ("json", [json.dumps({"label": name}) for name in COLOURS]),
                                  ("json", [json.dumps({"labels": [name]}) for name in COLOURS]),
                                  ("TXT", [name + "\n" for name in COLOURS])):
            lines = self.evaluate("--data", self.make("a.tar", self.entries(extension, labels)))
            self.assertEqual((lines["data"][0]["layout"], lines["data"][0]["samples"]), ("webdataset", 3))
            self.assertEqual(lines["result"][0]["top1"], 1)

    def test_numbers(self):
        path = self.make("a.tar", self.entries("cls", ["0", "1\n", "2"]))
        self.refuse("--data", path, says=["a.tar", "numbers", "--classes"])
        classes = self.write("c.txt", "a solid red screen\na solid green screen\na solid blue screen\nwhite screen\n")
        self.assertEqual(self.evaluate("--data", path, "--classes", classes)["result"][0]["top1"], 1)
        prompts = "a solid red screen;a solid green screen;a solid blue screen"
        self.assertEqual(self.evaluate("--data", path, "--prompts", prompts)["result"][0]["top1"], 1)
        self.refuse("--data", path, "--prompts", "a solid red screen;clear", says="2 classes: expected at least 3")
        self.write("classnames.txt", "red screen\ngreen screen\nblue screen\n")
        self.assertEqual(self.evaluate("--data", path)["result"][0]["top1"], 1)
        path = self.make("a.tar", self.entries("cls", ["0", "1", "3"]))
        self.refuse("--data", path, says=["a.tar: 002.cls", "class 3: expected 0 to 2"])

    def test_shards(self):
        """As CLIP_benchmark keeps them."""
        entries = self.entries("cls", ["0", "1", "2"])
        self.make("set/test/0.tar", entries[:2])
        self.make("set/test/1.tar.gz", [("__meta__.x", b""), (".hidden", b"")] + entries[2:4])
        self.make("set/test/2.tgz", [("a/" + name, data) for name, data in entries[4:]])
        self.write("set/test/nshards.txt", "3")
        self.write("set/classnames.txt", "red screen\ngreen screen\nblue screen\n")
        lines = self.evaluate("--data", self.path("set"), "--threads", "2")
        self.assertEqual((lines["data"][0]["items"], lines["result"][0]["top1"]), (3, 1))
        lines = self.evaluate("--data", self.path("set"), "--limit", "1")
        self.assertEqual(lines["data"][0]["items"], 1)

    def test_precedence(self):
        entries = [("0.txt", b"a long caption"), ("0.json", b'{"label":"green screen"}'), ("0.png", solid((255, 0, 0))),
                   ("0.cls", b"0"), ("1.json", b'{"url":"x"}'), ("1.txt", b"ignored"), ("1.cls", b"1"),
                   ("1.png", solid((0, 255, 0)))]
        self.make("a.tar", entries)
        self.write("classnames.txt", "red screen\ngreen screen\n")
        self.refuse("--data", self.path("a.tar"), says="some samples have a class's name, some its index")
        entries = [entry for entry in entries if entry[0] in ("0.png", "0.cls", "1.png", "1.cls")]
        self.assertEqual(self.evaluate("--data", self.make("a.tar", entries))["result"][0]["top1"], 1)

    def test_refused(self):
        picture = solid((255, 0, 0))
        for entries, says in (
                ([("a.png", picture)], ["a.tar: a", "no label"]), ([("a.txt", b"x")], ["a.tar: a", "no picture"]),
                ([("a.png", picture), ("a.jpg", picture)], ["a.jpg", "second picture"]),
                ([("a.png", picture), ("a.cls", b"x")], ["a.cls", "index of a class"]),
                ([("a.png", picture), ("a.cls", b"-1")], ["a.cls", "index of a class"]),
                ([("a.png", picture), ("a.txt", b"\xff")], ["a.txt", "UTF-8"]),
                ([("a.png", picture), ("a.txt", b"a\nb")], ["a.txt", "one line"]),
                ([("a.png", picture), ("a.json", b"{")], ["a.json"]),
                ([("a.png", picture), ("a.json", b'{"label":{}}')], ["a.json", "'label'"]),
                ([("a.png", picture), ("a.txt", b"puce")], ["a.tar: a.txt", '"puce" has no prompt'])):
            self.refuse("--data", self.make("a.tar", entries), "--prompts", "red screen;clear", says=says)
        done = run("--data", self.make("a.tar", [("a.png", b"no picture"), ("a.txt", b"red screen")]))
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"a.tar: a.png: expected a picture", done.stderr)
        self.refuse("--data", self.write("a.tar", b""), says="a.tar")
        self.refuse("--data", self.write("a.tar", b"no tar at all" * 500), says="a.tar")

    def test_cut(self):
        """Wherever a tar is cut, that is an error, and never a smaller set."""
        for name in ("a.tar", "b.tar.gz"):
            with open(self.make(name, self.entries()), "rb") as file:
                data = file.read()
            end = len(data)
            if name == "a.tar":
                end = len(data.rstrip(b"\0")) // 512 * 512 + 512 + 1024  # with the mark, without what fills the record
                self.assertLess(end, len(data))
            for cut in sorted({1, 511, 513, end - 1, end - 513, *range(512, end, 512), *range(97, end, 997)}):
                if cut < end:
                    self.refuse("--data", self.write(name, data[:cut]), says=name)
            self.assertEqual(self.evaluate("--data", self.write(name, data[:end]))["data"][0]["samples"], 3)


class Page(Case):
    class Reader(html.parser.HTMLParser):
        def __init__(self):
            super().__init__()
            self.tags, self.attributes, self.words = [], [], []

        def handle_starttag(self, tag, attrs):
            self.tags.append(tag)
            self.attributes += [(tag, name, value or "") for name, value in attrs]

        def handle_data(self, data):
            self.words.append(data)

    def read(self, path):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        reader = self.Reader()
        reader.feed(text)
        reader.close()
        self.assertIsNone(re.search(r"(?i)<script|https?:|url\(|@import| on\w+=", text))
        for tag, name, value in reader.attributes:
            if name in ("src", "href"):
                self.assertEqual(tag, "img")
                self.assertTrue(value.startswith("data:image/jpeg;base64,"))
                self.assertEqual(base64.b64decode(value.split(",")[1], validate=True)[:3], b"\xff\xd8\xff")
        return text, reader

    def make_wrong(self):
        """Each picture in the other's folder."""
        self.write("data/red screen/<b>&.png", solid((0, 255, 0)))
        self.write("data/green screen/a.png", solid((255, 0, 0)))
        return self.path("data")

    def test_page(self):
        page = self.path("page.html")
        self.evaluate("--data", self.make_wrong(), "--html", page)
        text, reader = self.read(page)
        self.assertEqual(reader.tags.count("img"), 2)
        self.assertIn("prefers-color-scheme:dark", text)
        self.assertIn("red screen/<b>&.png ", "".join(reader.words))
        self.assertEqual(reader.tags.count("b"), 7)  # five figures, two mistakes; none by a file's name
        self.assertIn("svg", reader.tags)
        self.assertIn("Confusion", reader.words)
        for tag in ("table", "svg", "figure", "div"):
            self.assertEqual(len(re.findall(rf"<{tag}[ >]", text)), text.count(f"</{tag}>"), tag)

    def test_all_right(self):
        page = self.path("page.html")
        self.evaluate("--data", self.make_folders(1), "--html", page)
        _, reader = self.read(page)
        self.assertNotIn("img", reader.tags)

    def test_many_classes(self):
        """A map instead of a matrix of numbers."""
        names = [f"word {i}" for i in range(60)]
        for i, name in enumerate(names):
            self.write(f"data/{name}/a.png", noise(i))
        page = self.path("page.html")
        done = run("--data", self.path("data"), "--model", MODEL, "--html", page)
        self.assertEqual(done.returncode, 0)
        text, _ = self.read(page)
        self.assertIn('aria-label="confusion matrix"', text)
        self.assertNotIn('class="matrix"', text)
        self.assertIn(b"worst classes", done.stdout)

    def test_whole_or_not(self):
        """Where it cannot be written the old page stays, and nothing half."""
        data = self.make_wrong()
        page = self.write("page.html", "old")

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))

        done = run("--data", data, "--html", page, preexec_fn=limit, env={**os.environ, "XDG_CACHE_HOME": "/dev/null"})
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.assertRegex(done.stderr, rb"\Acliptag eval: [^\n]*page\.html: cannot be written: [^\n]*\n\Z")
        with open(page) as file:
            self.assertEqual(file.read(), "old")
        self.assertEqual(sorted(os.listdir(self.folder)), ["data", "page.html"])

    def test_turned(self):
        """Thumbnails are upright: a picture of four colours, by each of EXIF's orientations."""
        colours = {"r": (255, 0, 0), "g": (0, 255, 0), "b": (0, 0, 255), "w": (255, 255, 255)}
        rows = [b"".join(bytes(colours[c]) * 30 for c in pair) * 20 for pair in ("rg", "bw")]
        upright = ["rgbw", "grwb", "wbgr", "bwrg", "rbgw", "brwg", "wgbr", "gwrb"]  # rows, EXIF's 1 to 8
        plain = png(b"".join(rows), 60, 40)
        for i in range(8):
            exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0" + bytes([i + 1, 0, 0, 0]) + bytes(4)
            chunk = struct.pack(">I", len(exif)) + b"eXIf" + exif + struct.pack(">I", zlib.crc32(b"eXIf" + exif))
            self.write(f"data/b/{i}.png", plain[:33] + chunk + plain[33:])
        self.write("data/a/0.png", plain)
        classes = self.write("classes.txt", "clear\nclear\n")  # of two that are the same the first wins
        page = self.path("page.html")
        arguments = ["--data", self.path("data"), "--classes", classes, "--by-order", "--html", page]
        self.assertEqual(run(*arguments).returncode, 0)
        _, reader = self.read(page)
        pictures = [value for _, name, value in reader.attributes if name == "src"]
        self.assertEqual(len(pictures), 8)
        captions = re.findall(r"b/(\d)\.png", "".join(reader.words))
        for i, picture in zip(map(int, captions), pictures):
            size = (60, 40) if i < 4 else (40, 60)
            jpeg = self.write("a.jpg", base64.b64decode(picture.split(",")[1]))
            raw = self.path("a.raw")
            subprocess.run(["gst-launch-1.0", "-q", *f"filesrc location={jpeg} ! jpegdec ! videoconvert ! "
                            f"video/x-raw,format=RGBx,width={size[0]},height={size[1]} ! filesink location={raw}".split()],
                           check=True, timeout=TIMEOUT)
            with open(raw, "rb") as file:
                data = file.read()
            found = ""
            for x, y in ((0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)):
                at = 4 * (int(size[1] * y) * size[0] + int(size[0] * x))
                found += min(colours, key=lambda c: sum((a - b) ** 2 for a, b in zip(colours[c], data[at:at + 3])))
            self.assertEqual(found, upright[i], f"orientation {i + 1}")


class Groups(Case):
    def setUp(self):
        super().setUp()
        path = self.write("groups.json", '{"groups":[{"name":"a","prompts":["clear","dark"]}]}')
        self.write("x/clear/a.png", solid((255, 255, 255)))
        if b"unknown key 'groups'" in run("--data", self.path("x"), "--prompts-file", path).stderr:
            self.skipTest("prompts files have no groups")

    def test_groups(self):
        """Each question by itself; a sample without a label of it is none of these."""
        self.write("a.png", solid((255, 0, 0)))
        self.write("b.png", solid((0, 255, 0)))
        self.write("c.png", solid((255, 255, 255)))
        prompts = self.write("prompts.json", json.dumps({"version": 1, "groups": [
            {"name": "colour", "prompts": [{"text": "a solid red screen", "label": "red"},
                                           {"text": "a solid green screen", "label": "green"},
                                           {"text": "a white screen", "label": "white", "negative": True}],
             "none": "neither"},
            {"name": "light", "prompts": [{"text": "a white screen", "label": "white"},
                                          {"text": "a black screen", "label": "black"}]}]}))
        path = self.write("set.csv", "file,label\na.png,red\nb.png,green\nc.png,white\n")
        lines = self.evaluate("--data", path, "--prompts-file", prompts,
                              stderr=run("--data", path, "--prompts-file", prompts).stderr)
        results = {line["group"]: line for line in lines["result"]}
        self.assertEqual(set(results), {"colour", "light"})
        self.assertEqual((results["colour"]["samples"], results["colour"]["top1"]), (3, 1))
        self.assertEqual((results["light"]["samples"], results["light"]["top1"]), (1, 1))
        counts = {(line["group"], line["label"]): line["samples"] for line in lines["class"]}
        self.assertEqual(counts["colour", "neither"], 1)

    def test_qualified(self):
        """Two groups with a class of one name."""
        self.write("a.png", solid((255, 0, 0)))
        group = [{"text": "a solid red screen", "label": "red"}, {"text": "a black screen", "label": "black"}]
        prompts = self.write("prompts.json", json.dumps({"groups": [{"name": "a", "prompts": group},
                                                                    {"name": "b", "prompts": group}]}))
        path = self.write("set.csv", "file,label\na.png,red\n")
        self.refuse("--data", path, "--prompts-file", prompts, says=["set.csv:2", "several classes", "GROUP/LABEL"])
        path = self.write("set.csv", "file,label\na.png,b/red\n")
        lines = self.evaluate("--data", path, "--prompts-file", prompts,
                              stderr=run("--data", path, "--prompts-file", prompts).stderr)
        self.assertEqual([line["group"] for line in lines["result"]], ["b"])

    def test_pictures(self):
        """Prompts that are pictures, relative to the prompts file; a broken one is named."""
        for name, colour in COLOURS.items():
            self.write(f"{name}.png", solid(colour))
            self.write(f"data/{name}/a.png", solid([max(c - 20, 0) for c in colour]))
        prompts = self.write("prompts.json", json.dumps({"prompts": [{"image": f"{name}.png", "label": name}
                                                                     for name in COLOURS]}))
        arguments = ["--data", self.path("data"), "--prompts-file", prompts, "--model", MODEL]
        self.assertEqual(self.evaluate(*arguments)["result"][0]["top1"], 1)
        self.write("red screen.png", "no picture")
        self.refuse(*arguments, says="red screen.png")

    def test_z_score(self):
        prompts = self.write("prompts.json", json.dumps({"groups": [
            {"name": "a", "score_mode": "z-score", "prompts": ["red screen", "clear"]}]}))
        self.refuse("--data", self.make_folders(1), "--prompts-file", prompts,
                    says="no prompt")
        self.write("one/red screen/a.png", solid((255, 0, 0)))
        self.refuse("--data", self.path("one"), "--prompts-file", prompts, says=['group "a"', "z-score"])


if __name__ == "__main__":
    unittest.main()
