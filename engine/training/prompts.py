# SPDX-License-Identifier: MIT
"""The default prompts, and the quick score that training prints."""

import hashlib
import json
import os

import numpy as np
import torch
from PIL import Image

import captions
import clipmodel
import faults
import patterns
import pictures
import scenes

# class: (prompt, label). One prompt a label; chosen on the choosing half of the validation photos.
DEFAULT = {
    'clear': ('a clear picture', 'clear'),
    'blurred': ('a blurred picture', 'blurred'),
    'dark': ('a dark picture', 'dark'),
    'overexposed': ('an overexposed picture', 'overexposed'),
    'low contrast': ('a picture with low contrast', 'low contrast'),
    'noisy': ('a noisy picture', 'noisy'),
    'grey': ('a grey picture without colour', 'grey'),
    'upside down': ('an upside down picture', 'upside down'),
    'covered': ('a covered lens', 'covered'),
    'blocky': ('a blocky picture', 'blocky'),
    'horizontal bars': ('horizontal bars', 'horizontal bars'),
    'vertical bars': ('vertical bars', 'vertical bars'),
    'red tint': ('a picture with a red tint', 'red tint'),
    'green tint': ('a picture with a green tint', 'green tint'),
    'blue tint': ('a picture with a blue tint', 'blue tint'),
    'yellow tint': ('a picture with a yellow tint', 'yellow tint'),
    'purple tint': ('a picture with a purple tint', 'purple tint'),
    'colour bars': ('colour bars', 'colour bars'),
    'snow': ('television snow', 'snow'),
    'black': ('a black screen', 'black screen'),
    'white': ('a white screen', 'white screen'),
    'checkers': ('a checkerboard', 'checkerboard'),
    'rings': ('concentric circles', 'zone plate'),
    'gradient': ('a smooth gradient', 'gradient'),
    'rays': ('a pinwheel', 'pinwheel'),
    'ball': ('a white ball on black', 'ball'),
    'solid red': ('a solid red screen', 'red screen'),
    'solid green': ('a solid green screen', 'green screen'),
    'solid blue': ('a solid blue screen', 'blue screen'),
    'solid yellow': ('a solid yellow screen', 'yellow screen'),
    'solid cyan': ('a solid cyan screen', 'cyan screen'),
    'solid magenta': ('a solid magenta screen', 'magenta screen'),
}
LEFT_OUT = ('upside down',)
TEMPLATES = ['{}']


def save(folder, priors=None):
    """prompts.json. priors: {class: factor on its share of the scores}, 1 where it has none."""
    path = os.path.join(folder, 'prompts.json')
    lines = []
    for c, (text, label) in DEFAULT.items():
        if c in LEFT_OUT:
            continue
        line = {'text': text, 'label': label}
        if priors and priors[c] != 1:
            line['prior'] = priors[c]
        if label == 'clear':
            line['event'] = False
        lines.append('  ' + json.dumps(line))
    with open(path + '.new', 'w', encoding='utf-8') as f:
        f.write('{"version": 1,\n "templates": %s,\n "prompts": [\n%s\n ]}\n' % (json.dumps(TEMPLATES), ',\n'.join(lines)))
    os.replace(path + '.new', path)


def load(folder):
    """{class: (text, prior)} of a folder's prompts.json."""
    with open(os.path.join(folder, 'prompts.json'), encoding='utf-8') as f:
        by_label = {p['label']: (p['text'], p.get('prior', 1.0)) for p in json.load(f)['prompts']}
    return {c: by_label[label] for c, (_, label) in DEFAULT.items() if label in by_label}


def halves(data):
    """validation photos: (to choose by, to report on), by a hash of the file's name."""
    folder = os.path.join(data, 'photos-cc0', 'validation')
    names = sorted(os.path.join(c, f) for c in os.listdir(folder) for f in os.listdir(os.path.join(folder, c)))
    out = [], []
    for n in names:
        out[hashlib.sha256(os.path.basename(n).encode()).digest()[0] & 1].append(os.path.join(folder, n))
    return out


def embed_images(model, rgb, batch=64):
    with torch.no_grad():
        return torch.cat([model.images(clipmodel.to_patches(rgb[i:i + batch], model.config['patch'])[0]) for i in range(0, len(rgb), batch)])


def embed_texts(model, tok, texts):
    with torch.no_grad():
        ids, ends = tok.batch(texts)
        return model.texts(torch.tensor(ids), torch.tensor(ends))


def photo_tests(files, seed, each=None):
    """(rgb, class): every photo clear, and faults at strengths that training never saw."""
    rng = np.random.default_rng(seed)
    x, y = [], []
    for f in files:
        a = np.asarray(Image.open(f).convert('RGB'))
        h, w = a.shape[:2]
        s = min(h, w)
        t, l = (h - s) // 2, (w - s) // 2
        square = a[t:t + s, l:l + s]
        clear = scenes.reduce_to(square)
        x.append(clear)
        y.append('clear')
        names = captions.FAULTS if each is None else list(rng.choice(captions.FAULTS, each, replace=False))
        for name in names:
            got = faults.apply(rng, name, square, faults.strength(rng, True), clear)
            if got is not None:
                x.append(got)
                y.append(name)
    return np.stack(x), y


class ChoosingSet:
    """What is chosen by: half of the validation photos, and drawn pictures that training did not see."""

    def __init__(self, data, seed):
        x, y = photo_tests(halves(data)[0], seed + 100, each=6)
        rng = np.random.default_rng(seed + 200)
        p = [(patterns.draw(rng, c), c) for c in captions.PATTERNS for _ in range(16)]
        self.x = np.concatenate([x, np.stack([q[0] for q in p])])
        self.y = np.array([pictures.CLASS[c] for c in y + [q[1] for q in p]])
        # clear pictures of the kinds that have raised false alarms: drawings, and photos between bars
        photos = [Image.open(f).convert('RGB') for f in halves(data)[0]]
        self.drawn = np.stack([scenes.reduce_to(f(rng, photos)) for f in scenes.DRAWN for _ in range(40)])
        self.boxed = np.stack([scenes.reduce_to(scenes.Bars(rng).put(scenes.photo(rng, [p]))) for p in photos])

    def score(self, model, tok):
        classes = [c for c in captions.CLASSES if c not in LEFT_OUT]
        t = embed_texts(model, tok, [DEFAULT[c][0] for c in classes])
        got = np.array([pictures.CLASS[classes[k]] for k in (embed_images(model, self.x) @ t.T).argmax(1).tolist()])
        hit = got == self.y
        per = {c: hit[self.y == pictures.CLASS[c]].mean() for c in captions.CLASSES}
        f = [c for c in captions.FAULTS if c not in LEFT_OUT]
        return 'faults %.1f%% clear %.1f%% patterns %.1f%% | ' % tuple(
            100 * np.mean(v) for v in ([per[c] for c in f], [per['clear']], [per[c] for c in captions.PATTERNS])) + ' '.join(
            '%s %.0f' % (c.replace(' ', '-'), 100 * v) for c, v in per.items() if v < .97)

    def choose(self, model, tok, wanted=.95):
        """{class: prior}. Clear pictures are by far the most frequent, and false alarms the worst fault: the prior of
        "clear" is the smallest at which so many clear photos, drawings and photos between bars stay clear. Each
        pattern's is raised up to it as long as no picture here is lost by it, because coding takes from patterns what
        these drawings still have."""
        classes = [c for c in captions.CLASSES if c not in LEFT_OUT]
        clear = classes.index('clear')
        t = embed_texts(model, tok, [DEFAULT[c][0] for c in classes])
        scale = model.logit_scale.exp().item()
        logits = [(scale * embed_images(model, x) @ t.T).numpy() for x in (self.x, self.drawn, self.boxed)]
        y = np.array([captions.CLASSES[k] for k in self.y])
        prior = np.zeros(len(classes))  # its logarithm

        def hits():
            found = np.array([classes[k] for k in (logits[0] + prior).argmax(1)])
            return found == y, (logits[1] + prior).argmax(1) == clear, (logits[2] + prior).argmax(1) == clear

        while True:
            photo, drawn, boxed = hits()
            if (photo[y == 'clear'].mean() + drawn.mean() + boxed.mean()) / 3 >= wanted:
                break
            prior[clear] += .25
        for i, c in enumerate(classes):
            while c in captions.PATTERNS and prior[i] + .5 <= prior[clear]:
                before = sum(h.sum() for h in hits())
                prior[i] += .5
                if sum(h.sum() for h in hits()) < before:
                    prior[i] -= .5
                    break
        photo, drawn, boxed = hits()
        print('faults %.1f %% patterns %.1f %% clear photos %.1f %% clear drawings %.1f %% photos between bars %.1f %%' % tuple(
            100 * np.mean(v) for v in ([photo[y == c].mean() for c in classes if c in captions.FAULTS],
                                       [photo[y == c].mean() for c in captions.PATTERNS], photo[y == 'clear'], drawn, boxed)))
        return {c: round(float(np.exp(p)), 2) for c, p in zip(classes, prior)}


def main():
    """Chooses the priors of a trained folder's prompts.json on the choosing half."""
    import argparse
    import bpe
    p = argparse.ArgumentParser(description=main.__doc__)
    here = os.path.dirname(os.path.abspath(__file__))
    p.add_argument('--data', default=os.path.join(here, '../../../shared/data'), help='folder that holds photos-cc0')
    p.add_argument('--model', default=os.path.join(here, '../camera-health'))
    p.add_argument('--seed', type=int, default=1)
    a = p.parse_args()
    model = clipmodel.load_folder(a.model)
    tok = bpe.load(a.model, model.config['context'])
    save(a.model, ChoosingSet(a.data, a.seed).choose(model, tok))


if __name__ == '__main__':
    main()
