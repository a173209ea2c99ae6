# SPDX-License-Identifier: MIT
"""The training pictures, rendered once and kept as bytes in one mapped file.

Row order: scenes first, VARIANTS rows each (the clear picture, then three of
its faults), then patterns. A scene's clear and faulty pictures can so meet in
one batch, which is the hardest and most useful contrast there is.
"""

import json
import multiprocessing
import os

import numpy as np

import captions
import faults
import patterns
import scenes
from scenes import SIZE

VARIANTS = 4
CLASS = {c: i for i, c in enumerate(captions.CLASSES)}


def weighted(names, table):
    p = np.array([table.get(n, 1.0) for n in names])
    return p / p.sum()


FAULT_P = weighted(captions.FAULTS, faults.WEIGHTS)
PATTERN_P = weighted(captions.PATTERNS, patterns.WEIGHTS)


def variants(rng, photos, held=False, source=None):
    """[(class, picture)] of one scene: clear first."""
    while True:
        a, oriented, bars = source if source else scenes.scene(rng, photos)
        clear = scenes.reduce_to(bars.put(a) if bars else a)
        out = [('clear', faults.finish(rng, a, bars=bars))]
        order = list(rng.choice(captions.FAULTS, 8, replace=False, p=FAULT_P))
        for name in order:
            if name == 'upside down' and not oriented:
                continue
            y = faults.apply(rng, name, a, faults.strength(rng, held), clear, bars)
            if y is not None:
                out.append((name, y))
            if len(out) == VARIANTS:
                return out


_photos = {}


def fill(job):
    path, shape, first, last, n_scenes, seed, photo_dir = job
    rows = np.memmap(path, np.uint8, 'r+', shape=shape)
    if photo_dir not in _photos:  # once a worker
        _photos[photo_dir] = scenes.load_photos(photo_dir)
    photos, labels = _photos[photo_dir], []
    for k in range(first, last):
        rng = np.random.default_rng((seed, k))  # each unit its own: any number of workers, the same pictures
        if k < n_scenes:
            for i, (name, y) in enumerate(variants(rng, photos)):
                rows[k * VARIANTS + i] = y
                labels.append((k * VARIANTS + i, CLASS[name]))
        else:
            name = rng.choice(captions.PATTERNS, p=PATTERN_P)
            row = n_scenes * VARIANTS + k - n_scenes
            rows[row] = patterns.draw(rng, name)
            labels.append((row, CLASS[name]))
    rows.flush()
    return labels


def render(folder, photo_dir, n_scenes, n_patterns, seed, workers):
    """Renders unless the same set is there already. Returns its description."""
    os.makedirs(folder, exist_ok=True)
    what = dict(scenes=n_scenes, patterns=n_patterns, seed=seed, size=SIZE)
    note = os.path.join(folder, 'pictures.json')
    if os.path.exists(note):
        with open(note, encoding='utf-8') as f:
            if json.load(f) == what:
                return what
    n = n_scenes * VARIANTS + n_patterns
    path, shape = os.path.join(folder, 'pictures.u8'), (n, SIZE, SIZE, 3)
    np.memmap(path, np.uint8, 'w+', shape=shape).flush()
    units, step = n_scenes + n_patterns, 200
    jobs = [(path, shape, i, min(i + step, units), n_scenes, seed, photo_dir) for i in range(0, units, step)]
    labels = np.zeros(n, np.int16)
    with multiprocessing.Pool(workers) as pool:
        for i, part in enumerate(pool.imap_unordered(fill, jobs)):
            for row, c in part:
                labels[row] = c
            if i % 20 == 0:
                print('rendered %d of %d' % (i * step, units), flush=True)
    np.save(os.path.join(folder, 'labels.npy'), labels)
    with open(note, 'w', encoding='utf-8') as f:
        json.dump(what, f)
    return what
