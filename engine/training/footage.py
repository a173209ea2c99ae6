# SPDX-License-Identifier: MIT
"""What evaluate.py looks at besides photos: recordings, test patterns and a drawn street, all through GStreamer.

Its own elements put the faults in and x264 codes the result. A fault that cannot
be seen (faults.VISIBLE: grey on grey asphalt, say) does not count, nor one that
leaves nothing to see (LEFT), nor a ball that is outside the crop. With a cache
folder everything is kept, because coding takes minutes.
"""

import ctypes
import os
import shlex
import subprocess
import tempfile

import numpy as np
from PIL import Image

import faults
import patterns
from scenes import SIZE, Bars

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
    'horizontal bars': [[over('pattern=black', 1, 0, 60, 768, 46), over('pattern=black', 1, 0, 300, 768, 62)],
                        [over('pattern=solid-color foreground-color=0xff2040c0', 1, 0, 90, 768, 46), over('pattern=white', 1, 0, 280, 768, 40)]],
    'vertical bars': [[over('pattern=black', 1, 210, 0, 44, 432), over('pattern=white', 1, 450, 0, 60, 432)],
                      [over('pattern=black', 1, 250, 0, 36, 432), over('pattern=black', 1, 360, 0, 36, 432), over('pattern=black', 1, 470, 0, 36, 432)]],
}
for _c, _v in (('red', 'ff0000'), ('green', '00ff00'), ('blue', '0000ff'), ('yellow', 'ffe000'), ('purple', 'e000e0')):
    INJECT[_c + ' tint'] = [[over('pattern=solid-color foreground-color=0xff' + _v, a)] for a in (.35, .5)]
# equal bars at opposite edges are no fault but the shape of the picture
BOXED = {'letterbox': [over('pattern=black', 1, 0, 0, 768, 70), over('pattern=black', 1, 0, 362, 768, 70)],
         'pillarbox': [over('pattern=black', 1, 0, 0, 240, 432), over('pattern=black', 1, 528, 0, 240, 432)]}
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
        for fault, ways in list(INJECT.items()) + [(k, [v]) for k, v in BOXED.items()]:
            for k, how in enumerate(ways):
                frames = record(path, rate, how)
                for i, f in enumerate(frames[:len(plain)]):
                    x = patterns.fit(None, f)
                    change = np.abs(x.astype(float) - plain[i]).mean()
                    if fault == 'clear' or fault in BOXED or change >= faults.VISIBLE.get(fault, 5) and x.std() >= LEFT:
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


def pad(f, fill=Bars.PAD):
    """The element's fit=pad: the long side to the model's size, bars of the mean colour."""
    h, w = f.shape[:2]
    k = SIZE / max(h, w)
    w, h = max(1, int(w * k + .5)), max(1, int(h * k + .5))
    x, y = (SIZE - w) // 2, (SIZE - h) // 2
    out = np.empty((SIZE, SIZE, 3), np.uint8)
    out[:] = fill
    out[y:y + h, x:x + w] = np.asarray(Image.fromarray(f).resize((w, h), Image.BICUBIC))
    return out


def cut(path, height, width):
    """The middle of a photo in another shape, as large as it goes."""
    im = Image.open(path).convert('RGB')
    k = min(im.size[0] / width, im.size[1] / height)
    w, h = int(width * k), int(height * k)
    x, y = (im.size[0] - w) // 2, (im.size[1] - h) // 2
    return np.asarray(im.crop((x, y, x + w, y + h)))


def both_fits(frames):
    """{fit: pictures at the model's size}"""
    return {'crop': np.stack([patterns.fit(None, f) for f in frames]), 'pad': np.stack([pad(f) for f in frames])}


def every_frame(data, cache):
    """{recording: {fit: pictures}}, nothing changed in them."""
    out = {}
    for name in RECORDINGS:
        kept = os.path.join(cache, name + '-all.npz') if cache else None
        if kept and os.path.exists(kept):
            out[name] = dict(np.load(kept))
            continue
        out[name] = both_fits(gst('filesrc location=%s ! decodebin !' % os.path.join(data, 'video', name + '.mp4'), 768, 432))
        if kept:
            np.savez(kept, **out[name])
    return out


def street(cache, minutes=20, rate=5):
    """{fit: pictures} of the demo's drawn street, in which nothing is wrong: no part of it was ever trained on."""
    kept = os.path.join(cache, 'street-%d.npz' % minutes) if cache else None
    if kept and os.path.exists(kept):
        return dict(np.load(kept))
    demo = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../pipelines/demo')
    parts = []
    with tempfile.TemporaryDirectory() as d:
        flags = subprocess.run(['pkg-config', '--cflags', '--libs', 'cairo', 'glib-2.0'], check=True, capture_output=True, text=True).stdout
        library, raw = os.path.join(d, 'street.so'), os.path.join(d, 'raw')
        subprocess.run(['cc', '-O2', '-shared', '-fPIC', '-o', library, os.path.join(demo, 'street.c')] + shlex.split(flags) + ['-lm'], check=True)
        c = ctypes.CDLL(library)
        c.street_new.restype = ctypes.c_void_p
        c.street_draw.argtypes = ctypes.c_void_p, ctypes.c_double, ctypes.c_void_p, ctypes.c_uint
        c.street_free.argtypes = ctypes.c_void_p,
        for part in range(minutes):  # each in another size; a minute at a time: 6,000 raw frames are 7 GB
            w, h = ((640, 480), (1280, 720), (768, 432), (480, 640))[part % 4]
            s, frame = c.street_new(w, h), np.zeros((h, w, 4), np.uint8)
            with open(raw, 'wb') as f:
                for i in range(60 * rate):
                    c.street_draw(s, part * 60 + i / rate, frame.ctypes.data, 4 * w)
                    f.write(frame.tobytes())
            c.street_free(s)
            parts.append(both_fits(gst('filesrc location=%s ! rawvideoparse format=bgrx width=%d height=%d framerate=%d/1 ! videoconvert ! %s' % (
                raw, w, h, rate, CODE), w, h)))
    out = {fit: np.concatenate([p[fit] for p in parts]) for fit in parts[0]}
    if kept:
        np.savez(kept, **out)
    return out
