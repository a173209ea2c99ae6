#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# prompts-live.py: each line on standard input becomes the prompts of a live pipeline, which prints its best label whenever
# that changes:
#
#   (sleep 2; echo "a checkerboard;a dark picture"; sleep 2) | python3 prompts-live.py
#
# New prompts are encoded beside the stream, and the last picture is scored again as soon as they are ready. Bad prompts
# leave the old ones in use and post a warning. Ends with its input.
# Needs python3-gi, python3-gst-1.0 and the plugin: installed, or after ". build/pipelines/env.sh".
import sys
import threading

import gi

gi.require_version('Gst', '1.0')
from gi.repository import GLib, Gst

Gst.init(None)
pipeline = Gst.parse_launch('videotestsrc is-live=true pattern=smpte ! video/x-raw,framerate=30/1 '
                            '! cliptagger name=tagger frame-rate=10 post-messages=true ! fakesink')
tagger = pipeline.get_by_name('tagger')
loop = GLib.MainLoop()
last_label = None
error = None


def on_message(_bus, message):
    global last_label, error
    structure = message.get_structure()
    if message.type == Gst.MessageType.ERROR:
        error = message.parse_error()[0].message
        loop.quit()
    elif message.type == Gst.MessageType.WARNING:
        print('warning:', message.parse_warning()[0].message, flush=True)
    elif structure and structure.get_name() == 'clip-tags' and structure['labels']:
        label = structure['labels'][0]['label']
        if label != last_label:
            print('now:', label, flush=True)
        last_label = label


def read_prompts():
    for line in sys.stdin:
        tagger.emit('set-prompts', line.strip())
    loop.quit()


bus = pipeline.get_bus()
bus.add_signal_watch()
bus.connect('message', on_message)
pipeline.set_state(Gst.State.PLAYING)
threading.Thread(target=read_prompts, daemon=True).start()
loop.run()
pipeline.set_state(Gst.State.NULL)
if error:
    sys.exit('prompts-live: %s' % error)
