#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# events.py [FILE [PROMPTS]]: prints a line when a label comes and one when it has gone.
#
# Without FILE it watches three seconds each of three test patterns. Needs python3-gi, python3-gst-1.0 and the plugin:
# installed, or after ". build/pipelines/env.sh".
import os
import sys

import gi

gi.require_version('Gst', '1.0')
gi.require_version('GstClipTag', '1.0')
from gi.repository import Gst, GstClipTag

Gst.init(None)
if len(sys.argv) > 1:
    source = 'uridecodebin uri="%s" ! videoconvert ! tagger.' % Gst.filename_to_uri(os.path.abspath(sys.argv[1]))
else:
    source = 'concat name=patterns ! tagger. ' + ' '.join(
        'videotestsrc pattern=%s num-buffers=90 ! patterns.' % pattern for pattern in ('smpte', 'black', 'checkers-8'))
pipeline = Gst.parse_launch('cliptagger name=tagger frame-rate=5 ! fakesink ' + source)
if len(sys.argv) > 2:
    pipeline.get_by_name('tagger').set_property('prompts', sys.argv[2])

pipeline.set_state(Gst.State.PLAYING)
bus = pipeline.get_bus()
while True:
    message = bus.timed_pop_filtered(
        Gst.CLOCK_TIME_NONE, Gst.MessageType.ELEMENT | Gst.MessageType.EOS | Gst.MessageType.ERROR)
    if message.type != Gst.MessageType.ELEMENT:
        break
    if message.get_structure().get_name() != 'clip-event':
        continue
    event = GstClipTag.ClipEvent.new_from_structure(message.get_structure())
    if event.state == GstClipTag.ClipEventState.START:
        print('%.1f s: %s' % (event.start.running_time / Gst.SECOND, event.label), flush=True)
    elif event.state == GstClipTag.ClipEventState.END:
        print('%.1f s: no more %s, %.0f %% on average (%s)' % (
            event.end.running_time / Gst.SECOND, event.label, 100 * event.mean, event.reason), flush=True)
pipeline.set_state(Gst.State.NULL)
if message.type == Gst.MessageType.ERROR:
    sys.exit('events: %s' % message.parse_error()[0].message)
