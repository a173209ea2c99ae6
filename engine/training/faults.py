# SPDX-License-Identifier: MIT
"""What can be wrong with a picture, as functions of a strength u in [0, 1].

Each fault comes in the several forms that video filters, cables and codecs
give it. Faults are applied at the picture's native size; lengths are given in
pixels of the model's input, because what the reduction hides cannot be learnt.
Training never sees the strengths in HELD: the tests use exactly those.
"""

import io

import numpy as np
from PIL import Image, ImageFilter

from scenes import SIZE, fractal, reduce_to

HELD = ((.28, .40), (.62, .74))
TINTS = {'red': (255, 0, 0), 'green': (0, 255, 0), 'blue': (0, 0, 255),
         'yellow': (255, 220, 0), 'purple': (230, 0, 230)}


def strength(rng, held):
    while True:
        u = rng.random()
        if held == any(a <= u < b for a, b in HELD):
            return u


def lerp(u, a, b):
    return a + (b - a) * u


def luma(x):
    return x @ np.array([.299, .587, .114], np.float32)


def box(x, k, axis):
    """Running mean of k pixels, edges repeated."""
    k = max(2, int(round(k)))
    pad = [(0, 0)] * 3
    pad[axis] = (k // 2 + 1, k - k // 2 - 1)
    c = np.cumsum(np.pad(x, pad, 'edge'), axis, np.float64)
    n = x.shape[axis]
    hi, lo = [slice(None)] * 3, [slice(None)] * 3
    hi[axis], lo[axis] = slice(k, k + n), slice(0, n)
    return ((c[tuple(hi)] - c[tuple(lo)]) / k).astype(np.float32)


def blurred(rng, x, u):
    scale = x.shape[0] / SIZE
    sigma = lerp(u ** 1.3, 1.25, 4.5) * scale
    kind = rng.random()
    if kind < .6:
        return np.asarray(Image.fromarray(x.astype(np.uint8)).filter(ImageFilter.GaussianBlur(sigma)), np.float32)
    if kind < .8:
        return box(box(x, sigma * 2.6, 0), sigma * 2.6, 1)
    if kind < .9:  # moved while exposed; both ways a little
        a = int(rng.integers(2))
        return box(box(x, sigma * 4.5, a), sigma * 1.5, 1 - a)
    n = max(6, int(x.shape[0] / (sigma * 2.2)))  # too few pixels, enlarged
    im = Image.fromarray(x.astype(np.uint8)).resize((n, n), Image.BILINEAR)
    return np.asarray(im.resize(x.shape[1::-1], Image.BICUBIC), np.float32)


def dark(rng, x, u):
    before = x.mean()
    goal = min(lerp(u, 58, 9), before * lerp(u, .42, .12))
    kind = rng.random()
    lo, hi = 0.0, 1.0
    f = [lambda t: x * (1 - t),                                    # gain
         lambda t: 255 * (x / 255) ** (1 / max(1e-3, 1 - t)),       # gamma
         lambda t: x - 255 * t,                                     # brightness, colour kept
         lambda t: x * (1 - t * .5) - 140 * t][int(kind * 4)]
    for _ in range(9):  # the strength that gives the wanted mean
        mid = (lo + hi) / 2
        y = np.clip(f(mid), 0, 255)
        lo, hi = (mid, hi) if y.mean() > goal else (lo, mid)
    return y


def overexposed(rng, x, u):
    before = x.mean()
    goal = max(lerp(u, 198, 243), before + (255 - before) * .45)
    kind = rng.random()
    lo, hi = 0.0, 1.0
    f = [lambda t: x * (1 + 7 * t),
         lambda t: x * (1 + 7 * t),
         lambda t: x * (1 + 1.2 * t) + 230 * t,
         lambda t: (255 * (x / 255) ** (1 - .93 * t)) * (1 + .5 * t)][int(kind * 4)]
    for _ in range(9):
        mid = (lo + hi) / 2
        y = np.clip(f(mid), 0, 255)
        lo, hi = (mid, hi) if y.mean() < goal else (lo, mid)
    return y


def lowcontrast(rng, x, u):
    c = lerp(u, .36, .12)
    pivot = rng.uniform(70, 210)
    if rng.random() < .5:  # filters of the luma only: colours stay
        l = luma(x)[..., None]
        return pivot + (l - l.mean()) * c + (x - l) * rng.uniform(.4, 1)
    return pivot + (x - x.mean()) * c


def noisy(rng, x, u):
    h = x.shape[0]
    scale = h / SIZE
    level = lerp(u ** 1.2, 8, 45)
    kind = rng.random()
    if kind < .45:  # grain as coarse as the model's pixels, or finer and stronger
        n = int(min(h, SIZE * rng.uniform(.7, 2)))
        g = rng.standard_normal((n, n, 3 if rng.random() < .5 else 1), np.float32) * level * max(1, n / SIZE)
        if n != h:
            g = np.stack([np.asarray(Image.fromarray(g[..., i]).resize((h, h), Image.NEAREST)) for i in range(g.shape[2])], -1)
        return x + g
    if kind < .6:  # salt and pepper
        p = lerp(u, .02, .25) * max(1, scale * .7)
        r = rng.random((h, h, 1), np.float32)
        return np.where(r < p / 2, 0, np.where(r > 1 - p / 2, 255, x))
    # snow mixed in, as compositor does with videotestsrc; native pixels are smaller than the model's
    n = int(SIZE * rng.uniform(1, 4))
    alpha = min(.75, lerp(u, .12, .4) * (.6 + .4 * n / SIZE))
    s = rng.random((n, n), np.float32) * 255
    s = np.asarray(Image.fromarray(s).resize((h, h), Image.NEAREST if n < h else Image.BICUBIC))
    return x * (1 - alpha) + s[..., None] * alpha


def tint(name):
    c = np.array(TINTS[name], np.float32)

    def f(rng, x, u):
        kind = rng.random()
        if kind < .5:  # a solid colour mixed in
            a = lerp(u, .25, .6)
            return x * (1 - a) + c * rng.uniform(.6, 1) * a
        if kind < .75:  # the other channels lowered
            return x * (1 - (1 - c / 255) * lerp(u, .35, .8))
        if kind < .9:  # U and V moved, as analogue faults do
            d = c - luma(c)
            return x + d / np.abs(d).max() * lerp(u, 45, 110)
        l = luma(x)[..., None]  # one colour for all
        return l * (1 - lerp(u, .4, .9)) + l * c / max(90, luma(c)) * lerp(u, .4, .9)
    return f


def grey(rng, x, u):
    w = np.array([.299, .587, .114], np.float32)
    if rng.random() < .3:
        w = rng.dirichlet((3, 4, 3)).astype(np.float32)
    l = (x @ w)[..., None]
    return l + (x - l) * lerp(u, .07, 0)


def upside_down(rng, x, u):
    return x[::-1, ::-1] if rng.random() < .7 else x[::-1]


def covered(rng, x, u):
    h = x.shape[0]
    part = lerp(u, .34, .93)
    kind = rng.random()
    yy, xx = np.mgrid[:h, :h].astype(np.float32) / h
    if kind < .45:  # from a side
        d = (xx, 1 - xx, yy, 1 - yy)[rng.integers(4)]
        if rng.random() < .5:
            d = d + fractal(rng, h, 2) * .1
    elif kind < .6:  # a corner
        d = np.maximum(np.abs(xx - rng.integers(2)), np.abs(yy - rng.integers(2)))
    elif kind < .85:  # a hand, a leaf, dirt
        cx, cy = rng.uniform(.2, .8, 2)
        d = np.hypot(xx - cx, (yy - cy) * rng.uniform(.6, 1.6)) * (1 + fractal(rng, h, 3) * .4)
    else:  # slanted
        t = rng.uniform(0, 2 * np.pi)
        d = xx * np.cos(t) + yy * np.sin(t)
    edge = np.quantile(d[::4, ::4], part)
    soft = rng.choice((.004, .02, .08))
    m = np.clip((edge - d) / soft + .5, 0, 1)[..., None]
    base = np.array([(0, 0, 0), (12, 12, 14), (40, 38, 36), (70, 45, 35), (150, 100, 80), (35, 50, 25)][rng.integers(6)], np.float32)
    over = base * rng.uniform(.7, 1.2) + fractal(rng, h, 2)[..., None] * rng.uniform(0, 14)
    if part > .9:  # wholly covered: light still leaks in somewhere
        over = over + np.clip(d - .3, 0, 1)[..., None] * rng.uniform(10, 60)
    return x * (1 - m) + np.maximum(over, 0) * m


def jpeg(a, q, sub=2):
    b = io.BytesIO()
    Image.fromarray(a).save(b, 'JPEG', quality=int(q), subsampling=sub)
    return np.asarray(Image.open(b).convert('RGB'))


def blocky(rng, x, u):
    a = np.clip(x, 0, 255).astype(np.uint8)
    h = a.shape[0]
    kind = rng.random()
    if kind < .6:  # a codec that starves: coarse steps on an 8 or 16 px grid
        n = int(SIZE * np.exp(rng.uniform(np.log(.7), np.log(4))))
        q = lerp(u, 7, 1) * (1 if n > SIZE else .8)
        small = np.asarray(Image.fromarray(a).resize((n, n), Image.BICUBIC))
        b = jpeg(small, max(1, q))
        if rng.random() < .35:  # a deblocking filter's work
            b = np.asarray(Image.fromarray(b).filter(ImageFilter.GaussianBlur(rng.uniform(.4, 1.2))))
        return np.asarray(Image.fromarray(b).resize((h, h), Image.BICUBIC), np.float32)
    block = lerp(u, 4, 12) * rng.uniform(.8, 1.25)
    n = max(6, int(SIZE / block))
    mean = Image.fromarray(a).resize((n, n), Image.BOX).resize((h, h), Image.NEAREST)
    if kind < .75:  # mosaic
        return np.asarray(mean, np.float32)
    # some blocks lost, some coded: what a bad line leaves
    m = rng.random((n, n)) < lerp(u, .45, .95)
    m = np.asarray(Image.fromarray(m.astype(np.uint8) * 255).resize((h, h), Image.NEAREST)) > 127
    b = jpeg(a, 12).astype(np.float32)
    return np.where(m[..., None], np.asarray(mean, np.float32) * rng.uniform(.55, 1), b)


def bars(axis):
    def f(rng, x, u):
        h = x.shape[0]
        y = x.copy()
        many = rng.random()
        fills = rng.uniform(0, 255, (12, 3))
        if rng.random() < .65:
            fills[:] = rng.choice((0, 0, 8, 128, 255))
        if many < .15:  # at one edge, and another inside; two equal ones at the edges are a letterbox, which is no fault
            t, k = h * lerp(u, .08, .2), h * rng.uniform(.35, .85)
            spans = [(0, int(t)), (int(k - t / 3), int(k + t / 3) + 1)]
            if rng.random() < .5:
                spans = [(h - b, h - a) for a, b in spans]
        else:
            n = int(rng.integers(1, 7)) if u > .25 else int(rng.integers(3, 7))
            t = h * lerp(u, .06, .18) / max(1, n ** .4)
            c = (np.arange(n) + rng.uniform(.3, .7, n)) * h / n
            spans = [(int(max(0, k - t / 2)), int(k + t / 2) + 1) for k in c]
        for i, (a, b) in enumerate(spans):
            if axis == 0:
                y[a:b] = fills[i]
            else:
                y[:, a:b] = fills[i]
        return y
    return f


FAULTS = {'blurred': blurred, 'dark': dark, 'overexposed': overexposed, 'low contrast': lowcontrast,
          'noisy': noisy, 'grey': grey, 'upside down': upside_down, 'covered': covered,
          'blocky': blocky, 'horizontal bars': bars(0), 'vertical bars': bars(1)}
FAULTS.update((c + ' tint', tint(c)) for c in TINTS)

# how often each is drawn: the hard ones more
WEIGHTS = {'blurred': 1.5, 'low contrast': 1.4, 'noisy': 1.3, 'blocky': 2.4, 'upside down': .2, 'grey': 1.2,
           'horizontal bars': 1.5, 'vertical bars': 1.5}
WEIGHTS.update((c + ' tint', .6) for c in TINTS)

# a mean change, in levels, under which the fault cannot be seen
VISIBLE = {'blurred': 1.6, 'low contrast': 4, 'noisy': 3, 'grey': 4, 'upside down': 8, 'blocky': 4}


def finish(rng, y, code=True, bars=None):
    """Reduce to the model's size, sometimes through a mild coder first; the bars come last, as padding does."""
    a = np.clip(y + .5, 0, 255).astype(np.uint8)
    if code and rng.random() < .4:
        a = jpeg(a, rng.integers(40, 96), 2 if rng.random() < .7 else 0)
    return reduce_to(bars.put(a) if bars else a)


def apply(rng, name, a, u, clear, bars=None):
    """The faulty picture at the model's size, or None when nothing shows."""
    x = a.astype(np.float32)
    if name == 'blocky' or name == 'blurred':
        pass
    elif x.shape[0] < 200 and rng.random() < .15:  # a small picture, enlarged before the fault
        x = np.asarray(Image.fromarray(a).resize((224, 224), Image.BICUBIC), np.float32)
    if name == 'upside down' or name not in VISIBLE or rng.random() < .5:
        y = finish(rng, FAULTS[name](rng, x, u), name != 'blocky', bars)
    else:
        y = finish(rng, FAULTS[name](rng, x, u), False, bars)
    if np.abs(y.astype(np.float32) - clear).mean() < VISIBLE.get(name, 5) * (bars.share if bars else 1):
        return None
    return y
