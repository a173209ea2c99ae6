#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# test-readme.py: the README's commands work as written, and what it and the other pages refer to is there.
#
# Every line of README.md's ```sh blocks must be of a kind that is known here. What needs no network is run: with the
# built-in model for model=…, a short clip for recordings and network cameras, videotestsrc for webcams, fakesink for
# screens. The two commands under "Try it" have tests of their own, and so has installing.
import glob
import os
import re
import shlex
import subprocess
import tempfile
import unittest
from urllib.parse import unquote

ROOT = os.environ['CLIPTAG_SOURCE_ROOT']
BUILD = os.environ['CLIPTAG_BUILD']
HANG = 100  # seconds after which a command is taken to hang
MAX_LINES = 130

PAGES = sorted(os.path.relpath(path, ROOT) for pattern in ('*.md', 'docs/*.md', 'engine/camera-health/*.md', 'findings/*.md',
                                                          'tests/*/README.md')
               for path in glob.glob(os.path.join(ROOT, pattern)))


def read(page):
    with open(os.path.join(ROOT, page), encoding='utf-8') as file:
        return file.read()


def commands(page):
    """The logical lines of a page's ```sh blocks, comments left out."""
    found = []
    for block in re.findall(r'^```sh\n(.*?)^```$', read(page), re.M | re.S):
        for line in block.replace('\\\n', ' ').splitlines():
            words = shlex.split(line, comments=True)
            if words:
                found.append(re.sub(r'\s+#.*', '', ' '.join(line.split())))
    return found


def prose(page):
    """A page without its fenced and indented code."""
    text = re.sub(r'^```.*?^```$', '', read(page), flags=re.M | re.S)
    return re.sub(r'^(    |\t)(?![-*]).*$', '', text, flags=re.M)


def anchors(page):
    """The names that GitHub gives to a page's headings."""
    found = []
    for heading in re.findall(r'^#+ +(.*?) *#*$', prose(page), re.M):
        heading = re.sub(r'\[([^]]*)\]\([^)]*\)', r'\1', heading)
        name = re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', '-')
        n = sum(1 for other in found if re.sub(r'-\d+$', '', other) == name)
        found.append('%s-%d' % (name, n) if n else name)
    return found


class Readme(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.names = []
        for top, folders, files in os.walk(ROOT):
            folders[:] = [name for name in folders if not name.startswith('.') and not os.path.exists(
                os.path.join(top, name, 'build.ninja'))]
            cls.names += [os.path.relpath(os.path.join(top, name), ROOT) for name in files + folders]
        with open(os.path.join(cls.folder.name, 'prompts.txt'), 'w', encoding='utf-8') as file:
            file.write('# for the README\na checkerboard\na dark picture\n')
        cls.shell('gst-launch-1.0 -q videotestsrc pattern=checkers-8 num-buffers=60 ! jpegenc ! avimux '
                  '! filesink location=yard.mp4')

    @classmethod
    def shell(cls, command):
        """Runs it as a reader would, who has sourced the build's environment."""
        done = subprocess.run(['sh', '-c', '. "$1" && %s' % command, 'sh', os.path.join(BUILD, 'pipelines', 'env.sh')],
                              cwd=cls.folder.name, capture_output=True, text=True, timeout=HANG)
        if done.returncode != 0:
            raise AssertionError('%s\nexit status %d\n%s' % (command, done.returncode, done.stderr))
        return done.stdout

    def run_gst_launch(self, command):
        clip = 'file://' + os.path.join(self.folder.name, 'yard.mp4')
        for pattern, replacement in ((r' model=\S+', ''), (r'\bv4l2src\b', 'videotestsrc is-live=true num-buffers=30'),
                                     (r'\buri=rtsp://\S+', 'uri=' + clip), (r'\bautovideosink\b', 'fakesink')):
            command = re.sub(pattern, replacement, command)
        printed = self.shell(command)
        if 'cliplog !' in command:
            self.assertRegex(printed, r'(?m)^\{.*"labels":\[\{"label":"a (checkerboard|dark picture)"')

    def run_cliptag(self, command):
        command = re.sub(r' --model \S+', '', command)
        if command.startswith('cliptag timeline '):
            self.assertRegex(self.shell(command), r'(?m)^\d+:\d\d:\d\d\S* - .*%  (a delivery van|an empty yard)$')
        elif command.startswith('cliptag cameras '):
            clip = 'file://' + os.path.join(self.folder.name, 'yard.mp4')
            command = re.sub(r'rtsp://\S+', shlex.quote(clip), command) + ' --seconds 1'
            self.assertIn('yard', self.shell(command))
        elif command.startswith('cliptag bench '):
            self.assertTrue(re.fullmatch(r'cliptag bench --random vit-b-32', command), command)  # 600 MB, half a minute
            self.assertIn('image', self.shell('cliptag bench --seconds 0.1'))
        else:
            self.fail('no rule for "%s"' % command)

    def check_variable(self, command):
        """export NAME=$(pkg-config …): where this build would be installed, by the .pc file that it would install."""
        name, value = re.fullmatch(r'export (\w+)=(\S.*)', command).groups()
        folders = {'GST_PLUGIN_PATH': 'gstreamer-1.0', 'GI_TYPELIB_PATH': 'girepository-1.0'}
        self.assertIn(name, folders)
        env = dict(os.environ, PKG_CONFIG_PATH=os.path.join(BUILD, 'meson-private'), PKG_CONFIG_DISABLE_UNINSTALLED='1')
        value = subprocess.run(['sh', '-c', 'printf %s ' + value], capture_output=True, text=True, check=True, env=env).stdout
        self.assertEqual(value, os.path.join(os.environ['CLIPTAG_LIBDIR'], folders[name]))

    def test_commands(self):
        n_run = 0
        for command in commands('README.md'):
            with self.subTest(command=command):
                script = re.fullmatch(r'sh (\S+\.sh)', command)
                if script:
                    self.assertTrue(os.path.exists(os.path.join(ROOT, script.group(1))))
                elif command.startswith('hf download '):
                    self.assertIn(' --local-dir clip-vit-base-patch32 ', command)  # the name that the other lines use
                elif command.startswith('. '):
                    self.assertEqual(command, '. build/pipelines/env.sh')
                    self.assertTrue(os.path.exists(os.path.join(BUILD, 'pipelines', 'env.sh')))
                elif command.startswith('meson setup '):
                    self.assertRegex(command, r'^meson setup (\S+) --prefix=/usr( \S+)* && meson install -C \1$')
                elif command.startswith('export '):
                    self.check_variable(command)
                elif command.startswith('gst-launch-1.0 '):
                    self.run_gst_launch(command)
                    n_run += 1
                elif command.startswith('cliptag '):
                    self.run_cliptag(command)
                    n_run += 1
                else:
                    self.fail('no rule for "%s"' % command)
        self.assertGreaterEqual(n_run, 6)

    def test_length(self):
        self.assertLessEqual(len(read('README.md').splitlines()), MAX_LINES)

    def test_properties(self):
        table = re.search(r'^\| `cliptagger` property .*?\n\n', read('README.md'), re.M | re.S).group()
        names = re.findall(r'^\| `([a-z-]+)` \|', table, re.M)
        self.assertEqual(len(names), 8)
        inspected = self.shell('gst-inspect-1.0 cliptagger')
        for name in names:
            self.assertRegex(inspected, r'(?m)^  %s +: ' % name)

    def test_links(self):
        n_links = 0
        for page in PAGES:
            for target in re.findall(r'\]\(([^)\s]+)\)', prose(page)):
                if re.match(r'[a-z]+:', target):
                    continue
                n_links += 1
                path, _, anchor = unquote(target).partition('#')
                path = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
                with self.subTest(page=page, link=target):
                    self.assertTrue(os.path.exists(os.path.join(ROOT, path)), 'there is no such file')
                    if anchor:
                        self.assertIn(anchor, anchors(path), 'there is no such heading')
        self.assertGreater(n_links, 40)

    def test_named_files(self):
        """A file that a page names between backquotes is in the tree, by its path or the end of it."""
        for page in ('README.md', 'CONTRIBUTING.md', 'docs/design.md', 'docs/programs.md', 'docs/performance.md'):
            named = re.findall(r'`(?:sh )?([a-z0-9_./-]+\.(?:c|h|py|sh|build|md))\b[^`]*`', prose(page))
            self.assertTrue(named or page == 'README.md', page)
            for name in named:
                with self.subTest(page=page, file=name):
                    self.assertTrue(any(path == name or path.endswith('/' + name) for path in self.names))


if __name__ == '__main__':
    unittest.main(verbosity=2)
