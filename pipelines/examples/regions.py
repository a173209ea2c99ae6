#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# regions.py: attaches regions of interest to frames, as a detector written in Python would, and prints what each shows.
#
# A buffer accepts metadata only while it has a single owner. In a pad probe Python is a second one, so adding fails there;
# and Gst.Buffer's copy() in Python is but another reference. What works: pull a frame from an appsink, attach the regions
# to what copy_region() makes of it (a new buffer with the same pixels), push that into an appsrc.
# Needs python3-gi, python3-gst-1.0 and the plugin: installed, or after ". build/pipelines/env.sh".
import sys

import gi

gi.require_version('Gst', '1.0')
gi.require_version('GstApp', '1.0')
gi.require_version('GstVideo', '1.0')
gi.require_version('GstClipTag', '1.0')
from gi.repository import Gst, GstApp, GstClipTag, GstVideo

EVERYTHING = (Gst.BufferCopyFlags.FLAGS | Gst.BufferCopyFlags.TIMESTAMPS | Gst.BufferCopyFlags.META
              | Gst.BufferCopyFlags.MEMORY)

Gst.init(None)
# Two patterns side by side. The size is that of both pipelines.
camera = Gst.parse_launch('compositor name=mix sink_1::xpos=240 ! video/x-raw,format=I420,width=480,height=240,framerate=10/1 '
                          '! appsink name=frames max-buffers=4 sync=false '
                          'videotestsrc pattern=smpte num-buffers=30 ! video/x-raw,width=240,height=240 ! mix. '
                          'videotestsrc pattern=checkers-8 num-buffers=30 ! video/x-raw,width=240,height=240 ! mix.')
tagging = Gst.parse_launch('appsrc name=frames format=time '
                           '! cliptagger inference-region=roi-list ! appsink name=out max-buffers=4 sync=false')


def detect(_frame):
    """Here your detector looks for objects: (id, type, x, y, width, height) of each."""
    return [(1, 'left', 0, 0, 240, 240), (2, 'right', 240, 0, 240, 240)]


def pull(pipeline, appsink):
    """The next frame of one of the pipelines, None at its end."""
    while not appsink.is_eos():
        error = pipeline.get_bus().pop_filtered(Gst.MessageType.ERROR)
        if error:
            camera.set_state(Gst.State.NULL)
            tagging.set_state(Gst.State.NULL)
            sys.exit('regions: %s' % error.parse_error()[0].message)
        sample = appsink.try_pull_sample(100 * Gst.MSECOND)
        if sample:
            return sample
    return None


frames, labelled = tagging.get_by_name('frames'), tagging.get_by_name('out')
source = camera.get_by_name('frames')
camera.set_state(Gst.State.PLAYING)
tagging.set_state(Gst.State.PLAYING)
while sample := pull(camera, source):
    frame = sample.get_buffer()
    buffer = frame.copy_region(EVERYTHING, 0, frame.get_size())
    for number, kind, x, y, width, height in detect(frame):
        region = GstVideo.buffer_add_video_region_of_interest_meta(buffer, kind, x, y, width, height)
        region.id = number
    frames.set_caps(sample.get_caps())
    frames.push_buffer(buffer)

    result = pull(tagging, labelled)
    for number in (1, 2):
        region = GstVideo.buffer_get_video_region_of_interest_meta_id(result.get_buffer(), number)
        # Only the frame that was analysed is printed; those between carry the labels again.
        param = region.get_param('clip-tags')
        if param and param['age'] == 0:
            label = param['tags'].get_label(0)
            print('%.1f s, region %d: %s %.0f %%' % (buffer.pts / Gst.SECOND, number, label.label, 100 * label.confidence),
                  flush=True)

camera.set_state(Gst.State.NULL)
tagging.set_state(Gst.State.NULL)
