#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# labels-pad-probe.py [PROMPTS]: reads the labels of a running pipeline in a pad probe and prints each new result.
#
# Needs python3-gi, python3-gst-1.0 and the plugin: installed, or after ". build/pipelines/env.sh".
import sys

import gi

gi.require_version('Gst', '1.0')
gi.require_version('GstClipTag', '1.0')
from gi.repository import Gst, GstClipTag

Gst.init(None)
pipeline = Gst.parse_launch('videotestsrc pattern=smpte num-buffers=60 ! cliptagger name=tagger top-k=2 ! fakesink name=out')
if len(sys.argv) > 1:
    pipeline.get_by_name('tagger').set_property('prompts', sys.argv[1])

last_serial = 0


def on_buffer(_pad, info):
    """Called in the streaming thread for every frame: be quick."""
    global last_serial
    meta = GstClipTag.buffer_get_clip_tag_meta(info.get_buffer())
    # Frames between two samples carry the last result again, with the same serial.
    if meta and meta.serial != last_serial:
        last_serial = meta.serial
        labels = [meta.tags.get_label(i) for i in range(meta.tags.get_n_labels())]
        print('%.2f s:' % (meta.tags.get_source_pts() / Gst.SECOND),
              ', '.join('%s %.0f %%' % (label.label, 100 * label.confidence) for label in labels), flush=True)
    return Gst.PadProbeReturn.OK


pipeline.get_by_name('out').get_static_pad('sink').add_probe(Gst.PadProbeType.BUFFER, on_buffer)
pipeline.set_state(Gst.State.PLAYING)
message = pipeline.get_bus().timed_pop_filtered(Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR)
pipeline.set_state(Gst.State.NULL)
if message.type == Gst.MessageType.ERROR:
    sys.exit('labels-pad-probe: %s' % message.parse_error()[0].message)
