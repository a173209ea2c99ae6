# SPDX-License-Identifier: MIT
#
# test-cliptag.py CLIPTAG: the program around its subcommands: --help, help, --version, what it refuses and how; that
# options which several subcommands have are the same in all of them; and that only those start GStreamer which need it.
import functools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

CLIPTAG = os.path.abspath(sys.argv.pop(1))
TIMEOUT = 60
SHARED = {"--model", "--prompts", "--prompts-file", "--background", "--frame-rate", "--precision", "--threads", "--json"}


def run(*arguments, **settings):
    return subprocess.run([CLIPTAG, *arguments], capture_output=True, text=True, timeout=TIMEOUT, **settings)


@functools.lru_cache(None)
def read_commands():
    """{name: summary}, as --help lists them."""
    listed = run("--help").stdout.split("Commands:\n")[1].split("\n\n")[0]
    return dict(line.split(maxsplit=1) for line in listed.splitlines())


@functools.lru_cache(None)
def read_options(command):
    """{long option: (letter or None, what is after it, description)}, as --help lists them."""
    found = {}
    for line in run(command, "--help").stdout.splitlines():
        match = re.fullmatch(r"  (?:-(\w), )?(--[a-z-]+)(=\S+)? +(\S.*)", line)
        if match:
            found[match[2]] = match[1], match[3], match[4]
    return found


class Help(unittest.TestCase):
    def test_commands(self):
        commands = read_commands()
        self.assertGreaterEqual(set(commands), {"embed", "timeline", "cameras", "bench"})
        for arguments in (["--help"], ["-h"], ["help"], ["help", "--help"]):
            done = run(*arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
            self.assertEqual(done.stdout, run("--help").stdout)
        for command, summary in commands.items():
            self.assertRegex(summary, r"\A[A-Z].*[^.]\Z")

    def test_help_of_each(self):
        for command in read_commands():
            done = run(command, "--help")
            self.assertEqual((done.returncode, done.stderr), (0, ""), command)
            self.assertRegex(done.stdout, rf"\AUsage:\n  cliptag {command} \[OPTION", command)
            self.assertEqual(run("help", command).stdout, done.stdout)
            self.assertEqual(run(command, "-h").stdout, done.stdout)
            self.assertIn("--help", read_options(command))

    def test_version(self):
        for arguments in [["--version"]] + [[command, "--version"] for command in read_commands()]:
            done = run(*arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
            self.assertRegex(done.stdout, r"\Acliptag \d+\.\d+\.\d+\n\Z", arguments)


class Refusals(unittest.TestCase):
    def refuse(self, *arguments):
        done = run(*arguments)
        self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
        self.assertRegex(done.stderr, r"\Acliptag[^\n]*\n\Z", arguments)
        self.assertTrue(done.stderr[:-1].isprintable(), done.stderr)
        return done.stderr

    def test_program(self):
        self.refuse()
        self.refuse("")
        self.assertIn("--nonsense", self.refuse("--nonsense", "embed"))
        self.refuse("help", "embed", "bench")
        self.refuse("help", "help")
        self.refuse("a\n\x1b[31m\u202eb" * 1000)

    def test_nearest(self):
        for word, nearest in (("embd", "embed"), ("ebmed", "embed"), ("time", "timeline"), ("timelien", "timeline"),
                              ("camera", "cameras"), ("Bench", "bench"), ("b", "bench")):
            self.assertIn(f'unknown command "{word}", did you mean "{nearest}"?', self.refuse(word))
            self.assertIn(f'did you mean "{nearest}"?', self.refuse("help", word))
        for word in ("xyzzy", "embed-text", "é", "-", "embedembed"):
            self.assertNotIn("mean", self.refuse(word))

    def test_each(self):
        for command in read_commands():
            self.assertRegex(self.refuse(command, "--nonsense"), rf"\Acliptag {command}: .*--nonsense.* --help\)\n")
            for option in read_options(command).keys() & {"--frame-rate", "--threads", "--precision", "--seconds"}:
                for value in ("-1", "x", "99999999999"):
                    if (option, value) != ("--seconds", "99999999999"):
                        error = self.refuse(command, option, value, "file:///nowhere")
                        self.assertRegex(error, rf"\Acliptag {command}: .*{option}")


class Options(unittest.TestCase):
    def test_shared(self):
        """What several commands have is called and described alike, but for defaults."""
        seen, letters = {}, {}
        for command in read_commands():
            for option, (letter, value, description) in read_options(command).items():
                if letter:
                    self.assertEqual(letters.setdefault(letter, option), option, (command, letter))
                if option in SHARED:
                    ours = letter, value, re.sub(r" \(default.*\)", "", description)
                    self.assertEqual(seen.setdefault(option, ours), ours, (command, option))
        self.assertEqual(set(seen), SHARED)


class Locale(unittest.TestCase):
    def test_decimal_point(self):
        """Numbers are read and printed alike in every locale; scripts count on it."""
        with tempfile.TemporaryDirectory() as folder:
            name = os.path.join(folder, "de_DE.UTF-8")
            try:
                subprocess.run(["localedef", "-i", "de_DE", "-f", "UTF-8", name], capture_output=True, timeout=TIMEOUT,
                               check=True)
            except (OSError, subprocess.CalledProcessError):
                self.skipTest("no sources of locales (package locales)")
            german = {"env": {**os.environ, "LOCPATH": folder, "LC_ALL": "de_DE.UTF-8"}}
            line = '{"stream_time":%d00000000,"labels":[{"label":"a","confidence":0.625}]}\n'
            done = run("timeline", "--min-duration=0.5", input=line % 1 + line % 9, **german)
            self.assertEqual(done.stdout, "0:00:00.100 - 0:00:00.900   62.5 %   62.5 %  a\n")
            self.assertEqual(done.stderr, "")


class Start(unittest.TestCase):
    def test_gstreamer(self):
        """GStreamer opens the file for its debug log when it starts."""
        with tempfile.TemporaryDirectory() as folder:
            sign = os.path.join(folder, "gst.log")
            settings = {"env": {**os.environ, "GST_DEBUG": "1", "GST_DEBUG_FILE": sign,
                                "GST_REGISTRY": os.path.join(folder, "registry"), "GST_PLUGIN_SYSTEM_PATH_1_0": folder}}
            log = os.path.join(folder, "log")
            with open(log, "w") as file:
                file.write('{"stream_time":0,"labels":[{"label":"a","confidence":1}]}\n')
            self.assertEqual(run("timeline", log, **settings).returncode, 0)
            for command in read_commands():
                run(command, "--help", **settings)
                run(command, "--nonsense", **settings)
            run("bench", "--model", "/nowhere", **settings)
            self.assertFalse(os.path.exists(sign))
            run("embed", "--model", "/nowhere", "--text", "a", **settings)
            self.assertTrue(os.path.exists(sign))

    def test_bench_missing(self):
        """A cliptag without the engine's program beside it says so."""
        with tempfile.TemporaryDirectory() as folder:
            copy = os.path.join(folder, "cliptag")
            shutil.copy(CLIPTAG, copy)
            library = os.path.join(os.path.dirname(CLIPTAG), "../plugin/meta")
            done = subprocess.run([copy, "bench", "--help"], capture_output=True, text=True, timeout=TIMEOUT,
                                  env={**os.environ, "LD_LIBRARY_PATH": library})
            if done.returncode == 0:
                self.skipTest("it is installed where this build would be")
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertRegex(done.stderr, r"\Acliptag bench: cliptag-bench is not installed in /[^\n]*\n\Z")

    def test_environment(self):
        """The build's own environment has it in PATH."""
        script = os.path.join(os.path.dirname(CLIPTAG), "env.sh")
        done = subprocess.run(["sh", "-euc", '. "$1" && command -v cliptag', "sh", script], capture_output=True, text=True,
                              cwd="/", env={"PATH": os.environ["PATH"]}, timeout=TIMEOUT)
        self.assertEqual((done.stdout, done.stderr), (CLIPTAG + "\n", ""))


if __name__ == "__main__":
    unittest.main()
