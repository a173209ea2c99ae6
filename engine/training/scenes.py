# SPDX-License-Identifier: MIT
"""Clear pictures: photo crops, mosaics, drawn scenes. All return uint8 [s][s][3].

A scene is drawn larger than the model sees it and reduced at the end with the
same antialiased bicubic as at run time, so that sharpness is the real one.
Many scenes are flat, dark, bright, colourless, partly hidden by something near
or between bars on purpose: they are what makes a fault detector cry wolf, and
they must stay "clear".
"""

import glob
import os

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

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


def street(rng, photos):
    """Down a street or a corridor: everything runs to one point."""
    s = int(rng.integers(220, 330))
    vx, vy = rng.uniform(.25, .75) * s, rng.uniform(.25, .6) * s
    night, inside = rng.random() < .25, rng.random() < .25
    k = rng.uniform(.12, .35) if night else 1.0
    sat = rng.choice((.1, .4, 1))
    shade = lambda c, l=1.0: tuple(int(min(255, v * k * l)) for v in c)
    a = np.zeros((s, s, 3), np.float32)
    top = np.array(colour(rng, 150, 250, .3) if inside else ((120, 165, 230), (205, 212, 222), (170, 180, 195))[rng.integers(3)])
    a[:] = top * k * (.25 if night and not inside else 1) * np.linspace(rng.uniform(.7, 1), 1.05, s)[:, None, None]
    im = Image.fromarray(np.clip(a, 0, 255).astype(np.uint8))
    d = ImageDraw.Draw(im)

    def at(x, y, z):  # x right, y down, in picture widths at distance 1
        return vx + x * s / z, vy + y * s / z

    eye, wide, wall = rng.uniform(.25, .8), rng.uniform(.3, .9), rng.uniform(.5, 1.4)
    floor = colour(rng, 70, 190, .15 if not inside else .5)
    d.polygon([at(-20, eye, 30), at(20, eye, 30), at(20, eye, .3), at(-20, eye, .3)], fill=shade(colour(rng, 80, 190, min(sat, .4))))
    d.polygon([at(-wide, eye, 30), at(wide, eye, 30), at(wide, eye, .3), at(-wide, eye, .3)], fill=shade(floor))
    for side in (-1, 1):
        if not inside and rng.random() < .15:
            continue
        z, light = 14.0, rng.uniform(.6, 1.1)
        while z > .5:
            far, z = z, z * rng.uniform(.55, .85)
            h = rng.uniform(.6, 3) if not inside else eye * 1.6
            c = colour(rng, 60, 230, sat)
            x = side * (wide + wall)
            d.polygon([at(x, eye, far), at(x, eye - h, far), at(x, eye - h, z), at(x, eye, z)], fill=shade(c, light))
            n, m = int(rng.integers(1, 5)), int(rng.integers(1, 4))
            for i in range(n):
                for j in range(m):
                    z1, z2 = (far ** (1 - t) * z ** t for t in ((i + .3) / n, (i + .7) / n))
                    y1, y2 = eye - h * (j + .3) / m, eye - h * (j + .75) / m
                    lit = (250, 215, 140) if night and rng.random() < .4 else shade(colour(rng, 15, 140, .4), light)
                    d.polygon([at(x, y1, z1), at(x, y2, z1), at(x, y2, z2), at(x, y1, z2)], fill=lit)
            if rng.random() < .4 and not inside:  # a tree or a post before it
                px, py = at(side * (wide + wall * rng.uniform(.1, .6)), eye, z)
                ph = s * rng.uniform(.4, 1.2) / z
                d.rectangle((px - ph * .03, py - ph, px + ph * .03, py), fill=shade((70, 60, 50)))
                for _ in range(rng.choice((0, 14, 30))):
                    tx, ty, r = px + rng.normal() * ph * .2, py - ph + rng.normal() * ph * .17, ph * rng.uniform(.05, .13)
                    d.ellipse((tx - r, ty - r, tx + r, ty + r), fill=shade((int(rng.uniform(30, 110)), int(rng.uniform(70, 150)), 45)))
    for z in np.exp(np.arange(-1, 2.5, .35)):  # marks on the ground
        if rng.random() < .6:
            d.polygon([at(-.02, eye, z), at(.02, eye, z), at(.02, eye, z * 1.15), at(-.02, eye, z * 1.15)], fill=shade((230, 228, 220)))
    for _ in range(rng.choice((0, 1, 2, 4))):
        z = np.exp(rng.uniform(-.2, 2))
        x, y = at(rng.uniform(-wide, wide), eye, z)
        if inside or rng.random() < .5:
            person(rng, d, x, y, s * .9 * eye / z)
        else:
            car(rng, d, x, y, s * rng.uniform(.6, 1.1) * eye / z * 1.6, False)
    a = texture(rng, np.asarray(im, np.float32), rng.uniform(.5, 4) * max(k, .4))
    return lamps(rng, a, int(rng.integers(2, 8))) if night else a.astype(np.uint8)


def lamps(rng, a, n):
    """Lights at night: a bright core and a glow."""
    s = a.shape[0]
    yy, xx = np.mgrid[:s, :s].astype(np.float32)
    a = a.astype(np.float32)
    for _ in range(n):
        x, y, r = rng.uniform(0, s), rng.uniform(0, s), s * np.exp(rng.uniform(np.log(.005), np.log(.03)))
        d2 = (xx - x) ** 2 + (yy - y) ** 2
        c = np.array(((255, 225, 160), (255, 245, 235), (220, 235, 255), (255, 90, 60), (255, 190, 90))[rng.integers(5)], np.float32)
        a += (np.exp(-d2 / (2 * r * r)) * 1.5 + np.exp(-d2 / (2 * (6 * r) ** 2)) * rng.uniform(.05, .4))[..., None] * c
    return np.clip(a, 0, 255).astype(np.uint8)


def night(rng, photos):
    """A dark yard or road with lights: mostly black, and nothing is wrong with it."""
    s = int(rng.integers(200, 320))
    a = fractal(rng, s, 3)[..., None] * rng.uniform(2, 10) + np.array(colour(rng, 6, 40, .6))
    y0 = int(s * rng.uniform(.2, .7))
    a[y0:] += rng.uniform(0, 25)
    im = Image.fromarray(np.clip(a, 0, 255).astype(np.uint8))
    d = ImageDraw.Draw(im)
    for _ in range(rng.integers(0, 6)):
        x, w, h = rng.uniform(-.1, 1) * s, s * rng.uniform(.1, .4), y0 * rng.uniform(.3, .95)
        g = int(rng.uniform(10, 60))
        d.rectangle((x, y0 - h, x + w, y0), fill=(g, g, int(g * rng.uniform(.9, 1.2))))
        n = int(rng.integers(2, 7))
        for i in range(n):
            for j in range(n):
                if rng.random() < .4:
                    wx, wy = x + w * (i + .25) / n, y0 - h + h * (j + .25) / n
                    d.rectangle((wx, wy, wx + w * .5 / n, wy + h * .5 / n), fill=((250, 220, 150), (200, 215, 240), (120, 90, 50))[rng.integers(3)])
    for _ in range(rng.choice((0, 0, 1, 2))):
        car(rng, d, rng.uniform(0, s), rng.uniform(y0, s), s * rng.uniform(.2, .5), False)
    for _ in range(rng.choice((0, 0, 1, 2))):
        person(rng, d, rng.uniform(0, s), rng.uniform(y0, s), s * rng.uniform(.15, .5))
    a = np.asarray(im, np.float32) + rng.standard_normal((s, s, 1), np.float32) * rng.uniform(.3, 3)
    if rng.random() < .7:  # what a lamp lights on the ground
        yy, xx = np.mgrid[:s, :s].astype(np.float32) / s
        g = np.exp(-(((xx - rng.uniform(0, 1)) / rng.uniform(.1, .4)) ** 2 + ((yy - rng.uniform(.5, 1)) / rng.uniform(.05, .25)) ** 2))
        a += g[..., None] * np.array(((110, 90, 50), (90, 90, 90), (70, 80, 100))[rng.integers(3)])
    return lamps(rng, a, int(rng.integers(1, 9)))


def bright(rng, photos):
    """Flat and bright, and so exposed that the rest is dark: a white car, snow, paper, a white wall."""
    s = int(rng.integers(224, 340))
    kind = rng.random()
    if kind < .5:  # a white or silver car, near, on asphalt
        g = rng.uniform(28, 95)
        a = np.ones((s, s, 3), np.float32) * g * (1 + rng.uniform(-.04, .04, 3) * rng.choice((.2, .5, 1)))
        a += fractal(rng, s)[..., None] * rng.uniform(0, 8)
        a *= 1 + rng.uniform(-.4, .4) * np.linspace(-1, 1, s)[:, None, None]
        a += rng.standard_normal((s, s, 1), np.float32) * rng.uniform(.3, 3)
        im = Image.fromarray(np.clip(a, 0, 255).astype(np.uint8))
        d = ImageDraw.Draw(im)
        for _ in range(rng.integers(0, 25)):
            x, y, r, c = *rng.uniform(0, s, 2), rng.uniform(.3, 1.5), int(rng.uniform(g, 220))
            d.ellipse((x - r, y - r, x + r, y + r), fill=(c, c, c))
        for _ in range(rng.choice((0, 1, 2, 3))):
            x, y = rng.uniform(0, s, 2)
            t, l = rng.uniform(0, np.pi), rng.uniform(.05, .5) * s
            d.line((x, y, x + l * np.cos(t), y + l * np.sin(t)), fill=(215, 215, 210), width=int(rng.integers(2, 7)))
        big_car(rng, im, s)
        return np.asarray(im)
    if kind < .7:  # snow
        y0 = int(s * rng.uniform(-.1, .6))
        v = rng.uniform(175, 232)
        a = np.ones((s, s, 3), np.float32) * v * np.array((.985, .995, 1.01))
        a += fractal(rng, s, 5)[..., None] * rng.uniform(4, 22)
        if y0 > 0:
            a[:y0] = np.array(colour(rng, 140, 235, .25)) * np.linspace(.9, 1.03, y0)[:, None, None]
        im = Image.fromarray(np.clip(a + rng.standard_normal((s, s, 1)) * rng.uniform(.3, 3), 0, 252).astype(np.uint8))
        d = ImageDraw.Draw(im)
        for _ in range(rng.integers(1, 12)):  # trees, posts, walkers
            x, y, h = rng.uniform(0, s), rng.uniform(max(0, y0), s), s * rng.uniform(.05, .35)
            c = colour(rng, 15, 110, .5)
            d.line((x, y, x + h * rng.normal() * .05, y - h), fill=c, width=max(1, int(h * rng.uniform(.02, .1))))
            for _ in range(rng.choice((0, 5, 9))):
                d.line((x, y - h * rng.uniform(.3, 1), x + h * rng.normal() * .3, y - h * rng.uniform(.6, 1.1)), fill=c)
        if rng.random() < .5:
            person(rng, d, rng.uniform(.1, .9) * s, rng.uniform(max(0, y0) + .1 * s, s), s * rng.uniform(.15, .5))
        return np.asarray(im)
    if kind < .85:  # paper on a desk, a screen, a white door
        a = texture(rng, np.ones((s, s, 3), np.float32) * np.array(colour(rng, 25, 160, rng.uniform(0, 1))), rng.uniform(.5, 4))
        im = Image.fromarray(a.astype(np.uint8))
        d = ImageDraw.Draw(im)
        for _ in range(rng.integers(1, 4)):
            x, y = rng.uniform(-.2, .6, 2) * s
            w, h, t, v = s * rng.uniform(.25, .7), s * rng.uniform(.25, .8), rng.uniform(-.4, .4), int(rng.uniform(215, 254))
            corners = [(x + u * np.cos(t) - q * np.sin(t), y + u * np.sin(t) + q * np.cos(t)) for u, q in ((0, 0), (w, 0), (w, h), (0, h))]
            d.polygon(corners, fill=(v, v, int(v * rng.uniform(.93, 1))))
            for i in range(rng.integers(0, 14)):
                d.text((x + w * .1, y + 8 + 11 * i), ''.join(chr(rng.integers(97, 122)) for _ in range(rng.integers(4, 18))), fill=(40, 40, 45))
        return np.asarray(im)
    v = np.array(colour(rng, 200, 246, .3))  # a white wall with few things
    a = np.ones((s, s, 3), np.float32) * v * (1 + rng.uniform(-.12, .12) * np.linspace(-1, 1, s)[None, :, None])
    im = Image.fromarray(texture(rng, a, rng.uniform(.3, 2)).astype(np.uint8))
    d = ImageDraw.Draw(im)
    for _ in range(rng.integers(1, 5)):
        x, y, w, h = *rng.uniform(-.1, 1, 2) * s, *s * rng.uniform(.03, .35, 2)
        d.rectangle((x, y, x + w, y + h), fill=colour(rng, 10, 200, .7), outline=colour(rng, 10, 120, .3), width=int(rng.integers(1, 4)))
    if rng.random() < .6:
        person(rng, d, rng.uniform(.1, .9) * s, s * rng.uniform(.8, 1.3), s * rng.uniform(.5, 1))
    return np.asarray(im)


def big_car(rng, im, s):
    """A pale car from above that fills a good part of the picture, perhaps half out of it."""
    n = int(s * rng.uniform(.3, .75))
    w = int(n * rng.uniform(.42, .52))
    fg = Image.new('RGBA', (n, n))
    d = ImageDraw.Draw(fg)
    v = int(rng.uniform(190, 255))
    c = (v, v, int(v * rng.uniform(.97, 1.02)) if v < 250 else v)
    l, r = (n - w) // 2, (n + w) // 2
    glass = (int(rng.uniform(15, 80)),) * 3
    d.rounded_rectangle((l, n * .02, r, n * .98), int(w * .28), fill=c + (255,))
    d.polygon(((l + w * .08, n * .34), (r - w * .08, n * .34), (r - w * .02, n * .2), (l + w * .02, n * .2)), fill=glass + (255,))
    d.polygon(((l + w * .1, n * .72), (r - w * .1, n * .72), (r - w * .03, n * .9), (l + w * .03, n * .9)), fill=glass + (255,))
    for x in (l + w * .03, r - w * .03):
        d.line((x, n * .3, x, n * .75), fill=glass + (255,), width=max(1, int(w * .05)))
    for x in (l - w * .08, r):
        d.rectangle((x, n * .3, x + w * .08, n * .34), fill=c + (255,))
    if rng.random() < .5:  # lights
        for x in (l + w * .04, r - w * .18):
            d.rectangle((x, n * .93, x + w * .14, n * .96), fill=((200, 40, 30, 255), (250, 180, 60, 255))[rng.integers(2)])
    fg = fg.rotate(rng.choice((0, 180)) + rng.normal() * 12 if rng.random() < .7 else rng.uniform(0, 360), Image.BICUBIC)
    im.paste(fg, (int(rng.uniform(-.3, .75) * s), int(rng.uniform(-.35, .8) * s)), fg)


def sky(rng, photos):
    """Plain sky with a bird, a wire, a roof's edge."""
    s = int(rng.integers(200, 320))
    c = np.array(((110, 160, 230), (200, 210, 225), (150, 185, 225), (225, 190, 160), (165, 170, 178), (60, 90, 150))[rng.integers(6)], np.float32)
    a = np.ones((s, s, 3), np.float32) * c * np.linspace(rng.uniform(.75, 1), rng.uniform(.95, 1.12), s)[:, None, None]
    if rng.random() < .4:
        cloud = np.clip(fractal(rng, s, 4) * rng.uniform(.5, 2), 0, 1)[..., None] * rng.uniform(.2, .8)
        a = a * (1 - cloud) + 240 * cloud
    im = Image.fromarray(np.clip(a + rng.standard_normal((s, s, 1)) * rng.uniform(.2, 2.5), 0, 255).astype(np.uint8))
    d = ImageDraw.Draw(im)
    for _ in range(rng.choice((0, 1, 1, 2, 5, 12))):
        bird(rng, d, *rng.uniform(.05, .95, 2) * s, s * np.exp(rng.uniform(np.log(.01), np.log(.16))))
    for _ in range(rng.choice((0, 0, 1, 3))):
        y = rng.uniform(0, s, 2)
        d.line((0, y[0], s, y[1]), fill=(30, 30, 35), width=int(rng.integers(1, 4)))
    if rng.random() < .45:
        y, step = s * rng.uniform(.7, .97), s / rng.integers(1, 7)
        x = -step * rng.random()
        while x < s:
            d.rectangle((x, y + rng.uniform(-.1, .1) * s, x + step, s), fill=colour(rng, 15, 160, .4))
            x += step
    return np.asarray(im)


def bird(rng, d, x, y, r):
    """Dark, wings up, flat or down; a fly is a bird without wings to see."""
    c = colour(rng, 5, 90, .3)
    d.ellipse((x - r * .45, y - r * .18, x + r * .45, y + r * .18), fill=c)
    if rng.random() < .8:
        for side in (-1, 1):
            up = rng.uniform(-.6, .9)
            d.polygon(((x - side * r * .1, y), (x + side * r * .55, y - r * up), (x + side * r, y - r * up * rng.uniform(.4, 1.1)), (x + side * r * .35, y + r * .12)), fill=c)


def concrete(rng, photos):
    """Walls, gates, stairs and pipes without colour of their own; sharp edges, small differences."""
    s = int(rng.integers(220, 330))
    g = rng.uniform(55, 200)
    tone = 1 + rng.uniform(-.06, .06, 3) * rng.choice((.15, .4, 1))
    a = np.ones((s, s, 3), np.float32) * g * tone
    a += fractal(rng, s, 5, .7)[..., None] * rng.uniform(2, 16)
    im = Image.fromarray(np.clip(a + rng.standard_normal((s, s, 1)) * rng.uniform(.5, 5), 0, 255).astype(np.uint8))
    d = ImageDraw.Draw(im)
    near = lambda lo, hi: tuple(int(np.clip(g * f * t, 0, 255)) for f in [rng.uniform(lo, hi)] for t in tone)
    for _ in range(rng.integers(1, 7)):
        x, y, w, h = *rng.uniform(-.2, .9, 2) * s, *s * rng.uniform(.05, .6, 2)
        kind = rng.integers(4)
        if kind == 0:  # slabs
            d.rectangle((x, y, x + w, y + h), fill=near(.75, 1.3), outline=near(.4, .8), width=int(rng.integers(1, 4)))
        elif kind == 1:  # shutters or steps, not over the whole
            for i in range(int(rng.integers(3, 9))):
                d.line((x, y + i * h / 9, x + w, y + i * h / 9), fill=near(.5, 1.4), width=int(rng.integers(1, 4)))
        elif kind == 2:  # pipes, joints
            d.line((x, y, x + rng.normal() * s, y + rng.normal() * s), fill=near(.45, 1.5), width=int(rng.integers(1, 9)))
        else:
            d.ellipse((x, y, x + w * .3, y + w * .3), fill=near(.4, 1.5))
    if rng.random() < .25:
        d.rectangle((*rng.uniform(0, .9, 2) * s, *(s, s)), fill=near(.6, 1.2))
    for _ in range(rng.choice((0, 0, 1, 2))):
        person(rng, d, rng.uniform(.05, .95) * s, rng.uniform(.5, 1.2) * s, s * rng.uniform(.2, .7))
    return np.asarray(im)


def close(rng, photos):
    """Something near that moves: a hand, a head and shoulders, a back, an insect; never the greater part of the view."""
    f = (asphalt, room, outdoors, street, photo, concrete, bright)[rng.choice(7, p=(.2, .28, .1, .12, .14, .08, .08))]
    a = f(rng, photos)
    s = a.shape[0]
    big = int(s * 1.3)  # with a margin: what moves in comes from outside
    o = (big - s) // 2
    while True:
        m = Image.new('L', (big, big))
        fg = Image.fromarray(texture(rng, np.ones((big, big, 3), np.float32) * np.array(colour(rng, 5, 200, .8) if rng.random() < .6 else (20, 20, 24)),
                                     rng.uniform(0, 4)).astype(np.uint8))
        if rng.random() < .35:  # clothes
            p = photos[rng.integers(len(photos))] if photos else fg
            fg = p.crop((p.size[0] * .3, p.size[1] * .3, p.size[0] * .7, p.size[1] * .7)).resize((big, big), Image.BICUBIC)
        limit = near_shape(rng, ImageDraw.Draw(m), fg, big, s)
        part = np.asarray(m)[o:o + s, o:o + s].mean() / 255
        if .02 < part < limit:
            break
    fg, m = np.asarray(fg, np.float32), np.asarray(m, np.float32)[..., None] / 255
    if rng.random() < .3:  # too near to be sharp
        soft = ImageFilter.GaussianBlur(s * rng.uniform(.004, .03))
        m = np.asarray(Image.fromarray((m[..., 0] * 255).astype(np.uint8)).filter(soft), np.float32)[..., None] / 255
        fg = np.asarray(Image.fromarray(fg.astype(np.uint8)).filter(soft), np.float32)
    if rng.random() < .6:  # moved while exposed
        t, far, n = rng.uniform(0, 6.28), s * rng.uniform(.01, .12), 7
        shifts = [(int(far * (i / (n - 1) - .5) * np.sin(t)), int(far * (i / (n - 1) - .5) * np.cos(t))) for i in range(n)]
        whole = np.concatenate([fg * m, m], -1)
        whole = sum(np.roll(whole, v, (0, 1)) for v in shifts) / n
        over, m = whole[..., :3], whole[..., 3:]
    else:
        over = fg * m
    over, m = over[o:o + s, o:o + s], m[o:o + s, o:o + s]
    x = a * (1 - m) + over
    if rng.random() < .4:  # coders spend least where most moves
        from faults import jpeg
        rough = jpeg(np.clip(x, 0, 255).astype(np.uint8), rng.integers(8, 30))
        where = np.asarray(Image.fromarray((m[..., 0] * 255).astype(np.uint8)).filter(ImageFilter.BoxBlur(s * .06)), np.float32)[..., None]
        x = np.where(where > 8, rough, x)
    return np.clip(x, 0, 255).astype(np.uint8)


def near_shape(rng, d, fg, big, s):
    """Draws the mask of a near thing, and onto fg its skin and hair. Returns the part of the view that it may take."""
    paint = ImageDraw.Draw(fg)
    skin = np.array(((235, 190, 160), (200, 150, 120), (150, 100, 75), (95, 65, 50), (60, 42, 34))[rng.integers(5)])
    skin = tuple(int(v) for v in skin * rng.uniform(.6, 1.05))
    kind = rng.random()
    mid = big / 2
    if kind < .35:  # an arm reaches in, with a hand at its end
        t = rng.uniform(0, 6.28)
        x0, y0 = mid + .75 * s * np.cos(t), mid + .75 * s * np.sin(t)
        x, y = mid + s * rng.uniform(-.35, .35), mid + s * rng.uniform(-.35, .35)
        w = s * rng.uniform(.04, .15)
        d.line((x0, y0, x, y), fill=255, width=int(w))
        sleeve = rng.uniform(.2, 1)
        paint.line((x0 + (x - x0) * sleeve, y0 + (y - y0) * sleeve, x, y), fill=skin, width=int(w) + 2)
        r = w * rng.uniform(.6, 1)
        for draw, c in ((d, 255), (paint, skin)):
            draw.ellipse((x - r, y - r, x + r, y + r), fill=c)
        for i in range(5):
            u = np.arctan2(y - y0, x - x0) + (i - 2) * rng.uniform(.2, .45)
            l = r * rng.uniform(1.3, 2.6)
            for draw, c in ((d, 255), (paint, skin)):
                draw.line((x, y, x + l * np.cos(u), y + l * np.sin(u)), fill=c, width=max(2, int(r * .4)))
        return .3
    if kind < .75:  # head and shoulders, from the front, the back or above
        x, h = mid + s * rng.uniform(-.45, .45), s * rng.uniform(.12, .24)
        y = mid + s * rng.uniform(-.2, .55)
        w = h * rng.uniform(1, 1.5)
        d.ellipse((x - h * .4, y - h * .55, x + h * .4, y + h * .55), fill=255)
        d.rounded_rectangle((x - w, y + h * .45, x + w, y + h * 6), int(w * .5), fill=255)
        hair = tuple(int(v) for v in np.array(((15, 13, 12), (60, 40, 28), (150, 115, 70), (120, 118, 115))[rng.integers(4)]))
        if rng.random() < .6:  # from behind
            paint.ellipse((x - h * .45, y - h * .6, x + h * .45, y + h * rng.uniform(.4, 1.2)), fill=hair)
        else:
            paint.ellipse((x - h * .4, y - h * .55, x + h * .4, y + h * .55), fill=skin)
            paint.chord((x - h * .45, y - h * .6, x + h * .45, y + h * .4), 180, 360, fill=hair)
        for side in (-1, 1):
            if rng.random() < .5:
                d.line((x + side * w * .85, y + h, x + side * w * rng.uniform(.9, 1.7), y + h * rng.uniform(1.8, 3.2)), fill=255, width=int(h * .35))
        return .42
    if kind < .9:  # a back or a coat at the edge
        side, w = rng.integers(2), s * rng.uniform(.08, .4)
        x = (big - s) / 2 + (0 if side else s)
        d.rounded_rectangle((x - w, mid + s * rng.uniform(-.6, .1), x + w, big), int(w * .6), fill=255)
        return .3
    x, y, r = *(mid + s * rng.uniform(-.45, .45, 2)), s * rng.uniform(.03, .12)  # an insect, a leaf, a twig
    d.ellipse((x - r, y - r * .6, x + r, y + r * .6), fill=255)
    for _ in range(rng.integers(0, 8)):
        u, l = rng.uniform(0, 6.28), r * rng.uniform(1, 3)
        d.line((x, y, x + l * np.cos(u), y + l * np.sin(u)), fill=255, width=int(rng.integers(1, 5)))
    return .2


class Bars:
    """Bars that belong to the picture: letterbox, pillarbox, and the padding of the element's fit=pad (mean colour).

    Two equal bars at opposite edges are how pictures of one shape are shown in another: nothing is wrong with them.
    """
    PAD = (123, 117, 104)  # CLIP's mean colour

    def __init__(self, rng):
        kind = rng.random()
        self.fill = self.PAD if rng.random() < .5 else (0, 0, 0) if rng.random() < .75 else (int(rng.uniform(0, 255)),) * 3
        wide = (9 / 16, 3 / 4, 2 / 3, 1 / 2.39, 9 / 16, 1 / 1.85, rng.uniform(.45, .9))[rng.integers(7)]
        self.parts = [(1, wide)] if kind < .55 else [(wide, 1)] if kind < .92 else [(9 / 16, 1), (1, 9 / 16)]
        self.blur = kind < .92 and rng.random() < .06  # filled with the picture itself, enlarged and blurred
        self.at = rng.uniform(0, 1)
        self.share = wide if len(self.parts) == 1 else (9 / 16) * (81 / 256)  # of the picture that is not bars

    def put(self, a):
        """uint8 [s][s][3] -> a band of it between bars, as large."""
        for i, (w, h) in enumerate(self.parts):
            s = a.shape[0]
            fill = self.fill if i == len(self.parts) - 1 else (0, 0, 0)
            cw, ch = round(s * w), round(s * h)
            if i:  # the whole of what is there, smaller
                part = np.asarray(Image.fromarray(a[:, (s - s * 9 // 16) // 2:][:, :s * 9 // 16]).resize((round(s * 81 / 256), ch), Image.BICUBIC))
                wide = np.zeros((ch, s, 3), np.uint8)
                x = (s - part.shape[1]) // 2
                wide[:, x:x + part.shape[1]] = part
                part, cw = wide, s
            else:
                x, y = int((s - cw) * self.at), int((s - ch) * self.at)
                part = a[y:y + ch, x:x + cw]
            if self.blur:
                out = np.asarray(Image.fromarray(part).resize((s, s), Image.BICUBIC).filter(ImageFilter.GaussianBlur(s * .06))).copy()
                out = (out * .8).astype(np.uint8)
            else:
                out = np.empty_like(a)
                out[:] = fill
            x, y = (s - cw) // 2, (s - ch) // 2
            out[y:y + ch, x:x + cw] = part
            a = out
        return a


KINDS = ((photo, .26), (mosaic, .04), (asphalt, .19), (room, .07), (outdoors, .05), (abstract, .04), (composite, .06), (street, .06), (night, .03),
         (bright, .07), (sky, .03), (concrete, .03), (close, .07))
DRAWN = asphalt, room, outdoors, street, night, bright, sky, concrete, close


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
    """One clear picture at its native size, whether it knows up from down, and the bars to put it between, or None.

    The element pads what the camera sees, so a fault is under the bars; a letterbox that the camera sends is faulty with it.
    """
    f = KINDS[rng.choice(len(KINDS), p=[k[1] for k in KINDS])][0]
    a = f(rng, photos)
    if rng.random() < .5:
        a = a[:, ::-1]
    a = natural(rng, np.ascontiguousarray(a))
    if rng.random() < .08:
        a = stamp(rng, a)
    bars = Bars(rng) if rng.random() < .2 else None
    if bars and bars.fill == (0, 0, 0) and rng.random() < .5:
        a, bars = bars.put(a), None
    return a, f in (photo, room, outdoors), bars
