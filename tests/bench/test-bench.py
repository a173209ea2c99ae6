# SPDX-License-Identifier: MIT
#
# test-bench.py COMMAND…: what scripts read of `cliptag bench`: JSON lines, with operation counts that are worked out here
# again; the protocol of --serve and the embeddings it writes, against a golden model; and how it ends when something is
# wrong. Of its figures only what must hold at any speed is checked.
import array
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

BENCH = sys.argv[1:]
GOLDEN = os.path.abspath(os.environ["CLIPTAG_GOLDEN"])
TIMEOUT = 60
TOLERANCE = 5e-6  # see tests/golden/README.md


def run(*args, text=None):
    return subprocess.run([*BENCH, *args], input=text, capture_output=True, text=True, timeout=TIMEOUT)


def read_tensor(case, name):
    with open(os.path.join(GOLDEN, case, "expected.safetensors"), "rb") as file:
        data = file.read()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    begin, end = json.loads(data[8:start])[name]["data_offsets"]
    return data[start + begin : start + end]


def operations(case, tower):
    """1e9 operations of one picture or text: in the blocks' layers, in attention, in the patches' layer, and in the
    last projection. The last block goes on with one row behind attention."""
    with open(os.path.join(GOLDEN, case, "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    dim, config = config["projection_dim"], config[{"image": "vision_config", "text": "text_config"}[tower]]
    width, mlp, layers = config["hidden_size"], config["intermediate_size"], config["num_hidden_layers"]
    if tower == "image":
        patch = config["patch_size"]
        patches = (config["image_size"] // patch) ** 2
        tokens, first = patches + 1, patches * 3 * patch**2 * width
    else:
        tokens, first = config["max_position_embeddings"], 0
    rows = (layers - 1) * tokens + 1
    blocks = layers * tokens * 3 * width**2 + rows * (width**2 + 2 * width * mlp)
    attention = layers * 2 * tokens**2 * width
    return 2e-9 * blocks, 2e-9 * attention, 2e-9 * first, 2e-9 * width * dim


class Measuring(unittest.TestCase):
    def check_json(self, precision):
        case = "patch16-oddheads"
        result = run("--model", os.path.join(GOLDEN, case), "--batch", "3", "--threads", "2", "--seconds", "0.1",
                     "--precision", precision, "--json")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        rows = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual([row["tower"] for row in rows], ["image", "text"])
        for row in rows:
            self.assertEqual((row["model"], row["batch"], row["threads"]), (case, 3, 2))
            self.assertGreaterEqual(row["runs"], 7)
            self.assertLessEqual(row["ms_p50"], row["ms_p95"])
            self.assertAlmostEqual(row["ms_p50"] * row["per_second"] / 1e3, 1, places=4)
            blocks, attention, first, last = operations(case, row["tower"])
            total = blocks + attention + first + last
            f32, bf16, int8 = row["gflop_f32"], row["gflop_bf16"], row["gflop_int8"]
            self.assertAlmostEqual((f32 + bf16 + int8) / total, 1, places=4)
            self.assertAlmostEqual(row["gflops"] / (total * row["per_second"]), 1, places=4)
            if precision == "bf16":
                self.assertEqual((row["int8_layers"], row["bf16_layers"], int8), (0, row["layers"], 0))
                self.assertAlmostEqual(bf16 / (blocks + attention), 1, places=4)
            elif precision == "int8":  # the rest, but for the last projection, is in bf16 where the CPU is fast at it
                self.assertEqual((row["int8_layers"], row["bf16_layers"]), (row["layers"], 0))
                self.assertAlmostEqual(int8 / blocks, 1, places=4)
                self.assertAlmostEqual(bf16 / (attention + first), 1 if bf16 else 0, places=4)
            elif precision == "f32":
                self.assertEqual((row["int8_layers"], row["bf16_layers"], bf16 + int8), (0, 0, 0))
            if precision != "auto":
                self.assertEqual(row["precision"], precision)
            if "percent_of_peak" in row:
                seconds = row["gflop_f32"] / row["peak_f32_gflops"]
                for arithmetic in ("int8", "bf16"):
                    if row["gflop_" + arithmetic]:
                        seconds += row["gflop_" + arithmetic] / row[f"peak_{arithmetic}_gflops"]
                self.assertAlmostEqual(row["percent_of_peak"] / (100 * seconds * row["per_second"]), 1, places=4)
            self.assertTrue(all(ms > 0 for ms in row["stages_ms"].values()), row)
            self.assertIn("attention", row["stages_ms"])
        return rows

    def test_json(self):
        for precision in ("f32", "int8", "bf16", "auto"):
            self.check_json(precision)

    def test_table(self):
        result = run("--model", os.path.join(GOLDEN, "patch32-quick"), "--seconds", "0")
        self.assertEqual(result.returncode, 0)
        lines = result.stdout.splitlines()
        self.assertTrue(lines[0].startswith("patch32-quick: "), lines[0])
        self.assertEqual([line.split()[0] for line in lines if line[:5] in ("image", "text ")], ["image", "text"])
        shares = [float(line.split()[-2]) for line in lines if line.startswith("  ")]
        self.assertEqual(len(shares) % 2, 0)
        self.assertAlmostEqual(sum(shares), 200, delta=len(shares) * 0.05)

    def test_awkward_name(self):
        with tempfile.TemporaryDirectory() as folder:
            link = os.path.join(folder, 'a "b" \\ \u00fc')
            os.symlink(os.path.join(GOLDEN, "vision-only"), link)
            result = run("--model", link, "--seconds", "0", "--json")
            self.assertEqual(json.loads(result.stdout)["model"], 'a "b" \\ \u00fc')


class Warnings(unittest.TestCase):
    def test_not_a_number(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(os.path.join(GOLDEN, "vision-only"), folder, dirs_exist_ok=True)
            path = os.path.join(folder, "model.safetensors")
            with open(path, "rb") as file:
                weights = file.read()
            with open(path, "wb") as file:
                file.write(weights[:-64] + b"\xff" * 64)
            result = run("--model", folder, "--seconds", "0", "--json")
            self.assertEqual(result.returncode, 0)
            self.assertEqual(len(result.stdout.splitlines()), 1)
            self.assertRegex(result.stderr, r"\Acliptag bench: warning: [^\n]*tensor '[^\n]* NaN or infinite[^\n]*\n\Z")


class Serving(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.pixels = os.path.join(self.folder.name, "pixels")
        self.embeddings = os.path.join(self.folder.name, "embeddings")
        with open(self.pixels, "wb") as file:
            file.write(read_tensor("vision-only", "pixel_values"))

    def serve(self, *args, text=None):
        return run("--model", os.path.join(GOLDEN, "vision-only"), "--pixels", self.pixels, *args, text=text)

    def check_embeddings(self):
        with open(self.embeddings, "rb") as file:
            found = array.array("f", file.read())
        expected = array.array("f", read_tensor("vision-only", "image_embeds"))
        self.assertEqual(len(found), len(expected))
        for a, b in zip(found, expected):
            self.assertAlmostEqual(a, b, delta=TOLERANCE)

    def test_embeddings(self):
        result = self.serve("--embeddings", self.embeddings)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))
        self.check_embeddings()

    def test_protocol(self):
        result = self.serve("--embeddings", self.embeddings, "--batch", "2", "--serve", text="run 1\nrun 12\n")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        ready, *times = result.stdout.splitlines()
        self.assertTrue(ready.startswith("ready f32 by "), ready)
        self.assertEqual(len(times), 2)
        for time in times:
            self.assertGreater(float(time), 0)
        self.check_embeddings()

    def test_bad_lines(self):
        for line in ("walk 3", "run", "run 0", "run -1", "run 3 4", "run " + "9" * 40):
            result = self.serve("--serve", text="run 1\n" + line + "\nrun 1\n")
            self.assertEqual(result.returncode, 1, line)
            self.assertEqual(len(result.stdout.splitlines()), 2, line)
            self.assertRegex(result.stderr, r'\Acliptag bench: stdin: "[^"]*", expected "run N" [^\n]*\n\Z')

    def test_bad_files(self):
        for size in (0, 4, 3 * 32 * 32 * 4 * 2 - 1):
            with open(self.pixels, "wb") as file:
                file.write(bytes(size))
            result = self.serve("--embeddings", self.embeddings)
            self.assertEqual(result.returncode, 1)
            self.assertRegex(result.stderr, rf"\Acliptag bench: {self.pixels}: {size} bytes, expected [^\n]*\n\Z")
            self.assertFalse(os.path.exists(self.embeddings))
        os.unlink(self.pixels)
        self.assertEqual(self.serve().returncode, 1)


class Wrong(unittest.TestCase):
    def test_usage(self):
        for args in (["--serve"], ["--embeddings", "x"], ["--batch", "0"], ["--precision", "int9"], ["--threads", "-1"], ["x"], ["--nonsense"],
                     ["--model", "a", "--random", "vit-b-32"]):
            result = run(*args)
            self.assertEqual(result.returncode, 2, args)
            self.assertRegex(result.stderr, r"\Acliptag bench: [^\n]*\n\Z")

    def test_model(self):
        for args in (["--model", "/nowhere"], ["--random", "vit-x-1"]):
            result = run(*args)
            self.assertEqual((result.returncode, result.stdout), (1, ""))
            self.assertRegex(result.stderr, r"\Acliptag bench: [^\n]*\n\Z")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
