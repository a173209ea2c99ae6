#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every figure of the model card, on pictures that training never saw.

    evaluate.py [--model model] [--half report|choose] [--markdown FILE]

Photos: one half of photos-cc0/validation, faults at held-out strengths.
Recordings and patterns go through GStreamer (base, good, bad, ugly, libav):
its own elements put the faults in, x264 codes the result. A fault that cannot
be seen (faults.VISIBLE: grey on grey asphalt, say) does not count, nor one that
leaves nothing to see (LEFT), nor a ball that is outside the crop.
"""

import argparse
import os
import random
import subprocess
import tempfile

import numpy as np
import torch

import bpe
import captions
import clipmodel
import faults
import patterns
import prompts

LEFT = 3  # deviation in levels; below it a dark picture is a black screen, an overexposed one a white screen
CODE = 'x264enc bitrate=1500 speed-preset=veryfast tune=zerolatency ! h264parse ! avdec_h264 ! videoconvert ! '


def gst(pipeline, width, height):
    """Runs a pipeline that ends in raw RGB; frames [n][h][w][3]."""
    with tempfile.NamedTemporaryFile() as f:
        line = 'gst-launch-1.0 -q %s videoconvert ! video/x-raw,format=RGB ! filesink location=%s' % (pipeline, f.name)
        done = subprocess.run(line, shell=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=900)
        data = np.fromfile(f.name, np.uint8)
    stride = (width * 3 + 3) // 4 * 4
    if done.returncode or not len(data):
        raise SystemExit('failed: %s\n%s' % (line, done.stderr.decode()[-800:]))
    return data.reshape(-1, height, stride)[:, :, :width * 3].reshape(-1, height, width, 3)


def over(source, alpha=1.0, x=0, y=0, w=768, h=432):
    """Something from videotestsrc laid over the recording."""
    return source, alpha, x, y, w, h


# fault -> several ways in which GStreamer elements make it: a filter, or things to lay over
INJECT = {
    'clear': ['identity', 'videobalance brightness=0.04 contrast=0.95', 'x264enc bitrate=800 speed-preset=veryfast ! avdec_h264'],
    'blurred': ['gaussianblur sigma=5', 'gaussianblur sigma=7', 'gaussianblur sigma=11'],
    'dark': ['videobalance brightness=-0.38', 'videobalance contrast=0.25', 'gamma gamma=0.28'],
    'overexposed': ['videobalance brightness=0.4 contrast=1.4', 'videobalance contrast=2 brightness=0.15', 'gamma gamma=4.5'],
    'low contrast': ['videobalance contrast=0.25 brightness=0.3', 'videobalance contrast=0.3 brightness=0.35 saturation=0.5',
                     [over('pattern=solid-color foreground-color=0xff969696', .78)]],
    'noisy': [[over('pattern=snow', .3)], [over('pattern=snow', .45)]],
    'grey': ['videobalance saturation=0', 'videoconvert ! video/x-raw,format=GRAY8 ! videoconvert'],
    'upside down': ['videoflip method=rotate-180', 'videoflip method=vertical-flip'],
    'covered': [[over('pattern=black', 1, 0, 0, 440, 432)], [over('pattern=solid-color foreground-color=0xff503828', 1, 0, 150, 768, 282)],
                [over('pattern=solid-color foreground-color=0xff303030', 1, 230, 0, 538, 432)]],
    'blocky': ['jpegenc quality=2 ! jpegdec', 'videoscale ! video/x-raw,width=320,height=180 ! videoconvert ! jpegenc quality=3 ! jpegdec ! videoscale ! video/x-raw,width=768,height=432',
               'videoscale ! video/x-raw,width=48,height=27 ! videoscale method=nearest-neighbour ! video/x-raw,width=768,height=432'],
    'horizontal bars': [[over('pattern=black', 1, 0, 0, 768, 70), over('pattern=black', 1, 0, 362, 768, 70)],
                        [over('pattern=solid-color foreground-color=0xff2040c0', 1, 0, 90, 768, 46), over('pattern=white', 1, 0, 280, 768, 40)]],
    'vertical bars': [[over('pattern=black', 1, 0, 0, 240, 432), over('pattern=black', 1, 528, 0, 240, 432)],
                      [over('pattern=black', 1, 250, 0, 36, 432), over('pattern=black', 1, 360, 0, 36, 432), over('pattern=black', 1, 470, 0, 36, 432)]],
}
for _c, _v in (('red', 'ff0000'), ('green', '00ff00'), ('blue', '0000ff'), ('yellow', 'ffe000'), ('purple', 'e000e0')):
    INJECT[_c + ' tint'] = [[over('pattern=solid-color foreground-color=0xff' + _v, a)] for a in (.35, .5)]
RECORDINGS = {'car-detection': (2, 3), 'one-by-one-person-detection': (1, 4)}  # frames a second: n of m


def record(path, rate, how):
    """Frames of a recording with one fault put in."""
    head = 'filesrc location=%s ! decodebin ! videoconvert ! ' % path
    slow = 'videorate ! video/x-raw,framerate=%d/%d ! ' % rate
    size = 'video/x-raw,width=768,height=432'
    if isinstance(how, str):
        return gst(head + slow + how + ' ! videoconvert ! ' + CODE, 768, 432)
    n = len(record(path, rate, 'identity'))
    sinks = ''.join(' sink_%d::alpha=%g sink_%d::xpos=%d sink_%d::ypos=%d' % (i + 1, o[1], i + 1, o[2], i + 1, o[3]) for i, o in enumerate(how))
    extra = ''.join(' videotestsrc %s num-buffers=%d ! video/x-raw,width=%d,height=%d,framerate=%d/%d ! c.sink_%d' % (
        o[0], n, o[4], o[5], rate[0], rate[1], i + 1) for i, o in enumerate(how))
    return gst('%s %s %s ! c.sink_0 %s compositor name=c%s ! videoconvert ! %s,framerate=%d/%d ! %s' % (
        head, slow.rstrip(' !'), '! videoscale ! ' + size, extra, sinks, size, rate[0], rate[1], CODE), 768, 432)[:n]


def recordings(data, cache):
    """{name: (rgb at the model's size, class)}; kept, because coding takes minutes."""
    out = {}
    for name, rate in RECORDINGS.items():
        kept = os.path.join(cache, name + '.npz') if cache else None
        if kept and os.path.exists(kept):
            z = np.load(kept)
            out[name] = z['x'], list(z['y']), list(z['how'])
            continue
        path = os.path.join(data, 'video', name + '.mp4')
        plain = np.stack([patterns.fit(None, f) for f in record(path, rate, 'identity')])
        xs, ys, hows = [plain], ['untouched'] * len(plain), [0] * len(plain)
        for fault, ways in INJECT.items():
            for k, how in enumerate(ways):
                frames = record(path, rate, how)
                for i, f in enumerate(frames[:len(plain)]):
                    x = patterns.fit(None, f)
                    change = np.abs(x.astype(float) - plain[i]).mean()
                    if fault == 'clear' or change >= faults.VISIBLE.get(fault, 5) and x.std() >= LEFT:
                        xs.append(x[None])
                        ys.append(fault)
                        hows.append(k)
        out[name] = np.concatenate(xs), ys, hows
        if kept:
            np.savez(kept, x=out[name][0], y=ys, how=hows)
    return out


TEST_PATTERNS = {
    'colour bars': ['pattern=smpte', 'pattern=smpte75', 'pattern=smpte100', 'pattern=smpte-rp-219'],
    'snow': ['pattern=snow'], 'black': ['pattern=black'], 'white': ['pattern=white'],
    'checkers': ['pattern=checkers-8'],
    'rings': ['pattern=circular', 'pattern=zone-plate kx2=20 ky2=20 kt=1', 'pattern=chroma-zone-plate kx2=12 ky2=12 kt=2'],
    'gradient': ['pattern=gradient'], 'rays': ['pattern=pinwheel', 'pattern=spokes'], 'ball': ['pattern=ball'],
    'solid red': ['pattern=red'], 'solid green': ['pattern=green'], 'solid blue': ['pattern=blue'],
    'solid yellow': ['pattern=solid-color foreground-color=0xffffff00'], 'solid cyan': ['pattern=solid-color foreground-color=0xff00ffff'],
    'solid magenta': ['pattern=solid-color foreground-color=0xffff00ff']}


def test_patterns(cache):
    """videotestsrc, H.264, rescaled: (rgb, class)."""
    kept = os.path.join(cache, 'patterns.npz') if cache else None
    if kept and os.path.exists(kept):
        z = np.load(kept)
        return z['x'], list(z['y'])
    xs, ys = [], []
    for c, sources in TEST_PATTERNS.items():
        for s in sources:
            for w, h, w2, h2, rate in ((320, 240, 640, 480, 300), (320, 180, 176, 144, 150), (640, 360, 1280, 720, 600)):
                if 'checkers-8' in s and h == 360:
                    w, h, w2, h2 = 240, 176, 480, 352  # 8 px of 360 lines come close to the model's grid
                frames = gst('videotestsrc %s num-buffers=40 ! video/x-raw,width=%d,height=%d,framerate=10/1 ! videoconvert ! x264enc bitrate=%d '
                             'speed-preset=veryfast ! h264parse ! avdec_h264 ! videoscale ! video/x-raw,width=%d,height=%d ! ' % (s, w, h, rate, w2, h2), w2, h2)
                for f in frames[3::9]:
                    x = patterns.fit(None, f)
                    if c != 'ball' or (x > 127).mean() > .002:
                        xs.append(x)
                        ys.append(c)
    if kept:
        np.savez(kept, x=np.stack(xs), y=ys)
    return np.stack(xs), ys


class Judge:
    """The best label of each picture, by the priors of the model's prompts.json."""

    def __init__(self, model, classes, priors):
        self.scale, self.classes, self.prior = model.logit_scale.exp().item(), classes, torch.tensor(priors).log()

    def __call__(self, e, t):
        return [self.classes[k] for k in (self.scale * e @ t.T + self.prior).argmax(1).tolist()]


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

    x, y = prompts.photo_tests(prompts.halves(a.data)[a.half == 'report'], 777 if a.half == 'report' else 778)
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
    if not a.quick:
        px, py = test_patterns(a.cache)
        got = predict(prompts.embed_images(model, px), t)
        say('patterns after H.264 and rescaling: %.1f %% of %d' % (share(py, got), len(py)))
        say('   not all right: ' + ', '.join('%s %.0f (%s)' % (names[c], share(py, got, [c]), '/'.join(sorted({g for b, g in zip(py, got) if b == c and g != c})))
                                             for c in classes if c in py and share(py, got, [c]) < 100))
        for name, (vx, vy, how) in recordings(a.data, a.cache).items():
            keep = [i for i, c in enumerate(vy) if c in classes or c == 'untouched']
            vx, vy, how = vx[keep], [vy[i] for i in keep], [int(how[i]) for i in keep]
            got = predict(prompts.embed_images(model, vx), t)
            say('%s: untouched called clear %.1f %% of %d; injected faults %.1f %% (mean over classes %.1f %%)' % (
                name, share(['clear' for c in vy if c == 'untouched'], [g for c, g in zip(vy, got) if c == 'untouched']), vy.count('untouched'),
                share(vy, got, wrong), np.mean([share(vy, got, [c]) for c in wrong if c in vy])))
            for c in ['clear'] + wrong:
                ways = sorted({k for b, k in zip(vy, how) if b == c})
                part = ['%.0f' % share([b for b, k in zip(vy, how) if b == c and k == w], [g for b, g, k in zip(vy, got, how) if b == c and k == w]) for w in ways]
                miss = [g for b, g in zip(vy, got) if b == c and g != c]
                say('   %-16s %s   %s' % (c, ' / '.join(part) or 'not visible', ', '.join('%s %d' % (m, miss.count(m)) for m in sorted(set(miss), key=miss.count, reverse=True)[:3])))
    if a.markdown:
        with open(a.markdown, 'w', encoding='utf-8') as f:
            f.write('\n'.join(out) + '\n')


if __name__ == '__main__':
    main()
