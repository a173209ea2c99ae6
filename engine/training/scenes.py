# SPDX-License-Identifier: MIT
"""Clear pictures: photo crops, mosaics, drawn scenes. All return uint8 [s][s][3].

A scene is drawn larger than the model sees it and reduced at the end with the
same antialiased bicubic as at run time, so that sharpness is the real one.
Many scenes are flat, dark or colourless on purpose: they are what makes a
fault detector cry wolf, and they must stay "clear".
"""

import glob
import os

import numpy as np
from PIL import Image, ImageDraw

SIZE = 112


def load_photos(folder):
    return [Image.open(f).convert('RGB') for f in sorted(glob.glob(os.path.join(folder, '*', '*')))]


def reduce_to(a, size=SIZE):
    """What the engine does: antialiased bicubic, as Pillow has it."""
    if a.shape[0] == size and a.shape[1] == size:
        return a
    return np.asarray(Image.fromarray(a).resize((size, size), Image.BICUBIC))


def fractal(rng, s, octaves=4, fall=0.55, start=3):
    """Smooth noise in about [-1, 1]."""
    out, amp = np.zeros((s, s), np.float32), 1.0
    for o in range(octaves):
        n = min(s, start * 2 ** o)
        z = Image.fromarray(rng.standard_normal((n, n)).astype(np.float32))
        out += amp * np.asarray(z.resize((s, s), Image.BICUBIC))
        amp *= fall
    return out / max(1e-6, np.abs(out).max())


def texture(rng, a, amount):
    """Fine grain and soft patches over a drawn surface, both in levels."""
    s = a.shape[0]
    t = fractal(rng, s) * rng.uniform(2, 12) + rng.standard_normal((s, s)) * amount
    return np.clip(a + t[..., None], 0, 255)


def colour(rng, lo=20, hi=235, sat=1.0):
    c = rng.uniform(lo, hi, 3)
    return tuple(int(v) for v in c.mean() + (c - c.mean()) * sat)


def photo(rng, photos):
    im = photos[rng.integers(len(photos))]
    w, h = im.size
    if rng.random() < 0.2:  # the element's fit=stretch squeezes, it does not crop
        return np.asarray(im.resize((SIZE, SIZE), Image.BICUBIC))
    side = min(w, h) if rng.random() < 0.4 else int(rng.integers(SIZE, min(w, h) + 1))
    x, y = rng.integers(0, w - side + 1), rng.integers(0, h - side + 1)
    return np.asarray(im.crop((x, y, x + side, y + side)))


def mosaic(rng, photos):
    nx, ny = [(2, 1), (1, 2), (2, 2), (3, 2), (3, 3), (2, 3)][rng.integers(6)]
    s = int(rng.integers(150, 300))
    out = Image.new('RGB', (s, s))
    for j in range(ny):
        for i in range(nx):
            im = photos[rng.integers(len(photos))]
            box = (i * s // nx, j * s // ny, (i + 1) * s // nx, (j + 1) * s // ny)
            w, h = box[2] - box[0], box[3] - box[1]
            # cover the cell; enlarging more than a little would look blurred
            k = max(w / im.size[0], h / im.size[1])
            im = im.resize((max(w, round(im.size[0] * k)), max(h, round(im.size[1] * k))), Image.BICUBIC)
            out.paste(im.crop((0, 0, w, h)), box[:2])
    return np.asarray(out)


def person(rng, d, x, y, h):
    """A standing figure, feet at (x, y)."""
    w = h * rng.uniform(0.2, 0.3)
    top, legs = colour(rng, 5, 220, 0.7), colour(rng, 5, 130, 0.5)
    skin = (int(rng.uniform(90, 230)),) * 3
    skin = (skin[0], int(skin[1] * 0.8), int(skin[2] * 0.66))
    d.rectangle((x - w * .35, y - h * .48, x - w * .03, y), fill=legs)
    d.rectangle((x + w * .03, y - h * .48, x + w * .35, y), fill=legs)
    d.rounded_rectangle((x - w * .5, y - h * .85, x + w * .5, y - h * .42), int(w * .2) + 1, fill=top)
    d.ellipse((x - w * .22, y - h, x + w * .22, y - h * .83), fill=skin)
    d.chord((x - w * .24, y - h * 1.02, x + w * .24, y - h * .86), 180, 360, fill=colour(rng, 0, 120, 0.4))


def car(rng, d, x, y, l, above):
    w = l * rng.uniform(0.42, 0.5)
    c = colour(rng, 10, 245, rng.choice((0, .05, rng.uniform(0, 1.5))))  # white, grey and black cars are the common ones
    glass = (int(rng.uniform(15, 60)),) * 3
    if above:  # seen from above, pointing down or up
        d.rounded_rectangle((x - w / 2, y - l / 2, x + w / 2, y + l / 2), int(w * .3) + 1, fill=c)
        d.rounded_rectangle((x - w * .4, y - l * .28, x + w * .4, y - l * .16), 2, fill=glass)
        d.rounded_rectangle((x - w * .4, y + l * .22, x + w * .4, y + l * .34), 2, fill=glass)
        d.line((x - w * .44, y - l * .1, x - w * .44, y + l * .2), fill=glass, width=2)
        d.line((x + w * .44, y - l * .1, x + w * .44, y + l * .2), fill=glass, width=2)
    else:
        h = l * .32
        d.rounded_rectangle((x - l / 2, y - h * .65, x + l / 2, y - h * .12), int(h * .2) + 1, fill=c)
        d.polygon(((x - l * .3, y - h * .62), (x - l * .2, y - h), (x + l * .18, y - h), (x + l * .3, y - h * .62)), fill=c)
        d.polygon(((x - l * .26, y - h * .64), (x - l * .18, y - h * .93), (x + l * .16, y - h * .93), (x + l * .25, y - h * .64)), fill=glass)
        for k in (-.28, .28):
            d.ellipse((x + l * k - h * .2, y - h * .36, x + l * k + h * .2, y), fill=(15, 15, 15))


def asphalt(rng, photos):
    """A yard or car park from above: grey, almost empty, and still clear."""
    s = int(rng.integers(224, 340))
    g = rng.uniform(30, 150)
    # almost colourless: a grey yard is not a picture that lost its colours
    tone = g * (1 + rng.uniform(-.05, .05, 3) * rng.choice((.15, .3, .6, 1)))
    a = np.ones((s, s, 3), np.float32) * tone
    yy, xx = np.mgrid[:s, :s].astype(np.float32) / s - .5
    if rng.random() < .8:  # light falls off, to a side or to the edges
        t = rng.uniform(0, 6.28)
        a *= 1 + (rng.uniform(-.5, .5) * (xx * np.cos(t) + yy * np.sin(t)))[..., None]
    if rng.random() < .5:
        a *= 1 - (rng.uniform(0, .6) * (xx * xx + yy * yy))[..., None]
    smooth = rng.random() < .5
    a += fractal(rng, s)[..., None] * (rng.uniform(0, 3) if smooth else rng.uniform(1, 14))
    for _ in range(rng.integers(0, 4)):  # streaks of dirt and tyres
        t, w = rng.uniform(0, 6.28), rng.uniform(.01, .1)
        d = xx * np.cos(t) + yy * np.sin(t) - rng.uniform(-.4, .4)
        a += (rng.uniform(-10, 10) * np.exp(-(d / w) ** 2) * (1 + fractal(rng, s, 3)))[..., None]
    a = np.clip(a + rng.standard_normal((s, s, 1), np.float32) * (rng.uniform(0, 2) if smooth else rng.uniform(.5, 9)), 0, 255)
    im = Image.fromarray(a.astype(np.uint8))
    d = ImageDraw.Draw(im)
    for _ in range(rng.integers(0, rng.choice((12, 30, 70)))):  # grit, leaves: what little tells sharp from blurred
        x, y, r = *rng.uniform(0, s, 2), rng.uniform(.3, 1.6)
        c = int(np.clip(g + rng.choice((-1, 1, 1)) * np.exp(rng.uniform(np.log(8), np.log(140))), 0, 255))
        d.ellipse((x - r, y - r, x + r, y + r), fill=(c, c, c))
    for _ in range(rng.choice((0, 0, 1, 1, 2, 3))):  # painted lines, often just a piece in a corner
        x, y = rng.uniform(0, s, 2)
        t, l = rng.uniform(0, np.pi), rng.uniform(.05, 1) * s
        c = (230, 230, 225) if rng.random() < .8 else (220, 180, 50)
        d.line((x, y, x + l * np.cos(t), y + l * np.sin(t)), fill=c, width=int(rng.integers(2, 9)))
    for _ in range(rng.choice((0, 0, 0, 0, 1, 1, 2, 3))):
        car(rng, d, *rng.uniform(0, s, 2), s * rng.uniform(.25, .6), True)
    for _ in range(rng.choice((0, 0, 0, 0, 1, 2))):
        person(rng, d, *rng.uniform(.1 * s, s, 2), s * rng.uniform(.1, .25))
    return np.asarray(im)


def room(rng, photos):
    """A wall, a floor, what stands there."""
    s = int(rng.integers(200, 320))
    wall = np.array(colour(rng, 90, 250, rng.uniform(0, .5)), float)
    a = np.ones((s, s, 3), np.float32) * wall
    a *= 1 + rng.uniform(-.15, .15) * np.linspace(-1, 1, s)[None, :, None]
    y0 = int(s * rng.uniform(.4, .85))
    floor = np.array([rng.uniform(70, 210)] * 3) * rng.choice([[1, .7, .45], [1, .85, .7], [1, 1, 1], [.8, .9, 1]])
    a[y0:] = floor
    if rng.random() < .6:  # boards
        n = int(rng.integers(8, 40))
        shade = rng.uniform(.75, 1.2, n)[(np.arange(s) * n // s)]
        a[y0:] *= shade[None, :, None]
    a = texture(rng, a, rng.uniform(.5, 4))
    im = Image.fromarray(a.astype(np.uint8))
    d = ImageDraw.Draw(im)
    if rng.random() < .7:
        d.rectangle((0, y0 - s * .03, s, y0), fill=colour(rng, 20, 220, .4))
    for _ in range(rng.integers(0, 3)):  # window, screen, picture
        x, y = rng.uniform(-.1, .8, 2) * (s, y0)
        d.rectangle((x, y, x + s * rng.uniform(.1, .4), y + s * rng.uniform(.1, .3)), fill=colour(rng, 5, 250, .8),
                    outline=colour(rng, 0, 255, .3), width=int(rng.integers(1, 6)))
    for _ in range(rng.integers(0, 3)):  # furniture
        x, h = rng.uniform(0, s), s * rng.uniform(.1, .45)
        y, w, c = rng.uniform(y0, s), s * rng.uniform(.08, .4), colour(rng, 15, 235, .6)
        d.rectangle((x - w / 2, y - h, x + w / 2, y - h * .88), fill=c)
        d.rectangle((x - w * .45, y - h, x - w * .4, y), fill=c)
        d.rectangle((x + w * .4, y - h, x + w * .45, y), fill=c)
    for _ in range(rng.choice((0, 1, 1, 2, 3))):
        person(rng, d, rng.uniform(.05, .95) * s, rng.uniform(y0, s), s * rng.uniform(.4, .85))
    return np.asarray(im)


def outdoors(rng, photos):
    """Sky above, ground below: street, field, sea, by day or at night."""
    s = int(rng.integers(200, 320))
    night = rng.random() < .2
    y0 = int(s * rng.uniform(.25, .7))
    sky = np.array([[110, 160, 230], [200, 210, 225], [235, 180, 130], [160, 190, 215]][rng.integers(4)], float)
    ground = np.array([[95, 95, 98], [80, 120, 55], [180, 160, 120], [60, 95, 120], [230, 232, 240]][rng.integers(5)], float)
    if night:
        sky, ground = sky * .08, ground * rng.uniform(.15, .4)
    a = np.zeros((s, s, 3), np.float32)
    a[:y0] = sky * np.linspace(rng.uniform(.65, 1), 1.08, y0)[:, None, None]
    a[y0:] = ground * np.linspace(1.1, .85, s - y0)[:, None, None]
    if rng.random() < .5 and not night:
        cloud = np.clip(fractal(rng, s, 5) * 2, 0, 1)[:y0, :, None] * .7
        a[:y0] = a[:y0] * (1 - cloud) + 245 * cloud
    a[y0:] += fractal(rng, s, 5, .7)[y0:, :, None] * rng.uniform(3, 25) * (.4 if night else 1)
    a = np.clip(a + rng.standard_normal((s, s, 1), np.float32) * rng.uniform(.3, 3), 0, 255)
    im = Image.fromarray(a.astype(np.uint8))
    d = ImageDraw.Draw(im)
    k = .25 if night else 1.0
    shade = lambda c: tuple(int(v * k) for v in c)
    for _ in range(rng.integers(0, 6)):  # buildings with windows
        x, w, h = rng.uniform(-.1, 1) * s, s * rng.uniform(.1, .35), y0 * rng.uniform(.3, .95)
        d.rectangle((x, y0 - h, x + w, y0), fill=shade(colour(rng, 60, 220, .5)))
        lit = (250, 220, 140) if night else colour(rng, 20, 120, .4)
        step = max(5, w / rng.integers(3, 7))
        for wy in np.arange(y0 - h + step * .4, y0 - step * .5, step):
            for wx in np.arange(x + step * .3, x + w - step * .5, step):
                if rng.random() < (.5 if night else .95):
                    d.rectangle((wx, wy, wx + step * .45, wy + step * .5), fill=lit)
    for _ in range(rng.integers(0, 5)):  # trees
        x, h = rng.uniform(0, 1) * s, s * rng.uniform(.12, .4)
        y = rng.uniform(y0, min(s, y0 + .2 * s))
        d.rectangle((x - h * .05, y - h * .5, x + h * .05, y), fill=shade((80, 60, 40)))
        for _ in range(6):
            tx, ty, r = x + rng.normal() * h * .14, y - h * .65 + rng.normal() * h * .12, h * rng.uniform(.12, .24)
            d.ellipse((tx - r, ty - r, tx + r, ty + r), fill=shade((int(rng.uniform(30, 80)), int(rng.uniform(80, 150)), 40)))
    if rng.random() < .4:  # road markings
        for i in range(5):
            yy = y0 + (s - y0) * (i + .2) / 5
            d.rectangle((s * .48, yy, s * .52, yy + (s - y0) * .1), fill=(235, 235, 230))
    for _ in range(rng.choice((0, 1, 2))):
        car(rng, d, rng.uniform(.1, .9) * s, rng.uniform(y0 + .1 * s, s), s * rng.uniform(.2, .5), False)
    for _ in range(rng.choice((0, 0, 1, 2, 4))):
        person(rng, d, rng.uniform(.05, .95) * s, rng.uniform(y0 + .1 * (s - y0), s), s * rng.uniform(.12, .5))
    if night:
        a = np.asarray(im).astype(float)
        yy, xx = np.mgrid[:s, :s]
        for _ in range(rng.integers(1, 5)):  # lamps
            x, y, r = rng.uniform(0, s), rng.uniform(0, s), s * rng.uniform(.02, .12)
            g = np.exp(-((xx - x) ** 2 + (yy - y) ** 2) / (2 * r * r))
            a += g[..., None] * np.array([255, 225, 160]) * rng.uniform(.6, 1.3)
        return np.clip(a, 0, 255).astype(np.uint8)
    return np.asarray(im)


def abstract(rng, photos):
    """Shapes, signs, desks from above: anything with sharp edges."""
    s = int(rng.integers(180, 360))
    a = np.ones((s, s, 3), np.float32) * np.array(colour(rng, 10, 250, rng.uniform(0, 1)))
    im = Image.fromarray(texture(rng, a, rng.uniform(.3, 5)).astype(np.uint8))
    d = ImageDraw.Draw(im)
    sat = rng.uniform(.1, 1.4)
    for _ in range(rng.integers(2, 25)):
        x, y = rng.uniform(-.1, 1, 2) * s
        w, h = s * rng.uniform(.02, .4, 2)
        c = colour(rng, 0, 255, sat)
        kind = rng.integers(4)
        if kind == 0:
            d.rectangle((x, y, x + w, y + h), fill=c)
        elif kind == 1:
            d.ellipse((x, y, x + w, y + h), fill=c)
        elif kind == 2:
            d.polygon([tuple(p) for p in rng.uniform(-.1, .3, (4, 2)) * s + (x, y)], fill=c)
        else:
            for i in range(rng.integers(1, 8)):  # writing
                d.text((x, y + 11 * i), ''.join(chr(rng.integers(33, 122)) for _ in range(rng.integers(3, 20))), fill=c)
    return np.asarray(im)


def composite(rng, photos):
    """Photo crops, reduced, standing in a drawn scene."""
    a = (asphalt, room, outdoors, abstract)[rng.integers(4)](rng, photos)
    s = a.shape[0]
    im = Image.fromarray(a)
    for _ in range(rng.integers(1, 4)):
        p = photos[rng.integers(len(photos))]
        k = min(1.2, s * rng.uniform(.25, .6) / min(p.size))
        p = p.resize((max(8, int(p.size[0] * k)), max(8, int(p.size[1] * k))), Image.BICUBIC)
        m = None
        if rng.random() < .5:
            m = Image.new('L', p.size)
            ImageDraw.Draw(m).ellipse((0, 0, *p.size), fill=255)
        im.paste(p, (int(rng.uniform(-.1, .8) * s), int(rng.uniform(-.1, .8) * s)), m)
    return np.asarray(im)


KINDS = ((photo, .34), (mosaic, .06), (asphalt, .30), (room, .09), (outdoors, .07), (abstract, .05), (composite, .09))


def natural(rng, a):
    """What clear pictures differ in anyway: exposure, colour, mild coding."""
    x = a.astype(np.float32)
    if rng.random() < .7:
        x = 255 * (x / 255) ** np.exp(rng.uniform(-.28, .3))
    if rng.random() < .5:
        g = x.mean(-1, keepdims=True)
        x = g + (x - g) * rng.uniform(.5, 1.25)
    if rng.random() < .4:
        x = x * rng.uniform(.95, 1.05, 3)
    if rng.random() < .4:
        x = x * rng.uniform(.8, 1.1)
    if rng.random() < .3:
        x = x + rng.standard_normal(x.shape[:2])[..., None] * rng.uniform(.5, 2.5)
    return np.clip(x, 0, 255).astype(np.uint8)


def stamp(rng, a):
    """A clock or a caption, as cameras and overlays write them."""
    im = Image.fromarray(a)
    d = ImageDraw.Draw(im)
    text = ['%02d:%02d:%02d' % tuple(rng.integers(0, 60, 3)), 'CAM %d' % rng.integers(1, 30),
            '2024-%02d-%02d 12:%02d' % tuple(rng.integers(1, 28, 3)), 'LIVE'][rng.integers(4)]
    x, y = rng.uniform(.02, .6) * a.shape[1], rng.choice((.03, .9)) * a.shape[0]
    if rng.random() < .5:
        d.rectangle((x - 2, y - 1, x + 6 * len(text) + 2, y + 11), fill=(0, 0, 0))
    d.text((x, y), text, fill=(255, 255, 255))
    return np.asarray(im)


def scene(rng, photos):
    """One clear picture at its native size and whether it knows up from down."""
    f = KINDS[rng.choice(len(KINDS), p=[k[1] for k in KINDS])][0]
    a = f(rng, photos)
    if rng.random() < .5:
        a = a[:, ::-1]
    a = natural(rng, np.ascontiguousarray(a))
    if rng.random() < .08:
        a = stamp(rng, a)
    return a, f in (photo, room, outdoors)
