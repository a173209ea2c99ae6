#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# test-examples.py: the small programs of pipelines/examples/ run as they stand and print what is in the picture: each
# Python example as its own process, the C one built by the line in its head. Exits with 77 (skipped) without PyGObject.
import glob
import os
import subprocess
import sys
import tempfile
import unittest

try:
    import gi
    gi.require_version('Gst', '1.0')
    gi.require_version('GstVideo', '1.0')
    from gi.repository import Gst
    Gst.Fraction(1, 1)  # of python3-gst-1.0's overrides
except (ImportError, ValueError, AttributeError) as missing:
    print('SKIP: %s, nothing was tested' % missing, file=sys.stderr)
    sys.exit(77)

EXAMPLES = os.path.join(os.environ['CLIPTAG_SOURCE_ROOT'], 'pipelines', 'examples')
BUILD = os.environ['CLIPTAG_BUILD']
HANG = 100  # seconds after which a program is taken to hang


def command(name, *args):
    return [sys.executable, os.path.join(EXAMPLES, name), *args]


def run(args, **more):
    return subprocess.run(args, capture_output=True, text=True, timeout=HANG, **more)


class Examples(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def lines(self, args):
        done = run(args)
        self.assertEqual((done.returncode, done.stderr), (0, ''), done)
        return done.stdout.splitlines()

    def clip(self):
        """Two seconds of a checkerboard."""
        path = os.path.join(self.folder, 'a "clip" 100%.avi')
        done = run(['gst-launch-1.0', '-q', 'videotestsrc', 'pattern=checkers-8', 'num-buffers=60', '!', 'jpegenc', '!',
                    'avimux', '!', 'filesink', 'location="%s"' % path.replace('"', '\\"')])
        self.assertEqual((done.returncode, done.stderr), (0, ''), done)
        return path

    def test_labels_pad_probe(self):
        # Sixty frames at 30/s, two samples a second: each result once.
        lines = self.lines(command('labels-pad-probe.py'))
        self.assertEqual([line.split(' s: ')[0] for line in lines], ['0.00', '0.50', '1.00', '1.50'])
        for line in lines:
            self.assertRegex(line, r' s: colour bars \d+ %, .+ \d+ %$')
        for line in self.lines(command('labels-pad-probe.py', 'a dark picture;a checkerboard')):
            self.assertRegex(line, r' s: (a dark picture|a checkerboard) \d+ %, (a dark picture|a checkerboard) \d+ %$')

    def test_labels_appsink(self):
        lines = self.lines(command('labels-appsink.py'))
        self.assertEqual(lines.pop(), '45 frames')
        self.assertEqual([line.split(': ')[0] for line in lines], ['0.00 s, 320x240', '0.27 s, 320x240'] * 3)
        self.assertIn('colour bars', lines[0])
        self.assertIn('black screen', lines[2])
        lines = self.lines(command('labels-appsink.py', self.clip()))
        self.assertEqual(lines.pop(), '60 frames')
        self.assertEqual(len(lines), 8, lines)
        for line in lines:
            self.assertIn('320x240: checkerboard ', line)

    def test_prompts_live(self):
        with subprocess.Popen(command('prompts-live.py'), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as child:
            self.addCleanup(child.kill)

            def next_line(prompts=None):
                if prompts is not None:
                    print(prompts, file=child.stdin, flush=True)
                return child.stdout.readline().strip()

            # It says only what has changed, so each line answers one change, however long that takes.
            self.assertEqual(next_line(), 'now: colour bars')
            self.assertEqual(next_line('vertical colour bars;a dark picture'), 'now: vertical colour bars')
            self.assertRegex(next_line(' ; '), '^warning: .*prompts')
            self.assertEqual(next_line('a test pattern;a dark picture'), 'now: a test pattern')
            rest, errors = child.communicate(timeout=HANG)
            self.assertEqual((child.returncode, rest, errors), (0, '', ''))

    def test_regions(self):
        lines = self.lines(command('regions.py'))
        self.assertEqual([line.split(' %')[0].rsplit(' ', 1)[0] for line in lines], [
            '0.0 s, region 1: colour bars', '0.0 s, region 2: checkerboard',
            '0.5 s, region 1: colour bars', '0.5 s, region 2: checkerboard'])

    def test_events(self):
        lines = self.lines(command('events.py'))
        self.assertEqual(lines[0], '0.0 s: colour bars')
        self.assertRegex(lines[1], r'^2\.8 s: no more colour bars, \d+ % on average \(segment\)$')
        self.assertEqual(lines[2], '3.0 s: black screen')
        self.assertRegex(lines[3], r'^5\.8 s: no more black screen, \d+ % on average \(segment\)$')
        self.assertEqual(lines[4], '6.0 s: checkerboard')
        self.assertRegex(lines[5], r'^8\.8 s: no more checkerboard, \d+ % on average \(eos\)$')
        self.assertEqual(len(lines), 6)
        lines = self.lines(command('events.py', self.clip(), 'a checkerboard;a dark picture'))
        self.assertEqual(len(lines), 2, lines)
        self.assertEqual(lines[0], '0.0 s: a checkerboard')
        self.assertRegex(lines[1], r'^1\.8 s: no more a checkerboard, \d+ % on average \(eos\)$')

    def test_errors_are_one_line(self):
        for example in 'labels-appsink', 'events':
            done = run(command(example + '.py', '/no/such.avi'))
            self.assertEqual((done.returncode, done.stdout), (1, ''), done)
            self.assertRegex(done.stderr, r'\A%s: .+\n\Z' % example)

    def test_print_labels_c(self):
        source = os.path.join(EXAMPLES, 'print-labels.c')
        with open(source, encoding='utf-8') as file:
            text = file.read().splitlines()
        self.assertLess(len(text), 80)
        line = [row[3:].strip() for row in text[:10] if 'pkg-config' in row]
        self.assertEqual(len(line), 1, 'the head of print-labels.c says how to build it')
        # As written, but that the library is the one just built.
        built = run(['sh', '-c', 'cd "$1" && %s' % line[0].replace('print-labels.c', '"$2"').replace('cc ', 'cc -Wall -Werror ', 1),
                     'sh', self.folder, source],
                    env={**os.environ, 'PKG_CONFIG_PATH': os.path.join(BUILD, 'meson-uninstalled')})
        self.assertEqual((built.returncode, built.stderr), (0, ''), built)

        program = os.path.join(self.folder, 'print-labels')
        lines = self.lines([program])
        self.assertEqual([row[:12] for row in lines], ['0:00:00.0000', '0:00:00.5000', '0:00:01.0000', '0:00:01.5000'])
        for row in lines:
            self.assertRegex(row, r' colour bars \d+ %, .+ \d+ %$')
        lines = self.lines([program, Gst.filename_to_uri(self.clip())])
        self.assertEqual(len(lines), 4, lines)
        for row in lines:
            self.assertIn(' checkerboard ', row)
        done = run([program, 'file:///no/such.avi'])
        self.assertEqual((done.returncode, done.stdout), (1, ''), done)
        self.assertRegex(done.stderr, r'\Aprint-labels: .+\n\Z')

    def test_none_is_forgotten(self):
        """Every Python and C example has a test here, or is a program with tests of its own."""
        tested = {name[len('test_'):].replace('_', '-') for name in dir(self) if name.startswith('test_')}
        found = {os.path.splitext(os.path.basename(path))[0]: os.path.splitext(path)[1][1:]
                 for path in glob.glob(os.path.join(EXAMPLES, '*.py')) + glob.glob(os.path.join(EXAMPLES, '*.c'))}
        self.assertGreaterEqual(len(found), 5)
        for name, suffix in found.items():
            if name != 'rtsp-loop':  # test-live.c and test-live-scripts.sh
                self.assertIn(name + '-c' if suffix == 'c' else name, tested)


if __name__ == '__main__':
    Gst.init(None)
    unittest.main(verbosity=2)
