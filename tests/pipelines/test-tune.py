# SPDX-License-Identifier: MIT
#
# test-tune.py CLIPTAG: `cliptag tune` and `cliptag prompts --try`: what they find on pictures and recordings that GStreamer
# draws, that a tuned file does what was said of it, and what is refused and how. test-tune-fits.c has the arithmetic.
import html.parser
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
from labelled import CLIPTAG, COLOURS, MODEL, TIMEOUT, solid  # noqa: E402
import labelled  # noqa: E402

PROMPTS = "red screen;green screen;blue screen"


class Case(labelled.Case):
    command = "tune"

    def read(self, *arguments, status=0):
        """Both outputs, as text."""
        done = self.run_command(*arguments)
        self.assertEqual(done.returncode, status, done.stderr.decode())
        return done.stdout.decode(), done.stderr.decode()

    def evaluate(self, data, prompts, *more):
        done = subprocess.run([CLIPTAG, "eval", "--json", "--data", data, "--prompts-file", prompts, *more],
                              capture_output=True, timeout=TIMEOUT, check=True)
        return [json.loads(line) for line in done.stdout.decode().splitlines()]

    def tune(self, data, *arguments):
        out, err = self.read("--json", "--data", data, "-o", self.path("tuned.json"), *arguments)
        self.assertEqual(err, "")
        with open(self.path("tuned.json")) as file:
            return json.loads(out), json.load(file)


class Tune(Case):
    def test_refused(self):
        for arguments, says in (
                ([], "--data"), (["-d", "x"], "--output"), (["-d", "x", "-o", "y", "z"], "options only"),
                (["-d", "x", "-o", "y", "--layout", "zip"], "--layout"),
                (["-d", "x", "-o", "y", "--method", "best"], "auto, text, examples or probe"),
                (["-d", "x", "-o", "y", "--limit", "-1"], "--limit")):
            self.refuse(*arguments, says=says, status=2)
        data = self.make_folders(2, 8)
        output = self.path("tuned.json")
        self.refuse("-d", self.path("none"), "-o", output, says=["none", "No such file"])
        self.refuse("-d", data, "-o", self.path("none/tuned.json"), says=["tuned.json", "cannot be written"])
        self.refuse("-d", data, "-o", self.folder, says=[self.folder, "expected a regular file"])
        self.refuse("-d", data, "-o", output, "-P", PROMPTS, says=["at least 4 recordings or pictures", "found 2"])
        self.refuse("-d", data, "-o", output, "-P", "red screen;a dog", says="blue screen")
        groups = self.write("groups.json", json.dumps({"groups": [
            {"name": "a", "prompts": ["red screen", "green screen", "blue screen"]}, {"name": "b", "prompts": ["day"]}]}))
        self.refuse("-d", data, "-o", output, "--prompts-file", groups, says=["2 groups", "a file of its own"])
        self.assertFalse(os.path.exists(output))

    def test_two_labels(self):
        self.make_folders(4, 8)
        rows = "".join(f"data/{name}/{i}.png,,,{name}|green screen\n" for name in COLOURS for i in range(4))
        data = self.write("set.csv", "file,start,end,label\n" + rows)
        self.refuse("-d", data, "-o", self.path("tuned.json"), "-P", PROMPTS,
                    says=["'green screen'", "at once", "expected one at a time"])

    def write_set(self, *rows):
        """A .csv of (label, number of pictures, their colour)."""
        lines = ["file,start,end,label"]
        for label, n, colour in rows:
            for i in range(n):
                name = f"set/{len(lines)}.png"
                self.write(name, solid([abs(c - 4 * i) for c in COLOURS[colour]]))
                lines.append(f"{name},,,{label}")
        return self.write("set.csv", "\n".join(lines) + "\n")

    def test_unlabelled(self):
        data = self.write_set(("", 6, "red screen"))
        self.refuse("-d", data, "-o", self.path("tuned.json"), "-P", PROMPTS, says="nothing in the data has a label")
        self.assertFalse(os.path.exists(self.path("tuned.json")))

    def test_unseen_label(self):
        """A label without samples stays a text: a probe would never say it."""
        data = self.write_set(("red screen", 12, "red screen"), ("green screen", 12, "green screen"))
        said, file = self.tune(data, "-P", PROMPTS)
        self.assertNotEqual(said["kind"], "probe")
        self.assertIn({"label": "blue screen", "text": "blue screen"},
                      [{key: prompt.get(key) for key in ("label", "text")} for prompt in file["groups"][0]["prompts"]])
        text, _ = self.read("-d", data, "-P", PROMPTS, "-o", self.path("tuned.json"))
        self.assertIn("'blue screen' has no sample", text)
        self.refuse("-d", data, "-o", self.path("tuned.json"), "-P", PROMPTS, "--method", "probe",
                    says=["--method", "found none of 'blue screen'"])

    def test_one_label(self):
        data = self.write_set(("red screen", 12, "red screen"))
        text, _ = self.read("-d", data, "-P", "red screen", "-o", self.path("tuned.json"))
        self.assertIn("'red screen' is all there is", text)

    def test_worse(self):
        """Pictures of a label that have one name are left out together, so that a probe knows nothing of them."""
        lines = ["file,start,end,label"]
        for name, i in [(name, i) for name in COLOURS for i in range(6)] + [("red", 0)]:
            picture = f"set/{i}/{name}.png"
            label = "red screen" if name == "red" else name
            self.write(picture, solid([abs(c - 4 * i) for c in COLOURS[label]]))
            lines.append(f"{picture},,,{label}")
        data = self.write("set.csv", "\n".join(lines) + "\n")
        arguments = ["-d", data, "-P", PROMPTS, "-o", self.path("tuned.json")]
        text, _ = self.read(*arguments, "--method", "probe")
        self.assertIn("worse than before", text)
        text, _ = self.read(*arguments, "--method", "text")
        self.assertNotIn("worse than before", text)

    def test_methods(self):
        """Each kind of file is taken by the engine and does on its data what was said."""
        data = self.make_folders(8, 8)
        for method, kind in (("text", "text"), ("examples", "sum"), ("probe", "probe")):
            said, file = self.tune(data, "-P", PROMPTS, "--method", method)
            self.assertEqual((said["kind"], said["samples"], said["origins"], said["folds"]), (kind, 24, 8, 5))
            self.assertEqual(file["version"], 1)
            self.assertEqual([prompt["label"] for prompt in file["groups"][0]["prompts"]], list(COLOURS))
            self.assertEqual(os.path.exists(self.path("tuned.safetensors")), method != "text")
            result = next(line for line in self.evaluate(data, self.path("tuned.json")) if line["type"] == "result")
            self.assertGreaterEqual(result["top1"], said["before"]["top1"])
            if method != "probe":  # which has to do with few examples, and is what was asked for
                self.assertLessEqual(said["loss"], said["loss_before"])
            if method != "text":
                os.unlink(self.path("tuned.safetensors"))
        self.assertEqual(said["tuned"]["top1"], 1)

    def test_auto(self):
        """The text answers by itself too, thresholds are in the file, and the sentences say what is."""
        data = self.make_folders(8, 8)
        said, file = self.tune(data, "-P", PROMPTS)
        self.assertEqual(set(said["thresholds"]), set(COLOURS))
        for prompt in file["groups"][0]["prompts"]:
            self.assertAlmostEqual(prompt["threshold"], said["thresholds"][prompt["label"]], 3)
            self.assertLess(prompt["off_threshold"], prompt["threshold"])
        text, _ = self.read("-d", data, "-P", PROMPTS, "-o", self.path("tuned.json"))
        for words in ("24 samples of 3 labels from 8 origins", "calibration error", "'red screen' counts from",
                      "false alarms per day are not known", "Written: "):
            self.assertIn(words, text)

    def test_other_model(self):
        data = self.make_folders(8, 8)
        self.tune(data, "-P", PROMPTS, "--method", "probe")
        done = subprocess.run([CLIPTAG, "eval", "--data", data, "-m", MODEL, "--prompts-file", self.path("tuned.json")],
                              capture_output=True, timeout=TIMEOUT)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr.decode(), r"\Acliptag eval: [^\n]*tuned\.safetensors[^\n]*fingerprint[^\n]*\n\Z")

    def test_same_again(self):
        data = self.make_folders(8, 8)
        first = self.tune(data, "-P", PROMPTS)
        self.assertEqual(first, self.tune(data, "-P", PROMPTS))


class Recordings(Case):
    """Five recordings: colour bars, red for some seconds, colour bars; in one of them nothing; 10 frames a second."""
    @classmethod
    def setUpClass(cls):
        cls.films = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.films)
        for number in range(5):
            red = 0 if number == 4 else 50 + 10 * number
            parts = "".join(f" videotestsrc pattern={pattern} num-buffers={n} ! video/x-raw,width=64,height=64,"
                            "framerate=10/1 ! c." for pattern, n in (("smpte", 40), ("red", red), ("smpte", 50)) if n)
            subprocess.run(["gst-launch-1.0", "-q", *("concat name=c ! jpegenc ! matroskamux ! filesink location="
                                                      + os.path.join(cls.films, f"{number}.mkv") + parts).split()],
                           check=True, timeout=TIMEOUT)

    def test_unseen(self):
        """A label that the data has no sample of does not become an alarm because scores become surer."""
        rows = "".join(f"{self.films}/{i}.mkv,4,{9 + i},red screen\n" for i in range(4)) + f"{self.films}/4.mkv,,,\n"
        data = self.write("set.csv", "file,start,end,label\n" + rows)
        prompts = self.write("prompts.json", json.dumps({"prompts": [
            {"text": "a solid red screen", "label": "red screen"}, {"text": "colour bars", "label": "bars"}]}))
        said, file = self.tune(data, "--prompts-file", prompts, "--frame-rate", "5", "--method", "text")
        self.assertGreaterEqual(said["thresholds"]["bars"], 0.95)  # "bars" have nearly all of what is not red
        self.assertLess(said["thresholds"]["red screen"], 0.95)
        self.assertEqual(file["groups"][0]["prompts"][1]["threshold"], said["thresholds"]["bars"])
        text, _ = self.read("-d", data, "--prompts-file", prompts, "-r", "5", "--method", "text", "-o",
                                   self.path("tuned.json"))
        self.assertIn("'bars' has too few samples; it counts from 0.95 on, above what others reached", text)

    def test_alarms(self):
        rows = "".join(f"{self.films}/{i}.mkv,4,{9 + i},red screen\n" for i in range(4)) + f"{self.films}/4.mkv,,,\n"
        data = self.write("set.csv", "file,start,end,label\n" + rows)
        prompts = self.write("prompts.json", json.dumps({"prompts": [
            {"text": "a solid red screen", "label": "red screen"}, {"text": "colour bars", "negative": True}]}))
        said, file = self.tune(data, "--prompts-file", prompts, "--frame-rate", "5")
        self.assertEqual((said["origins"], said["folds"], len(said["left_out"])), (5, 5, 5))
        tuned = said["tuned"]
        self.assertEqual((tuned["spans"], tuned["found"], tuned["false_alarms"]), (4, 4, 0))
        self.assertEqual((tuned["false_alarms_per_day"], tuned["low"]), (0, 0))
        self.assertGreater(tuned["high"], 0)  # nothing seen in a minute is not never
        for one in said["left_out"]:
            self.assertLessEqual(one["expected_low"], one["false_alarms"])
            self.assertGreaterEqual(one["expected_high"], one["false_alarms"])
        self.assertIn("smoothing", said)
        events = [line for line in self.evaluate(data, self.path("tuned.json"), "--frame-rate", "5")
                  if line["type"] == "events"][-1]
        self.assertEqual((events["spans"], events["events"], events["matched"]), (4, 4, 4))
        text, _ = self.read("-d", data, "--prompts-file", prompts, "-r", "5", "-o", self.path("tuned.json"))
        self.assertRegex(text, r"4 of 4 found, 0 false alarms: expect 0 a day \(95 %: 0 to \d+\)")
        self.assertIn("4.mkv: 0 false alarms in", text)


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.images, self.outside, self.text = 0, [], ""

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("src", "href") and not value.startswith("data:"):
                self.outside.append(value)
        self.images += tag == "img"

    def handle_data(self, data):
        self.text += data


class Prompts(Case):
    command = "prompts"

    def test_refused(self):
        for arguments, says in (([], "--try"), (["--try", "a"], "FILE"), (["x"], "--try"), (["--try", "a", "-n", "0", "x"], "1 to 20"),
                                (["--try", "a", "-n", "21", "x"], "1 to 20")):
            self.refuse(*arguments, says=says, status=2)
        picture = self.write("a.png", solid((255, 0, 0)))
        self.refuse("--try", ";", picture, says=["--try", "no prompts"])
        self.refuse("--try", "a;a", picture, says="wordings that differ")
        self.refuse("--try", ";".join(map(str, range(51))), picture, says="at most 50")
        self.refuse("--try", "a;b", "--templates", "no place", picture, says=["--templates", "{}"])
        out, err = self.read("--try", "a;b", self.path("none.png"), status=1)
        self.assertRegex(err, r"none\.png: No such file or directory\n.*no picture in it could be read\n\Z")
        self.refuse("--try", "a;b", "--html", self.path("none/p.html"), picture, says=["p.html", "cannot be written"])
        os.mkdir(self.path("empty"))
        self.refuse("--try", "a;b", self.path("empty"), says=["empty", "no picture"])

    def test_moments(self):
        data = self.make_folders(2, 8)
        folders = [os.path.join(data, name) for name in COLOURS]
        out, _ = self.read("--json", "--try", "a solid red screen;a solid green screen", "-n", "2", *folders)
        red, green = (json.loads(line) for line in out.splitlines())
        self.assertEqual((red["text"], red["pictures"]), ("a solid red screen", 6))
        self.assertEqual([moment["strong"] for moment in red["moments"]], [True, True, False, False])
        for wording, name in ((red, "red screen"), (green, "green screen")):
            for moment in wording["moments"]:
                self.assertEqual(f"/{name}/" in moment["file"], moment["strong"], wording)
                self.assertEqual([score["template"] for score in moment["scores"]],
                                 ["{}", "a photo of {}.", "a frame of a video of {}.", None])
            self.assertGreater(wording["strongest"], 0.5)
            self.assertLess(wording["weakest"], 0.5)

    def test_table_and_page(self):
        data = self.make_folders(1, 8)
        page = self.path("page.html")
        pictures = [os.path.join(data, name, "0.png") for name in COLOURS]
        text, _ = self.read("--try", "a solid red screen;<b>&", "--templates", "{}", "-n", "1", "--html", page,
                                   *pictures)
        self.assertIn("Strongest | weakest moments of 'a solid red screen'", text)
        parser = Page()
        with open(page) as file:
            parser.feed(file.read())
        self.assertEqual((parser.outside, parser.images), ([], 4))
        self.assertIn("<b>&", parser.text)


if __name__ == "__main__":
    unittest.main()
