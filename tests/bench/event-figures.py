#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What the events of the built-in model are worth: faults that GStreamer elements put into recordings for known spans.

    event-figures.py RECORDING…        (with `. build/pipelines/env.sh`; python3-gi, python3-numpy, python3-pil)

--keep DIR keeps what is made, or uses what is there.

For each recording and fault a clip is made: clean, faulty, clean. `cliptag eval` labels the clips and the untouched
recordings as cliptagger does at its defaults, 5 samples a second, with the model's own prompts, and compares events with
spans. A fault that changes less than can be seen at the model's size (faults.VISIBLE: no colour taken from grey asphalt)
does not count. Then the untouched recordings are labelled at every frame: how often the best label changes; and by the prompt
"a giraffe" alone: no event is right.
"""
import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile

import gi
import numpy as np

gi.require_version("Gst", "1.0")
gi.require_version("GstController", "1.0")
from gi.repository import Gst, GstController  # noqa: E402

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../engine/training"))
import faults  # noqa: E402

SIZE = "width=768,height=432"
LENGTH, START, END = 24, 8, 16  # seconds of a clip; the fault's
CODE = "videoconvert ! x264enc bitrate=1500 speed-preset=veryfast ! h264parse ! mp4mux"

# What lies over the picture from START to END: itself through an element, or something drawn: x, y, w, h.
FILTERS = {
    "blurred": "gaussianblur sigma=7",
    "dark": "videobalance contrast=0.25",
    "overexposed": "videobalance brightness=0.4 contrast=1.4",
    "low contrast": "videobalance contrast=0.25 brightness=0.3",
    "grey": "videobalance saturation=0",
    "blocky": "jpegenc quality=2 ! jpegdec",
}
DRAWN = {
    "noisy": ("pattern=snow", 0.45, [(0, 0, 768, 432)]),
    "covered": ("pattern=black", 1, [(0, 0, 440, 432)]),
    "horizontal bars": ("pattern=white", 1, [(0, 90, 768, 46), (0, 280, 768, 40)]),
    "vertical bars": ("pattern=black", 1, [(250, 0, 36, 432), (360, 0, 36, 432), (470, 0, 36, 432)]),
    "red tint": ("pattern=solid-color foreground-color=0xffff0000", 0.4, [(0, 0, 768, 432)]),
    "green tint": ("pattern=solid-color foreground-color=0xff00ff00", 0.4, [(0, 0, 768, 432)]),
    "blue tint": ("pattern=solid-color foreground-color=0xff0000ff", 0.4, [(0, 0, 768, 432)]),
    "yellow tint": ("pattern=solid-color foreground-color=0xffffe000", 0.4, [(0, 0, 768, 432)]),
    "purple tint": ("pattern=solid-color foreground-color=0xffe000e0", 0.4, [(0, 0, 768, 432)]),
}


def run(line, controlled=None):
    """Runs a pipeline to its end. controlled: {pad name: alpha while faulty} of the element "mix"."""
    pipeline = Gst.parse_launch(line)
    for name, alpha in (controlled or {}).items():
        pad = pipeline.get_by_name("mix").get_static_pad(name)
        source = GstController.InterpolationControlSource.new()
        source.props.mode = GstController.InterpolationMode.NONE
        pad.add_control_binding(GstController.DirectControlBinding.new_absolute(pad, "alpha", source))
        for time, value in ((0, 0.0), (START, alpha), (END, 0.0)):
            source.set(time * Gst.SECOND, value)
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR)
    pipeline.set_state(Gst.State.NULL)
    if message.type == Gst.MessageType.ERROR:
        sys.exit("failed: %s\n%s" % (line, message.parse_error()[0].message))


def n_frames(rate):
    n, d = rate.split("/")
    return int(LENGTH * int(n) / int(d))


def make_clip(recording, rate, fault, path):
    head = ('filesrc location="%s" ! decodebin ! videoconvert ! videoscale ! videorate ! video/x-raw,%s,format=I420,'
            'pixel-aspect-ratio=1/1,framerate=%s ! identity eos-after=%d ! ' % (recording, SIZE, rate, n_frames(rate) + 1))
    tail = 'compositor name=mix background=black ! video/x-raw,%s,framerate=%s ! %s ! filesink location="%s" ' % (
        SIZE, rate, CODE, path)
    if fault in FILTERS:
        run("%s %s tee name=t ! queue ! mix.sink_0 t. ! queue ! videoconvert ! %s ! videoconvert ! mix.sink_1"
            % (tail, head, FILTERS[fault]), {"sink_1": 1.0})
        return
    pattern, alpha, boxes = DRAWN[fault]
    drawn = "".join(" videotestsrc %s num-buffers=%d ! video/x-raw,width=%d,height=%d,framerate=%s ! mix.sink_%d"
                    % (pattern, n_frames(rate), w, h, rate, i + 1) for i, (_, _, w, h) in enumerate(boxes))
    places = "".join(" sink_%d::xpos=%d sink_%d::ypos=%d" % (i + 1, x, i + 1, y) for i, (x, y, _, _) in enumerate(boxes))
    tail = tail.replace("background=black", "background=black" + places)
    run("%s %s queue ! mix.sink_0 %s" % (tail, head, drawn), {"sink_%d" % (i + 1): alpha for i in range(len(boxes))})


def rate_of(recording):
    """Frames a second and length in seconds."""
    pipeline = Gst.parse_launch('filesrc location="%s" ! decodebin ! fakesink name=s' % recording)
    pipeline.set_state(Gst.State.PAUSED)
    pipeline.get_state(Gst.CLOCK_TIME_NONE)
    caps = pipeline.get_by_name("s").get_static_pad("sink").get_current_caps().get_structure(0)
    duration = pipeline.query_duration(Gst.Format.TIME)[1] / Gst.SECOND
    pipeline.set_state(Gst.State.NULL)
    rate = caps.get_fraction("framerate")
    return "%d/%d" % (rate.value_numerator, rate.value_denominator), duration


def pictures(path):
    """A frame a second as the model sees it."""
    with tempfile.NamedTemporaryFile() as file:
        run('filesrc location="%s" ! decodebin ! videoconvert ! videorate ! video/x-raw,framerate=1/1 ! '
            "aspectratiocrop aspect-ratio=1/1 ! videoscale ! video/x-raw,format=RGB,width=112,height=112 ! "
            'filesink location="%s"' % (path, file.name))
        return np.fromfile(file.name, np.uint8).reshape(-1, 112, 112, 3).astype(np.float32)


def is_visible(fault, clip, untouched):
    inside = slice(START + 1, END - 1)
    return np.abs(pictures(clip)[inside] - untouched[inside]).mean() >= faults.VISIBLE.get(fault, 5)


def make_all(recordings, folder):
    rows = []
    for recording in recordings:
        name = os.path.splitext(os.path.basename(recording))[0]
        rate, _ = rate_of(recording)
        untouched = pictures(recording)
        for fault in [*FILTERS, *DRAWN]:
            clip = "%s-%s.mp4" % (name, fault.replace(" ", "-"))
            make_clip(recording, rate, fault, os.path.join(folder, clip))
            if is_visible(fault, os.path.join(folder, clip), untouched):
                rows.append((clip, START, END, fault))
            else:
                print("%s: cannot be seen, does not count" % clip)
        rows.append((os.path.abspath(recording), "", "", ""))
    with open(os.path.join(folder, "spans.csv"), "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("file", "start", "end", "label"))
        writer.writerows(rows)


def log_of(recording, *properties):
    """Lines of cliplog for a recording."""
    line = ["gst-launch-1.0", "-q", "filesrc", "location=" + recording, "!", "decodebin", "!", "videoconvert", "!",
            "cliptagger", *properties[0], "!", "cliplog", *properties[1], "!", "fakesink"]
    done = subprocess.run(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=True)
    return [json.loads(text) for text in done.stdout.splitlines()], done.stderr


def measure_untouched(recordings):
    for recording in recordings:
        seconds = rate_of(recording)[1]
        name = os.path.basename(recording)
        changes, _ = log_of(recording, ["frame-rate=0", "top-k=1"], ["level=changes"])
        print("%s: the best label changes %.1f times a minute at every frame"
              % (name, max(0, len(changes) - 1) / seconds * 60))
        events, _ = log_of(recording, ["frame-rate=5"], ["level=events"])
        print("%s: %d events with the model's own prompts at 5 samples a second" % (
            name, sum(event["event"] == "start" for event in events)))
        for prompt in ("a giraffe",):
            events, _ = log_of(recording, ["frame-rate=5", "prompts=" + prompt], ["level=events"])
            print('%s: %d events with "%s" alone' % (name, sum(event["event"] == "start" for event in events), prompt))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--keep", metavar="DIR", help="make the clips there, or use those that are there")
    parser.add_argument("--json", action="store_true", help="print eval's JSON, too")
    parser.add_argument("recording", nargs="+")
    options = parser.parse_args()
    Gst.init(None)
    folder = options.keep or tempfile.mkdtemp(prefix="cliptag-events-")
    os.makedirs(folder, exist_ok=True)
    try:
        data = os.path.join(folder, "spans.csv")
        if not os.path.exists(data):
            make_all(options.recording, folder)
        subprocess.run(["cliptag", "eval", "--data", data, "--frame-rate", "5", *(["--json"] if options.json else [])],
                       check=True)
        measure_untouched(options.recording)
    finally:
        if not options.keep:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
