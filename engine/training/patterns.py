# SPDX-License-Identifier: MIT
"""Test patterns as GStreamer's videotestsrc and television draw them."""

import numpy as np
from PIL import Image, ImageFilter

from faults import jpeg
from scenes import SIZE, stamp

BARS = np.array([(255, 255, 255), (255, 255, 0), (0, 255, 255), (0, 255, 0),
                 (255, 0, 255), (255, 0, 0), (0, 0, 255), (0, 0, 0)], np.float32)
SOLID = {'red': (255, 0, 0), 'green': (0, 255, 0), 'blue': (0, 0, 255), 'yellow': (255, 255, 0),
         'cyan': (0, 255, 255), 'magenta': (255, 0, 255)}


def colour_bars(rng, w, h):
    n = (7, 7, 8, 6)[rng.integers(4)]
    cols = BARS[:n].copy()
    if rng.random() < .5:
        cols[cols > 0] *= .75
    if rng.random() < .15:
        cols = cols[::-1]
    a = cols[np.arange(w) * n // w][None].repeat(h, 0)
    if rng.random() < .7:  # SMPTE's lower parts
        y1, y2 = int(h * .667), int(h * .75)
        low = np.array([(0, 0, 255), (0, 0, 0), (255, 0, 255), (0, 0, 0), (0, 255, 255), (0, 0, 0), (255, 255, 255)], np.float32)
        a[y1:y2] = low[np.arange(w) * 7 // w]
        foot = np.array([(0, 33, 76), (255, 255, 255), (50, 0, 106), (19, 19, 19), (9, 9, 9), (29, 29, 29)], np.float32)
        a[y2:] = foot[np.minimum(5, (np.arange(w) * 4.2 // w).astype(int))]
        if rng.random() < .5:
            a[y2:, int(w * .72):] = rng.uniform(0, 255, (h - y2, w - int(w * .72), 1))
    elif rng.random() < .3:  # a step wedge below
        y1 = int(h * rng.uniform(.6, .85))
        a[y1:] = (np.arange(w) * 8 // w * 36.0)[None, :, None]
    return a


def snow(rng, w, h):
    n = rng.choice((1, 1, 2, 3))
    z = rng.random((h // n + 1, w // n + 1, 3 if rng.random() < .15 else 1))
    z = z if rng.random() < .7 else (z > rng.uniform(.4, .6)) * 1.0
    return (z * 255).repeat(n, 0).repeat(n, 1)[:h, :w] * np.ones(3)


def flat(c, spread):
    def f(rng, w, h):
        v = np.array(c, np.float32)
        v = v + (128 - v) * rng.uniform(0, spread)
        return np.ones((h, w, 3), np.float32) * v + rng.standard_normal((h, w, 1)) * rng.choice((0, 0, 1, 2))
    return f


def solid(name):
    def f(rng, w, h):
        c = np.array(SOLID[name], np.float32)
        c = c * rng.uniform(.55, 1) + rng.uniform(0, 40)
        return np.ones((h, w, 3), np.float32) * c + rng.standard_normal((h, w, 1)) * rng.choice((0, 0, 1, 2))
    return f


def checkers(rng, w, h):
    n = max(2, int(h * (rng.uniform(.022, .05) if rng.random() < .5 else rng.uniform(.03, .2))))
    m = ((np.arange(h)[:, None] // n + np.arange(w)[None] // n) % 2)[..., None]
    pairs = [((0, 0, 0), (255, 255, 255)), ((0, 255, 0), (255, 0, 0)), ((255, 0, 0), (0, 0, 255)),
             ((0, 0, 0), (200, 200, 200)), ((0, 255, 0), (255, 0, 0)), ((64, 64, 64), (192, 192, 192))]
    a, b = pairs[rng.integers(len(pairs))]
    if rng.random() < .5:
        a, b = b, a
    return np.where(m, np.array(a, np.float32), np.array(b, np.float32))


def rings(rng, w, h):
    """Zone plates and videotestsrc's circular: rings growing finer, or not."""
    yy, xx = np.mgrid[:h, :w].astype(np.float32)
    r = np.hypot(xx - w / 2, yy - h / 2)
    kind = rng.random()
    v = None
    if kind < .45:
        k = rng.uniform(6, 40) * h / 240  # kx2 = ky2 = k, as the element has it
        p = (r / h) ** 2 * k * 2 * np.pi + rng.uniform(0, 6.28)
    elif kind < .6:
        p = r / h * rng.uniform(15, 90) + rng.uniform(0, 6.28)
    elif kind < .8:  # circular: the frequency changes in steps
        f = 2.0 ** -(np.minimum(7, (r / (w / 2) * 8).astype(int)))
        p = r * f * np.pi * rng.uniform(.4, 1)
    else:  # a dark middle, fine rings all around it, to beat against the pixels of whatever scales them
        p = r * np.pi * rng.uniform(.3, .95)
        v = np.where(r < h * rng.uniform(.03, .15), 0, 127.5 + 127.5 * np.cos(p))
    v = 127.5 + 127.5 * np.cos(p) if v is None else v
    if rng.random() < .2:  # chroma zone plate: luma stays
        z = v - 127.5
        return np.stack([127 + z, 127 - z * rng.choice((.5, 1)), 127 + z * rng.choice((-1, 1))], -1)
    return v[..., None] * np.ones(3, np.float32)


def gradient(rng, w, h):
    yy, xx = np.mgrid[:h, :w].astype(np.float32)
    t = (yy / h, xx / w, (xx / w + yy / h) / 2)[rng.choice(3, p=(.6, .25, .15))]
    if rng.random() < .3:
        t = 1 - t
    a, b = np.zeros(3), np.full(3, 255.0)
    if rng.random() < .2:
        b = rng.uniform(0, 255, 3)
        b[rng.integers(3)] = 255
    return a + (b - a) * t[..., None]


def rays(rng, w, h):
    """pinwheel and spokes."""
    yy, xx = np.mgrid[:h, :w].astype(np.float32)
    y, x = yy - h / 2, xx - w / 2
    r, t = np.hypot(x, y), np.arctan2(y, x) + rng.uniform(0, 6.28)
    if rng.random() < .3:
        t = t + r / h * rng.uniform(-2, 2)
    n = rng.integers(4, 25)
    if rng.random() < .45:  # spokes: lines of one width, grown together in the middle
        d = np.abs(np.sin(t * n / 2)) * r * 2 / n
        v = np.clip(rng.uniform(.6, .012 * h) - d, 0, 1) * 255
    else:
        v = np.clip(np.sin(t * n) * rng.choice((1, 3, 20)), -1, 1) * 127.5 + 127.5
    return v[..., None] * np.ones(3, np.float32)


def ball(rng, w, h):
    yy, xx = np.mgrid[:h, :w].astype(np.float32)
    r = h * rng.uniform(.05, .14)
    x, y = w / 2 + rng.uniform(-.5, .5) * h, rng.uniform(.02, .98) * h
    v = np.clip(r - np.hypot(xx - x, yy - y), 0, 1) * 255
    return v[..., None] * np.ones(3, np.float32)


PATTERNS = {'colour bars': colour_bars, 'snow': snow, 'black': flat((0, 0, 0), .12), 'white': flat((255, 255, 255), .06),
            'checkers': checkers, 'rings': rings, 'gradient': gradient, 'rays': rays, 'ball': ball}
PATTERNS.update(('solid ' + k, solid(k)) for k in SOLID)
WEIGHTS = {'colour bars': 1.6, 'rays': 1.8, 'rings': 1.8, 'checkers': 1.8, 'snow': 1.4, 'black': 1.3, 'white': 1.2, 'solid yellow': .5, 'solid cyan': .5, 'solid magenta': .5}


def draw(rng, name):
    """A frame of some size and shape, coded, then fitted as the element does."""
    w, h = [(320, 240), (320, 180), (240, 240), (384, 216), (160, 120), (112, 112)][rng.integers(6)]
    a = np.clip(PATTERNS[name](rng, w, h), 0, 255).astype(np.uint8)
    if rng.random() < .5:
        k = rng.uniform(.6, 1.6)
        a = np.asarray(Image.fromarray(a).resize((max(SIZE, int(w * k)), max(SIZE, int(h * k))), Image.BILINEAR))
    if rng.random() < .2:
        a = np.asarray(Image.fromarray(a).filter(ImageFilter.GaussianBlur(rng.uniform(.3, .8) * a.shape[0] / SIZE)))
    if name == 'snow' and rng.random() < .4:  # nothing starves a coder like snow
        a = jpeg(a, rng.integers(3, 25))
    elif rng.random() < .6:
        a = jpeg(a, rng.integers(35, 96))
    if rng.random() < .12:
        a = stamp(rng, np.ascontiguousarray(a))
    return fit(rng, a)


def fit(rng, a, stretch=.15):
    h, w = a.shape[:2]
    im = Image.fromarray(a)
    if rng is not None and rng.random() < stretch:
        return np.asarray(im.resize((SIZE, SIZE), Image.BICUBIC))
    k = SIZE / min(w, h)
    im = im.resize((max(SIZE, int(w * k)), max(SIZE, int(h * k))), Image.BICUBIC)
    x, y = (im.size[0] - SIZE) // 2, (im.size[1] - SIZE) // 2
    return np.asarray(im.crop((x, y, x + SIZE, y + SIZE)))
