#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every figure of the model card, on pictures that training never saw.

    evaluate.py [--model model] [--half report|choose] [--markdown FILE]

Photos: one half of photos-cc0/validation, faults at held-out strengths.
Recordings, patterns and the street: footage.py; GStreamer's base, good, bad, ugly and libav, and cairo with a C compiler.
"""

import argparse
import os
import random

import numpy as np
import torch
from PIL import Image

import bpe
import captions
import clipmodel
import footage
import prompts
import scenes


class Judge:
    """The best label of each picture, by the priors of the model's prompts.json."""

    def __init__(self, model, classes, priors):
        self.scale, self.classes, self.prior = model.logit_scale.exp().item(), classes, torch.tensor(priors).log()

    def __call__(self, e, t):
        return [self.classes[k] for k in (self.scale * e @ t.T + self.prior).argmax(1).tolist()]

    def confidence(self, e, t):
        """Of the best label, as the element's softmax has it."""
        return (self.scale * e @ t.T + self.prior).softmax(1).max(1).values.tolist()


def share(truth, got, of=None):
    hit = [a == b for a, b in zip(truth, got) if of is None or a in of]
    return 100 * float(np.mean(hit)) if hit else float('nan')


def table(truth, got, classes, names):
    """Confusion: rows the truth, columns only where something was said."""
    cols = [c for c in classes if c in set(got)]
    lines = ['| | n | right | ' + ' | '.join(names[c] for c in cols) + ' |', '|' + '---|' * (len(cols) + 3)]
    for c in [c for c in classes if c in set(truth)]:
        g = [b for a, b in zip(truth, got) if a == c]
        lines.append('| **%s** | %d | %.1f | %s |' % (names[c], len(g), share([c] * len(g), g), ' | '.join(
            str(g.count(d)) if d in g else '' for d in cols)))
    return '\n'.join(lines)


def false_labels(got, sure, names):
    """What is said of pictures that are all clear: how often, what, and the longest that one wrong label holds."""
    runs, best = [], {}
    for i, (c, v) in enumerate(zip(got, sure)):
        if c == 'clear':
            continue
        if i and got[i - 1] == c:
            runs[-1] += 1
        else:
            runs.append(1)
        best[c] = max(best.get(c, 0), v)
    wrong = len(got) - got.count('clear')
    said = ', '.join('%s %d (up to %.0f %%)' % (names[c], got.count(c), 100 * best[c]) for c in sorted(best, key=got.count, reverse=True))
    changes = sum(a != b for a, b in zip(got, got[1:]))
    return '%d of %d false, %.2f %%; changes %d; longest run %d%s' % (wrong, len(got), 100 * wrong / len(got), changes, max(runs, default=0), said and ': ' + said)


def boxed_photos(files):
    """{how: pictures} of untouched photos between bars: as fit=pad makes them, and as a letterbox in the video."""
    out = {}
    for name, shape, fill in (('fit=pad, wide', (432, 768), scenes.Bars.PAD), ('fit=pad, tall', (768, 432), scenes.Bars.PAD), ('letterbox', (432, 768), (0, 0, 0)),
                              ('pillarbox', (768, 432), (0, 0, 0))):
        out[name] = np.stack([footage.pad(footage.cut(f, *shape), fill) for f in files])
    return out


def drawn(files, seed=4242, each=100):
    """{kind: pictures}: drawings of the kinds that training has, at a seed and with photos of their own."""
    rng, photos = np.random.default_rng(seed), [Image.open(f).convert('RGB') for f in files]
    return {f.__name__: np.stack([scenes.reduce_to(f(rng, photos)) for _ in range(each)]) for f in scenes.DRAWN}


def say_injected(say, name, got, y, how, wrong):
    """A recording with faults put in: figures, then each fault by the ways in which it was made."""
    say('%s: untouched called clear %.1f %% of %d; injected faults %.1f %% (mean over classes %.1f %%)' % (
        name, share(['clear' for c in y if c == 'untouched'], [g for c, g in zip(y, got) if c == 'untouched']), y.count('untouched'),
        share(y, got, wrong), np.mean([share(y, got, [c]) for c in wrong if c in y])))
    for c in ['clear'] + wrong:
        part = []
        for w in sorted({k for b, k in zip(y, how) if b == c}):
            said = [g for b, g, k in zip(y, got, how) if b == c and k == w]
            part.append('%.0f' % share([c] * len(said), said))
        miss = [g for b, g in zip(y, got) if b == c and g != c]
        most = sorted(set(miss), key=miss.count, reverse=True)[:3]
        say('   %-16s %s   %s' % (c, ' / '.join(part) or 'not visible', ', '.join('%s %d' % (m, miss.count(m)) for m in most)))


def main():
    p = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    here = os.path.dirname(os.path.abspath(__file__))
    p.add_argument('--data', default=os.path.join(here, '../../../shared/data'))
    p.add_argument('--model', default=os.path.join(here, '../camera-health'))
    p.add_argument('--half', default='report', choices=('choose', 'report'))
    p.add_argument('--cache', help='folder that keeps the coded test frames between runs')
    p.add_argument('--quick', action='store_true', help='photos only')
    p.add_argument('--all', action='store_true', help='with the prompts that the default set leaves out')
    p.add_argument('--markdown', help='write the tables here too')
    a = p.parse_args()
    out = []

    def say(s=''):
        print(s, flush=True)
        out.append(s)

    torch.set_num_threads(1)
    if a.cache:
        os.makedirs(a.cache, exist_ok=True)
    model = clipmodel.load_folder(a.model)
    tok = bpe.load(a.model, model.config['context'])
    classes = [c for c in captions.CLASSES if a.all or c not in prompts.LEFT_OUT]
    names = {c: prompts.DEFAULT[c][1] for c in captions.CLASSES}
    chosen = prompts.load(a.model)
    if a.all:
        chosen = dict({c: (text, 1.0) for c, (text, _) in prompts.DEFAULT.items()}, **chosen)
    t = prompts.embed_texts(model, tok, [chosen[c][0] for c in classes])
    predict = Judge(model, classes, [chosen[c][1] for c in classes])
    wrong = [c for c in captions.FAULTS if c in classes]

    files = prompts.halves(a.data)[a.half == 'report']
    x, y = prompts.photo_tests(files, 777 if a.half == 'report' else 778)
    keep = [i for i, c in enumerate(y) if c in classes]
    x, y = x[keep], [y[i] for i in keep]
    e = prompts.embed_images(model, x)
    got = predict(e, t)
    say('photos, faults at held-out strengths: %.1f %% (mean over %d fault classes %.1f %%)' % (
        share(y, got, wrong), len(wrong), np.mean([share(y, got, [c]) for c in wrong])))
    say('untouched photos called clear: %.1f %%' % share(y, got, ['clear']))
    say(table(y, got, classes, names))
    say()
    r = random.Random(99)
    known = []
    for _ in range(40):
        tt = prompts.embed_texts(model, tok, [captions.caption(r, c, True) for c in classes])
        known.append(predict(e, tt))
    say('wordings never trained, known key words (40 draws): %.1f %%' % np.mean([share(y, g) for g in known]))
    say('   by class: ' + ', '.join('%s %.0f' % (names[c], np.mean([share(y, g, [c]) for g in known])) for c in classes if c in y))
    new = []
    for k in range(3):
        tt = t.clone()
        for i, c in enumerate(classes):
            if c in captions.TEST_WORDS:
                tt[i] = prompts.embed_texts(model, tok, [captions.TEST_WORDS[c][k]])[0]
        new.append(share(y, predict(e, tt)))
    say('key words never trained: %.1f %%' % np.mean(new))

    def clear(x):
        e = prompts.embed_images(model, x)
        return false_labels(predict(e, t), predict.confidence(e, t), names)

    for name, x in boxed_photos(files).items():
        say('untouched photos, %s: %s' % (name, clear(x)))
    for name, x in drawn(files).items():
        say('drawn, %s: %s' % (name, clear(x)))
    if not a.quick:
        px, py = footage.test_patterns(a.cache)
        got = predict(prompts.embed_images(model, px), t)
        say('patterns after H.264 and rescaling: %.1f %% of %d' % (share(py, got), len(py)))
        say('   not all right: ' + ', '.join('%s %.0f (%s)' % (names[c], share(py, got, [c]), '/'.join(sorted({g for b, g in zip(py, got) if b == c and g != c})))
                                             for c in classes if c in py and share(py, got, [c]) < 100))
        for name, (vx, vy, how) in footage.recordings(a.data, a.cache).items():
            for box in footage.BOXED:
                say('%s, %s in the video: %s' % (name, box, clear(vx[[i for i, c in enumerate(vy) if c == box]])))
            keep = [i for i, c in enumerate(vy) if c in classes or c == 'untouched']
            say_injected(say, name, predict(prompts.embed_images(model, vx[keep]), t), [vy[i] for i in keep], [int(how[i]) for i in keep], wrong)
        for name, fits in footage.every_frame(a.data, a.cache).items():
            for fit, x in fits.items():
                say('%s, every frame, fit=%s: %s' % (name, fit, clear(x)))
        for fit, x in footage.street(a.cache).items():
            say('street of 20 minutes at 5 a second, fit=%s: %s' % (fit, clear(x)))
    if a.markdown:
        with open(a.markdown, 'w', encoding='utf-8') as f:
            f.write('\n'.join(out) + '\n')


if __name__ == '__main__':
    main()
